//! How what a desk answers looks as JSON. Times are RFC 3339 in UTC, with microseconds.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use ticketcore::cond::Unmet;
use ticketcore::desk::{Bulked, Effect, Hits, Move, Outcome, Verified};
use ticketcore::diff::FieldChange;
use ticketcore::directory::{Listed, Stored};
use ticketcore::query::search::Hit;
use ticketcore::seal::Seal;
use ticketcore::time::stamp;
use ticketcore::{By, Event, Page, Position, Recorded, Ticket, TicketId, Version};

/// A ticket with its number and the priority in force, without what only its clocks read; of the customer's side, without
/// what only the desk sees.
pub(crate) fn ticket(ticket: &Ticket) -> Value {
    let mut view = json!(ticket);
    if let Value::Object(fields) = &mut view {
        fields.insert("reference".to_owned(), json!(ticket.reference()));
        fields.insert("number".to_owned(), json!(ticket.number));
        fields.insert("priority".to_owned(), json!(ticket.priority()));
        let inner = ["line", "trail", "policies"];
        let desks = ["version", "workflow", "state", "impact", "urgency", "computed", "priority", "level"];
        for name in inner.into_iter().chain(desks.into_iter().filter(|_| !is_whole(ticket))) {
            fields.remove(name);
        }
    }
    view
}

/// Whether it is all of a ticket: of the customer's side, no version is told.
pub(crate) fn is_whole(ticket: &Ticket) -> bool {
    ticket.version != Version(0)
}

pub(crate) fn page(page: &Page) -> Value {
    let tickets: Value = page.tickets.iter().map(|one| ticket(one)).collect();
    json!({ "tickets": tickets, "next": page.next.map(|cursor| cursor.to_string()) })
}

/// What a search found; what is marked in a text are bytes of it, from and to.
pub(crate) fn hits(found: &Hits) -> Value {
    let hit = |Hit { ticket: one, score, subject, texts }: &Hit| json!({ "ticket": ticket(one), "score": score, "subject": subject, "texts": texts });
    let hits: Value = found.hits.iter().map(hit).collect();
    json!({ "hits": hits, "read": found.read, "next": found.next.map(|cursor| cursor.to_string()) })
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

/// What changed under the caller, field by field.
#[allow(dead_code, reason = "`tk` says it in words")]
pub(crate) fn changes(changes: &[FieldChange]) -> Value {
    let change = |FieldChange { field, from, to, by, at }: &FieldChange| {
        let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        json!({ "field": field, "from": from, "to": to, "by": by, "at": at })
    };
    changes.iter().map(change).collect()
}

/// Records of the directory, under the name of what they are.
pub(crate) fn records<T: Serialize>(name: &str, listed: &Listed<T>) -> Value {
    let records: Vec<&T> = listed.records.iter().map(|Stored { record, .. }| record).collect();
    json!({ name: records, "next": listed.next })
}

/// Tickets with what their likeness is worth.
pub(crate) fn similar(found: &[(Arc<Ticket>, u64)]) -> Value {
    let one = |(found, worth): &(Arc<Ticket>, u64)| json!({ "worth": worth, "ticket": ticket(found) });
    found.iter().map(one).collect()
}

/// The name of what became of a ticket, and why it did not change.
pub(crate) fn effect(effect: &Effect) -> (&'static str, Option<String>) {
    match effect {
        Effect::Changed(_) => ("changed", None),
        Effect::Unchanged => ("unchanged", None),
        Effect::Repeated(_) => ("repeated", None),
        Effect::NoLonger => ("no_longer", None),
        Effect::Refused(refusal) => ("refused", Some(refusal.to_string())),
        Effect::Withheld => ("withheld", None),
        Effect::Failed(error) => ("failed", Some(error.to_string())),
        // What a later release may add.
        _ => ("other", None),
    }
}

/// What a bulk request came to; what stopped it, if something did, is not part of it.
pub(crate) fn bulked(bulked: &Bulked) -> Value {
    let outcome = |Outcome { id, number, effect: became }: &Outcome| {
        let version =
            if let Effect::Changed(version) | Effect::Repeated(version) = became { Some(version) } else { None };
        let (name, why) = effect(became);
        json!({ "ticket": id, "number": number, "effect": name, "version": version, "why": why })
    };
    let outcomes: Value = bulked.outcomes.iter().map(outcome).collect();
    json!({ "outcomes": outcomes, "next": bulked.next.map(|next| next.to_string()), "complete": bulked.is_complete() })
}

pub(crate) fn verified(verified: &Verified) -> Value {
    let Verified { tickets, events, unsealed, erased, broken } = verified;
    let broken = broken.as_ref().map(|broken| {
        json!({ "ticket": broken.ticket, "number": broken.number, "version": broken.version, "why": broken.why.to_string() })
    });
    json!({ "tickets": tickets, "events": events, "unsealed": unsealed, "erased": erased, "broken": broken })
}
