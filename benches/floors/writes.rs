//! Durable writes: one caller, many callers, batches, and the host's own transaction.
//!
//! Both programs begin on copies of one file, wait for the disk at every commit (`synchronous=FULL`) and copy the WAL
//! back at the same length; the floor does so as SQLite does by itself, ours beside the writer.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pollster::block_on;
use rusqlite::TransactionBehavior;
use ticketcore::query::{Filter, Query};
use ticketcore::{Command, Desk, Draft, Key, TicketId};
use ticketcore_sqlite::{Durability, SqliteOptions, commit_in};

use crate::Bench;
use crate::common::latencies::{Latencies, median, pretty};
use crate::common::line::{Goal, Line, Pair, tails};
use crate::common::machine;
use crate::common::random::Random;
use crate::common::timing::{Run, crowd, time};
use crate::common::work::{self, Stage};
use crate::common::{Error, Result};
use crate::files::{CHECKPOINT, new_tickets};
use crate::raw::{Raw, Recorder, Rows, connect};

/// Both programs, each on a copy of the same file.
struct Both<'a> {
    bench: &'a Bench,
    desk: Desk,
    raw: Raw,
    paths: Pair<PathBuf>,
    /// How long the disk takes to sync.
    fsync: Latencies,
}

impl<'a> Both<'a> {
    fn new(bench: &'a Bench) -> Result<Self> {
        let tickets = bench.pick(20_000, 1_000_000);
        let paths = Pair { ours: bench.files.copy(tickets, "ours.db")?, floor: bench.files.copy(tickets, "floor.db")? };
        let store = SqliteOptions::new().checkpoint_pages(CHECKPOINT).open(&paths.ours)?;
        let desk = Desk::new(Arc::new(store)).by(work::agent());
        let (raw, fsync) = (Raw::new(&paths.floor)?, machine::fsync(bench.files.folder())?);
        Ok(Self { bench, desk, raw, paths, fsync })
    }

    /// How many operations of one caller make a round, which on a slow disk is not to last for minutes.
    fn count(&self, quick: usize, full: usize) -> usize {
        let time = Duration::from_millis(if self.bench.quick { 400 } else { 2000 });
        let each = self.fsync.mean() + Duration::from_micros(150);
        let fits = usize::try_from(time.as_micros() / each.as_micros()).unwrap_or(usize::MAX);
        fits.min(self.bench.pick(quick, full))
    }

    /// The rows that the floor is to write of drafts.
    fn rows(&self, drafts: &[Draft]) -> Result<Vec<Rows>> {
        Recorder::new(&self.paths.floor)?.creates(drafts)
    }

    fn open(&self, drafts: Vec<Draft>) -> Result<Run> {
        block_on(time(drafts, async |draft| self.desk.open(draft).await))
    }

    fn write(&self, rows: Vec<Rows>) -> Result<Run> {
        block_on(time(rows, async |rows| self.raw.commit(&[rows])))
    }

    /// Lets the library do what it put off, so that it does not do it while the floor runs: it indexes the words of what
    /// was written. Returns the CPU time of that.
    fn settle(&self) -> Result<Duration> {
        let cpu = machine::cpu();
        let filter = Filter { words: vec!["nothing".into()], ..Filter::default() };
        block_on(self.desk.find(&Query::new(filter).limit(1)))?;
        let indexing = machine::cpu().saturating_sub(cpu);
        // The housekeeper looks up every 50 ms, and goes to sleep when there was nothing to do five times.
        thread::sleep(Duration::from_millis(400));
        Ok(indexing)
    }

    fn settled(&self, run: Result<Run>) -> Result<Run> {
        self.settle()?;
        run
    }

    /// What rates are to be read beside.
    fn note(&self, pairs: &[Pair<Run>]) -> String {
        let effort =
            |run: fn(&Pair<Run>) -> &Run| median(pairs.iter().map(|pair| run(pair).effort().as_secs_f64() * 1e6));
        let (ours, floor) = (effort(|pair| &pair.ours), effort(|pair| &pair.floor));
        let latencies: Vec<_> = pairs.iter().map(|pair| pair.map(|run| run.latencies.clone())).collect();
        format!("cpu {ours:.0} : {floor:.0} us, {}, fsync {}", tails(&latencies), pretty(self.fsync.median()))
    }

    fn finish(self, lines: Vec<Line>) -> Result<Vec<Line>> {
        let Self { bench, desk, raw, paths, fsync: _ } = self;
        drop((desk, raw));
        bench.files.remove(&paths.ours)?;
        bench.files.remove(&paths.floor)?;
        Ok(lines)
    }
}

/// Drafts for one round of one measure.
fn drafts(round: usize, count: usize) -> Vec<Draft> {
    let mut random = Random::new(1000 + round as u64);
    (0..count).map(|_| work::draft(&mut random)).collect()
}

fn rates(pairs: &[Pair<Run>]) -> Vec<Pair<f64>> {
    pairs.iter().map(|pair| pair.map(Run::rate)).collect()
}

fn efforts(pairs: &[Pair<Run>]) -> Vec<Pair<Duration>> {
    pairs.iter().map(|pair| pair.map(Run::effort)).collect()
}

/// One caller: what the library costs above the statements.
pub(crate) fn one_caller(bench: &Bench) -> Result<Vec<Line>> {
    let both = Both::new(bench)?;
    let (rounds, count) = (bench.pick(3, 9), both.count(500, 4000));
    let mut ids = new_tickets(&both.paths.floor)?;
    let (mut creates, mut indexing, mut transitions) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let drafts = drafts(round, count);
        let rows = both.rows(&drafts)?;
        let ours = || {
            let run = both.open(drafts);
            indexing.push(both.settle()?.as_secs_f64() / count as f64);
            run
        };
        creates.push(Pair::measure(round, ours, || both.write(rows)).transpose()?);
    }
    // Each ticket is moved once, in an order of no order: the pages it stands on are seldom in SQLite's cache.
    let mut random = Random::new(2);
    random.shuffle(&mut ids);
    for (round, ids) in ids.chunks(count).take(rounds).enumerate() {
        let moves: Vec<(TicketId, Key)> = ids.iter().map(|id| (*id, Stage::New.step(&mut random).0)).collect();
        let rows = Recorder::new(&both.paths.floor)?.moves(&moves)?;
        let ours = || {
            let apply = async |(id, key)| both.desk.apply(id, Command::Move(key)).await;
            both.settled(block_on(time(moves, apply)))
        };
        transitions.push(Pair::measure(round, ours, || both.write(rows)).transpose()?);
    }
    let indexing = pretty(Duration::from_secs_f64(median(indexing)));
    let lines = vec![
        Line::rates("sqlite create", &rates(&creates), Goal::AtLeast(0.9)).note(both.note(&creates)),
        Line::extra("sqlite create, cpu", &efforts(&creates), 10.0),
        Line::known("sqlite create, words indexed later, cpu", indexing),
        Line::rates("sqlite transition", &rates(&transitions), Goal::AtLeast(0.9)).note(both.note(&transitions)),
        Line::extra("sqlite transition, cpu", &efforts(&transitions), 10.0),
    ];
    both.finish(lines)
}

/// Many callers, each waiting for its own commit, against one that has the file to itself, and against as many
/// connections as callers.
pub(crate) fn callers(bench: &Bench) -> Result<Vec<Line>> {
    let both = Both::new(bench)?;
    // Many callers share a sync, so that more of their operations fit into a round.
    let (rounds, count) = (bench.pick(3, 5), 4 * both.count(160, 1600));
    let (mut few, mut many, mut naive, mut tails) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let drafts = drafts(round, 2 * count);
        let rows = both.rows(&drafts[..count / 2])?;
        let (rows, rest) = rows.split_at(count / 4);
        let ours = |callers: usize, drafts: &[Draft]| {
            let open = || Ok(|draft| block_on(both.desk.open(draft)));
            both.settled(crowd(parts(drafts, callers), open))
        };
        // As hosts do who know no better: SQLite's locks and its busy handler put 32 writers in order.
        let connections = || {
            crowd(parts(rest, 32), || {
                let raw = Raw::new(&both.paths.floor)?;
                Ok(move |rows| raw.commit(&[rows]))
            })
        };
        let ours = || -> Result<_> { Ok((ours(8, &drafts[..count])?, ours(32, &drafts[count..])?)) };
        let floor = || Ok((both.write(rows.to_vec())?, connections()?));
        let Pair { ours: (eight, ours), floor: (one, floor) } = Pair::measure(round, ours, floor).transpose()?;
        tails.push(Pair { ours: eight.latencies.quantile(0.99), floor: eight.latencies.median() });
        few.push(Pair { ours: eight, floor: one.clone() });
        many.push(Pair { ours: ours.clone(), floor: one });
        naive.push(Pair { ours, floor });
    }
    let lines = vec![
        Line::rates("callers: 8, against one by hand", &rates(&few), Goal::AtLeast(1.8)).note(both.note(&few)),
        Line::rates("callers: 32, against one by hand", &rates(&many), Goal::AtLeast(3.0)).note(both.note(&many)),
        Line::rates("callers: 32, against 32 connections", &rates(&naive), Goal::AtLeast(12.0)).note(both.note(&naive)),
        Line::times("callers: 8, p99 against p50", &tails, Goal::AtMost(3.0)),
    ];
    both.finish(lines)
}

fn parts<I: Clone>(all: &[I], callers: usize) -> Vec<Vec<I>> {
    all.chunks(all.len().div_ceil(callers)).map(<[I]>::to_vec).collect()
}

/// A thousand tickets to a commit.
pub(crate) fn batch(bench: &Bench) -> Result<Vec<Line>> {
    let both = Both::new(bench)?;
    let (rounds, batches) = (bench.pick(3, 9), bench.pick(1, 5));
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let drafts = drafts(round, batches * 1000);
        let rows = both.rows(&drafts)?;
        let ours =
            || both.settled(block_on(time(parts(&drafts, batches), async |drafts| both.desk.open_all(drafts).await)));
        let floor = || block_on(time(parts(&rows, batches), async |rows: Vec<Rows>| both.raw.commit(&rows)));
        pairs.push(Pair::measure(round, ours, floor).transpose()?);
    }
    let rates: Vec<_> = rates(&pairs).iter().map(|pair| pair.map(|batches| batches * 1000.0)).collect();
    let lines = vec![Line::rates("batch of 1000 creates", &rates, Goal::AtLeast(0.85)).note(both.note(&pairs))];
    both.finish(lines)
}

/// A row of the host's and a ticket in the host's own transaction, on the host's own connection.
pub(crate) fn host(bench: &Bench) -> Result<Vec<Line>> {
    const ORDER: &str = "insert into orders (text) values ('a row of the host''s own')";
    let both = Both::new(bench)?;
    let mut connection = connect(&both.paths.ours, Durability::Full)?;
    for connection in [&connection, &both.raw.connection] {
        connection.execute_batch("create table orders (number integer primary key, text text not null)")?;
    }
    let (rounds, count) = (bench.pick(3, 9), both.count(300, 2000));
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let drafts = drafts(round, count);
        let rows = both.rows(&drafts)?;
        let open = async |draft| {
            let commit = both.desk.prepare_open(draft).await?.ok_or("a draft was known")?;
            let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.prepare_cached(ORDER)?.execute([])?;
            commit_in(&mut transaction, &commit)?;
            Ok::<_, Error>(transaction.commit()?)
        };
        let write = async |rows: Rows| {
            both.raw.execute("begin immediate")?;
            both.raw.execute(ORDER)?;
            both.raw.write(&rows)?;
            both.raw.execute("commit")
        };
        let ours = || both.settled(block_on(time(drafts, open)));
        pairs.push(Pair::measure(round, ours, || block_on(time(rows, write))).transpose()?);
    }
    drop(connection);
    let lines = vec![
        Line::rates("host's transaction, create", &rates(&pairs), Goal::AtLeast(0.9)).note(both.note(&pairs)),
        Line::extra("host's transaction, create, cpu", &efforts(&pairs), 10.0),
    ];
    both.finish(lines)
}
