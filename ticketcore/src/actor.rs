//! Who asks. The host authenticates; the engine believes what the host vouches for.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId};

/// What kind of party an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person who works tickets.
    Agent,
    /// A person tickets are for.
    Requester,
    /// The desk itself: policies, clocks, migrations.
    System,
    /// A program: a monitor, a mail gateway, an importer.
    Integration,
}

impl ActorKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Requester, Self::System, Self::Integration];

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Requester => "requester",
            Self::System => "system",
            Self::Integration => "integration",
        }
    }

    /// The kind of a name, if it is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for ActorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whoever issues a command, as vouched for by the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who it is.
    pub id: PersonId,
    /// What kind of party it is.
    pub kind: ActorKind,
    /// The roles the host grants; guards ask for them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Key>,
    /// The teams the actor belongs to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<Key>,
    /// The organisation a customer belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Key>,
}

impl Actor {
    /// A person or program without roles or teams.
    pub fn new(id: impl Into<PersonId>, kind: ActorKind) -> Self {
        Self { id: id.into(), kind, roles: BTreeSet::new(), teams: BTreeSet::new(), organisation: None }
    }

    /// A person who works tickets.
    pub fn agent(id: impl Into<PersonId>) -> Self {
        Self::new(id, ActorKind::Agent)
    }

    /// A person tickets are for.
    pub fn requester(id: impl Into<PersonId>) -> Self {
        Self::new(id, ActorKind::Requester)
    }

    /// A program.
    pub fn integration(id: impl Into<PersonId>) -> Self {
        Self::new(id, ActorKind::Integration)
    }

    /// The desk itself.
    pub fn system() -> Self {
        Self::new(PersonId::from_static("ticketcore"), ActorKind::System)
    }

    /// Grants a role.
    #[must_use]
    pub fn role(mut self, role: impl Into<Key>) -> Self {
        self.roles.insert(role.into());
        self
    }

    /// Puts the actor into a team.
    #[must_use]
    pub fn team(mut self, team: impl Into<Key>) -> Self {
        self.teams.insert(team.into());
        self
    }

    /// Says which organisation the actor belongs to.
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<Key>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// What the log keeps of the actor.
    pub fn by(&self) -> By {
        By { id: self.id.clone(), kind: self.kind }
    }
}

/// Who did it, as the log keeps it: roles and teams are of the moment and stay out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who it was.
    pub id: PersonId,
    /// What kind of party it was.
    pub kind: ActorKind,
}

/// Somebody a ticket can be shown to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A person.
    Person(PersonId),
    /// Everybody in a team.
    Team(Key),
    /// Everybody in an organisation.
    Organisation(Key),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person/{person}"),
            Self::Team(team) => write!(f, "team/{team}"),
            Self::Organisation(organisation) => write!(f, "organisation/{organisation}"),
        }
    }
}
