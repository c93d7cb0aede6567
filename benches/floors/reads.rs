//! Reads that must not notice how many tickets there are: the empty tick, pages of a queue, and search.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use pollster::block_on;
use rusqlite::OptionalExtension;
use ticketcore::query::{Cursor, Filter, Order, Query};
use ticketcore::time::micros;
use ticketcore::Desk;
use ticketcore_sqlite::{Durability, SqliteStore};

use crate::common::latencies::{Latencies, pretty};
use crate::common::machine;
use crate::common::work::{QUEUES, word};
use crate::line::{Goal, Line, Pair};
use crate::raw::connect;
use crate::{Bench, Result};

const ROUNDS: usize = 5;

/// The sizes that are compared, the smallest first.
fn sizes(bench: &Bench) -> Vec<usize> {
    if bench.quick { vec![2000, 20_000] } else { vec![10_000, 100_000, 1_000_000] }
}

/// A desk on a file that nobody writes.
fn desk(bench: &Bench, tickets: usize) -> Result<Desk> {
    Ok(Desk::new(Arc::new(SqliteStore::open(bench.files.base(tickets)?)?)))
}

/// `1k`, `100k`, `1M`.
fn short(count: usize) -> String {
    match count {
        1_000_000.. => format!("{}M", count / 1_000_000),
        1000.. => format!("{}k", count / 1000),
        _ => count.to_string(),
    }
}

/// A tick when nothing is due, against the one look at the index that it cannot do without.
pub(crate) fn tick(bench: &Bench) -> Result<Vec<Line>> {
    let count = u32::try_from(bench.pick(1000, 10_000))?;
    let mut lines = Vec::new();
    for tickets in sizes(bench) {
        let desk = desk(bench, tickets)?;
        let connection = connect(&bench.files.base(tickets)?, Durability::Full)?;
        let sql = "select wake from ticketcore_ticket where wake is not null order by wake limit 1";
        let floor = || -> Result<Duration> {
            let start = Instant::now();
            for _ in 0..count {
                let next: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
                black_box(next.is_some_and(|next| next <= micros(Utc::now())));
            }
            Ok(start.elapsed() / count)
        };
        let ours = || -> Result<Duration> {
            let start = Instant::now();
            for _ in 0..count {
                let ticked = block_on(desk.tick())?;
                if ticked.tickets > 0 {
                    return Err(format!("{} were due", ticked.tickets).into());
                }
            }
            Ok(start.elapsed() / count)
        };
        let pairs = (0..ROUNDS).map(|round| Pair::measure(round, ours, floor).transpose());
        let name = format!("tick, nothing due of {}", short(tickets));
        lines.push(Line::within(name, &pairs.collect::<Result<Vec<_>>>()?, Goal::AtMost(5.0)));
    }
    Ok(lines)
}

/// Pages of a queue: the first at every size, and deep ones at the greatest. Each figure is of the same page of ten
/// queues, in turns.
pub(crate) fn queue(bench: &Bench) -> Result<Vec<Line>> {
    let sizes = sizes(bench);
    let desks = sizes.iter().map(|tickets| desk(bench, *tickets)).collect::<Result<Vec<_>>>()?;
    let (Some(smallest), Some(greatest)) = (desks.first(), desks.last()) else { return Ok(Vec::new()) };
    let first = vec![None; QUEUES.len()];
    let mut lines = Vec::new();
    for (tickets, desk) in sizes.iter().zip(&desks).skip(1) {
        let name = format!("queue, first page of {} to {}", short(*tickets), short(sizes[0]));
        let ours = || pages(desk, &first);
        let pairs = (0..ROUNDS).map(|round| Pair::measure(round, ours, || pages(smallest, &first)).transpose());
        lines.push(Line::times(name, &pairs.collect::<Result<Vec<_>>>()?, Goal::AtMost(1.5)));
    }
    let deepest = (sizes[sizes.len() - 1] * 6 / 10 / QUEUES.len() / 50 * 9 / 10).min(1000);
    let (deep, deeper) = (after(greatest, deepest / 10)?, after(greatest, deepest)?);
    for (name, ours, floor, goal) in [
        (format!("queue, page {deepest} to the first"), &deeper, &first, Goal::AtMost(8.0)),
        (format!("queue, page {deepest} to page {}", deepest / 10), &deeper, &deep, Goal::AtMost(1.5)),
    ] {
        let ours = || pages(greatest, ours);
        let pairs = (0..ROUNDS).map(|round| Pair::measure(round, ours, || pages(greatest, floor)).transpose());
        lines.push(Line::times(name, &pairs.collect::<Result<Vec<_>>>()?, goal));
    }
    Ok(lines)
}

fn page_of(queue: &str) -> Query {
    Query::new(Filter::queue(queue)).order(Order::rank())
}

/// Where a page of each queue begins.
fn after(desk: &Desk, page: usize) -> Result<Vec<Option<Cursor>>> {
    let cursor = |queue: &&str| Ok(block_on(desk.find(&page_of(queue).limit(50 * (page - 1))))?.next);
    QUEUES.iter().map(cursor).collect()
}

/// The median time of a page.
fn pages(desk: &Desk, after: &[Option<Cursor>]) -> Result<Duration> {
    let mut latencies = Latencies::default();
    for _ in 0..20 {
        for (queue, after) in QUEUES.iter().zip(after) {
            let start = Instant::now();
            let page = block_on(desk.find(&page_of(queue).after(*after)))?;
            latencies.record(start.elapsed());
            if page.tickets.len() != 50 {
                return Err("a page is not full".into());
            }
        }
    }
    Ok(latencies.median())
}

/// The newest twenty tickets that hold words, against the same question put to the index of words by hand, which gives
/// their rows and no tickets.
pub(crate) fn search(bench: &Bench) -> Result<Vec<Line>> {
    let tickets = bench.pick(5000, 200_000);
    let path = bench.files.copy(tickets, "search.db")?;
    let connection = connect(&path, Durability::Full)?;
    connection.execute("update ticketcore_indexed set position = 0", [])?;
    let desk = Desk::new(Arc::new(SqliteStore::open(&path)?));
    let (cpu, start) = (machine::cpu(), Instant::now());
    let question = |words: &[String]| {
        let filter = Filter { words: words.to_vec(), ..Filter::default() };
        block_on(desk.find(&Query::new(filter).limit(20)))
    };
    question(&[word(0)])?;
    let each = |time: Duration| pretty(time.div_f64(tickets as f64));
    let indexed = each((machine::cpu() - cpu).max(start.elapsed()));
    let mut lines = vec![Line::known(format!("search, to index each of {}", short(tickets)), indexed)];

    let sql = "select rowid from ticketcore_words where ticketcore_words match ?1 order by rowid desc limit 20";
    for (name, words) in [
        ("rare word", vec![word(4900)]),
        ("common word", vec![word(2)]),
        ("two words", vec![word(40), word(60)]),
    ] {
        let asked = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
        let floor = || {
            let mut statement = connection.prepare_cached(sql)?;
            let rows: Vec<i64> = statement.query_map([&asked], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.len())
        };
        let pairs = (0..ROUNDS).map(|round| Pair::measure(round, || times(|| Ok(question(&words)?.tickets.len())), || times(floor)).transpose());
        let found = question(&words)?.tickets.len();
        let line = Line::times(format!("search, {name}"), &pairs.collect::<Result<Vec<_>>>()?, Goal::None);
        lines.push(line.note(format!("{found} found")));
    }
    drop((desk, connection));
    bench.files.remove(&path)?;
    Ok(lines)
}

/// The median time of a call.
fn times(call: impl Fn() -> Result<usize>) -> Result<Duration> {
    let mut latencies = Latencies::default();
    for _ in 0..50 {
        let start = Instant::now();
        black_box(call()?);
        latencies.record(start.elapsed());
    }
    Ok(latencies.median())
}
