//! What conditions are asked about: a ticket with its actor, or one beat of a ticket's line.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::approval::Verdict;
use crate::cond::{Atom, Cmp, Facts, Unmet};
use crate::config::{Setup, State, Transition};
use crate::directory::Register;
use crate::event::Recorded;
use crate::id::{Key, TicketId};
use crate::line::{Beat, Flag};
use crate::link::LinkKind;
use crate::ticket::Ticket;
use crate::value::Value;

/// What a decision may read besides its ticket, as it was loaded for it: other tickets, in the order of their ids, so that
/// what is recorded on several of them is recorded in the same order every time; the part of the ticket's own log that
/// commands speak of; the ids that were set aside for tickets to be opened along; and what the directory says.
#[derive(Clone, Debug, Default)]
pub struct Related {
    tickets: BTreeMap<TicketId, Arc<Ticket>>,
    log: Vec<Recorded>,
    fresh: Vec<TicketId>,
    register: Option<Arc<Register>>,
    home: Option<Key>,
}

impl Related {
    /// Adds a ticket.
    pub fn insert(&mut self, ticket: Arc<Ticket>) {
        self.tickets.insert(ticket.id, ticket);
    }

    /// Finds a ticket.
    pub fn get(&self, id: TicketId) -> Option<&Arc<Ticket>> {
        self.tickets.get(&id)
    }

    /// All of the tickets.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Ticket>> {
        self.tickets.values()
    }

    /// Adds events of the ticket's own log, oldest first; see [`recalls`](crate::engine::recalls).
    pub fn recall(&mut self, events: impl IntoIterator<Item = Recorded>) {
        self.log.extend(events);
    }

    /// The events of the ticket's own log, as far as they were loaded.
    pub fn log(&self) -> &[Recorded] {
        &self.log
    }

    /// Sets an id aside for a ticket to be opened along; each [`Split`](crate::Command::Split) needs one.
    pub fn set_aside(&mut self, id: TicketId) {
        self.fresh.push(id);
    }

    /// The ids that were set aside.
    pub fn fresh(&self) -> &[TicketId] {
        &self.fresh
    }

    /// Adds what the directory says of those who are named; see [`named`](crate::engine::named) and
    /// [`named_at_opening`](crate::engine::named_at_opening).
    pub fn know(&mut self, register: Register) {
        self.register = Some(Arc::new(register));
    }

    /// What the directory says, if it was read.
    pub fn register(&self) -> Option<&Register> {
        self.register.as_deref()
    }

    /// Says which organisation the actor belongs to, for one who acts without it, as they do not count as its member where
    /// rights are concerned. What they open for themselves is the organisation's all the same.
    pub fn belong(&mut self, organisation: Key) {
        self.home = Some(organisation);
    }

    /// The organisation that an actor belongs to, whether or not they count as its member.
    pub(super) fn home<'a>(&'a self, actor: &'a Actor) -> Option<&'a Key> {
        actor.organisation.as_ref().or(self.home.as_ref())
    }

    /// The same knowledge of the directory with other tickets.
    pub(super) fn with_tickets(&self, tickets: impl IntoIterator<Item = Arc<Ticket>>) -> Self {
        Self { register: self.register.clone(), home: self.home.clone(), ..tickets.into_iter().collect() }
    }
}

impl FromIterator<Arc<Ticket>> for Related {
    fn from_iter<I: IntoIterator<Item = Arc<Ticket>>>(tickets: I) -> Self {
        let tickets = tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        Self { tickets, ..Self::default() }
    }
}

/// What must not be open when a ticket is solved.
pub(super) const SOLVED_WITHOUT: [LinkKind; 2] = [LinkKind::Child, LinkKind::BlockedBy];

/// A ticket as a guard sees it.
pub(super) struct Scene<'a> {
    pub(super) ticket: &'a Ticket,
    /// Nobody, when the desk asks for its policies.
    pub(super) actor: Option<&'a Actor>,
    pub(super) related: &'a Related,
    pub(super) setup: &'a Setup,
}

impl Scene<'_> {
    /// The linked tickets that are open. One that was not loaded counts as open: never pass a guard by not looking.
    fn open(&self, kind: LinkKind) -> impl Iterator<Item = TicketId> {
        self.ticket.linked(kind).filter(|id| self.related.get(*id).is_none_or(|other| other.status.is_open()))
    }

    /// How an approval stands; nobody was asked for one that the ticket does not have.
    fn verdict(&self, approval: &Key, at: DateTime<Utc>) -> Verdict {
        let poll = self.ticket.approvals.get(approval);
        poll.map_or(Verdict::Unasked, |poll| poll.verdict(self.ticket.revised, at))
    }

    /// The open parts and blockers that keep a ticket from being solved, unless its workflow says otherwise. What is
    /// solved already may be closed: whoever opened a child since has seen that.
    fn left_open(&self, target: &State) -> impl Iterator<Item = Unmet> {
        let solves = self.ticket.status.is_open() && !target.status.is_open() && !target.dropped;
        let asks = solves && self.setup.workflow(&self.ticket.workflow).is_some_and(|workflow| !workflow.over_open);
        let kinds: &[LinkKind] = if asks { &SOLVED_WITHOUT } else { &[] };
        kinds.iter().filter_map(|kind| {
            let open: Vec<TicketId> = self.open(*kind).collect();
            (!open.is_empty()).then_some(Unmet::Blocked(Atom::NoOpen(*kind), open))
        })
    }

    /// Everything that keeps a transition from being taken: its guard, open parts and blockers, then what the target state demands.
    pub(super) fn unmet_by(&self, transition: &Transition, target: &State, at: DateTime<Utc>) -> Vec<Unmet> {
        let mut unmet = transition.guard.check(self, at).err().unwrap_or_default();
        for reason in self.left_open(target) {
            if !unmet.contains(&reason) {
                unmet.push(reason);
            }
        }
        unmet.extend(lacking(self.ticket, &target.requires));
        unmet
    }
}

impl Facts for Scene<'_> {
    fn holds(&self, atom: &Atom, at: DateTime<Utc>) -> bool {
        let ticket = self.ticket;
        match atom {
            Atom::Role(role) => self.actor.is_some_and(|actor| actor.roles.contains(role)),
            Atom::Actor(kind) => self.actor.is_some_and(|actor| actor.kind == *kind),
            Atom::Relation(relation) => self.actor.is_some_and(|actor| relation.holds(ticket, actor)),
            Atom::Kind(kind) => ticket.kind == *kind,
            Atom::Category(category) => ticket.category.as_ref() == Some(category),
            Atom::Team(team) => ticket.team.as_ref() == Some(team),
            Atom::Queue(queue) => ticket.queue.as_ref() == Some(queue),
            Atom::Tag(tag) => ticket.tags.contains(tag),
            Atom::Channel(channel) => ticket.channel == *channel,
            Atom::Field(field, cmp) => cmp.holds(field_value(ticket, field).as_ref()),
            Atom::NoOpen(kind) => self.open(*kind).next().is_none(),
            Atom::Approved(approval) => self.verdict(approval, at) == Verdict::Given,
            Atom::During(calendar) => self.setup.calendar(calendar).is_some_and(|calendar| calendar.is_open(at)),
            Atom::Status(_) | Atom::State(_) | Atom::Waiting(_) | Atom::Flag(_) | Atom::Priority(_) => {
                ticket.line.last().is_some_and(|beat| beat.holds(atom, at))
            }
        }
    }

    /// A lack can be supplied; a wrong value is the ticket's nature.
    fn unmet(&self, atom: &Atom, at: DateTime<Utc>) -> Unmet {
        let lacks = match atom {
            Atom::Category(_) => self.ticket.category.is_none(),
            Atom::Team(_) => self.ticket.team.is_none(),
            Atom::Queue(_) => self.ticket.queue.is_none(),
            Atom::Tag(_) | Atom::Field(..) | Atom::Flag(Flag::Assigned | Flag::Acked) => true,
            Atom::NoOpen(kind) => return Unmet::Blocked(atom.clone(), self.open(*kind).collect()),
            Atom::Approved(approval) => return Unmet::Unapproved(atom.clone(), self.verdict(approval, at)),
            _ => false,
        };
        if lacks { Unmet::Missing(atom.clone()) } else { Unmet::Forbidden(atom.clone()) }
    }
}

/// A beat as a clock sees it. What it cannot answer does not hold; the configuration check lets no clock ask it.
impl Facts for Beat {
    fn holds(&self, atom: &Atom, _: DateTime<Utc>) -> bool {
        match atom {
            Atom::Status(status) => self.status == *status,
            Atom::State(state) => self.state == *state,
            Atom::Waiting(waiting) => self.waiting == Some(*waiting),
            Atom::Flag(flag) => self.flags.has(*flag),
            Atom::Priority(priority) => self.priority <= *priority,
            _ => false,
        }
    }

    fn unmet(&self, atom: &Atom, _: DateTime<Utc>) -> Unmet {
        Unmet::Forbidden(atom.clone())
    }
}

/// A field by name: the four that every ticket has, else a custom one.
pub(super) fn field_value(ticket: &Ticket, field: &Key) -> Option<Value> {
    let text = |text: Option<&str>| text.map(Value::from);
    match field.as_str() {
        "assignee" => text(ticket.assignee.as_ref().map(AsRef::as_ref)),
        "team" => text(ticket.team.as_ref().map(AsRef::as_ref)),
        "requester" => text(ticket.requester.as_ref().map(AsRef::as_ref)),
        "category" => text(ticket.category.as_ref().map(AsRef::as_ref)),
        _ => ticket.fields.get(field).cloned(),
    }
}

/// The fields a state demands and a ticket lacks.
pub(super) fn lacking(ticket: &Ticket, required: &[Key]) -> Vec<Unmet> {
    let missing = |field: &&Key| field_value(ticket, field).is_none();
    required.iter().filter(missing).map(|field| Unmet::Missing(Atom::Field(field.clone(), Cmp::Set))).collect()
}
