//! How events and tickets are written down: JSON, with a version for each kind of event.
//!
//! Events are kept for as long as the desk; when one must change its form, an `Upcaster` lifts what was written before.
//! A kind of event is at version 1 plus the number of its upcasters. What a newer release wrote is refused, never
//! guessed at.

use serde_json::Value;

use crate::event::Event;
use crate::store::StoreError;
use crate::ticket::Ticket;

/// Lifts the serialised form of one kind of event from one version to the next.
///
/// Seals are made of the form in which the event was written. The first upcaster there is needs its counterpart, which
/// writes an event in its old form, for [`seal`](crate::seal) to try that as well.
struct Upcaster {
    event: &'static str,
    from: i64,
    lift: fn(Value) -> Value,
}

/// Every upcaster ever needed. None so far: all kinds of events are at version 1.
const UPCASTERS: &[Upcaster] = &[];

fn newest(upcasters: &[Upcaster], event: &str) -> i64 {
    upcasters.iter().filter(|upcaster| upcaster.event == event).map(|upcaster| upcaster.from).max().unwrap_or(0) + 1
}

/// Writes an event: the version of its form, and the form.
///
/// # Errors
///
/// [`StoreError::Corrupt`] if the event cannot be written as JSON, which no event of the engine can cause.
pub fn encode_event(event: &Event) -> Result<(i64, String), StoreError> {
    let text = serde_json::to_string(event).map_err(|error| StoreError::corrupt("event", error))?;
    Ok((newest(UPCASTERS, event.name()), text))
}

/// Reads an event of any version up to the newest this release knows.
///
/// # Errors
///
/// [`StoreError::Newer`] if a newer release wrote it, [`StoreError::Corrupt`] if it is not an event.
pub fn decode_event(version: i64, text: &str) -> Result<Event, StoreError> {
    decode_with(UPCASTERS, version, text)
}

fn decode_with(upcasters: &[Upcaster], version: i64, text: &str) -> Result<Event, StoreError> {
    let corrupt = |error| StoreError::corrupt("event", error);
    if upcasters.is_empty() {
        return match version {
            1 => serde_json::from_str(text).map_err(corrupt),
            found => Err(StoreError::Newer { found, known: 1 }),
        };
    }
    let form: Value = serde_json::from_str(text).map_err(corrupt)?;
    let name = match &form {
        Value::Object(map) => map.keys().next().cloned(),
        Value::String(name) => Some(name.clone()),
        _ => None,
    }
    .unwrap_or_default();
    let known = newest(upcasters, &name);
    if version > known {
        return Err(StoreError::Newer { found: version, known });
    }
    let lifted = (version..known).fold(form, |form, from| {
        upcasters
            .iter()
            .find(|upcaster| upcaster.event == name && upcaster.from == from)
            .map_or_else(|| form.clone(), |upcaster| (upcaster.lift)(form.clone()))
    });
    serde_json::from_value(lifted).map_err(corrupt)
}

/// Writes a ticket (without its number, which is the store's).
///
/// # Errors
///
/// [`StoreError::Corrupt`] if it cannot be written as JSON, which no ticket of the engine can cause.
pub fn encode_ticket(ticket: &Ticket) -> Result<String, StoreError> {
    serde_json::to_string(ticket).map_err(|error| StoreError::corrupt(format!("ticket {}", ticket.id), error))
}

/// Reads a ticket; the number comes from beside it.
///
/// # Errors
///
/// [`StoreError::Corrupt`] if it is not a ticket.
pub fn decode_ticket(number: i64, text: &str) -> Result<Ticket, StoreError> {
    let mut ticket: Ticket =
        serde_json::from_str(text).map_err(|error| StoreError::corrupt(format!("ticket number {number}"), error))?;
    ticket.number = number;
    Ok(ticket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Key;

    const TABLE: &[Upcaster] = &[
        Upcaster { event: "labelled", from: 1, lift: |form| serde_json::json!({ "tagged": form["labelled"] }) },
        Upcaster { event: "tagged", from: 1, lift: |form| serde_json::json!({ "tagged": form["tagged"]["name"] }) },
        Upcaster {
            event: "tagged",
            from: 2,
            lift: |form| serde_json::json!({ "tagged": form["tagged"].as_str().unwrap().to_lowercase() }),
        },
    ];

    /// Law 71: an event of an old version, lifted, is the event as it would be written now.
    #[test]
    fn law_71_upcast_old_equals_native_new() {
        let native = Event::Tagged(Key::from("vpn"));
        assert_eq!(decode_with(TABLE, 1, r#"{"tagged":{"name":"VPN"}}"#).unwrap(), native);
        assert_eq!(decode_with(TABLE, 2, r#"{"tagged":"VPN"}"#).unwrap(), native);
        assert_eq!(decode_with(TABLE, 3, r#"{"tagged":"vpn"}"#).unwrap(), native);
        assert_eq!(decode_with(TABLE, 1, r#""woken""#).unwrap(), Event::Woken);
    }

    #[test]
    fn what_a_newer_release_wrote_is_refused() {
        assert!(matches!(decode_with(TABLE, 4, r#"{"tagged":"vpn"}"#), Err(StoreError::Newer { found: 4, known: 3 })));
        assert!(matches!(decode_event(2, r#""woken""#), Err(StoreError::Newer { found: 2, known: 1 })));
        assert!(matches!(decode_event(1, r#""vanished""#), Err(StoreError::Corrupt { .. })));
    }
}
