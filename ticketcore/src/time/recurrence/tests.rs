//! Rules against the examples of RFC 5545, against changes of clocks, and against a walk over days.

use chrono::Datelike;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::time::oracle::{WEEK, zones};

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn every(zone: &str, start: &str, text: &str) -> Recurrence {
    Recurrence::new(start.parse().unwrap(), Zone::named(zone).unwrap(), rule(text))
}

/// The first few instants in civil time of New York, where the examples of the RFC happen at nine.
fn dates(start: &str, text: &str, count: usize) -> Vec<String> {
    let recurrence = every("America/New_York", &format!("{start}T09:00:00"), text);
    assert_eq!(recurrence.check(), []);
    let civil = |at| recurrence.zone.civil(at).format("%F %R").to_string();
    let all = recurrence.after(DateTime::<Utc>::MIN_UTC).take(count).map(civil);
    all.map(|text| text.strip_suffix(" 09:00").unwrap_or(&text).to_owned()).collect()
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn faults(text: &str) -> Vec<String> {
    text.parse::<Rule>().unwrap_err().faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_examples_of_the_rfc_happen_when_it_says() {
    let cases = [
        ("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", "09-02 09-12 09-22 10-02 10-12"),
        ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "09-02 09-16 09-30 10-14 10-28"),
        ("1997-09-02", "FREQ=WEEKLY;COUNT=6;WKST=SU;BYDAY=TU,TH", "09-02 09-04 09-09 09-11 09-16 09-18"),
        (
            "1997-09-01",
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19970920T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "09-01 09-03 09-05 09-15 09-17 09-19",
        ),
        ("1997-09-05", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "09-05 10-03 11-07 12-05"),
        ("1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", "09-07 09-28 11-02 11-30"),
        ("1997-09-22", "FREQ=MONTHLY;COUNT=4;BYDAY=-2MO", "09-22 10-20 11-17 12-22"),
        ("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "09-28 10-29 11-28 12-29 01-29 02-26"),
        ("1997-09-30", "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1", "09-30 10-01 10-31 11-01 11-30"),
        (
            "1997-09-02",
            "FREQ=MONTHLY;INTERVAL=18;COUNT=7;BYMONTHDAY=10,11,12",
            "09-10 09-11 09-12 03-10 03-11 03-12 09-10",
        ),
        ("1997-06-10", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "06-10 07-10 06-10 07-10"),
        ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "05-19 05-18 05-17"),
        ("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "03-13 03-20 03-27 03-05 03-12"),
        ("1998-02-13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "02-13 03-13 11-13 08-13 10-13"),
        ("1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "09-13 10-11 11-08 12-13 01-10"),
        ("1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "11-05 11-07 11-02"),
        ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "08-05 08-10 08-19 08-24"),
        ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "08-05 08-17 08-19 08-31"),
        ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "01-15 01-30 02-15 03-15 03-30"),
        ("1998-01-01", "FREQ=DAILY;UNTIL=19980103;BYMONTH=1", "01-01 01-02 01-03"),
    ];
    for (start, text, expected) in cases {
        let expected: Vec<&str> = expected.split(' ').collect();
        let found = dates(start, text, expected.len());
        assert_eq!(found.iter().map(|date| &date[5..]).collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn a_date_that_a_period_lacks_is_passed_over() {
    assert_eq!(dates("2026-01-31", "FREQ=MONTHLY", 3), ["2026-01-31", "2026-03-31", "2026-05-31"]);
    assert_eq!(dates("2096-02-29", "FREQ=YEARLY", 2), ["2096-02-29", "2104-02-29"]);
}

#[test]
fn the_start_is_the_first_only_if_the_rule_names_it() {
    assert_eq!(dates("2026-03-03", "FREQ=WEEKLY;BYDAY=MO;COUNT=2", 9), ["2026-03-09", "2026-03-16"]);
}

#[test]
fn a_date_that_is_left_out_is_counted() {
    let daily = every("UTC", "2026-03-02T09:00:00", "FREQ=DAILY;COUNT=3").except("2026-03-03".parse().unwrap());
    assert_eq!(daily.next_after(utc("2026-03-02T09:00:00Z")), Some(utc("2026-03-04T09:00:00Z")));
    assert_eq!(daily.next_after(utc("2026-03-04T09:00:00Z")), None);
}

#[test]
fn an_end_is_part_of_the_rule() {
    let until = |text| every("Europe/Berlin", "2026-03-02T09:00:00", text).after(utc("2026-01-01T00:00:00Z")).count();
    assert_eq!(until("FREQ=DAILY;UNTIL=20260304"), 3);
    assert_eq!(until("FREQ=DAILY;UNTIL=20260304T080000Z"), 3);
    assert_eq!(until("FREQ=DAILY;UNTIL=20260304T075959Z"), 2);
}

#[test]
fn the_time_of_day_is_kept_when_clocks_change() {
    let next = |zone, start, after: &str| {
        let daily = every(zone, start, "FREQ=DAILY");
        daily.after(utc(after)).take(2).map(|at| at.format("%m-%d %R").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(next("Europe/Berlin", "2026-01-01T09:00:00", "2026-03-28T00:00:00Z"), ["03-28 08:00", "03-29 07:00"]);
    // 02:30 is skipped, and is the instant of the skip; repeated, its first pass, once.
    assert_eq!(next("Europe/Berlin", "2026-01-01T02:30:00", "2026-03-29T00:00:00Z"), ["03-29 01:00", "03-30 00:30"]);
    assert_eq!(next("Europe/Berlin", "2026-01-01T02:30:00", "2026-10-25T00:00:00Z"), ["10-25 00:30", "10-26 01:30"]);
    assert_eq!(next("Europe/Berlin", "2026-01-01T02:30:00", "2026-10-25T00:30:00Z"), ["10-26 01:30", "10-27 01:30"]);
    assert_eq!(next("America/New_York", "2026-01-01T02:30:00", "2026-03-08T00:00:00Z"), ["03-08 07:00", "03-09 06:30"]);
    assert_eq!(next("America/New_York", "2026-01-01T01:30:00", "2026-11-01T00:00:00Z"), ["11-01 05:30", "11-02 06:30"]);
    // Half an hour of change, in the southern summer: +11 until 5 April, then +10:30.
    assert_eq!(
        next("Australia/Lord_Howe", "2026-01-01T01:45:00", "2026-04-04T00:00:00Z"),
        ["04-04 14:45", "04-05 15:15"]
    );
    assert_eq!(
        next("Australia/Lord_Howe", "2026-01-01T02:15:00", "2026-10-03T00:00:00Z"),
        ["10-03 15:30", "10-04 15:15"]
    );
}

#[test]
fn a_day_that_a_zone_skipped_is_the_instant_of_the_skip_and_not_twice() {
    let apia = |start| {
        let daily = every("Pacific/Apia", start, "FREQ=DAILY;COUNT=4");
        daily.after(utc("2011-12-01T00:00:00Z")).map(|at| at.format("%m-%d %R").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(apia("2011-12-29T09:00:00"), ["12-29 19:00", "12-30 10:00", "12-30 19:00", "12-31 19:00"]);
    // The midnight of the 30th, which never was, is that of the 31st.
    assert_eq!(apia("2011-12-29T00:00:00"), ["12-29 10:00", "12-30 10:00", "12-31 10:00"]);
}

#[test]
fn a_period_of_time_includes_its_beginning_and_not_its_end() {
    let daily = every("UTC", "2026-03-02T09:00:00", "FREQ=DAILY");
    let between = |from, to| daily.between(utc(from), utc(to)).count();
    assert_eq!(between("2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z"), 2);
    assert_eq!(between("2026-03-02T09:00:00.000001Z", "2026-03-04T09:00:00.000001Z"), 2);
    assert_eq!(between("2026-03-04T09:00:00Z", "2026-03-02T09:00:00Z"), 0);
}

#[test]
fn what_never_happens_ends_with_none_and_is_found() {
    for (text, problem) in [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO", "never happens"),
        ("FREQ=DAILY;INTERVAL=65535;BYMONTH=4;BYMONTHDAY=31", "never happens"),
        ("FREQ=DAILY;UNTIL=20260301", "never happens"),
    ] {
        let never = every("Europe/Berlin", "2026-03-02T09:00:00", text);
        assert_eq!(never.next_after(utc("2026-01-01T00:00:00Z")), None, "{text}");
        assert_eq!(never.check().iter().map(ToString::to_string).collect::<Vec<_>>(), [problem], "{text}");
    }
    let once = every("UTC", "2026-03-02T09:00:00", "FREQ=DAILY;COUNT=1").except("2026-03-02".parse().unwrap());
    assert_eq!(once.check(), [Fault::new("", "never happens")]);
}

#[test]
fn a_start_is_a_whole_second_of_the_years_that_are_known() {
    let check = |start| every("UTC", start, "FREQ=DAILY").check().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(check("1969-12-31T09:00:00"), ["start: 1969-12-31 lies outside the years 1970 to 2200"]);
    assert_eq!(check("2201-01-01T09:00:00"), ["start: 2201-01-01 lies outside the years 1970 to 2200"]);
    assert_eq!(check("2026-03-02T09:00:00.5"), ["start: has a fraction of a second"]);
    assert_eq!(check("2200-12-31T23:59:59"), Vec::<String>::new());
    for start in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
        let daily = Recurrence::new(start, Zone::utc(), rule("FREQ=DAILY;COUNT=9"));
        assert_eq!(daily.next_after(utc("2026-01-01T00:00:00Z")), None);
    }
    let daily = every("Asia/Kathmandu", "2026-03-02T09:00:00", "FREQ=DAILY");
    assert_eq!(daily.next_after(DateTime::<Utc>::MAX_UTC), None);
    assert_eq!(daily.between(DateTime::<Utc>::MIN_UTC, utc("2026-03-04T00:00:00Z")).count(), 2);
}

#[test]
fn every_part_that_cannot_be_followed_is_named() {
    let known = "known: FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY and WKST";
    let cases: [(&str, &[&str]); 20] = [
        ("", &[": a part is empty", "FREQ: is missing"]),
        ("FREQ=HOURLY", &["FREQ: `HOURLY` is not supported; expects DAILY, WEEKLY, MONTHLY or YEARLY"]),
        ("FREQ=DAILY;", &[": a part is empty"]),
        ("FREQ=DAILY;FREQ=DAILY", &["FREQ: stands in the rule twice"]),
        ("FREQ=DAILY;COLOUR=1", &[&format!("COLOUR: is no part of a rule; {known}")]),
        ("FREQ=DAILY;INTERVAL=0", &["INTERVAL: must be 1 or more"]),
        ("FREQ=DAILY;INTERVAL=-1", &["INTERVAL: `-1` is no number, or too large"]),
        ("FREQ=DAILY;COUNT=0", &["COUNT: must be 1 or more"]),
        ("FREQ=DAILY;COUNT=5;UNTIL=20261231", &["UNTIL: ends the rule once more; COUNT does already"]),
        (
            "FREQ=DAILY;UNTIL=20261231T090000",
            &["UNTIL: `20261231T090000` is neither 20261231 nor, in UTC, 20261231T170000Z"],
        ),
        (
            "FREQ=DAILY;BYMONTH=0,13,1,1",
            &["BYMONTH: 0 is no month from 1 to 12", "BYMONTH: 13 is no month from 1 to 12", "BYMONTH: names 1 twice"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=0,-32",
            &[
                "BYMONTHDAY: 0 is no day of a month: 1 to 31, or -1 to -31 from its end",
                "BYMONTHDAY: -32 is no day of a month: 1 to 31, or -1 to -31 from its end",
            ],
        ),
        ("FREQ=WEEKLY;BYMONTHDAY=1", &["BYMONTHDAY: a week has no days of the month; use FREQ=MONTHLY"]),
        ("FREQ=WEEKLY;BYDAY=MO,", &["BYDAY: `` is no day of the week: MO, TU, WE, TH, FR, SA, SU"]),
        ("FREQ=DAILY;BYDAY=-1FR", &["BYDAY: -1FR has a number, which needs FREQ=MONTHLY or FREQ=YEARLY"]),
        ("FREQ=MONTHLY;BYDAY=6MO", &["BYDAY: 6MO has a number beyond 1 to 5, or -1 to -5 from the end"]),
        (
            "FREQ=YEARLY;BYDAY=54MO,0MO",
            &[
                "BYDAY: 54MO has a number beyond 1 to 53, or -1 to -53 from the end",
                "BYDAY: 0MO has a number beyond 1 to 53, or -1 to -53 from the end",
            ],
        ),
        (
            "FREQ=YEARLY;BYSETPOS=1;BYWEEKNO=20;BYYEARDAY=1",
            &["BYSETPOS: is not supported", "BYWEEKNO: is not supported", "BYYEARDAY: is not supported"],
        ),
        ("FREQ=DAILY;BYHOUR=9", &["BYHOUR: is not supported; the time of day is that of the start"]),
        ("FREQ=DAILY;WKST=XX", &["WKST: `XX` is no day of the week: MO, TU, WE, TH, FR, SA, SU"]),
    ];
    for (text, expected) in cases {
        let expected: Vec<&str> =
            expected.iter().map(|problem| problem.strip_prefix(": ").unwrap_or(problem)).collect();
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn an_end_that_its_text_could_not_hold_is_refused() {
    let problems = |end| Rule::new(Frequency::Daily).until(end).check().len();
    assert_eq!(problems(End::At(utc("2026-03-02T09:00:00.5Z"))), 1);
    assert_eq!(problems(End::At(DateTime::<Utc>::MAX_UTC - TimeDelta::nanoseconds(999_999_999))), 1);
    assert_eq!(problems(End::On(NaiveDate::MAX)), 1);
    assert_eq!(problems(End::On(horizon())), 0);
}

#[test]
fn files_hold_what_was_written_and_nothing_unknown() {
    let text =
        r#"{"start":"2026-03-02T09:00","zone":"Europe/Berlin","rule":"FREQ=WEEKLY;BYDAY=MO","except":["2026-04-06"]}"#;
    let weekly: Recurrence = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&weekly).unwrap(), text);
    for (part, bad, problem) in [
        ("09:00", "9 o'clock", "\"2026-03-02T9 o'clock\" is not a start such as \"2026-03-02T09:00\""),
        ("Europe/Berlin", "CEST", "no time zone is named \"CEST\""),
        ("WEEKLY", "HOURLY", "\"FREQ=HOURLY;BYDAY=MO\" is not a rule: FREQ: `HOURLY` is not supported"),
        ("except", "exdate", "unknown field `exdate`"),
    ] {
        let error = serde_json::from_str::<Recurrence>(&text.replace(part, bad)).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert_eq!(
        rule(" freq = weekly ; byday = mo , -1fr ; count = 2".replace("-1fr", "fr").as_str()),
        rule("RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=MO,FR")
    );
}

/// Any rule without mistakes, and often one that has much to say.
fn rules() -> impl Strategy<Value = Rule> {
    use Frequency::{Daily, Monthly, Weekly, Yearly};
    let day = (option::of(-6..=6_i8), select(&WEEK[..])).prop_map(|(nth, weekday)| Day { nth, weekday });
    let months = subsequence((1..=12).collect::<Vec<u8>>(), 0..4);
    let month_days = subsequence((-31..=31).filter(|day| *day != 0).collect::<Vec<i8>>(), 0..6);
    let lists = (prop_oneof![Just(vec![]), months], prop_oneof![Just(vec![]), month_days], vec(day, 0..3));
    let end = prop_oneof![
        3 => Just(End::Never),
        1 => (1..40_u32).prop_map(End::Count),
        1 => (0..60_000).prop_map(|day| End::On(NaiveDate::from_epoch_days(day).unwrap())),
        1 => (0..5_000_000_000_i64).prop_map(|second| End::At(DateTime::from_timestamp(second, 0).unwrap())),
    ];
    (select(&[Daily, Weekly, Monthly, Yearly][..]), 1..5_u16, end, lists, select(&WEEK[..])).prop_map(
        |(frequency, interval, end, (months, mut month_days, mut days), week_start)| {
            if frequency == Weekly {
                month_days.clear();
            }
            if matches!(frequency, Daily | Weekly) {
                days.iter_mut().for_each(|day| day.nth = None);
            }
            days.retain(|day| day.nth.is_none_or(|nth| (1..=5).contains(&nth.abs())));
            days.sort_by_key(|day| (day.weekday.num_days_from_monday(), day.nth));
            days.dedup();
            Rule { frequency, interval, end, months, month_days, days, week_start }
        },
    )
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    // Around the day that Apia skipped as often as anywhere.
    let day = prop_oneof![0..60_000, 15_300..15_340_i32];
    let second = prop_oneof![Just(0), 0..86_400_u32, (0..12_u32).prop_map(|quarter| quarter * 900)];
    (day, second, zones(), rules(), btree_set(0..400_i32, 0..9)).prop_map(|(day, second, zone, rule, except)| {
        let date = |day| NaiveDate::from_epoch_days(day).unwrap();
        let start = date(day).and_time(chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap());
        Recurrence { start, zone, rule, except: except.into_iter().map(|after| date(day + after)).collect() }
    })
}

/// What a walk from day to day says: counters that go up where a period begins, and lists of what a month has.
fn walk(recurrence: &Recurrence, days: usize) -> Vec<DateTime<Utc>> {
    let Recurrence { start, zone, rule, except } = recurrence;
    let (mut period, mut count, mut found) = (0, 0, Vec::new());
    for date in start.date().iter_days().take(days) {
        let begins = match rule.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => date.weekday() == rule.week_start,
            Frequency::Monthly => date.day() == 1,
            Frequency::Yearly => date.ordinal() == 1,
        };
        if begins && date != start.date() {
            period += 1;
        }
        if period % usize::from(rule.interval) != 0 || !is_named(rule, date, start.date()) {
            continue;
        }
        count += 1;
        let at = zone.instant(date.and_time(start.time()));
        let ended = match rule.end {
            End::Never => false,
            End::Count(most) => count > most,
            End::On(last) => date > last,
            End::At(last) => at > last,
        };
        if ended {
            break;
        }
        if !except.contains(&date) && found.last() != Some(&at) {
            found.push(at);
        }
    }
    found
}

fn is_named(rule: &Rule, date: NaiveDate, start: NaiveDate) -> bool {
    let months: Vec<u32> = rule.months.iter().map(|month| u32::from(*month)).collect();
    let whole: Vec<NaiveDate> = if rule.frequency == Frequency::Yearly && months.is_empty() {
        date.with_ordinal(1).unwrap().iter_days().take_while(|day| day.year() == date.year()).collect()
    } else {
        date.with_day(1).unwrap().iter_days().take_while(|day| day.month() == date.month()).collect()
    };
    let at = |list: &[NaiveDate], nth: i8| {
        let at = usize::from(nth.unsigned_abs()) - 1;
        if nth > 0 { list.get(at).copied() } else { list.iter().rev().nth(at).copied() }
    };
    let month: Vec<NaiveDate> = whole.iter().copied().filter(|day| day.month() == date.month()).collect();
    let by_month_day: Vec<NaiveDate> = rule.month_days.iter().filter_map(|nth| at(&month, *nth)).collect();
    let by_day = rule.days.iter().flat_map(|Day { nth, weekday }| {
        let days: Vec<NaiveDate> = whole.iter().copied().filter(|day| day.weekday() == *weekday).collect();
        nth.map_or(days.clone(), |nth| at(&days, nth).into_iter().collect())
    });
    let by_day: Vec<NaiveDate> = by_day.collect();
    (months.is_empty() || months.contains(&date.month()))
        && match (rule.month_days.is_empty(), rule.days.is_empty()) {
            (false, false) => by_month_day.contains(&date) && by_day.contains(&date),
            (false, true) => by_month_day.contains(&date),
            (true, false) => by_day.contains(&date),
            (true, true) => match rule.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => date.weekday() == start.weekday(),
                Frequency::Monthly => date.day() == start.day(),
                Frequency::Yearly if months.is_empty() => (date.month(), date.day()) == (start.month(), start.day()),
                Frequency::Yearly => date.day() == start.day(),
            },
        }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_happens_when_a_walk_over_days_says(recurrence in recurrences()) {
        let expected = walk(&recurrence, 1600);
        let end = recurrence.zone.instant(recurrence.start + TimeDelta::days(1600));
        let found: Vec<_> = recurrence.between(DateTime::<Utc>::MIN_UTC, end).collect();
        prop_assert_eq!(&found, &expected);
    }

    #[test]
    fn the_next_is_the_first_later_one_from_wherever_it_is_asked(recurrence in recurrences(), second in -9_000_000..130_000_000_i64) {
        let at = recurrence.start.and_utc() + TimeDelta::seconds(second);
        let expected = walk(&recurrence, 2200).into_iter().find(|next| *next > at);
        if expected.is_some() {
            prop_assert_eq!(recurrence.next_after(at), expected);
        }
        let next = recurrence.next_after(at);
        prop_assert_eq!(recurrence.after(at).next(), next);
        if let Some(next) = next {
            prop_assert_eq!(recurrence.next_after(next - TimeDelta::nanoseconds(1)), Some(next));
        }
    }

    /// Law 19.
    #[test]
    fn every_rule_survives_the_round_trip(recurrence in recurrences()) {
        prop_assert_eq!(recurrence.rule.check(), []);
        prop_assert_eq!(recurrence.rule.to_string().parse(), Ok(recurrence.rule.clone()));
        let json = serde_json::to_string(&recurrence).unwrap();
        prop_assert_eq!(serde_json::from_str::<Recurrence>(&json).unwrap(), recurrence);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", near in "FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(INTERVAL|COUNT|UNTIL|BYMONTH|BYMONTHDAY|BYDAY|WKST)=[-0-9A-Z,é]{0,9}){0,3}") {
        for text in [text, near] {
            if let Ok(rule) = text.parse::<Rule>() {
                prop_assert_eq!(rule.to_string().parse(), Ok(rule));
            }
        }
    }
}
