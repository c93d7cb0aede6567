//! Automation rules: what follows from what was recorded.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::{Rule, Rulebook, Trigger};
use crate::engine::apply::Work;
use crate::engine::facts::{Related, Scene};
use crate::event::{Event, Migrated, Moved};
use crate::status::Status;
use crate::ticket::Ticket;

/// What follows from one cause: a request, an opening, or a step that time made due. That each such step has a chain of
/// its own keeps what rules do independent of how often the desk ticks.
pub(super) struct Chain {
    /// The facts from here on are of this chain.
    since: usize,
    /// Whether the ticket was closed before; then only its reopening wakes the rules.
    closed: bool,
}

impl Chain {
    /// Begins before the cause is recorded.
    pub(super) fn begin(work: &Work<'_>) -> Self {
        Self { since: work.facts.len(), closed: work.ticket.status == Status::Closed }
    }

    /// Begins with the opening of a ticket, which is recorded already.
    pub(super) const fn opening() -> Self {
        Self { since: 0, closed: false }
    }

    /// Lets the rules act on what was recorded since, in order, and on what they record themselves.
    ///
    /// Law 28: each rule acts at most once, so they halt after at most as many acts as there are rules.
    pub(super) fn run(self, work: &mut Work<'_>, actor: &Actor) {
        let rules = &work.setup.config.rules;
        if rules.is_empty() {
            return;
        }
        let (by, system) = (actor.by(), Actor::system());
        let mut spent = vec![false; rules.len()];
        let (mut next, mut asleep) = (self.since, self.closed);
        while let Some(fact) = work.facts.get(next) {
            next += 1;
            asleep = asleep && !leads_back(&fact.event);
            let Some(trigger) = Trigger::of(&fact.event).filter(|_| !asleep) else { continue };
            let cause = if fact.by == by { actor } else { &system };
            for (rule, spent) in rules.iter().zip(&mut spent) {
                *spent = *spent || rule.waits_for(trigger) && obey(work, rule, cause);
            }
        }
    }
}

/// Acts, if the rule's condition holds and something is to be done, and tells whether it did.
fn obey(work: &mut Work<'_>, rule: &Rule, cause: &Actor) -> bool {
    let scene = Scene { ticket: &work.ticket, actor: Some(cause), related: work.related, setup: work.setup };
    let acts = rule.when.test(&scene, work.at) && rule.then.iter().any(|action| work.would_act(action));
    if acts {
        work.record(&Actor::system().by(), Event::Ruled { rule: rule.key.clone() });
        rule.then.iter().for_each(|action| work.act(action));
    }
    acts
}

/// Tells whether an event takes a closed ticket back into its life.
fn leads_back(event: &Event) -> bool {
    let (Event::Moved(Moved { status, .. }) | Event::Migrated(Migrated { status, .. })) = event else { return false };
    *status != Status::Closed
}

/// Tells what a rule would record on a ticket as it is now, if an actor caused what it waits for: nothing, if its
/// condition does not hold, or if nothing is to be done. What other rules would make of that is left out.
pub fn rehearse(
    rulebook: &Rulebook,
    ticket: &Arc<Ticket>,
    related: &Related,
    rule: &Rule,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Vec<Event> {
    let mut work = Work::new(rulebook.now(), related, now.max(ticket.updated), Arc::clone(ticket));
    if ticket.status != Status::Closed {
        obey(&mut work, rule, actor);
    }
    work.facts.into_iter().map(|fact| fact.event).collect()
}
