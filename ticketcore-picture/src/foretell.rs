//! Where a backlog may go: what has been, drawn again at random.

use chrono::{Months, NaiveDateTime, TimeDelta};

use crate::trend::{Forecast, Period, Trend};

/// How often the future is drawn.
const ROUNDS: usize = 2_000;

/// No forecast goes further.
const MOST: usize = 400;

impl Trend {
    /// Sets the forecast: the backlog of so many buckets to come, by a seeded bootstrap over the backlog's own changes.
    ///
    /// Each bucket to come changes the backlog as one of those that have been, drawn at random, two thousand times over; of
    /// days, as one of the same day of the week. It supposes that tickets come and go as they did. The same past and the
    /// same seed give the same forecast. Without at least eight buckets of known backlog there is none.
    #[must_use]
    pub fn foretell(mut self, buckets: usize, seed: u64) -> Self {
        let mut known: Vec<(NaiveDateTime, f64)> = self.periods.iter().filter_map(known).collect();
        known.sort_by_key(|(at, _)| *at);
        known.dedup_by_key(|(at, _)| *at);
        self.forecast = Vec::new();
        let (Some((first, _)), Some((last, backlog))) = (known.first().copied(), known.last().copied()) else {
            return self;
        };
        if known.len() < 8 {
            return self;
        }
        let length = (last - first) / i32::try_from(known.len() - 1).unwrap_or(i32::MAX);
        let changes: Vec<f64> = known.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        let every = if is_a_day(length) && changes.len() >= 28 { 7 } else { 1 };
        let mut dice = Dice(seed);
        let mut futures = vec![backlog; ROUNDS];
        for bucket in 0..buckets.min(MOST) {
            // What has been on the same day of the week.
            let alike: Vec<f64> =
                changes.iter().skip((changes.len() + bucket) % every).step_by(every).copied().collect();
            for future in &mut futures {
                *future = (*future + dice.pick(&alike)).max(0.0);
            }
            let Some(at) = after(last, bucket + 1, length) else { return self };
            let mut sorted = futures.clone();
            sorted.sort_by(f64::total_cmp);
            let [p50, p85, p95] = [50, 85, 95].map(|percent| sorted[(ROUNDS * percent).div_ceil(100) - 1]);
            self.forecast.push(Forecast { at, p50, p85, p95 });
        }
        self
    }
}

fn known(period: &Period) -> Option<(NaiveDateTime, f64)> {
    Some((period.at, period.backlog? as f64))
}

fn is_a_day(length: TimeDelta) -> bool {
    (23..=25).contains(&length.num_hours())
}

/// The beginning of a bucket to come; months are as long as they are.
fn after(last: NaiveDateTime, buckets: usize, length: TimeDelta) -> Option<NaiveDateTime> {
    let buckets = i32::try_from(buckets).ok()?;
    match length.num_days() {
        28..=31 => last.checked_add_months(Months::new(buckets.unsigned_abs())),
        1 => last.checked_add_signed(TimeDelta::days(buckets.into())),
        7 => last.checked_add_signed(TimeDelta::weeks(buckets.into())),
        _ => last.checked_add_signed(length.checked_mul(buckets)?),
    }
}

/// `SplitMix64`: the same numbers everywhere. Nobody's secret hangs on it.
struct Dice(u64);

impl Dice {
    fn pick(&mut self, values: &[f64]) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = (u128::from(mixed ^ (mixed >> 31)) * values.len() as u128) >> 64;
        usize::try_from(place).ok().and_then(|place| values.get(place)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trend(backlogs: &[u64]) -> Trend {
        let start = crate::civil("2026-01-05").unwrap();
        let period = |(i, backlog): (usize, &u64)| Period {
            at: start + TimeDelta::days(i64::try_from(i).unwrap()),
            created: 0,
            resolved: 0,
            backlog: Some(*backlog),
        };
        Trend { periods: backlogs.iter().enumerate().map(period).collect(), ..Trend::default() }
    }

    #[test]
    fn steady_growth_goes_on() {
        let backlogs: Vec<u64> = (0..30).map(|day| 100 + 3 * day).collect();
        let forecast = trend(&backlogs).foretell(10, 1).forecast;
        let last = forecast.last().unwrap();
        assert_eq!((last.p50, last.p95, forecast.len()), (217.0, 217.0, 10));
        assert_eq!(last.at, crate::civil("2026-02-13").unwrap());
    }

    #[test]
    fn a_weekend_comes_every_week() {
        // Ten more each Saturday, ten fewer each Monday: from a Sunday on, Monday is sure.
        let backlogs: Vec<u64> = (0..42).map(|day| if day % 7 >= 5 { 60 } else { 50 }).collect();
        let forecast = trend(&backlogs).foretell(7, 1).forecast;
        let ends: Vec<f64> = forecast.iter().map(|future| future.p95).collect();
        assert_eq!(ends, [50.0, 50.0, 50.0, 50.0, 50.0, 60.0, 60.0]);
    }

    #[test]
    fn months_are_as_long_as_they_are() {
        let periods = (1..=9).map(|month| Period {
            at: crate::civil(&format!("2026-{month:02}")).unwrap(),
            created: 1,
            resolved: 1,
            backlog: Some(month),
        });
        let trend = Trend { periods: periods.collect(), ..Trend::default() }.foretell(3, 1);
        let starts: Vec<String> = trend.forecast.iter().map(|future| crate::date::name(future.at)).collect();
        assert_eq!(starts, ["2026-10-01", "2026-11-01", "2026-12-01"]);
    }

    #[test]
    fn of_too_little_nothing_is_said() {
        assert_eq!(trend(&[]).foretell(5, 1).forecast, []);
        assert_eq!(trend(&[1, 2, 3]).foretell(5, 1).forecast, []);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

        /// Law 84: the same seed gives the same forecast, and P50 <= P85 <= P95.
        #[test]
        fn law_84_forecasts_repeat_and_are_in_order(
            backlogs in proptest::collection::vec(0..300_u64, 0..60), buckets in 0..40_usize, seed: u64,
        ) {
            let forecast = trend(&backlogs).foretell(buckets, seed).forecast;
            prop_assert_eq!(&forecast, &trend(&backlogs).foretell(buckets, seed).forecast);
            for Forecast { at: _, p50, p85, p95 } in forecast {
                prop_assert!(0.0 <= p50 && p50 <= p85 && p85 <= p95);
            }
        }
    }
}
