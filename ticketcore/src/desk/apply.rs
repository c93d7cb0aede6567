//! The way of a command: load, decide, commit; again, if another writer was faster.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::Instrument;

use crate::command::{Command, Draft, Request};
use crate::config::Rulebook;
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::engine::{self, Context, Decision, Refusal, Related, decide, evolve, fold, marks};
use crate::event::Fact;
use crate::fault::Fault;
use crate::id::{TicketId, Version};
use crate::link::LinkKind;
use crate::query::{Filter, Order, Query};
use crate::seal::seal;
use crate::store::{Change, Claim, Commit, Conflict, Expect, Held, StoreError};
use crate::ticket::Ticket;

/// How often a commit is decided again before the caller is told. Each conflict means that somebody else succeeded.
pub(super) const ATTEMPTS: u32 = 64;

/// What one attempt came to.
enum Plan {
    Commit(Commit),
    /// Nothing needs to change.
    Nothing(Arc<Ticket>),
    /// It was done before, under the same key.
    Done(Held),
}

impl Plan {
    fn commit(self) -> Option<Commit> {
        if let Self::Commit(commit) = self { Some(commit) } else { None }
    }
}

impl Desk {
    /// Opens a ticket.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with every fault of the draft; nothing is written. [`Error::Store`] if storage fails.
    pub async fn open(&self, draft: Draft) -> Result<Arc<Ticket>, Error> {
        let id = self.core.ids.next(self.now());
        let span = tracing::debug_span!("open", tenant = %self.tenant, ticket = %id);
        self.attempt(id, || self.plan_open(id, &draft)).instrument(span).await
    }

    /// Opens many tickets in one commit, all or none, and returns them in the order of the drafts.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for the first draft that is refused; nothing is written. Drafts with a `once` key are refused:
    /// a list whose parts may have been done before has no one answer. [`Error::Store`] if storage fails.
    pub async fn open_all(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Ticket>>, Error> {
        let rulebook = self.rulebook().await?;
        let related = Related::default();
        let mut changes = Vec::with_capacity(drafts.len());
        for (i, draft) in drafts.into_iter().enumerate() {
            if draft.once.is_some() {
                let faults = vec![Fault::new(format!("[{i}].once"), "is for tickets that are opened one by one")];
                return Err(Refusal::Invalid { faults }.into());
            }
            let now = self.now();
            let context = Context { rulebook: &rulebook, actor: &self.actor, related: &related, now };
            let decision = engine::open(&context, &self.tenant, self.core.ids.next(now), &draft)?;
            changes.push(change(&rulebook, Version(0), decision.ticket, decision.facts, Vec::new()));
        }
        let commit = Commit { changes, expect: vec![still(&rulebook)], ..Commit::new(self.tenant.clone()) };
        match self.core.store.commit(commit).await {
            Err(StoreError::Conflict(conflict @ Conflict::Document { .. })) => {
                // Only a configuration published meanwhile can interfere with tickets that are new.
                self.forget_rules();
                Err(StoreError::Conflict(conflict).into())
            }
            done => Ok(done?),
        }
    }

    /// Applies commands to a ticket, all or none, and returns the ticket as stored.
    ///
    /// Takes a [`Command`] or a list of them. Reads, decides and commits; if another writer was faster, tries again
    /// with the newer ticket.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the rules forbid it; nothing is written. [`Error::NotFound`]. [`Error::Store`] if storage
    /// fails.
    pub async fn apply(&self, id: TicketId, request: impl Into<Request>) -> Result<Arc<Ticket>, Error> {
        let request = request.into();
        let span = tracing::debug_span!("apply", tenant = %self.tenant, ticket = %id);
        self.attempt(id, || self.plan(id, &request)).instrument(span).await
    }

    /// Decides the opening of a ticket without committing it, for the host's own transaction: an adapter's `commit_in`
    /// takes what is returned. `None` if the draft's `once` key was seen before.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn prepare_open(&self, draft: Draft) -> Result<Option<Commit>, Error> {
        Ok(self.plan_open(self.core.ids.next(self.now()), &draft).await?.commit())
    }

    /// Decides commands without committing them, for the host's own transaction. `None` if nothing needs to change.
    ///
    /// The commit rests on the ticket's version: if another writer comes in between, it conflicts and is to be
    /// prepared again.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub async fn prepare(&self, id: TicketId, request: impl Into<Request>) -> Result<Option<Commit>, Error> {
        Ok(self.plan(id, &request.into()).await?.commit())
    }

    async fn attempt<F>(&self, id: TicketId, plan: impl Fn() -> F) -> Result<Arc<Ticket>, Error>
    where
        F: Future<Output = Result<Plan, Error>>,
    {
        for attempt in 1..=ATTEMPTS {
            let commit = match plan().await? {
                Plan::Commit(commit) => commit,
                Plan::Nothing(ticket) => return Ok(ticket),
                Plan::Done(held) => return self.as_of(held).await,
            };
            match self.core.store.commit(commit).await {
                Ok(tickets) => return tickets.into_iter().next().ok_or(Error::NotFound(id)),
                Err(StoreError::Conflict(conflict)) => self.lost(id, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { id, attempts: ATTEMPTS })
    }

    /// Takes note of a conflict before the next attempt.
    pub(super) fn lost(&self, id: TicketId, attempt: u32, conflict: &Conflict) {
        tracing::debug!(ticket = %id, attempt, %conflict, "another writer was faster");
        if let Conflict::Document { .. } = conflict {
            self.forget_rules();
        }
    }

    async fn plan_open(&self, id: TicketId, draft: &Draft) -> Result<Plan, Error> {
        if let Some(held) = self.done(draft.once.as_deref()).await? {
            return Ok(Plan::Done(held));
        }
        let (now, related) = (self.now(), Related::default());
        let rulebook = self.rules_at(now).await?;
        let context = Context { rulebook: &rulebook, actor: &self.actor, related: &related, now };
        let claims = once(draft.once.as_deref(), id);
        let decision = engine::open(&context, &self.tenant, id, draft)?;
        Ok(Plan::Commit(self.commit_of(&rulebook, Version(0), decision, &related, claims)))
    }

    async fn plan(&self, id: TicketId, request: &Request) -> Result<Plan, Error> {
        if let Some(held) = self.done(request.once.as_deref()).await? {
            return Ok(Plan::Done(held));
        }
        let now = self.now();
        let rulebook = self.rules_at(now).await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        let related = self.related(&rulebook, &ticket, &request.commands).await?;
        let context = Context { rulebook: &rulebook, actor: &self.actor, related: &related, now };
        let decision = decide(&context, &ticket, request)?;
        let claims = once(request.once.as_deref(), id);
        // Even what changes nothing is done once, if it has a key: a repetition must not be carried out later.
        if decision.facts.is_empty() && decision.echoes.is_empty() && claims.is_empty() {
            return Ok(Plan::Nothing(ticket));
        }
        Ok(Plan::Commit(self.commit_of(&rulebook, ticket.version, decision, &related, claims)))
    }

    pub(super) fn commit_of(
        &self,
        rulebook: &Rulebook,
        expected: Version,
        decision: Decision,
        related: &Related,
        claims: Vec<Claim>,
    ) -> Commit {
        let Decision { facts, ticket, echoes } = decision;
        let at = ticket.updated;
        let mut changed: BTreeMap<TicketId, (Arc<Ticket>, Vec<Fact>)> = BTreeMap::new();
        for (id, event) in echoes {
            if let Some(other) = related.get(id) {
                let (other, facts) = changed.entry(id).or_insert_with(|| (Arc::clone(other), Vec::new()));
                let at = at.max(other.updated);
                evolve(Arc::make_mut(other), at, &self.actor.by(), &event);
                facts.push(Fact { by: self.actor.by(), event, text: None, seal: None });
            }
        }
        // What guards read and nothing changes must stay as it was read.
        let unchanged = related.iter().filter(|other| !changed.contains_key(&other.id));
        let expect = std::iter::once(still(rulebook))
            .chain(unchanged.map(|other| Expect::Ticket(other.id, other.version)))
            .collect();
        let first = change(rulebook, expected, ticket, facts, claims);
        let others = changed.into_values().map(|(other, facts)| {
            let expected = related.get(other.id).map_or(Version(0), |before| before.version);
            change(rulebook, expected, other, facts, Vec::new())
        });
        let changes = std::iter::once(first).chain(others).collect();
        Commit { changes, expect, ..Commit::new(self.tenant.clone()) }
    }

    /// The other tickets that the guards of a request may read.
    pub(super) async fn related(
        &self,
        rulebook: &Rulebook,
        ticket: &Ticket,
        commands: &[Command],
    ) -> Result<Related, StoreError> {
        let ids = engine::reads(rulebook, ticket, commands);
        let mut related = self.load_all(ids).await?;
        // Links between parent and child may not close a circle: the way up is read to its end.
        let family = |command: &&Command| matches!(command, Command::Link(LinkKind::Parent | LinkKind::Child, _));
        for command in commands.iter().filter(family) {
            if let Command::Link(kind, other) = command {
                let start = if *kind == LinkKind::Parent { related.get(*other).cloned() } else { None };
                let mut next = start.as_deref().unwrap_or(ticket).linked(LinkKind::Parent).next();
                while let Some(id) = next.filter(|id| related.get(*id).is_none() && *id != ticket.id) {
                    let Some(parent) = self.core.store.load(&self.tenant, id).await? else { break };
                    next = parent.linked(LinkKind::Parent).next();
                    related.insert(parent);
                }
            }
        }
        Ok(related)
    }

    pub(super) async fn load_all(&self, ids: Vec<TicketId>) -> Result<Related, StoreError> {
        if ids.is_empty() {
            return Ok(Related::default());
        }
        let limit = ids.len();
        let query = Query::new(Filter::ids(ids)).order(Order::oldest()).limit(limit);
        Ok(self.core.store.find(&self.tenant, &query).await?.tickets.into_iter().collect())
    }

    async fn done(&self, once: Option<&str>) -> Result<Option<Held>, StoreError> {
        match once {
            Some(key) => self.core.store.claim(&self.tenant, &once_key(key)).await,
            None => Ok(None),
        }
    }

    /// The ticket as it was at a version: the first answer to a request that is repeated.
    async fn as_of(&self, held: Held) -> Result<Arc<Ticket>, Error> {
        let Held { by: id, since } = held;
        let now = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        if now.version == since {
            return Ok(now);
        }
        let limit = usize::try_from(since.0).unwrap_or(usize::MAX);
        let history = self.core.store.history(&self.tenant, id, Version(0), limit).await?;
        let then = fold(&history).ok_or(Error::NotFound(id))?;
        Ok(Arc::new(Ticket { number: now.number, ..then }))
    }
}

/// A change of one ticket, sealed if the desk seals, with what the index is to hold of it.
pub(super) fn change(
    rulebook: &Rulebook,
    expected: Version,
    mut ticket: Arc<Ticket>,
    mut facts: Vec<Fact>,
    claims: Vec<Claim>,
) -> Change {
    // A chain that was begun goes on whatever the rules say now: an event without a seal would look like one slipped in.
    if !facts.is_empty() && (rulebook.now().config.seal || ticket.head.is_some()) {
        let at = ticket.updated;
        seal(Arc::make_mut(&mut ticket), expected, at, &mut facts);
    }
    let marks = marks(rulebook, &ticket);
    Change { expected, at: ticket.updated, ticket, facts, marks, claims, erased: Vec::new() }
}

fn once_key(key: &str) -> String {
    format!("once/{key}")
}

fn once(key: Option<&str>, by: TicketId) -> Vec<Claim> {
    key.map(|key| Claim { key: once_key(key), from: None, to: Some(by) }).into_iter().collect()
}
