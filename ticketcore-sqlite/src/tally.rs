//! Reports: one pass over the tickets of a filter.

use rusqlite::types::{FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, params_from_iter};
use ticketcore::id::TenantId;
use ticketcore::query::Filter;
use ticketcore::report::{Figures, Needs, Scan, Table, Tallier};
use ticketcore::store::StoreError;

use crate::error::Result;
use crate::sql::Sql;
use crate::tenant;
use crate::way::Way;

/// Feeds the tickets of a scan to a tallier. SQLite does no more than fetch: it sorts where it groups by an expression,
/// which took twelve times as long as this pass.
pub(crate) fn tally(connection: &Connection, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>> {
    let tenant = tenant::find(connection, tenant)?;
    let needs = scan.needs();
    let columns = columns(&needs);
    let sql = select(tenant, &scan.filter, &needs, &columns);

    let mut tallier = Tallier::new(scan);
    let mut statement = connection.prepare_cached(&sql.text)?;
    let mut rows = statement.query(params_from_iter(sql.parameters))?;
    while let Some(row) = rows.next()? {
        let mut figures = Figures::default();
        for ((_, read), column) in columns.iter().zip(1..) {
            read(&mut figures, row.get_ref(column)?)?;
        }
        tallier.add(&figures).map_err(|error| StoreError::corrupt("figures", error))?;
    }
    Ok(tallier.finish())
}

fn select(tenant: i64, filter: &Filter, needs: &Needs, columns: &[(&'static str, Read)]) -> Sql {
    let mut sql = Sql::default();
    sql.push("select 0");
    columns.iter().for_each(|(column, _)| _ = sql.push(", t.").push(column));
    sql.tickets(tenant, filter, Way::to_report(filter, needs));
    sql
}

/// How a column gets into its figure. Texts are lent by the row: nothing is allocated for a ticket.
type Read = for<'a> fn(&mut Figures<'a>, ValueRef<'a>) -> FromSqlResult<()>;

/// The columns that are needed, each with its way into the figures.
fn columns(needs: &Needs) -> Vec<(&'static str, Read)> {
    let Needs {
        kind,
        status,
        state,
        priority,
        category,
        team,
        queue,
        assignee,
        requester,
        channel,
        created,
        responded,
        resolved,
        first_resolved,
        closed,
        business,
        counters,
        score,
        standings,
        course,
    } = *needs;
    let all: [(bool, &str, Read); 23] = [
        (kind, "kind", |figures, value| text(&mut figures.kind, value)),
        (status, "status", |figures, value| text(&mut figures.status, value)),
        (state, "state", |figures, value| text(&mut figures.state, value)),
        (priority, "priority", |figures, value| number(&mut figures.priority, value)),
        (category, "category", |figures, value| text_or_null(&mut figures.category, value)),
        (team, "team", |figures, value| text_or_null(&mut figures.team, value)),
        (queue, "queue", |figures, value| text_or_null(&mut figures.queue, value)),
        (assignee, "assignee", |figures, value| text_or_null(&mut figures.assignee, value)),
        (requester, "requester", |figures, value| text_or_null(&mut figures.requester, value)),
        (channel, "channel", |figures, value| text(&mut figures.channel, value)),
        (created, "created", |figures, value| number(&mut figures.created, value)),
        (responded, "responded", |figures, value| number_or_null(&mut figures.responded, value)),
        (resolved, "resolved", |figures, value| number_or_null(&mut figures.resolved, value)),
        (first_resolved, "first_resolved", |figures, value| number_or_null(&mut figures.first_resolved, value)),
        (closed, "closed", |figures, value| number_or_null(&mut figures.closed, value)),
        (business, "response", |figures, value| number_or_null(&mut figures.response, value)),
        (business, "resolution", |figures, value| number_or_null(&mut figures.resolution, value)),
        (counters, "reopens", |figures, value| number(&mut figures.reopens, value)),
        (counters, "reassigns", |figures, value| number(&mut figures.reassigns, value)),
        (counters, "messages", |figures, value| number(&mut figures.messages, value)),
        (score, "score", |figures, value| maybe_small(&mut figures.score, value)),
        (standings, "standings", |figures, value| text(&mut figures.standings, value)),
        (course, "course", |figures, value| text(&mut figures.course, value)),
    ];
    all.into_iter().filter(|(needed, ..)| *needed).map(|(_, column, read)| (column, read)).collect()
}

fn text<'a>(figure: &mut &'a str, value: ValueRef<'a>) -> FromSqlResult<()> {
    *figure = value.as_str()?;
    Ok(())
}

fn text_or_null<'a>(figure: &mut Option<&'a str>, value: ValueRef<'a>) -> FromSqlResult<()> {
    *figure = value.as_str_or_null()?;
    Ok(())
}

fn number<N: TryFrom<i64>>(figure: &mut N, value: ValueRef<'_>) -> FromSqlResult<()> {
    let value = value.as_i64()?;
    *figure = N::try_from(value).map_err(|_| FromSqlError::OutOfRange(value))?;
    Ok(())
}

fn maybe_small(figure: &mut Option<u8>, value: ValueRef<'_>) -> FromSqlResult<()> {
    let small = |value| u8::try_from(value).map_err(|_| FromSqlError::OutOfRange(value));
    *figure = value.as_i64_or_null()?.map(small).transpose()?;
    Ok(())
}

fn number_or_null(figure: &mut Option<i64>, value: ValueRef<'_>) -> FromSqlResult<()> {
    *figure = value.as_i64_or_null()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ticketcore::query::{Assignee, Period, Sight};
    use ticketcore::report::{Bucket, Dimension, Measure, TableSpec, Time, Unit};
    use ticketcore::status::Status;
    use ticketcore::time::Zone;

    use super::*;
    use crate::find::tests::plan;

    fn of(filter: &Filter, by: Dimension, measure: Measure) -> String {
        let needs = TableSpec::new([by], [measure]).needs();
        plan(&select(1, filter, &needs, &columns(&needs)).text)
    }

    /// What one index holds is not read from the tickets themselves.
    #[test]
    fn most_reports_read_nothing_but_an_index() {
        let day = || Bucket { unit: Unit::Day, zone: Zone::utc() };
        let period = Period { from: Some(chrono::DateTime::UNIX_EPOCH), to: None };
        let staff = Filter { sight: Sight { public: true, ..Sight::default() }, ..Filter::all() };
        for filter in [
            Filter::all(),
            staff,
            Filter { created: period, closed: period, ..Filter::open() },
            Filter { teams: vec!["net".into()], assignee: Assignee::Nobody, ..Filter::all() },
        ] {
            for (by, measure) in [
                (Dimension::Status, Measure::Backlog),
                (Dimension::Priority, Measure::Age),
                (Dimension::Team, Measure::FirstResponse(Time::Wall)),
                (Dimension::Assignee, Measure::Resolution(Time::Wall)),
                (Dimension::FirstResolved(day()), Measure::Closing),
            ] {
                let plan = of(&filter, by, measure);
                assert!(plan.contains("COVERING INDEX ticketcore_ticket_created (tenant=?"), "{plan}");
            }
        }
        let plan = of(&Filter { created: period, ..Filter::all() }, Dimension::Created(day()), Measure::Count);
        assert!(plan.contains("(tenant=? AND created>?"), "only the tickets of the period are looked at: {plan}");
    }

    /// To look every ticket up behind an index would take longer than to go through all.
    #[test]
    fn other_reports_read_the_tickets_in_their_order() {
        let kinds = Filter { kinds: vec!["problem".into()], ..Filter::all() };
        let nested = Filter { any: vec![Filter { statuses: vec![Status::New], ..Filter::all() }], ..Filter::all() };
        for (filter, by) in [(Filter::all(), Dimension::Kind), (kinds, Dimension::Team), (nested, Dimension::Team)] {
            let plan = of(&filter, by, Measure::Count);
            assert!(plan.contains("PRIMARY KEY (rowid>? AND rowid<?)"), "{plan}");
        }
    }
}
