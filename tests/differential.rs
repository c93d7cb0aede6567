//! All stores are alike: whatever happens to a desk, each of them gives the same answers and keeps the same log.
//!
//! What happens is random, and so is what is asked. A failure is shrunk to the fewest acts that still lead to it, each
//! shown as the seed it was made from. `TICKETCORE_LONG=1` runs a hundred times as many scenarios.

#[path = "support/acts.rs"]
mod acts;
#[cfg(feature = "postgres")]
#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/courses.rs"]
mod courses;
#[path = "../examples/custom_store.rs"]
#[expect(dead_code, reason = "its `main` is run as an example")]
mod custom_store;
#[path = "support/laws.rs"]
mod laws;
#[path = "support/live.rs"]
mod live;
#[path = "support/file.rs"]
mod temporary;
#[path = "support/world.rs"]
mod world;

use std::collections::HashMap;
use std::sync::Arc;

use acts::Act;
use chrono::{DateTime, Utc};
use custom_store::CustomStore;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use temporary::File;
use ticketcore::query::{Order, Sort};
use ticketcore::report::{Dimension, Measure, Scan, Table, TableSpec, Time};
use ticketcore::testing::{Dice, block_on};
use ticketcore::time::{Clock, ManualClock};
use ticketcore::{ActorKind, Filter, MemoryStore, Position, Query, Ticket};
use ticketcore_sqlite::{Durability, SqliteOptions};
use world::World;

/// Every store there is on one clock; the first twice, as equal desks are to be equal on one kind of store, too.
fn worlds(clock: &ManualClock, file: &File) -> Vec<World> {
    // No scenario cuts the power.
    let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
    vec![
        World::new("memory", MemoryStore::new(), clock),
        World::new("memory again", MemoryStore::new(), clock),
        World::new("custom", CustomStore::default(), clock),
        World::new("sqlite", sqlite, clock),
    ]
}

/// A world on a server, and the database to be kept for as long; the others are compared also where there is none.
#[cfg(feature = "postgres")]
fn postgres(clock: &ManualClock) -> Option<(cluster::Database, World)> {
    let database = cluster::Database::new()?;
    let options = ticketcore_postgres::PostgresOptions::new().connections(2);
    let store = block_on(options.connect_with(database.address.clone())).unwrap();
    Some((database, World::new("postgres", store, clock)))
}

#[cfg(not(feature = "postgres"))]
const fn postgres(_: &ManualClock) -> Option<((), World)> {
    None
}

/// Runs scenarios, each a list of seeds of acts, and shrinks the one that fails.
fn scenarios(count: u32, length: usize, scenario: impl Fn(&[u64])) {
    let count = if std::env::var_os("TICKETCORE_LONG").is_some() { count * 100 } else { count };
    let config = Config { cases: count, failure_persistence: None, max_shrink_iters: 4000, ..Config::default() };
    // The same scenarios every time; another seed for each longer run.
    let seed = count.to_le_bytes().repeat(8);
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let seeds = prop::collection::vec(any::<u64>().no_shrink(), 1..length);
    let run = |seeds: Vec<u64>| {
        scenario(&seeds);
        Ok(())
    };
    if let Err(error) = runner.run(&seeds, run) {
        panic!("{error}");
    }
}

#[test]
fn all_stores_give_the_same_answers_and_keep_the_laws() {
    scenarios(30, 90, |seeds| block_on(alike(seeds)));
}

async fn alike(seeds: &[u64]) {
    let clock = world::clock();
    let file = File::new();
    let (_database, server) = postgres(&clock).unzip();
    let mut worlds = worlds(&clock, &file);
    worlds.extend(server);
    let (mut first_answers, mut moments) = (HashMap::new(), Vec::new());
    for world in &worlds {
        live::begin(world).await;
    }
    if seeds[0].is_multiple_of(2) {
        // The other desks work by the default rules for a while, and publish their own later if at all.
        same(&worlds, 0, &Act::Publish(0), 0).await;
    }
    for (number, seed) in seeds.iter().enumerate() {
        let mut dice = Dice::new(*seed);
        let tenant = usize::from(dice.once_in(3));
        let act = Act::any(&mut dice, &worlds[0].known(tenant).await, clock.now());
        clock.advance(act.time());
        let before = worlds[0].store.feed(Position(0), usize::MAX).await.unwrap().len();
        let answer = same(&worlds, tenant, &act, number).await;
        let written = worlds[0].store.feed(Position(0), usize::MAX).await.unwrap();
        if let Some(key) = act.once() {
            // Others may see less of the ticket, or nothing.
            let all = act.actor().is_some_and(|actor| actor.kind != ActorKind::Requester);
            repeats(&mut first_answers, (tenant, key.to_owned()), &answer, written.len() - before, all);
        }
        let mut touched: Vec<_> = written[before..].iter().map(|one| one.ticket).collect();
        touched.dedup();
        for id in touched {
            laws::of_ticket(&worlds[0], tenant, id, &mut dice).await;
            courses::of_ticket(&worlds[0], tenant, id).await;
        }
        // What was seen at an instant is not all of it if more is written of then: at once, or after the clock was put back.
        moments.retain(|moment: &Moment| written[before..].iter().all(|one| moment.at < one.at));
        live::is_what_a_scan_finds(&worlds[0], tenant).await;
        if dice.once_in(16) && written.iter().all(|one| one.at <= clock.now()) {
            moments.push(Moment::of(&worlds[0], tenant).await);
        }
    }
    // A clock that was put back may not have come as far again.
    for moment in moments.iter().filter(|moment| moment.at <= clock.now()) {
        moment.is_the_past_of(&worlds).await;
    }
    // Every desk comes to rest: what is due is done, and every index is of the newest rules.
    for _ in 0..4 {
        clock.advance(Act::Tick.time());
        same(&worlds, 0, &Act::Tick, seeds.len()).await;
    }
    same(&worlds, 0, &Act::Feed(100), seeds.len()).await;
    for world in &worlds {
        for tenant in [0, 1] {
            laws::of_index(world, tenant).await;
            live::is_what_a_scan_finds(world, tenant).await;
            live::keeps_promises(world, tenant).await;
            courses::of_backlog(world, tenant).await;
            laws::plays_the_same(world, tenant).await;
            let verified = world.desk(tenant).verify(|_| {}).await.unwrap();
            assert_eq!(verified.broken, None, "{}", world.name);
        }
    }
}

/// All that stood in a tenant's desk at an instant, and a count of it.
struct Moment {
    at: DateTime<Utc>,
    tenant: usize,
    tickets: Vec<Arc<Ticket>>,
    tables: Vec<Table>,
}

impl Moment {
    const ALL: Order = Order { by: Sort::Number, descending: false };

    fn scan(at: DateTime<Utc>) -> Scan {
        use Measure::{Age, Backlog, Count, FirstResponse, Reopens, Resolution};
        let measures = [Count, Backlog, Age, Reopens, FirstResponse(Time::Business), Resolution(Time::Business)];
        let tables = vec![TableSpec::new([Dimension::Status, Dimension::Assignee], measures)];
        Scan { filter: Filter::all(), tables, now: at }
    }

    async fn of(world: &World, tenant: usize) -> Self {
        let (desk, all) = (world.desk(tenant), Query::new(Filter::all()).order(Self::ALL).limit(usize::MAX));
        let at = desk.now();
        let tickets = desk.find(&all).await.unwrap().tickets;
        Self { at, tenant, tickets, tables: desk.tally(&Self::scan(at)).await.unwrap() }
    }

    /// Law 69: what was answered then is answered of then now, whatever has happened since; a page at a time.
    async fn is_the_past_of(&self, worlds: &[World]) {
        for world in worlds {
            let past = world.desk(self.tenant).as_of(self.at).await.unwrap();
            let mut query = Query::new(Filter::all()).order(Self::ALL).limit(3);
            let mut tickets = Vec::new();
            loop {
                let page = past.find(&query).await.unwrap();
                tickets.extend(page.tickets);
                if page.next.is_none() {
                    break;
                }
                query = query.after(page.next);
            }
            assert_eq!(tickets, self.tickets, "law 69: {} at {}", world.name, self.at);
            let tables = past.tally(&Self::scan(self.at)).await.unwrap();
            assert_eq!(tables, self.tables, "law 69: {} at {}", world.name, self.at);
        }
    }
}

/// Does the same in all worlds, which have to answer alike.
async fn same(worlds: &[World], tenant: usize, act: &Act, number: usize) -> String {
    let answer = worlds[0].act(tenant, act).await;
    for world in &worlds[1..] {
        let other = world.act(tenant, act).await;
        if other != answer {
            let differs = answer.lines().zip(other.lines()).find(|(one, other)| one != other);
            panic!("act {number}: {} and {} differ, first in {differs:#?}:\n{act:#?}", worlds[0].name, world.name);
        }
    }
    answer
}

/// Law 67: the same key gets the same answer, and is carried out once.
fn repeats(
    first: &mut HashMap<(usize, String), Option<String>>,
    key: (usize, String),
    answer: &str,
    written: usize,
    all: bool,
) {
    match first.get(&key) {
        Some(Some(first)) if all => assert_eq!((answer, written), (first.as_str(), 0), "law 67: {key:?}"),
        Some(_) => assert_eq!(written, 0, "law 67: {key:?}"),
        None if answer.starts_with("Ok") => drop(first.insert(key, all.then(|| answer.to_owned()))),
        // What was refused is not remembered.
        None => {}
    }
}

/// Law 73: what a tenant sees does not depend on what other tenants do.
#[test]
fn law_73_other_tenants_commands_are_invisible_to_a_tenant() {
    scenarios(40, 90, |seeds| block_on(undisturbed(seeds)));
}

async fn undisturbed(seeds: &[u64]) {
    let (clock, quiet_clock) = (world::clock(), world::clock());
    let both = World::new("both tenants", MemoryStore::new(), &clock);
    let alone = World::new("one tenant", MemoryStore::new(), &quiet_clock);
    for (number, seed) in seeds.iter().enumerate() {
        let mut dice = Dice::new(*seed);
        let tenant = usize::from(dice.once_in(2));
        let act = Act::any(&mut dice, &both.known(tenant).await, clock.now());
        clock.advance(act.time());
        quiet_clock.advance(act.time());
        let answer = both.act(tenant, &act).await;
        match act {
            Act::Tick => drop(alone.act(tenant, &act).await),
            // These tell of all tenants, so hosts show them to none.
            Act::Feed(_) | Act::Due(_) => {}
            _ if tenant == 0 => assert_eq!(alone.act(tenant, &act).await, answer, "law 73: act {number}: {act:#?}"),
            _ => {}
        }
    }
}
