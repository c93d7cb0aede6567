//! Connections for reading. Readers of a WAL wait for nobody, and nobody waits for them.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::Result;
use crate::writer::Desk;

/// Where reads run, on the thread of the caller.
#[derive(Debug)]
pub(crate) enum Readers {
    /// On connections of their own, as many as there are.
    Pool {
        /// Those not in use.
        free: Mutex<Vec<Connection>>,
        /// One came back.
        returned: Condvar,
    },
    /// On the writer's connection, as one in memory has no others.
    Writer(Arc<Desk>),
}

impl Readers {
    pub(crate) fn pool(connections: Vec<Connection>) -> Self {
        Self::Pool { free: Mutex::new(connections), returned: Condvar::new() }
    }

    /// Reads, after waiting for a connection if all are in use.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match self {
            Self::Writer(desk) => desk.borrow(read),
            Self::Pool { free, returned } => {
                let mut connections = free.lock().unwrap_or_else(PoisonError::into_inner);
                let connection = loop {
                    match connections.pop() {
                        Some(connection) => break connection,
                        None => connections = returned.wait(connections).unwrap_or_else(PoisonError::into_inner),
                    }
                };
                drop(connections);
                let result = read(&connection);
                free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                returned.notify_one();
                result
            }
        }
    }
}
