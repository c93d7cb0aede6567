//! The embedded store passes the suite, on a file that several handles share and in memory.

#[path = "support/file.rs"]
mod temporary;

use std::sync::Arc;

use async_trait::async_trait;
use temporary::File;
use ticketcore::Store;
use ticketcore::testing::Harness;
use ticketcore_sqlite::SqliteStore;

/// Every handle opens the file anew, as another process would.
#[async_trait]
impl Harness for File {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.path()).unwrap())
    }
}

/// A database in memory ends with its last handle, so all handles are clones of one.
struct Memory(SqliteStore);

#[async_trait]
impl Harness for Memory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }
}

mod file {
    ticketcore::store_tests!(super::File::new());
}

mod memory {
    ticketcore::store_tests!(super::Memory(ticketcore_sqlite::SqliteStore::memory().unwrap()));
}
