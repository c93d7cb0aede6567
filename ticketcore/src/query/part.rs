//! What a ticket may have or lack, and what it counts.

use serde::{Deserialize, Serialize};

use crate::store::Marks;
use crate::ticket::Ticket;

/// Something that a ticket may have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A category.
    Category,
    /// A team.
    Team,
    /// A queue.
    Queue,
    /// An accountable agent.
    Assignee,
    /// A requester.
    Requester,
    /// An organisation.
    Organisation,
    /// A name in another system.
    External,
    /// A tag.
    Tag,
    /// A watcher.
    Watcher,
    /// Somebody who is awaited.
    Waiting,
    /// A first response.
    Responded,
    /// A resolution that was not reopened.
    Resolved,
    /// A resolution, reopened since or not.
    FirstResolved,
    /// A closing that was not reopened.
    Closed,
    /// A place in the order of work.
    Due,
    /// What its customer says of the solution.
    Score,
    /// A ticket that it was merged into.
    Survivor,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Category,
        Self::Team,
        Self::Queue,
        Self::Assignee,
        Self::Requester,
        Self::Organisation,
        Self::External,
        Self::Tag,
        Self::Watcher,
        Self::Waiting,
        Self::Responded,
        Self::Resolved,
        Self::FirstResolved,
        Self::Closed,
        Self::Due,
        Self::Score,
        Self::Survivor,
    ];

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Team => "team",
            Self::Queue => "queue",
            Self::Assignee => "assignee",
            Self::Requester => "requester",
            Self::Organisation => "organisation",
            Self::External => "external",
            Self::Tag => "tag",
            Self::Watcher => "watcher",
            Self::Waiting => "waiting",
            Self::Responded => "responded",
            Self::Resolved => "resolved",
            Self::FirstResolved => "first_resolved",
            Self::Closed => "closed",
            Self::Due => "due",
            Self::Score => "score",
            Self::Survivor => "survivor",
        }
    }

    /// Tells whether a ticket has it.
    pub fn is_there(self, ticket: &Ticket, marks: &Marks) -> bool {
        match self {
            Self::Category => ticket.category.is_some(),
            Self::Team => ticket.team.is_some(),
            Self::Queue => ticket.queue.is_some(),
            Self::Assignee => ticket.assignee.is_some(),
            Self::Requester => ticket.requester.is_some(),
            Self::Organisation => ticket.organisation.is_some(),
            Self::External => ticket.external.is_some(),
            Self::Tag => !ticket.tags.is_empty(),
            Self::Watcher => !ticket.watchers.is_empty(),
            Self::Waiting => ticket.waiting.is_some(),
            Self::Responded => ticket.responded.is_some(),
            Self::Resolved => ticket.resolved.is_some(),
            Self::FirstResolved => ticket.first_resolved.is_some(),
            Self::Closed => ticket.closed.is_some(),
            Self::Due => marks.rank.is_some(),
            Self::Score => Counter::Score.of(ticket).is_some(),
            Self::Survivor => ticket.merged.is_some(),
        }
    }
}

/// Something that is counted of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counter {
    /// Its number.
    Number,
    /// Its escalation level, from 0.
    Level,
    /// How often it came back from resolved or closed.
    Reopens,
    /// How often it went from one team or agent to another.
    Reassigns,
    /// How many messages it has, public and internal.
    Messages,
    /// How well its customer says it was solved, 1 to 5.
    Score,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Number, Self::Level, Self::Reopens, Self::Reassigns, Self::Messages, Self::Score];

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Level => "level",
            Self::Reopens => "reopens",
            Self::Reassigns => "reassigns",
            Self::Messages => "messages",
            Self::Score => "score",
        }
    }

    /// What it is at; `None` if there is nothing to count.
    pub fn of(self, ticket: &Ticket) -> Option<i64> {
        match self {
            Self::Number => Some(ticket.number),
            Self::Level => Some(ticket.level.into()),
            Self::Reopens => Some(ticket.reopens.into()),
            Self::Reassigns => Some(ticket.reassigns.into()),
            Self::Messages => Some(ticket.messages.into()),
            Self::Score => ticket.answer().filter(|score| *score > 0).map(i64::from),
        }
    }
}

/// From a number to another, both inclusive; an open end asks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// This or more.
    pub least: Option<i64>,
    /// This or less.
    pub most: Option<i64>,
}

impl Bounds {
    /// This number and no other.
    pub const fn exactly(number: i64) -> Self {
        Self { least: Some(number), most: Some(number) }
    }

    /// Tells whether a number lies within; where there is none, nothing does.
    pub fn hold(&self, number: Option<i64>) -> bool {
        number.is_some_and(|number| {
            self.least.is_none_or(|least| least <= number) && self.most.is_none_or(|most| number <= most)
        })
    }
}
