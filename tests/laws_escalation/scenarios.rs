//! What the policies of a desk do, one story each.

use chrono::TimeDelta;
use ticketcore::cond::Atom;
use ticketcore::config::Action;
use ticketcore::event::{Notice, Recipient, Skip};
use ticketcore::line::Flag;
use ticketcore::policy_log::StepKey;
use ticketcore::{Command, Event, Key, Policy, Priority, Recorded, Span, Status};

use crate::world::{World, after, at, config, minutes, start, steps, tell};

/// What was taken or skipped, and what the desk did then.
fn told(world: &World, after: usize) -> Vec<(u8, u16, Option<Skip>)> {
    let step = |recorded: &Recorded| match &recorded.event {
        Event::Fired { key, .. } => Some((key.round, key.step, None)),
        Event::Skipped { key, why, .. } => Some((key.round, key.step, Some(*why))),
        _ => None,
    };
    world.history().iter().skip(after).filter_map(step).collect()
}

#[test]
fn functional_escalation_finds_more_skill_and_hierarchical_more_authority() {
    let chain = Policy::escalation("chain")
        .step(after(15, [Action::AssignTeam("second_line".into()), Action::Assign("eve".into())]))
        .step(after(30, [tell("nobody_answers"), Action::Escalate(2), Action::Prioritise(Priority::P1)]))
        .step(after(45, [Action::Escalate(1), Action::Prioritise(Priority::P2)]));
    let world = World::new(config([chain]));
    world.tick(start() + minutes(60));
    let ticket = world.load();
    assert_eq!((ticket.team.clone(), ticket.assignee.clone()), (Some("second_line".into()), Some("eve".into())));
    assert_eq!((ticket.level, ticket.priority()), (2, Priority::P1), "nothing escalates downwards");
    let names =
        ["opened", "fired", "team_assigned", "assigned", "fired", "notified", "escalated", "prioritised", "fired"];
    assert_eq!(world.names(0), names);
    let notice =
        Notice { to: vec![Recipient::Lead("second_line".into())], template: "nobody_answers".into(), urgent: true };
    assert_eq!(world.history()[5].event, Event::Notified(notice), "the lead of the team that has it by then");
}

#[test]
fn a_step_within_office_hours_waits_for_the_opening_and_not_for_the_desk() {
    let chain = Policy::escalation("chain").step(after(5, [tell("late")]).within("office"));
    let world = World::new(config([chain]));
    assert_eq!(world.tick(start() + minutes(10)), (0, Some(at("2026-03-02T08:00:00.000001Z"))));
    world.tick(start() + minutes(500));
    assert_eq!(steps(&world.history())[0].1, at("2026-03-02T08:00:00Z"));
}

#[test]
fn a_step_whose_unless_holds_is_skipped_for_good() {
    let chain = Policy::escalation("chain").step(after(5, [tell("late")]).unless(Atom::Flag(Flag::Assigned)));
    let world = World::new(config([chain]));
    world.order(start(), Command::assign("ada"));
    world.tick(start() + minutes(6));
    world.order(start() + minutes(7), Command::Assign(None));
    world.tick(start() + minutes(500));
    assert_eq!(told(&world, 0), [(0, 0, Some(Skip::Unless))]);
}

#[test]
fn a_desk_that_slept_through_some_rounds_tells_people_once() {
    let chain = Policy::escalation("chain").step(after(5, [tell("late")])).repeat(9, Span::minutes(10));
    let world = World::new(config([chain]));
    world.tick(start() + minutes(6));
    world.tick(start() + minutes(40));
    let (taken, overtaken) = (None, Some(Skip::Overtaken));
    assert_eq!(told(&world, 0), [(0, 0, taken), (1, 0, overtaken), (2, 0, overtaken), (3, 0, taken)]);
}

#[test]
fn a_step_that_an_earlier_one_made_pointless_is_not_taken() {
    let chain = Policy::escalation("chain")
        .step(after(5, [Action::Move("resolve".into())]))
        .step(after(10, [tell("late")]))
        .step(after(15, [Action::Move("close".into())]));
    let world = World::new(config([chain]));
    world.tick(start() + minutes(500));
    assert_eq!(world.names(1), ["fired", "moved"]);
    assert_eq!(told(&world, 0), [(0, 0, None)], "the clock stopped before the others were looked for");
}

#[test]
fn a_step_that_is_not_possible_is_skipped_with_all_that_belongs_to_it() {
    let chain = Policy::escalation("chain").step(after(5, [tell("closing"), Action::Move("close".into())]));
    let world = World::new(config([chain]));
    world.tick(start() + minutes(500));
    assert_eq!(told(&world, 0), [(0, 0, Some(Skip::Impossible))], "what is not resolved cannot be closed");
    assert_eq!(world.load().status, Status::New);
}

#[test]
fn an_acknowledgement_stops_the_chain_and_its_end_starts_it_from_the_top() {
    let chain = Policy::escalation("chain").step(after(5, [tell("page")])).step(after(10, [tell("page_lead")]));
    let world = World::new(config([chain, Policy::ack_timeout("ack_timeout", Span::minutes(30))]));
    world.order(start() + minutes(7), Command::Acknowledge(None));
    world.tick(start() + minutes(37));
    assert_eq!(world.names(1), ["fired", "notified", "acknowledged"], "due is inclusive, also of the timeout");
    world.tick(start() + minutes(38));
    assert_eq!(world.names(4), ["fired", "unacknowledged"]);
    world.tick(start() + minutes(44));
    assert_eq!(world.names(6), ["fired", "notified"]);
    let key = StepKey { policy: "chain".into(), cycle: 2, round: 0, step: 0 };
    assert_eq!(steps(&world.history())[2], (key, start() + minutes(43)), "from when it was taken back");
}

#[test]
fn an_acknowledgement_ends_when_it_said_it_would() {
    let world = World::new(config([Policy::ack_timeout("ack_timeout", Span::hours(4))]));
    world.order(start(), Command::Acknowledge(Some(start() + minutes(20))));
    world.tick(start() + minutes(21));
    assert_eq!(world.load().acked, None);
}

#[test]
fn a_snoozed_ticket_comes_back_by_itself_and_only_once() {
    let world = World::new(config([Policy::snooze("snooze")]));
    world.order(start(), Command::Snooze(start() + minutes(60)));
    world.order(start() + minutes(30), Command::Snooze(start() + minutes(90)));
    assert_eq!(world.tick(start() + minutes(70)).0, 0, "put away again, and for longer");
    world.tick(start() + minutes(91));
    assert_eq!(world.names(1), ["snoozed", "snoozed", "fired", "woken"]);
    world.order(start() + minutes(100), Command::Snooze(start() + minutes(110)));
    world.tick(start() + minutes(111));
    assert_eq!(world.names(5), ["snoozed", "fired", "woken"]);
}

#[test]
fn a_resolved_ticket_closes_by_itself_unless_it_came_back() {
    let world = World::new(config([Policy::auto_close("auto_close", Span::days(2), "close")]));
    let day = |n| start() + TimeDelta::days(n);
    world.order(day(0), Command::transition("resolve"));
    world.order(day(1), Command::transition("reopen"));
    world.order(day(2), Command::transition("resolve"));
    world.tick(day(4));
    assert_eq!(world.load().status, Status::Resolved, "two days from the second time");
    world.tick(day(4) + minutes(1));
    assert_eq!((world.load().status, world.load().closed), (Status::Closed, Some(day(4) + minutes(1))));
    assert_eq!(steps(&world.history()), [(step_of("auto_close", 2), day(4))]);
}

fn step_of(policy: &str, cycle: u32) -> StepKey {
    StepKey { policy: Key::from(policy), cycle, round: 0, step: 0 }
}
