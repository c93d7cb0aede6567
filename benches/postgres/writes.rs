//! Durable writes: callers of one desk against as many clients of pgbench, and commits of many tickets.

use std::time::{Duration, Instant};

use ticketcore::{Command, Draft, Key, TicketId};

use crate::common::Result;
use crate::common::latencies::{Latencies, pretty};
use crate::common::line::{Goal, Line, Pair};
use crate::common::random::Random;
use crate::common::timing::Run;
use crate::common::work::{self, Stage};
use crate::floor::{self, Form, pgbench};
use crate::server::Bench;

/// How many callers at once, how many operations make a round of theirs, and how near to one statement of pgbench's they
/// are to come.
const CALLERS: [(usize, usize, f64); 3] = [(1, 3000, 0.85), (8, 7000, 0.9), (32, 7000, 0.9)];
/// How much faster than several statements one is to be.
const SEVERAL: f64 = 1.5;

pub(crate) fn creates(bench: &Bench) -> Result<Vec<Line>> {
    let scripts = [floor::create(bench, Form::One)?, floor::create(bench, Form::Several)?];
    let mut random = Random::new(2);
    measure(bench, "create", &scripts, |callers, count| {
        let drafts: Vec<Draft> = (0..count).map(|_| work::draft(&mut random)).collect();
        bench.crowd(parts(&drafts, callers), |desk, draft| async move { desk.open(draft).await })
    })
}

pub(crate) fn transitions(bench: &Bench) -> Result<Vec<Line>> {
    let scripts = [floor::transition(bench, Form::One), floor::transition(bench, Form::Several)];
    let mut random = Random::new(3);
    measure(bench, "transition", &scripts, |callers, count| {
        let moves: Vec<(TicketId, Key)> =
            bench.take(count)?.into_iter().map(|id| (id, Stage::New.step(&mut random).0)).collect();
        bench.crowd(parts(&moves, callers), |desk, (id, key)| async move { desk.apply(id, Command::Move(key)).await })
    })
}

fn measure(
    bench: &Bench,
    name: &str,
    scripts: &[String; 2],
    mut ours: impl FnMut(usize, usize) -> Result<Run>,
) -> Result<Vec<Line>> {
    let (rounds, seconds) = (bench.pick(1, 3), bench.pick(1, 2));
    let mut lines = Vec::new();
    for (callers, count, near) in CALLERS {
        let count = bench.pick(count / 20, count);
        // Both programs warm up.
        ours(callers, bench.pick(50, 400) * callers.min(8))?;
        pgbench(bench, &scripts[0], callers, 1)?;
        let (mut one, mut several, mut tails) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let floor = || -> Result<_> {
                let [one, several] = [&scripts[0], &scripts[1]].map(|script| pgbench(bench, script, callers, seconds));
                Ok((one?, several?))
            };
            // In turns as to who is first, as `Pair::measure` has it for two of a kind.
            let first = if round.is_multiple_of(2) { Some(floor()?) } else { None };
            let run = ours(callers, count)?;
            let floor = first.map_or_else(floor, Ok)?;
            tails.push(run.latencies.clone());
            one.push(Pair { ours: run.rate(), floor: floor.0 });
            several.push(Pair { ours: run.rate(), floor: floor.1 });
        }
        let mut all = Latencies::default();
        tails.iter().for_each(|one| all += one);
        let note = format!("p50 {}, p99 {}", pretty(all.median()), pretty(all.quantile(0.99)));
        lines.push(
            Line::rates(format!("{name}: {callers}, against one statement"), &one, Goal::AtLeast(near)).note(note),
        );
        lines.push(Line::rates(format!("{name}: {callers}, against several"), &several, Goal::AtLeast(SEVERAL)));
    }
    Ok(lines)
}

fn parts<I: Clone>(all: &[I], callers: usize) -> Vec<Vec<I>> {
    all.chunks(all.len().div_ceil(callers)).map(<[I]>::to_vec).collect()
}

fn drafts(seed: u64, count: usize) -> Vec<Draft> {
    let mut random = Random::new(seed);
    (0..count).map(|_| work::draft(&mut random)).collect()
}

/// A hundred tickets to a commit, against one.
pub(crate) fn batch(bench: &Bench) -> Result<Vec<Line>> {
    let batches = bench.pick(4, 20);
    let mut pairs = Vec::new();
    for round in 0..bench.pick(1, 5) {
        let all = parts(&drafts(100 + round as u64, 100 * batches), batches);
        let ours = || bench.crowd(vec![all], |desk, drafts| async move { desk.open_all(drafts).await });
        let singles = drafts(200 + round as u64, 10 * batches);
        let floor = || bench.crowd(vec![singles], |desk, draft| async move { desk.open(draft).await });
        let Pair { ours, floor } = Pair::measure(round, ours, floor).transpose()?;
        pairs.push(Pair { ours: 100.0 * ours.rate(), floor: floor.rate() });
    }
    Ok(vec![Line::rates("batch of 100, against singles", &pairs, Goal::AtLeast(6.0))])
}

/// Many tickets, a thousand to a commit, against `COPY` of the rows they have become.
pub(crate) fn import(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(5_000, 100_000);
    let file = std::env::temp_dir().join(format!("ticketcore-copy-{}", std::process::id()));
    let tables = ["ticket", "snapshot", "event", "words"];
    bench.execute("create schema copy")?;
    let before = bench.texts("select coalesce(max(number), 0)::text from ticketcore.ticket")?.concat();
    let all = parts(&drafts(300, count), count.div_ceil(1000));
    let ours = bench.crowd(vec![all], |desk, drafts| async move { desk.open_all(drafts).await })?.wall;
    let mut floor = Duration::ZERO;
    for table in tables {
        let key = if table == "event" { "ticket" } else { "id" };
        let path = file.with_extension(table);
        // The server writes the file, so the server can read it.
        bench.execute(&format!(
            "create table copy.{table} (like ticketcore.{table} including all); \
             copy (select o.* from ticketcore.{table} o join ticketcore.ticket t on t.tenant = o.tenant and t.id = o.{key} \
               where t.number > {before}) to '{path}' (format binary)",
            path = path.display()
        ))?;
        let start = Instant::now();
        bench.execute(&format!("copy copy.{table} from '{}' (format binary)", path.display()))?;
        floor += start.elapsed();
        std::fs::remove_file(&path)?;
    }
    bench.execute("drop schema copy cascade")?;
    let rate = |took: Duration| count as f64 / took.as_secs_f64();
    let pair = Pair { ours: rate(ours), floor: rate(floor) };
    Ok(vec![Line::rates(format!("import of {count}, against COPY"), &[pair], Goal::AtLeast(0.5))])
}
