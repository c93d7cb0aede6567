//! Approvals: who was asked, who voted, and how that stands.
//!
//! A vote is given for a version of the ticket. Once the ticket's content changes, votes for an older version no longer
//! count, so nothing is approved that nobody saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{Key, PersonId, Version};
use crate::time::stamp;

/// Those who are asked in one step of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voters {
    /// Named people.
    People(BTreeSet<PersonId>),
    /// Whoever has a role when they vote.
    Role(Key),
    /// Whoever is in a team when they vote.
    Team(Key),
}

impl Voters {
    /// Named people.
    pub fn people<P: Into<PersonId>>(people: impl IntoIterator<Item = P>) -> Self {
        Self::People(people.into_iter().map(Into::into).collect())
    }

    /// Whoever has a role.
    pub fn role(role: impl Into<Key>) -> Self {
        Self::Role(role.into())
    }

    /// Whoever is in a team.
    pub fn team(team: impl Into<Key>) -> Self {
        Self::Team(team.into())
    }

    /// Tells whether an actor is among them.
    pub fn ask(&self, actor: &Actor) -> bool {
        match self {
            Self::People(people) => people.contains(&actor.id),
            Self::Role(role) => actor.roles.contains(role),
            Self::Team(team) => actor.teams.contains(team),
        }
    }
}

impl fmt::Display for Voters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::People(people) => f.write_str(&people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")),
            Self::Role(role) => write!(f, "role {role}"),
            Self::Team(team) => write!(f, "team {team}"),
        }
    }
}

/// One step of an approval: how many of whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Who is asked.
    pub from: Voters,
    /// How many different people of them must agree.
    pub need: u8,
}

/// A vote that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who voted.
    pub by: PersonId,
    /// In whose place, if not in their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<PersonId>,
    /// For which step, from 0.
    pub step: u16,
    /// For or against.
    pub agrees: bool,
    /// The version of the ticket that was voted on.
    pub seen: Version,
    /// When.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
}

impl Vote {
    /// The person whose place was taken by it.
    pub fn place(&self) -> &PersonId {
        self.instead_of.as_ref().unwrap_or(&self.by)
    }
}

/// A place that was given to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Who votes instead.
    pub to: PersonId,
    /// In which steps, from 0.
    pub steps: BTreeSet<u16>,
}

/// An approval that was asked for on a ticket. What it needs was written in when it was asked for; a newer configuration
/// changes nothing about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The ticket's version with the asking.
    pub asked: Version,
    /// Who asked.
    pub by: PersonId,
    /// Who has to agree.
    pub steps: Vec<Quorum>,
    /// One step after the other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// Whoever has a part in the ticket may vote as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Until when votes are taken and the approval holds, the instant included.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<DateTime<Utc>>,
    /// The votes, oldest first. Those that no longer count go when the next one is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// Who lets whom vote in their place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proxies: BTreeMap<PersonId, Proxy>,
}

impl Poll {
    /// The votes that count: those for the content as it is since the version `revised`.
    pub fn counted(&self, revised: Version) -> impl Iterator<Item = &Vote> {
        self.votes.iter().filter(move |vote| vote.seen >= revised)
    }

    /// How many different people agree in a step.
    fn given(&self, step: u16, revised: Version) -> usize {
        let agreeing = self.counted(revised).filter(|vote| vote.agrees && vote.step == step);
        agreeing.map(|vote| &vote.by).collect::<BTreeSet<_>>().len()
    }

    /// The steps that lack votes; of those that come one after the other, the first is the one that is open.
    pub(crate) fn lacking(&self, revised: Version) -> Vec<Lack> {
        let lack = |(step, quorum): (u16, &Quorum)| {
            let given = self.given(step, revised);
            (given < usize::from(quorum.need)).then(|| Lack { step, given, quorum: quorum.clone() })
        };
        (0..).zip(&self.steps).filter_map(lack).collect()
    }

    /// How it stands at an instant, for a ticket whose content last changed with the version `revised`.
    ///
    /// One vote against it ends it.
    pub fn verdict(&self, revised: Version, at: DateTime<Utc>) -> Verdict {
        if let Some(vote) = self.counted(revised).find(|vote| !vote.agrees) {
            return Verdict::Rejected { by: vote.by.clone() };
        }
        if let Some(expired) = self.expires.filter(|expires| *expires < at) {
            return Verdict::Expired { at: expired };
        }
        let lacking = self.lacking(revised);
        if lacking.is_empty() {
            return Verdict::Given;
        }
        let outdated = self.votes.len() - self.counted(revised).count();
        Verdict::Pending { lacking, ordered: self.ordered, outdated, until: self.expires }
    }
}

/// A step that lacks votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Which one, from 0.
    pub step: u16,
    /// How many people agree so far.
    pub given: usize,
    /// What it needs.
    pub quorum: Quorum,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} from {}", self.given, self.quorum.need, self.quorum.from)
    }
}

/// How an approval stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody was asked, or the question was withdrawn.
    Unasked,
    /// Votes are missing.
    Pending {
        /// In which steps.
        lacking: Vec<Lack>,
        /// Only the first of these steps is open.
        ordered: bool,
        /// How many votes no longer count, as the ticket's content changed since.
        outdated: usize,
        /// Until when votes are taken, if that is limited.
        until: Option<DateTime<Utc>>,
    },
    /// Somebody voted against it.
    Rejected {
        /// Who.
        by: PersonId,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// All who had to agree did.
    Given,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unasked => f.write_str("was not asked for"),
            Self::Pending { lacking, ordered, outdated, until } => {
                let steps: Vec<String> = lacking.iter().map(Lack::to_string).collect();
                f.write_str(&steps.join(if *ordered { ", then " } else { ", " }))?;
                if *outdated > 0 {
                    write!(f, ", {outdated} given before the ticket changed")?;
                }
                until.map_or(Ok(()), |until| write!(f, ", open until {}", until.format("%Y-%m-%d %H:%M:%S")))
            }
            Self::Rejected { by } => write!(f, "was rejected by {by}"),
            Self::Expired { at } => write!(f, "expired at {}", at.format("%Y-%m-%d %H:%M:%S")),
            Self::Given => f.write_str("is given"),
        }
    }
}
