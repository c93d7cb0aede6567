//! Servers that have fallen silent.
//!
//! A timer for each statement would do, but whoever sets one wakes whoever waits for the sockets, so that both know how
//! long to wait: a change of threads more for each statement, which took as long as a round trip. So there is one timer
//! for all, which comes round four times in the longest silence that is borne, and each statement looks at the clock then.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use tokio::sync::Notify;

use crate::runtime::Runtime;

/// The rounds of the timer, and the longest silence.
#[derive(Debug)]
pub(crate) struct Watch {
    rounds: Notify,
    silence: Duration,
}

impl Watch {
    /// Begins; ends when nobody else holds it any more.
    pub(crate) fn begin(silence: Duration, runtime: &Runtime) -> Arc<Self> {
        let watch = Arc::new(Self { rounds: Notify::new(), silence });
        let weak = Arc::downgrade(&watch);
        runtime.handle().spawn(async move {
            loop {
                tokio::time::sleep(silence / 4).await;
                let Some(watch) = weak.upgrade() else { return };
                watch.rounds.notify_waiters();
            }
        });
        watch
    }

    /// Waits for an answer, but not for longer than silence is borne.
    pub(crate) async fn over<T>(&self, answer: impl Future<Output = T>) -> Result<T, sqlx::Error> {
        let start = Instant::now();
        let mut answer = pin!(answer);
        loop {
            match select(answer.as_mut(), pin!(self.rounds.notified())).await {
                Either::Left((answer, _)) => return Ok(answer),
                Either::Right(_) if start.elapsed() < self.silence => {}
                Either::Right(_) => {
                    let text = format!("the server said nothing for {:?}", self.silence);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, text).into());
                }
            }
        }
    }
}
