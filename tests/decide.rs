//! What is decided, given a ticket and somebody who asks: the pure core, without a desk or a store.

use std::sync::Arc;

use ticketcore::cond::{Atom, Cmp, Unmet};
use ticketcore::config::{State, Transition, Workflow, workflow::Source};
use ticketcore::event::{Absorbed, Merged, Moved, Pose, SplitOff, Unmerged};
use ticketcore::testing::{Given, given};
use ticketcore::ticket::{Link, Override};
use ticketcore::{
    Actor, Command, Config, Draft, Event, FieldType, Key, Level, LinkKind, Policy, Priority, Refusal, Span, Status,
    Ticket, TicketId, Value, Version, Waiting,
};

/// A ticket of the requester `bo`, looked at by the agent `ada`.
fn printer() -> Given {
    given(Config::default()).ticket(Draft::incident("Printer is on fire").requester("bo"))
}

fn moves(keys: &[&'static str]) -> Vec<Command> {
    keys.iter().map(|key| Command::transition(*key)).collect()
}

fn faults(refusal: &Refusal) -> Vec<String> {
    let Refusal::Invalid { faults } = refusal else { panic!("{refusal}") };
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_move_is_recorded_with_what_the_new_state_means() {
    let moved = Moved {
        transition: "wait".into(),
        from: "new".into(),
        to: "waiting".into(),
        status: Status::Pending,
        waiting: Some(Waiting::Requester),
        dropped: false,
    };
    printer().when(Command::transition("wait")).then(&[Event::Moved(moved)]).then_ticket(|ticket| {
        assert_eq!(
            (ticket.status, ticket.waiting, ticket.version),
            (Status::Pending, Some(Waiting::Requester), Version(2))
        );
    });
}

#[test]
fn a_refused_move_names_the_ones_there_are() {
    printer().having(moves(&["resolve"])).when(Command::transition("start")).then_refused(|refusal| {
        let possible = ["reopen", "close"].map(Key::from).to_vec();
        let meant = Refusal::NoSuchMove { transition: "start".into(), from: "resolved".into(), possible };
        assert_eq!(*refusal, meant);
        assert_eq!(refusal.to_string(), "no transition `start` from state `resolved`; possible: reopen, close");
    });
}

#[test]
fn a_closed_ticket_has_no_moves() {
    printer().having(moves(&["resolve", "close"])).when(Command::transition("reopen")).then_refused(|refusal| {
        assert!(refusal.to_string().ends_with("possible: none"), "{refusal}");
    });
}

#[test]
fn commands_see_what_the_ones_before_them_did_and_are_done_all_or_none() {
    printer().when(moves(&["start", "wait", "resume", "resolve"])).then_named(&["moved"; 4]);
    printer().when(moves(&["start", "resume"])).then_refused(|refusal| {
        assert!(matches!(refusal, Refusal::NoSuchMove { from, .. } if from == "open"));
    });
}

#[test]
fn a_request_that_saw_an_older_ticket_is_refused() {
    let request = ticketcore::Request::from(Command::assign("ada")).at(Version(1));
    printer().when(request.clone()).then_named(&["assigned"]);
    printer().having(Command::Tag("hot".into())).when(request).then_refused(|refusal| {
        assert_eq!(*refusal, Refusal::Changed { seen: Version(1), found: Version(2), changes: Vec::new() });
    });
}

/// Fixing needs a resolution, for as long as the ticket is fixed.
fn demanding() -> Given {
    let workflow = Workflow::new("repair")
        .state(State::new("broken", Status::New))
        .state(State::new("fixed", Status::Resolved).requires("resolution"))
        .state(State::new("gone", Status::Closed))
        .transition(Transition::new("open", Source::Create, "broken"))
        .transition(Transition::new("fix", Source::of(["broken"]), "fixed"))
        .transition(Transition::new("break", Source::of(["fixed"]), "broken"))
        .transition(Transition::new("drop", Source::of(["broken", "fixed"]), "gone"));
    let config = Config { kinds: [].into(), workflows: Vec::new(), policies: Vec::new(), ..Config::default() };
    let config = config.workflow(workflow).kind("repair", "repair", "R-").field("resolution", FieldType::Text);
    let alerts = ticketcore::config::Alerts {
        kind: "repair".into(),
        resolve: "fix".into(),
        reopen: "break".into(),
        ..config.alerts.clone()
    };
    given(Config { alerts, ..config }).ticket(Draft::new("repair", "Pump leaks"))
}

#[test]
fn a_state_demands_its_fields_on_the_way_in() {
    let missing = Unmet::Missing(Atom::Field("resolution".into(), Cmp::Set));
    let unmet = Refusal::Unmet { what: "fix".into(), reasons: vec![missing] };
    demanding().when(Command::transition("fix")).then_refused(|refusal| assert_eq!(*refusal, unmet));
    let both = [Command::set("resolution", "new seal"), Command::transition("fix")];
    demanding().when(both).then_named(&["field_set", "moved"]);
}

/// Law 22: what a state demands it demands for as long as the ticket is there.
#[test]
fn law_22_a_state_demands_its_fields_while_the_ticket_is_there() {
    let fixed = || demanding().having([Command::set("resolution", "new seal"), Command::transition("fix")]);
    let clear = Command::Set("resolution".into(), None);
    fixed().when(clear.clone()).then_refused(|refusal| {
        assert!(matches!(refusal, Refusal::Unmet { what, .. } if what == "fixed"), "{refusal}");
    });
    fixed().when(Command::set("resolution", "new pump")).then_named(&["field_set"]);
    fixed().when([Command::transition("break"), clear]).then_named(&["moved", "field_set"]);
}

#[test]
fn a_guard_says_who_may() {
    let mallory = || printer().by(Actor::requester("mallory"));
    mallory().when(Command::transition("cancel")).then_refused(|refusal| {
        assert_eq!(refusal.to_string(), "`mallory` may not move");
    });
    printer().by(Actor::requester("bo")).when(Command::transition("cancel")).then_ticket(|ticket| {
        assert!(ticket.dropped && ticket.status == Status::Closed);
    });
}

#[test]
fn the_requesters_reply_reopens_a_solved_ticket_and_resumes_a_waiting_one() {
    for (before, after) in [("resolve", "open"), ("wait", "open"), ("start", "open")] {
        let reply = || printer().having(Command::transition(before)).by(Actor::requester("bo"));
        let moved = if before == "start" { &["said"][..] } else { &["said", "moved"] };
        reply()
            .when(Command::reply("It burns again"))
            .then_named(moved)
            .then_ticket(|ticket| assert_eq!(ticket.state, after));
        let note = printer().having(Command::transition(before)).by(Actor::agent("bo"));
        note.when(Command::note("To myself")).then_named(&["said"]);
    }
    let solved = printer().having(Command::transition("resolve"));
    solved.when(Command::reply("Works again?")).then_named(&["said"]).then_ticket(|ticket| {
        assert_eq!((ticket.status, ticket.reopens), (Status::Resolved, 0), "an agent's reply reopens nothing");
    });
}

#[test]
fn a_ticket_that_has_ended_is_neither_taken_on_nor_put_away_nor_escalated() {
    let tomorrow = "2026-03-03T09:00:00Z".parse().unwrap();
    let commands = [Command::Acknowledge(None), Command::Snooze(tomorrow), Command::Escalate(1)];
    for ending in [&["resolve"][..], &["resolve", "close"], &["cancel"]] {
        for command in &commands {
            printer().having(moves(ending)).when(command.clone()).then_refused(|refusal| {
                assert!(matches!(refusal, Refusal::Ended { .. }), "{refusal}");
            });
        }
    }
    for command in commands {
        printer().when(command).then_ticket(|ticket| assert_eq!(ticket.version, Version(2)));
    }
}

#[test]
fn what_is_put_away_comes_back_later_and_not_before() {
    printer().when(Command::Snooze("2026-03-02T09:00:00Z".parse().unwrap())).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["until: is not in the future"]);
    });
    let snoozed = || printer().having(Command::Snooze("2026-03-02T10:00:00Z".parse().unwrap()));
    snoozed().at("2026-03-02T10:00:00Z").when_ticked().then(&[]);
    snoozed().at("2026-03-02T10:00:00.000001Z").when_ticked().then_named(&["fired", "woken"]);
}

/// Another incident, numbered 2.
fn part(of: Arc<Ticket>) -> Given {
    let draft = Draft::incident("Toner is missing");
    given(Config::default()).id(2).ticket(draft).beside(of)
}

fn linked(kind: LinkKind, to: u128) -> Event {
    Event::Linked(Link { kind, to: id(to) })
}

fn id(number: u128) -> TicketId {
    format!("{number:032x}").parse().unwrap()
}

#[test]
fn a_ticket_is_not_solved_while_a_child_or_a_blocker_of_it_is_open() {
    for kind in [LinkKind::Child, LinkKind::BlockedBy] {
        let other = || given(Config::default()).id(2).ticket(Draft::incident("Toner is missing"));
        let whole = |other| printer().events([linked(kind, 2)]).beside(other).when(Command::transition("resolve"));
        whole(other().into_ticket()).then_refused(|refusal| {
            assert_eq!(
                *refusal,
                Refusal::Unmet {
                    what: "resolve".into(),
                    reasons: vec![Unmet::Blocked(Atom::NoOpen(kind), vec![id(2)])],
                }
            );
        });
        whole(other().having(Command::transition("resolve")).into_ticket()).then_named(&["moved"]);
    }
    printer().events([linked(LinkKind::Child, 9)]).when(Command::transition("resolve")).then_refused(|refusal| {
        assert!(refusal.to_string().contains("but open"), "what was not looked at counts as open: {refusal}");
    });
}

#[test]
fn a_link_is_between_two_that_exist_and_closes_no_circle() {
    let below = Command::Link(LinkKind::Parent, id(1));
    part(printer().into_ticket()).when(below.clone()).then(&[linked(LinkKind::Parent, 1)]);
    part(printer().into_ticket()).when(Command::Link(LinkKind::Relates, id(3))).then_refused(|refusal| {
        assert_eq!(*refusal, Refusal::NoSuchTicket { id: id(3) });
    });
    part(printer().into_ticket()).when(Command::Link(LinkKind::Relates, id(2))).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["link: a ticket cannot be linked to itself"]);
    });
    let its_child = printer().events([linked(LinkKind::Parent, 2)]).into_ticket();
    part(its_child).when(below.clone()).then_refused(|refusal| {
        assert!(
            faults(refusal)[0].ends_with("is below ticket 00000000-0000-0000-0000-000000000002 already"),
            "{refusal}"
        );
    });
    let closed = printer().having(moves(&["resolve", "close"])).into_ticket();
    part(closed).when(below).then_refused(|refusal| {
        assert!(faults(refusal)[0].ends_with("is closed and takes no open child"), "{refusal}");
    });
}

#[test]
fn a_priority_set_by_hand_stands_until_it_is_taken_back() {
    let set = || printer().having(Command::Prioritise(Priority::P1, "the boss".to_owned()));
    set().when(Command::Rate(Level::LOW, Level::LOW)).then_named(&["rated"]).then_ticket(|ticket| {
        assert_eq!((ticket.priority(), ticket.computed), (Priority::P1, Priority::P5));
        assert_eq!(
            ticket.overridden.as_deref(),
            Some(&Override { priority: Priority::P1, reason: "the boss".to_owned() })
        );
    });
    set().when(Command::RestorePriority).then(&[Event::PriorityRestored]).then_ticket(|ticket| {
        assert_eq!(ticket.priority(), Priority::P3);
    });
    printer().when(Command::Prioritise(Priority::P1, " ".to_owned())).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["reason: is empty"]);
    });
    printer().when(Command::Rate(Level(4), Level::LOW)).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["impact: impact 4 and urgency 3 are not both in the matrix"]);
    });
}

#[test]
fn input_beyond_the_limits_is_refused_and_every_fault_named() {
    let limits = ticketcore::config::Limits { subject: 10, text: 20, ..Default::default() };
    let desk = || given(Config { limits, ..Config::default() });
    desk().when_opened(Draft::incident("Exactly 10").description("x".repeat(20))).then_named(&["opened"]);
    let draft = Draft::incident("Longer than ten").description("x\0".repeat(11)).tag("").field("colour", "red");
    desk().when_opened(draft).then_refused(|refusal| {
        let meant = [
            "subject: has 15 bytes, the limit is 10",
            "description: has 22 bytes, the limit is 20",
            "description: holds a NUL character",
            "tags: needs 1 to 128 bytes, no control character and no blank at either end",
            "fields.colour: is no field of this desk; known: ",
        ];
        assert_eq!(faults(refusal), meant);
    });
    let ticket = || desk().ticket(Draft::incident("Short"));
    ticket().when(Command::reply("x".repeat(21))).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["body: has 21 bytes, the limit is 20"]);
    });
    ticket().when([Command::Rename("a\0b".to_owned()), Command::reply("")]).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["subject: holds a NUL character", "body: is empty"]);
    });
}

#[test]
fn a_command_that_changes_nothing_records_nothing() {
    let config = Config::default().field("seats", FieldType::Int);
    let draft = Draft::incident("Printer is on fire").requester("bo").assignee("ada").team("net").queue("desk");
    let draft = draft.category("print").tag("hot").field("seats", 3).external("JIRA-1");
    let same = [
        Command::assign("ada"),
        Command::AssignTeam(Some("net".into())),
        Command::Enqueue(Some("desk".into())),
        Command::ChangeRequester(Some("bo".into())),
        Command::Rename("Printer is on fire".to_owned()),
        Command::Categorise(Some("print".into())),
        Command::Tag("hot".into()),
        Command::Untag("cold".into()),
        Command::set("seats", 3),
        Command::Reference(Some("JIRA-1".to_owned())),
        Command::Rate(Level::MEDIUM, Level::MEDIUM),
        Command::RestorePriority,
        Command::Escalate(0),
        Command::Unwatch("eve".into()),
        Command::Unlink(LinkKind::Child, id(2)),
        Command::Unmerge,
        Command::Unacknowledge,
        Command::Wake,
        Command::Waive("snooze".into(), "no breach".to_owned()),
    ];
    for command in &same {
        given(config.clone()).ticket(draft.clone()).when(command.clone()).then(&[]);
    }
    let clear = |field: &'static str| Command::Set(field.into(), None);
    given(config.clone()).ticket(Draft::incident("No seats")).when(clear("seats")).then(&[]);
    given(config.clone()).ticket(draft.clone()).when(clear("seat")).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["fields.seat: is no field of this desk"]);
    });
    given(config)
        .ticket(draft)
        .when(same.to_vec())
        .then(&[])
        .then_ticket(|ticket| assert_eq!(ticket.version, Version(1)));
}

#[test]
fn what_time_made_due_comes_before_what_is_asked() {
    let policy = Policy::first_response("response").target(Priority::P3, Span::hours(1));
    let late = given(Config::default().policy(policy)).ticket(Draft::incident("Slow")).at("2026-03-02T11:00:00Z");
    late.when(Command::reply("Sorry")).then_named(&["breached", "said"]);
}

#[test]
fn a_draft_is_opened_with_what_it_says() {
    let config = Config::default().field("seats", FieldType::Int);
    let opening = |draft| given(config.clone()).by(Actor::requester("bo")).when_opened(draft);
    opening(Draft::request("A chair").field("seats", 1).rated(Level::HIGH, Level::HIGH)).then_ticket(|ticket| {
        assert_eq!((ticket.requester.as_ref().map(AsRef::as_ref), ticket.priority()), (Some("bo"), Priority::P1));
        assert_eq!((ticket.state.as_str(), ticket.fields[&Key::from("seats")].clone()), ("new", Value::Int(1)));
    });
    opening(Draft::new("wish", "A pony")).then_refused(|refusal| {
        assert!(
            faults(refusal)[0].starts_with("kind: `wish` is no kind of this desk; known: alert, article, change"),
            "{refusal}"
        );
    });
}

#[test]
#[should_panic(expected = "- {\"tagged\":\"cold\"}\n+ {\"tagged\":\"hot\"}")]
fn what_was_expected_and_what_was_found_stand_below_each_other() {
    printer().when(Command::Tag("hot".into())).then(&[Event::Tagged("cold".into())]);
}

#[test]
fn a_merge_is_an_event_on_each_ticket_and_so_is_its_undoing() {
    let survivor = given(Config::default()).id(2).ticket(Draft::incident("Smoke").requester("eve")).into_ticket();
    let pose = Pose { state: "new".into(), status: Status::New, waiting: None, dropped: false, closed: None };
    let merged = Merged { into: id(2), state: "cancelled".into(), from: pose.clone() };
    let absorbed = Absorbed {
        from: id(1),
        messages: Vec::new(),
        watchers: vec!["kim".into()],
        participants: vec!["bo".into()],
        alerts: Vec::new(),
        tickets: 1,
    };
    let watched = || printer().having(Command::Watch("kim".into()));
    let outcome = watched()
        .beside(survivor)
        .when(Command::Merge(id(2)))
        .then(&[Event::Merged(Box::new(merged.clone()))])
        .then_beside(id(2), &[Event::Absorbed(absorbed.clone())]);
    let survivor = outcome.into_tickets().remove(1);
    assert_eq!(survivor.tickets(), 1);
    watched()
        .events([Event::Merged(Box::new(merged))])
        .beside(survivor)
        .when(Command::Unmerge)
        .then(&[Event::Unmerged(Box::new(Unmerged { from: id(2), pose, alerts: Vec::new() }))])
        .then_beside(id(2), &[Event::Released(absorbed)])
        .then_ticket(|ticket| assert_eq!((ticket.state.as_str(), ticket.status), ("new", Status::New)));
}

#[test]
fn a_split_opens_the_ticket_that_an_id_was_set_aside_for() {
    let described = || given(Config::default()).ticket(Draft::incident("No mail").description("And no screen"));
    let split = || Command::Split(vec![Version(1)], Box::new(Draft::task("Screen")));
    let parted = SplitOff { into: id(9), messages: vec![Version(1)] };
    let outcome = described()
        .having(Command::reply("No mail at all?"))
        .set_aside(9)
        .when(split())
        .then(&[Event::SplitOff(parted.clone())]);
    let tickets = outcome.into_tickets();
    assert_eq!((tickets[0].parted.as_slice(), tickets[1].id), ([parted].as_slice(), id(9)));
    assert_eq!((tickets[1].subject.as_str(), tickets[1].absorbed[0].from), ("Screen", id(1)));
    described().having(Command::reply("No mail at all?")).when(split()).then_refused(|refusal| {
        assert_eq!(faults(refusal), ["split: no id was set aside for the new ticket"]);
    });
}

#[test]
fn a_merged_ticket_hears_of_nothing_but_its_undoing() {
    let merged = Merged { into: id(2), state: "cancelled".into(), from: Pose::of(&printer().into_ticket()) };
    let commands = [
        Command::transition("start"),
        Command::reply("Hello?"),
        Command::Tag("hot".into()),
        Command::Merge(id(3)),
        Command::Link(LinkKind::Relates, id(3)),
        Command::Wake,
    ];
    for command in commands {
        let gone = printer().events([Event::Merged(Box::new(merged.clone()))]);
        gone.when(command).then_refused(|refusal| {
            assert_eq!(*refusal, Refusal::Merged { id: id(1), into: id(2) });
        });
    }
}
