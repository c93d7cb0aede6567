//! The laws of escalation, 45 to 52 of the domain model, on desks that tick when they like, die and race.
//!
//! Law 46 is read with a rule of the engine: what is due is done in the order of the due instants, each step on the
//! ticket as the ones before it left it, so a step that an earlier one made pointless is not taken. Where a law speaks
//! of all steps, its steps are therefore quiet: they tell people and hand the ticket on, but stop and start no clock.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ticketcore::cond::Atom;
use ticketcore::config::{Action, At, Audience, Step};
use ticketcore::event::{Notice, Recipient, Skip};
use ticketcore::line::{Beat, Flag};
use ticketcore::policy_log::StepKey;
use ticketcore::time::{Calendar, Hours, ManualClock, Zone};
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Event, Key, MemoryStore, Notifier, Policy, Position, Priority, Recorded, Span,
    Status, Ticket, TicketId,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Monday, an hour before the office opens.
fn start() -> DateTime<Utc> {
    at("2026-03-02T07:00:00Z")
}

fn end() -> DateTime<Utc> {
    start() + TimeDelta::days(7)
}

fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

fn office() -> Hours {
    Hours::new(Zone::utc()).weekdays("08:00-16:00")
}

fn after(minutes: u32, actions: impl Into<Vec<Action>>) -> Step {
    Step::new(At::After(Span::minutes(minutes)), actions.into())
}

fn tell(template: &str) -> Action {
    Action::Notify { to: vec![Audience::Lead], template: template.into(), urgent: true }
}

/// A help desk that does nothing by itself but what these policies say.
fn config(policies: impl IntoIterator<Item = Policy>) -> Config {
    let bare = Config { policies: Vec::new(), ..Config::default() };
    policies.into_iter().fold(bare.calendar("office", office()), Config::policy)
}

// --- a desk that lives no longer than one call ----------------------------------------------------------------------

/// A store with one ticket, and a clock. Every call is made by a new desk, as if the one before had died.
struct World {
    store: MemoryStore,
    clock: ManualClock,
    ticket: TicketId,
}

impl World {
    fn new(config: Config) -> Self {
        let (store, clock) = (MemoryStore::new(), ManualClock::new(start()));
        let desk = Desk::new(Arc::new(store.clone())).with_clock(clock.clone());
        pollster::block_on(desk.publish(config)).unwrap();
        let bo = desk.by(Actor::requester("bo"));
        let ticket = pollster::block_on(bo.open(Draft::incident("No mail").team("first_line"))).unwrap().id;
        let world = Self { store, clock, ticket };
        // New rules are brought to all tickets by the first tick after them.
        world.tick(start());
        world
    }

    fn desk(&self) -> Desk {
        Desk::new(Arc::new(self.store.clone())).with_clock(self.clock.clone())
    }

    /// Returns how many tickets there was something to do on, and when the next one wakes.
    fn tick(&self, at: DateTime<Utc>) -> (usize, Option<DateTime<Utc>>) {
        self.clock.set(at);
        let ticked = pollster::block_on(self.desk().tick()).unwrap();
        (ticked.tickets, ticked.next)
    }

    /// Lets the ticket be as it is, if the command is refused.
    fn order(&self, at: DateTime<Utc>, command: Command) {
        self.clock.set(at);
        if let Err(error) = pollster::block_on(self.desk().by(Actor::agent("ada")).apply(self.ticket, command)) {
            assert!(error.refusal().is_some(), "{error}");
        }
    }

    fn load(&self) -> Arc<Ticket> {
        pollster::block_on(self.desk().load(self.ticket)).unwrap()
    }

    fn history(&self) -> Vec<Recorded> {
        pollster::block_on(self.desk().history(self.ticket)).unwrap()
    }

    /// The names of the events after so many.
    fn names(&self, after: usize) -> Vec<&'static str> {
        self.history().iter().skip(after).map(|recorded| recorded.event.name()).collect()
    }
}

/// The steps that a history records, taken or skipped, each with when it was due.
fn steps(history: &[Recorded]) -> Vec<(StepKey, DateTime<Utc>)> {
    let step = |recorded: &Recorded| match &recorded.event {
        Event::Fired { key, due } | Event::Skipped { key, due, .. } => Some((key.clone(), *due)),
        _ => None,
    };
    history.iter().filter_map(step).collect()
}

// --- random policies ------------------------------------------------------------------------------------------------

/// An escalation: after how many minutes its steps are due, whether each waits for the office, and whether it is
/// skipped while somebody has the ticket.
#[derive(Clone, Debug)]
struct Chain {
    steps: Vec<(u32, bool, bool)>,
    repeat: u8,
    period: u32,
}

fn chains() -> impl Strategy<Value = Chain> {
    let steps = vec((0..120_u32, any::<bool>(), any::<bool>()), 1..4);
    (steps, 0..3_u8, 1..200_u32).prop_map(|(steps, repeat, rest)| {
        let last = steps.iter().map(|(after, ..)| *after).max().unwrap_or(0);
        Chain { steps, repeat, period: last + rest }
    })
}

impl Chain {
    fn policy(&self) -> Policy {
        let chain = Policy::escalation("chain").repeat(self.repeat, Span::minutes(self.period));
        self.steps.iter().zip(1_u8..).fold(chain, |chain, ((wait, within, unless), level)| {
            let team = Action::AssignTeam(format!("line_{level}").into());
            let step = after(*wait, [tell("escalation"), team, Action::Escalate(level)]);
            let step = if *within { step.within("office") } else { step };
            chain.step(if *unless { step.unless(Atom::Flag(Flag::Assigned)) } else { step })
        })
    }

    /// What is to be recorded before an instant, told from the times in which the chain ran.
    fn expected(&self, beats: &[Beat], until: DateTime<Utc>) -> BTreeSet<(StepKey, DateTime<Utc>)> {
        let office = Calendar::new(&office()).unwrap();
        let runs = |beat: &Beat| !beat.flags.has(Flag::Acked) && beat.status.is_open();
        let mut expected = BTreeSet::new();
        let (mut cycle, mut beats) = (0, beats);
        while let Some(begin) = beats.iter().position(runs) {
            let end = beats[begin..].iter().position(|beat| !runs(beat)).map(|end| begin + end);
            let stopped = end.map_or(until, |end| beats[end].at);
            cycle += 1;
            for round in 0..=self.repeat {
                for ((wait, within, _), step) in self.steps.iter().zip(0_u16..) {
                    let instant = beats[begin].at + minutes((wait + u32::from(round) * self.period).into());
                    let due = if *within { office.next_open(instant).unwrap() } else { instant };
                    if due < stopped {
                        expected.insert((StepKey { policy: "chain".into(), cycle, round, step }, due));
                    }
                }
            }
            beats = &beats[end.unwrap_or(beats.len())..];
        }
        expected
    }
}

/// A chain and two promises with warnings: quiet all of them.
fn quiet(chain: &Chain) -> Config {
    let warn = |percent, name: &str| Step::new(At::Percent(percent), vec![tell(name), Action::Tag(name.into())]);
    let response = Policy::first_response("response").target(Priority::P3, Span::minutes(90));
    let resolution = Policy::resolution("resolution").calendar("office").target(Priority::P3, Span::hours(4));
    config([
        chain.policy(),
        response.step(warn(50, "hurry")).step(warn(100, "late")),
        resolution.step(warn(75, "hurry")).step(warn(150, "too_late").unless(Atom::During("office".into()))),
    ])
}

/// Policies that stop and start each other's clocks.
fn loud(chain: &Chain) -> Config {
    let resolution = Policy::resolution("resolution").target(Priority::P3, Span::hours(4));
    let resolution = resolution.target(Priority::P1, Span::hours(5));
    config([
        chain.policy().step(after(10, [Action::Prioritise(Priority::P1)])),
        resolution
            .step(Step::new(At::Percent(100), vec![Action::Unacknowledge, Action::Wake]))
            .step(Step::new(At::Percent(300), vec![Action::Move("resolve".into())])),
        Policy::ack_timeout("ack_timeout", Span::minutes(45)),
        Policy::snooze("snooze"),
        Policy::auto_close("auto_close", Span::hours(20), "close"),
    ])
}

// --- random lives ---------------------------------------------------------------------------------------------------

/// Something an agent does.
#[derive(Clone, Debug)]
enum Deed {
    Acknowledge,
    Unacknowledge,
    Snooze(i64),
    Assign(bool),
    Reply,
    Move(&'static str),
}

impl Deed {
    fn command(&self, now: DateTime<Utc>) -> Command {
        match self {
            Self::Acknowledge => Command::Acknowledge(None),
            Self::Unacknowledge => Command::Unacknowledge,
            Self::Snooze(length) => Command::Snooze(now + minutes(*length)),
            Self::Assign(somebody) => Command::Assign(somebody.then(|| "ada".into())),
            Self::Reply => Command::reply("On it"),
            Self::Move(transition) => Command::transition(*transition),
        }
    }
}

/// Minutes since the deed before, at least one, and the deed.
type Life = Vec<(i64, Deed)>;

fn lives() -> impl Strategy<Value = Life> {
    let moves = select(&["start", "wait", "resume", "resolve", "reopen"][..]);
    let deeds = prop_oneof![
        3 => Just(Deed::Acknowledge),
        3 => Just(Deed::Unacknowledge),
        1 => (1..200_i64).prop_map(Deed::Snooze),
        1 => any::<bool>().prop_map(Deed::Assign),
        1 => Just(Deed::Reply),
        4 => moves.prop_map(Deed::Move),
    ];
    vec((1..300_i64, deeds), 0..10)
}

/// The seconds between one tick and the next.
fn ticks() -> impl Strategy<Value = Vec<i64>> {
    vec(0..12_000_i64, 0..20)
}

/// Plays a life with ticks in between, and one at the end of the week.
fn play(config: Config, life: &Life, ticks: &[i64]) -> World {
    let world = play_on(config, life, ticks);
    world.tick(end());
    world
}

/// Plays a life with ticks in between.
fn play_on(config: Config, life: &Life, ticks: &[i64]) -> World {
    let world = World::new(config);
    let deeds = life.iter().scan(start(), |at, (gap, deed)| {
        *at += minutes(*gap);
        Some((*at, Some(deed)))
    });
    let ticks = ticks.iter().scan(start(), |at, gap| {
        *at += TimeDelta::seconds(*gap);
        Some((*at, None))
    });
    let mut all: Vec<_> = deeds.chain(ticks).collect();
    all.sort_by_key(|(at, _)| *at);
    for (at, deed) in all {
        match deed {
            Some(deed) => world.order(at, deed.command(at)),
            None => drop(world.tick(at)),
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// And law 49: no step is taken that is due when its clock has stopped, and law 50: repeated n times, a cycle has
    /// no more than n + 1 times its steps.
    #[test]
    fn law_45_each_step_is_recorded_at_most_once(chain in chains(), life in lives(), ticks in ticks(), is_loud: bool) {
        let config = if is_loud { loud(&chain) } else { quiet(&chain) };
        let world = play(config.clone(), &life, &ticks);
        let recorded = steps(&world.history());
        let keys: BTreeSet<_> = recorded.iter().map(|(key, _)| key).collect();
        prop_assert_eq!(keys.len(), recorded.len());
        prop_assert_eq!(world.load().policies.steps.len(), recorded.len());

        let readings = pollster::block_on(world.desk().readings(world.ticket)).unwrap();
        for (key, due) in &recorded {
            let reading = readings.iter().find(|reading| reading.policy == key.policy && reading.cycle == key.cycle);
            let stopped = reading.unwrap().stopped;
            prop_assert!(stopped.is_none_or(|stopped| *due < stopped), "{:?} {} {:?}", key, due, stopped);
        }
        for policy in &config.policies {
            let most = (usize::from(policy.repeat) + 1) * policy.steps.len();
            for reading in readings.iter().filter(|reading| reading.policy == policy.id) {
                let count = keys.iter().filter(|key| key.policy == policy.id && key.cycle == reading.cycle).count();
                prop_assert!(count <= most);
            }
        }
    }

    #[test]
    fn law_46_every_step_due_before_its_clock_stops_is_recorded(chain in chains(), life in lives(), ticks in ticks()) {
        let world = play(quiet(&chain), &life, &ticks);
        let recorded = steps(&world.history()).into_iter().filter(|(key, _)| key.policy == "chain");
        prop_assert_eq!(recorded.collect::<BTreeSet<_>>(), chain.expected(world.load().line.beats(), end()));
    }

    /// Law 51 as well: the same steps are due at the same instants, whenever somebody looked.
    #[test]
    fn law_47_it_does_not_matter_how_often_and_when_a_desk_ticks(
        chain in chains(), life in lives(), some in ticks(), others in ticks(),
    ) {
        let (one, other) = (play(quiet(&chain), &life, &some), play(quiet(&chain), &life, &others));
        let recorded = |world: &World| steps(&world.history()).into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(recorded(&one), recorded(&other));
        let before = one.history();
        one.tick(end());
        prop_assert_eq!(one.history(), before);
    }

    #[test]
    fn law_48_nothing_is_due_before_the_desk_wakes(
        chain in chains(), life in lives(), is_loud: bool, when in vec(any::<Index>(), 8),
    ) {
        let world = play_on(if is_loud { loud(&chain) } else { quiet(&chain) }, &life, &[]);
        let mut now = world.desk().now();
        world.tick(now);
        for when in when {
            let before = world.history();
            let (_, Some(wake)) = world.tick(now) else { return Ok(()) };
            let asleep = usize::try_from((wake - now).num_microseconds().unwrap()).unwrap();
            let early = now + TimeDelta::microseconds(i64::try_from(when.index(asleep)).unwrap());
            prop_assert_eq!(world.tick(early), (0, Some(wake)));
            prop_assert_eq!(&world.history(), &before);
            prop_assert_eq!(world.tick(wake).0, 1);
            prop_assert!(world.history().len() > before.len());
            now = wake;
        }
    }

    #[test]
    fn law_52_what_is_recorded_is_delivered_whatever_dies(
        chain in chains(), life in lives(), moods in vec(select(&[Mood::Works, Mood::Fails, Mood::Dies][..]), 0..40),
    ) {
        let world = play(quiet(&chain), &life, &[]);
        let pager = Pager { moods: Mutex::new(moods), sent: Mutex::default() };
        let count = loop {
            // A desk that dies leaves the store as it is. The next one goes on with what it finds there.
            let desk = world.desk();
            let deliver = pin!(desk.deliver("pager", &pager));
            if let Poll::Ready(Ok(count)) = deliver.poll(&mut Context::from_waker(Waker::noop())) {
                break count;
            }
        };
        let recorded = pollster::block_on(world.desk().feed(Position(0), usize::MAX)).unwrap();
        let sent = pager.sent.lock().unwrap().clone();
        prop_assert!(count <= recorded.len() && recorded.len() <= sent.len());
        let mut first = Vec::new();
        for recorded in &sent {
            match first.iter().find(|first: &&Recorded| first.key() == recorded.key()) {
                Some(first) => prop_assert_eq!(first, recorded, "what comes again comes as it was"),
                None => first.push(recorded.clone()),
            }
        }
        prop_assert_eq!(first, recorded);
        prop_assert_eq!(pollster::block_on(world.desk().deliver("pager", &pager)).unwrap(), 0);
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Works,
    /// It is not sent, and the desk is told so.
    Fails,
    /// It is sent, and the process dies before the desk is told.
    Dies,
}

/// Sends messages, as long as it is in the mood; the last of its moods comes first, and it works when they are used up.
#[derive(Debug)]
struct Pager {
    moods: Mutex<Vec<Mood>>,
    sent: Mutex<Vec<Recorded>>,
}

#[async_trait]
impl Notifier for Pager {
    async fn notify(&self, recorded: &Recorded) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mood = self.moods.lock().unwrap().pop().unwrap_or(Mood::Works);
        if mood == Mood::Fails {
            return Err("the line is busy".into());
        }
        self.sent.lock().unwrap().push(recorded.clone());
        if mood == Mood::Dies {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

// --- many desks on one store ----------------------------------------------------------------------------------------

const TICKETS: usize = 30;

/// Lets so many desks tick at each full hour of a day, on threads of their own, while somebody answers a ticket.
fn a_day_of(desks: usize) -> Vec<BTreeSet<(StepKey, DateTime<Utc>)>> {
    let chain =
        Chain { steps: vec![(15, false, false), (50, true, false), (100, false, true)], repeat: 2, period: 120 };
    let (store, clock) = (MemoryStore::new(), ManualClock::new(start()));
    let desk = || Desk::new(Arc::new(store.clone())).with_clock(clock.clone());
    pollster::block_on(desk().publish(quiet(&chain))).unwrap();
    let open = |i: usize| {
        clock.advance(TimeDelta::seconds(7));
        pollster::block_on(desk().by(Actor::requester("bo")).open(Draft::incident(format!("No mail {i}")))).unwrap().id
    };
    let tickets: Vec<TicketId> = (0..TICKETS).map(open).collect();
    for hour in 1..24 {
        clock.set(start() + TimeDelta::hours(hour));
        thread::scope(|scope| {
            for _ in 0..desks {
                scope.spawn(|| pollster::block_on(desk().tick()).unwrap());
            }
            let answered = tickets[usize::try_from(hour).unwrap()];
            let answer = Command::reply("Try again");
            scope.spawn(move || pollster::block_on(desk().by(Actor::agent("ada")).apply(answered, answer)).unwrap());
        });
    }
    clock.set(end());
    pollster::block_on(desk().tick()).unwrap();
    let recorded = |id: &TicketId| {
        let history = pollster::block_on(desk().history(*id)).unwrap();
        let (steps, found) = (steps(&history), steps(&history).len());
        let steps: BTreeSet<_> = steps.into_iter().collect();
        assert_eq!(steps.len(), found, "each once, law 45");
        steps
    };
    tickets.iter().map(recorded).collect()
}

#[test]
fn many_desks_at_once_record_what_one_desk_records() {
    let alone = a_day_of(1);
    assert!(alone.iter().all(|steps| steps.len() >= 9));
    assert_eq!(a_day_of(4), alone);
}

// --- scenarios ------------------------------------------------------------------------------------------------------

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
