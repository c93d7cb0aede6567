//! Who may do what, as data: grants, and nothing besides them.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind};
use crate::capability::{Capabilities, Capability};
use crate::cond::Relation;
use crate::id::Key;
use crate::query::{Glance, Sight, Through};
use crate::ticket::Ticket;

/// Who may do what. What no grant gives is denied; [`Actor::system`] is the desk itself and bound by none.
///
/// # Examples
///
/// A desk whose agents see the tickets of their teams only, and whose customers see those of their organisation:
///
/// ```
/// use ticketcore::config::{Grant, Rights};
/// use ticketcore::{Actor, Capability::{self, *}, cond::Relation};
///
/// let customer = [Follow, Reply];
/// let rights = Rights::of([
///     Grant::agents([Open]),
///     Grant::agents(ticketcore::Capabilities::all().without(Capability::Publish)).on(Relation::Team),
///     Grant::requesters([Open]),
///     Grant::requesters(customer).on(Relation::Requester),
///     Grant::requesters([Follow]).on(Relation::Organisation),
/// ]);
/// assert!(rights.anywhere(&Actor::agent("ada"), Open));
/// assert!(!rights.anywhere(&Actor::agent("ada"), Publish));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// What is granted.
    pub grants: Vec<Grant>,
    /// The roles there are. If any is named, a configuration that asks for another is refused, as nobody would hold it.
    pub roles: BTreeSet<Key>,
    /// Custom fields that only those see who may [read](Capability::Read) a ticket.
    pub internal: BTreeSet<Key>,
    /// Policies whose due times the customer is told.
    pub promises: BTreeSet<Key>,
}

/// Gives some actors some capabilities on some tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// To whom.
    pub to: Grantee,
    /// How they must stand to a ticket; any ticket without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Relation>,
    /// Of which kinds tickets must be; of any kind if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Key>,
    /// In which states tickets must be; in any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<Key>,
    /// What they may do.
    pub may: Capabilities,
    /// Which transitions [`Capability::Move`] is for; every one if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Key>,
}

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// Whoever the host lets in.
    Anyone,
    /// Actors of a kind.
    Actor(ActorKind),
    /// Those who have a role.
    Role(Key),
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.pad("anyone"),
            Self::Actor(kind) => f.pad(kind.as_str()),
            Self::Role(role) => f.pad(role.as_str()),
        }
    }
}

impl Grantee {
    fn includes(&self, actor: &Actor) -> bool {
        match self {
            Self::Anyone => true,
            Self::Actor(kind) => actor.kind == *kind,
            Self::Role(role) => actor.roles.contains(role),
        }
    }
}

impl Grant {
    /// Gives capabilities on every ticket.
    pub fn new(to: Grantee, may: impl Into<Capabilities>) -> Self {
        Self { to, on: None, kinds: Vec::new(), states: Vec::new(), may: may.into(), moves: Vec::new() }
    }

    /// Gives capabilities to all agents.
    pub fn agents(may: impl Into<Capabilities>) -> Self {
        Self::new(Grantee::Actor(ActorKind::Agent), may)
    }

    /// Gives capabilities to all requesters.
    pub fn requesters(may: impl Into<Capabilities>) -> Self {
        Self::new(Grantee::Actor(ActorKind::Requester), may)
    }

    /// Gives capabilities to all programs.
    pub fn integrations(may: impl Into<Capabilities>) -> Self {
        Self::new(Grantee::Actor(ActorKind::Integration), may)
    }

    /// Gives capabilities to those who have a role.
    pub fn role(role: impl Into<Key>, may: impl Into<Capabilities>) -> Self {
        Self::new(Grantee::Role(role.into()), may)
    }

    /// Restricts it to tickets that the actor stands so to.
    #[must_use]
    pub const fn on(mut self, relation: Relation) -> Self {
        self.on = Some(relation);
        self
    }

    /// Restricts it to tickets of one more kind.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<Key>) -> Self {
        self.kinds.push(kind.into());
        self
    }

    /// Restricts it to tickets in one more state.
    #[must_use]
    pub fn state(mut self, state: impl Into<Key>) -> Self {
        self.states.push(state.into());
        self
    }

    /// Restricts [`Capability::Move`] to one more transition.
    #[must_use]
    pub fn transition(mut self, transition: impl Into<Key>) -> Self {
        self.moves.push(transition.into());
        self
    }

    /// Tells whether it gives a capability on a ticket.
    fn gives(&self, actor: &Actor, ticket: &Ticket, capability: Capability) -> bool {
        self.may.has(capability)
            && self.to.includes(actor)
            && self.on.is_none_or(|relation| relation.holds(ticket, actor))
            && (self.kinds.is_empty() || self.kinds.contains(&ticket.kind))
            && (self.states.is_empty() || self.states.contains(&ticket.state))
    }

    /// Which tickets of a tenant it is about, for an actor it is for; `None` if it can be about none.
    fn glance(&self, actor: &Actor) -> Option<Glance> {
        let through = match self.on {
            None => Through::Any,
            Some(Relation::Requester) => Through::Requester(actor.id.clone()),
            Some(Relation::Assignee) => Through::Assignee(actor.id.clone()),
            Some(Relation::Team) => Through::Teams(actor.teams.clone()),
            Some(Relation::Organisation) => Through::Organisation(actor.organisation.clone()?),
            Some(relation) => Through::Access(relation.tokens(actor)),
        };
        let glance = Glance { kinds: self.kinds.clone(), states: self.states.clone(), through };
        (!glance.is_nothing()).then_some(glance)
    }
}

impl Rights {
    /// Grants, and nothing else.
    pub fn of(grants: impl Into<Vec<Grant>>) -> Self {
        let grants = grants.into();
        Self { grants, roles: BTreeSet::new(), internal: BTreeSet::new(), promises: BTreeSet::new() }
    }

    /// Tells whether an actor may do something to a ticket.
    pub fn allows(&self, actor: &Actor, ticket: &Ticket, capability: Capability) -> bool {
        actor.kind == ActorKind::System || self.grants.iter().any(|grant| grant.gives(actor, ticket, capability))
    }

    /// Tells whether an actor may take a transition of a ticket, as far as rights go.
    pub fn allows_move(&self, actor: &Actor, ticket: &Ticket, transition: &Key) -> bool {
        let this = |grant: &Grant| grant.moves.is_empty() || grant.moves.contains(transition);
        actor.kind == ActorKind::System
            || self.grants.iter().any(|grant| this(grant) && grant.gives(actor, ticket, Capability::Move))
    }

    /// Tells whether an actor may do something somewhere: on some ticket, or on the desk as a whole.
    pub fn anywhere(&self, actor: &Actor, capability: Capability) -> bool {
        let gives = |grant: &Grant| grant.may.has(capability) && grant.to.includes(actor);
        actor.kind == ActorKind::System || self.grants.iter().any(gives)
    }

    /// Tells whether an actor may do something on every ticket, and with every transition.
    pub fn everywhere(&self, actor: &Actor, capability: Capability) -> bool {
        let gives = |grant: &Grant| {
            grant.may.has(capability)
                && grant.to.includes(actor)
                && grant.on.is_none()
                && grant.kinds.is_empty()
                && grant.states.is_empty()
                && (capability != Capability::Move || grant.moves.is_empty())
        };
        actor.kind == ActorKind::System || self.grants.iter().any(gives)
    }

    /// Tells whether an actor is served as staff: sees everything of some tickets, and asks about those only. All others
    /// are customers: they see one side of their tickets, and ask about that.
    pub fn is_staff(&self, actor: &Actor) -> bool {
        self.anywhere(actor, Capability::Read)
    }

    /// Tells whether something is granted to an actor by their organisation: on its tickets, or on those shared with it.
    pub(crate) fn asks_organisation(&self, actor: &Actor) -> bool {
        let asks = |grant: &Grant| matches!(grant.on, Some(Relation::Organisation | Relation::Shared));
        self.grants.iter().any(|grant| asks(grant) && grant.to.includes(actor))
    }

    /// Which tickets an actor's questions are about.
    pub fn sight(&self, actor: &Actor) -> Sight {
        if self.everywhere(actor, Capability::Read) {
            return Sight::everything();
        }
        let staff = self.is_staff(actor);
        let capability = if staff { Capability::Read } else { Capability::Follow };
        let grants = self.grants.iter().filter(|grant| grant.may.has(capability) && grant.to.includes(actor));
        Sight::of(grants.filter_map(|grant| grant.glance(actor)), !staff)
    }

    /// What the new grants of other rights give that an actor does not hold everywhere: nobody grants what they do not
    /// hold.
    pub fn beyond(&self, actor: &Actor, other: &Self) -> Option<Capability> {
        let new = other.grants.iter().filter(|grant| !self.grants.contains(grant));
        new.flat_map(|grant| grant.may.iter()).find(|capability| !self.everywhere(actor, *capability))
    }

    /// What anybody is given on a ticket that was shared with them.
    pub fn shared(&self) -> impl Iterator<Item = Capability> + '_ {
        self.grants.iter().filter(|grant| grant.on == Some(Relation::Shared)).flat_map(|grant| grant.may.iter())
    }
}

/// The rights of a desk that was not told otherwise: agents and programs work on every ticket and consult the directory,
/// which those with the role `admin` write; requesters follow and answer their own tickets, those who take part likewise,
/// colleagues and watchers look on; and public
/// articles are for all.
impl Default for Rights {
    fn default() -> Self {
        use Capability::{Direct, Endorse, Erase, Export, Follow, Import, Move, Open, Publish, Reply, Score, Watch};
        let work =
            [Publish, Erase, Direct, Import, Export].into_iter().fold(Capabilities::all(), Capabilities::without);
        let own = |relation| {
            let grant = Grant::requesters([Follow, Reply, Score, Move]).on(relation);
            grant.transition("reopen").transition("close").transition("cancel")
        };
        Self::of([
            Grant::agents(work),
            Grant::integrations(work),
            Grant::requesters([Open]),
            own(Relation::Requester),
            Grant::requesters([Follow, Reply, Score]).on(Relation::Participant),
            Grant::requesters([Follow, Watch]).on(Relation::Watcher),
            Grant::requesters([Follow, Reply]).on(Relation::Shared),
            Grant::requesters([Follow]).on(Relation::Organisation),
            Grant::requesters([Follow, Endorse]).kind("article").state("public"),
            Grant::role("admin", Capabilities::all()),
        ])
    }
}
