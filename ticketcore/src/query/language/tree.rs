//! What was asked, as a tree: relative as it was written, and typed as far as the grammar goes.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use crate::channel::Channel;
use crate::id::TicketId;
use crate::line::Flag;
use crate::link::LinkKind;
use crate::priority::Priority;
use crate::query::{Counter, Order, Part};
use crate::status::{Status, Waiting};
use crate::trail::Aspect;

/// Where in a text something stands, in bytes. Any two places are equal: questions that ask the same are equal, wherever
/// their parts stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// A question as it was asked: `status:open assignee:me sort:due`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Which tickets; all of them if nothing is said.
    pub expr: Option<Expr>,
    /// In which order, if that was said.
    pub sort: Option<Order>,
}

impl Expr {
    /// Those that two expressions mean.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let parts = |expr| if let Self::All(all) = expr { all } else { vec![expr] };
        Self::All([parts(self), parts(other)].concat())
    }
}

/// Which tickets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Those that all of two or more mean.
    All(Vec<Expr>),
    /// Those that one of two or more means.
    Any(Vec<Expr>),
    /// Those that it does not mean.
    Not(Box<Expr>),
    /// Those of which this is so.
    Is(Term),
}

/// A name, or a value of which the grammar does not know the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The text, without quotes and backslashes.
    pub text: String,
    /// Whether it was quoted: then it is no keyword (`none`, `me`), and is not compared with what the configuration knows.
    pub quoted: bool,
    /// Where it stands.
    pub place: Place,
}

impl Name {
    /// A name that is quoted.
    pub fn quoted(text: impl Into<String>) -> Self {
        Self { text: text.into(), quoted: true, place: Place::default() }
    }

    /// Tells whether it is a keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text == keyword
    }
}

/// How a value is to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// It is one of these: `:a,b`.
    OneOf(Vec<T>),
    /// It is more: `>a`.
    Over(T),
    /// It is this or more: `>=a`.
    From(T),
    /// It is less: `<a`.
    Below(T),
    /// It is this or less: `<=a`.
    UpTo(T),
    /// It lies between, both ends included; one of them may be missing: `:a..b`.
    Between(Option<T>, Option<T>),
}

/// A name that a ticket has, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// [`kind`](crate::Ticket::kind).
    Kind,
    /// [`state`](crate::Ticket::state).
    State,
    /// [`category`](crate::Ticket::category).
    Category,
    /// [`team`](crate::Ticket::team).
    Team,
    /// [`queue`](crate::Ticket::queue).
    Queue,
    /// [`assignee`](crate::Ticket::assignee).
    Assignee,
    /// [`requester`](crate::Ticket::requester).
    Requester,
    /// [`organisation`](crate::Ticket::organisation).
    Organisation,
    /// [`watchers`](crate::Ticket::watchers).
    Watcher,
    /// [`tags`](crate::Ticket::tags).
    Tag,
    /// [`external`](crate::Ticket::external).
    External,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Kind,
        Self::State,
        Self::Category,
        Self::Team,
        Self::Queue,
        Self::Assignee,
        Self::Requester,
        Self::Organisation,
        Self::Watcher,
        Self::Tag,
        Self::External,
    ];

    /// How it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::State => "state",
            Self::Category => "category",
            Self::Team => "team",
            Self::Queue => "queue",
            Self::Assignee => "assignee",
            Self::Requester => "requester",
            Self::Organisation => "organisation",
            Self::Watcher => "watcher",
            Self::Tag => "tag",
            Self::External => "external",
        }
    }

    /// The part that a ticket lacks which has none.
    pub(super) const fn part(self) -> Option<Part> {
        match self {
            Self::Kind | Self::State => None,
            Self::Category => Some(Part::Category),
            Self::Team => Some(Part::Team),
            Self::Queue => Some(Part::Queue),
            Self::Assignee => Some(Part::Assignee),
            Self::Requester => Some(Part::Requester),
            Self::Organisation => Some(Part::Organisation),
            Self::Watcher => Some(Part::Watcher),
            Self::Tag => Some(Part::Tag),
            Self::External => Some(Part::External),
        }
    }
}

/// A time that a ticket has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// [`created`](crate::Ticket::created).
    Created,
    /// [`updated`](crate::Ticket::updated).
    Updated,
    /// [`responded`](crate::Ticket::responded).
    Responded,
    /// [`resolved`](crate::Ticket::resolved).
    Resolved,
    /// [`first_resolved`](crate::Ticket::first_resolved).
    FirstResolved,
    /// [`closed`](crate::Ticket::closed).
    Closed,
    /// When its place in the order of work is due.
    Due,
}

impl Time {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Updated, Self::Responded, Self::Resolved, Self::FirstResolved, Self::Closed, Self::Due];

    /// How it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Responded => "responded",
            Self::Resolved => "resolved",
            Self::FirstResolved => "first_resolved",
            Self::Closed => "closed",
            Self::Due => "due",
        }
    }

    /// The part that a ticket lacks which has no such time; every ticket has some.
    pub(super) const fn part(self) -> Option<Part> {
        match self {
            Self::Created | Self::Updated => None,
            Self::Responded => Some(Part::Responded),
            Self::Resolved => Some(Part::Resolved),
            Self::FirstResolved => Some(Part::FirstResolved),
            Self::Closed => Some(Part::Closed),
            Self::Due => Some(Part::Due),
        }
    }
}

/// A time as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// What was written.
    pub moment: Moment,
    /// Where it stands.
    pub place: Place,
}

/// A stretch of time, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// None at all.
    None,
    /// So long from now: `2h`; ago if it is negative: `-7d`.
    Relative(TimeDelta),
    /// The present instant.
    Now,
    /// The day before this one.
    Yesterday,
    /// This day.
    Today,
    /// The day after this one.
    Tomorrow,
    /// The week, from Monday on.
    ThisWeek,
    /// The week before this one.
    LastWeek,
    /// The month.
    ThisMonth,
    /// The month before this one.
    LastMonth,
    /// A day.
    Date(NaiveDate),
    /// A month, by its first day.
    Month(NaiveDate),
    /// A civil time, or one with its offset from UTC in seconds, as exact as it was written.
    Clock(NaiveDate, NaiveTime, Exactness, Option<i32>),
}

/// How exact a time was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// `12:00`.
    Minute,
    /// `12:00:00`.
    Second,
    /// `12:00:00.000000`.
    Micro,
}

/// How the promises of a policy stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sla {
    /// One was broken and not excused.
    Breached,
    /// One was broken and excused.
    Excused,
    /// A clock counts.
    Running,
    /// A clock waits.
    Paused,
}

impl Sla {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Breached, Self::Excused, Self::Running, Self::Paused];

    /// How it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breached => "breached",
            Self::Excused => "excused",
            Self::Running => "running",
            Self::Paused => "paused",
        }
    }
}

/// The other end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Whatever ticket.
    Any,
    /// None.
    None,
    /// One that is neither resolved nor closed.
    Open,
    /// The one of this number.
    Number(i64),
}

/// One thing that is so of a ticket, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A word occurs in its texts: `disk`.
    Word(String),
    /// Words occur in one of its texts, in this order and next to each other: `"disk full"`.
    Phrase(String),
    /// A word that begins so occurs in its texts: `disk*`.
    Prefix(String),
    /// It is one of these tickets: `id:…`.
    Id(Vec<TicketId>),
    /// `status:open`.
    Status(Vec<Status>),
    /// `channel:mail`.
    Channel(Vec<Channel>),
    /// `waiting:requester`; `None` for `none`.
    Waiting(Vec<Option<Waiting>>),
    /// `priority>=p2`, the more pressing being the more.
    Priority(Asked<Priority>),
    /// `team:db`.
    Name(Field, Vec<Name>),
    /// `created>-7d`.
    Time(Time, Asked<When>),
    /// `messages>=10`.
    Count(Counter, Asked<i64>),
    /// `field.site:"Novi Sad"`.
    Custom(Name, Asked<Name>),
    /// `has:field.site`.
    HasCustom(Name),
    /// `is:acked`.
    Flag(Flag),
    /// `has:team`.
    Has(Part),
    /// `sla.resolution:breached`; without a name that of any policy.
    Sla(Option<Name>, Vec<Sla>),
    /// `due.resolution<2h`.
    Due(Name, Asked<When>),
    /// `child:open`; without a kind any link: `linked:any`.
    Linked(Option<LinkKind>, Vec<Link>),
    /// `assignee was ada during 2026-01`.
    Was(Aspect, Vec<Name>, Option<Asked<When>>),
    /// `status changed from open to pending by ada after -7d`.
    Changed(Change),
}

/// A change of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub aspect: Aspect,
    /// From one of these; from whatever if there are none.
    pub from: Vec<Name>,
    /// To one of these, likewise.
    pub to: Vec<Name>,
    /// By one of these, likewise.
    pub by: Vec<Name>,
    /// When.
    pub when: Option<Asked<When>>,
}

impl Term {
    /// Whether it is about where a ticket stands in its life, or names the ticket itself.
    pub(super) const fn asks_status(&self) -> bool {
        match self {
            Self::Status(_) | Self::Name(Field::State, _) | Self::Time(Time::Resolved | Time::Closed, _) => true,
            Self::Has(part) => matches!(part, Part::Resolved | Part::Closed | Part::Score),
            Self::Count(counter, _) => matches!(counter, Counter::Score | Counter::Number),
            Self::Was(aspect, ..) | Self::Changed(Change { aspect, .. }) => {
                matches!(aspect, Aspect::Status | Aspect::State)
            }
            Self::Id(_) => true,
            Self::Word(_)
            | Self::Phrase(_)
            | Self::Prefix(..)
            | Self::Channel(_)
            | Self::Waiting(_)
            | Self::Priority(_)
            | Self::Name(..)
            | Self::Time(..)
            | Self::Custom(..)
            | Self::HasCustom(_)
            | Self::Flag(_)
            | Self::Sla(..)
            | Self::Due(..)
            | Self::Linked(..) => false,
        }
    }
}
