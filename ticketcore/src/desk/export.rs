//! Everything there is about one person, as JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::actor::{Actor, ActorKind};
use crate::capability::Capability;
use crate::cond::Relation;
use crate::config::Rulebook;
use crate::conversation::{Post, conversation};
use crate::desk::{Desk, Error};
use crate::directory::{Person, Stored};
use crate::engine::{forbidden, redacted};
use crate::erasure::is_by;
use crate::event::{Attachment, Event, Recorded, Said, Visibility};
use crate::id::{PersonId, Position, TicketId};
use crate::query::{Filter, Glance, Order, Query, Sight, Sort, Through};
use crate::store::StoreError;
use crate::ticket::Ticket;

const CHUNK: usize = 200;
/// How many events are read at once.
const EVENTS: usize = 1000;

/// How people stand to tickets that are theirs, in the order in which it is told.
const OWN: [(Relation, &str); 5] = [
    (Relation::Requester, "requester"),
    (Relation::Assignee, "assignee"),
    (Relation::Watcher, "watcher"),
    (Relation::Participant, "participant"),
    (Relation::Shared, "shared"),
];

impl Desk {
    /// Collects everything that there is about a person, as JSON objects in a stable order, each with what it is under
    /// `is`. Those who were [merged](Self::merge_people) are one person.
    ///
    /// - `export`, the first: `tenant`, `ids` of the person, `at`, and `side`, which is `all` or `customer`.
    /// - `person`: a `record` of the directory.
    /// - `ticket`, by number: its `reference`, the `ticket` as it is serialised, and what the person is to it under `as`:
    ///   `requester`, `assignee`, `watcher`, `participant`, `shared`, or `author` of something on it. What follows until
    ///   the next ticket is of it.
    /// - `event`, by version: `at`, `by`, the `event` as it is serialised, its `version` and `text`; all that the person
    ///   did, votes and scores among it, and what others wrote for them to read: public messages, and no notes.
    /// - `file`: `name`, `media_type`, `size` and `digest`, behind the message that it came with.
    ///
    /// Whoever may [erase](Capability::Erase) gets all of it. People get their own data without that, and then it is the
    /// customer's side: tickets as customers see them, of which they are requester, watcher, participant, or that were
    /// shared with them; instead of events, `post`s (`at`, `by`, `text`, `edited`); and their votes and scores as events
    /// without a version.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor neither may [erase](Capability::Erase) everywhere nor is that person;
    /// [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let ticket = desk.open(Draft::incident("No mail").requester("bo")).await?;
    /// desk.by(Actor::agent("ada")).apply(ticket.id, Command::reply("It is back")).await?;
    ///
    /// let own = desk.by(Actor::requester("bo")).export_person("bo").await?;
    /// let what: Vec<&str> = own.iter().filter_map(|one| one["is"].as_str()).collect();
    /// assert_eq!(what, ["export", "ticket", "post"]);
    /// assert_eq!(own[2]["text"], "It is back");
    /// assert!(desk.by(Actor::requester("eve")).export_person("bo").await.is_err());
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn export_person(&self, person: impl Into<PersonId>) -> Result<Vec<Value>, Error> {
        let person = person.into();
        let rulebook = self.rulebook().await?;
        let all = rulebook.now().config.rights.everywhere(&self.actor, Capability::Erase);
        let own = self.actor.kind != ActorKind::System && self.actor.id == person;
        if !all && !own {
            return Err(forbidden(&self.actor, Capability::Erase).into());
        }
        let ids = self.identities(&person).await?;
        let side = if all { "all" } else { "customer" };
        let mut export = vec![json!({
            "is": "export", "tenant": self.tenant, "ids": ids, "at": time(self.now()), "side": side,
        })];
        for id in &ids {
            let found: Option<Stored<Person>> = self.stored(id.as_str()).await?;
            export.extend(found.map(|found| json!({ "is": "person", "record": found.record })));
        }
        let mut tickets = self.tickets_of(&ids, all).await?;
        if all {
            tickets.extend(self.written_by(&ids, &tickets).await?);
            tickets.sort_by_key(|ticket| ticket.number);
        }
        let desk = self.standing(&rulebook).await?;
        for ticket in tickets {
            if all {
                desk.export_all(&ticket, &ids, &mut export).await?;
            } else if desk.seen(&rulebook, Arc::clone(&ticket)).is_ok() {
                desk.export_own(&rulebook, &ticket, &ids, &mut export).await?;
            }
        }
        Ok(export)
    }

    /// The tickets that name a person, by number; those they are accountable for are no customer's.
    async fn tickets_of(&self, ids: &[PersonId], assigned: bool) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let through = |id: &PersonId| {
            let one = Actor::requester(id.clone());
            let tokens = OWN.iter().flat_map(|(relation, _)| relation.tokens(&one)).collect();
            let assignee = assigned.then(|| Through::Assignee(id.clone()));
            [Through::Requester(id.clone()), Through::Access(tokens)].into_iter().chain(assignee).collect::<Vec<_>>()
        };
        let glance = |through| Glance { kinds: Vec::new(), states: Vec::new(), through };
        let filter = Filter { sight: Sight::of(ids.iter().flat_map(through).map(glance), false), ..Filter::default() };
        let order = Order { by: Sort::Number, descending: false };
        let (mut query, mut tickets) = (Query::new(filter).order(order).limit(CHUNK), Vec::new());
        loop {
            let page = self.core.store.find(&self.tenant, &query).await?;
            tickets.extend(page.tickets);
            if page.next.is_none() {
                return Ok(tickets);
            }
            query = query.after(page.next);
        }
    }

    /// The other tickets on which a person did something.
    async fn written_by(&self, ids: &[PersonId], known: &[Arc<Ticket>]) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let (mut written, mut position) = (BTreeSet::<TicketId>::new(), Position(0));
        loop {
            let events = self.core.store.feed(position, EVENTS).await?;
            let Some(last) = events.last() else { break };
            position = last.position;
            let own = |one: &&Recorded| one.tenant == self.tenant && ids.iter().any(|id| is_by(one, id));
            written.extend(events.iter().filter(own).map(|one| one.ticket));
        }
        written.retain(|id| known.iter().all(|ticket| ticket.id != *id));
        let (ids, mut tickets) = (written.into_iter().collect::<Vec<_>>(), Vec::new());
        for some in ids.chunks(CHUNK) {
            tickets.extend(self.load_all(some.to_vec()).await?.iter().cloned());
        }
        Ok(tickets)
    }

    async fn export_all(&self, ticket: &Ticket, ids: &[PersonId], export: &mut Vec<Value>) -> Result<(), StoreError> {
        let history = self.log_of(ticket.id).await?;
        let did = |recorded: &Recorded| ids.iter().any(|id| is_by(recorded, id));
        let mut parts = parts(ticket, ids, true);
        let reads = !parts.is_empty();
        parts.extend(history.iter().any(did).then_some("author"));
        export.push(json!({ "is": "ticket", "reference": ticket.reference(), "as": parts, "ticket": ticket }));
        for recorded in history.iter().filter(|recorded| did(recorded) || reads && is_public_text(&recorded.event)) {
            let Recorded { version, at, by, event, text, .. } = recorded;
            export.push(json!({
                "is": "event", "version": version, "at": time(*at), "by": by, "event": event, "text": text,
            }));
            if let Event::Said(Said { attachments, .. }) = event {
                export.extend(attachments.iter().map(file));
            }
        }
        Ok(())
    }

    async fn export_own(
        &self,
        rulebook: &Rulebook,
        ticket: &Ticket,
        ids: &[PersonId],
        export: &mut Vec<Value>,
    ) -> Result<(), StoreError> {
        let (parts, shown) = (parts(ticket, ids, false), redacted(&rulebook.now().config.rights, ticket));
        export.push(json!({ "is": "ticket", "reference": ticket.reference(), "as": parts, "ticket": shown }));
        let histories = self.histories(ticket.id).await?;
        for Post { at, by, said, text, edited, .. } in conversation(ticket.id, &histories) {
            if said.visibility == Visibility::Public {
                export
                    .push(json!({ "is": "post", "at": time(at), "by": by, "text": text, "edited": edited.map(time) }));
                export.extend(said.attachments.iter().map(file));
            }
        }
        for Recorded { at, by, event, text, .. } in histories.get(&ticket.id).into_iter().flatten() {
            if ids.contains(&by.id) && by.kind != ActorKind::System && is_vote(event) {
                export.push(json!({ "is": "event", "at": time(*at), "by": by, "event": event, "text": text }));
            }
        }
        Ok(())
    }
}

/// What a person is to a ticket.
fn parts(ticket: &Ticket, ids: &[PersonId], assigned: bool) -> Vec<&'static str> {
    let people: Vec<Actor> = ids.iter().cloned().map(Actor::requester).collect();
    let own = OWN.iter().filter(|(relation, _)| assigned || *relation != Relation::Assignee);
    own.filter(|(relation, _)| people.iter().any(|one| relation.holds(ticket, one))).map(|(_, name)| *name).collect()
}

/// What customers read.
const fn is_public_text(event: &Event) -> bool {
    matches!(
        event,
        Event::Opened(_)
            | Event::Said(Said { visibility: Visibility::Public, .. })
            | Event::Edited { visibility: Visibility::Public, .. }
    )
}

/// What people say of a ticket by a word or a number.
const fn is_vote(event: &Event) -> bool {
    matches!(
        event,
        Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Delegated { .. }
            | Event::Scored { .. }
            | Event::Endorsed { .. }
    )
}

fn file(Attachment { name, media_type, size, digest }: &Attachment) -> Value {
    json!({ "is": "file", "name": name, "media_type": media_type, "size": size, "digest": digest })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
