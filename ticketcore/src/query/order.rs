//! In which order, and where a page ends.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::TicketId;
use crate::priority::Priority;
use crate::ticket::Ticket;
use crate::time::{from_micros, micros};

/// By what tickets are ordered. Ids break every tie, so each order is total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The order of work: due, then priority, then age. Only tickets somebody can act on have a place in it.
    Rank,
    /// When they were opened.
    #[default]
    Created,
    /// When they changed last.
    Updated,
    /// Their number.
    Number,
    /// Their priority, the most pressing first, then when they were opened.
    Priority,
    /// When they were resolved last; only tickets that are, and were not reopened since, have a place in it.
    Resolved,
    /// When they were closed, likewise.
    Closed,
}

/// An order and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// By what.
    pub by: Sort,
    /// The greatest first.
    pub descending: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self::newest()
    }
}

impl Order {
    /// The order of work, the most urgent first.
    pub const fn rank() -> Self {
        Self { by: Sort::Rank, descending: false }
    }

    /// The newest first.
    pub const fn newest() -> Self {
        Self { by: Sort::Created, descending: true }
    }

    /// The oldest first.
    pub const fn oldest() -> Self {
        Self { by: Sort::Created, descending: false }
    }

    /// The last changed first.
    pub const fn latest() -> Self {
        Self { by: Sort::Updated, descending: true }
    }
}

/// The order of the queue: earliest due first, then the most pressing, then the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// The earliest due time of a running target, else the opening plus the desk's patience.
    pub due: DateTime<Utc>,
    /// The priority.
    pub priority: Priority,
    /// When it was opened.
    pub created: DateTime<Utc>,
    /// Breaks every tie.
    pub id: TicketId,
}

/// A place in an order, between two tickets. Its text form is opaque to callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The sort key of the last ticket seen: due, priority, created for [`Sort::Rank`]; priority, created, and a zero for
    /// [`Sort::Priority`]; else the value and two zeros.
    pub key: [i64; 3],
    /// The last ticket seen.
    pub id: TicketId,
}

impl Cursor {
    /// The place of a ticket in an order; `None` if it has none.
    pub fn of(sort: Sort, ticket: &Ticket, rank: Option<Rank>) -> Option<Self> {
        let one = |at: DateTime<Utc>| [micros(at), 0, 0];
        let key = match sort {
            Sort::Rank => {
                let rank = rank?;
                [micros(rank.due), i64::from(rank.priority.number()), micros(rank.created)]
            }
            Sort::Created => one(ticket.created),
            Sort::Updated => one(ticket.updated),
            Sort::Number => [ticket.number, 0, 0],
            Sort::Priority => [i64::from(ticket.priority().number()), micros(ticket.created), 0],
            Sort::Resolved => one(ticket.resolved?),
            Sort::Closed => one(ticket.closed?),
        };
        Some(Self { key, id: ticket.id })
    }

    /// The place right beside this one, on the side that comes first in an order, or on the other: no ticket stands between
    /// the two. So what comes after the place before a ticket begins with that ticket.
    #[must_use]
    pub fn beside(self, order: Order, first: bool) -> Self {
        let up = first == order.descending;
        // A number is a ticket's own, and its id is not asked.
        if order.by == Sort::Number {
            let [number, ..] = self.key;
            let number = if up { number.saturating_add(1) } else { number.saturating_sub(1) };
            return Self { key: [number, 0, 0], ..self };
        }
        let id = self.id.0.as_u128();
        let id = if up { id.saturating_add(1) } else { id.saturating_sub(1) };
        Self { id: TicketId(Uuid::from_u128(id)), ..self }
    }

    /// The place as a rank, if it is one of [`Sort::Rank`].
    pub fn rank(&self) -> Option<Rank> {
        let [due, priority, created] = self.key;
        let priority = Priority::new(u8::try_from(priority).ok()?)?;
        Some(Rank { due: from_micros(due)?, priority, created: from_micros(created)?, id: self.id })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.key;
        write!(f, "{a}.{b}.{c}.{}", self.id.0.simple())
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split('.');
            let mut number = || parts.next()?.parse::<i64>().ok();
            let key = [number()?, number()?, number()?];
            let id = TicketId(Uuid::parse_str(parts.next()?).ok()?);
            parts.next().is_none().then_some(Self { key, id })
        };
        read().ok_or_else(|| format!("`{text}` is no cursor"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_from_its_text() {
        let cursor = Cursor { key: [-1, 2, i64::MAX], id: TicketId(Uuid::from_u128(7)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1.2.3", "1.2.3.x", "1.2.3.00000000000000000000000000000007.9"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }
}
