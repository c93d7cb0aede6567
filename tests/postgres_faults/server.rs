//! Servers that stop and come again, on the same data and the same socket.

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, How};
use crate::load::under_load;
use crate::{open, seconds};

fn restarted(how: How, fault: &str) {
    let Some(server) = Cluster::new("") else { return };
    let stores = [open(&server.address()), open(&server.address())];
    let told = under_load(&stores, |_| {
        let end = Instant::now() + seconds(3);
        let mut away = [0, 1500].into_iter().cycle().map(Duration::from_millis);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(700));
            server.stop(how);
            // Once it is back before the stores give up, once it is not.
            thread::sleep(away.next().unwrap_or_default());
            server.restart();
        }
    });
    assert!(told.again() > 0, "the fault was felt");
    told.verify(&open(&server.address()), fault);
}

#[test]
fn a_server_that_is_restarted_under_load_costs_no_acknowledged_commit() {
    restarted(How::Fast, "server restarted, fast");
}

#[test]
fn a_server_that_is_restarted_at_once_under_load_costs_no_acknowledged_commit() {
    restarted(How::Immediate, "server restarted, immediate");
}

#[test]
fn a_server_that_is_killed_under_load_costs_no_acknowledged_commit() {
    restarted(How::Killed, "server killed");
}
