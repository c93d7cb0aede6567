//! A desk with a past: tickets made by the engine in bulk and given to a store a thousand at a time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use pollster::block_on;
use ticketcore::config::Rulebook;
use ticketcore::engine::{self, Context, Decision, Related};
use ticketcore::store::{Change, Commit};
use ticketcore::{Actor, Command, Desk, Draft, Error, Request, Store, StoreError, TenantId, Ticket, TicketId, Version};

use super::random::Random;
use super::work;

/// How many tickets go into one commit.
const BATCH: usize = 1000;

/// Publishes the configuration and fills the store; returns the tickets that are new, which are the youngest.
///
/// Six of ten tickets are new and opened within the last ten minutes, so that nothing of them is due for as long as a
/// benchmark runs. The others were opened, worked on and closed over the ninety days before.
pub(crate) fn prefill(store: &Arc<dyn Store>, tickets: usize, random: &mut Random) -> Result<Vec<TicketId>, Error> {
    let desk = Desk::new(Arc::clone(store));
    block_on(desk.publish(work::config()))?;
    // Who ticks next reads all open tickets under the new rules; now there are none.
    block_on(desk.tick())?;
    let rulebook = block_on(desk.rulebook())?;
    let (clerk, now) = (Clerk { rulebook: &rulebook, related: &Related::default() }, desk.now());
    let closed = tickets * 4 / 10;
    for batch in batches(0..closed) {
        let opened = batch.map(|place| {
            let ago = TimeDelta::days(90) - share(TimeDelta::days(89), place, closed);
            clerk.open(now - ago, &work::draft(random), random.bits())
        });
        let opened = commit(store, opened.collect::<Result<_, _>>()?)?;
        let worked = opened.iter().map(|ticket| {
            let agent = Actor::agent(format!("agent-{:02}", random.below(50)));
            let took = TimeDelta::seconds(i64::try_from(random.skewed(20 * 3600)).unwrap_or_default());
            let reply = Command::reply(work::text(random, 200));
            let assign = Command::assign(agent.id.clone());
            let commands = [assign, reply, Command::transition("resolve"), Command::transition("close")];
            clerk.decide(&agent, ticket.created + took, ticket, &commands.into())
        });
        commit(store, worked.collect::<Result<_, _>>()?)?;
    }
    let mut ids = Vec::with_capacity(tickets - closed);
    for batch in batches(closed..tickets) {
        let opened = batch.map(|place| {
            let ago = TimeDelta::minutes(10) - share(TimeDelta::minutes(10), place - closed, tickets - closed);
            clerk.open(now - ago, &work::draft(random), random.bits())
        });
        ids.extend(commit(store, opened.collect::<Result<_, _>>()?)?.iter().map(|ticket| ticket.id));
    }
    Ok(ids)
}

fn batches(all: std::ops::Range<usize>) -> impl Iterator<Item = std::ops::Range<usize>> {
    all.clone().step_by(BATCH).map(move |start| start..all.end.min(start + BATCH))
}

fn share(whole: TimeDelta, part: usize, of: usize) -> TimeDelta {
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    whole / count(of) * count(part)
}

fn commit(store: &Arc<dyn Store>, changes: Vec<Change>) -> Result<Vec<Arc<Ticket>>, StoreError> {
    block_on(store.commit(Commit { changes, ..Commit::new(TenantId::MAIN) }))
}

/// Does what a desk does, at any time it is told and without asking the store.
struct Clerk<'a> {
    rulebook: &'a Rulebook,
    related: &'a Related,
}

impl Clerk<'_> {
    fn open(&self, at: DateTime<Utc>, draft: &Draft, random: u64) -> Result<Change, Error> {
        let actor = work::agent();
        let context = Context { rulebook: self.rulebook, actor: &actor, related: self.related, now: at };
        let decision = engine::open(&context, &TenantId::MAIN, TicketId::at(at, random), draft)?;
        Ok(self.change(Version(0), decision))
    }

    fn decide(
        &self,
        actor: &Actor,
        at: DateTime<Utc>,
        ticket: &Arc<Ticket>,
        request: &Request,
    ) -> Result<Change, Error> {
        let context = Context { rulebook: self.rulebook, actor, related: self.related, now: at };
        Ok(self.change(ticket.version, engine::decide(&context, ticket, request)?))
    }

    fn change(&self, expected: Version, decision: Decision) -> Change {
        let Decision { facts, ticket, echoes: _ } = decision;
        let marks = engine::marks(self.rulebook, &ticket);
        Change { expected, ticket, facts, marks, claims: Vec::new(), erased: Vec::new() }
    }
}
