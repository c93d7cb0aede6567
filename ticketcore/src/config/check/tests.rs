//! Every fault the check of a configuration finds, with its path.

use std::collections::BTreeMap;

use super::*;
use crate::capability::Capability;
use crate::cond::{Atom, Cmp, Cond, Relation};
use crate::config::{Action, At, Audience, Cascade, CascadeOn, Kind, Moment, Policy, State, Step, Transition};
use crate::config::{Erase, Planned, Recurring, Retention, Template};
use crate::config::{Grant, Rights};
use crate::line::Flag;
use crate::link::LinkKind;
use crate::priority::{Level, Priority};
use crate::routing::{Fallback, Intake, Prefer, Route, Sorted, Tier};
use crate::signal::Severity;
use crate::status::Status;
use crate::value::Value;

/// The faults of the default configuration after a change.
fn faults(change: impl FnOnce(&mut Config)) -> Vec<String> {
    let mut config = Config::default();
    change(&mut config);
    config.check().iter().map(ToString::to_string).collect()
}

/// The faults of the default configuration with one more policy, below the policy's path.
fn of_policy(change: impl FnOnce(Policy) -> Policy) -> Vec<String> {
    let policy = change(Policy::resolution("gold").target(Priority::P1, Span::hours(4)));
    let faults = Config::default().field("cost", FieldType::Int).policy(policy).check();
    faults.iter().map(|fault| fault.to_string().replacen("policies[gold].", "", 1)).collect()
}

/// The faults of a policy's only step.
fn of_step(at: At, actions: Vec<Action>) -> Vec<String> {
    of_policy(|policy| policy.step(Step::new(at, actions)))
}

/// The faults of a policy's only action.
fn of_action(action: Action) -> Vec<String> {
    of_step(At::Percent(100), vec![action])
}

fn incident(config: &mut Config) -> &mut Workflow {
    config.workflows.iter_mut().find(|workflow| workflow.id == "incident").unwrap()
}

fn start(config: &mut Config) -> &mut Transition {
    incident(config).transitions.iter_mut().find(|transition| transition.key == "start").unwrap()
}

#[test]
fn the_default_is_sound() {
    assert_eq!(Config::default().check(), []);
}

#[test]
fn a_kind_has_a_name_a_workflow_and_a_short_prefix() {
    let kind =
        |workflow: &str, prefix: &str| Kind { workflow: workflow.into(), prefix: prefix.into(), knowledge: false };
    assert_eq!(
        faults(|c| {
            c.kinds.insert("".into(), kind("task", ""));
        }),
        [format!("kinds.: {NO_NAME}")]
    );
    assert_eq!(
        faults(|c| {
            c.kinds.insert("idea".into(), kind("brainstorm", "IDEA-"));
        }),
        ["kinds.idea.workflow: no workflow `brainstorm`"]
    );
    assert_eq!(
        faults(|c| {
            c.kinds.insert("idea".into(), kind("task", "I \n"));
        }),
        [format!("kinds.idea.prefix: {NO_NAME}")]
    );
}

#[test]
fn workflows_are_sound_and_distinct() {
    assert_eq!(
        faults(|c| incident(c).states.push(State::new("limbo", Status::Pending)))[0],
        "workflows[incident@1].states[limbo].waiting: a pending state says who is awaited"
    );
    assert_eq!(faults(|c| c.workflows.push(Workflow::task())), ["workflows[6]: another workflow is task@1"]);
    assert_eq!(faults(|c| c.workflows.push(Workflow::task().revision(2))), Vec::<String>::new());
}

#[test]
fn a_workflow_names_fields_kinds_and_calendars_that_are_there() {
    assert_eq!(
        faults(|c| incident(c).states[4].requires = vec!["team".into(), "resolution".into()]),
        ["workflows[incident@1].states[resolved].requires: no field `resolution`; \
             can require assignee, team, requester, category and custom fields"]
    );
    let guard = |cond: Cond| faults(|c| start(c).guard = cond);
    let at = "workflows[incident@1].transitions[start].guard";
    assert_eq!(guard(Atom::Field("cost".into(), Cmp::Set).into()), [format!("{at}: no field `cost`")]);
    assert_eq!(guard(Atom::Field("team".into(), Cmp::Eq("second level".into())).into()), Vec::<String>::new());
    assert_eq!(guard(Atom::Kind("idea".into()).into()), [format!("{at}: no kind `idea`")]);
    assert_eq!(guard(Atom::During("office".into()).into()), [format!("{at}: no calendar `office`")]);
    assert_eq!(guard(Atom::Role("".into()).into()), [format!("{at}: `` {NO_NAME}")]);
    assert_eq!(
        faults(|c| start(c).effects = vec![Action::Wake, Action::Set("cost".into(), 5.into())]),
        ["workflows[incident@1].transitions[start].effects[1]: no field `cost`"]
    );
}

#[test]
fn custom_fields_have_names_of_their_own_and_something_to_choose() {
    let field = |key: &str, kind: FieldType| {
        faults(|c| {
            c.fields.insert(key.into(), kind);
        })
    };
    assert_eq!(field(" cost", FieldType::Int), [format!("fields. cost: {NO_NAME}")]);
    assert_eq!(field("team", FieldType::Text), ["fields.team: every ticket has it; a custom field needs another name"]);
    assert_eq!(field("size", FieldType::Choice(vec![])), ["fields.size.choice: offers nothing to choose"]);
    assert_eq!(
        field("size", FieldType::Choice(["S", "M", "S"].map(str::to_owned).into())),
        ["fields.size.choice[2]: offers `S` again"]
    );
}

#[test]
fn matrix_calendars_patience_and_limits_make_sense() {
    assert_eq!(faults(|c| c.matrix.0[0][1] = Priority::P1), Vec::<String>::new());
    assert_eq!(
        faults(|c| c.matrix.0[1][1] = Priority::P1),
        ["matrix[1][1]: p1 is more pressing than a cell of higher impact or urgency"]
    );
    assert_eq!(faults(|c| c.business = Some("office".into())), ["business: no calendar `office`"]);
    let hours = crate::time::Hours::new(crate::time::Zone::utc());
    assert_eq!(
        faults(|c| {
            c.calendars.insert("".into(), hours);
        }),
        [format!("calendars.: {NO_NAME}")]
    );
    assert_eq!(
        faults(|c| {
            c.patience.insert(Priority::P2, Span::ZERO);
        }),
        ["patience.p2: must be longer than nothing"]
    );
    assert_eq!(
        faults(|c| (c.limits.text, c.limits.links) = (0, 0)),
        ["limits.text: must allow at least one", "limits.links: must allow at least one"]
    );
}

#[test]
fn a_cascade_takes_what_the_desk_may_take_and_is_there_once() {
    let cascade = |take: &'static str| Cascade::new(CascadeOn::Closed, LinkKind::Child, take);
    assert_eq!(
        faults(|c| c.cascades = vec![cascade("fly"), cascade("close"), cascade("approve"), cascade("close")]),
        [
            "cascades[0].take: no workflow has a transition `fly`",
            "cascades[2].take: the guard of `approve` never lets the desk itself take it",
            "cascades[3]: is there already"
        ]
    );
}

#[test]
fn every_alert_finds_its_ticket() {
    assert_eq!(faults(|c| c.alerts.kind = "page".into()), ["alerts.kind: no kind `page`"]);
    assert_eq!(
        faults(|c| (c.alerts.resolve, c.alerts.reopen) = ("wait".into(), "close".into())),
        [
            "alerts.resolve: `incident` has no transition `wait` that resolves",
            "alerts.reopen: `incident` has no transition `close` that reopens",
        ]
    );
    assert_eq!(faults(|c| c.alerts.window = "-1h".parse_span()), ["alerts.window: must not be negative"]);
    assert_eq!(
        faults(|c| {
            c.alerts.impact.insert(Severity::Critical, Level(0));
        }),
        ["alerts.impact.critical: is not in the matrix"]
    );
    assert_eq!(
        faults(|c| {
            c.alerts.impact.remove(&Severity::Info);
        }),
        ["alerts.impact.info: is missing: every severity has an impact"]
    );
    assert_eq!(faults(|c| c.alerts.urgency = Level(4)), ["alerts.urgency: is not in the matrix"]);
    assert_eq!(faults(|c| c.alerts.team = Some("".into())), [format!("alerts.team: {NO_NAME}")]);
}

#[test]
fn policies_have_names_of_their_own() {
    assert_eq!(faults(|c| c.policies.push(Policy::snooze(""))), [format!("policies[2].id: {NO_NAME}")]);
    assert_eq!(
        faults(|c| c.policies.push(Policy::snooze("snooze"))),
        ["policies[2].id: another policy is named `snooze`"]
    );
}

#[test]
fn a_clock_sees_only_what_the_line_keeps() {
    let blind = "a clock sees only status, state, waiting, priority and flags";
    assert_eq!(
        of_policy(|policy| policy.run(Atom::During("office".into()))),
        ["clock.run: no calendar `office`".to_owned(), format!("clock.run: asks during:office, but {blind}")]
    );
    assert_eq!(
        of_policy(|mut policy| {
            policy.clock.stop = Cond::from(Atom::Tag("done".into())).or(Atom::NoOpen(LinkKind::Child).into());
            policy
        }),
        [format!("clock.stop: asks tag:done, but {blind}"), format!("clock.stop: asks no_open:child, but {blind}")]
    );
    let sees = Cond::All(vec![
        Atom::Status(Status::Open).into(),
        Atom::State("open".into()).into(),
        Atom::Priority(Priority::P2).into(),
        Atom::Flag(Flag::Assigned).into(),
    ]);
    assert_eq!(of_policy(|policy| policy.run(sees)), Vec::<String>::new());
    assert_eq!(of_policy(|policy| policy.calendar("office")), ["clock.calendar: no calendar `office`"]);
}

#[test]
fn nobody_acts_when_time_passes() {
    let nobody = "nobody acts when time passes";
    assert_eq!(
        of_policy(|policy| policy.applies(Atom::Role("gold".into()))),
        [format!("applies: asks role:gold, but {nobody}")]
    );
    let unless = Step::new(At::Percent(50), vec![Action::Wake]).unless(Atom::Relation(Relation::Assignee));
    assert_eq!(
        of_policy(|policy| policy.step(unless)),
        [format!("steps[0].unless: asks relation:assignee, but {nobody}")]
    );
}

#[test]
fn policies_are_for_tickets_by_what_the_tickets_are() {
    assert_eq!(
        of_policy(|policy| policy.applies(Atom::NoOpen(LinkKind::Child))),
        ["applies: asks no_open:child, but a policy does not read other tickets"]
    );
    assert_eq!(
        of_policy(|policy| policy.applies(Atom::During("office".into())))[1],
        "applies: asks during:office, but a policy is for a ticket at all hours; a step can wait for an opening"
    );
}

#[test]
fn the_conditions_of_a_policy_can_hold_and_name_what_is_there() {
    assert_eq!(
        of_policy(|policy| policy.applies(Cond::Any(vec![]))),
        ["applies: an `any` without alternatives never holds"]
    );
    let two_kinds = Cond::from(Atom::Kind("incident".into())).and(Atom::Kind("request".into()).into());
    assert_eq!(of_policy(|policy| policy.applies(two_kinds)), ["applies: can never hold"]);
    assert_eq!(of_policy(|policy| policy.run(Atom::State("nap".into()))), ["clock.run: no workflow has a state `nap`"]);
    assert_eq!(
        of_policy(|policy| policy.applies(Atom::Field("cost".into(), Cmp::AtLeast("much".into())))),
        ["applies: `much` does not fit `cost`, which expects a whole number"]
    );
    assert_eq!(
        of_policy(|policy| policy.applies(Atom::Field("cost".into(), Cmp::In(vec![])))),
        ["applies: compares `cost` with nothing"]
    );
}

#[test]
fn promises_and_rounds_take_some_time() {
    assert_eq!(of_policy(|policy| policy.target(Priority::P3, Span::ZERO)), ["budget.p3: must be longer than nothing"]);
    let step = || Step::new(At::After(Span::hours(2)), vec![Action::Escalate(1)]);
    assert_eq!(of_policy(|policy| policy.step(step()).repeat(1, Span::ZERO)), ["period: what repeats needs a period"]);
    assert_eq!(
        of_policy(|policy| policy.step(step()).repeat(1, Span::hours(1))),
        ["period: is shorter than the time until its last step"]
    );
    assert_eq!(of_policy(|policy| policy.step(step()).repeat(1, Span::hours(2))), Vec::<String>::new());
}

#[test]
fn a_step_has_a_time_and_something_to_do() {
    let wake = || vec![Action::Wake];
    assert_eq!(of_step(At::Percent(0), wake()), ["steps[0].at: expects 1 to 1000 percent"]);
    assert_eq!(of_step(At::Percent(1001), wake()), ["steps[0].at: expects 1 to 1000 percent"]);
    assert_eq!(
        of_policy(|mut policy| {
            policy.budget = BTreeMap::new();
            policy.step(Step::new(At::Percent(80), wake()))
        }),
        ["steps[0].at: there is no budget to take a share of"]
    );
    assert_eq!(of_step(At::After("-1m".parse_span()), wake()), ["steps[0].at: must not be negative"]);
    assert_eq!(of_step(At::Until(Moment::Field("due".into())), wake()), ["steps[0].at: no field `due`"]);
    assert_eq!(
        of_step(At::Until(Moment::Field("cost".into())), wake()),
        ["steps[0].at: `cost` is not a field of type instant"]
    );
    assert_eq!(
        of_policy(|policy| policy.step(Step::new(At::Percent(80), wake()).within("office"))),
        ["steps[0].within: no calendar `office`"]
    );
    assert_eq!(of_step(At::Percent(80), vec![]), ["steps[0].do: does nothing"]);
}

#[test]
fn an_action_can_be_done() {
    let notify = |to: Vec<Audience>, template: &str| Action::Notify { to, template: template.into(), urgent: false };
    assert_eq!(of_action(notify(vec![], "late")), ["steps[0].do[0]: tells nobody"]);
    assert_eq!(of_action(notify(vec![Audience::Lead], "")), [format!("steps[0].do[0]: `` {NO_NAME}")]);
    assert_eq!(
        of_action(notify(vec![Audience::Lead, Audience::Schedule(" x".into())], "late")),
        [format!("steps[0].do[0]: ` x` {NO_NAME}")]
    );
    assert_eq!(of_action(Action::Assign("".into())), [format!("steps[0].do[0]: `` {NO_NAME}")]);
    assert_eq!(of_action(Action::Move("finish".into())), ["steps[0].do[0]: no workflow has a transition `finish`"]);
    assert_eq!(of_action(Action::Move("open".into())), ["steps[0].do[0]: no workflow has a transition `open`"]);
    assert_eq!(
        of_action(Action::Move("approve".into())),
        ["steps[0].do[0]: the guard of `approve` never lets the desk itself take it"]
    );
    assert_eq!(
        of_action(Action::Set("cost".into(), Value::from(true))),
        ["steps[0].do[0]: `true` does not fit `cost`, which expects a whole number"]
    );
    assert_eq!(of_action(Action::Move("resolve".into())), Vec::<String>::new());
}

/// Spans that no constructor makes, only a file.
trait ParseSpan {
    fn parse_span(&self) -> Span;
}

impl ParseSpan for str {
    fn parse_span(&self) -> Span {
        Span(crate::time::span::parse(self).unwrap())
    }
}

#[test]
fn an_intake_rule_has_a_name_of_its_own_can_hold_and_sets_something() {
    let at = "routing.intake[a]";
    let rule = |when: Cond, set: Sorted| faults(|c| c.routing.intake = vec![Intake { key: "a".into(), when, set }]);
    let team = |team: &str| Sorted { team: Some(team.into()), ..Sorted::default() };
    assert_eq!(rule(Atom::Role("lead".into()).into(), team("x")), Vec::<String>::new(), "somebody opens it");
    assert_eq!(rule(Cond::ALWAYS, Sorted::default()), [format!("{at}.set: sets nothing")]);
    assert_eq!(rule(Cond::ALWAYS, team(" x")), [format!("{at}.set.team: ` x` {NO_NAME}")]);
    let skilled = Sorted { skills: ["".into()].into(), queue: Some("".into()), ..Sorted::default() };
    assert_eq!(
        rule(Cond::ALWAYS, skilled),
        [format!("{at}.set.queue: `` {NO_NAME}"), format!("{at}.set.skills: `` {NO_NAME}")]
    );
    assert_eq!(
        rule(Atom::NoOpen(LinkKind::Child).into(), team("x")),
        [format!("{at}.when: asks no_open:child, but a ticket has no links when it is opened")]
    );
    assert_eq!(rule(Atom::During("office".into()).into(), team("x")), [format!("{at}.when: no calendar `office`")]);
    assert_eq!(rule(Cond::Any(vec![]), team("x")), [format!("{at}.when: an `any` without alternatives never holds")]);
    let named = |key: &str, when: Cond| Intake { key: key.into(), when, set: team("x") };
    let vip = || Cond::from(Atom::Tag("vip".into()));
    assert_eq!(
        faults(|c| c.routing.intake =
            vec![named("", vip()), named("b", Cond::ALWAYS), named("c", vip()), named("c", vip())]),
        [
            format!("routing.intake[0].key: {NO_NAME}"),
            "routing.intake[2]: is never asked, as `b` before it is for every ticket".to_owned(),
            "routing.intake[3].key: another one is named `c`".to_owned(),
            "routing.intake[3]: is never asked, as `b` before it is for every ticket".to_owned(),
        ]
    );
}

#[test]
fn a_route_asks_somebody_says_nothing_twice_and_asks_nothing_of_an_actor() {
    let at = "routing.routes[a]";
    let of = |change: fn(Route) -> Route| faults(|c| c.routing.routes = vec![change(Route::new("a", "first_line"))]);
    assert_eq!(of(|route| route), Vec::<String>::new());
    assert_eq!(of(|route| Route { team: "".into(), ..route }), [format!("{at}.team: `` {NO_NAME}")]);
    assert_eq!(of(|route| route.skill("\n")), [format!("{at}.skills: `\n` {NO_NAME}")]);
    assert_eq!(of(|route| route.tiers([])), [format!("{at}.tiers: asks nobody")]);
    assert_eq!(
        of(|route| route.tiers([Tier::Away, Tier::Away]).order([Prefer::Sticky, Prefer::LeastLoaded, Prefer::Sticky])),
        [format!("{at}.tiers[1]: stands in the list before"), format!("{at}.order[2]: stands in the list before")]
    );
    assert_eq!(
        of(|route| route.fallback(Fallback::Escalate(0))),
        [format!("{at}.fallback.escalate: level 0 is where every ticket begins")]
    );
    let nobody = "but nobody acts when a ticket is routed";
    for (atom, problem) in [
        (Atom::Role("lead".into()), format!("{at}.when: asks role:lead, {nobody}")),
        (Atom::Relation(Relation::Team), format!("{at}.when: asks relation:team, {nobody}")),
        (
            Atom::NoOpen(LinkKind::Child),
            format!("{at}.when: asks no_open:child, but a route does not read other tickets"),
        ),
        (Atom::State("limbo".into()), format!("{at}.when: no workflow has a state `limbo`")),
    ] {
        assert_eq!(faults(|c| c.routing.routes = vec![Route::new("a", "t").when(atom.into())]), [problem]);
    }
    assert_eq!(
        faults(|c| c.routing.routes = vec![Route::new("a", "t"), Route::new("a", "t")]),
        [
            "routing.routes[1].key: another one is named `a`",
            "routing.routes[1]: is never asked, as `a` before it is for every ticket",
        ]
    );
}

#[test]
fn grants_name_what_is_there_and_give_something() {
    let grant = |grant: Grant| faults(|config| config.rights.grants.push(grant));
    let at = |place: &str| format!("rights.grants[boss].{place}");
    let boss = || Grant::role("boss", [Capability::Move]);
    assert_eq!(grant(boss()), Vec::<String>::new());
    assert_eq!(grant(Grant::role("boss", [])), [format!("{}: gives nothing", at("may"))]);
    assert_eq!(grant(boss().kind("wish")), [format!("{}: no kind `wish`", at("kinds"))]);
    assert_eq!(grant(boss().state("limbo")), [format!("{}: no workflow has a state `limbo`", at("states"))]);
    assert_eq!(grant(boss().transition("fly")), [format!("{}: no workflow has a transition `fly`", at("moves"))]);
    let no_move = Grant::role("boss", [Capability::Read]).transition("close");
    assert_eq!(grant(no_move), [format!("{}: names transitions, and gives no right to move", at("moves"))]);
    let rights = |change: fn(&mut Rights)| faults(|config| change(&mut config.rights));
    assert_eq!(rights(|rights| _ = rights.internal.insert("margin".into())), ["rights.internal: no field `margin`"]);
    assert_eq!(rights(|rights| _ = rights.promises.insert("gold".into())), ["rights.promises: no policy `gold`"]);
}

#[test]
fn a_role_that_nobody_holds_is_asked_for_in_vain() {
    let found = faults(|config| config.rights.roles = ["admin".into()].into());
    let vain =
        |key: &str| format!("workflows[change@1].transitions[{key}].guard: nobody holds the role `change_manager`");
    assert_eq!(found, [vain("approve"), vain("reject")]);
    assert_eq!(faults(|config| config.rights.roles = ["admin".into(), "change_manager".into()].into()), [""; 0]);
}

#[test]
fn a_state_that_nobody_may_leave_is_no_place_for_a_ticket() {
    let found = faults(|config| config.rights = Rights::of([Grant::agents([Capability::Move]).transition("start")]));
    let stuck = |kind: &str, state: &str| {
        let fault = format!("rights: nobody may take a ticket of kind `{kind}` out of state `{state}`");
        found.contains(&fault)
    };
    assert!(stuck("task", "doing") && stuck("change", "draft"), "{found:?}");
    assert!(!stuck("task", "todo") && !stuck("incident", "new"), "agents may start it: {found:?}");
    assert!(!stuck("incident", "resolved"), "the desk itself closes it: {found:?}");
}

#[test]
fn what_recurs_comes_round_and_can_be_opened() {
    let daily = || toml::from_str("start = \"2026-03-01T09:00\"\nzone = \"UTC\"\nrule = \"FREQ=DAILY\"").unwrap();
    let of = |change: &dyn Fn(&mut Recurring)| {
        let mut recurring = Recurring::new(daily(), Planned::new("task", "Rounds of {{date}}"));
        change(&mut recurring);
        let named = Template::default().ticket("a", Planned::new("task", "{{ reference }}"));
        let below = Template::default().ticket("a", Planned::new("task", "{{subject}}"));
        faults(|c| {
            c.templates.extend([("named".into(), named), ("below".into(), below)]);
            c.recurring.insert("r".into(), recurring);
        })
    };
    assert_eq!(of(&|_| {}), Vec::<String>::new());
    assert_eq!(of(&|r| r.template = Some("below".into())), Vec::<String>::new());
    for (change, fault) in [
        (
            &(|r: &mut Recurring| r.within = Some("office".into())) as &dyn Fn(&mut Recurring),
            "within: no calendar `office`",
        ),
        (&|r| r.template = Some("wish".into()), "template: no template `wish`"),
        (
            &|r| r.template = Some("named".into()),
            "template: `a` of `named` asks for the reference of a ticket that has no number yet",
        ),
        (&|r| r.ticket.kind = "wish".into(), "ticket.kind: no kind `wish`"),
        (&|r| r.ticket.subject = " ".into(), "ticket.subject: is empty"),
        (
            &|r| r.ticket.subject = "{{date}}, {{team}}".into(),
            "ticket.subject: no placeholder `team` at character 11; a ticket yet to be has `date` only",
        ),
        (&|r| r.ticket.subject = "{{date}}".repeat(101).into(), "ticket.subject: has 1010 bytes, the limit is 1000"),
        (&|r| r.ticket.after = ["b".into()].into(), "ticket.after: only tickets of a template come after each other"),
        (&|r| r.every.start = "2026-03-01T09:00:00.5".parse().unwrap(), "every.start: has a fraction of a second"),
    ] {
        assert_eq!(of(change), [format!("recurring.r.{fault}")]);
    }
    assert_eq!(
        faults(|c| {
            c.recurring.insert("".into(), Recurring::new(daily(), Planned::new("task", "Rounds")));
        }),
        [format!("recurring.: {NO_NAME}")]
    );
}

#[test]
fn retention_is_for_tickets_that_can_be_closed_and_takes_its_time() {
    let old = || Retention::new("old", Span::days(1), Erase::All);
    let of = |retention: Vec<Retention>| faults(|c| c.retention = retention);
    assert_eq!(of(vec![old().when(Atom::Tag("vip".into()))]), Vec::<String>::new());
    assert_eq!(of(vec![old().when(Atom::Status(Status::Closed))]), Vec::<String>::new());
    assert_eq!(of(vec![old(), old()]), ["retention[1].key: another one is named `old`"]);
    assert_eq!(of(vec![Retention { key: "".into(), ..old() }]), [format!("retention[0].key: {NO_NAME}")]);
    assert_eq!(
        of(vec![Retention { after: Span::ZERO, ..old() }]),
        ["retention[old].after: must be longer than nothing"]
    );
    for (when, problem) in [
        (Cond::is(Atom::Status(Status::Open)), "never holds of a closed ticket"),
        (Atom::Kind("wish".into()).into(), "no kind `wish`"),
        (Cond::Any(Vec::new()), "an `any` without alternatives never holds"),
        (Atom::Role("lead".into()).into(), "asks role:lead, but nobody acts when time passes"),
        (Atom::Relation(Relation::Team).into(), "asks relation:team, but nobody acts when time passes"),
        (Atom::NoOpen(LinkKind::Child).into(), "asks no_open:child, but retention does not read other tickets"),
    ] {
        assert_eq!(of(vec![old().when(when)]), [format!("retention[old].when: {problem}")]);
    }
    assert_eq!(faults(|c| c.receipts = Span::ZERO), ["receipts: must be longer than nothing"]);
}
