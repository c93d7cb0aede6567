//! The way of a command: load, decide, commit; again, if another writer was faster.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tracing::Instrument;

use crate::capability::Capability;
use crate::command::{Command, Draft, Request};
use crate::config::Rulebook;
use crate::desk::rules::still;
use crate::desk::seats::{LOAD, Seats};
use crate::desk::{Desk, Error};
use crate::diff::since;
use crate::engine::{self, Context, Decision, Refusal, Related, decide, fold, forbidden, marks};
use crate::event::Fact;
use crate::fault::Fault;
use crate::id::{TicketId, Version};
use crate::query::{Filter, Order, Query};
use crate::seal::seal;
use crate::store::{Change, Claim, Commit, Conflict, Expect, Held, StoreError, Write};
use crate::ticket::Ticket;

/// How often a commit is decided again before the caller is told. Each conflict means that somebody else succeeded.
pub(super) const ATTEMPTS: u32 = 64;

/// What one attempt came to.
pub(super) enum Plan {
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
        let mut attempt = 1;
        loop {
            let commit = self.plan_openings(&drafts).await?;
            match self.commit(commit).await {
                // Somebody else was given a ticket.
                Err(StoreError::Conflict(Conflict::Document { kind, .. })) if kind == LOAD && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(StoreError::Conflict(conflict @ Conflict::Document { .. })) => {
                    // Only a configuration published meanwhile, or the directory, can interfere with tickets that are new.
                    self.forget_rules();
                    return Err(StoreError::Conflict(conflict).into());
                }
                done => {
                    let (tickets, rulebook) = (done?, self.rulebook().await?);
                    let desk = self.standing(&rulebook).await?;
                    return Ok(tickets.into_iter().map(|ticket| desk.shown(&rulebook, ticket)).collect());
                }
            }
        }
    }

    async fn plan_openings(&self, drafts: &[Draft]) -> Result<Commit, Error> {
        let rulebook = self.rulebook().await?;
        let desk = self.standing(&rulebook).await?;
        let (mut changes, mut expect) = (Vec::with_capacity(drafts.len()), vec![still(&rulebook)]);
        let mut seats = Seats::default();
        for (i, draft) in drafts.iter().enumerate() {
            if draft.once.is_some() {
                let faults = vec![Fault::new(format!("[{i}].once"), "is for tickets that are opened one by one")];
                return Err(Refusal::Invalid { faults }.into());
            }
            let now = self.now();
            let mut related = Related::default();
            desk.acquaint(&rulebook, &mut related, || engine::named_at_opening(&desk.actor, draft)).await?;
            let context = Context { rulebook: &rulebook, actor: &desk.actor, related: &related, now };
            let decision = engine::open(&context, &self.tenant, self.core.ids.next(now), draft)?;
            let decision = seats.take(self, &rulebook, None, decision, &related).await?;
            expect.extend(desk.acquainted(&related));
            changes.push(change(&rulebook, Version(0), decision.ticket, decision.facts, Vec::new()));
        }
        let documents = seats.writes(self.now())?;
        Ok(Commit { changes, documents, expect, ..Commit::new(self.tenant.clone()) })
    }

    /// Applies commands to a ticket, all or none, and returns the ticket as stored.
    ///
    /// Takes a [`Command`] or a list of them. Reads, decides and commits; if another writer was faster, tries again
    /// with the newer ticket. Messages to a merged ticket go to the one it was merged into, which is then returned.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the rules forbid it; nothing is written. [`Error::NotFound`]. [`Error::Store`] if storage
    /// fails.
    pub async fn apply(&self, id: TicketId, request: impl Into<Request>) -> Result<Arc<Ticket>, Error> {
        let request = request.into();
        let span = tracing::debug_span!("apply", tenant = %self.tenant, ticket = %id);
        let fresh = self.ids_for(request.splits());
        self.attempt(id, || self.plan(id, &request, &fresh)).instrument(span).await
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
        let request = request.into();
        let fresh = self.ids_for(request.splits());
        Ok(self.plan(id, &request, &fresh).await?.commit())
    }

    async fn attempt<F>(&self, id: TicketId, plan: impl Fn() -> F) -> Result<Arc<Ticket>, Error>
    where
        F: Future<Output = Result<Plan, Error>>,
    {
        self.attempt_all(id, plan).await?.into_iter().next().ok_or(Error::NotFound(id))
    }

    /// Returns every ticket that something happened to, the one that was asked for first.
    pub(super) async fn attempt_all<F>(&self, id: TicketId, plan: impl Fn() -> F) -> Result<Vec<Arc<Ticket>>, Error>
    where
        F: Future<Output = Result<Plan, Error>>,
    {
        for attempt in 1..=ATTEMPTS {
            let commit = match plan().await? {
                Plan::Commit(commit) => commit,
                Plan::Nothing(ticket) => {
                    let rulebook = self.rulebook().await?;
                    return Ok(vec![self.standing(&rulebook).await?.shown(&rulebook, ticket)]);
                }
                Plan::Done(held) => return Ok(vec![self.as_answered(held).await?]),
            };
            match self.commit(commit).await {
                Ok(tickets) => {
                    let rulebook = self.rulebook().await?;
                    let desk = self.standing(&rulebook).await?;
                    return Ok(tickets.into_iter().map(|ticket| desk.shown(&rulebook, ticket)).collect());
                }
                Err(StoreError::Conflict(conflict)) => self.lost(id, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { id, attempts: ATTEMPTS })
    }

    /// Takes note of a conflict before the next attempt.
    pub(super) fn lost(&self, id: TicketId, attempt: u32, conflict: &Conflict) {
        tracing::debug!(ticket = %id, attempt, %conflict, "another writer was faster");
        // What people have is read anew with every attempt.
        if let Conflict::Document { kind, .. } = conflict
            && *kind != LOAD
        {
            self.forget_rules();
        }
    }

    /// Writes a commit. If it has made room for somebody, what waits is given out.
    pub(super) async fn commit(&self, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
        let loads: Vec<Write> = commit.documents.iter().filter(|write| write.kind == LOAD).cloned().collect();
        let tickets = self.core.commit(commit).await?;
        if !loads.is_empty() && self.core.rosters.note(&self.tenant, &loads) {
            self.give_out_some().await;
        }
        Ok(tickets)
    }

    async fn plan_open(&self, id: TicketId, draft: &Draft) -> Result<Plan, Error> {
        if let Some(held) = self.done(draft.once.as_deref()).await? {
            return Ok(Plan::Done(held));
        }
        let (now, mut related) = (self.now(), Related::default());
        let rulebook = self.rules_at(now).await?;
        let desk = self.standing(&rulebook).await?;
        desk.acquaint(&rulebook, &mut related, || engine::named_at_opening(&desk.actor, draft)).await?;
        let context = Context { rulebook: &rulebook, actor: &desk.actor, related: &related, now };
        let claims = once(draft.once.as_deref(), id);
        let decision = engine::open(&context, &self.tenant, id, draft)?;
        Ok(Plan::Commit(desk.commit_of(&rulebook, None, decision, &related, claims).await?))
    }

    pub(super) async fn plan(&self, id: TicketId, request: &Request, fresh: &[TicketId]) -> Result<Plan, Error> {
        if let Some(held) = self.done(request.once.as_deref()).await? {
            return Ok(Plan::Done(held));
        }
        let now = self.now();
        let rulebook = self.rules_at(now).await?;
        let ticket = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        self.plan_of(&rulebook, ticket, request, fresh, now).await
    }

    /// The plan for a ticket as it was read; `fresh` are the ids of tickets that it may open along.
    pub(super) async fn plan_of(
        &self,
        rulebook: &Rulebook,
        ticket: Arc<Ticket>,
        request: &Request,
        fresh: &[TicketId],
        now: DateTime<Utc>,
    ) -> Result<Plan, Error> {
        let goes_on = ticket.merged.is_some() && request.is_talk();
        let ticket = if goes_on { self.survivor(ticket).await? } else { ticket };
        let desk = self.standing(rulebook).await?;
        // A version tells how much happened, and a conflict what: both are for those who see all of it.
        if request.seen.is_some() && !desk.holds(rulebook, &ticket, Capability::Read) {
            return Err(desk.refused(rulebook, &ticket, forbidden(&desk.actor, Capability::Read)));
        }
        let mut related = desk.related(rulebook, &ticket, &request.commands).await?;
        fresh.iter().for_each(|id| related.set_aside(*id));
        let context = Context { rulebook, actor: &desk.actor, related: &related, now };
        let decision = match decide(&context, &ticket, request) {
            Err(Refusal::Changed { seen, found, .. }) => {
                let limit = usize::try_from(found.0).unwrap_or(usize::MAX);
                let history = self.core.store.history(&self.tenant, ticket.id, Version(0), limit).await?;
                return Err(Refusal::Changed { seen, found, changes: since(&history, seen) }.into());
            }
            decided => decided.map_err(|refusal| desk.refused(rulebook, &ticket, refusal))?,
        };
        let claims = once(request.once.as_deref(), ticket.id);
        // Even what changes nothing is done once, if it has a key: a repetition must not be carried out later.
        if decision.facts.is_empty() && decision.echoes.is_empty() && claims.is_empty() {
            return Ok(Plan::Nothing(ticket));
        }
        Ok(Plan::Commit(desk.commit_of(rulebook, Some(&ticket), decision, &related, claims).await?))
    }

    /// The commit of a decision on a ticket as it was read, with the agents that were looked for.
    pub(super) async fn commit_of(
        &self,
        rulebook: &Rulebook,
        before: Option<&Ticket>,
        decision: Decision,
        related: &Related,
        claims: Vec<Claim>,
    ) -> Result<Commit, Error> {
        let mut seats = Seats::default();
        let decision = seats.take(self, rulebook, before, decision, related).await?;
        let expected = before.map_or(Version(0), |before| before.version);
        let documents = seats.writes(self.now())?;
        Ok(Commit { documents, ..self.assembled(rulebook, expected, decision, related, claims) })
    }

    pub(super) fn assembled(
        &self,
        rulebook: &Rulebook,
        expected: Version,
        decision: Decision,
        related: &Related,
        claims: Vec<Claim>,
    ) -> Commit {
        let Decision { facts, ticket, echoes } = decision;
        // What guards read and nothing changes must stay as it was read.
        let unchanged = related.iter().filter(|other| !echoes.iter().any(|echo| echo.ticket.id == other.id));
        let expect = std::iter::once(still(rulebook))
            .chain(unchanged.map(|other| Expect::Ticket(other.id, other.version)))
            .chain(self.acquainted(related))
            .collect();
        let first = change(rulebook, expected, ticket, facts, claims);
        let others = echoes.into_iter().map(|echo| {
            let expected = echo.expected();
            change(rulebook, expected, echo.ticket, echo.facts, Vec::new())
        });
        let changes = std::iter::once(first).chain(others).collect();
        Commit { changes, expect, ..Commit::new(self.tenant.clone()) }
    }

    /// What a request may read besides its ticket.
    pub(super) async fn related(
        &self,
        rulebook: &Rulebook,
        ticket: &Ticket,
        commands: &[Command],
    ) -> Result<Related, StoreError> {
        let mut related = self.load_all(engine::reads(rulebook, ticket, commands)).await?;
        let on = engine::reads_on(rulebook, ticket, &related);
        self.load_more(&mut related, on).await?;
        // Where a merged ticket goes on is read to the end, so that a refusal can name the survivor.
        let merged: Vec<Arc<Ticket>> = related.iter().filter(|other| other.merged.is_some()).cloned().collect();
        for mut other in merged.into_iter().chain(ticket.merged.map(|_| Arc::new(ticket.clone()))) {
            while let Some(next) = other.merged.filter(|id| related.get(*id).is_none() && *id != ticket.id) {
                let Some(found) = self.core.store.load(&self.tenant, next).await? else { break };
                related.insert(Arc::clone(&found));
                other = found;
            }
        }
        // Links may not close a circle: the way up is read to its end, or as far as the limit goes.
        let limit = rulebook.now().config.limits.links;
        loop {
            let next = engine::circles(ticket, commands, &related, limit);
            if self.load_more(&mut related, next).await? == 0 {
                break;
            }
        }
        if let Some(Version(from)) = engine::recalls(commands) {
            let after = Version(from.saturating_sub(1).max(0));
            related.recall(self.core.store.history(&self.tenant, ticket.id, after, usize::MAX).await?);
        }
        self.acquaint(rulebook, &mut related, || {
            let splits = commands.iter().filter_map(|command| match command {
                Command::Split(_, draft) => Some(engine::named_at_opening(&self.actor, draft)),
                _ => None,
            });
            engine::named(commands).into_iter().chain(splits.flatten()).collect()
        })
        .await?;
        Ok(related)
    }

    /// Loads more tickets, and says how many there were.
    pub(super) async fn load_more(&self, related: &mut Related, ids: Vec<TicketId>) -> Result<usize, StoreError> {
        let more = self.load_all(ids).await?;
        more.iter().for_each(|ticket| related.insert(Arc::clone(ticket)));
        Ok(more.iter().count())
    }

    pub(super) async fn load_all(&self, ids: Vec<TicketId>) -> Result<Related, StoreError> {
        if ids.is_empty() {
            return Ok(Related::default());
        }
        let limit = ids.len();
        let query = Query::new(Filter::ids(ids)).order(Order::oldest()).limit(limit);
        Ok(self.core.store.find(&self.tenant, &query).await?.tickets.into_iter().collect())
    }

    pub(super) async fn done(&self, once: Option<&str>) -> Result<Option<Held>, StoreError> {
        match once {
            Some(key) => self.core.store.claim(&self.tenant, &once_key(key)).await,
            None => Ok(None),
        }
    }

    /// The ticket as it was at a version: the first answer to a request that is repeated.
    async fn as_answered(&self, held: Held) -> Result<Arc<Ticket>, Error> {
        let Held { by: id, since } = held;
        let now = self.core.store.load(&self.tenant, id).await?.ok_or(Error::NotFound(id))?;
        let rulebook = self.rulebook().await?;
        // Whoever may not see it is not told what others asked under the same key.
        let desk = self.standing(&rulebook).await?;
        desk.seen(&rulebook, Arc::clone(&now))?;
        if now.version == since {
            return Ok(desk.shown(&rulebook, now));
        }
        let limit = usize::try_from(since.0).unwrap_or(usize::MAX);
        let history = self.core.store.history(&self.tenant, id, Version(0), limit).await?;
        let then = fold(&history).ok_or(Error::NotFound(id))?;
        Ok(desk.shown(&rulebook, Arc::new(Ticket { number: now.number, ..then })))
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
        seal(Arc::make_mut(&mut ticket), expected, &mut facts);
    }
    let marks = marks(rulebook, &ticket);
    Change { expected, ticket, facts, marks, claims, erased: Vec::new() }
}

fn once_key(key: &str) -> String {
    format!("once/{key}")
}

pub(super) fn once(key: Option<&str>, by: TicketId) -> Vec<Claim> {
    key.map(|key| Claim { key: once_key(key), from: None, to: Some(by) }).into_iter().collect()
}
