//! What an actor gets to see: every answer of the desk goes through here.

use std::sync::Arc;

use crate::actor::ActorKind;
use crate::capability::Capability;
use crate::config::{Rights, Rulebook};
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, forbidden, redacted};
use crate::id::TicketId;
use crate::query::{Filter, Query, hidden};
use crate::report::Scan;
use crate::ticket::Ticket;

impl Desk {
    /// Reads a ticket as the actor sees it: whole, or its customer's side. One that they do not see is as one that is not
    /// there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn load(&self, id: TicketId) -> Result<Arc<Ticket>, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        self.standing(&rulebook).await?.seen(&rulebook, ticket)
    }

    /// Reads a ticket of which the actor sees everything.
    pub(super) async fn read(&self, rulebook: &Rulebook, id: TicketId) -> Result<Arc<Ticket>, Error> {
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        let desk = self.standing(rulebook).await?;
        if desk.holds(rulebook, &ticket, Capability::Read) {
            Ok(ticket)
        } else if desk.holds(rulebook, &ticket, Capability::Follow) {
            Err(forbidden(&self.actor, Capability::Read).into())
        } else {
            Err(Error::NotFound(id))
        }
    }

    /// Refuses what tells of all tickets to those who do not read all.
    pub(super) async fn reads_all(&self) -> Result<(), Error> {
        let rulebook = self.rulebook().await?;
        let all = rulebook.now().config.rights.everywhere(&self.actor, Capability::Read);
        if all { Ok(()) } else { Err(forbidden(&self.actor, Capability::Read).into()) }
    }

    pub(super) fn holds(&self, rulebook: &Rulebook, ticket: &Ticket, capability: Capability) -> bool {
        rulebook.now().config.rights.allows(&self.actor, ticket, capability)
    }

    pub(super) fn seen(&self, rulebook: &Rulebook, ticket: Arc<Ticket>) -> Result<Arc<Ticket>, Error> {
        if self.holds(rulebook, &ticket, Capability::Read) || self.holds(rulebook, &ticket, Capability::Follow) {
            Ok(self.shown(rulebook, ticket))
        } else {
            Err(Error::NotFound(ticket.id))
        }
    }

    /// What the actor is answered about a ticket they have just written.
    pub(super) fn shown(&self, rulebook: &Rulebook, ticket: Arc<Ticket>) -> Arc<Ticket> {
        if self.holds(rulebook, &ticket, Capability::Read) {
            ticket
        } else {
            Arc::new(redacted(&rulebook.now().config.rights, &ticket))
        }
    }

    /// To those who do not see a ticket, a right they lack on it is no reason: there is no such ticket.
    pub(super) fn refused(&self, rulebook: &Rulebook, ticket: &Ticket, refusal: Refusal) -> Error {
        let sees = |capability| self.holds(rulebook, ticket, capability);
        match refusal {
            Refusal::Forbidden { .. } if !sees(Capability::Read) && !sees(Capability::Follow) => {
                Error::NotFound(ticket.id)
            }
            refusal => refusal.into(),
        }
    }

    /// A question of the actor: about what they see, and about nothing that they may not ask.
    pub(super) fn in_sight(&self, rulebook: &Rulebook, query: &Query) -> Result<Query, Error> {
        let asked =
            |rights: &Rights| hidden::in_filter(rights, &query.filter).or_else(|| hidden::in_order(query.order));
        let filter = self.about(rulebook, &query.filter, asked)?;
        Ok(Query { filter, ..query.clone() })
    }

    /// A count of the actor's, likewise.
    pub(super) fn count(&self, rulebook: &Rulebook, scan: &Scan) -> Result<Scan, Error> {
        let filter = self.about(rulebook, &scan.filter, |rights| hidden::in_scan(rights, scan))?;
        Ok(Scan { filter, tables: scan.tables.clone(), now: scan.now })
    }

    fn about(
        &self,
        rulebook: &Rulebook,
        filter: &Filter,
        hidden: impl FnOnce(&Rights) -> Option<String>,
    ) -> Result<Filter, Error> {
        let rights = &rulebook.now().config.rights;
        if self.actor.kind != ActorKind::System
            && !rights.is_staff(&self.actor)
            && let Some(what) = hidden(rights)
        {
            return Err(Refusal::Hidden { who: self.actor.id.clone(), what }.into());
        }
        Ok(Filter { sight: rights.sight(&self.actor), ..filter.clone() })
    }
}
