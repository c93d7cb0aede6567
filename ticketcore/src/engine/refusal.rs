//! Why a command was not carried out.

use std::fmt;

use crate::approval::{Lack, Verdict};
use crate::capability::Capability;
use crate::cond::Unmet;
use crate::diff::FieldChange;
use crate::fault::Fault;
use crate::id::{Key, PersonId, TicketId, Version};
use crate::status::Status;

/// A refusal names its reasons, so that a host can hide, ask or point; nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The workflow has no such transition from the ticket's state.
    #[error("no transition `{transition}` from state `{from}`; possible: {}", list(possible))]
    NoSuchMove {
        /// What was asked for.
        transition: Key,
        /// The ticket's state.
        from: Key,
        /// What the workflow has instead, whatever the guards say.
        possible: Vec<Key>,
    },
    /// The actor was not granted it.
    #[error("`{who}` may not {capability}")]
    Forbidden {
        /// The actor.
        who: PersonId,
        /// What was not granted.
        capability: Capability,
    },
    /// A question is about something that the actor may not see.
    #[error("`{who}` may not ask about `{what}`")]
    Hidden {
        /// The actor.
        who: PersonId,
        /// What was asked about.
        what: String,
    },
    /// Something must hold first.
    #[error("`{what}` is refused: {}", list(reasons))]
    Unmet {
        /// The transition or demand.
        what: Key,
        /// Why, never empty.
        reasons: Vec<Unmet>,
    },
    /// The input is wrong; every fault of it is named.
    #[error("invalid input: {}", list(faults))]
    Invalid {
        /// What is wrong, and where.
        faults: Vec<Fault>,
    },
    /// The command makes sense only for a ticket that is neither resolved nor closed.
    #[error("ticket is {status}, so it cannot be {what}")]
    Ended {
        /// What was asked for.
        what: Key,
        /// Where the ticket stands.
        status: Status,
    },
    /// The ticket changed since the caller saw it.
    #[error("ticket changed: seen at version {seen}, now at {found}{}", since(changes))]
    Changed {
        /// The version the caller saw.
        seen: Version,
        /// The version it has.
        found: Version,
        /// What changed in between, field by field. The desk fills it in from the log; empty if nothing is different
        /// after all, or if the version seen is yet to come.
        changes: Vec<FieldChange>,
    },
    /// The content that was to be approved changed since the voter saw it.
    #[error("approval `{approval}` was looked at in version {seen}, but the ticket changed with version {revised}")]
    Stale {
        /// The approval.
        approval: Key,
        /// The version the voter saw.
        seen: Version,
        /// The version that changed the content.
        revised: Version,
    },
    /// The actor cannot vote, or let another vote.
    #[error("no vote on approval `{approval}`: {why}")]
    NoVote {
        /// The approval.
        approval: Key,
        /// Why not.
        why: Objection,
    },
    /// The ticket cannot be scored, or not by the actor.
    #[error("no score: {why}")]
    NoScore {
        /// Why not.
        why: Unscorable,
    },
    /// A ticket that the command names does not exist.
    #[error("there is no ticket {id}")]
    NoSuchTicket {
        /// The ticket.
        id: TicketId,
    },
    /// The ticket goes on in another one, and only [`Unmerge`](crate::Command::Unmerge) is for it.
    #[error("ticket {id} was merged into {into}")]
    Merged {
        /// The ticket.
        id: TicketId,
        /// The survivor.
        into: TicketId,
    },
    /// The workflow revision the ticket is pinned to is not configured.
    #[error("workflow `{workflow}` revision {rev} is not configured")]
    NoSuchWorkflow {
        /// The workflow.
        workflow: Key,
        /// Its revision.
        rev: u32,
    },
}

/// Why somebody has no vote on an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objection {
    /// No votes are taken: it was not asked for, or is decided, or its time is over.
    Over(Verdict),
    /// Nobody approves what they asked for, get or do themselves.
    Own {
        /// Who has a part in the ticket.
        person: PersonId,
    },
    /// They are not among those who are asked.
    NotAsked,
    /// Another step comes first.
    OutOfOrder {
        /// The step that is open.
        open: Vec<Lack>,
    },
    /// They have voted.
    Voted,
    /// As many as are needed have voted where they are asked.
    Enough,
    /// They gave their place to another.
    Delegated {
        /// To whom.
        to: PersonId,
    },
    /// Whoever was to vote in their place is asked as well.
    Asked {
        /// Who.
        person: PersonId,
    },
}

/// Why a ticket cannot be scored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unscorable {
    /// It is not solved: still open, reopened, or ended without success.
    Unsolved {
        /// Where it stands.
        status: Status,
    },
    /// Only those score it whom it is for, or who take part.
    Stranger {
        /// Who is not among them.
        person: PersonId,
    },
    /// The solution was scored already; another one can be after a reopening.
    Scored {
        /// By whom.
        by: PersonId,
    },
}

impl fmt::Display for Unscorable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsolved { status } => write!(f, "the ticket is {status} and not solved"),
            Self::Stranger { person } => write!(f, "the ticket is not for {person}, who takes no part either"),
            Self::Scored { by } => write!(f, "{by} has scored this solution"),
        }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over(verdict) => write!(f, "it {verdict}"),
            Self::Own { person } => write!(f, "{person} has a part in the ticket"),
            Self::NotAsked => f.write_str("is not among those who are asked"),
            Self::OutOfOrder { open } => write!(f, "comes after {}", list(open)),
            Self::Voted => f.write_str("has voted already"),
            Self::Enough => f.write_str("enough others have voted"),
            Self::Delegated { to } => write!(f, "was given to {to}"),
            Self::Asked { person } => write!(f, "{person} is asked already"),
        }
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.iter().map(T::to_string).collect::<Vec<_>>().join(", ") }
}

fn since(changes: &[FieldChange]) -> String {
    if changes.is_empty() { String::new() } else { format!("; {}", list(changes)) }
}
