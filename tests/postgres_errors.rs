//! What goes wrong has a name, and nothing is half done.

#[path = "support/cluster.rs"]
mod cluster;

use std::time::Duration;

use cluster::Database;
use ticketcore::command::Draft;
use ticketcore::id::{Position, TenantId};
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::{PostgresOptions, PostgresStore};

fn connect(address: &PgConnectOptions) -> Result<PostgresStore, StoreError> {
    block_on(PostgresOptions::new().connect_with(address.clone()))
}

/// What a failure says, to its source's source.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}

#[track_caller]
fn says(result: Result<PostgresStore, StoreError>, words: &[&str]) {
    let text = told(&result.expect_err("this must fail"));
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

fn open(store: &PostgresStore, clerk: &Clerk) -> Result<i64, StoreError> {
    let opening = clerk.opening(Draft::incident("Now or never"));
    block_on(store.commit(clerk.commit([opening]))).map(|tickets| tickets[0].number)
}

#[test]
fn an_address_that_leads_nowhere_says_where_it_fails() {
    for (url, words) in [
        ("nonsense", &["the address is not one"][..]),
        ("postgres://localhost:1/desk", &["no connection to the server"]),
    ] {
        says(block_on(PostgresStore::connect(url)), words);
    }
    let Some(database) = Database::new() else { return };
    says(connect(&database.address.clone().database("nowhere")), &["no such database", "nowhere"]);
    says(connect(&database.address.clone().username("nobody_at_all")), &["does not let this role in", "nobody_at_all"]);
}

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

#[test]
fn a_role_without_rights_is_told_so_and_one_with_rights_on_the_schema_needs_no_more() {
    let Some(database) = Database::new() else { return };
    let role = format!("role_of_{}", database.name);
    database.execute(format!("create role {role} login"));
    let address = database.address.clone().username(&role);
    says(connect(&address), &["may not"]);
    database.execute(format!("create schema ticketcore authorization {role}"));
    let store = connect(&address).unwrap();
    assert_eq!(open(&store, &Clerk::new(1)).unwrap(), 1);
    drop(store);
    database.execute(format!("revoke all on all tables in schema ticketcore from {role}"));
    says(connect(&address), &["may not"]);
    database.execute(format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn a_database_that_may_only_be_read_is_read() {
    let Some(database) = Database::new() else { return };
    let clerk = Clerk::new(1);
    open(&connect(&database.address).unwrap(), &clerk).unwrap();
    database.execute(format!("alter database {} set default_transaction_read_only = on", database.name));
    let store = connect(&database.address).unwrap();
    assert!(matches!(open(&store, &clerk), Err(StoreError::ReadOnly)));
    assert_eq!(block_on(store.feed(Position(0), 10)).unwrap().len(), 1);
    let other = block_on(PostgresOptions::new().schema("other").connect_with(database.address.clone()));
    assert!(matches!(other, Err(StoreError::ReadOnly)), "{other:?}");
}

#[test]
fn a_server_without_a_connection_to_spare_is_busy() {
    let Some(database) = Database::new() else { return };
    let role = format!("role_of_{}", database.name);
    database
        .execute(format!("create role {role} login connection limit 0; create schema ticketcore authorization {role}"));
    let refused = connect(&database.address.clone().username(&role));
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    database.execute(format!("drop owned by {role}; drop role {role}"));
}

/// Failures of the server that cannot be had on demand are raised by a trigger of the test's own.
#[test]
fn failures_inside_a_commit_are_named_and_undone() {
    let Some(database) = Database::new() else { return };
    let store = connect(&database.address).unwrap();
    let clerk = Clerk::new(1);
    assert_eq!(open(&store, &clerk).unwrap(), 1);
    let failing = |code: &str| {
        database.execute(format!(
            "create or replace function fail() returns trigger language plpgsql as \
             $$ begin raise exception 'on purpose' using errcode = '{code}'; end $$; \
             drop trigger if exists fail on ticketcore.event; \
             create trigger fail before insert on ticketcore.event for each row execute function fail()"
        ));
    };
    type Meant = fn(&StoreError) -> bool;
    let cases: [(&str, Meant); 8] = [
        ("53100", |error| matches!(error, StoreError::Full)),
        ("57014", |error| matches!(error, StoreError::Busy)),
        ("40001", |error| matches!(error, StoreError::Busy)),
        ("40P01", |error| matches!(error, StoreError::Busy)),
        ("55P03", |error| matches!(error, StoreError::Busy)),
        ("25006", |error| matches!(error, StoreError::ReadOnly)),
        ("XX000", |error| told(error).contains("on purpose")),
        ("57P01", |error| told(error).contains("outcome is unknown")),
    ];
    for (code, meant) in cases {
        failing(code);
        let error = open(&store, &clerk).unwrap_err();
        assert!(meant(&error), "{code}: {}", told(&error));
    }
    database.execute("drop trigger fail on ticketcore.event");
    assert_eq!(open(&store, &clerk).unwrap(), 2, "no number was used up");
    assert_eq!(block_on(store.feed(Position(0), 10)).unwrap().len(), 2);
    assert!(store.counts().retries > 0);
}

#[test]
fn a_call_that_gets_no_connection_in_time_is_busy() {
    let Some(database) = Database::new() else { return };
    let options = PostgresOptions::new().connections(2).timeout(Duration::from_millis(300));
    let store = block_on(options.connect_with(database.address.clone())).unwrap();
    let clerk = Clerk::new(1);
    open(&store, &clerk).unwrap();
    cluster::block_on(async {
        use ticketcore_postgres::sqlx::{self, ConnectOptions, Connection};
        let mut other = database.address.connect().await.unwrap();
        let mut lock = other.begin().await.unwrap();
        sqlx::raw_sql("lock table ticketcore.ticket in access exclusive mode").execute(&mut *lock).await.unwrap();
        let loads = [1, 2, 3].map(|_| store.load(clerk.tenant(), clerk.id()));
        let [one, two, three] = loads;
        let waiting = tokio::spawn({
            let store = store.clone();
            async move { store.find(&TenantId::MAIN, &Query::default()).await }
        });
        let also = tokio::spawn({
            let store = store.clone();
            async move { store.find(&TenantId::MAIN, &Query::default()).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop((two, three));
        assert!(matches!(one.await, Err(StoreError::Busy)));
        lock.rollback().await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().tickets.len() + also.await.unwrap().unwrap().tickets.len(), 2);
    });
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
