//! What of a tenant's tickets a question may be about, as far as the one who asks is concerned.

use std::collections::BTreeSet;

use crate::id::{Key, PersonId};
use crate::ticket::Ticket;

/// The tickets that an actor sees: those of at least one glance. The default sees everything.
///
/// A part of every [`Filter`](super::Filter). The desk sets it from the [rights](crate::config::Rights) of the actor who
/// asks, whatever the caller put there, so there is no question as an actor without it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// The glances; `None` = everything is seen.
    pub glances: Option<Vec<Glance>>,
    /// Words are looked for in subjects, descriptions and public messages only.
    pub public: bool,
}

/// Some tickets: of some kinds, in some states, seen through some relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Of one of these kinds; of any if empty.
    pub kinds: Vec<Key>,
    /// In one of these states; in any if empty.
    pub states: Vec<Key>,
    /// Why they are seen.
    pub through: Through,
}

/// Why tickets are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// Whatever they are.
    Any,
    /// They are for this person.
    Requester(PersonId),
    /// This agent is accountable for them.
    Assignee(PersonId),
    /// They are with one of these teams.
    Teams(BTreeSet<Key>),
    /// They are for somebody of this organisation.
    Organisation(Key),
    /// One of these is among their [access tokens](Ticket::access).
    Access(BTreeSet<String>),
}

impl Glance {
    /// Tells whether it sees no ticket at all.
    pub fn is_nothing(&self) -> bool {
        match &self.through {
            Through::Teams(teams) => teams.is_empty(),
            Through::Access(tokens) => tokens.is_empty(),
            Through::Any | Through::Requester(_) | Through::Assignee(_) | Through::Organisation(_) => false,
        }
    }

    fn sees(&self, ticket: &Ticket) -> bool {
        let Self { kinds, states, through } = self;
        (kinds.is_empty() || kinds.contains(&ticket.kind))
            && (states.is_empty() || states.contains(&ticket.state))
            && match through {
                Through::Any => true,
                Through::Requester(person) => ticket.requester.as_ref() == Some(person),
                Through::Assignee(person) => ticket.assignee.as_ref() == Some(person),
                Through::Teams(teams) => ticket.team.as_ref().is_some_and(|team| teams.contains(team)),
                Through::Organisation(key) => ticket.organisation.as_ref() == Some(key),
                Through::Access(tokens) => ticket.access().any(|token| tokens.contains(&token)),
            }
    }
}

impl Sight {
    /// Sees every ticket, and all of it.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Sees what at least one of some glances sees.
    pub fn of(glances: impl IntoIterator<Item = Glance>, public: bool) -> Self {
        Self { glances: Some(glances.into_iter().collect()), public }
    }

    /// Tells whether a ticket is seen.
    pub fn sees(&self, ticket: &Ticket) -> bool {
        self.glances.as_ref().is_none_or(|glances| glances.iter().any(|glance| glance.sees(ticket)))
    }
}
