//! Small numbers for days, weeks and months, so that adding a ticket up asks no time zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

use crate::query::Period;
use crate::report::{Bucket, Unit};
use crate::time::{from_micros, micros};

/// Numbers pieces of civil time from 0 in the order in which they come up.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    bucket: Bucket,
    /// By their codes.
    names: Vec<String>,
    pieces: Vec<Piece>,
    /// The codes by the start of their pieces: asking the zone costs as much as adding up the rest of the ticket.
    sorted: Vec<usize>,
    /// The code of the piece found last for each day of UTC, from the first on: most instants of a day are in it.
    days: Vec<usize>,
    first: i64,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: i64,
    /// Exclusive.
    end: i64,
}

impl Piece {
    fn holds(self, at: i64) -> bool {
        (self.start..self.end).contains(&at)
    }
}

/// How many days are looked up by their number; beyond them, pieces are searched for.
const DAYS: usize = 40_000;

impl Buckets {
    pub(super) fn new(bucket: Bucket) -> Self {
        let (names, pieces, sorted) = (Vec::new(), Vec::new(), Vec::new());
        Self { bucket, names, pieces, sorted, days: Vec::new(), first: 0 }
    }

    /// The code of the piece that holds an instant, in microseconds since 1970; `None` beyond the calendar.
    #[inline]
    pub(super) fn code(&mut self, at: i64) -> Option<usize> {
        let day = at.div_euclid(86_400_000_000);
        let place = usize::try_from(day - self.first).unwrap_or(usize::MAX);
        let recent =
            self.days.get(place).copied().filter(|code| self.pieces.get(*code).is_some_and(|piece| piece.holds(at)));
        if recent.is_some() {
            return recent;
        }
        let code = self.find(at)?;
        self.remember(day, code);
        Some(code)
    }

    fn find(&mut self, at: i64) -> Option<usize> {
        let after = self.sorted.partition_point(|code| self.pieces[*code].start <= at);
        if let Some(code) = self.sorted[..after].last().filter(|code| self.pieces[**code].holds(at)) {
            return Some(*code);
        }
        let (name, start, end) = self.bucket.piece(from_micros(at)?)?;
        let code = self.names.len();
        self.names.push(name);
        self.pieces.push(Piece { start: micros(start), end: micros(end) });
        self.sorted.insert(after, code);
        Some(code)
    }

    fn remember(&mut self, day: i64, code: usize) {
        if self.days.is_empty() {
            self.first = day;
        }
        let before = usize::try_from(self.first - day).unwrap_or(0);
        let place = usize::try_from(day - self.first).unwrap_or(0);
        if before + self.days.len().max(place + 1) > DAYS {
            return;
        }
        if before > 0 {
            self.days.splice(..0, std::iter::repeat_n(usize::MAX, before));
            self.first = day;
        }
        if place >= self.days.len() {
            self.days.resize(place + 1, usize::MAX);
        }
        self.days[place] = code;
    }

    /// The name of the piece of a code.
    pub(super) fn name(&self, code: usize) -> Option<&str> {
        self.names.get(code).map(String::as_str)
    }

    /// How many pieces were seen.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

impl Bucket {
    /// Returns the stretch of time that a piece's name stands for, or `None` if it names none.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::report::{Bucket, Unit};
    /// use ticketcore::time::Zone;
    ///
    /// let week = Bucket { unit: Unit::Week, zone: Zone::named("Europe/Berlin")? }.period("2026-W47").unwrap_or_default();
    /// assert_eq!(week.from.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-15T23:00:00+00:00"));
    /// # Ok::<(), ticketcore::time::UnknownZone>(())
    /// ```
    #[must_use]
    pub fn period(&self, name: &str) -> Option<Period> {
        let first = self.unit.named(name)?;
        Some(Period::between(self.start_of(first), self.start_of(self.unit.next(first)?)))
    }

    /// Returns the names of the pieces of a period, oldest first: those that hold any of it. At most `limit`, and none
    /// if it has no beginning or no end.
    #[must_use]
    pub fn pieces(&self, period: Period, limit: usize) -> Vec<String> {
        let Period { from: Some(mut at), to: Some(to) } = period else { return Vec::new() };
        let mut names = Vec::new();
        while at < to && names.len() < limit {
            let Some((name, _, next)) = self.piece(at) else { break };
            names.push(name);
            at = next;
        }
        names
    }

    fn start_of(&self, date: NaiveDate) -> DateTime<Utc> {
        self.zone.instant(date.and_time(NaiveTime::MIN))
    }

    /// The piece that holds an instant: its name, its start and the start of the next.
    pub(in crate::report) fn piece(&self, at: DateTime<Utc>) -> Option<(String, DateTime<Utc>, DateTime<Utc>)> {
        let mut date = self.unit.first(self.zone.civil(at).date())?;
        loop {
            let next = self.unit.next(date)?;
            // Where clocks go back over midnight, the old day shows again after the new one has begun.
            if at < self.start_of(next) {
                return Some((self.unit.name(date), self.start_of(date), self.start_of(next)));
            }
            date = next;
        }
    }
}

impl Unit {
    /// The first date of the piece that holds a date.
    fn first(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into())),
            Self::Month => date.with_day(1),
        }
    }

    /// The first date of the piece after the one that starts at a date.
    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        }
    }

    /// The first date of the piece of a name.
    fn named(self, name: &str) -> Option<NaiveDate> {
        let first = match self {
            Self::Day => NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()?,
            Self::Week => NaiveDate::parse_from_str(&format!("{name}-1"), "%G-W%V-%u").ok()?,
            Self::Month => NaiveDate::parse_from_str(&format!("{name}-01"), "%Y-%m-%d").ok()?,
        };
        // What is written otherwise would be another name of the same piece.
        (self.name(first) == name).then_some(first)
    }

    fn name(self, first: NaiveDate) -> String {
        match self {
            Self::Day => first.format("%Y-%m-%d").to_string(),
            Self::Week => first.format("%G-W%V").to_string(),
            Self::Month => first.format("%Y-%m").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Zone;

    fn bucket(unit: Unit, zone: &str) -> Bucket {
        Bucket { unit, zone: Zone::named(zone).unwrap() }
    }

    fn name(bucket: &Bucket, at: &str) -> String {
        bucket.piece(at.parse().unwrap()).unwrap().0
    }

    #[test]
    fn pieces_are_named_by_the_zones_civil_time() {
        let at = "2026-11-22T23:30:00Z";
        for (unit, utc, berlin) in [
            (Unit::Day, "2026-11-22", "2026-11-23"),
            (Unit::Week, "2026-W47", "2026-W48"),
            (Unit::Month, "2026-11", "2026-11"),
        ] {
            assert_eq!(name(&bucket(unit, "UTC"), at), utc);
            assert_eq!(name(&bucket(unit, "Europe/Berlin"), at), berlin);
        }
        assert_eq!(name(&bucket(Unit::Week, "UTC"), "2027-01-03T00:00:00Z"), "2026-W53");
        assert_eq!(name(&bucket(Unit::Week, "UTC"), "2024-12-30T00:00:00Z"), "2025-W01");
    }

    #[test]
    fn days_are_as_long_as_they_are() {
        for (zone, at, hours) in [
            ("Europe/Berlin", "2026-03-29T12:00:00Z", 23),
            ("Europe/Berlin", "2026-10-25T12:00:00Z", 25),
            ("America/Santiago", "2026-09-06T12:00:00Z", 23),
        ] {
            let (_, start, end) = bucket(Unit::Day, zone).piece(at.parse().unwrap()).unwrap();
            assert_eq!((end - start).num_hours(), hours, "{zone}");
        }
    }

    /// In St. John's clocks went back at 00:01, to 23:01 of the day before.
    #[test]
    fn a_day_that_has_begun_does_not_end_because_the_day_before_shows_again() {
        let day = bucket(Unit::Day, "America/St_Johns");
        assert_eq!(name(&day, "2006-10-29T02:29:59Z"), "2006-10-28");
        for shown_again in ["2006-10-29T02:30:30Z", "2006-10-29T02:31:30Z", "2006-10-29T03:30:00Z"] {
            assert_eq!(name(&day, shown_again), "2006-10-29");
        }
    }

    #[test]
    fn beyond_the_calendar_there_is_no_piece_and_no_panic() {
        for unit in [Unit::Day, Unit::Week, Unit::Month] {
            let mut buckets = Buckets::new(bucket(unit, "Europe/Berlin"));
            assert_eq!((buckets.code(i64::MIN), buckets.code(i64::MAX)), (None, None));
            for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let _ = buckets.code(micros(at));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Pieces leave no gap and do not overlap, and what was asked before does not matter.
        #[test]
        fn an_instant_lies_in_the_piece_it_is_counted_in(ats in proptest::collection::vec(0..2_000_000_000_000_000_i64, 1..50)) {
            for zone in ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"] {
                for unit in [Unit::Day, Unit::Week, Unit::Month] {
                    let bucket = bucket(unit, zone);
                    let mut buckets = Buckets::new(bucket.clone());
                    for at in &ats {
                        let (name, start, end) = bucket.piece(from_micros(*at).unwrap()).unwrap();
                        prop_assert_eq!(bucket.period(&name), Some(Period::between(start, end)));
                        prop_assert_eq!(bucket.pieces(Period::between(start, end), 9), vec![name.clone()]);
                        prop_assert!((micros(start)..micros(end)).contains(at));
                        let code = buckets.code(*at).unwrap();
                        prop_assert_eq!(buckets.name(code), Some(&*name));
                    }
                }
            }
        }
    }
}
