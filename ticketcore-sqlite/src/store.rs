//! The store itself: which connection does what.

use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, MAIN_DB};
use ticketcore::event::Recorded;
use ticketcore::id::{Key, Position, TenantId, TicketId, Version};
use ticketcore::query::{Cursor, Explained, Filter, Order, Page, Query};
use ticketcore::report::{Scan, Table};
use ticketcore::store::{Commit, Document, Due, Held, Store, StoreError};
use ticketcore::ticket::Ticket;

use crate::connect::{connect, enter_wal, keep_statements};
use crate::error::Result;
use crate::housekeeper::Housekeeper;
use crate::options::SqliteOptions;
use crate::pulse::Pulse;
use crate::readers::Readers;
use crate::writer::Writer;
use crate::{blob, claim, commit, document, due, find, log, phrase, schema, search, tally};

/// A [`Store`] in one SQLite file.
///
/// Clones are handles on the same connections. Any number of processes may have the same file open.
///
/// # Blocking
///
/// Calls work on the caller's thread: a read for some microseconds, a commit that finds the writer idle for one sync of
/// the disk. When others are writing, a commit waits without blocking. Only another *process* that writes can block for
/// longer, at most for the [`busy_timeout`](SqliteOptions::busy_timeout).
///
/// # Search
///
/// Words are indexed in pauses, so that no commit waits for it, and by the first search that needs them. After a large
/// import without a pause that search takes a while, some 60 us a ticket.
///
/// The index knows which words a ticket has, and so how they begin; a phrase is looked for in the texts of those tickets
/// that have all of its words, from the newest on. So a phrase of common words that hardly ever stand together takes as
/// long as it takes to read what has them apart.
///
/// # Erasure
///
/// What is erased or removed is no longer told to anybody, but its bytes may stay in free pages of the file, in the index
/// of words and in the WAL until they are written over. Who must be sure runs `vacuum` on the file afterwards, and sees to
/// the copies.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

/// In the order in which they must end: the writer's connection, the last to go, copies the WAL back.
#[derive(Debug)]
struct Inner {
    _housekeeper: Option<Housekeeper>,
    readers: Arc<Readers>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens a file with the defaults of [`SqliteOptions`], which creates it if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::new().open(path)
    }

    /// Opens a store in memory, which ends with its last handle.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] if SQLite cannot be set up.
    pub fn memory() -> Result<Self, StoreError> {
        SqliteOptions::new().memory()
    }

    pub(crate) fn file(options: &SqliteOptions, path: &Path) -> Result<Self> {
        let mut connection = connect(options, path, options.cache_mib)?;
        if connection.is_readonly(MAIN_DB)? {
            return Err(StoreError::ReadOnly.into());
        }
        enter_wal(&connection, options.busy_timeout)?;
        schema::migrate(&mut connection)?;
        let pulse = Arc::new(Pulse::default());
        let writer = Writer::new(connection, Arc::clone(&pulse)).map_err(StoreError::backend)?;

        let pages = i64::from(options.checkpoint_pages);
        let keeper = connect(options, path, 1)?;
        let keeper = Housekeeper::new(keeper, Arc::clone(writer.desk()), pulse, pages).map_err(StoreError::backend)?;

        let readers = (0..options.readers).map(|_| {
            let connection = connect(options, path, options.cache_mib / options.readers)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        });
        let readers = Arc::new(Readers::pool(readers.collect::<Result<_>>()?));
        Ok(Self { inner: Arc::new(Inner { _housekeeper: Some(keeper), readers, writer }) })
    }

    pub(crate) fn in_memory() -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        keep_statements(&connection)?;
        phrase::teach(&connection)?;
        schema::migrate(&mut connection)?;
        let writer = Writer::new(connection, Arc::default()).map_err(StoreError::backend)?;
        let readers = Arc::new(Readers::Writer(Arc::clone(writer.desk())));
        Ok(Self { inner: Arc::new(Inner { _housekeeper: None, readers, writer }) })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T, StoreError> {
        self.inner.readers.read(read).map_err(StoreError::from)
    }

    /// Reads what is likely to be written next, where it can in the writer's own cache: a reader's is stale after every
    /// commit, and SQLite reads it all again.
    fn read_ahead<T>(&self, read: impl Fn(&Connection) -> Result<T>) -> Result<T, StoreError> {
        match self.inner.writer.desk().lend(&read) {
            Some(result) => result.map_err(StoreError::from),
            None => self.read(read),
        }
    }

    /// Indexes what is committed by now, if a question is about words.
    async fn index(&self, filter: &Filter) -> Result<(), StoreError> {
        if !filter.asks_words() {
            return Ok(());
        }
        let (mut indexed, last) = self.read(search::progress)?;
        while indexed < last {
            indexed = self.inner.writer.run(search::advance).await?;
        }
        Ok(())
    }
}

impl SqliteOptions {
    /// Opens a file, which it creates if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the file is not a database, [`StoreError::Newer`] if a newer release wrote it,
    /// [`StoreError::ReadOnly`] if it may not be written, [`StoreError::Busy`] if others kept it locked.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        Ok(SqliteStore::file(self, path.as_ref())?)
    }

    /// Opens a store in memory, which ends with its last handle. Reads and writes take turns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Backend`] if SQLite cannot be set up.
    pub fn memory(&self) -> Result<SqliteStore, StoreError> {
        Ok(SqliteStore::in_memory()?)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>, StoreError> {
        self.read_ahead(|connection| find::load(connection, tenant, id))
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        self.index(&query.filter).await?;
        self.read(|connection| find::find(connection, tenant, query))
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained, StoreError> {
        self.index(&query.filter).await?;
        self.read(|connection| find::explain(connection, tenant, query))
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>, StoreError> {
        self.read(|connection| find::ahead(connection, tenant, order, after, count))
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>, StoreError> {
        self.index(&scan.filter).await?;
        self.read(|connection| tally::tally(connection, tenant, scan))
    }

    async fn history(
        &self,
        tenant: &TenantId,
        id: TicketId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.read(|connection| log::history(connection, tenant, id, after, limit))
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.read(|connection| log::feed(connection, after, limit))
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
        self.read(|connection| due::due(connection, now, limit))
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        commit::commit(&self.inner.writer, commit).await
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>, StoreError> {
        self.read_ahead(|connection| claim::get(connection, tenant, key))
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>, StoreError> {
        self.read(|connection| document::get(connection, tenant, kind, key))
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        self.read(|connection| document::list(connection, tenant, kind, after, limit))
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64), StoreError> {
        blob::put(&self.inner.writer, tenant, bytes).await
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        Ok(blob::open(&self.inner.readers, tenant, digest)?)
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool, StoreError> {
        let (tenant, digest) = (tenant.clone(), digest.to_owned());
        self.inner.writer.run(move |transaction| blob::remove(transaction, &tenant, &digest)).await
    }
}

#[cfg(test)]
mod tests {
    use ticketcore::command::Draft;
    use ticketcore::testing::{Clerk, block_on};

    use super::*;

    fn open(clerk: &Clerk, store: &SqliteStore) -> Result<Vec<Arc<Ticket>>, StoreError> {
        block_on(store.commit(clerk.commit([clerk.opening(Draft::incident("again"))])))
    }

    fn set(store: &SqliteStore, pragma: &str, value: i64) {
        store.inner.writer.desk().borrow(|connection| connection.pragma_update(None, pragma, value).unwrap());
    }

    #[test]
    fn a_full_disk_is_told_of_and_once_there_is_room_writing_goes_on() {
        let store = SqliteStore::memory().unwrap();
        let clerk = Clerk::new(1);
        set(&store, "max_page_count", 60);
        let mut written = 0;
        let full = loop {
            match open(&clerk, &store) {
                Ok(tickets) => written = tickets[0].number,
                Err(error) => break error,
            }
        };
        assert!(matches!(full, StoreError::Full) && written > 0, "{full:?}");
        set(&store, "max_page_count", 1_000_000);
        assert_eq!(open(&clerk, &store).unwrap()[0].number, written + 1);
        assert_eq!(block_on(store.feed(Position(0), usize::MAX)).unwrap().len(), usize::try_from(written).unwrap() + 1);
    }

    #[test]
    fn what_may_not_be_written_is_told_of() {
        let store = SqliteStore::memory().unwrap();
        let clerk = Clerk::new(1);
        set(&store, "query_only", 1);
        assert!(matches!(open(&clerk, &store), Err(StoreError::ReadOnly)));
        set(&store, "query_only", 0);
        assert_eq!(open(&clerk, &store).unwrap()[0].number, 1);
    }
}
