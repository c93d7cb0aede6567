//! Sessions that end under the callers' hands.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, Database};
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
