//! Live tables: what a read takes however many tickets there are, and what it costs a desk that opens tickets to keep them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pollster::block_on;
use ticketcore::{Desk, Draft, Filter};
use ticketcore_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::Bench;
use crate::common::Result;
use crate::common::line::{Goal, Line, Pair};
use crate::common::work::wall;

pub(crate) fn live(bench: &Bench) -> Result<Vec<Line>> {
    let (few, many) = (bench.pick(2_000, 10_000), bench.pick(20_000, 1_000_000));
    let mut lines = Vec::new();
    let mut reads = Vec::new();
    for tickets in [few, many] {
        let desk = Desk::new(Arc::new(SqliteStore::open(bench.files.base(tickets)?)?));
        block_on(desk.keep_live("wall", Filter::all(), wall()))?;
        let start = Instant::now();
        let events = block_on(desk.catch_up())?;
        let took = start.elapsed();
        let each = took.as_secs_f64() * 1e6 / events as f64;
        lines.push(Line::known(format!("live, counted anew over {tickets}"), format!("{each:.1} us/event")));
        let mut times = Vec::new();
        for _ in 0..201 {
            let start = Instant::now();
            let found = block_on(desk.live("wall"))?;
            times.push(start.elapsed());
            if found.behind > 0 {
                return Err("the live tables are behind".into());
            }
        }
        times.sort_unstable();
        reads.push(times[100]);
        block_on(desk.drop_live("wall"))?;
    }
    let pair = Pair { ours: reads[1], floor: reads[0] };
    lines.push(Line::times(
        format!("live, a read of {many}, to one of {few}"),
        &[pair],
        Goal::Within(Duration::from_millis(2)),
    ));

    // A create, and a share of the work of whoever keeps the tables up to date, beside creates that nobody counts.
    let creates = bench.pick(500, 5_000);
    let opened = |counted| opened(bench, creates, counted);
    let pairs = (0..5).map(|round| Pair::measure(round, || opened(true), || opened(false)).transpose());
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    lines.push(Line::times("live, creates that are counted", &pairs, Goal::AtMost(1.05)));
    Ok(lines)
}

/// Opens tickets in an empty file, and catches up once a second, as a tick does, if so is asked.
fn opened(bench: &Bench, creates: usize, counted: bool) -> Result<Duration> {
    let path = bench.files.folder().join(if counted { "counted.db" } else { "uncounted.db" });
    bench.files.remove(&path)?;
    let store = SqliteOptions::new().synchronous(Durability::Full).open(&path)?;
    let desk = Desk::new(Arc::new(store));
    if counted {
        block_on(desk.keep_live("wall", Filter::all(), wall()))?;
    }
    let (start, mut last) = (Instant::now(), Instant::now());
    for _ in 0..creates {
        block_on(desk.open(Draft::incident("The printer on the second floor is on fire").team("first_line")))?;
        if counted && last.elapsed() >= Duration::from_secs(1) {
            block_on(desk.catch_up())?;
            last = Instant::now();
        }
    }
    if counted {
        block_on(desk.catch_up())?;
    }
    Ok(start.elapsed())
}
