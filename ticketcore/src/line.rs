//! A ticket's line: every change that starts, pauses, stops or restarts a clock, and nothing else.
//!
//! The line is what makes due dates derivable: a clock is a pure function of the line and the configuration, so no
//! timer, no accumulated second and no breach flag is ever stored and none can drift.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::priority::Priority;
use crate::status::{Status, Waiting};
use crate::time::{from_micros, micros};

/// What happened at a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The ticket was opened.
    Opened,
    /// It changed its state.
    Moved,
    /// It came back from resolved or closed.
    Reopened,
    /// The requester wrote in public, and nothing of theirs was unanswered before.
    Asked,
    /// A human agent answered in public.
    Answered,
    /// It was given to somebody.
    Assigned,
    /// Anything else a clock may see: a flag or the priority changed.
    Changed,
}

/// What a clock can ask of a ticket besides state and priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Somebody took it on.
    Acked,
    /// It is put away.
    Snoozed,
    /// The alert behind it is firing.
    Firing,
    /// Somebody is accountable.
    Assigned,
    /// A human agent answered the requester at least once.
    Responded,
    /// The requester waits for an answer.
    Unanswered,
    /// It ended without success.
    Dropped,
    /// It was given to somebody, and no agent has done anything about it since: not taken it on, not moved it, not
    /// answered in public. Whoever takes it themselves has done something.
    Untouched,
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(u8);

impl Flags {
    /// Tells whether a flag is up.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & Self::bit(flag) != 0
    }

    /// Puts a flag up or down.
    #[must_use]
    pub const fn with(self, flag: Flag, up: bool) -> Self {
        let bit = Self::bit(flag);
        Self(if up { self.0 | bit } else { self.0 & !bit })
    }

    /// All of them as one number, as a line is written: 1 acked, 2 snoozed, 4 firing, 8 assigned, 16 responded,
    /// 32 unanswered, 64 dropped, 128 untouched.
    pub const fn bits(self) -> u8 {
        self.0
    }

    const fn bit(flag: Flag) -> u8 {
        match flag {
            Flag::Acked => 1,
            Flag::Snoozed => 2,
            Flag::Firing => 4,
            Flag::Assigned => 8,
            Flag::Responded => 16,
            Flag::Unanswered => 32,
            Flag::Dropped => 64,
            Flag::Untouched => 128,
        }
    }
}

/// All a clock can see of a ticket, from one instant until the next beat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct Beat {
    /// From when.
    pub at: DateTime<Utc>,
    /// What happened then.
    pub mark: Mark,
    /// The state since.
    pub state: Key,
    /// Its place in the ticket's life.
    pub status: Status,
    /// Who is awaited.
    pub waiting: Option<Waiting>,
    /// The priority since.
    pub priority: Priority,
    /// The flags since.
    pub flags: Flags,
}

/// A beat as it is stored: a short array, as a ticket carries all of its beats.
#[derive(Serialize, Deserialize)]
struct Row(i64, Mark, Key, Status, Option<Waiting>, Priority, Flags);

impl TryFrom<Row> for Beat {
    type Error = &'static str;

    fn try_from(Row(at, mark, state, status, waiting, priority, flags): Row) -> Result<Self, Self::Error> {
        let at = from_micros(at).ok_or("a beat outside the calendar")?;
        Ok(Self { at, mark, state, status, waiting, priority, flags })
    }
}

impl From<Beat> for Row {
    fn from(beat: Beat) -> Self {
        let Beat { at, mark, state, status, waiting, priority, flags } = beat;
        Self(micros(at), mark, state, status, waiting, priority, flags)
    }
}

/// The beats of a ticket, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(Vec<Beat>);

impl Line {
    /// A line that starts with a beat. Most tickets have few beats, and all of them are kept in memory by some stores.
    pub(crate) fn starting(beat: Beat) -> Self {
        Self(vec![beat])
    }

    /// Appends a beat.
    pub(crate) fn push(&mut self, beat: Beat) {
        self.0.push(beat);
    }

    /// The beats, oldest first.
    pub fn beats(&self) -> &[Beat] {
        &self.0
    }

    /// The last beat, if the ticket was opened.
    pub fn last(&self) -> Option<&Beat> {
        self.0.last()
    }
}
