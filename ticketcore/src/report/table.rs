//! What comes out of a scan: tables of typed values.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Cohort, Dimension, Each, Measure, Standing, Summary};
use crate::priority::Priority;
use crate::status::Status;

/// Holds one table of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What was counted and measured.
    pub each: Each,
    /// Which of them.
    pub cohort: Cohort,
    /// What the rows are.
    pub by: Vec<Dimension>,
    /// What was measured.
    pub measures: Vec<Measure>,
    /// One row for each combination of dimensions that occurs, in the order of their cells.
    pub rows: Vec<Row>,
}

/// Holds one row of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The value of each dimension.
    pub cells: Vec<Cell>,
    /// The value of each measure.
    pub values: Vec<Measured>,
}

/// Names one value of a dimension; statuses sort by life, priorities the most pressing first, and none last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Of [`Dimension::Status`].
    Status(Status),
    /// Of [`Dimension::Priority`].
    Priority(Priority),
    /// Of a dimension whose values have an order of their own, as days of the week: its place and its name.
    Ranked(u8, String),
    /// Of every other dimension; a piece of time is named as [`Unit`](super::Unit) says.
    Text(String),
    /// The tickets that have none.
    None,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Priority(priority) => priority.fmt(f),
            Self::Ranked(_, text) | Self::Text(text) => f.pad(text),
            Self::None => f.pad("-"),
        }
    }
}

/// Holds the value of one measure for one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Of [`Measure::Count`] and [`Measure::Backlog`].
    Count(u64),
    /// Of the measures of time; `None` if no ticket has the figure.
    Time(Option<Summary>),
    /// Of [`Measure::Reopens`], [`Measure::Reassigns`], [`Measure::Messages`] and [`Measure::Steps`].
    Counter(Counter),
    /// Of the measures that are a share of tickets, as [`Measure::ReopenRate`] is.
    Share(Share),
    /// Of [`Measure::Attainment`].
    Attainment(Attainment),
}

impl From<u64> for Measured {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<Counter> for Measured {
    fn from(counter: Counter) -> Self {
        Self::Counter(counter)
    }
}

impl From<Share> for Measured {
    fn from(share: Share) -> Self {
        Self::Share(share)
    }
}

impl From<Attainment> for Measured {
    fn from(attainment: Attainment) -> Self {
        Self::Attainment(attainment)
    }
}

/// Adds up something that is counted on each ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// How many tickets.
    pub n: u64,
    /// All counts together.
    pub total: u64,
    /// The greatest count of one ticket.
    pub max: u32,
}

impl Counter {
    /// Returns how many there are for each ticket, or `None` without tickets.
    #[must_use]
    pub fn mean(self) -> Option<f64> {
        Share { part: self.total, whole: self.n }.ratio()
    }
}

impl AddAssign<u32> for Counter {
    /// Adds the count of one more ticket.
    fn add_assign(&mut self, count: u32) {
        self.n += 1;
        self.total += u64::from(count);
        self.max = self.max.max(count);
    }
}

/// Counts a part and its whole, so that shares stay exact and can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many have it.
    pub part: u64,
    /// How many could have it.
    pub whole: u64,
}

impl Share {
    /// Returns part / whole, or `None` if there is no whole: nothing of nothing is neither all nor nought.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        // A float counts exactly up to 2^53, more tickets than anybody has.
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl AddAssign<bool> for Share {
    /// Adds one more that could have it, and whether it does.
    fn add_assign(&mut self, has: bool) {
        self.part += u64::from(has);
        self.whole += 1;
    }
}

/// Counts how the cycles of a policy ended or stand; each cycle is in exactly one of the five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attainment {
    /// Stopped in time.
    pub met: u64,
    /// Not stopped in time.
    pub breached: u64,
    /// Not stopped in time, and excused.
    pub excused: u64,
    /// Still counting or paused.
    pub running: u64,
    /// Ended because the ticket was dropped.
    pub dropped: u64,
}

impl Attainment {
    /// Returns the share met of those that were decided: met / (met + breached).
    #[must_use]
    pub const fn share(self) -> Share {
        Share { part: self.met, whole: self.met + self.breached }
    }

    /// Returns how many cycles there are.
    #[must_use]
    pub const fn cycles(self) -> u64 {
        self.met + self.breached + self.excused + self.running + self.dropped
    }
}

impl AddAssign for Attainment {
    fn add_assign(&mut self, other: Self) {
        self.met += other.met;
        self.breached += other.breached;
        self.excused += other.excused;
        self.running += other.running;
        self.dropped += other.dropped;
    }
}

impl From<&Standing> for Attainment {
    fn from(standing: &Standing) -> Self {
        Self {
            met: standing.met.into(),
            breached: standing.breached.into(),
            excused: standing.excused.into(),
            running: standing.running.into(),
            dropped: standing.dropped.into(),
        }
    }
}
