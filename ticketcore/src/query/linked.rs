//! Questions about links, and about the tickets at their other ends.

use serde::{Deserialize, Serialize};

use crate::link::LinkKind;
use crate::query::Beside;
use crate::ticket::Ticket;

/// A link that a ticket is to have: of one kind, or of any.
///
/// So a ticket is blocked that is linked [`BlockedBy`](LinkKind::BlockedBy) an open one, and has an open child that is
/// linked [`Child`](LinkKind::Child) an open one. The other ticket is asked whether or not the one who asks may see it:
/// whoever sees a ticket sees its links and what is in its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linked {
    /// How the ticket stands to the other; in any way unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<LinkKind>,
    /// To which.
    pub to: End,
}

/// The other end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Whatever ticket.
    Any,
    /// One that is neither resolved nor closed. One that is not there is not open.
    Open,
    /// The one of this number.
    Number(i64),
}

impl Linked {
    /// Tells whether a ticket has such a link.
    pub fn holds(&self, ticket: &Ticket, beside: &impl Beside) -> bool {
        let mut links = ticket.links.iter().filter(|link| self.kind.is_none_or(|kind| kind == link.kind));
        match self.to {
            End::Any => links.next().is_some(),
            End::Open => links.any(|link| beside.other(link.to).is_some_and(|other| other.status.is_open())),
            End::Number(number) => links.any(|link| beside.other(link.to).is_some_and(|other| other.number == number)),
        }
    }
}
