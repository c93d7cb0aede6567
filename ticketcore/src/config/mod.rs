//! What a desk is set up with: plain data, written in code or read from TOML or JSON, checked before use.
//!
//! A [`Config`] is published as a new revision and never changes after. The engine works with a [`Rulebook`]: the
//! compiled revision in force and the ones before it, because a clock counts each stretch of time under the rules of
//! that stretch.

mod action;
mod check;
mod policy;
mod setup;
mod span;
#[cfg(test)]
mod tests;
pub mod workflow;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::signal::Severity;
use crate::time::Hours;
use crate::value::FieldType;

pub use crate::priority::{Level, Matrix, Priority};
pub use action::{Action, Audience};
pub use policy::{At, ClockSpec, Cycle, Moment, Policy, Step};
pub use setup::{Rulebook, Setup};
pub use span::Span;
pub use workflow::{Migration, Source, State, Target, Transition, Workflow};

/// Everything a desk is told about how it works.
///
/// The default is a working help desk: five kinds of tickets with their [ready workflows](Workflow#impl-Workflow), the
/// ITIL matrix, snoozing, and closing five days after the solution. Targets and escalations are the host's to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The kinds of tickets.
    pub kinds: BTreeMap<Key, Kind>,
    /// The workflows, all revisions that tickets may still be pinned to.
    pub workflows: Vec<Workflow>,
    /// The custom fields.
    pub fields: BTreeMap<Key, FieldType>,
    /// Impact × urgency → priority.
    pub matrix: Matrix,
    /// Named calendars.
    pub calendars: BTreeMap<Key, Hours>,
    /// The calendar in which reports count business time; without it, business time is wall-clock time.
    pub business: Option<Key>,
    /// Service levels, escalations and everything else that is timed.
    pub policies: Vec<Policy>,
    /// How long after its opening a ticket without a running target counts as due in the order of the queue.
    pub patience: BTreeMap<Priority, Span>,
    /// How alerts become tickets.
    pub alerts: Alerts,
    /// How large things may be.
    pub limits: Limits,
    /// Whether events are sealed, so that [`Desk::verify`](crate::Desk::verify) finds whoever changed the past; a ticket
    /// that was sealed once stays so. Off unless said otherwise, as it costs every event some 2.5 us and 64 bytes.
    pub seal: bool,
}

impl Default for Config {
    fn default() -> Self {
        let kind = |key: &'static str, prefix: &'static str| {
            (Key::from_static(key), Kind { workflow: Key::from_static(key), prefix: Key::from_static(prefix) })
        };
        let shared = |key: &'static str, workflow: &'static str, prefix: &'static str| {
            (Key::from_static(key), Kind { workflow: Key::from_static(workflow), prefix: Key::from_static(prefix) })
        };
        Self {
            kinds: BTreeMap::from([
                kind("incident", "INC-"),
                kind("request", "REQ-"),
                kind("problem", "PRB-"),
                kind("change", "CHG-"),
                kind("task", "TSK-"),
                shared("alert", "incident", "ALR-"),
                shared("event", "task", "EVT-"),
            ]),
            workflows: Workflow::ready(),
            fields: BTreeMap::new(),
            matrix: Matrix::default(),
            calendars: BTreeMap::new(),
            business: None,
            policies: vec![Policy::snooze("snooze"), Policy::auto_close("auto_close", Span::days(5), "close")],
            patience: Priority::all().zip([4, 8, 24, 72, 120, 120, 120, 120, 120].map(Span::hours)).collect(),
            alerts: Alerts::default(),
            limits: Limits::default(),
            seal: false,
        }
    }
}

/// A kind of ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The workflow its tickets follow.
    pub workflow: Key,
    /// What stands before the number: `INC-`.
    #[serde(default)]
    pub prefix: Key,
}

/// How alerts become tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// The kind of ticket an alert opens.
    pub kind: Key,
    /// The transition taken when the alert clears.
    pub resolve: Key,
    /// The transition taken when the alert fires again within the window.
    pub reopen: Key,
    /// How long after the solution a new firing reopens the ticket instead of opening another.
    pub window: Span,
    /// Severity → impact.
    pub impact: BTreeMap<Severity, Level>,
    /// The urgency of every alert.
    pub urgency: Level,
    /// The team that gets them.
    pub team: Option<Key>,
    /// The queue they stand in.
    pub queue: Option<Key>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            kind: Key::from_static("incident"),
            resolve: Key::from_static("resolve"),
            reopen: Key::from_static("reopen"),
            window: Span::hours(1),
            impact: BTreeMap::from([
                (Severity::Info, Level::LOW),
                (Severity::Warning, Level::MEDIUM),
                (Severity::Error, Level::MEDIUM),
                (Severity::Critical, Level::HIGH),
            ]),
            urgency: Level::HIGH,
            team: None,
            queue: None,
        }
    }
}

/// How large things may be. Whatever is larger is refused with the limit named; nothing is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a subject; 1000 unless said otherwise.
    pub subject: usize,
    /// Bytes of a description or message; 1 MiB unless said otherwise.
    pub text: usize,
    /// Bytes of a field's text, a reason or an external name; 4000 unless said otherwise.
    pub value: usize,
    /// Tags, custom fields or watchers of one ticket; 200 of each unless said otherwise.
    pub items: usize,
    /// Links of one ticket, and so tickets read by one guard; 500 unless said otherwise.
    pub links: usize,
    /// Attachments of one message; 50 unless said otherwise.
    pub attachments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { subject: 1000, text: 1 << 20, value: 4000, items: 200, links: 500, attachments: 50 }
    }
}

impl Config {
    /// Adds a calendar.
    #[must_use]
    pub fn calendar(mut self, key: impl Into<Key>, hours: Hours) -> Self {
        self.calendars.insert(key.into(), hours);
        self
    }

    /// Adds a policy, or replaces the one of the same name.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.retain(|other| other.id != policy.id);
        self.policies.push(policy);
        self
    }

    /// Adds a workflow, or replaces the one of the same name and revision.
    #[must_use]
    pub fn workflow(mut self, workflow: Workflow) -> Self {
        self.workflows.retain(|other| other.pin() != workflow.pin());
        self.workflows.push(workflow);
        self
    }

    /// Adds a kind of ticket, or replaces the one of the same name.
    #[must_use]
    pub fn kind(mut self, key: impl Into<Key>, workflow: impl Into<Key>, prefix: impl Into<Key>) -> Self {
        self.kinds.insert(key.into(), Kind { workflow: workflow.into(), prefix: prefix.into() });
        self
    }

    /// Adds a custom field, or replaces the one of the same name.
    #[must_use]
    pub fn field(mut self, key: impl Into<Key>, kind: FieldType) -> Self {
        self.fields.insert(key.into(), kind);
        self
    }
}
