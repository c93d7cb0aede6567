//! Who wakes, over all tenants.

use chrono::{DateTime, Utc};
use sqlx::Row;
use ticketcore::id::TenantId;
use ticketcore::store::Due;
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::error::{Result, corrupt};
use crate::sql::{self, parameters};

/// The tickets that wake, the earliest first, and the first of those that do not yet. Read off an index: when nobody is
/// due it is a look at one entry.
///
/// The limit is part of the text, rounded up so that there are few texts. Of one that is a parameter the planner makes a
/// plan each time, as it looks cheaper than the plan for any: twice the time of a tick.
pub(crate) fn text(limit: usize) -> String {
    let limit = match limit.saturating_add(1).checked_next_power_of_two() {
        Some(limit) if limit <= 1 << 20 => format!("limit {limit}"),
        _ => String::new(),
    };
    format!(
        "(select wake, tenant, id from @.ticket where wake <= $1 order by wake, tenant, id {limit}) \
         union all \
         (select wake, tenant, id from @.ticket where wake > $1 order by wake, tenant, id limit 1)"
    )
}

/// Names who wakes at or before an instant, and says when the first of the others does.
pub(crate) async fn due(connections: &Connections, now: DateTime<Utc>, limit: usize) -> Result<Due> {
    let (text, now) = (connections.schema.fill(&text(limit)), micros(now));
    let mut due = Due::default();
    for row in connections.read("due", &text, parameters![now]).await? {
        let wake: i64 = row.try_get(0)?;
        if wake > now || due.tickets.len() == limit {
            due.next = Some(from_micros(wake).ok_or_else(|| corrupt("instant", wake))?);
            break;
        }
        due.tickets.push((TenantId::new(row.try_get::<&str, _>(1)?), sql::id(&row, 2)?));
    }
    Ok(due)
}
