//! What Postgres says, as the store's errors.

use std::fmt;

use ticketcore::store::{Conflict, StoreError};

/// A failure inside the adapter: of Postgres, or of the contract.
#[derive(Debug)]
pub(crate) enum Error {
    Postgres(sqlx::Error),
    Store(StoreError),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Postgres(error)
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
            Error::Postgres(error) => translate(error),
            Error::Store(error) => error,
        }
    }
}

/// The code by which Postgres names a failure.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(Into::into)
}

/// Tells whether the same may succeed if it is done again from the start: the server refused it for what others did at
/// the same time, and has undone it.
pub(crate) fn is_race(error: &sqlx::Error) -> bool {
    // Serialization failure, deadlock, and two that were the first to write the same key.
    matches!(code(error).as_deref(), Some("40001" | "40P01" | "23505"))
}

/// Tells whether the connection or the server is gone, so that nobody knows what became of the last statement.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // Connection exceptions; the server shuts down, has crashed, or is starting up. Not 57014, a cancelled statement.
        error => code(error).is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
    }
}

/// Tells whether the server may be read only.
pub(crate) fn is_read_only(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("25006")
}

/// Tells what a failure of Postgres means to a caller.
fn translate(error: sqlx::Error) -> StoreError {
    let told = |text: &str| StoreError::backend(Told { text: text.to_owned(), source: None });
    match &error {
        sqlx::Error::PoolTimedOut => return StoreError::Busy,
        sqlx::Error::PoolClosed => return told("the store is closed"),
        // What it is stays out of the text: a password may be in it.
        sqlx::Error::Configuration(_) => return told("the address is not one such as postgres://user@host/database"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
            return StoreError::corrupt("row", error.to_string());
        }
        _ => {}
    }
    let text = match code(&error).as_deref() {
        // Lost a race too often, no lock or time to be had, no connection to be had, or starting up.
        Some("40001" | "40P01" | "55P03" | "57014" | "53300" | "57P03") => return StoreError::Busy,
        Some("53100") => return StoreError::Full,
        Some("25006") => return StoreError::ReadOnly,
        Some("3F000" | "42P01") => "the desk's tables are not there; `migrate` makes them",
        Some("42501") => "the role may not do this with the desk's tables",
        Some("28P01" | "28000") => "the server does not let this role in",
        Some("3D000") => "there is no such database",
        _ if matches!(error, sqlx::Error::Io(_)) => "no connection to the server",
        _ if is_lost(&error) => "the server closed the connection",
        _ => return StoreError::backend(error),
    };
    StoreError::backend(Told { text: text.to_owned(), source: Some(plain(error)) })
}

/// A failure without the driver's words around what the system says, which repeat it.
fn plain(error: sqlx::Error) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        sqlx::Error::Io(error) => error.into(),
        error => error.into(),
    }
}

/// Reports a commit of which nobody knows whether it was written.
pub(crate) fn unknown(error: sqlx::Error) -> Error {
    let text = "the connection was lost during a commit, whose outcome is unknown".to_owned();
    Error::Store(StoreError::backend(Told { text, source: Some(plain(error)) }))
}

/// Reports a value in a column that cannot be what the column holds.
pub(crate) fn corrupt(what: &str, value: impl fmt::Display) -> Error {
    Error::Store(StoreError::corrupt(what, format!("`{value}` is none")))
}

/// Says in plain words what is wrong, before the driver does in its own.
#[derive(Debug)]
struct Told {
    text: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
