//! What is asked again and again: is anything due, and the standard report.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::Utc;
use ticketcore::Filter;
use ticketcore::report::{Ask, Scan, overview};

use crate::common::Result;
use crate::common::line::{Goal, Line, Pair};
use crate::common::work::wall;
use crate::server::Bench;

/// A tick that finds nothing, against the shortest question there is.
pub(crate) fn tick(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(200, 3000);
    let ours = || -> Result<Duration> {
        let (desk, start) = (bench.desk.clone(), Instant::now());
        bench.run(async move {
            for _ in 0..count {
                desk.tick().await?;
            }
            Ok(start.elapsed() / u32::try_from(count).unwrap_or(1))
        })
    };
    let floor = || -> Result<Duration> {
        let start = Instant::now();
        for _ in 0..count {
            black_box(bench.texts("select ''")?);
        }
        Ok(start.elapsed() / u32::try_from(count).unwrap_or(1))
    };
    let pairs = (0..bench.pick(1, 5)).map(|round| Pair::measure(round, ours, floor).transpose());
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    Ok(vec![Line::times("tick, nothing due, against a round trip", &pairs, Goal::AtMost(1.3))])
}

/// What the overview says, as people ask it in SQL: a query for each section.
const OVERVIEW: [&str; 6] = [
    "select status, priority, count(*) from {} group by 1, 2",
    "select kind, count(*), count(*) filter (where open) from {} group by 1",
    "select priority, count(responded), avg(responded - created), min(responded - created), \
     percentile_disc(array[0.5, 0.9, 0.95]) within group (order by responded - created), max(responded - created), \
     avg(response), percentile_disc(array[0.5, 0.9, 0.95]) within group (order by response) from {} \
     where responded is not null group by 1",
    "select priority, count(resolved), avg(resolved - created), min(resolved - created), \
     percentile_disc(array[0.5, 0.9, 0.95]) within group (order by resolved - created), max(resolved - created), \
     avg(resolution), percentile_disc(array[0.5, 0.9, 0.95]) within group (order by resolution) from {} \
     where resolved is not null group by 1",
    "select day, sum(opened), sum(resolved), sum(closed) from (\
     select created / 86400000000 as day, 1 as opened, 0 as resolved, 0 as closed from {} union all \
     select resolved / 86400000000, 0, 1, 0 from {} where resolved is not null union all \
     select closed / 86400000000, 0, 0, 1 from {} where closed is not null) d group by 1 order by 1",
    "select assignee, count(*), count(*) filter (where open), \
     percentile_disc(array[0.5, 0.9, 0.95]) within group (order by resolved - created) from {} group by 1",
];

/// The five tables of a dashboard, as people ask for them in SQL.
const DASHBOARD: [&str; 5] = [
    "select status, priority, count(*) from {} group by 1, 2",
    "select percentile_cont(array[0.5, 0.9, 0.95, 0.99]) within group (order by responded - created), \
     avg(responded - created), percentile_cont(array[0.5, 0.9, 0.95, 0.99]) within group (order by resolved - created), \
     avg(resolved - created) from {}",
    "select created / 86400000000, count(*) from {} group by 1",
    "select resolved / 86400000000, count(*) from {} where resolved is not null group by 1",
    "select assignee, count(*) filter (where open) from {} group by 1",
];

/// Reports over many tickets, against plain queries for the same: a dashboard, and the standard overview, which also
/// measures what the queries do not.
pub(crate) fn report(bench: &Bench) -> Result<Vec<Line>> {
    let count = grow(bench)?;
    let timed = |queries: &[&str]| -> Result<Duration> {
        let start = Instant::now();
        for query in queries {
            bench.execute(&query.replace("{}", "ticketcore.ticket"))?;
        }
        Ok(start.elapsed())
    };
    let dashboard = || -> Result<Duration> {
        let (desk, start) = (bench.desk.clone(), Instant::now());
        let scan = Scan { filter: Filter::all(), tables: wall(), now: Utc::now() };
        black_box(bench.run(async move { Ok(desk.tally(&scan).await?) })?);
        Ok(start.elapsed())
    };
    let report = || -> Result<Duration> {
        let (desk, start) = (bench.desk.clone(), Instant::now());
        let ask = Ask::new(Utc::now()).policies(["first_response", "resolution"]);
        black_box(bench.run(async move { Ok(desk.report(&overview(), &ask).await?) })?);
        Ok(start.elapsed())
    };
    let rounds = bench.pick(1, 5);
    let pairs = (0..rounds).map(|round| Pair::measure(round, dashboard, || timed(&DASHBOARD)).transpose());
    let dashboards = pairs.collect::<Result<Vec<_>>>()?;
    let pairs = (0..rounds).map(|round| Pair::measure(round, report, || timed(&OVERVIEW)).transpose());
    let reports = pairs.collect::<Result<Vec<_>>>()?;
    Ok(vec![
        Line::times(format!("report, dashboard over {count}, against plain SQL"), &dashboards, Goal::AtMost(0.4)),
        Line::times(format!("report, overview over {count}, against plain SQL"), &reports, Goal::AtMost(0.4)),
    ])
}

/// Makes a million tickets of those there are, and says how many there are then.
fn grow(bench: &Bench) -> Result<usize> {
    let wanted = bench.pick(20_000, 1_000_000);
    let columns = bench.texts(
        "select column_name::text from information_schema.columns \
         where table_schema = 'ticketcore' and table_name = 'ticket' order by ordinal_position",
    )?;
    let values: Vec<String> = columns
        .iter()
        .map(|column| match column.as_str() {
            "id" => "gen_random_uuid()".to_owned(),
            "number" => "row_number() over () + (select max(number) from ticketcore.ticket)".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    // Copies of what there is; nothing but its row is read of a ticket.
    let count =
        || -> Result<usize> { Ok(bench.texts("select count(*)::text from ticketcore.ticket")?.concat().parse()?) };
    loop {
        let there = count()?;
        if there >= wanted {
            break;
        }
        bench.execute(&format!(
            "insert into ticketcore.ticket ({}) select {} from ticketcore.ticket limit {}",
            columns.join(", "),
            values.join(", "),
            wanted - there
        ))?;
    }
    bench.execute("vacuum analyze ticketcore.ticket")?;
    count()
}
