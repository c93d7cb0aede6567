//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use ticketcore::store::StoreError;
use tokio::runtime::Handle;

use crate::connections::{Connections, Kept};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::schema::Schema;
use crate::store::PostgresStore;

/// How a [`PostgresStore`] is opened.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use ticketcore_postgres::PostgresOptions;
///
/// # async fn example() -> Result<(), ticketcore::StoreError> {
/// let options = PostgresOptions::new().schema("helpdesk").connections(20).timeout(Duration::from_secs(3));
/// let store = options.connect("postgres://desk@db.example.com/desk").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    schema: String,
    connections: u32,
    timeout: Duration,
    pooler: bool,
    migrate: bool,
    lanes: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "ticketcore".to_owned(),
            connections: 10,
            timeout: Duration::from_secs(5),
            pooler: false,
            migrate: true,
            lanes: 4,
        }
    }
}

impl PostgresOptions {
    /// The defaults, each named where it is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the schema that holds the tables; `ticketcore` by default.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Sets how many connections the store opens at most, at least two; ten by default.
    #[must_use]
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = if connections < 2 { 2 } else { connections };
        self
    }

    /// Sets how long a call waits for a connection; five seconds by default. Then it is [`StoreError::Busy`].
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Says that a pooler stands between which lends connections for a transaction, as pgbouncer does; not so by default.
    ///
    /// Then nothing stays prepared and every statement is wrapped in a transaction, which takes four round trips (to the
    /// pooler, not to the server) instead of one.
    #[must_use]
    pub const fn pooler(mut self, pooler: bool) -> Self {
        self.pooler = pooler;
        self
    }

    /// Sets whether the tables are brought to this release's schema on opening; they are by default. Otherwise the store
    /// only looks, and refuses what it does not know.
    #[must_use]
    pub const fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Sets how many statements with commits of this store may be under way at once, at least one; four by default. A
    /// tenant has one at a time, into which everything goes that came meanwhile.
    #[must_use]
    pub const fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = if lanes == 0 { 1 } else { lanes };
        self
    }

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
