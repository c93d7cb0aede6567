//! Which moves an actor may make now, and why not the others.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::capability::Capability;
use crate::command::Command;
use crate::cond::{Atom, Cond, Unmet};
use crate::config::{Action, Cascade, Rulebook, State, Transition};
use crate::engine::apply::target;
use crate::engine::facts::{Related, SOLVED_WITHOUT, Scene};
use crate::id::{TicketId, Version};
use crate::link::LinkKind;
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
    // A merged ticket goes on elsewhere.
    if ticket.merged.is_some() {
        return Vec::new();
    }
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

/// Names the other tickets that commands on a ticket may read: those that guards of possible moves ask about, those that
/// cascades would reach, and those that the commands name. Bounded by the limit on links.
pub fn reads(rulebook: &Rulebook, ticket: &Ticket, commands: &[Command]) -> Vec<TicketId> {
    let named = |command: &Command| match command {
        Command::Link(_, to) | Command::Unlink(_, to) | Command::Merge(to) | Command::Rejoin(to) => Some(*to),
        Command::Unmerge => ticket.merged,
        _ => None,
    };
    let moving = |command: &Command| {
        matches!(command, Command::Move(_) | Command::Say(_) | Command::Signal(_) | Command::Run(_))
    };
    let alone = if commands.iter().any(moving) || rules_read(rulebook) { alone(rulebook, ticket) } else { Vec::new() };
    let named = commands.iter().filter_map(named);
    let ids: BTreeSet<TicketId> = alone.into_iter().chain(named).filter(|id| *id != ticket.id).collect();
    ids.into_iter().collect()
}

/// From which version on the ticket's own log must be read for commands that speak of messages, if any does.
pub fn recalls(commands: &[Command]) -> Option<Version> {
    let from = |command: &Command| match command {
        Command::Edit(message, _) => Some(*message),
        // Whether anything would be left depends on whether there is a description, which is the first event.
        Command::Split(..) => Some(Version(1)),
        _ => None,
    };
    commands.iter().filter_map(from).min()
}

/// The other tickets that may be read when a ticket moves on its own: by its guards and by its cascades.
pub(crate) fn alone(rulebook: &Rulebook, ticket: &Ticket) -> Vec<TicketId> {
    let mut ids = guarded(rulebook, ticket);
    ids.extend(cascaded(rulebook, ticket).map(|(_, id)| id));
    ids
}

/// What tickets that cascades reach make necessary to read, and was not read yet: what their own guards ask about, and
/// whether another ticket is linked to them in the same way. As many as a ticket may have links; those beyond count as
/// open.
pub fn reads_on(rulebook: &Rulebook, ticket: &Ticket, related: &Related) -> Vec<TicketId> {
    let mut ids = BTreeSet::new();
    for (cascade, id) in cascaded(rulebook, ticket) {
        let Some(other) = related.get(id) else { continue };
        ids.extend(guarded(rulebook, other));
        if cascade.last {
            ids.extend(other.linked(cascade.over.inverse()));
        }
    }
    let unread = ids.into_iter().filter(|id| *id != ticket.id && related.get(*id).is_none());
    unread.take(rulebook.now().config.limits.links).collect()
}

fn cascaded<'a>(rulebook: &'a Rulebook, ticket: &'a Ticket) -> impl Iterator<Item = (&'a Cascade, TicketId)> {
    let cascades = rulebook.now().config.cascades.iter();
    cascades.flat_map(|cascade| ticket.linked(cascade.over).map(move |id| (cascade, id)))
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

/// The linked tickets that some guard of the ticket's workflow, or some rule, asks about, and those that must not be open
/// when it is solved.
pub(crate) fn guarded(rulebook: &Rulebook, ticket: &Ticket) -> Vec<TicketId> {
    if ticket.links.is_empty() {
        return Vec::new();
    }
    let rules = rulebook.now().config.rules.iter().map(|rule| &rule.when);
    let workflow = rulebook.now().workflow(&ticket.workflow);
    let guards = workflow.into_iter().flat_map(|workflow| &workflow.transitions).map(|transition| &transition.guard);
    let solving: &[LinkKind] = if workflow.is_some_and(|workflow| !workflow.over_open) { &SOLVED_WITHOUT } else { &[] };
    let ids: BTreeSet<TicketId> = guards
        .chain(rules)
        .flat_map(|cond| asked(cond, ticket))
        .chain(solving.iter().flat_map(|kind| ticket.linked(*kind)))
        .collect();
    ids.into_iter().collect()
}
