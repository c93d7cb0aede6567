//! Sessions that end under the callers' hands.

use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ticketcore::Desk;
use ticketcore::command::Draft;
use ticketcore::id::TenantId;
use ticketcore::report::overview;
use ticketcore::store::Store;
use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::PostgresOptions;
use ticketcore_postgres::sqlx::{self, ConnectOptions, Connection};

use crate::cluster::{self, Cluster, Database};
use crate::load::under_load;
use crate::{open, seconds};

#[test]
fn sessions_that_are_ended_under_load_cost_no_acknowledged_commit() {
    let Some(database) = Database::new() else { return };
    let stores = [open(&database.address), open(&database.address)];
    let told = under_load(&stores, |_| {
        let end = Instant::now() + seconds(3);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(60));
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid()",
            );
        }
    });
    assert!(told.again() > 0, "the fault was felt");
    told.verify(&stores[0], "sessions ended");
}

/// A process of the server that is killed takes all its sessions with it, and the server starts again.
#[test]
fn a_process_of_the_server_that_is_killed_under_load_costs_no_acknowledged_commit() {
    let Some(server) = Cluster::new("") else { return };
    let stores = [open(&server.address()), open(&server.address())];
    let told = under_load(&stores, |_| {
        let end = Instant::now() + seconds(4);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(900));
            // One of the sessions of the stores, which is a process of the server.
            let victim = server.ask(
                "select pid::text from pg_stat_activity \
                 where pid <> pg_backend_pid() and backend_type = 'client backend' limit 1",
            );
            if let Ok(victim) = victim {
                // It may have ended by itself.
                let _ = Command::new("kill").args(["-9", &victim]).status().unwrap();
            }
        }
    });
    assert!(told.again() > 0, "the fault was felt");
    told.verify(&open(&server.address()), "server process killed");
}

/// Connections that rest between two uses all die with the server; one new one is all that a call needs.
#[test]
fn a_store_whose_resting_connections_have_all_died_opens_a_new_one() {
    let Some(database) = Database::new() else { return };
    let options = PostgresOptions::new().connections(20);
    let store = block_on(options.connect_with(database.address.clone())).unwrap();
    let clerk = Clerk::new(1);
    let open = || block_on(store.commit(clerk.commit([clerk.opening(Draft::incident("Before and after"))])));
    let ticket = open().unwrap().remove(0);
    let all_rest_and_die = || {
        cluster::block_on(async {
            let mut other = database.address.connect().await.unwrap();
            let mut lock = other.begin().await.unwrap();
            sqlx::raw_sql("lock table ticketcore.snapshot in access exclusive mode").execute(&mut *lock).await.unwrap();
            // As many calls at a time as there can be connections: each waits for the lock on one of its own.
            let calls: Vec<_> = (0..20)
                .map(|_| {
                    let (store, id) = (store.clone(), ticket.id);
                    tokio::spawn(async move { store.load(&TenantId::MAIN, id).await })
                })
                .collect();
            let start = Instant::now();
            while store.counts().connections < 20 {
                assert!(start.elapsed() < Duration::from_secs(60), "{:?}", store.counts());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            lock.rollback().await.unwrap();
            for call in calls {
                call.await.unwrap().unwrap();
            }
        });
        assert_eq!(store.counts().idle, 20);
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        );
    };
    all_rest_and_die();
    let written = open();
    assert!(written.is_ok(), "{written:?}");
}

/// A report is begun again, too, and counts nothing twice.
#[test]
fn a_report_whose_connection_has_died_is_made_on_another() {
    let Some(database) = Database::new() else { return };
    let store = open(&database.address);
    let desk = Desk::new(Arc::new(store.clone()));
    let (before, after) = block_on(async {
        desk.open(Draft::incident("Counted once")).await.unwrap();
        let ask = desk.ask().await.unwrap();
        let before = desk.report(&overview(), &ask).await.unwrap();
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        );
        (before, desk.report(&overview(), &ask).await.unwrap())
    });
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    assert!(store.counts().retries > 0, "the fault was felt");
}
