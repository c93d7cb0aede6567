//! Reads that must not notice how many tickets there are: the empty tick and pages of a queue.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use pollster::block_on;
use rusqlite::OptionalExtension;
use ticketcore::Desk;
use ticketcore::query::{Cursor, Filter, Order, Query};
use ticketcore::time::micros;
use ticketcore_sqlite::{Durability, SqliteStore};

use crate::Bench;
use crate::common::Result;
use crate::common::line::{Goal, Line, Pair};
use crate::common::timing::time;
use crate::common::work::QUEUES;
use crate::raw::connect;

/// The sizes that are compared, the smallest first.
fn sizes(bench: &Bench) -> Vec<usize> {
    match bench {
        Bench { quick: true, .. } => vec![2000, 20_000],
        Bench { huge: false, .. } => vec![10_000, 100_000, 1_000_000],
        Bench { huge: true, .. } => vec![10_000, 100_000, 1_000_000, 10_000_000],
    }
}

/// A desk on a file that nobody writes.
fn desk(bench: &Bench, tickets: usize) -> Result<Desk> {
    Ok(Desk::new(Arc::new(SqliteStore::open(bench.files.base(tickets)?)?)))
}

/// `1k`, `100k`, `10M`.
pub(crate) fn short(count: usize) -> String {
    match count {
        1_000_000.. => format!("{}M", count / 1_000_000),
        1000.. => format!("{}k", count / 1000),
        _ => count.to_string(),
    }
}

/// A tick when nothing is due, against the one look at the index that it cannot do without.
pub(crate) fn tick(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(1000, 10_000);
    let mut lines = Vec::new();
    for tickets in sizes(bench) {
        let desk = desk(bench, tickets)?;
        let connection = connect(&bench.files.base(tickets)?, Durability::Full)?;
        let sql = "select wake from ticketcore_ticket where wake is not null order by wake limit 1";
        let floor = || {
            times(count, |_| {
                let next: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
                Ok(black_box(next.is_some_and(|next| next <= micros(Utc::now()))))
            })
        };
        let ours = || {
            times(count, |_| match block_on(desk.tick())?.tickets {
                0 => Ok(()),
                due => Err(format!("{due} were due").into()),
            })
        };
        let pairs = rounds(ours, floor)?;
        let name = format!("tick, nothing due of {}", short(tickets));
        lines.push(Line::times(name, &pairs, Goal::Within(Duration::from_micros(5))));
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
        let pairs = rounds(|| pages(desk, &first), || pages(smallest, &first))?;
        lines.push(Line::times(name, &pairs, Goal::AtMost(1.5)));
    }
    let deepest = (sizes[sizes.len() - 1] * 6 / 10 / QUEUES.len() / 50 * 9 / 10).min(1000);
    let (deep, deeper) = (after(greatest, deepest / 10)?, after(greatest, deepest)?);
    for (name, ours, floor, goal) in [
        (format!("queue, page {deepest} to the first"), &deeper, &first, Goal::AtMost(8.0)),
        (format!("queue, page {deepest} to page {}", deepest / 10), &deeper, &deep, Goal::AtMost(1.5)),
    ] {
        lines.push(Line::times(name, &rounds(|| pages(greatest, ours), || pages(greatest, floor))?, goal));
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
    times(200, |turn| {
        let (queue, after) = (QUEUES[turn % QUEUES.len()], after[turn % QUEUES.len()]);
        let page = block_on(desk.find(&page_of(queue).after(after)))?;
        if page.tickets.len() == 50 { Ok(page) } else { Err("a page is not full".into()) }
    })
}

/// Five rounds of both.
pub(crate) fn rounds(
    ours: impl Fn() -> Result<Duration>,
    floor: impl Fn() -> Result<Duration>,
) -> Result<Vec<Pair<Duration>>> {
    (0..5).map(|round| Pair::measure(round, &ours, &floor).transpose()).collect()
}

/// The median time of a call, which is told how often it was called before.
pub(crate) fn times<T>(count: usize, call: impl Fn(usize) -> Result<T>) -> Result<Duration> {
    Ok(block_on(time((0..count).collect(), async |turn| call(turn)))?.latencies.median())
}
