//! One ticket, and pages of many.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rusqlite::{Connection, StatementStatus, params, params_from_iter};
use ticketcore::id::{TenantId, TicketId};
use ticketcore::query::{Cursor, Explained, Order, Page, Query, Sort};
use ticketcore::store::Rank;
use ticketcore::ticket::Ticket;
use ticketcore::time::from_micros;

use crate::error::{Result, corrupt};
use crate::sql::Sql;
use crate::way::Way;
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
    let tenant = tenant::find(connection, tenant)?;
    page(connection, &select(tenant, query), query).map(|(page, _)| page)
}

/// Reads a page, and tells how many steps of the virtual machine that took.
fn page(connection: &Connection, sql: &Sql, query: &Query) -> Result<(Page, u64)> {
    let Query { order, limit, .. } = query;
    let Sql { text, parameters } = sql;
    let mut statement = connection.prepare_cached(text)?;
    statement.reset_status(StatementStatus::VmStep);
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
    drop(rows);
    let steps = statement.get_status(StatementStatus::VmStep);
    Ok((page, u64::try_from(steps).unwrap_or(0)))
}

/// Finds a page, and tells what it was read off.
pub(crate) fn explain(connection: &Connection, tenant: &TenantId, query: &Query) -> Result<Explained> {
    let sql = select(tenant::find(connection, tenant)?, query);
    let (page, cost) = page(connection, &sql, query)?;
    let mut statement = connection.prepare(&format!("explain query plan {}", sql.text))?;
    let steps = statement.query_map(params_from_iter(&sql.parameters), |row| row.get::<_, String>("detail"))?;
    let plan: Vec<String> = steps.collect::<rusqlite::Result<_>>()?;
    let named = |step: &String| {
        let (_, index) = step.split_once("USING INDEX ").or_else(|| step.split_once("USING COVERING INDEX "))?;
        index.split_whitespace().next().map(str::to_owned)
    };
    let words = plan.iter().any(|step| step.contains("VIRTUAL TABLE")).then(|| "ticketcore_words".to_owned());
    let mut indexes: Vec<String> = plan.iter().filter_map(named).chain(words).collect();
    indexes.sort();
    indexes.dedup();
    let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
    let found = page.tickets.len();
    Ok(Explained { indexes, sorted, found, cost, measure: "steps of the virtual machine", plan })
}

/// Names the place so many tickets further on, if there is one more.
pub(crate) fn ahead(
    connection: &Connection,
    tenant: &TenantId,
    order: Order,
    after: Option<Cursor>,
    count: NonZeroUsize,
) -> Result<Option<Cursor>> {
    let tenant = tenant::find(connection, tenant)?;
    let mut sql = select(tenant, &Query { order, after, limit: 1, ..Query::default() });
    sql.push(" offset ").bind(rows::limit(count.get() - 1));
    let mut statement = connection.prepare_cached(&sql.text)?;
    let mut rows = statement.query(params_from_iter(sql.parameters))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (row, due): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
    if rows.next()?.is_none() {
        return Ok(None);
    }
    let mut snapshot = connection.prepare_cached("select body from ticketcore_snapshot where row = ?1")?;
    let ticket = snapshot.query_row([row], |body| Ok(rows::ticket(row, body.get_ref(0)?)))??;
    Ok(Cursor::of(order.by, &ticket, rank(&ticket, due)?))
}

fn rank(ticket: &Ticket, due: Option<i64>) -> Result<Option<Rank>> {
    let Some(due) = due else { return Ok(None) };
    let due = from_micros(due).ok_or_else(|| corrupt("instant", due))?;
    Ok(Some(Rank { due, priority: ticket.priority(), created: ticket.created, id: ticket.id }))
}

/// The statement for a page and one ticket more, which tells whether there is a next page.
fn select(tenant: i64, query: &Query) -> Sql {
    let Query { filter, order, after, until, limit } = query;
    let Order { by, descending } = *order;
    let mut sql = Sql::default();
    let way = Way::to_page(filter, by);
    sql.push("select t.row, t.due").tickets(tenant, filter, way);
    let placed = match by {
        Sort::Rank => " and t.due is not null",
        Sort::Resolved => " and t.resolved is not null",
        Sort::Closed => " and t.closed is not null",
        Sort::Created | Sort::Updated | Sort::Number | Sort::Priority => "",
    };
    sql.push(placed);
    let columns: &[&str] = match by {
        Sort::Rank => &["t.due", "t.priority", "t.created", "t.id"],
        Sort::Created => &["t.created", "t.id"],
        Sort::Updated => &["t.updated", "t.id"],
        // No two tickets have a number, so there is no id to tell them apart.
        Sort::Number if way == Way::Words => &["w.rowid"],
        Sort::Number => &["t.row"],
        Sort::Priority => &["t.priority", "t.created", "t.id"],
        Sort::Resolved => &["t.resolved", "t.id"],
        Sort::Closed => &["t.closed", "t.id"],
    };
    let [after_is, until_is] = if descending { [") < (", ") >= ("] } else { [") > (", ") <= ("] };
    for (bound, comparison) in [(after, after_is), (until, until_is)] {
        let Some(Cursor { key, id }) = bound else { continue };
        // A comparison of rows is sought in an index; the same spelt with `or` reads everything before the page.
        sql.push(" and (").push(&columns.join(", ")).push(comparison);
        if by == Sort::Number {
            sql.bind(rows::of(tenant)[0].saturating_add(key[0])).push(")");
        } else {
            key.iter().take(columns.len() - 1).for_each(|part| _ = sql.bind(*part).push(", "));
            sql.bind(rows::bytes(id).to_vec()).push(")");
        }
    }
    let direction = if descending { " desc" } else { "" };
    let columns: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    sql.push(" order by ").push(&columns.join(", ")).push(" limit ").bind(rows::limit(*limit).saturating_add(1));
    sql
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{due, log, phrase, schema};
    use ticketcore::query::{Assignee, Filter};

    /// How SQLite would carry a statement out, a line for each step.
    pub(crate) fn plan(sql: &str) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        phrase::teach(&connection).unwrap();
        let mut statement = connection.prepare(&format!("explain query plan {sql}")).unwrap();
        let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
        let steps = statement.query_map(params_from_iter(unbound), |row| row.get::<_, String>("detail")).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }

    fn page(filter: Filter, by: Sort, descending: bool) -> Query {
        let cursor = Cursor { key: [1, 2, 3], id: TicketId(uuid::Uuid::nil()) };
        Query { filter, order: Order { by, descending }, after: Some(cursor), until: None, limit: 50 }
    }

    fn pages(filter: &Filter, by: Sort) -> [Query; 3] {
        let [ascending, descending] = [false, true].map(|descending| page(filter.clone(), by, descending));
        [Query { after: None, ..ascending.clone() }, ascending, descending]
    }

    /// A filter with others within, each of which would have an index of its own.
    fn nested(filter: Filter) -> Filter {
        let known = Filter { requesters: vec!["bo".into()], numbers: vec![7], ..Filter::all() };
        let open = Filter { words: vec!["fire".into()], ..Filter::open() };
        let any = vec![known.clone(), open, Filter::without([known.clone()])];
        Filter { any, all: vec![Filter::ids([TicketId(uuid::Uuid::nil())])], none: vec![known], ..filter }
    }

    /// Every page but the first is sought, in either direction; none is sorted.
    #[test]
    fn a_page_is_read_off_its_index() {
        let cases = [
            (Filter::queue("desk"), Sort::Rank, "ticketcore_ticket_queue (tenant=? AND queue=?"),
            (Filter::all(), Sort::Created, "ticketcore_ticket_created (tenant=?"),
            (
                Filter { categories: vec!["a".into()], ..Filter::all() },
                Sort::Created,
                "ticketcore_ticket_created (tenant=?",
            ),
            (Filter::all(), Sort::Number, "PRIMARY KEY (rowid>?"),
            (Filter { words: vec!["fire".into()], ..Filter::all() }, Sort::Number, "SCAN w VIRTUAL TABLE INDEX"),
            // Whatever else is asked, to any depth.
            (nested(Filter::queue("desk")), Sort::Rank, "ticketcore_ticket_queue (tenant=? AND queue=?"),
            (nested(Filter::all()), Sort::Created, "ticketcore_ticket_created (tenant=?"),
        ];
        for (filter, by, index) in cases {
            let [first, rest @ ..] = pages(&filter, by).map(|query| plan(&select(1, &query).text));
            assert!(first.contains(index) && !first.contains("TEMP B-TREE"), "{first}");
            for next in rest {
                assert!(next.contains(index) && !next.contains("TEMP B-TREE"), "{next}");
                let sought = [">(?", "<(?", "rowid<?", "rowid>?", "M1"].iter().any(|range| next.contains(range));
                assert!(sought, "{next}");
            }
        }
    }

    /// Of the tickets that have its words, from the newest on, each is asked for its own texts.
    #[test]
    fn a_phrase_is_looked_for_in_the_texts_of_those_that_have_its_words() {
        let filter = Filter { phrases: vec!["disk full".into()], prefixes: vec!["serv".into()], ..Filter::all() };
        for query in pages(&filter, Sort::Number) {
            let Sql { text, parameters } = select(1, &query);
            let asked =
                "(\"disk\" OR \"§disk\") AND (\"full\" OR \"§full\") AND (\"serv\" * OR \"§serv\" *)".to_owned();
            assert!(parameters.contains(&asked.into()), "{parameters:?}");
            let plan = plan(&text);
            let texts = "USING INDEX ticketcore_event_ticket (ticket=?)";
            assert!(plan.contains("SCAN w VIRTUAL TABLE INDEX") && plan.contains(texts), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }

    /// Few tickets are found through an index, whatever the order; then they are sorted.
    #[test]
    fn few_tickets_are_not_searched_for_among_all() {
        let cases = [
            (Filter::ids([TicketId(uuid::Uuid::nil())]), "ticketcore_ticket_id (id=? AND tenant=?"),
            (Filter { numbers: vec![7], ..Filter::all() }, "PRIMARY KEY (rowid=?"),
            (Filter { words: vec!["fire".into()], ..Filter::all() }, "PRIMARY KEY (rowid=?"),
            (
                Filter { requesters: vec!["bo".into()], ..Filter::all() },
                "ticketcore_ticket_requester (tenant=? AND requester=?",
            ),
            (
                Filter { assignee: Assignee::Is(vec!["ada".into()]), ..Filter::open() },
                "ticketcore_ticket_open (tenant=? AND assignee=?",
            ),
            (
                nested(Filter { requesters: vec!["bo".into()], ..Filter::all() }),
                "ticketcore_ticket_requester (tenant=? AND requester=?",
            ),
        ];
        for (filter, index) in cases {
            for query in
                [Sort::Rank, Sort::Created, Sort::Updated, Sort::Number].map(|by| pages(&filter, by)).as_flattened()
            {
                let plan = plan(&select(1, query).text);
                assert!(plan.contains(index), "{query:?}: {plan}");
            }
        }
        let plan = plan(&select(1, &page(Filter::open(), Sort::Updated, true)).text);
        assert!(plan.contains("ticketcore_ticket_open (tenant=?)"), "{plan}");
    }

    #[test]
    fn the_log_and_the_wakes_are_read_off_their_indexes() {
        for (sql, index) in [
            (due::DUE, "ticketcore_ticket_wake (wake>?)"),
            (log::FEED, "PRIMARY KEY (rowid>?)"),
            (log::HISTORY, "ticketcore_event_ticket (ticket=? AND version>?)"),
        ] {
            let plan = plan(sql);
            assert!(plan.contains(index) && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
