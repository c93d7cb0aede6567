//! What moves over links: the tickets that a rule reaches take a transition of their own, if they can.

use crate::actor::Actor;
use crate::config::{Cascade, Rulebook};
use crate::engine::apply::{Work, target};
use crate::engine::facts::Related;
use crate::event::{Event, Withheld};
use crate::id::{Key, TicketId};
use crate::ticket::Ticket;

/// Carries out the cascades that the ticket's moves have started, in the order of the moves and of the rules.
pub(super) fn cascade(work: &mut Work<'_>, rulebook: &Rulebook) {
    let turns = std::mem::take(&mut work.turns);
    let started =
        |cascade: &&Cascade| turns.contains(&cascade.when) && work.ticket.linked(cascade.over).next().is_some();
    if turns.is_empty() || !rulebook.now().config.cascades.iter().any(|cascade| started(&cascade)) {
        return;
    }
    let mut around = work.surroundings();
    for turn in turns {
        for cascade in rulebook.now().config.cascades.iter().filter(|cascade| cascade.when == turn) {
            let reached: Vec<TicketId> = work.ticket.linked(cascade.over).collect();
            for id in reached {
                reach(work, rulebook, &mut around, cascade, id);
            }
        }
    }
}

fn reach(work: &mut Work<'_>, rulebook: &Rulebook, around: &mut Related, cascade: &Cascade, id: TicketId) {
    let other = around.get(id).filter(|other| !is_final(other));
    if !other.is_some_and(|other| !cascade.last || is_last(around, other, cascade, work.ticket.id)) {
        return;
    }
    let moved = work.along(rulebook, around, id, |other| take(other, &cascade.take));
    if let Some(other) = work.other(id) {
        around.insert(other.clone());
    }
    if let Some(Err(why)) = moved {
        let withheld = Withheld { ticket: id, transition: cascade.take.clone(), why };
        work.record(&Actor::system().by(), Event::Withheld(withheld));
    }
}

/// Closed is final, and what was merged goes on elsewhere.
fn is_final(ticket: &Ticket) -> bool {
    ticket.merged.is_some() || ticket.status == crate::status::Status::Closed
}

/// Tells whether no other open ticket is linked in the same way. One that was not looked at counts as open.
fn is_last(around: &Related, other: &Ticket, cascade: &Cascade, this: TicketId) -> bool {
    let mut rest = other.linked(cascade.over.inverse()).filter(|id| *id != this);
    !rest.any(|id| around.get(id).is_none_or(|ticket| ticket.status.is_open()))
}

fn take(work: &mut Work<'_>, key: &Key) -> Result<(), String> {
    // What was due came first, and may have been the end of it.
    if is_final(&work.ticket) {
        return Ok(());
    }
    let from = work.ticket.state.clone();
    let workflow = work.workflow().ok_or_else(|| format!("workflow {} is not configured", work.ticket.workflow))?;
    let transition = workflow.find_move(key, &from).ok_or_else(|| format!("no transition from state `{from}`"))?;
    let state = target(workflow, transition, &work.ticket).ok_or_else(|| "there was no state before".to_owned())?;
    let reasons = work.unmet(&Actor::system(), transition, state);
    if reasons.is_empty() {
        work.take(&Actor::system().by(), transition, state);
        return Ok(());
    }
    Err(reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}
