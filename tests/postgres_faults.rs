//! Servers that fail: what was acknowledged is there, what was not is there whole or not at all, and nothing is there
//! twice. `TICKETCORE_LONG=1` goes on for ten times as long.

#[path = "support/cluster.rs"]
mod cluster;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cluster::{Cluster, Database};
use ticketcore::command::Draft;
use ticketcore::config::{Action, At, Step};
use ticketcore::engine::fold;
use ticketcore::id::{TenantId, TicketId, Version};
use ticketcore::query::{Filter, Order, Query, Sort};
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::time::{Clock, ManualClock, SystemClock};
use ticketcore::{Config, Desk, Event, Policy, Priority, Span};
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::sqlx::{self, ConnectOptions, Connection};
use ticketcore_postgres::{PostgresOptions, PostgresStore};

fn open(address: &PgConnectOptions) -> PostgresStore {
    block_on(PostgresOptions::new().connections(6).connect_with(address.clone())).unwrap()
}

/// How long the short form goes on.
fn seconds(short: u64) -> Duration {
    Duration::from_secs(if std::env::var_os("TICKETCORE_LONG").is_some() { short * 10 } else { short })
}

/// What callers were told.
#[derive(Debug, Default)]
struct Told {
    /// Numbers of tickets that were acknowledged, and their versions.
    acknowledged: Mutex<BTreeMap<TicketId, (i64, Version)>>,
    unknown: AtomicUsize,
    refused: AtomicUsize,
}

/// Opens tickets and works on them from many threads through some stores, while something is done to the server.
fn under_load(stores: &[PostgresStore], fault: impl FnOnce() + Send) -> Told {
    let (told, done) = (Told::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for worker in 0..8 {
            let (store, told, done) = (&stores[worker % stores.len()], &told, &done);
            scope.spawn(move || {
                let clerk = Clerk::new(worker as u64 + 1);
                while !done.load(Ordering::Acquire) {
                    let opening = clerk.opening(Draft::incident("Under fire"));
                    let Some(ticket) = told.ask(store, &clerk, opening) else { continue };
                    told.ask(store, &clerk, clerk.tag(&ticket, "worked on"));
                }
            });
        }
        // Whatever becomes of the fault, the others are to end.
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(fault));
        done.store(true, Ordering::Release);
        end.unwrap();
    });
    told
}

impl Told {
    fn ask(
        &self,
        store: &PostgresStore,
        clerk: &Clerk,
        change: ticketcore::store::Change,
    ) -> Option<std::sync::Arc<ticketcore::Ticket>> {
        match block_on(store.commit(clerk.commit([change]))) {
            Ok(mut stored) => {
                let ticket = stored.remove(0);
                self.acknowledged.lock().unwrap().insert(ticket.id, (ticket.number, ticket.version));
                Some(ticket)
            }
            Err(StoreError::Busy) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(StoreError::Backend(_)) => {
                self.unknown.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Compares what callers were told with what is there.
    fn verify(self, store: &PostgresStore, fault: &str) {
        let order = Order { by: Sort::Number, descending: false };
        let all =
            block_on(store.find(&TenantId::MAIN, &Query::new(Filter::all()).order(order).limit(1_000_000))).unwrap();
        let acknowledged = self.acknowledged.into_inner().unwrap();
        let there: BTreeMap<TicketId, (i64, Version)> =
            all.tickets.iter().map(|ticket| (ticket.id, (ticket.number, ticket.version))).collect();
        for (id, (number, version)) in &acknowledged {
            let (found, newest) = there.get(id).unwrap_or_else(|| panic!("{fault}: ticket {number} is lost"));
            assert_eq!(found, number, "{fault}");
            assert!(newest >= version, "{fault}: ticket {number} lost its last change");
        }
        let numbers: Vec<i64> = all.tickets.iter().map(|ticket| ticket.number).collect();
        assert!(numbers.iter().copied().eq((1..).take(numbers.len())), "{fault}: numbers have gaps or doubles");
        // Whole or not at all.
        for ticket in all.tickets.iter().step_by(7) {
            let history = block_on(store.history(&TenantId::MAIN, ticket.id, Version(0), 100)).unwrap();
            let folded = fold(&history).unwrap();
            assert_eq!((folded.version, &folded.tags), (ticket.version, &ticket.tags), "{fault}");
        }
        let counts = store.counts();
        eprintln!(
            "{fault}: {} tickets acknowledged, 0 lost, {} there; {} outcomes unknown, {} refused; {counts:?}",
            acknowledged.len(),
            there.len(),
            self.unknown.into_inner(),
            self.refused.into_inner(),
        );
    }
}

#[test]
fn sessions_that_are_ended_under_load_cost_no_acknowledged_commit() {
    let Some(database) = Database::new() else { return };
    let stores = [open(&database.address), open(&database.address)];
    let told = under_load(&stores, || {
        let end = Instant::now() + seconds(3);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(60));
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid()",
            );
        }
    });
    assert!(stores.iter().any(|store| store.counts().retries > 0), "the fault was felt");
    assert_eq!(told.unknown.load(Ordering::Relaxed), 0, "each is found out by itself");
    told.verify(&stores[0], "sessions ended");
}

/// A process of the server that is killed takes all its sessions with it, and the server starts again.
#[test]
fn a_server_that_is_killed_under_load_costs_no_acknowledged_commit() {
    let Some(programs) = cluster::programs() else {
        assert!(std::env::var_os("CI").is_none(), "no programs of Postgres; CI demands them");
        return eprintln!("SKIPPED: no programs of Postgres were found");
    };
    let server = Cluster::start(programs, "");
    let stores = [open(&server.address()), open(&server.address())];
    let told = under_load(&stores, || {
        let end = Instant::now() + seconds(5);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(900));
            // One of the sessions of the stores, which is a process of the server.
            let victim: Option<i32> = cluster::block_on(async {
                let mut connection = server.address().disable_statement_logging().connect().await.ok()?;
                let sql = "select pid from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend' limit 1";
                let pid = sqlx::query_scalar(sql).fetch_optional(&mut connection).await.ok()?;
                let _ = connection.close().await;
                pid
            });
            if let Some(victim) = victim {
                let kill = std::process::Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap();
                assert!(kill.success());
            }
        }
    });
    let store = open(&server.address());
    assert!(stores.iter().any(|store| store.counts().retries > 0), "the fault was felt");
    told.verify(&store, "server killed");
}

/// Sixteen tickers on four stores that share nothing but the database, whose sessions are ended again and again: every
/// step is taken once.
#[test]
fn every_due_step_is_taken_once_whoever_ticks_and_whoever_is_cut_off() {
    const TICKETS: usize = 300;
    let Some(database) = Database::new() else { return };
    let stores: Vec<PostgresStore> = (0..4).map(|_| open(&database.address)).collect();
    let clock = ManualClock::new(SystemClock.now());
    let desk = |store: &PostgresStore| Desk::new(std::sync::Arc::new(store.clone())).with_clock(clock.clone());
    let config = Config { policies: Vec::new(), ..Config::default() }.policy(
        Policy::first_response("response")
            .target(Priority::P3, Span::hours(4))
            .step(Step::new(At::Percent(50), vec![Action::AssignTeam("second_line".into())]))
            .step(Step::new(At::Percent(100), vec![Action::Escalate(1)])),
    );
    let ids: Vec<TicketId> = block_on(async {
        let desk = desk(&stores[0]);
        desk.publish(config).await.unwrap();
        let mut ids = Vec::new();
        for i in 0..TICKETS {
            ids.push(desk.open(Draft::incident(format!("{i}"))).await.unwrap().id);
        }
        desk.tick().await.unwrap();
        ids
    });
    clock.advance(Span::hours(5).0);
    let left = AtomicUsize::new(16);
    thread::scope(|scope| {
        for ticker in 0..16 {
            let (desk, left) = (desk(&stores[ticker % stores.len()]), &left);
            scope.spawn(move || {
                let start = Instant::now();
                loop {
                    match block_on(desk.tick()) {
                        Ok(ticked) if ticked.tickets == 0 => break,
                        // Some were served, or the connection was cut: again.
                        Ok(_) | Err(_) => assert!(start.elapsed() < Duration::from_secs(60), "it comes to an end"),
                    }
                }
                left.fetch_sub(1, Ordering::Release);
            });
        }
        while left.load(Ordering::Acquire) > 0 {
            thread::sleep(Duration::from_millis(100));
            database.execute(
                "select pg_terminate_backend(pid) from (select pid from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid() order by random() limit 3) s",
            );
        }
    });
    let mut steps = BTreeSet::new();
    for id in &ids {
        let history = block_on(stores[0].history(&TenantId::MAIN, *id, Version(0), 1000)).unwrap();
        let fired = history.iter().filter(|one| matches!(one.event, Event::Fired { .. })).count();
        assert_eq!(fired, 2, "ticket {id}: {:?}", history.iter().map(|one| one.event.name()).collect::<Vec<_>>());
        steps.insert(id);
    }
    assert_eq!(steps.len(), TICKETS);
}
