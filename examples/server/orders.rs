//! The body of a request: commands, each in a form of its own. What they do not know is a fault.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use ticketcore::event::Attachment;
use ticketcore::{
    Channel, Command, Key, Level, LinkKind, Message, Party, PersonId, Priority, Severity, Signal, TicketId, Value,
    Version, Visibility,
};

use crate::opening::Opening;

/// One command: `{"move": "start"}`, `{"rate": {"impact": 1, "urgency": 2}}`, `"wake"`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Order {
    Move(Key),
    Reply(String),
    Note(String),
    /// As `reply` and `note`, with all that can come with a message.
    Say {
        visibility: Visibility,
        body: String,
        #[serde(default)]
        channel: Channel,
        #[serde(default)]
        automatic: bool,
        #[serde(default)]
        attachments: Vec<File>,
    },
    Assign(Option<PersonId>),
    AssignTeam(Option<Key>),
    Enqueue(Option<Key>),
    ChangeRequester(Option<PersonId>),
    ChangeOrganisation(Option<Key>),
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
    Score {
        score: u8,
        comment: Option<String>,
    },
    Endorse(bool),
    Invite(PersonId),
    Dismiss(PersonId),
    Refer(Key),
    Recall(Key),
    Share(Party),
    Unshare(Party),
    Link {
        kind: LinkKind,
        to: TicketId,
    },
    Unlink {
        kind: LinkKind,
        to: TicketId,
    },
    Edit {
        message: Version,
        text: String,
    },
    Merge(TicketId),
    Unmerge,
    Split {
        messages: Vec<Version>,
        draft: Box<Opening>,
    },
    Rejoin(TicketId),
    Acknowledge {
        until: Option<DateTime<Utc>>,
    },
    Unacknowledge,
    Snooze(DateTime<Utc>),
    Wake,
    Signal {
        key: String,
        firing: bool,
        #[serde(default)]
        severity: Severity,
        summary: String,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        at: DateTime<Utc>,
    },
    Waive {
        policy: Key,
        reason: String,
    },
    RequestApproval(Key),
    Approve {
        approval: Key,
        seen: Version,
        reason: Option<String>,
    },
    Reject {
        approval: Key,
        seen: Version,
        reason: Option<String>,
    },
    Delegate {
        approval: Key,
        to: PersonId,
    },
    WithdrawApproval(Key),
    Run(Key),
    Migrate {
        rev: u32,
        #[serde(default)]
        states: BTreeMap<Key, Key>,
    },
}

/// A file that comes with a message; its bytes are in the store already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    name: String,
    media_type: String,
    size: u64,
    digest: String,
}

impl From<File> for Attachment {
    fn from(file: File) -> Self {
        let File { name, media_type, size, digest } = file;
        Self { name, media_type, size, digest }
    }
}

impl From<Order> for Command {
    fn from(order: Order) -> Self {
        match order {
            Order::Move(transition) => Self::Move(transition),
            Order::Reply(text) => Self::reply(text),
            Order::Note(text) => Self::note(text),
            Order::Say { visibility, body, channel, automatic, attachments } => {
                let attachments = attachments.into_iter().map(Attachment::from).collect();
                Self::Say(Message { visibility, body, channel, automatic, attachments })
            }
            Order::Assign(person) => Self::Assign(person),
            Order::AssignTeam(team) => Self::AssignTeam(team),
            Order::Enqueue(queue) => Self::Enqueue(queue),
            Order::ChangeRequester(person) => Self::ChangeRequester(person),
            Order::ChangeOrganisation(organisation) => Self::ChangeOrganisation(organisation),
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
            Order::Score { score, comment } => Self::Score(score, comment),
            Order::Endorse(helpful) => Self::Endorse(helpful),
            Order::Invite(person) => Self::Invite(person),
            Order::Dismiss(person) => Self::Dismiss(person),
            Order::Refer(team) => Self::Refer(team),
            Order::Recall(team) => Self::Recall(team),
            Order::Share(party) => Self::Share(party),
            Order::Unshare(party) => Self::Unshare(party),
            Order::Link { kind, to } => Self::Link(kind, to),
            Order::Unlink { kind, to } => Self::Unlink(kind, to),
            Order::Edit { message, text } => Self::Edit(message, text),
            Order::Merge(into) => Self::Merge(into),
            Order::Unmerge => Self::Unmerge,
            Order::Split { messages, draft } => Self::Split(messages, Box::new(draft.draft(None))),
            Order::Rejoin(part) => Self::Rejoin(part),
            Order::Acknowledge { until } => Self::Acknowledge(until),
            Order::Unacknowledge => Self::Unacknowledge,
            Order::Snooze(until) => Self::Snooze(until),
            Order::Wake => Self::Wake,
            Order::Signal { key, firing, severity, summary, labels, at } => {
                Self::Signal(Signal { key, firing, severity, summary, labels, at })
            }
            Order::Waive { policy, reason } => Self::Waive(policy, reason),
            Order::RequestApproval(approval) => Self::RequestApproval(approval),
            Order::Approve { approval, seen, reason } => Self::Approve { approval, seen, reason },
            Order::Reject { approval, seen, reason } => Self::Reject { approval, seen, reason },
            Order::Delegate { approval, to } => Self::Delegate { approval, to },
            Order::WithdrawApproval(approval) => Self::WithdrawApproval(approval),
            Order::Run(name) => Self::Run(name),
            Order::Migrate { rev, states } => Self::Migrate(rev, states),
        }
    }
}
