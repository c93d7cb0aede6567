//! Due steps with many tickers in several processes, whose sessions are ended all the while: each step is taken once.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ticketcore::config::{Action, At, Step};
use ticketcore::id::Position;
use ticketcore::store::Store;
use ticketcore::testing::block_on;
use ticketcore::time::{Clock, ManualClock, SystemClock, from_micros, micros};
use ticketcore::{Config, Desk, Draft, Event, Policy, Priority, Span};
use ticketcore_postgres::PostgresStore;
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;

use crate::cluster::Database;
use crate::{long, open};

/// Set for the ticking processes, which are this test binary again: the address, and what the clock shows.
const ADDRESS: &str = "TICKETCORE_FAULTS_ADDRESS";
const NOW: &str = "TICKETCORE_FAULTS_NOW";
const PROCESSES: usize = 4;
const TICKERS: usize = 4;

fn desk(store: &PostgresStore, clock: &ManualClock) -> Desk {
    Desk::new(Arc::new(store.clone())).with_clock(clock.clone())
}

/// Ticks from some threads until nothing is due any more.
#[test]
fn a_ticking_process_of_the_test_below() {
    let (Ok(address), Ok(now)) = (std::env::var(ADDRESS), std::env::var(NOW)) else { return };
    // The pipe ends with the parent.
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    let (socket, database) = address.rsplit_once('/').unwrap();
    let address = PgConnectOptions::new_without_pgpass().socket(socket).port(5432);
    let store = open(&address.username("postgres").database(database));
    let clock = ManualClock::new(from_micros(now.parse().unwrap()).unwrap());
    thread::scope(|scope| {
        for _ in 0..TICKERS {
            scope.spawn(|| {
                let start = Instant::now();
                let desk = desk(&store, &clock);
                // Some were served, or the connection was cut: again.
                while !block_on(desk.tick()).is_ok_and(|ticked| ticked.tickets == 0) {
                    assert!(start.elapsed() < Duration::from_secs(300), "it comes to an end");
                }
            });
        }
    });
}

#[test]
fn every_due_step_is_taken_once_whoever_ticks_and_whoever_is_cut_off() {
    let Some(database) = Database::new() else { return };
    let Some(socket) = database.address.get_socket().cloned() else {
        return eprintln!("SKIPPED: the tickers need a server of our own");
    };
    let tickets = if long() { 10_000 } else { 300 };
    let store = open(&database.address);
    let clock = ManualClock::new(SystemClock.now());
    fill(&desk(&store, &clock), tickets);
    clock.advance(Span::hours(5).0);

    let address = format!("{}/{}", socket.display(), database.name);
    let now = micros(clock.now()).to_string();
    let mut processes: Vec<Child> = (0..PROCESSES).map(|_| spawn(&address, &now)).collect();
    while processes.iter_mut().any(|process| process.try_wait().unwrap().is_none()) {
        thread::sleep(Duration::from_millis(100));
        database.execute(
            "select pg_terminate_backend(pid) from (select pid from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid() order by random() limit 3) s",
        );
    }
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }

    let taken = taken(&store);
    let recorded: usize = taken.values().sum();
    let (due, doubled) = (tickets * 2, recorded - taken.len());
    let missed = due - taken.len();
    eprintln!(
        "fault: due steps, sessions ended | due {due} | recorded {recorded} | missed {missed} | doubled {doubled}"
    );
    assert_eq!((missed, doubled), (0, 0));
}

/// Opens tickets with two steps that come due.
fn fill(desk: &Desk, tickets: usize) {
    let config = Config { policies: Vec::new(), ..Config::default() }.policy(
        Policy::first_response("response")
            .target(Priority::P3, Span::hours(4))
            .step(Step::new(At::Percent(50), vec![Action::AssignTeam("second_line".into())]))
            .step(Step::new(At::Percent(100), vec![Action::Escalate(1)])),
    );
    block_on(async {
        desk.publish(config).await.unwrap();
        for _ in 0..tickets / 100 {
            desk.open_all(vec![Draft::incident("Nobody answers"); 100]).await.unwrap();
        }
        desk.tick().await.unwrap();
    });
}

fn spawn(address: &str, now: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "due::a_ticking_process_of_the_test_below", "--nocapture"])
        .env(ADDRESS, address)
        .env(NOW, now)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// How often each step of each ticket was taken.
fn taken(store: &PostgresStore) -> BTreeMap<(ticketcore::TicketId, u16), usize> {
    let (mut taken, mut after) = (BTreeMap::new(), Position(0));
    loop {
        let events = block_on(store.feed(after, 10_000)).unwrap();
        let Some(last) = events.last() else { return taken };
        after = last.position;
        for recorded in events {
            if let Event::Fired { key, .. } = &recorded.event {
                *taken.entry((recorded.ticket, key.step)).or_default() += 1;
            }
        }
    }
}
