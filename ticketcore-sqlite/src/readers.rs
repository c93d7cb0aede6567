//! Connections for reading. Readers of a WAL wait for nobody, and nobody waits for them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::error::Result;
use crate::writer::Desk;

/// Where reads run, on the thread of the caller.
#[derive(Debug)]
pub(crate) enum Readers {
    /// On connections of their own, as many as there are.
    Pool(Pool),
    /// On the writer's connection, as one in memory has no others.
    Writer(Arc<Desk>),
}

/// Connections for everybody.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// A connection came back.
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<Connection>,
    /// How many threads wait; without any, nobody is told, which would be a call of the system.
    waiting: usize,
}

impl Readers {
    pub(crate) fn pool(free: Vec<Connection>) -> Self {
        Self::Pool(Pool { state: Mutex::new(State { free, waiting: 0 }), returned: Condvar::new() })
    }

    /// Reads, after waiting for a connection if all are in use.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match self {
            Self::Writer(desk) => desk.borrow(read),
            Self::Pool(pool) => {
                let connection = pool.take();
                let result = read(&connection);
                pool.put(connection);
                result
            }
        }
    }
}

impl Pool {
    fn take(&self) -> Connection {
        let mut state = self.lock();
        loop {
            if let Some(connection) = state.free.pop() {
                return connection;
            }
            state.waiting += 1;
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    fn put(&self, connection: Connection) {
        let mut state = self.lock();
        state.free.push(connection);
        if state.waiting > 0 {
            self.returned.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
