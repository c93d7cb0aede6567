//! The store itself: what each call does.

use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use ticketcore::event::Recorded;
use ticketcore::id::{Key, Position, TenantId, TicketId, Version};
use ticketcore::query::{Cursor, Explained, Order, Page, Query};
use ticketcore::report::{Scan, Table};
use ticketcore::store::{Commit, Document, Due, Held, Store, StoreError};
use ticketcore::ticket::Ticket;

use crate::batch::Scribe;
use crate::connections::{Connections, Counts};
use crate::error::Result;
use crate::log::Lag;
use crate::options::PostgresOptions;
use crate::prepared::Prepared;
use crate::record::Composites;
use crate::runtime::Runtime;
use crate::schema::Schema;
use crate::sql::Text;
use crate::writer::Writer;
use crate::{blob, claim, commit, document, due, find, log, tally};

/// A [`Store`] in a schema of a Postgres database.
///
/// Clones are handles on the same connections. Any number of processes may use the same schema.
///
/// # Feed
///
/// A commit is in the feed as soon as it has returned, unless an earlier transaction of the same database is still under
/// way, the host's own ones included; then as soon as that has ended. A long transaction so delays the feed, and loses
/// nothing.
///
/// The order is one server's. Where an extension spreads the tables over several, each has a feed of its own.
///
/// # Durability
///
/// An acknowledged commit is on the server's disk; a session whose `synchronous_commit` is `off` is overruled. What
/// synchronous standbys add is the server's configuration. The store never cancels a statement. Somebody else must not
/// either while a commit waits for a standby: the server then answers as if it were done, with a warning that the driver
/// does not pass on.
///
/// If the connection is lost in a commit, the store looks for the commit's events and sends it again if they are not
/// there. What it finds is acknowledged only once the synchronous standbys have it, too; the same goes for a request that
/// is repeated under its `once` key. Only if the server stays away is the outcome unknown: that is
/// [`StoreError::Backend`], and a `once` key settles it. A commit that could not be sent at all is [`StoreError::Busy`].
/// How long a call tries is [`PostgresOptions::timeout`].
///
/// # Failover
///
/// An address may name several hosts; the store works on the one that is the primary, and looks for it again whenever a
/// connection is lost, or answers that it may only be read.
///
/// # Search
///
/// Words are indexed in the commit that brings them, and so is what each text says in words, where phrases are looked for
/// among the tickets that have all of their words. How a word begins the index does not know: a question for that alone
/// reads the words of every ticket of the tenant, from the newest on if that is the order, until the page is full; together
/// with a word or a phrase it reads those of the tickets that have it.
///
/// # Limits
///
/// A document's key takes at most some 2,700 bytes, a third of a page.
///
/// # Executors
///
/// Futures may be polled by any executor, and none is needed: see [`PostgresOptions::connect`]. A reader of
/// [`blob`](Store::blob) blocks its thread while it waits for the next piece of a large file; in a runtime of the host's the
/// whole file is fetched at once, as that may have no other thread.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connections: Connections,
    writer: Arc<Writer>,
    runtime: Arc<Runtime>,
    texts: Texts,
}

/// The statements that only read, and those of files.
#[derive(Debug)]
struct Texts {
    load: Text,
    history: Text,
    feed: Text,
    lag: Text,
    first_due: Text,
    due: Text,
    claim: Text,
    document: Text,
    documents: Text,
    documents_after: Text,
    blob: blob::Texts,
}

impl Texts {
    fn new(schema: &Schema) -> Self {
        Self {
            load: schema.fill(find::LOAD),
            history: schema.fill(log::HISTORY),
            feed: schema.fill(log::FEED),
            lag: schema.fill(log::LAG),
            first_due: schema.fill(due::FIRST),
            due: schema.fill(due::DUE),
            claim: schema.fill(&claim::held_text()),
            document: schema.fill(document::GET),
            documents: schema.fill(document::ALL),
            documents_after: schema.fill(document::AFTER),
            blob: blob::Texts::new(schema),
        }
    }
}

impl PostgresStore {
    /// Connects with the defaults of [`PostgresOptions`], which makes the tables if there are none.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresOptions::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new().connect(url).await
    }

    /// Uses a pool of the host's with the defaults of [`PostgresOptions`], but leaves the making of tables to the host,
    /// who calls [`migrate`](crate::migrate) before or runs the [`migrations`](crate::migrations) by its own means.
    ///
    /// # Errors
    ///
    /// Those of [`PostgresOptions::pool`].
    pub async fn from_pool(pool: PgPool) -> Result<Self, StoreError> {
        PostgresOptions::new().migrate(false).pool(pool).await
    }

    pub(crate) fn new(runtime: Arc<Runtime>, connections: Connections, composites: Composites, lanes: usize) -> Self {
        let texts = commit::Texts::new(&connections.schema, composites);
        let scribe = Scribe { connections: connections.clone(), texts };
        let writer = Writer::new(scribe, Arc::clone(&runtime), lanes);
        let texts = Texts::new(&connections.schema);
        Self { inner: Arc::new(Inner { connections, writer, runtime, texts }) }
    }

    /// Writes a commit inside the caller's own transaction: the tickets stand or fall with what else the caller writes.
    ///
    /// The transaction may be on any connection to the database that has the tables, at the isolation level `read
    /// committed`. Until it ends, others who open tickets for the same tenant wait, and the feed stops before it: keep it
    /// short. After a conflict the commit has left nothing behind, and the transaction can go on.
    ///
    /// # Errors
    ///
    /// Those of [`Store::commit`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use ticketcore::id::TenantId;
    /// use ticketcore::store::Commit;
    /// use ticketcore_postgres::{PostgresStore, sqlx};
    ///
    /// # async fn example(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
    /// let store = PostgresStore::from_pool(pool.clone()).await?;
    /// // `Desk::prepare` makes commits of commands; this one does nothing.
    /// let commit = Commit::new(TenantId::MAIN);
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("insert into orders values (7)").execute(&mut *transaction).await?;
    /// store.commit_in(&mut transaction, &commit).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    pub async fn commit_in(
        &self,
        transaction: &mut PgConnection,
        commit: &Commit,
    ) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let Inner { connections, writer, .. } = &*self.inner;
        Ok(commit::within(transaction, !connections.pooler, writer.texts(), commit.clone()).await?)
    }

    /// Says what the store has done so far, and what it holds now.
    pub fn counts(&self) -> Counts {
        self.inner.connections.counts()
    }

    /// Looks how far the feed is behind what has been committed.
    ///
    /// # Errors
    ///
    /// Those of [`Store::feed`].
    pub async fn lag(&self) -> Result<Lag, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(log::lag(connections, &texts.lag)).await
    }

    /// Polls a future as sqlx needs it, whoever the executor is.
    async fn inside<T>(&self, future: impl Future<Output = Result<T>> + Send) -> Result<T, StoreError> {
        Ok(self.inner.runtime.inside(future).await?)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(find::load(connections, &texts.load, tenant, id)).await
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        self.inside(find::find(&self.inner.connections, tenant, query)).await
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained, StoreError> {
        self.inside(find::explain(&self.inner.connections, tenant, query)).await
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>, StoreError> {
        self.inside(find::ahead(&self.inner.connections, tenant, order, after, count)).await
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>, StoreError> {
        self.inside(tally::tally(&self.inner.connections, tenant, scan)).await
    }

    async fn history(
        &self,
        tenant: &TenantId,
        id: TicketId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(log::history(connections, &texts.history, tenant, id, after, limit)).await
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(log::feed(connections, &texts.feed, after, limit)).await
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(due::due(connections, [&texts.first_due, &texts.due], now, limit)).await
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let shared = Arc::new(Prepared::new(commit)?);
        let numbers = self.inner.writer.run(Arc::clone(&shared)).await?;
        // The writer has let go of it.
        let commit = Arc::try_unwrap(shared).map_err(|_| StoreError::backend("the writer keeps a commit"))?;
        Ok(commit.stored(numbers))
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(claim::get(connections, &texts.claim, tenant, key)).await
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(document::get(connections, &texts.document, tenant, kind, key)).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        let list = [&texts.documents, &texts.documents_after];
        self.inside(document::list(connections, list, tenant, kind, after, limit)).await
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64), StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(blob::put(connections, &texts.blob, tenant, bytes)).await
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let Inner { connections, runtime, texts, .. } = &*self.inner;
        self.inside(blob::open(connections, runtime, &texts.blob, tenant, digest)).await
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool, StoreError> {
        let Inner { connections, texts, .. } = &*self.inner;
        self.inside(blob::remove(connections, &texts.blob, tenant, digest)).await
    }
}
