//! When the backlog will be done, and how much gets done in some days: what has been, drawn again at random.

use serde::Serialize;

/// How often the future is drawn.
const ROUNDS: usize = 10_000;
/// How far it is looked into: ten years. What takes longer is not foretold.
const DAYS: u32 = 3_653;

/// Foretells from daily throughput by a seeded bootstrap: each day to come is one of the days that have been, drawn at
/// random, ten thousand times over.
///
/// It supposes that work goes on as it did and that nothing new comes in. The same history and the same seed give the
/// same forecast on every machine.
///
/// # Examples
///
/// ```
/// use ticketcore::report::Forecast;
///
/// // Two weeks with weekends.
/// let days = [4, 6, 5, 3, 7, 0, 0, 5, 5, 4, 6, 5, 0, 0];
/// let forecast = Forecast::new(&days, 40, 14, 7).expect("there was work");
/// assert!(forecast.done.p50.is_some_and(|days| (10..=15).contains(&days)));
/// assert!(forecast.within.p95 <= forecast.within.p50);
/// assert_eq!(Forecast::new(&[0, 0, 0], 40, 14, 7), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// After how many days the backlog is done, with a likelihood of at least 50, 85 and 95 %. `None` if it takes more
    /// than ten years.
    pub done: Likely<Option<u32>>,
    /// How many tickets at least get done within the horizon, with a likelihood of at least 50, 85 and 95 %.
    pub within: Likely<u64>,
    /// How many days the horizon has.
    pub horizon: u32,
}

/// One answer for each likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Likely<T> {
    /// With a likelihood of at least 50 %.
    pub p50: T,
    /// With a likelihood of at least 85 %.
    pub p85: T,
    /// With a likelihood of at least 95 %.
    pub p95: T,
}

impl Forecast {
    /// Foretells from what was done on each day of the past, days without work included. `None` if nothing was ever
    /// done: then nothing can be said.
    #[must_use]
    pub fn new(throughput: &[u64], backlog: u64, horizon: u32, seed: u64) -> Option<Self> {
        if throughput.iter().all(|done| *done == 0) {
            return None;
        }
        let mut dice = Dice(seed);
        let (mut done, mut within) = (Vec::with_capacity(ROUNDS), Vec::with_capacity(ROUNDS));
        for _ in 0..ROUNDS {
            let mut sum = 0_u64;
            let mut at_horizon = (horizon == 0).then_some(0);
            let mut at_end = (backlog == 0).then_some(0);
            for day in 1..=DAYS.max(horizon) {
                if at_end.is_some() && at_horizon.is_some() {
                    break;
                }
                sum = sum.saturating_add(dice.pick(throughput));
                if day == horizon {
                    at_horizon = Some(sum);
                }
                if sum >= backlog && day <= DAYS {
                    at_end.get_or_insert(day);
                }
            }
            // A number greater than any day stands for never, so that it comes last in order.
            done.push(at_end.unwrap_or(u32::MAX));
            within.push(at_horizon.unwrap_or(sum));
        }
        done.sort_unstable();
        within.sort_unstable();
        let day = |percent| Some(nearest(&done, percent)).filter(|day| *day <= DAYS);
        // At least so many in 95 of 100 futures is what the worst five do not reach.
        let least = |percent| within[within.len() - 1 - rank(within.len(), percent)];
        Some(Self {
            done: Likely { p50: day(50), p85: day(85), p95: day(95) },
            within: Likely { p50: least(50), p85: least(85), p95: least(95) },
            horizon,
        })
    }
}

/// The least of sorted values that at least so many percent of them do not exceed.
fn nearest<T: Copy>(sorted: &[T], percent: usize) -> T {
    sorted[rank(sorted.len(), percent)]
}

const fn rank(values: usize, percent: usize) -> usize {
    (values * percent).div_ceil(100) - 1
}

/// SplitMix64: a few lines that give the same numbers everywhere. Nobody's secret hangs on it.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of at least one value. The product of a random 64-bit number and a length, cut: for any history a person can
    /// have, no day is favoured by more than one part in 2^48.
    fn pick(&mut self, values: &[u64]) -> u64 {
        let place = (u128::from(self.next()) * values.len() as u128) >> 64;
        usize::try_from(place).ok().and_then(|place| values.get(place)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steady_work_is_foretold_to_the_day() {
        let forecast = Forecast::new(&[5], 23, 10, 1).unwrap();
        assert_eq!(forecast.done, Likely { p50: Some(5), p85: Some(5), p95: Some(5) });
        assert_eq!(forecast.within, Likely { p50: 50, p85: 50, p95: 50 });
    }

    #[test]
    fn every_third_day_takes_as_long_as_dice_say() {
        // One ticket with a chance of 1/3: the days until the tenth follow a negative binomial distribution, and what is
        // done in 100 days a binomial one. Summed up exactly, their quantiles are these, none of them on an edge.
        let forecast = Forecast::new(&[0, 1, 0], 10, 100, 42).unwrap();
        assert_eq!(forecast.done, Likely { p50: Some(29), p85: Some(38), p95: Some(44) });
        assert_eq!(forecast.within, Likely { p50: 33, p85: 28, p95: 26 });
    }

    #[test]
    fn without_work_nothing_is_said_and_without_backlog_it_is_done() {
        assert_eq!(Forecast::new(&[], 5, 30, 1), None);
        assert_eq!(Forecast::new(&[0; 90], 0, 30, 1), None);
        assert_eq!(Forecast::new(&[1], 0, 0, 1).unwrap().done.p95, Some(0));
        assert_eq!(Forecast::new(&[1], u64::MAX, 7, 1).unwrap().done, Likely { p50: None, p85: None, p95: None });
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

        /// Law 84: the same seed gives the same forecast, and P50 <= P85 <= P95.
        #[test]
        fn law_84_forecasts_repeat_and_are_in_order(
            days in proptest::collection::vec(0..9_u64, 1..60), backlog in 0..200_u64, horizon in 0..60_u32, seed: u64,
        ) {
            let forecast = Forecast::new(&days, backlog, horizon, seed);
            prop_assert_eq!(forecast, Forecast::new(&days, backlog, horizon, seed));
            prop_assert_eq!(forecast.is_none(), days.iter().all(|done| *done == 0));
            if let Some(Forecast { done, within, horizon: _ }) = forecast {
                let [p50, p85, p95] = [done.p50, done.p85, done.p95].map(|day| day.unwrap_or(u32::MAX));
                prop_assert!(p50 <= p85 && p85 <= p95);
                prop_assert!(within.p50 >= within.p85 && within.p85 >= within.p95);
                prop_assert!(within.p50 <= u64::from(horizon) * days.iter().max().unwrap());
            }
        }
    }
}
