//! A store in memory that breaks one rule of the contract, as a careless backend would.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use ticketcore::event::{Fact, Recorded};
use ticketcore::query::{Cursor, Explained, Filter, Order};
use ticketcore::report::{Cell, Measured, Scan, Table};
use ticketcore::store::{Change, Commit, Document, Due, Held};
use ticketcore::testing::block_on;
use ticketcore::{
    Key, MemoryStore, Page, Position, Query, Status, Store, StoreError, TenantId, Ticket, TicketId, Version,
};

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Writes a change whatever the version is.
    LastWriterWins,
    /// Checks the versions of what it writes, and not of what the decision read.
    IgnoresExpectations,
    /// Writes the changes of a commit one by one, until one of them conflicts.
    WritesAsFarAsItGets,
    /// Gives a claim to everybody who asks.
    ForgetsClaims,
    /// Takes a change without events for no change.
    ForgetsMarks,
    /// Numbers the tickets of all tenants in one sequence.
    SharesNumbers,
    /// Keeps no fraction finer than a millisecond.
    CutsTimes,
    /// Takes the time of a change's last event for all of them.
    CutsChangesToOneTime,
    /// Takes an empty text for none.
    DropsEmptyTexts,
    /// Keeps no seals.
    ForgetsSeals,
    /// Tells the newest event first.
    TellsHistoryBackwards,
    /// Gives positions at the start of a commit and shows them at its end.
    SkipsLateCommitters,
    /// Goes on after the last key, and not after the last ticket of that key.
    DropsEqualKeys,
    /// Counts the tickets ahead from nought.
    LooksTooFarAhead,
    /// Explains something else than it does.
    ExplainsAnother,
    /// Looks on to the end, whatever place it is told.
    LooksToTheEnd,
    /// Takes a full page for a page that is not the last.
    NeverSaysTheEnd,
    /// Forgets the tenant where there is nothing to be found.
    LeaksTenants,
    /// Hands questions on to a search engine that knows phrases.
    TakesQuotesForOperators,
    /// Looks for the words of a phrase, wherever they stand.
    BreaksPhrases,
    /// Looks for a word where its beginning is asked for.
    WantsWholeWords,
    /// Compares words as they are written.
    MindsCase,
    /// Counts a ticket once resolved and once closed.
    CountsClosedTwice,
    /// Wakes tickets after their instant.
    WakesTooLate,
    /// Writes a document whatever the version is.
    OverwritesDocuments,
    /// Writes documents before it looks whether it can write the rest.
    WritesDocumentsFirst,
    /// Takes a removal for an empty document.
    EmptiesDocuments,
    /// Writes documents and removes none.
    ForgetsRemovals,
    /// Erases no texts.
    ForgetsErasures,
    /// Erases texts of tickets and forgets that they are in the feed.
    TellsErasedTexts,
    /// Erases texts and leaves their words in the index.
    FindsErasedWords,
    /// Erases texts before it looks whether it can write the rest.
    ErasesFirst,
    /// Erases what the same change brings.
    ErasesNewTexts,
    /// Erases the same events of every tenant's ticket of that id.
    ErasesForAll,
    /// Keeps what fits into one chunk.
    CutsBlobs,
    /// Removes no bytes.
    KeepsBlobs,
    /// Reads on where there is nothing any more, and takes it for the end.
    EndsEarly,
}

/// A [`MemoryStore`] with a fault; clones are handles on the same data.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    fault: Fault,
    inner: MemoryStore,
    numbers: Arc<Mutex<HashMap<(TenantId, TicketId), i64>>>,
    commits: Arc<Mutex<Commits>>,
    erased: Arc<Mutex<HashSet<(TenantId, TicketId, Version)>>>,
}

/// How many commits there were, and the positions of one that is not visible yet.
#[derive(Debug, Default)]
struct Commits {
    count: usize,
    late: Vec<Position>,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            inner: MemoryStore::new(),
            numbers: Arc::default(),
            commits: Arc::default(),
            erased: Arc::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn numbered(&self, mut ticket: Arc<Ticket>) -> Arc<Ticket> {
        if self.has(Fault::SharesNumbers) {
            let mut numbers = self.numbers.lock().unwrap();
            let next = i64::try_from(numbers.len()).unwrap() + 1;
            let number = *numbers.entry((ticket.tenant.clone(), ticket.id)).or_insert(next);
            Arc::make_mut(&mut ticket).number = number;
        }
        ticket
    }

    /// Of every four commits the first is slow: it is not seen before the third.
    async fn delay(&self, before: Position) -> Result<(), StoreError> {
        let new = self.inner.feed(before, usize::MAX).await?;
        let mut commits = self.commits.lock().unwrap();
        commits.count += 1;
        match commits.count % 4 {
            1 => commits.late = new.iter().map(|one| one.position).collect(),
            3 => commits.late.clear(),
            _ => {}
        }
        Ok(())
    }

    /// Hides the texts that are said to be erased and are not.
    fn hide(&self, events: &mut [Recorded]) {
        let erased = self.erased.lock().unwrap();
        let is_erased = |one: &&mut Recorded| erased.contains(&(one.tenant.clone(), one.ticket, one.version));
        events.iter_mut().filter(is_erased).for_each(|one| one.text = None);
    }

    /// Erases what a change asks for, whatever the version is.
    async fn erase(&self, tenant: &TenantId, change: &Change) -> Result<(), StoreError> {
        if let Some(ticket) = self.inner.load(tenant, change.ticket.id).await? {
            let (expected, facts) = (ticket.version, Vec::new());
            let early = Change { expected, ticket, facts, claims: Vec::new(), ..change.clone() };
            self.inner.commit(Commit { changes: vec![early], ..Commit::new(tenant.clone()) }).await?;
        }
        Ok(())
    }

    async fn last(&self) -> Result<Position, StoreError> {
        Ok(self.inner.feed(Position(0), usize::MAX).await?.last().map_or(Position(0), |last| last.position))
    }
}

#[async_trait]
impl Store for Broken {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>, StoreError> {
        Ok(self.inner.load(tenant, id).await?.map(|ticket| self.numbered(ticket)))
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        let mut query = query.clone();
        let asks = |what: fn(char) -> bool| {
            let Filter { words, phrases, prefixes, .. } = &query.filter;
            words.iter().chain(phrases).chain(prefixes).any(|text| text.contains(what))
        };
        if self.has(Fault::TakesQuotesForOperators) && asks(|c| c == '"')
            || self.has(Fault::MindsCase) && asks(char::is_uppercase)
        {
            return Ok(Page::default());
        }
        if self.has(Fault::LooksToTheEnd) {
            query.until = None;
        }
        if self.has(Fault::BreaksPhrases) {
            query.filter.words.append(&mut query.filter.phrases);
        }
        if self.has(Fault::WantsWholeWords) {
            query.filter.words.append(&mut query.filter.prefixes);
        }
        if self.has(Fault::DropsEqualKeys) {
            let digit = if query.order.descending { "0" } else { "f" };
            let id: TicketId = digit.repeat(32).parse().unwrap();
            query.after = query.after.map(|after| Cursor { id, ..after });
        }
        let mut page = self.inner.find(tenant, &query).await?;
        if self.has(Fault::LeaksTenants) && page.tickets.is_empty() {
            page = self.inner.find(&TenantId::MAIN, &query).await?;
        }
        if self.has(Fault::NeverSaysTheEnd) && page.tickets.len() == query.limit {
            let last = page.tickets.last().and_then(|last| Cursor::of(query.order.by, last, None));
            page.next = page.next.or(last);
        }
        page.tickets = page.tickets.into_iter().map(|ticket| self.numbered(ticket)).collect();
        Ok(page)
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained, StoreError> {
        let explained = self.inner.explain(tenant, query).await?;
        let found = if self.has(Fault::ExplainsAnother) { 0 } else { explained.found };
        Ok(Explained { found, ..explained })
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>, StoreError> {
        let count = if self.has(Fault::LooksTooFarAhead) { count.saturating_add(1) } else { count };
        self.inner.ahead(tenant, order, after, count).await
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>, StoreError> {
        let mut tables = self.inner.tally(tenant, scan).await?;
        let closed = Cell::Status(Status::Closed);
        let rows = tables.iter_mut().flat_map(|table| &mut table.rows).filter(|row| row.cells.contains(&closed));
        for value in rows.flat_map(|row| &mut row.values) {
            if let Measured::Count(count) = value
                && self.has(Fault::CountsClosedTwice)
            {
                *count *= 2;
            }
        }
        Ok(tables)
    }

    async fn history(
        &self,
        tenant: &TenantId,
        id: TicketId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut history = self.inner.history(tenant, id, after, limit).await?;
        self.hide(&mut history);
        if self.has(Fault::TellsHistoryBackwards) {
            history.reverse();
        }
        if self.has(Fault::DropsEmptyTexts) {
            history.iter_mut().for_each(|one| one.text = one.text.take().filter(|text| !text.is_empty()));
        }
        Ok(history)
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let mut feed = self.inner.feed(after, usize::MAX).await?;
        feed.retain(|one| !self.commits.lock().unwrap().late.contains(&one.position));
        feed.truncate(limit);
        if !self.has(Fault::TellsErasedTexts) {
            self.hide(&mut feed);
        }
        Ok(feed)
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
        let late = if self.has(Fault::WakesTooLate) { TimeDelta::microseconds(1) } else { TimeDelta::zero() };
        self.inner.due(now - late, limit).await
    }

    async fn commit(&self, mut commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let before = self.last().await?;
        match self.fault {
            Fault::IgnoresExpectations => commit.expect.clear(),
            Fault::ForgetsClaims => commit.changes.iter_mut().for_each(|change| change.claims.clear()),
            Fault::LastWriterWins => {
                for change in &mut commit.changes {
                    let there = self.inner.load(&commit.tenant, change.ticket.id).await?;
                    change.expected = there.map_or(Version(0), |there| there.version);
                }
            }
            Fault::CutsTimes => {
                let cut = |at: DateTime<Utc>| at.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(at);
                facts(&mut commit).for_each(|fact| fact.at = cut(fact.at));
            }
            Fault::CutsChangesToOneTime => {
                for Change { facts, .. } in &mut commit.changes {
                    let last = facts.last().map(|fact| fact.at);
                    facts.iter_mut().zip(last.into_iter().cycle()).for_each(|(fact, last)| fact.at = last);
                }
            }
            Fault::ForgetsMarks if commit.changes.iter().any(|change| change.facts.is_empty()) => {
                return Ok(commit.changes.into_iter().map(|change| change.ticket).collect());
            }
            Fault::WritesAsFarAsItGets => {
                let mut stored = Vec::new();
                for change in commit.changes {
                    let (tenant, expect) = (commit.tenant.clone(), commit.expect.clone());
                    stored.extend(
                        self.inner.commit(Commit { changes: vec![change], expect, ..Commit::new(tenant) }).await?,
                    );
                }
                self.inner.commit(Commit::documents(commit.tenant, commit.documents)).await?;
                return Ok(stored);
            }
            Fault::WritesDocumentsFirst => {
                let documents = std::mem::take(&mut commit.documents);
                self.inner.commit(Commit::documents(commit.tenant.clone(), documents)).await?;
            }
            Fault::OverwritesDocuments => {
                for write in &mut commit.documents {
                    let there = self.inner.document(&commit.tenant, &write.kind, &write.key).await?;
                    write.expected = there.map_or(Version(0), |there| there.version);
                }
            }
            Fault::EmptiesDocuments => {
                for write in &mut commit.documents {
                    write.body.get_or_insert_default();
                }
            }
            Fault::ForgetsErasures => commit.changes.iter_mut().for_each(|change| change.erased.clear()),
            Fault::TellsErasedTexts | Fault::FindsErasedWords => {
                let mut hidden = self.erased.lock().unwrap();
                for change in &mut commit.changes {
                    let erased = std::mem::take(&mut change.erased);
                    hidden.extend(erased.into_iter().map(|one| (commit.tenant.clone(), change.ticket.id, one)));
                }
            }
            Fault::ErasesFirst | Fault::ErasesForAll => {
                let count = if self.has(Fault::ErasesForAll) { 2 } else { 1 };
                for tenant in [commit.tenant.clone(), TenantId::from("other")].into_iter().take(count) {
                    for change in &commit.changes {
                        self.erase(&tenant, change).await?;
                    }
                }
            }
            Fault::ErasesNewTexts => {
                for Change { expected, facts, erased, .. } in &mut commit.changes {
                    let new = facts.iter_mut().zip(expected.0 + 1..);
                    new.filter(|(_, version)| erased.contains(&Version(*version)))
                        .for_each(|(fact, _)| fact.text = None);
                }
            }
            Fault::ForgetsSeals => {
                facts(&mut commit).for_each(|fact| fact.seal = None);
            }
            Fault::ForgetsRemovals => commit.documents.retain(|write| write.body.is_some()),
            _ => {}
        }
        let stored = self.inner.commit(commit).await?;
        if self.has(Fault::SkipsLateCommitters) {
            self.delay(before).await?;
        }
        Ok(stored.into_iter().map(|ticket| self.numbered(ticket)).collect())
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>, StoreError> {
        self.inner.claim(tenant, key).await
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>, StoreError> {
        self.inner.document(tenant, kind, key).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        self.inner.documents(tenant, kind, after, limit).await
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64), StoreError> {
        self.inner.put_blob(tenant, bytes).await
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let bytes = self.inner.blob(tenant, digest).await?;
        let limit = if self.has(Fault::CutsBlobs) { 1 << 20 } else { u64::MAX };
        let Some(bytes) = bytes else { return Ok(None) };
        if self.has(Fault::EndsEarly) {
            let (store, tenant, digest) = (self.inner.clone(), tenant.clone(), digest.to_owned());
            return Ok(Some(Box::new(EndsEarly { bytes, store, tenant, digest })));
        }
        Ok(Some(Box::new(bytes.take(limit))))
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool, StoreError> {
        if self.has(Fault::KeepsBlobs) {
            return Ok(self.inner.blob(tenant, digest).await?.is_some());
        }
        self.inner.remove_blob(tenant, digest).await
    }
}

/// All events of a commit.
fn facts(commit: &mut Commit) -> impl Iterator<Item = &mut Fact> {
    commit.changes.iter_mut().flat_map(|change| &mut change.facts)
}

/// Bytes that are looked for anew with every piece.
struct EndsEarly {
    bytes: Box<dyn Read + Send>,
    store: MemoryStore,
    tenant: TenantId,
    digest: String,
}

impl Read for EndsEarly {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match block_on(self.store.blob(&self.tenant, &self.digest)) {
            Ok(Some(_)) => self.bytes.read(into),
            _ => Ok(0),
        }
    }
}
