//! A choice that explains itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId};
use crate::routing::{Availability, Fallback, Prefer, Tier};

/// Whom a ticket is given to and why, or what is done if there is nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The route that was followed.
    pub route: Key,
    /// Who it is; nobody if nobody could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<Pick>,
    /// What is done if it is nobody.
    pub fallback: Fallback,
    /// Some of the others: those who came next, then those who could not be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// How many more there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Who was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Who.
    pub agent: PersonId,
    /// The tier they were found in.
    pub tier: Tier,
    /// What told them from the next; nothing if nobody else could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Difference>,
}

/// What tells two who could be asked from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// One is of an earlier tier.
    Tier,
    /// A preference of the route.
    Prefers(Prefer),
    /// Nothing but the name.
    Name,
}

/// Somebody who was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Who.
    pub agent: PersonId,
    /// Why not.
    pub why: Why,
}

/// Why somebody was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// They are not in any tier of the route.
    Unavailable(Availability),
    /// They lack a skill; the first in order, if there are several.
    Lacks(Key),
    /// They have as much as they take.
    Full {
        /// What they have.
        load: u16,
        /// What they take.
        capacity: u16,
    },
    /// They have just had it: they gave it back, or it was taken from them.
    Had,
    /// They could be asked, and come after the one chosen.
    After(Difference),
}

impl Choice {
    /// The one chosen, if there is one.
    pub fn agent(&self) -> Option<&PersonId> {
        self.pick.as_ref().map(|pick| &pick.agent)
    }
}

impl fmt::Display for Choice {
    /// Writes one line: `ada, because least loaded; passed over: bo has 5 of 5, cy lacks german, 12 more`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pick {
            Some(Pick { agent, tier: _, because: None }) => write!(f, "{agent}, because nobody else can")?,
            Some(Pick { agent, tier: _, because: Some(difference) }) => write!(f, "{agent}, because {difference}")?,
            None => write!(f, "nobody, so it {}", self.fallback)?,
        }
        let mut separator = "; passed over: ";
        for PassedOver { agent, why } in &self.passed_over {
            write!(f, "{separator}{agent} {why}")?;
            separator = ", ";
        }
        if self.more > 0 { write!(f, "{separator}{} more", self.more) } else { Ok(()) }
    }
}

impl fmt::Display for Difference {
    /// Says it of the one who is preferred.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier => f.write_str("of an earlier tier"),
            Self::Prefers(Prefer::Sticky) => f.write_str("it was theirs"),
            Self::Prefers(Prefer::LeastLoaded) => f.write_str("least loaded"),
            Self::Prefers(Prefer::LeastRecent) => f.write_str("it is their turn"),
            Self::Name => f.write_str("first by name"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(Availability::Active) => f.write_str("is there, and the route asks others"),
            Self::Unavailable(Availability::Away) => f.write_str("is away"),
            Self::Unavailable(Availability::Off) => f.write_str("is off"),
            Self::Lacks(skill) => write!(f, "lacks {skill}"),
            Self::Full { load, capacity } => write!(f, "has {load} of {capacity}"),
            Self::Had => f.write_str("has just had it"),
            Self::After(Difference::Tier) => f.write_str("is of a later tier"),
            Self::After(Difference::Prefers(Prefer::Sticky)) => f.write_str("had it less lately, or never"),
            Self::After(Difference::Prefers(Prefer::LeastLoaded)) => f.write_str("is more loaded"),
            Self::After(Difference::Prefers(Prefer::LeastRecent)) => f.write_str("had a turn more lately"),
            Self::After(Difference::Name) => f.write_str("is later by name"),
        }
    }
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaveQueued => f.write_str("stays queued"),
            Self::Escalate(level) => write!(f, "is escalated to level {level}"),
        }
    }
}
