//! The bodies of requests: a ticket to be opened, and commands. What they do not know is a fault.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use ticketcore::value::Fields;
use ticketcore::{Channel, Command, Draft, Key, Level, LinkKind, PersonId, Priority, TicketId, Value};

/// A ticket to be opened. Only kind and subject are needed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    kind: Key,
    subject: String,
    description: Option<String>,
    category: Option<Key>,
    #[serde(default)]
    tags: BTreeSet<Key>,
    #[serde(default)]
    fields: Fields,
    #[serde(default)]
    channel: Channel,
    external: Option<String>,
    requester: Option<PersonId>,
    organisation: Option<Key>,
    assignee: Option<PersonId>,
    team: Option<Key>,
    queue: Option<Key>,
    #[serde(default)]
    watchers: BTreeSet<PersonId>,
    #[serde(default = "medium")]
    impact: Level,
    #[serde(default = "medium")]
    urgency: Level,
}

const fn medium() -> Level {
    Level::MEDIUM
}

impl Opening {
    pub(crate) fn draft(self, once: Option<String>) -> Draft {
        Draft {
            kind: self.kind,
            subject: self.subject,
            description: self.description,
            category: self.category,
            tags: self.tags,
            fields: self.fields,
            channel: self.channel,
            external: self.external,
            requester: self.requester,
            organisation: self.organisation,
            assignee: self.assignee,
            team: self.team,
            queue: self.queue,
            watchers: self.watchers,
            impact: self.impact,
            urgency: self.urgency,
            once,
        }
    }
}

/// One command: `{"move": "start"}`, `{"rate": {"impact": 1, "urgency": 2}}`, `"wake"`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    Move(Key),
    Reply(String),
    Note(String),
    Assign(Option<PersonId>),
    AssignTeam(Option<Key>),
    Enqueue(Option<Key>),
    ChangeRequester(Option<PersonId>),
    Rename(String),
    Categorise(Option<Key>),
    Tag(Key),
    Untag(Key),
    Set {
        field: Key,
        // Null clears the field; to leave the value out is a mistake.
        #[serde(deserialize_with = "Option::deserialize")]
        value: Option<Value>,
    },
    Reference(Option<String>),
    Rate {
        impact: Level,
        urgency: Level,
    },
    Prioritise {
        priority: Priority,
        reason: String,
    },
    RestorePriority,
    Escalate(u8),
    Watch(PersonId),
    Unwatch(PersonId),
    Link {
        kind: LinkKind,
        to: TicketId,
    },
    Unlink {
        kind: LinkKind,
        to: TicketId,
    },
    Acknowledge {
        until: Option<DateTime<Utc>>,
    },
    Unacknowledge,
    Snooze(DateTime<Utc>),
    Wake,
    Waive {
        policy: Key,
        reason: String,
    },
}

impl From<Order> for Command {
    fn from(order: Order) -> Self {
        match order {
            Order::Move(transition) => Self::Move(transition),
            Order::Reply(text) => Self::reply(text),
            Order::Note(text) => Self::note(text),
            Order::Assign(person) => Self::Assign(person),
            Order::AssignTeam(team) => Self::AssignTeam(team),
            Order::Enqueue(queue) => Self::Enqueue(queue),
            Order::ChangeRequester(person) => Self::ChangeRequester(person),
            Order::Rename(subject) => Self::Rename(subject),
            Order::Categorise(category) => Self::Categorise(category),
            Order::Tag(tag) => Self::Tag(tag),
            Order::Untag(tag) => Self::Untag(tag),
            Order::Set { field, value } => Self::Set(field, value),
            Order::Reference(name) => Self::Reference(name),
            Order::Rate { impact, urgency } => Self::Rate(impact, urgency),
            Order::Prioritise { priority, reason } => Self::Prioritise(priority, reason),
            Order::RestorePriority => Self::RestorePriority,
            Order::Escalate(level) => Self::Escalate(level),
            Order::Watch(person) => Self::Watch(person),
            Order::Unwatch(person) => Self::Unwatch(person),
            Order::Link { kind, to } => Self::Link(kind, to),
            Order::Unlink { kind, to } => Self::Unlink(kind, to),
            Order::Acknowledge { until } => Self::Acknowledge(until),
            Order::Unacknowledge => Self::Unacknowledge,
            Order::Snooze(until) => Self::Snooze(until),
            Order::Wake => Self::Wake,
            Order::Waive { policy, reason } => Self::Waive(policy, reason),
        }
    }
}
