//! Which intake rule and which route a ticket meets, when it looks for an agent, and what is recorded of that; who is
//! chosen is [`routing`](crate::routing)'s matter.

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::cond::Atom;
use crate::config::{Action, Rulebook, Setup};
use crate::engine::apply::Work;
use crate::engine::automate::Chain;
use crate::engine::cascade::cascade;
use crate::engine::decision::Decision;
use crate::engine::facts::{Related, Scene};
use crate::event::{Event, Fact};
use crate::routing::{Choice, Fallback, Intake, Route};
use crate::ticket::Ticket;

/// Finds the intake rule of a ticket that somebody opens, if there is one for it.
pub(crate) fn intake<'a>(setup: &'a Setup, actor: &Actor, ticket: &Ticket, at: DateTime<Utc>) -> Option<&'a Intake> {
    let related = Related::default();
    setup.config.routing.intake(&Scene { ticket, actor: Some(actor), related: &related, setup }, at)
}

/// Finds the route of a ticket, if there is one for it: it is open and with a team. An article is no work, so only a
/// route that names its kind is for one.
pub fn route<'a>(setup: &'a Setup, ticket: &Ticket, at: DateTime<Utc>) -> Option<&'a Route> {
    if setup.config.routing.routes.is_empty() || !ticket.status.is_open() || ticket.team.is_none() {
        return None;
    }
    let related = Related::default();
    let route = setup.config.routing.route(&Scene { ticket, actor: None, related: &related, setup }, at)?;
    let names = |atom: &&Atom| matches!(atom, Atom::Kind(kind) if *kind == ticket.kind);
    let meant = !setup.config.is_knowledge(&ticket.kind) || route.when.atoms().iter().any(names);
    meant.then_some(route)
}

/// Finds the route of a ticket that waits for an agent: there is one, and nobody has it.
pub fn waiting<'a>(setup: &'a Setup, ticket: &Ticket, at: DateTime<Utc>) -> Option<&'a Route> {
    route(setup, ticket, at).filter(|_| ticket.assignee.is_none())
}

/// Finds the route along which a ticket looks for an agent, if what happened to it makes it look for one.
///
/// It does when it comes to wait for one: at the opening, when it goes to a team, when it loses its agent. And it does when
/// it is reopened, whoever had it: they may be gone, or have no room. It does not if somebody was named along with that.
pub fn search<'a>(setup: &'a Setup, before: Option<&Ticket>, after: &Ticket, facts: &[Fact]) -> Option<&'a Route> {
    if setup.config.routing.routes.is_empty() {
        return None;
    }
    let at = after.updated;
    if after.assignee.is_some() {
        let reopened = before.is_some_and(|before| before.reopens < after.reopens);
        let named = |fact: &Fact| matches!(fact.event, Event::Assigned(Some(_)));
        return if reopened && !facts.iter().any(named) { route(setup, after, at) } else { None };
    }
    let route = waiting(setup, after, at)?;
    let waited = before.and_then(|before| waiting(setup, before, at)).is_some_and(|one| one.key == route.key);
    let handed_on = || facts.iter().any(|fact| matches!(fact.event, Event::TeamAssigned(_)));
    (!waited || handed_on()).then_some(route)
}

/// Records whom a ticket is given to, or that there is nobody and what is done then, behind what was decided; the rules
/// follow.
///
/// A reopened ticket whose agent cannot be asked, and nobody else, waits for one in its queue, unless its state demands an
/// agent.
pub fn give(
    rulebook: &Rulebook,
    related: &Related,
    decision: Decision,
    choice: Choice,
    now: DateTime<Utc>,
) -> Decision {
    // What is recorded along with other things happened when they did.
    let at = if decision.facts.is_empty() { now.max(decision.ticket.updated) } else { decision.ticket.updated };
    let mut work = Work::resume(rulebook.now(), related, at, decision);
    let (system, chain) = (Actor::system(), Chain::begin(&work));
    match choice.agent().cloned() {
        Some(agent) => {
            work.record(&system.by(), Event::Routed(Box::new(choice)));
            work.act(&Action::Assign(agent));
        }
        None => {
            let fallback = choice.fallback;
            work.record(&system.by(), Event::Unrouted(Box::new(choice)));
            work.act(&Action::Unassign);
            match fallback {
                Fallback::LeaveQueued => {}
                Fallback::Escalate(level) => work.act(&Action::Escalate(level)),
            }
        }
    }
    chain.run(&mut work, &system);
    cascade(&mut work, rulebook);
    work.decided()
}
