//! Links between tickets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::TicketId;

/// How one ticket stands to another. A link is written on both tickets, each seeing its own side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The other is my parent.
    Parent,
    /// The other is my child.
    Child,
    /// I block the other.
    Blocks,
    /// The other blocks me.
    BlockedBy,
    /// We have to do with each other.
    Relates,
    /// I say the same as the other.
    Duplicates,
    /// The other says the same as I.
    DuplicatedBy,
    /// I am the cause of the other.
    Causes,
    /// The other is my cause.
    CausedBy,
}

impl LinkKind {
    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Child => "child",
            Self::Blocks => "blocks",
            Self::BlockedBy => "blocked_by",
            Self::Relates => "relates",
            Self::Duplicates => "duplicates",
            Self::DuplicatedBy => "duplicated_by",
            Self::Causes => "causes",
            Self::CausedBy => "caused_by",
        }
    }

    /// The same link as the other ticket sees it.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::Parent => Self::Child,
            Self::Child => Self::Parent,
            Self::Blocks => Self::BlockedBy,
            Self::BlockedBy => Self::Blocks,
            Self::Relates => Self::Relates,
            Self::Duplicates => Self::DuplicatedBy,
            Self::DuplicatedBy => Self::Duplicates,
            Self::Causes => Self::CausedBy,
            Self::CausedBy => Self::Causes,
        }
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// How this ticket stands to the other.
    pub kind: LinkKind,
    /// The other ticket.
    pub to: TicketId,
}
