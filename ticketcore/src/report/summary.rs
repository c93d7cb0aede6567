//! What is said of many lengths of time.

use chrono::TimeDelta;

/// Sums up lengths of time: of all values to the microsecond, or of a [`Histogram`](super::Histogram) within its bound.
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
    /// 99 % of them take no longer.
    pub p99: TimeDelta,
    /// The greatest.
    pub max: TimeDelta,
    /// Whether all of it is exact. If not, number and mean are, percentiles differ by at most half a second and 1/256
    /// from the exact ones, and least and greatest by half a second and 1/128.
    pub exact: bool,
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
        let [p50, p90, p95, p99] = percentiles(values, [50, 90, 95, 99]);
        Some(Self {
            n: n as u64,
            mean: quotient(sum, n as i128),
            min: TimeDelta::microseconds(min),
            p50,
            p90,
            p95,
            p99,
            max: TimeDelta::microseconds(max),
            exact: true,
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
pub(super) fn quotient(micros: i128, by: i128) -> TimeDelta {
    let (floor, rest) = (micros.div_euclid(by), micros.rem_euclid(by));
    let nearest = match (rest * 2).cmp(&by) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Equal => floor + (floor & 1),
        std::cmp::Ordering::Greater => floor + 1,
    };
    // Means and percentiles lie between values that are `i64`s.
    TimeDelta::microseconds(i64::try_from(nearest).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(summary: Summary) -> [i64; 6] {
        let Summary { n: _, mean, min, p50, p90, p95, p99: _, max, exact } = summary;
        assert!(exact);
        [mean, min, p50, p90, p95, max].map(|time| time.num_microseconds().unwrap())
    }

    #[test]
    fn no_value_has_no_summary() {
        assert_eq!(Summary::of(&mut []), None);
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.quantile([...], [0.5, 0.9, 0.95])
        let cases: [(&[i64], [i64; 6]); 6] = [
            (&[7], [7, 7, 7, 7, 7, 7]),
            (&[20, 10], [15, 10, 15, 19, 20, 20]),
            (&[40, 10, 30, 20], [25, 10, 25, 37, 38, 40]),
            (&[100, 300, 200, 500, 400], [300, 100, 300, 460, 480, 500]),
            (&[-100, 100, -300], [-100, -300, -100, 60, 80, 100]),
            (&[5; 100], [5; 6]),
        ];
        for (values, expected) in cases {
            assert_eq!(micros(Summary::of(&mut values.to_vec()).unwrap()), expected, "{values:?}");
        }
    }

    #[test]
    fn halves_go_to_the_even_microsecond() {
        for (values, middle) in [([0, 1], 0), ([1, 2], 2), ([2, 3], 2), ([-1, 0], 0), ([-2, -1], -2), ([-3, -2], -2)] {
            let [mean, _, p50, ..] = micros(Summary::of(&mut values.to_vec()).unwrap());
            assert_eq!((mean, p50), (middle, middle), "{values:?}");
        }
    }

    #[test]
    fn the_longest_times_do_not_overflow() {
        let summary = Summary::of(&mut [i64::MIN, i64::MAX, i64::MAX]).unwrap();
        assert_eq!(micros(summary)[1..3], [i64::MIN, i64::MAX]);
        assert_eq!(micros(Summary::of(&mut [i64::MIN, i64::MAX]).unwrap())[0], 0);
    }
}
