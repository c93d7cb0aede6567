//! Articles: tickets of a kind that holds what the desk knows.

use std::sync::Arc;

use crate::desk::{Desk, Error};
use crate::id::TicketId;
use crate::knowledge::{Article, Edition, article, editions};

impl Desk {
    /// Reads an article as it is now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], also for a ticket that is no article; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    /// let article = ada.open(Draft::article("Printer on fire").description("Pull the plug.")).await?;
    /// assert!(bo.article(article.id).await.is_err(), "it is a draft");
    ///
    /// ada.apply(article.id, Command::transition("publish")).await?;
    /// bo.apply(article.id, Command::Endorse(true)).await?;
    /// let found = bo.article(article.id).await?;
    /// assert_eq!((found.body.as_deref(), found.helpful), (Some("Pull the plug."), 1));
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn article(&self, id: TicketId) -> Result<Article, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        self.standing(&rulebook).await?.seen(&rulebook, Arc::clone(&ticket))?;
        if !rulebook.now().config.is_knowledge(&ticket.kind) {
            return Err(Error::NotFound(id));
        }
        article(&ticket, &self.log_of(id).await?).ok_or(Error::NotFound(id))
    }

    /// Reads the editions of an article's body, oldest first; [`Edition::diff`] tells what one changed.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], also for a ticket that is no article; [`Error::Refused`] if the actor may only follow it, as
    /// drafts are the desk's own matter; [`Error::Store`] if storage fails.
    pub async fn editions(&self, id: TicketId) -> Result<Vec<Edition>, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.read(&rulebook, id).await?;
        if !rulebook.now().config.is_knowledge(&ticket.kind) {
            return Err(Error::NotFound(id));
        }
        Ok(editions(&self.log_of(id).await?))
    }
}
