//! What SQLite says, as the store's errors.

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;
use ticketcore::store::{Conflict, StoreError};

/// A failure inside the adapter: of SQLite, or of the contract.
#[derive(Debug)]
pub(crate) enum Error {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<FromSqlError> for Error {
    fn from(error: FromSqlError) -> Self {
        Self::Sqlite(error.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Self {
        Self::Store(conflict.into())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Sqlite(error) => translate(&error),
            Error::Store(error) => error,
        }
    }
}

/// Tells what a failure of SQLite means to a caller. By reference, as one failed `COMMIT` fails many callers.
pub(crate) fn translate(error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error as E;
    match error {
        E::SqliteFailure(code, message) => match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::ReadOnly => StoreError::ReadOnly,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
                StoreError::corrupt("database file", E::SqliteFailure(*code, message.clone()))
            }
            // The I/O errors among them, so whether a commit was written is unknown.
            _ => StoreError::backend(E::SqliteFailure(*code, message.clone())),
        },
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..) => StoreError::corrupt("row", error.to_string()),
        other => StoreError::backend(other.to_string()),
    }
}

/// Reports a value in a column that cannot be what the column holds.
pub(crate) fn corrupt(what: &str, value: impl std::fmt::Display) -> Error {
    Error::Store(StoreError::corrupt(what, format!("`{value}` is none")))
}
