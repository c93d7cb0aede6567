//! From options to a store: its connections, its runtime, its tables.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use ticketcore::store::StoreError;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::address::Address;
use crate::connections::{Connections, Source};
use crate::error::Result;
use crate::hosts::Hosts;
use crate::options::PostgresOptions;
use crate::record::Composites;
use crate::runtime::Runtime;
use crate::schema::{self, Schema};
use crate::store::PostgresStore;
use crate::watch::Watch;

impl PostgresOptions {
    /// Connects to a server, through connections of the store's own. The future, as all of the store's, may be polled by
    /// any executor.
    ///
    /// The address is as libpq reads it, also one of several hosts, of which one is the primary:
    /// `postgres://desk@one.example.com,two.example.com/desk?connect_timeout=2`. With `target_session_attrs` it says what
    /// sort of session it wants: `any`, `read-write`, `read-only`, `primary` or `standby`; without, several hosts mean
    /// `read-write`.
    ///
    /// Inside of a tokio runtime with several threads the store uses that and ends with it; anywhere else it has a
    /// thread of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`], whose source says in plain words what is wrong with the address, the password, the
    /// database or the role's rights; [`StoreError::Newer`] if a newer release was here; [`StoreError::Busy`] if the server
    /// has no connection to spare; [`StoreError::ReadOnly`] if the tables have to be made and the server is a replica.
    pub async fn connect(&self, url: &str) -> Result<PostgresStore, StoreError> {
        self.connect_to(url.parse()?).await
    }

    /// Connects to a server by an address that is no text.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with(&self, address: PgConnectOptions) -> Result<PostgresStore, StoreError> {
        self.connect_to(address.into()).await
    }

    async fn connect_to(&self, mut address: Address) -> Result<PostgresStore, StoreError> {
        let schema = Schema::named(&self.schema)?;
        if self.pooler {
            // It refuses what it does not know among the settings of a session.
            let bare = |host: PgConnectOptions| host.statement_cache_capacity(0).extra_float_digits(None);
            address.hosts = address.hosts.into_iter().map(bare).collect();
        }
        let hosts = Arc::new(Hosts::new(address, self.connections, self.timeout, self.patience));
        let runtime = match Handle::try_current() {
            Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => Runtime::of(handle),
            _ => {
                let hosts = Arc::clone(&hosts);
                // Unless a call is stuck.
                let last = || async move { drop(tokio::time::timeout(Duration::from_secs(2), hosts.close()).await) };
                Runtime::start(last).map_err(StoreError::backend)?
            }
        };
        self.open(runtime, Source::Own(hosts), schema).await
    }

    /// Uses a pool of the host's, and the host's runtime with it.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and [`StoreError::Backend`] outside of a tokio runtime.
    pub async fn pool(&self, pool: PgPool) -> Result<PostgresStore, StoreError> {
        let schema = Schema::named(&self.schema)?;
        let runtime = Runtime::of(Handle::try_current().map_err(StoreError::backend)?);
        self.open(runtime, Source::Host(pool), schema).await
    }

    async fn open(&self, runtime: Runtime, source: Source, schema: Schema) -> Result<PostgresStore, StoreError> {
        let connections = Connections {
            source,
            schema: schema.into(),
            pooler: self.pooler,
            timeout: self.timeout,
            watch: Watch::begin(self.silence, &runtime),
            counters: Arc::default(),
        };
        let runtime = Arc::new(runtime);
        let composites = runtime.inside(self.ready(&connections)).await?;
        Ok(PostgresStore::new(runtime, connections, composites, self.lanes))
    }

    /// Sees to the tables. Tries once: who starts wants to know what is wrong.
    async fn ready(&self, connections: &Connections) -> Result<Composites> {
        let schema = &connections.schema;
        if self.migrate {
            // Through a pooler in a transaction, in which the one of the scripts is at home.
            let mut scope = connections.begin(connections.pooler).await?;
            schema::migrate_with(scope.link()?.connection, schema, schema::MIGRATIONS).await?;
            scope.close().await?;
        }
        let mut scope = connections.begin(connections.pooler).await?;
        let link = scope.link()?;
        schema::check(link.connection, schema).await?;
        let composites = Composites::read(link.connection, schema).await?;
        scope.close().await?;
        Ok(composites)
    }
}
