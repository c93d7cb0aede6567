//! A store that counts the conflicts the desk does not tell of: it decides again, and the caller notices a longer wait.

use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ticketcore::event::Recorded;
use ticketcore::query::{Cursor, Explained, Order};
use ticketcore::report::{Scan, Table};
use ticketcore::store::{Commit, Document, Due, Held};
use ticketcore::{Key, Page, Position, Query, Store, StoreError, TenantId, Ticket, TicketId, Version};

type Result<T> = std::result::Result<T, StoreError>;

/// Passes everything on.
#[derive(Debug)]
pub(crate) struct Conflicts {
    store: Arc<dyn Store>,
    count: AtomicU64,
}

impl Conflicts {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, count: AtomicU64::new(0) }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Store for Conflicts {
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
        let committed = self.store.commit(commit).await;
        let conflict = committed.as_ref().is_err_and(StoreError::is_conflict);
        self.count.fetch_add(u64::from(conflict), Ordering::Relaxed);
        committed
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
