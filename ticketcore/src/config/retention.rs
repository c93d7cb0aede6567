//! Retention: what of closed tickets is erased after a time, and what stays.

use serde::{Deserialize, Serialize};

use crate::cond::Cond;
use crate::config::Span;
use crate::id::Key;

/// Erases texts or files of tickets that have been closed for a while. [`Desk::tick`](crate::Desk::tick) carries it out,
/// at most once a day and a chunk a tick.
///
/// Only texts and files go: the tickets, their logs and all figures stay. What was written on tickets that were merged
/// into one goes with that one, and what a split took to another ticket with the other.
///
/// # Examples
///
/// ```
/// use ticketcore::Config;
/// use ticketcore::config::{Erase, Retention, Span};
///
/// let config = Config::default()
///     .retention(Retention::new("notes", Span::days(365), Erase::Internal))
///     .retention(Retention::new("all", Span::days(3650), Erase::All));
/// assert_eq!(config.check(), []);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Its name.
    pub key: Key,
    /// For which closed tickets; for all of them unless said otherwise.
    #[serde(default, skip_serializing_if = "Cond::is_always")]
    pub when: Cond,
    /// How long after the closing.
    pub after: Span,
    /// What is erased.
    pub erase: Erase,
}

/// What is erased of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erase {
    /// All texts and files.
    All,
    /// What only those read who read all of a ticket: internal notes, and the files that came with them.
    Internal,
    /// All files, and no text.
    Files,
}

impl Erase {
    /// Tells whether files that customers see are erased as well.
    pub(crate) const fn takes_all_files(self) -> bool {
        match self {
            Self::All | Self::Files => true,
            Self::Internal => false,
        }
    }
}

impl Retention {
    /// Erases something a while after the closing.
    pub fn new(key: impl Into<Key>, after: Span, erase: Erase) -> Self {
        Self { key: key.into(), when: Cond::ALWAYS, after, erase }
    }

    /// Restricts it to some tickets; by default it is for all that are closed.
    #[must_use]
    pub fn when(mut self, when: impl Into<Cond>) -> Self {
        self.when = when.into();
        self
    }
}
