//! The connections, and how a statement is run on one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Postgres};
use tracing::Instrument;

use crate::error::{Result, is_lost, is_race};
use crate::hosts::{Hosts, Own};
use crate::retry::Attempts;
use crate::schema::Schema;
use crate::sql::{Parameters, Text};
use crate::watch::Watch;

/// How many rows are taken at a time, if so many have arrived.
const PIECE: usize = 256;

/// Where statements run.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pub(crate) source: Source,
    pub(crate) schema: Arc<Schema>,
    /// A pooler may stand between, which lends a connection for no longer than a transaction.
    pub(crate) pooler: bool,
    /// From the beginning of a call to its last attempt to reach a server.
    pub(crate) timeout: Duration,
    pub(crate) watch: Arc<Watch>,
    pub(crate) counters: Arc<Counters>,
}

/// Whose the connections are.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Own(Arc<Hosts>),
    Host(PgPool),
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
    /// Connections open, or being opened.
    pub connections: usize,
    /// Connections open and not in use.
    pub idle: usize,
}

impl Connections {
    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { commits, grouped, retries } = &*self.counters;
        let (connections, idle) = match &self.source {
            Source::Own(hosts) => hosts.counts(),
            Source::Host(pool) => (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle()),
        };
        Counts { commits: read(commits), grouped: read(grouped), retries: read(retries), connections, idle }
    }

    /// Counts the attempts of a call that begins now.
    pub(crate) fn attempts(&self) -> Attempts {
        self.attempts_since(Instant::now())
    }

    /// Counts the attempts of a call that began then.
    pub(crate) fn attempts_since(&self, since: Instant) -> Attempts {
        Attempts::new(since, self.timeout)
    }

    /// Reads, and reads again if the connection was lost.
    pub(crate) async fn read(&self, what: &'static str, text: &Text, parameters: Parameters) -> Result<Vec<PgRow>> {
        let mut attempts = self.attempts();
        loop {
            let scope = self.scope(false, &mut attempts).await?;
            match scope.run(what, text, parameters.clone()).await {
                Err(error) if (is_lost(&error) || is_race(&error)) && attempts.again(is_lost(&error)).await => {
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

    /// A connection for some statements, in one transaction if that is asked for, or else each in one of its own. Waits for
    /// a server that is away.
    ///
    /// Through a pooler they always are in one: the driver prepares a statement in one step and runs it in another, and
    /// only a transaction makes sure that both come to the same session.
    pub(crate) async fn scope(&self, transaction: bool, attempts: &mut Attempts) -> Result<Scope, sqlx::Error> {
        loop {
            match self.begin(transaction || self.pooler).await {
                Err(error) if is_lost(&error) && attempts.again(true).await => self.retried("connect", &error),
                scope => return scope,
            }
        }
    }

    /// The same, but looks for a server only once; where it is told so, in a transaction.
    pub(crate) async fn begin(&self, transaction: bool) -> Result<Scope, sqlx::Error> {
        let held = match &self.source {
            Source::Own(hosts) => Held::Own(hosts.take().await?, Arc::clone(hosts)),
            Source::Host(pool) => Held::Host(pool.acquire().await?),
        };
        let (persistent, watch) = (!self.pooler, Arc::clone(&self.watch));
        let mut scope = Scope { held: Some(held), begun: false, sound: true, persistent, watch };
        if transaction {
            scope.command("begin").await?;
            scope.begun = true;
        }
        Ok(scope)
    }
}

/// A connection in use.
#[derive(Debug)]
enum Held {
    Own(Own, Arc<Hosts>),
    Host(PoolConnection<Postgres>),
}

/// A connection that is held for some statements.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Gone only when the scope is.
    held: Option<Held>,
    /// Whether a transaction is open.
    begun: bool,
    /// Whether the last statement came to its end.
    sound: bool,
    persistent: bool,
    watch: Arc<Watch>,
}

impl Scope {
    pub(crate) fn link(&mut self) -> Result<Link<'_>, sqlx::Error> {
        let Self { held, sound, persistent, watch, .. } = self;
        let (connection, hosts) = match held.as_mut().ok_or(sqlx::Error::PoolClosed)? {
            Held::Own(Own { connection, age, .. }, hosts) => (connection, Some((&**hosts, *age))),
            Held::Host(connection) => (&mut **connection, None),
        };
        Ok(Link { connection, hosts, sound, persistent: *persistent, watch: Some(watch) })
    }

    /// Runs one statement, and that is all.
    pub(crate) async fn run(
        mut self,
        what: &'static str,
        text: &Text,
        parameters: Parameters,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let rows = self.link()?.run(what, text, parameters).await?;
        self.close().await?;
        Ok(rows)
    }

    /// Commits what is to be committed, and gives the connection back for the next.
    pub(crate) async fn close(mut self) -> Result<(), sqlx::Error> {
        if self.begun {
            self.command("commit").await?;
            self.begun = false;
        }
        Ok(())
    }

    async fn command(&mut self, command: &'static str) -> Result<(), sqlx::Error> {
        let mut link = self.link()?;
        link.sent(async |connection| sqlx::raw_sql(command).execute(connection).await.map(drop)).await
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // Nobody else is to go on with a transaction, or to wait for an answer that is not theirs.
        let usable = self.sound && !self.begun;
        match self.held.take() {
            Some(Held::Own(own, hosts)) if usable => hosts.put(own),
            Some(Held::Host(mut connection)) if !usable => connection.close_on_drop(),
            _ => {}
        }
    }
}

/// A connection, and how statements are to run on it.
pub(crate) struct Link<'c> {
    pub(crate) connection: &'c mut PgConnection,
    /// Whose it is, if it is the store's own, and how old.
    hosts: Option<(&'c Hosts, u64)>,
    sound: &'c mut bool,
    /// Whether statements may stay prepared on it.
    persistent: bool,
    watch: Option<&'c Watch>,
}

impl<'c> Link<'c> {
    /// A connection of the host's, who looks after it.
    pub(crate) const fn lent(connection: &'c mut PgConnection, sound: &'c mut bool, persistent: bool) -> Self {
        Self { connection, hosts: None, sound, persistent, watch: None }
    }

    /// Waits for an answer, but not for ever, and takes note of what it says of the connection.
    async fn sent<T>(
        &mut self,
        send: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        *self.sound = false;
        let answer = waited(self.watch, send(self.connection)).await.and_then(|answer| answer);
        *self.sound = !answer.as_ref().is_err_and(is_lost);
        answer.map_err(|error| judged(self.hosts, error))
    }

    /// Runs one statement whose rows are taken one by one, as they come.
    pub(crate) async fn each(
        &mut self,
        what: &'static str,
        text: &Text,
        parameters: Parameters,
        mut take: impl FnMut(&PgRow) -> Result<()>,
    ) -> Result<()> {
        let query = sqlx::query_with(text.safe(), parameters.values).persistent(self.persistent);
        let span = tracing::debug_span!("postgres", what, rows = tracing::field::Empty);
        *self.sound = false;
        let mut count = 0;
        let mut rows = query.fetch(&mut *self.connection).ready_chunks(PIECE);
        // What has arrived is taken in one piece, so that the clock is not read for every row.
        while let Some(piece) = waited(self.watch, rows.next()).await.map_err(|error| judged(self.hosts, error))? {
            for row in piece {
                take(&row.map_err(|error| judged(self.hosts, error))?)?;
                count += 1;
            }
        }
        span.record("rows", count);
        *self.sound = true;
        Ok(())
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
        let rows = self.sent(async |connection| query.fetch_all(connection).await).instrument(span.clone()).await?;
        span.record("rows", rows.len());
        Ok(rows)
    }
}

async fn waited<T>(watch: Option<&Watch>, answer: impl Future<Output = T>) -> Result<T, sqlx::Error> {
    match watch {
        Some(watch) => watch.over(answer).await,
        None => Ok(answer.await),
    }
}

/// What a failure means for the store's own connections.
fn judged(hosts: Option<(&Hosts, u64)>, error: sqlx::Error) -> sqlx::Error {
    match hosts {
        Some((hosts, age)) => hosts.judge(age, error),
        None => error,
    }
}
