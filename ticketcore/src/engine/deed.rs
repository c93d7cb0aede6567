//! Macros carried out: each deed becomes a command of the actor's own.

use crate::actor::Actor;
use crate::command::{Command, Message};
use crate::config::Deed;
use crate::engine::apply::Work;
use crate::engine::wording::fill;
use crate::fault::Fault;

/// The command of a deed, on the ticket as the deeds before it left it.
///
/// # Errors
///
/// A fault, if a text would become too long.
pub(super) fn command(work: &Work<'_>, actor: &Actor, deed: &Deed) -> Result<Command, Fault> {
    Ok(match deed {
        Deed::Move(key) => Command::Move(key.clone()),
        Deed::Say { visibility, text } => {
            let body = fill(text, &work.ticket, work.setup.config.limits.text).map_err(|fault| fault.under("body"))?;
            Command::Say(Message::new(*visibility, body))
        }
        Deed::Assign(person) => Command::Assign(Some(person.clone())),
        Deed::Take => Command::Assign(Some(actor.id.clone())),
        Deed::Unassign => Command::Assign(None),
        Deed::AssignTeam(team) => Command::AssignTeam(Some(team.clone())),
        Deed::Enqueue(queue) => Command::Enqueue(Some(queue.clone())),
        Deed::Categorise(category) => Command::Categorise(Some(category.clone())),
        Deed::Tag(tag) => Command::Tag(tag.clone()),
        Deed::Untag(tag) => Command::Untag(tag.clone()),
        Deed::Set(field, value) => Command::Set(field.clone(), Some(value.clone())),
        Deed::Rate(impact, urgency) => Command::Rate(*impact, *urgency),
        Deed::Escalate(level) => Command::Escalate(*level),
        Deed::RequestApproval(approval) => Command::RequestApproval(approval.clone()),
    })
}
