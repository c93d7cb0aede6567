//! Text for people: tables, times, JSON.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use ticketcore::time::span;

/// Aligned columns under headings; no heading, no rows.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<[String; N]> = std::iter::once(headings.map(str::to_owned)).chain(rows).collect();
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| clean(&cell))).collect();
    let widths: [usize; N] =
        std::array::from_fn(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or_default());
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
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
