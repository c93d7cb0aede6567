//! A dashboard of five tables, made by an exact pass over all tickets, against the same five made by hand.
//!
//! They are how many there are by status and priority, the times of the first response and the resolution, what was
//! opened and what was resolved on each day, and what each agent has open. On SQLite the floor reads the same columns of
//! the same rows; in memory it has them packed in a list of their own, which is as fast as a pass can be.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use pollster::block_on;
use rusqlite::Connection;
use ticketcore::report::{Measured, Scan, Table};
use ticketcore::time::micros;
use ticketcore::{Desk, Filter, MemoryStore, Order, Query, Store};
use ticketcore_sqlite::{Durability, SqliteStore};

use crate::Bench;
use crate::common::Result;
use crate::common::line::{Goal, Line, Pair};
use crate::common::prefill::prefill;
use crate::common::random::Random;
use crate::common::work::wall;
use crate::raw::connect;

const DAY: i64 = 86_400_000_000;

/// The dashboard on SQLite and in memory.
pub(crate) fn dashboard(bench: &Bench) -> Result<Vec<Line>> {
    let tickets = bench.pick(20_000, 1_000_000);
    let per_million = |millis: f64| Goal::Within(Duration::from_secs_f64(millis * 1e-9 * tickets as f64));
    let (on_disk, sqlite) = on_sqlite(bench, tickets, per_million(240.0))?;
    let (in_lists, memory) = in_memory(tickets, per_million(33.0))?;
    let mut lines = vec![on_disk, in_lists];
    match duckdb(&bench.files.base(tickets)?) {
        Some(theirs) => {
            let beside = |name: &str, ours: Duration, goal| {
                let pair = Pair { ours, floor: theirs };
                Line::times(format!("dashboard over {tickets} {name}, to DuckDB"), &[pair], Goal::AtMost(goal))
            };
            lines.push(beside("on sqlite", sqlite, 4.0));
            lines.push(beside("in memory", memory, 0.5));
        }
        None => lines.push(Line::known("dashboard in DuckDB", "not there: pip install duckdb")),
    }
    Ok(lines)
}

/// The same five tables in DuckDB on one thread, if Python and its package are there.
fn duckdb(path: &Path) -> Option<Duration> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/dashboard.py");
    let output =
        Command::new("python3").arg(script).arg(path).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok().map(Duration::from_micros)
}

fn median(pairs: &[Pair<Duration>]) -> Duration {
    let mut ours: Vec<Duration> = pairs.iter().map(|pair| pair.ours).collect();
    ours.sort_unstable();
    ours.get(ours.len() / 2).copied().unwrap_or_default()
}

fn on_sqlite(bench: &Bench, tickets: usize, goal: Goal) -> Result<(Line, Duration)> {
    let path = bench.files.base(tickets)?;
    let desk = Desk::new(Arc::new(SqliteStore::open(&path)?));
    let connection = connect(&path, Durability::Full)?;
    let floor = || -> Result<Duration> { timed(tickets, || by_hand(rows(&connection)?.into_iter())) };
    let pairs = (0..5).map(|round| Pair::measure(round, || ours(&desk, tickets), floor).transpose());
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    Ok((Line::times(format!("dashboard over {tickets} on sqlite"), &pairs, goal), median(&pairs)))
}

fn in_memory(tickets: usize, goal: Goal) -> Result<(Line, Duration)> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    prefill(&store, tickets, &mut Random::new(1))?;
    let desk = Desk::new(store);
    let query = Query::new(Filter::all()).order(Order::newest()).limit(usize::MAX);
    let all = block_on(desk.find(&query))?.tickets;
    let mut agents = Agents::default();
    let packed: Vec<Packed> = all
        .iter()
        .map(|ticket| Packed {
            status: ticket.status as u8,
            priority: ticket.priority().number(),
            assignee: agents.number(ticket.assignee.as_ref().map(AsRef::as_ref)),
            created: micros(ticket.created),
            responded: ticket.responded.map(micros),
            resolved: ticket.resolved.map(micros),
        })
        .collect();
    drop(all);
    let floor = || -> Result<Duration> { timed(tickets, || by_hand(packed.iter().copied())) };
    let pairs = (0..5).map(|round| Pair::measure(round, || ours(&desk, tickets), floor).transpose());
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    Ok((Line::times(format!("dashboard over {tickets} in memory"), &pairs, goal), median(&pairs)))
}

fn ours(desk: &Desk, tickets: usize) -> Result<Duration> {
    let scan = Scan { filter: Filter::all(), tables: wall(), now: Utc::now() };
    timed(tickets, || Ok(counted(&block_on(desk.tally(&scan))?)))
}

fn timed(tickets: usize, make: impl FnOnce() -> Result<u64>) -> Result<Duration> {
    let start = Instant::now();
    let counted = black_box(make()?);
    let took = start.elapsed();
    if counted == tickets as u64 { Ok(took) } else { Err("the dashboard counts other tickets".into()) }
}

/// The sum of the counts of the first table.
fn counted(tables: &[Table]) -> u64 {
    let values = tables.first().into_iter().flat_map(|table| &table.rows).flat_map(|row| &row.values);
    values.map(|value| if let Measured::Count(count) = value { *count } else { 0 }).sum()
}

#[derive(Clone, Copy)]
struct Packed {
    status: u8,
    priority: u8,
    /// 0 for nobody.
    assignee: u32,
    created: i64,
    responded: Option<i64>,
    resolved: Option<i64>,
}

/// Numbers for agents, from 1.
#[derive(Default)]
struct Agents(HashMap<String, u32>);

impl Agents {
    fn number(&mut self, agent: Option<&str>) -> u32 {
        let Some(agent) = agent else { return 0 };
        if let Some(number) = self.0.get(agent) {
            return *number;
        }
        let number = u32::try_from(self.0.len() + 1).unwrap_or(u32::MAX);
        self.0.insert(agent.to_owned(), number);
        number
    }
}

/// Reads what the dashboard needs into a list.
fn rows(connection: &Connection) -> Result<Vec<Packed>> {
    let sql = "select status, priority, created, responded, resolved, assignee from ticketcore_ticket";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let (mut agents, mut packed) = (Agents::default(), Vec::new());
    while let Some(row) = rows.next()? {
        let status = match row.get_ref(0)?.as_str()? {
            "new" => 0,
            "open" => 1,
            "pending" => 2,
            "resolved" => 3,
            _ => 4,
        };
        packed.push(Packed {
            status,
            priority: row.get(1)?,
            created: row.get(2)?,
            responded: row.get(3)?,
            resolved: row.get(4)?,
            assignee: agents.number(row.get_ref(5)?.as_str_or_null()?),
        });
    }
    Ok(packed)
}

/// Makes the five tables, and says how many tickets the first of them counts.
fn by_hand(rows: impl Iterator<Item = Packed>) -> Result<u64> {
    let mut statuses = [[0_u64; 10]; 5];
    let (mut responses, mut resolutions) = (Vec::new(), Vec::new());
    let mut days = [HashMap::<i64, u64>::new(), HashMap::new()];
    let mut backlog = Vec::<u64>::new();
    for Packed { status, priority, assignee, created, responded, resolved } in rows {
        statuses[usize::from(status)][usize::from(priority)] += 1;
        responses.extend(responded.map(|at| at - created));
        resolutions.extend(resolved.map(|at| at - created));
        *days[0].entry(created.div_euclid(DAY)).or_default() += 1;
        if let Some(at) = resolved {
            *days[1].entry(at.div_euclid(DAY)).or_default() += 1;
        }
        let agent = usize::try_from(assignee)?;
        if agent >= backlog.len() {
            backlog.resize(agent + 1, 0);
        }
        backlog[agent] += u64::from(status < 3);
    }
    let percentiles = |times: &mut Vec<i64>| {
        let last = times.len().saturating_sub(1);
        [50, 90, 95, 99].map(|percent| (!times.is_empty()).then(|| *times.select_nth_unstable(last * percent / 100).1))
    };
    black_box((percentiles(&mut responses), percentiles(&mut resolutions), &days, &backlog));
    Ok(statuses.iter().flatten().sum())
}
