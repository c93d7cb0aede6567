//! Whether a workflow is sound: checked before use, so that no ticket is ever stuck in it.

use crate::cond::Atom;
use crate::config::Action;
use crate::config::check::{NO_NAME, paths};
use crate::config::workflow::graph::{ending, reached};
use crate::config::workflow::{Edge, Party, Source, State, Target, Transition, Workflow};
use crate::fault::Fault;
use crate::line::Flag;
use crate::status::{Status, Waiting};

/// A rule that a workflow keeps, given its edges: finds what breaks it.
type Rule = fn(&Workflow, &[Edge<'_>]) -> Vec<Fault>;

const RULES: [Rule; 10] = [
    pin,
    names_of_states,
    names_of_transitions,
    ends_of_transitions,
    openings,
    states,
    replies,
    guards,
    ways,
    resolutions,
];

impl Workflow {
    /// Finds every fault; a workflow without any is sound.
    ///
    /// In a sound workflow
    ///
    /// - states have distinct names, and in one state no two transitions share theirs;
    /// - a ticket can be opened, into a state that is new, open or pending;
    /// - every state can be reached, and from every state a closed one;
    /// - closed is final, and only closed states drop a ticket;
    /// - pending states, and only those, say who is awaited;
    /// - the requester's reply ends the waiting for it;
    /// - what is resolved can be reopened and closed;
    /// - every transition can be taken by somebody at some time, and none takes another.
    ///
    /// What a workflow names of its surroundings, such as custom fields, [`Config::check`](crate::Config::check)
    /// checks.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::config::{Source, State, Transition, Workflow};
    /// use ticketcore::ticket::Status;
    ///
    /// let workflow = Workflow::new("note")
    ///     .state(State::new("unread", Status::New))
    ///     .state(State::new("lost", Status::Pending))
    ///     .state(State::new("read", Status::Closed))
    ///     .transition(Transition::new("file", Source::Create, "unread"))
    ///     .transition(Transition::new("tick", Source::of(["unread"]), "raed"));
    ///
    /// let faults: Vec<String> = workflow.check().iter().map(ToString::to_string).collect();
    /// assert_eq!(faults[0], "transitions[tick].to: no state `raed`");
    /// assert_eq!(faults[1], "states[lost].waiting: a pending state says who is awaited");
    /// assert_eq!(faults[2], "states[unread]: nobody can leave it");
    /// assert_eq!(faults[3], "states[lost]: cannot be reached");
    /// ```
    pub fn check(&self) -> Vec<Fault> {
        let edges = self.edges();
        RULES.iter().flat_map(|rule| rule(self, &edges)).collect()
    }

    /// The states, each with its path.
    pub(in crate::config) fn states_at(&self) -> impl Iterator<Item = (String, &State)> {
        paths("states", self.states.iter().map(|state| state.key.as_str())).into_iter().zip(&self.states)
    }

    /// The transitions, each with its path.
    pub(in crate::config) fn transitions_at(&self) -> impl Iterator<Item = (String, &Transition)> {
        let keys = self.transitions.iter().map(|transition| transition.key.as_str());
        paths("transitions", keys).into_iter().zip(&self.transitions)
    }
}

/// The workflow has a name and a number.
fn pin(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !workflow.id.is_valid() {
        faults.push(Fault::new("id", NO_NAME));
    }
    if workflow.rev == 0 {
        faults.push(Fault::new("rev", "revisions count from 1"));
    }
    faults
}

/// States have names, each its own.
fn names_of_states(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, (at, state)) in workflow.states_at().enumerate() {
        let at = format!("{at}.key");
        if !state.key.is_valid() {
            faults.push(Fault::new(&at, NO_NAME));
        }
        // In a file, `to = "previous"` is the way back.
        if state.key == "previous" {
            faults.push(Fault::new(&at, "`previous` means the state before and cannot name one"));
        }
        if workflow.states.iter().take(i).any(|earlier| earlier.key == state.key) {
            faults.push(Fault::new(&at, format!("another state is named `{}`", state.key)));
        }
    }
    faults
}

/// Transitions have names; those that start in one state have different ones, so a name says which move is meant.
fn names_of_transitions(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, (at, transition)) in workflow.transitions_at().enumerate() {
        let at = format!("{at}.key");
        if !transition.key.is_valid() {
            faults.push(Fault::new(&at, NO_NAME));
        }
        let starts = workflow.starts(transition);
        let namesakes = workflow.transitions.iter().take(i).filter(|earlier| earlier.key == transition.key);
        let mut taken = namesakes.flat_map(|earlier| workflow.starts(earlier));
        if let Some(start) = taken.find(|start| starts.contains(start)) {
            let place = start.map_or_else(|| "at the opening".to_owned(), |state| format!("in `{}`", state.key));
            faults.push(Fault::new(&at, format!("another transition named `{}` starts {place}", transition.key)));
        }
    }
    faults
}

/// Transitions lead from and to states that are there, and none starts in a closed one: closed is final.
fn ends_of_transitions(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, transition) in workflow.transitions_at() {
        let named = if let Source::Of(keys) = &transition.from { keys.as_slice() } else { &[] };
        for key in named {
            let problem = match workflow.find_state(key).map(|state| state.status) {
                None => format!("no state `{key}`"),
                Some(Status::Closed) => format!("`{key}` is closed, and closed is final"),
                Some(_) => continue,
            };
            faults.push(Fault::new(format!("{at}.from"), problem));
        }
        if let Target::State(key) = &transition.to
            && workflow.find_state(key).is_none()
        {
            faults.push(Fault::new(format!("{at}.to"), format!("no state `{key}`")));
        }
    }
    faults
}

/// A ticket can be opened, into a state in which something is to be done, and on conditions that a ticket can meet
/// before it has a life.
fn openings(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if workflow.creations().next().is_none() {
        faults.push(Fault::new("transitions", "none opens a ticket: needs one from `create`"));
    }
    for (at, transition) in workflow.transitions_at().filter(|(_, transition)| transition.from == Source::Create) {
        let ended = |key| workflow.find_state(key).is_some_and(|state| !state.status.is_open());
        match &transition.to {
            Target::Previous => {
                faults.push(Fault::new(format!("{at}.to"), "at its opening a ticket has no state before"));
            }
            Target::State(key) if ended(key) => {
                faults.push(Fault::new(format!("{at}.to"), "a ticket opens into a new, open or pending state"));
            }
            Target::State(_) => {}
        }
        for atom in transition.guard.atoms().into_iter().filter(|atom| needs_a_life(atom)) {
            faults.push(Fault::new(format!("{at}.guard"), format!("asks {atom}, which no ticket has at its opening")));
        }
    }
    faults
}

/// Tells whether an atom can hold only for a ticket that was opened before.
fn needs_a_life(atom: &Atom) -> bool {
    let of_a_life = [Flag::Acked, Flag::Snoozed, Flag::Responded, Flag::Dropped];
    matches!(atom, Atom::Status(_) | Atom::State(_) | Atom::Waiting(_) | Atom::Approved(_))
        || matches!(atom, Atom::Flag(flag) if of_a_life.contains(flag))
}

/// A pending state says who is awaited, and no other does; only a closed state drops a ticket.
fn states(workflow: &Workflow, _: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, state) in workflow.states_at() {
        let problem = match (state.status == Status::Pending, state.waiting) {
            (true, None) => Some("a pending state says who is awaited"),
            (false, Some(_)) => Some("only a pending state waits"),
            (true, Some(_)) | (false, None) => None,
        };
        faults.extend(problem.map(|problem| Fault::new(format!("{at}.waiting"), problem)));
        if state.dropped && state.status != Status::Closed {
            faults.push(Fault::new(format!("{at}.dropped"), "only a closed state drops a ticket"));
        }
    }
    faults
}

/// Where the requester is awaited, their reply triggers a transition; one that a reply triggers starts in the state,
/// leads to where work goes on, and does so when the desk itself takes it.
fn replies(workflow: &Workflow, edges: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, state) in workflow.states_at() {
        let at = format!("{at}.on_reply");
        let Some(reply) = &state.on_reply else {
            if state.waiting == Some(Waiting::Requester) {
                faults.push(Fault::new(at, "a state that waits for the requester names what their reply triggers"));
            }
            continue;
        };
        let moves: Vec<&Edge> = edges.iter().filter(|edge| edge.from == Some(state) && edge.by.key == *reply).collect();
        if moves.is_empty() {
            faults.push(Fault::new(&at, format!("no transition `{reply}` starts here")));
        }
        for Edge { to, .. } in moves.iter().filter(|edge| !matches!(edge.to.status, Status::New | Status::Open)) {
            faults.push(Fault::new(&at, format!("`{reply}` leads to `{}`, which is neither new nor open", to.key)));
        }
        if moves.iter().any(|edge| !Party::SYSTEM.may_take(edge)) {
            faults.push(Fault::new(&at, format!("the guard of `{reply}` never lets the desk itself take it")));
        }
    }
    faults
}

/// Every transition can be taken at some time, asks about states that are there, and takes no other transition.
fn guards(workflow: &Workflow, edges: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, transition) in workflow.transitions_at() {
        for atom in transition.guard.atoms() {
            if let Atom::State(key) = atom
                && workflow.find_state(key).is_none()
            {
                faults.push(Fault::new(format!("{at}.guard"), format!("no state `{key}`")));
            }
        }
        if transition.guard.has_empty_any() {
            faults.push(Fault::new(format!("{at}.guard"), "an `any` without alternatives never holds"));
        } else if workflow.starts(transition).is_empty() {
            faults.push(Fault::new(format!("{at}.from"), "it starts nowhere"));
        } else if !workflow.starts(transition).iter().any(|from| transition.can_start(*from)) {
            faults.push(Fault::new(format!("{at}.guard"), "can never hold where the transition starts"));
        } else if transition.to == Target::Previous && !edges.iter().any(|edge| edge.by == transition) {
            faults.push(Fault::new(format!("{at}.to"), "no state leads to where it starts, so there is no way back"));
        }
        for (i, action) in transition.effects.iter().enumerate() {
            if matches!(action, Action::Move(_)) {
                let problem = "a transition cannot take another; a policy can";
                faults.push(Fault::new(format!("{at}.effects[{i}]"), problem));
            }
        }
    }
    faults
}

/// Every state can be reached, somebody can leave it, and from it a closed state can be reached.
fn ways(workflow: &Workflow, edges: &[Edge<'_>]) -> Vec<Fault> {
    let (reached, ending) = (reached(edges), ending(workflow, edges));
    if ending.is_empty() {
        return vec![Fault::new("states", "none is closed: tickets would never end")];
    }
    let mut faults = Vec::new();
    for (at, state) in workflow.states_at() {
        // Without an opening nothing is reached, which is one fault and not one for each state.
        if !reached.is_empty() && !reached.contains(&state.key) {
            faults.push(Fault::new(&at, "cannot be reached"));
        }
        if !ending.contains(&state.key) {
            let stuck = !edges.iter().any(|edge| edge.from == Some(state));
            let problem = if stuck { "nobody can leave it" } else { "no closed state can be reached from it" };
            faults.push(Fault::new(&at, problem));
        }
    }
    faults
}

/// What is resolved can be reopened, and closed, each by one move.
fn resolutions(workflow: &Workflow, edges: &[Edge<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, state) in workflow.states_at().filter(|(_, state)| state.status == Status::Resolved) {
        let leads_to =
            |wanted: &[Status]| edges.iter().any(|edge| edge.from == Some(state) && wanted.contains(&edge.to.status));
        if !leads_to(&[Status::New, Status::Open]) {
            faults.push(Fault::new(&at, "what is resolved can be reopened: needs a transition to a new or open state"));
        }
        if !leads_to(&[Status::Closed]) {
            faults.push(Fault::new(&at, "what is resolved can be closed: needs a transition to a closed state"));
        }
    }
    faults
}
