//! The desk as it was: any question, answered as of an instant, from the history.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::capability::Capability;
use crate::config::Rulebook;
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, fold, forbidden, marks};
use crate::event::Recorded;
use crate::fault::Fault;
use crate::id::{TicketId, Version};
use crate::query::{Beside, Cursor, Filter, Other, Page, Period, Query, Terms, words};
use crate::report::{Ask, Figures, Report, Scan, Section, Table, Tallier};
use crate::store::{Marks, StoreError};
use crate::ticket::Ticket;

/// A desk as it was at an instant: every ticket folded from what had happened by then, read under the rules of that time.
///
/// Nothing that happens later changes an answer (law 69), but for texts that are erased: they are gone from the past, too.
/// Whoever may read a ticket now may read what it was; who could then plays no part. Each question walks over all tickets
/// there were, so that it takes as long as they are many.
#[derive(Debug)]
pub struct Past {
    desk: Desk,
    at: DateTime<Utc>,
    rulebook: Rulebook,
}

/// A ticket as it was.
struct Was {
    ticket: Arc<Ticket>,
    marks: Marks,
}

impl Desk {
    /// The desk as it was at an instant, which counts as passed: what happened at it has happened.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the instant lies in the future, or to those who are not staff, as the past shows both sides of
    /// a ticket; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::time::ManualClock;
    /// use ticketcore::{Command, Desk, Draft, Filter, MemoryStore, Query, Span};
    ///
    /// let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
    /// let ticket = desk.open(Draft::incident("No mail")).await?;
    /// let monday = desk.now();
    /// clock.advance(Span::days(1).0);
    /// desk.apply(ticket.id, Command::transition("resolve")).await?;
    ///
    /// let backlog = Query::new(Filter::open());
    /// assert!(desk.find(&backlog).await?.tickets.is_empty());
    /// assert_eq!(desk.as_of(monday).await?.find(&backlog).await?.tickets.len(), 1);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn as_of(&self, at: DateTime<Utc>) -> Result<Past, Error> {
        let rulebook = self.rulebook().await?;
        if at > self.now() {
            let fault = Fault::new("as of", format!("{at} lies in the future"));
            return Err(Refusal::Invalid { faults: vec![fault] }.into());
        }
        if !rulebook.now().config.rights.is_staff(&self.actor) {
            return Err(forbidden(&self.actor, Capability::Read).into());
        }
        Ok(Past { desk: self.clone(), at, rulebook: rulebook.until(at) })
    }
}

impl Past {
    /// The instant.
    pub const fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The rules as they were.
    pub const fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Reads a ticket as it was.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there was none yet, or the actor may not read it now; [`Error::Store`] if storage fails.
    pub async fn load(&self, id: TicketId) -> Result<Arc<Ticket>, Error> {
        let now = self.desk.read(&*self.desk.rulebook().await?, id).await?;
        Ok(self.was(&now).await?.ok_or(Error::NotFound(id))?.ticket)
    }

    /// Finds tickets as they were.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn find(&self, query: &Query) -> Result<Page, Error> {
        let Query { filter, order, after: _, until: _, limit } = query;
        // The best so far, at most one more than the page has, which tells whether there is a next one.
        let mut best: BTreeMap<Cursor, Arc<Ticket>> = BTreeMap::new();
        let mut walk = self.desk.walk(self.candidates(filter));
        while let Some(tickets) = walk.next().await? {
            for now in tickets {
                let Some(Was { ticket, marks }) = self.was(&now).await? else { continue };
                let Some(place) = Cursor::of(order.by, &ticket, marks.rank) else { continue };
                if query.spans(place) && self.means(filter, &ticket, &marks).await? {
                    best.insert(place, ticket);
                }
                if best.len() > limit.saturating_add(1) {
                    _ = if order.descending { best.pop_first() } else { best.pop_last() };
                }
            }
        }
        let mut found: Vec<(Cursor, Arc<Ticket>)> = best.into_iter().collect();
        if order.descending {
            found.reverse();
        }
        let more = found.len() > *limit;
        found.truncate(*limit);
        let next = found.last().filter(|_| more).map(|(place, _)| *place);
        Ok(Page { tickets: found.into_iter().map(|(_, ticket)| ticket).collect(), next })
    }

    /// Counts and measures tickets as they were; ages are those of then.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn tally(&self, scan: &Scan) -> Result<Vec<Table>, Error> {
        let scan = Scan { now: self.at, ..scan.clone() };
        let (mut tallier, needs) = (Tallier::new(&scan), scan.needs());
        let mut walk = self.desk.walk(self.candidates(&scan.filter));
        while let Some(tickets) = walk.next().await? {
            for now in tickets {
                let Some(Was { ticket, marks }) = self.was(&now).await? else { continue };
                if self.means(&scan.filter, &ticket, &marks).await? {
                    let added = tallier.add(&Figures::of(&ticket, &marks, &marks.texts(&needs)));
                    added.map_err(|error| StoreError::corrupt("figures", error))?;
                }
            }
        }
        Ok(tallier.finish())
    }

    /// Asks about all tickets there were but articles, the promises of every policy of that time included.
    pub fn ask(&self) -> Ask {
        let config = &self.rulebook.now().config;
        let filter = Filter { except: config.articles().cloned().collect(), ..Filter::all() };
        let promising = config.policies.iter().filter(|policy| !policy.budget.is_empty());
        Ask::new(self.at).filter(filter).policies(promising.map(|policy| policy.id.clone()))
    }

    /// Makes a report as it would have been made then.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn report(&self, report: &dyn Report, ask: &Ask) -> Result<Vec<Section>, Error> {
        let ask = Ask { now: self.at, ..ask.clone() };
        let tables = self.tally(&ask.scan(report)).await?;
        Ok(report.render(&ask, tables))
    }

    /// The tickets of now that may have been meant then: there already, and as asked in all that never changes.
    fn candidates(&self, filter: &Filter) -> Filter {
        let Filter { ids, numbers, kinds, except, channels, created, .. } = filter.clone();
        let after = self.at.checked_add_signed(TimeDelta::microseconds(1));
        let to = created.to.into_iter().chain(after).min();
        Filter { ids, numbers, kinds, except, channels, created: Period { to, ..created }, ..Filter::default() }
    }

    /// What a ticket of now was; `None` if it was not there yet.
    async fn was(&self, now: &Arc<Ticket>) -> Result<Option<Was>, StoreError> {
        let ticket = if now.updated <= self.at {
            Some(Arc::clone(now))
        } else if now.created <= self.at {
            let history = self.history(now.id).await?;
            fold(&history).map(|was| Arc::new(Ticket { number: now.number, ..was }))
        } else {
            None
        };
        Ok(ticket.map(|ticket| Was { marks: marks(&self.rulebook, &ticket), ticket }))
    }

    async fn history(&self, id: TicketId) -> Result<Vec<Recorded>, StoreError> {
        let Desk { core, tenant, .. } = &self.desk;
        let mut history = core.store.history(tenant, id, Version(0), usize::MAX).await?;
        history.retain(|recorded| recorded.at <= self.at);
        Ok(history)
    }

    async fn means(&self, filter: &Filter, ticket: &Ticket, marks: &Marks) -> Result<bool, StoreError> {
        let mut beside = Beyond::default();
        // What costs a read is read only for tickets that are meant whatever it says.
        if filter.asks_words() {
            beside.history = self.history(ticket.id).await?;
        }
        if filter.asks_links() {
            let ids: BTreeSet<TicketId> = ticket.links.iter().map(|link| link.to).collect();
            for other in self.desk.load_all(ids.into_iter().collect()).await?.iter() {
                if let Some(Was { ticket, .. }) = self.was(other).await? {
                    beside.others.insert(ticket.id, Other { number: ticket.number, status: ticket.status });
                }
            }
        }
        Ok(filter.matches(ticket, marks, &beside))
    }
}

/// What stood beside a ticket.
#[derive(Default)]
struct Beyond {
    /// Where texts are asked about.
    history: Vec<Recorded>,
    others: HashMap<TicketId, Other>,
}

impl Beside for Beyond {
    fn has_terms(&self, terms: &Terms, public: bool) -> bool {
        terms.are_in(words::texts(&self.history, public))
    }

    fn other(&self, id: TicketId) -> Option<Other> {
        self.others.get(&id).copied()
    }
}
