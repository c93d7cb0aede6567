//! Events → ticket. Total: any event is accepted in any state, because it happened.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::actor::{ActorKind, By};
use crate::approval::{Poll, Proxy, Vote};
use crate::engine::joined;
use crate::event::{Event, Moved, Opened, Recorded, Said, Visibility};
use crate::id::{Key, PersonId, TenantId, TicketId, Version};
use crate::line::{Beat, Flag, Flags, Line, Mark};
use crate::policy_log::{Breach, PolicyLog};
use crate::signal::Signal;
use crate::status::Status;
use crate::ticket::{Ack, Override, Score, Ticket};
use crate::trail::{Before, Trail};

/// Folds a ticket's whole history into the ticket.
///
/// Returns `None` if the history is empty or does not begin with an opening. The number, which is the store's, is 0.
pub fn fold<'a>(history: impl IntoIterator<Item = &'a Recorded>) -> Option<Ticket> {
    let mut history = history.into_iter();
    let first = history.next()?;
    let Event::Opened(opened) = &first.event else { return None };
    let mut ticket = begin(&first.tenant, first.ticket, first.at, &first.by, opened);
    ticket.head = first.seal.map(|seal| seal.chain);
    for recorded in history {
        evolve(&mut ticket, recorded.at, &recorded.by, &recorded.event);
        ticket.head = recorded.seal.map(|seal| seal.chain);
    }
    Some(ticket)
}

/// The ticket an opening makes.
pub(crate) fn begin(tenant: &TenantId, id: TicketId, at: DateTime<Utc>, by: &By, opened: &Opened) -> Ticket {
    let theirs = opened.requester.is_some() && by.kind != ActorKind::Agent && opened.requester != opened.assignee;
    let mut ticket = Ticket {
        tenant: tenant.clone(),
        id,
        number: 0,
        prefix: opened.prefix.clone(),
        version: Version(1),
        kind: opened.kind.clone(),
        subject: opened.subject.clone(),
        category: opened.category.clone(),
        tags: opened.tags.iter().cloned().collect(),
        fields: opened.fields.clone(),
        channel: opened.channel,
        external: opened.external.clone(),
        requester: opened.requester.clone(),
        organisation: opened.organisation.clone(),
        assignee: opened.assignee.clone(),
        team: opened.team.clone(),
        queue: opened.queue.clone(),
        needs: opened.needs.clone(),
        watchers: opened.watchers.iter().cloned().collect(),
        participants: BTreeSet::new(),
        referred: BTreeSet::new(),
        shares: BTreeSet::new(),
        workflow: opened.workflow.clone(),
        state: opened.state.clone(),
        previous: None,
        status: opened.status,
        waiting: opened.waiting,
        dropped: false,
        impact: opened.impact,
        urgency: opened.urgency,
        computed: opened.priority,
        overridden: None,
        level: 0,
        acked: None,
        snoozed: None,
        approvals: BTreeMap::new(),
        revised: Version(1),
        links: BTreeSet::new(),
        merged: None,
        pose: None,
        absorbed: Vec::new(),
        parted: Vec::new(),
        alert: None,
        created: at,
        updated: at,
        responded: None,
        resolved: None,
        first_resolved: None,
        closed: None,
        reopens: 0,
        reassigns: 0,
        messages: 0,
        public: 0,
        heard: None,
        score: None,
        helpful: BTreeMap::new(),
        line: Line::default(),
        trail: Trail::default(),
        policies: PolicyLog::default(),
        head: None,
    };
    let given = opened.assignee.as_ref().is_some_and(|person| *person != by.id);
    let waits = Waits { unanswered: theirs, untouched: given };
    ticket.line = Line::starting(beat(&ticket, at, Mark::Opened, waits));
    ticket
}

/// Folds one event into a ticket. Knows no policy and refuses nothing.
pub fn evolve(ticket: &mut Ticket, at: DateTime<Utc>, by: &By, event: &Event) {
    ticket.version = ticket.version.next();
    ticket.updated = at;
    let mut waits = Waits::of(ticket);
    let mut mark = None;
    let before = turns(event).then(|| Before::of(ticket));
    match event {
        // A second opening cannot be decided; if a store holds one, it changes nothing. Texts stand in the log.
        Event::Edited { message: Version(1), .. } => ticket.revised = ticket.version,
        Event::Opened(_)
        | Event::Routed(_)
        | Event::Unrouted(_)
        | Event::Ruled { .. }
        | Event::Notified(_)
        | Event::Edited { .. }
        | Event::Withheld(_) => {}
        Event::Moved(moved) => {
            waits.untouched &= by.kind != ActorKind::Agent;
            mark = Some(relocate(ticket, at, moved));
        }
        Event::Said(said) => {
            ticket.messages = ticket.messages.saturating_add(1);
            if said.visibility == Visibility::Public {
                ticket.public = ticket.public.saturating_add(1);
                ticket.heard = Some(at);
                join(ticket, by);
            }
            mark = hear(ticket, at, by, said, &mut waits);
        }
        Event::Assigned(person) => {
            ticket.reassigns = ticket.reassigns.saturating_add(u32::from(handed_on(&ticket.assignee, person)));
            ticket.assignee.clone_from(person);
            waits.untouched = person.as_ref().is_some_and(|person| *person != by.id);
            mark = person.is_some().then_some(Mark::Assigned);
        }
        Event::TeamAssigned(team) => {
            ticket.reassigns = ticket.reassigns.saturating_add(u32::from(handed_on(&ticket.team, team)));
            ticket.team.clone_from(team);
        }
        Event::Queued(queue) => ticket.queue.clone_from(queue),
        Event::RequesterChanged(person) => {
            ticket.requester.clone_from(person);
            ticket.revised = ticket.version;
        }
        Event::OrganisationChanged(key) => {
            ticket.organisation.clone_from(key);
            ticket.revised = ticket.version;
        }
        Event::Renamed(subject) => {
            ticket.subject.clone_from(subject);
            ticket.revised = ticket.version;
        }
        Event::Categorised(category) => {
            ticket.category.clone_from(category);
            ticket.revised = ticket.version;
        }
        Event::Tagged(tag) => {
            ticket.tags.insert(tag.clone());
        }
        Event::Untagged(tag) => {
            ticket.tags.remove(tag);
        }
        Event::FieldSet(field, Some(value)) => {
            ticket.fields.insert(field.clone(), value.clone());
            ticket.revised = ticket.version;
        }
        Event::FieldSet(field, None) => {
            ticket.fields.remove(field);
            ticket.revised = ticket.version;
        }
        Event::Referenced(name) => ticket.external.clone_from(name),
        Event::Rated { impact, urgency, priority } => {
            (ticket.impact, ticket.urgency, ticket.computed) = (*impact, *urgency, *priority);
            ticket.revised = ticket.version;
        }
        Event::Prioritised { priority, reason } => {
            ticket.overridden = Some(Box::new(Override { priority: *priority, reason: reason.clone() }));
        }
        Event::PriorityRestored => ticket.overridden = None,
        Event::Escalated(level) => ticket.level = *level,
        Event::Watched(person) => {
            ticket.watchers.insert(person.clone());
            joined::by_hand(ticket, person);
        }
        Event::Unwatched(person) => {
            ticket.watchers.remove(person);
            joined::by_hand(ticket, person);
        }
        Event::Scored { score, of } => {
            ticket.score = Some(Box::new(Score { score: *score, at, by: by.id.clone(), of: *of }));
        }
        Event::Endorsed { helpful } => {
            ticket.helpful.insert(by.id.clone(), *helpful);
        }
        Event::Invited(person) => {
            ticket.participants.insert(person.clone());
        }
        Event::Dismissed(person) => {
            ticket.participants.remove(person);
        }
        Event::Referred(team) => {
            ticket.referred.insert(team.clone());
        }
        Event::Recalled(team) => {
            ticket.referred.remove(team);
        }
        Event::Shared(party) => {
            ticket.shares.insert(party.clone());
        }
        Event::Unshared(party) => {
            ticket.shares.remove(party);
        }
        Event::Linked(link) => {
            ticket.links.insert(*link);
        }
        Event::Unlinked(link) => {
            ticket.links.remove(link);
        }
        Event::Merged(merged) => mark = Some(joined::merge(ticket, at, merged)),
        Event::Absorbed(absorbed) => joined::absorb(ticket, absorbed),
        Event::Unmerged(unmerged) => mark = Some(joined::unmerge(ticket, unmerged)),
        Event::Released(absorbed) => joined::release(ticket, absorbed),
        Event::SplitOff(split) => ticket.parted.push(split.clone()),
        Event::Rejoined(split) => ticket.parted.retain(|parted| parted != split),
        Event::Acknowledged { until } => {
            ticket.acked = Some(Box::new(Ack { by: by.id.clone(), at, until: *until }));
            waits.untouched = false;
        }
        Event::Unacknowledged => ticket.acked = None,
        Event::Snoozed(until) => ticket.snoozed = Some(*until),
        Event::Woken => ticket.snoozed = None,
        Event::Signalled(signal) => signalled(ticket, signal),
        Event::Fired { key, .. } | Event::Skipped { key, .. } => ticket.policies.steps.push(key.clone()),
        Event::Breached { policy, cycle, due } => {
            ticket.policies.breaches.push(Breach { policy: policy.clone(), cycle: *cycle, due: *due, waived: None });
        }
        Event::Waived { policy, reason } => {
            for breach in ticket.policies.breaches.iter_mut().filter(|breach| breach.policy == *policy) {
                breach.waived.get_or_insert_with(|| reason.clone());
            }
        }
        Event::ApprovalRequested { approval, steps, ordered, own, expires } => {
            let poll = Poll {
                asked: ticket.version,
                by: by.id.clone(),
                steps: steps.clone(),
                ordered: *ordered,
                own: *own,
                expires: *expires,
                votes: Vec::new(),
                proxies: BTreeMap::new(),
            };
            ticket.approvals.insert(approval.clone(), poll);
        }
        Event::Approved { approval, step, instead_of, seen, reason: _ } => {
            vote(ticket, approval, Vote { agrees: true, ..ballot(at, by, *step, instead_of.clone(), *seen) });
        }
        Event::Rejected { approval, step, instead_of, seen, reason: _ } => {
            vote(ticket, approval, ballot(at, by, *step, instead_of.clone(), *seen));
        }
        Event::Delegated { approval, to, steps } => {
            if let Some(poll) = ticket.approvals.get_mut(approval) {
                let proxy = Proxy { to: to.clone(), steps: steps.clone() };
                if *to == by.id {
                    poll.proxies.remove(to)
                } else {
                    poll.proxies.insert(by.id.clone(), proxy)
                };
            }
        }
        Event::ApprovalWithdrawn(approval) => {
            ticket.approvals.remove(approval);
        }
        Event::Migrated(migrated) => {
            ticket.workflow = migrated.to.clone();
            ticket.previous = None;
            let state = Moved {
                transition: migrated.state.clone(),
                from: ticket.state.clone(),
                to: migrated.state.clone(),
                status: migrated.status,
                waiting: migrated.waiting,
                dropped: migrated.dropped,
            };
            // A renamed state is no move: only a change of meaning is one for the clocks.
            let same = (ticket.status, ticket.waiting) == (migrated.status, migrated.waiting);
            let moved = relocate(ticket, at, &state);
            ticket.previous = None;
            mark = if same { None } else { Some(moved) };
        }
    }
    if let Some(before) = before {
        before.turned(ticket, at, &by.id);
    }
    beat_if_changed(ticket, at, mark, waits);
}

/// Tells whether an event can change what the trail follows.
const fn turns(event: &Event) -> bool {
    matches!(
        event,
        Event::Moved(_)
            | Event::Migrated(_)
            | Event::Merged(_)
            | Event::Unmerged(_)
            | Event::Assigned(_)
            | Event::TeamAssigned(_)
            | Event::Queued(_)
            | Event::Categorised(_)
            | Event::Rated { .. }
            | Event::Prioritised { .. }
            | Event::PriorityRestored
    )
}

/// What only the line remembers: who waits for whom.
#[derive(Clone, Copy)]
struct Waits {
    unanswered: bool,
    untouched: bool,
}

impl Waits {
    fn of(ticket: &Ticket) -> Self {
        let has = |flag| ticket.line.last().is_some_and(|last| last.flags.has(flag));
        Self { unanswered: has(Flag::Unanswered), untouched: has(Flag::Untouched) }
    }
}

/// Whoever writes from outside takes part from then on.
fn join(ticket: &mut Ticket, by: &By) {
    if by.kind == ActorKind::Requester && ticket.requester.as_ref() != Some(&by.id) {
        ticket.participants.insert(by.id.clone());
    }
}

/// A vote against; what makes it one for is said by whoever asks.
fn ballot(at: DateTime<Utc>, by: &By, step: u16, instead_of: Option<PersonId>, seen: Version) -> Vote {
    Vote { by: by.id.clone(), instead_of, step, agrees: false, seen, at }
}

/// Adds a vote. Those that no longer count go, so that a ticket that changes often does not grow with each round.
fn vote(ticket: &mut Ticket, approval: &Key, vote: Vote) {
    let revised = ticket.revised;
    if let Some(poll) = ticket.approvals.get_mut(approval) {
        poll.votes.retain(|vote| vote.seen >= revised);
        poll.votes.push(vote);
    }
}

/// Tells whether something went from one holder to another; the first holder is no handing on.
fn handed_on<T: PartialEq>(old: &Option<T>, new: &Option<T>) -> bool {
    old.is_some() && new.is_some() && old != new
}

fn relocate(ticket: &mut Ticket, at: DateTime<Utc>, moved: &Moved) -> Mark {
    let was_open = ticket.status.is_open();
    ticket.previous = Some(std::mem::replace(&mut ticket.state, moved.to.clone()));
    let resolved_before = ticket.status == Status::Resolved;
    (ticket.status, ticket.waiting, ticket.dropped) = (moved.status, moved.waiting, moved.dropped);
    match moved.status {
        Status::Resolved if !resolved_before => {
            ticket.resolved = Some(at);
            ticket.first_resolved.get_or_insert(at);
            ticket.closed = None;
        }
        Status::Resolved => ticket.closed = None,
        Status::Closed => {
            ticket.closed.get_or_insert(at);
        }
        Status::New | Status::Open | Status::Pending => {
            (ticket.resolved, ticket.closed, ticket.score) = (None, None, None);
            if !was_open {
                ticket.reopens = ticket.reopens.saturating_add(1);
                return Mark::Reopened;
            }
        }
    }
    Mark::Moved
}

/// What a message means to the clocks: a question starts a wait, a human agent's public answer ends it.
fn hear(ticket: &mut Ticket, at: DateTime<Utc>, by: &By, said: &Said, waits: &mut Waits) -> Option<Mark> {
    if said.visibility == Visibility::Internal || said.automatic {
        return None;
    }
    let requester = ticket.requester.as_ref() == Some(&by.id);
    match by.kind {
        ActorKind::Agent if !requester => {
            ticket.responded.get_or_insert(at);
            (waits.unanswered, waits.untouched) = (false, false);
            Some(Mark::Answered)
        }
        ActorKind::Agent | ActorKind::Requester if !waits.unanswered => {
            waits.unanswered = true;
            Some(Mark::Asked)
        }
        _ => None,
    }
}

fn signalled(ticket: &mut Ticket, signal: &Signal) {
    let alert = joined::alert(ticket, signal);
    alert.firing = signal.firing;
    alert.last = signal.at;
    if signal.firing {
        alert.severity = signal.severity;
        alert.count = alert.count.saturating_add(1);
    }
}

fn beat_if_changed(ticket: &mut Ticket, at: DateTime<Utc>, mark: Option<Mark>, waits: Waits) {
    let changed = ticket.line.last().is_none_or(|last| {
        last.priority != ticket.priority() || last.flags != flags(ticket, waits) || last.state != ticket.state
    });
    if let Some(mark) = mark.or(changed.then_some(Mark::Changed)) {
        let beat = beat(ticket, at, mark, waits);
        ticket.line.push(beat);
    }
}

fn beat(ticket: &Ticket, at: DateTime<Utc>, mark: Mark, waits: Waits) -> Beat {
    Beat {
        at,
        mark,
        state: ticket.state.clone(),
        status: ticket.status,
        waiting: ticket.waiting,
        priority: ticket.priority(),
        flags: flags(ticket, waits),
    }
}

fn flags(ticket: &Ticket, waits: Waits) -> Flags {
    Flags::default()
        .with(Flag::Acked, ticket.acked.is_some())
        .with(Flag::Snoozed, ticket.snoozed.is_some())
        .with(Flag::Firing, ticket.is_firing())
        .with(Flag::Assigned, ticket.assignee.is_some())
        .with(Flag::Responded, ticket.responded.is_some())
        .with(Flag::Unanswered, waits.unanswered)
        .with(Flag::Dropped, ticket.dropped)
        .with(Flag::Untouched, waits.untouched)
}
