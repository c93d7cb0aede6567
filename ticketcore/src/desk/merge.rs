//! Tickets that are made of others: where a merged one goes on, what a split makes, how a conversation reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tracing::Instrument;

use crate::capability::Capability;
use crate::command::{Command, Draft, Request};
use crate::conversation::{Post, borrowed, conversation, merged};
use crate::desk::{Desk, Error};
use crate::event::{Recorded, Visibility};
use crate::id::{TicketId, Version};
use crate::store::StoreError;
use crate::ticket::Ticket;

impl Desk {
    /// Splits messages off a ticket, named by the versions at which they were recorded (1 is the description): opens
    /// another ticket that has them, in one commit. Returns both, the old one first. [`Command::Rejoin`] undoes it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the messages or the draft are not right; nothing is written. [`Error::NotFound`].
    /// [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Command, Desk, Draft, MemoryStore, Version};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let mail = desk.open(Draft::incident("No mail").description("Since noon")).await?;
    /// desk.apply(mail.id, Command::reply("And could I have a second screen?")).await?;
    ///
    /// let (mail, screen) = desk.split(mail.id, vec![Version(2)], Draft::request("A second screen")).await?;
    /// assert_eq!(desk.conversation(mail.id).await?.len(), 1);
    /// assert_eq!(desk.conversation(screen.id).await?[0].text.as_deref(), Some("And could I have a second screen?"));
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn split(
        &self,
        id: TicketId,
        messages: Vec<Version>,
        draft: Draft,
    ) -> Result<(Arc<Ticket>, Arc<Ticket>), Error> {
        let fresh = self.ids_for(1);
        let request = Request::from(Command::Split(messages, Box::new(draft)));
        let span = tracing::debug_span!("split", tenant = %self.tenant, ticket = %id);
        let mut tickets = self.attempt_all(id, || self.plan(id, &request, &fresh)).instrument(span).await?;
        let place = tickets.iter().position(|ticket| fresh.contains(&ticket.id)).ok_or(Error::NotFound(id))?;
        let new = tickets.swap_remove(place);
        let old = tickets.into_iter().find(|ticket| ticket.id == id).ok_or(Error::NotFound(id))?;
        Ok((old, new))
    }

    /// Reads what was written on a ticket and on those it is made of, oldest first, with edits applied; only what is
    /// public, if the actor sees the customer's side of it. One history is read for each ticket, so at most as many as
    /// `limits.merges` lets a ticket be made of.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Store`] if storage fails.
    pub async fn conversation(&self, id: TicketId) -> Result<Vec<Post>, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        let desk = self.standing(&rulebook).await?;
        desk.seen(&rulebook, Arc::clone(&ticket))?;
        let mut posts = conversation(id, &self.histories(id).await?);
        if !desk.holds(&rulebook, &ticket, Capability::Read) {
            posts.retain(|post| post.said.visibility == Visibility::Public);
            posts.iter_mut().for_each(Post::anonymise);
        }
        Ok(posts)
    }

    /// The histories of all tickets that a ticket's conversation is made of, whoever asks.
    pub(super) async fn histories(&self, id: TicketId) -> Result<BTreeMap<TicketId, Vec<Recorded>>, StoreError> {
        let mut histories = BTreeMap::new();
        let (mut whole, mut parts) = (BTreeSet::from([id]), BTreeSet::new());
        let mut next = vec![id];
        while let Some(of) = next.pop() {
            let history = self.log_of(of).await?;
            next.extend(merged(&history).into_iter().filter(|from| whole.insert(*from)));
            parts.extend(borrowed(&history));
            histories.insert(of, history);
        }
        for from in parts.difference(&whole) {
            histories.insert(*from, self.log_of(*from).await?);
        }
        Ok(histories)
    }

    /// All of a ticket's log, whoever asks.
    pub(super) async fn log_of(&self, id: TicketId) -> Result<Vec<Recorded>, StoreError> {
        self.core.store.history(&self.tenant, id, Version(0), usize::MAX).await
    }

    /// Ids for tickets that commands open along.
    pub(super) fn ids_for(&self, count: usize) -> Vec<TicketId> {
        (0..count).map(|_| self.core.ids.next(self.now())).collect()
    }

    /// Where a ticket goes on: the end of its way through merged ones, the ticket itself if it was not merged. Only
    /// what is not merged takes others in, so the way ends, after `limits.merges` reads at most.
    pub(super) async fn survivor(&self, ticket: Arc<Ticket>) -> Result<Arc<Ticket>, StoreError> {
        let mut ticket = ticket;
        let mut seen = BTreeSet::from([ticket.id]);
        while let Some(next) = ticket.merged {
            let broken = || StoreError::corrupt(format!("ticket {}", ticket.id), "it is merged into itself or nothing");
            if !seen.insert(next) {
                return Err(broken());
            }
            ticket = self.core.store.load(&self.tenant, next).await?.ok_or_else(broken)?;
        }
        Ok(ticket)
    }
}
