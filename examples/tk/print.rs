//! Text for people: tables, times, JSON.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use ticketcore::report::{Heading, Section, Value as Cell};
use ticketcore::time::span;

use crate::output::{Column, Look};

/// Aligned columns under headings, as wide as the terminal; no heading, no rows.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let column = |name: &str| Column { name: name.to_owned(), is_text: true };
    let rows = rows.into_iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    Look::stdout().table(headings.map(column).into(), rows)
}

/// The rows of a section under its headings, without its title; no heading, no rows.
pub(crate) fn rows(section: &Section) -> String {
    if section.rows.is_empty() {
        return String::new();
    }
    let column = |heading: &Heading| Column { name: heading.name.to_uppercase(), is_text: true };
    let rows = section.rows.iter().map(|row| row.iter().map(Cell::to_string).collect()).collect();
    Look::stdout().table(section.headings.iter().map(column).collect(), rows)
}

/// What somebody wrote, without what could repaint the terminal or break the line.
pub(crate) fn clean(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// Lines somebody wrote, set off from the rest.
pub(crate) fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("    | {}\n", clean(line))).collect()
}

pub(crate) fn json(value: &Value) -> String {
    format!("{value:#}\n")
}

pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in the units that matter at its size.
pub(crate) fn length(time: TimeDelta) -> String {
    let seconds = time.num_seconds();
    let unit = match seconds.abs() {
        0..3600 => 1,
        3600..86_400 => 60,
        _ => 3600,
    };
    span::format(TimeDelta::seconds(seconds / unit * unit))
}

/// What there is, or a dash.
pub(crate) fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// One after the other, or a dash.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}
