//! Inside a host's own transaction, on the host's own pool.

#[path = "support/cluster.rs"]
mod cluster;

use std::io::{Cursor, Read};
use std::sync::Arc;

use cluster::Database;
use ticketcore::command::Draft;
use ticketcore::id::{Position, TenantId, Version};
use ticketcore::query::Query;
use ticketcore::store::{Claim, Commit, Conflict, Expect, Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::{Actor, Desk};
use ticketcore_postgres::sqlx::postgres::PgPoolOptions;
use ticketcore_postgres::sqlx::{self, ConnectOptions, Connection, PgPool};
use ticketcore_postgres::{PostgresOptions, PostgresStore};

/// A host with orders, and a desk in the same database.
async fn host(database: &Database) -> (PgPool, PostgresStore) {
    let pool = PgPoolOptions::new().max_connections(5).connect_with(database.address.clone()).await.unwrap();
    sqlx::query("create table orders (number bigint, ticket text)").execute(&pool).await.unwrap();
    let store = PostgresOptions::new().pool(pool.clone()).await.unwrap();
    (pool, store)
}

async fn orders(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from orders").fetch_one(pool).await.unwrap()
}

async fn tickets(store: &PostgresStore) -> usize {
    store.find(&TenantId::MAIN, &Query::default()).await.unwrap().tickets.len()
}

#[test]
fn an_order_and_its_ticket_are_committed_together_or_not_at_all() {
    let Some(database) = Database::new() else { return };
    cluster::block_on(async {
        let (pool, store) = host(&database).await;
        let desk = Desk::new(Arc::new(store.clone())).by(Actor::integration("shop"));
        for ends_well in [false, true] {
            let prepared = desk.prepare_open(Draft::request("Deliver order").requester("bo")).await.unwrap().unwrap();
            let mut transaction = pool.begin().await.unwrap();
            let ticket = store.commit_in(&mut transaction, &prepared).await.unwrap().remove(0);
            let order = sqlx::query("insert into orders values (7, $1)").bind(ticket.reference());
            order.execute(&mut *transaction).await.unwrap();
            assert_eq!(ticket.number, 1, "a rollback uses no number up");
            assert_eq!((orders(&pool).await, tickets(&store).await), (0, 0), "nobody else sees it yet");
            if ends_well {
                transaction.commit().await.unwrap();
                assert_eq!((orders(&pool).await, tickets(&store).await), (1, 1));
                assert_eq!(desk.load(ticket.id).await.unwrap(), ticket);
            } else {
                transaction.rollback().await.unwrap();
                assert_eq!((orders(&pool).await, tickets(&store).await), (0, 0));
            }
        }
    });
}

#[test]
fn a_conflict_leaves_the_hosts_transaction_as_it_was() {
    let Some(database) = Database::new() else { return };
    cluster::block_on(async {
        let (pool, store) = host(&database).await;
        let clerk = Clerk::new(1);
        let there = store.commit(clerk.commit([clerk.opening(Draft::incident("There"))])).await.unwrap().remove(0);
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query("insert into orders values (7)").execute(&mut *transaction).await.unwrap();
        let new = clerk.opening(Draft::incident("New"));
        let taken = clerk.opening_as(there.id, Draft::incident("Taken"));
        let refused = store.commit_in(&mut transaction, &clerk.commit([new.clone(), taken])).await.unwrap_err();
        let meant = Conflict::Ticket { id: there.id, expected: Version(0), found: Version(1) };
        assert!(matches!(refused, StoreError::Conflict(found) if found == meant));
        let written = store.commit_in(&mut transaction, &clerk.commit([new])).await.unwrap();
        assert_eq!(written[0].number, 2);
        transaction.commit().await.unwrap();
        assert_eq!((orders(&pool).await, tickets(&store).await), (1, 2));
    });
}

/// Later commits of a transaction build on earlier ones, and their events come after them.
#[test]
fn a_transaction_may_hold_several_commits() {
    let Some(database) = Database::new() else { return };
    cluster::block_on(async {
        let (pool, store) = host(&database).await;
        let clerk = Clerk::new(1);
        let mut transaction = pool.begin().await.unwrap();
        let mut opening = clerk.opening(Draft::incident("First"));
        let id = opening.ticket.id;
        opening.claims.push(Claim { key: "disk".into(), from: None, to: Some(id) });
        let first = store.commit_in(&mut transaction, &clerk.commit([opening])).await.unwrap().remove(0);
        let second = clerk.opening(Draft::incident("Second"));
        let expect = vec![Expect::Ticket(first.id, Version(1)), Expect::Ticket(clerk.id(), Version(0))];
        let commit = Commit { expect, ..clerk.commit([second, clerk.tag(&first, "linked")]) };
        let both = store.commit_in(&mut transaction, &commit).await.unwrap();
        assert_eq!(both.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(store.feed(Position(0), 10).await.unwrap(), []);
        transaction.commit().await.unwrap();
        let feed = store.feed(Position(0), 10).await.unwrap();
        let told: Vec<_> = feed.iter().map(|one| (one.ticket, one.version)).collect();
        assert_eq!(told, [(first.id, Version(1)), (both[0].id, Version(1)), (first.id, Version(2))]);
        assert!(feed.windows(2).all(|pair| pair[0].position.next() == pair[1].position), "neighbours");
        assert_eq!(store.claim(clerk.tenant(), "disk").await.unwrap().map(|held| held.by), Some(id));
    });
}

/// The store of a host that drops its connections in between, and one whose executor is not tokio.
#[test]
fn a_store_of_its_own_needs_no_runtime_and_may_be_used_inside_one() {
    let Some(database) = Database::new() else { return };
    let store = pollster::block_on(PostgresOptions::new().connect_with(database.address.clone())).unwrap();
    let clerk = Clerk::new(1);
    assert_eq!(pollster::block_on(clerk.open(&store, Draft::incident("Outside"))).number, 1);
    cluster::block_on(async {
        // Blocks the only thread of this runtime.
        assert_eq!(pollster::block_on(clerk.open(&store, Draft::incident("Inside"))).number, 2);
        assert_eq!(clerk.open(&store, Draft::incident("Awaited")).await.number, 3);
        drop(store.load(clerk.tenant(), clerk.id()));
    });
    let counts = store.counts();
    assert_eq!((counts.commits, counts.grouped), (3, 0));
}

/// A host with one thread reads a file of several pieces on it, without waiting for itself.
#[test]
fn a_large_file_is_read_on_the_only_thread_of_a_runtime() {
    let Some(database) = Database::new() else { return };
    cluster::block_on(async {
        let (_, store) = host(&database).await;
        let bytes: Vec<u8> = (0_u8..=250).cycle().take(1_000_000).collect();
        let (digest, size) = store.put_blob(&TenantId::MAIN, Box::new(Cursor::new(bytes.clone()))).await.unwrap();
        assert_eq!(size, 1_000_000);
        let mut read = Vec::new();
        store.blob(&TenantId::MAIN, &digest).await.unwrap().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    });
}

/// What stands still is told: how much, and since when.
#[test]
fn the_lag_of_the_feed_is_what_a_long_transaction_holds_back() {
    let Some(database) = Database::new() else { return };
    let store = block_on(PostgresOptions::new().connect_with(database.address.clone())).unwrap();
    let (clerk, lag) = (Clerk::new(1), || block_on(store.lag()).unwrap());
    let open = || block_on(store.commit(clerk.commit([clerk.opening(Draft::incident("Held back"))]))).unwrap();
    open();
    assert_eq!((lag().events, lag().since), (0, None));
    cluster::block_on(async {
        let mut connection = database.address.connect().await.unwrap();
        let mut long = connection.begin().await.unwrap();
        sqlx::raw_sql("create table of_the_host (); select pg_current_xact_id()").execute(&mut *long).await.unwrap();
        let (first, _) = (open(), open());
        assert_eq!((lag().events, lag().since), (2, Some(first[0].created)));
        assert_eq!(store.feed(Position(0), 10).await.unwrap().len(), 1);
        long.rollback().await.unwrap();
    });
    assert_eq!((lag().events, lag().since), (0, None));
    assert_eq!(block_on(store.feed(Position(0), 10)).unwrap().len(), 3);
}
