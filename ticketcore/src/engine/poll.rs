//! Approvals: asking, voting, letting another vote.

use std::collections::BTreeSet;

use crate::actor::Actor;
use crate::approval::{Lack, Poll, Verdict};
use crate::config::Approval;
use crate::engine::apply::Work;
use crate::engine::decide::{invalid, room};
use crate::engine::refusal::{Objection, Refusal};
use crate::event::Event;
use crate::id::{Key, PersonId, Version};
use crate::status::Status;
use crate::ticket::Ticket;

/// Asks for an approval. While it is pending or given as the configuration has it, there is nothing to ask.
pub(super) fn ask(work: &Work<'_>, key: &Key) -> Result<Option<Event>, Refusal> {
    must_not_be_closed(&work.ticket)?;
    let approvals = &work.setup.config.approvals;
    let Some(Approval { steps, ordered, expires, own }) = approvals.get(key) else {
        let known: Vec<&str> = approvals.keys().map(Key::as_str).collect();
        return Err(invalid("approval", format!("`{key}` is no approval of this desk; known: {}", known.join(", "))));
    };
    if let Some(poll) = work.ticket.approvals.get(key) {
        let over = matches!(verdict(work, poll), Verdict::Rejected { .. } | Verdict::Expired { .. });
        let same = poll.steps == *steps && poll.ordered == *ordered && poll.own == *own;
        if same && !over {
            return Ok(None);
        }
    }
    // A span beyond the calendar never ends.
    let expires = expires.and_then(|span| work.at.checked_add_signed(span.0));
    let (approval, steps) = (key.clone(), steps.clone());
    Ok(Some(Event::ApprovalRequested { approval, steps, ordered: *ordered, own: *own, expires }))
}

/// Takes the question back.
pub(super) fn withdraw(work: &Work<'_>, key: &Key) -> Result<Option<Event>, Refusal> {
    match work.ticket.approvals.contains_key(key) {
        true => Ok(Some(Event::ApprovalWithdrawn(key.clone()))),
        false if work.setup.config.approvals.contains_key(key) => Ok(None),
        false => Err(unknown(key)),
    }
}

/// A place somebody may vote in: the step, and whose it is if it is another's.
pub(super) struct Seat {
    pub(super) step: u16,
    pub(super) instead_of: Option<PersonId>,
}

/// Finds where an actor's vote counts: in the first open step that asks them, or that asks somebody whose place they
/// take, and that has no vote of theirs yet.
pub(super) fn seat(work: &Work<'_>, actor: &Actor, key: &Key, seen: Version) -> Result<Seat, Refusal> {
    let (poll, lacking) = open(work, key)?;
    let ticket = &work.ticket;
    if seen > ticket.version {
        return Err(invalid("seen", format!("is {seen}, but the ticket is at version {}", ticket.version)));
    }
    if seen < ticket.revised {
        return Err(Refusal::Stale { approval: key.clone(), seen, revised: ticket.revised });
    }
    let refused = |why| Err(Refusal::NoVote { approval: key.clone(), why });
    if has_a_part(ticket, poll, &actor.id) {
        return refused(Objection::Own { person: actor.id.clone() });
    }
    let open = if poll.ordered { lacking.get(..1).unwrap_or_default() } else { &lacking[..] };
    let voted = |step| poll.counted(ticket.revised).any(|vote| vote.step == step && vote.by == actor.id);
    let place = |lack: &Lack| place(ticket, poll, actor, lack);
    let seat = open.iter().filter(|lack| !voted(lack.step)).find_map(|lack| Some((lack.step, place(lack)?)));
    if let Some((step, instead_of)) = seat {
        return Ok(Seat { step, instead_of });
    }
    let proxy = poll.proxies.get(&actor.id);
    refused(match () {
        () if open.iter().any(|lack| voted(lack.step)) => Objection::Voted,
        () if lacking.iter().any(|lack| place(lack).is_some()) => Objection::OutOfOrder { open: open.to_vec() },
        () => match proxy {
            Some(proxy) if open.iter().any(|lack| proxy.steps.contains(&lack.step)) => {
                Objection::Delegated { to: proxy.to.clone() }
            }
            _ if poll.steps.iter().any(|quorum| quorum.from.ask(actor)) => Objection::Enough,
            _ => Objection::NotAsked,
        },
    })
}

/// Lets another vote in the actor's place, in all steps that still lack votes; to give the place to oneself takes it
/// back.
pub(super) fn delegate(work: &Work<'_>, actor: &Actor, key: &Key, to: &PersonId) -> Result<Option<Event>, Refusal> {
    let (poll, lacking) = open(work, key)?;
    let ticket = &work.ticket;
    let delegated = |steps| Event::Delegated { approval: key.clone(), to: to.clone(), steps };
    let proxy = poll.proxies.get(&actor.id);
    if *to == actor.id {
        return Ok(proxy.map(|_| delegated(BTreeSet::new())));
    }
    let refused = |why| Err(Refusal::NoVote { approval: key.clone(), why });
    if let Some(person) = [&actor.id, to].into_iter().find(|person| has_a_part(ticket, poll, person)) {
        return refused(Objection::Own { person: person.clone() });
    }
    let voted = |step| poll.counted(ticket.revised).any(|vote| vote.step == step && *vote.place() == actor.id);
    let asking = || lacking.iter().filter(|lack| lack.quorum.from.ask(actor));
    let steps: BTreeSet<u16> = asking().map(|lack| lack.step).filter(|step| !voted(*step)).collect();
    if steps.is_empty() {
        let ever = poll.steps.iter().any(|quorum| quorum.from.ask(actor));
        return refused(match (asking().next(), ever) {
            (Some(_), _) => Objection::Voted,
            (None, true) => Objection::Enough,
            (None, false) => Objection::NotAsked,
        });
    }
    // Two places of one person would be one vote, and the step might lack the other for ever.
    let named = |lack: &Lack| steps.contains(&lack.step) && lack.quorum.from.ask(&Actor::agent(to.clone()));
    if lacking.iter().any(named) {
        return refused(Objection::Asked { person: to.clone() });
    }
    if proxy.is_some_and(|proxy| proxy.to == *to && proxy.steps == steps) {
        return Ok(None);
    }
    room("delegations", poll.proxies.len(), work.setup.config.limits.items)?;
    Ok(Some(delegated(steps)))
}

/// The poll of a name and the steps that lack votes, if votes are still taken.
fn open<'w>(work: &'w Work<'_>, key: &Key) -> Result<(&'w Poll, Vec<Lack>), Refusal> {
    must_not_be_closed(&work.ticket)?;
    let verdict = match work.ticket.approvals.get(key) {
        Some(poll) => match verdict(work, poll) {
            Verdict::Pending { lacking, .. } => return Ok((poll, lacking)),
            over => over,
        },
        None if work.setup.config.approvals.contains_key(key) => Verdict::Unasked,
        None => return Err(unknown(key)),
    };
    Err(Refusal::NoVote { approval: key.clone(), why: Objection::Over(verdict) })
}

fn verdict(work: &Work<'_>, poll: &Poll) -> Verdict {
    poll.verdict(work.ticket.revised, work.at)
}

fn unknown(key: &Key) -> Refusal {
    invalid("approval", format!("`{key}` is no approval of this desk, and was not asked for"))
}

fn must_not_be_closed(ticket: &Ticket) -> Result<(), Refusal> {
    let status = ticket.status;
    if status == Status::Closed { Err(Refusal::Ended { what: Key::from_static("approved"), status }) } else { Ok(()) }
}

/// Tells whether somebody would approve their own.
fn has_a_part(ticket: &Ticket, poll: &Poll, person: &PersonId) -> bool {
    !poll.own && [ticket.requester.as_ref(), ticket.assignee.as_ref(), Some(&poll.by)].contains(&Some(person))
}

/// Whose place an actor may take in a step, if any: their own, unless they gave it away, else that of somebody who gave
/// them theirs.
fn place(ticket: &Ticket, poll: &Poll, actor: &Actor, lack: &Lack) -> Option<Option<PersonId>> {
    let given_away = poll.proxies.get(&actor.id).is_some_and(|proxy| proxy.steps.contains(&lack.step));
    if lack.quorum.from.ask(actor) && !given_away {
        return Some(None);
    }
    let taken = |person| poll.counted(ticket.revised).any(|vote| vote.step == lack.step && vote.place() == person);
    let mut given = poll.proxies.iter().filter(|(_, proxy)| proxy.to == actor.id && proxy.steps.contains(&lack.step));
    given.find(|(from, _)| !taken(*from) && !has_a_part(ticket, poll, from)).map(|(from, _)| Some(from.clone()))
}
