//! How writers and housekeeper tell each other what there is to do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};

use rusqlite::Connection;

use crate::wal::{Wal, report};

/// What a store's writes tell its housekeeper, and the other way round.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    writes: AtomicU64,
    restart: AtomicBool,
    asleep: AtomicBool,
    housekeeper: OnceLock<Thread>,
}

impl Pulse {
    /// Says that something was written, by whoever has the writer's connection.
    pub(crate) fn beat(&self, connection: &Connection) {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.restart.swap(false, Ordering::Relaxed) {
            report("restarting the WAL", Wal::restart(connection));
        }
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.housekeeper.get()
        {
            thread.unpark();
        }
    }

    /// How many writes there were.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Has the next writer start the WAL anew.
    pub(crate) fn ask_for_restart(&self) {
        self.restart.store(true, Ordering::Relaxed);
    }

    /// Makes the calling thread the housekeeper.
    pub(crate) fn attend(&self) {
        // It is set once, by the only housekeeper.
        let _ = self.housekeeper.set(thread::current());
    }

    /// Sleeps until there are more writes than were seen, or the housekeeper is to stop and is woken.
    pub(crate) fn sleep(&self, seen: u64, stop: &AtomicBool) {
        self.asleep.store(true, Ordering::SeqCst);
        if self.writes() == seen && !stop.load(Ordering::SeqCst) {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}
