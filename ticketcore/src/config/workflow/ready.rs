//! Workflows that come ready, after the field's usual ways of working.
//!
//! All five share the names of their common moves: `open`, `start`, `wait`, `resume`, `resolve`, `reopen`, `close` and
//! `cancel`, so that tools can rely on them. Anybody may open a ticket; all other moves are for agents, programs and the
//! desk itself, except those that each workflow says are the requester's too.

use crate::actor::ActorKind;
use crate::cond::{Atom, Cond, Relation};
use crate::config::workflow::{Source, State, Target, Transition, Workflow};
use crate::link::LinkKind;
use crate::status::{Status, Waiting};

/// Agents, programs and the desk itself.
pub(super) fn desk() -> Cond {
    Cond::Any([ActorKind::Agent, ActorKind::Integration, ActorKind::System].map(|kind| Atom::Actor(kind).into()).into())
}

/// The desk, and the requester on their own ticket.
fn anyone_concerned() -> Cond {
    desk().or(Atom::Relation(Relation::Requester).into())
}

/// No child is open and nothing in the way: an answer for the whole that leaves a part undone is none.
fn nothing_open() -> Cond {
    Cond::from(Atom::NoOpen(LinkKind::Child)).and(Atom::NoOpen(LinkKind::BlockedBy).into())
}

fn opening(to: &'static str) -> Transition {
    Transition::new("open", Source::Create, to)
}

pub(super) fn work<const N: usize>(key: &'static str, from: [&'static str; N], to: &'static str) -> Transition {
    Transition::new(key, Source::of(from), to).guard(desk())
}

fn shared<const N: usize>(key: &'static str, from: [&'static str; N], to: &'static str) -> Transition {
    Transition::new(key, Source::of(from), to).guard(anyone_concerned())
}

/// `resolve`, by the desk, once nothing it depends on is open.
fn resolve<const N: usize>(from: [&'static str; N], to: &'static str) -> Transition {
    work("resolve", from, to).guard(desk().and(nothing_open()))
}

/// `resume`, by the desk, to where the work was before it had to wait.
fn resume(from: &'static str) -> Transition {
    Transition { to: Target::Previous, ..work("resume", [from], from) }
}

impl Workflow {
    /// Returns the workflow of incidents: a new one is worked on, waits for its requester or a vendor, is resolved, and
    /// is closed.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `new` | new | `start`, `wait`, `wait_vendor`, `resolve`, `cancel` |
    /// | `open` | open | `wait`, `wait_vendor`, `resolve`, `cancel` |
    /// | `waiting` | pending, for the requester, whose reply resumes it | `resume`, `wait_vendor`, `resolve`, `cancel` |
    /// | `vendor` | pending, for a third party | `resume`, `wait`, `resolve`, `cancel` |
    /// | `resolved` | resolved; the requester's reply reopens it | `reopen`, `close` |
    /// | `closed` | closed | |
    /// | `cancelled` | closed, dropped | |
    ///
    /// It cannot be resolved while a child or a blocker of it is open. The requester may `cancel`, `reopen` and `close`.
    pub fn incident() -> Self {
        Self::new("incident")
            .state(State::new("new", Status::New))
            .state(State::new("open", Status::Open))
            .state(State::new("waiting", Status::Pending).waiting(Waiting::Requester).on_reply("resume"))
            .state(State::new("vendor", Status::Pending).waiting(Waiting::Third))
            .state(State::new("resolved", Status::Resolved).on_reply("reopen"))
            .state(State::new("closed", Status::Closed))
            .state(State::new("cancelled", Status::Closed).dropped())
            .transition(opening("new"))
            .transition(work("start", ["new"], "open"))
            .transition(work("wait", ["new", "open", "vendor"], "waiting"))
            .transition(work("wait_vendor", ["new", "open", "waiting"], "vendor"))
            .transition(work("resume", ["waiting", "vendor"], "open"))
            .transition(resolve(["new", "open", "waiting", "vendor"], "resolved"))
            .transition(shared("reopen", ["resolved"], "open"))
            .transition(shared("close", ["resolved"], "closed"))
            .transition(shared("cancel", ["new", "open", "waiting", "vendor"], "cancelled"))
    }

    /// Returns the workflow of requests for a standard service: a new one is taken up or rejected, waits for its
    /// requester or a vendor, is fulfilled, and is closed.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `new` | new | `start`, `wait`, `wait_vendor`, `resolve`, `reject`, `cancel` |
    /// | `fulfilling` | open | `wait`, `wait_vendor`, `resolve`, `reject`, `cancel` |
    /// | `waiting` | pending, for the requester, whose reply resumes it | `resume`, `wait_vendor`, `resolve`, `cancel` |
    /// | `vendor` | pending, for a third party | `resume`, `wait`, `resolve`, `cancel` |
    /// | `fulfilled` | resolved; the requester's reply reopens it | `reopen`, `close` |
    /// | `closed` | closed | |
    /// | `rejected`, `cancelled` | closed, dropped | |
    ///
    /// It cannot be fulfilled while a child or a blocker of it is open. The requester may `cancel`, `reopen` and
    /// `close`.
    pub fn request() -> Self {
        Self::new("request")
            .state(State::new("new", Status::New))
            .state(State::new("fulfilling", Status::Open))
            .state(State::new("waiting", Status::Pending).waiting(Waiting::Requester).on_reply("resume"))
            .state(State::new("vendor", Status::Pending).waiting(Waiting::Third))
            .state(State::new("fulfilled", Status::Resolved).on_reply("reopen"))
            .state(State::new("closed", Status::Closed))
            .state(State::new("rejected", Status::Closed).dropped())
            .state(State::new("cancelled", Status::Closed).dropped())
            .transition(opening("new"))
            .transition(work("start", ["new"], "fulfilling"))
            .transition(work("wait", ["new", "fulfilling", "vendor"], "waiting"))
            .transition(work("wait_vendor", ["new", "fulfilling", "waiting"], "vendor"))
            .transition(work("resume", ["waiting", "vendor"], "fulfilling"))
            .transition(resolve(["new", "fulfilling", "waiting", "vendor"], "fulfilled"))
            .transition(shared("reopen", ["fulfilled"], "fulfilling"))
            .transition(shared("close", ["fulfilled"], "closed"))
            .transition(work("reject", ["new", "fulfilling"], "rejected"))
            .transition(shared("cancel", ["new", "fulfilling", "waiting", "vendor"], "cancelled"))
    }

    /// Returns the workflow of problems, the causes of incidents: a new one is investigated until its cause is known,
    /// stays a known error until the cause is removed, and is closed.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `new` | new | `start`, `identify`, `resolve`, `cancel` |
    /// | `investigating` | open | `identify`, `wait`, `resolve`, `cancel` |
    /// | `known_error` | open | `wait`, `resolve`, `cancel` |
    /// | `waiting` | pending, for a third party | `resume` to where it was, `resolve`, `cancel` |
    /// | `resolved` | resolved | `reopen`, `close` |
    /// | `closed` | closed | |
    /// | `cancelled` | closed, dropped | |
    ///
    /// It cannot be resolved while a child or a blocker of it is open, such as the change that removes the cause.
    pub fn problem() -> Self {
        Self::new("problem")
            .state(State::new("new", Status::New))
            .state(State::new("investigating", Status::Open))
            .state(State::new("known_error", Status::Open))
            .state(State::new("waiting", Status::Pending).waiting(Waiting::Third))
            .state(State::new("resolved", Status::Resolved))
            .state(State::new("closed", Status::Closed))
            .state(State::new("cancelled", Status::Closed).dropped())
            .transition(opening("new"))
            .transition(work("start", ["new"], "investigating"))
            .transition(work("identify", ["new", "investigating"], "known_error"))
            .transition(work("wait", ["investigating", "known_error"], "waiting"))
            .transition(resume("waiting"))
            .transition(resolve(["new", "investigating", "known_error", "waiting"], "resolved"))
            .transition(work("reopen", ["resolved"], "investigating"))
            .transition(work("close", ["resolved"], "closed"))
            .transition(work("cancel", ["new", "investigating", "known_error", "waiting"], "cancelled"))
    }

    /// Returns the workflow of changes to a service: a draft is assessed, approved, implemented, reviewed, and closed.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `draft` | new | `assess`, `cancel` |
    /// | `assessed` | open | `approve` and `reject` (role `change_manager`), `cancel` |
    /// | `approved` | open | `start`, `wait`, `cancel` |
    /// | `implementing` | open | `wait`, `resolve`, `cancel` |
    /// | `waiting` | pending, for a third party | `resume` to where it was, `cancel` |
    /// | `review` | resolved | `reopen`, `close` |
    /// | `closed` | closed | |
    /// | `rejected`, `cancelled` | closed, dropped | |
    ///
    /// It cannot go into review while a child or a blocker of it is open. The requester may `cancel` it before it is
    /// started.
    pub fn change() -> Self {
        let manager = || Cond::is(Atom::Role("change_manager".into()));
        Self::new("change")
            .state(State::new("draft", Status::New))
            .state(State::new("assessed", Status::Open))
            .state(State::new("approved", Status::Open))
            .state(State::new("implementing", Status::Open))
            .state(State::new("waiting", Status::Pending).waiting(Waiting::Third))
            .state(State::new("review", Status::Resolved))
            .state(State::new("closed", Status::Closed))
            .state(State::new("rejected", Status::Closed).dropped())
            .state(State::new("cancelled", Status::Closed).dropped())
            .transition(opening("draft"))
            .transition(work("assess", ["draft"], "assessed"))
            .transition(work("approve", ["assessed"], "approved").guard(manager()))
            .transition(work("reject", ["assessed"], "rejected").guard(manager()))
            .transition(work("start", ["approved"], "implementing"))
            .transition(work("wait", ["approved", "implementing"], "waiting"))
            .transition(resume("waiting"))
            .transition(resolve(["implementing"], "review"))
            .transition(work("reopen", ["review"], "implementing"))
            .transition(work("close", ["review"], "closed"))
            .transition(shared("cancel", ["draft", "assessed", "approved"], "cancelled"))
            .transition(work("cancel", ["implementing", "waiting"], "cancelled"))
    }

    /// Returns the workflow of tasks, pieces of planned work: one is to do, being done, perhaps blocked, done, and
    /// closed.
    ///
    /// | state | status | leaves by |
    /// |---|---|---|
    /// | `todo` | new | `start`, `wait`, `resolve`, `cancel` |
    /// | `doing` | open | `wait`, `resolve`, `cancel` |
    /// | `blocked` | pending, for a third party | `resume` to where it was, `resolve`, `cancel` |
    /// | `done` | resolved | `reopen`, `close` |
    /// | `closed` | closed | |
    /// | `cancelled` | closed, dropped | |
    ///
    /// It cannot be done while a child or a blocker of it is open.
    pub fn task() -> Self {
        Self::new("task")
            .state(State::new("todo", Status::New))
            .state(State::new("doing", Status::Open))
            .state(State::new("blocked", Status::Pending).waiting(Waiting::Third))
            .state(State::new("done", Status::Resolved))
            .state(State::new("closed", Status::Closed))
            .state(State::new("cancelled", Status::Closed).dropped())
            .transition(opening("todo"))
            .transition(work("start", ["todo"], "doing"))
            .transition(work("wait", ["todo", "doing"], "blocked"))
            .transition(resume("blocked"))
            .transition(resolve(["todo", "doing", "blocked"], "done"))
            .transition(work("reopen", ["done"], "doing"))
            .transition(work("close", ["done"], "closed"))
            .transition(work("cancel", ["todo", "doing", "blocked"], "cancelled"))
    }

    /// Lists the ready workflows: incident, request, problem, change and task.
    pub fn ready() -> Vec<Self> {
        vec![Self::incident(), Self::request(), Self::problem(), Self::change(), Self::task()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::workflow::Party;

    /// Tells whether a party can take a transition from a state.
    fn may(workflow: &Workflow, party: &Party, from: &str, transition: &str) -> bool {
        let edges = workflow.edges();
        edges.iter().any(|edge| {
            edge.from.is_some_and(|state| state.key == from) && edge.by.key == transition && party.may_take(edge)
        })
    }

    #[test]
    fn every_ready_workflow_is_sound() {
        for workflow in Workflow::ready() {
            assert_eq!(workflow.check(), [], "{}", workflow.pin());
        }
    }

    #[test]
    fn all_share_the_names_of_the_common_moves() {
        for workflow in Workflow::ready() {
            for common in ["open", "start", "wait", "resume", "resolve", "reopen", "close", "cancel"] {
                assert!(workflow.edges().iter().any(|edge| edge.by.key == common), "{} {common}", workflow.pin());
            }
        }
    }

    #[test]
    fn monitors_resolve_and_reopen_incidents_and_requesters_only_reopen_theirs() {
        let incident = Workflow::incident();
        for kind in [ActorKind::Agent, ActorKind::System, ActorKind::Integration].map(Party::Kind) {
            assert!(may(&incident, &kind, "new", "resolve") && may(&incident, &kind, "resolved", "reopen"), "{kind}");
        }
        let requester = Party::Kind(ActorKind::Requester);
        assert!(!may(&incident, &requester, "new", "resolve"));
        assert!(may(&incident, &requester, "resolved", "reopen"));
    }

    #[test]
    fn only_a_change_manager_approves() {
        let change = Workflow::change();
        assert!(may(&change, &Party::Role("change_manager".into()), "assessed", "approve"));
        assert!(!may(&change, &Party::Kind(ActorKind::Agent), "assessed", "approve"));
        let ways_in = |state: &str| -> Vec<&str> {
            let edges = change.edges();
            edges.iter().filter(|edge| edge.to.key == *state).map(|edge| edge.by.key.as_str()).collect()
        };
        assert_eq!(ways_in("approved"), ["approve", "resume"]);
    }
}
