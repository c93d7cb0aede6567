//! Which tickets: a conjunction of simple questions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::cond::Cmp;
use crate::id::{Key, PersonId, TicketId};
use crate::priority::Priority;
use crate::query::Sight;
use crate::status::Status;
use crate::ticket::Ticket;

/// A conjunction; an empty list asks nothing, a filled one asks for one of its values. Exhaustive on purpose: backends
/// take it apart without `..`, so a new question stops their build and not their correctness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// One of these tickets.
    pub ids: Vec<TicketId>,
    /// One of these numbers.
    pub numbers: Vec<i64>,
    /// One of these kinds.
    pub kinds: Vec<Key>,
    /// Of none of these kinds.
    pub except: Vec<Key>,
    /// At one of these places in life.
    pub statuses: Vec<Status>,
    /// In one of these states.
    pub states: Vec<Key>,
    /// Of one of these priorities.
    pub priorities: Vec<Priority>,
    /// Of one of these categories.
    pub categories: Vec<Key>,
    /// With one of these teams.
    pub teams: Vec<Key>,
    /// In one of these queues.
    pub queues: Vec<Key>,
    /// Accountable agent.
    pub assignee: Assignee,
    /// For one of these people.
    pub requesters: Vec<PersonId>,
    /// For somebody of one of these organisations.
    pub organisations: Vec<Key>,
    /// Watched by one of these people.
    pub watchers: Vec<PersonId>,
    /// Came in one of these ways.
    pub channels: Vec<Channel>,
    /// Carries *all* of these tags.
    pub tags: Vec<Key>,
    /// *All* of these fields compare so.
    pub fields: Vec<(Key, Cmp)>,
    /// Has one of these names in another system.
    pub externals: Vec<String>,
    /// Opened then.
    pub created: Period,
    /// Changed last then.
    pub updated: Period,
    /// Resolved (last, and not reopened since) then.
    pub resolved: Period,
    /// *All* of these words occur in its subjects, description or messages; see [`words`](crate::query::words).
    pub words: Vec<String>,
    /// Among what the one who asks may see. The desk sets it; what a caller puts here is overwritten.
    #[serde(skip)]
    pub sight: Sight,
}

/// A question about the accountable agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignee {
    /// Anybody or nobody.
    #[default]
    Any,
    /// Nobody.
    Nobody,
    /// One of these.
    Is(Vec<PersonId>),
}

/// A stretch of time, from inclusive, to exclusive; an open end asks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Period {
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

impl Period {
    /// From an instant (inclusive) to another (exclusive).
    pub const fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from: Some(from), to: Some(to) }
    }

    /// Tells whether it asks anything.
    pub const fn is_any(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Tells whether an instant lies in it; no instant lies only in a period that asks nothing.
    pub fn contains(&self, at: Option<DateTime<Utc>>) -> bool {
        self.is_any()
            || at.is_some_and(|at| self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to))
    }
}

impl Filter {
    /// Every ticket.
    pub fn all() -> Self {
        Self::default()
    }

    /// The backlog: neither resolved nor closed.
    pub fn open() -> Self {
        Self { statuses: vec![Status::New, Status::Open, Status::Pending], ..Self::default() }
    }

    /// The tickets of a queue.
    pub fn queue(queue: impl Into<Key>) -> Self {
        Self { queues: vec![queue.into()], ..Self::default() }
    }

    /// The tickets with these ids.
    pub fn ids(ids: impl IntoIterator<Item = TicketId>) -> Self {
        Self { ids: ids.into_iter().collect(), ..Self::default() }
    }

    /// Says whether a ticket is meant. `has_word` tells whether a word occurs in the ticket's subjects or texts (the
    /// public ones only, if so is its [sight](Sight::public)); it is asked last, and only if words are asked for.
    pub fn matches(&self, ticket: &Ticket, has_word: impl Fn(&str) -> bool) -> bool {
        let Self {
            ids,
            numbers,
            kinds,
            except,
            statuses,
            states,
            priorities,
            categories,
            teams,
            queues,
            assignee,
            requesters,
            organisations,
            watchers,
            channels,
            tags,
            fields,
            externals,
            created,
            updated,
            resolved,
            words,
            sight,
        } = self;
        // First, as it lets most tickets of others go without a look at the rest of them.
        sight.sees(ticket)
            && one_of(ids, &ticket.id)
            && one_of(numbers, &ticket.number)
            && one_of(kinds, &ticket.kind)
            && !except.contains(&ticket.kind)
            && one_of(statuses, &ticket.status)
            && one_of(states, &ticket.state)
            && one_of(priorities, &ticket.priority())
            && one_of_some(categories, ticket.category.as_ref())
            && one_of_some(teams, ticket.team.as_ref())
            && one_of_some(queues, ticket.queue.as_ref())
            && match assignee {
                Assignee::Any => true,
                Assignee::Nobody => ticket.assignee.is_none(),
                Assignee::Is(people) => ticket.assignee.as_ref().is_some_and(|person| people.contains(person)),
            }
            && one_of_some(requesters, ticket.requester.as_ref())
            && one_of_some(organisations, ticket.organisation.as_ref())
            && (watchers.is_empty() || watchers.iter().any(|person| ticket.watchers.contains(person)))
            && one_of(channels, &ticket.channel)
            && tags.iter().all(|tag| ticket.tags.contains(tag))
            && fields.iter().all(|(field, cmp)| cmp.holds(ticket.fields.get(field)))
            && one_of_some(externals, ticket.external.as_ref())
            && created.contains(Some(ticket.created))
            && updated.contains(Some(ticket.updated))
            && resolved.contains(ticket.resolved)
            && words.iter().all(|word| has_word(word))
    }
}

fn one_of<T: PartialEq>(asked: &[T], value: &T) -> bool {
    asked.is_empty() || asked.contains(value)
}

fn one_of_some<T: PartialEq>(asked: &[T], value: Option<&T>) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.contains(value))
}
