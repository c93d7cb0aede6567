//! A ticket that comes from elsewhere: its history is taken as it is, and nothing is done late about what was due in it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::Rulebook;
use crate::engine::decision::Decision;
use crate::engine::evolve::{begin, evolve};
use crate::engine::survey::{Next, What, survey};
use crate::event::{Event, Fact, Skip};
use crate::id::{TenantId, TicketId};
use crate::policy_log::StepKey;
use crate::ticket::Ticket;

/// Takes a ticket over with the history it has elsewhere, `None` if that does not begin with an opening.
///
/// The facts are folded with their own times and authors; no guard, no rule and no right is asked, and nothing is done.
/// What the policies had due before `now` is settled without anybody being told: promises that were broken are recorded
/// as broken, so that reports and the order of work are right, and steps of clocks that still run are recorded as
/// [skipped](Skip::Imported), so that no tick takes them later. Both stand behind the history, at the instant they were
/// due or at its last event, whichever is later. What comes due from now on is done as on any ticket.
pub fn adopt(
    rulebook: &Rulebook,
    tenant: &TenantId,
    id: TicketId,
    mut facts: Vec<Fact>,
    now: DateTime<Utc>,
) -> Option<Decision> {
    let mut ticket = folded(tenant, id, &facts)?;
    let system = Actor::system().by();
    // Each round records a step or a breach that was not recorded before, and a run has finitely many.
    while let Some((due, event)) = overdue(rulebook, &ticket, now) {
        let at = due.max(ticket.updated);
        evolve(&mut ticket, at, &system, &event);
        facts.push(Fact { at, by: system.clone(), event, text: None, seal: None });
    }
    Some(Decision { facts, ticket: Arc::new(ticket), echoes: Vec::new() })
}

/// The ticket that facts make, before any store has seen them.
pub(crate) fn folded(tenant: &TenantId, id: TicketId, facts: &[Fact]) -> Option<Ticket> {
    let (first, rest) = facts.split_first()?;
    let Event::Opened(opened) = &first.event else { return None };
    let mut ticket = begin(tenant, id, first.at, &first.by, opened);
    ticket.head = first.seal.map(|seal| seal.chain);
    for fact in rest {
        evolve(&mut ticket, fact.at, &fact.by, &fact.event);
        ticket.head = fact.seal.map(|seal| seal.chain);
    }
    Some(ticket)
}

/// What is due first, and when it was.
fn overdue(rulebook: &Rulebook, ticket: &Ticket, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Event)> {
    let Next { due, policy, cycle, what } = survey(rulebook, ticket).next.filter(|next| next.due < now)?;
    let policy = policy.id.clone();
    let event = match what {
        What::Breach => Event::Breached { policy, cycle, due },
        What::Step { round, step } => {
            Event::Skipped { key: StepKey { policy, cycle, round, step }, due, why: Skip::Imported }
        }
    };
    Some((due, event))
}
