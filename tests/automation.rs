//! Automation rules: what they wait for, when they act, that they come to rest, and what they would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use ticketcore::cond::{Atom, Cond, Relation};
use ticketcore::config::{Action, At, Audience, Rule, Source, State, Step, Transition, Trigger, Workflow};
use ticketcore::testing::{Given, given};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Error, Event, FieldType, Filter, Key, LinkKind, MemoryStore, Policy, Position,
    Severity, Signal, Span, Status, Value, Version,
};

fn tag(tag: &str) -> Action {
    Action::Tag(tag.into())
}

fn tell(template: &str) -> Action {
    Action::Notify { to: vec![Audience::Person("boss".into())], template: template.into(), urgent: false }
}

fn rule(key: &str, on: Trigger, action: Action) -> Rule {
    Rule::new(key, [on]).then(action)
}

/// A ticket of the requester `bo`, under some rules, looked at by the agent `ada`.
fn printer(rules: impl IntoIterator<Item = Rule>) -> Given {
    let config = rules.into_iter().fold(Config::default(), Config::rule);
    given(config).ticket(Draft::incident("Printer is on fire").requester("bo"))
}

fn ruled(rule: &str) -> Event {
    Event::Ruled { rule: rule.into() }
}

#[test]
fn a_rule_acts_as_the_desk_and_its_name_stands_before_what_it_did() {
    assert_eq!(ruled("vip").to_string(), "rule vip");
    let vip = rule("vip", Trigger::Tagged, Action::Escalate(1)).when(Atom::Tag("vip".into())).then(tell("vip"));
    printer([vip.clone()]).when(Command::Tag("vip".into())).then_named(&["tagged", "ruled", "escalated", "notified"]);
    printer([vip]).when(Command::Tag("dull".into())).then_named(&["tagged"]);
}

#[test]
fn a_rule_with_nothing_left_to_do_leaves_no_trace() {
    let both = rule("both", Trigger::Any, tag("a")).then(tag("b"));
    printer([both.clone()]).when(Command::Tag("c".into())).then(&[Event::Tagged("c".into())]);
    // The opening set both already; what is missing again is set again.
    let events = [Event::Untagged("a".into()), ruled("both"), Event::Tagged("a".into())];
    printer([both]).when(Command::Untag("a".into())).then(&events);
}

#[test]
fn rules_follow_each_other_in_the_order_of_the_list() {
    let rules = [
        rule("third", Trigger::Escalated, tag("c")),
        rule("first", Trigger::Said, tag("a")),
        rule("second", Trigger::Tagged, Action::Escalate(1)).when(Atom::Tag("a".into())),
    ];
    printer(rules).when(Command::note("?")).then_named(&[
        "said",
        "ruled",
        "tagged",
        "ruled",
        "escalated",
        "ruled",
        "tagged",
    ]);
}

#[test]
fn a_rule_acts_once_for_one_request_and_again_for_the_next() {
    let told = rule("told", Trigger::Said, tell("said"));
    let given = printer([told]);
    given.clone().when([Command::note("a"), Command::note("b")]).then_named(&["said", "said", "ruled", "notified"]);
    given.having(Command::note("a")).when(Command::note("b")).then_named(&["said", "ruled", "notified"]);
}

#[test]
fn rules_that_undo_each_other_come_to_rest() {
    let rules = [
        rule("up", Trigger::Untagged, tag("a")).when(Cond::from(Atom::Tag("a".into())).negate()),
        rule("down", Trigger::Tagged, Action::Untag("a".into())),
    ];
    printer(rules).when(Command::Tag("a".into())).then_named(&["tagged", "ruled", "untagged", "ruled", "tagged"]);
}

#[test]
fn an_opening_is_triggered_for_and_so_is_an_alerts() {
    let rules = || [rule("all", Trigger::Opened, tell("new")), rule("alarm", Trigger::Signalled, Action::Escalate(1))];
    let config = rules().into_iter().fold(Config::default(), Config::rule);
    given(config.clone()).when_opened(Draft::incident("x")).then_named(&["opened", "ruled", "notified"]);

    pollster::block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        desk.publish(config.rule(Rule::new("any", [Trigger::Any]).then(tell("any")))).await.unwrap();
        let signal = Signal::firing("disk", "Disk is full", desk.now()).severity(Severity::Critical);
        let intake = desk.signal(signal).await.unwrap();
        let history = desk.history(intake.ticket().unwrap().id).await.unwrap();
        let names: Vec<&str> = history.iter().map(|one| one.event.name()).collect();
        let expected = ["opened", "signalled", "ruled", "notified", "ruled", "notified", "ruled", "escalated"];
        assert_eq!(names, expected, "one cause, so that each rule acts once");
    });
}

#[test]
fn the_condition_is_asked_about_whoever_caused_it() {
    let theirs = rule("theirs", Trigger::Said, tag("asked")).when(Atom::Relation(Relation::Requester));
    let lead = rule("lead", Trigger::Said, tag("led")).when(Atom::Role("lead".into()));
    let desk = rule("desk", Trigger::Tagged, Action::Escalate(1)).when(Atom::Actor(ticketcore::ActorKind::System));
    let given = printer([theirs, lead, desk]);
    let said = |actor| given.clone().by(actor).when(Command::reply("?"));
    said(Actor::agent("ada")).then_named(&["said"]);
    said(Actor::requester("bo")).then_named(&["said", "ruled", "tagged", "ruled", "escalated"]);
    said(Actor::agent("ada").role("lead")).then_named(&["said", "ruled", "tagged", "ruled", "escalated"]);
    given.when(Command::Tag("by ada".into())).then_named(&["tagged"]);
}

#[test]
fn what_a_workflow_does_by_itself_triggers_rules() {
    let mut config = Config::default().rule(rule("late", Trigger::Tagged, tell("started")));
    let start = config.workflows[0].transitions.iter_mut().find(|transition| transition.key == "start").unwrap();
    start.effects.push(tag("started"));
    let given = given(config).ticket(Draft::incident("x"));
    given.when(Command::transition("start")).then_named(&["moved", "tagged", "ruled", "notified"]);
}

#[test]
fn a_rule_moves_a_ticket_as_far_as_the_guards_let_the_desk() {
    let resolve = || rule("resolve", Trigger::Tagged, Action::Move("resolve".into()));
    printer([resolve()]).when(Command::Tag("fixed".into())).then_named(&["tagged", "ruled", "moved"]);
    printer([resolve()])
        .having(Command::transition("resolve"))
        .when(Command::Tag("fixed".into()))
        .then_named(&["tagged"]);
    pollster::block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        desk.publish(Config::default().rule(resolve())).await.unwrap();
        let (parent, child) =
            (desk.open(Draft::incident("a")).await.unwrap(), desk.open(Draft::task("b")).await.unwrap());
        desk.apply(parent.id, Command::Link(LinkKind::Child, child.id)).await.unwrap();
        let blocked = desk.apply(parent.id, Command::Tag("fixed".into())).await.unwrap();
        assert_eq!(blocked.status, Status::New, "its child is open");
        desk.apply(child.id, [Command::transition("start"), Command::transition("resolve")]).await.unwrap();
        let free = desk.apply(parent.id, Command::Tag("again".into())).await.unwrap();
        assert_eq!(free.status, Status::Resolved, "the child is read although the request is no move");
    });
}

#[test]
fn a_rule_can_ask_about_linked_tickets() {
    let alone = rule("alone", Trigger::Said, tag("alone")).when(Atom::NoOpen(LinkKind::Relates));
    pollster::block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        desk.publish(Config::default().rule(alone)).await.unwrap();
        let (one, other) =
            (desk.open(Draft::incident("a")).await.unwrap(), desk.open(Draft::incident("b")).await.unwrap());
        desk.apply(one.id, Command::Link(LinkKind::Relates, other.id)).await.unwrap();
        assert!(desk.apply(one.id, Command::note("?")).await.unwrap().tags.is_empty());
        desk.apply(other.id, Command::transition("resolve")).await.unwrap();
        assert!(desk.apply(one.id, Command::note("!")).await.unwrap().tags.contains("alone"));
    });
}

/// Law 22 holds for rules, too: an assignee whom the state demands stays.
#[test]
fn law_22_nobody_is_taken_off_a_ticket_whose_state_demands_somebody() {
    let mut config = Config::default().rule(rule("off", Trigger::Said, Action::Unassign));
    let open = config.workflows[0].states.iter_mut().find(|state| state.key == "open").unwrap();
    open.requires.push("assignee".into());
    let given = given(config).ticket(Draft::incident("x").assignee("ada"));
    given.clone().when(Command::note("?")).then(&[
        Event::Said(ticketcore::event::Said {
            visibility: ticketcore::Visibility::Internal,
            channel: ticketcore::Channel::Api,
            automatic: false,
            attachments: Vec::new(),
        }),
        ruled("off"),
        Event::Assigned(None),
    ]);
    given.having(Command::transition("start")).when(Command::note("?")).then_named(&["said"]);
}

/// A desk with a workflow of two revisions, between which what was done can become undone.
fn migrating(rule: Rule) -> Given {
    let chore = |rev| {
        Workflow::new("chore")
            .revision(rev)
            .state(State::new("todo", Status::New))
            .state(State::new("done", Status::Closed))
            .transition(Transition::new("open", Source::Create, "todo"))
            .transition(Transition::new("finish", Source::of(["todo"]), "done"))
    };
    let config = Config::default().workflow(chore(1)).workflow(chore(2)).kind("chore", "chore", "C-").rule(rule);
    let opened = given(config).ticket(Draft::new("chore", "Sweep"));
    opened.having(Command::transition("finish"))
}

#[test]
fn rules_rest_on_a_closed_ticket_until_it_is_reopened() {
    let any = || rule("any", Trigger::Any, tell("any"));
    migrating(any()).when(Command::note("late")).then_named(&["said"]);
    let back = Command::Migrate(1, BTreeMap::from([("done".into(), "todo".into())]));
    migrating(any()).when([Command::note("late"), back]).then_named(&["said", "migrated", "ruled", "notified"]);
    let told = rule("told", Trigger::Said, tell("said"));
    let back = Command::Migrate(1, BTreeMap::from([("done".into(), "todo".into())]));
    migrating(told).when([Command::note("late"), back]).then_named(&["said", "migrated"]);
    // The commit that closes it is still heard.
    let given = printer([any()]).having(Command::transition("resolve"));
    given.when(Command::transition("close")).then_named(&["moved", "ruled", "notified"]);
}

#[test]
fn a_step_of_a_policy_and_a_broken_promise_trigger_rules_each_for_itself() {
    let policy = || {
        Policy::resolution("gold")
            .target(ticketcore::Priority::P3, Span::hours(1))
            .step(Step::new(At::Percent(50), vec![tag("half")]))
            .step(Step::new(At::Percent(100), vec![Action::Escalate(1)]))
    };
    let rules = || [rule("fired", Trigger::Fired, tell("step")), rule("late", Trigger::Breached, tag("late"))];
    let config = || rules().into_iter().fold(Config::default().policy(policy()), Config::rule);
    let all = [
        "fired",
        "tagged",
        "ruled",
        "notified",
        "breached",
        "ruled",
        "tagged",
        "fired",
        "escalated",
        "ruled",
        "notified",
    ];
    let opened = || given(config()).ticket(Draft::incident("x"));
    opened().at("2026-03-02T11:00:00Z").when_ticked().then_named(&all);
    // Before a command, too, and whatever the command triggers comes after it.
    let mut with_said = all.to_vec();
    with_said.push("said");
    opened().at("2026-03-02T11:00:00Z").when(Command::note("?")).then_named(&with_said);
    // A desk that ticks in between records the same.
    opened().at("2026-03-02T09:45:00Z").when_ticked().then_named(&all[..4]);
}

#[test]
fn an_approval_can_move_a_ticket_on() {
    use ticketcore::config::{Approval, Voters};
    let approved = rule("go", Trigger::Approved, Action::Move("start".into())).when(Atom::Approved("boss".into()));
    let config =
        Config::default().approval("boss", Approval::default().step(Voters::people(["eve"]), 1)).rule(approved);
    let given = given(config).ticket(Draft::incident("x")).having(Command::RequestApproval("boss".into()));
    let vote = Command::approve("boss", Version(2));
    given.by(Actor::agent("eve")).when(vote).then_named(&["approved", "ruled", "moved"]);
}

#[test]
fn a_rule_that_cannot_be_meant_is_refused_with_its_place() {
    let name = "is no name: 1 to 128 bytes, no control characters, no blank at either end";
    let good = || rule("x", Trigger::Any, Action::Wake);
    let cases: Vec<(Rule, Vec<String>)> = vec![
        (good(), vec![]),
        (rule("", Trigger::Any, Action::Wake), vec![format!("rules[0].key: {name}")]),
        (Rule::new("x", []).then(Action::Wake), vec!["rules[x].on: nothing triggers it".to_owned()]),
        (Rule::new("x", [Trigger::Said]), vec!["rules[x].then: does nothing".to_owned()]),
        (good().when(Cond::Any(vec![])), vec!["rules[x].when: an `any` without alternatives never holds".to_owned()]),
        (good().when(Atom::State("nap".into())), vec!["rules[x].when: no workflow has a state `nap`".to_owned()]),
        (good().when(Atom::Kind("idea".into())), vec!["rules[x].when: no kind `idea`".to_owned()]),
        (good().when(Atom::Approved("cab".into())), vec!["rules[x].when: no approval `cab`".to_owned()]),
        (good().when(Cond::ALWAYS.negate()), vec!["rules[x].when: can never hold".to_owned()]),
        (
            good().then(Action::Move("fly".into())),
            vec!["rules[x].then[1]: no workflow has a transition `fly`".to_owned()],
        ),
        (good().then(Action::Untag(" ".into())), vec![format!("rules[x].then[1]: ` ` {name}")]),
        (good().then(Action::Set("cost".into(), Value::from(1))), vec!["rules[x].then[1]: no field `cost`".to_owned()]),
    ];
    let faults = |config: Config| config.check().iter().map(ToString::to_string).collect::<Vec<_>>();
    for (rule, expected) in cases {
        assert_eq!(faults(Config::default().rule(rule.clone())), expected, "{rule:?}");
    }
    let twice = Config { rules: vec![good(), good()], ..Config::default() };
    assert_eq!(faults(twice), ["rules[1].key: another rule is named `x`"]);
    let file = "rules = [{ key = 'x', on = ['exploded'], then = ['wake'] }]";
    let error = toml::from_str::<Config>(file).unwrap_err();
    assert!(error.message().contains("unknown variant `exploded`"), "{error}");
}

fn triggers() -> impl Strategy<Value = Trigger> {
    prop::sample::select(vec![
        Trigger::Any,
        Trigger::Tagged,
        Trigger::Untagged,
        Trigger::Moved,
        Trigger::FieldSet,
        Trigger::Assigned,
        Trigger::Notified,
        Trigger::Escalated,
    ])
}

fn actions() -> impl Strategy<Value = Action> {
    let tags = || prop::sample::select(vec!["a", "b"]);
    let moves = prop::sample::select(vec!["start", "wait", "resume", "resolve", "reopen", "close"]);
    prop_oneof![
        tags().prop_map(tag),
        tags().prop_map(|tag| Action::Untag(tag.into())),
        moves.prop_map(|key| Action::Move(key.into())),
        (0..3_i64).prop_map(|n| Action::Set("n".into(), n.into())),
        tags().prop_map(|person| Action::Assign(person.into())),
        Just(Action::Unassign),
        tags().prop_map(tell),
        (0..4_u8).prop_map(Action::Escalate),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let asks = prop::option::of(prop::sample::select(vec!["a", "b"]));
    let rule = (prop::collection::vec(triggers(), 1..3), asks, prop::collection::vec(actions(), 1..4));
    prop::collection::vec(rule, 0..8).prop_map(|rules| {
        let numbered = (0..).zip(rules);
        let rules = numbered.map(|(i, (on, asks, then)): (u32, (_, Option<&str>, _))| Rule {
            key: Key::from(format!("r{i}")),
            on,
            when: asks.map_or(Cond::ALWAYS, |tag| Atom::Tag(tag.into()).into()),
            then,
        });
        rules.collect()
    })
}

proptest! {
    /// Law 28: automation halts, and no rule acts twice for one cause. Law 22: the demands of the state hold after it.
    #[test]
    fn law_28_automation_halts(rules in rules(), first in actions()) {
        let mut config = Config::default().field("n", FieldType::Int);
        config.workflows[0].states[1].requires.push("assignee".into());
        let count = rules.len();
        let config = rules.into_iter().fold(config, Config::rule);
        let command = match first {
            Action::Move(key) => Command::Move(key),
            Action::Set(field, value) => Command::Set(field, Some(value)),
            Action::Assign(person) => Command::Assign(Some(person)),
            _ => Command::Tag("a".into()),
        };
        let mut facts = Vec::new();
        let rulebook = ticketcore::config::Rulebook::new(config.clone()).unwrap();
        let ticket = given(config).ticket(Draft::incident("x")).into_ticket();
        let related = ticketcore::engine::Related::default();
        let actor = Actor::agent("ada");
        let now = ticket.updated;
        let context = ticketcore::engine::Context { rulebook: &rulebook, actor: &actor, related: &related, now };
        if let Ok(decision) = ticketcore::engine::decide(&context, &ticket, &command.into()) {
            facts = decision.facts;
            prop_assert!(decision.ticket.state != "open" || decision.ticket.assignee.is_some());
        }
        let mut ruled: Vec<Key> = Vec::new();
        for (i, fact) in facts.iter().enumerate() {
            if let Event::Ruled { rule } = &fact.event {
                prop_assert!(!ruled.contains(rule), "{} acted twice", rule);
                let next = facts.get(i + 1).map(|fact| fact.event.name());
                prop_assert!(next.is_some_and(|next| next != "ruled"), "{} did nothing", rule);
                prop_assert_eq!(&fact.by, &Actor::system().by());
                ruled.push(rule.clone());
            }
        }
        prop_assert!(ruled.len() <= count);
    }
}

#[test]
fn a_rehearsal_tells_what_would_happen_and_writes_nothing() {
    pollster::block_on(async {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock).with_seed(3).by(Actor::agent("ada"));
        let drafts = (0..450).map(|i| Draft::incident(format!("n{i}")).team(if i % 9 == 0 { "net" } else { "desk" }));
        let tickets = desk.open_all(drafts.collect()).await.unwrap();
        let closed = [Command::transition("resolve"), Command::transition("close")];
        desk.apply(tickets[0].id, closed).await.unwrap();
        desk.apply(tickets[9].id, Command::Tag("net".into())).await.unwrap();
        let before = desk.feed(Position(0), usize::MAX).await.unwrap();

        let sort = rule("sort", Trigger::Opened, tag("net")).when(Atom::Team("net".into()));
        let trace = desk.rehearse(&sort, Filter::all()).await.unwrap();
        assert_eq!((trace.looked, trace.tickets.len()), (450, 48), "one is closed, one has the tag already");
        assert_eq!((trace.tickets[0].id, trace.tickets[0].number), (tickets[18].id, 19));
        assert_eq!(trace.tickets[0].events, [ruled("sort"), Event::Tagged("net".into())]);
        let mine = sort.clone().when(Atom::Role("lead".into()));
        assert_eq!(desk.rehearse(&mine, Filter::all()).await.unwrap().tickets, []);
        assert_eq!(
            desk.by(Actor::agent("eve").role("lead")).rehearse(&mine, Filter::all()).await.unwrap().tickets.len(),
            448
        );

        let Err(Error::Unsound { faults }) = desk.rehearse(&Rule::new("", []), Filter::all()).await else { panic!() };
        assert_eq!(faults.iter().map(|fault| fault.path.as_str()).collect::<Vec<_>>(), ["key", "on", "then"]);
        assert_eq!(desk.feed(Position(0), usize::MAX).await.unwrap(), before);
    });
}
