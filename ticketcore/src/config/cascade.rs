//! What a change of one ticket does to those that are linked to it.

use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::link::LinkKind;

/// A rule that moves linked tickets along when a ticket changes its place in life.
///
/// The linked tickets move in the same commit, as the desk itself and only if their workflow lets them; what was due on
/// them happens first. A cascade is one step long: what it moves starts no other. It reaches the links of one ticket,
/// so no more than `limits.links` of them; of the tickets that *their* guards ask about as many are read, and those
/// beyond count as open. What could not be moved is recorded as [`Withheld`](crate::event::Withheld) on the ticket that
/// changed, with the reason, and is not tried again; tickets that are closed have nowhere to go and are passed over.
///
/// # Examples
///
/// Duplicates are closed with the original, and a ticket that was blocked goes on when its last blocker is resolved:
///
/// ```
/// use ticketcore::config::{Cascade, CascadeOn, Config};
/// use ticketcore::LinkKind;
///
/// let config = Config::default()
///     .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"))
///     .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::Blocks, "resume").last());
/// assert_eq!(config.check(), []);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cascade {
    /// What must happen to a ticket.
    pub when: CascadeOn,
    /// Which of its links it goes over, as the ticket itself sees them: `duplicated_by` reaches its duplicates.
    pub over: LinkKind,
    /// The transition that the tickets at the other ends take.
    pub take: Key,
    /// Only those move that are linked to no other open ticket in the same way: the last blocker frees the blocked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// What happens to a ticket to start a cascade. Merging and splitting start none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CascadeOn {
    /// It was resolved.
    Resolved,
    /// It was closed, with success or without.
    Closed,
    /// It came back from resolved or closed.
    Reopened,
}

impl Cascade {
    /// A rule for all linked tickets of a kind.
    pub fn new(when: CascadeOn, over: LinkKind, take: impl Into<Key>) -> Self {
        Self { when, over, take: take.into(), last: false }
    }

    /// Moves only those that no other open ticket is linked to in the same way.
    #[must_use]
    pub const fn last(mut self) -> Self {
        self.last = true;
        self
    }
}
