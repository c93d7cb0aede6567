//! Recurring tickets: what the desk opens by itself, again and again.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::config::{Planned, Rulebook, Setup};
use crate::id::Key;
use crate::time::{Calendar, Recurrence};

/// A ticket that is opened whenever a date comes round, by [`Desk::tick`](crate::Desk::tick) and as the system.
///
/// Each occurrence is opened once, however many processes tick. An occurrence counts from the publishing of the
/// configuration that brought it, or changed its `every`: none before that is ever opened. Of several that fall due
/// together, as a desk slept or as a calendar opens only once after them, the latest alone is opened;
/// [`Desk::recurrences`](crate::Desk::recurrences) says how many were passed over.
///
/// # Examples
///
/// ```
/// use ticketcore::Config;
///
/// let config: Config = toml::from_str(r#"
///     [calendars.office]
///     zone = "Europe/Berlin"
///     week = { mon = ["09:00-17:00"], tue = ["09:00-17:00"] }
///
///     [recurring.backup]
///     every = { start = "2026-03-01T02:00", zone = "Europe/Berlin", rule = "FREQ=MONTHLY" }
///     within = "office"
///     ticket = { kind = "task", subject = "Restore a backup of {{date}}", team = "storage" }
///     skip_open = true
/// "#)?;
/// assert_eq!(config.check(), []);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurring {
    /// When it comes round.
    pub every: Recurrence,
    /// The calendar whose next opening it waits for; without one it is opened at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Key>,
    /// What is opened. The one placeholder of its texts is `{{date}}`, the date of the occurrence in the zone of
    /// `every`, as in `2026-03-02`: of the others, a ticket that is yet to be has nothing.
    pub ticket: Planned,
    /// The template whose tickets are opened below it, in the same commit. Its placeholders stand for what the new ticket
    /// has, but for `{{reference}}`, as the number is not known by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Key>,
    /// Opens none while the one opened last is neither resolved nor closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skip_open: bool,
}

/// What of a recurring ticket is due, and when the next one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// The latest occurrence that is due.
    pub due: Option<DateTime<Utc>>,
    /// How many earlier ones are due as well, and are passed over.
    pub passed: u64,
    /// When the next one falls due.
    pub next: Option<DateTime<Utc>>,
}

impl Recurring {
    /// A ticket that comes round.
    pub const fn new(every: Recurrence, ticket: Planned) -> Self {
        Self { every, within: None, ticket, template: None, skip_open: false }
    }

    /// Lets it wait for the next opening of a calendar; by default it does not wait.
    #[must_use]
    pub fn within(mut self, calendar: impl Into<Key>) -> Self {
        self.within = Some(calendar.into());
        self
    }

    /// Opens the tickets of a template below it; by default none.
    #[must_use]
    pub fn template(mut self, template: impl Into<Key>) -> Self {
        self.template = Some(template.into());
        self
    }

    /// Opens none while the last one is open; by default it does.
    #[must_use]
    pub const fn skip_open(mut self) -> Self {
        self.skip_open = true;
        self
    }

    /// Says what is due at `now` of the occurrences later than `after`, in the calendar it waits for, if it does.
    pub fn occurrences(&self, calendar: Option<&Calendar>, after: DateTime<Utc>, now: DateTime<Utc>) -> Occurrences {
        let mut found = Occurrences::default();
        for at in self.every.after(after) {
            // A calendar that never opens again is waited for in vain.
            let Some(opening) = calendar.map_or(Some(at), |calendar| calendar.next_open(at)) else { break };
            if opening > now {
                found.next = Some(opening);
                break;
            }
            if found.due.replace(at).is_some() {
                found.passed += 1;
            }
        }
        found
    }

    /// The date of an occurrence, where its clocks hang.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        self.every.zone.civil(at).date()
    }

    /// The calendar it waits for.
    pub(crate) fn calendar<'a>(&self, setup: &'a Setup) -> Option<&'a Calendar> {
        self.within.as_ref().and_then(|key| setup.calendar(key))
    }
}

impl Rulebook {
    /// Since when a recurring ticket has come round as it does now; no occurrence until then counts.
    pub(crate) fn recurs_since(&self, key: &Key) -> Option<DateTime<Utc>> {
        let every = |setup: &Setup| setup.config.recurring.get(key).map(|recurring| recurring.every.clone());
        let now = Some(every(self.now())?);
        self.newest_first().take_while(|setup| every(setup) == now).last().map(|setup| setup.since)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::time::{Hours, Zone};

    fn daily(zone: &str, time: &str) -> Recurring {
        let text = format!("start = \"2026-03-01T{time}\"\nzone = \"{zone}\"\nrule = \"FREQ=DAILY\"");
        Recurring::new(toml::from_str(&text).unwrap(), Planned::new("task", "Look"))
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_hour_stays_when_clocks_change() {
        let daily = daily("Europe/Berlin", "09:00");
        let of = |after, now| daily.occurrences(None, at(after), at(now));
        let saturday = of("2026-03-28T00:00:00Z", "2026-03-28T08:00:00Z");
        let next = Some(at("2026-03-29T07:00:00Z"));
        assert_eq!(saturday, Occurrences { due: Some(at("2026-03-28T08:00:00Z")), passed: 0, next });
        assert_eq!(daily.date(at("2026-03-28T23:30:00Z")).to_string(), "2026-03-29");
    }

    #[test]
    fn what_falls_on_one_opening_is_one() {
        let office = Hours::new(Zone::named("Europe/Berlin").unwrap()).weekdays("09:00-17:00");
        let (office, nightly) = (Calendar::new(&office).unwrap(), daily("Europe/Berlin", "02:00").within("office"));
        let of = |after, now| nightly.occurrences(Some(&office), at(after), at(now));
        let waiting = of("2026-03-06T12:00:00Z", "2026-03-09T07:59:59Z");
        assert_eq!(waiting, Occurrences { due: None, passed: 0, next: Some(at("2026-03-09T08:00:00Z")) });
        let monday = of("2026-03-06T12:00:00Z", "2026-03-09T08:00:00Z");
        assert_eq!((monday.due, monday.passed), (Some(at("2026-03-09T01:00:00Z")), 2));
    }

    proptest! {
        /// However often it is asked, nothing is due twice, and nothing is lost.
        #[test]
        fn looking_often_finds_what_looking_once_finds(steps in prop::collection::vec(1_i64..200, 1..20)) {
            let daily = daily("Europe/Berlin", "02:30");
            let start = at("2026-03-01T00:00:00Z");
            let (mut now, mut after, mut count) = (start, start, 0);
            for hours in steps {
                now += TimeDelta::hours(hours);
                let found = daily.occurrences(None, after, now);
                count += found.due.map_or(0, |_| found.passed + 1);
                after = found.due.unwrap_or(after);
                prop_assert!(found.next.is_some_and(|next| next > now));
            }
            let once = daily.occurrences(None, start, now);
            prop_assert_eq!(count, once.due.map_or(0, |_| once.passed + 1));
            prop_assert_eq!(Some(after).filter(|after| *after != start), once.due);
        }
    }
}
