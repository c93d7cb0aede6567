//! Tickets in memory: the reference that every backend is compared with, and the fastest desk there is.

mod sheet;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Cursor as Bytes, Read};
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::event::Recorded;
use crate::id::{Key, Position, TenantId, TicketId, Version};
use crate::query::{Beside, Cursor, Explained, Filter, Order, Other, Page, Query, Sort, Terms, words};
use crate::report::{Scan, Table};
use crate::store::{
    Change, Claim, Commit, Conflict, Document, Due, Expect, Held, Marks, Pieces, Rank, Store, StoreError, Write,
};
use crate::ticket::Ticket;
use sheet::Sheet;

/// A [`Store`] that forgets everything when the last clone of it is dropped.
///
/// Clones are handles on the same data. Calls never wait for anything but each other.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    tenants: HashMap<TenantId, Tenant>,
    feed: Vec<Arc<Recorded>>,
    wakes: BTreeSet<(DateTime<Utc>, TenantId, TicketId)>,
}

#[derive(Debug, Default)]
struct Tenant {
    tickets: HashMap<TicketId, Slot>,
    /// By number, the first being 1; no ticket ever goes.
    numbers: Vec<TicketId>,
    queues: HashMap<Option<Key>, BTreeSet<Rank>>,
    claims: HashMap<String, Held>,
    documents: HashMap<Key, BTreeMap<String, Document>>,
    blobs: HashMap<String, Arc<[u8]>>,
    /// What reports read, once there was one.
    sheet: Option<Sheet>,
}

#[derive(Debug)]
struct Slot {
    ticket: Arc<Ticket>,
    marks: Marks,
    log: Vec<Arc<Recorded>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// No call panics while it holds the lock, and none leaves a change half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, commit: &Commit) -> Result<(), Conflict> {
        let tenant = self.tenants.get(&commit.tenant);
        let document = |kind: &Key, key: &str| {
            let found = tenant.and_then(|tenant| tenant.documents.get(kind)?.get(key));
            found.map_or(Version(0), |document| document.version)
        };
        let version = |id: TicketId| {
            tenant.and_then(|tenant| tenant.tickets.get(&id)).map_or(Version(0), |slot| slot.ticket.version)
        };
        let at = |id: TicketId, expected: Version| match version(id) {
            found if found == expected => Ok(()),
            found => Err(Conflict::Ticket { id, expected, found }),
        };
        for expect in &commit.expect {
            match expect {
                Expect::Ticket(id, expected) => at(*id, *expected)?,
                Expect::Document { kind, key, version: expected } => {
                    let found = document(kind, key);
                    if found != *expected {
                        let (kind, key, expected) = (kind.clone(), key.clone(), *expected);
                        return Err(Conflict::Document { kind, key, expected, found });
                    }
                }
            }
        }
        for change in &commit.changes {
            at(change.ticket.id, change.expected)?;
        }
        // Claims are checked as they will be carried out: an earlier one of the commit counts for a later one.
        let mut swapped: BTreeMap<&str, Option<TicketId>> = BTreeMap::new();
        for Claim { key, from, to } in commit.changes.iter().flat_map(|change| &change.claims) {
            let stored = || tenant.and_then(|tenant| tenant.claims.get(key)).map(|held| held.by);
            let held = swapped.get(key.as_str()).copied().unwrap_or_else(stored);
            if held != *from {
                return Err(Conflict::Claim { key: key.clone(), held });
            }
            swapped.insert(key, *to);
        }
        let mut written: BTreeMap<(&Key, &str), Version> = BTreeMap::new();
        for write in &commit.documents {
            let Write { kind, key, expected, .. } = write;
            let found = written.get(&(kind, key.as_str())).copied().unwrap_or_else(|| document(kind, key));
            if found != *expected {
                let (kind, key, expected) = (kind.clone(), key.clone(), *expected);
                return Err(Conflict::Document { kind, key, expected, found });
            }
            written.insert((kind, key), write.version());
        }
        Ok(())
    }

    fn page(&self, tenant: &TenantId, query: &Query, looked: &Cell<u64>) -> Page {
        let Some(tenant) = self.tenants.get(tenant) else { return Page::default() };
        let mut found = tenant.ordered(query, looked);
        let page: Vec<_> = found.by_ref().take(query.limit).collect();
        let next = if found.next().is_some() { page.last().map(|(place, _)| *place) } else { None };
        Page { tickets: page.iter().map(|(_, slot)| Arc::clone(&slot.ticket)).collect(), next }
    }

    fn put(&mut self, tenant: &TenantId, write: Write) {
        let kinds = &mut self.tenants.entry(tenant.clone()).or_default().documents;
        let documents = kinds.entry(write.kind.clone()).or_default();
        let key = write.key.clone();
        match write.document() {
            Some(document) => documents.insert(key, document),
            None => documents.remove(&key),
        };
    }

    fn write(&mut self, tenant_id: &TenantId, change: Change) -> Arc<Ticket> {
        let Change { expected, ticket: mut shared, facts, marks, claims, erased } = change;
        let tenant = self.tenants.entry(tenant_id.clone()).or_default();
        let (id, version) = (shared.id, shared.version);
        for Claim { key, to, .. } in claims {
            match to {
                Some(by) => tenant.claims.insert(key, Held { by, since: version }),
                None => tenant.claims.remove(&key),
            };
        }
        if let Some(slot) = tenant.tickets.get_mut(&id) {
            slot.erase(&erased, &mut self.feed);
        }
        let mut next = expected;
        let mut recorded = facts.into_iter().map(|fact| {
            next = next.next();
            let position = Position(i64::try_from(self.feed.len()).unwrap_or(i64::MAX)).next();
            let record = Arc::new(Recorded {
                tenant: tenant_id.clone(),
                ticket: id,
                version: next,
                position,
                at: fact.at,
                by: fact.by,
                event: fact.event,
                text: fact.text,
                seal: fact.seal,
            });
            self.feed.push(Arc::clone(&record));
            record
        });
        if let Some(slot) = tenant.tickets.get_mut(&id) {
            slot.log.extend(recorded);
            let old_queue = slot.ticket.queue.clone();
            if (old_queue.as_ref(), slot.marks.rank) != (shared.queue.as_ref(), marks.rank) {
                if let Some(rank) = slot.marks.rank
                    && let Some(queue) = tenant.queues.get_mut(&old_queue)
                {
                    queue.remove(&rank);
                }
                if let Some(rank) = marks.rank {
                    tenant.queues.entry(shared.queue.clone()).or_default().insert(rank);
                }
            }
            if slot.marks.wake != marks.wake {
                if let Some(wake) = slot.marks.wake {
                    self.wakes.remove(&(wake, tenant_id.clone(), id));
                }
                self.wakes.extend(marks.wake.map(|wake| (wake, tenant_id.clone(), id)));
            }
            slot.marks = marks;
            slot.ticket = Arc::clone(&shared);
            if let Some(sheet) = &mut tenant.sheet {
                sheet.change(shared.number);
            }
            return shared;
        }
        tenant.numbers.push(id);
        // The engine hands over the only reference, so this copies nothing.
        Arc::make_mut(&mut shared).number = i64::try_from(tenant.numbers.len()).unwrap_or(i64::MAX);
        let log = recorded.by_ref().collect();
        if let Some(rank) = marks.rank {
            tenant.queues.entry(shared.queue.clone()).or_default().insert(rank);
        }
        self.wakes.extend(marks.wake.map(|wake| (wake, tenant_id.clone(), id)));
        tenant.tickets.insert(id, Slot { ticket: Arc::clone(&shared), marks, log });
        shared
    }
}

impl Slot {
    /// Takes texts out of the log, and out of the feed, which shares it.
    fn erase(&mut self, erased: &[Version], feed: &mut [Arc<Recorded>]) {
        for one in self.log.iter_mut().filter(|one| one.text.is_some() && erased.contains(&one.version)) {
            *one = Arc::new(Recorded { text: None, ..Recorded::clone(one) });
            // Positions count from 1.
            let place = usize::try_from(one.position.0 - 1).ok().and_then(|place| feed.get_mut(place));
            if let Some(place) = place {
                *place = Arc::clone(one);
            }
        }
    }
}

/// The queue whose page is read off its order, however many tickets there are.
fn one_queue(query: &Query) -> Option<&Key> {
    match (query.order, query.filter.queues.as_slice()) {
        (Order { by: Sort::Rank, descending: false }, [queue]) => Some(queue),
        _ => None,
    }
}

/// A ticket among those of its tenant.
struct Placed<'a> {
    slot: &'a Slot,
    among: &'a Tenant,
}

impl Beside for Placed<'_> {
    fn has_terms(&self, terms: &Terms, public: bool) -> bool {
        terms.are_in(words::texts(self.slot.log.iter().map(Arc::as_ref), public))
    }

    fn other(&self, id: TicketId) -> Option<Other> {
        let other = &self.among.tickets.get(&id)?.ticket;
        Some(Other { number: other.number, status: other.status })
    }
}

impl Tenant {
    fn means(&self, filter: &Filter, slot: &Slot) -> bool {
        filter.matches(&slot.ticket, &slot.marks, &Placed { slot, among: self })
    }

    /// The tickets of a query beyond its cursor, with their places, in order.
    fn ordered<'a>(
        &'a self,
        query: &'a Query,
        looked: &'a Cell<u64>,
    ) -> Box<dyn Iterator<Item = (Cursor, &'a Slot)> + 'a> {
        let Query { filter, order, after, until: _, limit: _ } = query;
        let placed = move |slot: &'a Slot| {
            looked.set(looked.get() + 1);
            let place = Cursor::of(order.by, &slot.ticket, slot.marks.rank)?;
            (query.spans(place) && self.means(filter, slot)).then_some((place, slot))
        };
        if let Some(queue) = one_queue(query) {
            let from = after.and_then(|after| after.rank()).map_or(Bound::Unbounded, Bound::Excluded);
            let ranks = self.queues.get(&Some(queue.clone())).map(|queue| queue.range((from, Bound::Unbounded)));
            let slots = ranks.into_iter().flatten().filter_map(|rank| self.tickets.get(&rank.id));
            return Box::new(slots.filter_map(placed));
        }
        // So is a page by number, where a run over very many begins anew with every page.
        if order.by == Sort::Number {
            let all = self.numbers.as_slice();
            let number = |after: &Cursor| usize::try_from(after.key[0]).unwrap_or(0).min(all.len());
            let slot = |id: &TicketId| self.tickets.get(id);
            return if order.descending {
                let end = after.as_ref().map_or(all.len(), number);
                Box::new(all.iter().take(end).rev().filter_map(slot).filter_map(placed))
            } else {
                let start = after.as_ref().map_or(0, |after| number(after).saturating_sub(1));
                Box::new(all.iter().skip(start).filter_map(slot).filter_map(placed))
            };
        }
        let mut found: Vec<_> = self.tickets.values().filter_map(placed).collect();
        found.sort_unstable_by_key(|(place, _)| *place);
        if order.descending {
            found.reverse();
        }
        Box::new(found.into_iter())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>, StoreError> {
        let state = self.lock();
        let slot = state.tenants.get(tenant).and_then(|tenant| tenant.tickets.get(&id));
        Ok(slot.map(|slot| Arc::clone(&slot.ticket)))
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page, StoreError> {
        Ok(self.lock().page(tenant, query, &Cell::new(0)))
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained, StoreError> {
        let looked = Cell::new(0);
        let page = self.lock().page(tenant, query, &looked);
        let (index, sorted) = match (one_queue(query), query.order.by) {
            (Some(_), _) => ("order of the queue", false),
            (None, Sort::Number) => ("numbers", false),
            (None, _) => ("", true),
        };
        let indexes: Vec<String> =
            Some(index).filter(|index| !index.is_empty()).map(str::to_owned).into_iter().collect();
        let step = if sorted { "all tickets are looked at and sorted" } else { "tickets are looked at in order" };
        let (cost, found) = (looked.get(), page.tickets.len());
        Ok(Explained { indexes, sorted, found, cost, measure: "tickets looked at", plan: vec![step.to_owned()] })
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>, StoreError> {
        let state = self.lock();
        let Some(tenant) = state.tenants.get(tenant) else { return Ok(None) };
        let (query, looked) = (Query { after, order, ..Query::default() }, Cell::new(0));
        let mut places = tenant.ordered(&query, &looked).map(|(place, _)| place);
        let place = places.nth(count.get() - 1);
        Ok(place.filter(|_| places.next().is_some()))
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>, StoreError> {
        let mut state = self.lock();
        let mut nobody = Tenant::default();
        let tenant = state.tenants.get_mut(tenant).unwrap_or(&mut nobody);
        tenant.tally(scan).map_err(|error| StoreError::corrupt("figures", error))
    }

    async fn history(
        &self,
        tenant: &TenantId,
        id: TicketId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let state = self.lock();
        let slot = state.tenants.get(tenant).and_then(|tenant| tenant.tickets.get(&id));
        let log = slot.into_iter().flat_map(|slot| &slot.log).skip_while(|recorded| recorded.version <= after);
        Ok(log.take(limit).map(|recorded| Recorded::clone(recorded)).collect())
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let state = self.lock();
        // Positions count from 1, so the position is the number of events up to it.
        let start = usize::try_from(after.0).unwrap_or(0);
        let rest = state.feed.get(start..).unwrap_or_default();
        Ok(rest.iter().take(limit).map(|recorded| Recorded::clone(recorded)).collect())
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
        let state = self.lock();
        let mut wakes = state.wakes.iter();
        let due = wakes.by_ref().take(limit).take_while(|(wake, ..)| *wake <= now);
        let tickets: Vec<_> = due.map(|(_, tenant, id)| (tenant.clone(), *id)).collect();
        let next = state.wakes.iter().nth(tickets.len()).map(|(wake, ..)| *wake);
        Ok(Due { tickets, next })
    }

    async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let mut state = self.lock();
        state.check(&commit)?;
        let Commit { tenant, changes, documents, expect: _ } = commit;
        documents.into_iter().for_each(|write| state.put(&tenant, write));
        Ok(changes.into_iter().map(|change| state.write(&tenant, change)).collect())
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>, StoreError> {
        Ok(self.lock().tenants.get(tenant).and_then(|tenant| tenant.claims.get(key)).copied())
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>, StoreError> {
        let state = self.lock();
        let tenant = state.tenants.get(tenant);
        Ok(tenant.and_then(|tenant| tenant.documents.get(kind)?.get(key)).cloned())
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        let state = self.lock();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = state.tenants.get(tenant).and_then(|tenant| tenant.documents.get(kind));
        let beyond = all.into_iter().flat_map(|all| all.range::<str, _>((from, Bound::Unbounded)));
        Ok(beyond.take(limit).map(|(_, document)| document.clone()).collect())
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64), StoreError> {
        let mut file = Pieces::whole(bytes);
        let read = file.next().map_err(StoreError::backend)?;
        let (digest, size) = file.end();
        let mut state = self.lock();
        let blobs = &mut state.tenants.entry(tenant.clone()).or_default().blobs;
        blobs.entry(digest.clone()).or_insert_with(|| read.into());
        Ok((digest, size))
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let blob = self.lock().tenants.get(tenant).and_then(|tenant| tenant.blobs.get(digest)).cloned();
        Ok(blob.map(|bytes| Box::new(Bytes::new(bytes)) as Box<dyn Read + Send>))
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool, StoreError> {
        let mut state = self.lock();
        Ok(state.tenants.get_mut(tenant).is_some_and(|tenant| tenant.blobs.remove(digest).is_some()))
    }
}
