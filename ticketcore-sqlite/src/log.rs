//! The log: events as rows, the history of a ticket, the feed of all.

use rusqlite::{Connection, Row, params};
use ticketcore::actor::{ActorKind, By};
use ticketcore::codec::decode_event;
use ticketcore::event::Recorded;
use ticketcore::id::{PersonId, Position, TenantId, TicketId, Version};
use ticketcore::seal::Seal;
use ticketcore::store::Change;
use ticketcore::time::{from_micros, micros};

use crate::encoded::Encoded;
use crate::error::{Result, corrupt};
use crate::rows;

/// Reads events; `and` and an order follow.
macro_rules! events {
    ($rest:literal) => {
        concat!(
            "select n.name, t.id, e.version, e.position, e.at, e.by, e.by_kind, e.form, e.event, e.text, e.seal \
             from ticketcore_event e join ticketcore_ticket t on t.row = e.ticket \
             join ticketcore_tenant n on n.no = t.tenant where ",
            $rest
        )
    };
}

/// Every event after a position.
pub(crate) const FEED: &str = events!("e.position > ?1 order by e.position limit ?2");

/// The events of one ticket after a version.
pub(crate) const HISTORY: &str = events!("n.name = ?1 and t.id = ?2 and e.version > ?3 order by e.version limit ?4");

/// Appends the events of a change.
pub(crate) fn append(transaction: &Connection, row: i64, change: &Change, encoded: &Encoded) -> Result<()> {
    let sql = "insert into ticketcore_event (ticket, version, at, by, by_kind, form, event, text, seal) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut version = change.expected;
    for (fact, (form, event)) in change.facts.iter().zip(&encoded.events) {
        version = version.next();
        let (by, kind) = (fact.by.id.as_str(), fact.by.kind.as_str());
        let seal = fact.seal.map(|seal| seal.to_bytes());
        statement.execute(params![row, version.0, micros(fact.at), by, kind, form, event, fact.text, seal])?;
    }
    Ok(())
}

/// Erases the texts of some events of a ticket; tells whether there were any.
pub(crate) fn erase(transaction: &Connection, row: i64, versions: &[Version]) -> Result<bool> {
    let mut erased = 0;
    for version in versions {
        let sql = "update ticketcore_event set text = null where ticket = ?1 and version = ?2 and text is not null";
        erased += transaction.prepare_cached(sql)?.execute([row, version.0])?;
    }
    Ok(erased > 0)
}

/// Reads the events of one ticket after a version, oldest first.
pub(crate) fn history(
    connection: &Connection,
    tenant: &TenantId,
    id: TicketId,
    after: Version,
    limit: usize,
) -> Result<Vec<Recorded>> {
    let mut statement = connection.prepare_cached(HISTORY)?;
    let rows =
        statement.query_and_then(params![tenant.as_str(), rows::bytes(&id), after.0, rows::limit(limit)], recorded)?;
    rows.collect()
}

/// Reads the events of all tenants after a position, in order.
pub(crate) fn feed(connection: &Connection, after: Position, limit: usize) -> Result<Vec<Recorded>> {
    let mut statement = connection.prepare_cached(FEED)?;
    let rows = statement.query_and_then([after.0, rows::limit(limit)], recorded)?;
    rows.collect()
}

fn recorded(row: &Row<'_>) -> Result<Recorded> {
    let at: i64 = row.get(4)?;
    Ok(Recorded {
        tenant: TenantId::new(row.get_ref(0)?.as_str()?),
        ticket: rows::id(row, 1)?,
        version: Version(row.get(2)?),
        position: Position(row.get(3)?),
        at: from_micros(at).ok_or_else(|| corrupt("instant", at))?,
        by: By { id: PersonId::new(row.get_ref(5)?.as_str()?), kind: kind(row.get_ref(6)?.as_str()?)? },
        event: decode_event(row.get(7)?, row.get_ref(8)?.as_str()?)?,
        text: row.get(9)?,
        seal: row.get_ref(10)?.as_blob_or_null()?.map(seal).transpose()?,
    })
}

fn seal(bytes: &[u8]) -> Result<Seal> {
    Seal::from_bytes(bytes).ok_or_else(|| corrupt("seal", format!("{bytes:02x?}")))
}

fn kind(name: &str) -> Result<ActorKind> {
    ActorKind::named(name).ok_or_else(|| corrupt("kind of actor", name))
}
