//! How much somebody has: a counter that follows from what becomes of tickets and from nothing else.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::PersonId;
use crate::routing::Agent;
use crate::ticket::Ticket;
use crate::time::stamp;

/// What one person has: of each channel how many open tickets, and when they were given one last.
///
/// A desk that routes keeps one for everybody who ever had a ticket, a document of kind `load`, and writes it in the very
/// commit in which it changes. So whoever gives a ticket to somebody rests on there being room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// How many open tickets of each channel; none of those they have none of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<Channel, u32>,
    /// When they were given one last.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub last: Option<DateTime<Utc>>,
}

impl Load {
    /// How many open tickets they have.
    pub fn total(&self) -> u64 {
        self.open.values().map(|count| u64::from(*count)).sum()
    }

    /// They have one more.
    pub(crate) fn add(&mut self, channel: Channel) {
        let count = self.open.entry(channel).or_default();
        *count = count.saturating_add(1);
    }

    /// They have one less.
    pub(crate) fn remove(&mut self, channel: Channel) {
        if let Some(count) = self.open.get_mut(&channel) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.open.remove(&channel);
            }
        }
    }

    /// Tells an agent's record what they have.
    pub(crate) fn put_into(&self, agent: &mut Agent) {
        let count = |count: &u32| u16::try_from(*count).unwrap_or(u16::MAX);
        agent.load = self.open.iter().map(|(channel, open)| (*channel, count(open))).collect();
        agent.last = self.last;
    }
}

/// Who has a ticket in their hands, and of which channel it is: one that is open and assigned.
pub(crate) fn seat(ticket: &Ticket) -> Option<(&PersonId, Channel)> {
    let open = ticket.status.is_open();
    ticket.assignee.as_ref().filter(|_| open).map(|person| (person, ticket.channel))
}
