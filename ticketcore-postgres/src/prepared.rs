//! Commits ready to be written, and what each of them touches.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use ticketcore::id::{Key, TicketId, Version};
use ticketcore::store::{Commit, Expect, StoreError};
use ticketcore::ticket::Ticket;

use crate::claim::{self, Swap};
use crate::encoded::{Encoded, encode};
use crate::{log, sql};

/// A commit, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) commit: Commit,
    pub(crate) encoded: Vec<Encoded>,
    /// What it touches, and the tickets it rests on; two commits that share something cannot be in one statement.
    pub(crate) touches: HashSet<Touched>,
    /// The documents it rests on. Many may rest on the same, but not beside one that writes it.
    pub(crate) rests: HashSet<Touched>,
}

/// Something that a commit touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Touched {
    Ticket(TicketId),
    Claim([u8; 32]),
    Document(Key, String),
}

impl Prepared {
    /// Encodes a commit, beside the connection, for which others may wait.
    pub(crate) fn new(commit: Commit) -> Result<Self, StoreError> {
        let encoded = encode(&commit)?;
        let mut touches = HashSet::new();
        for change in &commit.changes {
            if !touches.insert(Touched::Ticket(change.ticket.id)) {
                return Err(StoreError::backend(format!("a commit changes ticket {} twice", change.ticket.id)));
            }
        }
        let claims = commit.changes.iter().flat_map(|change| &change.claims);
        touches.extend(claims.map(|claim| Touched::Claim(claim::digest(&claim.key))));
        touches.extend(commit.documents.iter().map(|write| Touched::Document(write.kind.clone(), write.key.clone())));
        let mut rests = HashSet::new();
        for expect in &commit.expect {
            match expect {
                Expect::Ticket(id, _) => touches.insert(Touched::Ticket(*id)),
                Expect::Document { kind, key, .. } => rests.insert(Touched::Document(kind.clone(), key.clone())),
            };
        }
        let prepared = Self { commit, encoded, touches, rests };
        if sql::limit(prepared.events()) > log::PLACES {
            return Err(StoreError::backend(format!("a commit has more than {} events", log::PLACES)));
        }
        Ok(prepared)
    }

    pub(crate) fn events(&self) -> usize {
        self.encoded.iter().map(|encoded| encoded.events.len()).sum()
    }

    /// How many of its tickets get new words.
    pub(crate) fn words(&self) -> usize {
        self.encoded.iter().filter(|encoded| !encoded.words.is_empty()).count()
    }

    /// How many rows it writes, roughly.
    pub(crate) fn size(&self) -> usize {
        let tickets: usize = self.encoded.iter().map(|encoded| 2 + encoded.events.len()).sum();
        tickets + self.commit.documents.len()
    }

    /// Tells whether it opens tickets, which need numbers.
    pub(crate) fn opens(&self) -> bool {
        self.commit.changes.iter().any(|change| change.expected == Version(0))
    }

    /// The kinds of documents it rests on or writes, in the order in which all statements lock them.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        let rested = self.commit.expect.iter().filter_map(|expect| match expect {
            Expect::Document { kind, .. } => Some(kind.as_str()),
            Expect::Ticket(..) => None,
        });
        let kinds: BTreeSet<&str> = rested.chain(self.written_kinds()).collect();
        kinds.into_iter().collect()
    }

    /// The kinds of documents it writes.
    pub(crate) fn written_kinds(&self) -> Vec<&str> {
        let kinds: BTreeSet<&str> = self.commit.documents.iter().map(|write| write.kind.as_str()).collect();
        kinds.into_iter().collect()
    }

    /// Tells whether it rests on the absence of a ticket that it does not open itself. There is no row to lock then; the
    /// tenant's counter is locked instead, without which nobody opens a ticket.
    pub(crate) fn rests_on_absence(&self) -> bool {
        let opened = |id| self.commit.changes.iter().any(|change| change.ticket.id == id);
        let absent = |expect: &Expect| matches!(expect, Expect::Ticket(id, Version(0)) if !opened(*id));
        self.commit.expect.iter().any(absent)
    }

    /// Tells whether it asks that nobody holds a claim which it does not take.
    pub(crate) fn looks_at_claims(&self) -> bool {
        claim::swaps(&self.commit.changes).is_some_and(|swaps| swaps.iter().any(Swap::is_look))
    }

    /// Tells whether it erases texts. What words are left is found out under the tickets' locks.
    pub(crate) fn erases(&self) -> bool {
        self.commit.changes.iter().any(|change| !change.erased.is_empty())
    }

    /// Tells whether what it rests on has to be locked before its statement begins.
    pub(crate) fn needs_locks(&self) -> bool {
        self.rests_on_absence() || self.looks_at_claims() || self.erases()
    }

    /// The tickets as stored, with their numbers; without a copy, if the caller kept no other reference.
    pub(crate) fn stored(self, numbers: Vec<i64>) -> Vec<Arc<Ticket>> {
        let tickets = self.commit.changes.into_iter().map(|change| change.ticket);
        tickets
            .zip(numbers)
            .map(|(mut ticket, number)| {
                if ticket.number != number {
                    Arc::make_mut(&mut ticket).number = number;
                }
                ticket
            })
            .collect()
    }
}
