//! One value from a thread to a task, under any executor.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Makes the two ends.
pub(crate) fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let cell = Arc::new(Mutex::new(Cell::Empty(None)));
    (Sender(Arc::clone(&cell)), Receiver(cell))
}

enum Cell<T> {
    Empty(Option<Waker>),
    Full(T),
    /// The sender is gone without a value, or the value was taken.
    Done,
}

pub(crate) struct Sender<T>(Arc<Mutex<Cell<T>>>);
pub(crate) struct Receiver<T>(Arc<Mutex<Cell<T>>>);

impl<T> Sender<T> {
    /// Tells whether anybody still waits.
    pub(crate) fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    pub(crate) fn send(self, value: T) {
        self.put(Cell::Full(value));
    }

    fn put(&self, next: Cell<T>) {
        let mut cell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Cell::Empty(waker) = &mut *cell else { return };
        let waker = waker.take();
        *cell = next;
        drop(cell);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.put(Cell::Done);
    }
}

impl<T> Receiver<T> {
    /// Takes the value, if it has come; `Ready(None)` if none ever will.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Option<T>> {
        let mut cell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *cell, Cell::Done) {
            Cell::Empty(_) => {
                *cell = Cell::Empty(Some(cx.waker().clone()));
                Poll::Pending
            }
            Cell::Full(value) => Poll::Ready(Some(value)),
            Cell::Done => Poll::Ready(None),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}
