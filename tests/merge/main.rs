//! Working together on tickets: edits, merges, splits, cascades and conflicts, on desks in memory and on SQLite.

#[path = "cascades.rs"]
mod cascades;
#[path = "conflicts.rs"]
mod conflicts;
#[path = "edits.rs"]
mod edits;
#[path = "merges.rs"]
mod merges;
#[path = "splits.rs"]
mod splits;
#[path = "../support/file.rs"]
mod temporary;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use temporary::File;
use ticketcore::desk::Error;
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Desk, MemoryStore, Refusal, Store, Ticket};
use ticketcore_sqlite::{Durability, SqliteOptions};

/// A desk of the agent `ada`, and the clock of its scenario.
pub(crate) struct Place {
    pub(crate) desk: Desk,
    pub(crate) clock: ManualClock,
}

impl Place {
    fn new(store: Arc<dyn Store>) -> Self {
        let clock = ManualClock::new(start());
        Self { desk: Desk::new(store).with_clock(clock.clone()).with_seed(7).by(Actor::agent("ada")), clock }
    }

    pub(crate) fn requester(&self) -> Desk {
        self.desk.by(Actor::requester("bo"))
    }

    pub(crate) async fn story(&self, ticket: &Ticket) -> Vec<&'static str> {
        self.desk.history(ticket.id).await.unwrap().iter().map(|recorded| recorded.event.name()).collect()
    }

    /// What is read of a ticket.
    pub(crate) async fn read(&self, ticket: &Ticket) -> Vec<String> {
        let posts = self.desk.conversation(ticket.id).await.unwrap();
        posts.into_iter().map(|post| post.text.unwrap_or_default()).collect()
    }
}

pub(crate) fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// Plays a scenario on every kind of store.
pub(crate) fn everywhere<F: Future<Output = ()>>(scenario: impl Fn(Place) -> F) {
    pollster::block_on(scenario(Place::new(Arc::new(MemoryStore::new()))));
    let file = File::new();
    let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
    pollster::block_on(scenario(Place::new(Arc::new(sqlite))));
}

/// Why a desk refused, in words.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    refusal(answer).to_string()
}

pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> Refusal {
    match answer {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("was to be refused: {other:?}"),
    }
}
