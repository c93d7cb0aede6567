//! The period a report is about, and the one before it.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::query::Period;
use crate::time::Zone;

/// How long a period is that has no beginning, in civil days.
const LENGTH: u64 = 30;

/// Gives a period the ends it lacks: `now`, and thirty civil days before the other end.
pub(super) fn bounded(period: Period, now: DateTime<Utc>, zone: &Zone) -> (DateTime<Utc>, DateTime<Utc>) {
    let to = period.to.unwrap_or(now);
    let from = period.from.unwrap_or_else(|| days_before(to, LENGTH, zone));
    (from, to)
}

/// The period before one, of the same length as a calendar has it: as many months before whole months, as many days
/// before whole days, else just as long.
pub(super) fn before((from, to): (DateTime<Utc>, DateTime<Utc>), zone: &Zone) -> Period {
    let start = || {
        let (first, last) = (whole_day(from, zone)?, whole_day(to, zone)?);
        let months = months_between(first, last).and_then(|months| first.checked_sub_months(Months::new(months)));
        let days = || first.checked_sub_days(Days::new(u64::try_from((last - first).num_days()).ok()?));
        Some(midnight(months.or_else(days)?, zone))
    };
    let just_as_long = || from.checked_sub_signed(to - from).unwrap_or(DateTime::<Utc>::MIN_UTC);
    Period::between(start().unwrap_or_else(just_as_long), from)
}

/// The instant so many civil days before another, at the same time of day.
pub(super) fn days_before(at: DateTime<Utc>, days: u64, zone: &Zone) -> DateTime<Utc> {
    let civil = zone.civil(at).checked_sub_days(Days::new(days));
    civil.map_or_else(|| at - TimeDelta::days(i64::try_from(days).unwrap_or(0)), |civil| zone.instant(civil))
}

/// When the civil day of an instant began.
pub(super) fn day_of(at: DateTime<Utc>, zone: &Zone) -> DateTime<Utc> {
    midnight(zone.civil(at).date(), zone)
}

fn midnight(date: NaiveDate, zone: &Zone) -> DateTime<Utc> {
    zone.instant(date.and_time(NaiveTime::MIN))
}

/// The date that begins at an instant, if one does.
fn whole_day(at: DateTime<Utc>, zone: &Zone) -> Option<NaiveDate> {
    let date = zone.civil(at).date();
    (midnight(date, zone) == at).then_some(date)
}

/// How many months lie between two dates, if they are whole ones.
fn months_between(first: NaiveDate, last: NaiveDate) -> Option<u32> {
    let months = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let whole = first.day() == 1 && last.day() == 1 && first < last;
    whole.then(|| u32::try_from(months(last) - months(first)).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_period_before_is_as_long_as_the_calendar_says() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        for (from, to, start) in [
            // March has 31 days and lies behind a February of 28; its last Sunday has 23 hours.
            ("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "2026-01-31T23:00:00Z"),
            // A quarter.
            ("2026-03-31T22:00:00Z", "2026-06-30T22:00:00Z", "2025-12-31T23:00:00Z"),
            // A week over the change of clocks.
            ("2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z", "2026-03-22T23:00:00Z"),
            // No whole days.
            ("2026-03-02T09:00:00Z", "2026-03-02T12:30:00Z", "2026-03-02T05:30:00Z"),
        ] {
            let before = before((at(from), at(to)), &berlin);
            assert_eq!(before, Period::between(at(start), at(from)), "{from}");
        }
    }

    #[test]
    fn a_period_without_ends_is_the_last_thirty_days() {
        let now = at("2026-04-10T10:00:00Z");
        let zone = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(bounded(Period::default(), now, &zone), (at("2026-03-11T11:00:00Z"), now));
        let until = Period { from: None, to: Some(at("2026-03-31T22:00:00Z")) };
        assert_eq!(bounded(until, now, &zone).0, at("2026-03-01T23:00:00Z"));
    }
}
