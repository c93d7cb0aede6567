//! Which moves an actor may make now, and why not the others.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::command::Command;
use crate::cond::{Atom, Cond, Unmet};
use crate::config::{Action, Rulebook, State, Transition};
use crate::engine::apply::target;
use crate::engine::facts::{Related, Scene};
use crate::id::TicketId;
use crate::ticket::Ticket;

/// A transition that starts in the ticket's state.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The transition.
    pub transition: &'a Transition,
    /// Where it leads.
    pub target: &'a State,
    /// What keeps the actor from taking it: its guard, then what the target state demands. Empty = it may be taken.
    pub unmet: Vec<Unmet>,
}

/// Lists every transition that starts in the ticket's state, with what keeps the actor from taking it.
pub fn moves<'a>(
    rulebook: &'a Rulebook,
    ticket: &Ticket,
    actor: &Actor,
    related: &Related,
    now: DateTime<Utc>,
) -> Vec<Offer<'a>> {
    let setup = rulebook.now();
    let Some(workflow) = setup.workflow(&ticket.workflow) else { return Vec::new() };
    let scene = Scene { ticket, actor: Some(actor), related, setup };
    workflow
        .moves_from(&ticket.state)
        .filter_map(|transition| {
            let target = target(workflow, transition, ticket)?;
            Some(Offer { transition, target, unmet: scene.unmet_by(transition, target, now) })
        })
        .collect()
}

/// Names the other tickets that commands on a ticket may read: those that guards of possible moves ask about, and those
/// to be linked. Bounded by the limit on links.
pub fn reads(rulebook: &Rulebook, ticket: &Ticket, commands: &[Command]) -> Vec<TicketId> {
    let linking = |command: &Command| if let Command::Link(_, to) = command { Some(*to) } else { None };
    let linked = commands.iter().filter_map(linking);
    let moving = |command: &Command| {
        matches!(command, Command::Move(_) | Command::Say(_) | Command::Signal(_) | Command::Run(_))
    };
    let guarded =
        if commands.iter().any(moving) || rules_read(rulebook) { guarded(rulebook, ticket) } else { Vec::new() };
    let ids: BTreeSet<TicketId> = guarded.into_iter().chain(linked).filter(|id| *id != ticket.id).collect();
    ids.into_iter().collect()
}

/// Tells whether rules may follow that move the ticket or ask about others.
fn rules_read(rulebook: &Rulebook) -> bool {
    let moves = |action: &Action| matches!(action, Action::Move(_));
    let asks = |atom: &Atom| matches!(atom, Atom::NoOpen(_));
    let rules = &rulebook.now().config.rules;
    rules.iter().any(|rule| rule.then.iter().any(moves) || rule.when.atoms().into_iter().any(asks))
}

/// The linked tickets that a condition asks about.
pub(crate) fn asked<'a>(cond: &'a Cond, ticket: &'a Ticket) -> impl Iterator<Item = TicketId> + 'a {
    let kinds = cond.atoms().into_iter();
    let kinds = kinds.filter_map(|atom| if let Atom::NoOpen(kind) = atom { Some(*kind) } else { None });
    kinds.flat_map(|kind| ticket.linked(kind))
}

/// The linked tickets that some guard of the ticket's workflow, or some rule, asks about.
pub(crate) fn guarded(rulebook: &Rulebook, ticket: &Ticket) -> Vec<TicketId> {
    if ticket.links.is_empty() {
        return Vec::new();
    }
    let workflow = rulebook.now().workflow(&ticket.workflow);
    let guards = workflow.into_iter().flat_map(|workflow| &workflow.transitions).map(|transition| &transition.guard);
    let conds = guards.chain(rulebook.now().config.rules.iter().map(|rule| &rule.when));
    conds.flat_map(|cond| asked(cond, ticket)).collect()
}
