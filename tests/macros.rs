//! Macros and templates: commands and tickets that stand ready, and the texts they fill in.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use ticketcore::config::{Action, Deed, Grant, Macro, Planned, Rights, Rule, Template, Trigger, Visibility, Wording};
use ticketcore::engine::fold;
use ticketcore::testing::{Given, given};
use ticketcore::{
    Actor, Capabilities, Capability, Command, Config, Desk, Draft, Error, Event, FieldType, Key, Level, LinkKind,
    MemoryStore, Position, Refusal, Status, Ticket, Value,
};

const NAME: &str = "is no name: 1 to 128 bytes, no control characters, no blank at either end";

fn says(text: &str) -> Macro {
    Macro::default().deed(Deed::say(Visibility::Public, text))
}

fn desk_with(spec: Macro) -> Config {
    Config::default().field("site", FieldType::Text).field("seats", FieldType::Int).with_macro("m", spec)
}

/// A ticket under a desk with one macro, `m`.
fn ticket(spec: Macro) -> Given {
    let draft = Draft::incident("No mail").requester("bo").assignee("ada").field("seats", 3);
    given(desk_with(spec)).ticket(draft)
}

fn run() -> Command {
    Command::Run("m".into())
}

/// What the macro says on a ticket.
#[track_caller]
fn said(given: Given, expected: &str) {
    given.when(run()).then_texts(&[expected]);
}

#[test]
fn placeholders_stand_for_what_the_ticket_has() {
    let all = "{{subject}}|{{reference}}|{{requester}}|{{assignee}}|{{team}}|{{priority}}|{{status}}|{{ field.seats }}|{{field.site}}";
    said(ticket(says(all)), "No mail|INC-0|bo|ada||p3|new|3|");
    let given =
        ticket(says(all)).having([Command::AssignTeam(Some("net".into())), Command::set("site", "größe \"L\"")]);
    said(given, "No mail|INC-0|bo|ada|net|p3|new|3|größe \"L\"");
}

/// Input is never code: neither in what a ticket holds nor in braces that are no placeholder.
#[test]
fn what_is_filled_in_is_text_and_stays_what_it_is() {
    for evil in [
        "{{assignee}}",
        "{{{{subject}}}}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{% for x in y %}",
        "javascript:alert(1)",
        "{{subject}}{{subject}}",
        "}}{{",
    ] {
        let given = ticket(says("> {{subject}} <")).having(Command::Rename(evil.to_owned()));
        said(given, &format!("> {evil} <"));
    }
    for (literal, expected) in [
        ("{subject} {{}} {{ }} {{subject} {subject}} ${subject} }} {{", None),
        ("{{sub\nject}}", None),
        ("{{{subject}}}", Some("{No mail}")),
        ("{{{{subject}}}}", Some("{{No mail}}")),
        ("${{subject}}", Some("$No mail")),
        ("{{subject}}{{subject}}", Some("No mailNo mail")),
        ("été {{subject}} été", Some("été No mail été")),
    ] {
        said(ticket(says(literal)), expected.unwrap_or(literal));
    }
}

#[test]
fn a_text_that_would_be_too_long_is_refused_before_it_is_put_together() {
    let spec = says(&"{{subject}}".repeat(2000));
    let big = ticket(spec).having(Command::Rename("x".repeat(1000)));
    big.when(run()).then_refused(|refusal| {
        let text = "invalid input: macros.m.commands[0].body: would have more than 1048576 bytes, which is the limit";
        assert_eq!(refusal.to_string(), text);
    });
}

#[test]
fn a_macro_is_carried_out_as_if_the_actor_gave_its_commands() {
    let spec = Macro::default()
        .deed(Deed::Take)
        .deed(Deed::AssignTeam("net".into()))
        .deed(Deed::Enqueue("late".into()))
        .deed(Deed::Categorise("mail".into()))
        .deed(Deed::Tag("vip".into()))
        .deed(Deed::Set("site".into(), "Berlin".into()))
        .deed(Deed::Rate(Level::HIGH, Level::HIGH))
        .deed(Deed::Escalate(1))
        .deed(Deed::Move("start".into()))
        .deed(Deed::say(Visibility::Internal, "{{assignee}} of {{team}} in {{field.site}}, {{status}}, {{priority}}"))
        .deed(Deed::Untag("vip".into()))
        .deed(Deed::Unassign)
        .deed(Deed::Assign("kim".into()));
    ticket(spec)
        .by(Actor::agent("eve"))
        .when(run())
        .then_named(&[
            "assigned",
            "team_assigned",
            "queued",
            "categorised",
            "tagged",
            "field_set",
            "rated",
            "escalated",
            "moved",
            "said",
            "untagged",
            "assigned",
            "assigned",
        ])
        .then_texts(&["eve of net in Berlin, open, p1"])
        .then_ticket(|ticket| assert_eq!(ticket.responded, None, "an internal note is no answer"));
    ticket(says("Hello")).when(run()).then_ticket(|ticket| assert!(ticket.responded.is_some()));
}

#[test]
fn a_macro_does_nothing_that_the_actor_may_not_and_all_or_none_of_it() {
    let resolve = || says("Done").deed(Deed::Move("resolve".into()));
    ticket(resolve()).when(run()).then_named(&["said", "moved"]);
    ticket(resolve()).by(Actor::requester("mallory")).when(run()).then_refused(|refusal| {
        assert_eq!(refusal.to_string(), "`mallory` may not run");
    });
    // What a macro does takes its own rights.
    let work = Capabilities::all().without(Capability::Move);
    let rights = Rights::of([Grant::agents(work), Grant::role("lead", [Capability::Move])]);
    let without_moves = Config { rights, ..desk_with(resolve()) };
    given(without_moves).ticket(Draft::incident("No mail")).by(Actor::agent("kim")).when(run()).then_refused(
        |refusal| {
            assert_eq!(refusal.to_string(), "`kim` may not move");
        },
    );
    let twice = [run(), run()];
    ticket(resolve()).when(twice).then_refused(|refusal| assert!(matches!(refusal, Refusal::NoSuchMove { .. })));
    ticket(says("{{team}}")).when(run()).then_refused(|refusal| {
        assert_eq!(refusal.to_string(), "invalid input: macros.m.commands[0].body: is empty");
    });
    ticket(says("x")).when(Command::Run("n".into())).then_refused(|refusal| {
        assert_eq!(refusal.to_string(), "invalid input: macro: `n` is no macro of this desk; known: m");
    });
}

#[test]
fn a_macro_moves_a_ticket_past_guards_that_read_others() {
    pollster::block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        desk.publish(desk_with(Macro::default().deed(Deed::Move("resolve".into())))).await.unwrap();
        let desk = desk.by(Actor::agent("ada"));
        let (parent, child) =
            (desk.open(Draft::incident("a")).await.unwrap(), desk.open(Draft::task("b")).await.unwrap());
        desk.apply(parent.id, Command::Link(LinkKind::Child, child.id)).await.unwrap();
        assert!(desk.apply(parent.id, run()).await.is_err());
        desk.apply(child.id, [Command::transition("start"), Command::transition("resolve")]).await.unwrap();
        assert_eq!(desk.apply(parent.id, run()).await.unwrap().status, Status::Resolved);
    });
}

fn faults(config: &Config) -> Vec<String> {
    config.check().iter().map(ToString::to_string).collect()
}

#[test]
fn a_macro_that_cannot_be_meant_is_refused_with_its_place() {
    let known = "known: subject, reference, requester, assignee, team, priority, status, field.…";
    let one = |deed: Deed| Macro::default().deed(deed);
    let cases: Vec<(Macro, String)> = vec![
        (Macro::default(), ": does nothing".to_owned()),
        (says(" "), "[0].text: is empty".to_owned()),
        (says("été {{colour}}"), format!("[0].text: no placeholder `colour` at character 5; {known}")),
        (says("{{#if}}"), format!("[0].text: no placeholder `#if` at character 1; {known}")),
        (says("{{field.size}}"), "[0].text: no field `size` at character 1".to_owned()),
        (says("a\0"), "[0].text: holds a NUL character".to_owned()),
        (says(&"x".repeat((1 << 20) + 1)), "[0].text: has 1048577 bytes, the limit is 1048576".to_owned()),
        (one(Deed::Move("fly".into())), "[0]: no workflow has a transition `fly`".to_owned()),
        (one(Deed::Move("open".into())), "[0]: no workflow has a transition `open`".to_owned()),
        (one(Deed::Assign(" ".into())), format!("[0]: ` ` {NAME}")),
        (one(Deed::Take).deed(Deed::Tag("".into())), format!("[1]: `` {NAME}")),
        (one(Deed::Set("size".into(), 1.into())), "[0]: no field `size`".to_owned()),
        (
            one(Deed::Set("seats".into(), "many".into())),
            "[0]: `many` does not fit `seats`, which expects a whole number".to_owned(),
        ),
        (one(Deed::Rate(Level(9), Level(1))), "[0]: impact 9 and urgency 1 are not both in the matrix".to_owned()),
        (one(Deed::RequestApproval("cab".into())), "[0]: no approval `cab`".to_owned()),
    ];
    for (spec, expected) in cases {
        assert_eq!(faults(&desk_with(spec)), [format!("macros.m.commands{expected}")]);
    }
    assert_eq!(faults(&Config::default().with_macro("", says("x"))), [format!("macros.: {NAME}")]);
    // A transition that only a role may take is for whoever runs the macro to take.
    assert_eq!(faults(&desk_with(one(Deed::Move("approve".into())))), Vec::<String>::new());
}

proptest! {
    #[test]
    fn every_text_is_read_whole_and_without_braces_stays_as_it_is(text in "[a{}. \n€]{0,40}") {
        let wording = Wording::from(text.as_str());
        for (at, name) in wording.placeholders() {
            let named = !name.is_empty() && !name.contains(['{', '}', '\n']);
            prop_assert!(named, "{}", name);
            let from: String = text.chars().skip(at - 1).collect();
            let there = from.starts_with("{{") && from[2..].trim_start().starts_with(name);
            prop_assert!(there, "{}", from);
        }
        let plain = text.replace(['{', '}'], "");
        if !plain.trim().is_empty() {
            said(ticket(says(&plain)), &plain);
        }
    }
}

/// Bo's first day: the account comes first, then laptop and phone, then the tour.
fn newcomer() -> Template {
    Template::default()
        .ticket("tour", Planned::new("task", "Tour").after("laptop").after("phone"))
        .ticket("phone", Planned::new("task", "Phone").after("account"))
        .ticket("laptop", Planned::new("task", "Laptop").after("account").field("seats", 1))
        .ticket(
            "account",
            Planned::new("request", "Account for {{requester}} in {{field.site}}")
                .description("See {{reference}}: {{subject}}")
                .team("directory")
                .queue("new")
                .category("people")
                .tag("joiner")
                .assignee("kim")
                .rated(Level::HIGH, Level::LOW),
        )
}

fn templates(template: Template) -> Config {
    Config::default().field("site", FieldType::Text).field("seats", FieldType::Int).template("newcomer", template)
}

async fn desk(config: Config) -> (Desk, Arc<Ticket>) {
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_seed(5);
    desk.publish(config).await.unwrap();
    let desk = desk.by(Actor::agent("ada"));
    let parent = Draft::request("Bo starts").requester("bo").field("site", "Berlin");
    let parent = desk.open(parent).await.unwrap();
    (desk, parent)
}

#[test]
fn a_template_opens_its_tickets_in_one_commit_below_their_parent() {
    pollster::block_on(async {
        let (desk, parent) = desk(templates(newcomer())).await;
        let tickets = desk.instantiate(parent.id, "newcomer").await.unwrap();
        let subjects: Vec<&str> = tickets.iter().map(|ticket| ticket.subject.as_str()).collect();
        assert_eq!(subjects, ["Account for bo in Berlin", "Laptop", "Phone", "Tour"]);
        assert_eq!(tickets.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [2, 3, 4, 5]);
        let [account, laptop, phone, tour] = &tickets[..] else { panic!() };
        let ids = |ticket: &Ticket, kind| {
            let mut ids: Vec<_> = ticket.linked(kind).collect();
            ids.sort_unstable();
            ids
        };
        let sorted = |tickets: &[&Arc<Ticket>]| {
            let mut ids: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(ids(account, LinkKind::Blocks), sorted(&[laptop, phone]));
        assert_eq!(ids(laptop, LinkKind::BlockedBy), [account.id]);
        assert_eq!(ids(tour, LinkKind::BlockedBy), sorted(&[laptop, phone]));
        let parent = desk.load(parent.id).await.unwrap();
        assert_eq!(ids(&parent, LinkKind::Child), sorted(&[account, laptop, phone, tour]));
        assert!(tickets.iter().all(|ticket| ids(ticket, LinkKind::Parent) == [parent.id]));

        assert_eq!((text(&account.team), text(&account.queue)), (Some("directory"), Some("new")));
        assert_eq!((text(&account.category), text(&account.assignee)), (Some("people"), Some("kim")));
        assert!(account.tags.contains("joiner") && (account.impact, account.urgency) == (Level::HIGH, Level::LOW));
        assert_eq!(laptop.fields.get("seats"), Some(&Value::Int(1)));
        let history = desk.history(account.id).await.unwrap();
        assert_eq!(history[0].text.as_deref(), Some("See REQ-1: Bo starts"));
        assert!(history.iter().all(|one| one.by == Actor::agent("ada").by()));
        for ticket in tickets.iter().chain([&parent]) {
            let folded = fold(&desk.history(ticket.id).await.unwrap()).unwrap();
            assert_eq!(Ticket { number: ticket.number, ..folded }, **ticket);
        }

        let start = [Command::transition("start"), Command::transition("resolve")];
        let blocked = desk.apply(laptop.id, start.clone()).await.unwrap_err();
        assert!(blocked.to_string().contains(&account.id.to_string()), "{blocked}");
        desk.apply(account.id, start.clone()).await.unwrap();
        desk.apply(laptop.id, start).await.unwrap();
    });
}

/// The text of a name that may be lacking.
fn text<T: AsRef<str>>(name: &Option<T>) -> Option<&str> {
    name.as_ref().map(AsRef::as_ref)
}

#[test]
fn a_template_is_carried_out_whole_or_not_at_all() {
    pollster::block_on(async {
        let (desk, parent) = desk(templates(newcomer())).await;
        let before = || async { desk.feed(Position(0), usize::MAX).await.unwrap() };
        let events = before().await;
        let missing = desk.instantiate(parent.id, "leaver").await.unwrap_err();
        assert_eq!(
            missing.to_string(),
            "invalid input: template: `leaver` is no template of this desk; known: newcomer"
        );
        let nobody = ticketcore::TicketId::at(desk.now(), 9);
        assert!(matches!(desk.instantiate(nobody, "newcomer").await, Err(Error::NotFound(id)) if id == nobody));
        assert_eq!(before().await, events);

        // The subject that one of them would have is longer than subjects may be.
        let mut config = templates(newcomer());
        config.limits.subject = 50;
        desk.by(Actor::system()).publish(config).await.unwrap();
        let long = desk.apply(parent.id, Command::set("site", "x".repeat(40))).await.unwrap();
        let refused = desk.instantiate(long.id, "newcomer").await.unwrap_err();
        let text = "invalid input: tickets.account.subject: would have more than 50 bytes, which is the limit";
        assert_eq!(refused.to_string(), text);

        let mut config = templates(newcomer());
        config.limits.links = 4;
        desk.by(Actor::system()).publish(config).await.unwrap();
        let other = desk.open(Draft::task("Other")).await.unwrap();
        desk.apply(parent.id, [Command::set("site", "Berlin"), Command::Link(LinkKind::Relates, other.id)])
            .await
            .unwrap();
        let refused = desk.instantiate(parent.id, "newcomer").await.unwrap_err();
        assert_eq!(refused.to_string(), "invalid input: links: has 4 items, which is the limit");

        desk.by(Actor::system()).publish(templates(newcomer())).await.unwrap();
        let end = ["start", "resolve", "close"].map(Command::transition);
        desk.apply(parent.id, Vec::from(end)).await.unwrap();
        let refused = desk.instantiate(parent.id, "newcomer").await.unwrap_err();
        assert!(refused.to_string().ends_with("is closed and takes no open child"), "{refused}");
        assert_eq!(desk.load(parent.id).await.unwrap().linked(LinkKind::Child).count(), 0);
    });
}

#[test]
fn rules_follow_the_tickets_of_a_template_and_their_parent() {
    pollster::block_on(async {
        let tag = |key: &'static str| Action::Tag(key.into());
        let config = templates(newcomer())
            .rule(Rule::new("fresh", [Trigger::Opened]).then(tag("fresh")))
            .rule(Rule::new("linked", [Trigger::Linked]).then(tag("linked")));
        let (desk, parent) = desk(config).await;
        let tickets = desk.instantiate(parent.id, "newcomer").await.unwrap();
        let both = ["fresh", "linked"].map(Key::from);
        assert!(tickets.iter().all(|ticket| ticket.tags.iter().filter(|tag| both.contains(tag)).count() == 2));
        let history = desk.history(parent.id).await.unwrap();
        let names: Vec<&str> = history.iter().map(|one| one.event.name()).skip(3).collect();
        assert_eq!(names, ["linked", "linked", "linked", "linked", "ruled", "tagged"]);
        assert!(matches!(&history[7].event, Event::Ruled { rule } if rule == "linked"));
    });
}

#[test]
fn a_template_that_cannot_be_meant_is_refused_with_its_place() {
    let one = |planned: Planned| Template::default().ticket("a", planned);
    let task = || Planned::new("task", "x");
    let chain = |circle: &[(&'static str, &'static str)]| {
        circle.iter().fold(Template::default(), |all, (key, before)| all.ticket(*key, task().after(*before)))
    };
    let many = |count: usize| Template {
        tickets: (0..count).map(|i| (Key::from(format!("t{i}")), task())).collect::<BTreeMap<_, _>>(),
    };
    let cases: Vec<(Template, Vec<String>)> = vec![
        (Template::default(), vec![": opens nothing".to_owned()]),
        (many(200), vec![]),
        (many(201), vec![": has 201 tickets, the limit is 200".to_owned()]),
        (one(Planned::new("idea", "x")), vec![".a.kind: no kind `idea`".to_owned()]),
        (one(Planned::new("task", "")), vec![".a.subject: is empty".to_owned()]),
        (one(Planned::new("task", "x".repeat(1001))), vec![".a.subject: has 1001 bytes, the limit is 1000".to_owned()]),
        (one(task().description("{{field.size}}")), vec![".a.description: no field `size` at character 1".to_owned()]),
        (one(task().team(" ")), vec![format!(".a.team: ` ` {NAME}")]),
        (one(task().queue("")), vec![format!(".a.queue: `` {NAME}")]),
        (one(task().category("")), vec![format!(".a.category: `` {NAME}")]),
        (one(task().tag("")), vec![format!(".a.tags: `` {NAME}")]),
        (one(task().assignee("")), vec![format!(".a.assignee: `` {NAME}")]),
        (one(task().field("size", 1)), vec![".a.fields.size: no field `size`".to_owned()]),
        (
            one(task().field("seats", true)),
            vec![".a.fields.seats: `true` does not fit `seats`, which expects a whole number".to_owned()],
        ),
        (
            one(task().rated(Level(7), Level::LOW)),
            vec![".a.impact: impact 7 and urgency 3 are not both in the matrix".to_owned()],
        ),
        (one(task().after("b")), vec![".a.after: no ticket `b`".to_owned()]),
        (one(task().after("a")), vec![": come after each other: a after a".to_owned()]),
        (
            chain(&[("c", "b"), ("b", "a"), ("a", "c"), ("start", "c")]).ticket("free", task()),
            vec![": come after each other: a after c after b after a".to_owned()],
        ),
        (Template::default().ticket("", task()), vec![format!(": {NAME}")]),
    ];
    for (template, expected) in cases {
        let expected: Vec<String> =
            expected.into_iter().map(|fault| format!("templates.newcomer.tickets{fault}")).collect();
        assert_eq!(faults(&templates(template)), expected);
    }
    assert_eq!(faults(&Config::default().template(" ", one(task()))), [format!("templates. : {NAME}")]);
    let mut few = templates(many(6));
    few.limits.links = 5;
    assert_eq!(faults(&few), ["templates.newcomer.tickets: has 6 tickets, the limit is 5"]);
}
