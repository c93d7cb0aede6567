//! A calendar: the set of open instants, its measure, and the two inverses of the measure.

use std::fmt;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::compile::{open_instants, working_days};
use super::measure::{Cycle, Measure, Rule};
use super::plan::Plan;
use super::{DAYS, END, Hours, Zone, from_micros, micros};
use crate::Fault;

/// Measures open time: how much lies between two instants, and when a given amount has passed.
///
/// Compiled from [`Hours`]; cheap to clone. Instants count in whole microseconds, finer digits are cut. A calendar knows
/// the time from 1970-01-01 until 2201-01-01, both 00:00 UTC. It answers `None` where an instant beyond would be needed,
/// never a wrong instant, and counts no open time there.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use ticketcore::time::{Calendar, Hours, Zone};
///
/// let office = Calendar::new(&Hours::new(Zone::named("Europe/Berlin")?).weekdays("09:00-17:00")).unwrap();
/// let friday: DateTime<Utc> = "2026-03-27T16:30:00+01:00".parse()?;
///
/// // Two hours of work: half an hour on Friday, the rest on Monday, clocks having changed on Sunday.
/// let due = office.add(friday, TimeDelta::hours(2));
/// assert_eq!(due, Some("2026-03-30T10:30:00+02:00".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Calendar(Arc<Compiled>);

struct Compiled {
    zone: Zone,
    open: Measure,
    shut: Measure,
    days: Measure,
}

impl Calendar {
    /// Compiles hours, which takes up to a millisecond: do it once and keep the calendar.
    ///
    /// # Errors
    ///
    /// Every mistake in the hours, each with the path to it as in `week.mon[1]` or `dates.2026-12-24[0]`: a window that
    /// cannot be read, is empty or reversed, goes past 24:00 or overlaps another of its day, a date outside the span,
    /// and hours that never open.
    ///
    /// # Examples
    ///
    /// ```
    /// use chrono::Weekday;
    /// use ticketcore::time::{Calendar, Hours, Zone};
    ///
    /// let hours = Hours::new(Zone::utc()).on(Weekday::Mon, "09:00-25:00").on(Weekday::Mon, "9 to 5");
    /// let faults = Calendar::new(&hours).unwrap_err();
    /// assert_eq!(faults[0].to_string(), "week.mon[0]: 09:00-25:00 goes past 24:00, where the day ends");
    /// assert_eq!(faults[1].to_string(), r#"week.mon[1]: "9 to 5" is not a window such as "09:00-17:00""#);
    /// ```
    pub fn new(hours: &Hours) -> Result<Self, Vec<Fault>> {
        let plan = Plan::new(hours)?;
        let open = open_instants(&plan, &hours.zone);
        if open.next(0).is_none() {
            return Err(vec![Fault::new("", "never opens")]);
        }
        let days = working_days(&plan, &hours.zone, &open);
        Ok(Self::of(hours.zone.clone(), open, days))
    }

    /// Returns the calendar that is open all the time, in which open time is real time and every day a working day.
    #[must_use]
    pub fn always() -> Self {
        let open = |end| Measure::new(Cycle::new(1, []), [(0, Rule::Open)], end);
        Self::of(Zone::utc(), open(END), open(DAYS))
    }

    fn of(zone: Zone, open: Measure, days: Measure) -> Self {
        Self(Arc::new(Compiled { zone, shut: open.complement(END), open, days }))
    }

    /// Returns the zone of the hours.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.0.zone
    }

    /// Returns the open time from `from` until `to`, negative if `to` is the earlier.
    ///
    /// It adds up: from `a` to `b` and from `b` to `c` make from `a` to `c`, in whatever order the three lie.
    #[must_use]
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        TimeDelta::microseconds(self.0.open.rank(micros(to)) - self.0.open.rank(micros(from)))
    }

    /// Returns the first instant not before `from` until which `open` open time has passed.
    ///
    /// So eight hours from Monday's opening at nine end at Monday's closing at five, not at Tuesday's opening. No or
    /// negative open time has passed at `from` itself, open or not.
    #[must_use]
    pub fn add(&self, from: DateTime<Utc>, open: TimeDelta) -> Option<DateTime<Utc>> {
        let (from, open) = (known(from)?, saturating_micros(open));
        if open <= 0 {
            return from_micros(from);
        }
        let last = self.0.open.select(self.0.open.rank(from).saturating_add(open - 1))?;
        from_micros(last + 1)
    }

    /// Returns the last instant not after `to` from which `open` open time passes until `to`.
    ///
    /// It is the other side of [`add`](Self::add): what starts at `from` ends by `to` exactly if `from <= sub(to, open)`.
    /// So eight hours before Monday's closing at five is Monday's opening at nine, not Friday's closing.
    #[must_use]
    pub fn sub(&self, to: DateTime<Utc>, open: TimeDelta) -> Option<DateTime<Utc>> {
        let (to, open) = (known(to)?, saturating_micros(open));
        if open <= 0 {
            return from_micros(to);
        }
        from_micros(self.0.open.select(self.0.open.rank(to) - open)?)
    }

    /// Tells whether an instant is open; the opening of a window is, its closing is not.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.0.open.contains(micros(at))
    }

    /// Returns the first open instant not before `at`: `at` itself when open, else the next opening.
    #[must_use]
    pub fn next_open(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        from_micros(self.0.open.next(known(at)?)?)
    }

    /// Returns the end of the open interval that holds `at` or, if `at` is closed, of the next one.
    #[must_use]
    pub fn next_close(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let open = self.0.open.next(known(at)?)?;
        from_micros(self.0.shut.next(open)?)
    }

    /// Lists the open intervals from `from` until `to` in order, the first and the last cut to fit.
    ///
    /// They do not touch: windows that meet, as over midnight, are one interval.
    ///
    /// # Examples
    ///
    /// ```
    /// use chrono::{DateTime, TimeDelta, Utc};
    /// use ticketcore::time::{Calendar, Hours, Zone};
    ///
    /// let office = Calendar::new(&Hours::new(Zone::utc()).weekdays("09:00-12:00").weekdays("13:00-17:00")).unwrap();
    /// let monday: DateTime<Utc> = "2026-03-30T10:00:00Z".parse()?;
    /// let hours: Vec<_> = office.open_between(monday, monday + TimeDelta::days(1)).map(|open| open.end - open.start).collect();
    /// assert_eq!(hours, [2, 4, 1].map(TimeDelta::hours));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Range<DateTime<Utc>>> {
        let (mut at, to) = (micros(from), micros(to).min(END));
        iter::from_fn(move || {
            let open = self.0.open.next(at).filter(|open| *open < to)?;
            at = self.0.shut.next(open).unwrap_or(END).min(to);
            Some(from_micros(open)?..from_micros(at)?)
        })
    }

    pub(super) fn days(&self) -> &Measure {
        &self.0.days
    }
}

impl fmt::Debug for Calendar {
    /// Names the zone only: a calendar has hundreds of pieces, and they are nothing to read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calendar").field("zone", &self.0.zone.name()).finish_non_exhaustive()
    }
}

/// The microseconds of an instant within the span.
fn known(at: DateTime<Utc>) -> Option<i64> {
    Some(micros(at)).filter(|at| (0..=END).contains(at))
}

fn saturating_micros(open: TimeDelta) -> i64 {
    open.num_microseconds().unwrap_or(if open < TimeDelta::zero() { i64::MIN } else { i64::MAX })
}
