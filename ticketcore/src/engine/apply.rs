//! The desk's hand on a ticket while something is decided: every event is folded in as soon as it is recorded, so each
//! command and action sees what the ones before it did.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::{Actor, By};
use crate::cond::Unmet;
use crate::config::{Action, Audience, CascadeOn, Rulebook, Setup, State, Target, Transition, Workflow};
use crate::engine::decision::{Decision, Echo};
use crate::engine::evolve::evolve;
use crate::engine::facts::{Related, Scene};
use crate::engine::tick::settle;
use crate::event::{Event, Fact, Moved, Notice, Recipient};
use crate::id::{Key, TicketId};
use crate::status::Status;
use crate::ticket::Ticket;

pub(super) struct Work<'a> {
    pub(super) setup: &'a Setup,
    pub(super) related: &'a Related,
    pub(super) at: DateTime<Utc>,
    /// The ticket as it was at first.
    pub(super) before: Arc<Ticket>,
    /// Shared until the first event, so that a decision that changes nothing copies nothing.
    pub(super) ticket: Arc<Ticket>,
    pub(super) facts: Vec<Fact>,
    /// Other tickets that something happens to.
    echoes: BTreeMap<TicketId, Echo>,
    /// What starts cascades.
    pub(super) turns: Vec<CascadeOn>,
    /// How many of the ids set aside for new tickets are used.
    pub(super) opened: usize,
}

impl<'a> Work<'a> {
    pub(super) fn new(setup: &'a Setup, related: &'a Related, at: DateTime<Utc>, ticket: Arc<Ticket>) -> Self {
        let (echoes, turns) = (BTreeMap::new(), Vec::new());
        Self {
            setup,
            related,
            at,
            before: Arc::clone(&ticket),
            ticket,
            facts: Vec::with_capacity(1),
            echoes,
            turns,
            opened: 0,
        }
    }

    /// Goes on where a decision ended.
    pub(super) fn resume(setup: &'a Setup, related: &'a Related, at: DateTime<Utc>, decision: Decision) -> Self {
        let Decision { facts, ticket, echoes } = decision;
        let echoes = echoes.into_iter().map(|echo| (echo.ticket.id, echo)).collect();
        Self { facts, echoes, ..Self::new(setup, related, at, ticket) }
    }

    /// Another ticket as it is by now.
    pub(super) fn other(&self, id: TicketId) -> Option<&Arc<Ticket>> {
        self.echoes.get(&id).map(|echo| &echo.ticket).or_else(|| self.related.get(id))
    }

    /// Records something on another ticket, if it is there.
    pub(super) fn echo(&mut self, id: TicketId, by: &By, event: Event) {
        let Some(ticket) = self.other(id).map(Arc::clone) else { return };
        let echo = self.echoes.entry(id).or_insert_with(|| Echo { facts: Vec::new(), ticket });
        let at = self.at.max(echo.ticket.updated);
        evolve(Arc::make_mut(&mut echo.ticket), at, by, &event);
        echo.facts.push(Fact { at, by: by.clone(), event, text: None, seal: None });
    }

    /// Opens another ticket along with this one.
    pub(super) fn open(&mut self, opened: Decision) {
        let Decision { facts, ticket, echoes: _ } = opened;
        self.echoes.insert(ticket.id, Echo { facts, ticket });
    }

    /// Works on another ticket as on this one, after what was due on it; `related` is what is known around both.
    pub(super) fn along<T>(
        &mut self,
        rulebook: &Rulebook,
        related: &Related,
        id: TicketId,
        work: impl FnOnce(&mut Work<'_>) -> T,
    ) -> Option<T> {
        let ticket = Arc::clone(self.other(id)?);
        let mut other = Work::new(self.setup, related, self.at.max(ticket.updated), ticket);
        settle(&mut other, rulebook);
        let result = work(&mut other);
        if !other.facts.is_empty() {
            let Work { ticket, facts, .. } = other;
            let before = self.echoes.remove(&id).map(|echo| echo.facts).unwrap_or_default();
            self.echoes.insert(id, Echo { facts: before.into_iter().chain(facts).collect(), ticket });
        }
        Some(result)
    }

    /// What is known of other tickets now, this one among them, as they see it.
    pub(super) fn surroundings(&self) -> Related {
        let echoed = self.echoes.values().map(|echo| &echo.ticket);
        self.related.with_tickets(self.related.iter().chain(echoed).chain([&self.ticket]).map(Arc::clone))
    }

    pub(super) fn record(&mut self, by: &By, event: Event) {
        self.record_text(by, event, None);
    }

    pub(super) fn record_text(&mut self, by: &By, event: Event, text: Option<String>) {
        evolve(Arc::make_mut(&mut self.ticket), self.at, by, &event);
        self.facts.push(Fact { at: self.at, by: by.clone(), event, text, seal: None });
    }

    pub(super) fn workflow(&self) -> Option<&'a Workflow> {
        self.setup.workflow(&self.ticket.workflow)
    }

    /// Everything that keeps a transition from being taken: its guard, then what the target state demands.
    pub(super) fn unmet(&self, actor: &Actor, transition: &Transition, target: &State) -> Vec<Unmet> {
        let scene = Scene { ticket: &self.ticket, actor: Some(actor), related: self.related, setup: self.setup };
        scene.unmet_by(transition, target, self.at)
    }

    /// Takes a transition whose guard was asked, and carries out its effects.
    pub(super) fn take(&mut self, by: &By, transition: &Transition, target: &State) {
        let moved = Moved {
            transition: transition.key.clone(),
            from: self.ticket.state.clone(),
            to: target.key.clone(),
            status: target.status,
            waiting: target.waiting,
            dropped: target.dropped,
        };
        let before = self.ticket.status;
        self.record(by, Event::Moved(moved));
        self.turns.extend(turn(before, self.ticket.status));
        self.effects(transition);
    }

    /// Carries out the effects of a transition. A move is no effect of a move (the configuration check refuses it), so
    /// nothing here can fail or recur.
    pub(super) fn effects(&mut self, transition: &Transition) {
        let system = Actor::system().by();
        for action in &transition.effects {
            self.act_simply(&system, action);
        }
    }

    pub(super) fn decided(self) -> Decision {
        Decision { facts: self.facts, ticket: self.ticket, echoes: self.echoes.into_values().collect() }
    }

    /// The transition of a name and where it leads, if the desk itself may take it now.
    fn possible(&self, key: &Key) -> Option<(&'a Transition, &'a State)> {
        let workflow = self.workflow()?;
        let transition = workflow.find_move(key, &self.ticket.state)?;
        let target = target(workflow, transition, &self.ticket)?;
        self.unmet(&Actor::system(), transition, target).is_empty().then_some((transition, target))
    }

    /// Takes a transition as the desk itself, if it can be taken.
    pub(super) fn take_if_possible(&mut self, key: &Key) {
        if let Some((transition, target)) = self.possible(key) {
            self.take(&Actor::system().by(), transition, target);
        }
    }

    /// Tells whether an action of a policy can be carried out now.
    pub(super) fn can_act(&self, action: &Action) -> bool {
        match action {
            Action::Move(key) => self.possible(key).is_some(),
            Action::Unassign => !self.demands_assignee(),
            Action::Notify { .. }
            | Action::Assign(_)
            | Action::AssignTeam(_)
            | Action::Enqueue(_)
            | Action::Set(..)
            | Action::Tag(_)
            | Action::Untag(_)
            | Action::Prioritise(_)
            | Action::Escalate(_)
            | Action::Unacknowledge
            | Action::Wake => true,
        }
    }

    /// Tells whether an action would change something, or tell somebody, if it was carried out now.
    pub(super) fn would_act(&self, action: &Action) -> bool {
        if let Action::Move(key) = action { self.possible(key).is_some() } else { self.follows(action).is_some() }
    }

    fn demands_assignee(&self) -> bool {
        let state = self.workflow().and_then(|workflow| workflow.find_state(&self.ticket.state));
        state.is_some_and(|state| state.requires.iter().any(|field| field == "assignee"))
    }

    /// Carries out an action of a policy or a rule.
    pub(super) fn act(&mut self, action: &Action) {
        match action {
            Action::Move(transition) => self.take_if_possible(transition),
            other => self.act_simply(&Actor::system().by(), other),
        }
    }

    fn act_simply(&mut self, by: &By, action: &Action) {
        if let Some(event) = self.follows(action) {
            self.record(by, event);
        }
    }

    /// What comes of an action that is no move, if anything does.
    fn follows(&self, action: &Action) -> Option<Event> {
        let ticket = &self.ticket;
        match action {
            Action::Notify { to, template, urgent } => {
                let to = resolve(ticket, to);
                let notice = Notice { to, template: template.clone(), urgent: *urgent };
                (!notice.to.is_empty()).then_some(Event::Notified(notice))
            }
            Action::Assign(person) => {
                (ticket.assignee.as_ref() != Some(person)).then(|| Event::Assigned(Some(person.clone())))
            }
            Action::Unassign => {
                (ticket.assignee.is_some() && !self.demands_assignee()).then_some(Event::Assigned(None))
            }
            Action::AssignTeam(team) => {
                (ticket.team.as_ref() != Some(team)).then(|| Event::TeamAssigned(Some(team.clone())))
            }
            Action::Enqueue(queue) => {
                (ticket.queue.as_ref() != Some(queue)).then(|| Event::Queued(Some(queue.clone())))
            }
            Action::Set(field, value) => {
                (ticket.fields.get(field) != Some(value)).then(|| Event::FieldSet(field.clone(), Some(value.clone())))
            }
            Action::Tag(tag) => (!ticket.tags.contains(tag)).then(|| Event::Tagged(tag.clone())),
            Action::Untag(tag) => ticket.tags.contains(tag).then(|| Event::Untagged(tag.clone())),
            Action::Prioritise(priority) => (*priority < ticket.priority())
                .then(|| Event::Prioritised { priority: *priority, reason: "escalation".to_owned() }),
            Action::Escalate(level) => (*level > ticket.level).then_some(Event::Escalated(*level)),
            Action::Unacknowledge => ticket.acked.is_some().then_some(Event::Unacknowledged),
            Action::Wake => ticket.snoozed.is_some().then_some(Event::Woken),
            Action::Move(_) => None,
        }
    }
}

/// What a move from one place in life to another means to cascades.
const fn turn(before: Status, after: Status) -> Option<CascadeOn> {
    match (before, after) {
        (Status::Resolved, Status::Resolved) | (Status::Closed, Status::Closed) => None,
        (_, Status::Resolved) => Some(CascadeOn::Resolved),
        (_, Status::Closed) => Some(CascadeOn::Closed),
        (Status::Resolved | Status::Closed, _) => Some(CascadeOn::Reopened),
        (Status::New | Status::Open | Status::Pending, Status::New | Status::Open | Status::Pending) => None,
    }
}

/// The state a transition leads to from where the ticket is.
pub(super) fn target<'w>(workflow: &'w Workflow, transition: &Transition, ticket: &Ticket) -> Option<&'w State> {
    match &transition.to {
        Target::State(key) => workflow.find_state(key),
        Target::Previous => ticket.previous.as_ref().and_then(|key| workflow.find_state(key)),
    }
}

/// Whom an audience means on this ticket, each once, in order.
fn resolve(ticket: &Ticket, audience: &[Audience]) -> Vec<Recipient> {
    let person = |id: &Option<_>| id.clone().map(Recipient::Person).into_iter().collect::<Vec<_>>();
    let mut to: Vec<Recipient> = Vec::new();
    for one in audience {
        let found = match one {
            Audience::Requester => person(&ticket.requester),
            Audience::Assignee => person(&ticket.assignee),
            Audience::Watchers => ticket.watchers.iter().cloned().map(Recipient::Person).collect(),
            Audience::Team => ticket.team.clone().map(Recipient::Team).into_iter().collect(),
            Audience::Lead => ticket.team.clone().map(Recipient::Lead).into_iter().collect(),
            Audience::Person(id) => vec![Recipient::Person(id.clone())],
            Audience::NamedTeam(team) => vec![Recipient::Team(team.clone())],
            Audience::Schedule(schedule) => vec![Recipient::Schedule(schedule.clone())],
        };
        to.extend(found.into_iter().filter(|recipient| !to.contains(recipient)).collect::<Vec<_>>());
    }
    to
}
