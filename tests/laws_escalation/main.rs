//! The laws of escalation, 45 to 52 of the domain model, on desks that tick when they like, die and race.
//!
//! Law 46 is read with a rule of the engine: what is due is done in the order of the due instants, each step on the
//! ticket as the ones before it left it, so a step that an earlier one made pointless is not taken. Where a law speaks
//! of all steps, its steps are therefore quiet: they tell people and hand the ticket on, but stop and start no clock.

mod chains;
mod lives;
mod scenarios;
mod world;

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
use ticketcore::policy_log::StepKey;
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Desk, Draft, MemoryStore, Notifier, Position, Recorded, TicketId};

use chains::{Chain, chains, loud, quiet};
use lives::{lives, play, play_on, ticks};
use world::{World, end, start, steps};

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
