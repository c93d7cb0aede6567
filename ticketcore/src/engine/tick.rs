//! Time → events. `tick` is `decide` for time.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::{Action, Rulebook};
use crate::engine::apply::Work;
use crate::engine::automate::Chain;
use crate::engine::cascade::cascade;
use crate::engine::decision::Decision;
use crate::engine::facts::{Related, Scene};
use crate::engine::survey::{Next, What, due_of, survey};
use crate::event::{Event, Skip};
use crate::policy_log::StepKey;
use crate::ticket::Ticket;

/// Does what the policies have due on a ticket strictly before `now`, in the order of the due instants.
///
/// Each step is looked for on the ticket as the ones before it left it, so a step that an earlier one made pointless
/// (it resolved the ticket, say) is not taken, and the outcome does not depend on how often the desk ticks.
pub fn tick(rulebook: &Rulebook, ticket: &Arc<Ticket>, related: &Related, now: DateTime<Utc>) -> Decision {
    let at = now.max(ticket.updated);
    let mut work = Work::new(rulebook.now(), related, at, Arc::clone(ticket));
    settle(&mut work, rulebook);
    cascade(&mut work, rulebook);
    work.decided()
}

pub(super) fn settle(work: &mut Work<'_>, rulebook: &Rulebook) {
    let system = Actor::system();
    // Each round records a step or a breach that was not recorded before, and a run has finitely many.
    while let Some((event, actions)) = next_event(work, rulebook) {
        let chain = Chain::begin(work);
        work.record(&system.by(), event);
        for action in &actions {
            work.act(action);
        }
        chain.run(work, &system);
    }
}

fn next_event(work: &Work<'_>, rulebook: &Rulebook) -> Option<(Event, Vec<Action>)> {
    let next = survey(rulebook, &work.ticket).next.filter(|next| next.due < work.at)?;
    let Next { due, policy, cycle, what } = next;
    let What::Step { round, step } = what else {
        return Some((Event::Breached { policy: policy.id.clone(), cycle, due }, Vec::new()));
    };
    let spec = policy.steps.get(usize::from(step))?;
    let key = StepKey { policy: policy.id.clone(), cycle, round, step };
    let scene = Scene { ticket: &work.ticket, actor: None, related: work.related, setup: work.setup };
    // A later round of the same step may be due as well: then a desk that slept takes only that one.
    let later = round.checked_add(1).map(|round| StepKey { round, ..key.clone() });
    let overtaken = later.and_then(|key| due_of(rulebook, &work.ticket, &key)).is_some_and(|due| due < work.at);
    let unwanted = || spec.unless.as_ref().is_some_and(|unless| unless.test(&scene, work.at));
    let impossible = || spec.actions.iter().any(|action| !work.can_act(action));
    let skip = match () {
        () if overtaken => Some(Skip::Overtaken),
        () if unwanted() => Some(Skip::Unless),
        () if impossible() => Some(Skip::Impossible),
        () => None,
    };
    Some(match skip {
        Some(why) => (Event::Skipped { key, due, why }, Vec::new()),
        None => (Event::Fired { key, due }, spec.actions.clone()),
    })
}
