//! One ticket, and pages of many.

use std::sync::Arc;

use rusqlite::{Connection, params, params_from_iter};
use ticketcore::id::{TenantId, TicketId};
use ticketcore::query::{Cursor, Filter, Order, Page, Query, Sort};
use ticketcore::store::Rank;
use ticketcore::ticket::{Status, Ticket};
use ticketcore::time::from_micros;

use crate::error::{Result, corrupt};
use crate::filter::Sql;
use crate::{rows, tenant};

/// Reads one ticket.
pub(crate) fn load(connection: &Connection, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>> {
    let sql = "select t.row, s.body from ticketcore_tenant n join ticketcore_ticket t on t.id = ?2 and t.tenant = n.no \
               join ticketcore_snapshot s on s.row = t.row where n.name = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![tenant.as_str(), rows::bytes(&id)])?;
    found.next()?.map(|row| Ok(Arc::new(rows::ticket(row.get(0)?, row.get_ref(1)?)?))).transpose()
}

/// Finds a page of tickets.
pub(crate) fn find(connection: &Connection, tenant: &TenantId, query: &Query) -> Result<Page> {
    let Query { order, limit, .. } = query;
    let tenant = tenant::find(connection, tenant)?;
    let Sql { text, parameters } = select(tenant, query);
    let mut statement = connection.prepare_cached(&text)?;
    // Apart from the page, or SQLite reads it for each row that it sorts. While the page is read, both see one state.
    let mut snapshot = connection.prepare_cached("select body from ticketcore_snapshot where row = ?1")?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = rows.next()? {
        if page.tickets.len() == *limit {
            page.next = last;
            break;
        }
        let (row, due) = (row.get(0)?, row.get(1)?);
        let ticket = snapshot.query_row([row], |body| Ok(rows::ticket(row, body.get_ref(0)?)))??;
        last = Cursor::of(order.by, &ticket, rank(&ticket, due)?);
        page.tickets.push(Arc::new(ticket));
    }
    Ok(page)
}

fn rank(ticket: &Ticket, due: Option<i64>) -> Result<Option<Rank>> {
    let Some(due) = due else { return Ok(None) };
    let due = from_micros(due).ok_or_else(|| corrupt("instant", due))?;
    Ok(Some(Rank { due, priority: ticket.priority(), created: ticket.created, id: ticket.id }))
}

/// The statement for a page and one ticket more, which tells whether there is a next page.
fn select(tenant: i64, query: &Query) -> Sql {
    let Query { filter, order, after, limit } = query;
    let Order { by, descending } = *order;
    let backlog = !filter.statuses.is_empty() && filter.statuses.iter().copied().all(Status::is_open);
    // Orders that no index keeps read a tenant's rows in one pass, unless an index leads to few of them.
    let indexed = match by {
        Sort::Rank | Sort::Created => true,
        Sort::Updated | Sort::Number => backlog || is_narrow(filter),
    };

    let mut sql = Sql::default();
    sql.push("select t.row, t.due from ticketcore_ticket t where ").tenant(tenant, indexed).filter(tenant, filter);
    if indexed && backlog {
        sql.push(" and t.open");
    }
    if by == Sort::Rank {
        sql.push(" and t.due is not null");
    }
    let columns: &[&str] = match by {
        Sort::Rank => &["t.due", "t.priority", "t.created", "t.id"],
        Sort::Created => &["t.created", "t.id"],
        Sort::Updated => &["t.updated", "t.id"],
        Sort::Number => &["t.row", "t.id"],
    };
    if let Some(Cursor { key, id }) = after {
        // A comparison of rows is sought in an index; the same spelt with `or` reads everything before the page.
        sql.push(" and (").push(&columns.join(", ")).push(if descending { ") < (" } else { ") > (" });
        for part in key.iter().take(columns.len() - 1) {
            let part = if by == Sort::Number { rows::of(tenant)[0].saturating_add(*part) } else { *part };
            sql.bind(part).push(", ");
        }
        sql.bind(rows::bytes(id).to_vec()).push(")");
    }
    let direction = if descending { " desc" } else { "" };
    let columns: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    sql.push(" order by ").push(&columns.join(", ")).push(" limit ").bind(rows::limit(*limit).saturating_add(1));
    sql
}

/// Tells whether a filter asks for few tickets that an index leads to.
pub(crate) fn is_narrow(filter: &Filter) -> bool {
    !filter.ids.is_empty() || !filter.requesters.is_empty()
}
