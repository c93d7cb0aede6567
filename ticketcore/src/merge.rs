//! What is written down when tickets become one, or one becomes two. Nothing is copied: messages stay on the ticket they
//! were written on, and a [conversation](crate::conversation) reads them there; so every undo is the inverse event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId, TicketId, Version};
use crate::signal::Alert;
use crate::status::{Status, Waiting};
use crate::ticket::Ticket;
use crate::time::stamp;

/// How a ticket stood before it was merged: all that merging changes of it, so that it can be given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pose {
    /// Its state.
    pub state: Key,
    /// That state's place in life.
    pub status: Status,
    /// Who was awaited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Whether it had ended without success.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// When it had been closed.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<DateTime<Utc>>,
}

impl Pose {
    /// How a ticket stands now.
    pub fn of(ticket: &Ticket) -> Self {
        let Ticket { state, status, waiting, dropped, closed, .. } = ticket;
        Self { state: state.clone(), status: *status, waiting: *waiting, dropped: *dropped, closed: *closed }
    }
}

/// A ticket went on in another one, and is closed without success of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The survivor.
    pub into: TicketId,
    /// The closed state it is in from now on.
    pub state: Key,
    /// How it stood before.
    pub from: Pose,
}

/// What came to a ticket from another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absorbed {
    /// The other ticket.
    pub from: TicketId,
    /// The messages that came, by their versions on the other ticket. None are named when the whole ticket was merged:
    /// then everything it has belongs here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Version>,
    /// The people who watch because of it: those that did not watch on their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<PersonId>,
    /// The people who take part because of it: whom the other ticket was for, and who took part in that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<PersonId>,
    /// The alerts that came along, as the ticket heard of them last: those it did not hear of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
    /// How many tickets came: the other one and those that had come to it.
    pub tickets: u32,
}

impl Absorbed {
    /// Tells whether the whole ticket came, and not only some of its messages.
    pub const fn is_whole(&self) -> bool {
        self.messages.is_empty()
    }
}

/// A merged ticket is one of its own again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmerged {
    /// The survivor it leaves.
    pub from: TicketId,
    /// How it stands again.
    pub pose: Pose,
    /// Its alerts, as the survivor heard of them last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
}

/// Some messages of a ticket went to a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitOff {
    /// The new ticket.
    pub into: TicketId,
    /// The messages, by their versions on the old ticket.
    pub messages: Vec<Version>,
}

/// A [cascade](crate::config::Cascade) reached a linked ticket and could not move it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The linked ticket.
    pub ticket: TicketId,
    /// The transition it was to take.
    pub transition: Key,
    /// Why it could not.
    pub why: String,
}
