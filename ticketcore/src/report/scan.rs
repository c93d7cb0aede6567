//! What is asked of a backend in one pass.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::query::Filter;
use crate::time::Zone;

/// Asks for tables over the tickets of one filter, made in one pass.
///
/// Exhaustive on purpose, as are its parts: backends and reports take it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Which tickets.
    pub filter: Filter,
    /// Which tables.
    pub tables: Vec<TableSpec>,
    /// The instant at which ages are read.
    pub now: DateTime<Utc>,
}

/// Asks for one table: a row for each combination of dimensions that occurs, a column for each measure.
///
/// Without dimensions it has exactly one row, be there tickets or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableSpec {
    /// What the rows are.
    pub by: Vec<Dimension>,
    /// What is measured.
    pub measures: Vec<Measure>,
}

impl TableSpec {
    /// Asks for measures by dimensions.
    #[must_use]
    pub fn new(by: impl Into<Vec<Dimension>>, measures: impl Into<Vec<Measure>>) -> Self {
        Self { by: by.into(), measures: measures.into() }
    }
}

/// Says what tickets are grouped by; its text form names the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Kind.
    Kind,
    /// Place in life.
    Status,
    /// State.
    State,
    /// Priority in force.
    Priority,
    /// Category.
    Category,
    /// Team.
    Team,
    /// Queue.
    Queue,
    /// Accountable agent.
    Assignee,
    /// The person it is for.
    Requester,
    /// How it came in.
    Channel,
    /// When it was opened.
    Created(Bucket),
    /// When it was last resolved, if not reopened since: a reopened ticket leaves the day it was counted in.
    Resolved(Bucket),
    /// When it was closed, if not reopened since.
    Closed(Bucket),
}

/// Cuts time into pieces of a zone's civil time, without gap or overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// How long each is.
    pub unit: Unit,
    /// Whose days.
    pub zone: Zone,
}

/// Says how long a [`Bucket`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A civil day: `2026-11-21`.
    Day,
    /// A week from Monday, named by ISO 8601: `2026-W47`.
    Week,
    /// A month: `2026-11`.
    Month,
}

/// Says what is measured of each ticket; a ticket without the figure does not count in it.
///
/// Its text form names the column. There is no "MTTR": the word stands for four measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many tickets.
    Count,
    /// How many are neither resolved nor closed.
    Backlog,
    /// From the opening to the first public reply of a human agent.
    FirstResponse(Time),
    /// From the opening to the last resolution, of tickets not reopened since. Time spent pending counts.
    Resolution(Time),
    /// From the opening to the first resolution, reopened since or not, on the wall clock.
    FirstResolution,
    /// From the opening to the closing, of tickets not reopened since, on the wall clock.
    Closing,
    /// From the opening to the scan's instant, of the backlog, on the wall clock.
    Age,
    /// How often a ticket came back from resolved or closed.
    Reopens,
    /// How often a ticket went from one team or agent to another, not counting the first of each.
    Reassigns,
    /// How many messages a ticket has, public and internal.
    Messages,
    /// Of the tickets resolved at least once, the share that was ever reopened.
    ReopenRate,
    /// Of the solutions that customers scored, the share scored good: 4 or 5.
    Satisfaction,
    /// Of the tickets solved (resolved or closed, not dropped, not reopened since), the share that customers scored.
    ResponseShare,
    /// How the cycles of a policy ended or stand: the share met is met / (met + breached).
    Attainment(Key),
}

/// Says on which clock time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// The clock on the wall.
    Wall,
    /// Open time of the desk's business calendar.
    Business,
}

impl Measure {
    /// Tells whether it changes as time goes by, without anything happening to its tickets.
    #[must_use]
    pub const fn moves(&self) -> bool {
        match self {
            Self::Age => true,
            Self::Count
            | Self::Backlog
            | Self::FirstResponse(_)
            | Self::Resolution(_)
            | Self::FirstResolution
            | Self::Closing
            | Self::Reopens
            | Self::Reassigns
            | Self::Messages
            | Self::ReopenRate
            | Self::Satisfaction
            | Self::ResponseShare
            | Self::Attainment(_) => false,
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.pad("kind"),
            Self::Status => f.pad("status"),
            Self::State => f.pad("state"),
            Self::Priority => f.pad("priority"),
            Self::Category => f.pad("category"),
            Self::Team => f.pad("team"),
            Self::Queue => f.pad("queue"),
            Self::Assignee => f.pad("assignee"),
            Self::Requester => f.pad("requester"),
            Self::Channel => f.pad("channel"),
            Self::Created(bucket) => write!(f, "created_{}", bucket.unit),
            Self::Resolved(bucket) => write!(f, "resolved_{}", bucket.unit),
            Self::Closed(bucket) => write!(f, "closed_{}", bucket.unit),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.pad("tickets"),
            Self::Backlog => f.pad("backlog"),
            Self::FirstResponse(Time::Wall) => f.pad("first_response"),
            Self::FirstResponse(Time::Business) => f.pad("first_response_business"),
            Self::Resolution(Time::Wall) => f.pad("resolution"),
            Self::Resolution(Time::Business) => f.pad("resolution_business"),
            Self::FirstResolution => f.pad("first_resolution"),
            Self::Closing => f.pad("closing"),
            Self::Age => f.pad("age"),
            Self::Reopens => f.pad("reopens"),
            Self::Reassigns => f.pad("reassigns"),
            Self::Messages => f.pad("messages"),
            Self::ReopenRate => f.pad("reopen_rate"),
            Self::Satisfaction => f.pad("satisfaction"),
            Self::ResponseShare => f.pad("response_share"),
            Self::Attainment(policy) => write!(f, "attainment_{policy}"),
        }
    }
}
