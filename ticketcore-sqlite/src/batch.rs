//! Jobs, and the one transaction that a batch of them becomes.
//!
//! There is no savepoint for each job: a job checks before it writes, so one that is refused has written nothing and
//! hurts nobody. Should one fail after it wrote, the transaction is rolled back and each job is run again in one of its
//! own. That is also the answer to failures at which SQLite itself rolls everything back.

use std::fmt;

use rusqlite::Connection;
use ticketcore::store::StoreError;

use crate::error::{Result, translate};
use crate::oneshot::Sender;

/// Work that somebody waits for.
pub(crate) trait Job: fmt::Debug + Send {
    /// Tells whether somebody still does.
    fn is_wanted(&self) -> bool;

    /// Works inside the open transaction and keeps the result; tells whether it succeeded.
    fn run(&mut self, transaction: &Connection) -> bool;

    /// Hands out the result of the last run, or the failure of the transaction.
    fn settle(self: Box<Self>, outcome: Result<(), &rusqlite::Error>);
}

/// A [`Job`] made of a closure.
pub(crate) struct Task<T, F> {
    work: F,
    result: Option<Result<T>>,
    sender: Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F> {
    pub(crate) const fn new(work: F, sender: Sender<Result<T, StoreError>>) -> Self {
        Self { work, result: None, sender }
    }
}

impl<T: Send, F: FnMut(&Connection) -> Result<T> + Send> Job for Task<T, F> {
    fn is_wanted(&self) -> bool {
        self.sender.is_wanted()
    }

    fn run(&mut self, transaction: &Connection) -> bool {
        self.result.insert((self.work)(transaction)).is_ok()
    }

    fn settle(self: Box<Self>, outcome: Result<(), &rusqlite::Error>) {
        let Self { work, result, sender } = *self;
        // Before the caller goes on, so that what they share is the caller's alone.
        drop(work);
        match (outcome, result) {
            (Ok(()), Some(result)) => sender.send(result.map_err(StoreError::from)),
            (Err(error), _) => sender.send(Err(translate(error))),
            // Not reached: what was committed was run. The sender's end tells the caller.
            (Ok(()), None) => {}
        }
    }
}

impl<T, F> fmt::Debug for Task<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// How a transaction ended.
enum End {
    /// It was committed.
    Good,
    /// A job failed after it wrote; nothing was written.
    Spoiled,
    /// SQLite failed; for all jobs alike.
    Failed(rusqlite::Error),
}

/// Runs jobs in one transaction and tells each its result after the commit.
pub(crate) fn serve(connection: &Connection, mut jobs: Vec<Box<dyn Job>>) {
    match transact(connection, &mut jobs) {
        End::Spoiled if jobs.len() > 1 => jobs.into_iter().for_each(|job| serve(connection, vec![job])),
        // Alone, the spoiler's own result says what happened.
        End::Good | End::Spoiled => jobs.into_iter().for_each(|job| job.settle(Ok(()))),
        End::Failed(error) => jobs.into_iter().for_each(|job| job.settle(Err(&error))),
    }
}

fn transact(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> End {
    let end = attempt(connection, jobs);
    // A failed commit may leave the transaction open, a failed statement may have closed it.
    if !matches!(end, Ok(End::Good)) && !connection.is_autocommit() {
        let _ = connection.execute_batch("rollback");
    }
    end.unwrap_or_else(End::Failed)
}

fn attempt(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<End> {
    // Left open if a panic went through a batch.
    if !connection.is_autocommit() {
        execute(connection, "rollback")?;
    }
    // Immediate: a transaction that first read and then wrote would fail at once if another process wrote between.
    execute(connection, "begin immediate")?;
    for job in &mut *jobs {
        let before = connection.total_changes();
        if !job.run(connection) && (connection.total_changes() != before || connection.is_autocommit()) {
            return Ok(End::Spoiled);
        }
    }
    execute(connection, "commit")?;
    Ok(End::Good)
}

/// Runs a statement without parameters, which stays prepared.
pub(crate) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
