//! What is read of one ticket.

use crate::id::Key;
use crate::status::Status;
use crate::store::Marks;
use crate::ticket::Ticket;
use crate::time::micros;

/// Holds what a report reads of one ticket, as columns hold it: text borrowed and times in microseconds.
///
/// Backends fill in what [`Scan::needs`](super::Scan::needs) asks for; the rest is never read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures<'a> {
    /// Kind.
    pub kind: &'a str,
    /// Place in life, as [`Status::as_str`](crate::ticket::Status::as_str) names it.
    pub status: &'a str,
    /// State.
    pub state: &'a str,
    /// Number of the priority in force.
    pub priority: u8,
    /// Category.
    pub category: Option<&'a str>,
    /// Team.
    pub team: Option<&'a str>,
    /// Queue.
    pub queue: Option<&'a str>,
    /// Accountable agent.
    pub assignee: Option<&'a str>,
    /// The person it is for.
    pub requester: Option<&'a str>,
    /// How it came in, as [`Channel::as_str`](crate::ticket::Channel::as_str) names it.
    pub channel: &'a str,
    /// When it was opened, since 1970.
    pub created: i64,
    /// When it was first responded to, since 1970.
    pub responded: Option<i64>,
    /// When it was last resolved, since 1970, if not reopened since.
    pub resolved: Option<i64>,
    /// When it was first resolved, since 1970, reopened since or not.
    pub first_resolved: Option<i64>,
    /// When it was closed, since 1970, if not reopened since.
    pub closed: Option<i64>,
    /// Business time from the opening to the first response.
    pub response: Option<i64>,
    /// Business time from the opening to the last resolution, if not reopened since.
    pub resolution: Option<i64>,
    /// How often it was reopened.
    pub reopens: u32,
    /// How often it was handed on.
    pub reassigns: u32,
    /// How many messages it has.
    pub messages: u32,
    /// What its customer says of the solution; see [`Ticket::answer`].
    pub score: Option<u8>,
    /// How its promises stand, as [`Standing::encode`](super::Standing::encode) writes them.
    pub standings: &'a str,
    /// What became of it on its way, as [`Course::encode`](super::Course::encode) writes it.
    pub course: &'a str,
}

/// Holds the texts of a ticket's marks, as columns hold them; see [`Marks::texts`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Its standings.
    pub standings: String,
    /// Its course.
    pub course: String,
}

impl<'a> Figures<'a> {
    /// Reads all figures of a ticket and of its index, for backends that keep both whole. `texts` are those of
    /// [`Marks::texts`].
    #[must_use]
    pub fn of(ticket: &'a Ticket, marks: &Marks, texts: &'a Texts) -> Self {
        let key = |key: &'a Option<Key>| key.as_ref().map(Key::as_str);
        Self {
            kind: ticket.kind.as_str(),
            status: ticket.status.as_str(),
            state: ticket.state.as_str(),
            priority: ticket.priority().number(),
            category: key(&ticket.category),
            team: key(&ticket.team),
            queue: key(&ticket.queue),
            assignee: ticket.assignee.as_ref().map(AsRef::as_ref),
            requester: ticket.requester.as_ref().map(AsRef::as_ref),
            channel: ticket.channel.as_str(),
            created: micros(ticket.created),
            responded: ticket.responded.map(micros),
            resolved: ticket.resolved.map(micros),
            first_resolved: ticket.first_resolved.map(micros),
            closed: ticket.closed.map(micros),
            response: marks.response.and_then(|time| time.num_microseconds()),
            resolution: marks.resolution.and_then(|time| time.num_microseconds()),
            reopens: ticket.reopens,
            reassigns: ticket.reassigns,
            messages: ticket.messages,
            score: ticket.answer(),
            standings: &texts.standings,
            course: &texts.course,
        }
    }
}

/// Finds a status by its name.
pub(super) fn status(name: &str) -> Option<Status> {
    Status::ALL.iter().copied().find(|status| status.as_str() == name)
}
