//! Which moves an actor may make now, and why not the others.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::capability::Capability;
use crate::command::Command;
use crate::cond::{Atom, Unmet};
use crate::config::{Rulebook, State, Transition};
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
            let mut unmet = scene.unmet_by(transition, target, now);
            if !setup.config.rights.allows_move(actor, ticket, &transition.key) {
                unmet.insert(0, Unmet::Denied(Capability::Move));
            }
            Some(Offer { transition, target, unmet })
        })
        .collect()
}

/// Names the other tickets that commands on a ticket may read: those that guards of possible moves ask about, and those
/// to be linked. Bounded by the limit on links.
pub fn reads(rulebook: &Rulebook, ticket: &Ticket, commands: &[Command]) -> Vec<TicketId> {
    let linking = |command: &Command| if let Command::Link(_, to) = command { Some(*to) } else { None };
    let linked = commands.iter().filter_map(linking);
    let moving = |command: &Command| matches!(command, Command::Move(_) | Command::Say(_) | Command::Signal(_));
    let guarded = if commands.iter().any(moving) { guarded(rulebook, ticket) } else { Vec::new() };
    let ids: BTreeSet<TicketId> = guarded.into_iter().chain(linked).filter(|id| *id != ticket.id).collect();
    ids.into_iter().collect()
}

/// The linked tickets that some guard of the ticket's workflow asks about.
pub(crate) fn guarded(rulebook: &Rulebook, ticket: &Ticket) -> Vec<TicketId> {
    if ticket.links.is_empty() {
        return Vec::new();
    }
    let workflow = rulebook.now().workflow(&ticket.workflow);
    let guards = workflow.into_iter().flat_map(|workflow| &workflow.transitions).flat_map(|one| one.guard.atoms());
    let kinds = guards.filter_map(|atom| if let Atom::NoOpen(kind) = atom { Some(*kind) } else { None });
    kinds.flat_map(|kind| ticket.linked(kind)).collect()
}
