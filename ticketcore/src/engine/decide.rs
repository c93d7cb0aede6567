//! Commands → events, or reasons.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::{Actor, ActorKind};
use crate::command::{Command, Message, Request};
use crate::config::{At, Moment, Transition};
use crate::engine::apply::{Work, target};
use crate::engine::automate::Chain;
use crate::engine::decision::{Context, Decision};
use crate::engine::deed;
use crate::engine::facts::lacking;
use crate::engine::input::Input;
use crate::engine::poll::{self, Seat};
use crate::engine::refusal::Refusal;
use crate::engine::tick::settle;
use crate::event::{Event, Migrated, Said, Visibility};
use crate::fault::Fault;
use crate::id::Pin;
use crate::id::{Key, TicketId};
use crate::link::{Link, LinkKind};
use crate::signal::Signal;
use crate::status::Status;
use crate::ticket::Ticket;

/// Decides commands on a ticket, in order, all or none. What time made due before comes first.
///
/// # Errors
///
/// A [`Refusal`] with its reasons.
pub fn decide(context: &Context<'_>, ticket: &Arc<Ticket>, request: &Request) -> Result<Decision, Refusal> {
    let Context { rulebook, actor, related, now } = *context;
    if let Some(seen) = request.seen.filter(|seen| *seen != ticket.version) {
        return Err(Refusal::Changed { seen, found: ticket.version });
    }
    let setup = rulebook.now();
    let mut input = Input::new(setup);
    input.actor(actor);
    request.commands.iter().for_each(|command| input.command(command));
    input.once(request.once.as_deref());
    input.finish()?;

    // The log of a ticket is monotone, whatever the clock on the wall does.
    let mut work = Work::new(setup, related, now.max(ticket.updated), Arc::clone(ticket));
    settle(&mut work, rulebook);
    let settled = work.facts.len();
    let chain = Chain::begin(&work);
    let mut echoes = Vec::new();
    carry_out(&mut work, actor, &request.commands, &mut echoes)?;
    // A request that changes nothing writes nothing; what time made due is the ticker's to record.
    if work.facts.len() == settled {
        return Ok(Decision { facts: Vec::new(), ticket: Arc::clone(ticket), echoes });
    }
    chain.run(&mut work, actor);
    Ok(Decision { echoes, ..work.decided() })
}

/// Carries out commands whose input was checked, in order.
pub(super) fn carry_out(
    work: &mut Work<'_>,
    actor: &Actor,
    commands: &[Command],
    echoes: &mut Vec<(TicketId, Event)>,
) -> Result<(), Refusal> {
    for command in commands {
        order(work, actor, command, echoes)?;
        demand(work)?;
    }
    Ok(())
}

/// Law 22: after every command the state's demands hold.
pub(super) fn demand(work: &Work<'_>) -> Result<(), Refusal> {
    let state = work.workflow().and_then(|workflow| workflow.find_state(&work.ticket.state));
    let reasons = state.map(|state| lacking(&work.ticket, &state.requires)).unwrap_or_default();
    if reasons.is_empty() { Ok(()) } else { Err(Refusal::Unmet { what: work.ticket.state.clone(), reasons }) }
}

fn order(
    work: &mut Work<'_>,
    actor: &Actor,
    command: &Command,
    echoes: &mut Vec<(TicketId, Event)>,
) -> Result<(), Refusal> {
    let by = actor.by();
    let ticket = &work.ticket;
    let event = match command {
        Command::Move(key) => return take(work, actor, key),
        Command::Say(message) => {
            say(work, actor, message);
            return Ok(());
        }
        Command::Signal(signal) => {
            hear(work, actor, signal);
            return Ok(());
        }
        Command::Run(key) => return run(work, actor, key, echoes),
        Command::Link(kind, to) => return link(work, actor, Link { kind: *kind, to: *to }, echoes),
        Command::Unlink(kind, to) => {
            let link = Link { kind: *kind, to: *to };
            ticket.links.contains(&link).then(|| {
                echoes.push((*to, Event::Unlinked(Link { kind: kind.inverse(), to: ticket.id })));
                Event::Unlinked(link)
            })
        }
        Command::Assign(person) => changed(&ticket.assignee, person, Event::Assigned),
        Command::AssignTeam(team) => changed(&ticket.team, team, Event::TeamAssigned),
        Command::Enqueue(queue) => changed(&ticket.queue, queue, Event::Queued),
        Command::ChangeRequester(person) => changed(&ticket.requester, person, Event::RequesterChanged),
        Command::Rename(subject) => changed(&ticket.subject, subject, Event::Renamed),
        Command::Categorise(category) => changed(&ticket.category, category, Event::Categorised),
        Command::Reference(name) => changed(&ticket.external, name, Event::Referenced),
        Command::Tag(tag) => {
            room("tags", ticket.tags.len(), work.setup.config.limits.items)?;
            (!ticket.tags.contains(tag)).then(|| Event::Tagged(tag.clone()))
        }
        Command::Untag(tag) => ticket.tags.contains(tag).then(|| Event::Untagged(tag.clone())),
        Command::Watch(person) => {
            room("watchers", ticket.watchers.len(), work.setup.config.limits.items)?;
            (!ticket.watchers.contains(person)).then(|| Event::Watched(person.clone()))
        }
        Command::Unwatch(person) => ticket.watchers.contains(person).then(|| Event::Unwatched(person.clone())),
        Command::Set(field, None) if !ticket.fields.contains_key(field) => {
            // A field that the desk no longer has can be cleared; one that it never had is a slip.
            let known = work.setup.config.fields.contains_key(field);
            return if known { Ok(()) } else { Err(invalid(&format!("fields.{field}"), "is no field of this desk")) };
        }
        Command::Set(field, value) => {
            (ticket.fields.get(field) != value.as_ref()).then(|| Event::FieldSet(field.clone(), value.clone()))
        }
        Command::Rate(impact, urgency) => work
            .setup
            .config
            .matrix
            .priority(*impact, *urgency)
            .filter(|_| (ticket.impact, ticket.urgency) != (*impact, *urgency))
            .map(|priority| Event::Rated { impact: *impact, urgency: *urgency, priority }),
        Command::Prioritise(priority, reason) => {
            let same = ticket.overridden.as_ref().is_some_and(|set| set.priority == *priority);
            (!same).then(|| Event::Prioritised { priority: *priority, reason: reason.clone() })
        }
        Command::RestorePriority => ticket.overridden.is_some().then_some(Event::PriorityRestored),
        Command::Escalate(level) => {
            must_be_open(ticket, "escalated")?;
            (ticket.level != *level).then_some(Event::Escalated(*level))
        }
        Command::Acknowledge(until) => {
            must_be_open(ticket, "acknowledged")?;
            in_future("until", *until, work.at)?;
            let same = ticket.acked.as_ref().is_some_and(|ack| ack.by == by.id && ack.until == *until);
            (!same).then_some(Event::Acknowledged { until: *until })
        }
        Command::Unacknowledge => ticket.acked.is_some().then_some(Event::Unacknowledged),
        Command::Snooze(until) => {
            must_be_open(ticket, "snoozed")?;
            in_future("until", Some(*until), work.at)?;
            can_wake(work)?;
            (ticket.snoozed != Some(*until)).then_some(Event::Snoozed(*until))
        }
        Command::Wake => ticket.snoozed.is_some().then_some(Event::Woken),
        Command::Waive(policy, reason) => ticket
            .policies
            .breaches
            .iter()
            .any(|breach| breach.policy == *policy && breach.waived.is_none())
            .then(|| Event::Waived { policy: policy.clone(), reason: reason.clone() }),
        Command::RequestApproval(approval) => poll::ask(work, approval)?,
        Command::Approve { approval, seen, reason } => {
            let Seat { step, instead_of } = poll::seat(work, actor, approval, *seen)?;
            let (approval, reason) = (approval.clone(), reason.clone());
            Some(Event::Approved { approval, step, instead_of, seen: *seen, reason })
        }
        Command::Reject { approval, seen, reason } => {
            let Seat { step, instead_of } = poll::seat(work, actor, approval, *seen)?;
            let (approval, reason) = (approval.clone(), reason.clone());
            Some(Event::Rejected { approval, step, instead_of, seen: *seen, reason })
        }
        Command::Delegate { approval, to } => poll::delegate(work, actor, approval, to)?,
        Command::WithdrawApproval(approval) => poll::withdraw(work, approval)?,
        Command::Migrate(rev, map) => Some(Event::Migrated(migrate(work, *rev, map)?)),
    };
    if let Some(event) = event {
        work.record(&by, event);
    }
    Ok(())
}

/// Gives the commands of a macro as if the actor gave them one after the other.
fn run(work: &mut Work<'_>, actor: &Actor, key: &Key, echoes: &mut Vec<(TicketId, Event)>) -> Result<(), Refusal> {
    let commands = work.setup.config.macros.get(key).map(|spec| spec.commands.as_slice()).unwrap_or_default();
    for (i, deed) in commands.iter().enumerate() {
        let at = format!("macros.{key}.commands[{i}]");
        let checked = deed::command(work, actor, deed).map_err(|fault| Refusal::Invalid { faults: vec![fault] });
        let checked = checked.and_then(|command| {
            let mut input = Input::new(work.setup);
            input.command(&command);
            input.finish().map(|()| command)
        });
        let command = checked.map_err(|refusal| below(&at, refusal))?;
        carry_out(work, actor, &[command], echoes)?;
    }
    Ok(())
}

/// Puts the faults of a refusal below a place.
pub(super) fn below(place: &str, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { faults } => {
            Refusal::Invalid { faults: faults.into_iter().map(|fault| fault.under(place)).collect() }
        }
        other => other,
    }
}

fn changed<T: Clone + PartialEq>(old: &T, new: &T, event: impl FnOnce(T) -> Event) -> Option<Event> {
    (old != new).then(|| event(new.clone()))
}

pub(super) fn invalid(path: &str, problem: impl Into<String>) -> Refusal {
    Refusal::Invalid { faults: vec![Fault::new(path, problem)] }
}

pub(super) fn room(path: &str, count: usize, limit: usize) -> Result<(), Refusal> {
    if count < limit { Ok(()) } else { Err(invalid(path, format!("has {count} items, which is the limit"))) }
}

fn must_be_open(ticket: &Ticket, what: &'static str) -> Result<(), Refusal> {
    let status = ticket.status;
    if status.is_open() { Ok(()) } else { Err(Refusal::Ended { what: Key::from_static(what), status }) }
}

fn in_future(path: &str, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if until.is_none_or(|until| until > now) { Ok(()) } else { Err(invalid(path, "is not in the future")) }
}

/// Nothing is put away that nothing would bring back.
fn can_wake(work: &Work<'_>) -> Result<(), Refusal> {
    let wakes = |at: &At| *at == At::Until(Moment::Snooze);
    let policies = &work.setup.config.policies;
    if policies.iter().flat_map(|policy| &policy.steps).any(|step| wakes(&step.at)) {
        Ok(())
    } else {
        Err(invalid("until", "no policy of this desk would end the snooze; add `Policy::snooze`"))
    }
}

fn take(work: &mut Work<'_>, actor: &Actor, key: &Key) -> Result<(), Refusal> {
    let pin = &work.ticket.workflow;
    let workflow = work.workflow().ok_or_else(|| Refusal::NoSuchWorkflow { workflow: pin.id.clone(), rev: pin.rev })?;
    let found = workflow
        .find_move(key, &work.ticket.state)
        .and_then(|transition| Some((transition, target(workflow, transition, &work.ticket)?)));
    let Some((transition, state)) = found else {
        let possible = |transition: &Transition| transition.key.clone();
        return Err(Refusal::NoSuchMove {
            transition: key.clone(),
            from: work.ticket.state.clone(),
            possible: workflow.moves_from(&work.ticket.state).map(possible).collect(),
        });
    };
    let reasons = work.unmet(actor, transition, state);
    if !reasons.is_empty() {
        return Err(Refusal::Unmet { what: key.clone(), reasons });
    }
    work.take(&actor.by(), transition, state);
    Ok(())
}

fn say(work: &mut Work<'_>, actor: &Actor, message: &Message) {
    let Message { visibility, body, channel, automatic, attachments } = message.clone();
    let said = Said { visibility, channel, automatic, attachments };
    work.record_text(&actor.by(), Event::Said(said), Some(body));
    // The awaited party has spoken: what waited for it goes on. Programs talking to programs move nothing.
    let requester = actor.kind == ActorKind::Requester || work.ticket.requester.as_ref() == Some(&actor.id);
    if requester && !automatic && visibility == Visibility::Public {
        let state = work.workflow().and_then(|workflow| workflow.find_state(&work.ticket.state));
        if let Some(transition) = state.and_then(|state| state.on_reply.as_ref()) {
            work.take_if_possible(transition);
        }
    }
}

/// Law 59: a signal that was heard already changes nothing.
fn hear(work: &mut Work<'_>, actor: &Actor, signal: &Signal) {
    let known = work.ticket.alert.as_ref();
    if known.is_some_and(|alert| alert.firing == signal.firing && signal.at <= alert.last) {
        return;
    }
    work.record(&actor.by(), Event::Signalled(signal.clone()));
    let alerts = &work.setup.config.alerts;
    match (signal.firing, work.ticket.status.is_open()) {
        (true, false) => work.take_if_possible(&alerts.reopen),
        (false, true) => work.take_if_possible(&alerts.resolve),
        (true, true) | (false, false) => {}
    }
}

fn link(work: &mut Work<'_>, actor: &Actor, link: Link, echoes: &mut Vec<(TicketId, Event)>) -> Result<(), Refusal> {
    let ticket = &work.ticket;
    if ticket.links.contains(&link) {
        return Ok(());
    }
    if link.to == ticket.id {
        return Err(invalid("link", "a ticket cannot be linked to itself"));
    }
    let Some(other) = work.related.get(link.to) else { return Err(Refusal::NoSuchTicket { id: link.to }) };
    let limit = work.setup.config.limits.links;
    room("links", ticket.links.len(), limit)?;
    room("links of the other ticket", other.links.len(), limit)?;
    let (child, parent) = match link.kind {
        LinkKind::Parent => (ticket.as_ref(), other.as_ref()),
        LinkKind::Child => (other.as_ref(), ticket.as_ref()),
        _ => {
            echoes.push((link.to, Event::Linked(Link { kind: link.kind.inverse(), to: ticket.id })));
            work.record(&actor.by(), Event::Linked(link));
            return Ok(());
        }
    };
    if child.linked(LinkKind::Parent).next().is_some() {
        return Err(invalid("link", format!("ticket {} has a parent already", child.id)));
    }
    if ancestors(work, parent).any(|ancestor| ancestor == child.id) {
        return Err(invalid("link", format!("ticket {} is below ticket {} already", parent.id, child.id)));
    }
    if parent.status == Status::Closed && child.status.is_open() {
        return Err(invalid("link", format!("ticket {} is closed and takes no open child", parent.id)));
    }
    echoes.push((link.to, Event::Linked(Link { kind: link.kind.inverse(), to: ticket.id })));
    work.record(&actor.by(), Event::Linked(link));
    Ok(())
}

/// The chain of parents, as far as it was loaded. A chain longer than the related tickets cannot be without a circle.
fn ancestors<'w>(work: &'w Work<'_>, ticket: &'w Ticket) -> impl Iterator<Item = TicketId> + 'w {
    let parent = |ticket: &Ticket| ticket.linked(LinkKind::Parent).next();
    std::iter::successors(parent(ticket), move |id| {
        work.related.get(*id).and_then(|ticket| ticket.linked(LinkKind::Parent).next())
    })
    .take(work.related.iter().count() + 1)
}

fn migrate(work: &Work<'_>, rev: u32, map: &BTreeMap<Key, Key>) -> Result<Migrated, Refusal> {
    let missing = |rev| Refusal::NoSuchWorkflow { workflow: work.ticket.workflow.id.clone(), rev };
    let old = work.workflow().ok_or_else(|| missing(work.ticket.workflow.rev))?;
    let pin = Pin { id: old.id.clone(), rev };
    let new = work.setup.workflow(&pin).ok_or_else(|| missing(rev))?;
    let migration = old.migration(new, map).map_err(|faults| Refusal::Invalid { faults })?;
    let state = migration.map.get(&work.ticket.state).and_then(|key| new.find_state(key));
    let state = state.ok_or_else(|| invalid("state", format!("`{}` is not mapped", work.ticket.state)))?;
    Ok(Migrated {
        to: pin,
        state: state.key.clone(),
        status: state.status,
        waiting: state.waiting,
        dropped: state.dropped,
    })
}
