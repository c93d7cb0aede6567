//! Configurations as files: what is written is read, and what cannot be meant is refused by name.

use super::*;
use crate::cond::{Atom, Cmp, Cond};
use crate::line::Flag;
use crate::link::LinkKind;
use crate::routing::{Fallback, Intake, Prefer, Route, Sorted, Tier};
use crate::status::{Status, Waiting};
use crate::time::Zone;
use crate::value::Value;

/// A configuration that uses every part and every action.
fn rich() -> Config {
    let office = Hours::new(Zone::named("America/New_York").unwrap())
        .weekdays("09:00-17:30")
        .holiday("2026-12-25".parse().unwrap())
        .date("2026-12-24".parse().unwrap(), "09:00-12:00");
    let audiences = vec![
        Audience::Requester,
        Audience::Assignee,
        Audience::Watchers,
        Audience::Team,
        Audience::Lead,
        Audience::Person("bo@example.com".into()),
        Audience::NamedTeam("second level".into()),
        Audience::Schedule("primary".into()),
    ];
    let actions = vec![
        Action::Notify { to: audiences, template: "late".into(), urgent: true },
        Action::Assign("ada".into()),
        Action::AssignTeam("second level".into()),
        Action::Enqueue("escalated".into()),
        Action::Move("resolve".into()),
        Action::Set("cost".into(), Value::Int(-5)),
        Action::Set("paid".into(), Value::Bool(true)),
        Action::Tag("late".into()),
        Action::Untag("early".into()),
        Action::Unassign,
        Action::Prioritise(Priority::P1),
        Action::Escalate(2),
        Action::Unacknowledge,
        Action::Wake,
    ];
    let pricey = Atom::Field("cost".into(), Cmp::In(vec![Value::Int(1), Value::Int(2)]));
    let deeds = vec![
        Deed::Move("finish".into()),
        Deed::say(Visibility::Internal, "{{ field.note }}\n\"{\"} {{}}"),
        Deed::Assign("ada".into()),
        Deed::Take,
        Deed::Unassign,
        Deed::AssignTeam("second level".into()),
        Deed::Enqueue("late".into()),
        Deed::Categorise("lawn".into()),
        Deed::Tag("wet".into()),
        Deed::Untag("dry".into()),
        Deed::Set("cost".into(), Value::Int(7)),
        Deed::Rate(Level::HIGH, Level::LOW),
        Deed::Escalate(2),
        Deed::RequestApproval("cab".into()),
    ];
    let full = Planned::new("task", "Mow")
        .description("{{requester}}")
        .category("lawn")
        .tag("wet")
        .field("paid", true)
        .assignee("ada")
        .team("second level")
        .queue("late")
        .rated(Level::LOW, Level::HIGH)
        .after("b b");
    let gold = Policy::resolution("gold")
        .applies(Cond::from(Atom::Kind("garden".into())).and(pricey.clone().into()))
        .target(Priority::P1, Span::hours(4))
        .target(Priority::P5, Span::days(30))
        .calendar("office")
        .restart()
        .step(Step::new(At::Percent(75), actions).within("office").unless(Atom::Flag(Flag::Acked)))
        .step(Step::new(At::After(Span::seconds(90)), vec![Action::Wake]))
        .step(Step::new(At::Until(Moment::Field("visit".into())), vec![Action::Wake]))
        .repeat(3, Span::minutes(10));
    let garden = Workflow::new("garden")
        .revision(7)
        .state(State::new("In Progress", Status::New).requires("cost").requires("team"))
        .state(State::new("ждёт", Status::Pending).waiting(Waiting::Requester).on_reply("back"))
        .state(State::new("done", Status::Closed))
        .state(State::new("spam", Status::Closed).dropped())
        .transition(Transition::new("open", Source::Create, "In Progress"))
        .transition(Transition::new("ask", Source::of(["In Progress"]), "ждёт").effect(Action::Tag("asked".into())))
        .transition(Transition { to: Target::Previous, ..Transition::new("back", Source::of(["ждёт"]), "") })
        .transition(
            Transition::new("finish", Source::Any, "done")
                .guard(Cond::from(Atom::During("office".into())).and(Atom::Approved("cab".into()).into())),
        )
        .transition(Transition::new("drop", Source::Any, "spam"));
    let mut config = Config::default()
        .calendar("office", office)
        .workflow(garden)
        .kind("garden", "garden", "GRDN-")
        .with_macro("all", Macro { commands: deeds })
        .template("empty", Template::default().ticket("a", Planned::new("task", "{{subject}}")))
        .template("full", Template::default().ticket("a", full).ticket("b b", Planned::new("garden", "Weed")))
        .rule(Rule::new("all", [Trigger::Any, Trigger::FieldSet]).then(Action::Wake))
        .rule(Rule::new("pricey", [Trigger::Opened]).when(pricey.clone()).then(Action::Tag("pricey".into())))
        .approval(
            "budget",
            Approval::default().step(Voters::people(["eve", "bo@example.com"]), 2).expires(Span::days(5)),
        )
        .approval(
            "cab",
            Approval::default().step(Voters::role("lead"), 1).step(Voters::team("second level"), 3).ordered().own(),
        )
        .field("cost", FieldType::Int)
        .field("paid", FieldType::Bool)
        .field("note", FieldType::Text)
        .field("day", FieldType::Date)
        .field("visit", FieldType::Instant)
        .field("size", FieldType::Choice(vec!["S".into(), "\"M\"".into()]))
        .policy(gold)
        .policy(Policy::first_response("first").target(Priority::P1, Span::minutes(15)))
        .policy(Policy::next_response("next").target(Priority::P1, Span::minutes(30)))
        .policy(Policy::update("update").target(Priority::P1, Span::hours(1)))
        .policy(Policy::escalation("pager").step(Step::new(At::After(Span::ZERO), vec![Action::Escalate(1)])))
        .policy(Policy::ack_timeout("ack", Span::minutes(30)))
        .workflow(Workflow::task().revision(2).over_open())
        .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"))
        .cascade(Cascade::new(CascadeOn::Closed, LinkKind::Blocks, "resume").last())
        .cascade(Cascade::new(CascadeOn::Reopened, LinkKind::ExplainedBy, "reopen"));
    config.business = Some("office".into());
    config.alerts.team = Some("operations".into());
    config.alerts.queue = Some("alerts".into());
    config.limits.links = 3;
    config.people = People::Known;
    config.routing.intake = vec![
        Intake {
            key: "vip".into(),
            when: Atom::Role("lead".into()).into(),
            set: Sorted {
                team: Some("second level".into()),
                queue: Some("vip".into()),
                category: Some("network".into()),
                priority: Some(Priority::P2),
                skills: ["german".into()].into(),
            },
        },
        Intake {
            key: "rest".into(),
            when: Cond::ALWAYS,
            set: Sorted { queue: Some("rest".into()), ..Sorted::default() },
        },
    ];
    config.routing.routes = vec![
        Route::new("office", "second level")
            .when(Atom::During("office".into()).into())
            .skill("german")
            .tiers([Tier::NotOff])
            .order([Prefer::LeastRecent, Prefer::LeastLoaded, Prefer::Sticky])
            .fallback(Fallback::Escalate(2)),
        Route::new("night", "operations"),
    ];
    config
}

#[test]
fn laws_19_and_24_json_and_toml_read_what_was_written() {
    for config in [Config::default(), rich()] {
        assert_eq!(config.check(), []);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config, "{json}");
        let toml = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<Config>(&toml).unwrap(), config, "{toml}");
    }
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
    assert_eq!(serde_json::from_str::<Config>("{}").unwrap(), Config::default());
}

#[test]
fn the_example_of_a_desk_is_sound() {
    let config: Config = toml::from_str(include_str!("../../../examples/desk.toml")).unwrap();
    assert_eq!(config.check(), []);
    let setup = Rulebook::new(config).unwrap();
    assert!(setup.now().calendar(&"office".into()).is_some());
    let incident = setup.now().newest(&"incident".into()).unwrap();
    assert_eq!(incident.find_state(&"resolved".into()).unwrap().requires, ["resolution"]);
    let gold = setup.now().policy(&"gold_resolution".into()).unwrap();
    assert_eq!(gold.budget[&Priority::P1], Span::hours(4));
    assert_eq!(gold.steps[2].unless, Some(Atom::Flag(Flag::Acked).into()));
}

#[test]
fn what_a_file_cannot_mean_is_refused_by_name() {
    let refusals = [
        ("colour = 1", "unknown field `colour`"),
        ("people = 'strangers'", "unknown variant `strangers`"),
        ("limits = { subjects = 1 }", "unknown field `subjects`"),
        ("alerts = { windows = '1h' }", "unknown field `windows`"),
        ("kinds.idea = { workflow = 'task', colour = 1 }", "unknown field `colour`"),
        ("workflows = [{ id = 'x', states = [], transitions = [], start = 'y' }]", "unknown field `start`"),
        (
            "workflows = [{ id = 'x', states = [{ key = 'a', status = 'fresh' }], transitions = [] }]",
            "unknown variant `fresh`",
        ),
        ("policies = [{ id = 'x', clock = { stop = { flag = 'acked' } }, step = [] }]", "unknown field `step`"),
        ("policies = [{ id = 'x', clock = { stops = { flag = 'acked' } } }]", "unknown field `stops`"),
        ("fields = { cost = 'money' }", "unknown variant `money`"),
        (
            "policies = [{ id = 'x', clock = { stop = { flags = 'acked' } } }]",
            "unknown variant `flags`, expected one of",
        ),
        ("policies = [{ id = 'x', clock = { stop = { not = { flag = 'nacked' } } } }]", "unknown variant `nacked`"),
        ("policies = [{ id = 'x', clock = { stop = { any = [{ al = [] }] } } }]", "unknown variant `al`"),
        ("policies = [{ id = 'x', clock = { stop = { all = [], any = [] } } }]", "single key"),
        (
            "workflows = [{ id = 'x', states = [], transitions = [{ key = 'a', from = 'new', to = 'b' }] }]",
            "a list of states",
        ),
        ("approvals.cab = { steps = [], order = true }", "unknown field `order`"),
        ("approvals.cab = { steps = [{ from = { group = 'x' }, need = 1 }] }", "unknown variant `group`"),
        ("approvals.cab = { steps = [{ from = { role = 'x' }, needs = 1 }] }", "unknown field `needs`"),
        ("approvals.cab = { steps = [{ from = { role = 'x' }, need = 256 }] }", "invalid value"),
        ("cascades = [{ when = 'solved', over = 'child', take = 'close' }]", "unknown variant `solved`"),
        ("cascades = [{ when = 'closed', over = 'children', take = 'close' }]", "unknown variant `children`"),
        ("cascades = [{ when = 'closed', over = 'child', take = 'close', lst = true }]", "unknown field `lst`"),
        ("patience = { p0 = '1h' }", "`p0` is no priority"),
        ("patience = { p1 = 'soon' }", "\"soon\" is not a span"),
    ];
    for (text, refusal) in refusals {
        let error = toml::from_str::<Config>(text).unwrap_err();
        assert!(error.message().contains(refusal), "{text}: {error}");
    }
}
