//! How long things took: a histogram whose buckets grow with the values, and the median of a few numbers.

use std::ops::AddAssign;
use std::time::Duration;

/// Buckets for each power of two, so that no value is off by more than 1/64.
const FINE: u64 = 64;

/// Counts durations in buckets of some 1.5 % of their value: a few KiB, however many there are.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
    sum: Duration,
    max: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        let buckets = vec![0; bucket(u64::MAX) + 1];
        Self { buckets, count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

impl Latencies {
    pub(crate) fn record(&mut self, took: Duration) {
        self.buckets[bucket(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX))] += 1;
        self.count += 1;
        self.sum += took;
        self.max = self.max.max(took);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    pub(crate) const fn max(&self) -> Duration {
        self.max
    }

    pub(crate) fn mean(&self) -> Duration {
        if self.count == 0 { Duration::ZERO } else { self.sum.div_f64(self.count as f64) }
    }

    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The duration that a share of all did not exceed, to the width of its bucket.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let wanted = share * self.count as f64;
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen > 0 && seen as f64 >= wanted
        });
        // The top of the last bucket may lie above the greatest value.
        found.map_or(Duration::ZERO, |found| Duration::from_nanos(top(found)).min(self.max))
    }
}

impl AddAssign<&Self> for Latencies {
    fn add_assign(&mut self, other: &Self) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(bucket, more)| *bucket += more);
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }
}

/// The bucket of a number: itself while it is small, then its highest seven bits.
fn bucket(nanos: u64) -> usize {
    let bits = (nanos / FINE).checked_ilog2().map_or(0, |bits| bits + 1);
    usize::try_from(u64::from(bits) * FINE + (nanos >> bits.saturating_sub(1)) % FINE).unwrap_or(usize::MAX)
}

/// The greatest number of a bucket.
fn top(bucket: usize) -> u64 {
    let (bits, rest) = (bucket as u64 / FINE, bucket as u64 % FINE);
    match bits.checked_sub(1) {
        None => rest,
        Some(shift) => ((FINE + rest + 1) << shift).wrapping_sub(1),
    }
}

/// The middle one of some numbers; of two middle ones, the greater. Not a number if there are none.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A duration with the unit that suits it.
pub(crate) fn pretty(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1.0 => format!("{:.0} ns", micros * 1e3),
        ..100.0 => format!("{micros:.1} us"),
        ..10_000.0 => format!("{micros:.0} us"),
        ..1e6 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
