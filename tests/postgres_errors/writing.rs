//! Commits that are refused leave nothing behind.

use std::sync::Arc;

use ticketcore::command::{Draft, Request};
use ticketcore::id::Position;
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Command, Desk, Error, Ticket};
use ticketcore_postgres::PostgresOptions;

use crate::cluster::Database;
use crate::{connect, open, told};

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
