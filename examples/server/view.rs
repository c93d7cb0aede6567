//! How tickets, events and moves look as JSON. Times are RFC 3339 in UTC, with microseconds.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use ticketcore::cond::Unmet;
use ticketcore::desk::Move;
use ticketcore::seal::Seal;
use ticketcore::time::stamp;
use ticketcore::{By, Event, Page, Position, Recorded, Ticket, TicketId, Version};

/// A ticket with its number and the priority in force, without what only its clocks read.
pub(crate) fn ticket(ticket: &Ticket) -> Value {
    let mut view = json!(ticket);
    if let Value::Object(fields) = &mut view {
        fields.insert("reference".to_owned(), json!(ticket.reference()));
        fields.insert("number".to_owned(), json!(ticket.number));
        fields.insert("priority".to_owned(), json!(ticket.priority()));
        for inner in ["line", "policies"] {
            fields.remove(inner);
        }
    }
    view
}

pub(crate) fn page(page: &Page) -> Value {
    let tickets: Value = page.tickets.iter().map(|one| ticket(one)).collect();
    json!({ "tickets": tickets, "next": page.next.map(|cursor| cursor.to_string()) })
}

/// An event of the log.
#[derive(Serialize)]
struct Entry<'a> {
    position: Position,
    ticket: TicketId,
    version: Version,
    #[serde(with = "stamp")]
    at: DateTime<Utc>,
    by: &'a By,
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seal: Option<&'a Seal>,
}

impl<'a> From<&'a Recorded> for Entry<'a> {
    fn from(recorded: &'a Recorded) -> Self {
        let Recorded { tenant: _, ticket, version, position, at, by, event, text, seal } = recorded;
        let (text, seal) = (text.as_deref(), seal.as_ref());
        Self { position: *position, ticket: *ticket, version: *version, at: *at, by, event, text, seal }
    }
}

pub(crate) fn event(recorded: &Recorded) -> Value {
    json!(Entry::from(recorded))
}

pub(crate) fn events(events: &[Recorded]) -> Value {
    events.iter().map(event).collect()
}

pub(crate) fn moves(moves: &[Move]) -> Value {
    let offer =
        |Move { transition, to, unmet }: &Move| json!({ "transition": transition, "to": to, "unmet": reasons(unmet) });
    moves.iter().map(offer).collect()
}

pub(crate) fn reasons(unmet: &[Unmet]) -> Value {
    let reason = |unmet: &Unmet| {
        let (why, tickets) = match unmet {
            Unmet::Forbidden(_) | Unmet::Denied(_) => ("forbidden", None),
            Unmet::Missing(_) => ("missing", None),
            Unmet::Blocked(_, tickets) => ("blocked", Some(tickets)),
            Unmet::Unapproved(..) => ("unapproved", None),
            Unmet::Unwanted(_) => ("unwanted", None),
            Unmet::Never => ("never", None),
        };
        json!({ "why": why, "condition": unmet.atom(), "tickets": tickets, "text": unmet.to_string() })
    };
    unmet.iter().map(reason).collect()
}
