//! A store that something happens to before a commit: another writer, or a failure.

use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ticketcore::event::Recorded;
use ticketcore::query::{Cursor, Explained, Order};
use ticketcore::report::{Scan, Table};
use ticketcore::store::{Commit, Document, Due, Held};
use ticketcore::{Key, Page, Position, Query, Store, StoreError, TenantId, Ticket, TicketId, Version};

type Result<T> = std::result::Result<T, StoreError>;

/// What happens before the commit of a number, counted from 1; a failure keeps it from being written.
type Meddler = Box<dyn Fn(usize) -> Result<()> + Send + Sync>;

/// Passes everything on but what the meddler keeps it from.
pub(crate) struct Meddled {
    store: Arc<dyn Store>,
    commits: AtomicUsize,
    meddler: Meddler,
}

impl Meddled {
    pub(crate) fn new(store: Arc<dyn Store>, meddler: impl Fn(usize) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { store, commits: AtomicUsize::new(0), meddler: Box::new(meddler) }
    }
}

impl fmt::Debug for Meddled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meddled").field("store", &self.store).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Meddled {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>> {
        self.store.load(tenant, id).await
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page> {
        self.store.find(tenant, query).await
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained> {
        self.store.explain(tenant, query).await
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>> {
        self.store.ahead(tenant, order, after, count).await
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>> {
        self.store.tally(tenant, scan).await
    }

    async fn history(&self, tenant: &TenantId, id: TicketId, after: Version, limit: usize) -> Result<Vec<Recorded>> {
        self.store.history(tenant, id, after, limit).await
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>> {
        self.store.feed(after, limit).await
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due> {
        self.store.due(now, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>> {
        (self.meddler)(self.commits.fetch_add(1, Ordering::Relaxed) + 1)?;
        self.store.commit(commit).await
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>> {
        self.store.claim(tenant, key).await
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>> {
        self.store.document(tenant, kind, key).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>> {
        self.store.documents(tenant, kind, after, limit).await
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64)> {
        self.store.put_blob(tenant, bytes).await
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>> {
        self.store.blob(tenant, digest).await
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool> {
        self.store.remove_blob(tenant, digest).await
    }
}
