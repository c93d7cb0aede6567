//! Files full of tickets: each size is filled once, and copied for those who write.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use ticketcore::{Store, TicketId};
use ticketcore_sqlite::{Durability, SqliteOptions};

use crate::common::Result;
use crate::common::prefill::prefill;
use crate::common::random::Random;
use crate::common::scratch::Scratch;

/// At how many pages both programs copy the WAL back.
pub(crate) const CHECKPOINT: u32 = 10_000;

/// The files of a run.
#[derive(Debug)]
pub(crate) struct Files(Scratch);

impl Files {
    pub(crate) fn new(parent: Option<&Path>) -> Result<Self> {
        Ok(Self(Scratch::new(parent)?))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.folder()
    }

    /// A file with so many tickets, for those who only read.
    pub(crate) fn base(&self, tickets: usize) -> Result<PathBuf> {
        let path = self.0.path(&format!("{tickets}.db"));
        if !path.exists() {
            let store: Arc<dyn Store> = Arc::new(SqliteOptions::new().synchronous(Durability::Normal).open(&path)?);
            prefill(&store, tickets, &mut Random::new(1))?;
            drop(store);
            // Their words count as indexed: the index of a million tickets would be made in the pauses of the first
            // measures, and be most of what is measured.
            let connection = Connection::open(&path)?;
            connection
                .execute("update ticketcore_indexed set position = (select max(position) from ticketcore_event)", [])?;
        }
        Ok(path)
    }

    /// A copy of such a file, all of it on the disk.
    pub(crate) fn copy(&self, tickets: usize, name: &str) -> Result<PathBuf> {
        let path = self.0.path(name);
        fs::copy(self.base(tickets)?, &path)?;
        File::open(&path)?.sync_all()?;
        Ok(path)
    }

    /// Removes a copy.
    pub(crate) fn remove(&self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for end in ["", "-wal", "-shm"] {
            let file = self.0.path(&format!("{name}{end}"));
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }
}

/// The tickets of a file that are new.
pub(crate) fn new_tickets(path: &Path) -> Result<Vec<TicketId>> {
    let connection = Connection::open(path)?;
    let mut statement =
        connection.prepare("select hex(id) from ticketcore_ticket where status = 'new' order by row")?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| Ok(id?.parse()?)).collect()
}
