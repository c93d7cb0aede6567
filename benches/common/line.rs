//! One line of the table: a figure of ours, the floor's, what one is to the other, and what it was to be.

use std::fmt;
use std::time::Duration;

use super::latencies::{Latencies, median, pretty};

/// What a ratio, a difference or a time is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// The ratio, or the difference in microseconds.
    AtMost(f64),
    /// The ratio.
    AtLeast(f64),
    /// Our time, whatever the floor's is.
    Within(Duration),
    /// Only to be known.
    None,
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Self::AtMost(limit) => format!("<= {limit}"),
            Self::AtLeast(limit) => format!(">= {limit}"),
            Self::Within(limit) => format!("<= {}", pretty(*limit)),
            Self::None => String::new(),
        })
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    name: String,
    ours: String,
    floor: String,
    value: String,
    goal: Goal,
    met: Option<bool>,
    note: String,
}

impl Line {
    /// Compares times; each pair was measured in one round, and the median of the pairs' ratios counts.
    pub(crate) fn times(name: impl Into<String>, pairs: &[Pair<Duration>], goal: Goal) -> Self {
        let seconds = |pair: &Pair<Duration>| Pair { ours: pair.ours.as_secs_f64(), floor: pair.floor.as_secs_f64() };
        let pairs: Vec<_> = pairs.iter().map(seconds).collect();
        Self::of(name, &pairs, |seconds| pretty(Duration::from_secs_f64(seconds)), goal)
    }

    /// Compares operations per second in the same way.
    pub(crate) fn rates(name: impl Into<String>, pairs: &[Pair<f64>], goal: Goal) -> Self {
        Self::of(name, pairs, |rate| format!("{rate:.0}/s"), goal)
    }

    fn of(name: impl Into<String>, pairs: &[Pair<f64>], show: impl Fn(f64) -> String, goal: Goal) -> Self {
        let ours = median(pairs.iter().map(|pair| pair.ours));
        let ratio = median(pairs.iter().map(|pair| pair.ours / pair.floor));
        let met = match goal {
            Goal::AtMost(limit) => Some(ratio <= limit),
            Goal::AtLeast(limit) => Some(ratio >= limit),
            Goal::Within(limit) => Some(ours <= limit.as_secs_f64()),
            Goal::None => None,
        };
        let floor = show(median(pairs.iter().map(|pair| pair.floor)));
        let (name, ours, value) = (name.into(), show(ours), format!("{ratio:.2}x"));
        Self { name, ours, floor, value, goal, met, note: String::new() }
    }

    /// Compares times by their difference, which is to be at most so many microseconds.
    pub(crate) fn extra(name: impl Into<String>, pairs: &[Pair<Duration>], limit: f64) -> Self {
        let extra = |pair: &Pair<Duration>| (pair.ours.as_secs_f64() - pair.floor.as_secs_f64()) * 1e6;
        let extra = median(pairs.iter().map(extra));
        let (value, met) = (format!("{extra:.2} us more"), Some(extra <= limit));
        Self { value, met, ..Self::times(name, pairs, Goal::AtMost(limit)) }
    }

    /// Holds the median of times against a limit; there is nothing to compare them with.
    pub(crate) fn alone(name: impl Into<String>, times: impl IntoIterator<Item = Duration>, limit: Duration) -> Self {
        let took = Duration::from_secs_f64(median(times.into_iter().map(|time| time.as_secs_f64())));
        Self { goal: Goal::Within(limit), met: Some(took <= limit), ..Self::known(name, pretty(took)) }
    }

    /// A figure without a floor.
    pub(crate) fn known(name: impl Into<String>, ours: impl Into<String>) -> Self {
        let (name, ours, nothing) = (name.into(), ours.into(), String::new());
        Self { name, ours, floor: nothing.clone(), value: nothing.clone(), goal: Goal::None, met: None, note: nothing }
    }

    /// Says something more about the figures.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Tells whether there was a goal and it was missed.
    pub(crate) fn missed(&self) -> bool {
        self.met == Some(false)
    }

    pub(crate) fn head() -> String {
        format!("{:<50}{:>12}{:>12}{:>14}{:>12}", "measure", "ours", "floor", "ratio", "goal")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ours, floor, value, goal, met, note } = self;
        let verdict = match met {
            Some(true) => "met   ",
            Some(false) => "MISSED",
            None => "      ",
        };
        let line = format!("{name:<50}{ours:>12}{floor:>12}{value:>14}{goal:>12}  {verdict}  {note}");
        f.write_str(line.trim_end())
    }
}

/// A figure of both programs from the same round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<T> {
    pub(crate) ours: T,
    pub(crate) floor: T,
}

impl<T> Pair<T> {
    /// Measures both, in turns as to who is first: whoever is second finds the caches warm and the disk busy.
    pub(crate) fn measure(round: usize, ours: impl FnOnce() -> T, floor: impl FnOnce() -> T) -> Self {
        if round.is_multiple_of(2) {
            let floor = floor();
            Self { ours: ours(), floor }
        } else {
            Self { ours: ours(), floor: floor() }
        }
    }

    pub(crate) fn map<U>(&self, read: impl Fn(&T) -> U) -> Pair<U> {
        Pair { ours: read(&self.ours), floor: read(&self.floor) }
    }
}

/// The 99th percentiles of both, for a note.
pub(crate) fn tails(pairs: &[Pair<Latencies>]) -> String {
    let mut all = Pair { ours: Latencies::default(), floor: Latencies::default() };
    for pair in pairs {
        all.ours += &pair.ours;
        all.floor += &pair.floor;
    }
    format!("p99 {} : {}", pretty(all.ours.quantile(0.99)), pretty(all.floor.quantile(0.99)))
}

impl<T, E> Pair<Result<T, E>> {
    /// Both, or the first failure.
    pub(crate) fn transpose(self) -> Result<Pair<T>, E> {
        Ok(Pair { ours: self.ours?, floor: self.floor? })
    }
}
