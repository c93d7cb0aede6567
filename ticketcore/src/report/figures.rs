//! What is read of one ticket.

use crate::ticket::Status;

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
    /// How its promises stand, as [`Standing::encode`](super::Standing::encode) writes them.
    pub standings: &'a str,
}

impl Figures<'_> {
    /// Tells whether the ticket is in the backlog.
    pub(super) fn is_open(&self) -> bool {
        status(self.status).is_some_and(Status::is_open)
    }
}

/// Finds a status by its name.
pub(super) fn status(name: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.as_str() == name)
}
