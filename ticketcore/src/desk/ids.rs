//! Where the chance in ids comes from.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use crate::id::TicketId;

/// Gives 64 bits at a time: a counter, hashed. Random ids use the standard library's keyed hash, whose key comes from
/// the operating system; seeded ids use a fixed mixing, so that they can be told in advance.
#[derive(Clone)]
pub(super) struct Ids {
    chance: Chance,
    counter: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Chance {
    Random(RandomState),
    Seeded(u64),
}

impl Ids {
    pub(super) fn random() -> Self {
        Self { chance: Chance::Random(RandomState::new()), counter: Arc::default() }
    }

    pub(super) fn seeded(seed: u64) -> Self {
        Self { chance: Chance::Seeded(seed), counter: Arc::default() }
    }

    pub(super) fn next(&self, now: DateTime<Utc>) -> TicketId {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let bits = match &self.chance {
            Chance::Random(state) => {
                let mut hasher = state.build_hasher();
                hasher.write_u64(count);
                hasher.finish()
            }
            Chance::Seeded(seed) => mix(seed.wrapping_add(count)),
        };
        TicketId::at(now, bits)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so no two counts of a seed collide.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
