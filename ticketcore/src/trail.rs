//! A ticket's trail: who changed what its history is asked about, from what to what, and when.
//!
//! The [line](crate::line) holds what clocks see; the trail holds what people ask: who had it, where it stood, for how
//! long. A turn says since when the value it ends was in force, so time with a team or in a state is read off it. What
//! a ticket was opened with is no turn, so a ticket that nobody has touched has an empty trail.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId};
use crate::ticket::Ticket;
use crate::time::{from_micros, micros};

/// What of a ticket the trail follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Its place in life.
    Status,
    /// Its state.
    State,
    /// The priority in force.
    Priority,
    /// The agent accountable.
    Assignee,
    /// The team it is with.
    Team,
    /// The queue it stands in.
    Queue,
    /// What it is about.
    Category,
}

impl Aspect {
    /// All aspects.
    pub const ALL: [Self; 7] =
        [Self::Status, Self::State, Self::Priority, Self::Assignee, Self::Team, Self::Queue, Self::Category];

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::State => "state",
            Self::Priority => "priority",
            Self::Assignee => "assignee",
            Self::Team => "team",
            Self::Queue => "queue",
            Self::Category => "category",
        }
    }

    /// What a ticket has of it now, in words.
    pub fn of(self, ticket: &Ticket) -> Option<Key> {
        match self {
            Self::Status => Some(Key::from_static(ticket.status.as_str())),
            Self::State => Some(ticket.state.clone()),
            Self::Priority => Some(Key::from_static(ticket.priority().as_str())),
            Self::Assignee => ticket.assignee.as_ref().map(Key::new),
            Self::Team => ticket.team.clone(),
            Self::Queue => ticket.queue.clone(),
            Self::Category => ticket.category.clone(),
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Aspect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|aspect| aspect.as_str() == name);
        found.ok_or_else(|| format!("`{name}` is nothing a trail follows"))
    }
}

/// One value of an aspect gave way to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct Turn {
    /// When.
    pub at: DateTime<Utc>,
    /// When the value before came to be.
    pub since: DateTime<Utc>,
    /// Who did it.
    pub by: PersonId,
    /// What of the ticket.
    pub aspect: Aspect,
    /// What it was; `None` for nothing.
    pub from: Option<Key>,
    /// What it became.
    pub to: Option<Key>,
}

/// A turn as it is stored: a short array, as a ticket carries all of its turns.
#[derive(Serialize, Deserialize)]
struct Row(i64, i64, PersonId, Aspect, Option<Key>, Option<Key>);

impl TryFrom<Row> for Turn {
    type Error = &'static str;

    fn try_from(Row(at, since, by, aspect, from, to): Row) -> Result<Self, Self::Error> {
        let instant = |micros| from_micros(micros).ok_or("a turn outside the calendar");
        Ok(Self { at: instant(at)?, since: instant(since)?, by, aspect, from, to })
    }
}

impl From<Turn> for Row {
    fn from(Turn { at, since, by, aspect, from, to }: Turn) -> Self {
        Self(micros(at), micros(since), by, aspect, from, to)
    }
}

/// A stretch of time in which an aspect had one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// The value; `None` for nothing.
    pub value: Option<Key>,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; `None` for the value there is now.
    pub to: Option<DateTime<Utc>>,
}

/// The turns of a ticket, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trail(Vec<Turn>);

impl Trail {
    /// The turns, oldest first.
    pub fn turns(&self) -> &[Turn] {
        &self.0
    }

    /// Tells whether nothing ever turned.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, aspect: Aspect) -> impl DoubleEndedIterator<Item = &Turn> {
        self.0.iter().filter(move |turn| turn.aspect == aspect)
    }
}

impl Ticket {
    /// When an aspect came to have the value it has now.
    pub fn since(&self, aspect: Aspect) -> DateTime<Utc> {
        self.trail.of(aspect).next_back().map_or(self.created, |turn| turn.at)
    }

    /// All values an aspect ever had and when, without gap or overlap, oldest first; the last one goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::trail::Aspect;
    /// use ticketcore::{Command, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let ticket = desk.open(Draft::incident("No mail").team("first")).await?;
    /// let ticket = desk.apply(ticket.id, Command::AssignTeam(Some("second".into()))).await?;
    /// let teams: Vec<_> = ticket.spells(Aspect::Team).filter_map(|spell| spell.value).collect();
    /// assert_eq!(teams, ["first", "second"]);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub fn spells(&self, aspect: Aspect) -> impl Iterator<Item = Spell> {
        let ended = self.trail.of(aspect).map(|Turn { at, since, from, .. }| Spell {
            value: from.clone(),
            from: *since,
            to: Some(*at),
        });
        ended.chain(std::iter::once(Spell { value: aspect.of(self), from: self.since(aspect), to: None }))
    }
}

/// What a ticket was before an event that can turn an aspect.
pub(crate) struct Before([Option<Key>; Aspect::ALL.len()]);

impl Before {
    pub(crate) fn of(ticket: &Ticket) -> Self {
        Self(Aspect::ALL.map(|aspect| aspect.of(ticket)))
    }

    /// Appends a turn for each aspect that is not what it was.
    pub(crate) fn turned(self, ticket: &mut Ticket, at: DateTime<Utc>, by: &PersonId) {
        for (aspect, from) in Aspect::ALL.into_iter().zip(self.0) {
            let to = aspect.of(ticket);
            if from != to {
                let since = ticket.since(aspect);
                ticket.trail.0.push(Turn { at, since, by: by.clone(), aspect, from, to });
            }
        }
    }
}
