//! The customer's side of a ticket, read for whoever may follow it.

use std::sync::Arc;

use crate::capability::Capability;
use crate::config::Rulebook;
use crate::customer::{View, view};
use crate::desk::{Desk, Error};
use crate::id::TicketId;
use crate::ticket::Ticket;

impl Desk {
    /// Reads the customer's view of a ticket, whoever asks: agents see what their customer sees.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the actor may neither read nor follow it; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore, Status};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    /// let ticket = bo.open(Draft::incident("Printer is on fire").description("Room 4")).await?;
    /// ada.apply(ticket.id, [Command::note("Again?"), Command::reply("On my way"), Command::transition("start")]).await?;
    ///
    /// let view = bo.follow(ticket.id).await?;
    /// let texts: Vec<_> = view.posts.iter().filter_map(|post| post.text.as_deref()).collect();
    /// assert_eq!(texts, ["Room 4", "On my way"]);
    /// let course: Vec<Status> = view.course.iter().map(|turn| turn.status).collect();
    /// assert_eq!(course, [Status::New, Status::Open]);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn follow(&self, id: TicketId) -> Result<View, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        self.standing(&rulebook).await?.seen(&rulebook, Arc::clone(&ticket))?;
        self.view(&rulebook, ticket).await
    }

    /// The customer's view of a ticket; what the actor has a right to was asked before.
    pub(super) async fn view(&self, rulebook: &Rulebook, ticket: Arc<Ticket>) -> Result<View, Error> {
        let mut histories = self.histories(ticket.id).await?;
        // What has happened since the ticket was read is not part of it.
        histories.entry(ticket.id).and_modify(|own| own.retain(|recorded| recorded.version <= ticket.version));
        let view = view(rulebook, &ticket, &histories, self.now());
        let desk = self.standing(rulebook).await?;
        let sees = |other: &Ticket| {
            [Capability::Read, Capability::Follow].into_iter().any(|capability| desk.holds(rulebook, other, capability))
        };
        let merged = ticket.merged.is_some();
        let survivor = if merged { Some(self.survivor(ticket).await?) } else { None };
        Ok(View { merged: survivor.filter(|other| sees(other)).map(|other| other.reference()), ..view })
    }
}
