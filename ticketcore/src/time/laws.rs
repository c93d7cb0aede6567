//! The laws of calendars, by number.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;

use super::oracle::{Case, MINUTE, WEEK, cases, compiled, instant, lengths, moves, walk, windows, zones};
use super::{Calendar, DAY, END, Hours, Zone, micros};

const ZERO: TimeDelta = TimeDelta::zero();

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn span(micros: i64) -> TimeDelta {
    TimeDelta::microseconds(micros)
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn law_01_open_time_is_part_of_real_time(case in cases(), a in moves(), b in moves()) {
        let (a, b) = (instant(case.base + a.min(b)), instant(case.base + a.max(b)));
        prop_assert_eq!(case.calendar.elapsed(a, a), ZERO);
        prop_assert!((ZERO..=b - a).contains(&case.calendar.elapsed(a, b)));
    }

    #[test]
    fn law_02_open_time_adds_up_in_any_order(case in cases(), [a, b, c] in [0..END, 0..END, 0..END]) {
        let (a, b, c) = (instant(a), instant(b), instant(c));
        prop_assert_eq!(case.calendar.elapsed(a, b) + case.calendar.elapsed(b, c), case.calendar.elapsed(a, c));
    }

    /// Laws 3 and 6.
    #[test]
    fn law_03_what_is_added_has_elapsed_and_law_06_adding_adds_up(
        case in cases(), at in moves(), a in lengths(), b in lengths(),
    ) {
        let (calendar, at) = (case.calendar, instant(case.base + at));
        prop_assert_eq!(calendar.add(at, ZERO), Some(at));
        if let Some(then) = calendar.add(at, a) {
            prop_assert_eq!(calendar.elapsed(at, then), a);
            if b > ZERO {
                prop_assert_eq!(calendar.add(then, b), calendar.add(at, a + b));
            }
        }
    }

    /// Laws 4 and 5, for instants that often are the very boundary.
    #[test]
    fn law_04_and_05_elapsed_add_and_sub_say_the_same(
        case in cases(), at in moves(), to in moves(), length in lengths(), off in -1..2_i64,
    ) {
        let (calendar, at) = (case.calendar, instant(case.base + at));
        let boundary = calendar.add(at, length).map(|due| due + span(off));
        for to in [Some(instant(case.base + to)), boundary].into_iter().flatten().filter(|to| *to >= at) {
            let passed = length <= calendar.elapsed(at, to);
            prop_assert_eq!(calendar.add(at, length).is_some_and(|due| due <= to), passed);
            prop_assert_eq!(calendar.sub(to, length).is_some_and(|start| at <= start), passed);
        }
    }

    #[test]
    fn law_07_add_and_sub_are_monotone(
        case in cases(), a in moves(), b in moves(), shorter in lengths(), more in lengths(),
    ) {
        let calendar = case.calendar;
        let (a, b) = (instant(case.base + a.min(b)), instant(case.base + a.max(b)));
        // Beyond the span counts as later than all when adding, and, `None` being least, as earlier when subtracting.
        let add = |at, length| calendar.add(at, length).unwrap_or(DateTime::<Utc>::MAX_UTC);
        prop_assert!(add(a, shorter) <= add(b, shorter));
        prop_assert!(add(a, shorter) <= add(a, shorter + more));
        prop_assert!(calendar.sub(a, shorter) <= calendar.sub(b, shorter));
        prop_assert!(calendar.sub(a, shorter + more) <= calendar.sub(a, shorter));
    }

    #[test]
    fn law_08_everything_equals_a_naive_walk(case in cases(), probes in vec((moves(), moves(), 1..5 * DAY), 8)) {
        let Case { hours, calendar, base } = case;
        // Wide enough for every probe; what goes on at its edges is left out.
        let reach = base - 60 * DAY..base + 60 * DAY;
        let open = walk(&hours, reach.clone());
        let known = |at: &i64| reach.contains(at);
        for (a, b, length) in probes {
            let (a, b) = (base + a.min(b), base + a.max(b));
            let cut: Vec<_> = open.iter().map(|open| open.start.max(a)..open.end.min(b)).filter(|open| !open.is_empty()).collect();
            let between = calendar.open_between(instant(a), instant(b));
            prop_assert_eq!(between.map(|open| micros(open.start)..micros(open.end)).collect::<Vec<_>>(), cut.clone());
            let elapsed = cut.iter().map(|open| open.end - open.start).sum();
            prop_assert_eq!(calendar.elapsed(instant(a), instant(b)), span(elapsed));
            prop_assert_eq!(calendar.elapsed(instant(b), instant(a)), span(-elapsed));

            prop_assert_eq!(calendar.is_open(instant(a)), open.iter().any(|open| open.contains(&a)));
            if let Some(next) = open.iter().find(|open| a < open.end).filter(|open| known(&open.end)) {
                prop_assert_eq!(calendar.next_open(instant(a)), Some(instant(next.start.max(a))));
                prop_assert_eq!(calendar.next_close(instant(a)), Some(instant(next.end)));
            }

            let mut left = length;
            let due = open.iter().find_map(|open| {
                let start = open.start.max(a);
                left -= (open.end - start).max(0);
                (left <= 0).then_some(open.end + left)
            });
            if let Some(due) = due.filter(known) {
                prop_assert_eq!(calendar.add(instant(a), span(length)), Some(instant(due)));
            }
            let mut left = length;
            let start = open.iter().rev().find_map(|open| {
                let end = open.end.min(a);
                left -= (end - open.start).max(0);
                (left <= 0).then_some(open.start - left)
            });
            if let Some(start) = start.filter(known) {
                prop_assert_eq!(calendar.sub(instant(a), span(length)), Some(instant(start)));
            }
        }
    }

    #[test]
    fn law_09_always_open_is_real_time(at in 0..END, length in 0..END) {
        let (calendar, at) = (Calendar::always(), instant(at));
        let then = Some(at + span(length)).filter(|then| micros(*then) <= END);
        prop_assert_eq!(calendar.add(at, span(length)), then);
        prop_assert_eq!(calendar.sub(at, span(length)), Some(at - span(length)).filter(|then| micros(*then) >= 0));
        prop_assert_eq!(calendar.next_open(at), Some(at));
        prop_assert_eq!(calendar.next_close(at), None);
    }

    #[test]
    fn law_10_less_open_time_is_never_due_earlier(
        case in cases(), removed in windows(), holiday: bool, day in -6..6_i64, at in moves(), length in lengths(),
    ) {
        let date = case.hours.zone.civil(instant(case.base)).date() + TimeDelta::days(day);
        let mut hours = case.hours.clone();
        if holiday {
            hours.holidays.push(date);
        } else {
            hours.breaks.entry(date).or_insert(removed);
        }
        if let Ok(less) = Calendar::new(&hours) {
            let at = instant(case.base + at);
            let due = |calendar: &Calendar| calendar.add(at, length).unwrap_or(DateTime::<Utc>::MAX_UTC);
            prop_assert!(due(&case.calendar) <= due(&less));
        }
    }

    /// Law 11; that open and shut make the whole is a test of the measure.
    #[test]
    fn law_11_union_and_intersection_make_both(
        zone in zones(), a in vec(any::<bool>(), 7 * 24), b in vec(any::<bool>(), 7 * 24), from in 0..END, length in 0..END,
    ) {
        let weekly = |open: &dyn Fn(usize) -> bool| {
            let open = (0..7 * 24).filter(|hour| open(*hour));
            let hours = open.fold(Hours::new(zone.clone()), |hours, hour| {
                hours.on(WEEK[hour / 24], format!("{:02}:00-{:02}:00", hour % 24, hour % 24 + 1))
            });
            let (from, to) = (instant(from), instant((from + length).min(END)));
            Calendar::new(&hours).map_or(ZERO, |calendar| calendar.elapsed(from, to))
        };
        let both = weekly(&|hour| a[hour]) + weekly(&|hour| b[hour]);
        prop_assert_eq!(weekly(&|hour| a[hour] || b[hour]) + weekly(&|hour| a[hour] && b[hour]), both);
    }

    #[test]
    fn law_12_civil_times_are_instants_in_order(case in cases(), a in moves(), b in moves()) {
        let zone = case.hours.zone;
        let (a, b) = (instant(case.base + a.min(b)).naive_utc(), instant(case.base + a.max(b)).naive_utc());
        prop_assert!(zone.instant(a) <= zone.instant(b));
        // The first instant at which the clocks show that or later.
        let at = zone.instant(a);
        prop_assert!(zone.civil(at) >= a);
        for before in [span(1), span(MINUTE), span(90 * MINUTE), span(DAY)] {
            prop_assert!(zone.civil(at - before) < a);
        }
    }

    #[test]
    fn law_13_splitting_a_window_changes_nothing(case in cases(), minute in 0..1440, from in moves(), length in lengths()) {
        let split = |windows: &mut Vec<String>| {
            *windows = windows.iter().flat_map(|window| {
                let middle = format!("{:02}:{:02}", minute / 60, minute % 60);
                let (from, to) = window.split_once('-').unwrap();
                if (from..to).contains(&middle.as_str()) && from != middle {
                    vec![format!("{middle}-{to}"), format!("{from}-{middle}")]
                } else {
                    vec![window.clone()]
                }
            }).collect();
        };
        let mut hours = case.hours.clone();
        let week = &mut hours.week;
        [&mut week.mon, &mut week.tue, &mut week.wed, &mut week.thu, &mut week.fri, &mut week.sat, &mut week.sun].into_iter().for_each(split);
        hours.dates.values_mut().chain(hours.breaks.values_mut()).for_each(split);
        let (other, from) = (Calendar::new(&hours).unwrap(), instant(case.base + from));
        prop_assert_eq!(other.add(from, length), case.calendar.add(from, length));
        prop_assert_eq!(other.next_close(from), case.calendar.next_close(from));
        prop_assert_eq!(other.elapsed(from, from + length), case.calendar.elapsed(from, from + length));
    }

    #[test]
    fn law_14_without_changes_of_clocks_weeks_are_alike(
        week in vec(windows(), 7), zone in prop_oneof![Just("UTC"), Just("Asia/Kathmandu")], at in 40 * 365 * DAY..50 * 365 * DAY, weeks in 0..1000_i64, length in 0..5 * DAY,
    ) {
        let mut hours = Hours::new(Zone::named(zone).unwrap());
        for (day, windows) in WEEK.into_iter().zip(week) {
            hours = windows.into_iter().fold(hours, |hours, window| hours.on(day, window));
        }
        let (_, calendar) = compiled(hours);
        let (at, shift) = (instant(at), TimeDelta::weeks(weeks));
        let due = calendar.add(at, span(length)).unwrap();
        prop_assert_eq!(calendar.add(at + shift, span(length)), Some(due + shift));
    }

    /// Laws 2, 3 and 6 for dates, and that counting days is walking over them.
    #[test]
    fn working_days_are_a_measure_too(case in cases(), from in -9..9_i64, to in -9..9_i64, m in 0..9_i64, n in 0..9_i64) {
        let Case { hours, calendar, base } = case;
        let midnight = |date: NaiveDate| hours.zone.instant(date.and_time(NaiveTime::MIN));
        let open = |date: &NaiveDate| calendar.elapsed(midnight(*date), midnight(*date + TimeDelta::days(1))) > ZERO;
        let today = hours.zone.civil(instant(base)).date();
        let (from, to) = (today + TimeDelta::days(from.min(to)), today + TimeDelta::days(from.max(to)));

        let walked = from.iter_days().skip(1).take_while(|date| *date <= to).filter(open).count();
        let count = calendar.working_days_between(from, to);
        prop_assert_eq!(usize::try_from(count), Ok(walked));
        prop_assert_eq!(calendar.working_days_between(to, from), -count);
        prop_assert_eq!(calendar.is_working_day(from), open(&from));

        prop_assert_eq!(calendar.add_working_days(from, 0), Some(from));
        if let Some(after) = calendar.add_working_days(from, m) {
            prop_assert_eq!(calendar.working_days_between(from, after), m);
            prop_assert_eq!(calendar.add_working_days(after, n), calendar.add_working_days(from, m + n));
            if calendar.is_working_day(from) {
                prop_assert_eq!(calendar.add_working_days(after, -m), Some(from));
            }
        }
        if let Some(before) = calendar.add_working_days(from, -m).filter(|_| calendar.is_working_day(from)) {
            prop_assert_eq!(calendar.working_days_between(from, before), -m);
            prop_assert_eq!(calendar.add_working_days(before, m), Some(from));
        }
    }
}

fn weekly(zone: &str) -> Calendar {
    Calendar::new(&Hours::new(Zone::named(zone).unwrap()).weekdays("00:00-24:00")).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn law_15_hours_that_never_open_are_refused() {
    let never = |hours: &Hours| Calendar::new(hours).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(never(&Hours::new(Zone::utc())), ["never opens"]);
    // All there is falls on the day that Samoa skipped.
    let apia = Hours::new(Zone::named("Pacific/Apia").unwrap()).date(date("2011-12-30"), "00:00-24:00");
    assert_eq!(never(&apia), ["never opens"]);
}

#[test]
fn law_15_past_the_span_the_answer_is_none() {
    let end: DateTime<Utc> = "2201-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(micros(end), END);
    let calendar = weekly("UTC");
    let hour = TimeDelta::hours(1);
    assert_eq!(calendar.add(end - TimeDelta::days(1), hour * 24), Some(end));
    assert_eq!(calendar.add(end - TimeDelta::days(1), hour * 24 + span(1)), None);
    assert_eq!(calendar.next_open(end), None);
    assert_eq!(calendar.sub(DateTime::UNIX_EPOCH + hour, hour), Some(DateTime::UNIX_EPOCH));
    assert_eq!(calendar.sub(DateTime::UNIX_EPOCH + hour, hour + span(1)), None);
    assert_eq!(calendar.add_working_days(date("2200-12-31"), 1), None);
    assert_eq!(calendar.add_working_days(date("1970-01-01"), -1), None);
    let once = Calendar::new(&Hours::new(Zone::utc()).date(date("2026-01-01"), "09:00-17:00")).unwrap();
    assert_eq!(once.add(DateTime::UNIX_EPOCH, hour * 9), None);
}

#[test]
fn nothing_panics_at_the_ends_of_time() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    for calendar in [Calendar::always(), weekly("UTC"), weekly("America/New_York"), weekly("Pacific/Kiritimati")] {
        let total = calendar.elapsed(first, last);
        assert_eq!(total, calendar.elapsed(DateTime::UNIX_EPOCH, instant(END)));
        assert_eq!(calendar.open_between(first, last).map(|open| open.end - open.start).sum::<TimeDelta>(), total);
        for at in [first, last, instant(0), instant(END)] {
            for length in [TimeDelta::MIN, ZERO, TimeDelta::MAX] {
                let _ = (calendar.add(at, length), calendar.sub(at, length));
            }
            let _ = (calendar.is_open(at), calendar.next_open(at), calendar.next_close(at));
        }
        for date in [NaiveDate::MIN, NaiveDate::MAX, date("1970-01-01"), date("2200-12-31")] {
            let _ = (calendar.is_working_day(date), calendar.working_days_between(date, NaiveDate::MAX));
            let _ = (calendar.add_working_days(date, i64::MIN), calendar.add_working_days(date, i64::MAX));
        }
    }
}

#[test]
fn days_are_as_long_as_they_last() {
    let hours = |zone, text: &str| {
        let zone = Zone::named(zone).unwrap();
        let midnight = |date: NaiveDate| zone.instant(date.and_time(NaiveTime::MIN));
        let all = WEEK.into_iter().fold(Hours::new(zone.clone()), |hours, day| hours.on(day, "00:00-24:00"));
        let calendar = Calendar::new(&all).unwrap();
        let day = date(text);
        (
            calendar.elapsed(midnight(day), midnight(day + TimeDelta::days(1))).num_minutes(),
            calendar.is_working_day(day),
        )
    };
    assert_eq!(hours("Europe/Berlin", "2026-03-29"), (23 * 60, true));
    assert_eq!(hours("Europe/Berlin", "2026-10-25"), (25 * 60, true));
    assert_eq!(hours("Australia/Lord_Howe", "2026-04-05"), (24 * 60 + 30, true));
    assert_eq!(hours("Antarctica/Troll", "2026-03-29"), (22 * 60, true));
    assert_eq!(hours("Pacific/Apia", "2011-12-30"), (0, false));
}

#[test]
fn a_calendar_can_be_shared_and_is_short_to_print() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let calendar = weekly("Europe/Berlin");
    shared(&calendar);
    assert_eq!(format!("{calendar:?}"), r#"Calendar { zone: "Europe/Berlin", .. }"#);
}
