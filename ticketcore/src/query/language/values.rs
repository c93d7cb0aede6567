//! Values: times, priorities, numbers, names of closed sets.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use super::scan::wrong;
use super::tree::{Exactness, Link, Moment, Name};
use super::wrong::{Wrong, choices, nearest};
use crate::priority::Priority;
use crate::query::Sort;
use crate::time::span;

/// The orders, each by its names; `rank` is the same as `due`.
pub(super) const SORTS: [(&str, Sort); 8] = [
    ("due", Sort::Rank),
    ("rank", Sort::Rank),
    ("created", Sort::Created),
    ("updated", Sort::Updated),
    ("number", Sort::Number),
    ("priority", Sort::Priority),
    ("resolved", Sort::Resolved),
    ("closed", Sort::Closed),
];

/// The words that people have for priorities, the most pressing first.
const PRIORITIES: [(&str, Priority); 8] = [
    ("critical", Priority::P1),
    ("urgent", Priority::P1),
    ("high", Priority::P2),
    ("medium", Priority::P3),
    ("normal", Priority::P3),
    ("low", Priority::P4),
    ("lowest", Priority::P5),
    ("planning", Priority::P5),
];

/// The moments that have a name.
pub(super) const MOMENTS: [(&str, Moment); 9] = [
    ("none", Moment::None),
    ("now", Moment::Now),
    ("yesterday", Moment::Yesterday),
    ("today", Moment::Today),
    ("tomorrow", Moment::Tomorrow),
    ("this_week", Moment::ThisWeek),
    ("last_week", Moment::LastWeek),
    ("this_month", Moment::ThisMonth),
    ("last_month", Moment::LastMonth),
];

/// A text as it is repeated in a message: whole if it is short.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn at(name: &Name, what: String) -> Wrong {
    wrong(name.place.start..name.place.end, what)
}

/// One of a closed set, by its name.
pub(super) fn one_of<T: Copy>(
    name: &Name,
    what: &str,
    all: impl IntoIterator<Item = T>,
    as_str: impl Fn(T) -> &'static str,
) -> Result<T, Wrong> {
    let all: Vec<(&str, T)> = all.into_iter().map(|one| (as_str(one), one)).collect();
    let found = all.iter().find(|(known, _)| *known == name.text);
    found.map(|(_, one)| *one).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        at(name, format!("unknown {what} `{}`{}", shown(&name.text), choices(&name.text, &known)))
    })
}

/// A priority by its number or its word.
pub(super) fn priority(name: &Name) -> Result<Priority, Wrong> {
    let known = PRIORITIES.into_iter().find(|(word, _)| *word == name.text).map(|(_, priority)| priority);
    known.or_else(|| name.text.parse().ok()).ok_or_else(|| {
        let near = match nearest(&name.text, PRIORITIES.map(|(word, _)| word)) {
            Some(known) => format!(", did you mean `{known}`?"),
            None => "; there are p1 to p9, critical, high, medium, low, lowest".to_owned(),
        };
        at(name, format!("unknown priority `{}`{near}", shown(&name.text)))
    })
}

/// A whole number; of a ticket also as people write it, `INC-12`.
pub(super) fn number(name: &Name, reference: bool) -> Result<i64, Wrong> {
    let digits = match name.text.rsplit_once('-') {
        Some((prefix, digits)) if reference && prefix.chars().any(char::is_alphabetic) => digits,
        _ => &name.text,
    };
    let what = if reference { "no number of a ticket, such as 12 or INC-12" } else { "no whole number" };
    digits.parse().map_err(|_| at(name, format!("`{}` is {what}", shown(&name.text))))
}

/// The other end of a link.
pub(super) fn link(name: &Name) -> Result<Link, Wrong> {
    match name.text.as_str() {
        "any" => Ok(Link::Any),
        "none" => Ok(Link::None),
        "open" => Ok(Link::Open),
        text => number(name, true).map(Link::Number).map_err(|_| {
            let near = choices(text, &["any", "none", "open"]);
            at(name, format!("`{}` is no number of a ticket{near}", shown(text)))
        }),
    }
}

/// A time.
pub(super) fn moment(name: &Name) -> Result<Moment, Wrong> {
    let text = name.text.as_str();
    if let Some((_, moment)) = MOMENTS.into_iter().find(|(known, _)| *known == text) {
        return Ok(moment);
    }
    let refuse = |what: String| Err(at(name, what));
    let mut letters = text.chars();
    let digits = letters.by_ref().take(4).filter(char::is_ascii_digit).count();
    if digits == 4 && letters.next() == Some('-') {
        return date(text).or_else(refuse);
    }
    if let Some(length) = relative(text) {
        return Ok(Moment::Relative(length));
    }
    let known = MOMENTS.map(|(known, _)| known);
    let near = match nearest(text, known) {
        Some(known) => format!(", did you mean `{known}`?"),
        None => "; a time is 2026-01-31, 2026-01-31T12:00, 2026-01, -7d, 2h or a word such as today".to_owned(),
    };
    refuse(format!("`{}` is no time{near}", shown(text)))
}

/// So long from now: `-7d`, `1h30m`, `+2w`.
fn relative(text: &str) -> Option<chrono::TimeDelta> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Some(weeks) = text.strip_suffix('w') {
        return chrono::TimeDelta::try_weeks(weeks.parse::<i32>().ok()?.into());
    }
    span::parse(text).ok()
}

fn date(text: &str) -> Result<Moment, String> {
    let missing = || format!("there is no {}; dates are written 2026-01-31, 2026-01-31T12:00 or 2026-01", shown(text));
    let day = |text: &str| {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        if shape { text.parse::<NaiveDate>().ok() } else { None }
    };
    let Some((date, time)) = text.split_once('T') else {
        if text.len() == 7 {
            return day(&format!("{text}-01")).map(Moment::Month).ok_or_else(missing);
        }
        return day(text).map(Moment::Date).ok_or_else(missing);
    };
    let date = day(date).ok_or_else(missing)?;
    let (time, offset) = match time.strip_suffix('Z') {
        Some(time) => (time, Some(0)),
        None => match time.find(['+', '-']) {
            Some(sign) => (&time[..sign], Some(offset(&time[sign..]).ok_or_else(missing)?)),
            None => (time, None),
        },
    };
    let (exact, form) = match time.len() {
        5 => (Exactness::Minute, "%H:%M"),
        8 => (Exactness::Second, "%H:%M:%S"),
        10..=15 => (Exactness::Micro, "%H:%M:%S%.f"),
        _ => return Err(missing()),
    };
    let time = NaiveTime::parse_from_str(time, form).map_err(|_| missing())?;
    // A leap second is in no clock here.
    if chrono::Timelike::nanosecond(&time) >= 1_000_000_000 {
        return Err(missing());
    }
    Ok(Moment::Clock(date, time, exact, offset))
}

/// An offset from UTC in seconds: `+02:00`.
fn offset(text: &str) -> Option<i32> {
    // As chrono reads it, which knows what offsets there can be.
    let at = DateTime::parse_from_rfc3339(&format!("2026-01-01T00:00:00{text}")).ok()?;
    Some(at.offset().local_minus_utc())
}

/// A civil time and the instant that it is by an offset.
pub(super) fn instant(civil: NaiveDateTime, offset: i32) -> Option<DateTime<chrono::Utc>> {
    Some(civil.checked_sub_signed(chrono::TimeDelta::seconds(offset.into()))?.and_utc())
}
