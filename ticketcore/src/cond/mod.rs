//! One condition type for everything that asks: guards, clocks, `unless`, what a policy applies to.
//!
//! A condition is data and answers with *reasons*. [`Unmet::Forbidden`] means hide it, [`Unmet::Missing`] means ask for
//! it, [`Unmet::Blocked`] names the tickets in the way.

mod possible;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Party};
use crate::approval::Verdict;
use crate::capability::Capability;
use crate::channel::Channel;
use crate::id::{Key, PersonId, TicketId};
use crate::line::Flag;
use crate::link::LinkKind;
use crate::priority::Priority;
use crate::status::{Status, Waiting};
use crate::ticket::Ticket;
use crate::value::Value;

/// A condition over a ticket, its actor and the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cond {
    /// Every one holds; true when empty.
    All(Vec<Cond>),
    /// At least one holds; never true when empty, and refused by the configuration check.
    Any(Vec<Cond>),
    /// It does not hold.
    Not(Box<Cond>),
    /// The atom holds.
    #[serde(untagged)]
    Is(Atom),
}

impl Default for Cond {
    fn default() -> Self {
        Self::ALWAYS
    }
}

/// The smallest question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Atom {
    /// The actor has a role.
    Role(Key),
    /// The actor is of a kind.
    Actor(ActorKind),
    /// The actor stands so to the ticket.
    Relation(Relation),
    /// The ticket is of a kind.
    Kind(Key),
    /// It is of a category.
    Category(Key),
    /// It carries a tag.
    Tag(Key),
    /// It is with a team.
    Team(Key),
    /// It stands in a queue.
    Queue(Key),
    /// It came in this way.
    Channel(Channel),
    /// It has this place in life.
    Status(Status),
    /// It is in a state of its workflow.
    State(Key),
    /// It waits for this party.
    Waiting(Waiting),
    /// A flag is up.
    Flag(Flag),
    /// Its priority is this or more pressing.
    Priority(Priority),
    /// A custom field compares.
    Field(Key, Cmp),
    /// No ticket linked so is open.
    NoOpen(LinkKind),
    /// An approval was asked for and is given: all votes are there, for the content as it is, and its time is not over.
    Approved(Key),
    /// The instant is inside the open hours of a calendar.
    During(Key),
}

/// How the actor stands to the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The ticket is for them.
    Requester,
    /// They are accountable for it.
    Assignee,
    /// It is with a team of theirs.
    Team,
    /// They watch it.
    Watcher,
    /// They take part in it: they wrote to it, or were invited.
    Participant,
    /// It was referred to a team of theirs.
    Referred,
    /// It is for somebody of their organisation.
    Organisation,
    /// It was shared with them, a team of theirs, or their organisation.
    Shared,
}

impl Relation {
    /// Tells whether an actor stands so to a ticket.
    pub fn holds(self, ticket: &Ticket, actor: &Actor) -> bool {
        match self {
            Self::Requester => ticket.requester.as_ref() == Some(&actor.id),
            Self::Assignee => ticket.assignee.as_ref() == Some(&actor.id),
            Self::Team => ticket.team.as_ref().is_some_and(|team| actor.teams.contains(team)),
            Self::Watcher => ticket.watchers.contains(&actor.id),
            Self::Participant => ticket.takes_part(&actor.id),
            Self::Referred => !ticket.referred.is_disjoint(&actor.teams),
            Self::Organisation => actor.organisation.is_some() && ticket.organisation == actor.organisation,
            Self::Shared => ticket.shares.iter().any(|party| match party {
                Party::Person(person) => *person == actor.id,
                Party::Team(team) => actor.teams.contains(team),
                Party::Organisation(organisation) => actor.organisation.as_ref() == Some(organisation),
            }),
        }
    }

    /// Which [access tokens](Ticket::access) of a ticket say that an actor stands so to it; none for relations that the
    /// ticket's own columns tell of.
    pub(crate) fn tokens(self, actor: &Actor) -> BTreeSet<String> {
        match self {
            Self::Requester | Self::Assignee | Self::Team | Self::Organisation => BTreeSet::new(),
            Self::Watcher => [watcher(&actor.id)].into(),
            Self::Participant => [participant(&actor.id)].into(),
            Self::Referred => actor.teams.iter().map(referred).collect(),
            Self::Shared => {
                let teams = actor.teams.iter().cloned().map(Party::Team);
                let organisation = actor.organisation.iter().cloned().map(Party::Organisation);
                let all = [Party::Person(actor.id.clone())].into_iter().chain(teams).chain(organisation);
                all.map(|party| party.to_string()).collect()
            }
        }
    }
}

/// The access token of a person who watches.
pub(crate) fn watcher(person: &PersonId) -> String {
    format!("watcher/{person}")
}

fn participant(person: &PersonId) -> String {
    format!("participant/{person}")
}

fn referred(team: &Key) -> String {
    format!("referred/{team}")
}

impl Ticket {
    /// Who may come to see the ticket besides its requester, assignee, team and organisation, as texts that stores index:
    /// `watcher/bo`, `participant/eve`, `referred/network`, `person/ada`, `team/network`, `organisation/acme`.
    pub fn access(&self) -> impl Iterator<Item = String> + '_ {
        let watchers = self.watchers.iter().map(watcher);
        let participants: BTreeSet<&PersonId> = self.everybody().collect();
        let participants = participants.into_iter().map(participant);
        let shares = self.shares.iter().map(Party::to_string);
        watchers.chain(participants).chain(self.referred.iter().map(referred)).chain(shares)
    }
}

/// A comparison with a field's value. Texts compare by their characters, so dates compare by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cmp {
    /// Has any value.
    Set,
    /// Is this value.
    Eq(Value),
    /// Is one of these.
    In(Vec<Value>),
    /// Is this or more, and of the same type.
    AtLeast(Value),
    /// Is this or less, and of the same type.
    AtMost(Value),
}

impl Cmp {
    /// Compares a value, or the lack of one.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return false };
        let same_type = |other: &Value| std::mem::discriminant(value) == std::mem::discriminant(other);
        match self {
            Self::Set => true,
            Self::Eq(other) => value == other,
            Self::In(others) => others.contains(value),
            Self::AtLeast(other) => same_type(other) && value >= other,
            Self::AtMost(other) => same_type(other) && value <= other,
        }
    }
}

/// Why a condition does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// Not for this actor, or not for this ticket: no input would change it.
    Forbidden(Atom),
    /// Input is missing: a field, an assignee.
    Missing(Atom),
    /// The actor lacks the right.
    Denied(Capability),
    /// Other tickets are in the way.
    Blocked(Atom, Vec<TicketId>),
    /// An approval is not given; how it stands says what is missing.
    Unapproved(Atom, Verdict),
    /// The atom holds and must not.
    Unwanted(Atom),
    /// An [`Cond::Any`] without alternatives.
    Never,
}

impl Unmet {
    /// The atom that asked, if one did.
    pub fn atom(&self) -> Option<&Atom> {
        match self {
            Self::Forbidden(atom)
            | Self::Missing(atom)
            | Self::Blocked(atom, _)
            | Self::Unapproved(atom, _)
            | Self::Unwanted(atom) => Some(atom),
            Self::Denied(_) | Self::Never => None,
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(atom) => write!(f, "needs {atom}"),
            Self::Missing(atom) => write!(f, "missing {atom}"),
            Self::Denied(capability) => write!(f, "needs the right to {capability}"),
            Self::Blocked(atom, tickets) => {
                write!(f, "needs {atom}, but open:")?;
                tickets.iter().try_for_each(|ticket| write!(f, " {ticket}"))
            }
            Self::Unapproved(Atom::Approved(key), verdict) => write!(f, "needs approval {key}: {verdict}"),
            Self::Unapproved(atom, verdict) => write!(f, "needs {atom}: {verdict}"),
            Self::Unwanted(atom) => write!(f, "must not be {atom}"),
            Self::Never => f.write_str("can never hold"),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The serialised form is what people write, so it is also what they read.
        f.write_str(&serde_json::to_string(self).unwrap_or_default().replace(['{', '}', '"'], ""))
    }
}

/// What a condition is asked about.
pub trait Facts {
    /// Tells whether one atom holds at an instant.
    fn holds(&self, atom: &Atom, at: DateTime<Utc>) -> bool;

    /// Says why an atom that does not hold does not; asked apart, as clocks never want to know.
    fn unmet(&self, atom: &Atom, at: DateTime<Utc>) -> Unmet;
}

impl Cond {
    /// Holds always.
    pub const ALWAYS: Self = Self::All(Vec::new());

    /// Tells whether it asks nothing.
    pub const fn is_always(&self) -> bool {
        matches!(self, Self::All(all) if all.is_empty())
    }

    /// The condition of one atom.
    pub const fn is(atom: Atom) -> Self {
        Self::Is(atom)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// One of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Checks the condition and, if it does not hold, says why.
    ///
    /// # Errors
    ///
    /// Every reason, never none, each naming an atom of this condition.
    pub fn check(&self, facts: &dyn Facts, at: DateTime<Utc>) -> Result<(), Vec<Unmet>> {
        match self {
            Self::All(all) => {
                let reasons: Vec<Unmet> = all.iter().filter_map(|cond| cond.check(facts, at).err()).flatten().collect();
                if reasons.is_empty() { Ok(()) } else { Err(reasons) }
            }
            Self::Any(any) => {
                let mut reasons = Vec::new();
                for cond in any {
                    match cond.check(facts, at) {
                        Ok(()) => return Ok(()),
                        Err(more) => reasons.extend(more),
                    }
                }
                Err(if reasons.is_empty() { vec![Unmet::Never] } else { reasons })
            }
            Self::Not(cond) => match cond.check(facts, at) {
                Err(_) => Ok(()),
                Ok(()) => {
                    let reasons: Vec<Unmet> = cond.atoms().into_iter().cloned().map(Unmet::Unwanted).collect();
                    Err(if reasons.is_empty() { vec![Unmet::Never] } else { reasons })
                }
            },
            Self::Is(atom) if facts.holds(atom, at) => Ok(()),
            Self::Is(atom) => Err(vec![facts.unmet(atom, at)]),
        }
    }

    /// Tells whether the condition holds, without collecting reasons: the form the clocks use.
    pub fn test<F: Facts + ?Sized>(&self, facts: &F, at: DateTime<Utc>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|cond| cond.test(facts, at)),
            Self::Any(any) => any.iter().any(|cond| cond.test(facts, at)),
            Self::Not(cond) => !cond.test(facts, at),
            Self::Is(atom) => facts.holds(atom, at),
        }
    }

    /// Every atom that occurs in it.
    pub fn atoms(&self) -> Vec<&Atom> {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::atoms).collect(),
            Self::Not(cond) => cond.atoms(),
            Self::Is(atom) => vec![atom],
        }
    }
}

impl From<Atom> for Cond {
    fn from(atom: Atom) -> Self {
        Self::Is(atom)
    }
}
