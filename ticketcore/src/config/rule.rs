//! Automation: when this happens and that holds, the desk does something.

use serde::{Deserialize, Serialize};

use crate::cond::Cond;
use crate::config::{Action, Trigger};
use crate::id::Key;

/// An automation rule.
///
/// Rules run in the order of the list, after the commands of a request, after each step of a policy and after an
/// opening, and belong to the same commit. What a rule does may trigger others, but each acts at most once for one
/// cause, so they come to rest after at most as many acts as there are rules. What a rule did stands behind an
/// [`Event::Ruled`](crate::Event::Ruled) in the history, by the desk itself.
///
/// On a closed ticket rules do nothing, unless it is just being reopened. The far end of a link triggers none.
///
/// [`Desk::rehearse`](crate::Desk::rehearse) tells what a rule would do before it is published.
///
/// # Examples
///
/// ```
/// use ticketcore::cond::Atom;
/// use ticketcore::config::{Action, Rule, Trigger};
/// use ticketcore::testing::given;
/// use ticketcore::{Command, Config, Draft};
///
/// let mail = Rule::new("mail", [Trigger::Opened, Trigger::Categorised])
///     .when(Atom::Category("mail".into()))
///     .then(Action::AssignTeam("messaging".into()));
///
/// given(Config::default().rule(mail))
///     .ticket(Draft::incident("No mail"))
///     .when(Command::Categorise(Some("mail".into())))
///     .then_named(&["categorised", "ruled", "team_assigned"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub key: Key,
    /// What it waits for: any of these.
    pub on: Vec<Trigger>,
    /// What must hold then, of the ticket as the commands and the rules before this one left it; the actor is whoever
    /// caused what it waits for.
    #[serde(default, skip_serializing_if = "Cond::is_always")]
    pub when: Cond,
    /// What it does, as the desk itself. What is not possible, or has no effect, it leaves out.
    pub then: Vec<Action>,
}

impl Rule {
    /// A rule that waits for some events, and does nothing yet.
    pub fn new(key: impl Into<Key>, on: impl IntoIterator<Item = Trigger>) -> Self {
        Self { key: key.into(), on: on.into_iter().collect(), when: Cond::ALWAYS, then: Vec::new() }
    }

    /// Demands that a condition holds.
    #[must_use]
    pub fn when(mut self, cond: impl Into<Cond>) -> Self {
        self.when = cond.into();
        self
    }

    /// Adds something it does.
    #[must_use]
    pub fn then(mut self, action: Action) -> Self {
        self.then.push(action);
        self
    }

    /// Tells whether it waits for a kind of event.
    pub fn waits_for(&self, trigger: Trigger) -> bool {
        self.on.iter().any(|on| *on == trigger || *on == Trigger::Any)
    }
}
