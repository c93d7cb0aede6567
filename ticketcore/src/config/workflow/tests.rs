//! The laws of workflows, over random ones, and every fault the check finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::actor::ActorKind;
use crate::cond::Atom;
use crate::line::Flag;

/// Random graphs of up to five states, few of them sound.
fn workflows() -> impl Strategy<Value = Workflow> {
    let key = |i: usize| Key::new(format!("s{i}"));
    let status = prop::sample::select(Status::ALL.to_vec());
    let guard = prop_oneof![
        3 => Just(Cond::ALWAYS),
        1 => status.clone().prop_map(|status| Cond::from(Atom::Status(status)).negate()),
    ];
    let source = prop_oneof![
        1 => Just(Source::Any),
        3 => prop::collection::btree_set(0..5_usize, 1..3).prop_map(move |keys| Source::Of(keys.into_iter().map(key).collect())),
    ];
    let target = prop_oneof![1 => Just(Target::Previous), 3 => (0..5_usize).prop_map(move |i| Target::State(key(i)))];
    let moves = prop::collection::vec((source, target, guard), 0..8);
    (prop::collection::vec(status, 1..6), moves, 0..5_usize).prop_map(move |(states, moves, first)| {
        let states = states.into_iter().enumerate().map(|(i, status)| State {
            waiting: (status == Status::Pending).then_some(Waiting::Third),
            ..State::new(key(i), status)
        });
        let opening = Transition::new("open", Source::Create, key(first));
        let moves = moves
            .into_iter()
            .enumerate()
            .map(|(i, (from, to, guard))| Transition { to, ..Transition::new(format!("t{i}"), from, "") }.guard(guard));
        let mut workflow = Workflow { states: states.collect(), ..Workflow::new("random") };
        workflow.transitions = [opening].into_iter().chain(moves).collect();
        workflow
    })
}

/// Ready workflows of which some transitions are missing, about half of them sound.
fn torn() -> impl Strategy<Value = Workflow> {
    (prop::sample::select(Workflow::ready()), prop::collection::vec(0..10_usize, 0..3)).prop_map(
        |(mut workflow, missing)| {
            for i in missing {
                workflow.transitions.remove(i % workflow.transitions.len());
            }
            workflow
        },
    )
}

/// From, transition, to.
type Moved<'a> = (&'a Key, &'a Key, &'a Key);

/// Every move that tickets make if they try everything, found by walking instead of by looking at the graph.
fn walk(workflow: &Workflow) -> BTreeSet<Moved<'_>> {
    let mut moved = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut todo: Vec<(&Key, Option<&Key>)> = Vec::new();
    for creation in workflow.creations() {
        if let Target::State(key) = &creation.to {
            todo.extend(workflow.find_state(key).map(|state| (&state.key, None)));
        }
    }
    while let Some((at, previous)) = todo.pop() {
        if !seen.insert((at, previous)) {
            continue;
        }
        for by in workflow.moves_from(at).filter(|by| by.guard.can_hold(|atom| workflow.find_state(at)?.decides(atom)))
        {
            let to = match &by.to {
                Target::Previous => previous,
                Target::State(key) => workflow.find_state(key).map(|state| &state.key),
            };
            if let Some(to) = to {
                moved.insert((at, &by.key, to));
                todo.push((to, Some(at)));
            }
        }
    }
    moved
}

fn reachable(workflow: &Workflow) -> BTreeSet<&Key> {
    graph::reached(&workflow.edges())
}

fn edges(workflow: &Workflow) -> BTreeSet<Moved<'_>> {
    workflow.edges().iter().filter_map(|edge| Some((&edge.from?.key, &edge.by.key, &edge.to.key))).collect()
}

proptest! {
    #[test]
    fn the_edges_of_reachable_states_are_the_moves_that_tickets_make(workflow in workflows()) {
        let reachable = reachable(&workflow);
        let edges: BTreeSet<_> = edges(&workflow).into_iter().filter(|(from, ..)| reachable.contains(from)).collect();
        prop_assert_eq!(edges, walk(&workflow));
    }

    #[test]
    fn law_20_in_a_sound_workflow_every_reachable_state_leads_to_an_end(workflow in prop_oneof![workflows(), torn()]) {
        if workflow.check().is_empty() {
            let moves = walk(&workflow);
            for state in &workflow.states {
                let mut ahead = BTreeSet::from([&state.key]);
                for _ in &workflow.states {
                    ahead.extend(moves.iter().filter(|(from, ..)| ahead.contains(from)).map(|(.., to)| *to).collect::<Vec<_>>());
                }
                let closed = |key: &&Key| workflow.find_state(key).is_some_and(|state| state.status == Status::Closed);
                prop_assert!(ahead.iter().any(closed), "{} has no end", state.key);
            }
        }
    }

    #[test]
    fn law_24_json_and_toml_read_what_was_written(workflow in workflows()) {
        prop_assert_eq!(&serde_json::from_str::<Workflow>(&serde_json::to_string(&workflow).unwrap()).unwrap(), &workflow);
        prop_assert_eq!(&toml::from_str::<Workflow>(&toml::to_string(&workflow).unwrap()).unwrap(), &workflow);
    }

    #[test]
    fn law_26_the_identity_migration_changes_nothing_and_migrations_compose(
        workflow in workflows(),
        status in prop::collection::vec(prop::sample::select(Status::ALL.to_vec()), 10),
        ways in prop::collection::vec(0..5_usize, 10),
    ) {
        let identity = workflow.migration(&workflow, &BTreeMap::new()).unwrap();
        prop_assert!(identity.map.iter().all(|(left, entered)| left == entered));
        prop_assert_eq!(identity.map.len(), workflow.states.len());
        prop_assert!(identity.flagged.is_empty());

        // Two more revisions of the same names, with other statuses, and a way from each to the next.
        let count = workflow.states.len();
        let revision = |rev: u32, status: &[Status]| {
            let states = workflow.states.iter().zip(status).map(|(state, status)| State::new(state.key.clone(), *status));
            Workflow { rev, states: states.collect(), ..workflow.clone() }
        };
        let (second, third) = (revision(2, &status[..5]), revision(3, &status[5..]));
        let way = |ways: &[usize]| -> BTreeMap<Key, Key> {
            let key = |i: usize| workflow.states[i % count].key.clone();
            ways.iter().take(count).enumerate().map(|(i, to)| (key(i), key(*to))).collect()
        };
        let first = workflow.migration(&second, &way(&ways[..5])).unwrap();
        let then = second.migration(&third, &way(&ways[5..])).unwrap();
        let both = first.then(&then).unwrap();
        let direct = workflow.migration(&third, &both.map).unwrap();
        prop_assert_eq!((&direct.from, &direct.to, &direct.map), (&both.from, &both.to, &both.map));
        prop_assert!(direct.flagged.iter().all(|key| both.flagged.contains(key)));
        prop_assert_eq!(then.then(&first), None);
        prop_assert_eq!(identity.then(&first), Some(first));
    }

    #[test]
    fn law_27_another_transition_never_removes_a_move(workflow in workflows(), more in workflows()) {
        let mut grown = workflow.clone();
        grown.transitions.extend(more.transitions.into_iter().map(|transition| {
            Transition { key: Key::new(format!("more {}", transition.key)), ..transition }
        }));
        prop_assert!(edges(&workflow).is_subset(&edges(&grown)));
    }
}

/// The faults of the incident workflow after a change.
fn faults(change: impl FnOnce(&mut Workflow)) -> Vec<String> {
    let mut workflow = Workflow::incident();
    change(&mut workflow);
    workflow.check().iter().map(ToString::to_string).collect()
}

fn state<'a>(workflow: &'a mut Workflow, key: &str) -> &'a mut State {
    workflow.states.iter_mut().find(|state| state.key == *key).unwrap()
}

fn transition<'a>(workflow: &'a mut Workflow, key: &str) -> &'a mut Transition {
    workflow.transitions.iter_mut().find(|transition| transition.key == *key).unwrap()
}

#[test]
fn names_are_valid_and_tell_what_is_meant() {
    let bad = "is no name: 1 to 128 bytes, no control characters, no blank at either end";
    assert_eq!(faults(|w| w.id = Key::new(" x")), [format!("id: {bad}")]);
    assert_eq!(faults(|w| w.rev = 0), ["rev: revisions count from 1"]);
    assert_eq!(
        faults(|w| *w = w.clone().state(State::new("new", Status::New))),
        ["states[7].key: another state is named `new`"]
    );
    let previous = faults(|w| *w = w.clone().state(State::new("previous", Status::Open)));
    assert_eq!(previous[0], "states[previous].key: `previous` means the state before and cannot name one");
    assert_eq!(faults(|w| transition(w, "start").key = Key::default()), [format!("transitions[1].key: {bad}")]);
    assert_eq!(
        faults(|w| transition(w, "wait_vendor").key = "wait".into()),
        ["transitions[3].key: another transition named `wait` starts in `new`"]
    );
    assert_eq!(
        faults(|w| *w = w.clone().transition(Transition::new("open", Source::Create, "open"))),
        ["transitions[9].key: another transition named `open` starts at the opening"]
    );
}

#[test]
fn a_name_may_be_shared_by_transitions_that_start_apart() {
    let shared = |w: &mut Workflow| {
        transition(w, "resume").from = Source::of(["waiting"]);
        *w = w.clone().transition(Transition::new("resume", Source::of(["vendor"]), "new"));
    };
    assert_eq!(faults(shared), Vec::<String>::new());
}

#[test]
fn transitions_lead_from_and_to_states_that_are_there_and_never_from_closed_ones() {
    assert_eq!(
        faults(|w| transition(w, "cancel").to = Target::State("canceled".into()))[0],
        "transitions[cancel].to: no state `canceled`"
    );
    assert_eq!(
        faults(|w| transition(w, "reopen").from = Source::of(["resolved", "solved", "closed"])),
        [
            "transitions[reopen].from: no state `solved`",
            "transitions[reopen].from: `closed` is closed, and closed is final"
        ]
    );
    let any = |w: &mut Workflow| transition(w, "cancel").from = Source::Any;
    assert_eq!(faults(any), Vec::<String>::new(), "any state means any that is not closed");
}

#[test]
fn a_ticket_can_be_opened_to_be_worked_on() {
    assert_eq!(
        faults(|w| drop(w.transitions.remove(0))),
        ["transitions: none opens a ticket: needs one from `create`"]
    );
    assert_eq!(
        faults(|w| *w = w.clone().transition(Transition::new("note", Source::Create, "closed"))),
        ["transitions[note].to: a ticket opens into a new, open or pending state"]
    );
    assert_eq!(
        faults(|w| w
            .transitions
            .push(Transition { to: Target::Previous, ..Transition::new("back", Source::Create, "") }))[0],
        "transitions[back].to: at its opening a ticket has no state before"
    );
    let late = Cond::from(Atom::Status(Status::New)).or(Atom::Flag(Flag::Responded).into());
    assert_eq!(
        faults(|w| transition(w, "open").guard = late),
        [
            "transitions[open].guard: asks status:new, which no ticket has at its opening",
            "transitions[open].guard: asks flag:responded, which no ticket has at its opening",
        ]
    );
}

#[test]
fn pending_states_and_only_those_wait_and_closed_states_and_only_those_drop() {
    assert_eq!(
        faults(|w| state(w, "vendor").waiting = None),
        ["states[vendor].waiting: a pending state says who is awaited"]
    );
    assert_eq!(
        faults(|w| state(w, "open").waiting = Some(Waiting::Until)),
        ["states[open].waiting: only a pending state waits"]
    );
    assert_eq!(
        faults(|w| state(w, "open").dropped = true),
        ["states[open].dropped: only a closed state drops a ticket"]
    );
}

#[test]
fn a_reply_ends_the_waiting_for_it() {
    assert_eq!(
        faults(|w| state(w, "waiting").on_reply = None),
        ["states[waiting].on_reply: a state that waits for the requester names what their reply triggers"]
    );
    assert_eq!(
        faults(|w| state(w, "waiting").on_reply = Some("reopen".into())),
        ["states[waiting].on_reply: no transition `reopen` starts here"]
    );
    assert_eq!(
        faults(|w| state(w, "waiting").on_reply = Some("cancel".into())),
        ["states[waiting].on_reply: `cancel` leads to `cancelled`, which is neither new nor open"]
    );
    assert_eq!(
        faults(|w| transition(w, "resume").guard = Atom::Actor(ActorKind::Agent).into()),
        ["states[waiting].on_reply: the guard of `resume` never lets the desk itself take it"]
    );
}

#[test]
fn every_transition_can_be_taken() {
    let guard = |cond: Cond| faults(|w| transition(w, "close").guard = cond);
    let never = "transitions[close].guard: can never hold where the transition starts";
    let new = || Cond::from(Atom::Status(Status::New));
    assert!(guard(new().and(new().negate())).contains(&never.to_owned()));
    assert!(guard(new()).contains(&never.to_owned()), "it starts in a resolved state");
    let two = Cond::from(Atom::State("new".into())).and(Atom::State("open".into()).into());
    assert!(guard(two).contains(&never.to_owned()));
    assert_eq!(guard(Cond::Any(vec![]))[0], "transitions[close].guard: an `any` without alternatives never holds");
    assert_eq!(guard(Cond::from(Atom::State("done".into())).negate()), ["transitions[close].guard: no state `done`"]);
    assert_eq!(
        faults(|w| transition(w, "wait").from = Source::Of(vec![]))[0],
        "transitions[wait].from: it starts nowhere"
    );
    let opened_only = Workflow::new("note")
        .state(State::new("new", Status::New))
        .state(State::new("closed", Status::Closed))
        .transition(Transition::new("open", Source::Create, "new"))
        .transition(Transition { to: Target::Previous, ..Transition::new("back", Source::of(["new"]), "") })
        .transition(Transition::new("close", Source::Any, "closed"));
    assert_eq!(
        opened_only.check()[0].to_string(),
        "transitions[back].to: no state leads to where it starts, so there is no way back"
    );
    assert_eq!(
        faults(|w| transition(w, "close").effects = vec![Action::Move("reopen".into())]),
        ["transitions[close].effects[0]: a transition cannot take another; a policy can"]
    );
}

#[test]
fn no_ticket_gets_stuck() {
    assert_eq!(
        faults(|w| transition(w, "wait_vendor").to = Target::State("waiting".into())),
        ["states[vendor]: cannot be reached"]
    );
    assert_eq!(
        faults(|w| *w = w.clone().state(State::new("limbo", Status::Open)).transition(Transition::new(
            "x",
            Source::of(["new"]),
            "limbo"
        ))),
        ["states[limbo]: nobody can leave it"]
    );
    let loops = faults(|w| {
        *w = w
            .clone()
            .state(State::new("ping", Status::Open))
            .state(State::new("pong", Status::Open))
            .transition(Transition::new("x", Source::of(["new", "pong"]), "ping"))
            .transition(Transition::new("y", Source::of(["ping"]), "pong"));
    });
    assert_eq!(
        loops,
        [
            "states[ping]: no closed state can be reached from it",
            "states[pong]: no closed state can be reached from it"
        ]
    );
    let endless = faults(|w| w.states.retain(|state| state.status != Status::Closed));
    assert!(endless.contains(&"states: none is closed: tickets would never end".to_owned()));
}

#[test]
fn what_is_resolved_can_be_reopened_and_closed() {
    let faults = faults(|w| {
        state(w, "resolved").on_reply = None;
        w.transitions.retain(|transition| transition.key != "reopen" && transition.key != "close");
    });
    assert_eq!(
        faults,
        [
            "states[resolved]: nobody can leave it",
            "states[closed]: cannot be reached",
            "states[resolved]: what is resolved can be reopened: needs a transition to a new or open state",
            "states[resolved]: what is resolved can be closed: needs a transition to a closed state",
        ]
    );
}

#[test]
fn the_table_of_liveness_tells_who_can_leave_a_state() {
    let mut workflow = Workflow::incident();
    for transition in &mut workflow.transitions {
        if transition.starts_in(&State::new("vendor", Status::Pending)) {
            transition.guard = Atom::Role("buyer".into()).into();
        }
    }
    let liveness = workflow.liveness();
    assert_eq!(liveness["vendor"], BTreeSet::from([Party::Role("buyer".into())]));
    assert!(liveness["resolved"].contains(&Party::Kind(ActorKind::Requester)), "on their own ticket");
    assert!(!liveness.contains_key("closed"));
    let rows: Vec<&str> = liveness.into_keys().collect();
    assert_eq!(rows, ["new", "open", "resolved", "vendor", "waiting"]);
}

#[test]
fn a_migration_names_every_state_without_a_place_to_go() {
    let map = BTreeMap::from([("new".into(), "nowhere".into()), ("old".into(), "closed".into())]);
    let faults = Workflow::incident().migration(&Workflow::task(), &map).unwrap_err();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "map[old]: incident@1 has no state `old`",
            "map[new]: task@1 has no state `nowhere`",
            "map[open]: task@1 has no state `open`",
            "map[waiting]: task@1 has no state `waiting`",
            "map[vendor]: task@1 has no state `vendor`",
            "map[resolved]: task@1 has no state `resolved`",
        ]
    );
}

#[test]
fn states_that_start_or_stop_clocks_are_flagged() {
    let (old, mut new) = (Workflow::incident(), Workflow::incident().revision(2));
    state(&mut new, "vendor").waiting = Some(Waiting::Requester);
    state(&mut new, "open").status = Status::New;
    state(&mut new, "cancelled").dropped = false;
    let migration = old.migration(&new, &BTreeMap::new()).unwrap();
    assert_eq!(migration.flagged, ["cancelled", "open", "vendor"]);
}
