//! The ticket: what the rules read, and nothing else. Message bodies and files stand in the log.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::Party;
use crate::approval::Poll;
use crate::id::{Key, PersonId, TenantId, TicketId, Version};
use crate::line::Line;
use crate::merge::{Absorbed, Pose, SplitOff};
use crate::policy_log::PolicyLog;
use crate::priority::{Level, Priority};
use crate::seal::Digest;
use crate::signal::Alert;
use crate::time::stamp;
use crate::trail::Trail;
use crate::value::Fields;

pub use crate::channel::Channel;
pub use crate::id::Pin;
pub use crate::link::{Link, LinkKind};
pub use crate::status::{Status, Waiting};

/// A person took the ticket on: stops paging, not the promise to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Who.
    pub by: PersonId,
    /// When.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// Until when, if it was limited.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// A priority set by hand over the one the matrix gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The priority set.
    pub priority: Priority,
    /// Why.
    pub reason: String,
}

/// How well the customer says a ticket was solved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// From 1 (badly) to 5 (well).
    pub score: u8,
    /// When it was said.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// Who said it.
    pub by: PersonId,
    /// When the ticket was solved: which solution is meant.
    #[serde(with = "stamp")]
    pub of: DateTime<Utc>,
}

/// What is: the fold of a ticket's events.
///
/// Small on purpose: state, people, priority, links and the line of changes its clocks need. [`evolve`] is the only
/// way to make one, so `fold(history) == load` on every store.
///
/// [`evolve`]: crate::engine::evolve
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// Its id.
    pub id: TicketId,
    /// Its number within the tenant, given by the store at creation, counted from 1. Not part of the serialised
    /// form: it is the store's, as the position of an event is.
    #[serde(skip)]
    pub number: i64,
    /// What stands before the number: `INC-`.
    #[serde(default, skip_serializing_if = "Key::is_empty")]
    pub prefix: Key,
    /// How many events it has.
    pub version: Version,
    /// What it is: incident, request, problem, change, task, alert, event, or a kind of the desk's own.
    pub kind: Key,
    /// What it is about, in one line.
    pub subject: String,
    /// What it is about, as the desk sorts such things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Key>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Key>,
    /// Custom fields.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// How it came in.
    pub channel: Channel,
    /// Its name in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,

    /// The person it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<PersonId>,
    /// The organisation that person belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Key>,
    /// The one agent accountable now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonId>,
    /// The team it is with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Key>,
    /// The queue it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Key>,
    /// The skills its agent needs, besides those of a route.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Key>,
    /// People who are told but not accountable.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub watchers: BTreeSet<PersonId>,
    /// People besides the requester who take part: they wrote to it from outside, or were invited.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub participants: BTreeSet<PersonId>,
    /// Teams that work on it, too, without its being theirs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub referred: BTreeSet<Key>,
    /// With whom this one ticket was shared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shares: BTreeSet<Party>,

    /// The workflow it follows.
    pub workflow: Pin,
    /// Its state in that workflow.
    pub state: Key,
    /// The state before, for moves back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Key>,
    /// Where the state stands in a ticket's life.
    pub status: Status,
    /// Who is awaited, if pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Ended without success: cancelled, duplicate, spam.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,

    /// How much is affected.
    pub impact: Level,
    /// How soon it hurts.
    pub urgency: Level,
    /// What the matrix gave for impact and urgency.
    pub computed: Priority,
    /// The priority set by hand instead, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Box<Override>>,
    /// The escalation level, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: u8,
    /// Who took it on, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked: Option<Box<Ack>>,
    /// Put away until.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<DateTime<Utc>>,
    /// The approvals that were asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<Key, Poll>,
    /// The version that last changed its content: subject, category, requester, custom fields, impact and urgency. Votes
    /// for an older one do not count.
    #[serde(default = "opening", skip_serializing_if = "is_opening")]
    pub revised: Version,

    /// Links to other tickets.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub links: BTreeSet<Link>,
    /// The ticket it was merged into, where it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<TicketId>,
    /// How it stood before it was merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pose: Option<Box<Pose>>,
    /// What came to it from other tickets, in the order of its coming.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<Absorbed>,
    /// The messages it gave to new tickets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parted: Vec<SplitOff>,
    /// The alert behind it, if a monitor opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<Box<Alert>>,

    /// When it was opened.
    #[serde(with = "stamp")]
    pub created: DateTime<Utc>,
    /// When its last event happened.
    #[serde(with = "stamp")]
    pub updated: DateTime<Utc>,
    /// The first public reply of a human agent.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub responded: Option<DateTime<Utc>>,
    /// The last time it became resolved, unless it was reopened since.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<DateTime<Utc>>,
    /// The first time it became resolved; a reopening does not clear it.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub first_resolved: Option<DateTime<Utc>>,
    /// When it was closed, unless it was reopened since.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<DateTime<Utc>>,
    /// How often it came back from resolved or closed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reopens: u32,
    /// How often it went from one team or agent to another (not counting the first of each).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reassigns: u32,
    /// How many messages it has, public and internal.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub messages: u32,
    /// How many of them are public.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub public: u32,
    /// When the last public message was written.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<DateTime<Utc>>,
    /// How well the customer says it was solved; a reopening clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Box<Score>>,
    /// Who says of an article whether it helped them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub helpful: BTreeMap<PersonId, bool>,

    /// The changes its clocks need, in order.
    pub line: Line,
    /// Who changed what its history is asked about.
    #[serde(default, skip_serializing_if = "Trail::is_empty")]
    pub trail: Trail,
    /// The steps that were taken, the promises that were broken.
    #[serde(default, skip_serializing_if = "PolicyLog::is_empty")]
    pub policies: PolicyLog,
    /// The seal of its last event, if that was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Digest>,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

const fn opening() -> Version {
    Version(1)
}

fn is_opening(version: &Version) -> bool {
    *version == opening()
}

impl Ticket {
    /// The number as people write it: `INC-42`.
    pub fn reference(&self) -> String {
        format!("{}{}", self.prefix, self.number)
    }

    /// The priority in force: the one set by hand, else the matrix's.
    pub fn priority(&self) -> Priority {
        self.overridden.as_ref().map_or(self.computed, |set| set.priority)
    }

    /// When it was solved, so that its customer can score it: resolved or closed, not dropped, not reopened since.
    pub fn solved(&self) -> Option<DateTime<Utc>> {
        let ended = !self.status.is_open() && !self.dropped;
        self.resolved.or(self.closed).filter(|_| ended)
    }

    /// What its customer says of the solution, as reports count it: 0 if nothing yet, `None` if there is none.
    pub fn answer(&self) -> Option<u8> {
        self.solved().map(|_| self.score.as_ref().map_or(0, |score| score.score))
    }

    /// How many other tickets are part of this one.
    pub fn tickets(&self) -> u32 {
        self.absorbed.iter().fold(0, |sum, absorbed| sum.saturating_add(absorbed.tickets))
    }

    /// Tells whether a person watches on their own, and not only because of a ticket that was merged into this one.
    pub fn is_watched_by(&self, person: &PersonId) -> bool {
        self.watchers.contains(person) && !self.absorbed.iter().any(|absorbed| absorbed.watchers.contains(person))
    }

    /// Tells whether a person takes part, be it because of a ticket that was merged into this one.
    pub fn takes_part(&self, person: &PersonId) -> bool {
        self.everybody().any(|other| other == person)
    }

    /// The people who take part, some perhaps twice.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = &PersonId> {
        self.participants.iter().chain(self.absorbed.iter().flat_map(|absorbed| &absorbed.participants))
    }

    /// The alert behind it, and those of the tickets that were merged into it.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alert.as_deref().into_iter().chain(self.absorbed.iter().flat_map(|absorbed| &absorbed.alerts))
    }

    /// Tells whether one of its alerts is firing.
    pub fn is_firing(&self) -> bool {
        self.alerts().any(|alert| alert.firing)
    }

    /// The other ends of all links of a kind.
    pub fn linked(&self, kind: LinkKind) -> impl Iterator<Item = TicketId> + '_ {
        self.links.iter().filter(move |link| link.kind == kind).map(|link| link.to)
    }
}
