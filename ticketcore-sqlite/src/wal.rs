//! The WAL: how long it is, and how it is copied back.

use std::time::Duration;

use rusqlite::Connection;
use ticketcore::store::StoreError;

use crate::error::Result;

/// How long a commit waits for readers to leave the WAL.
const PATIENCE: Duration = Duration::from_millis(20);

/// The state of the WAL.
pub(crate) struct Wal {
    /// How many pages it holds.
    pub(crate) pages: i64,
    /// How many of them are copied back.
    pub(crate) copied: i64,
}

impl Wal {
    /// Runs a checkpoint of a mode. That it copies less than all is no error.
    pub(crate) fn checkpoint(connection: &Connection, mode: &str) -> Result<Self> {
        let mut statement = connection.prepare_cached(&format!("pragma wal_checkpoint({mode})"))?;
        Ok(statement.query_row([], |row| Ok(Self { pages: row.get(1)?, copied: row.get(2)? }))?)
    }

    /// Copies all of it back and has the next commit start it anew, unless somebody reads it for long.
    pub(crate) fn restart(connection: &Connection) -> Result<()> {
        let timeout: i64 = connection.query_row("pragma busy_timeout", [], |row| row.get(0))?;
        connection.busy_timeout(PATIENCE)?;
        let restarted = Self::checkpoint(connection, "restart");
        connection.busy_timeout(Duration::from_millis(timeout.unsigned_abs()))?;
        restarted.map(drop)
    }
}

/// Housekeeping is tried again later, so its failures concern nobody but the operator.
pub(crate) fn report(what: &str, result: Result<()>) {
    match result.map_err(StoreError::from) {
        Ok(()) | Err(StoreError::Busy) => {}
        Err(error) => tracing::warn!(what, error = &error as &dyn std::error::Error, "housekeeping failed"),
    }
}
