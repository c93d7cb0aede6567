//! Approvals: who is asked, whose votes count, and what a guard makes of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ticketcore::approval::Verdict;
use ticketcore::cond::{Atom, Cond, Unmet};
use ticketcore::config::{Approval, Quorum, Source, State, Transition, Voters, Workflow};
use ticketcore::engine::Objection;
use ticketcore::testing::{Given, given};
use ticketcore::{
    Actor, Command, Config, Draft, Event, FieldType, Level, Policy, Refusal, Span, Status, Ticket, Version,
};

/// A desk whose changes are carried out once two managers and then the net team have approved them.
fn config(cab: Approval) -> Config {
    let workflow = Workflow::new("rollout")
        .state(State::new("planned", Status::New))
        .state(State::new("done", Status::Closed))
        .transition(Transition::new("open", Source::Create, "planned"))
        .transition(Transition::new("roll", Source::of(["planned"]), "done").guard(Atom::Approved("cab".into())));
    Config::default()
        .workflow(workflow)
        .kind("rollout", "rollout", "R-")
        .field("site", FieldType::Text)
        .approval("cab", cab)
        .approval("later", Approval::default().step(Voters::role("boss"), 1))
}

fn two_then_one() -> Approval {
    Approval::default()
        .step(Voters::role("change_manager"), 2)
        .step(Voters::people(["kim", "lin"]), 1)
        .ordered()
        .expires(Span::days(2))
}

/// A rollout of the requester `bo`, on which `ada` asked for the approval at nine o'clock.
fn asked(cab: Approval) -> Given {
    let draft = Draft::new("rollout", "New firewall").requester("bo").field("site", "Berlin");
    given(config(cab)).ticket(draft).having(Command::RequestApproval("cab".into()))
}

fn manager(name: &str) -> Actor {
    Actor::agent(name).role("change_manager")
}

fn approve(seen: i64) -> Command {
    Command::approve("cab", Version(seen))
}

fn roll() -> Command {
    Command::transition("roll")
}

/// Why a vote, or what was asked instead, is refused.
#[track_caller]
fn objection(given: Given, command: Command) -> String {
    let mut text = String::new();
    given.when(command).then_refused(|refusal| text = refusal.to_string());
    text.trim_start_matches("no vote on approval `cab`: ").to_owned()
}

#[test]
fn asking_writes_down_what_is_needed() {
    let steps = vec![
        Quorum { from: Voters::role("change_manager"), need: 2 },
        Quorum { from: Voters::people(["lin", "kim"]), need: 1 },
    ];
    let expires = Some("2026-03-04T09:00:00Z".parse().unwrap());
    let requested = Event::ApprovalRequested { approval: "cab".into(), steps, ordered: true, own: false, expires };
    let story = "asked for approval cab: 2 of role change_manager, then 1 of kim, lin, until 2026-03-04 09:00:00";
    assert_eq!(requested.to_string(), story);
    given(config(two_then_one()))
        .ticket(Draft::new("rollout", "New firewall"))
        .when(Command::RequestApproval("cab".into()))
        .then(&[requested])
        .then_ticket(|ticket| assert_eq!(ticket.approvals["cab"].asked, Version(2)));
}

#[test]
fn asking_again_changes_nothing_until_it_is_rejected_or_over() {
    let again = || Command::RequestApproval("cab".into());
    asked(two_then_one()).when(again()).then(&[]);
    let one = || asked(Approval::default().step(Voters::role("change_manager"), 1).expires(Span::hours(1)));
    one().by(manager("eve")).having(approve(2)).when(again()).then(&[]);
    one().at("2026-03-02T10:00:00Z").when(again()).then(&[]);
    one().at("2026-03-02T10:00:01Z").when(again()).then_named(&["approval_requested"]);
    let rejected = one().by(manager("eve")).having(Command::reject("cab", Version(2), "no way back"));
    rejected
        .by(Actor::agent("ada"))
        .having(again())
        .by(manager("eve"))
        .when(approve(4))
        .then_named(&["approved"])
        .then_ticket(|ticket| assert_eq!(ticket.approvals["cab"].votes.len(), 1, "the old votes went"));
}

#[test]
fn a_guard_holds_once_all_steps_have_their_votes_in_order() {
    let unmet = |given: Given, text: &str| {
        given.when(roll()).then_refused(|refusal| {
            let Refusal::Unmet { reasons, .. } = refusal else { panic!("{refusal}") };
            assert_eq!(reasons.iter().map(Unmet::to_string).collect::<Vec<_>>(), [text]);
        });
    };
    let until = "open until 2026-03-04 09:00:00";
    unmet(given(config(two_then_one())).ticket(Draft::new("rollout", "x")), "needs approval cab: was not asked for");
    let given = asked(two_then_one());
    let lacking = format!("needs approval cab: 0 of 2 from role change_manager, then 0 of 1 from kim, lin, {until}");
    unmet(given.clone(), &lacking);
    let given = given.by(manager("eve")).having(approve(2));
    unmet(given.clone(), &lacking.replace("0 of 2", "1 of 2"));
    assert_eq!(
        objection(given.clone().by(Actor::agent("kim")), approve(2)),
        "comes after 1 of 2 from role change_manager"
    );
    let given = given.by(manager("max")).having(approve(3));
    unmet(given.clone(), &format!("needs approval cab: 0 of 1 from kim, lin, {until}"));
    let given = given.by(Actor::agent("lin")).having(approve(2));
    given.by(Actor::agent("ada")).when(roll()).then_named(&["moved"]);
}

#[test]
fn steps_without_an_order_are_open_at_once() {
    let cab = Approval { ordered: false, ..two_then_one() };
    let given = asked(cab).by(Actor::agent("kim")).having(approve(2));
    assert_eq!(objection(given.clone().by(Actor::agent("lin")), approve(2)), "enough others have voted");
    let given = given.by(manager("eve")).having(approve(2)).by(manager("max")).having(approve(2));
    given.when(roll()).then_named(&["moved"]);
}

#[test]
fn a_vote_counts_for_one_step_and_says_which() {
    let twice = Approval::default().step(Voters::role("change_manager"), 1).step(Voters::people(["eve"]), 1);
    let eve = asked(twice).by(manager("eve"));
    let vote = |step| Event::Approved {
        approval: "cab".into(),
        step,
        instead_of: None,
        seen: Version(2),
        reason: Some("fine".to_owned()),
    };
    assert_eq!(vote(1).to_string(), "approved cab as of version 2: fine");
    let command = Command::Approve { approval: "cab".into(), seen: Version(2), reason: Some("fine".to_owned()) };
    eve.clone().when(command.clone()).then(&[vote(0)]);
    eve.when([command.clone(), command]).then(&[vote(0), vote(1)]);
}

#[test]
fn whoever_has_a_part_in_the_ticket_has_no_vote() {
    let part = |who: &str| format!("{who} has a part in the ticket");
    assert_eq!(objection(asked(two_then_one()).by(manager("ada")), approve(2)), part("ada"), "asked for it");
    assert_eq!(objection(asked(two_then_one()).by(manager("bo")), approve(2)), part("bo"), "gets it");
    let assigned = asked(two_then_one()).having(Command::assign("eve"));
    assert_eq!(objection(assigned.by(manager("eve")), approve(2)), part("eve"), "does it");
    let delegate = |to: &str| Command::Delegate { approval: "cab".into(), to: to.into() };
    assert_eq!(objection(asked(two_then_one()).by(manager("eve")), delegate("bo")), part("bo"));
    assert_eq!(objection(asked(two_then_one()).by(manager("ada")), delegate("eve")), part("ada"));
    asked(two_then_one().own()).by(manager("ada")).when(approve(2)).then_named(&["approved"]);
}

#[test]
fn votes_out_of_place_are_refused_with_reasons() {
    let given = || asked(two_then_one());
    let eve = || given().by(manager("eve")).having(approve(2));
    let done = || eve().by(manager("max")).having(approve(2)).by(Actor::agent("kim")).having(approve(2));
    let rejected = || given().by(manager("eve")).having(Command::reject("cab", Version(2), "too late"));
    let late = || given().at("2026-03-04T09:00:00.000001Z").by(manager("eve"));
    let withdrawn = || given().having(Command::WithdrawApproval("cab".into())).by(manager("eve"));
    let closed = || done().having(roll());
    let cases = [
        (given().by(Actor::agent("mallory")), approve(2), "is not among those who are asked"),
        (eve(), approve(2), "has voted already"),
        (eve(), Command::reject("cab", Version(3), "no"), "has voted already"),
        (done(), approve(2), "it is given"),
        (rejected().by(manager("max")), approve(2), "it was rejected by eve"),
        (late(), approve(2), "it expired at 2026-03-04 09:00:00"),
        (withdrawn(), approve(2), "it was not asked for"),
        (closed(), approve(2), "ticket is closed, so it cannot be approved"),
        (closed(), Command::RequestApproval("cab".into()), "ticket is closed, so it cannot be approved"),
        (eve(), approve(9), "invalid input: seen: is 9, but the ticket is at version 3"),
        (
            eve(),
            Command::approve("pub", Version(2)),
            "invalid input: approval: `pub` is no approval of this desk, and was not asked for",
        ),
        (eve(), Command::approve("later", Version(2)), "no vote on approval `later`: it was not asked for"),
        (
            eve(),
            Command::RequestApproval("pub".into()),
            "invalid input: approval: `pub` is no approval of this desk; known: cab, later",
        ),
        (
            eve(),
            Command::WithdrawApproval("pub".into()),
            "invalid input: approval: `pub` is no approval of this desk, and was not asked for",
        ),
        (given().by(manager("eve")), Command::reject("cab", Version(2), " "), "invalid input: reason: is empty"),
        (
            given().by(manager("eve")),
            Command::reject("cab", Version(2), "x".repeat(4001)),
            "invalid input: reason: has 4001 bytes, the limit is 4000",
        ),
    ];
    for (given, command, text) in cases {
        assert_eq!(objection(given, command.clone()), text, "{command:?}");
    }
    given().when(Command::WithdrawApproval("later".into())).then(&[]);
}

#[test]
fn one_vote_against_it_ends_it() {
    let against = Command::reject("cab", Version(2), "no way back");
    asked(two_then_one())
        .by(manager("eve"))
        .having(approve(2))
        .by(manager("max"))
        .having(against)
        .when(roll())
        .then_refused(|refusal| {
            assert_eq!(refusal.to_string(), "`roll` is refused: needs approval cab: was rejected by max")
        });
}

#[test]
fn a_change_of_content_asks_everybody_again_and_nothing_else_does() {
    let seen = |given: Given| given.by(manager("max")).when(approve(2));
    let eve = || asked(two_then_one()).by(manager("eve")).having(approve(2)).by(Actor::agent("ada"));
    for command in [
        Command::Rename("New firewall, wide open".to_owned()),
        Command::Categorise(Some("net".into())),
        Command::ChangeRequester(Some("mallory".into())),
        Command::set("site", "Paris"),
        Command::Set("site".into(), None),
        Command::Rate(Level::HIGH, Level::HIGH),
    ] {
        seen(eve().having(command)).then_refused(|refusal| {
            assert_eq!(*refusal, Refusal::Stale { approval: "cab".into(), seen: Version(2), revised: Version(4) });
            let text = "approval `cab` was looked at in version 2, but the ticket changed with version 4";
            assert_eq!(refusal.to_string(), text);
        });
    }
    for command in [
        Command::reply("Tonight"),
        Command::assign("lin"),
        Command::AssignTeam(Some("net".into())),
        Command::Tag("vip".into()),
        Command::Escalate(1),
        Command::Watch("kim".into()),
    ] {
        seen(eve().having(command)).then_named(&["approved"]);
    }
}

#[test]
fn outdated_votes_no_longer_count_and_are_told_of() {
    let one = Approval::default().step(Voters::role("change_manager"), 1);
    let given = asked(one).by(manager("eve")).having(approve(2)).having(Command::set("site", "Paris"));
    given.clone().when(roll()).then_refused(|refusal| {
        let pending = "0 of 1 from role change_manager, 1 given before the ticket changed";
        assert_eq!(refusal.to_string(), format!("`roll` is refused: needs approval cab: {pending}"));
    });
    given.clone().when([approve(4), roll()]).then_named(&["approved", "moved"]);
    let both = [Command::set("site", "Rome"), approve(4)];
    given.when(both).then_refused(|refusal| assert!(matches!(refusal, Refusal::Stale { .. }), "{refusal}"));
}

#[test]
fn a_rejection_of_older_content_no_longer_counts_either() {
    let given = asked(two_then_one()).by(manager("eve")).having(Command::reject("cab", Version(2), "not Berlin"));
    given.having(Command::set("site", "Paris")).when(approve(4)).then_named(&["approved"]);
}

#[test]
fn an_approval_holds_until_its_time_is_over() {
    let one = || Approval::default().step(Voters::role("change_manager"), 1).expires(Span::hours(1));
    let given = asked(one()).by(manager("eve")).having(approve(2));
    given.clone().at("2026-03-02T10:00:00Z").when(roll()).then_named(&["moved"]);
    given.at("2026-03-02T10:00:01Z").when(roll()).then_refused(|refusal| {
        let text = "`roll` is refused: needs approval cab: expired at 2026-03-02 10:00:00";
        assert_eq!(refusal.to_string(), text);
    });
}

#[test]
fn a_place_can_be_given_to_another_and_taken_back() {
    let delegate = |to: &str| Command::Delegate { approval: "cab".into(), to: to.into() };
    let delegated = |to: &str, steps| Event::Delegated { approval: "cab".into(), to: to.into(), steps };
    let given = asked(two_then_one()).by(manager("eve"));
    let event = delegated("zoe", BTreeSet::from([0]));
    assert_eq!(event.to_string(), "let zoe vote on cab");
    given.clone().when(delegate("zoe")).then(&[event]);

    let away = given.having(delegate("zoe"));
    away.clone().when(delegate("zoe")).then(&[]);
    assert_eq!(objection(away.clone(), approve(2)), "was given to zoe");
    let instead = Event::Approved {
        approval: "cab".into(),
        step: 0,
        instead_of: Some("eve".into()),
        seen: Version(3),
        reason: None,
    };
    assert_eq!(instead.to_string(), "approved cab as of version 3, in place of eve");
    let zoe = away.clone().by(Actor::agent("zoe"));
    zoe.clone().when(approve(3)).then(&[instead]);
    assert_eq!(objection(zoe.clone().having(approve(3)), approve(3)), "has voted already");

    let back = delegated("eve", BTreeSet::new());
    assert_eq!(back.to_string(), "gave the vote on cab back to eve");
    away.clone().when(delegate("eve")).then(&[back]);
    let back = away.having(delegate("eve"));
    back.clone().when(delegate("eve")).then(&[]);
    assert_eq!(objection(back.clone().by(Actor::agent("zoe")), approve(3)), "is not among those who are asked");
    back.when(approve(3)).then_named(&["approved"]);

    assert_eq!(objection(zoe.having(approve(3)).by(manager("eve")), delegate("max")), "has voted already");
}

#[test]
fn only_a_place_one_has_can_be_given_and_only_to_somebody_without_one() {
    let delegate = |to: &str| Command::Delegate { approval: "cab".into(), to: to.into() };
    let given = || asked(two_then_one());
    let lin = || given().by(Actor::agent("lin"));
    let cases = [
        (given().by(Actor::agent("mallory")), delegate("zoe"), "is not among those who are asked"),
        (given().by(manager("eve")).having(approve(2)), delegate("zoe"), "has voted already"),
        (lin(), delegate("kim"), "kim is asked already"),
        (
            lin(),
            delegate(""),
            "invalid input: to: needs 1 to 128 bytes, no control character and no blank at either end",
        ),
        (given().at("2026-03-05T09:00:00Z").by(manager("eve")), delegate("zoe"), "it expired at 2026-03-04 09:00:00"),
    ];
    for (given, command, text) in cases {
        assert_eq!(objection(given, command.clone()), text, "{command:?}");
    }
    let full = given().by(manager("eve")).having(approve(2)).by(manager("max")).having(approve(2)).by(manager("pia"));
    assert_eq!(objection(full, delegate("zoe")), "enough others have voted");
    let order = lin().having(delegate("zoe")).by(Actor::agent("zoe"));
    assert_eq!(objection(order, approve(3)), "comes after 0 of 2 from role change_manager");
}

/// Two places of one person are one vote: that is what four eyes are.
#[test]
fn one_person_counts_once_however_many_places_they_have() {
    let delegate = Command::Delegate { approval: "cab".into(), to: "zoe".into() };
    let given = asked(two_then_one()).by(manager("eve")).having(delegate.clone()).by(manager("max")).having(delegate);
    let given = given.by(Actor::agent("zoe")).having(approve(4));
    assert_eq!(objection(given, approve(4)), "has voted already");
}

#[test]
fn a_withdrawn_approval_takes_its_votes_along() {
    let one = Approval::default().step(Voters::role("change_manager"), 1);
    let given = asked(one).by(manager("eve")).having(approve(2));
    let withdrawn = Event::ApprovalWithdrawn("cab".into());
    assert_eq!(withdrawn.to_string(), "withdrew approval cab");
    given
        .clone()
        .when(Command::WithdrawApproval("cab".into()))
        .then(&[withdrawn])
        .then_ticket(|ticket| assert!(ticket.approvals.is_empty()));
    let both = [Command::WithdrawApproval("cab".into()), roll()];
    given.when(both).then_refused(|refusal| assert!(refusal.to_string().ends_with("was not asked for"), "{refusal}"));
}

#[test]
fn an_approval_that_cannot_be_given_is_refused_with_its_place() {
    let name = "is no name: 1 to 128 bytes, no control characters, no blank at either end";
    let role = |need| Approval::default().step(Voters::role("boss"), need);
    let cases: Vec<(Approval, Vec<String>)> = vec![
        (Approval::default(), vec!["approvals.x.steps: asks nobody".to_owned()]),
        (role(0), vec!["approvals.x.steps[0].need: must be at least one".to_owned()]),
        (role(255), vec![]),
        (role(1).expires(Span::ZERO), vec!["approvals.x.expires: must be longer than nothing".to_owned()]),
        (role(1).step(Voters::team(" a"), 1), vec![format!("approvals.x.steps[1].from: ` a` {name}")]),
        (
            Approval::default().step(Voters::people(["a", "b"]), 3),
            vec!["approvals.x.steps[0].need: is 3, of 2 people".to_owned()],
        ),
        (
            Approval::default().step(Voters::People(BTreeSet::new()), 1),
            vec!["approvals.x.steps[0].from: asks nobody".to_owned()],
        ),
    ];
    for (approval, expected) in cases {
        let faults: Vec<String> =
            Config::default().approval("x", approval.clone()).check().iter().map(ToString::to_string).collect();
        assert_eq!(faults, expected, "{approval:?}");
    }
    let unnamed = Config::default().approval("", role(1)).check();
    assert_eq!(unnamed.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("approvals.: {name}")]);
}

#[test]
fn an_atom_asks_for_an_approval_that_is_there_and_where_it_can_be_known() {
    let asks = || Cond::from(Atom::Approved("cab".into()));
    let faults = |config: Config| config.check().iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut config = Config::default();
    config.workflows[0].transitions[1].guard = asks();
    assert_eq!(faults(config), ["workflows[incident@1].transitions[start].guard: no approval `cab`"]);

    let cab = || Config::default().approval("cab", two_then_one());
    let mut config = cab();
    config.workflows[0].transitions[0].guard = asks();
    let problem = "asks approved:cab, which no ticket has at its opening";
    assert_eq!(faults(config), [format!("workflows[incident@1].transitions[open].guard: {problem}")]);
    assert_eq!(
        faults(cab().policy(Policy::resolution("gold").applies(asks()))),
        ["policies[gold].applies: asks approved:cab, but an approval comes and goes; a step's `unless` can ask for it"]
    );
}

/// What somebody might vote, whether the rules would let them or not.
fn votes() -> impl Strategy<Value = Vec<Event>> {
    let vote = (0..3_u16, 1..6_i64, prop::bool::weighted(0.97));
    let event = vote.prop_map(|(step, seen, agrees)| {
        let (approval, seen) = ("cab".into(), Version(seen));
        match agrees {
            true => Event::Approved { approval, step, instead_of: None, seen, reason: None },
            false => Event::Rejected { approval, step, instead_of: None, seen, reason: None },
        }
    });
    prop::collection::vec(event, 0..12)
}

fn holds(ticket: &Ticket) -> bool {
    ticket.approvals["cab"].verdict(ticket.revised, ticket.updated) == Verdict::Given
}

proptest! {
    /// Law 18: one vote more never turns Ok into Err. Law 66: any vote folds, and is written and read back.
    #[test]
    fn law_18_a_vote_for_it_never_revokes(votes in votes(), who in prop::collection::vec(0..6_usize, 12), seen in 0..20_i64) {
        let people = ["eve", "max", "kim", "lin", "zoe", "pia"];
        let cab = Approval::default().step(Voters::role("change_manager"), 2).step(Voters::people(["kim", "lin"]), 1);
        let mut given = asked(cab).events([Event::FieldSet("site".into(), None)]);
        for (vote, who) in votes.into_iter().zip(&who) {
            given = given.by(Actor::agent(people[*who])).events([vote]);
        }
        let before = given.clone().into_ticket();
        let text = ticketcore::codec::encode_ticket(&before).unwrap();
        prop_assert_eq!(&ticketcore::codec::decode_ticket(0, &text).unwrap(), &*before);
        for step in 0..3 {
            let vote = Event::Approved { approval: "cab".into(), step, instead_of: None, seen: Version(seen), reason: None };
            let after = given.clone().by(Actor::agent("ina")).events([vote]).into_ticket();
            prop_assert!(holds(&after) || !holds(&before));
        }
    }
}

#[test]
fn votes_on_what_was_not_asked_change_nothing() {
    let votes = [
        Event::Approved { approval: "cab".into(), step: 9, instead_of: None, seen: Version(0), reason: None },
        Event::Delegated { approval: "cab".into(), to: "zoe".into(), steps: BTreeSet::new() },
        Event::ApprovalWithdrawn("cab".into()),
    ];
    let ticket = given(config(two_then_one())).ticket(Draft::new("rollout", "x")).events(votes).into_ticket();
    assert!(ticket.approvals.is_empty() && ticket.revised == Version(1));
    assert!(matches!(Objection::Over(Verdict::Unasked).to_string().as_str(), "it was not asked for"));
}
