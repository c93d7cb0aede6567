//! Who wakes, over all tenants.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use ticketcore::id::TenantId;
use ticketcore::store::Due;
use ticketcore::time::{from_micros, micros};

use crate::error::{Result, corrupt};
use crate::rows;

/// The tickets that wake, the earliest first. Read off an index: when nobody is due it is a look at one entry.
pub(crate) const DUE: &str = "select t.wake, n.name, t.id from ticketcore_ticket t \
                              join ticketcore_tenant n on n.no = t.tenant \
                              where t.wake is not null order by t.wake, t.tenant, t.id limit ?1";

/// Names who wakes at or before an instant, and says when the first of the others does.
pub(crate) fn due(connection: &Connection, now: DateTime<Utc>, limit: usize) -> Result<Due> {
    let now = micros(now);
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query([rows::limit(limit).saturating_add(1)])?;
    let mut due = Due::default();
    while let Some(row) = rows.next()? {
        let wake: i64 = row.get(0)?;
        if wake > now || due.tickets.len() == limit {
            due.next = Some(from_micros(wake).ok_or_else(|| corrupt("instant", wake))?);
            break;
        }
        due.tickets.push((TenantId::new(row.get_ref(1)?.as_str()?), rows::id(row, 2)?));
    }
    Ok(due)
}
