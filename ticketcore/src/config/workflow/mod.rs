//! Workflows: flat graphs of states and transitions, as data.
//!
//! A workflow is immutable at a revision. It is built in code or read from TOML or JSON, [checked](Workflow::check)
//! before use, and printed as [Mermaid](Workflow::mermaid) or [DOT](Workflow::dot) from the same value.

mod article;
mod check;
mod diagram;
mod graph;
mod liveness;
mod migration;
mod ready;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::cond::Cond;
use crate::config::Action;
use crate::id::Key;
use crate::id::Pin;
use crate::status::{Status, Waiting};

pub use graph::Edge;
pub use liveness::Party;
pub use migration::Migration;

/// A graph of states and transitions at one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Its name.
    pub id: Key,
    /// Its revision, counted from 1; tickets keep the one they were opened under.
    #[serde(default = "first")]
    pub rev: u32,
    /// Lets a ticket be resolved or closed although a child or a blocker of it is open. Unless it is said, a move from
    /// an open state to a resolved or closed one is refused while one is; only moves that drop the ticket are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over_open: bool,
    /// Its states.
    pub states: Vec<State>,
    /// Its transitions.
    pub transitions: Vec<Transition>,
}

const fn first() -> u32 {
    1
}

/// A named place in a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Its name.
    pub key: Key,
    /// Its place in a ticket's life.
    pub status: Status,
    /// Who is awaited, if it is a pending state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// What a ticket must have *while* it is here: `assignee`, `team`, `requester`, `category`, or a custom field.
    /// An invariant: later changes of the ticket respect it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Key>,
    /// Ends the ticket without success: cancelled, duplicate, spam.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// The transition the desk takes when the requester writes in public while a ticket is here; its guard is asked
    /// as the system. A state that waits for the requester needs one; on a resolved state it is the reopening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_reply: Option<Key>,
}

/// A permitted move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// Its name.
    pub key: Key,
    /// Where it starts.
    pub from: Source,
    /// Where it leads.
    pub to: Target,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Cond::is_always")]
    pub guard: Cond,
    /// What the desk does then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Action>,
}

/// Where a transition starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", expecting = "expected `create`, `any` or a list of states")]
pub enum Source {
    /// The opening of a ticket; the first such transition whose guard holds is taken.
    Create,
    /// Any state that is neither closed nor the target.
    Any,
    /// One of these states.
    #[serde(untagged)]
    Of(Vec<Key>),
}

/// Where a transition leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The state the ticket was in before.
    Previous,
    /// A state.
    #[serde(untagged)]
    State(Key),
}

impl State {
    /// A state with nothing required.
    pub fn new(key: impl Into<Key>, status: Status) -> Self {
        Self { key: key.into(), status, waiting: None, requires: Vec::new(), dropped: false, on_reply: None }
    }

    /// Says who is awaited here.
    #[must_use]
    pub const fn waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = Some(waiting);
        self
    }

    /// Demands a field while a ticket is here.
    #[must_use]
    pub fn requires(mut self, field: impl Into<Key>) -> Self {
        self.requires.push(field.into());
        self
    }

    /// Names the transition a public message of the requester triggers here.
    #[must_use]
    pub fn on_reply(mut self, transition: impl Into<Key>) -> Self {
        self.on_reply = Some(transition.into());
        self
    }

    /// Marks the state as an end without success.
    #[must_use]
    pub const fn dropped(mut self) -> Self {
        self.dropped = true;
        self
    }
}

impl Transition {
    /// An unguarded move from some states to another.
    pub fn new(key: impl Into<Key>, from: Source, to: impl Into<Key>) -> Self {
        Self { key: key.into(), from, to: Target::State(to.into()), guard: Cond::ALWAYS, effects: Vec::new() }
    }

    /// Demands that a condition holds.
    #[must_use]
    pub fn guard(mut self, cond: impl Into<Cond>) -> Self {
        self.guard = cond.into();
        self
    }

    /// Adds something the desk does when the move is made.
    #[must_use]
    pub fn effect(mut self, action: Action) -> Self {
        self.effects.push(action);
        self
    }

    /// Tells whether the move can start in a state (whatever its guard says). Closed is final: nothing starts there.
    pub fn starts_in(&self, state: &State) -> bool {
        state.status != Status::Closed
            && match &self.from {
                Source::Create => false,
                Source::Of(states) => states.contains(&state.key),
                Source::Any => !matches!(&self.to, Target::State(to) if *to == state.key),
            }
    }
}

impl Source {
    /// Some states by name.
    pub fn of<K: Into<Key>>(states: impl IntoIterator<Item = K>) -> Self {
        Self::Of(states.into_iter().map(Into::into).collect())
    }
}

impl Workflow {
    /// An empty workflow at revision 1; it becomes sound by adding states and transitions.
    pub fn new(id: impl Into<Key>) -> Self {
        Self { id: id.into(), rev: 1, over_open: false, states: Vec::new(), transitions: Vec::new() }
    }

    /// Sets the revision.
    #[must_use]
    pub const fn revision(mut self, rev: u32) -> Self {
        self.rev = rev;
        self
    }

    /// Lets tickets be resolved and closed over open children and blockers.
    #[must_use]
    pub const fn over_open(mut self) -> Self {
        self.over_open = true;
        self
    }

    /// Adds a state.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.states.push(state);
        self
    }

    /// Adds a transition.
    #[must_use]
    pub fn transition(mut self, transition: Transition) -> Self {
        self.transitions.push(transition);
        self
    }

    /// Its id and revision.
    pub fn pin(&self) -> Pin {
        Pin { id: self.id.clone(), rev: self.rev }
    }

    /// Finds a state by name.
    pub fn find_state(&self, key: &Key) -> Option<&State> {
        self.states.iter().find(|state| state.key == *key)
    }

    /// Finds the transition of a name that can start in a state.
    pub fn find_move(&self, key: &Key, from: &Key) -> Option<&Transition> {
        self.moves_from(from).find(|transition| transition.key == *key)
    }

    /// The transitions that can start in a state, whatever their guards say.
    pub fn moves_from(&self, state: &Key) -> impl Iterator<Item = &Transition> {
        let state = self.find_state(state);
        self.transitions.iter().filter(move |transition| state.is_some_and(|state| transition.starts_in(state)))
    }

    /// The transitions that open a ticket.
    pub fn creations(&self) -> impl Iterator<Item = &Transition> {
        self.transitions.iter().filter(|transition| transition.from == Source::Create)
    }
}
