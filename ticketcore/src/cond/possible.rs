//! Whether a condition can hold at all: the question behind every check of a guard.

use crate::cond::{Atom, Cmp, Cond};
use crate::status::Status;

/// How many parts of a condition are looked at before it counts as possible. Conditions that people write need a few
/// dozen; the bound is for those made to keep a check busy.
const EFFORT: usize = 10_000;

/// One way in which the condition might come to hold: what it still has to be, and the atoms it took on the way.
#[derive(Clone)]
struct Branch<'a> {
    open: Vec<(&'a Cond, bool)>,
    taken: Vec<(&'a Atom, bool)>,
}

impl Cond {
    /// Tells whether some facts meet the condition, given the atoms that are known to hold or not to hold.
    ///
    /// Goes through the disjunctive form of the condition, one alternative at a time, and stops at the first without a
    /// contradiction.
    pub(crate) fn can_hold(&self, known: impl Fn(&Atom) -> Option<bool>) -> bool {
        let mut branches = vec![Branch { open: vec![(self, true)], taken: Vec::new() }];
        for _ in 0..EFFORT {
            let Some(mut branch) = branches.pop() else { return false };
            let Some((cond, wanted)) = branch.open.pop() else { return true };
            match (cond, wanted) {
                (Self::All(parts), true) | (Self::Any(parts), false) => {
                    branch.open.extend(parts.iter().map(|part| (part, wanted)));
                    branches.push(branch);
                }
                (Self::All(parts), false) | (Self::Any(parts), true) => {
                    branches.extend(parts.iter().map(|part| {
                        let mut branch = branch.clone();
                        branch.open.push((part, wanted));
                        branch
                    }));
                }
                (Self::Not(part), _) => {
                    branch.open.push((part, !wanted));
                    branches.push(branch);
                }
                (Self::Is(atom), _) => {
                    let possible = match known(atom) {
                        Some(truth) => truth == wanted,
                        None => !branch.taken.iter().any(|&taken| contradict(taken, (atom, wanted))),
                    };
                    if possible {
                        branch.taken.push((atom, wanted));
                        branches.push(branch);
                    }
                }
            }
        }
        true
    }

    /// Tells whether an [`Any`](Self::Any) without alternatives stands anywhere in it.
    pub(crate) fn has_empty_any(&self) -> bool {
        match self {
            Self::Any(parts) if parts.is_empty() => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_empty_any),
            Self::Not(part) => part.has_empty_any(),
            Self::Is(_) => false,
        }
    }
}

/// Tells whether no ticket can be both.
pub(super) fn contradict((a, a_holds): (&Atom, bool), (b, b_holds): (&Atom, bool)) -> bool {
    match (a_holds, b_holds) {
        (true, true) => exclude(a, b) || exclude(b, a),
        (false, false) => false,
        (true, false) => implies(a, b),
        (false, true) => implies(b, a),
    }
}

/// Tells whether one holding keeps the other from holding: a ticket has one state, one kind, one team at a time.
fn exclude(a: &Atom, b: &Atom) -> bool {
    match (a, b) {
        (Atom::Actor(a), Atom::Actor(b)) => a != b,
        (Atom::Kind(a), Atom::Kind(b))
        | (Atom::Category(a), Atom::Category(b))
        | (Atom::Team(a), Atom::Team(b))
        | (Atom::Queue(a), Atom::Queue(b))
        | (Atom::State(a), Atom::State(b)) => a != b,
        (Atom::Channel(a), Atom::Channel(b)) => a != b,
        (Atom::Status(a), Atom::Status(b)) => a != b,
        (Atom::Waiting(a), Atom::Waiting(b)) => a != b,
        (Atom::Waiting(_), Atom::Status(status)) => *status != Status::Pending,
        (Atom::Field(a, Cmp::Eq(x)), Atom::Field(b, Cmp::Eq(y))) => a == b && x != y,
        _ => false,
    }
}

/// Tells whether one holding makes the other hold.
fn implies(a: &Atom, b: &Atom) -> bool {
    match (a, b) {
        (Atom::Waiting(_), Atom::Status(Status::Pending)) => true,
        (Atom::Priority(a), Atom::Priority(b)) => a <= b,
        (Atom::Field(a, _), Atom::Field(b, Cmp::Set)) => a == b,
        _ => a == b,
    }
}
