//! What customers think: of a solution, of an article.

use crate::actor::Actor;
use crate::engine::apply::Work;
use crate::engine::decide::{invalid, room};
use crate::engine::refusal::{Refusal, Unscorable};
use crate::event::Event;

/// Records how well a ticket was solved: once for each solution, by those it was solved for.
pub(super) fn score(work: &mut Work<'_>, actor: &Actor, score: u8, comment: Option<&str>) -> Result<(), Refusal> {
    let no = |why| Err(Refusal::NoScore { why });
    let ticket = &work.ticket;
    let Some(of) = ticket.solved() else {
        return no(Unscorable::Unsolved { status: ticket.status });
    };
    if ticket.requester.as_ref() != Some(&actor.id) && !ticket.takes_part(&actor.id) {
        return no(Unscorable::Stranger { person: actor.id.clone() });
    }
    if let Some(scored) = &ticket.score {
        return no(Unscorable::Scored { by: scored.by.clone() });
    }
    work.record_text(&actor.by(), Event::Scored { score, of }, comment.map(str::to_owned));
    Ok(())
}

/// Records whether an article helped; as many people are remembered as a ticket may have watchers.
pub(super) fn endorse(work: &Work<'_>, actor: &Actor, helpful: bool) -> Result<Option<Event>, Refusal> {
    let (ticket, config) = (&work.ticket, &work.setup.config);
    if !config.is_knowledge(&ticket.kind) {
        return Err(invalid("helpful", format!("is said of articles, and `{}` is no kind of article", ticket.kind)));
    }
    let before = ticket.helpful.get(&actor.id);
    if before.is_none() {
        room("helpful", ticket.helpful.len(), config.limits.items)?;
    }
    Ok((before != Some(&helpful)).then_some(Event::Endorsed { helpful }))
}
