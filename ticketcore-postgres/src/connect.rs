//! From options to a store: its pool, its runtime, its tables.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use ticketcore::store::StoreError;
use tokio::runtime::Handle;

use crate::connections::{Connections, Kept};
use crate::error::Error;
use crate::options::PostgresOptions;
use crate::runtime::Runtime;
use crate::schema::Schema;
use crate::store::PostgresStore;

impl PostgresOptions {
    /// Connects to a server, through a pool and a runtime of the store's own. The future, as all of the store's, may be
    /// polled by any executor.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`], whose source says in plain words what is wrong with the address, the password, the
    /// database or the role's rights; [`StoreError::Newer`] if a newer release was here; [`StoreError::Busy`] if the server
    /// has no connection to spare; [`StoreError::ReadOnly`] if the tables have to be made and the server is a replica.
    pub async fn connect(&self, url: &str) -> Result<PostgresStore, StoreError> {
        let address: PgConnectOptions = url.parse().map_err(Error::Postgres)?;
        self.connect_with(address).await
    }

    /// Connects to a server by an address that is no text.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with(&self, address: PgConnectOptions) -> Result<PostgresStore, StoreError> {
        let schema = Schema::named(&self.schema)?;
        let pool = PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(self.timeout)
            // A connection that died is noticed by the statement, which is sent again: a look before each would be a
            // round trip more.
            .test_before_acquire(false);
        // A pooler refuses what it does not know among the settings of a session.
        let address = if self.pooler { address.statement_cache_capacity(0).extra_float_digits(None) } else { address };
        let (sender, receiver) = tokio::sync::oneshot::channel::<PgPool>();
        let runtime = Runtime::start(move || async {
            if let Ok(pool) = receiver.await {
                // Says goodbye to the server, unless a call is stuck.
                let _ = tokio::time::timeout(Duration::from_secs(2), pool.close()).await;
            }
        })
        .map_err(StoreError::backend)?;
        let first = address.clone();
        let pool = {
            let _entered = runtime.handle().enter();
            pool.connect_lazy_with(address)
        };
        // It is received when the store ends.
        let _ = sender.send(pool.clone());
        // Once by hand: the pool would go on trying, and say that it was too long in the end.
        runtime
            .inside(async { sqlx::Connection::close(sqlx::ConnectOptions::connect(&first).await?).await })
            .await
            .map_err(Error::Postgres)?;
        let kept = Kept::new(runtime.handle().clone(), self.connections, self.timeout);
        self.open(runtime, pool, Some(kept), schema).await
    }

    /// Uses a pool of the host's, and the host's runtime with it.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and [`StoreError::Backend`] outside of a tokio runtime.
    pub async fn pool(&self, pool: PgPool) -> Result<PostgresStore, StoreError> {
        let schema = Schema::named(&self.schema)?;
        let runtime = Runtime::of(Handle::try_current().map_err(StoreError::backend)?);
        self.open(runtime, pool, None, schema).await
    }

    async fn open(
        &self,
        runtime: Runtime,
        pool: PgPool,
        kept: Option<Kept>,
        schema: Schema,
    ) -> Result<PostgresStore, StoreError> {
        let connections = Connections {
            pool,
            kept: kept.map(Arc::new),
            schema: schema.into(),
            pooler: self.pooler,
            counters: Default::default(),
        };
        let store = PostgresStore::new(runtime, connections, self.lanes);
        if self.migrate {
            store.migrate().await?;
        } else {
            store.check().await?;
        }
        Ok(store)
    }
}
