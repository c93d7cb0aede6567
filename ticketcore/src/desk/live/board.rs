//! Live tables as they are kept: what they are of, how far they have come, what they hold.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Rulebook;
use crate::desk::rules::DESK;
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, marks};
use crate::fault::Fault;
use crate::id::{Key, Position, Revision, TicketId, Version};
use crate::query::{Beside, Filter, Other, Terms};
use crate::report::{Figures, Tally};
use crate::store::{Commit, Document, Marks, StoreError, Write};
use crate::ticket::Ticket;
use crate::time::stamp;

/// The kind of the documents: of a tenant its boards by name, and under no tenant of their own the tenants that have any.
pub(super) const LIVE: Key = Key::from_static("live");
/// How many documents are read at once.
const CHUNK: usize = 200;

/// Tables that are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Board {
    pub(super) filter: Filter,
    pub(super) now: Part,
    /// The tables counted anew, while they have not come as far as the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Part>,
}

/// A count, and how far it has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    /// Under whose rules promises are read.
    pub(super) revision: Revision,
    pub(super) position: Position,
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) tally: Tally,
}

impl Part {
    pub(super) const fn new(revision: Revision, tally: Tally) -> Self {
        Self { revision, position: Position(0), at: None, tally }
    }

    /// The same tables, not counted yet.
    pub(super) fn anew(&self, revision: Revision) -> Self {
        Self::new(revision, self.tally.nothing())
    }

    /// Takes out what a ticket was and puts in what it is, as far as either is meant.
    pub(super) fn replace(&mut self, [before, after]: [Option<&Seen>; 2]) -> Result<(), StoreError> {
        let needs = self.tally.needs();
        for (seen, put) in [(before, false), (after, true)] {
            let Some(Seen { ticket, marks }) = seen else { continue };
            let texts = marks.texts(&needs);
            let figures = Figures::of(ticket, marks, &texts);
            let done = if put { self.tally.add(&figures) } else { self.tally.remove(&figures) };
            done.map_err(|error| StoreError::corrupt("figures", error))?;
        }
        Ok(())
    }
}

/// A ticket and what its index would hold: the same for all tables, so it is read once.
pub(super) struct Seen {
    pub(super) ticket: Ticket,
    marks: Marks,
}

impl Seen {
    pub(super) fn new(rulebook: &Rulebook, ticket: Ticket) -> Self {
        Self { marks: marks(rulebook, &ticket), ticket }
    }

    pub(super) fn is_meant(&self, filter: &Filter) -> bool {
        filter.matches(&self.ticket, &self.marks, &Nothing)
    }
}

/// What stands beside a ticket is not asked about by any filter that is kept.
struct Nothing;

impl Beside for Nothing {
    fn has_terms(&self, _: &Terms, _: bool) -> bool {
        false
    }

    fn other(&self, _: TicketId) -> Option<Other> {
        None
    }
}

/// A board as it was read.
pub(super) struct Stored {
    pub(super) name: Key,
    pub(super) version: Version,
    pub(super) board: Board,
}

impl Stored {
    /// The write that puts it back over what was read.
    pub(super) fn write(self, at: DateTime<Utc>) -> Result<Write, StoreError> {
        let Self { name, version, board } = self;
        Ok(Write { kind: LIVE, key: name.to_string(), expected: version, at, body: Some(encoded(&board)?) })
    }
}

fn encoded(board: &Board) -> Result<String, StoreError> {
    serde_json::to_string(board).map_err(|error| StoreError::corrupt("live tables", error))
}

fn decoded(document: &Document) -> Result<Board, StoreError> {
    let corrupt = |error| StoreError::corrupt(format!("live tables {}", document.key), error);
    serde_json::from_str(&document.body).map_err(corrupt)
}

impl Desk {
    /// Reads a board.
    pub(super) async fn board(&self, name: &Key) -> Result<Board, Error> {
        match self.core.store.document(&self.tenant, &LIVE, name.as_str()).await? {
            Some(document) => Ok(decoded(&document)?),
            None => {
                let fault = Fault::new("name", format!("nothing is kept live under `{name}`"));
                Err(Refusal::Invalid { faults: vec![fault] }.into())
            }
        }
    }

    /// Reads all boards of the tenant.
    pub(super) async fn boards(&self) -> Result<Vec<Stored>, StoreError> {
        let mut boards: Vec<Stored> = Vec::new();
        loop {
            let after = boards.last().map(|stored| stored.name.to_string());
            let documents = self.core.store.documents(&self.tenant, &LIVE, after.as_deref(), CHUNK).await?;
            let last = documents.len() < CHUNK;
            for document in documents {
                let board = decoded(&document)?;
                boards.push(Stored { name: Key::new(&document.key), version: document.version, board });
            }
            if last {
                return Ok(boards);
            }
        }
    }

    pub(super) async fn put_board(&self, name: &Key, board: Board) -> Result<(), Error> {
        // Announced first: whoever ticks looks for boards that are not there yet without harm.
        self.put(&DESK, LIVE, self.tenant.as_str(), String::from("{}")).await?;
        Ok(self.put(&self.tenant, LIVE, name.as_str(), encoded(&board)?).await?)
    }

    pub(super) async fn remove_board(&self, name: &Key) -> Result<(), Error> {
        loop {
            let Some(found) = self.core.store.document(&self.tenant, &LIVE, name.as_str()).await? else {
                return Ok(());
            };
            let expected = found.version;
            let write = Write { kind: LIVE, key: name.to_string(), expected, at: self.now(), body: None };
            match self.core.commit(Commit::documents(self.tenant.clone(), [write])).await {
                // It was brought up to date meanwhile.
                Err(StoreError::Conflict(_)) => {}
                done => return Ok(done.map(drop)?),
            }
        }
    }
}
