//! Subscriptions: a host is told of what happens as it happens.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::desk::{Core, Desk, Error};
use crate::event::Recorded;
use crate::id::Position;
use crate::store::{Commit, StoreError};
use crate::ticket::Ticket;

/// How many events are handed over at once, at most.
const SOME: usize = 200;
/// The longest wait before another look, as other processes may have written.
const NAP: Duration = Duration::from_secs(1);

/// What happens on a tenant's tickets from a position on, as far as the actor may read it; nothing is passed over and
/// nothing comes twice. Dropped, it leaves nothing behind; begun again at its [position](Self::position), it goes on.
#[derive(Debug)]
pub struct Subscription {
    desk: Desk,
    position: Position,
}

impl Desk {
    /// Subscribes to what happens after a position of the feed; [`Position(0)`](Position) for all that ever did.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Desk, Draft, MemoryStore, Position};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let mut news = desk.subscribe(Position(0));
    /// desk.open(Draft::incident("No mail")).await?;
    /// // With a runtime, its sleep: `news.next(tokio::time::sleep)`.
    /// let events = news.next(|_| std::future::pending()).await?;
    /// assert_eq!(events[0].event.name(), "opened");
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub fn subscribe(&self, after: Position) -> Subscription {
        Subscription { desk: self.clone(), position: after }
    }
}

impl Subscription {
    /// The position up to which everything was handed over.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Waits until something has happened, and hands it over in order: at once if this process wrote it through any handle of
    /// the desk, within a second if another one did. The host supplies the sleep of its runtime.
    ///
    /// Dropped while it waits, it loses nothing. Customers, who read no log, wait for ever.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails; the next call tries again.
    pub async fn next<S, F>(&mut self, sleep: S) -> Result<Vec<Recorded>, Error>
    where
        S: Fn(Duration) -> F,
        F: Future<Output = ()>,
    {
        loop {
            // Before the look, or what is written in between would ring unheard.
            let heard = self.desk.core.bell.rings();
            let (events, position) = self.desk.read_on(self.position, SOME).await?;
            self.position = position;
            if !events.is_empty() {
                return Ok(events);
            }
            let mut nap = pin!(sleep(NAP));
            let bell = &self.desk.core.bell;
            poll_fn(|context| {
                let rung = bell.wait(heard, context.waker());
                if rung { Poll::Ready(()) } else { nap.as_mut().poll(context) }
            })
            .await;
        }
    }
}

/// Rings when tickets were written by this process.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rings: AtomicU64,
    waiting: Mutex<Vec<Waker>>,
}

impl Bell {
    fn rings(&self) -> u64 {
        self.rings.load(Ordering::SeqCst)
    }

    /// Tells whether it has rung more often than was heard; if not, wakes whoever waits when it does.
    fn wait(&self, heard: u64, waker: &Waker) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock: who rings counts first and then takes it.
        if self.rings() != heard {
            return true;
        }
        if !waiting.iter().any(|other| other.will_wake(waker)) {
            waiting.push(waker.clone());
        }
        false
    }

    fn ring(&self) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Core {
    /// Commits, and rings if tickets were written. All writing goes through here.
    pub(super) async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let tickets = !commit.changes.is_empty();
        let done = self.store.commit(commit).await;
        if tickets && done.is_ok() {
            self.bell.ring();
        }
        done
    }
}
