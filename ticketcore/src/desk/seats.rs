//! Who has what, as one commit leaves it: the agents that tickets look for are found, and what everybody has is counted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, Utc};

use crate::config::Rulebook;
use crate::desk::{Desk, Error};
use crate::engine::{self, Decision, Echo, Related};
use crate::id::{Key, PersonId, Version};
use crate::routing::{Choice, Load, Past, Route, Why, past, seat};
use crate::store::{Document, StoreError, Write};
use crate::ticket::Ticket;

/// The kind of the documents that say what somebody has; the key is the person.
pub(super) const LOAD: Key = Key::from_static("load");
/// How much of a long log is looked through for those who had the ticket.
const LOG: i64 = 500;

/// What some people have, as it was read and as the commit leaves it.
#[derive(Debug, Default)]
pub(super) struct Seats {
    held: BTreeMap<PersonId, Held>,
}

/// What one person has.
#[derive(Debug)]
pub(super) struct Held {
    found: Version,
    was: Load,
    pub(super) load: Load,
}

impl Seats {
    /// Finds the agents that the tickets of a decision look for, and counts what it means for everybody.
    pub(super) async fn take(
        &mut self,
        desk: &Desk,
        rulebook: &Rulebook,
        before: Option<&Ticket>,
        decision: Decision,
        related: &Related,
    ) -> Result<Decision, Error> {
        if !routes(rulebook) {
            return Ok(decision);
        }
        let decision = self.settle(desk, rulebook, before, decision, related).await?;
        self.settle_echoes(desk, rulebook, decision, related).await
    }

    async fn settle_echoes(
        &mut self,
        desk: &Desk,
        rulebook: &Rulebook,
        mut decision: Decision,
        related: &Related,
    ) -> Result<Decision, Error> {
        let mut echoes = Vec::with_capacity(decision.echoes.len());
        for echo in std::mem::take(&mut decision.echoes) {
            let before = related.get(echo.ticket.id).filter(|_| echo.expected() != Version(0));
            let Echo { facts, ticket } = echo;
            let alone = Decision { facts, ticket, echoes: Vec::new() };
            // What reaches one ticket from another goes no further.
            let Decision { facts, ticket, echoes: _ } =
                self.settle(desk, rulebook, before.map(AsRef::as_ref), alone, &Related::default()).await?;
            echoes.push(Echo { facts, ticket });
        }
        Ok(Decision { echoes, ..decision })
    }

    /// Gives a ticket that waits to somebody.
    pub(super) async fn give(
        &mut self,
        desk: &Desk,
        rulebook: &Rulebook,
        before: &Ticket,
        decision: Decision,
        related: &Related,
    ) -> Result<Given<Decision>, Error> {
        let Some(route) = engine::waiting(rulebook.now(), &decision.ticket, desk.now()) else { return Ok(Given::No) };
        self.leave(desk, Some(before)).await?;
        let choice = self.choose(desk, route, Some(before), &decision).await?;
        if choice.pick.is_none() {
            let had = choice.passed_over.iter().any(|one| one.why == Why::Had);
            return Ok(if had { Given::No } else { Given::Nobody });
        }
        let decision = engine::give(rulebook, related, decision, choice, desk.now());
        self.enter(desk, Some(before), &decision.ticket).await?;
        // A rule that takes every ticket from its agent again would do so for ever.
        if decision.ticket.assignee.is_none() {
            return Ok(Given::No);
        }
        self.settle_echoes(desk, rulebook, decision, related).await.map(Given::Yes)
    }

    async fn settle(
        &mut self,
        desk: &Desk,
        rulebook: &Rulebook,
        before: Option<&Ticket>,
        decision: Decision,
        related: &Related,
    ) -> Result<Decision, Error> {
        self.leave(desk, before).await?;
        let decision = match engine::search(rulebook.now(), before, &decision.ticket, &decision.facts) {
            Some(route) => {
                let choice = self.choose(desk, route, before, &decision).await?;
                engine::give(rulebook, related, decision, choice, desk.now())
            }
            None => decision,
        };
        self.enter(desk, before, &decision.ticket).await?;
        Ok(decision)
    }

    /// Takes a ticket out of the hands it was in. One that is looked for an agent must not stand in its own way.
    pub(super) async fn leave(&mut self, desk: &Desk, before: Option<&Ticket>) -> Result<(), StoreError> {
        if let Some((person, channel)) = before.and_then(seat) {
            self.hold(desk, person).await?.load.remove(channel);
        }
        Ok(())
    }

    /// Puts a ticket into the hands it is in now.
    async fn enter(&mut self, desk: &Desk, before: Option<&Ticket>, after: &Ticket) -> Result<(), StoreError> {
        if let Some((person, channel)) = seat(after) {
            let load = &mut self.hold(desk, person).await?.load;
            load.add(channel);
            if before.and_then(|before| before.assignee.as_ref()) != Some(person) {
                load.last = load.last.max(Some(after.updated));
            }
        }
        Ok(())
    }

    /// Counts a ticket that comes with somebody who has it.
    #[cfg(feature = "import")]
    pub(super) async fn count(&mut self, desk: &Desk, rulebook: &Rulebook, ticket: &Ticket) -> Result<(), StoreError> {
        if routes(rulebook) { self.enter(desk, None, ticket).await } else { Ok(()) }
    }

    /// Chooses an agent, and again if what the one who was chosen has is not what it was thought to be.
    pub(super) async fn choose(
        &mut self,
        desk: &Desk,
        route: &Route,
        before: Option<&Ticket>,
        decision: &Decision,
    ) -> Result<Choice, Error> {
        let (rosters, router) = (&desk.core.rosters, &*desk.core.router);
        desk.muster(&route.team).await?;
        let past = past_of(desk, before, decision).await?;
        loop {
            let choice = rosters.choose(router, route, &decision.ticket, &past, &self.held);
            let Some(agent) = choice.agent().filter(|agent| !self.held.contains_key(*agent)) else {
                return Ok(choice);
            };
            let known = rosters.version(&desk.tenant, &route.team, agent);
            if known == Some(self.hold(desk, agent).await?.found) {
                return Ok(choice);
            }
        }
    }

    async fn hold(&mut self, desk: &Desk, person: &PersonId) -> Result<&mut Held, StoreError> {
        Ok(match self.held.entry(person.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let found = desk.core.store.document(&desk.tenant, &LOAD, person.as_str()).await?;
                let version = found.as_ref().map_or(Version(0), |document| document.version);
                let load = found.as_ref().map(decoded).transpose()?.unwrap_or_default();
                entry.insert(Held { found: version, was: load.clone(), load })
            }
        })
    }

    /// What is to be written of what has changed. Whoever was faster makes the commit conflict.
    pub(super) fn writes(self, at: DateTime<Utc>) -> Result<Vec<Write>, StoreError> {
        let changed = self.held.into_iter().filter(|(_, held)| held.load != held.was);
        changed.map(|(person, held)| write(person.as_str(), held.found, &held.load, at)).collect()
    }
}

/// What became of giving a ticket to somebody.
pub(super) enum Given<T> {
    Yes(T),
    /// Nobody can be asked, nor for another ticket like it.
    Nobody,
    /// It does not wait, or not for those who can be asked.
    No,
}

/// Who had a ticket, read from its log.
async fn past_of(desk: &Desk, before: Option<&Ticket>, decision: &Decision) -> Result<Past, StoreError> {
    let log = match before {
        Some(before) => {
            let after = Version(before.version.0.saturating_sub(LOG).max(0));
            desk.core.store.history(&desk.tenant, before.id, after, usize::MAX).await?
        }
        None => Vec::new(),
    };
    // Of a log that has grown since, only what the decision is about.
    let upto = before.map_or(Version(0), |before| before.version);
    let log = log.iter().filter(|one| one.version <= upto).map(|one| (&one.by, &one.event));
    let mut past = past(log.chain(decision.facts.iter().map(|fact| (&fact.by, &fact.event))));
    if let Some(holder) = &decision.ticket.assignee {
        past.owners.retain(|person| person != holder);
        past.owners.insert(0, holder.clone());
    }
    Ok(past)
}

/// Tells whether agents are looked for, and counted what they have. Else nothing is read or written.
pub(super) fn routes(rulebook: &Rulebook) -> bool {
    !rulebook.now().config.routing.routes.is_empty()
}

pub(super) fn write(person: &str, expected: Version, load: &Load, at: DateTime<Utc>) -> Result<Write, StoreError> {
    let body = serde_json::to_string(load).map_err(|error| StoreError::corrupt("load", error))?;
    Ok(Write { kind: LOAD, key: person.to_owned(), expected, at, body: Some(body) })
}

pub(super) fn decoded(document: &Document) -> Result<Load, StoreError> {
    let corrupt = |error| StoreError::corrupt(format!("load {}", document.key), error);
    serde_json::from_str(&document.body).map_err(corrupt)
}
