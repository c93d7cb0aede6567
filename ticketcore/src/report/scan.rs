//! What is asked of a backend in one pass.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Span;
use crate::id::Key;
use crate::query::{Filter, Period};
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
    /// What is counted and measured: tickets, unless said otherwise.
    pub each: Each,
    /// Which of them; all, unless said otherwise.
    pub cohort: Cohort,
    /// What the rows are.
    pub by: Vec<Dimension>,
    /// What is measured.
    pub measures: Vec<Measure>,
}

impl TableSpec {
    /// Asks for measures of tickets by dimensions.
    #[must_use]
    pub fn new(by: impl Into<Vec<Dimension>>, measures: impl Into<Vec<Measure>>) -> Self {
        Self { by: by.into(), measures: measures.into(), ..Self::default() }
    }

    /// Sets what is counted and measured; tickets by default.
    #[must_use]
    pub fn each(mut self, each: Each) -> Self {
        self.each = each;
        self
    }

    /// Sets which of them are counted; all by default.
    #[must_use]
    pub fn cohort(mut self, cohort: Cohort) -> Self {
        self.cohort = cohort;
        self
    }

    /// Asks for the same without dimensions: the totals. Percentiles do not add up, so they are measured anew.
    #[must_use]
    pub fn total(&self) -> Self {
        Self { by: Vec::new(), ..self.clone() }
    }
}

/// Says what a table counts and measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each ticket once.
    #[default]
    Ticket,
    /// Each ticket once for every state it was in: what it spent there in all its stays.
    State,
    /// Each ticket once for every team it was with, and for none: what it spent there in all.
    Team,
    /// Each ticket once for every agent who was accountable, and for nobody: what it spent there in all.
    Assignee,
    /// Each time that a ticket came to a place in life, its opening included.
    Entry,
    /// Each time that a ticket left a place in life.
    Exit,
    /// Each time that a ticket came to the backlog or left it: `opened`, `reopened` or `left`.
    Crossing,
}

/// Says which tickets a table counts, by the one date it chooses them by, so that nobody takes the tickets that were
/// opened in a month for those that were resolved in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cohort {
    /// All of them.
    #[default]
    All,
    /// Those opened then.
    Created(Period),
    /// Those first resolved then, reopened since or not.
    FirstResolved(Period),
    /// Those last resolved then, and not reopened since.
    Resolved(Period),
    /// Those closed then, and not reopened since.
    Closed(Period),
    /// The entries and crossings that happened then; of what has no instant of its own, none.
    Then(Period),
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
    /// When it was first resolved, reopened since or not.
    FirstResolved(Bucket),
    /// The day of the week on which it was opened, from Monday on.
    Weekday(Zone),
    /// The hour of the day in which it was opened, from `00` to `23`.
    Hour(Zone),
    /// How long ago it was opened, in bands, of the backlog: under one day, then up to 3, 7, 30 and 90 days of 24 hours.
    AgeBand,
    /// What each is of: the state, the team, the agent, the place in life or the crossing. Tickets have none.
    Each,
    /// When the entry or crossing happened. What has no instant of its own has none.
    Then(Bucket),
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
    /// From the opening to the first resolution, reopened since or not.
    FirstResolution(Time),
    /// From the opening to the last resolution without the time spent pending, of tickets not reopened since.
    NetResolution(Time),
    /// From each oldest unanswered message of the requester to the answer, after the first response: a value for each
    /// answer. What is not answered yet does not count.
    NextResponse(Time),
    /// From the opening to the first acknowledgement.
    Acknowledge(Time),
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
    /// Of the tickets resolved at least once, the share that came back within a time of the first resolution.
    ReopenedWithin(Span),
    /// Of the tickets resolved at least once, the share that agents had written exactly one public message on when they
    /// were first resolved, and that did not come back within a time of it.
    FirstContact(Span),
    /// Of the tickets opened at least so long ago, the share first resolved within that time of the opening. What is
    /// younger could still come to count either way, so it does not count at all.
    ResolvedWithin(Span),
    /// How many steps of its policies came due, taken or skipped.
    Steps,
    /// The share of tickets above escalation level 0.
    Escalated,
    /// How long it was in the state, with the team or with the agent, of [`Each::State`], [`Each::Team`] and
    /// [`Each::Assignee`]. On the wall clock the stay that goes on counts up to the scan's instant, or up to when the
    /// ticket was closed; in business time only stays that have ended count.
    Spent(Time),
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
            Self::Age | Self::ResolvedWithin(_) | Self::Spent(Time::Wall) => true,
            Self::Count
            | Self::Backlog
            | Self::FirstResponse(_)
            | Self::Resolution(_)
            | Self::FirstResolution(_)
            | Self::NetResolution(_)
            | Self::NextResponse(_)
            | Self::Acknowledge(_)
            | Self::Closing
            | Self::Reopens
            | Self::Reassigns
            | Self::Messages
            | Self::ReopenRate
            | Self::ReopenedWithin(_)
            | Self::FirstContact(_)
            | Self::Steps
            | Self::Escalated
            | Self::Spent(Time::Business)
            | Self::Satisfaction
            | Self::ResponseShare
            | Self::Attainment(_) => false,
        }
    }
}

impl Dimension {
    /// Tells whether tickets change their row as time goes by, without anything happening to them.
    #[must_use]
    pub const fn moves(&self) -> bool {
        match self {
            Self::AgeBand => true,
            Self::Kind
            | Self::Status
            | Self::State
            | Self::Priority
            | Self::Category
            | Self::Team
            | Self::Queue
            | Self::Assignee
            | Self::Requester
            | Self::Channel
            | Self::Created(_)
            | Self::Resolved(_)
            | Self::Closed(_)
            | Self::FirstResolved(_)
            | Self::Weekday(_)
            | Self::Hour(_)
            | Self::Each
            | Self::Then(_) => false,
        }
    }
}

impl Each {
    /// Returns what the column of [`Dimension::Each`] is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "each",
            Self::State => "in_state",
            Self::Team => "with_team",
            Self::Assignee => "with_assignee",
            Self::Entry => "entered",
            Self::Exit => "exited",
            Self::Crossing => "crossing",
        }
    }
}

impl fmt::Display for Cohort {
    /// Says it in words: `opened from 2026-11-01T00:00:00Z to before 2026-12-01T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, period) = match self {
            Self::All => return f.write_str("all"),
            Self::Created(period) => ("opened", period),
            Self::FirstResolved(period) => ("first resolved", period),
            Self::Resolved(period) => ("last resolved", period),
            Self::Closed(period) => ("closed", period),
            Self::Then(period) => ("happened", period),
        };
        write!(f, "{what} {}", spelled(period))
    }
}

/// A period in words: `from 2026-11-01T00:00:00Z to before 2026-12-01T00:00:00Z`.
pub(super) fn spelled(Period { from, to }: &Period) -> String {
    let instant = |at: &DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    match (from, to) {
        (Some(from), Some(to)) => format!("from {} to before {}", instant(from), instant(to)),
        (Some(from), None) => format!("from {}", instant(from)),
        (None, Some(to)) => format!("before {}", instant(to)),
        (None, None) => "at any time".to_owned(),
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
            Self::FirstResolved(bucket) => write!(f, "first_resolved_{}", bucket.unit),
            Self::Weekday(_) => f.pad("created_weekday"),
            Self::Hour(_) => f.pad("created_hour"),
            Self::AgeBand => f.pad("age_band"),
            Self::Each => f.pad("each"),
            Self::Then(bucket) => write!(f, "then_{}", bucket.unit),
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
            Self::FirstResolution(Time::Wall) => f.pad("first_resolution"),
            Self::FirstResolution(Time::Business) => f.pad("first_resolution_business"),
            Self::NetResolution(Time::Wall) => f.pad("net_resolution"),
            Self::NetResolution(Time::Business) => f.pad("net_resolution_business"),
            Self::NextResponse(Time::Wall) => f.pad("next_response"),
            Self::NextResponse(Time::Business) => f.pad("next_response_business"),
            Self::Acknowledge(Time::Wall) => f.pad("acknowledge"),
            Self::Acknowledge(Time::Business) => f.pad("acknowledge_business"),
            Self::Closing => f.pad("closing"),
            Self::Age => f.pad("age"),
            Self::Reopens => f.pad("reopens"),
            Self::Reassigns => f.pad("reassigns"),
            Self::Messages => f.pad("messages"),
            Self::ReopenRate => f.pad("reopen_rate"),
            Self::ReopenedWithin(span) => write!(f, "reopened_within_{}", joined(*span)),
            Self::FirstContact(span) => write!(f, "first_contact_{}", joined(*span)),
            Self::ResolvedWithin(span) => write!(f, "resolved_within_{}", joined(*span)),
            Self::Steps => f.pad("steps"),
            Self::Escalated => f.pad("escalated"),
            Self::Spent(Time::Wall) => f.pad("spent"),
            Self::Spent(Time::Business) => f.pad("spent_business"),
            Self::Satisfaction => f.pad("satisfaction"),
            Self::ResponseShare => f.pad("response_share"),
            Self::Attainment(policy) => write!(f, "attainment_{policy}"),
        }
    }
}

/// A length of time as part of a name: `1d_12h`.
fn joined(span: Span) -> String {
    crate::time::span::format(span.0).replace(' ', "_")
}
