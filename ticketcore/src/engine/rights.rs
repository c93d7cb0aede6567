//! Whether an actor may do what they ask. Asked here, and nowhere else.

use crate::actor::Actor;
use crate::capability::Capability;
use crate::command::{Command, Draft};
use crate::config::Rights;
use crate::engine::refusal::Refusal;
use crate::id::Key;
use crate::ticket::Ticket;

pub(super) fn allow(rights: &Rights, actor: &Actor, ticket: &Ticket, capability: Capability) -> Result<(), Refusal> {
    let allowed = rights.allows(actor, ticket, capability);
    if allowed { Ok(()) } else { Err(forbidden(actor, capability)) }
}

pub(crate) fn forbidden(actor: &Actor, capability: Capability) -> Refusal {
    Refusal::Forbidden { who: actor.id.clone(), capability }
}

/// A command on a ticket, as it was before the request: no command of a request gives a right to the next.
pub(super) fn permit(rights: &Rights, actor: &Actor, ticket: &Ticket, command: &Command) -> Result<(), Refusal> {
    allow(rights, actor, ticket, command.capability())?;
    match command {
        Command::Move(key) if !rights.allows_move(actor, ticket, key) => Err(forbidden(actor, Capability::Move)),
        Command::Set(field, _) if rights.internal.contains(field) => allow(rights, actor, ticket, Capability::Read),
        // Nobody gives away what they do not hold.
        Command::Share(_) => rights.shared().try_for_each(|given| allow(rights, actor, ticket, given)),
        _ => Ok(()),
    }
}

/// The opening of a ticket: what goes beyond what everybody who opens one says of it takes the right of the command that
/// would say it later. To name one's own organisation is nothing special.
pub(super) fn permit_opening(
    rights: &Rights,
    actor: &Actor,
    home: Option<&Key>,
    ticket: &Ticket,
    draft: &Draft,
) -> Result<(), Refusal> {
    let for_others = draft.requester.as_ref().is_some_and(|requester| *requester != actor.id)
        || draft.organisation.is_some() && draft.organisation.as_ref() != home;
    let internal = draft.fields.keys().any(|field| rights.internal.contains(field));
    let asked = [
        (true, Capability::Open),
        (for_others, Capability::ChangeRequester),
        (draft.assignee.is_some(), Capability::Assign),
        (draft.team.is_some(), Capability::AssignTeam),
        (draft.queue.is_some(), Capability::Enqueue),
        (!draft.watchers.is_empty(), Capability::Watch),
        (!draft.tags.is_empty(), Capability::Tag),
        (internal, Capability::Read),
    ];
    let mut asked = asked.into_iter().filter(|(asked, _)| *asked);
    asked.try_for_each(|(_, capability)| allow(rights, actor, ticket, capability))
}

/// Something that is done to another ticket, too. One that the actor does not see is as one that is not there.
pub(super) fn permit_other(
    rights: &Rights,
    actor: &Actor,
    other: &Ticket,
    capability: Capability,
) -> Result<(), Refusal> {
    if !rights.allows(actor, other, Capability::Read) {
        return Err(Refusal::NoSuchTicket { id: other.id });
    }
    allow(rights, actor, other, capability)
}
