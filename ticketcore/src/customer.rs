//! The customer's view of a ticket: all that may be shown to whom it is for, and nothing that tells of the rest.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::config::Rulebook;
use crate::conversation::{Post, conversation};
use crate::engine::{Phase, Reading, evolve, fold, readings, redacted};
use crate::event::{Recorded, Visibility};
use crate::id::{Key, PersonId, TicketId};
use crate::status::{Status, Waiting};
use crate::ticket::{Score, Ticket};
use crate::time::stamp;
use crate::value::Fields;

/// What a customer sees of a ticket. Internal notes leave no trace in it: it is the same with and without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// The number as people write it: `INC-42`.
    pub reference: String,
    /// What it is about, in one line.
    pub subject: String,
    /// What it is.
    pub kind: Key,
    /// What it is about, as the desk sorts such things.
    pub category: Option<Key>,
    /// Where it stands in its life.
    pub status: Status,
    /// Who is awaited, in plain words.
    pub waiting: Option<&'static str>,
    /// The person it is for.
    pub requester: Option<PersonId>,
    /// When it was opened.
    #[serde(with = "stamp")]
    pub created: DateTime<Utc>,
    /// When anything last happened that is part of this view.
    #[serde(with = "stamp")]
    pub updated: DateTime<Utc>,
    /// When it was resolved, unless it was reopened since.
    #[serde(with = "stamp::option")]
    pub resolved: Option<DateTime<Utc>>,
    /// When it was closed, unless it was reopened since.
    #[serde(with = "stamp::option")]
    pub closed: Option<DateTime<Utc>>,
    /// The custom fields that are not internal.
    pub fields: Fields,
    /// What was written in public, oldest first, the description included.
    pub posts: Vec<Post>,
    /// How its status changed, from the opening on.
    pub course: Vec<Turn>,
    /// What the desk promises, of the policies whose due times the customer is told.
    pub promises: Vec<Promise>,
    /// Where it goes on, if it was merged into a ticket that the reader sees.
    pub merged: Option<String>,
    /// How well it was solved, if the customer has said so.
    pub score: Option<Score>,
}

/// A change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// When.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// To what.
    pub status: Status,
}

/// A promise as the customer is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// The policy that promises.
    pub policy: Key,
    /// The last instant that keeps it, or would have; nobody knows it while the clock is paused.
    #[serde(with = "stamp::option")]
    pub due: Option<DateTime<Utc>>,
    /// How it stands.
    pub outlook: Outlook,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// There is time left.
    Running,
    /// The clock stands, because somebody else is awaited.
    Paused,
    /// It was kept.
    Met,
    /// It was broken, excused or not.
    Missed,
}

/// Reads a customer's view out of a ticket and the histories of all tickets that its conversation is made of. Where a
/// merged ticket goes on is not in it, as that depends on who looks.
pub fn view(
    rulebook: &Rulebook,
    ticket: &Ticket,
    histories: &BTreeMap<TicketId, Vec<Recorded>>,
    now: DateTime<Utc>,
) -> View {
    let mut posts = conversation(ticket.id, histories);
    posts.retain(|post| post.said.visibility == Visibility::Public);
    posts.iter_mut().for_each(Post::anonymise);
    let course = course(histories.get(&ticket.id).map(Vec::as_slice).unwrap_or_default());
    let told = &rulebook.now().config.rights.promises;
    let readings = readings(rulebook, ticket, now).into_iter().filter(|reading| told.contains(&reading.policy));
    let promises = readings.filter_map(|reading| promise(reading, ticket.dropped)).collect();
    let seen = redacted(&rulebook.now().config.rights, ticket);
    let written = posts.iter().flat_map(|post| [Some(post.at), post.edited]);
    let happened = written.chain(course.iter().map(|turn| Some(turn.at))).chain([seen.score.as_ref().map(|s| s.at)]);
    View {
        reference: seen.reference(),
        updated: happened.flatten().fold(seen.created, Ord::max),
        waiting: seen.waiting.map(awaited),
        subject: seen.subject,
        kind: seen.kind,
        category: seen.category,
        status: seen.status,
        requester: seen.requester,
        created: seen.created,
        resolved: seen.resolved,
        closed: seen.closed,
        fields: seen.fields,
        score: seen.score.map(|score| *score),
        posts,
        course,
        promises,
        merged: None,
    }
}

const fn awaited(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Requester => "the person it is for",
        Waiting::Third => "somebody outside the desk",
        Waiting::Until => "a date",
    }
}

/// The changes of status in a history.
fn course(history: &[Recorded]) -> Vec<Turn> {
    let Some(mut ticket) = fold(history.first()) else { return Vec::new() };
    let mut course = vec![Turn { at: ticket.created, status: ticket.status }];
    for Recorded { at, by, event, .. } in history.iter().skip(1) {
        let before = ticket.status;
        evolve(&mut ticket, *at, by, event);
        if ticket.status != before {
            course.push(Turn { at: *at, status: ticket.status });
        }
    }
    course
}

/// What a reading promises; nothing without a target, or if the ticket was dropped before the promise was decided.
fn promise(reading: Reading, dropped: bool) -> Option<Promise> {
    let Reading { policy, phase, budget, due, breached, .. } = reading;
    let outlook = match phase {
        _ if budget.is_none() => return None,
        _ if breached => Outlook::Missed,
        Phase::Running => Outlook::Running,
        Phase::Paused => Outlook::Paused,
        Phase::Done if dropped => return None,
        Phase::Done => Outlook::Met,
    };
    Some(Promise { policy, due, outlook })
}
