//! Servers that fail: what was acknowledged is there, what was not is there whole or not at all, and nothing is there
//! twice. `TICKETCORE_LONG=1` goes on for ten times as long; `cargo xtask faults` makes a table of it.

#[path = "../support/cluster.rs"]
mod cluster;
mod cut;
mod due;
mod failover;
mod full;
mod load;
mod proxy;
mod server;
mod sessions;
mod silence;
mod standby;

use std::thread;
use std::time::{Duration, Instant};

use ticketcore::testing::block_on;
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::{PostgresOptions, PostgresStore};

/// Opens a store, again and again: the last fault may not be over yet.
fn open(address: &PgConnectOptions) -> PostgresStore {
    let start = Instant::now();
    loop {
        match block_on(PostgresOptions::new().connections(6).connect_with(address.clone())) {
            Ok(store) => return store,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(60), "{error:?}"),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Tells whether the long form was asked for.
fn long() -> bool {
    std::env::var_os("TICKETCORE_LONG").is_some()
}

/// How long the short form goes on.
fn seconds(short: u64) -> Duration {
    Duration::from_secs(if long() { short * 10 } else { short })
}
