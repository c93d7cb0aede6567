//! Links between tickets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::TicketId;

/// How one ticket stands to another.
///
/// A link is written on both tickets in one commit, each seeing its own side: what reads `blocks` here reads
/// `blocked_by` there. So either end can be asked without the other, and neither is the canonical one.
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
    /// I am an article that explains the other.
    Explains,
    /// The other is an article that explains me.
    ExplainedBy,
}

impl LinkKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Parent,
        Self::Child,
        Self::Blocks,
        Self::BlockedBy,
        Self::Relates,
        Self::Duplicates,
        Self::DuplicatedBy,
        Self::Causes,
        Self::CausedBy,
        Self::Explains,
        Self::ExplainedBy,
    ];

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
            Self::Explains => "explains",
            Self::ExplainedBy => "explained_by",
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
            Self::Explains => Self::ExplainedBy,
            Self::ExplainedBy => Self::Explains,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_of_the_inverse_is_the_link_and_the_name_is_the_serialised_one() {
        for kind in LinkKind::ALL {
            assert_eq!(kind.inverse().inverse(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
