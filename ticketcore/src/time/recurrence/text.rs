//! Rules and starts as text.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::rule::{Day, End, Frequency, NotARule, Rule};
use crate::Fault;

const FREQUENCIES: [(&str, Frequency); 4] = [
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

const DATE: &str = "%Y%m%d";
const INSTANT: &str = "%Y%m%dT%H%M%SZ";

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

fn name<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

impl FromStr for Rule {
    type Err = NotARule;

    /// Reads the text of RFC 5545, with or without `RRULE:` in front.
    fn from_str(text: &str) -> Result<Self, NotARule> {
        let mut reader = Reader::default();
        let parts = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut seen: Vec<String> = Vec::new();
        for part in parts.split(';') {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let key = key.trim().to_ascii_uppercase();
            match reader.part(&key, value.trim()) {
                _ if seen.contains(&key) => reader.fault(&key, "stands in the rule twice"),
                Err(problem) => reader.fault(&key, problem),
                Ok(()) => {}
            }
            seen.push(key);
        }
        let both = seen.iter().any(|key| key == "COUNT") && seen.iter().any(|key| key == "UNTIL");
        if both {
            reader.fault("UNTIL", "ends the rule once more; COUNT does already");
        }
        let Reader { rule, frequency, mut faults } = reader;
        match frequency {
            Some(frequency) => {
                let rule = Self { frequency, ..rule };
                faults.extend(rule.check());
                if faults.is_empty() {
                    return Ok(rule);
                }
            }
            None if !seen.iter().any(|key| key == "FREQ") => faults.push(Fault::new("FREQ", "is missing")),
            None => {}
        }
        Err(NotARule { text: text.to_owned(), faults })
    }
}

/// What was read so far.
struct Reader {
    rule: Rule,
    frequency: Option<Frequency>,
    faults: Vec<Fault>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { rule: Rule::new(Frequency::Daily), frequency: None, faults: Vec::new() }
    }
}

impl Reader {
    fn fault(&mut self, part: &str, problem: impl Into<String>) {
        self.faults.push(Fault::new(part, problem));
    }

    fn part(&mut self, key: &str, value: &str) -> Result<(), String> {
        let rule = &mut self.rule;
        match key {
            "FREQ" => {
                let known = "DAILY, WEEKLY, MONTHLY or YEARLY";
                let found = named(&FREQUENCIES, value);
                self.frequency = Some(found.ok_or_else(|| format!("`{value}` is not supported; expects {known}"))?);
            }
            "INTERVAL" => rule.interval = number(value)?,
            "COUNT" => rule.end = End::Count(number(value)?),
            "UNTIL" => rule.end = until(value)?,
            "BYMONTH" => rule.months = list(value, number)?,
            "BYMONTHDAY" => rule.month_days = list(value, number)?,
            "BYDAY" => rule.days = list(value, str::parse)?,
            "WKST" => rule.week_start = named(&WEEKDAYS, value).ok_or_else(|| no_day(value))?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return Err("is not supported; the time of day is that of the start".to_owned());
            }
            "BYSETPOS" | "BYWEEKNO" | "BYYEARDAY" => return Err("is not supported".to_owned()),
            "" => return Err("a part is empty".to_owned()),
            _ => {
                let known = "FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY and WKST";
                return Err(format!("is no part of a rule; known: {known}"));
            }
        }
        Ok(())
    }
}

fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("`{text}` is no number, or too large"))
}

fn list<T>(text: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(|part| one(part.trim())).collect()
}

fn until(text: &str) -> Result<End, String> {
    if let Ok(date) = NaiveDate::parse_from_str(text, DATE) {
        return Ok(End::On(date));
    }
    let at = NaiveDateTime::parse_from_str(text, INSTANT);
    at.map(|at| End::At(at.and_utc()))
        .map_err(|_| format!("`{text}` is neither 20261231 nor, in UTC, 20261231T170000Z"))
}

fn no_day(text: &str) -> String {
    format!("`{text}` is no day of the week: MO, TU, WE, TH, FR, SA, SU")
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (nth, day) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let weekday = named(&WEEKDAYS, day).ok_or_else(|| no_day(text))?;
        let nth = if nth.is_empty() { None } else { Some(number(nth)?) };
        Ok(Self { nth, weekday })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nth, weekday } = self;
        nth.map_or(Ok(()), |nth| write!(f, "{nth}"))?;
        f.write_str(name(&WEEKDAYS, weekday))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frequency, interval, end, months, month_days, days, week_start } = self;
        write!(f, "FREQ={}", name(&FREQUENCIES, frequency))?;
        if *interval != 1 {
            write!(f, ";INTERVAL={interval}")?;
        }
        match end {
            End::Never => {}
            End::Count(count) => write!(f, ";COUNT={count}")?,
            End::On(date) => write!(f, ";UNTIL={}", date.format(DATE))?,
            End::At(at) => write!(f, ";UNTIL={}", at.format(INSTANT))?,
        }
        members(f, "BYMONTH", months)?;
        members(f, "BYMONTHDAY", month_days)?;
        members(f, "BYDAY", days)?;
        if *week_start != Weekday::Mon {
            write!(f, ";WKST={}", name(&WEEKDAYS, week_start))?;
        }
        Ok(())
    }
}

fn members<T: fmt::Display>(f: &mut fmt::Formatter<'_>, key: &str, list: &[T]) -> fmt::Result {
    for (i, one) in list.iter().enumerate() {
        if i == 0 { write!(f, ";{key}={one}")? } else { write!(f, ",{one}")? }
    }
    Ok(())
}

impl TryFrom<String> for Rule {
    type Error = NotARule;

    fn try_from(text: String) -> Result<Self, NotARule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

/// The start: a date and a time of day without a zone, the seconds left out where there are none.
pub(super) mod civil {
    use chrono::{NaiveDateTime, Timelike};
    use serde::{Deserialize, Deserializer, Serializer};

    const MINUTES: &str = "%Y-%m-%dT%H:%M";
    const SECONDS: &str = "%Y-%m-%dT%H:%M:%S";

    pub(in super::super) fn serialize<S: Serializer>(at: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&at.format(if at.second() == 0 { MINUTES } else { SECONDS }))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDateTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parse = |format| NaiveDateTime::parse_from_str(&text, format);
        let no_start = |_| serde::de::Error::custom(format!("{text:?} is not a start such as \"2026-03-02T09:00\""));
        parse(MINUTES).or_else(|_| parse(SECONDS)).map_err(no_start)
    }
}
