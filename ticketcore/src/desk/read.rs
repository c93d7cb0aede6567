//! Questions to the desk.

use std::sync::Arc;

use crate::actor::Actor;
use crate::capability::Capability;
use crate::cond::Unmet;
use crate::desk::{Desk, Error};
use crate::engine::{self, Explanation, Reading, Related};
use crate::event::Recorded;
use crate::id::{Key, Position, TicketId, Version};
use crate::query::language::Scope;
use crate::query::{Filter, Order, Page, Query};
use crate::report::{Ask, Report, Scan, Section, Table};
use crate::store::StoreError;
use crate::ticket::Ticket;

/// A transition that starts in a ticket's state, and what keeps the actor from taking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The transition.
    pub transition: Key,
    /// The state it leads to.
    pub to: Key,
    /// Why the actor cannot take it; empty = they can.
    pub unmet: Vec<Unmet>,
}

/// How many events are looked through at a time.
const CHUNK: usize = 1000;

impl Desk {
    /// Reads a ticket by its number, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn number(&self, number: i64) -> Result<Option<Arc<Ticket>>, Error> {
        let filter = Filter { numbers: vec![number], ..Filter::default() };
        Ok(self.find(&Query::new(filter).limit(1)).await?.tickets.into_iter().next())
    }

    /// Finds tickets among those that the actor sees. Staff find what they may read, customers what they may follow.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with [`Hidden`](engine::Refusal::Hidden) if a customer asks about what they do not see;
    /// [`Error::Store`] if storage fails.
    pub async fn find(&self, query: &Query) -> Result<Page, Error> {
        let rulebook = self.rulebook().await?;
        let desk = self.standing(&rulebook).await?;
        let mut page = self.core.store.find(&self.tenant, &desk.in_sight(&rulebook, query)?).await?;
        // The sight of staff is of what they read; that of customers, of what they see one side of.
        let rights = &rulebook.now().config.rights;
        if !rights.is_staff(&desk.actor) {
            page.tickets.iter_mut().for_each(|ticket| *ticket = Arc::new(engine::redacted(rights, ticket)));
        }
        Ok(page)
    }

    /// Reads a query in the [language of questions](crate::query::language): `me` is the actor, and times are in the zone
    /// of the calendar in which the desk counts its business time, else in UTC.
    ///
    /// # Errors
    ///
    /// [`Error::Misread`] with what is wrong, where, and what may have been meant; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Desk, Draft, Error, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).by(Actor::agent("ada"));
    /// desk.open(Draft::incident("The disk is full").team("db").assignee("ada")).await?;
    /// desk.open(Draft::incident("No mail").team("net")).await?;
    ///
    /// let query = desk.question("is:open (team:db or team:apps) assignee:me -priority<=low disk sort:due").await?;
    /// assert_eq!(desk.find(&query).await?.tickets.len(), 1);
    ///
    /// let Err(Error::Misread(misread)) = desk.question("asignee:me").await else { panic!() };
    /// assert_eq!(misread.brief(), "at 1: unknown field `asignee`, did you mean `assignee`?");
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn question(&self, text: &str) -> Result<Query, Error> {
        let rulebook = self.rulebook().await?;
        let scope = Scope::new(&rulebook.now().config, self.now()).by(self.actor.id.clone());
        Ok(Query::parse(text, &scope)?)
    }

    /// Reads the first page of a queue, in the order of work.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn queue(&self, queue: impl Into<Key>) -> Result<Page, Error> {
        self.find(&Query::new(Filter::queue(queue)).order(Order::rank())).await
    }

    /// Reads everything that happened to a ticket, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] if the actor sees only the customer's side of it; [`Error::Store`] if
    /// storage fails.
    pub async fn history(&self, id: TicketId) -> Result<Vec<Recorded>, Error> {
        self.read(&*self.rulebook().await?, id).await?;
        let history = self.core.store.history(&self.tenant, id, Version(0), usize::MAX).await?;
        if history.is_empty() { Err(Error::NotFound(id)) } else { Ok(history) }
    }

    /// Reads the events of the tenant's tickets after a position, of those that the actor may read, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Error> {
        Ok(self.read_on(after, limit).await?.0)
    }

    /// Reads on in the feed, and tells up to where: what the actor may not read is passed over.
    pub(super) async fn read_on(&self, after: Position, limit: usize) -> Result<(Vec<Recorded>, Position), Error> {
        let rulebook = self.rulebook().await?;
        let rights = &rulebook.now().config.rights;
        let desk = self.standing(&rulebook).await?;
        let all = rights.everywhere(&desk.actor, Capability::Read);
        let (mut seen, mut position) = (Vec::new(), after);
        if !all && !rights.is_staff(&desk.actor) {
            return Ok((seen, position));
        }
        while seen.len() < limit {
            let events = self.core.store.feed(position, limit.min(CHUNK)).await?;
            let Some(last) = events.last() else { break };
            position = last.position;
            let mut events: Vec<Recorded> = events.into_iter().filter(|one| one.tenant == self.tenant).collect();
            if !all {
                let tickets = self.load_all(events.iter().map(|one| one.ticket).collect()).await?;
                let may =
                    |id| tickets.get(id).is_some_and(|ticket| rights.allows(&desk.actor, ticket, Capability::Read));
                events.retain(|one| may(one.ticket));
            }
            let room = limit - seen.len();
            if events.len() > room {
                events.truncate(room);
                position = events.last().map_or(position, |last| last.position);
            }
            seen.append(&mut events);
        }
        Ok((seen, position))
    }

    /// Counts and measures tickets in one pass, those that the actor sees.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a customer asks about what they do not see; [`Error::Store`] if storage fails.
    pub async fn tally(&self, scan: &Scan) -> Result<Vec<Table>, Error> {
        let rulebook = self.rulebook().await?;
        let scan = self.standing(&rulebook).await?.count(&rulebook, scan)?;
        Ok(self.core.store.tally(&self.tenant, &scan).await?)
    }

    /// Asks about all tickets now but for [articles](crate::config::Kind::knowledge), the promises of every policy in
    /// force included; narrow it with its methods. A filter set by them stands in the place of this one.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn ask(&self) -> Result<Ask, Error> {
        let rulebook = self.rulebook().await?;
        let filter = Filter { except: rulebook.now().config.articles().cloned().collect(), ..Filter::all() };
        let promising = rulebook.now().config.policies.iter().filter(|policy| !policy.budget.is_empty());
        Ok(Ask::new(self.now()).filter(filter).policies(promising.map(|policy| policy.id.clone())))
    }

    /// Makes a report, in one pass over the store.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn report(&self, report: &dyn Report, ask: &Ask) -> Result<Vec<Section>, Error> {
        let tables = self.tally(&ask.scan(report)).await?;
        Ok(report.render(ask, tables))
    }

    /// Lists the moves that start in a ticket's state: which may the actor make now, and why not the others. Customers
    /// are told only of those that they have a right to.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn moves(&self, id: TicketId) -> Result<Vec<Move>, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        let desk = self.standing(&rulebook).await?;
        desk.seen(&rulebook, Arc::clone(&ticket))?;
        let reads = desk.holds(&rulebook, &ticket, Capability::Read);
        let related = self.guarded(&rulebook, &ticket).await?;
        let offers = engine::moves(&rulebook, &ticket, &desk.actor, &related, self.now());
        let owned = |offer: engine::Offer<'_>| Move {
            transition: offer.transition.key.clone(),
            to: offer.target.key.clone(),
            unmet: offer.unmet,
        };
        let denied = |offer: &engine::Offer<'_>| offer.unmet.contains(&Unmet::Denied(Capability::Move));
        Ok(offers.into_iter().filter(|offer| reads || !denied(offer)).map(owned).collect())
    }

    /// Reads every clock of a ticket.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] if the actor sees only the customer's side of it; [`Error::Store`] if
    /// storage fails.
    pub async fn readings(&self, id: TicketId) -> Result<Vec<Reading>, Error> {
        let rulebook = self.rulebook().await?;
        Ok(engine::readings(&rulebook, &*self.read(&rulebook, id).await?, self.now()))
    }

    /// Explains the clock of one policy on a ticket: which times counted, which did not, and why.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] if the actor sees only the customer's side of it; [`Error::Store`] if
    /// storage fails.
    pub async fn explain(&self, id: TicketId, policy: impl Into<Key>) -> Result<Vec<Explanation>, Error> {
        let rulebook = self.rulebook().await?;
        Ok(engine::explain(&rulebook, &*self.read(&rulebook, id).await?, &policy.into(), self.now()))
    }

    /// The other tickets that guards of a ticket's moves read.
    pub(super) async fn guarded(
        &self,
        rulebook: &crate::config::Rulebook,
        ticket: &Ticket,
    ) -> Result<Related, StoreError> {
        self.load_all(engine::guarded(rulebook, ticket)).await
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}
