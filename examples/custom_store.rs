//! A store of one's own, finished: maps behind a lock, and a look at every ticket for every question.
//!
//! It keeps the whole contract and passes the whole suite. What a database adds is a place that lasts, and an index
//! for each question that is asked often.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor as Bytes, Read};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ticketcore::event::{Fact, Recorded};
use ticketcore::query::{Beside, Cursor, Explained, Filter, Order, Other, Terms, words};
use ticketcore::report::{Figures, Scan, Table, Tallier};
use ticketcore::store::{Change, Claim, Commit, Conflict, Document, Due, Expect, Held, Marks, Pieces, Write};
use ticketcore::{Desk, Draft, Key, Page, Position, Query, Store, StoreError, TenantId, Ticket, TicketId, Version};

/// Keeps everything in maps; the tenant is part of every key.
#[derive(Debug, Default)]
pub(crate) struct CustomStore(Mutex<Maps>);

#[derive(Clone, Debug, Default)]
struct Maps {
    tickets: BTreeMap<(TenantId, TicketId), Entry>,
    claims: BTreeMap<(TenantId, String), Held>,
    documents: BTreeMap<(TenantId, Key, String), Document>,
    blobs: BTreeMap<(TenantId, String), Arc<[u8]>>,
    last: Position,
}

#[derive(Clone, Debug)]
struct Entry {
    ticket: Arc<Ticket>,
    marks: Marks,
    log: Vec<Recorded>,
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A ticket among all the others.
struct Among<'a>(&'a Maps, &'a Entry);

impl Beside for Among<'_> {
    fn has_terms(&self, terms: &Terms, public: bool) -> bool {
        terms.are_in(words::texts(&self.1.log, public))
    }

    fn other(&self, id: TicketId) -> Option<Other> {
        let other = &self.0.tickets.get(&(self.1.ticket.tenant.clone(), id))?.ticket;
        Some(Other { number: other.number, status: other.status })
    }
}

impl Maps {
    fn meant(&self, tenant: &TenantId, filter: &Filter) -> impl Iterator<Item = &Entry> {
        let meant = |entry: &&Entry| filter.matches(&entry.ticket, &entry.marks, &Among(self, entry));
        self.tickets.values().filter(move |entry| entry.ticket.tenant == *tenant).filter(meant)
    }

    fn check(&self, tenant: &TenantId, expect: Expect) -> Result<(), Conflict> {
        match expect {
            Expect::Ticket(id, expected) => {
                let found = self.tickets.get(&(tenant.clone(), id));
                let found = found.map_or(Version(0), |entry| entry.ticket.version);
                if found == expected { Ok(()) } else { Err(Conflict::Ticket { id, expected, found }) }
            }
            Expect::Document { kind, key, version: expected } => {
                let found = self.documents.get(&(tenant.clone(), kind.clone(), key.clone()));
                let found = found.map_or(Version(0), |document| document.version);
                if found == expected { Ok(()) } else { Err(Conflict::Document { kind, key, expected, found }) }
            }
        }
    }

    fn swap(&mut self, tenant: &TenantId, claim: Claim, since: Version) -> Result<(), Conflict> {
        let place = (tenant.clone(), claim.key);
        let held = self.claims.get(&place).map(|held| held.by);
        if held != claim.from {
            return Err(Conflict::Claim { key: place.1, held });
        }
        match claim.to {
            Some(by) => self.claims.insert(place, Held { by, since }),
            None => self.claims.remove(&place),
        };
        Ok(())
    }

    fn put(&mut self, tenant: &TenantId, write: Write) -> Result<(), Conflict> {
        let (kind, key) = (write.kind.clone(), write.key.clone());
        self.check(tenant, Expect::Document { kind: kind.clone(), key: key.clone(), version: write.expected })?;
        let place = (tenant.clone(), kind, key);
        match write.document() {
            Some(document) => self.documents.insert(place, document),
            None => self.documents.remove(&place),
        };
        Ok(())
    }

    fn write(&mut self, tenant: &TenantId, change: Change) -> Result<Arc<Ticket>, Conflict> {
        let Change { expected, mut ticket, facts, marks, claims, erased } = change;
        claims.into_iter().try_for_each(|claim| self.swap(tenant, claim, ticket.version))?;
        let place = (tenant.clone(), ticket.id);
        let mut log = self.tickets.remove(&place).map(|entry| entry.log).unwrap_or_default();
        log.iter_mut().filter(|one| erased.contains(&one.version)).for_each(|one| one.text = None);
        if expected == Version(0) {
            let highest = self.meant(tenant, &Filter::all()).map(|other| other.ticket.number).max();
            Arc::make_mut(&mut ticket).number = highest.unwrap_or(0) + 1;
        }
        for (Fact { at, by, event, text, seal }, count) in facts.into_iter().zip(1..) {
            self.last = self.last.next();
            let ((tenant, ticket), version, position) = (place.clone(), Version(expected.0 + count), self.last);
            log.push(Recorded { tenant, ticket, version, position, at, by, event, text, seal });
        }
        self.tickets.insert(place, Entry { ticket: Arc::clone(&ticket), marks, log });
        Ok(ticket)
    }
}

impl CustomStore {
    fn maps(&self) -> MutexGuard<'_, Maps> {
        self.0.lock().expect("nothing panics under the lock")
    }
}

#[async_trait]
impl Store for CustomStore {
    async fn load(&self, tenant: &TenantId, id: TicketId) -> Result<Option<Arc<Ticket>>> {
        Ok(self.maps().tickets.get(&(tenant.clone(), id)).map(|entry| Arc::clone(&entry.ticket)))
    }

    async fn find(&self, tenant: &TenantId, query: &Query) -> Result<Page> {
        let (maps, Query { filter, order, after: _, until: _, limit }) = (self.maps(), query);
        let place = |entry: &Entry| Cursor::of(order.by, &entry.ticket, entry.marks.rank);
        let placed = |entry| Some((place(entry)?, Arc::clone(&entry.ticket)));
        let mut found: Vec<_> = maps.meant(tenant, filter).filter_map(placed).collect();
        found.sort_by_key(|(place, _)| *place);
        if order.descending {
            found.reverse();
        }
        // A cursor is a place and no ticket: it does not matter whether its ticket is still there.
        found.retain(|(place, _)| query.spans(*place));
        let more = found.len() > *limit;
        found.truncate(*limit);
        let next = found.last().map(|(place, _)| *place).filter(|_| more);
        Ok(Page { tickets: found.into_iter().map(|(_, ticket)| ticket).collect(), next })
    }

    async fn explain(&self, tenant: &TenantId, query: &Query) -> Result<Explained> {
        let (found, cost) = (self.find(tenant, query).await?.tickets.len(), self.maps().tickets.len() as u64);
        Ok(Explained { sorted: true, found, cost, measure: "tickets looked at", ..Explained::default() })
    }

    async fn ahead(
        &self,
        tenant: &TenantId,
        order: Order,
        after: Option<Cursor>,
        count: NonZeroUsize,
    ) -> Result<Option<Cursor>> {
        let query = Query { after, ..Query::new(Filter::all()).order(order).limit(count.get()) };
        Ok(self.find(tenant, &query).await?.next)
    }

    async fn tally(&self, tenant: &TenantId, scan: &Scan) -> Result<Vec<Table>> {
        let (mut tallier, needs) = (Tallier::new(scan), scan.needs());
        for Entry { ticket, marks, .. } in self.maps().meant(tenant, &scan.filter) {
            let added = tallier.add(&Figures::of(ticket, marks, &marks.texts(&needs)));
            added.map_err(|error| StoreError::corrupt("figures", error))?;
        }
        Ok(tallier.finish())
    }

    async fn history(&self, tenant: &TenantId, id: TicketId, after: Version, limit: usize) -> Result<Vec<Recorded>> {
        let maps = self.maps();
        let log = maps.tickets.get(&(tenant.clone(), id)).into_iter().flat_map(|entry| &entry.log);
        Ok(log.filter(|one| one.version > after).take(limit).cloned().collect())
    }

    async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>> {
        let maps = self.maps();
        let log = maps.tickets.values().flat_map(|entry| &entry.log);
        let sorted: BTreeMap<_, _> = log.filter(|one| one.position > after).map(|one| (one.position, one)).collect();
        Ok(sorted.into_values().take(limit).cloned().collect())
    }

    async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Due> {
        let maps = self.maps();
        let wake = |(key, entry): (_, &Entry)| Some((entry.marks.wake?, key));
        let wakes: BTreeSet<_> = maps.tickets.iter().filter_map(wake).collect();
        let due = wakes.iter().take(limit).take_while(|(wake, _)| *wake <= now);
        let tickets: Vec<_> = due.map(|(_, key)| (*key).clone()).collect();
        Ok(Due { next: wakes.iter().nth(tickets.len()).map(|(wake, _)| *wake), tickets })
    }

    async fn commit(&self, Commit { tenant, changes, documents, expect }: Commit) -> Result<Vec<Arc<Ticket>>> {
        let mut maps = self.maps();
        let versions = changes.iter().map(|change| Expect::Ticket(change.ticket.id, change.expected));
        expect.into_iter().chain(versions).try_for_each(|expect| maps.check(&tenant, expect))?;
        // All or nothing: what is written is written to a copy, which takes the place of the maps at the end.
        let mut after = maps.clone();
        let stored: Result<_, Conflict> = changes.into_iter().map(|change| after.write(&tenant, change)).collect();
        let stored = stored?;
        documents.into_iter().try_for_each(|write| after.put(&tenant, write))?;
        *maps = after;
        Ok(stored)
    }

    async fn claim(&self, tenant: &TenantId, key: &str) -> Result<Option<Held>> {
        Ok(self.maps().claims.get(&(tenant.clone(), key.to_owned())).copied())
    }

    async fn document(&self, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>> {
        Ok(self.maps().documents.get(&(tenant.clone(), kind.clone(), key.to_owned())).cloned())
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        kind: &Key,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>> {
        let asked = |((owner, of, key), _): &(&(TenantId, Key, String), &Document)| {
            owner == tenant && of == kind && after.is_none_or(|after| key.as_str() > after)
        };
        Ok(self.maps().documents.iter().filter(asked).take(limit).map(|(_, one)| one.clone()).collect())
    }

    async fn put_blob(&self, tenant: &TenantId, bytes: Box<dyn Read + Send>) -> Result<(String, u64)> {
        let mut file = Pieces::whole(bytes);
        let read = file.next().map_err(StoreError::backend)?;
        let (digest, size) = file.end();
        self.maps().blobs.insert((tenant.clone(), digest.clone()), read.into());
        Ok((digest, size))
    }

    async fn blob(&self, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>> {
        let bytes = self.maps().blobs.get(&(tenant.clone(), digest.to_owned())).cloned();
        Ok(bytes.map(|bytes| Box::new(Bytes::new(bytes)) as Box<dyn Read + Send>))
    }

    async fn remove_blob(&self, tenant: &TenantId, digest: &str) -> Result<bool> {
        Ok(self.maps().blobs.remove(&(tenant.clone(), digest.to_owned())).is_some())
    }
}

fn main() -> Result<(), ticketcore::Error> {
    let desk = Desk::new(Arc::new(CustomStore::default()));
    let ticket = ticketcore::testing::block_on(desk.open(Draft::incident("Printer is on fire")))?;
    assert_eq!(ticket.reference(), "INC-1");
    Ok(())
}
