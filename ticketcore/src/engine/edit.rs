//! Another text for what was written.

use crate::actor::Actor;
use crate::capability::Capability;
use crate::engine::apply::Work;
use crate::engine::decide::invalid;
use crate::engine::refusal::Refusal;
use crate::engine::rights::allow;
use crate::event::{Event, Fact, Recorded, Visibility};
use crate::id::Version;

/// Records another text for a message, if it is another one.
pub(super) fn edit(work: &mut Work<'_>, actor: &Actor, message: Version, text: &str) -> Result<(), Refusal> {
    let original = written(work, message)?;
    if original.by.id != actor.id {
        // Of what others wrote, those change the text who see all of it.
        allow(&work.setup.config.rights, actor, &work.ticket, Capability::Read)?;
    }
    // A description may be emptied, and so may a message that carries files.
    let bare = matches!(&original.event, Event::Said(said) if said.attachments.is_empty());
    if bare && text.trim().is_empty() {
        return Err(invalid("body", "is empty"));
    }
    if current(work, message).unwrap_or_default() != text {
        let visibility = if let Event::Said(said) = &original.event { said.visibility } else { Visibility::Public };
        work.record_text(&actor.by(), Event::Edited { message, visibility }, Some(text.to_owned()));
    }
    Ok(())
}

/// Finds a message or the description in the ticket's own log.
pub(super) fn written<'a>(work: &Work<'a>, message: Version) -> Result<&'a Recorded, Refusal> {
    let none = |why: String| Err(invalid("message", why));
    match work.related.log().iter().find(|recorded| recorded.version == message) {
        None => none(format!("the ticket has no event at version {message}")),
        Some(recorded) if matches!(recorded.event, Event::Opened(_) | Event::Said(_)) => Ok(recorded),
        Some(Recorded { event, .. }) => none(format!("`{}` at version {message} is no message", event.name())),
    }
}

/// The text a message has now: the last edit's, be it of this request, else its own.
pub(super) fn current<'a>(work: &'a Work<'_>, message: Version) -> Option<&'a str> {
    let edits = |event: &Event| matches!(event, Event::Edited { message: edited, .. } if *edited == message);
    let here = |fact: &&Fact| edits(&fact.event);
    if let Some(fact) = work.facts.iter().rfind(here) {
        return fact.text.as_deref();
    }
    let logged = |recorded: &&Recorded| recorded.version == message || edits(&recorded.event);
    work.related.log().iter().rfind(logged).and_then(|recorded| recorded.text.as_deref())
}
