//! The one writer of a store: whoever finds it idle writes for all who wait.
//!
//! A job is queued, its task yields once, and then the first task that finds the connection free serves the queue on
//! its own thread. Alone, a caller so pays for no hand-over between threads (35 to 45 us where it was measured); in
//! company, all that queued up meanwhile becomes one transaction. A task serves one batch and no more, and the rest goes
//! to a thread kept for it: nobody works for others for long, and no job waits for a task that is not polled.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::Poll;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use ticketcore::store::StoreError;

use crate::batch::{self, Job, Task};
use crate::error::Result;
use crate::oneshot::oneshot;
use crate::pulse::Pulse;

/// At most so many jobs go into one transaction: some 10 ms of work.
const BATCH: usize = 256;

/// Owns the thread that serves what nobody else does.
#[derive(Debug)]
pub(crate) struct Writer {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where jobs are handed in; shared by the tasks, the writer's thread and the housekeeper.
///
/// Whoever had the connection looks at the queue after giving it back. So a job cannot be missed: whoever hands one in
/// either finds the connection free, or is seen by the one who has it.
#[derive(Debug)]
pub(crate) struct Desk {
    connection: Mutex<Connection>,
    queue: Mutex<Queue>,
    /// There is something for the thread to do.
    called: Condvar,
    pulse: Arc<Pulse>,
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    closing: bool,
}

impl Writer {
    /// Starts the writer's thread.
    pub(crate) fn new(connection: Connection, pulse: Arc<Pulse>) -> std::io::Result<Self> {
        let (connection, queue) = (Mutex::new(connection), Mutex::default());
        let desk = Arc::new(Desk { connection, queue, called: Condvar::new(), pulse });
        let shared = Arc::clone(&desk);
        let thread = thread::Builder::new().name("ticketcore-writer".into()).spawn(move || shared.attend())?;
        Ok(Self { desk, thread: Some(thread) })
    }

    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Does a piece of work inside a transaction and returns, once that is committed, what the work returned.
    ///
    /// The work checks what it must before it writes. It may run more than once, but only its last run lasts. If the
    /// future is dropped, the work is either done or not begun.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot();
        self.desk.queue().jobs.push_back(Box::new(Task::new(work, sender)));
        // On an executor with one thread the other tasks queue up now; else each of them would be a batch of its own.
        yield_once().await;
        let outcome = poll_fn(|cx| match receiver.poll(cx) {
            Poll::Pending if self.desk.serve() => receiver.poll(cx),
            polled => polled,
        });
        outcome.await.unwrap_or_else(|| Err(StoreError::backend("the writer gave up on the job")))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.desk.queue().closing = true;
        self.desk.called.notify_one();
        if let Some(thread) = self.thread.take() {
            // Its panic, had it one, was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Desk {
    /// Serves one batch unless somebody else is writing. Tells whether it did.
    fn serve(&self) -> bool {
        let connection = match self.connection.try_lock() {
            Ok(connection) => connection,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        self.with(connection, |connection| self.serve_on(connection));
        true
    }

    /// Uses the connection if nobody else does or waits for it.
    pub(crate) fn lend<T>(&self, use_it: impl FnOnce(&Connection) -> T) -> Option<T> {
        if !self.queue().jobs.is_empty() {
            return None;
        }
        let connection = self.connection.try_lock().ok()?;
        Some(self.with(connection, use_it))
    }

    /// Waits for the connection and uses it; nothing of this store is written by others meanwhile.
    pub(crate) fn borrow<T>(&self, use_it: impl FnOnce(&Connection) -> T) -> T {
        self.with(self.connection.lock().unwrap_or_else(PoisonError::into_inner), use_it)
    }

    fn with<T>(&self, connection: MutexGuard<'_, Connection>, use_it: impl FnOnce(&Connection) -> T) -> T {
        let used = use_it(&connection);
        drop(connection);
        if !self.queue().jobs.is_empty() {
            self.called.notify_one();
        }
        used
    }

    fn serve_on(&self, connection: &Connection) {
        let mut queue = self.queue();
        let jobs = queue.jobs.len().min(BATCH);
        let jobs: Vec<_> = queue.jobs.drain(..jobs).filter(|job| job.is_wanted()).collect();
        drop(queue);
        if !jobs.is_empty() {
            batch::serve(connection, jobs);
            self.pulse.beat(connection);
        }
    }

    /// Serves what is left when those who handed it in do not, until the end.
    fn attend(&self) {
        let mut queue = self.queue();
        while !queue.closing {
            if queue.jobs.is_empty() {
                queue = self.called.wait(queue).unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(queue);
                self.borrow(|connection| self.serve_on(connection));
                queue = self.queue();
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
