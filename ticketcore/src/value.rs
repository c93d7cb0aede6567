//! Custom fields: what a desk may add to its tickets, and the values they take.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// The custom fields of a ticket: a map that is shared by its clones until one of them is changed.
///
/// A ticket's fields stand in its draft, in the event that opened it and in every version of the ticket, and they seldom
/// change.
#[derive(Clone, Default)]
pub struct Fields(Option<Arc<BTreeMap<Key, Value>>>);

impl Fields {
    /// Tells whether no field is set.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.is_empty())
    }
}

impl Deref for Fields {
    type Target = BTreeMap<Key, Value>;

    fn deref(&self) -> &Self::Target {
        static NONE: BTreeMap<Key, Value> = BTreeMap::new();
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Fields {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Fields {}

impl FromIterator<(Key, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(fields: I) -> Self {
        let fields = BTreeMap::from_iter(fields);
        Self((!fields.is_empty()).then(|| Arc::new(fields)))
    }
}

impl<const N: usize> From<[(Key, Value); N]> for Fields {
    fn from(fields: [(Key, Value); N]) -> Self {
        Self::from_iter(fields)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from_iter)
    }
}
