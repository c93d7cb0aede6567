//! Any hours in the zones with the strangest clocks, and what a walk over days says of them.
//!
//! The walk knows nothing of measures, cycles or stretches: a minute of a date is open or not, and lasts from its first
//! instant to that of the next.

use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Calendar, DAY, END, Hours, Zone, from_micros, micros};

const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe", // clocks change by half an hour
    "Pacific/Apia",        // 2011-12-30 was skipped
    "America/Santiago",    // clocks change at midnight
    "Antarctica/Troll",    // by two hours
    "Asia/Kathmandu",      // whole hours are not whole elsewhere
    "Africa/Casablanca",   // four changes a year
    "Asia/Beirut",         // at midnight
    "Europe/Dublin",       // winter time is the exception
    "Africa/Monrovia",     // seconds in the offset until 1972
];
pub(super) const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
pub(super) const MINUTE: i64 = 60_000_000;

/// Hours, and a time at which something about them is out of the ordinary.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) hours: Hours,
    pub(super) calendar: Calendar,
    pub(super) base: i64,
}

pub(super) fn zones() -> impl Strategy<Value = Zone> {
    select(&ZONES[..]).prop_map(|name| Zone::named(name).unwrap())
}

/// Windows of a day, which may meet but do not overlap.
pub(super) fn windows() -> impl Strategy<Value = Vec<String>> {
    let mark = prop_oneof![select(&[0, 60, 120, 150, 180, 1380, 1440][..]), 0..=1440];
    (btree_set(mark, 0..7), any::<u8>()).prop_map(|(marks, chosen)| {
        let marks: Vec<i32> = marks.into_iter().collect();
        marks
            .array_windows()
            .enumerate()
            .filter(|(i, _)| chosen & (1 << i) != 0)
            .map(|(_, [a, b])| window(*a, *b))
            .collect()
    })
}

fn window(from: i32, to: i32) -> String {
    format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

/// Compiles hours, opened on weekdays if they never do.
pub(super) fn compiled(hours: Hours) -> (Hours, Calendar) {
    match Calendar::new(&hours) {
        Ok(calendar) => (hours, calendar),
        Err(_) => compiled(hours.weekdays("09:00-17:00")),
    }
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let dates = || vec((-6..6_i64, windows()), 0..3);
    (zones(), vec(windows(), 7), vec(-6..6_i64, 0..2), dates(), dates(), 70 * DAY..END - 70 * DAY, any::<bool>())
        .prop_map(|(zone, week, holidays, dates, breaks, mut base, at_change)| {
            if at_change {
                base = zone.next_change(instant(base)).map_or(base, micros).min(END - 70 * DAY);
            }
            let date = |days| zone.civil(instant(base)).date() + TimeDelta::days(days);
            let mut hours = Hours::new(zone.clone());
            for (day, windows) in WEEK.into_iter().zip(week) {
                hours = windows.into_iter().fold(hours, |hours, window| hours.on(day, window));
            }
            hours.holidays = holidays.into_iter().map(date).collect();
            hours.dates = dates.into_iter().map(|(days, windows)| (date(days), windows)).collect();
            hours.breaks = breaks.into_iter().map(|(days, windows)| (date(days), windows)).collect();
            let (hours, calendar) = compiled(hours);
            Case { hours, calendar, base }
        })
}

/// Moves within twelve days, half of them by whole half hours, where boundaries are.
pub(super) fn moves() -> impl Strategy<Value = i64> {
    prop_oneof![-12 * DAY..12 * DAY, (-576..576_i64).prop_map(|halves| halves * 30 * MINUTE)]
}

/// Open lengths: moments, hours, years.
pub(super) fn lengths() -> impl Strategy<Value = TimeDelta> {
    prop_oneof![0..3_i64, (0..200_i64).prop_map(|halves| halves * 30 * MINUTE), 0..20 * DAY, 0..9000 * DAY]
        .prop_map(TimeDelta::microseconds)
}

pub(super) fn instant(micros: i64) -> DateTime<Utc> {
    from_micros(micros).unwrap()
}

/// Whether each minute of a date is open.
fn minutes(hours: &Hours, date: NaiveDate) -> [bool; 1440] {
    let mut open = [false; 1440];
    let mut paint = |windows: &[String], value| {
        for window in windows {
            let time = |at: usize| {
                window[at..at + 2].parse::<usize>().unwrap() * 60 + window[at + 3..at + 5].parse::<usize>().unwrap()
            };
            open[time(0)..time(6)].fill(value);
        }
    };
    if !hours.holidays.contains(&date) {
        let (_, week) = hours.week.days()[date.weekday() as usize];
        paint(hours.dates.get(&date).map_or(week, Vec::as_slice), true);
        paint(hours.breaks.get(&date).map_or(&[][..], Vec::as_slice), false);
    }
    open
}

/// The open intervals of the dates that touch a range of instants, apart and in order.
pub(super) fn walk(hours: &Hours, range: Range<i64>) -> Vec<Range<i64>> {
    let date = |at| hours.zone.civil(instant(at)).date();
    let last = date(range.end + 2 * DAY);
    let mut intervals: Vec<Range<i64>> = Vec::new();
    for date in date(range.start - 2 * DAY).iter_days().take_while(|date| *date <= last) {
        let at = |minute: usize| {
            let civil = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.try_into().unwrap());
            micros(hours.zone.instant(civil))
        };
        let mut minute = 0;
        for run in minutes(hours, date).chunk_by(|a, b| a == b) {
            let (start, end) = (at(minute), at(minute + run.len()));
            minute += run.len();
            match intervals.last_mut() {
                _ if !run[0] || start == end => {}
                Some(last) if last.end == start => last.end = end,
                _ => intervals.push(start..end),
            }
        }
    }
    intervals
}
