//! A finished table with a title: what people read and programs are given.

use chrono::TimeDelta;
use serde::Serialize;

use super::Share;

/// Holds one table of a report, ready to be shown.
///
/// As text ([`Display`](std::fmt::Display)) it is a table for people, in [`csv`](Self::csv) and as JSON (serde) one for
/// programs. For people, lengths of time are cut to two units, `2h 05m`, a day being 24 hours; for programs they are
/// numbers of seconds, as the unit in the heading says. Shares are percentages for people, cut and not rounded, so that
/// 100.0% means all; for programs they are numbers from 0 to 1. CSV has neither notes nor the row of totals, which a
/// spreadsheet would add up once more.
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Heading, Section, Value};
///
/// let section = Section {
///     title: "Tickets by team".to_owned(),
///     about: "Every ticket counts once.".to_owned(),
///     headings: vec![Heading::new("team"), Heading::new("tickets")],
///     rows: vec![vec![Value::Text("net".to_owned()), Value::Count(12)], vec![Value::Empty, Value::Count(3)]],
///     ..Section::default()
/// };
/// assert_eq!(section.csv(), "team,tickets\r\nnet,12\r\n,3\r\n");
/// assert_eq!(
///     section.to_string(),
///     "Tickets by team\nEvery ticket counts once.\n\nteam  tickets\nnet        12\n-           3\n",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// What it is, in a few words.
    pub title: String,
    /// What exactly was measured, in a sentence or two.
    pub about: String,
    /// What the columns are; their names differ.
    pub headings: Vec<Heading>,
    /// The rows, each with a value for every heading.
    pub rows: Vec<Vec<Value>>,
    /// The row of all rows together, if there is one, with a value for every heading.
    pub total: Option<Vec<Value>>,
    /// Which tickets count, by which clock, and how exact it is: a line for each.
    pub notes: Vec<String>,
}

/// Names one column of a [`Section`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// What it is called: lower case, `_` for blanks.
    pub name: String,
    /// What its numbers are multiples of, if not of one: `s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
}

impl Heading {
    /// Names a column of texts or plain numbers.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), unit: None }
    }

    /// Names a column of [`Value::Time`]s.
    #[must_use]
    pub fn time(name: impl Into<String>) -> Self {
        Self { name: name.into(), unit: Some("s") }
    }
}

/// Holds one value of a [`Section`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// How many.
    Count(u64),
    /// A number that need not be whole.
    Number(f64),
    /// A length of time.
    Time(TimeDelta),
    /// A part of a whole.
    Share(Share),
    /// Nothing to say.
    Empty,
}
