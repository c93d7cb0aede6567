//! Commands → events, or reasons.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::{Actor, ActorKind};
use crate::command::{Command, Message, Request};
use crate::config::{At, Moment, Transition};
use crate::engine::apply::{Work, target};
use crate::engine::automate::Chain;
use crate::engine::cascade::cascade;
use crate::engine::decision::{Context, Decision};
use crate::engine::deed;
use crate::engine::edit::edit;
use crate::engine::facts::lacking;
use crate::engine::feedback;
use crate::engine::input::Input;
use crate::engine::linking::{link, unlink};
use crate::engine::merge::{merge, not_merged, rejoin, split, unmerge};
use crate::engine::names::named;
use crate::engine::poll::{self, Seat};
use crate::engine::refusal::Refusal;
use crate::engine::rights::permit;
use crate::engine::tick::settle;
use crate::event::{Event, Migrated, Said, Visibility};
use crate::fault::Fault;
use crate::id::Key;
use crate::id::Pin;
use crate::link::Link;
use crate::signal::Signal;
use crate::ticket::Ticket;

/// Decides commands on a ticket, in order, all or none. What time made due before comes first.
///
/// # Errors
///
/// A [`Refusal`] with its reasons.
pub fn decide(context: &Context<'_>, ticket: &Arc<Ticket>, request: &Request) -> Result<Decision, Refusal> {
    let Context { rulebook, actor, related, now } = *context;
    let rights = &rulebook.now().config.rights;
    request.commands.iter().try_for_each(|command| permit(rights, actor, ticket, command))?;
    let stale = request.seen.filter(|seen| *seen != ticket.version);
    if let Some(seen) = stale.filter(|_| !request.commands.iter().all(Command::commutes)) {
        return Err(Refusal::Changed { seen, found: ticket.version, changes: Vec::new() });
    }
    let setup = rulebook.now();
    let mut input = Input::new(setup);
    input.actor(actor);
    request.commands.iter().for_each(|command| input.command(command));
    input.known(related, || named(&request.commands));
    input.once(request.once.as_deref());
    input.finish()?;

    // The log of a ticket is monotone, whatever the clock on the wall does.
    let mut work = Work::new(setup, related, now.max(ticket.updated), Arc::clone(ticket));
    settle(&mut work, rulebook);
    let settled = work.facts.len();
    let chain = Chain::begin(&work);
    carry_out(context, &mut work, &request.commands)?;
    // A request that changes nothing writes nothing; what time made due is the ticker's to record.
    if work.facts.len() == settled {
        return Ok(Decision { facts: Vec::new(), ticket: Arc::clone(ticket), echoes: Vec::new() });
    }
    chain.run(&mut work, actor);
    cascade(&mut work, rulebook);
    Ok(work.decided())
}

/// Carries out commands whose input and rights were checked, in order.
pub(super) fn carry_out(context: &Context<'_>, work: &mut Work<'_>, commands: &[Command]) -> Result<(), Refusal> {
    for command in commands {
        order(context, work, command)?;
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

fn order(context: &Context<'_>, work: &mut Work<'_>, command: &Command) -> Result<(), Refusal> {
    let actor = context.actor;
    let by = actor.by();
    if *command != Command::Unmerge {
        not_merged(&work.ticket, work.related)?;
    }
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
        Command::Run(key) => return run(context, work, key),
        Command::Link(kind, to) => return link(work, actor, Link { kind: *kind, to: *to }),
        Command::Unlink(kind, to) => {
            unlink(work, actor, Link { kind: *kind, to: *to });
            return Ok(());
        }
        Command::Edit(message, text) => return edit(work, actor, *message, text),
        Command::Merge(into) => return merge(context, work, *into),
        Command::Unmerge => return unmerge(context, work),
        Command::Split(messages, draft) => return split(context, work, messages, draft),
        Command::Rejoin(from) => return rejoin(context, work, *from),
        Command::Assign(person) => changed(&ticket.assignee, person, Event::Assigned),
        Command::AssignTeam(team) => changed(&ticket.team, team, Event::TeamAssigned),
        Command::Enqueue(queue) => changed(&ticket.queue, queue, Event::Queued),
        Command::ChangeRequester(person) => changed(&ticket.requester, person, Event::RequesterChanged),
        Command::ChangeOrganisation(key) => changed(&ticket.organisation, key, Event::OrganisationChanged),
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
            // Who watches because of a merged ticket may want to stay when it goes.
            (!ticket.is_watched_by(person)).then(|| Event::Watched(person.clone()))
        }
        Command::Unwatch(person) => ticket.watchers.contains(person).then(|| Event::Unwatched(person.clone())),
        Command::Score(score, comment) => return feedback::score(work, actor, *score, comment.as_deref()),
        Command::Endorse(helpful) => feedback::endorse(work, actor, *helpful)?,
        Command::Invite(person) => {
            room("participants", ticket.participants.len(), work.setup.config.limits.items)?;
            (!ticket.participants.contains(person)).then(|| Event::Invited(person.clone()))
        }
        Command::Dismiss(person) => ticket.participants.contains(person).then(|| Event::Dismissed(person.clone())),
        Command::Refer(team) => {
            room("referred", ticket.referred.len(), work.setup.config.limits.items)?;
            if ticket.team.as_ref() == Some(team) {
                return Err(invalid("team", format!("`{team}` has the ticket already")));
            }
            (!ticket.referred.contains(team)).then(|| Event::Referred(team.clone()))
        }
        Command::Recall(team) => ticket.referred.contains(team).then(|| Event::Recalled(team.clone())),
        Command::Share(party) => {
            room("shares", ticket.shares.len(), work.setup.config.limits.items)?;
            (!ticket.shares.contains(party)).then(|| Event::Shared(party.clone()))
        }
        Command::Unshare(party) => ticket.shares.contains(party).then(|| Event::Unshared(party.clone())),
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
fn run(context: &Context<'_>, work: &mut Work<'_>, key: &Key) -> Result<(), Refusal> {
    let actor = context.actor;
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
        permit(&work.setup.config.rights, actor, &work.before, &command)?;
        carry_out(context, work, &[command])?;
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
    let known = work.ticket.alerts().find(|alert| alert.key == signal.key).or(work.ticket.alert.as_deref());
    if known.is_some_and(|alert| alert.firing == signal.firing && signal.at <= alert.last) {
        return;
    }
    work.record(&actor.by(), Event::Signalled(signal.clone()));
    let alerts = &work.setup.config.alerts;
    match (signal.firing, work.ticket.status.is_open()) {
        (true, false) => work.take_if_possible(&alerts.reopen),
        // Alerts of merged tickets are alerts of this one: it is solved when the last of them is over.
        (false, true) if !work.ticket.is_firing() => work.take_if_possible(&alerts.resolve),
        (true, true) | (false, true | false) => {}
    }
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
