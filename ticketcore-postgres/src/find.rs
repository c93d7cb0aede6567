//! One ticket, and pages of many.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::Value;
use sqlx::Row;
use ticketcore::id::{TenantId, TicketId};
use ticketcore::query::{Cursor, Explained, Order, Page, Query, Sort};
use ticketcore::store::{Rank, StoreError};
use ticketcore::ticket::Ticket;
use ticketcore::time::from_micros;

use crate::connections::Connections;
use crate::error::{Result, corrupt};
use crate::filter::Sql;
use crate::rows;
use crate::sql::{self, Text, parameters};

/// One ticket.
pub(crate) const LOAD: &str = "select number, body from @.snapshot where tenant = $1 and id = $2";

/// Reads one ticket.
pub(crate) async fn load(
    connections: &Connections,
    text: &Text,
    tenant: &TenantId,
    id: TicketId,
) -> Result<Option<Arc<Ticket>>> {
    let rows = connections.read("load", text, parameters![tenant.as_str(), id.0]).await?;
    rows.first().map(|row| rows::ticket(row.try_get(0)?, row.try_get(1)?)).transpose()
}

/// Finds a page of tickets.
pub(crate) async fn find(connections: &Connections, tenant: &TenantId, query: &Query) -> Result<Page> {
    page(connections, select(tenant, query, 0)?, query).await
}

/// Names the place so many tickets further on, if there is one more.
pub(crate) async fn ahead(
    connections: &Connections,
    tenant: &TenantId,
    order: Order,
    after: Option<Cursor>,
    count: NonZeroUsize,
) -> Result<Option<Cursor>> {
    let query = Query { order, after, limit: 1, ..Query::default() };
    Ok(page(connections, select(tenant, &query, count.get() - 1)?, &query).await?.next)
}

/// Finds a page, and tells what the server read for it.
pub(crate) async fn explain(connections: &Connections, tenant: &TenantId, query: &Query) -> Result<Explained> {
    let Sql { text, parameters } = select(tenant, query, 0)?;
    let text = connections.schema.fill(&format!("explain (analyze, timing off, summary off, format json) {text}"));
    let rows = connections.read("explain", &text, parameters).await?;
    let Some(row) = rows.first() else { return Ok(Explained::default()) };
    let json: &str = row.try_get_raw(0)?.as_str().map_err(StoreError::backend)?;
    let plans: Vec<Value> = serde_json::from_str(json).map_err(|error| corrupt("plan", error))?;
    let mut explained = Explained { measure: "rows looked at", ..Explained::default() };
    plans.iter().for_each(|plan| tell(&plan["Plan"], 0, &mut explained));
    explained.indexes.sort();
    explained.indexes.dedup();
    explained.found = find(connections, tenant, query).await?.tickets.len();
    Ok(explained)
}

/// Tells a step of the server's plan, and those it rests on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of rows, told roughly")]
fn tell(step: &Value, depth: usize, explained: &mut Explained) {
    let text = |name: &str| step[name].as_str();
    let number = |name: &str| step[name].as_f64().unwrap_or(0.0);
    let looked = ((number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")) as u64;
    let (kind, index, table) = (text("Node Type").unwrap_or_default(), text("Index Name"), text("Relation Name"));
    if table.is_some() {
        explained.cost = explained.cost.saturating_add(looked);
    }
    explained.indexes.extend(index.map(str::to_owned));
    explained.sorted |= kind.ends_with("Sort");
    let of: String = [index, table].into_iter().flatten().map(|name| format!(" {name}")).collect();
    explained.plan.push(format!("{}{kind}{of}: {looked} rows", "  ".repeat(depth)));
    step["Plans"].as_array().into_iter().flatten().for_each(|rest| tell(rest, depth + 1, explained));
}

async fn page(connections: &Connections, sql: Sql, query: &Query) -> Result<Page> {
    let Sql { text, parameters } = sql;
    let text = connections.schema.fill(&text);
    let mut page = Page::default();
    let mut last = None;
    for row in connections.read("find", &text, parameters).await? {
        if page.tickets.len() == query.limit {
            page.next = last;
            break;
        }
        let (number, due) = (row.try_get(0)?, row.try_get(1)?);
        let body: Option<&str> = row.try_get(2)?;
        let body =
            body.ok_or_else(|| StoreError::corrupt(format!("ticket number {number}"), "its snapshot is gone"))?;
        let ticket = rows::ticket(number, body)?;
        last = Cursor::of(query.order.by, &ticket, rank(&ticket, due)?);
        page.tickets.push(ticket);
    }
    Ok(page)
}

fn rank(ticket: &Ticket, due: Option<i64>) -> Result<Option<Rank>> {
    let Some(due) = due else { return Ok(None) };
    let due = from_micros(due).ok_or_else(|| corrupt("instant", due))?;
    Ok(Some(Rank { due, priority: ticket.priority(), created: ticket.created, id: ticket.id }))
}

/// The statement for a page and one ticket more, which tells whether there is a next page. The whole tickets are read
/// only once the page is known.
fn select(tenant: &TenantId, query: &Query, skip: usize) -> Result<Sql> {
    let Query { filter, order, after, until, limit } = query;
    let Order { by, descending } = *order;
    let mut sql = Sql::default();
    sql.push(
        "select p.number, p.due, (select s.body from @.snapshot s where s.tenant = $1 and s.id = p.id) \
         from (select t.id, t.number, t.due",
    );
    sql.tickets(tenant, filter)?;
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
        // A number is a tenant's only once.
        Sort::Number => &["t.number"],
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
            sql.bind(key[0])?;
        } else {
            for part in key.iter().take(columns.len() - 1) {
                sql.bind(*part)?.push(", ");
            }
            sql.bind(id.0)?;
        }
        sql.push(")");
    }
    let direction = if descending { " desc" } else { "" };
    let columns: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    sql.push(" order by ").push(&columns.join(", ")).push(" limit ");
    sql.bind(sql::limit(*limit).saturating_add(1))?.push(" offset ");
    sql.bind(sql::limit(skip))?.push(") p");
    Ok(sql)
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
    use ticketcore::query::{Assignee, Filter};
    use uuid::Uuid;

    use super::*;
    use crate::cluster::{self, Database};
    use crate::record::Composites;
    use crate::schema::{Schema, migrate};
    use crate::sql::Parameters;
    use crate::{commit, due, log};

    /// How the server would carry a statement out, a line for each step.
    async fn plan(connection: &mut PgConnection, text: &str, parameters: Parameters) -> String {
        let text = Schema::named("ticketcore").unwrap().fill(&format!("explain (costs off) {text}"));
        let rows = sqlx::query_with(text.safe(), parameters.values).persistent(false).fetch_all(connection).await;
        rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
    }

    /// A desk with so many tickets that it matters how they are found.
    async fn desk(database: &Database) -> PgConnection {
        let mut connection = database.address.connect().await.unwrap();
        migrate(&mut connection, "ticketcore").await.unwrap();
        let fill = "insert into ticketcore.ticket (tenant, id, number, version, created, updated, due, wake, reopens, \
              reassigns, messages, priority, open, status, kind, state, channel, standings, course, queue, assignee, requester) \
            select 't' || i % 3, gen_random_uuid(), i, 1, i, i, i, i, 0, 0, 0, i % 5, i % 10 = 0, \
              case when i % 10 = 0 then 'open' else 'closed' end, 'incident', 'x', 'api', '', '', 'q' || i % 20, \
              'a' || i % 300, 'r' || i % 1000 from generate_series(1, 30000) i; \
            insert into ticketcore.snapshot select tenant, id, number, '{}' from ticketcore.ticket; \
            insert into ticketcore.words select tenant, id, array[tenant || ' fire', tenant || ' n' || number] \
              from ticketcore.ticket; \
            insert into ticketcore.event select id, 1, number, 1, 1, tenant, 'a', 'agent', '{}', null \
              from ticketcore.ticket";
        sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut connection).await.unwrap();
        // As the server does by itself after a while.
        let tables = "vacuum analyze ticketcore.ticket, ticketcore.snapshot, ticketcore.words, ticketcore.event";
        sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
        connection
    }

    fn pages(filter: &Filter, by: Sort) -> [Query; 3] {
        let page = |descending| {
            let cursor = Cursor { key: [15_000, 2, 15_000], id: TicketId(Uuid::nil()) };
            Query {
                filter: filter.clone(),
                order: Order { by, descending },
                after: Some(cursor),
                until: None,
                limit: 50,
            }
        };
        let [ascending, descending] = [false, true].map(page);
        [Query { after: None, ..ascending.clone() }, ascending, descending]
    }

    async fn page_plan(connection: &mut PgConnection, query: &Query) -> String {
        let Sql { text, parameters } = select(&TenantId::from("t1"), query, 0).unwrap();
        plan(connection, &text, parameters).await
    }

    /// A filter with others within, each of which would have an index of its own, and all of which most tickets pass.
    fn nested(filter: Filter) -> Filter {
        let known = Filter { requesters: vec!["r1".into()], numbers: vec![7], ..Filter::all() };
        let any = vec![known.clone(), Filter::without([known.clone()])];
        Filter { any, none: vec![known], ..filter }
    }

    /// Every page but the first is sought, in either direction; none is sorted.
    #[test]
    fn a_page_is_read_off_its_index() {
        let Some(database) = Database::new() else { return };
        let category = Filter { kinds: vec!["incident".into()], ..Filter::all() };
        let cases = [
            (Filter::queue("q1"), Sort::Rank, "ticket_queue", "ROW(due, priority, created, id)"),
            (Filter::all(), Sort::Created, "ticket_created", "ROW(created, id)"),
            (category, Sort::Created, "ticket_created", "ROW(created, id)"),
            (Filter::all(), Sort::Number, "ticket_tenant_number_key", "(number "),
            // Whatever else is asked, to any depth.
            (nested(Filter::queue("q1")), Sort::Rank, "ticket_queue", "ROW(due, priority, created, id)"),
            (nested(Filter::all()), Sort::Created, "ticket_created", "ROW(created, id)"),
        ];
        cluster::block_on(async {
            let mut connection = desk(&database).await;
            for (filter, by, index, bound) in cases {
                let [first, rest @ ..] = pages(&filter, by);
                let first = page_plan(&mut connection, &first).await;
                assert!(first.contains(index) && !first.contains("Sort"), "{first}");
                for next in rest {
                    let next = page_plan(&mut connection, &next).await;
                    let sought = next.lines().any(|line| line.contains("Index Cond") && line.contains(bound));
                    assert!(next.contains(index) && sought && !next.contains("Sort"), "{next}");
                }
            }
        });
    }

    /// Few tickets are found through an index, whatever the order; then they are sorted.
    #[test]
    fn few_tickets_are_not_searched_for_among_all() {
        let Some(database) = Database::new() else { return };
        let cases = [
            (Filter::ids([TicketId(Uuid::nil())]), "ticket_pkey"),
            (Filter { numbers: vec![7], ..Filter::all() }, "ticket_tenant_number_key"),
            (Filter { words: vec!["n7".into()], ..Filter::all() }, "words_words"),
            (Filter { requesters: vec!["r1".into()], ..Filter::all() }, "ticket_requester"),
            (Filter { assignee: Assignee::Is(vec!["a10".into()]), ..Filter::open() }, "ticket_open"),
        ];
        cluster::block_on(async {
            let mut connection = desk(&database).await;
            for (filter, index) in cases {
                for by in [Sort::Created, Sort::Updated, Sort::Number] {
                    for query in pages(&filter, by) {
                        let plan = page_plan(&mut connection, &query).await;
                        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{query:?}: {plan}");
                    }
                }
            }
        });
    }

    #[test]
    fn the_log_and_the_wakes_are_read_off_their_indexes() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = desk(&database).await;
            let made = || -> Result<_> {
                Ok([
                    (due::FIRST, Parameters::default(), "ticket_wake"),
                    (due::DUE, parameters![10_i64, 15_000_i64], "ticket_wake"),
                    (log::FEED, parameters![25_000_i64, 10_i64], "event_position"),
                    (log::HISTORY, parameters!["t1", Uuid::nil(), 0_i64, 10_i64], "event_pkey"),
                    (LOAD, parameters!["t1", Uuid::nil()], "snapshot_pkey"),
                ])
            };
            for (text, parameters, index) in made().unwrap() {
                let plan = plan(&mut connection, text, parameters).await;
                let tables = ["ticket", "snapshot", "event"].map(|table| format!("Seq Scan on {table}"));
                let whole = tables.iter().any(|scan| plan.contains(scan));
                assert!(plan.contains(index) && !whole && !plan.contains("Sort"), "{plan}");
            }
        });
    }

    /// A plan made while the tables are empty must do when they are full: nothing of a commit may read a whole table.
    #[test]
    fn a_commit_finds_its_rows_by_their_keys_even_when_the_tables_are_empty() {
        let Some(database) = Database::new() else { return };
        cluster::block_on(async {
            let mut connection = database.address.connect().await.unwrap();
            migrate(&mut connection, "ticketcore").await.unwrap();
            let schema = Schema::named("ticketcore").unwrap();
            let texts = commit::Texts::new(&schema, Composites::read(&mut connection, &schema).await.unwrap());
            sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(&mut connection).await.unwrap();
            // With all parts, and with fewer and fewer of the last: SQL has no `prepare` with parameters left out.
            for text in [15, 7, 3, 1, 0].map(|parts| &texts.writes()[parts]) {
                let prepare = format!("deallocate all; prepare w as {}", text.as_str());
                sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut connection).await.unwrap();
                let count = (1..).take_while(|number| text.as_str().contains(&format!("${number}"))).count();
                let nulls = vec!["null"; count].join(", ");
                let explain = format!("explain (costs off) execute w ({nulls})");
                let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                let reads = |line: &&String| line.contains("Seq Scan") && !line.contains("Seq Scan on feed");
                assert!(!plan.iter().any(|line| reads(&line)), "{}", plan.join("\n"));
            }
        });
    }
}
