//! Placeholders filled in.

use crate::config::{Part, Placeholder, Wording};
use crate::fault::Fault;
use crate::ticket::Ticket;

/// The text of a wording for a ticket. What is put in is not looked at again, so a subject such as `{{assignee}}` stays
/// what it is.
///
/// # Errors
///
/// A fault, if the text would be longer than the limit; no more than that was put together.
pub(super) fn fill(wording: &Wording, ticket: &Ticket, limit: usize) -> Result<String, Fault> {
    let mut text = String::new();
    for (raw, part) in wording.parts() {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Named(name) => match Placeholder::named(name) {
                Some(placeholder) => text.push_str(&value(ticket, placeholder)),
                // No sound configuration has it; what is not known stands for itself.
                None => text.push_str(raw),
            },
        }
        if text.len() > limit {
            return Err(Fault::new("", format!("would have more than {limit} bytes, which is the limit")));
        }
    }
    Ok(text)
}

fn value(ticket: &Ticket, placeholder: Placeholder<'_>) -> String {
    match placeholder {
        Placeholder::Subject => ticket.subject.clone(),
        Placeholder::Reference => ticket.reference(),
        Placeholder::Requester => ticket.requester.as_ref().map(ToString::to_string).unwrap_or_default(),
        Placeholder::Assignee => ticket.assignee.as_ref().map(ToString::to_string).unwrap_or_default(),
        Placeholder::Team => ticket.team.as_ref().map(ToString::to_string).unwrap_or_default(),
        Placeholder::Priority => ticket.priority().to_string(),
        Placeholder::Status => ticket.status.to_string(),
        Placeholder::Field(field) => ticket.fields.get(field).map(ToString::to_string).unwrap_or_default(),
    }
}
