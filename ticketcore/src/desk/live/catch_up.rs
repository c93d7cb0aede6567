//! Following the feed: each ticket that changed is taken out as it was and put in as it is.

use std::collections::BTreeMap;

use super::board::{Board, LIVE, Part, Seen, Stored};
use crate::config::Rulebook;
use crate::desk::rules::DESK;
use crate::desk::{Desk, Error};
use crate::engine::{evolve, fold};
use crate::event::Recorded;
use crate::id::{Position, TenantId, TicketId, Version};
use crate::store::{Commit, StoreError};
use crate::ticket::Ticket;

/// How many events are counted in one commit: enough that writing the tables is little beside it.
const CHUNK: usize = 2000;
/// How many times a tick does so for a tenant.
const CHUNKS: usize = 5;
/// How many tenants are read at once.
const TENANTS: usize = 200;

impl Desk {
    /// Counts everything that the [live tables](Self::live) of the tenant lack, and tells how many events that was.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn catch_up(&self) -> Result<u64, Error> {
        let mut counted = 0;
        loop {
            match self.count_on(None, CHUNK).await? {
                0 => return Ok(counted),
                events => counted += u64::try_from(events).unwrap_or(u64::MAX),
            }
        }
    }

    /// Counts a part of what the live tables of each tenant lack; the next tick goes on.
    pub(in crate::desk) async fn count_some(&self) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let documents = self.core.store.documents(&DESK, &LIVE, after.as_deref(), TENANTS).await?;
            for document in &documents {
                let desk = self.tenant(TenantId::from(document.key.as_str()));
                for _ in 0..CHUNKS {
                    if desk.count_on(None, CHUNK).await? < CHUNK {
                        break;
                    }
                }
            }
            after = documents.last().map(|document| document.key.clone());
            if documents.len() < TENANTS {
                return Ok(());
            }
        }
    }

    /// Counts the next events for those tables that have come as far as a position, else for those least far on, in one
    /// commit; tells how many events that was, 0 if there are none. Whoever is outrun by another process looks again.
    pub(super) async fn count_on(&self, from: Option<Position>, limit: usize) -> Result<usize, Error> {
        loop {
            let rulebook = self.rulebook().await?;
            let mut boards = self.boards().await?;
            boards.iter_mut().for_each(|stored| stored.renew(&rulebook));
            let positions = boards.iter().flat_map(Stored::parts).map(|part| part.position);
            let Some(from) = positions.filter(|at| from.is_none_or(|from| from == *at)).min() else { return Ok(0) };
            boards.retain(|stored| stored.parts().any(|part| part.position == from));
            let events = self.core.store.feed(from, limit).await?;
            let Some(last) = events.last() else { return Ok(0) };
            let (count, last, at) = (events.len(), last.position, last.at);
            for (id, events) in by_ticket(&self.tenant, events) {
                let (before, after) = self.around(id, &events).await?;
                let [before, after] = [before, after].map(|ticket| ticket.map(|ticket| Seen::new(&rulebook, ticket)));
                boards.iter_mut().try_for_each(|stored| stored.count(from, [before.as_ref(), after.as_ref()]))?;
                after.into_iter().for_each(|seen| self.core.folded.put(seen.ticket));
            }
            for part in boards.iter_mut().flat_map(Stored::parts_mut).filter(|part| part.position == from) {
                (part.position, part.at) = (last, Some(at));
            }
            let writes = boards.into_iter().map(|stored| stored.grown().write(self.now())).collect::<Result<_, _>>()?;
            let commit = Commit { documents: writes, ..Commit::new(self.tenant.clone()) };
            match self.core.commit(commit).await {
                Ok(_) => return Ok(count),
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A ticket before some events of it that follow each other, and after them.
    async fn around(&self, id: TicketId, events: &[Recorded]) -> Result<(Option<Ticket>, Option<Ticket>), StoreError> {
        let Some(first) = events.first() else { return Ok((None, None)) };
        let known = Version(first.version.0 - 1);
        if known == Version(0) {
            return Ok((None, fold(events)));
        }
        let before = match self.core.folded.take(&self.tenant, id, known) {
            Some(ticket) => ticket,
            None => {
                let limit = usize::try_from(known.0).unwrap_or(usize::MAX);
                let history = self.core.store.history(&self.tenant, id, Version(0), limit).await?;
                let gone = || StoreError::corrupt(format!("history of {id}"), "it does not begin with an opening");
                fold(&history).ok_or_else(gone)?
            }
        };
        let mut after = before.clone();
        for one in events {
            evolve(&mut after, one.at, &one.by, &one.event);
        }
        Ok((Some(before), Some(after)))
    }
}

impl Stored {
    /// The counts that go on. One made under older rules rests until that under the newer has come as far: what it was
    /// given of a ticket's promises could not be taken out of it again.
    fn parts(&self) -> impl Iterator<Item = &Part> {
        let Board { now, next, .. } = &self.board;
        let rests = next.as_ref().is_some_and(|next| now.revision < next.revision);
        Some(now).filter(|_| !rests).into_iter().chain(next)
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = &mut Part> {
        let Board { now, next, .. } = &mut self.board;
        let rests = next.as_ref().is_some_and(|next| now.revision < next.revision);
        Some(now).filter(|_| !rests).into_iter().chain(next)
    }

    /// Begins anew under newer rules, if they can make a difference to what is counted: promises of open tickets are
    /// others then, though nothing happened to the tickets.
    fn renew(&mut self, rulebook: &Rulebook) {
        let revision = rulebook.now().revision;
        let newest = self.board.next.as_ref().unwrap_or(&self.board.now);
        if newest.revision < revision {
            let rules = newest.tally.needs().standings || self.board.filter.asks_promises();
            if rules {
                self.board.next = Some(self.board.now.anew(revision));
            } else {
                self.parts_mut().for_each(|part| part.revision = revision);
            }
        }
    }

    /// Counts what became of a ticket for those parts that have come so far.
    fn count(&mut self, from: Position, [before, after]: [Option<&Seen>; 2]) -> Result<(), StoreError> {
        let filter = &self.board.filter;
        let [before, after] = [before, after].map(|seen| seen.filter(|seen| seen.is_meant(filter)));
        self.parts_mut().filter(|part| part.position == from).try_for_each(|part| part.replace([before, after]))
    }

    /// Puts what was counted anew into use once it has come as far.
    fn grown(mut self) -> Self {
        if let Some(next) = self.board.next.take_if(|next| next.position >= self.board.now.position) {
            self.board.now = next;
        }
        self
    }
}

/// The events of a tenant, by ticket.
fn by_ticket(tenant: &TenantId, events: Vec<Recorded>) -> BTreeMap<TicketId, Vec<Recorded>> {
    let mut tickets: BTreeMap<TicketId, Vec<Recorded>> = BTreeMap::new();
    for one in events.into_iter().filter(|one| one.tenant == *tenant) {
        tickets.entry(one.ticket).or_default().push(one);
    }
    tickets
}
