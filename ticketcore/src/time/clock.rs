//! Where the present comes from: a trait, so that a test or a replay can be at any time it likes.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::{from_micros, micros, trunc};

/// Tells the present time.
///
/// # Contract
///
/// Answers in whole microseconds, the precision every store keeps: a finer instant would not equal itself after a
/// round trip. Time may stand still and may go backwards, as system clocks do.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, Utc};
/// use ticketcore::time::{Clock, trunc};
///
/// /// A clock that a replay sets to the time of the event it is at.
/// #[derive(Debug)]
/// struct Replay(DateTime<Utc>);
///
/// impl Clock for Replay {
///     fn now(&self) -> DateTime<Utc> {
///         trunc(self.0)
///     }
/// }
///
/// assert_eq!(Replay(DateTime::UNIX_EPOCH).now(), DateTime::UNIX_EPOCH);
/// ```
pub trait Clock: Debug + Send + Sync + 'static {
    /// Returns the present time, in whole microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// Shares one clock between its users.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

/// Reads the time of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        trunc(Utc::now())
    }
}

/// Stands still until it is moved; clones share one time.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, TimeDelta};
/// use ticketcore::time::{Clock, ManualClock};
///
/// let clock = ManualClock::new(DateTime::UNIX_EPOCH);
/// let seen_by_the_desk = clock.clone();
/// clock.advance(TimeDelta::hours(1));
/// assert_eq!(seen_by_the_desk.now(), DateTime::UNIX_EPOCH + TimeDelta::hours(1));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl ManualClock {
    /// Starts a clock that stands at `at`.
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self { micros: Arc::new(AtomicI64::new(micros(at))) }
    }

    /// Puts the clock to `at`, which may be earlier than its present time.
    pub fn set(&self, at: DateTime<Utc>) {
        self.micros.store(micros(at), Ordering::SeqCst);
    }

    /// Moves the clock by `by`, backwards if `by` is negative.
    ///
    /// A step past the range of [`DateTime`] leaves the clock where it is.
    pub fn advance(&self, by: TimeDelta) {
        let moved = |at| from_micros(at)?.checked_add_signed(by).map(micros);
        // Refused only by a step past the range, whose documented effect is none.
        let _ = self.micros.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        // Only micros of a `DateTime` are ever stored, so the epoch is never answered for want of a better one.
        from_micros(self.micros.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_answers_in_whole_microseconds() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1000, 0);
    }

    #[test]
    fn clones_share_the_time_and_it_may_go_backwards() {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        clock.advance(TimeDelta::nanoseconds(1_999));
        assert_eq!(micros(shared.now()), 1);
        clock.set(DateTime::UNIX_EPOCH - TimeDelta::days(1));
        clock.advance(TimeDelta::hours(-1));
        assert_eq!(shared.now(), DateTime::UNIX_EPOCH - TimeDelta::hours(25));
    }

    #[test]
    fn a_step_past_the_range_changes_nothing() {
        let clock = ManualClock::new(DateTime::<Utc>::MAX_UTC);
        clock.advance(TimeDelta::MAX);
        clock.advance(TimeDelta::MIN);
        assert_eq!(clock.now(), trunc(DateTime::<Utc>::MAX_UTC));
    }
}
