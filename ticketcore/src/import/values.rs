//! Values as files write them, in the types of the desk. Each says what is wrong with one that is none.

use std::sync::Arc;

use chrono::SecondsFormat;

use crate::channel::Channel;
use crate::config::{Setup, Workflow};
use crate::id::{Key, PersonId};
use crate::import::times::{Clockface, short};
use crate::priority::Level;
use crate::value::{FieldType, Value};

pub(super) const NAME: &str = "needs 1 to 128 bytes, no control character and no blank at either end";

pub(super) fn workflow<'a>(setup: &'a Setup, kind: &Key) -> Option<&'a Workflow> {
    setup.newest(&setup.config.kinds.get(kind)?.workflow)
}

pub(super) fn key(text: &str) -> Result<Key, String> {
    let key = Key::new(text);
    if key.is_valid() { Ok(key) } else { Err(format!("`{}` {NAME}", short(text))) }
}

pub(super) fn person(text: &str) -> Result<PersonId, String> {
    let person = PersonId::new(text);
    if person.is_valid() { Ok(person) } else { Err(format!("`{}` {NAME}", short(text))) }
}

pub(super) fn level(text: &str) -> Result<Level, String> {
    let level = text.parse().ok().filter(|level| (1..=9).contains(level)).map(Level);
    level.ok_or_else(|| format!("`{}` is no level; expected 1, the highest, to 9", short(text)))
}

pub(super) fn channel(text: &str) -> Result<Channel, String> {
    let found = Channel::ALL.into_iter().find(|channel| channel.as_str() == text);
    found.ok_or_else(|| {
        let known = Channel::ALL.map(Channel::as_str).join(", ");
        format!("`{}` is no channel; known: {known}", short(text))
    })
}

/// A text of at most so many bytes that is not empty.
pub(super) fn text(text: &str, limit: usize) -> Result<Arc<str>, String> {
    if text.len() > limit { Err(format!("has {} bytes, the limit is {limit}", text.len())) } else { Ok(text.into()) }
}

/// The value of a custom field.
pub(super) fn field(kind: &FieldType, clockface: &Clockface, text: &str) -> Result<Value, String> {
    let value = match kind {
        FieldType::Int => text.parse().map_or_else(|_| Value::from(text), Value::Int),
        FieldType::Bool if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        FieldType::Bool if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        // A time is read as the file writes it, and kept as the desk does.
        FieldType::Instant => Value::Text(clockface.read(text)?.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        FieldType::Text | FieldType::Choice(_) | FieldType::Date | FieldType::Bool => Value::from(text),
    };
    kind.check(&value).map_err(|problem| format!("`{}`: {problem}", short(text)))?;
    Ok(value)
}
