//! The same question, asked of the tree, of memory, of SQLite and of Postgres, for tickets and for figures.

use std::collections::BTreeSet;
use std::sync::Arc;

use ticketcore::query::language::Scope;
use ticketcore::query::{Query, Sort};
use ticketcore::report::{Dimension, Measure, Measured, Scan, TableSpec, Time};
use ticketcore::testing::sample::{self, Sample};
use ticketcore::testing::{Clerk, Dice, block_on};
use ticketcore::{MemoryStore, Store};

use crate::naive::Naive;
use crate::trees;

/// How many tickets each question is asked about.
const TICKETS: usize = 30;
/// How many questions are asked about the same tickets.
const QUESTIONS: usize = 2500;

/// Stores with the same tickets in them.
struct World {
    clerk: Clerk,
    samples: Vec<Sample>,
    stores: Vec<(&'static str, Arc<dyn Store>)>,
}

impl World {
    fn new(seed: u64, stores: Vec<(&'static str, Arc<dyn Store>)>) -> Self {
        let filled = |store: &Arc<dyn Store>| {
            let clerk = Clerk::new(seed);
            let samples = block_on(sample::fill(&**store, &clerk, &mut Dice::new(seed), TICKETS));
            (clerk, samples)
        };
        let mut all: Vec<(Clerk, Vec<Sample>)> = stores.iter().map(|(_, store)| filled(store)).collect();
        let (clerk, samples) = all.remove(0);
        for (_, other) in all {
            assert!(samples.iter().zip(&other).all(|(one, other)| one.ticket == other.ticket), "the stores differ");
        }
        Self { clerk, samples, stores }
    }

    /// Asks random questions, of a server only one in so many; tells how many found something but not all.
    fn ask(&self, seed: u64, count: usize, server_once_in: usize) -> usize {
        let config = sample::config();
        let scope = Scope::new(&config, self.clerk.now()).by("ada");
        let naive = Naive { samples: &self.samples, now: self.clerk.now(), me: "ada" };
        let mut dice = Dice::new(seed);
        let mut told = 0;
        for round in 0..count {
            let question = trees::question(&mut dice, &self.samples, self.clerk.now(), 1 + round % 3);
            let text = question.to_string();
            let query = Query::parse(&text, &scope).unwrap_or_else(|error| panic!("{error}"));
            let query = query.limit(TICKETS + 1);
            let meant = naive.answer(&question);
            let (mut first, mut others) = (None, None);
            for (name, store) in &self.stores {
                if *name == "postgres" && round % server_once_in != 0 {
                    continue;
                }
                let page =
                    block_on(store.find(self.clerk.tenant(), &query)).unwrap_or_else(|error| panic!("{text}: {error}"));
                let numbers: Vec<i64> = page.tickets.iter().map(|ticket| ticket.number).collect();
                let found: BTreeSet<i64> = numbers.iter().copied().collect();
                assert_eq!(found, meant, "seed {seed}, round {round}: {name} finds others than are meant: {text}");
                let first = first.get_or_insert_with(|| numbers.clone());
                assert_eq!(numbers, *first, "{name} has another order: {text}");

                let tables = block_on(store.tally(self.clerk.tenant(), &self.scan(round, &query))).unwrap();
                // A list in such an order leaves out what has no place in it; a report does not.
                let is_partial = matches!(query.order.by, Sort::Rank | Sort::Resolved | Sort::Closed);
                let counted: u64 = tables[0].rows.iter().map(|row| count_of(&row.values)).sum();
                assert!(
                    is_partial || counted == meant.len() as u64,
                    "{name} counts {counted} where {meant:?} are meant: {text}"
                );
                let others = others.get_or_insert_with(|| tables.clone());
                assert_eq!(tables, *others, "{name} counts otherwise: {text}");
            }
            told += usize::from(!meant.is_empty() && meant.len() < TICKETS);
        }
        told
    }

    /// A report on what a question means, in turns with figures that an index may hold and with others.
    fn scan(&self, round: usize, query: &Query) -> Scan {
        let by = if round.is_multiple_of(2) { Dimension::Team } else { Dimension::State };
        let measures = [Measure::Count, Measure::Age, Measure::FirstResponse(Time::Wall), Measure::Closing];
        let tables = vec![TableSpec::new([by, Dimension::Priority], measures)];
        Scan { filter: query.filter.clone(), tables, now: self.clerk.now() }
    }
}

fn count_of(values: &[Measured]) -> u64 {
    if let Some(Measured::Count(count)) = values.first() { *count } else { 0 }
}

/// A store and its name.
type Named = (&'static str, Arc<dyn Store>);

#[cfg(feature = "sqlite")]
fn sqlite(file: &crate::file::File) -> Named {
    let options = ticketcore_sqlite::SqliteOptions::new().synchronous(ticketcore_sqlite::Durability::Normal);
    ("sqlite", Arc::new(options.open(file.path()).unwrap()))
}

#[cfg(feature = "postgres")]
fn postgres() -> Option<(crate::cluster::Database, Named)> {
    let database = crate::cluster::Database::new()?;
    let options = ticketcore_postgres::PostgresOptions::new().connections(2);
    let store = block_on(options.connect_with(database.address.clone())).unwrap();
    Some((database, ("postgres", Arc::new(store))))
}

#[cfg(not(feature = "postgres"))]
const fn postgres() -> Option<((), Named)> {
    None
}

#[test]
fn a_question_means_what_it_says_and_all_stores_find_it() {
    let long = std::env::var_os("TICKETCORE_LONG").is_some();
    let (worlds, server_once_in) = if long { (400, 1) } else { (2, 10) };
    let questions = if long { QUESTIONS } else { 1200 };
    let workers = if long { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) } else { 2 };
    let next = std::sync::atomic::AtomicU64::new(0);
    let told: usize = std::thread::scope(|scope| {
        let worker = || {
            let mut told = 0;
            loop {
                let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if seed >= worlds {
                    return told;
                }
                let file = crate::file::File::new();
                let mut stores: Vec<(&'static str, Arc<dyn Store>)> = vec![("memory", Arc::new(MemoryStore::new()))];
                stores.push(sqlite(&file));
                let (_database, server) = postgres().unzip();
                stores.extend(server);
                told += World::new(seed, stores).ask(seed, questions, server_once_in);
            }
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let asked = questions * usize::try_from(worlds).unwrap();
    eprintln!("{asked} questions, of which {told} tell some tickets from others");
    assert!(told * 2 > asked, "only {told} of {asked} questions tell tickets apart: they prove too little");
}
