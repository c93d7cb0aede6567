//! What comes back: a rule of RFC 5545 in the civil time of a zone, from a start on.

mod rule;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::days::number;
use super::{DAYS, Zone};
use crate::Fault;

pub use rule::{Day, End, Frequency, NotARule, Rule};

/// Instants that come back: every Monday at nine, the last Friday of a month, the 24th of December.
///
/// It happens on the dates of its rule, at the time of day of its start, in civil time: nine o'clock stays nine o'clock
/// when clocks change. Where clocks skip that time it happens at the instant of the skip, where they show it twice at the
/// first pass, as everywhere in [`time`](super#choices). The start itself is the first instant only if the rule names its
/// date. A rule is followed through the years 1970 to 2200; what never happens in them is answered by `None`.
///
/// To wait for an opening, ask the [`Calendar`](super::Calendar::next_open) for the next open instant.
///
/// # Examples
///
/// ```
/// use chrono::{DateTime, Utc};
/// use ticketcore::time::Recurrence;
///
/// let backup: Recurrence = toml::from_str(r#"
///     start = "2026-03-02T09:00"
///     zone = "Europe/Berlin"
///     rule = "FREQ=WEEKLY;BYDAY=MO,WE"
///     except = ["2026-04-06"]
/// "#)?;
/// assert_eq!(backup.check(), []);
///
/// // The clocks change on 29 March; Easter Monday is left out.
/// let friday: DateTime<Utc> = "2026-03-27T12:00:00Z".parse()?;
/// let dates: Vec<String> = backup.after(friday).take(3).map(|at| at.to_rfc3339()).collect();
/// assert_eq!(dates, ["2026-03-30T07:00:00+00:00", "2026-04-01T07:00:00+00:00", "2026-04-08T07:00:00+00:00"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// The date it counts from and the time of day it happens at, as in `2026-03-02T09:00`.
    #[serde(with = "text::civil")]
    pub start: NaiveDateTime,
    /// Where the clocks hang that show this time.
    pub zone: Zone,
    /// On which dates, as in `FREQ=WEEKLY;BYDAY=MO,WE`.
    pub rule: Rule,
    /// Dates of the rule on which it does not happen; they count all the same where the rule counts.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<NaiveDate>,
}

impl Recurrence {
    /// Follows a rule from a start on, without exceptions.
    #[must_use]
    pub const fn new(start: NaiveDateTime, zone: Zone, rule: Rule) -> Self {
        Self { start, zone, rule, except: BTreeSet::new() }
    }

    /// Leaves a date out; by default none is.
    #[must_use]
    pub fn except(mut self, date: NaiveDate) -> Self {
        self.except.insert(date);
        self
    }

    /// Finds every mistake: those of the rule, a start that is not a whole second of the years 1970 to 2200, and a rule
    /// that never happens.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.rule.check().into_iter().map(|fault| fault.under("rule")).collect();
        if !(0..DAYS).contains(&number(self.start.date())) {
            faults.push(Fault::new("start", format!("{} lies outside the years 1970 to 2200", self.start.date())));
        }
        if self.start.nanosecond() != 0 {
            faults.push(Fault::new("start", "has a fraction of a second"));
        }
        if faults.is_empty() && self.after(DateTime::<Utc>::MIN_UTC).next().is_none() {
            faults.push(Fault::new("", "never happens"));
        }
        faults
    }

    /// Returns the first instant later than `at` at which it happens, or `None` if it does not any more.
    #[must_use]
    pub fn next_after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.after(at).next()
    }

    /// Lists the instants later than `at`, in order.
    pub fn after(&self, at: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        // Of all civil times up to the one shown at `at`, the first pass is not later than `at`.
        let since = self.zone.civil(at).date();
        let mut last = at;
        self.dates(since).map(|date| self.on(date)).filter(move |next| {
            // Two dates are one instant where a day was skipped.
            let later = *next > last;
            last = last.max(*next);
            later
        })
    }

    /// Lists the instants from `from` (inclusive) until `to` (exclusive), in order.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let before = from.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(from);
        self.after(before).take_while(move |at| *at < to)
    }

    fn on(&self, date: NaiveDate) -> DateTime<Utc> {
        self.zone.instant(date.and_time(self.start.time()))
    }

    /// The dates not before `since` on which it happens.
    fn dates(&self, since: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let (start, asked) = (self.start.date(), since);
        let followed = (0..DAYS).contains(&number(start));
        // What is counted is counted from the start.
        let (since, count) = match self.rule.end {
            End::Count(count) => (start, usize::try_from(count).unwrap_or(usize::MAX)),
            End::Never | End::On(_) | End::At(_) => (since.max(start), usize::MAX),
        };
        let since = if followed { since } else { horizon() };
        let goes_on = |date: &NaiveDate| match self.rule.end {
            End::Never | End::Count(_) => true,
            End::On(last) => *date <= last,
            End::At(last) => self.on(*date) <= last,
        };
        self.rule
            .dates(start, since)
            .take(count)
            .take_while(goes_on)
            .filter(move |date| *date >= asked && !self.except.contains(date))
    }
}

/// The first date that no rule is followed to.
fn horizon() -> NaiveDate {
    i32::try_from(DAYS).ok().and_then(NaiveDate::from_epoch_days).unwrap_or(NaiveDate::MAX)
}
