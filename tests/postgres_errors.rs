//! What goes wrong has a name, and nothing is half done.

#[path = "support/cluster.rs"]
mod cluster;

use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Database, How};
use ticketcore::command::{Draft, Request};
use ticketcore::id::{Position, TenantId};
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Command, Desk, Error, Ticket};
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

#[test]
fn a_server_all_of_whose_connections_are_taken_is_busy() {
    let Some(server) = Cluster::new("-c max_connections=12 -c superuser_reserved_connections=0") else { return };
    let options = PostgresOptions::new().timeout(Duration::from_millis(500));
    let store = block_on(options.connect_with(server.address())).unwrap();
    let clerk = Clerk::new(1);
    open(&store, &clerk).unwrap();
    cluster::block_on(async {
        use ticketcore_postgres::sqlx::{ConnectOptions, Connection};
        let mut taken = Vec::new();
        let full = loop {
            match server.address().connect().await {
                Ok(connection) => taken.push(connection),
                Err(error) => break error,
            }
        };
        assert!(full.to_string().contains("too many clients"), "{full}");
        let refused = options.connect_with(server.address()).await;
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        // A store that has a connection works with it, one at a time.
        let loads = std::iter::repeat_with(|| store.load(clerk.tenant(), clerk.id())).take(4);
        for load in loads {
            load.await.unwrap();
        }
        for connection in taken {
            connection.close().await.unwrap();
        }
    });
    drop(block_on(options.connect_with(server.address())).unwrap());
    assert_eq!(open(&store, &clerk).unwrap(), 2);
}

#[test]
fn a_wrong_password_is_told_so() {
    let Some(server) = Cluster::new("") else { return };
    server.execute("create role scrammed login superuser password 'right'");
    server.stop(How::Fast);
    let hba = server.directory().join("data/pg_hba.conf");
    let others = std::fs::read_to_string(&hba).unwrap();
    std::fs::write(&hba, format!("local all scrammed scram-sha-256\n{others}")).unwrap();
    server.restart();
    let address = server.address().username("scrammed");
    says(connect(&address.clone().password("wrong")), &["does not let this role in", "scrammed"]);
    says(connect(&address), &["does not let this role in"]);
    assert_eq!(open(&connect(&address.password("right")).unwrap(), &Clerk::new(1)).unwrap(), 1);
}

#[test]
fn a_server_that_is_down_is_told_so_and_found_when_it_is_back() {
    let Some(server) = Cluster::new("") else { return };
    let store = connect(&server.address()).unwrap();
    let clerk = Clerk::new(1);
    open(&store, &clerk).unwrap();
    server.stop(How::Fast);
    says(connect(&server.address()), &["no connection to the server"]);
    let read = block_on(store.load(clerk.tenant(), clerk.id())).unwrap_err();
    assert!(told(&read).contains("no connection to the server"), "{}", told(&read));
    // Nothing of it was sent.
    let written = open(&store, &clerk).unwrap_err();
    assert!(matches!(written, StoreError::Busy), "{}", told(&written));
    server.restart();
    assert_eq!(open(&store, &clerk).unwrap(), 2);
}

#[test]
fn a_statement_that_takes_longer_than_the_database_allows_is_busy() {
    let Some(database) = Database::new() else { return };
    let clerk = Clerk::new(1);
    open(&connect(&database.address).unwrap(), &clerk).unwrap();
    database.execute(format!("alter database {} set statement_timeout = '200ms'", database.name));
    let store = connect(&database.address).unwrap();
    assert_eq!(open(&store, &clerk).unwrap(), 2, "what is quick is done");
    cluster::block_on(async {
        use ticketcore_postgres::sqlx::{self, ConnectOptions, Connection};
        let mut other = database.address.connect().await.unwrap();
        let mut lock = other.begin().await.unwrap();
        sqlx::raw_sql("lock table ticketcore.ticket in access exclusive mode").execute(&mut *lock).await.unwrap();
        let read = store.find(&TenantId::MAIN, &Query::default()).await;
        assert!(matches!(read, Err(StoreError::Busy)), "{read:?}");
        let opening = clerk.opening(Draft::incident("Too late"));
        let written = store.commit(clerk.commit([opening])).await;
        assert!(matches!(written, Err(StoreError::Busy)), "{written:?}");
        lock.rollback().await.unwrap();
    });
    assert_eq!(open(&store, &clerk).unwrap(), 3, "no number was used up");
}

/// Postgres has no text with a NUL in it; none gets there.
#[test]
fn a_text_that_postgres_cannot_hold_is_refused_before_it_is_asked() {
    let Some(database) = Database::new() else { return };
    let desk = Desk::new(Arc::new(connect(&database.address).unwrap()));
    let refused = |result: Result<Arc<Ticket>, Error>| match result {
        Err(Error::Refused(_)) => {}
        other => panic!("{other:?}"),
    };
    let draft = || Draft::incident("Printer");
    for bad in [
        Draft::incident("a\0b"),
        draft().description("a\0b"),
        draft().tag("a\0b"),
        draft().requester("a\0b"),
        draft().assignee("a\0b"),
        draft().team("a\0b"),
        draft().external("a\0b"),
        draft().once("a\0b"),
        draft().field("a\0b", 1),
    ] {
        refused(block_on(desk.open(bad)));
    }
    let ticket = block_on(desk.open(draft())).unwrap();
    for bad in [Command::note("a\0b"), Command::reply("a\0b"), Command::assign("a\0b"), Command::transition("a\0b")] {
        refused(block_on(desk.apply(ticket.id, bad)));
    }
    refused(block_on(desk.apply(ticket.id, Request::from(Command::note("x")).once("a\0b"))));
    assert_eq!(block_on(desk.find(&Query::default())).unwrap().tickets, [ticket], "and nothing was done");
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
