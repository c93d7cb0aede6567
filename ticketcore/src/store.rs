//! The storage contract. A backend keeps events, the tickets they fold to, and an index over both; it knows no rule.

use std::fmt;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{Fact, Recorded};
use crate::id::{Key, Position, TenantId, TicketId, Version};
use crate::query::{Cursor, Explained, Order, Page, Query};

pub use crate::pieces::Pieces;
pub use crate::query::{Rank, Target};
use crate::report::{Course, Needs, Scan, Standing, Table, Texts};
use crate::ticket::Ticket;

/// Where tickets live.
///
/// # Contract
///
/// - **Tenants.** The tenant is part of every key: equal ids, numbers, claims and documents of two tenants have nothing
///   to do with each other, and no call sees another tenant's data (but [`feed`](Self::feed) and [`due`](Self::due),
///   which serve the whole store).
/// - **Commits.** [`commit`](Self::commit) is all or nothing, and serialisable: two commits that expect the same
///   version of the same thing cannot both succeed, through whatever handles or processes they come. Nothing else writes
///   tickets or documents.
/// - **Documents.** A write leaves the document at the version after the one it expects; a removal leaves nothing, as if
///   the document had never been written, so that its versions begin at 1 again. A later write of a commit sees what an
///   earlier one did, as claims do; the commit's expectations speak of the time before it.
/// - **Durability.** When `commit` has returned, the change survives the death of the process; what the death of the
///   machine does, the backend states.
/// - **Truth.** Events are the truth. `load` gives exactly the fold of `history`, and what `find`, `tally` and `due`
///   answer is what [`Filter::matches`](crate::query::Filter::matches), the [`Tallier`](crate::report::Tallier) and the
///   committed [`Marks`] say of every ticket.
/// - **Erasure.** Texts that a change erases are gone from history and feed, and are found by none of their words any
///   more, whatever index they are in; the events, their versions and their positions stay. Only what was there before
///   the change is meant. To erase what has no text, or none any more, is harmless.
/// - **Numbers.** A created ticket gets the number one above the highest its tenant has ever given.
/// - **Feed.** Positions rise in the order in which events become visible: a reader that remembers the last position it
///   saw never misses an event of a slow committer. The events of one commit are neighbours in order. A commit is in
///   the feed as soon as it has returned, or, if one that began earlier is still under way, as soon as that one ends.
/// - **Times** are microseconds; every microsecond that [`DateTime<Utc>`] can hold and an `i64` of microseconds since
///   1970 can name is kept exactly.
/// - **Text** is kept to the byte. NUL characters do not occur; the engine refuses them.
/// - **Cancellation.** A future that is dropped leaves its commit either done or not begun.
///
/// Prove a backend with the suite in `ticketcore::testing` (feature `testing`).
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads one ticket as it is now.
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>, StoreError>;

    /// Finds tickets: a filter, a total order, a page. A limit of 0 gives an empty page that names no next one.
    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError>;

    /// Tells how it finds a page: finds it, and says what it was read off and what that took.
    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained, StoreError>;

    /// Names the place so many tickets further on in an order, whatever tickets they are: from the start, or after a place;
    /// `None` if there are no more than so many. Nothing is read of the tickets in between.
    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>, StoreError>;

    /// Counts and measures the tickets of a filter in one pass; one table for each that the scan asks for.
    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>, StoreError>;

    /// Reads the events of one ticket after a version, oldest first, at most `limit`.
    async fn history(
        &self,
        tenant: &TenantId,
        id: TicketId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError>;

    /// Reads the events of all tenants after a position, in order, at most `limit`.
    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError>;

    /// Names the tickets of all tenants that wake at or before an instant, the earliest first, at most `limit`, and
    /// says when the first of the others wakes.
    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError>;

    /// Writes changes and documents of one tenant, all or none, and returns the tickets as stored, in the order of the
    /// changes. Either may be none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if an expectation does not hold; nothing is written.
    async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError>;

    /// Tells which ticket holds a claim.
    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>, StoreError>;

    /// Reads the newest version of a document.
    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>, StoreError>;

    /// Reads the newest versions of the documents of a kind, ordered by key, after a key, at most `limit`.
    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError>;

    /// Keeps bytes under their SHA-256 (lower-case hex), which it returns with their number. Bytes already there are
    /// not kept twice.
    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64), StoreError>;

    /// Opens bytes by their digest. A reader whose bytes are removed meanwhile goes on or fails; it does not end early.
    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError>;

    /// Removes bytes by their digest; tells whether they were there.
    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool, StoreError>;
}

/// Changes of one tenant that stand or fall together, and what must hold for them.
///
/// ```
/// use ticketcore::store::{Commit, Store, Write};
/// use ticketcore::{MemoryStore, TenantId, Version};
///
/// # pollster::block_on(async {
/// let store = MemoryStore::new();
/// let body = Some("{}".to_owned());
/// let at = chrono::DateTime::UNIX_EPOCH;
/// let write = Write { kind: "view".into(), key: "mine".to_owned(), expected: Version(0), at, body };
/// store.commit(Commit::documents(TenantId::MAIN, [write])).await?;
/// let view = store.document(&TenantId::MAIN, &"view".into(), "mine").await?;
/// assert_eq!(view.map(|view| view.version), Some(Version(1)));
/// # Ok::<(), ticketcore::StoreError>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The tenant.
    pub tenant: TenantId,
    /// The changes, each of another ticket.
    pub changes: Vec<Change>,
    /// The documents that are written or removed, in order.
    pub documents: Vec<Write>,
    /// What else the decision rested on.
    pub expect: Vec<Expect>,
}

impl Commit {
    /// A commit that does nothing and rests on nothing yet.
    pub fn new(tenant: impl Into<TenantId>) -> Self {
        Self { tenant: tenant.into(), ..Self::default() }
    }

    /// A commit of documents alone.
    pub fn documents(tenant: impl Into<TenantId>, writes: impl IntoIterator<Item = Write>) -> Self {
        Self { documents: writes.into_iter().collect(), ..Self::new(tenant) }
    }
}

/// A ticket's new events and all that follows from them.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version the events follow; 0 = the ticket must not exist.
    pub expected: Version,
    /// The ticket with the events folded in: `ticket.version` is `expected` plus the number of facts.
    pub ticket: Arc<Ticket>,
    /// What happened, when, and who did it, in order; the times do not go back, and differ where history is brought in.
    /// Empty if only marks or claims are new, and then the version stays.
    pub facts: Vec<Fact>,
    /// What the index is to hold of the ticket.
    pub marks: Marks,
    /// Unique keys that change hands.
    pub claims: Vec<Claim>,
    /// The earlier events of the ticket whose texts are erased, by their versions.
    pub erased: Vec<Version>,
}

/// Readings of a ticket, kept as an index: never truth, always computable from the ticket and the rulebook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// When time alone next matters.
    pub wake: Option<DateTime<Utc>>,
    /// Its place in the queue, if anybody can act on it.
    pub rank: Option<Rank>,
    /// Business time from the opening to the first response.
    pub response: Option<TimeDelta>,
    /// Business time from the opening to the (last) resolution.
    pub resolution: Option<TimeDelta>,
    /// How its promises stand, one entry for each policy that ever bound it.
    pub standings: Vec<Standing>,
    /// Its clocks with a target that go on.
    pub targets: Vec<Target>,
    /// What became of it on its way; `None` while there is nothing to say.
    pub course: Option<Box<Course>>,
}

impl Marks {
    /// Writes what reports read of it as texts, for [`Figures::of`](crate::report::Figures::of); what a scan does not
    /// need is left empty.
    #[must_use]
    pub fn texts(&self, needs: &Needs) -> Texts {
        Texts {
            standings: if needs.standings { Standing::encode(&self.standings) } else { String::new() },
            course: self.course.as_deref().filter(|_| needs.course).map(Course::encode).unwrap_or_default(),
        }
    }
}

/// A unique key of the tenant that changes hands: compare and swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: String,
    /// Who must hold it; `None` = nobody.
    pub from: Option<TicketId>,
    /// Who is to hold it; `None` = nobody.
    pub to: Option<TicketId>,
}

/// The holder of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The ticket.
    pub by: TicketId,
    /// The ticket's version when it took the claim.
    pub since: Version,
}

/// Something a commit rests on without changing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A ticket that was read is still at this version.
    Ticket(TicketId, Version),
    /// A document that was read is still at this version; 0 = does not exist.
    Document {
        /// Its kind.
        kind: Key,
        /// Its key.
        key: String,
        /// Its version.
        version: Version,
    },
}

/// A small versioned record beside the tickets: a configuration, a cursor, a saved view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Key,
    /// Which one.
    pub key: String,
    /// How often it was written.
    pub version: Version,
    /// When it was written last.
    pub at: DateTime<Utc>,
    /// What it holds; JSON by custom.
    pub body: String,
}

/// A document that is written or removed, all or nothing with the rest of its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What it is.
    pub kind: Key,
    /// Which one.
    pub key: String,
    /// The version it must be at; 0 = must not exist.
    pub expected: Version,
    /// When it is written.
    pub at: DateTime<Utc>,
    /// What it is to hold; `None` = it is to be gone.
    pub body: Option<String>,
}

impl Write {
    /// The version at which it leaves the document: one above the expected; 0 if it removes it.
    pub const fn version(&self) -> Version {
        if self.body.is_some() { self.expected.next() } else { Version(0) }
    }

    /// The document as it leaves it, unless it removes it.
    pub fn document(self) -> Option<Document> {
        let version = self.version();
        let Self { kind, key, expected: _, at, body } = self;
        body.map(|body| Document { kind, key, version, at, body })
    }
}

/// The write that leaves a document exactly so, over the version before its own.
impl From<Document> for Write {
    fn from(document: Document) -> Self {
        let Document { kind, key, version, at, body } = document;
        Self { kind, key, expected: Version(version.0.saturating_sub(1)), at, body: Some(body) }
    }
}

/// Who wakes now, and when the next one does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The tickets that wake, the earliest first.
    pub tickets: Vec<(TenantId, TicketId)>,
    /// When the first ticket not named wakes, if any does.
    pub next: Option<DateTime<Utc>>,
}

/// Why an expectation does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The ticket is at another version.
    #[error("ticket {id} is at version {found}, not {expected}")]
    Ticket {
        /// The ticket.
        id: TicketId,
        /// The version expected.
        expected: Version,
        /// The version found; 0 = does not exist.
        found: Version,
    },
    /// The claim is in other hands.
    #[error("claim {key} is held by {}", match held { Some(id) => id.to_string(), None => "nobody".to_owned() })]
    Claim {
        /// The key.
        key: String,
        /// Who holds it.
        held: Option<TicketId>,
    },
    /// The document is at another version.
    #[error("document {kind}/{key} is at version {found}, not {expected}")]
    Document {
        /// Its kind.
        kind: Key,
        /// Its key.
        key: String,
        /// The version expected.
        expected: Version,
        /// The version found; 0 = does not exist.
        found: Version,
    },
}

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An expectation does not hold; read again and decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Others kept the store busy for too long; nothing was written.
    #[error("store is busy")]
    Busy,
    /// The store may be read only.
    #[error("store is read-only")]
    ReadOnly,
    /// There is no room left; nothing was written.
    #[error("store is full")]
    Full,
    /// The store was written by a newer release.
    #[error("store has schema {found}, this release knows up to {known}")]
    Newer {
        /// The schema found.
        found: i64,
        /// The newest this release knows.
        known: i64,
    },
    /// What is stored cannot be read as what it should be.
    #[error("{what} cannot be read")]
    Corrupt {
        /// Which part.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The backend failed; for a commit, the outcome is unknown.
    #[error("storage backend failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Wraps a failure of the backend.
    pub fn backend(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Backend(source.into())
    }

    /// Reports something stored that cannot be read.
    pub fn corrupt(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Corrupt { what: what.into(), source: source.into() }
    }

    /// Tells whether reading and deciding again can help.
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}
