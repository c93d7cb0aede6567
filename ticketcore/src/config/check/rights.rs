//! Whether rights make sense: grants of what is there to those who can be, and no state that nobody may leave.

use std::collections::BTreeSet;

use super::names::check_name;
use super::{paths, under};
use crate::capability::{Capabilities, Capability};
use crate::cond::Atom;
use crate::config::workflow::Edge;
use crate::config::{Action, Config, Grant, Grantee, Rights, Workflow};
use crate::fault::Fault;
use crate::id::Key;
use crate::status::Status;

impl Config {
    pub(super) fn check_rights(&self) -> Vec<Fault> {
        let rights = &self.rights;
        let names = rights.grants.iter().map(|grant| grant.to.to_string());
        let mut faults = Vec::new();
        // What every desk is granted from the start may speak of kinds and moves that this one does not have.
        let ready = Rights::default();
        for (at, grant) in paths("rights.grants", names.collect::<Vec<_>>()).iter().zip(&rights.grants) {
            if ready.grants.contains(grant) {
                continue;
            }
            faults.extend(under(at, self.check_grant(grant)));
        }
        for role in &rights.roles {
            faults.extend(check_name(role).err().map(|problem| Fault::new("rights.roles", problem)));
        }
        for field in &rights.internal {
            faults.extend(self.custom_field(field).err().map(|problem| Fault::new("rights.internal", problem)));
        }
        let unknown = rights.promises.iter().filter(|key| !self.policies.iter().any(|policy| policy.id == **key));
        faults.extend(unknown.map(|key| Fault::new("rights.promises", format!("no policy `{key}`"))));
        faults.extend(self.check_roles());
        faults.extend(self.stuck());
        faults
    }

    fn check_grant(&self, grant: &Grant) -> Vec<Fault> {
        let Grant { to, on: _, kinds, states, may, moves } = grant;
        let mut faults = Vec::new();
        if let Grantee::Role(role) = to {
            faults.extend(check_name(role).err().map(|problem| Fault::new("to", problem)));
        }
        let unknown = kinds.iter().filter(|kind| !self.kinds.contains_key(*kind));
        faults.extend(unknown.map(|kind| Fault::new("kinds", format!("no kind `{kind}`"))));
        let state = |key: &Key| self.workflows.iter().any(|workflow| workflow.find_state(key).is_some());
        let unknown = states.iter().filter(|key| !state(key));
        faults.extend(unknown.map(|key| Fault::new("states", format!("no workflow has a state `{key}`"))));
        if *may == Capabilities::NONE {
            faults.push(Fault::new("may", "gives nothing"));
        }
        faults.extend(moves.iter().filter_map(|key| Some(Fault::new("moves", self.check_transition(key).err()?))));
        if !moves.is_empty() && !may.has(Capability::Move) {
            faults.push(Fault::new("moves", "names transitions, and gives no right to move"));
        }
        faults
    }

    /// Roles that are asked for and that nobody holds, if the configuration says which there are.
    fn check_roles(&self) -> Vec<Fault> {
        let rights = &self.rights;
        if rights.roles.is_empty() {
            return Vec::new();
        }
        let granted = rights
            .grants
            .iter()
            .zip(paths("rights.grants", rights.grants.iter().map(|one| one.to.to_string()).collect::<Vec<_>>()));
        let granted = granted.filter_map(|(grant, at)| match &grant.to {
            Grantee::Role(role) => Some((format!("{at}.to"), role)),
            Grantee::Anyone | Grantee::Actor(_) => None,
        });
        let guards = self.workflows.iter().flat_map(|workflow| {
            let of = move |(at, transition): (String, &'_ crate::config::Transition)| {
                let roles: Vec<Key> = transition.guard.atoms().into_iter().filter_map(role_of).cloned().collect();
                roles
                    .into_iter()
                    .map(|role| (format!("workflows[{}].{at}.guard", workflow.pin()), role))
                    .collect::<Vec<_>>()
            };
            workflow.transitions_at().flat_map(of).collect::<Vec<_>>()
        });
        let asked = granted.map(|(at, role)| (at, role.clone())).chain(guards);
        let unheld = asked.filter(|(_, role)| !rights.roles.contains(role));
        unheld.map(|(at, role)| Fault::new(at, format!("nobody holds the role `{role}`"))).collect()
    }

    /// States that a ticket can get into and that nobody may take it out of: neither an actor by a grant and a guard, nor
    /// the desk itself.
    fn stuck(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (kind, spec) in &self.kinds {
            let by_desk = self.moved_by_desk(kind);
            let workflows = self.workflows.iter().filter(|workflow| workflow.id == spec.workflow);
            let Some(workflow) = workflows.max_by_key(|workflow| workflow.rev) else { continue };
            for state in self.left_by_nobody(kind, workflow, &by_desk) {
                let problem = format!("nobody may take a ticket of kind `{kind}` out of state `{state}`");
                faults.push(Fault::new("rights", problem));
            }
        }
        faults
    }

    fn left_by_nobody(&self, kind: &Key, workflow: &Workflow, by_desk: &BTreeSet<&Key>) -> Vec<Key> {
        let edges = workflow.edges();
        let open = workflow.states.iter().filter(|state| state.status != Status::Closed);
        // What the graph itself does not let go is a fault of the workflow, and told there.
        let leaving = |key: &Key| -> Vec<&Edge<'_>> {
            edges.iter().filter(|edge| edge.from.is_some_and(|from| from.key == *key)).collect()
        };
        let may = |edge: &Edge<'_>| {
            by_desk.contains(&edge.by.key) || self.rights.grants.iter().any(|grant| self.lets(grant, kind, edge))
        };
        let stuck = open.filter(|state| {
            let ways = leaving(&state.key);
            !ways.is_empty() && !ways.into_iter().any(may)
        });
        stuck.map(|state| state.key.clone()).collect()
    }

    /// Tells whether a grant and a guard let somebody take a move of a kind's tickets.
    fn lets(&self, grant: &Grant, kind: &Key, edge: &Edge<'_>) -> bool {
        let rights = &self.rights;
        let known = |atom: &Atom| match (atom, &grant.to) {
            (Atom::Actor(asked), Grantee::Actor(actor)) => Some(asked == actor),
            (Atom::Role(asked), Grantee::Role(role)) if asked == role => Some(true),
            (Atom::Role(asked), _) if !rights.roles.is_empty() && !rights.roles.contains(asked) => Some(false),
            (Atom::Kind(asked), _) => Some(asked == kind),
            _ => None,
        };
        let names = |list: &[Key], key: &Key| list.is_empty() || list.contains(key);
        grant.may.has(Capability::Move)
            && names(&grant.moves, &edge.by.key)
            && names(&grant.kinds, kind)
            && edge.from.is_some_and(|from| names(&grant.states, &from.key))
            && edge.can_be_taken(known)
    }

    /// The transitions that the desk takes by itself on tickets of a kind.
    fn moved_by_desk(&self, kind: &Key) -> BTreeSet<&Key> {
        let steps = self.policies.iter().flat_map(|policy| &policy.steps).flat_map(|step| &step.actions);
        let acts = steps.chain(self.rules.iter().flat_map(|rule| &rule.then));
        let moves = acts.filter_map(|action| if let Action::Move(key) = action { Some(key) } else { None });
        let replies =
            self.workflows.iter().flat_map(|workflow| &workflow.states).filter_map(|state| state.on_reply.as_ref());
        let alerts = [&self.alerts.resolve, &self.alerts.reopen].into_iter().filter(|_| *kind == self.alerts.kind);
        moves.chain(replies).chain(alerts).chain(self.cascades.iter().map(|cascade| &cascade.take)).collect()
    }
}

const fn role_of(atom: &Atom) -> Option<&Key> {
    if let Atom::Role(role) = atom { Some(role) } else { None }
}
