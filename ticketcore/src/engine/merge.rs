//! Two tickets become one, or one becomes two; and back, exactly.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::capability::Capability;
use crate::command::Draft;
use crate::config::State;
use crate::engine::apply::Work;
use crate::engine::decide::{invalid, room};
use crate::engine::decision::Context;
use crate::engine::edit::{current, written};
use crate::engine::facts::{Related, lacking};
use crate::engine::open::open;
use crate::engine::refusal::Refusal;
use crate::engine::rights::permit_other;
use crate::event::Event;
use crate::id::{PersonId, TicketId, Version};
use crate::merge::{Absorbed, Merged, Pose, SplitOff, Unmerged};
use crate::signal::Alert;
use crate::status::Status;
use crate::ticket::Ticket;

/// Follows a merged ticket to where it goes on, as far as the way was loaded. A ticket is merged only into one that is
/// not, so the way has no circle; should a store hold one, it is followed once around.
pub fn survivor(ticket: &Ticket, related: &Related) -> TicketId {
    let next = |id: &TicketId| related.get(*id).and_then(|ticket| ticket.merged);
    let mut way = std::iter::successors(ticket.merged, next).take(related.iter().count() + 1);
    way.by_ref().last().unwrap_or(ticket.id)
}

/// Refuses what is not for a ticket that goes on elsewhere.
pub(super) fn not_merged(ticket: &Ticket, related: &Related) -> Result<(), Refusal> {
    match ticket.merged {
        None => Ok(()),
        Some(_) => Err(Refusal::Merged { id: ticket.id, into: survivor(ticket, related) }),
    }
}

fn other(context: &Context<'_>, work: &Work<'_>, id: TicketId) -> Result<Arc<Ticket>, Refusal> {
    let other = work.other(id).ok_or(Refusal::NoSuchTicket { id })?;
    permit_other(&work.setup.config.rights, context.actor, other, Capability::Merge)?;
    not_merged(other, work.related)?;
    Ok(Arc::clone(other))
}

pub(super) fn merge(context: &Context<'_>, work: &mut Work<'_>, into: TicketId) -> Result<(), Refusal> {
    if into == work.ticket.id {
        return Err(invalid("merge", "a ticket cannot be merged into itself"));
    }
    let other = other(context, work, into)?;
    let limits = work.setup.config.limits;
    let tickets = work.ticket.tickets().saturating_add(1);
    let sum = other.tickets().saturating_add(tickets);
    if usize::try_from(sum).unwrap_or(usize::MAX) > limits.merges {
        let problem = format!("ticket {into} would be made of {sum} other tickets, the limit is {}", limits.merges);
        return Err(invalid("merge", problem));
    }
    let watchers: Vec<PersonId> =
        work.ticket.watchers.iter().filter(|person| !other.is_watched_by(person)).cloned().collect();
    let more = watchers.iter().filter(|person| !other.watchers.contains(*person)).count();
    if other.watchers.len() + more > limits.items {
        let problem =
            format!("ticket {into} would have {} items, the limit is {}", other.watchers.len() + more, limits.items);
        return Err(invalid("watchers", problem));
    }
    // Of one alert a ticket hears but once: what the survivor knows of it stays.
    let new = |alert: &&Alert| !other.alerts().any(|known| known.key == alert.key);
    let alerts: Vec<Alert> = work.ticket.alerts().filter(new).cloned().collect();
    // Whom it was for must go on following, and be able to answer.
    let people: BTreeSet<&PersonId> = work.ticket.requester.iter().chain(work.ticket.everybody()).collect();
    let participants = people.into_iter().filter(|person| other.requester.as_ref() != Some(person)).cloned().collect();
    let absorbed = Absorbed { from: work.ticket.id, messages: Vec::new(), watchers, participants, alerts, tickets };
    let by = context.actor.by();
    let merged = merged(work, into);
    work.record(&by, merged);
    // What was due on the survivor happens before its clocks see the alerts of another ticket.
    let around = work.surroundings();
    work.along(context.rulebook, &around, into, |other| other.record(&by, Event::Absorbed(absorbed)));
    Ok(())
}

/// The merging of a ticket, into the closed state of its workflow that demands nothing it lacks and, if there is one,
/// drops it. Without one it keeps its state, which then means that it is closed.
fn merged(work: &Work<'_>, into: TicketId) -> Event {
    let fits = |state: &&State| state.status == Status::Closed && lacking(&work.ticket, &state.requires).is_empty();
    let states = || work.workflow().into_iter().flat_map(|workflow| &workflow.states).filter(fits);
    let state = states().find(|state| state.dropped).or_else(|| states().next());
    let state = state.map_or(&work.ticket.state, |state| &state.key).clone();
    Event::Merged(Box::new(Merged { into, state, from: Pose::of(&work.ticket) }))
}

pub(super) fn unmerge(context: &Context<'_>, work: &mut Work<'_>) -> Result<(), Refusal> {
    let ticket = Arc::clone(&work.ticket);
    let (Some(from), Some(pose)) = (ticket.merged, &ticket.pose) else { return Ok(()) };
    // What came in between to a survivor that is merged itself has become part of a third ticket: last in, first out.
    let survivor = other(context, work, from)?;
    let came = survivor.absorbed.iter().find(|absorbed| absorbed.from == ticket.id && absorbed.is_whole());
    let Some(absorbed) = came.cloned() else {
        let problem = format!("ticket {} was rejoined with ticket {from}, which can be split again", ticket.id);
        return Err(invalid("unmerge", problem));
    };
    let by = context.actor.by();
    let unmerged = Unmerged { from, pose: (**pose).clone(), alerts: absorbed.alerts.clone() };
    work.record(&by, Event::Unmerged(Box::new(unmerged)));
    let around = work.surroundings();
    work.along(context.rulebook, &around, from, |survivor| survivor.record(&by, Event::Released(absorbed)));
    Ok(())
}

pub(super) fn split(
    context: &Context<'_>,
    work: &mut Work<'_>,
    messages: &[Version],
    draft: &Draft,
) -> Result<(), Refusal> {
    let messages = parting(work, messages)?;
    room("splits", work.ticket.parted.len(), work.setup.config.limits.merges)?;
    // The host of a decision sets ids aside; the desk does so for every split it is asked for.
    let Some(into) = work.related.fresh().get(work.opened).copied() else {
        return Err(invalid("split", "no id was set aside for the new ticket"));
    };
    work.opened += 1;
    let around = work.surroundings();
    let context = Context { related: &around, now: work.at, ..*context };
    work.open(open(&context, &work.ticket.tenant, into, draft)?);
    let by = context.actor.by();
    let (from, watchers, participants, alerts) = (work.ticket.id, Vec::new(), Vec::new(), Vec::new());
    let absorbed = Absorbed { from, messages: messages.clone(), watchers, participants, alerts, tickets: 1 };
    work.echo(into, &by, Event::Absorbed(absorbed));
    work.record(&by, Event::SplitOff(SplitOff { into, messages }));
    Ok(())
}

/// The messages to be split off, in order, if there are such, they are here, and something stays.
fn parting(work: &Work<'_>, messages: &[Version]) -> Result<Vec<Version>, Refusal> {
    let mut parting = messages.to_vec();
    parting.sort_unstable();
    parting.dedup();
    let gone = |version: &Version| work.ticket.parted.iter().find(|split| split.messages.contains(version));
    for version in &parting {
        let recorded = written(work, *version)?;
        if let Some(split) = gone(version) {
            return Err(invalid("messages", format!("message {version} went to ticket {} already", split.into)));
        }
        if matches!(&recorded.event, Event::Opened(_)) && current(work, *version).is_none() {
            return Err(invalid("messages", "the ticket has no description"));
        }
    }
    let described = current(work, Version(1)).is_some();
    let written = usize::try_from(work.ticket.messages).unwrap_or(usize::MAX).saturating_add(usize::from(described));
    let left = work.ticket.parted.iter().map(|split| split.messages.len()).fold(written, usize::saturating_sub);
    if parting.len() >= left {
        return Err(invalid("messages", "nothing would be left of the ticket"));
    }
    Ok(parting)
}

pub(super) fn rejoin(context: &Context<'_>, work: &mut Work<'_>, from: TicketId) -> Result<(), Refusal> {
    let split = work.ticket.parted.iter().find(|split| split.into == from).cloned();
    let Some(split) = split else {
        return Err(invalid("rejoin", format!("ticket {from} was not split off ticket {}", work.ticket.id)));
    };
    let other = other(context, work, from)?;
    let own = |absorbed: &&Absorbed| absorbed.from == work.ticket.id && absorbed.messages == split.messages;
    let came = other.absorbed.iter().find(own).cloned();
    let untouched = other.messages == 0 && other.parted.is_empty() && other.absorbed.len() == 1;
    let (true, Some(absorbed)) = (untouched, came) else {
        return Err(invalid("rejoin", format!("ticket {from} has messages of its own by now; merge it instead")));
    };
    let (by, into) = (context.actor.by(), work.ticket.id);
    work.record(&by, Event::Rejoined(split));
    let around = work.surroundings();
    work.along(context.rulebook, &around, from, |other| {
        other.record(&by, Event::Released(absorbed));
        let merged = merged(other, into);
        other.record(&by, merged);
    });
    Ok(())
}
