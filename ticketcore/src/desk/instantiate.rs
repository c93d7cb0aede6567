//! Templates carried out: all tickets in one commit.

use std::sync::Arc;

use tracing::Instrument;

use crate::config::Rulebook;
use crate::desk::apply::{ATTEMPTS, change};
use crate::desk::seats::Seats;
use crate::desk::{Desk, Error};
use crate::engine::{Context, Decision, Instance, Related, instantiate};
use crate::id::{Key, TicketId, Version};
use crate::store::{Claim, Commit, StoreError};
use crate::ticket::Ticket;

impl Desk {
    /// Opens the tickets of a template as children of a ticket, all in one commit or none, and returns them, each behind
    /// those that come before it.
    ///
    /// What comes before a ticket blocks it: a workflow whose guards ask
    /// [`Atom::NoOpen`](crate::cond::Atom::NoOpen), as the ready ones do, does not let it be resolved sooner.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no such template, if the parent is closed, or if a ticket is refused; nothing is
    /// written. [`Error::NotFound`]. [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::config::{Planned, Template};
    /// use ticketcore::{Config, Desk, Draft, LinkKind, MemoryStore};
    ///
    /// let newcomer = Template::default()
    ///     .ticket("account", Planned::new("task", "Account for {{requester}}").team("directory"))
    ///     .ticket("laptop", Planned::new("task", "Laptop for {{requester}}").team("hardware").after("account"));
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.publish(Config::default().template("newcomer", newcomer)).await?;
    /// let parent = desk.open(Draft::request("Bo starts on Monday").requester("bo")).await?;
    /// let children = desk.instantiate(parent.id, "newcomer").await?;
    /// assert_eq!(children[1].subject, "Laptop for bo");
    /// assert_eq!(children[1].linked(LinkKind::BlockedBy).collect::<Vec<_>>(), [children[0].id]);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn instantiate(&self, parent: TicketId, template: impl Into<Key>) -> Result<Vec<Arc<Ticket>>, Error> {
        let template = template.into();
        let span = tracing::debug_span!("instantiate", tenant = %self.tenant, ticket = %parent, %template);
        self.instantiate_all(parent, &template).instrument(span).await
    }

    async fn instantiate_all(&self, parent: TicketId, template: &Key) -> Result<Vec<Arc<Ticket>>, Error> {
        for attempt in 1..=ATTEMPTS {
            let commit = self.plan_instance(parent, template).await?;
            match self.commit(commit).await {
                // The first is the parent.
                Ok(tickets) => return Ok(tickets.into_iter().skip(1).collect()),
                Err(StoreError::Conflict(conflict)) => self.lost(parent, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { id: parent, attempts: ATTEMPTS })
    }

    async fn plan_instance(&self, parent: TicketId, template: &Key) -> Result<Commit, Error> {
        let now = self.now();
        let rulebook = self.rules_at(now).await?;
        let before = self.read(&rulebook, parent).await?;
        let desk = self.standing(&rulebook).await?;
        let related = desk.related(&rulebook, &before, &[]).await?;
        let context = Context { rulebook: &rulebook, actor: &desk.actor, related: &related, now };
        let instance = instantiate(&context, &before, template, || self.core.ids.next(now))?;
        desk.commit_of_instance(&rulebook, Some(&before), instance, &related, Vec::new()).await
    }

    /// The commit of a parent and its children, with the agents that were looked for.
    pub(super) async fn commit_of_instance(
        &self,
        rulebook: &Rulebook,
        before: Option<&Ticket>,
        instance: Instance,
        related: &Related,
        claims: Vec<Claim>,
    ) -> Result<Commit, Error> {
        let Instance { parent, children } = instance;
        let mut seats = Seats::default();
        let parent = seats.take(self, rulebook, before, parent, related).await?;
        let expected = before.map_or(Version(0), |before| before.version);
        let mut commit = self.assembled(rulebook, expected, parent, related, claims);
        for child in children {
            let Decision { facts, ticket, echoes: _ } =
                seats.take(self, rulebook, None, child, &Related::default()).await?;
            commit.changes.push(change(rulebook, Version(0), ticket, facts, Vec::new()));
        }
        commit.documents = seats.writes(self.now())?;
        Ok(commit)
    }
}
