//! A place for a database that is gone afterwards.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own for one file, removed when it is dropped.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("ticketcore-{}-{count}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("desk.db")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What cannot be removed is the operating system's to sweep.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
