//! When a statement is sent again: the one place that says so.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// How often at most; an opponent that is faster every time is then answered with [`Busy`](crate::StoreError::Busy).
const ATTEMPTS: u32 = 10;

/// Counts attempts, and waits longer before each.
#[derive(Debug, Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// How many were made in vain.
    pub(crate) const fn failed(&self) -> u32 {
        self.0
    }

    /// Waits before the next attempt; tells whether there is to be one. The first follows at once: most races are over
    /// when they are lost.
    pub(crate) async fn again(&mut self) -> bool {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return false;
        }
        if self.0 > 1 {
            tokio::time::sleep(self.pause()).await;
        }
        true
    }

    /// From 2 ms, doubled each time up to a quarter of a second; by chance up to half of it less, so that those who met
    /// part ways.
    fn pause(&self) -> Duration {
        let longest = 1_000_u64 << self.0.min(8);
        let chance = RandomState::new().build_hasher().finish() % (longest / 2);
        Duration::from_micros(longest - chance)
    }
}
