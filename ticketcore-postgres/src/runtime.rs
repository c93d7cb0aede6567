//! The runtime that connections need, so that the store works under any executor.
//!
//! sqlx talks to its sockets through tokio. A store has a tokio runtime of its own, on one thread, which waits for the
//! sockets and carries out commits. Everything else is polled by whoever asked, on their own thread: the runtime is
//! entered for the time of each poll, and woken from. So a call costs one change of threads at most, a caller needs no
//! runtime, and one that has another cannot get in the way.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A runtime, or the way to the host's.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropped with the store; then the thread ends.
    stop: Option<oneshot::Sender<()>>,
}

impl Runtime {
    /// Starts a runtime of its own, which runs `last` before it ends.
    pub(crate) fn start<F: Future<Output = ()>>(last: impl FnOnce() -> F + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new().name("ticketcore-postgres".into()).spawn(move || {
            runtime.block_on(async {
                // An error says that the sender is gone, which is what is waited for.
                let _ = stopped.await;
                last().await;
            });
        })?;
        Ok(Self { handle, stop: Some(stop) })
    }

    /// Uses the host's.
    pub(crate) const fn of(handle: Handle) -> Self {
        Self { handle, stop: None }
    }

    /// Whether it has a thread of its own, so that others may block theirs while they wait for it.
    pub(crate) const fn is_own(&self) -> bool {
        self.stop.is_some()
    }

    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Polls a future inside the runtime, on the caller's thread, and drops it inside, too.
    pub(crate) fn inside<'a, T>(&self, future: impl Future<Output = T> + Send + 'a) -> Inside<'a, T> {
        Inside { handle: self.handle.clone(), future: Some(Box::pin(future)) }
    }
}

/// A future that sees the runtime whenever it is polled, and when it is dropped.
pub(crate) struct Inside<'a, T> {
    handle: Handle,
    future: Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>,
}

impl<T> Future for Inside<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let _entered = this.handle.enter();
        let Some(future) = &mut this.future else { return Poll::Pending };
        let polled = future.as_mut().poll(cx);
        if polled.is_ready() {
            this.future = None;
        }
        polled
    }
}

impl<T> Drop for Inside<'_, T> {
    fn drop(&mut self) {
        let _entered = self.handle.enter();
        self.future = None;
    }
}
