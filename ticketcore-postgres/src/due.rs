//! Who wakes, over all tenants.

use chrono::{DateTime, Utc};
use sqlx::Row;
use ticketcore::id::TenantId;
use ticketcore::store::Due;
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::error::{Result, corrupt};
use crate::sql::{self, Parameters, Text, parameters};

/// When the first ticket wakes: most of the time that is all there is to know. Without a parameter it is planned once.
pub(crate) const FIRST: &str = "select wake from @.ticket where wake is not null order by wake, tenant, id limit 1";

/// The tickets that wake, the earliest first, and the first of those that do not yet, read off an index.
pub(crate) const DUE: &str = "(select wake, tenant, id from @.ticket where wake <= $2 order by wake, tenant, id limit $1) \
     union all \
     (select wake, tenant, id from @.ticket where wake > $2 order by wake, tenant, id limit 1)";

/// Names who wakes at or before an instant, and says when the first of the others does.
pub(crate) async fn due(
    connections: &Connections,
    [first, due]: [&Text; 2],
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Due> {
    let instant = |wake: i64| from_micros(wake).ok_or_else(|| corrupt("instant", wake));
    let now = micros(now);
    let rows = connections.read("first due", first, Parameters::default()).await?;
    let wake = rows.first().map(|row| row.try_get::<i64, _>(0)).transpose()?;
    if limit == 0 || wake.is_none_or(|wake| wake > now) {
        return Ok(Due { tickets: Vec::new(), next: wake.map(instant).transpose()? });
    }
    let mut found = Due::default();
    for row in connections.read("due", due, parameters![sql::limit(limit).saturating_add(1), now]).await? {
        let wake: i64 = row.try_get(0)?;
        if wake > now || found.tickets.len() == limit {
            found.next = Some(instant(wake)?);
            break;
        }
        found.tickets.push((TenantId::new(row.try_get::<&str, _>(1)?), sql::id(&row, 2)?));
    }
    Ok(found)
}
