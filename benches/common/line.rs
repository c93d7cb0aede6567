//! One line of the table: a figure of ours, the floor's, what one is to the other, and what it was to be.

use std::fmt;
use std::time::Duration;

use super::latencies::{Latencies, median, pretty};

/// What a ratio or a difference is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Only to be known.
    None,
}

impl Goal {
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtMost(limit) => Some(value <= limit),
            Self::AtLeast(limit) => Some(value >= limit),
            Self::None => None,
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    name: String,
    ours: String,
    floor: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
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
        Self {
            name: name.into(),
            ours: show(median(pairs.iter().map(|pair| pair.ours))),
            floor: show(median(pairs.iter().map(|pair| pair.floor))),
            value: median(pairs.iter().map(|pair| pair.ours / pair.floor)),
            unit: "x",
            goal,
            note: String::new(),
        }
    }

    /// Compares times by their difference, in microseconds.
    pub(crate) fn extra(name: impl Into<String>, pairs: &[Pair<Duration>], goal: Goal) -> Self {
        let extra = |pair: &Pair<Duration>| (pair.ours.as_secs_f64() - pair.floor.as_secs_f64()) * 1e6;
        let value = median(pairs.iter().map(extra));
        Self { value, unit: " us more", ..Self::times(name, pairs, goal) }
    }

    /// Holds a time against a limit, in microseconds; the floor is there to be known.
    pub(crate) fn within(name: impl Into<String>, pairs: &[Pair<Duration>], goal: Goal) -> Self {
        let value = median(pairs.iter().map(|pair| pair.ours.as_secs_f64() * 1e6));
        Self { value, unit: " us", ..Self::times(name, pairs, goal) }
    }

    /// A figure without a floor.
    pub(crate) fn known(name: impl Into<String>, ours: impl Into<String>) -> Self {
        let (name, ours) = (name.into(), ours.into());
        Self { name, ours, floor: String::new(), value: f64::NAN, unit: "", goal: Goal::None, note: String::new() }
    }

    /// Says something more about the figures.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Tells whether there was a goal and it was missed.
    pub(crate) fn missed(&self) -> bool {
        self.goal.met(self.value) == Some(false)
    }

    pub(crate) fn head() -> String {
        format!("{:<44}{:>12}{:>12}{:>14}{:>10}", "measure", "ours", "floor", "ratio", "goal")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ours, floor, value, unit, goal, note } = self;
        let value = if value.is_nan() { String::new() } else { format!("{value:.2}{unit}") };
        let limit = match goal {
            Goal::AtMost(limit) => format!("<= {limit}"),
            Goal::AtLeast(limit) => format!(">= {limit}"),
            Goal::None => String::new(),
        };
        let verdict = match goal.met(self.value) {
            Some(true) => "met   ",
            Some(false) => "MISSED",
            None => "      ",
        };
        let line = format!("{name:<44}{ours:>12}{floor:>12}{value:>14}{limit:>10}  {verdict}  {note}");
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
