//! Files that others made, others use, or nobody may write.

mod support;

use std::thread;
use std::time::Duration;

use support::Directory;
use ticketcore::command::Draft;
use ticketcore::id::TenantId;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore_sqlite::rusqlite::{Connection, TransactionBehavior};
use ticketcore_sqlite::{SqliteOptions, SqliteStore, commit_in, migrate};

#[test]
fn what_is_not_a_database_is_refused_and_left_alone() {
    let directory = Directory::new();
    let path = directory.file("letter.txt");
    let letter = "Dear desk, ".repeat(1000);
    std::fs::write(&path, &letter).unwrap();
    let refused = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn a_file_in_no_directory_says_which() {
    let directory = Directory::new();
    let refused = SqliteStore::open(directory.file("missing").join("desk.db")).unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("missing/desk.db"), "{source}");
}

#[test]
fn a_file_of_a_newer_release_is_refused() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().execute("insert into ticketcore_schema values (99)", []).unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn many_can_open_a_new_file_at_once() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    thread::scope(|scope| {
        for seed in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let store = SqliteStore::open(path).unwrap();
                block_on(Clerk::new(seed).open(&store, Draft::incident("first")))
            });
        }
    });
    let found = block_on(SqliteStore::open(&path).unwrap().find(&TenantId::MAIN, &Default::default())).unwrap();
    assert_eq!(found.tickets.len(), 8);
}

#[test]
fn a_lock_held_for_too_long_is_busy_and_nothing_is_written() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    let store = SqliteOptions::new().busy_timeout(Duration::from_millis(20)).open(&path).unwrap();
    let clerk = Clerk::new(1);
    let mut other = Connection::open(&path).unwrap();
    let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let refused = block_on(store.commit(clerk.commit([clerk.opening(Draft::incident("late"))])));
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    assert!(block_on(store.find(&TenantId::MAIN, &Default::default())).unwrap().tickets.is_empty(), "reads go on");
    lock.rollback().unwrap();
    assert_eq!(block_on(clerk.open(&store, Draft::incident("in time"))).number, 1);
}

#[test]
fn the_hosts_rows_and_the_tickets_stand_or_fall_together() {
    let directory = Directory::new();
    let path = directory.file("shop.db");
    let mut host = Connection::open(&path).unwrap();
    host.execute_batch("create table orders (number integer)").unwrap();
    migrate(&mut host).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    let clerk = Clerk::new(1);
    let commit = clerk.commit([clerk.opening(Draft::incident("Where is order 7?"))]);
    let orders =
        |host: &Connection| host.query_row("select count(*) from orders", [], |row| row.get::<_, i64>(0)).unwrap();
    let load = || block_on(store.load(&TenantId::MAIN, commit.changes[0].ticket.id)).unwrap();

    let mut transaction = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    transaction.execute("insert into orders values (7)", []).unwrap();
    assert_eq!(commit_in(&mut transaction, &commit).unwrap()[0].number, 1);
    transaction.rollback().unwrap();
    assert_eq!((orders(&host), load()), (0, None));

    let mut transaction = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    transaction.execute("insert into orders values (7)", []).unwrap();
    let written = commit_in(&mut transaction, &commit).unwrap();
    transaction.commit().unwrap();
    assert_eq!((orders(&host), load()), (1, Some(written[0].clone())));
}

#[test]
fn a_conflict_leaves_the_hosts_transaction_as_it_was() {
    let mut host = Connection::open_in_memory().unwrap();
    migrate(&mut host).unwrap();
    let clerk = Clerk::new(1);
    let change = clerk.opening(Draft::incident("twice"));
    let mut transaction = host.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    // The first change is written before the second fails.
    commit_in(&mut transaction, &clerk.commit([change.clone(), change.clone()])).unwrap_err();
    assert_eq!(commit_in(&mut transaction, &clerk.commit([change.clone()])).unwrap()[0].number, 1);
    let conflict = commit_in(&mut transaction, &clerk.commit([change])).unwrap_err();
    assert!(conflict.is_conflict(), "{conflict:?}");
    transaction.commit().unwrap();
    let count: i64 = host.query_row("select count(*) from ticketcore_event", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

/// Reads some bytes, and then fails.
struct Broken(usize);

impl std::io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.min(buffer.len());
        self.0 -= read;
        if read > 0 { Ok(read) } else { Err(std::io::Error::other("the line is cut")) }
    }
}

#[test]
fn a_file_is_kept_in_pieces_once_and_a_broken_one_not_at_all() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    let store = SqliteStore::open(&path).unwrap();
    let tenant = TenantId::MAIN;
    for size in [0, 1, 262_143, 262_144, 262_145, 1_000_000] {
        let bytes: Vec<u8> = (0_u8..=250).cycle().take(size).collect();
        let put = || block_on(store.put_blob(&tenant, Box::new(std::io::Cursor::new(bytes.clone())))).unwrap();
        let (digest, kept) = put();
        assert_eq!((put(), kept), ((digest.clone(), kept), u64::try_from(size).unwrap()));
        let mut read = Vec::new();
        block_on(store.blob(&tenant, &digest)).unwrap().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes, "{size} bytes");
    }
    for size in [0, 1_000_000] {
        assert!(block_on(store.put_blob(&tenant, Box::new(Broken(size)))).is_err());
    }
    let connection = Connection::open(&path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("select count(*) from ticketcore_blob"), 6);
    assert_eq!(count("select sum(length(bytes)) from ticketcore_chunk"), 1 + 262_143 + 262_144 + 262_145 + 1_000_000);
}
