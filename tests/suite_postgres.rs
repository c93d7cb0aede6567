//! The store for many processes passes the suite, on handles that share nothing but the database.

#[path = "support/cluster.rs"]
mod cluster;

use std::sync::Arc;

use async_trait::async_trait;
use cluster::Database;
use ticketcore::Store;
use ticketcore::testing::Harness;
use ticketcore_postgres::PostgresOptions;

/// Every handle has connections of its own, as another process would.
#[async_trait]
impl Harness for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(PostgresOptions::new().connections(4).connect_with(self.address.clone()).await.unwrap())
    }
}

ticketcore::store_tests!(match Database::new() {
    Some(database) => database,
    None => return,
});
