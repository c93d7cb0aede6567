//! The connections, and how a statement is run on one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::error::{Result, is_lost, is_race};
use crate::retry::Attempts;
use crate::schema::Schema;
use crate::sql::{Parameters, Text};

/// Where statements run.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pub(crate) pool: PgPool,
    /// For a pool of the store's own; a host wants its connections back.
    pub(crate) kept: Option<Arc<Kept>>,
    pub(crate) schema: Arc<Schema>,
    /// A pooler may stand between, which lends a connection for no longer than a transaction.
    pub(crate) pooler: bool,
    pub(crate) counters: Arc<Counters>,
}

/// What a store counts while it works.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) grouped: AtomicU64,
    pub(crate) retries: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What a store has done since it was opened, and what it holds now, for the host's own gauges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Commits written.
    pub commits: u64,
    /// Commits that went to the server together with others.
    pub grouped: u64,
    /// Statements sent again, because others were faster or the connection was lost.
    pub retries: u64,
    /// Connections open.
    pub connections: u32,
    /// Connections open and not in use.
    pub idle: usize,
}

impl Connections {
    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { commits, grouped, retries } = &*self.counters;
        Counts {
            commits: read(commits),
            grouped: read(grouped),
            retries: read(retries),
            connections: self.pool.size(),
            idle: self.pool.num_idle() + self.kept.as_ref().map_or(0, |kept| kept.lock().len()),
        }
    }

    /// Reads, and reads again if the connection was lost.
    pub(crate) async fn read(&self, what: &'static str, text: &Text, parameters: Parameters) -> Result<Vec<PgRow>> {
        let mut attempts = Attempts::default();
        loop {
            match self.run(what, text, parameters.clone()).await {
                Err(error) if (is_lost(&error) || is_race(&error)) && attempts.again().await => {
                    self.retried(what, &error)
                }
                other => return Ok(other?),
            }
        }
    }

    /// Notes that a statement is sent again.
    pub(crate) fn retried(&self, what: &'static str, error: &sqlx::Error) {
        Counters::add(&self.counters.retries, 1);
        tracing::debug!(what, %error, "again");
    }

    /// Runs one statement, which is a transaction of its own.
    pub(crate) async fn run(
        &self,
        what: &'static str,
        text: &Text,
        parameters: Parameters,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut scope = self.scope(false).await?;
        let rows = scope.link()?.run(what, text, parameters).await?;
        scope.close().await?;
        Ok(rows)
    }

    /// A connection for some statements, in one transaction if that is asked for, or else each in one of its own.
    ///
    /// Through a pooler they always are in one: the driver prepares a statement in one step and runs it in another, and
    /// only a transaction makes sure that both come to the same session.
    pub(crate) async fn scope(&self, transaction: bool) -> Result<Scope, sqlx::Error> {
        self.scope_in(transaction || self.pooler).await
    }

    /// A connection for statements that see to their transactions themselves.
    pub(crate) async fn bare(&self) -> Result<Scope, sqlx::Error> {
        self.scope_in(false).await
    }

    async fn scope_in(&self, transaction: bool) -> Result<Scope, sqlx::Error> {
        let kept = self.kept.clone();
        let permit = match &kept {
            Some(kept) => Some(kept.permit().await?),
            None => None,
        };
        let (connection, since) = match kept.as_ref().and_then(|kept| kept.take()) {
            Some(kept) => kept,
            None => (self.pool.acquire().await?, Instant::now()),
        };
        let persistent = !self.pooler;
        let mut scope = Scope { connection: Some(connection), since, kept, begun: false, persistent, _permit: permit };
        if transaction {
            scope.command("begin").await?;
            scope.begun = true;
        }
        Ok(scope)
    }
}

/// Connections that are between two uses. The pool would try each with a round trip before it is used again.
///
/// For the pool they are in use, and whoever waits there is not told that one is free. So all wait here, for one of as
/// many permits as there can be connections; who has one finds a connection kept, or the pool lets them open another.
#[derive(Debug)]
pub(crate) struct Kept {
    connections: Mutex<Vec<(PoolConnection<Postgres>, Instant)>>,
    permits: Arc<Semaphore>,
    timeout: Duration,
    runtime: Handle,
}

impl Kept {
    /// So long a connection is kept from the pool, which looks after the age of connections.
    const LONGEST: Duration = Duration::from_secs(30);

    /// For a pool of so many connections, for one of which a call waits so long.
    pub(crate) fn new(runtime: Handle, connections: u32, timeout: Duration) -> Self {
        let permits = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self { connections: Mutex::default(), permits: Arc::new(Semaphore::new(permits)), timeout, runtime }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(self.timeout, permit).await {
            Ok(permit) => permit.map_err(|_| sqlx::Error::PoolClosed),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    fn take(&self) -> Option<(PoolConnection<Postgres>, Instant)> {
        self.lock().pop()
    }

    fn put(&self, connection: PoolConnection<Postgres>, since: Instant) {
        if since.elapsed() < Self::LONGEST {
            self.lock().push((connection, since));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(PoolConnection<Postgres>, Instant)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Giving a connection back takes a runtime.
        let _entered = self.runtime.enter();
        self.lock().clear();
    }
}

/// A connection that is held for some statements.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Gone only when the scope is.
    connection: Option<PoolConnection<Postgres>>,
    since: Instant,
    kept: Option<Arc<Kept>>,
    /// Whether a transaction is open.
    begun: bool,
    persistent: bool,
    /// Given back last.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Scope {
    pub(crate) fn link(&mut self) -> Result<Link<'_>, sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok(Link { connection, persistent: self.persistent })
    }

    /// Commits what is to be committed, and gives the connection back for the next.
    pub(crate) async fn close(mut self) -> Result<(), sqlx::Error> {
        if self.begun {
            self.command("commit").await?;
            self.begun = false;
        }
        if let (Some(kept), Some(connection)) = (&self.kept, self.connection.take()) {
            kept.put(connection, self.since);
        }
        Ok(())
    }

    async fn command(&mut self, command: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(command).execute(self.link()?.connection).await?;
        Ok(())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        if let (true, Some(connection)) = (self.begun, &mut self.connection) {
            // Nobody else is to go on with the transaction.
            connection.close_on_drop();
        }
    }
}

/// A connection, and whether statements may stay prepared on it.
pub(crate) struct Link<'c> {
    pub(crate) connection: &'c mut PgConnection,
    pub(crate) persistent: bool,
}

impl Link<'_> {
    /// Runs one statement whose rows come one by one.
    pub(crate) fn stream(&mut self, text: &Text, parameters: Parameters) -> BoxStream<'_, sqlx::Result<PgRow>> {
        sqlx::query_with(text.safe(), parameters.values).persistent(self.persistent).fetch(&mut *self.connection)
    }

    /// Runs one statement in the transaction there is, if there is one.
    pub(crate) async fn run(
        &mut self,
        what: &'static str,
        text: &Text,
        parameters: Parameters,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let query = sqlx::query_with(text.safe(), parameters.values).persistent(self.persistent);
        let span = tracing::debug_span!("postgres", what, rows = tracing::field::Empty);
        let rows = query.fetch_all(&mut *self.connection).instrument(span.clone()).await?;
        span.record("rows", rows.len());
        Ok(rows)
    }
}
