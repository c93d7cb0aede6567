//! What a desk is set up with: plain data, written in code or read from TOML or JSON, checked before use.
//!
//! A [`Config`] is published as a new revision and never changes after. The engine works with a [`Rulebook`]: the
//! compiled revision in force and the ones before it, because a clock counts each stretch of time under the rules of
//! that stretch.

mod action;
mod approval;
mod cascade;
mod check;
mod macros;
mod people;
mod policy;
mod recurring;
mod retention;
mod rights;
mod rule;
mod setup;
mod span;
mod template;
#[cfg(test)]
mod tests;
mod trigger;
mod wording;
pub mod workflow;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::routing::Routing;
use crate::signal::Severity;
use crate::time::Hours;
use crate::value::FieldType;

pub use crate::approval::{Quorum, Voters};
pub use crate::event::Visibility;
pub use crate::priority::{Level, Matrix, Priority};
pub use action::{Action, Audience};
pub use approval::Approval;
pub use cascade::{Cascade, CascadeOn};
pub use macros::{Deed, Macro};
pub(crate) use people::Mention;
pub use people::People;
pub use policy::{At, ClockSpec, Cycle, Moment, Policy, Step};
pub use recurring::{Occurrences, Recurring};
pub use retention::{Erase, Retention};
pub use rights::{Grant, Grantee, Rights};
pub use rule::Rule;
pub use setup::{Rulebook, Setup};
pub use span::Span;
pub use template::{Planned, Template};
pub use trigger::Trigger;
pub(crate) use wording::Part;
pub use wording::{Placeholder, Wording};
pub use workflow::{Migration, Source, State, Target, Transition, Workflow};

/// Everything a desk is told about how it works.
///
/// The default is a working help desk: five kinds of tickets with their [ready workflows](Workflow#impl-Workflow), the
/// kind [`article`](Workflow::article) for what the desk knows, the ITIL matrix, snoozing, and closing five days after the
/// solution. Targets and escalations are the host's to add.
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
    /// What it takes to approve something.
    pub approvals: BTreeMap<Key, Approval>,
    /// What the desk does by itself when something happens.
    pub rules: Vec<Rule>,
    /// Several commands under one name.
    pub macros: BTreeMap<Key, Macro>,
    /// Tickets that are opened together.
    pub templates: BTreeMap<Key, Template>,
    /// Tickets that the desk opens by itself, again and again.
    pub recurring: BTreeMap<Key, Recurring>,
    /// Service levels, escalations and everything else that is timed.
    pub policies: Vec<Policy>,
    /// What moves over links: duplicates that are closed with the original, say.
    pub cascades: Vec<Cascade>,
    /// How long after its opening a ticket without a running target counts as due in the order of the queue.
    pub patience: BTreeMap<Priority, Span>,
    /// How alerts become tickets.
    pub alerts: Alerts,
    /// Whether tickets may name whom the directory does not know; anybody may be named unless said otherwise.
    pub people: People,
    /// Who may do what.
    pub rights: Rights,
    /// Which team, queue and agent tickets find.
    pub routing: Routing,
    /// How large things may be.
    pub limits: Limits,
    /// What of closed tickets is erased after a time.
    pub retention: Vec<Retention>,
    /// How long the [receipts](crate::erasure::Receipt) of erasures are kept; three years unless said otherwise.
    pub receipts: Span,
    /// Whether events are sealed, so that [`Desk::verify`](crate::Desk::verify) finds whoever changed the past; a ticket
    /// that was sealed once stays so. Off unless said otherwise, as it costs every event some 2.5 us and 64 bytes.
    pub seal: bool,
}

impl Default for Config {
    fn default() -> Self {
        let shared = |key: &'static str, workflow: &'static str, prefix: &'static str| {
            let (workflow, prefix) = (Key::from_static(workflow), Key::from_static(prefix));
            (Key::from_static(key), Kind { workflow, prefix, knowledge: key == "article" })
        };
        let kind = |key, prefix| shared(key, key, prefix);
        Self {
            kinds: BTreeMap::from([
                kind("incident", "INC-"),
                kind("request", "REQ-"),
                kind("problem", "PRB-"),
                kind("change", "CHG-"),
                kind("task", "TSK-"),
                kind("article", "KB-"),
                shared("alert", "incident", "ALR-"),
                shared("event", "task", "EVT-"),
            ]),
            workflows: [Workflow::ready(), vec![Workflow::article()]].concat(),
            fields: BTreeMap::new(),
            matrix: Matrix::default(),
            calendars: BTreeMap::new(),
            business: None,
            approvals: BTreeMap::new(),
            rules: Vec::new(),
            macros: BTreeMap::new(),
            templates: BTreeMap::new(),
            recurring: BTreeMap::new(),
            policies: vec![Policy::snooze("snooze"), Policy::auto_close("auto_close", Span::days(5), "close")],
            cascades: Vec::new(),
            patience: Priority::all().zip([4, 8, 24, 72, 120, 120, 120, 120, 120].map(Span::hours)).collect(),
            alerts: Alerts::default(),
            people: People::default(),
            rights: Rights::default(),
            routing: Routing::default(),
            limits: Limits::default(),
            retention: Vec::new(),
            receipts: Span::days(3 * 365),
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
    /// Its tickets are articles, which say what the desk knows, and no work: they have no place in the queue,
    /// [`Desk::ask`](crate::Desk::ask) leaves them out, and only those policies are for them whose `applies` names their
    /// kind. People can say of them whether they helped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub knowledge: bool,
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
    /// Tickets that one is made of, those merged into it and into them counted alike, and tickets split off one; so
    /// the longest way from a merged ticket to its survivor, and the histories that one conversation reads. 500 unless
    /// said otherwise.
    pub merges: usize,
    /// Attachments of one message; 50 unless said otherwise.
    pub attachments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { subject: 1000, text: 1 << 20, value: 4000, items: 200, links: 500, merges: 500, attachments: 50 }
    }
}

impl Config {
    /// Adds a calendar.
    #[must_use]
    pub fn calendar(mut self, key: impl Into<Key>, hours: Hours) -> Self {
        self.calendars.insert(key.into(), hours);
        self
    }

    /// Adds an approval, or replaces the one of the same name.
    #[must_use]
    pub fn approval(mut self, key: impl Into<Key>, approval: Approval) -> Self {
        self.approvals.insert(key.into(), approval);
        self
    }

    /// Adds an automation rule, or replaces the one of the same name.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.retain(|other| other.key != rule.key);
        self.rules.push(rule);
        self
    }

    /// Adds a macro, or replaces the one of the same name.
    #[must_use]
    pub fn with_macro(mut self, key: impl Into<Key>, spec: Macro) -> Self {
        self.macros.insert(key.into(), spec);
        self
    }

    /// Adds a template, or replaces the one of the same name.
    #[must_use]
    pub fn template(mut self, key: impl Into<Key>, template: Template) -> Self {
        self.templates.insert(key.into(), template);
        self
    }

    /// Adds a recurring ticket, or replaces the one of the same name.
    #[must_use]
    pub fn recurring(mut self, key: impl Into<Key>, recurring: Recurring) -> Self {
        self.recurring.insert(key.into(), recurring);
        self
    }

    /// Adds a policy, or replaces the one of the same name.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.retain(|other| other.id != policy.id);
        self.policies.push(policy);
        self
    }

    /// Adds a cascade.
    #[must_use]
    pub fn cascade(mut self, cascade: Cascade) -> Self {
        self.cascades.push(cascade);
        self
    }

    /// Adds a retention, or replaces the one of the same name.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention.retain(|other| other.key != retention.key);
        self.retention.push(retention);
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
        let kind = Kind { workflow: workflow.into(), prefix: prefix.into(), knowledge: false };
        self.kinds.insert(key.into(), kind);
        self
    }

    /// Adds a kind of article, or replaces the kind of the same name.
    #[must_use]
    pub fn knowledge(mut self, key: impl Into<Key>, workflow: impl Into<Key>, prefix: impl Into<Key>) -> Self {
        let kind = Kind { workflow: workflow.into(), prefix: prefix.into(), knowledge: true };
        self.kinds.insert(key.into(), kind);
        self
    }

    /// Tells whether tickets of a kind are articles.
    pub fn is_knowledge(&self, kind: &Key) -> bool {
        self.kinds.get(kind).is_some_and(|kind| kind.knowledge)
    }

    /// The kinds of articles.
    pub fn articles(&self) -> impl Iterator<Item = &Key> {
        self.kinds.iter().filter(|(_, kind)| kind.knowledge).map(|(key, _)| key)
    }

    /// Adds a custom field, or replaces the one of the same name.
    #[must_use]
    pub fn field(mut self, key: impl Into<Key>, kind: FieldType) -> Self {
        self.fields.insert(key.into(), kind);
        self
    }
}
