//! Tells on standard error how far something has come, if it takes longer than a second and somebody looks on.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Until then nothing is told.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two lines.
const PAUSE: Duration = Duration::from_millis(100);

/// The telling of one thing; the line goes with it.
#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    begun: Instant,
    told: Option<Instant>,
    is_watched: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, begun: Instant::now(), told: None, is_watched: io::stderr().is_terminal() }
    }

    /// Tells how many are done, and of how many if that is known.
    pub(crate) fn tell(&mut self, done: impl TryInto<u64>, of: Option<usize>) {
        let now = Instant::now();
        if !self.is_watched || !is_due(self.begun, self.told, now) {
            return;
        }
        self.told = Some(now);
        let done: u64 = done.try_into().unwrap_or_default();
        let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
        self.line(&format!("{}: {done}{of}", self.what));
    }

    /// Waits for something that does not say how far it is, and tells how long it takes.
    pub(crate) async fn wait<T>(mut self, something: impl Future<Output = T>) -> T {
        let mut something = std::pin::pin!(something);
        loop {
            match tokio::time::timeout(PATIENCE, &mut something).await {
                Ok(done) => return done,
                Err(_) if self.is_watched => {
                    self.told = Some(Instant::now());
                    self.line(&format!("{}: {} s", self.what, self.begun.elapsed().as_secs()));
                }
                Err(_) => {}
            }
        }
    }

    fn line(&self, text: &str) {
        // Nothing is lost if it cannot be told.
        let _ = write!(io::stderr(), "\r\u{1b}[2K{text}");
        let _ = io::stderr().flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told.is_some() {
            self.line("");
        }
    }
}

/// Whether it is time to tell.
fn is_due(begun: Instant, told: Option<Instant>, now: Instant) -> bool {
    match told {
        None => now.duration_since(begun) >= PATIENCE,
        Some(told) => now.duration_since(told) >= PAUSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_less_than_a_second_tells_nothing() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        assert!(!is_due(begun, None, at(999)));
        assert!(is_due(begun, None, at(1_000)));
        assert!(!is_due(begun, Some(at(1_000)), at(1_099)));
        assert!(is_due(begun, Some(at(1_000)), at(1_100)));
    }
}
