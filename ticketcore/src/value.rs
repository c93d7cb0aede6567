//! Custom fields: what a desk may add to its tickets, and the values they take.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::Key;

/// The value of a custom field. There is no floating point: values are compared, sorted and kept for years.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text, a choice, a date, a person: what it must look like is the [`FieldType`]'s matter.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

/// What a custom field accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
    /// One of the listed texts.
    Choice(Vec<String>),
    /// A civil date, `2026-12-24`.
    Date,
    /// An instant in RFC 3339, `2026-12-24T18:00:00Z`.
    Instant,
}

impl FieldType {
    /// Checks a value.
    ///
    /// # Errors
    ///
    /// What the field expects instead.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match (self, value) {
            (Self::Text, Value::Text(_)) | (Self::Int, Value::Int(_)) | (Self::Bool, Value::Bool(_)) => true,
            (Self::Choice(options), Value::Text(text)) => options.contains(text),
            (Self::Date, Value::Text(text)) => text.parse::<NaiveDate>().is_ok(),
            (Self::Instant, Value::Text(text)) => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            _ => false,
        };
        if fits { Ok(()) } else { Err(format!("expects {self}")) }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a text"),
            Self::Int => f.write_str("a whole number"),
            Self::Bool => f.write_str("true or false"),
            Self::Choice(options) => write!(f, "one of {}", options.join(", ")),
            Self::Date => f.write_str("a date such as 2026-12-24"),
            Self::Instant => f.write_str("an instant such as 2026-12-24T18:00:00Z"),
        }
    }
}

/// The custom fields of a ticket.
pub type Fields = BTreeMap<Key, Value>;
