//! A hot standby: it is read, and says that it cannot be written.

use std::sync::Arc;

use ticketcore::id::Position;
use ticketcore::store::StoreError;
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
