//! The laws of clocks, 31 to 44 of the domain model, on random lives of tickets.
//!
//! A life is made by the engine alone: a ticket is opened, and commands are decided at random instants. Times are whole
//! minutes, so that a walk minute by minute can tell what every clock must show. No incremental accumulators exist that
//! the second half of law 31 could compare: every reading is a full replay.

mod changes;
mod lives;
mod promises;
mod rules;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use ticketcore::cond::Atom;
use ticketcore::config::{Action, At, Rulebook, Setup, Step};
use ticketcore::engine::{Phase, Reading, Related, marks, readings, tick};
use ticketcore::line::Flag;
use ticketcore::policy_log::StepKey;
use ticketcore::report::Standing;
use ticketcore::time::Calendar;
use ticketcore::{Actor, Command, Event, Key, Policy, Priority, Revision, Span};

use lives::{Deed, Told, cases, foreign, lives, starts};
use promises::PROMISES;
use rules::{budgets, calendars, config, hours, minutes, promises, with_budgets};
use walk::{Seen, walk};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_31_readings_are_what_a_walk_minute_by_minute_finds(case in cases(), later in 0..3_000_i64) {
        let rulebook = case.rulebook();
        let told = case.tell(&rulebook);
        let (ticket, now) = (told.ticket(), told.until() + minutes(later));
        let found = readings(&rulebook, ticket, now);

        let hours = Calendar::new(&hours(case.calendar)).unwrap();
        let open: Vec<bool> = (0..60 * 24 * 60).map(|minute| hours.is_open(case.start + minutes(minute))).collect();
        let since = |at: DateTime<Utc>| whole_minutes(at - case.start);
        for (name, promise) in &PROMISES {
            let seen = |reading: &Reading| Seen {
                started: since(reading.started),
                stopped: reading.stopped.map(since),
                phase: reading.phase,
                elapsed: whole_minutes(reading.elapsed),
                due: reading.due.map(since),
                breached: reading.breached,
            };
            let found: Vec<Seen> = found.iter().filter(|reading| reading.policy == *name).map(seen).collect();
            let walked = walk(promise, case.budgets, &open, ticket.line.beats(), since(now));
            prop_assert_eq!(found, walked, "{}", name);
        }
    }

    #[test]
    fn law_32_what_happens_later_breaks_and_mends_nothing_before(case in cases()) {
        let rulebook = case.rulebook();
        let told = case.tell(&rulebook);
        let last = readings(&rulebook, told.ticket(), far());
        for ((_, ticket), (next, _)) in told.chapters.iter().zip(&told.chapters[1..]) {
            let then = readings(&rulebook, ticket, *next);
            prop_assert_eq!(broken(&then, *next), broken(&last, *next));
        }
    }

    #[test]
    fn law_33_a_breach_stays_and_a_waiver_only_excuses_it(case in cases(), more in lives()) {
        let rulebook = case.rulebook();
        let mut told = case.tell(&rulebook);
        let now = told.until() + minutes(700);
        told.tick(&rulebook, now);
        let before = readings(&rulebook, told.ticket(), now);
        for (name, _) in PROMISES {
            told.waive(&rulebook, name, now);
        }
        let excused = |reading: &Reading| Reading {
            excused: reading.breached.then(|| "flood".to_owned()),
            ..reading.clone()
        };
        let expected: Vec<Reading> = before.iter().map(excused).collect();
        prop_assert_eq!(&readings(&rulebook, told.ticket(), now), &expected);

        told.live(&rulebook, &more);
        let last = readings(&rulebook, told.ticket(), far());
        for reading in expected.iter().filter(|reading| reading.breached) {
            let same = |last: &&Reading| last.policy == reading.policy && last.cycle == reading.cycle;
            let last = last.iter().find(same).unwrap();
            prop_assert_eq!((last.breached, last.due, &last.excused), (true, reading.due, &reading.excused));
        }
    }

    #[test]
    fn law_34_clocks_never_go_back_and_stand_still_unless_they_run(
        case in cases(), a in 0..9_000_i64, b in 0..9_000_i64,
    ) {
        let rulebook = case.rulebook();
        let told = case.tell(&rulebook);
        let at = |later| readings(&rulebook, told.ticket(), told.until() + minutes(later));
        for (sooner, later) in at(a.min(b)).iter().zip(&at(a.max(b))) {
            prop_assert!(sooner.elapsed <= later.elapsed);
            prop_assert!(sooner.phase == Phase::Running || sooner.elapsed == later.elapsed);
            prop_assert_eq!(sooner.phase, later.phase, "time alone turns no clock on or off");
        }
    }

    #[test]
    fn law_35_what_is_due_is_breached_right_after_and_not_before(case in cases()) {
        let rulebook = case.rulebook();
        let told = case.tell(&rulebook);
        let ticket = told.ticket();
        let happens = |event: &Event, at| {
            let facts = tick(&rulebook, ticket, &Related::default(), at).facts;
            facts.iter().any(|fact| fact.event == *event)
        };
        for reading in readings(&rulebook, ticket, told.until()).iter().filter(|reading| !reading.breached) {
            if let Some(due) = reading.due {
                let breach = Event::Breached { policy: reading.policy.clone(), cycle: reading.cycle, due };
                let late = due + TimeDelta::microseconds(1);
                let breached = |at| {
                    let same = |other: &&Reading| (&other.policy, other.cycle) == (&reading.policy, reading.cycle);
                    readings(&rulebook, ticket, at).iter().find(same).unwrap().breached
                };
                prop_assert!(!happens(&breach, due) && !breached(due));
                prop_assert!(happens(&breach, late) && breached(late));
                prop_assert!(marks(&rulebook, ticket).wake.is_some_and(|wake| wake <= late));
            }
        }
    }

    /// And law 83: the five ways together are all cycles that had a target.
    #[test]
    fn law_36_every_cycle_ends_or_stands_in_one_way(
        case in cases(), later in 0..3_000_i64, (waived, _) in select(PROMISES.to_vec()),
    ) {
        let rulebook = case.rulebook();
        // Of two things in one minute nobody could tell which one stopped a clock.
        let life = case.life.into_iter().map(|(gap, deed)| (gap.max(1), deed)).collect();
        let mut told = Told::opened(&rulebook, case.start);
        told.live(&rulebook, &life);
        let now = told.until() + minutes(later);
        told.tick(&rulebook, now);
        told.waive(&rulebook, waived, now);

        let (ticket, standings) = (told.ticket(), marks(&rulebook, told.ticket()).standings);
        for (name, _) in PROMISES {
            let mut expected = Standing { policy: name.into(), ..Standing::default() };
            // A run without a target promises nothing, unless it did before and broke it.
            let counts = |reading: &Reading| reading.policy == name && (reading.budget.is_some() || reading.breached);
            for reading in readings(&rulebook, ticket, now).into_iter().filter(counts) {
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
            let found = standings.iter().find(|standing| standing.policy == name).cloned();
            let nothing = Standing { policy: name.into(), ..Standing::default() };
            prop_assert_eq!(found.unwrap_or(nothing), expected);
        }
    }

    #[test]
    fn law_36_who_stops_or_pauses_exactly_in_time_is_in_time(
        start in starts(), calendar in calendars(), budget in 1..900_u32, length in 1..5_000_i64,
    ) {
        let (rulebook, _) = resolution_in(calendar, budget);
        let due = due_if_paused(&rulebook, start, None).unwrap();
        let resume = due + minutes(length);
        prop_assert_eq!(due_if_paused(&rulebook, start, Some(due..resume)), Some(resume), "nothing is left of it");

        for (late, breached) in [(TimeDelta::zero(), false), (TimeDelta::microseconds(1), true)] {
            let mut told = Told::opened(&rulebook, start);
            told.order(&rulebook, &Actor::agent("ada"), Command::transition("resolve"), due + late);
            prop_assert_eq!(readings(&rulebook, told.ticket(), far())[0].breached, breached);
        }
    }

    #[test]
    fn law_37_a_larger_share_of_the_budget_is_reached_no_sooner(case in cases(), a in 1..300_u16, b in 1..300_u16) {
        let warn = |percent, tag: &str| Step::new(At::Percent(percent), vec![Action::Tag(tag.into())]);
        let policies = PROMISES.map(|(name, promise)| {
            let policy = with_budgets((promise.policy)(name), case.budgets);
            policy.step(warn(a.min(b), "less")).step(warn(a.max(b), "more"))
        });
        // A share of no budget at all is refused.
        let Ok(rulebook) = Rulebook::new(config(policies, case.calendar)) else { return Ok(()) };
        let mut told = case.tell(&rulebook);
        told.tick(&rulebook, far());
        let fired = |event: &Event| match event {
            Event::Fired { key, due } => Some((key.clone(), *due)),
            _ => None,
        };
        let reached: BTreeMap<_, _> = told.events.iter().filter_map(fired).collect();
        for (more, due) in reached.iter().filter(|(key, _)| key.step == 1) {
            let less = reached.get(&StepKey { step: 0, ..more.clone() });
            prop_assert!(less.is_some_and(|less| less <= due), "{:?} {:?}", less, due);
        }
    }

    #[test]
    fn law_38_a_smaller_budget_is_used_up_no_later(case in cases(), promise in promises(), saved in 0..400_u32) {
        let tight = case.budgets.map(|budget| budget.map(|minutes| minutes.saturating_sub(saved).max(1)));
        let policies = [("loose", case.budgets), ("tight", tight)];
        let policies = policies.map(|(name, budgets)| with_budgets((promise.policy)(name), budgets));
        let rulebook = Rulebook::new(config(policies, case.calendar)).unwrap();
        let told = case.tell(&rulebook);
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
        start in starts(), calendar in calendars(), budget in 1..900_u32,
        when in any::<Index>(), length in 0..5_000_i64,
    ) {
        let (rulebook, hours) = resolution_in(calendar, budget);
        let due = due_if_paused(&rulebook, start, None).unwrap();
        let pause = some_minute(start..due, &when);
        let resume = pause + minutes(length);
        let moved = due_if_paused(&rulebook, start, Some(pause..resume)).unwrap();
        prop_assert_eq!(hours.elapsed(due, moved), hours.elapsed(pause, resume));
    }

    #[test]
    fn law_40_a_pause_in_closed_time_changes_nothing(
        start in starts(), calendar in select(&["office", "nights"][..]), budget in 1..900_u32,
        passed in 0..4_usize, [a, b] in any::<[Index; 2]>(),
    ) {
        let (rulebook, hours) = resolution_in(calendar, budget);
        let due = due_if_paused(&rulebook, start, None).unwrap();
        let close = (0..passed).fold(hours.next_close(start).unwrap(), |at, _| hours.next_close(at).unwrap());
        let shut = close..hours.next_open(close).unwrap() + minutes(1);
        let [a, b] = [a, b].map(|when| some_minute(shut.clone(), &when));
        if a.min(b) < due {
            prop_assert_eq!(due_if_paused(&rulebook, start, Some(a.min(b)..a.max(b))), Some(due));
        }
    }

    #[test]
    fn law_41_a_restart_keeps_what_was_and_going_on_makes_one_cycle(case in cases()) {
        let rulebook = case.rulebook();
        let told = case.tell(&rulebook);
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
        case in cases(), which in any::<Index>(), later in 0..3_000_i64,
    ) {
        let rulebook = case.rulebook();
        let mut told = case.tell(&rulebook);
        let now = told.until() + minutes(later);
        told.tick(&rulebook, now);
        let before = readings(&rulebook, told.ticket(), now);
        told.order(&rulebook, &Actor::agent("ada"), foreign(&which), now);
        prop_assert_eq!(&readings(&rulebook, told.ticket(), now), &before);
        // Who has it is seen by those clocks only that ask for it.
        let asking: [(Command, &[&str]); 2] =
            [(Command::assign("eve"), &["hands_on", "held", "untouched"]), (Command::Acknowledge(None), &["escalation", "held", "untouched"])];
        for (command, asking) in asking {
            let mut told = told.clone();
            told.order(&rulebook, &Actor::agent("ada"), command, now);
            let mut after = readings(&rulebook, told.ticket(), now);
            let mut before = before.clone();
            for readings in [&mut before, &mut after] {
                readings.retain(|reading| !asking.contains(&reading.policy.as_str()));
            }
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn law_43_a_change_of_rules_changes_nothing_before_it(
        case in cases(), calendar in calendars(), budgets in budgets(), later in 1..3_000_i64,
        when in any::<Index>(), more in lives(),
    ) {
        let old = case.rulebook();
        let mut told = case.tell(&old);
        let (last, change) = (told.until(), told.until() + minutes(later));
        let policies = PROMISES.map(|(name, promise)| {
            with_budgets((promise.policy)(name), budgets).run(Atom::Flag(Flag::Assigned))
        });
        let setup = Setup::new(config(policies, calendar), Revision(1), change).unwrap();
        let new = old.clone().then(Arc::new(setup));

        for now in [last, some_minute(last..change, &when), change] {
            let (before, after) = (readings(&old, told.ticket(), now), readings(&new, told.ticket(), now));
            let shown = |reading: &Reading| {
                let Reading { policy, cycle, started, elapsed, .. } = reading.clone();
                // A run that the new rules begin is none of before.
                (started < change).then_some((policy, cycle, started, elapsed))
            };
            let all = |readings: &[Reading]| readings.iter().filter_map(shown).collect::<Vec<_>>();
            prop_assert_eq!(all(&before), all(&after));
            prop_assert_eq!(broken(&before, now), broken(&after, now));
        }

        let before = broken(&readings(&old, told.ticket(), change), change);
        told.live(&new, &vec![(later, Deed::Answer)]);
        told.live(&new, &more);
        told.tick(&new, far());
        prop_assert_eq!(&broken(&readings(&new, told.ticket(), far()), change), &before);
        for (policy, cycle, due) in before {
            let recorded = told.ticket().policies.breach(&policy, cycle).map(|breach| breach.due);
            prop_assert_eq!(recorded, Some(due), "also if the new rules stopped the clock before anybody looked");
        }
    }

    #[test]
    fn law_44_no_calendar_is_the_calendar_that_is_always_open(
        case in cases(), promise in promises(), later in 0..3_000_i64,
    ) {
        let [wall, open] = ["wall", "open"].map(|name| with_budgets((promise.policy)(name), case.budgets));
        let rulebook = Rulebook::new(config([wall, open.calendar("always")], "wall")).unwrap();
        let told = case.tell(&rulebook);
        let found = readings(&rulebook, told.ticket(), told.until() + minutes(later));
        let (wall, open): (Vec<_>, Vec<_>) = found.into_iter().partition(|reading| reading.policy == "wall");
        let renamed: Vec<_> = open.into_iter().map(|reading| Reading { policy: "wall".into(), ..reading }).collect();
        prop_assert_eq!(wall, renamed);
    }
}

fn whole_minutes(span: TimeDelta) -> i64 {
    assert_eq!(span, minutes(span.num_minutes()), "all that happens, happens at a full minute");
    span.num_minutes()
}

/// A full minute of a period.
fn some_minute(period: Range<DateTime<Utc>>, which: &Index) -> DateTime<Utc> {
    let length = usize::try_from((period.end - period.start).num_minutes()).unwrap();
    period.start + minutes(i64::try_from(which.index(length)).unwrap())
}

fn resolution_in(calendar: &'static str, budget: u32) -> (Rulebook, Calendar) {
    let policy = Policy::resolution("resolution").target(Priority::P3, Span::minutes(budget));
    (Rulebook::new(config([policy], calendar)).unwrap(), Calendar::new(&hours(calendar)).unwrap())
}

/// When the resolution is due, if the ticket waits for its requester for a while.
fn due_if_paused(
    rulebook: &Rulebook,
    start: DateTime<Utc>,
    pause: Option<Range<DateTime<Utc>>>,
) -> Option<DateTime<Utc>> {
    let mut told = Told::opened(rulebook, start);
    if let Some(pause) = pause {
        told.order(rulebook, &Actor::agent("ada"), Command::transition("wait"), pause.start);
        assert_eq!(readings(rulebook, told.ticket(), pause.start)[0].due, None, "nobody knows while it is paused");
        told.order(rulebook, &Actor::agent("ada"), Command::transition("resume"), pause.end);
    }
    readings(rulebook, told.ticket(), told.until())[0].due
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
