//! What a transition, a policy's step or a rule does by itself.

use serde::{Deserialize, Serialize};

use crate::id::{Key, PersonId};
use crate::priority::Priority;
use crate::value::Value;

/// Something the desk does on its own. Actions are data; they never trigger other actions, but rules may follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Tell people.
    Notify {
        /// Whom.
        to: Vec<Audience>,
        /// Which text the host is to send.
        template: Key,
        /// Worth waking somebody.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        urgent: bool,
    },
    /// Make an agent accountable (functional escalation).
    Assign(PersonId),
    /// Make nobody accountable, unless the ticket's state demands somebody.
    Unassign,
    /// Hand to a team (functional escalation).
    AssignTeam(Key),
    /// Put into a queue.
    Enqueue(Key),
    /// Take a transition, if the workflow allows it; its guard is asked as the system.
    Move(Key),
    /// Set a custom field.
    Set(Key, Value),
    /// Add a tag.
    Tag(Key),
    /// Remove a tag.
    Untag(Key),
    /// Set the priority, unless it is as pressing already (hierarchical escalation).
    Prioritise(Priority),
    /// Raise the escalation level to this, unless it is as high already (hierarchical escalation).
    Escalate(u8),
    /// Take it from whoever acknowledged it.
    Unacknowledge,
    /// Bring it back from snoozing.
    Wake,
}

/// Whom to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The person the ticket is for.
    Requester,
    /// The accountable agent.
    Assignee,
    /// Those who watch.
    Watchers,
    /// The team the ticket is with.
    Team,
    /// The lead of the team the ticket is with.
    Lead,
    /// A person.
    Person(PersonId),
    /// A named team.
    NamedTeam(Key),
    /// Whoever a schedule names.
    Schedule(Key),
}
