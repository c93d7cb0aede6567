//! Who can move a ticket on: the table that shows whether it can get stuck.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::actor::ActorKind;
use crate::cond::Atom;
use crate::config::workflow::{Edge, Workflow};
use crate::id::Key;
use crate::status::Status;

/// A party as guards tell parties apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Actors of a kind, without any role.
    Kind(ActorKind),
    /// Actors with a role, of whatever kind.
    Role(Key),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kind(kind) => kind.as_str(),
            Self::Role(role) => role.as_str(),
        })
    }
}

impl Edge<'_> {
    /// Tells whether its guard can hold for somebody of whom some atoms are known.
    pub(in crate::config) fn can_be_taken(&self, known: impl Fn(&Atom) -> Option<bool>) -> bool {
        let in_state = |atom: &Atom| self.from?.decides(atom);
        self.by.guard.can_hold(|atom| in_state(atom).or_else(|| known(atom)))
    }
}

impl Party {
    /// The desk itself: it acts for policies and for requesters who reply.
    pub(in crate::config) const SYSTEM: Self = Self::Kind(ActorKind::System);

    /// Tells whether the party can take a move, be it only for some tickets or under some circumstances.
    pub(in crate::config) fn may_take(&self, edge: &Edge<'_>) -> bool {
        edge.can_be_taken(|atom| self.decides(atom))
    }

    /// Tells of an atom whether it holds for the whole party or for none of it, if that is so.
    fn decides(&self, atom: &Atom) -> Option<bool> {
        match (self, atom) {
            (Self::Kind(kind), Atom::Actor(asked)) => Some(kind == asked),
            (Self::Kind(_), Atom::Role(_)) => Some(false),
            (Self::Kind(ActorKind::System), Atom::Relation(_)) => Some(false),
            (Self::Role(role), Atom::Role(asked)) if role == asked => Some(true),
            _ => None,
        }
    }
}

impl Workflow {
    /// Lists for each state that is not closed who can move a ticket out of it, be it only some tickets or under some
    /// circumstances: every kind of actor and every role that a guard names.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::actor::ActorKind;
    /// use ticketcore::config::Workflow;
    /// use ticketcore::config::workflow::Party;
    ///
    /// let change = Workflow::change();
    /// let liveness = change.liveness();
    /// assert!(liveness["assessed"].contains(&Party::Role("change_manager".into())));
    /// assert!(!liveness["implementing"].contains(&Party::Kind(ActorKind::Requester)));
    /// ```
    pub fn liveness(&self) -> BTreeMap<&str, BTreeSet<Party>> {
        let roles = self
            .transitions
            .iter()
            .flat_map(|transition| transition.guard.atoms())
            .filter_map(|atom| if let Atom::Role(role) = atom { Some(Party::Role(role.clone())) } else { None });
        let parties: BTreeSet<Party> = ActorKind::ALL.into_iter().map(Party::Kind).chain(roles).collect();

        let open = self.states.iter().filter(|state| state.status != Status::Closed);
        let mut table: BTreeMap<&str, BTreeSet<Party>> =
            open.map(|state| (state.key.as_str(), BTreeSet::new())).collect();
        for edge in self.edges() {
            let Some(from) = edge.from else { continue };
            if let Some(row) = table.get_mut(from.key.as_str()) {
                row.extend(parties.iter().filter(|party| party.may_take(&edge)).cloned());
            }
        }
        table
    }
}
