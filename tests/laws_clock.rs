//! The laws of clocks, 31 to 44 of the domain model, on random lives of tickets.
//!
//! A life is made by the engine alone: a ticket is opened, and commands are decided at random instants. Times are whole
//! minutes, so that a walk minute by minute can tell what every clock must show. No incremental accumulators exist that
//! the second half of law 31 could compare: every reading is a full replay.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc, Weekday};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ticketcore::cond::{Atom, Cond};
use ticketcore::config::Action;
use ticketcore::config::{At, ClockSpec, Cycle, Rulebook, Setup, Step};
use ticketcore::engine::{Context, Phase, Reading, Related, decide, marks, moves, open, readings, tick};
use ticketcore::line::{Beat, Flag, Mark};
use ticketcore::report::Standing;
use ticketcore::time::{Calendar, Hours, Zone};
use ticketcore::{
    Actor, Command, Config, Draft, Event, Key, Policy, Priority, Request, Revision, Span, Status, TenantId, Ticket,
    TicketId, Waiting,
};

// --- what is promised -----------------------------------------------------------------------------------------------

/// A policy, and in plain words what its clock does.
#[derive(Clone, Copy, Debug)]
struct Promise {
    policy: fn(&'static str) -> Policy,
    runs: fn(&Beat) -> bool,
    stops: fn(&Beat) -> bool,
    starts: Starts,
}

/// What starts a run of a clock.
#[derive(Clone, Copy, Debug)]
enum Starts {
    At(fn(&Beat) -> bool),
    /// Its own running, if it did not run before.
    WhenItRuns,
}

const PROMISES: [(&str, Promise); 9] = [
    (
        "first_response",
        Promise {
            policy: Policy::first_response,
            runs: |_| true,
            stops: |beat| beat.flags.has(Flag::Responded) || ended(beat),
            starts: Starts::At(opened),
        },
    ),
    ("response", Promise { policy: Policy::response, runs: |_| true, stops: answered, starts: Starts::At(asked) }),
    (
        "next_response",
        Promise {
            policy: Policy::next_response,
            runs: |beat| beat.flags.has(Flag::Responded),
            stops: answered,
            starts: Starts::At(asked),
        },
    ),
    (
        "update",
        Promise {
            policy: Policy::update,
            runs: ours,
            stops: ended,
            starts: Starts::At(|beat| opened(beat) || beat.mark == Mark::Answered),
        },
    ),
    ("resolution", Promise { policy: Policy::resolution, runs: ours, stops: ended, starts: Starts::At(opened) }),
    (
        "restarted",
        Promise {
            policy: |id| Policy::resolution(id).restart(),
            runs: ours,
            stops: ended,
            starts: Starts::At(|beat| opened(beat) || beat.mark == Mark::Reopened),
        },
    ),
    (
        "hands_on",
        Promise {
            policy: |id| Policy::resolution(id).run(Atom::Flag(Flag::Assigned)).run(Atom::Priority(Priority::P3)),
            runs: |beat| ours(beat) && beat.flags.has(Flag::Assigned) && beat.priority <= Priority::P3,
            stops: ended,
            starts: Starts::At(opened),
        },
    ),
    (
        "escalation",
        Promise {
            policy: Policy::escalation,
            runs: |_| true,
            stops: |beat| beat.flags.has(Flag::Acked) || ended(beat),
            starts: Starts::WhenItRuns,
        },
    ),
    (
        "in_state",
        Promise {
            policy: |id| Policy {
                clock: ClockSpec { run: Cond::ALWAYS, cycle: Cycle::PerState, ..Policy::update(id).clock },
                ..Policy::update(id)
            },
            runs: |_| true,
            stops: ended,
            starts: Starts::At(|beat| matches!(beat.mark, Mark::Opened | Mark::Moved | Mark::Reopened)),
        },
    ),
];

fn opened(beat: &Beat) -> bool {
    beat.mark == Mark::Opened
}

fn asked(beat: &Beat) -> bool {
    beat.mark == Mark::Asked || opened(beat) && beat.flags.has(Flag::Unanswered)
}

fn answered(beat: &Beat) -> bool {
    !beat.flags.has(Flag::Unanswered) || ended(beat)
}

fn ended(beat: &Beat) -> bool {
    matches!(beat.status, Status::Resolved | Status::Closed)
}

fn ours(beat: &Beat) -> bool {
    beat.waiting != Some(Waiting::Requester)
}

// --- under which rules ----------------------------------------------------------------------------------------------

/// How many minutes each of the first four priorities has, if any.
type Budgets = [Option<u32>; 4];

fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

fn budgets() -> impl Strategy<Value = Budgets> {
    let one = || prop_oneof![1 => Just(None), 6 => (1..600_u32).prop_map(Some)];
    [one(), one(), one(), one()]
}

fn with_budgets(policy: Policy, budgets: Budgets) -> Policy {
    let targets = Priority::all().zip(budgets);
    targets.fold(policy, |policy, (priority, budget)| match budget {
        Some(minutes) => policy.target(priority, Span::minutes(minutes)),
        None => policy,
    })
}

const CALENDARS: [&str; 4] = ["wall", "office", "nights", "always"];

fn calendars() -> impl Strategy<Value = &'static str> {
    select(&CALENDARS[..])
}

fn hours(name: &str) -> Hours {
    let utc = || Hours::new(Zone::utc());
    let daily = |hours: Hours, window: &str| hours.weekdays(window).on(Weekday::Sat, window).on(Weekday::Sun, window);
    match name {
        // Its clocks change in the night from 28 to 29 March 2026.
        "office" => Hours::new(Zone::named("Europe/Berlin").unwrap())
            .weekdays("09:00-12:30")
            .weekdays("13:15-17:00")
            .on(Weekday::Sun, "01:30-03:30")
            .holiday("2026-04-03".parse().unwrap()),
        "nights" => daily(daily(utc(), "22:10-24:00"), "00:00-05:55"),
        _ => daily(utc(), "00:00-24:00"),
    }
}

/// The help desk with some policies, each counting in a calendar or, for `wall`, in none.
fn config(policies: impl IntoIterator<Item = Policy>, calendar: &'static str) -> Config {
    // Each that is named takes a while to compile.
    let named = CALENDARS.into_iter().filter(|name| *name != "wall" && [calendar, "always"].contains(name));
    let bare = Config { policies: Vec::new(), ..Config::default() };
    let config = named.fold(bare, |config, name| config.calendar(name, hours(name)));
    let with_calendar = |policy: Policy| if calendar == "wall" { policy } else { policy.calendar(calendar) };
    policies.into_iter().map(with_calendar).fold(config, Config::policy)
}

/// A rulebook with every promise under its own name.
fn all_promises(calendar: &'static str, budgets: Budgets) -> Rulebook {
    let policies = PROMISES.map(|(name, promise)| with_budgets((promise.policy)(name), budgets));
    Rulebook::new(config(policies, calendar)).unwrap()
}

fn promises() -> impl Strategy<Value = Promise> {
    select(PROMISES.map(|(_, promise)| promise).to_vec())
}

// --- what happens to a ticket ---------------------------------------------------------------------------------------

/// Something that somebody does.
#[derive(Clone, Debug)]
enum Deed {
    Move(Index),
    Answer,
    Ask,
    Prioritise(Priority),
    RestorePriority,
    Acknowledge(bool),
    Assign(bool),
    Foreign(Index),
}

/// Minutes since the deed before, and the deed.
type Life = Vec<(i64, Deed)>;

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => any::<Index>().prop_map(Deed::Move),
        2 => Just(Deed::Answer),
        2 => Just(Deed::Ask),
        2 => (1..=5_u8).prop_map(|number| Deed::Prioritise(Priority::new(number).unwrap())),
        1 => Just(Deed::RestorePriority),
        2 => any::<bool>().prop_map(Deed::Acknowledge),
        2 => any::<bool>().prop_map(Deed::Assign),
        1 => any::<Index>().prop_map(Deed::Foreign),
    ]
}

fn lives() -> impl Strategy<Value = Life> {
    let gaps = prop_oneof![1 => Just(0), 4 => 0..120_i64, 3 => 0..2_000_i64];
    vec((gaps, deeds()), 0..14)
}

fn starts() -> impl Strategy<Value = DateTime<Utc>> {
    (0..10 * 24 * 60_i64).prop_map(|minute| "2026-03-25T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + minutes(minute))
}

/// What no clock asks about.
fn foreign(which: &Index) -> Command {
    let commands = [
        Command::Tag("vip".into()),
        Command::Untag("vip".into()),
        Command::note("Looks odd"),
        Command::Rename("Still no mail".to_owned()),
        Command::AssignTeam(Some("net".into())),
        Command::Enqueue(Some("mail".into())),
        Command::Watch("eve".into()),
        Command::Escalate(2),
        Command::Categorise(Some("mail".into())),
        Command::Reference(Some("4711".to_owned())),
    ];
    which.get(&commands).clone()
}

/// A ticket as it was left by each deed.
#[derive(Clone, Debug)]
struct Told {
    /// From when, and what it was then; the opening first.
    chapters: Vec<(DateTime<Utc>, Ticket)>,
    events: Vec<Event>,
}

impl Told {
    fn opened(rulebook: &Rulebook, at: DateTime<Utc>) -> Self {
        let (actor, related) = (Actor::requester("bo"), Related::default());
        let context = Context { rulebook, actor: &actor, related: &related, now: at };
        let decision = open(&context, &TenantId::MAIN, TicketId::at(at, 0), &Draft::incident("No mail")).unwrap();
        Self { chapters: vec![(at, decision.ticket)], events: Vec::new() }
    }

    fn of(rulebook: &Rulebook, at: DateTime<Utc>, life: &Life) -> Self {
        let mut told = Self::opened(rulebook, at);
        told.live(rulebook, life);
        told
    }

    fn ticket(&self) -> &Ticket {
        &self.chapters.last().unwrap().1
    }

    fn until(&self) -> DateTime<Utc> {
        self.chapters.last().unwrap().0
    }

    fn live(&mut self, rulebook: &Rulebook, life: &Life) {
        for (gap, deed) in life {
            let at = self.until() + minutes(*gap);
            let (agent, customer, related) = (Actor::agent("ada"), Actor::requester("bo"), Related::default());
            let command = match deed {
                Deed::Move(which) => {
                    let offers = moves(rulebook, self.ticket(), &agent, &related, at);
                    let possible: Vec<_> = offers.iter().filter(|offer| offer.unmet.is_empty()).collect();
                    // Nothing leads out of where it is closed.
                    let Some(last) = possible.len().checked_sub(1) else { continue };
                    Command::Move(possible[which.index(last + 1)].transition.key.clone())
                }
                Deed::Answer | Deed::Ask => Command::reply("Hello"),
                Deed::Prioritise(priority) => Command::Prioritise(*priority, "so it is".to_owned()),
                Deed::RestorePriority => Command::RestorePriority,
                Deed::Acknowledge(true) => Command::Acknowledge(None),
                Deed::Acknowledge(false) => Command::Unacknowledge,
                Deed::Assign(somebody) => Command::Assign(somebody.then(|| "ada".into())),
                Deed::Foreign(which) => foreign(which),
            };
            let actor = if matches!(deed, Deed::Ask) { &customer } else { &agent };
            self.order(rulebook, actor, command, at);
        }
    }

    /// Lets the ticket be as it is, if the command is refused.
    fn order(&mut self, rulebook: &Rulebook, actor: &Actor, command: Command, at: DateTime<Utc>) {
        let related = Related::default();
        let context = Context { rulebook, actor, related: &related, now: at };
        let ticket = match decide(&context, self.ticket(), &Request::from(command)) {
            Ok(decision) => {
                self.events.extend(decision.facts.into_iter().map(|fact| fact.event));
                decision.ticket
            }
            Err(_) => self.ticket().clone(),
        };
        self.chapters.push((at, ticket));
    }

    /// Lets time pass, and the desk notice it.
    fn tick(&mut self, rulebook: &Rulebook, at: DateTime<Utc>) {
        let decision = tick(rulebook, self.ticket(), &Related::default(), at);
        self.events.extend(decision.facts.into_iter().map(|fact| fact.event));
        self.chapters.push((at, decision.ticket));
    }
}

/// The promises broken before an instant, as far as the readings tell.
fn broken(readings: &[Reading], before: DateTime<Utc>) -> BTreeSet<(Key, u32, DateTime<Utc>)> {
    let broken = readings.iter().filter(|reading| reading.breached);
    let named = broken.map(|reading| (reading.policy.clone(), reading.cycle, reading.due.unwrap()));
    named.filter(|(_, _, due)| *due < before).collect()
}

fn far() -> DateTime<Utc> {
    "2026-12-31T00:00:00Z".parse().unwrap()
}

// --- the walk -------------------------------------------------------------------------------------------------------

/// A run of a clock as the walk finds it, in minutes since the opening.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    started: i64,
    stopped: Option<i64>,
    phase: Phase,
    elapsed: i64,
    due: Option<i64>,
    breached: bool,
}

/// Goes from the opening on, minute by minute, and looks at what stands in the line and whether the calendar is open.
fn walk(promise: &Promise, budgets: Budgets, open: &[bool], beats: &[Beat], now: i64) -> Vec<Seen> {
    let mut runs: Vec<Seen> = Vec::new();
    let opened = beats[0].at;
    let mut beats = beats.iter().map(|beat| ((beat.at - opened).num_minutes(), beat)).peekable();
    let (mut awaited, mut budget, mut shown) = (false, None, 0);
    for minute in 0.. {
        while let Some((_, beat)) = beats.next_if(|(at, _)| *at == minute) {
            let running = (promise.runs)(beat) && !(promise.stops)(beat);
            let starts = match promise.starts {
                Starts::At(starts) => starts(beat),
                Starts::WhenItRuns => running && runs.last().is_none_or(|run| run.stopped.is_some()),
            };
            if starts {
                if let Some(before) = runs.last_mut() {
                    before.stopped.get_or_insert(minute);
                    before.phase = Phase::Done;
                }
                awaited = true;
            }
            let stops = (promise.stops)(beat) || matches!(promise.starts, Starts::WhenItRuns) && !running;
            // What is stopped when it is to start begins when it is let go, if ever.
            if awaited && !stops {
                let phase = Phase::Running;
                runs.push(Seen { started: minute, stopped: None, phase, elapsed: 0, due: None, breached: false });
                (awaited, shown) = (false, 0);
            }
            if let Some(run) = runs.last_mut().filter(|_| !awaited) {
                run.phase = if stops {
                    Phase::Done
                } else if running {
                    Phase::Running
                } else {
                    Phase::Paused
                };
                run.stopped = stops.then(|| run.stopped.unwrap_or(minute));
            }
            budget = budgets.get(usize::from(beat.priority.number()) - 1).copied().flatten();
        }
        let Some(run) = runs.last_mut().filter(|run| run.phase == Phase::Running) else {
            if minute >= now {
                break;
            }
            continue;
        };
        if budget.is_some_and(|budget| shown >= i64::from(budget)) {
            run.due.get_or_insert(minute);
        }
        // The projected due is looked for beyond the present.
        if minute >= now && (run.due.is_some() || budget.is_none()) {
            break;
        }
        if open[usize::try_from(minute).unwrap()] {
            shown += 1;
            run.elapsed += i64::from(minute < now);
        }
    }
    for run in &mut runs {
        run.breached = run.due.is_some_and(|due| due < run.stopped.unwrap_or(now));
        run.due = run.due.filter(|_| run.phase == Phase::Running && run.stopped.is_none() || run.breached);
        if run.stopped.is_some() {
            run.phase = Phase::Done;
        }
    }
    runs
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn law_31_readings_are_what_a_walk_minute_by_minute_finds(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), later in 0..3_000_i64,
    ) {
        let rulebook = all_promises(calendar, budgets);
        let told = Told::of(&rulebook, start, &life);
        let (ticket, now) = (told.ticket(), told.until() + minutes(later));
        let found = readings(&rulebook, ticket, now);

        let hours = Calendar::new(&hours(calendar)).unwrap();
        let open: Vec<bool> = (0..60 * 24 * 60).map(|minute| hours.is_open(start + minutes(minute))).collect();
        let since = |at: DateTime<Utc>| (at - start).num_minutes();
        for (name, promise) in &PROMISES {
            let found: Vec<Seen> = found
                .iter()
                .filter(|reading| reading.policy == *name)
                .map(|reading| Seen {
                    started: since(reading.started),
                    stopped: reading.stopped.map(since),
                    phase: reading.phase,
                    elapsed: reading.elapsed.num_minutes(),
                    due: reading.due.map(since),
                    breached: reading.breached,
                })
                .collect();
            let walked = walk(promise, budgets, &open, ticket.line.beats(), since(now));
            prop_assert_eq!(found, walked, "{}", name);
        }
    }

    #[test]
    fn law_32_what_happens_later_breaks_and_mends_nothing_before(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(),
    ) {
        let rulebook = all_promises(calendar, budgets);
        let told = Told::of(&rulebook, start, &life);
        let last = readings(&rulebook, told.ticket(), far());
        for ((_, ticket), (next, _)) in told.chapters.iter().zip(&told.chapters[1..]) {
            let then = readings(&rulebook, ticket, *next);
            prop_assert_eq!(broken(&then, *next), broken(&last, *next));
        }
    }

    #[test]
    fn law_33_a_breach_stays_and_a_waiver_only_excuses_it(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), more in lives(),
    ) {
        let rulebook = all_promises(calendar, budgets);
        let mut told = Told::of(&rulebook, start, &life);
        let now = told.until() + minutes(700);
        told.tick(&rulebook, now);
        let before = readings(&rulebook, told.ticket(), now);
        for (name, _) in PROMISES {
            told.order(&rulebook, &Actor::agent("ada"), Command::Waive(name.into(), "flood".to_owned()), now);
        }
        let excused = |reading: &Reading| Reading {
            excused: reading.breached.then(|| "flood".to_owned()),
            ..reading.clone()
        };
        let expected: Vec<Reading> = before.iter().map(excused).collect();
        prop_assert_eq!(readings(&rulebook, told.ticket(), now), expected.clone());

        told.live(&rulebook, &more);
        let last = readings(&rulebook, told.ticket(), far());
        for reading in expected.iter().filter(|reading| reading.breached) {
            let kept = |last: &&Reading| last.policy == reading.policy && last.cycle == reading.cycle;
            let last = last.iter().find(kept).unwrap();
            prop_assert_eq!((last.breached, last.due, &last.excused), (true, reading.due, &reading.excused));
        }
    }

    #[test]
    fn law_34_clocks_never_go_back_and_stand_still_unless_they_run(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), a in 0..9_000_i64, b in 0..9_000_i64,
    ) {
        let rulebook = all_promises(calendar, budgets);
        let told = Told::of(&rulebook, start, &life);
        let at = |later| readings(&rulebook, told.ticket(), told.until() + minutes(later));
        for (sooner, later) in at(a.min(b)).iter().zip(&at(a.max(b))) {
            prop_assert!(sooner.elapsed <= later.elapsed);
            prop_assert!(sooner.phase == Phase::Running || sooner.elapsed == later.elapsed);
            prop_assert_eq!(sooner.phase, later.phase, "time alone turns no clock on or off");
        }
    }

    #[test]
    fn law_35_what_is_due_is_breached_right_after_and_not_before(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(),
    ) {
        let rulebook = all_promises(calendar, budgets);
        let told = Told::of(&rulebook, start, &life);
        let (ticket, now) = (told.ticket(), told.until());
        let breaches = |at| -> Vec<Event> {
            let facts = tick(&rulebook, ticket, &Related::default(), at).facts.into_iter();
            facts.map(|fact| fact.event).filter(|event| matches!(event, Event::Breached { .. })).collect()
        };
        for reading in readings(&rulebook, ticket, now).iter().filter(|reading| !reading.breached) {
            if let Some(due) = reading.due {
                let breach = Event::Breached { policy: reading.policy.clone(), cycle: reading.cycle, due };
                let late = due + TimeDelta::microseconds(1);
                prop_assert!(!breaches(due).contains(&breach));
                prop_assert!(breaches(late).contains(&breach));
                prop_assert!(marks(&rulebook, ticket).wake.is_some_and(|wake| wake <= late));
            }
        }
    }

    /// And law 83: the five ways together are all cycles that had a target.
    #[test]
    fn law_36_every_cycle_ends_or_stands_in_one_way(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), later in 0..3_000_i64, waived in select(PROMISES.to_vec()),
    ) {
        let rulebook = all_promises(calendar, budgets);
        // Of two things in one minute nobody could tell which one stopped a clock.
        let life = life.into_iter().map(|(gap, deed)| (gap.max(1), deed)).collect();
        let mut told = Told::of(&rulebook, start, &life);
        let now = told.until() + minutes(later);
        told.tick(&rulebook, now);
        told.order(&rulebook, &Actor::agent("ada"), Command::Waive(waived.0.into(), "flood".to_owned()), now);
        let (ticket, standings) = (told.ticket(), marks(&rulebook, told.ticket()).standings);
        for (name, _) in PROMISES {
            let mut expected = Standing { policy: name.into(), ..Standing::default() };
            // A run without a target promises nothing, unless it did before and broke it.
            let counted = |reading: &Reading| reading.policy == name && (reading.budget.is_some() || reading.breached);
            for reading in readings(&rulebook, ticket, now).into_iter().filter(counted) {
                let dropped = ticket.dropped && reading.stopped.is_some() && reading.stopped == ticket.closed;
                let count = match (reading.breached, reading.excused, reading.stopped) {
                    (true, None, _) => &mut expected.breached,
                    (true, Some(_), _) => &mut expected.excused,
                    (false, _, None) => &mut expected.running,
                    (false, _, Some(_)) if dropped => &mut expected.dropped,
                    (false, _, Some(_)) => &mut expected.met,
                };
                *count += 1;
            }
            let found = standings.iter().find(|standing| standing.policy == name);
            prop_assert_eq!(found.cloned().unwrap_or(Standing { policy: name.into(), ..Standing::default() }), expected);
        }
    }

    #[test]
    fn law_37_a_larger_share_of_the_budget_is_reached_no_sooner(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), a in 1..300_u16, b in 1..300_u16,
    ) {
        let warn = |percent, tag: &str| Step::new(At::Percent(percent), vec![Action::Tag(tag.into())]);
        let policies = PROMISES.map(|(name, promise)| {
            with_budgets((promise.policy)(name), budgets).step(warn(a.min(b), "less")).step(warn(a.max(b), "more"))
        });
        // A share of no budget is refused.
        let Ok(rulebook) = Rulebook::new(config(policies, calendar)) else { return Ok(()) };
        let mut told = Told::of(&rulebook, start, &life);
        told.tick(&rulebook, far());
        let reached: Vec<_> = told.events.iter().filter_map(|event| match event {
            Event::Fired { key, due } => Some((key, due)),
            _ => None,
        }).collect();
        for (more, due) in reached.iter().filter(|(key, _)| key.step == 1) {
            let less = reached.iter().find(|(less, _)| less.policy == more.policy && less.cycle == more.cycle && less.step == 0);
            prop_assert!(less.is_some_and(|(_, less)| less <= due), "{:?} {:?}", less, due);
        }
    }

    #[test]
    fn law_38_a_smaller_budget_is_used_up_no_later(
        promise in promises(), start in starts(), calendar in calendars(), loose in budgets(), saved in 0..400_u32, life in lives(),
    ) {
        let tight = loose.map(|budget| budget.map(|minutes| minutes.saturating_sub(saved).max(1)));
        let policies = [("loose", loose), ("tight", tight)].map(|(name, budgets)| with_budgets((promise.policy)(name), budgets));
        let rulebook = Rulebook::new(config(policies, calendar)).unwrap();
        let told = Told::of(&rulebook, start, &life);
        let found = readings(&rulebook, told.ticket(), told.until());
        let (loose, tight): (Vec<_>, Vec<_>) = found.iter().partition(|reading| reading.policy == "loose");
        prop_assert_eq!(loose.len(), tight.len());
        for (loose, tight) in loose.into_iter().zip(tight) {
            prop_assert_eq!(loose.elapsed, tight.elapsed);
            prop_assert!(loose.due.is_none_or(|loose| tight.due.is_some_and(|tight| tight <= loose)));
        }
    }

    #[test]
    fn law_39_a_pause_moves_what_is_due_by_its_open_time(
        start in starts(), calendar in calendars(), budget in 1..900_u32, when in any::<Index>(), length in 0..5_000_i64,
    ) {
        let (rulebook, hours) = resolution_in(calendar, budget);
        let due = due_if_paused(&rulebook, start, None).unwrap();
        let pause = start + minutes(i64::try_from(when.index(usize::try_from((due - start).num_minutes()).unwrap())).unwrap());
        let resume = pause + minutes(length);
        let moved = due_if_paused(&rulebook, start, Some((pause, resume))).unwrap();
        prop_assert_eq!(hours.elapsed(due, moved), hours.elapsed(pause, resume));
    }

    #[test]
    fn law_40_a_pause_in_closed_time_changes_nothing(
        start in starts(), calendar in select(vec!["office", "nights"]), budget in 1..900_u32, skipped in 0..4_usize, a in any::<Index>(), b in any::<Index>(),
    ) {
        let (rulebook, hours) = resolution_in(calendar, budget);
        let due = due_if_paused(&rulebook, start, None).unwrap();
        let mut close = start;
        for _ in 0..=skipped {
            close = hours.next_close(close).unwrap();
        }
        let shut = usize::try_from((hours.next_open(close).unwrap() - close).num_minutes()).unwrap();
        let [a, b] = [a, b].map(|minute| close + minutes(i64::try_from(minute.index(shut + 1)).unwrap()));
        if a.min(b) < due {
            prop_assert_eq!(due_if_paused(&rulebook, start, Some((a.min(b), a.max(b)))), Some(due));
        }
    }

    #[test]
    fn law_41_a_restart_keeps_what_was_and_going_on_makes_one_cycle(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(),
    ) {
        let rulebook = all_promises(calendar, budgets);
        let told = Told::of(&rulebook, start, &life);
        let of = |ticket, at, policy: &str| -> Vec<Reading> {
            readings(&rulebook, ticket, at).into_iter().filter(|reading| reading.policy == policy).collect()
        };
        for ((_, before), (at, after)) in told.chapters.iter().zip(&told.chapters[1..]) {
            prop_assert_eq!(of(after, *at, "resolution").len(), 1);
            let (then, now) = (of(before, *at, "restarted"), of(after, *at, "restarted"));
            prop_assert_eq!(now.len(), 1 + usize::try_from(after.reopens).unwrap());
            if now.len() > then.len() {
                prop_assert_eq!(&now[..then.len()], &then[..]);
            }
        }
    }

    #[test]
    fn law_42_what_a_clock_does_not_ask_about_does_not_change_it(
        start in starts(), calendar in calendars(), budgets in budgets(), life in lives(), which in any::<Index>(), later in 0..3_000_i64,
    ) {
        let rulebook = all_promises(calendar, budgets);
        let mut told = Told::of(&rulebook, start, &life);
        let now = told.until() + minutes(later);
        told.tick(&rulebook, now);
        let before = readings(&rulebook, told.ticket(), now);
        told.order(&rulebook, &Actor::agent("ada"), foreign(&which), now);
        prop_assert_eq!(&readings(&rulebook, told.ticket(), now), &before);
        // Only the clocks that ask who has it see that.
        let asks: [(Command, &[&str]); 2] = [
            (Command::assign("eve"), &["hands_on"]),
            (Command::Acknowledge(None), &["escalation"]),
        ];
        for (command, seen_by) in asks {
            let mut told = told.clone();
            told.order(&rulebook, &Actor::agent("ada"), command, now);
            for (after, before) in readings(&rulebook, told.ticket(), now).iter().zip(&before) {
                prop_assert!(after == before || seen_by.contains(&after.policy.as_str()));
            }
        }
    }

    #[test]
    fn law_43_a_change_of_rules_changes_nothing_before_it(
        start in starts(), calendars in [calendars(), calendars()], budgets in [budgets(), budgets()],
        life in lives(), later in 0..3_000_i64, sooner in any::<Index>(), more in lives(),
    ) {
        let old = all_promises(calendars[0], budgets[0]);
        let mut told = Told::of(&old, start, &life);
        let (last, change) = (told.until(), told.until() + minutes(later));
        let policies = PROMISES.map(|(name, promise)| {
            with_budgets((promise.policy)(name), budgets[1]).run(Atom::Flag(Flag::Assigned))
        });
        let setup = Setup::new(config(policies, calendars[1]), Revision(1), change).unwrap();
        let new = old.clone().then(Arc::new(setup));

        let then = last + minutes(i64::try_from(sooner.index(usize::try_from(later).unwrap() + 1)).unwrap());
        for now in [last, then, change] {
            let (before, after) = (readings(&old, told.ticket(), now), readings(&new, told.ticket(), now));
            // A run that the new rules begin is none of before.
            let after: Vec<_> = after.into_iter().filter(|reading| reading.started < change || later == 0).collect();
            let shown = |reading: &Reading| (reading.policy.clone(), reading.cycle, reading.started, reading.elapsed);
            if later > 0 {
                prop_assert_eq!(before.iter().map(shown).collect::<Vec<_>>(), after.iter().map(shown).collect::<Vec<_>>());
            }
            prop_assert_eq!(broken(&before, now), broken(&after, now));
        }

        let before = broken(&readings(&old, told.ticket(), change), change);
        told.live(&new, &vec![(later, Deed::Answer)]);
        told.live(&new, &more);
        told.tick(&new, far());
        prop_assert_eq!(broken(&readings(&new, told.ticket(), far()), change), before.clone());
        for (policy, cycle, due) in before {
            let recorded = told.ticket().policies.breach(&policy, cycle).map(|breach| breach.due);
            prop_assert_eq!(recorded, Some(due), "also if the new rules stopped the clock before anybody looked");
        }
    }

    #[test]
    fn law_44_no_calendar_is_the_calendar_that_is_always_open(
        promise in promises(), start in starts(), budgets in budgets(), life in lives(), later in 0..3_000_i64,
    ) {
        let policies = ["wall", "open"].map(|name| with_budgets((promise.policy)(name), budgets));
        let [wall, open] = policies;
        let rulebook = Rulebook::new(config([wall, open.calendar("always")], "wall")).unwrap();
        let told = Told::of(&rulebook, start, &life);
        let found = readings(&rulebook, told.ticket(), told.until() + minutes(later));
        let (wall, open): (Vec<_>, Vec<_>) = found.into_iter().partition(|reading| reading.policy == "wall");
        let renamed: Vec<_> = open.into_iter().map(|reading| Reading { policy: "wall".into(), ..reading }).collect();
        prop_assert_eq!(wall, renamed);
    }
}

fn resolution_in(calendar: &'static str, budget: u32) -> (Rulebook, Calendar) {
    let policy = Policy::resolution("resolution").target(Priority::P3, Span::minutes(budget));
    (Rulebook::new(config([policy], calendar)).unwrap(), Calendar::new(&hours(calendar)).unwrap())
}

/// When the resolution is due, if the ticket waits for its requester from an instant until another.
fn due_if_paused(
    rulebook: &Rulebook,
    start: DateTime<Utc>,
    pause: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> Option<DateTime<Utc>> {
    let mut told = Told::opened(rulebook, start);
    if let Some((pause, resume)) = pause {
        told.order(rulebook, &Actor::agent("ada"), Command::transition("wait"), pause);
        assert_eq!(readings(rulebook, told.ticket(), pause)[0].due, None, "nobody knows while it is paused");
        told.order(rulebook, &Actor::agent("ada"), Command::transition("resume"), resume);
    }
    readings(rulebook, told.ticket(), told.until())[0].due
}
