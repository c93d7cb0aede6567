//! When a statement is sent again: the one place that says so.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

/// How often at most; an opponent that is faster every time is then answered with [`Busy`](crate::StoreError::Busy).
const ATTEMPTS: u32 = 10;

/// Counts attempts, and waits longer before each.
#[derive(Debug)]
pub(crate) struct Attempts {
    failed: u32,
    /// Until then a server that cannot be reached is tried: it may be starting, or another may be taking its place.
    until: Instant,
}

impl Attempts {
    /// For a call that began then, and may take so long.
    pub(crate) fn new(since: Instant, patience: Duration) -> Self {
        Self { failed: 0, until: since + patience }
    }

    /// How many were made in vain.
    pub(crate) const fn failed(&self) -> u32 {
        self.failed
    }

    /// Waits before the next attempt; tells whether there is to be one, after a race or a lost connection. The first
    /// follows at once, and always: most races are over when they are lost, and another connection may be had.
    pub(crate) async fn again(&mut self, lost: bool) -> bool {
        self.failed += 1;
        let more = if lost { self.failed == 1 || Instant::now() < self.until } else { self.failed < ATTEMPTS };
        if more && self.failed > 1 {
            tokio::time::sleep(self.pause()).await;
        }
        more
    }

    /// From 2 ms, doubled each time up to a quarter of a second; by chance up to half of it less, so that those who met
    /// part ways.
    fn pause(&self) -> Duration {
        let longest = 1_000_u64 << self.failed.min(8);
        let chance = RandomState::new().build_hasher().finish() % (longest / 2);
        Duration::from_micros(longest - chance)
    }
}
