//! Tables that are missing, old, new, or somebody else's.

use ticketcore::id::{Position, TenantId};
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::PostgresOptions;

use crate::cluster::Database;
use crate::{connect, open, says};

#[test]
fn a_schema_that_is_missing_old_or_new_is_told_apart() {
    let Some(database) = Database::new() else { return };
    let looks = || block_on(PostgresOptions::new().migrate(false).connect_with(database.address.clone()));
    says(looks(), &["has no tables of a desk", "migrate"]);
    drop(connect(&database.address).unwrap());
    drop(looks().unwrap());
    database.execute("insert into ticketcore.migration values (99)");
    assert!(matches!(looks(), Err(StoreError::Newer { found: 99, known: 1 })));
    assert!(matches!(connect(&database.address), Err(StoreError::Newer { found: 99, known: 1 })));
    database.execute("delete from ticketcore.migration");
    says(looks(), &["has no tables of a desk"]);
}

#[test]
fn a_schema_is_named_by_the_host_and_others_are_left_alone() {
    let Some(database) = Database::new() else { return };
    let named = |name: &str| block_on(PostgresOptions::new().schema(name).connect_with(database.address.clone()));
    for bad in ["", "pg_desk", "a\0b", &"x".repeat(64)] {
        says(named(bad), &["no name for a schema"]);
    }
    let clerk = Clerk::new(1);
    for name in ["desk", "Desk", "it's \"mine\"; drop schema desk", "größe"] {
        let store = named(name).unwrap();
        assert_eq!(open(&store, &clerk).unwrap(), 1, "{name}");
        assert_eq!(block_on(store.find(&TenantId::MAIN, &Query::default())).unwrap().tickets.len(), 1, "{name}");
    }
}

#[test]
fn many_can_make_the_tables_at_once() {
    let Some(database) = Database::new() else { return };
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let database = &database;
            scope.spawn(move || open(&connect(&database.address).unwrap(), &Clerk::new(seed)).unwrap());
        }
    });
    let store = connect(&database.address).unwrap();
    assert_eq!(block_on(store.feed(Position(0), 100)).unwrap().len(), 8);
}

/// A dump is restored into a server whose transactions count lower: what is written there comes after what is there.
#[test]
fn positions_go_on_rising_after_a_restore() {
    let Some(database) = Database::new() else { return };
    let clerk = Clerk::new(1);
    open(&connect(&database.address).unwrap(), &clerk).unwrap();
    // As if the transactions that wrote it had had higher numbers.
    database.execute("update ticketcore.event set position = position + (1000000000::bigint << 19)");
    let store = connect(&database.address).unwrap();
    open(&store, &clerk).unwrap();
    let feed = block_on(store.feed(Position(0), 10)).unwrap();
    assert_eq!(feed.len(), 2);
    assert!(feed[0].version == feed[1].version && feed[0].position < feed[1].position);
    let base = feed[1].position;
    drop(store);
    let store = connect(&database.address).unwrap();
    open(&store, &clerk).unwrap();
    let last = block_on(store.feed(base, 10)).unwrap();
    assert_eq!(last.len(), 1, "and once is enough");
}
