//! A primary that fails, and the standby that takes its place: an address of both hosts is all that callers need.

use std::thread;
use std::time::Duration;

use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Draft, TenantId};
use ticketcore_postgres::{PostgresOptions, PostgresStore};

use crate::cluster::{Cluster, How};
use crate::load::under_load;

/// An address of several servers on sockets.
fn address(servers: &[&Cluster], rest: &str) -> String {
    let sockets: Vec<String> = servers.iter().map(|server| server.directory().display().to_string()).collect();
    format!("postgres://postgres@/postgres?host={}{rest}", sockets.join(","))
}

fn open(url: &str, timeout: Duration) -> Result<PostgresStore, StoreError> {
    block_on(PostgresOptions::new().connections(6).timeout(timeout).connect(url))
}

/// A primary whose commits wait for the standby.
fn pair() -> Option<(Cluster, Cluster)> {
    let primary = Cluster::new("")?;
    let standby = primary.standby("second");
    primary.execute("alter system set synchronous_standby_names = 'second'");
    primary.execute("select pg_reload_conf()");
    primary.wait_for("select sync_state from pg_stat_replication", "sync");
    Some((primary, standby))
}

#[test]
fn a_standby_that_takes_the_place_of_its_primary_costs_no_acknowledged_commit() {
    let Some((primary, standby)) = pair() else { return };
    let url = address(&[&primary, &standby], "&connect_timeout=2");
    let stores = [open(&url, Duration::from_secs(60)).unwrap(), open(&url, Duration::from_secs(60)).unwrap()];
    let told = under_load(&stores, |_| {
        thread::sleep(Duration::from_secs(1));
        primary.kill();
        thread::sleep(Duration::from_millis(500));
        standby.promote();
        thread::sleep(Duration::from_secs(1));
    });
    assert!(told.again() > 0, "the fault was felt");
    assert_eq!(told.unknown(), 0, "a minute of patience is longer than the failover, so callers see none");
    told.verify(&stores[0], "primary killed, standby promoted");
}

/// A primary that was put in the second place is not written to, though it answers.
#[test]
fn a_server_that_may_only_be_read_is_left_for_one_that_can_be_written() {
    let Some((primary, standby)) = pair() else { return };
    let store = open(&address(&[&standby, &primary], ""), Duration::from_secs(60)).unwrap();
    let clerk = Clerk::new(1);
    let commit = || clerk.commit([clerk.opening(Draft::incident("Whoever is the primary"))]);
    assert_eq!(block_on(store.commit(commit())).unwrap()[0].number, 1);
    // It goes on answering, but takes no writing: what a session finds that was there before a switch.
    primary.execute("alter system set synchronous_standby_names = ''");
    primary.execute("alter system set default_transaction_read_only = on");
    primary.execute("select pg_reload_conf()");
    primary.wait_for("show default_transaction_read_only", "on");
    standby.catch_up(&primary);
    standby.promote();
    let stored = block_on(store.commit(commit())).unwrap();
    assert_eq!(stored[0].number, 2);
    let other = open(&address(&[&standby], ""), Duration::from_secs(5)).unwrap();
    assert!(block_on(other.load(&TenantId::MAIN, stored[0].id)).unwrap().is_some(), "it went to the new primary");
}

#[test]
fn an_address_says_what_sort_of_server_it_wants() {
    let Some((primary, standby)) = pair() else { return };
    let both = |wanted: &str| address(&[&standby, &primary], &format!("&target_session_attrs={wanted}"));
    drop(open(&both("read-write"), Duration::from_secs(5)).unwrap());
    standby.catch_up(&primary);
    for (wanted, may_write) in [("any", false), ("standby", false), ("read-only", false), ("primary", true)] {
        let clerk = Clerk::new(2);
        let store = open(&both(wanted), Duration::from_secs(5)).unwrap();
        let written = block_on(store.commit(clerk.commit([clerk.opening(Draft::incident("Here"))])));
        assert_eq!(written.is_ok(), may_write, "{wanted}: {written:?}");
    }
    primary.stop(How::Fast);
    let error = open(&both("read-write"), Duration::from_secs(5)).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    let told = format!("{source}: {}", source.source().unwrap());
    assert!(told.contains("no connection to the server") && told.contains("no host"), "{told}");
}
