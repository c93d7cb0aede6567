//! What can be granted: one capability for each thing that an actor can ask of a desk.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::command::{Command, Message};
use crate::event::Visibility;

macro_rules! capabilities {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)+) => {
        /// Something that an actor may do, on a ticket or on the desk. Nobody may do what no grant gives them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Capability {
            $($(#[doc = $doc])* $name,)+
        }

        impl Capability {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name as serialised.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

capabilities! {
    /// See the customer's side of a ticket: subject, public messages, plain status.
    Follow = "follow",
    /// See everything of a ticket, internal notes and history included.
    Read = "read",
    /// Open tickets.
    Open = "open",
    /// Take transitions of the workflow.
    Move = "move",
    /// Write what the customer reads.
    Reply = "reply",
    /// Say how well a ticket was solved, if it is one's own or one takes part.
    Score = "score",
    /// Say whether an article helped.
    Endorse = "endorse",
    /// Write internal notes.
    Note = "note",
    /// Make an agent accountable.
    Assign = "assign",
    /// Hand to a team.
    AssignTeam = "assign_team",
    /// Put into a queue.
    Enqueue = "enqueue",
    /// Change whom it is for.
    ChangeRequester = "change_requester",
    /// Change the subject.
    Rename = "rename",
    /// Change the category.
    Categorise = "categorise",
    /// Add and remove tags.
    Tag = "tag",
    /// Set and clear custom fields.
    Set = "set",
    /// Set the name in another system.
    Reference = "reference",
    /// Judge impact and urgency.
    Rate = "rate",
    /// Set the priority by hand.
    Prioritise = "prioritise",
    /// Set the escalation level.
    Escalate = "escalate",
    /// Say who watches.
    Watch = "watch",
    /// Say who takes part.
    Invite = "invite",
    /// Let another team work on it, too.
    Refer = "refer",
    /// Show the ticket to somebody.
    Share = "share",
    /// Link tickets.
    Link = "link",
    /// Give a message another text.
    Edit = "edit",
    /// Merge tickets, and undo it.
    Merge = "merge",
    /// Split messages off into a ticket of their own, and undo it.
    Split = "split",
    /// Take a ticket on, and give it back.
    Acknowledge = "acknowledge",
    /// Put a ticket away, and bring it back.
    Snooze = "snooze",
    /// Report what a monitor saw.
    Signal = "signal",
    /// Excuse broken promises.
    Waive = "waive",
    /// Ask for an approval, and withdraw it.
    RequestApproval = "request_approval",
    /// Vote for and against, and let another vote instead.
    Vote = "vote",
    /// Run macros; what they do takes its own rights.
    Run = "run",
    /// Change the workflow's revision under a ticket.
    Migrate = "migrate",
    /// Read the directory: who there is.
    Consult = "consult",
    /// Write the directory.
    Direct = "direct",
    /// Erase people, and see the receipts of erasures; export what is known of people.
    Erase = "erase",
    /// Publish configurations.
    Publish = "publish",
    /// Bring history in, with its own times and authors.
    Import = "import",
    /// Take all of it out.
    Export = "export",
}

impl Capability {
    /// The capability of a name, if it is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|capability| capability.as_str() == name)
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Command {
    /// What an actor must be granted to give this command.
    pub const fn capability(&self) -> Capability {
        match self {
            Self::Move(_) => Capability::Move,
            Self::Say(Message { visibility: Visibility::Public, .. }) => Capability::Reply,
            Self::Say(Message { visibility: Visibility::Internal, .. }) => Capability::Note,
            Self::Assign(_) => Capability::Assign,
            Self::AssignTeam(_) => Capability::AssignTeam,
            Self::Enqueue(_) => Capability::Enqueue,
            Self::ChangeRequester(_) | Self::ChangeOrganisation(_) => Capability::ChangeRequester,
            Self::Rename(_) => Capability::Rename,
            Self::Categorise(_) => Capability::Categorise,
            Self::Tag(_) | Self::Untag(_) => Capability::Tag,
            Self::Set(..) => Capability::Set,
            Self::Reference(_) => Capability::Reference,
            Self::Rate(..) => Capability::Rate,
            Self::Prioritise(..) | Self::RestorePriority => Capability::Prioritise,
            Self::Escalate(_) => Capability::Escalate,
            Self::Watch(_) | Self::Unwatch(_) => Capability::Watch,
            Self::Score(..) => Capability::Score,
            Self::Endorse(_) => Capability::Endorse,
            Self::Invite(_) | Self::Dismiss(_) => Capability::Invite,
            Self::Refer(_) | Self::Recall(_) => Capability::Refer,
            Self::Share(_) | Self::Unshare(_) => Capability::Share,
            Self::Link(..) | Self::Unlink(..) => Capability::Link,
            Self::Edit(..) => Capability::Edit,
            Self::Merge(_) | Self::Unmerge => Capability::Merge,
            Self::Split(..) | Self::Rejoin(_) => Capability::Split,
            Self::Acknowledge(_) | Self::Unacknowledge => Capability::Acknowledge,
            Self::Snooze(_) | Self::Wake => Capability::Snooze,
            Self::Signal(_) => Capability::Signal,
            Self::Waive(..) => Capability::Waive,
            Self::RequestApproval(_) | Self::WithdrawApproval(_) => Capability::RequestApproval,
            Self::Approve { .. } | Self::Reject { .. } | Self::Delegate { .. } => Capability::Vote,
            Self::Run(_) => Capability::Run,
            Self::Migrate(..) => Capability::Migrate,
        }
    }
}

/// A set of capabilities; serialised as a list of their names, or as the one word `all`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u64);

// A set is one machine word.
const _: () = assert!(Capability::ALL.len() < 64);

impl Capabilities {
    /// None.
    pub const NONE: Self = Self(0);

    /// Every one there is, and those of later releases once they are there.
    pub fn all() -> Self {
        Capability::ALL.iter().copied().collect()
    }

    /// Tells whether one is in the set.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | capability.bit())
    }

    /// The set without one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !capability.bit())
    }

    /// Those in the set.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.iter().copied().filter(move |capability| self.has(*capability))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::NONE, Self::with)
    }
}

impl<const N: usize> From<[Capability; N]> for Capabilities {
    fn from(capabilities: [Capability; N]) -> Self {
        capabilities.into_iter().collect()
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::all() { serializer.serialize_str("all") } else { serializer.collect_seq(self.iter()) }
    }
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Word(String),
            Names(Vec<String>),
        }
        let unknown = |name: &str| {
            let known: Vec<&str> = Capability::ALL.iter().map(|capability| capability.as_str()).collect();
            D::Error::custom(format!("`{name}` is no capability; known: all, {}", known.join(", ")))
        };
        match Written::deserialize(deserializer)? {
            Written::Word(word) if word == "all" => Ok(Self::all()),
            Written::Word(word) => Err(unknown(&word)),
            Written::Names(names) => {
                names.iter().map(|name| Capability::named(name).ok_or_else(|| unknown(name))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_reads_back_from_its_name() {
        for capability in Capability::ALL {
            assert_eq!(Capability::named(capability.as_str()), Some(*capability));
            assert_eq!(serde_json::to_string(capability).unwrap(), format!("\"{capability}\""));
        }
    }

    #[test]
    fn a_set_reads_back_from_its_json_and_tells_of_a_slip() {
        for set in [Capabilities::NONE, Capabilities::all(), [Capability::Follow, Capability::Reply].into()] {
            let json = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<Capabilities>(&json).unwrap(), set, "{json}");
        }
        for (slip, named) in [("\"none\"", "`none`"), ("[\"reply\", \"replay\"]", "`replay`")] {
            let error = serde_json::from_str::<Capabilities>(slip).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("known: all, follow, read"), "{error}");
        }
    }
}
