//! Templates: tickets that are opened together, below one that is there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::Wording;
use crate::id::{Key, PersonId};
use crate::priority::Level;
use crate::value::{Fields, Value};

/// Tickets that are opened together as children of another, some after others:
/// [`Desk::instantiate`](crate::Desk::instantiate).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The tickets, by names that the others call them by.
    pub tickets: BTreeMap<Key, Planned>,
}

/// A ticket of a template. The placeholders of its texts stand for what the parent has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// What it is.
    pub kind: Key,
    /// What it is about, in one line.
    pub subject: Wording,
    /// What it is about, at length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Wording>,
    /// How the desk sorts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Key>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Key>,
    /// Its custom fields.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// Who is accountable from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonId>,
    /// The team it starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Key>,
    /// The queue it starts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Key>,
    /// How much is affected; medium unless said otherwise.
    #[serde(default = "medium", skip_serializing_if = "is_medium")]
    pub impact: Level,
    /// How soon it hurts; medium unless said otherwise.
    #[serde(default = "medium", skip_serializing_if = "is_medium")]
    pub urgency: Level,
    /// Those that come before it, and block it until they are resolved.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Key>,
}

const fn medium() -> Level {
    Level::MEDIUM
}

fn is_medium(level: &Level) -> bool {
    *level == medium()
}

impl Template {
    /// How many tickets a template may have.
    pub const MOST: usize = 200;

    /// Adds a ticket, or replaces the one of the same name.
    #[must_use]
    pub fn ticket(mut self, key: impl Into<Key>, planned: Planned) -> Self {
        self.tickets.insert(key.into(), planned);
        self
    }

    /// The names of the tickets, each behind those that come before it, else by name.
    ///
    /// # Errors
    ///
    /// A circle, if tickets come before each other: its names, the first of them again at the end.
    pub fn order(&self) -> Result<Vec<&Key>, Vec<Key>> {
        let mut order: Vec<&Key> = Vec::with_capacity(self.tickets.len());
        let mut rest: BTreeSet<&Key> = self.tickets.keys().collect();
        while !rest.is_empty() {
            let ready: Vec<&Key> = rest.iter().copied().filter(|key| self.before(key, &rest).is_none()).collect();
            if ready.is_empty() {
                return Err(self.circle(&rest));
            }
            rest.retain(|key| !ready.contains(key));
            order.extend(ready);
        }
        Ok(order)
    }

    /// One of some tickets that comes before another.
    fn before<'a>(&'a self, key: &Key, among: &BTreeSet<&'a Key>) -> Option<&'a Key> {
        self.tickets.get(key)?.after.iter().find_map(|before| among.get(before).copied())
    }

    /// A circle among tickets each of which has one of them before it.
    fn circle(&self, among: &BTreeSet<&Key>) -> Vec<Key> {
        let mut way: Vec<Key> = Vec::new();
        let mut next = among.first().copied();
        while let Some(key) = next {
            if let Some(start) = way.iter().position(|passed| passed == key) {
                way.drain(..start);
                way.push(key.clone());
                return way;
            }
            way.push(key.clone());
            next = self.before(key, among);
        }
        way
    }
}

impl Planned {
    /// A ticket of some kind.
    pub fn new(kind: impl Into<Key>, subject: impl Into<Wording>) -> Self {
        Self {
            kind: kind.into(),
            subject: subject.into(),
            description: None,
            category: None,
            tags: BTreeSet::new(),
            fields: Fields::default(),
            assignee: None,
            team: None,
            queue: None,
            impact: Level::MEDIUM,
            urgency: Level::MEDIUM,
            after: BTreeSet::new(),
        }
    }

    /// Describes it at length.
    #[must_use]
    pub fn description(mut self, text: impl Into<Wording>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Names the accountable agent.
    #[must_use]
    pub fn assignee(mut self, person: impl Into<PersonId>) -> Self {
        self.assignee = Some(person.into());
        self
    }

    /// Hands it to a team.
    #[must_use]
    pub fn team(mut self, team: impl Into<Key>) -> Self {
        self.team = Some(team.into());
        self
    }

    /// Puts it into a queue.
    #[must_use]
    pub fn queue(mut self, queue: impl Into<Key>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Sorts it.
    #[must_use]
    pub fn category(mut self, category: impl Into<Key>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<Key>) -> Self {
        self.tags.insert(tag.into());
        self
    }

    /// Sets a custom field.
    #[must_use]
    pub fn field(mut self, field: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.fields.insert(field.into(), value.into());
        self
    }

    /// Says how much is affected and how soon it hurts.
    #[must_use]
    pub const fn rated(mut self, impact: Level, urgency: Level) -> Self {
        self.impact = impact;
        self.urgency = urgency;
        self
    }

    /// Puts it after another ticket of the template.
    #[must_use]
    pub fn after(mut self, key: impl Into<Key>) -> Self {
        self.after.insert(key.into());
        self
    }
}
