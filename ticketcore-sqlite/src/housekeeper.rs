//! What is done beside the writes: the WAL is copied back into the file, and in pauses the words of the log are indexed
//! and their index is put together.
//!
//! The WAL is never truncated: on a growing file each sync also writes the file system's own records, which made commits
//! 2.3 times as slow. It is reused from its start once all of it is copied back and nobody reads it. Under steady writing
//! that moment never comes by itself. So the housekeeper copies the bulk beside the writer, and whoever writes next then
//! copies the small rest and waits for those who still read, a short while. A foreign reader that stays for longer makes
//! the WAL grow; it is asked for again when the WAL has grown by half, so even then few commits wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Result;
use crate::pulse::Pulse;
use crate::search;
use crate::wal::{Wal, report};
use crate::writer::Desk;

/// How often the housekeeper looks up while there are writes. It sleeps when there are none.
const LOOK: Duration = Duration::from_millis(50);

/// So many looks without a write are a pause.
const PAUSE: u32 = 5;

/// So many times the WAL is copied back beside the writer before a commit has to wait for the rest.
const ROUNDS: u32 = 4;

/// A thread that keeps house until it is dropped.
#[derive(Debug)]
pub(crate) struct Housekeeper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Housekeeper {
    /// Starts it, with a connection of its own.
    pub(crate) fn new(connection: Connection, desk: Arc<Desk>, pulse: Arc<Pulse>, pages: i64) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut house = House { connection, desk, pulse, stop: Arc::clone(&stop), pages, limit: pages };
        let thread = thread::Builder::new().name("ticketcore-housekeeper".into()).spawn(move || house.keep())?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Housekeeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // Its panic, had it one, was reported when it happened.
            let _ = thread.join();
        }
    }
}

struct House {
    connection: Connection,
    desk: Arc<Desk>,
    pulse: Arc<Pulse>,
    stop: Arc<AtomicBool>,
    /// From how many pages on the WAL is copied back.
    pages: i64,
    /// The same, as long as it could not be restarted.
    limit: i64,
}

impl House {
    fn keep(&mut self) {
        self.pulse.attend();
        let (mut seen, mut quiet) = (0, 0);
        while !self.stop.load(Ordering::SeqCst) {
            let writes = self.pulse.writes();
            quiet = if writes == seen { quiet + 1 } else { 0 };
            seen = writes;
            if quiet == 0 {
                report("checkpoint", self.checkpoint());
            }
            if quiet < PAUSE {
                thread::park_timeout(LOOK);
                continue;
            }
            report("indexing", self.index(seen));
            self.pulse.sleep(seen, &self.stop);
        }
    }

    /// Copies a long WAL back, and asks the next writer to start it anew.
    fn checkpoint(&mut self) -> Result<()> {
        let mut wal = Wal::checkpoint(&self.connection, "noop")?;
        // Shorter than the pages asked for: it was started anew.
        self.limit = if wal.pages < self.pages { self.pages } else { self.limit };
        if wal.pages < self.limit {
            return Ok(());
        }
        // In rounds, as more is written meanwhile: the less is left, the less a commit has to wait for.
        for _ in 0..ROUNDS {
            Wal::checkpoint(&self.connection, "passive")?;
            wal = Wal::checkpoint(&self.connection, "noop")?;
            if wal.pages - wal.copied < self.pages / 20 {
                break;
            }
        }
        self.limit = wal.pages + wal.pages / 2;
        self.pulse.ask_for_restart();
        Ok(())
    }

    /// Indexes what there is and puts the index together, until it is done or the pause is over.
    fn index(&mut self, seen: u64) -> Result<()> {
        let (mut indexed, last) = search::progress(&self.connection)?;
        while indexed < last && self.may_go_on(seen) {
            indexed = self.write(search::advance)?;
            self.checkpoint()?;
        }
        let mut more = true;
        while more && self.may_go_on(seen) {
            more = self.write(search::tidy)?;
            self.checkpoint()?;
        }
        Ok(())
    }

    fn may_go_on(&self, seen: u64) -> bool {
        self.pulse.writes() == seen && !self.stop.load(Ordering::SeqCst)
    }

    /// Does a piece of work in a transaction of the writer's.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.desk.borrow(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }
}
