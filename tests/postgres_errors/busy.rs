//! Servers that have no time, no connection, or are not there.

use std::time::Duration;

use ticketcore::command::Draft;
use ticketcore::id::TenantId;
use ticketcore::query::Query;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::PostgresOptions;

use crate::cluster::{Cluster, Database, How};
use crate::{cluster, connect, open, says, told};

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
