//! Questions to the desk.

use std::sync::Arc;

use crate::actor::Actor;
use crate::cond::Unmet;
use crate::desk::{Desk, Error};
use crate::engine::{self, Explanation, Reading, Related};
use crate::event::Recorded;
use crate::id::{Key, Position, TicketId, Version};
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

impl Desk {
    /// Reads a ticket.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn load(&self, id: TicketId) -> Result<Arc<Ticket>, Error> {
        self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))
    }

    /// Reads a ticket by its number, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn number(&self, number: i64) -> Result<Option<Arc<Ticket>>, Error> {
        let filter = Filter { numbers: vec![number], ..Filter::default() };
        Ok(self.find(&Query::new(filter).limit(1)).await?.tickets.into_iter().next())
    }

    /// Finds tickets.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn find(&self, query: &Query) -> Result<Page, Error> {
        Ok(self.core.store.find(&self.tenant, query).await?)
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
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn history(&self, id: TicketId) -> Result<Vec<Recorded>, Error> {
        let history = self.core.store.history(&self.tenant, id, Version(0), usize::MAX).await?;
        if history.is_empty() { Err(Error::NotFound(id)) } else { Ok(history) }
    }

    /// Reads the events of all tenants after a position, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn feed(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Error> {
        Ok(self.core.store.feed(after, limit).await?)
    }

    /// Counts and measures tickets in one pass.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn tally(&self, scan: &Scan) -> Result<Vec<Table>, Error> {
        Ok(self.core.store.tally(&self.tenant, scan).await?)
    }

    /// Asks about all tickets now, the promises of every policy in force included; narrow it with its methods.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn ask(&self) -> Result<Ask, Error> {
        let rulebook = self.rulebook().await?;
        let promising = rulebook.now().config.policies.iter().filter(|policy| !policy.budget.is_empty());
        Ok(Ask::new(self.now()).policies(promising.map(|policy| policy.id.clone())))
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

    /// Lists the moves that start in a ticket's state: which may the actor make now, and why not the others.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn moves(&self, id: TicketId) -> Result<Vec<Move>, Error> {
        let (rulebook, ticket) = (self.rulebook().await?, self.load(id).await?);
        let related = self.guarded(&rulebook, &ticket).await?;
        let offers = engine::moves(&rulebook, &ticket, &self.actor, &related, self.now());
        let owned = |offer: engine::Offer<'_>| Move {
            transition: offer.transition.key.clone(),
            to: offer.target.key.clone(),
            unmet: offer.unmet,
        };
        Ok(offers.into_iter().map(owned).collect())
    }

    /// Reads every clock of a ticket.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn readings(&self, id: TicketId) -> Result<Vec<Reading>, Error> {
        Ok(engine::readings(&*self.rulebook().await?, &*self.load(id).await?, self.now()))
    }

    /// Explains the clock of one policy on a ticket: which times counted, which did not, and why.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn explain(&self, id: TicketId, policy: impl Into<Key>) -> Result<Vec<Explanation>, Error> {
        Ok(engine::explain(&*self.rulebook().await?, &*self.load(id).await?, &policy.into(), self.now()))
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
