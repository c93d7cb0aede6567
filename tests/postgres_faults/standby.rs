//! A hot standby: it is read, and says that it cannot be written.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ticketcore::id::{Key, Position, TenantId, Version};
use ticketcore::store::{Commit, Document, Store, StoreError};
use ticketcore::testing::block_on;
use ticketcore::{Command, Desk, Draft, Error, Query};
use ticketcore_postgres::PostgresOptions;

use crate::cluster::{Cluster, How};
use crate::open;

#[test]
fn a_standby_answers_what_is_read_and_refuses_what_is_written() {
    let Some(primary) = Cluster::new("") else { return };
    let desk = Desk::new(Arc::new(open(&primary.address())));
    let standby = primary.standby("second");
    let ticket = block_on(desk.open(Draft::incident("On both").once("key"))).unwrap();
    let ticket = block_on(desk.apply(ticket.id, Command::note("seen"))).unwrap();
    standby.catch_up(&primary);

    // Opened as anywhere else: the tables are there, nothing has to be made.
    let store = block_on(PostgresOptions::new().migrate(true).connect_with(standby.address())).unwrap();
    let reader = Desk::new(Arc::new(store));
    block_on(async {
        assert_eq!(reader.load(ticket.id).await.unwrap(), ticket);
        assert_eq!(reader.find(&Query::default()).await.unwrap().tickets.len(), 1);
        assert_eq!(reader.history(ticket.id).await.unwrap(), desk.history(ticket.id).await.unwrap());
        assert_eq!(reader.store().feed(Position(0), 10).await.unwrap().len(), 2);
        assert_eq!(
            reader.open(Draft::incident("Again").once("key")).await.unwrap().id,
            ticket.id,
            "it was done before"
        );
        let written = reader.open(Draft::incident("Here")).await;
        assert!(matches!(written, Err(Error::Store(StoreError::ReadOnly))), "{written:?}");
        let written = reader.apply(ticket.id, Command::note("here")).await;
        assert!(matches!(written, Err(Error::Store(StoreError::ReadOnly))), "{written:?}");
    });
    let other = block_on(PostgresOptions::new().schema("other").connect_with(standby.address()));
    assert!(matches!(other, Err(StoreError::ReadOnly)), "{other:?}");

    // What the primary holds comes to the standby, also through restarts of either.
    standby.stop(How::Immediate);
    block_on(desk.open(Draft::incident("Meanwhile"))).unwrap();
    standby.restart();
    standby.catch_up(&primary);
    assert_eq!(block_on(reader.find(&Query::default())).unwrap().tickets.len(), 2);
    primary.kill();
    standby.promote();
    assert_eq!(block_on(reader.open(Draft::incident("Here"))).unwrap().number, 3, "it is the primary now");
}

/// A commit that waits for its standby is not acknowledged before the standby has it.
#[test]
fn a_primary_can_wait_for_its_standby() {
    let Some(primary) = Cluster::new("") else { return };
    let standby = primary.standby("second");
    primary.execute("alter system set synchronous_standby_names = 'second'");
    primary.execute("select pg_reload_conf()");
    primary.wait_for("select sync_state from pg_stat_replication", "sync");
    let desk = Desk::new(Arc::new(open(&primary.address())));
    for number in 1..=20 {
        assert_eq!(block_on(desk.open(Draft::incident("On both"))).unwrap().number, number);
    }
    primary.kill();
    standby.promote();
    let desk = Desk::new(Arc::new(open(&standby.address())));
    assert_eq!(block_on(desk.open(Draft::incident("After"))).unwrap().number, 21);
}

/// Commits that wait for a standby that is away, as the primary sees them.
const WAITING: &str = "select count(*)::text from pg_stat_activity where wait_event = 'SyncRep'";

/// Whoever ends the session of a commit that waits makes it visible. It is still not on the standby, and must not be
/// acknowledged: neither by the store that looks for it, nor to the caller who comes again with the same key.
#[test]
fn what_can_be_read_is_not_acknowledged_before_the_standby_has_it() {
    let Some(primary) = Cluster::new("") else { return };
    let standby = primary.standby("second");
    primary.execute("alter system set synchronous_standby_names = 'second'");
    primary.execute("select pg_reload_conf()");
    primary.wait_for("select sync_state from pg_stat_replication", "sync");
    let store = || block_on(PostgresOptions::new().timeout(Duration::from_secs(60)).connect_with(primary.address()));
    let (first, second) = (store().unwrap(), store().unwrap());
    let document = Document {
        kind: Key::new("note"),
        key: "one".to_owned(),
        version: Version(1),
        at: chrono::DateTime::UNIX_EPOCH,
        body: "{}".to_owned(),
    };
    block_on(Desk::new(Arc::new(first.clone())).open(Draft::incident("Before"))).unwrap();
    standby.stop(How::Fast);

    thread::scope(|scope| {
        let opened = scope.spawn(|| {
            let desk = Desk::new(Arc::new(first.clone()));
            block_on(desk.open(Draft::incident("Waits").once("key"))).unwrap()
        });
        primary.wait_for(WAITING, "1");
        let put = scope
            .spawn(|| block_on(first.commit(Commit::documents(TenantId::MAIN, [document.clone().into()]))).unwrap());
        primary.wait_for(WAITING, "2");
        primary.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'");
        // The store has found both, and waits as they did.
        primary.wait_for(WAITING, "2");
        let again = scope.spawn(|| {
            let desk = Desk::new(Arc::new(second.clone()));
            block_on(desk.open(Draft::incident("Waits").once("key"))).unwrap()
        });
        primary.wait_for(WAITING, "3");
        assert!(!opened.is_finished() && !put.is_finished() && !again.is_finished(), "nothing is acknowledged");
        standby.restart();
        assert_eq!(opened.join().unwrap(), again.join().unwrap());
        put.join().unwrap();
    });
    primary.kill();
    standby.promote();
    let after = block_on(PostgresOptions::new().connect_with(standby.address())).unwrap();
    assert_eq!(block_on(after.document(&TenantId::MAIN, &document.kind, "one")).unwrap(), Some(document));
    let desk = Desk::new(Arc::new(after));
    assert_eq!(block_on(desk.open(Draft::incident("Waits").once("key"))).unwrap().number, 2);
    assert_eq!(block_on(desk.open(Draft::incident("After"))).unwrap().number, 3);
}
