//! Tickets and events as rows.

use std::sync::LazyLock;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use ticketcore::actor::{ActorKind, By};
use ticketcore::codec::{decode_event, decode_ticket, encode_event, encode_ticket};
use ticketcore::event::Recorded;
use ticketcore::id::{PersonId, Position, TenantId, TicketId, Version};
use ticketcore::report::Standing;
use ticketcore::store::{Change, StoreError};
use ticketcore::ticket::Ticket;
use ticketcore::time::{from_micros, micros};
use uuid::Uuid;

use crate::error::{Result, corrupt};

/// How many numbers a tenant has, which is also the distance of two tenants' first rows.
const NUMBERS: i64 = 1 << 40;

/// The rows of a tenant's tickets: those of its number and a ticket's number, both 23 and 40 bits long.
pub(crate) const fn rows_of(tenant: i64) -> (i64, i64) {
    (tenant * NUMBERS, tenant * NUMBERS + NUMBERS - 1)
}

/// The number of the ticket in a row.
pub(crate) const fn number(row: i64) -> i64 {
    row & (NUMBERS - 1)
}

/// What makes an update write a column: SQLite rewrites the entries of every index of which it names a column, whether
/// the value differs or not, and each costs 4 to 5 us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// The ticket's opening.
    Once,
    /// Every change.
    Always,
    /// A change of one of the columns with the same bit, which share an index.
    If(u8),
}

const QUEUE: Touch = Touch::If(1);
const WAKE: Touch = Touch::If(2);
const OPEN: Touch = Touch::If(4);
const REQUESTER: Touch = Touch::If(8);

/// The columns of `ticketcore_ticket` in the order in which [`bind`] gives their values.
const COLUMNS: [(&str, Touch); 31] = [
    ("row", Touch::Once),
    ("id", Touch::Once),
    ("created", Touch::Once),
    ("version", Touch::Always),
    ("kind", Touch::Always),
    ("status", Touch::Always),
    ("state", Touch::Always),
    ("category", Touch::Always),
    ("team", Touch::Always),
    ("channel", Touch::Always),
    ("external", Touch::Always),
    ("updated", Touch::Always),
    ("responded", Touch::Always),
    ("resolved", Touch::Always),
    ("first_resolved", Touch::Always),
    ("closed", Touch::Always),
    ("response", Touch::Always),
    ("resolution", Touch::Always),
    ("reopens", Touch::Always),
    ("reassigns", Touch::Always),
    ("messages", Touch::Always),
    ("standings", Touch::Always),
    ("tags", Touch::Always),
    ("watchers", Touch::Always),
    ("queue", QUEUE),
    ("due", QUEUE),
    ("priority", QUEUE),
    ("wake", WAKE),
    ("assignee", OPEN),
    ("open", OPEN),
    ("requester", REQUESTER),
];

/// The statement that writes a new row.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let marks: Vec<String> = (1..=COLUMNS.len()).map(|number| format!("?{number}")).collect();
    format!("insert into ticketcore_ticket ({}) values ({})", names.join(", "), marks.join(", "))
});

/// The statements that change a row, by the bits of what they touch.
static UPDATES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let update = |bits: u8| {
        let touched = COLUMNS.iter().zip(1..).filter(|((_, touch), _)| match touch {
            Touch::Once => false,
            Touch::Always => true,
            Touch::If(bit) => bits & bit != 0,
        });
        let sets: Vec<String> = touched.map(|((name, _), number)| format!("{name} = ?{number}")).collect();
        format!("update ticketcore_ticket set {} where row = ?1", sets.join(", "))
    };
    (0..16).map(update).collect()
});

/// A ticket's row as a commit finds it.
pub(crate) struct Found {
    pub(crate) row: i64,
    pub(crate) version: Version,
    /// The statement for the change it was compared with.
    update: &'static str,
}

/// Reads where a ticket stands; compares its indexed columns with what a change would make of them.
pub(crate) const FIND: &str = "select row, version, queue, due, priority, wake, assignee, open, requester \
                               from ticketcore_ticket where id = ?1 and tenant = ?2";

pub(crate) fn found(row: &Row<'_>, change: &Change) -> rusqlite::Result<Found> {
    let Change { ticket, marks, .. } = change;
    let text = |column, value: Option<&str>| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()? != value);
    let number = |column, value: Option<i64>| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)? != value);
    let queue = text(2, ticket.queue.as_ref().map(|queue| queue.as_str()))?
        || number(3, marks.rank.map(|rank| micros(rank.due)))?
        || number(4, Some(ticket.priority().number().into()))?;
    let wake = number(5, marks.wake.map(micros))?;
    let open = text(6, ticket.assignee.as_ref().map(|person| person.as_str()))?
        || number(7, Some(ticket.status.is_open().into()))?;
    let requester = text(8, ticket.requester.as_ref().map(|person| person.as_str()))?;
    let bits = [(queue, 1), (wake, 2), (open, 4), (requester, 8)];
    let bits: usize = bits.iter().map(|(touched, bit)| if *touched { *bit } else { 0 }).sum();
    Ok(Found { row: row.get(0)?, version: Version(row.get(1)?), update: UPDATES.get(bits).map_or("", String::as_str) })
}
