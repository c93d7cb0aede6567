//! Disks without room. The disk is a real one, of memory; only root can have it.

use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ticketcore::store::StoreError;
use ticketcore::testing::block_on;
use ticketcore::{Desk, Draft, Error};
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;

use crate::cluster::{Cluster, How};
use crate::load::{Told, under_load};
use crate::{open, seconds};

/// How much the small disk holds, in megabytes: more than the callers write in the long form, as room is to be had again.
const SIZE: u32 = 240;

/// Fills what is left of the small disk; removing the file makes room.
fn fill(server: &Cluster) {
    let mut buffer = vec![1; 1 << 20];
    let path = server.small().join("filler");
    let mut file = fs::File::create(&path).unwrap();
    // In ever smaller pieces, to the last page.
    while !buffer.is_empty() {
        if file.write_all(&buffer).is_err() {
            buffer.truncate(buffer.len() / 2);
        }
    }
}

fn make_room(server: &Cluster) {
    fs::remove_file(server.small().join("filler")).unwrap();
}

/// Waits until callers were told so often that the disk is full.
fn told_full(told: &Told, times: usize) {
    let start = Instant::now();
    while told.full() < times {
        assert!(start.elapsed() < Duration::from_secs(60), "the disk is full, and nobody is told");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A server with a database on the small disk. Its log stays where there is room: it would not survive the want of it.
fn small() -> Option<(Cluster, PgConnectOptions)> {
    let server = Cluster::with_small_disk("", SIZE)?;
    server.execute(format!("create tablespace small location '{}/small'", server.directory().display()));
    server.execute("create database desk tablespace small");
    let address = server.address().database("desk");
    Some((server, address))
}

#[test]
fn a_disk_that_is_full_under_load_costs_no_acknowledged_commit() {
    let Some((server, address)) = small() else { return };
    let stores = [open(&address), open(&address)];
    let told = under_load(&stores, |told| {
        let end = Instant::now() + seconds(3);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(300));
            fill(&server);
            told_full(told, told.full() + 8);
            make_room(&server);
        }
    });
    told.verify(&open(&address), "disk full");
}

/// The server does not survive it, and comes back when there is room again.
#[test]
fn a_disk_that_is_full_of_the_log_of_the_server_costs_no_acknowledged_commit() {
    let Some(server) = Cluster::with_small_disk("-c min_wal_size=32MB -c max_wal_size=32MB", 100) else { return };
    server.move_log();
    let stores = [open(&server.address()), open(&server.address())];
    let told = under_load(&stores, |_| {
        let end = Instant::now() + seconds(3);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(500));
            fill(&server);
            // Files that are there are used again; then a new one is needed.
            while server.ask("select pg_switch_wal()::text").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
            assert!(server.log().contains("PANIC"), "{}", server.log());
            server.stop(How::Immediate);
            make_room(&server);
            server.restart();
        }
    });
    assert!(told.again() > 0, "the fault was felt");
    told.verify(&open(&server.address()), "disk of the server's log full");
}

#[test]
fn a_desk_on_a_full_disk_says_so_and_can_be_read() {
    let Some((server, address)) = small() else { return };
    let desk = Desk::new(Arc::new(open(&address)));
    block_on(async {
        let first = desk.open(Draft::incident("There is room")).await.unwrap();
        fill(&server);
        let mut opened = 1;
        let error = loop {
            // Pages that have room left are filled first.
            match desk.open(Draft::incident("Is there room?").description("x".repeat(4000))).await {
                Ok(ticket) => opened = ticket.number,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Store(StoreError::Full)), "{error:?}");
        assert_eq!(desk.load(first.id).await.unwrap().number, 1);
        make_room(&server);
        let next = desk.open(Draft::incident("There is room again")).await.unwrap();
        assert_eq!(next.number, opened + 1, "no number was used up");
    });
}
