//! The run: a page of tickets, a commit, the next page.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tracing::Instrument;

use super::{Bulk, Bulked, Effect, Outcome, Progress};
use crate::capability::Capability;
use crate::command::{Command, Request};
use crate::config::{People, Rulebook};
use crate::desk::apply::{ATTEMPTS, Plan, once};
use crate::desk::batch::{Batch, one_by_one};
use crate::desk::{Desk, Error};
use crate::engine::{self, Context, Refusal, Related, decide, forbidden};
use crate::fault::Fault;
use crate::id::{TicketId, Version};
use crate::query::{Cursor, Filter, Order, Query, Sort};
use crate::report::{Measure, Measured, Scan, TableSpec};
use crate::store::StoreError;
use crate::ticket::Ticket;

/// How many tickets share a commit: enough to share a flush, few enough to let others in between.
const CHUNK: usize = 500;

const BY_NUMBER: Order = Order { by: Sort::Number, descending: false };

/// What is to be done.
pub(super) struct Job<'a> {
    pub(super) desk: &'a Desk,
    pub(super) filter: Filter,
    pub(super) request: Request,
    pub(super) dry: bool,
    pub(super) atomic: bool,
    pub(super) after: Option<Cursor>,
    pub(super) limit: usize,
}

/// Tickets in the order of their numbers, and where the next ones start.
type Tickets = (Vec<Arc<Ticket>>, Option<Cursor>);

impl Job<'_> {
    pub(super) async fn run(self, progress: Option<Progress<'_>>) -> Result<Bulked, Error> {
        let rulebook = self.desk.rulebook().await?;
        self.check(&rulebook)?;
        let span = tracing::debug_span!("bulk", tenant = %self.desk.tenant);
        async {
            let Some(last) = self.last().await? else { return Ok(Bulked::default()) };
            let total = if progress.is_some() { self.count().await? } else { 0 };
            let mut progress = progress;
            let mut tell = |done: usize| {
                if let Some(tell) = &mut progress {
                    tell(done, total.max(done));
                }
            };
            if self.atomic {
                let bulked = self.all_or_none(last).await?;
                tell(bulked.outcomes.len());
                return Ok(bulked);
            }
            let mut bulked = Bulked { next: self.after, ..Bulked::default() };
            loop {
                let room = self.limit - bulked.outcomes.len();
                let (tickets, next) = match self.page(bulked.next, last, room.min(CHUNK)).await {
                    Ok(page) => page,
                    Err(error) => return Ok(Bulked { error: Some(error), ..bulked }),
                };
                let (outcomes, error) = self.chunk(tickets).await;
                let reached = outcomes.last().map(|one| Cursor { key: [one.number, 0, 0], id: one.id });
                bulked.outcomes.extend(outcomes);
                tell(bulked.outcomes.len());
                if error.is_some() {
                    return Ok(Bulked { next: reached.or(bulked.next), error, ..bulked });
                }
                bulked.next = next;
                if next.is_none() || bulked.outcomes.len() >= self.limit {
                    return Ok(bulked);
                }
            }
        }
        .instrument(span)
        .await
    }

    /// Finds what no ticket could make right.
    fn check(&self, rulebook: &Rulebook) -> Result<(), Error> {
        // Customers see one side of a ticket, and a decision rests on all of it.
        if !rulebook.now().config.rights.is_staff(self.desk.actor()) {
            return Err(forbidden(self.desk.actor(), Capability::Read).into());
        }
        let mut faults = Vec::new();
        if self.request.seen.is_some() {
            faults.push(Fault::new("seen", "is the version of one ticket, and these are many"));
        }
        if self.limit == 0 {
            faults.push(Fault::new("limit", "must allow at least one ticket"));
        }
        if self.atomic && self.reaches_out(rulebook) {
            faults.push(Fault::new("atomic", "it may change other tickets as well"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid { faults }.into()) }
    }

    /// Whether a ticket's commit may change other tickets, or rests on more than tickets, so that it cannot be shared.
    fn reaches_out(&self, rulebook: &Rulebook) -> bool {
        let config = &rulebook.now().config;
        !config.cascades.is_empty()
            || config.people == People::Known
            || self.request.commands.iter().any(Command::reaches_out)
    }

    /// The number of the last ticket that is meant, if any is.
    async fn last(&self) -> Result<Option<i64>, Error> {
        let order = Order { by: Sort::Number, descending: true };
        let query = Query::new(self.filter.clone()).order(order).limit(1);
        Ok(self.desk.find(&query).await?.tickets.first().map(|ticket| ticket.number))
    }

    async fn count(&self) -> Result<usize, Error> {
        let tables = vec![TableSpec::new([], [Measure::Count])];
        let scan = Scan { filter: self.filter.clone(), tables, now: self.desk.now() };
        let tables = self.desk.tally(&scan).await?;
        let count = tables.first().and_then(|table| table.rows.first()?.values.first());
        Ok(match count {
            Some(Measured::Count(count)) => usize::try_from(*count).unwrap_or(usize::MAX),
            _ => 0,
        })
    }

    async fn page(&self, after: Option<Cursor>, last: i64, limit: usize) -> Result<Tickets, Error> {
        let query = Query::new(self.filter.clone()).order(BY_NUMBER).after(after).limit(limit);
        let mut page = self.desk.find(&query).await?;
        let more = page.tickets.last().is_some_and(|ticket| ticket.number < last);
        page.tickets.retain(|ticket| ticket.number <= last);
        Ok((page.tickets, page.next.filter(|_| more)))
    }

    async fn chunk(&self, tickets: Vec<Arc<Ticket>>) -> (Vec<Outcome>, Option<Error>) {
        let rulebook = match self.desk.rulebook().await {
            Ok(rulebook) => rulebook,
            Err(error) => return (Vec::new(), Some(error)),
        };
        if self.reaches_out(&rulebook) {
            return one_by_one(tickets, |ticket| self.alone(ticket)).await;
        }
        self.desk.together(tickets, |tickets| self.shared(tickets), |ticket| self.alone(ticket)).await
    }

    /// Does it to tickets in one commit.
    async fn shared(&self, tickets: Vec<Arc<Ticket>>) -> Result<Vec<Outcome>, Error> {
        // A commit would find out by itself.
        let repeated = if self.dry { self.repeated(&tickets).await? } else { HashMap::new() };
        let (outcomes, batch, rulebook) = self.decide(&tickets, &repeated).await?;
        self.commit(batch, &rulebook).await?;
        Ok(outcomes)
    }

    async fn commit(&self, batch: Batch, rulebook: &Rulebook) -> Result<(), StoreError> {
        if !self.dry && !batch.is_empty() {
            self.desk.commit(batch.commit(self.desk, rulebook)?).await?;
        }
        Ok(())
    }

    /// Does it to all tickets in one commit, or to none.
    async fn all_or_none(&self, last: i64) -> Result<Bulked, Error> {
        let most = Bulk::ATOMIC_LIMIT;
        let mut attempt = 0;
        loop {
            let (tickets, next) = self.page(self.after, last, self.limit.min(most)).await?;
            if next.is_some() && self.limit > most {
                let problem = format!("the filter means more than {most} tickets, which is the limit");
                return Err(Refusal::Invalid { faults: vec![Fault::new("atomic", problem)] }.into());
            }
            let Some(id) = tickets.first().map(|ticket| ticket.id) else { return Ok(Bulked::default()) };
            let repeated = self.repeated(&tickets).await?;
            let (mut outcomes, batch, rulebook) = self.decide(&tickets, &repeated).await?;
            if outcomes.iter().any(|one| matches!(one.effect, Effect::Refused(_))) {
                let possible = outcomes.iter_mut().filter(|one| matches!(one.effect, Effect::Changed(_)));
                possible.for_each(|one| one.effect = Effect::Withheld);
                return Ok(Bulked { outcomes, next, error: None });
            }
            attempt += 1;
            match self.commit(batch, &rulebook).await {
                Ok(()) => return Ok(Bulked { outcomes, next, error: None }),
                Err(StoreError::Conflict(_)) if attempt == ATTEMPTS => {
                    return Err(Error::Contended { id, attempts: attempt });
                }
                Err(StoreError::Conflict(conflict)) => self.desk.lost(id, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Decides for tickets in their order, each as if the ones before it were done.
    async fn decide(
        &self,
        tickets: &[Arc<Ticket>],
        repeated: &HashMap<TicketId, Version>,
    ) -> Result<(Vec<Outcome>, Batch, Arc<Rulebook>), Error> {
        let now = self.desk.now();
        let rulebook = self.desk.rules_at(now).await?;
        let reads = |ticket: &Arc<Ticket>| engine::reads(&rulebook, ticket, &self.request.commands);
        let others: BTreeSet<TicketId> = tickets.iter().flat_map(reads).collect();
        let others = self.desk.load_all(others.into_iter().collect()).await?;
        let desk = self.desk.standing(&rulebook).await?;
        let mut batch = Batch::default();
        batch.rest_on(desk.acquainted(&Related::default()));
        let mut request = self.request.clone();
        let mut outcomes = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let effect = match repeated.get(&ticket.id) {
                Some(version) => Effect::Repeated(*version),
                None => {
                    let seen = |id: &TicketId| batch.ticket(*id).or_else(|| others.get(*id)).cloned();
                    let related: Related = reads(ticket).iter().filter_map(seen).collect();
                    request.once = self.once(ticket.id);
                    let context = Context { rulebook: &rulebook, actor: &desk.actor, related: &related, now };
                    match decide(&context, ticket, &request) {
                        Err(refusal) => Effect::Refused(refusal),
                        Ok(decision) => {
                            let claims = once(request.once.as_deref(), ticket.id);
                            let after = if decision.facts.is_empty() && claims.is_empty() {
                                ticket.version
                            } else {
                                batch.add(self.desk, &rulebook, ticket, decision, &related, claims).await?
                            };
                            changed(ticket.version, after)
                        }
                    }
                }
            };
            outcomes.push(Outcome { id: ticket.id, number: ticket.number, effect });
        }
        Ok((outcomes, batch, rulebook))
    }

    /// The tickets that it was done to before, under the same key.
    async fn repeated(&self, tickets: &[Arc<Ticket>]) -> Result<HashMap<TicketId, Version>, Error> {
        let mut repeated = HashMap::new();
        if self.request.once.is_some() {
            for ticket in tickets {
                let held = self.desk.done(self.once(ticket.id).as_deref()).await?;
                repeated.extend(held.map(|held| (ticket.id, held.since)));
            }
        }
        Ok(repeated)
    }

    /// Does it to one ticket in a commit of its own, as it is by then.
    async fn alone(&self, ticket: Arc<Ticket>) -> Result<Outcome, Error> {
        let (id, number) = (ticket.id, ticket.number);
        Ok(Outcome { id, number, effect: self.effect(id).await? })
    }

    async fn effect(&self, id: TicketId) -> Result<Effect, Error> {
        let Self { desk, .. } = self;
        let request = Request { once: self.once(id), ..self.request.clone() };
        let query = Query::new(Filter { ids: vec![id], ..self.filter.clone() }).limit(1);
        let fresh = desk.ids_for(request.splits());
        for attempt in 1..=ATTEMPTS {
            if let Some(held) = desk.done(request.once.as_deref()).await? {
                return Ok(Effect::Repeated(held.since));
            }
            let now = desk.now();
            let rulebook = desk.rules_at(now).await?;
            let Some(ticket) = desk.find(&query).await?.tickets.pop() else { return Ok(Effect::NoLonger) };
            let before = ticket.version;
            let commit = match desk.plan_of(&rulebook, ticket, &request, &fresh, now).await {
                Ok(Plan::Commit(commit)) => commit,
                Ok(Plan::Nothing(_)) => return Ok(Effect::Unchanged),
                Ok(Plan::Done(held)) => return Ok(Effect::Repeated(held.since)),
                Err(Error::Refused(refusal)) => return Ok(Effect::Refused(refusal)),
                Err(error) => return Err(error),
            };
            let after = commit.changes.first().map_or(before, |change| change.ticket.version);
            if self.dry {
                return Ok(changed(before, after));
            }
            match desk.commit(commit).await {
                Ok(_) => return Ok(changed(before, after)),
                Err(StoreError::Conflict(conflict)) => desk.lost(id, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Effect::Failed(Error::Contended { id, attempts: ATTEMPTS }))
    }

    /// The key of the request for one ticket.
    fn once(&self, id: TicketId) -> Option<String> {
        self.request.once.as_ref().map(|key| format!("{key}/{id}"))
    }
}

fn changed(before: Version, after: Version) -> Effect {
    if before == after { Effect::Unchanged } else { Effect::Changed(after) }
}
