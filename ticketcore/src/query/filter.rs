//! Which tickets: a conjunction of simple questions, and of other filters.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::cond::Cmp;
use crate::id::{Key, PersonId, TicketId};
use crate::line::Flag;
use crate::priority::Priority;
use crate::query::{Beside, Bounds, Counter, End, Linked, Part, Past, Period, Promise, Sight, Terms};
use crate::status::{Status, Waiting};
use crate::store::Marks;
use crate::ticket::Ticket;

/// A conjunction; an empty list asks nothing, a filled one asks for one of its values. Exhaustive on purpose: backends
/// take it apart without `..`, so a new question stops their build and not their correctness.
///
/// [`all`](Self::all), [`any`](Self::any) and [`none`](Self::none) hold other filters, to any depth. Only the
/// [`sight`](Self::sight) of the outermost counts: what one may see is no part of what one asks.
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
    /// Waits for one of these, if pending.
    pub waiting: Vec<Waiting>,
    /// *All* of these are there.
    pub has: Vec<Part>,
    /// *All* of these flags are up now.
    pub flags: Vec<Flag>,
    /// *All* of these counters are within their bounds.
    pub counts: Vec<(Counter, Bounds)>,
    /// *All* of these can be said of its promises.
    pub promises: Vec<Promise>,
    /// *All* of these links are there.
    pub linked: Vec<Linked>,
    /// *All* of these were so.
    pub past: Vec<Past>,
    /// Opened then.
    pub created: Period,
    /// Changed last then.
    pub updated: Period,
    /// Answered first by an agent in public then.
    pub responded: Period,
    /// Resolved (last, and not reopened since) then.
    pub resolved: Period,
    /// Resolved for the first time then, reopened since or not.
    pub first_resolved: Period,
    /// Closed, and not reopened since, then.
    pub closed: Period,
    /// Has a place in the order of work that is due then.
    pub due: Period,
    /// *All* of these words occur in its subjects, description or messages; see [`words`](crate::query::words).
    pub words: Vec<String>,
    /// *All* of these occur, each as it stands: its words in this order and next to each other, within one subject, the
    /// description or one message. What stands between the words does not matter.
    pub phrases: Vec<String>,
    /// *All* of these begin a word there. Of several words the last is a beginning, the others are whole.
    pub prefixes: Vec<String>,
    /// *All* of these mean it, too.
    pub all: Vec<Filter>,
    /// One of these means it, too.
    pub any: Vec<Filter>,
    /// None of these means it.
    pub none: Vec<Filter>,
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

    /// What none of some filters means.
    #[must_use]
    pub fn without(none: impl IntoIterator<Item = Self>) -> Self {
        Self { none: none.into_iter().collect(), ..Self::default() }
    }

    /// Tells whether words, phrases or beginnings of words are asked for, however deep; a backend may have to bring its
    /// index up to date first.
    pub fn asks_words(&self) -> bool {
        self.anywhere(&|filter| filter.asks_texts())
    }

    /// Tells whether other tickets are asked about, however deep.
    pub fn asks_links(&self) -> bool {
        self.anywhere(&|filter| filter.linked.iter().any(|linked| linked.to != End::Any))
    }

    /// Tells whether numbers are asked about, which only a store gives, however deep.
    pub fn asks_numbers(&self) -> bool {
        let numbered = |linked: &Linked| matches!(linked.to, End::Number(_));
        self.anywhere(&|filter| !filter.numbers.is_empty() || filter.linked.iter().any(numbered))
    }

    /// Tells whether what is asked depends on what policies promise, however deep.
    pub fn asks_promises(&self) -> bool {
        self.anywhere(&|filter| !filter.promises.is_empty() || !filter.due.is_any() || filter.has.contains(&Part::Due))
    }

    /// Tells whether it asks for any itself.
    const fn asks_texts(&self) -> bool {
        !(self.words.is_empty() && self.phrases.is_empty() && self.prefixes.is_empty())
    }

    fn anywhere(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        let Self { all, any, none, .. } = self;
        holds(self) || all.iter().chain(any).chain(none).any(|filter| filter.anywhere(holds))
    }

    /// Says whether a ticket is meant, by what it is, what its index holds, and what is found [beside](Beside) it.
    pub fn matches(&self, ticket: &Ticket, marks: &Marks, beside: &impl Beside) -> bool {
        // First, as it lets most tickets of others go without a look at the rest of them.
        self.sight.sees(ticket) && self.means(ticket, marks, beside, self.sight.public)
    }

    fn means(&self, ticket: &Ticket, marks: &Marks, beside: &impl Beside, public: bool) -> bool {
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
            waiting,
            has,
            flags,
            counts,
            promises,
            linked,
            past,
            created,
            updated,
            responded,
            resolved,
            first_resolved,
            closed,
            due,
            words: _,
            phrases: _,
            prefixes: _,
            all,
            any,
            none,
            sight: _,
        } = self;
        let means = |other: &Self| other.means(ticket, marks, beside, public);
        one_of(ids, &ticket.id)
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
            && one_of_some(waiting, ticket.waiting.as_ref())
            && has.iter().all(|part| part.is_there(ticket, marks))
            && flags.iter().all(|flag| ticket.line.last().is_some_and(|last| last.flags.has(*flag)))
            && counts.iter().all(|(counter, bounds)| bounds.hold(counter.of(ticket)))
            && promises.iter().all(|promise| promise.holds(ticket, marks))
            && linked.iter().all(|linked| linked.holds(ticket, beside))
            && past.iter().all(|past| past.holds(ticket))
            && created.contains(Some(ticket.created))
            && updated.contains(Some(ticket.updated))
            && responded.contains(ticket.responded)
            && resolved.contains(ticket.resolved)
            && first_resolved.contains(ticket.first_resolved)
            && closed.contains(ticket.closed)
            && due.contains(marks.rank.map(|rank| rank.due))
            && all.iter().all(means)
            && (any.is_empty() || any.iter().any(means))
            && !none.iter().any(means)
            && (!self.asks_texts() || beside.has_terms(&Terms::of(self), public))
    }
}

fn one_of<T: PartialEq>(asked: &[T], value: &T) -> bool {
    asked.is_empty() || asked.contains(value)
}

fn one_of_some<T: PartialEq>(asked: &[T], value: Option<&T>) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.contains(value))
}
