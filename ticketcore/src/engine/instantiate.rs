//! Templates carried out: the children of a ticket, opened and linked.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capability::Capability;
use crate::command::Draft;
use crate::config::{Limits, Planned, Template, Wording};
use crate::engine::apply::Work;
use crate::engine::automate::Chain;
use crate::engine::decide::{below, demand, invalid, room};
use crate::engine::decision::{Context, Decision};
use crate::engine::open::opening;
use crate::engine::refusal::Refusal;
use crate::engine::rights::allow;
use crate::engine::tick::settle;
use crate::engine::wording::fill;
use crate::event::Event;
use crate::fault::Fault;
use crate::id::{Key, TicketId};
use crate::link::{Link, LinkKind};
use crate::status::Status;
use crate::ticket::Ticket;

/// What a template comes to: the parent with its links, and the children, each behind those that come before it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The parent; what time made due on it comes first.
    pub parent: Decision,
    /// The children.
    pub children: Vec<Decision>,
}

/// Decides the opening of a template's tickets below a parent, all or none. Each is opened as if the actor opened it.
///
/// # Errors
///
/// A [`Refusal`] if there is no such template, if the parent is closed or would have too many links, or if one of the
/// tickets is refused; faults of its draft stand below its name.
pub fn instantiate(
    context: &Context<'_>,
    parent: &Arc<Ticket>,
    template: &Key,
    new_id: impl FnMut() -> TicketId,
) -> Result<Instance, Refusal> {
    let Context { rulebook, actor, related, now } = *context;
    let setup = rulebook.now();
    allow(&setup.config.rights, actor, parent, Capability::Link)?;
    let Some(template) = setup.config.templates.get(template) else {
        let known: Vec<&str> = setup.config.templates.keys().map(Key::as_str).collect();
        let problem = format!("`{template}` is no template of this desk; known: {}", known.join(", "));
        return Err(invalid("template", problem));
    };
    let mut work = Work::new(setup, related, now.max(parent.updated), Arc::clone(parent));
    settle(&mut work, rulebook);
    if work.ticket.status == Status::Closed {
        return Err(invalid("link", format!("ticket {} is closed and takes no open child", parent.id)));
    }
    let links = work.ticket.links.len().saturating_add(template.tickets.len());
    room("links", links.saturating_sub(1), setup.config.limits.links)?;

    let order = template.order().map_err(|_| invalid("template", "has tickets that come after each other"))?;
    let ids: BTreeMap<&Key, TicketId> = order.iter().copied().zip(std::iter::repeat_with(new_id)).collect();
    let chain = Chain::begin(&work);
    let mut children = Vec::with_capacity(order.len());
    for key in order {
        let (Some(planned), Some(id)) = (template.tickets.get(key), ids.get(key)) else { continue };
        let links = links_of(parent.id, template, key, &ids);
        let child = open_one(context, &work, planned, *id, links);
        children.push(child.map_err(|refusal| below(&format!("tickets.{key}"), refusal))?);
    }
    for child in &children {
        work.record(&actor.by(), Event::Linked(Link { kind: LinkKind::Child, to: child.ticket.id }));
    }
    demand(&work)?;
    chain.run(&mut work, actor);
    Ok(Instance { parent: work.decided(), children })
}

/// The links of a child: to its parent, to those before it and to those after it.
fn links_of(parent: TicketId, template: &Template, key: &Key, ids: &BTreeMap<&Key, TicketId>) -> Vec<Link> {
    let mut links = vec![Link { kind: LinkKind::Parent, to: parent }];
    for (other, planned) in &template.tickets {
        let Some(to) = ids.get(other).copied() else { continue };
        if planned.after.contains(key) {
            links.push(Link { kind: LinkKind::Blocks, to });
        }
        if template.tickets.get(key).is_some_and(|planned| planned.after.contains(other)) {
            links.push(Link { kind: LinkKind::BlockedBy, to });
        }
    }
    links
}

fn open_one(
    context: &Context<'_>,
    parent: &Work<'_>,
    planned: &Planned,
    id: TicketId,
    links: Vec<Link>,
) -> Result<Decision, Refusal> {
    let text =
        |at: &str, wording: &Wording, limit| fill(wording, &parent.ticket, limit).map_err(|fault| fault.under(at));
    let draft =
        draft(planned, parent.setup.config.limits, text).map_err(|fault| Refusal::Invalid { faults: vec![fault] })?;
    let mut work = opening(context, &parent.ticket.tenant, id, &draft, Vec::new)?;
    for link in links {
        room("links", work.ticket.links.len(), work.setup.config.limits.links)?;
        work.record(&context.actor.by(), Event::Linked(link));
    }
    // The others of the template are not among the tickets that rules can read, and so count as open, which they are.
    Chain::opening().run(&mut work, context.actor);
    Ok(work.decided())
}

/// The draft of a ticket that was planned; `text` says what its texts are, by their place, within a limit.
pub(super) fn draft(
    planned: &Planned,
    limits: Limits,
    text: impl Fn(&str, &Wording, usize) -> Result<String, Fault>,
) -> Result<Draft, Fault> {
    let Planned {
        kind,
        subject,
        description,
        category,
        tags,
        fields,
        assignee,
        team,
        queue,
        impact,
        urgency,
        after: _,
    } = planned;
    let mut draft = Draft::new(kind.clone(), text("subject", subject, limits.subject)?).rated(*impact, *urgency);
    draft.description =
        description.as_ref().map(|description| text("description", description, limits.text)).transpose()?;
    (draft.category, draft.team, draft.queue) = (category.clone(), team.clone(), queue.clone());
    (draft.tags, draft.fields, draft.assignee) = (tags.clone(), fields.clone(), assignee.clone());
    Ok(draft)
}
