//! Routing: which team and queue a new ticket goes to, and which agent of a team takes one on.
//!
//! Both are questions to data. [`Intake`] rules are asked in order at the opening, and the first that holds says what the
//! ticket lacks. A [`Route`] says how an agent is chosen, and [`choose`] chooses: of all who are there, have the skills
//! and have room, the one whom the route prefers. Nothing is kept between choices, no pointer of a round robin that would
//! have to be stored: whose turn it is follows from who was assigned last.
//!
//! A [`Desk`](crate::Desk) whose configuration has routes does the rest. It looks for an agent when a ticket comes to wait
//! for one and when one is reopened, writes down the choice, and counts in the same commit what everybody has (their
//! [`Load`]), so that no two choices fill the same place. What had to wait is given out, the oldest first, when somebody
//! has room again: see [`Desk::drain`](crate::Desk::drain).

mod choice;
mod choose;
mod load;
mod owners;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::cond::{Cond, Facts};
use crate::event::{Event, Opened};
use crate::id::{Key, PersonId};
use crate::priority::Priority;
use crate::time::stamp;

pub use choice::{Choice, Difference, PassedOver, Pick, Why};
pub use choose::choose;
pub use load::Load;
pub(crate) use load::seat;
pub(crate) use owners::{Past, past};

/// How tickets find their team and their agent.
///
/// # Examples
///
/// ```
/// use ticketcore::Config;
///
/// let config: Config = toml::from_str(r#"
///     [[routing.intake]]
///     key = "printers"
///     when = { all = [{ category = "printer" }, { channel = "mail" }] }
///     set = { team = "hardware", queue = "hardware", skills = ["printers"] }
///
///     [[routing.routes]]
///     key = "hardware"
///     when = { team = "hardware" }
///     team = "hardware"
///     order = ["sticky", "least_loaded"]
///     fallback = { escalate = 1 }
/// "#)?;
/// assert_eq!(config.check(), []);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Routing {
    /// Asked in order when a ticket is opened; the first that holds is followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intake: Vec<Intake>,
    /// Asked in order when a ticket needs an agent; the first that holds is followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

impl Routing {
    /// Finds the intake rule of a ticket, if there is one for it.
    pub fn intake(&self, facts: &dyn Facts, at: DateTime<Utc>) -> Option<&Intake> {
        self.intake.iter().find(|intake| intake.when.test(facts, at))
    }

    /// Finds the route of a ticket, if there is one for it.
    pub fn route(&self, facts: &dyn Facts, at: DateTime<Utc>) -> Option<&Route> {
        self.routes.iter().find(|route| route.when.test(facts, at))
    }
}

/// A rule for tickets that come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Its name.
    pub key: Key,
    /// Which tickets it is for; every one unless said otherwise.
    #[serde(default, skip_serializing_if = "Cond::is_always")]
    pub when: Cond,
    /// What they get.
    pub set: Sorted,
}

/// What a ticket gets when it comes in. What it was opened with stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sorted {
    /// The team it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Key>,
    /// The queue it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Key>,
    /// The category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Key>,
    /// The priority, over the one the matrix gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The skills its agent needs, besides those of the route.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<Key>,
}

impl Intake {
    /// Gives a ticket that is being opened what its draft left open; what it has, somebody wanted. Its priority, if it is to
    /// be another than the matrix gives, is an event of its own.
    pub(crate) fn sort(&self, opened: &mut Opened) -> Option<Event> {
        let Sorted { team, queue, category, priority, skills } = self.set.clone();
        opened.team = opened.team.take().or(team);
        opened.queue = opened.queue.take().or(queue);
        opened.category = opened.category.take().or(category);
        opened.needs.extend(skills);
        opened.intake = Some(self.key.clone());
        let priority = priority.filter(|priority| opened.priority != *priority);
        priority.map(|priority| Event::Prioritised { priority, reason: format!("intake {}", self.key) })
    }
}

/// How the agent of a ticket is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its name.
    pub key: Key,
    /// Which tickets it is for; every one unless said otherwise.
    #[serde(default, skip_serializing_if = "Cond::is_always")]
    pub when: Cond,
    /// The team whose people are asked.
    pub team: Key,
    /// The skills everybody on this route needs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<Key>,
    /// Who is asked first, who next; those who are there, then those who are away, unless said otherwise. Nobody is asked
    /// who stands in no tier.
    #[serde(default = "Route::default_tiers")]
    pub tiers: Vec<Tier>,
    /// Whom it is rather given to within a tier, the weightiest first; the lowest name if nothing tells.
    #[serde(default = "Route::default_order")]
    pub order: Vec<Prefer>,
    /// What is done if nobody can be asked; the ticket stays queued unless said otherwise.
    #[serde(default)]
    pub fallback: Fallback,
}

impl Route {
    /// A route for all tickets to the people of a team, with the defaults: those who are there before those who are away,
    /// the last owner, else the least loaded, else the one whose turn it is.
    pub fn new(key: impl Into<Key>, team: impl Into<Key>) -> Self {
        Self {
            key: key.into(),
            when: Cond::ALWAYS,
            team: team.into(),
            skills: BTreeSet::new(),
            tiers: Self::default_tiers(),
            order: Self::default_order(),
            fallback: Fallback::default(),
        }
    }

    /// Says which tickets it is for; every one by default.
    #[must_use]
    pub fn when(mut self, when: Cond) -> Self {
        self.when = when;
        self
    }

    /// Adds a skill that everybody needs; none by default.
    #[must_use]
    pub fn skill(mut self, skill: impl Into<Key>) -> Self {
        self.skills.insert(skill.into());
        self
    }

    /// Replaces the tiers.
    #[must_use]
    pub fn tiers(mut self, tiers: impl Into<Vec<Tier>>) -> Self {
        self.tiers = tiers.into();
        self
    }

    /// Replaces the order of preference.
    #[must_use]
    pub fn order(mut self, order: impl Into<Vec<Prefer>>) -> Self {
        self.order = order.into();
        self
    }

    /// Says what is done if nobody can be asked; the ticket stays queued by default.
    #[must_use]
    pub const fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    fn default_tiers() -> Vec<Tier> {
        vec![Tier::Active, Tier::Away]
    }

    fn default_order() -> Vec<Prefer> {
        vec![Prefer::Sticky, Prefer::LeastLoaded, Prefer::LeastRecent]
    }
}

/// People who are asked together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Those who are there.
    Active,
    /// Those who are away.
    Away,
    /// Those who are there or away, without preference.
    NotOff,
}

/// Whom a ticket is rather given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// Who had it before: the last owner, then who answered last.
    Sticky,
    /// Whose load is the smallest share of the capacity. Without a limit no load is a share; of equal shares the smaller
    /// load counts.
    LeastLoaded,
    /// Whose last assignment is the longest ago; who never had one comes first.
    LeastRecent,
}

/// What is done with a ticket that nobody can be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// It waits in its queue.
    #[default]
    LeaveQueued,
    /// It is escalated to a level.
    Escalate(u8),
}

/// Whether somebody can be given work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Is there.
    #[default]
    Active,
    /// Is away for a while.
    Away,
    /// Is not at work.
    Off,
}

/// Somebody who could be given a ticket, as the host knows them at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Who it is.
    pub id: PersonId,
    /// What they can do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<Key>,
    /// Whether they can be given work.
    #[serde(default)]
    pub availability: Availability,
    /// How many tickets of a channel they take at a time; without an entry there is no limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: BTreeMap<Channel, u16>,
    /// How many they have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub load: BTreeMap<Channel, u16>,
    /// When they were assigned one last.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub last: Option<DateTime<Utc>>,
}

impl Agent {
    /// Somebody who is there, without special skills, limit or load.
    pub fn new(id: impl Into<PersonId>) -> Self {
        Self {
            id: id.into(),
            skills: BTreeSet::new(),
            availability: Availability::Active,
            capacity: BTreeMap::new(),
            load: BTreeMap::new(),
            last: None,
        }
    }
}

/// Decides who is given a ticket: the place to put another way of choosing.
///
/// # Contract
///
/// A choice is a function of what is asked, names only people of the pool, and does not depend on the order they come in.
pub trait Router: fmt::Debug + Send + Sync {
    /// Chooses one of the pool for a ticket of a channel that needs skills besides those of the route. `owners` had the
    /// ticket before, the last one first.
    fn choose(
        &self,
        route: &Route,
        needs: &BTreeSet<Key>,
        channel: Channel,
        owners: &[PersonId],
        pool: &[Agent],
    ) -> Choice;
}

/// The [`Router`] that does what the route says.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByRoute;

impl Router for ByRoute {
    fn choose(
        &self,
        route: &Route,
        needs: &BTreeSet<Key>,
        channel: Channel,
        owners: &[PersonId],
        pool: &[Agent],
    ) -> Choice {
        choose(route, needs, channel, owners, pool)
    }
}
