//! Opening hours after checking: windows as numbers, dates with what is open on them after all.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use super::days::number;
use super::{DAY, DAYS, Hours};
use crate::Fault;

/// A stretch of a civil day in microseconds since its midnight.
pub(super) type Window = Range<i64>;

/// What [`Hours`] say, without their mistakes; all windows sorted.
pub(super) struct Plan {
    /// Monday first.
    pub(super) week: [Vec<Window>; 7],
    /// The dates that differ from the week, with what is open on them.
    pub(super) dates: BTreeMap<NaiveDate, Vec<Window>>,
}

impl Plan {
    /// Checks hours and finds every mistake in them.
    pub(super) fn new(hours: &Hours) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let week = hours.week.days().map(|(day, texts)| windows(&format!("week.{day}"), texts, &mut faults));
        for (index, date) in hours.holidays.iter().enumerate() {
            check_date(&format!("holidays[{index}]"), *date, &mut faults);
        }
        let replaced = dated("dates", &hours.dates, &mut faults);
        let breaks = dated("breaks", &hours.breaks, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }

        let holidays: BTreeSet<&NaiveDate> = hours.holidays.iter().collect();
        let open = |date: &NaiveDate| match replaced.get(date) {
            _ if holidays.contains(date) => Vec::new(),
            Some(windows) => without(windows, breaks.get(date)),
            None => without(&week[date.weekday() as usize], breaks.get(date)),
        };
        let dates = hours.holidays.iter().chain(replaced.keys()).chain(breaks.keys());
        let dates = dates.map(|date| (*date, open(date))).collect();
        Ok(Self { week, dates })
    }
}

fn check_date(path: &str, date: NaiveDate, faults: &mut Vec<Fault>) {
    if !(0..DAYS).contains(&number(date)) {
        faults.push(Fault::new(path, format!("{date} lies outside the years 1970 to 2200")));
    }
}

fn dated(
    field: &str,
    dates: &BTreeMap<NaiveDate, Vec<String>>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<NaiveDate, Vec<Window>> {
    let parse = |(date, texts): (&NaiveDate, &Vec<String>)| {
        let path = format!("{field}.{date}");
        check_date(&path, *date, faults);
        (*date, windows(&path, texts, faults))
    };
    dates.iter().map(parse).collect()
}

/// Parses and sorts the windows of a day; what is faulty is left out.
fn windows(path: &str, texts: &[String], faults: &mut Vec<Fault>) -> Vec<Window> {
    let mut sound: Vec<(Window, &str)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let parsed = window(text).and_then(|new| {
            match sound.iter().find(|(old, _)| new.start < old.end && old.start < new.end) {
                Some((_, old)) => Err(format!("{text} overlaps {old}")),
                None => Ok(new),
            }
        });
        match parsed {
            Ok(new) => sound.push((new, text)),
            Err(problem) => faults.push(Fault::new(format!("{path}[{index}]"), problem)),
        }
    }
    let mut windows: Vec<Window> = sound.into_iter().map(|(window, _)| window).collect();
    windows.sort_by_key(|window| window.start);
    windows
}

fn window(text: &str) -> Result<Window, String> {
    let bounds = text.split_once('-').and_then(|(from, to)| Some((time_of_day(from)?, time_of_day(to)?)));
    match bounds {
        None => Err(format!("{text:?} is not a window such as \"09:00-17:00\"")),
        Some((from, to)) if from > DAY || to > DAY => Err(format!("{text} goes past 24:00, where the day ends")),
        Some((from, to)) if from == to => Err(format!("{text} is empty")),
        Some((from, to)) if from > to => Err(format!(
            "{text} closes before it opens; a night is two windows, until 24:00 and from 00:00 on the next day"
        )),
        Some((from, to)) => Ok(from..to),
    }
}

/// Reads `HH:MM` or `HH:MM:SS`; hours past 24 are read, to be refused by name.
fn time_of_day(text: &str) -> Option<i64> {
    let two_digits = |part: &str| match part.trim().as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
        _ => None,
    };
    let parts = text.trim().split(':').map(two_digits).collect::<Option<Vec<i64>>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes] => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    (minutes < 60 && seconds < 60).then_some((hours * 3600 + minutes * 60 + seconds) * 1_000_000)
}

/// What is left of sorted windows without sorted breaks.
fn without(windows: &[Window], breaks: Option<&Vec<Window>>) -> Vec<Window> {
    let mut left = Vec::new();
    for window in windows {
        let mut from = window.start;
        for pause in breaks.into_iter().flatten().filter(|pause| pause.start < window.end && window.start < pause.end) {
            left.push(from..pause.start);
            from = pause.end;
        }
        left.push(from..window.end);
    }
    left.retain(|window| !window.is_empty());
    left
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;
    use crate::time::Zone;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_mistake_is_reported_with_its_path() {
        let hours = Hours::new(Zone::utc())
            .on(Weekday::Mon, "09:00-12:00")
            .on(Weekday::Mon, "11:00-13:00")
            .on(Weekday::Tue, "09:00-25:00")
            .on(Weekday::Wed, "09:00-09:00")
            .on(Weekday::Thu, "22:00-06:00")
            .on(Weekday::Fri, "9-17")
            .holiday(date("1969-12-31"))
            .date(date("2026-12-24"), "10:60-11:00")
            .date(date("2201-01-01"), "10:00-11:00")
            .break_on(date("2026-12-23"), "10:00-12:00")
            .break_on(date("2026-12-23"), "10:00-12:00");
        let faults = Plan::new(&hours).err().unwrap();
        assert_eq!(
            faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "week.mon[1]: 11:00-13:00 overlaps 09:00-12:00",
                "week.tue[0]: 09:00-25:00 goes past 24:00, where the day ends",
                "week.wed[0]: 09:00-09:00 is empty",
                "week.thu[0]: 22:00-06:00 closes before it opens; a night is two windows, until 24:00 and from 00:00 on the next day",
                r#"week.fri[0]: "9-17" is not a window such as "09:00-17:00""#,
                "holidays[0]: 1969-12-31 lies outside the years 1970 to 2200",
                r#"dates.2026-12-24[0]: "10:60-11:00" is not a window such as "09:00-17:00""#,
                "dates.2201-01-01: 2201-01-01 lies outside the years 1970 to 2200",
                "breaks.2026-12-23[1]: 10:00-12:00 overlaps 10:00-12:00",
            ]
        );
    }

    #[test]
    fn times_have_two_digits_and_may_have_seconds() {
        let second = 1_000_000;
        assert_eq!(window("09:00:30-17:00"), Ok(32_430 * second..61_200 * second));
        assert_eq!(window(" 00:00 - 24:00 "), Ok(0..DAY));
        for text in [
            "",
            "-",
            "09:00",
            "9:00-17:00",
            "09:00-17:00-18:00",
            "09-17",
            "09:00:00:00-10:00",
            "+9:00-10:00",
            "09:00-24:00:01",
        ] {
            assert!(window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_strongest_word_on_a_date_holds() {
        let hours = Hours::new(Zone::utc())
            .weekdays("09:00-12:00")
            .weekdays("13:00-17:00")
            .holiday(date("2026-12-25"))
            .date(date("2026-12-25"), "10:00-11:00")
            .date(date("2026-12-24"), "09:00-11:00")
            .break_on(date("2026-12-24"), "10:30-14:00")
            .break_on(date("2026-12-23"), "16:00-18:00")
            .break_on(date("2026-12-23"), "11:00-14:00");
        let (plan, hour) = (Plan::new(&hours).ok().unwrap(), DAY / 24);
        let open = |text: &str| plan.dates[&date(text)].clone();
        assert_eq!(open("2026-12-23"), [9 * hour..11 * hour, 14 * hour..16 * hour]);
        assert_eq!(open("2026-12-24"), vec![9 * hour..10 * hour + hour / 2]);
        assert_eq!(open("2026-12-25"), vec![]);
    }
}
