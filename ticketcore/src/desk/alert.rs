//! Signals in: one open ticket for each alert, however many senders there are.

use std::sync::Arc;

use crate::command::{Command, Request};
use crate::config::Rulebook;
use crate::desk::apply::ATTEMPTS;
use crate::desk::{Desk, Error};
use crate::engine::{Context, Related, decide, hears, open_alert};
use crate::id::TicketId;
use crate::signal::Signal;
use crate::store::{Claim, Commit, StoreError};
use crate::ticket::Ticket;

/// What became of a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intake {
    /// It opened a ticket.
    Opened(Arc<Ticket>),
    /// It was counted on the open ticket of its alert.
    Repeated(Arc<Ticket>),
    /// It brought a ticket resolved a short while ago back.
    Reopened(Arc<Ticket>),
    /// The alert is over, and so, if its workflow allows, is the ticket.
    Cleared(Arc<Ticket>),
    /// It is the same message again; nothing was written.
    Known(Arc<Ticket>),
    /// It clears an alert that no ticket is open for; nothing was written.
    Unmatched,
}

impl Intake {
    /// The ticket it went to.
    pub fn ticket(&self) -> Option<&Arc<Ticket>> {
        match self {
            Self::Opened(ticket)
            | Self::Repeated(ticket)
            | Self::Reopened(ticket)
            | Self::Cleared(ticket)
            | Self::Known(ticket) => Some(ticket),
            Self::Unmatched => None,
        }
    }
}

impl Desk {
    /// Takes in a signal of a monitor.
    ///
    /// The first firing of a key opens a ticket, repetitions are counted on it, the clearing resolves it, and a firing
    /// within the window after that reopens it. The key is claimed in the store, so concurrent senders, in whatever
    /// processes, cannot open two tickets.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with every fault of the signal; nothing is written. [`Error::Store`] if storage fails.
    pub async fn signal(&self, signal: Signal) -> Result<Intake, Error> {
        let key = format!("alert/{}", signal.key);
        let id = self.core.ids.next(self.now());
        for attempt in 1..=ATTEMPTS {
            let held = self.core.store.claim(&self.tenant, &key).await?.map(|held| held.by);
            let before = match held {
                Some(holder) => self.core.store.load(&self.tenant, holder).await?,
                None => None,
            };
            // The alert of a merged ticket is heard where the ticket goes on.
            let before = match before {
                Some(ticket) => Some(self.survivor(ticket).await?),
                None => None,
            };
            let rulebook = self.rulebook().await?;
            let desk = self.standing(&rulebook).await?;
            let heard = before.as_ref().filter(|ticket| hears(&rulebook, ticket, self.now()));
            let commit = match heard {
                Some(ticket) => match desk.repeat(&rulebook, ticket, &signal).await? {
                    Some(commit) => commit,
                    None => return Ok(Intake::Known(desk.shown(&rulebook, Arc::clone(ticket)))),
                },
                None if signal.firing => {
                    let claim = Claim { key: key.clone(), from: held, to: Some(id) };
                    desk.incident(&rulebook, id, &signal, before.clone(), claim).await?
                }
                None => return Ok(Intake::Unmatched),
            };
            match (self.commit(commit).await, heard) {
                (Ok(tickets), _) => {
                    let ticket = tickets.into_iter().next().ok_or(Error::NotFound(id))?;
                    return Ok(became(heard.map(AsRef::as_ref), ticket, &signal, |ticket| {
                        desk.shown(&rulebook, ticket)
                    }));
                }
                (Err(StoreError::Conflict(conflict)), heard) => {
                    self.lost(heard.map_or(id, |ticket| ticket.id), attempt, &conflict);
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
        Err(Error::Contended { id, attempts: ATTEMPTS })
    }

    async fn repeat(
        &self,
        rulebook: &Rulebook,
        ticket: &Arc<Ticket>,
        signal: &Signal,
    ) -> Result<Option<Commit>, Error> {
        let request = Request::from(Command::Signal(signal.clone()));
        let related = self.related(rulebook, ticket, &request.commands).await?;
        let context = Context { rulebook, actor: &self.actor, related: &related, now: self.now() };
        let decided = decide(&context, ticket, &request);
        let decision = decided.map_err(|refusal| self.refused(rulebook, ticket, refusal))?;
        if decision.facts.is_empty() {
            return Ok(None);
        }
        self.commit_of(rulebook, Some(ticket), decision, &related, Vec::new()).await.map(Some)
    }

    async fn incident(
        &self,
        rulebook: &Rulebook,
        id: TicketId,
        signal: &Signal,
        before: Option<Arc<Ticket>>,
        claim: Claim,
    ) -> Result<Commit, Error> {
        let last = before.as_ref().map(|ticket| ticket.id);
        let mut related: Related = before.into_iter().collect();
        self.acquaint(rulebook, &mut related, Vec::new).await?;
        let context = Context { rulebook, actor: &self.actor, related: &related, now: self.now() };
        let decision = open_alert(&context, &self.tenant, id, signal, last)?;
        self.commit_of(rulebook, None, decision, &related, vec![claim]).await
    }
}

fn became(
    before: Option<&Ticket>,
    after: Arc<Ticket>,
    signal: &Signal,
    shown: impl Fn(Arc<Ticket>) -> Arc<Ticket>,
) -> Intake {
    let reopened = before.is_some_and(|before| before.reopens < after.reopens);
    let after = shown(after);
    match before {
        None => Intake::Opened(after),
        Some(_) if !signal.firing => Intake::Cleared(after),
        Some(_) if reopened => Intake::Reopened(after),
        Some(_) => Intake::Repeated(after),
    }
}
