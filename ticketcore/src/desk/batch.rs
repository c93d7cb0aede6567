//! Many tickets in one commit, or one by one if somebody interferes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::Rulebook;
use crate::desk::apply::change;
use crate::desk::rules::still;
use crate::desk::seats::Seats;
use crate::desk::{Desk, Error};
use crate::engine::{Decision, Related};
use crate::id::{TicketId, Version};
use crate::store::{Change, Claim, Commit, Expect, StoreError};
use crate::ticket::Ticket;

/// Changes on their way into one commit, each of another ticket, and what their decisions read.
#[derive(Default)]
pub(super) struct Batch {
    changes: Vec<Change>,
    places: HashMap<TicketId, usize>,
    read: Vec<(TicketId, Version)>,
    expect: Vec<Expect>,
    seats: Seats,
}

impl Batch {
    /// The ticket as the batch leaves it, if the batch changes it.
    pub(super) fn ticket(&self, id: TicketId) -> Option<&Arc<Ticket>> {
        self.places.get(&id).and_then(|place| self.changes.get(*place)).map(|change| &change.ticket)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Makes all of it rest on something else than tickets.
    pub(super) fn rest_on(&mut self, expect: Vec<Expect>) {
        self.expect.extend(expect);
    }

    /// Adds a decision that changes one ticket and no other, with the agent that was looked for, and tells at which
    /// version it leaves the ticket.
    pub(super) async fn add(
        &mut self,
        desk: &Desk,
        rulebook: &Rulebook,
        before: &Ticket,
        decision: Decision,
        related: &Related,
        claims: Vec<Claim>,
    ) -> Result<Version, Error> {
        let decision = self.seats.take(desk, rulebook, Some(before), decision, related).await?;
        let Decision { facts, ticket, echoes: _ } = decision;
        let after = ticket.version;
        self.read.extend(related.iter().map(|other| (other.id, other.version)));
        self.places.insert(ticket.id, self.changes.len());
        self.changes.push(change(rulebook, before.version, ticket, facts, claims));
        Ok(after)
    }

    /// Makes the commit, which rests on the rules and on what was read.
    pub(super) fn commit(self, desk: &Desk, rulebook: &Rulebook) -> Result<Commit, StoreError> {
        let Self { changes, places, read, expect, seats } = self;
        // What the batch changes rests on its own version already.
        let read = read.into_iter().filter(|(id, _)| !places.contains_key(id));
        let read = read.map(|(id, version)| Expect::Ticket(id, version));
        let expect = std::iter::once(still(rulebook)).chain(read).chain(expect).collect();
        let documents = seats.writes(desk.now())?;
        Ok(Commit { changes, documents, expect, ..Commit::new(desk.tenant.clone()) })
    }
}

impl Desk {
    /// Does something to many, in one commit if nobody interferes, else to each apart.
    ///
    /// Returns what came of it, and what kept it from going on: then what was done is the beginning of all.
    pub(super) async fn together<T, O, A, B>(
        &self,
        all: Vec<T>,
        many: impl FnOnce(Vec<T>) -> A,
        one: impl Fn(T) -> B,
    ) -> (Vec<O>, Option<Error>)
    where
        T: Clone,
        A: Future<Output = Result<Vec<O>, Error>>,
        B: Future<Output = Result<O, Error>>,
    {
        match many(all.clone()).await {
            Ok(done) => return (done, None),
            Err(Error::Store(StoreError::Conflict(conflict))) => {
                tracing::debug!(tenant = %self.tenant, %conflict, "another writer was faster: one by one");
            }
            Err(error) => return (Vec::new(), Some(error)),
        }
        self.forget_rules();
        one_by_one(all, one).await
    }
}

/// Does something to each of many, until something fails.
pub(super) async fn one_by_one<T, O, B>(all: Vec<T>, one: impl Fn(T) -> B) -> (Vec<O>, Option<Error>)
where
    B: Future<Output = Result<O, Error>>,
{
    let mut done = Vec::with_capacity(all.len());
    for each in all {
        match one(each).await {
            Ok(outcome) => done.push(outcome),
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}
