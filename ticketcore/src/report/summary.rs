//! What is said of many lengths of time.

use chrono::TimeDelta;

/// Sums up lengths of time: exactly, of all values, to the microsecond.
///
/// Mean and percentiles are rounded to the nearest microsecond, halves to the even one. A percentile that falls between
/// two values is interpolated between them in proportion, as `quantile` of NumPy and pandas does unless told otherwise.
/// Summaries cannot be added: percentiles do not average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many values.
    pub n: u64,
    /// Their mean.
    pub mean: TimeDelta,
    /// The least.
    pub min: TimeDelta,
    /// The median: half of them take no longer.
    pub p50: TimeDelta,
    /// 90 % of them take no longer.
    pub p90: TimeDelta,
    /// 95 % of them take no longer.
    pub p95: TimeDelta,
    /// The greatest.
    pub max: TimeDelta,
}

impl Summary {
    /// Sums up microseconds, `None` if there are none. Takes time in proportion to their number, and changes their
    /// order.
    pub(super) fn of(values: &mut [i64]) -> Option<Self> {
        let (mut min, mut max) = (*values.first()?, *values.first()?);
        let mut sum = 0_i128;
        for value in &*values {
            (min, max) = (min.min(*value), max.max(*value));
            sum += i128::from(*value);
        }
        let n = values.len();
        let [p50, p90, p95] = percentiles(values, [50, 90, 95]);
        Some(Self {
            n: n as u64,
            mean: quotient(sum, n as i128),
            min: TimeDelta::microseconds(min),
            p50,
            p90,
            p95,
            max: TimeDelta::microseconds(max),
        })
    }
}

/// Finds percentiles, given in rising order, of at least one value.
fn percentiles<const N: usize>(values: &mut [i64], percents: [usize; N]) -> [TimeDelta; N] {
    let last = values.len() - 1;
    let mut done = 0;
    percents.map(|percent| {
        let (rank, rest) = (last * percent / 100, last * percent % 100);
        // What lies before the percentile found before is never looked at again: it is no greater.
        let (_, low, above) = values[done..].select_nth_unstable(rank - done);
        let low = i128::from(*low);
        let high = if rest == 0 { low } else { above.iter().min().map_or(low, |next| i128::from(*next)) };
        done = rank;
        quotient(low * 100 + (high - low) * rest as i128, 100)
    })
}

/// Divides microseconds by a positive number, to the nearest, halves to the even one.
fn quotient(micros: i128, by: i128) -> TimeDelta {
    let (floor, rest) = (micros.div_euclid(by), micros.rem_euclid(by));
    let nearest = match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Equal => floor + (floor & 1),
        std::cmp::Ordering::Greater => floor + 1,
    };
    // Means and percentiles lie between values that are `i64`s.
    TimeDelta::microseconds(i64::try_from(nearest).unwrap_or(i64::MAX))
}
