//! What people ask of a desk, at random.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::cond::Atom;
use ticketcore::config::{
    Action, Approval, At, Audience, Cascade, CascadeOn, Deed, Erase, Macro, Planned, Recurring, Retention, Rule, Step,
    Template, Trigger, Voters, Workflow,
};
use ticketcore::directory::Person;
use ticketcore::report::{Bucket, Dimension, Each, Measure, Scan, TableSpec, Time, Unit};
use ticketcore::routing::{Availability, Fallback, Intake, Prefer, Route, Routing, Sorted};
use ticketcore::testing::sample::Sample;
use ticketcore::testing::{Dice, question};
use ticketcore::time::{Hours, Recurrence, Zone};
use ticketcore::{
    Actor, ActorKind, Channel, Command, Config, Draft, FieldType, Key, Level, LinkKind, Party, PersonId, Policy,
    Priority, Query, Request, Severity, Signal, Span, Ticket, TicketId, Value, Version, Visibility,
};

/// Something that happens to a desk.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Open(Actor, Draft),
    Apply(Actor, TicketId, Request),
    Signal(Signal),
    Publish(u32),
    Instantiate(Actor, TicketId),
    Erase(PersonId),
    Pass(TimeDelta),
    Tick,
    Find(Query),
    Tally(Scan),
    History(TicketId, Version, usize),
    Moves(Actor, TicketId),
    Readings(TicketId),
    Feed(usize),
    Due(usize),
}

impl Act {
    /// Something that makes sense to those who know these tickets, mostly.
    pub(crate) fn any(dice: &mut Dice, known: &[Sample], now: DateTime<Utc>) -> Self {
        let Some(sample) = (!known.is_empty()).then(|| dice.pick(known)) else {
            return Self::Open(actor(dice), draft(dice));
        };
        let id = sample.ticket.id;
        // A vote makes sense only where one was asked for, and by those who are asked.
        if !sample.ticket.approvals.is_empty() && dice.once_in(2) {
            return Self::Apply(voter(dice), id, Request::from(vote(dice, &sample.ticket)));
        }
        match dice.below(43) {
            0..=5 => Self::Open(actor(dice), draft(dice)),
            6..=21 => Self::Apply(actor(dice), id, request(dice, known, now)),
            22..=24 => Self::Signal(signal(dice, now)),
            25 => Self::Publish(u32::from(dice.once_in(2))),
            26..=28 => Self::Pass(*dice.pick(&[
                TimeDelta::microseconds(1),
                TimeDelta::minutes(29),
                TimeDelta::hours(5),
                TimeDelta::days(6),
                TimeDelta::minutes(-10),
            ])),
            29..=30 => Self::Tick,
            31..=33 => {
                let query = Query::new(question::filter(dice, known)).order(*dice.pick(&question::ORDERS));
                Self::Find(query.limit(1 + dice.below(4)))
            }
            34 => Self::Tally(Scan { filter: question::filter(dice, known), tables: tables(), now }),
            35 => Self::History(id, Version(dice.below(4).try_into().unwrap()), dice.below(5)),
            36 => Self::Moves(actor(dice), id),
            37 => Self::Readings(id),
            38 => Self::Feed(1 + dice.below(9)),
            39..=40 => Self::Instantiate(actor(dice), id),
            41 => Self::Erase(name(dice)),
            _ => Self::Due(dice.below(3)),
        }
    }

    /// How much time passes with it. Rules that were published are looked for once a second, so a tick takes longer.
    pub(crate) const fn time(&self) -> TimeDelta {
        match self {
            Self::Pass(time) => *time,
            Self::Tick => TimeDelta::seconds(2),
            _ => TimeDelta::zero(),
        }
    }

    /// Who does it, if it matters.
    pub(crate) const fn actor(&self) -> Option<&Actor> {
        match self {
            Self::Open(actor, _) | Self::Apply(actor, _, _) | Self::Moves(actor, _) => Some(actor),
            _ => None,
        }
    }

    /// The key under which a repetition has no second effect.
    pub(crate) fn once(&self) -> Option<&str> {
        match self {
            Self::Open(_, draft) => draft.once.as_deref(),
            Self::Apply(_, _, request) => request.once.as_deref(),
            _ => None,
        }
    }
}

/// The configuration of a desk; both know both revisions of the incident's workflow, which tickets may be pinned to.
pub(crate) fn config(variant: u32) -> Config {
    let page = |template| Action::Notify { to: vec![Audience::Lead, Audience::Assignee], template, urgent: true };
    let mut second = Workflow::incident().revision(2);
    second.states[3].key = "supplier".into();
    for transition in &mut second.transitions {
        let text = serde_json::to_string(transition).unwrap().replace("\"vendor\"", "\"supplier\"");
        *transition = serde_json::from_str(&text).unwrap();
    }
    let hours = Hours::new(Zone::named("Europe/Berlin").unwrap()).weekdays("09:00-17:00");
    let resolution = Policy::resolution("resolution")
        .target(Priority::P1, Span::hours(2))
        .target(Priority::P3, Span::hours(8 - 4 * variant))
        .step(Step::new(At::Percent(75), vec![page("soon".into())]))
        .step(Step::new(At::Percent(100), vec![Action::AssignTeam("second".into()), Action::Escalate(1)]))
        .calendar("office");
    let escalation = Policy::escalation("on_call")
        .applies(Atom::Priority(Priority::P1))
        .step(Step::new(At::After(Span::minutes(10)), vec![page("page".into())]))
        .repeat(2, Span::minutes(15));
    let cab = Approval::default().step(Voters::role("change_manager"), 1).step(Voters::people(["ada", "lin"]), 1);
    let answer = Macro::default()
        .deed(Deed::say(Visibility::Public, "{{subject}}: {{field.note}}{{team}}"))
        .deed(Deed::Move("resolve".into()));
    let rollout = Template::default()
        .ticket("plan", Planned::new("task", "Plan {{subject}} for {{requester}}").description("{{field.note}}"))
        .ticket(
            "roll",
            Planned::new("change", "{{field.note}}{{reference}}").team("net").field("seats", 2).after("plan"),
        );
    let daily = Recurrence::new(
        "2026-03-01T10:00:00".parse().unwrap(),
        Zone::named("Europe/Berlin").unwrap(),
        if variant == 0 { "FREQ=DAILY" } else { "FREQ=DAILY;INTERVAL=2" }.parse().unwrap(),
    );
    let rounds = Recurring::new(daily, Planned::new("task", "Rounds of {{date}}").team("net")).within("office");
    // Rules that follow from commands and from time, that move, and that undo each other.
    let on = |key: &'static str, trigger, action| Rule::new(key, [trigger]).then(action);
    let net = Atom::Tag("net".into());
    // One of the two finds teams and agents.
    let mut routing = Routing::default();
    if variant == 1 {
        let set = Sorted { team: Some("net".into()), skills: ["disks".into()].into(), ..Sorted::default() };
        routing.intake = vec![Intake { key: "alerts".into(), when: Atom::Channel(Channel::Monitor).into(), set }];
        let desk = Route::new("desk", "net").when(Atom::Team("desk".into()).into()).order([Prefer::LeastRecent]);
        let net = Route::new("net", "net").when(Atom::Team("net".into()).into()).fallback(Fallback::Escalate(1));
        routing.routes = vec![desk, net];
    }
    Config { seal: variant == 1, routing, ..Config::default() }
        .rule(on("net", Trigger::Tagged, Action::AssignTeam("net".into())).when(net.clone()).then(page("net".into())))
        .rule(on("late", Trigger::Breached, Action::Tag("net".into())).when(Atom::NoOpen(LinkKind::BlockedBy)))
        .rule(on("off", Trigger::TeamAssigned, Action::Unassign).then(Action::Untag("net".into())))
        .rule(on("done", Trigger::Said, Action::Move("resolve".into())).when(Atom::Tag("desk".into())))
        .with_macro("answer", answer)
        .template("rollout", rollout)
        .retention(Retention::new("old", Span::days(3), if variant == 0 { Erase::Internal } else { Erase::All }))
        .recurring("rounds", if variant == 0 { rounds.skip_open() } else { rounds })
        .workflow(second)
        .approval("cab", if variant == 0 { cab } else { cab.ordered().own().expires(Span::hours(5)) })
        .calendar("office", hours)
        .field("seats", FieldType::Int)
        .field("note", FieldType::Text)
        .policy(Policy::first_response("response").target(Priority::P3, Span::minutes(30 + variant)))
        .policy(resolution)
        .policy(escalation)
        .policy(Policy::ack_timeout("ack", Span::hours(1)))
        .policy(Policy::assignment_timeout("idle", Span::hours(2)))
        .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"))
        .cascade(Cascade::new(CascadeOn::Closed, LinkKind::Blocks, "start").last())
        .cascade(Cascade::new(CascadeOn::Reopened, LinkKind::Child, "reopen"))
}

/// The people of the team `net`.
pub(crate) fn people() -> [Person; 3] {
    let agent = |id: &str, room| {
        let mut person = Person::new(id, ActorKind::Agent, id).team("net");
        person.capacity = [(Channel::Api, room), (Channel::Monitor, 1)].into();
        person
    };
    [agent("ada", 2), agent("eve", 1).skill("disks"), Person { availability: Availability::Away, ..agent("lin", 3) }]
}

pub(crate) fn tables() -> Vec<TableSpec> {
    let day = Bucket { unit: Unit::Day, zone: Zone::utc() };
    let measures = [
        Measure::Count,
        Measure::Backlog,
        Measure::Age,
        Measure::Reopens,
        Measure::Messages,
        Measure::Satisfaction,
        Measure::ResponseShare,
        Measure::Resolution(Time::Business),
        Measure::NextResponse(Time::Business),
        Measure::NetResolution(Time::Wall),
        Measure::FirstContact(Span::hours(3)),
        Measure::Attainment("resolution".into()),
    ];
    let spent = |each| TableSpec::new([Dimension::Each], [Measure::Count, Measure::Spent(Time::Wall)]).each(each);
    vec![
        spent(Each::State),
        spent(Each::Team),
        spent(Each::Crossing),
        TableSpec::new([], measures.clone()),
        TableSpec::new([Dimension::Status, Dimension::Priority], measures.clone()),
        TableSpec::new([Dimension::Created(day)], measures),
    ]
}

fn actor(dice: &mut Dice) -> Actor {
    let manager = Actor::agent("eve").role("change_manager").team("net");
    let all = [
        Actor::agent("ada"),
        manager,
        Actor::requester("bo"),
        Actor::requester("eve").organisation("net"),
        Actor::integration("gateway"),
        Actor::system(),
    ];
    dice.pick(&all).clone()
}

/// Those who are asked for their approval; two of them have no other part in any ticket.
fn voter(dice: &mut Dice) -> Actor {
    let manager = |name: &str| Actor::agent(name).role("change_manager");
    dice.pick(&[manager("kim"), manager("eve"), Actor::agent("lin"), Actor::agent("ada")]).clone()
}

fn name<T: From<&'static str>>(dice: &mut Dice) -> T {
    T::from(*dice.pick(&["ada", "bo", "eve", "net", "desk", "größe \"L\""]))
}

fn maybe<T: From<&'static str>>(dice: &mut Dice) -> Option<T> {
    (!dice.once_in(3)).then(|| name(dice))
}

/// Mostly a text, now and then one that is refused.
fn text(dice: &mut Dice) -> String {
    let words = ["printer", "on fire", "Straße", "4711", "принтер", "it's", "", "a\0b", "line\nbreak"];
    let harmless = if dice.once_in(10) { 9 } else { 6 };
    let words: Vec<&str> = (0..=dice.below(3)).map(|_| *dice.pick(&words[..harmless])).collect();
    words.join(" ")
}

/// One of few, so that it comes again.
fn once(dice: &mut Dice) -> Option<String> {
    dice.once_in(4).then(|| format!("mail-{}", dice.below(5)))
}

fn level(dice: &mut Dice) -> Level {
    if dice.once_in(20) { Level(4) } else { *dice.pick(&[Level::HIGH, Level::HIGH, Level::MEDIUM, Level::LOW]) }
}

fn draft(dice: &mut Dice) -> Draft {
    let kinds = ["incident", "incident", "incident", "request", "problem", "change", "task", "article", "wish"];
    let known = if dice.once_in(10) { 9 } else { 8 };
    let mut draft = Draft::new(*dice.pick(&kinds[..known]), text(dice));
    if dice.once_in(2) {
        draft = draft.rated(level(dice), level(dice));
    }
    (draft.requester, draft.assignee, draft.once) = (maybe(dice), maybe(dice), once(dice));
    draft.organisation = if dice.once_in(3) { maybe(dice) } else { None };
    (draft.team, draft.queue, draft.category) = (maybe(dice), maybe(dice), maybe(dice));
    draft.description = dice.once_in(2).then(|| text(dice));
    draft.tags = (0..dice.below(3)).map(|_| name(dice)).collect();
    if dice.once_in(2) {
        draft = draft.field("seats", 3);
    }
    draft
}

fn signal(dice: &mut Dice, now: DateTime<Utc>) -> Signal {
    let key = *dice.pick(&["disk/db-01", "cpu/db-01", "ping/web"]);
    let at = now - TimeDelta::seconds(dice.below(3).try_into().unwrap());
    if dice.once_in(3) {
        return Signal::cleared(key, at);
    }
    Signal::firing(key, text(dice), at).severity(*dice.pick(&[Severity::Info, Severity::Critical])).label("host", key)
}

fn request(dice: &mut Dice, known: &[Sample], now: DateTime<Utc>) -> Request {
    let commands: Vec<Command> = (0..=dice.below(2)).map(|_| command(dice, known, now)).collect();
    let mut request = Request::from(commands);
    request.once = once(dice);
    request.seen = dice.once_in(6).then(|| dice.pick(known).ticket.version);
    request
}

/// The version of one of the first events, which may be a message.
fn version(dice: &mut Dice) -> Version {
    Version(1 + i64::try_from(dice.below(5)).unwrap())
}

/// Mostly on what the ticket is at, now and then on what it was.
fn vote(dice: &mut Dice, ticket: &Ticket) -> Command {
    let (approval, seen) = ("cab".into(), if dice.once_in(5) { Version(1) } else { ticket.version });
    match dice.below(8) {
        0..=3 => Command::approve("cab", seen),
        4 => Command::Reject { approval, seen, reason: dice.once_in(2).then(|| text(dice)) },
        5..=6 => Command::Delegate { approval, to: name(dice) },
        _ => Command::WithdrawApproval(approval),
    }
}

fn command(dice: &mut Dice, known: &[Sample], now: DateTime<Utc>) -> Command {
    let moves = [
        "start",
        "wait",
        "wait_vendor",
        "resume",
        "resolve",
        "reopen",
        "close",
        "cancel",
        "assess",
        "approve",
        "publish",
    ];
    let kinds = LinkKind::ALL;
    let mut other = || (*dice.pick(&kinds), dice.pick(known).ticket.id);
    let (kind, other) = other();
    let later = now + TimeDelta::minutes(i64::try_from(dice.below(90)).unwrap() - 5);
    match dice.below(64) {
        0..=11 => Command::transition(*dice.pick(&moves)),
        12..=13 => Command::reply(text(dice)),
        14 => Command::note(text(dice)),
        15 => Command::Assign(maybe(dice)),
        16 => Command::AssignTeam(maybe(dice)),
        17 => Command::Enqueue(maybe(dice)),
        18 => Command::ChangeRequester(maybe(dice)),
        19 => Command::Rename(text(dice)),
        20 => Command::Categorise(maybe(dice)),
        21 => Command::Tag(name(dice)),
        22 => Command::Untag(name(dice)),
        23 => Command::set("seats", i64::try_from(dice.below(3)).unwrap()),
        24 => Command::Set(Key::from("note"), dice.once_in(2).then(|| Value::Text(text(dice)))),
        25 => Command::Reference(dice.once_in(2).then(|| text(dice))),
        26 => Command::Rate(level(dice), level(dice)),
        27 => Command::Prioritise(Priority::P1, text(dice)),
        28 => Command::RestorePriority,
        29 => Command::Escalate(dice.below(3).try_into().unwrap()),
        47 => dice.pick(&[Command::Invite("eve".into()), Command::Dismiss("eve".into())]).clone(),
        48 => dice.pick(&[Command::Refer("net".into()), Command::Recall("net".into())]).clone(),
        49 => dice
            .pick(&[Command::Share(Party::Person("bo".into())), Command::Unshare(Party::Person("bo".into()))])
            .clone(),
        50 => Command::ChangeOrganisation(maybe(dice)),
        30 => Command::Watch(name(dice)),
        31 => Command::Unwatch(name(dice)),
        32..=33 => Command::Link(kind, other),
        34 => Command::Unlink(kind, other),
        35 => Command::Acknowledge(dice.once_in(2).then_some(later)),
        36 => Command::Unacknowledge,
        37 => Command::Snooze(later),
        38 => dice.pick(&[Command::Wake, Command::Waive("resolution".into(), "storm".to_owned())]).clone(),
        39..=40 => Command::Edit(version(dice), text(dice)),
        41..=42 => Command::Merge(other),
        43..=44 => Command::Unmerge,
        45 => {
            let messages = (0..=dice.below(2)).map(|_| version(dice)).collect();
            Command::Split(messages, Box::new(Draft { once: None, ..draft(dice) }))
        }
        46 => Command::Rejoin(other),
        51..=54 => Command::RequestApproval("cab".into()),
        55..=56 => {
            let ticket = &dice.pick(known).ticket;
            vote(dice, ticket)
        }
        57..=58 => Command::Run(if dice.once_in(9) { "wish" } else { "answer" }.into()),
        59..=60 => Command::Score(dice.below(7).try_into().unwrap(), dice.once_in(2).then(|| text(dice))),
        61..=62 => Command::Endorse(dice.once_in(2)),
        _ => Command::Migrate(1 + u32::from(dice.once_in(2)), BTreeMap::from([("vendor".into(), "supplier".into())])),
    }
}
