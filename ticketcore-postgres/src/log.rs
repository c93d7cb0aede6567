//! The log: events as rows, the history of a ticket, the feed of all.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{Row, ValueRef};
use ticketcore::actor::{ActorKind, By};
use ticketcore::codec::decode_event;
use ticketcore::event::Recorded;
use ticketcore::id::{PersonId, Position, TenantId, TicketId, Version};
use ticketcore::seal::Seal;
use ticketcore::store::Change;
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::encoded::Encoded;
use crate::error::{Result, corrupt};
use crate::record::Records;
use crate::search;
use crate::sql::{self, Parameters, Text, parameters};

/// So many events can one transaction write: what is left of 64 bits, the sign and a transaction's id.
pub(crate) const PLACES: i64 = 1 << PLACE_BITS;
/// 44 bits are for transactions: at ten thousand a second they last for fifty years.
const PLACE_BITS: u32 = 19;
/// So often at most the feed looks in a row, and then gives what it has; with hundreds of short transactions a second, one
/// look in ten is in vain.
const LOOKS: usize = 10;

/// Reads events; `where` and an order follow.
macro_rules! events {
    ($rest:literal) => {
        concat!(
            "select tenant, ticket, version, position, at, by, by_kind, form, event, text, seal from @.event ",
            $rest
        )
    };
}

/// The events of one ticket after a version.
pub(crate) const HISTORY: &str =
    events!("where tenant = $1 and ticket = $2 and version > $3 order by version limit $4");

/// Below which position no event can come any more, and whether to look again.
///
/// A position is higher than those of all transactions that began to write earlier, but not of those that *end* earlier.
/// So the feed stops below the first transaction that is under way: what is there will stay the same. A transaction of
/// another database of the server writes no events here; whose it is, its session tells. One without a session has ended
/// since the statement began, and its events may not be in what the statement sees: then it is worth looking again.
macro_rules! behind_horizon {
    ($($rest:expr),+) => {
        concat!(
            "with horizon as materialized (\
               select (f.base + coalesce(x.first, pg_snapshot_xmax(pg_current_snapshot())::text::bigint)) << 19 as position, \
                 coalesce(x.ended, false) as ended \
               from @.feed f, (\
                 select min(s.xid::text::bigint) filter ( \
                     where not coalesce(a.datid <> d.oid, p.database <> current_database(), false)) as first, \
                   bool_or(a.pid is null and p.database is null) as ended \
                 from pg_snapshot_xip(pg_current_snapshot()) s (xid) \
                 cross join (select oid from pg_database where datname = current_database()) d \
                 left join pg_stat_get_activity(null) a on a.backend_xid = s.xid::xid \
                 left join pg_prepared_xacts p on p.transaction = s.xid::xid) x) ",
            $($rest),+
        )
    };
}

/// Every event after a position and below the horizon.
pub(crate) const FEED: &str = behind_horizon!(
    "select e.*, h.ended from horizon h left join lateral (",
    events!("where position > $1 and position < h.position order by position limit $2"),
    ") e on true"
);

/// The events that stand above the horizon, as many as are worth counting.
pub(crate) const LAG: &str = behind_horizon!(
    "select count(*), min(e.at) from (\
       select e.at from @.event e, horizon h where e.position >= h.position order by e.position limit 10000) e"
);

/// The place after the last that the transaction under way has used.
pub(crate) const PLACE: &str = "select coalesce(max(position) + 1 - x.first, 0) from (\
       select (f.base + pg_current_xact_id()::text::bigint) << 19 as first from @.feed f) x \
     left join @.event e on e.position >= x.first and e.position < x.first + (1 << 19) group by x.first";

/// The events of one ticket between two versions, as they were written down, with its number.
pub(crate) const WRITTEN: &str = "select t.number, e.at, e.by, e.by_kind, e.form, e.event, e.text \
     from @.event e join @.ticket t on t.tenant = e.tenant and t.id = e.ticket \
     where e.tenant = $1 and e.ticket = $2 and e.version > $3 and e.version <= $4 order by e.version";

/// Adds the events of a change to those of a statement.
pub(crate) fn push(events: &mut Records, change: &Change, encoded: &Encoded) {
    let mut version = change.expected;
    for ((fact, (form, event)), said) in change.facts.iter().zip(&encoded.events).zip(&encoded.said) {
        version = version.next();
        events.push(&[
            &change.ticket.id.0,
            &version.0,
            &micros(fact.at),
            form,
            &fact.by.id.as_str(),
            &fact.by.kind.as_str(),
            &event.as_str(),
            &fact.text.as_deref(),
            &fact.seal.map(|seal| seal.to_bytes()),
            &said.as_deref(),
        ]);
    }
}

/// Writes events: the parameters are the place of the transaction from which on, and the events.
pub(crate) fn logged(place: usize, events: usize) -> String {
    format!(
        "logged as (\
           insert into @.event (tenant, position, ticket, version, at, form, by, by_kind, event, text, seal, said) \
           select $1, ((f.base + pg_current_xact_id()::text::bigint) << {PLACE_BITS}) + ${place} + e.ord - 1, \
             e.ticket, e.version, e.at, e.form, e.by, e.by_kind, e.event, e.text, e.seal, e.said \
           from @.feed f, {} with ordinality \
             as e (ticket, version, at, form, by, by_kind, event, text, seal, said, ord) \
           where (select fit from verdict))",
        sql::rows(events, "@.entry_1")
    )
}

/// Erases texts: the parameter is the tickets and the versions of the events.
pub(crate) fn erased(versions: usize) -> String {
    format!(
        "erasures as materialized (select * from {} where (select fit from verdict)), \
         erased as (\
           update @.event e set text = null, said = {} where e.tenant = $1 \
             and e.ticket = any (array(select id from erasures)) \
             and e.version = any (array(select version from erasures)) \
             and exists (select from erasures x where x.id = e.ticket and x.version = e.version) \
             and e.text is not null)",
        sql::rows(versions, "@.ticket_at_1"),
        search::LEFT
    )
}

/// Tells whether rows are exactly the events of a change, whose texts may have been erased since.
pub(crate) fn are(rows: &[PgRow], change: &Change, encoded: &Encoded) -> Result<bool> {
    for ((row, fact), (form, event)) in rows.iter().zip(&change.facts).zip(&encoded.events) {
        let same = row.try_get::<i64, _>(1)? == micros(fact.at)
            && row.try_get::<&str, _>(2)? == fact.by.id.as_str()
            && row.try_get::<&str, _>(3)? == fact.by.kind.as_str()
            && row.try_get::<i64, _>(4)? == *form
            && row.try_get::<&str, _>(5)? == event
            && row.try_get::<Option<&str>, _>(6)?.is_none_or(|text| fact.text.as_deref() == Some(text));
        if !same {
            return Ok(false);
        }
    }
    Ok(rows.len() == change.facts.len())
}

/// Reads the events of one ticket after a version, oldest first.
pub(crate) async fn history(
    connections: &Connections,
    text: &Text,
    tenant: &TenantId,
    id: TicketId,
    after: Version,
    limit: usize,
) -> Result<Vec<Recorded>> {
    let parameters = parameters![tenant.as_str(), id.0, after.0, sql::limit(limit)];
    events(&connections.read("history", text, parameters).await?)
}

/// Reads the events in rows.
pub(crate) fn events(rows: &[PgRow]) -> Result<Vec<Recorded>> {
    rows.iter().map(recorded).collect()
}

/// How far the feed is behind what has been committed, for the host's own gauges.
///
/// The feed waits for the first transaction of the database that is still under way. If it stays behind for long, look
/// for a session in `pg_stat_activity` that is `idle in transaction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lag {
    /// Events that are committed and not in the feed yet; of more than ten thousand, ten thousand.
    pub events: u64,
    /// When the first of them happened.
    pub since: Option<DateTime<Utc>>,
}

/// Looks how far the feed is behind.
pub(crate) async fn lag(connections: &Connections, text: &Text) -> Result<Lag> {
    let rows = connections.read("lag", text, Parameters::default()).await?;
    let Some(row) = rows.first() else { return Ok(Lag::default()) };
    let events: i64 = row.try_get(0)?;
    Ok(Lag { events: events.unsigned_abs(), since: row.try_get::<Option<i64>, _>(1)?.and_then(from_micros) })
}

/// Reads the events of all tenants after a position, in order.
pub(crate) async fn feed(
    connections: &Connections,
    text: &Text,
    after: Position,
    limit: usize,
) -> Result<Vec<Recorded>> {
    let mut looks = 1;
    loop {
        let rows = connections.read("feed", text, parameters![after.0, sql::limit(limit)]).await?;
        let ended = rows.first().map_or(Ok(false), |row| row.try_get(11))?;
        let is_event = |row: &&PgRow| row.try_get_raw(0).is_ok_and(|tenant| !tenant.is_null());
        let events: Vec<&PgRow> = rows.iter().filter(is_event).collect();
        if !ended || events.len() >= limit || looks == LOOKS {
            return events.into_iter().map(recorded).collect();
        }
        looks += 1;
    }
}

fn recorded(row: &PgRow) -> Result<Recorded> {
    let at: i64 = row.try_get(4)?;
    Ok(Recorded {
        tenant: TenantId::new(row.try_get::<&str, _>(0)?),
        ticket: sql::id(row, 1)?,
        version: Version(row.try_get(2)?),
        position: Position(row.try_get(3)?),
        at: from_micros(at).ok_or_else(|| corrupt("instant", at))?,
        by: By { id: PersonId::new(row.try_get::<&str, _>(5)?), kind: kind(row.try_get(6)?)? },
        event: decode_event(row.try_get(7)?, row.try_get(8)?)?,
        text: row.try_get(9)?,
        seal: row.try_get::<Option<&[u8]>, _>(10)?.map(seal).transpose()?,
    })
}

fn seal(bytes: &[u8]) -> Result<Seal> {
    Seal::from_bytes(bytes).ok_or_else(|| corrupt("seal", format!("{bytes:02x?}")))
}

fn kind(name: &str) -> Result<ActorKind> {
    ActorKind::named(name).ok_or_else(|| corrupt("kind of actor", name))
}
