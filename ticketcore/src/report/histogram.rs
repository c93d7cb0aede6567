//! Many lengths of time in little room: percentiles within a stated bound, and nothing that cannot be taken out again.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Summary;
use super::summary::quotient;

/// Each power of two is cut into so many buckets, as a power of two itself: a bucket is at most 1/128 of its values wide.
const K: u32 = 7;
const HALF: i64 = 1 << K;

const SECOND: i64 = 1_000_000;

/// Counts lengths of time in buckets of whole seconds, log-linear as in HdrHistogram, by integers only.
///
/// Unlike t-digest and KLL it forms an abelian group: what was added can be [removed](Self::remove) again, and
/// histograms are [merged](Self::merge) and [subtracted](Self::subtract) in any order with the same result. Ten years of
/// seconds fall into 2,839 buckets, of which only those in use are kept.
///
/// # Bound
///
/// Lengths are rounded to the nearest second; up to 255 seconds each second is a bucket, beyond that a bucket is no
/// wider than 1/128 of its values. A percentile thus differs from the exact one by at most half a second and 1/256 of
/// it, least and greatest by half a second and 1/128. Number and mean are exact, the mean to the microsecond. Where
/// lengths below nought are among them, the bound is a part of the greatest length and not of the percentile.
///
/// # Examples
///
/// ```
/// use chrono::TimeDelta;
/// use ticketcore::report::Histogram;
///
/// let mut histogram = Histogram::default();
/// for hours in 1..=9 {
///     histogram.add(TimeDelta::hours(hours));
/// }
/// let median = histogram.percentile(50).unwrap_or_default();
/// assert!((median - TimeDelta::hours(5)).abs() <= TimeDelta::hours(5) / 256);
///
/// histogram.remove(TimeDelta::hours(9));
/// assert_eq!((histogram.n(), histogram.mean()), (8, Some(TimeDelta::minutes(270))));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    n: i64,
    /// Of all values, in microseconds.
    sum: i128,
    /// How many values each bucket has; never nought, and below it only in a difference.
    buckets: BTreeMap<i32, i64>,
}

impl Histogram {
    /// Adds a length of time; what is too long for a count of microseconds is as long as that can be.
    pub fn add(&mut self, time: TimeDelta) {
        self.shift(time.num_microseconds().unwrap_or(i64::MAX), 1);
    }

    /// Takes out a length of time, whether or not it was added before.
    pub fn remove(&mut self, time: TimeDelta) {
        self.shift(time.num_microseconds().unwrap_or(i64::MAX), -1);
    }

    /// Adds all that another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.combine(other, 1);
    }

    /// Takes out all that another one holds.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, -1);
    }

    /// Returns how many values it holds; below nought if more were taken out than were ever added.
    #[must_use]
    pub const fn n(&self) -> i64 {
        self.n
    }

    /// Tells whether nothing is left: each value was taken out as often as it was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty() && self.sum == 0
    }

    /// Returns the mean, exact to the microsecond, or `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<TimeDelta> {
        (self.n > 0).then(|| quotient(self.sum, self.n.into()))
    }

    /// Returns a percentile from 0 to 100 (what is above counts as 100) within the [bound](Self#bound), interpolated as
    /// [`Summary`] does; `None` without values, or if any bucket holds less than nothing.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<TimeDelta> {
        if self.n <= 0 || self.buckets.values().any(|count| *count < 0) {
            return None;
        }
        let last = i128::from(self.n - 1) * i128::from(percent.min(100));
        let (rank, rest) = (last / 100, last % 100);
        let low = self.nth(rank)?;
        let high = if rest == 0 { low } else { self.nth(rank + 1)? };
        Some(quotient(low * 100 + (high - low) * rest, 100))
    }

    /// Sums up what it holds, within the [bound](Self#bound); `None` where there are no [percentiles](Self::percentile).
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let edge = |seconds: i64| TimeDelta::microseconds(seconds.saturating_mul(SECOND));
        let (first, last) = (self.buckets.first_key_value()?.0, self.buckets.last_key_value()?.0);
        Some(Summary {
            n: self.n.try_into().ok()?,
            mean: self.mean()?,
            min: edge(range(*first).0),
            p50: self.percentile(50)?,
            p90: self.percentile(90)?,
            p95: self.percentile(95)?,
            p99: self.percentile(99)?,
            max: edge(range(*last).1),
            exact: false,
        })
    }

    /// The middle of the bucket that holds the value of a rank, in microseconds.
    fn nth(&self, rank: i128) -> Option<i128> {
        let mut before = 0;
        self.buckets.iter().find_map(|(bucket, count)| {
            before += i128::from(*count);
            let (least, greatest) = range(*bucket);
            (rank < before).then(|| (i128::from(least) + i128::from(greatest)) * i128::from(SECOND / 2))
        })
    }

    /// Adds a number of equal values. Counts wrap around and do not stop at the greatest, so that all can be taken back.
    pub(super) fn shift(&mut self, micros: i64, by: i64) {
        self.n = self.n.wrapping_add(by);
        self.sum = self.sum.wrapping_add(i128::from(micros) * i128::from(by));
        self.count(bucket(seconds(micros)), by);
    }

    fn combine(&mut self, other: &Self, sign: i64) {
        self.n = self.n.wrapping_add(other.n.wrapping_mul(sign));
        self.sum = self.sum.wrapping_add(other.sum.wrapping_mul(sign.into()));
        other.buckets.iter().for_each(|(bucket, count)| self.count(*bucket, count.wrapping_mul(sign)));
    }

    fn count(&mut self, bucket: i32, by: i64) {
        let count = self.buckets.entry(bucket).or_default();
        *count = count.wrapping_add(by);
        if *count == 0 {
            self.buckets.remove(&bucket);
        }
    }
}

/// The nearest whole second, halves up.
const fn seconds(micros: i64) -> i64 {
    micros.div_euclid(SECOND) + (micros.rem_euclid(SECOND) >= SECOND / 2) as i64
}

/// The bucket of a value. Those of lengths below nought mirror the others.
fn bucket(seconds: i64) -> i32 {
    let size = seconds.saturating_abs();
    // How often it must be halved to be one of the 2^(k+1) values that have buckets of their own.
    let shift = (i64::BITS - size.leading_zeros()).saturating_sub(K + 1);
    // At most 57 halvings, each with 128 buckets.
    let place = i32::try_from(i64::from(shift) * HALF + (size >> shift)).unwrap_or(i32::MAX);
    if seconds < 0 { -place } else { place }
}

/// The least and the greatest value of a bucket.
fn range(bucket: i32) -> (i64, i64) {
    let place = i64::from(bucket.unsigned_abs());
    let shift = (place / HALF - 1).clamp(0, 56);
    let least = (place - shift * HALF) << shift;
    let greatest = least.saturating_add((1 << shift) - 1);
    if bucket < 0 { (-greatest, -least) } else { (least, greatest) }
}

/// How it is kept: the sum in microseconds, as text since it may exceed what JSON readers hold, and the buckets.
type Form<'a> = (std::borrow::Cow<'a, str>, Vec<(i32, i64)>);

impl Serialize for Histogram {
    /// Writes the sum and the buckets in use, in order.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets = self.buckets.iter().map(|(bucket, count)| (*bucket, *count)).collect();
        let form: Form<'_> = (self.sum.to_string().into(), buckets);
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (sum, buckets) = Form::deserialize(deserializer)?;
        let sum = sum.parse().map_err(|_| de::Error::custom(format!("{sum:?} is not a sum of microseconds")))?;
        let mut histogram = Self { sum, ..Self::default() };
        for (bucket, count) in buckets {
            if bucket.unsigned_abs() > bucket_of_the_longest() {
                return Err(de::Error::custom(format!("there is no bucket {bucket}")));
            }
            histogram.n = histogram.n.wrapping_add(count);
            histogram.count(bucket, count);
        }
        Ok(histogram)
    }
}

fn bucket_of_the_longest() -> u32 {
    bucket(i64::MAX).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        values.iter().for_each(|micros| histogram.shift(*micros, 1));
        histogram
    }

    /// Lengths of every size, most of them such as tickets have.
    fn micros() -> impl Strategy<Value = i64> {
        prop_oneof![
            4 => 0..400_000_000_i64,
            4 => 0..400_000_000_000_000_i64,
            1 => -400_000_000_000..0_i64,
            1 => any::<i64>(),
        ]
    }

    fn values() -> impl Strategy<Value = Vec<i64>> {
        proptest::collection::vec(micros(), 0..60)
    }

    #[test]
    fn ten_years_of_seconds_have_2839_buckets() {
        assert_eq!(bucket(3653 * 86_400) + 1, 2839);
        assert_eq!((bucket(0), bucket(127), bucket(255), bucket(256), bucket(257)), (0, 127, 255, 256, 256));
        assert_eq!((range(255), range(256), range(384)), ((255, 255), (256, 257), (512, 515)));
    }

    #[test]
    fn no_bucket_is_missing_and_none_overlaps() {
        let mut next = 0;
        for place in 0..=bucket(i64::MAX) {
            let (least, greatest) = range(place);
            assert_eq!(least, next);
            next = greatest.saturating_add(1);
        }
        assert_eq!(range(bucket(i64::MAX)).1, i64::MAX);
    }

    #[test]
    fn short_times_in_whole_seconds_are_exact() {
        let histogram = of(&[10, 20, 42, 200].map(|seconds| seconds * SECOND));
        let summary = histogram.summary().unwrap();
        assert_eq!(summary.min, TimeDelta::seconds(10));
        assert_eq!(summary.p50, TimeDelta::seconds(31));
        assert_eq!(summary.max, TimeDelta::seconds(200));
        assert!(!summary.exact);
    }

    #[test]
    fn what_holds_nothing_or_less_has_no_percentiles() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.summary(), histogram.mean(), histogram.percentile(50)), (None, None, None));
        histogram.shift(SECOND, 2);
        histogram.shift(9 * SECOND, -1);
        assert_eq!((histogram.n(), histogram.summary(), histogram.percentile(50)), (1, None, None));
    }

    #[test]
    fn what_is_kept_is_short_and_what_is_no_histogram_is_refused() {
        let text = serde_json::to_string(&of(&[SECOND, SECOND, 300 * SECOND])).unwrap();
        assert_eq!(text, r#"["302000000",[[1,2],[278,1]]]"#);
        for (text, error) in [
            (r#"["x",[]]"#, "\"x\" is not a sum of microseconds"),
            (r#"["1",[[2000000000,1]]]"#, "there is no bucket 2000000000"),
            (r#"["1"]"#, "invalid length 1"),
        ] {
            let found = serde_json::from_str::<Histogram>(text).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Law 78: histograms are an abelian group, and the order of merging is irrelevant.
        #[test]
        fn law_78_histograms_are_an_abelian_group(a in values(), b in values(), c in values()) {
            let plus = |a: &Histogram, b: &Histogram| { let mut a = a.clone(); a.merge(b); a };
            let (a, b, c) = (of(&a), of(&b), of(&c));
            prop_assert_eq!(plus(&plus(&a, &b), &c), plus(&a, &plus(&b, &c)));
            prop_assert_eq!(plus(&a, &b), plus(&b, &a));
            prop_assert_eq!(&plus(&a, &Histogram::default()), &a);
            let mut nothing = a.clone();
            nothing.subtract(&a);
            prop_assert!(nothing.is_empty());
            prop_assert_eq!(nothing, Histogram::default());
            let mut inverse = Histogram::default();
            inverse.subtract(&b);
            prop_assert_eq!(plus(&plus(&a, &b), &inverse), a);
        }

        #[test]
        fn what_is_taken_out_was_never_there(kept in values(), gone in values()) {
            let mut histogram = of(&[kept.clone(), gone.clone()].concat());
            gone.iter().for_each(|micros| histogram.shift(*micros, -1));
            prop_assert_eq!(histogram, of(&kept));
        }

        /// Law 80: a value lies in its bucket, and the bucket is no wider than 2^-7 of the value.
        #[test]
        fn law_80_a_value_lies_in_its_bucket_which_is_narrow(seconds in prop_oneof![0..100_000_i64, 0..i64::MAX, any::<i64>()]) {
            let (least, greatest) = range(bucket(seconds));
            let seconds = seconds.max(-i64::MAX);
            prop_assert!((least..=greatest).contains(&seconds));
            let width = u128::from(greatest.abs_diff(least)) + 1;
            prop_assert!(width == 1 || width * 128 <= u128::from(seconds.unsigned_abs()));
            prop_assert!(seconds.unsigned_abs() >= 256 || width == 1);
        }

        #[test]
        fn percentiles_are_within_the_bound(mut values in proptest::collection::vec(0..400_000_000_000_000_i64, 1..80)) {
            let found = of(&values).summary().unwrap();
            let exact = Summary::of(&mut values).unwrap();
            let within = |found: TimeDelta, exact: TimeDelta, part: i32| {
                (found - exact).abs() <= TimeDelta::milliseconds(500) + exact.abs() / part + TimeDelta::microseconds(2)
            };
            prop_assert_eq!((found.n, found.mean), (exact.n, exact.mean));
            for (found, exact) in [found.p50, found.p90, found.p95, found.p99].into_iter().zip([exact.p50, exact.p90, exact.p95, exact.p99]) {
                prop_assert!(within(found, exact, 256), "{found} {exact}");
            }
            prop_assert!(within(found.min, exact.min, 128) && within(found.max, exact.max, 128));
            prop_assert!(found.min <= found.p50 && found.p50 <= found.p90 && found.p99 <= found.max);
        }

        #[test]
        fn what_is_kept_is_read_back(values in values(), gone in values()) {
            let mut histogram = of(&values);
            histogram.subtract(&of(&gone));
            let text = serde_json::to_string(&histogram).unwrap();
            prop_assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), histogram);
        }
    }
}
