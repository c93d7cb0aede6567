//! Linking tickets: between two that exist, on both, and never so that two wait for each other.

use std::collections::BTreeSet;

use crate::actor::Actor;
use crate::capability::Capability;
use crate::command::Command;
use crate::engine::apply::Work;
use crate::engine::decide::{invalid, room};
use crate::engine::facts::Related;
use crate::engine::merge::not_merged;
use crate::engine::refusal::Refusal;
use crate::engine::rights::permit_other;
use crate::event::Event;
use crate::id::TicketId;
use crate::link::{Link, LinkKind};
use crate::status::Status;
use crate::ticket::Ticket;

/// Over which links one comes from a ticket to those that wait for it: a parent is not solved before its children, nor
/// a blocked ticket before its blockers.
const UP: [LinkKind; 2] = [LinkKind::Parent, LinkKind::Blocks];

pub(super) fn link(work: &mut Work<'_>, actor: &Actor, link: Link) -> Result<(), Refusal> {
    let ticket = &work.ticket;
    if ticket.links.contains(&link) {
        return Ok(());
    }
    if link.to == ticket.id {
        return Err(invalid("link", "a ticket cannot be linked to itself"));
    }
    let Some(other) = work.other(link.to) else { return Err(Refusal::NoSuchTicket { id: link.to }) };
    permit_other(&work.setup.config.rights, actor, other, Capability::Link)?;
    not_merged(other, work.related)?;
    let limit = work.setup.config.limits.links;
    room("links", ticket.links.len(), limit)?;
    room("links of the other ticket", other.links.len(), limit)?;
    match link.kind {
        LinkKind::Parent => put_below(work, ticket, other)?,
        LinkKind::Child => put_below(work, other, ticket)?,
        LinkKind::Blocks => block(work, ticket.id, other.id)?,
        LinkKind::BlockedBy => block(work, other.id, ticket.id)?,
        LinkKind::Relates
        | LinkKind::Duplicates
        | LinkKind::DuplicatedBy
        | LinkKind::Causes
        | LinkKind::CausedBy
        | LinkKind::Explains
        | LinkKind::ExplainedBy => {}
    }
    both(work, actor, link, Event::Linked);
    Ok(())
}

pub(super) fn unlink(work: &mut Work<'_>, actor: &Actor, link: Link) {
    if work.ticket.links.contains(&link) {
        both(work, actor, link, Event::Unlinked);
    }
}

/// Records the link on both tickets, on each as it sees it.
fn both(work: &mut Work<'_>, actor: &Actor, link: Link, event: impl Fn(Link) -> Event) {
    let back = Link { kind: link.kind.inverse(), to: work.ticket.id };
    work.echo(link.to, &actor.by(), event(back));
    work.record(&actor.by(), event(link));
}

fn put_below(work: &Work<'_>, child: &Ticket, parent: &Ticket) -> Result<(), Refusal> {
    if child.linked(LinkKind::Parent).next().is_some() {
        return Err(invalid("link", format!("ticket {} has a parent already", child.id)));
    }
    if reaches(work, parent.id, &[LinkKind::Parent], child.id)? {
        return Err(invalid("link", format!("ticket {} is below ticket {} already", parent.id, child.id)));
    }
    wait(work, parent.id, child.id)?;
    if parent.status == Status::Closed && child.status.is_open() {
        return Err(invalid("link", format!("ticket {} is closed and takes no open child", parent.id)));
    }
    Ok(())
}

fn block(work: &Work<'_>, blocker: TicketId, blocked: TicketId) -> Result<(), Refusal> {
    wait(work, blocked, blocker)?;
    // A ticket waits for its children anyway.
    if reaches(work, blocker, &[LinkKind::Parent], blocked)? {
        return Err(invalid("link", format!("ticket {blocker} is below ticket {blocked}, which waits for it anyway")));
    }
    Ok(())
}

/// Nothing may come to wait for what waits for it.
fn wait(work: &Work<'_>, waits: TicketId, awaited: TicketId) -> Result<(), Refusal> {
    if !reaches(work, waits, &UP, awaited)? {
        return Ok(());
    }
    Err(invalid("link", format!("ticket {waits} would wait for ticket {awaited}, which waits for it already")))
}

fn reaches(work: &Work<'_>, from: TicketId, over: &[LinkKind], to: TicketId) -> Result<bool, Refusal> {
    let limit = work.setup.config.limits.links;
    let get = |id| if id == work.ticket.id { Some(work.ticket.as_ref()) } else { work.other(id).map(AsRef::as_ref) };
    let Walk { seen, unread } = walk(from, over, limit, get);
    if seen.contains(&to) {
        return Ok(true);
    }
    // Never pass a test by not looking.
    let far = || invalid("link", format!("more than {limit} tickets wait for ticket {from}, which is the limit"));
    if unread.is_empty() { Ok(false) } else { Err(far()) }
}

struct Walk {
    seen: BTreeSet<TicketId>,
    /// Where the way went on and could not be followed.
    unread: BTreeSet<TicketId>,
}

/// Follows links from a ticket, up to so many tickets.
fn walk<'t>(from: TicketId, over: &[LinkKind], limit: usize, get: impl Fn(TicketId) -> Option<&'t Ticket>) -> Walk {
    let mut walk = Walk { seen: BTreeSet::from([from]), unread: BTreeSet::new() };
    let mut next = vec![from];
    while let Some(id) = next.pop() {
        match get(id) {
            Some(ticket) if walk.seen.len() <= limit => {
                let linked = over.iter().flat_map(|kind| ticket.linked(*kind));
                next.extend(linked.filter(|id| walk.seen.insert(*id)));
            }
            Some(_) | None => {
                walk.unread.insert(id);
            }
        }
    }
    walk
}

/// Names the tickets that must be read next to see whether commands would close a circle of tickets that wait for each
/// other; none if all was read, or more than the limit on links.
pub(crate) fn circles(ticket: &Ticket, commands: &[Command], related: &Related, limit: usize) -> Vec<TicketId> {
    let get = |id| if id == ticket.id { Some(ticket) } else { related.get(id).map(AsRef::as_ref) };
    let mut ids = BTreeSet::new();
    for command in commands {
        let Command::Link(kind, to) = command else { continue };
        let ways: &[(TicketId, &[LinkKind])] = match kind {
            LinkKind::Parent => &[(*to, &UP)],
            LinkKind::Child => &[(ticket.id, &UP)],
            LinkKind::Blocks => &[(*to, &UP), (ticket.id, &[LinkKind::Parent])],
            LinkKind::BlockedBy => &[(ticket.id, &UP), (*to, &[LinkKind::Parent])],
            LinkKind::Relates
            | LinkKind::Duplicates
            | LinkKind::DuplicatedBy
            | LinkKind::Causes
            | LinkKind::CausedBy
            | LinkKind::Explains
            | LinkKind::ExplainedBy => &[],
        };
        for (from, over) in ways {
            let Walk { seen, unread } = walk(*from, over, limit, get);
            if seen.len() <= limit {
                ids.extend(unread);
            }
        }
    }
    ids.into_iter().collect()
}
