//! Connections to a file, and how each is set up.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use ticketcore::store::StoreError;

use crate::error::{Error, Result};
use crate::options::SqliteOptions;
use crate::phrase;

/// Keeps statements prepared: a writer has some thirty, a reader as many and its last questions.
pub(crate) fn keep_statements(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // Else SQLite looks at the values of some parameters, a limit among them, and prepares anew for others: 13 us a read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Opens a connection of a store.
pub(crate) fn connect(options: &SqliteOptions, path: &Path, cache_mib: u16) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    keep_statements(&connection)?;
    phrase::teach(&connection)?;
    connection.pragma_update(None, "synchronous", options.durability.as_str())?;
    connection.pragma_update(None, "cache_size", i64::from(cache_mib.max(1)) * -1024)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // The housekeeper's work.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// Turns the WAL on. SQLite does not wait where several do so at once, so this does.
pub(crate) fn enter_wal(connection: &Connection, timeout: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        let mode: rusqlite::Result<String> = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0));
        match mode.map_err(|error| StoreError::from(Error::from(error))) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(StoreError::backend(format!("the file cannot have a WAL, only {mode}")).into()),
            Err(StoreError::Busy) if start.elapsed() < timeout => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.into()),
        }
    }
}
