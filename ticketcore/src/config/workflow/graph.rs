//! The graph a workflow means: every single move, once lists, [`Any`](Source::Any) and
//! [`Previous`](Target::Previous) are spelled out.
//!
//! The checks, the diagrams and the table of [liveness](Workflow::liveness) all read these edges and nothing else.

use std::collections::BTreeSet;

use crate::cond::Atom;
use crate::config::workflow::{Source, State, Target, Transition, Workflow};
use crate::id::Key;
use crate::line::Flag;
use crate::status::Status;

/// One move from one state to another, or the opening of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge<'a> {
    /// Where it starts; nowhere, if it opens the ticket.
    pub from: Option<&'a State>,
    /// The transition that permits it.
    pub by: &'a Transition,
    /// Where it leads.
    pub to: &'a State,
}

impl Workflow {
    /// Lists every move that can ever be made, in the order of the transitions and, for each, of the states.
    ///
    /// A move back leads to every state from which a ticket can have come. Moves whose guard cannot hold in the state
    /// they start in are left out, whoever asks and whatever the ticket.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        // Each move back is one more way into a state, and so one more way back: repeated until nothing is new.
        let mut entries = BTreeSet::new();
        loop {
            let edges = self.expand(&entries);
            let reached = reached(&edges);
            let moves = edges.iter().filter_map(|edge| Some((&edge.from?.key, &edge.to.key)));
            let found = moves.filter(|(from, _)| reached.contains(from)).collect();
            if found == entries {
                return edges;
            }
            entries = found;
        }
    }

    /// The edges, if tickets enter states from other states just so: pairs of from and to.
    fn expand(&self, entries: &BTreeSet<(&Key, &Key)>) -> Vec<Edge<'_>> {
        let mut edges = Vec::new();
        for by in &self.transitions {
            for from in self.starts(by).into_iter().filter(|from| by.can_start(*from)) {
                let leads_to = |to: &State| match &by.to {
                    Target::State(key) => to.key == *key,
                    Target::Previous => from.is_some_and(|from| entries.contains(&(&to.key, &from.key))),
                };
                edges.extend(self.states.iter().filter(|to| leads_to(to)).map(|to| Edge { from, by, to }));
            }
        }
        edges
    }

    /// The states in which a transition starts, whatever its guard says; `None` is the opening.
    pub(super) fn starts(&self, transition: &Transition) -> Vec<Option<&State>> {
        match transition.from {
            Source::Create => vec![None],
            Source::Any | Source::Of(_) => {
                self.states.iter().filter(|state| transition.starts_in(state)).map(Some).collect()
            }
        }
    }
}

/// The states that a ticket can get into.
pub(super) fn reached<'a>(edges: &[Edge<'a>]) -> BTreeSet<&'a Key> {
    let openings = edges.iter().filter(|edge| edge.from.is_none()).map(|edge| &edge.to.key).collect();
    spread(openings, edges.iter().filter_map(|edge| Some((&edge.from?.key, &edge.to.key))))
}

/// The states from which a ticket can get into a closed one.
pub(super) fn ending<'a>(workflow: &'a Workflow, edges: &[Edge<'a>]) -> BTreeSet<&'a Key> {
    let closed =
        workflow.states.iter().filter(|state| state.status == Status::Closed).map(|state| &state.key).collect();
    spread(closed, edges.iter().filter_map(|edge| Some((&edge.to.key, &edge.from?.key))))
}

/// Adds all that the steps lead to.
fn spread<'a>(
    mut set: BTreeSet<&'a Key>,
    steps: impl Iterator<Item = (&'a Key, &'a Key)> + Clone,
) -> BTreeSet<&'a Key> {
    loop {
        let before = set.len();
        for (from, to) in steps.clone() {
            if set.contains(from) {
                set.insert(to);
            }
        }
        if set.len() == before {
            return set;
        }
    }
}

impl Transition {
    /// Tells whether the guard can hold in a state, or at the opening.
    pub(super) fn can_start(&self, from: Option<&State>) -> bool {
        self.guard.can_hold(|atom| from?.decides(atom))
    }
}

impl State {
    /// Tells of an atom whether it holds for every ticket in this state or for none, if that is so.
    pub(super) fn decides(&self, atom: &Atom) -> Option<bool> {
        match atom {
            Atom::State(key) => Some(*key == self.key),
            Atom::Status(status) => Some(*status == self.status),
            Atom::Waiting(waiting) => Some(Some(*waiting) == self.waiting),
            Atom::Flag(Flag::Dropped) => Some(self.dropped),
            Atom::Role(_)
            | Atom::Actor(_)
            | Atom::Relation(_)
            | Atom::Kind(_)
            | Atom::Category(_)
            | Atom::Tag(_)
            | Atom::Team(_)
            | Atom::Queue(_)
            | Atom::Channel(_)
            | Atom::Flag(_)
            | Atom::Priority(_)
            | Atom::Field(..)
            | Atom::NoOpen(_)
            | Atom::Approved(_)
            | Atom::During(_) => None,
        }
    }
}
