//! The embedded store passes the suite, on a file that several handles share and in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use ticketcore::Store;
use ticketcore::testing::Harness;
use ticketcore_sqlite::SqliteStore;

/// A file of its own for each harness; every handle opens it anew, as another process would.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("ticketcore-suite-{}-{count}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        Self(directory)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What cannot be removed is the operating system's to sweep.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[async_trait]
impl Harness for File {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.join("desk.db")).unwrap())
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
