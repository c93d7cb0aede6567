//! Macros: several commands under one name.

use serde::{Deserialize, Serialize};

use crate::config::Wording;
use crate::event::Visibility;
use crate::id::{Key, PersonId};
use crate::priority::Level;
use crate::value::Value;

/// Commands that people give often, under one name: a canned answer, and what goes with it.
///
/// [`Command::Run`](crate::Command::Run) gives them in order, all or none, each as if the actor had given it: what they
/// may not do themselves, a macro does not do for them.
///
/// # Examples
///
/// ```
/// use ticketcore::config::{Deed, Macro, Visibility};
/// use ticketcore::testing::given;
/// use ticketcore::{Command, Config, Draft};
///
/// let rebooted = Macro::default()
///     .deed(Deed::Take)
///     .deed(Deed::say(Visibility::Public, "Dear {{requester}}, {{subject}}: please try again."))
///     .deed(Deed::Move("resolve".into()));
///
/// given(Config::default().with_macro("rebooted", rebooted))
///     .ticket(Draft::incident("No mail").requester("bo"))
///     .when(Command::Run("rebooted".into()))
///     .then_named(&["assigned", "said", "moved"])
///     .then_texts(&["Dear bo, No mail: please try again."]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Macro {
    /// What is done, in order; each sees what the ones before it did.
    pub commands: Vec<Deed>,
}

impl Macro {
    /// Adds a command.
    #[must_use]
    pub fn deed(mut self, deed: Deed) -> Self {
        self.commands.push(deed);
        self
    }
}

/// A command of a macro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Take a transition.
    Move(Key),
    /// Write a message.
    Say {
        /// Who may read it.
        visibility: Visibility,
        /// The text.
        text: Wording,
    },
    /// Make an agent accountable.
    Assign(PersonId),
    /// Make whoever runs the macro accountable.
    Take,
    /// Make nobody accountable.
    Unassign,
    /// Hand to a team.
    AssignTeam(Key),
    /// Put into a queue.
    Enqueue(Key),
    /// Change the category.
    Categorise(Key),
    /// Add a tag.
    Tag(Key),
    /// Remove a tag.
    Untag(Key),
    /// Set a custom field.
    Set(Key, Value),
    /// Judge impact and urgency.
    Rate(Level, Level),
    /// Set the escalation level.
    Escalate(u8),
    /// Ask those whose approval is needed.
    RequestApproval(Key),
}

impl Deed {
    /// Writes a message.
    pub fn say(visibility: Visibility, text: impl Into<Wording>) -> Self {
        Self::Say { visibility, text: text.into() }
    }
}
