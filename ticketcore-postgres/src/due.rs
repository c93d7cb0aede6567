//! Who wakes, over all tenants.

use chrono::{DateTime, Utc};
use sqlx::Row;
use ticketcore::id::TenantId;
use ticketcore::store::Due;
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::error::{Result, corrupt};
use crate::sql::{self, Text, parameters};

/// The tickets that wake, the earliest first, and the first of those that do not yet. Read off an index: when nobody is
/// due it is a look at one entry.
pub(crate) const DUE: &str = "(select wake, tenant, id from @.ticket where wake <= $2 order by wake, tenant, id limit $1) \
     union all \
     (select wake, tenant, id from @.ticket where wake > $2 order by wake, tenant, id limit 1)";

/// Names who wakes at or before an instant, and says when the first of the others does.
pub(crate) async fn due(connections: &Connections, text: &Text, now: DateTime<Utc>, limit: usize) -> Result<Due> {
    let now = micros(now);
    let mut due = Due::default();
    for row in connections.read("due", text, parameters![sql::limit(limit).saturating_add(1), now]).await? {
        let wake: i64 = row.try_get(0)?;
        if wake > now || due.tickets.len() == limit {
            due.next = Some(from_micros(wake).ok_or_else(|| corrupt("instant", wake))?);
            break;
        }
        due.tickets.push((TenantId::new(row.try_get::<&str, _>(1)?), sql::id(&row, 2)?));
    }
    Ok(due)
}
