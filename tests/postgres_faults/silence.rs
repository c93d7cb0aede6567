//! A server that neither answers nor closes the connection, as after a loss of power: here its processes are stopped.

use std::process::Command;
use std::time::{Duration, Instant};

use ticketcore::id::TenantId;
use ticketcore::store::Store;
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Draft, Query};
use ticketcore_postgres::PostgresOptions;

use crate::cluster::Cluster;

/// Sends a signal to the server's processes that serve the store.
fn signal(name: &str, processes: &str) {
    for process in processes.split(',') {
        assert!(Command::new("kill").args([name, process]).status().unwrap().success());
    }
}

#[test]
fn a_server_process_that_says_nothing_is_given_up_and_another_asked() {
    let Some(server) = Cluster::new("") else { return };
    let options = PostgresOptions::new().silence(Duration::from_secs(1));
    let store = block_on(options.connect_with(server.address())).unwrap();
    let clerk = Clerk::new(1);
    let commit = || clerk.commit([clerk.opening(Draft::incident("Still there?"))]);
    let found = || block_on(store.find(&TenantId::MAIN, &Query::default())).unwrap().tickets.len();
    block_on(store.commit(commit())).unwrap();
    let sessions = "select string_agg(pid::text, ',') from pg_stat_activity \
                    where backend_type = 'client backend' and pid <> pg_backend_pid()";

    let stopped = server.ask(sessions).unwrap();
    signal("-STOP", &stopped);
    let start = Instant::now();
    assert_eq!(found(), 1, "what reads is asked again");
    assert!(start.elapsed() >= Duration::from_secs(1), "it was silent");

    // The process that is stopped has the commit, too, and carries it out when it wakes: then it is refused.
    let waking = server.ask(format!("{sessions} and not pid = any (array[{stopped}])")).unwrap();
    signal("-STOP", &waking);
    let stored = block_on(store.commit(commit())).unwrap();
    assert_eq!(stored[0].number, 2);
    signal("-CONT", &stopped);
    signal("-CONT", &waking);
    server.wait_for(&format!("select count(*)::text from pg_stat_activity where pid = any (array[{waking}])"), "0");
    assert_eq!(found(), 2);
    assert!(store.counts().retries >= 2);
}
