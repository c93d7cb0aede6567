//! The desk's clockwork: what is due is done; what was decided under older rules is read anew.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::desk::batch::Batch;
use crate::desk::rules::{DESK, SWEEP, Sweep};
use crate::desk::seats::routes;
use crate::desk::{Desk, Error};
use crate::engine;
use crate::id::{Revision, TenantId, TicketId};
use crate::query::{Cursor, Filter, Order, Query, Sort};
use crate::status::Status;
use crate::store::{Commit, Document, StoreError, Write};

/// How many tickets are worked on in one commit: enough to share a flush, few enough to let others in between.
const CHUNK: usize = 200;
/// The longest sleep between two ticks, as other processes may have made something due sooner.
const NAP: Duration = Duration::from_secs(1);

/// What a tick came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// How many tickets were worked on.
    pub tickets: usize,
    /// When the next one wakes or is to be opened, if any is.
    pub next: Option<DateTime<Utc>>,
}

/// What a look at the configurations that were published came to.
#[derive(Default)]
struct Swept {
    /// How many tickets were read anew.
    tickets: usize,
    /// The tenants whose tickets look for agents.
    routed: Vec<TenantId>,
}

impl Desk {
    /// Does everything that is due on the tickets of all tenants, opens those that [recur](crate::config::Recurring),
    /// erases what was [kept](crate::config::Retention) for long enough, and gives tickets that wait for an agent to
    /// whoever has room.
    ///
    /// Any number of processes may tick the same store at once: each step is recorded once.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails, [`Error::Unsound`] if a configuration cannot be used; what was done stays
    /// done, and the tickets of other tenants were served.
    pub async fn tick(&self) -> Result<Ticked, Error> {
        let now = self.now();
        let mut ticked = Ticked::default();
        let mut routed = Vec::new();
        if self.core.rules.sweep_due(now) {
            let swept = self.sweep().await?;
            ticked.tickets += swept.tickets;
            routed = swept.routed;
            self.look_at_agendas().await?;
            self.count_some().await?;
        }
        let (opened, failed) = self.keep_agendas(now).await;
        ticked.tickets += opened;
        let next = self.refresh_due(now, &mut ticked.tickets).await?;
        ticked.next = next.into_iter().chain(self.core.rules.agendas.next()).min();
        if self.core.rosters.drain_due(now) {
            for tenant in routed {
                ticked.tickets += self.tenant(tenant).drain(CHUNK).await?;
            }
        }
        failed.map_or(Ok(ticked), Err)
    }

    /// Works on the tickets that wake by now, adds to their count, and says when the next one wakes.
    async fn refresh_due(&self, now: DateTime<Utc>, count: &mut usize) -> Result<Option<DateTime<Utc>>, Error> {
        loop {
            let due = self.core.store.due(now, CHUNK).await?;
            if due.tickets.is_empty() {
                return Ok(due.next);
            }
            let more = due.tickets.len() == CHUNK;
            for (tenant, ids) in by_tenant(due.tickets) {
                *count += self.tenant(tenant).refresh(ids).await?;
            }
            if !more {
                // What was just worked on wakes again some time; ask when.
                return Ok(self.core.store.due(now, 0).await?.next);
            }
        }
    }

    /// Ticks for ever, asleep in between until something wakes but never for longer than a second.
    ///
    /// The host supplies the sleep of its runtime: `desk.run(tokio::time::sleep)`. Failures are traced, and the next
    /// tick tries again.
    pub async fn run<S, F>(&self, sleep: S) -> Infallible
    where
        S: Fn(Duration) -> F,
        F: Future<Output = ()>,
    {
        loop {
            let nap = match self.tick().await {
                Ok(Ticked { next: Some(next), .. }) => (next - self.now()).to_std().unwrap_or_default().min(NAP),
                Ok(Ticked { next: None, .. }) => NAP,
                Err(error) => {
                    tracing::error!(%error, "tick failed");
                    NAP
                }
            };
            // A due time in the past that a tick did not serve must not spin.
            sleep(nap.max(Duration::from_millis(1))).await;
        }
    }

    /// Does what is due on tickets of the tenant and renews what the index holds of them, all in one commit if nobody
    /// interferes, else one by one.
    async fn refresh(&self, ids: Vec<TicketId>) -> Result<usize, Error> {
        let count = ids.len();
        let (_, failed) = self.together(ids, |ids| self.refresh_once(ids), |id| self.refresh_alone(id)).await;
        failed.map_or(Ok(count), Err)
    }

    async fn refresh_once(&self, ids: Vec<TicketId>) -> Result<Vec<()>, Error> {
        let rulebook = self.rulebook().await?;
        let tickets = self.load_all(ids).await?;
        let (mut batch, mut apart) = (Batch::default(), Vec::new());
        for ticket in tickets.iter() {
            let mut related = self.load_all(engine::alone(&rulebook, ticket)).await?;
            let on = engine::reads_on(&rulebook, ticket, &related);
            self.load_more(&mut related, on).await?;
            let decision = engine::tick(&rulebook, ticket, &related, self.now());
            for fact in &decision.facts {
                tracing::info!(tenant = %self.tenant, ticket = %ticket.id, event = fact.event.name(), "due");
            }
            // What moves other tickets along may meet them in this very list; so may what rules do once there is an agent.
            let reaches = routes(&rulebook) && !rulebook.now().config.cascades.is_empty() && !ticket.links.is_empty();
            if decision.echoes.is_empty() && !reaches {
                batch.add(self, &rulebook, ticket, decision, &related, Vec::new()).await?;
            } else {
                apart.push((ticket, decision, related));
            }
        }
        self.commit(batch.commit(self, &rulebook)?).await?;
        for (ticket, decision, related) in apart {
            let commit = self.commit_of(&rulebook, Some(ticket), decision, &related, Vec::new()).await?;
            self.commit(commit).await?;
        }
        Ok(vec![(); tickets.iter().count()])
    }

    /// Whoever was faster has settled the ticket: nothing is lost by leaving it to the next tick.
    async fn refresh_alone(&self, id: TicketId) -> Result<(), Error> {
        match self.refresh_once(vec![id]).await {
            Ok(_) | Err(Error::Store(StoreError::Conflict(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Goes on with reading open tickets under newer configurations, a chunk of each tenant's.
    async fn sweep(&self) -> Result<Swept, Error> {
        let (mut pending, mut swept) = (false, Swept::default());
        let mut after: Option<String> = None;
        loop {
            let sweeps = self.core.store.documents(&DESK, &SWEEP, after.as_deref(), CHUNK).await?;
            let last = sweeps.len() < CHUNK;
            after = sweeps.last().map(|document| document.key.clone());
            for document in sweeps {
                let corrupt = |error| StoreError::corrupt(format!("sweep of {}", document.key), error);
                let sweep: Sweep = serde_json::from_str(&document.body).map_err(corrupt)?;
                if sweep.routed {
                    swept.routed.push(TenantId::from(document.key.as_str()));
                }
                if sweep.done {
                    continue;
                }
                pending = true;
                let desk = self.tenant(TenantId::from(document.key.as_str()));
                if desk.rulebook().await?.now().revision < sweep.revision {
                    // Announced and not published (yet).
                    desk.forget_rules();
                    continue;
                }
                swept.tickets += desk.sweep_on(document, sweep).await?;
            }
            if last {
                break;
            }
        }
        self.core.rules.swept(self.now(), pending);
        Ok(swept)
    }

    async fn sweep_on(&self, document: Document, sweep: Sweep) -> Result<usize, Error> {
        let corrupt = |error: String| StoreError::corrupt("sweep", error);
        let after = sweep.after.map(|text| text.parse::<Cursor>()).transpose().map_err(corrupt)?;
        // A change of rules changes nothing of what is over, but the first rules count for all time before them.
        let first = sweep.revision == Revision::default().next();
        let filter = Filter {
            statuses: Status::ALL.into_iter().filter(|status| first || *status != Status::Closed).collect(),
            ..Filter::default()
        };
        let order = Order { by: Sort::Number, descending: false };
        let query = Query::new(filter).order(order).after(after).limit(CHUNK);
        let page = self.core.store.find(&self.tenant, &query).await?;
        let count = self.refresh(page.tickets.iter().map(|ticket| ticket.id).collect()).await?;
        let after = page.next.map(|cursor| cursor.to_string());
        let next = Sweep { done: after.is_none(), after, ..sweep };
        let body = serde_json::to_string(&next).map_err(|error| StoreError::corrupt("sweep", error))?;
        let Document { kind, key, version, .. } = document;
        let write = Write { kind, key, expected: version, at: self.now(), body: Some(body) };
        match self.core.commit(Commit::documents(DESK, [write])).await {
            // Another process sweeps as well; it is as far.
            Err(StoreError::Conflict(_)) | Ok(_) => Ok(count),
            Err(error) => Err(error.into()),
        }
    }
}

fn by_tenant(due: Vec<(TenantId, TicketId)>) -> Vec<(TenantId, Vec<TicketId>)> {
    let mut grouped: BTreeMap<TenantId, Vec<TicketId>> = BTreeMap::new();
    for (tenant, id) in due {
        grouped.entry(tenant).or_default().push(id);
    }
    grouped.into_iter().collect()
}
