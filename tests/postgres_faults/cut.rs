//! Connections that are cut: in the middle of a question, in the middle of an answer, and between the two, when the server
//! has written a commit and nobody hears of it.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ticketcore::command::Draft;
use ticketcore::id::TenantId;
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Desk, Error};
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::{PostgresOptions, PostgresStore};

use crate::cluster::Database;
use crate::load::{SUBJECT, under_load};
use crate::proxy::{Proxy, Then};
use crate::{open, seconds};

/// A database with a proxy before it, if the server is on a socket.
fn behind_a_proxy() -> Option<(Database, Proxy)> {
    let database = Database::new()?;
    if database.address.get_socket().is_none() {
        eprintln!("SKIPPED: the proxy needs a server of our own");
        return None;
    }
    let proxy = Proxy::before(&database.address);
    Some((database, proxy))
}

/// A store that does not try for long.
fn impatient(address: &PgConnectOptions, timeout: Duration) -> PostgresStore {
    block_on(PostgresOptions::new().connections(6).timeout(timeout).connect_with(address.clone())).unwrap()
}

#[test]
fn connections_that_are_cut_anywhere_under_load_cost_no_acknowledged_commit() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    let stores = [0, 1].map(|_| open(&proxy.address(&database.address)));
    let told = under_load(&stores, |_| {
        proxy.cut_by_chance(Some(7));
        thread::sleep(seconds(3));
        proxy.pass();
    });
    assert!(proxy.cuts() > 10, "{} cuts", proxy.cuts());
    assert!(told.again() > 0, "the fault was felt");
    told.verify(&open(&database.address), "connections cut anywhere");
}

#[test]
fn answers_to_commits_that_are_swallowed_under_load_double_nothing() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    let stores = [0, 1].map(|_| open(&proxy.address(&database.address)));
    let told = under_load(&stores, |_| {
        // Only what is written holds a ticket's subject.
        proxy.swallow(SUBJECT, 5, Then::Again);
        thread::sleep(seconds(3));
        proxy.pass();
    });
    let swallowed = proxy.swallowed();
    assert!(swallowed > 10, "{swallowed} swallowed");
    assert!(told.again() >= swallowed as u64, "each was noticed, and sent again or found");
    told.verify(&open(&database.address), "answers to commits swallowed");
}

#[test]
fn a_server_that_is_out_of_reach_when_it_has_written_is_asked_again() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    // Not so patient as to wait until the server is back.
    let stores = [0, 1].map(|_| impatient(&proxy.address(&database.address), Duration::from_millis(500)));
    let told = under_load(&stores, |_| {
        let end = Instant::now() + seconds(3);
        while Instant::now() < end {
            proxy.swallow(SUBJECT, 5, Then::Shut);
            thread::sleep(Duration::from_millis(1200));
            proxy.pass();
            thread::sleep(Duration::from_millis(300));
        }
    });
    assert!(proxy.swallowed() > 0 && told.unknown() > 0, "callers heard of it");
    told.verify(&open(&database.address), "server out of reach after commits");
}

/// The server is out of reach after it has written: the caller hears that the outcome is unknown, and the key settles it.
#[test]
fn a_commit_whose_answer_is_lost_with_the_server_is_unknown_until_it_is_repeated() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    let desk = Desk::new(Arc::new(impatient(&proxy.address(&database.address), Duration::from_secs(1))));
    block_on(desk.open(Draft::incident("Before"))).unwrap();
    proxy.swallow(SUBJECT, 1, Then::Shut);
    let draft = || Draft::incident(SUBJECT).once("key");
    let error = block_on(desk.open(draft())).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Backend(_))), "{error:?}");
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(source.is_some_and(|source| source.contains("outcome is unknown")), "{error:?}");
    assert!(block_on(desk.open(draft())).is_err(), "still out of reach");
    assert_eq!(proxy.swallowed(), 1);
    proxy.pass();
    let ticket = block_on(desk.open(draft())).unwrap();
    assert_eq!(ticket.number, 2, "it had been written");
    assert_eq!(block_on(desk.find(&Query::default())).unwrap().tickets.len(), 2);
}

/// The same without a key: the store finds its own commit, and tells nobody.
#[test]
fn a_commit_whose_answer_is_lost_is_found_again() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    let store = open(&proxy.address(&database.address));
    let clerk = Clerk::new(1);
    let start = Instant::now();
    for number in 1..=20 {
        proxy.swallow(SUBJECT, 1, Then::Pass);
        let opening = clerk.opening(Draft::incident(SUBJECT));
        let stored = block_on(store.commit(clerk.commit([opening]))).unwrap();
        assert_eq!(stored[0].number, number);
        proxy.swallow(SUBJECT, 1, Then::Pass);
        let change = clerk.tag(&stored[0], "found");
        let stored = block_on(store.commit(clerk.commit([change]))).unwrap();
        assert_eq!(block_on(store.load(&TenantId::MAIN, stored[0].id)).unwrap().unwrap(), stored[0]);
    }
    assert_eq!(proxy.swallowed(), 40);
    assert_eq!(store.counts().retries, 40);
    assert!(start.elapsed() < Duration::from_secs(20), "without delay");
}

/// However many callers there are, none waits for the retries that are made for another.
#[test]
fn callers_whose_commits_went_together_hear_together_that_the_server_is_gone() {
    let Some((database, proxy)) = behind_a_proxy() else { return };
    let desk = Desk::new(Arc::new(impatient(&proxy.address(&database.address), Duration::from_secs(2))));
    let longest = Mutex::new(Duration::ZERO);
    thread::scope(|scope| {
        for _ in 0..32 {
            let (desk, longest) = (desk.clone(), &longest);
            scope.spawn(move || {
                let mut start = Instant::now();
                while block_on(desk.open(Draft::incident(SUBJECT))).is_ok() {
                    start = Instant::now();
                }
                let mut longest = longest.lock().unwrap();
                *longest = start.elapsed().max(*longest);
            });
        }
        thread::sleep(Duration::from_millis(500));
        proxy.swallow(SUBJECT, 1, Then::Shut);
    });
    let longest = longest.into_inner().unwrap();
    assert!(longest < Duration::from_secs(4), "somebody waited {longest:?}");
}
