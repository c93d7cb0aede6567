//! Tickets as rows.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use ticketcore::codec::decode_ticket;
use ticketcore::id::{TicketId, Version};
use ticketcore::report::{Course, Standing};
use ticketcore::store::{Change, StoreError, Target};
use ticketcore::ticket::Ticket;
use ticketcore::time::micros;
use uuid::Uuid;

use crate::encoded::Encoded;
use crate::error::Result;

/// How many numbers a tenant has, which is also the distance of two tenants' first rows.
const NUMBERS: i64 = 1 << 40;

/// The first and the last row that a tenant's tickets can have; none has number 0.
pub(crate) const fn of(tenant: i64) -> [i64; 2] {
    [tenant * NUMBERS, tenant * NUMBERS + NUMBERS - 1]
}

/// The row of a tenant's ticket with a number, if it can have one.
pub(crate) const fn at(tenant: i64, number: i64) -> Option<i64> {
    if 0 < number && number < NUMBERS { Some(tenant * NUMBERS + number) } else { None }
}

/// The tenant whose ticket is in a row.
const fn tenant(row: i64) -> i64 {
    row / NUMBERS
}

/// The number of the ticket in a row.
pub(crate) const fn number(row: i64) -> i64 {
    row & (NUMBERS - 1)
}

/// When a column is written. SQLite rewrites the entries of every index of which an update names a column, whether the
/// value differs or not, and each costs 4 to 5 us; so indexed columns are named only if they change.
enum Write {
    /// When the ticket is opened.
    Once,
    /// With every change.
    Always,
    /// If one of the columns with the same bit changes: they are in the same indexes.
    If(u8),
}

const QUEUE: u8 = 1;
const WAKE: u8 = 2;
const OPEN: u8 = 4;
const REQUESTER: u8 = 8;
const ORGANISATION: u8 = 16;
/// In the index by date of opening, which most reports read.
const REPORT: u8 = 32;
/// In that one and in that of queues.
const PRIORITY: u8 = 64;
/// In that one and in that of agents.
const ASSIGNEE: u8 = 128;

/// The columns of `ticketcore_ticket` in the order in which [`write`] gives their values; each is the parameter of its
/// place, and the row, the last, is in every statement.
const COLUMNS: [(&str, Write); 36] = [
    ("tenant", Write::Once),
    ("id", Write::Once),
    ("created", Write::Once),
    ("version", Write::Always),
    ("kind", Write::Always),
    ("status", Write::If(REPORT)),
    ("state", Write::Always),
    ("category", Write::Always),
    ("team", Write::If(REPORT)),
    ("channel", Write::Always),
    ("external", Write::Always),
    ("updated", Write::Always),
    ("responded", Write::If(REPORT)),
    ("resolved", Write::If(REPORT)),
    ("first_resolved", Write::If(REPORT)),
    ("closed", Write::If(REPORT)),
    ("response", Write::Always),
    ("resolution", Write::Always),
    ("reopens", Write::Always),
    ("reassigns", Write::Always),
    ("messages", Write::Always),
    ("score", Write::Always),
    ("standings", Write::Always),
    ("targets", Write::Always),
    ("tags", Write::Always),
    ("access", Write::Always),
    ("course", Write::Always),
    ("queue", Write::If(QUEUE)),
    ("due", Write::If(QUEUE)),
    ("priority", Write::If(PRIORITY)),
    ("wake", Write::If(WAKE)),
    ("assignee", Write::If(ASSIGNEE)),
    ("open", Write::If(OPEN)),
    ("requester", Write::If(REQUESTER)),
    ("organisation", Write::If(ORGANISATION)),
    ("row", Write::Once),
];

/// The statement that writes a new row.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let marks: Vec<String> = (1..=COLUMNS.len()).map(|number| format!("?{number}")).collect();
    format!("insert into ticketcore_ticket ({}) values ({})", names.join(", "), marks.join(", "))
});

/// The statements that change a row, by the set of bits that changed; few of them ever come up.
static UPDATES: [OnceLock<String>; 256] = [const { OnceLock::new() }; 256];

/// The statement that changes a row when some bits changed.
fn update_of(changed: u8) -> &'static str {
    UPDATES[usize::from(changed)].get_or_init(|| {
        let written = COLUMNS.iter().zip(1..).filter(|((_, write), _)| match write {
            Write::Once => false,
            Write::Always => true,
            Write::If(bit) => changed & bit != 0,
        });
        let sets: Vec<String> = written.map(|((name, _), number)| format!("{name} = ?{number}")).collect();
        format!("update ticketcore_ticket set {} where row = ?{}", sets.join(", "), COLUMNS.len())
    })
}

/// A ticket's row as a commit finds it.
pub(crate) struct Found {
    pub(crate) row: i64,
    pub(crate) version: Version,
    /// The bits of the indexes that the change touches.
    changed: u8,
}

/// Finds a ticket, for [`found`].
pub(crate) const FIND: &str = "select row, version, queue, due, priority, wake, assignee, open, requester, organisation, \
                               status, team, responded, resolved, first_resolved, closed \
                               from ticketcore_ticket where id = ?1 and tenant = ?2";

/// Reads where a ticket stands, and compares its indexed columns with what a change makes of them.
pub(crate) fn found(row: &Row<'_>, change: &Change) -> rusqlite::Result<Found> {
    let Change { ticket, marks, .. } = change;
    let text = |column, new: Option<&str>| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()? != new);
    let number = |column, new: Option<i64>| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)? != new);
    let changes = [
        (text(2, ticket.queue.as_ref().map(|key| key.as_str()))?, QUEUE),
        (number(3, marks.rank.map(|rank| micros(rank.due)))?, QUEUE),
        (number(4, Some(ticket.priority().number().into()))?, PRIORITY),
        (number(5, marks.wake.map(micros))?, WAKE),
        (text(6, ticket.assignee.as_ref().map(|person| person.as_str()))?, ASSIGNEE),
        (number(7, Some(ticket.status.is_open().into()))?, OPEN),
        (text(8, ticket.requester.as_ref().map(|person| person.as_str()))?, REQUESTER),
        (text(9, ticket.organisation.as_ref().map(|key| key.as_str()))?, ORGANISATION),
        (text(10, Some(ticket.status.as_str()))?, REPORT),
        (text(11, ticket.team.as_ref().map(|key| key.as_str()))?, REPORT),
        (number(12, ticket.responded.map(micros))?, REPORT),
        (number(13, ticket.resolved.map(micros))?, REPORT),
        (number(14, ticket.first_resolved.map(micros))?, REPORT),
        (number(15, ticket.closed.map(micros))?, REPORT),
    ];
    let changed = changes.iter().fold(0, |bits, (differs, bit)| if *differs { bits | bit } else { bits });
    Ok(Found { row: row.get(0)?, version: Version(row.get(1)?), changed })
}

/// Writes a new ticket into a row.
pub(crate) fn insert(transaction: &Connection, row: i64, change: &Change, encoded: &Encoded) -> Result<()> {
    write(transaction, &INSERT, row, change)?;
    let snapshot = "insert into ticketcore_snapshot (row, body) values (?1, ?2)";
    transaction.prepare_cached(snapshot)?.execute(params![row, encoded.snapshot])?;
    Ok(())
}

/// Writes what became of a ticket over what was found.
pub(crate) fn update(transaction: &Connection, found: &Found, change: &Change, encoded: &Encoded) -> Result<()> {
    write(transaction, update_of(found.changed), found.row, change)?;
    // Without events only the marks are new, which the snapshot does not hold.
    if !change.facts.is_empty() {
        let snapshot = "update ticketcore_snapshot set body = ?2 where row = ?1";
        transaction.prepare_cached(snapshot)?.execute(params![found.row, encoded.snapshot])?;
    }
    Ok(())
}

fn write(transaction: &Connection, sql: &str, row: i64, change: &Change) -> Result<()> {
    let Change { ticket, marks, .. } = change;
    transaction.prepare_cached(sql)?.execute(params![
        tenant(row),
        bytes(&ticket.id),
        micros(ticket.created),
        ticket.version.0,
        ticket.kind.as_str(),
        ticket.status.as_str(),
        ticket.state.as_str(),
        ticket.category.as_ref().map(|key| key.as_str()),
        ticket.team.as_ref().map(|key| key.as_str()),
        ticket.channel.as_str(),
        ticket.external,
        micros(ticket.updated),
        ticket.responded.map(micros),
        ticket.resolved.map(micros),
        ticket.first_resolved.map(micros),
        ticket.closed.map(micros),
        marks.response.and_then(|time| time.num_microseconds()),
        marks.resolution.and_then(|time| time.num_microseconds()),
        ticket.reopens,
        ticket.reassigns,
        ticket.messages,
        ticket.answer(),
        Standing::encode(&marks.standings),
        Target::encode(&marks.targets),
        list(&ticket.tags)?,
        list(&ticket.access().collect())?,
        marks.course.as_deref().map(Course::encode).unwrap_or_default(),
        ticket.queue.as_ref().map(|key| key.as_str()),
        marks.rank.map(|rank| micros(rank.due)),
        ticket.priority().number(),
        marks.wake.map(micros),
        ticket.assignee.as_ref().map(|person| person.as_str()),
        ticket.status.is_open(),
        ticket.requester.as_ref().map(|person| person.as_str()),
        ticket.organisation.as_ref().map(|key| key.as_str()),
        row,
    ])?;
    Ok(())
}

/// Reads a ticket from its row's number and its snapshot.
pub(crate) fn ticket(row: i64, snapshot: ValueRef<'_>) -> Result<Ticket> {
    let body =
        snapshot.as_str().map_err(|error| StoreError::corrupt(format!("ticket number {}", number(row)), error))?;
    Ok(decode_ticket(number(row), body)?)
}

/// A limit as SQL takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The bytes of an id, as stored.
pub(crate) fn bytes(id: &TicketId) -> &[u8] {
    id.0.as_bytes()
}

/// Reads an id.
pub(crate) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<TicketId> {
    Ok(TicketId(Uuid::from_bytes(row.get(column)?)))
}

/// Names as a JSON array, or nothing if there are none.
fn list<T: serde::Serialize>(names: &BTreeSet<T>) -> Result<Option<String>> {
    let json = (!names.is_empty()).then(|| serde_json::to_string(names)).transpose();
    Ok(json.map_err(|error| StoreError::corrupt("names", error))?)
}
