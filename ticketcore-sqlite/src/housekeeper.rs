//! What is done beside the writes: the WAL is copied back into the file, and in pauses the words of the log are indexed.
//!
//! The WAL is never truncated: on a growing file each sync also writes the file system's own records, which made commits
//! 2.3 times as slow. It is reused from its start once all of it is copied back and nobody reads it. Under steady writing
//! that moment never comes by itself. So the housekeeper copies the bulk beside the writer, and whoever writes next then
//! copies the small rest and waits for those who still read, a short while. A foreign reader that stays for longer makes
//! the WAL grow; it is asked for again when the WAL has grown by half, so even then few commits wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use ticketcore::store::StoreError;

use crate::error::Result;
use crate::search;
use crate::writer::Desk;

/// How often the housekeeper looks up while there are writes. It sleeps when there are none.
const LOOK: Duration = Duration::from_millis(50);

/// So many looks without a write are a pause.
const PAUSE: u32 = 5;

/// So many times the WAL is copied back beside the writer before a commit has to wait for the rest.
const ROUNDS: u32 = 4;

/// How long a commit waits for readers to leave the WAL.
const PATIENCE: Duration = Duration::from_millis(20);

/// How writers and housekeeper tell each other what there is to do.
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
            report("restarting the WAL", restart(connection));
        }
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    fn wake(&self) {
        if let Some(thread) = self.housekeeper.get() {
            thread.unpark();
        }
    }
}

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
        // Set once, here.
        let _ = self.pulse.housekeeper.set(thread::current());
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
            self.pulse.asleep.store(true, Ordering::SeqCst);
            if self.pulse.writes() == seen && !self.stop.load(Ordering::SeqCst) {
                thread::park();
            }
            self.pulse.asleep.store(false, Ordering::SeqCst);
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
        self.pulse.restart.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Indexes what there is, until it is done or the pause is over.
    fn index(&mut self, seen: u64) -> Result<()> {
        let (mut indexed, last) = search::progress(&self.connection)?;
        while indexed < last && self.pulse.writes() == seen && !self.stop.load(Ordering::SeqCst) {
            indexed = self.desk.borrow(|connection| -> Result<i64> {
                let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
                let indexed = search::advance(&transaction)?;
                transaction.commit()?;
                Ok(indexed)
            })?;
            self.checkpoint()?;
        }
        Ok(())
    }
}

/// Copies all of the WAL back and has the next commit start it anew, unless somebody reads it for long.
fn restart(connection: &Connection) -> Result<()> {
    let timeout: i64 = connection.query_row("pragma busy_timeout", [], |row| row.get(0))?;
    connection.busy_timeout(PATIENCE)?;
    let restarted = Wal::checkpoint(connection, "restart");
    connection.busy_timeout(Duration::from_millis(timeout.unsigned_abs()))?;
    restarted.map(drop)
}

/// The state of the WAL.
struct Wal {
    /// How many pages it holds.
    pages: i64,
    /// How many of them are copied back.
    copied: i64,
}

impl Wal {
    /// Runs a checkpoint of a mode. That it copies less than all is no error.
    fn checkpoint(connection: &Connection, mode: &str) -> Result<Self> {
        let mut statement = connection.prepare_cached(&format!("pragma wal_checkpoint({mode})"))?;
        Ok(statement.query_row([], |row| Ok(Self { pages: row.get(1)?, copied: row.get(2)? }))?)
    }
}

/// Housekeeping is tried again later, so its failures concern nobody but the operator.
fn report(what: &str, result: Result<()>) {
    match result.map_err(StoreError::from) {
        Ok(()) | Err(StoreError::Busy) => {}
        Err(error) => tracing::warn!(what, error = &error as &dyn std::error::Error, "housekeeping failed"),
    }
}
