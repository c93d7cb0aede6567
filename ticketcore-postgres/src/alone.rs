//! A statement with a commit of one caller, who carries it out: no task, no change of threads.
//!
//! Others may come to wait for it, and its caller may do other things than to ask how it is. So what is left of it can be
//! taken over: by whoever waits too long, or when the caller goes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use ticketcore::store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::runtime::Inside;

/// What is left of a statement; nothing once it is done, or with somebody else.
#[derive(Clone)]
pub(crate) struct Rest(Arc<Mutex<Option<Inside<'static, ()>>>>);

impl Rest {
    pub(crate) fn new(statement: Inside<'static, ()>) -> Self {
        Self(Arc::new(Mutex::new(Some(statement))))
    }

    /// Lets a task of the runtime do it.
    pub(crate) fn hand_over(&self, runtime: &Handle) {
        if let Some(statement) = self.lock().take() {
            runtime.spawn(statement);
        }
    }

    fn go_on(&self, cx: &mut Context<'_>) {
        let mut rest = self.lock();
        if rest.as_mut().is_some_and(|statement| Pin::new(statement).poll(cx).is_ready()) {
            *rest = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Inside<'static, ()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rest")
    }
}

/// What a caller waits for: the numbers of a commit's tickets.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(crate) rest: Rest,
    pub(crate) receiver: oneshot::Receiver<Result<Vec<i64>, StoreError>>,
    pub(crate) runtime: Handle,
}

impl Future for Alone {
    type Output = Result<Result<Vec<i64>, StoreError>, oneshot::error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.rest.go_on(cx);
        Pin::new(&mut self.receiver).poll(cx)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.rest.hand_over(&self.runtime);
    }
}
