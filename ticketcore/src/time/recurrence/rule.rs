//! A rule: which dates of a period it names, and every how many periods.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::horizon;
use crate::Fault;
use crate::time::days::number;

/// The part of the recurrence rules of RFC 5545 that speaks of dates.
///
/// Its text is that of the RFC, `FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR`. As there, a part names dates of each period or,
/// where another has named them, leaves only some of them; without any, the start says which date of the period is meant,
/// and a period that has no such date is passed over.
///
/// # Examples
///
/// ```
/// use chrono::Weekday;
/// use ticketcore::time::recurrence::{Frequency, Rule};
///
/// let quarterly = Rule::new(Frequency::Monthly).every(3).nth(-1, Weekday::Fri);
/// assert_eq!(quarterly.to_string(), "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR");
/// assert_eq!("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR".parse(), Ok(quarterly));
///
/// let error = "FREQ=WEEKLY;BYDAY=1MO;BYHOUR=9".parse::<Rule>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#""FREQ=WEEKLY;BYDAY=1MO;BYHOUR=9" is not a rule: "#.to_owned()
///         + "BYHOUR: is not supported; the time of day is that of the start; "
///         + "BYDAY: 1MO has a number, which needs FREQ=MONTHLY or FREQ=YEARLY",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    /// The period.
    pub frequency: Frequency,
    /// Every how many periods, the one of the start being the first; 1 unless said otherwise.
    pub interval: u16,
    /// When it ends.
    pub end: End,
    /// Months, 1 to 12; empty = not asked.
    pub months: Vec<u8>,
    /// Days of the month, from its beginning 1 to 31 or from its end -1 to -31; empty = not asked.
    pub month_days: Vec<i8>,
    /// Days of the week; empty = not asked.
    pub days: Vec<Day>,
    /// The day a week begins with, which matters to every second week; Monday unless said otherwise.
    pub week_start: Weekday,
}

/// The period of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// A day.
    Daily,
    /// A week.
    Weekly,
    /// A month.
    Monthly,
    /// A year.
    Yearly,
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It does not.
    Never,
    /// After so many dates.
    Count(u32),
    /// With this date.
    On(NaiveDate),
    /// With this instant.
    At(DateTime<Utc>),
}

/// A day of the week: every one of a period, or the one with a number, from the end if negative.
///
/// The number counts within the month or, if the rule is yearly and names no month, within the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which one, or every one.
    pub nth: Option<i8>,
    /// The day of the week.
    pub weekday: Weekday,
}

/// The text is no rule that could be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a rule: {}", faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
pub struct NotARule {
    /// What was read.
    pub text: String,
    /// Every mistake in it, each with the part it stands in.
    pub faults: Vec<Fault>,
}

impl Rule {
    /// Every period, on the date of it that the start gives.
    #[must_use]
    pub const fn new(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            end: End::Never,
            months: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            week_start: Weekday::Mon,
        }
    }

    /// Leaves periods out: of 2, every second; by default none.
    #[must_use]
    pub const fn every(mut self, interval: u16) -> Self {
        self.interval = interval;
        self
    }

    /// Adds a day of the week; by default none is asked for.
    #[must_use]
    pub fn on(mut self, weekday: Weekday) -> Self {
        self.days.push(Day { nth: None, weekday });
        self
    }

    /// Adds the day of the week with a number, from the end if negative.
    #[must_use]
    pub fn nth(mut self, nth: i8, weekday: Weekday) -> Self {
        self.days.push(Day { nth: Some(nth), weekday });
        self
    }

    /// Adds a day of the month, from its end if negative; by default none is asked for.
    #[must_use]
    pub fn month_day(mut self, day: i8) -> Self {
        self.month_days.push(day);
        self
    }

    /// Adds a month; by default none is asked for.
    #[must_use]
    pub fn month(mut self, month: u8) -> Self {
        self.months.push(month);
        self
    }

    /// Says when it ends; by default never.
    #[must_use]
    pub const fn until(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Finds every part that contradicts itself or another, under its name in the text.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let Self { frequency, interval, end, months, month_days, days, week_start: _ } = self;
        let mut faults = Vec::new();
        let mut fault = |part: &str, problem: String| faults.push(Fault::new(part, problem));
        if *interval == 0 {
            fault("INTERVAL", "must be 1 or more".to_owned());
        }
        match end {
            End::Count(0) => fault("COUNT", "must be 1 or more".to_owned()),
            End::At(at) if at.nanosecond() != 0 => fault("UNTIL", "has a fraction of a second".to_owned()),
            End::On(date) if !(0..=9999).contains(&date.year()) => {
                fault("UNTIL", format!("{date} has no year of four digits"))
            }
            End::At(at) if !(0..=9999).contains(&at.year()) => {
                fault("UNTIL", format!("{at} has no year of four digits"))
            }
            End::Never | End::Count(_) | End::On(_) | End::At(_) => {}
        }
        for month in months.iter().filter(|month| !(1..=12).contains(*month)) {
            fault("BYMONTH", format!("{month} is no month from 1 to 12"));
        }
        for day in month_days.iter().filter(|day| !(1..=31).contains(&day.unsigned_abs())) {
            fault("BYMONTHDAY", format!("{day} is no day of a month: 1 to 31, or -1 to -31 from its end"));
        }
        if *frequency == Frequency::Weekly && !month_days.is_empty() {
            fault("BYMONTHDAY", "a week has no days of the month; use FREQ=MONTHLY".to_owned());
        }
        let within_month = *frequency == Frequency::Monthly || !months.is_empty();
        for day in days {
            let last = if within_month { 5 } else { 53 };
            match (day.nth, frequency) {
                (Some(_), Frequency::Daily | Frequency::Weekly) => {
                    fault("BYDAY", format!("{day} has a number, which needs FREQ=MONTHLY or FREQ=YEARLY"));
                }
                (Some(nth), _) if !(1..=last).contains(&nth.unsigned_abs()) => {
                    fault("BYDAY", format!("{day} has a number beyond 1 to {last}, or -1 to -{last} from the end"));
                }
                _ => {}
            }
        }
        for (part, twice) in [
            ("BYMONTH", twice(months).map(u8::to_string)),
            ("BYMONTHDAY", twice(month_days).map(i8::to_string)),
            ("BYDAY", twice(days).map(Day::to_string)),
        ] {
            if let Some(one) = twice {
                fault(part, format!("names {one} twice"));
            }
        }
        faults
    }

    /// The dates of the rule that are not before `since`, whatever its end, in order; `since` is not before `start`.
    pub(super) fn dates(&self, start: NaiveDate, since: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let (first, step) = (self.period(start), i64::from(self.interval.max(1)));
        let behind = (self.period(since) - first).rem_euclid(step);
        let periods = (self.period(since) - behind..).step_by(usize::from(self.interval.max(1)));
        let begins = periods.map_while(|period| Some((self.begin(period)?, self.begin(period + 1)?)));
        begins
            .take_while(|(begin, _)| *begin < horizon())
            .flat_map(|(begin, end)| begin.iter_days().take_while(move |date| *date < end))
            .filter(move |date| *date >= since && *date < horizon() && self.names(*date, start))
    }

    /// The number of the period that a date lies in.
    fn period(&self, date: NaiveDate) -> i64 {
        match self.frequency {
            Frequency::Daily => number(date),
            Frequency::Weekly => (number(date) - self.week_shift()).div_euclid(7),
            Frequency::Monthly => i64::from(date.year()) * 12 + i64::from(date.month0()),
            Frequency::Yearly => date.year().into(),
        }
    }

    /// The first date of a period.
    fn begin(&self, period: i64) -> Option<NaiveDate> {
        let day = |number: i64| NaiveDate::from_epoch_days(i32::try_from(number).ok()?);
        match self.frequency {
            Frequency::Daily => day(period),
            Frequency::Weekly => day(period * 7 + self.week_shift()),
            Frequency::Monthly => {
                let month = u32::try_from(period.rem_euclid(12) + 1).ok()?;
                NaiveDate::from_ymd_opt(i32::try_from(period.div_euclid(12)).ok()?, month, 1)
            }
            Frequency::Yearly => NaiveDate::from_ymd_opt(i32::try_from(period).ok()?, 1, 1),
        }
    }

    /// 1970-01-01 was a Thursday.
    fn week_shift(&self) -> i64 {
        i64::from(self.week_start.days_since(Weekday::Thu))
    }

    /// Whether a date is one of those its period is to have.
    fn names(&self, date: NaiveDate, start: NaiveDate) -> bool {
        let (asks_month, asks_month_day) = (!self.months.is_empty(), !self.month_days.is_empty());
        let month = |month: &u8| u32::from(*month) == date.month();
        let listed = (!asks_month || self.months.iter().any(month))
            && (!asks_month_day || self.month_days.iter().any(|day| is_month_day(date, *day)))
            && (self.days.is_empty() || self.days.iter().any(|day| self.is_day(date, *day)));
        // What nothing is said of is as at the start.
        let unsaid = !asks_month_day && self.days.is_empty();
        listed
            && match self.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => !unsaid || date.weekday() == start.weekday(),
                Frequency::Monthly => !unsaid || date.day() == start.day(),
                Frequency::Yearly => {
                    !unsaid || (date.day() == start.day() && (asks_month || date.month() == start.month()))
                }
            }
    }

    fn is_day(&self, date: NaiveDate, day: Day) -> bool {
        let within_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (before, length) = if within_year {
            (date.ordinal0(), if date.leap_year() { 366 } else { 365 })
        } else {
            (date.day0(), u32::from(date.num_days_in_month()))
        };
        let is_nth = |nth: i8| {
            let at = if nth > 0 { before / 7 } else { (length - 1 - before) / 7 };
            at + 1 == u32::from(nth.unsigned_abs())
        };
        date.weekday() == day.weekday && day.nth.is_none_or(is_nth)
    }
}

fn is_month_day(date: NaiveDate, day: i8) -> bool {
    let at = if day > 0 { date.day() } else { u32::from(date.num_days_in_month()) - date.day0() };
    at == u32::from(day.unsigned_abs())
}

/// The first of a list that stands in it once more.
fn twice<T: PartialEq>(list: &[T]) -> Option<&T> {
    list.iter().enumerate().find_map(|(i, one)| list.iter().take(i).any(|earlier| earlier == one).then_some(one))
}
