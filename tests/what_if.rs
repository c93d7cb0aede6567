//! The past under other rules and with other people: what is read anew, what stays, and that nothing is written.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::desk::WhatIf;
use ticketcore::directory::{Person, Team};
use ticketcore::engine::Outcome;
use ticketcore::routing::{Agent, Route};
use ticketcore::testing::block_on;
use ticketcore::time::{Hours, ManualClock, Zone};
use ticketcore::whatif::{Changed, Waits};
use ticketcore::{
    Actor, ActorKind, Channel, Command, Config, Desk, Draft, Error, MemoryStore, Policy, Position, Priority, Refusal,
    Span, Ticket,
};

/// Nine o'clock on 2 March 2026, a Monday.
fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

struct Office {
    desk: Desk,
    clock: ManualClock,
}

impl Office {
    async fn new(config: Config) -> Self {
        let clock = ManualClock::new(start() - TimeDelta::hours(1));
        let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone()).with_seed(7);
        desk.put_team(Team::new("net", "Networks"), None).await.unwrap();
        for name in ["ada", "eve"] {
            let mut person = Person::new(name, ActorKind::Agent, name).team("net");
            person.capacity.insert(Channel::Api, 1);
            desk.put_person(person, None).await.unwrap();
        }
        desk.publish(config).await.unwrap();
        clock.set(start());
        Self { desk, clock }
    }

    fn at(&self, minutes: i64) {
        self.clock.set(start() + TimeDelta::minutes(minutes));
    }

    async fn open(&self, minutes: i64) -> Arc<Ticket> {
        self.at(minutes);
        self.desk.open(Draft::incident("No mail").team("net")).await.unwrap()
    }

    async fn resolve(&self, ticket: &Ticket, minutes: i64) {
        self.at(minutes);
        self.desk.apply(ticket.id, [Command::transition("start"), Command::transition("resolve")]).await.unwrap();
    }

    async fn events(&self) -> usize {
        self.desk.store().feed(Position(0), usize::MAX).await.unwrap().len()
    }
}

fn within(minutes: u32) -> Config {
    Config::default().policy(Policy::resolution("solve").target(Priority::P3, Span::minutes(minutes)))
}

#[test]
fn a_shorter_target_breaks_what_was_kept_and_moves_what_is_due() {
    block_on(async {
        let office = Office::new(within(60)).await;
        let quick = office.open(0).await;
        let slow = office.open(10).await;
        let still = office.open(20).await;
        office.resolve(&quick, 25).await;
        office.resolve(&slow, 60).await;
        office.at(65);
        let written = office.events().await;

        let asked = WhatIf::between(start(), start() + TimeDelta::minutes(65)).config(within(40));
        let promises = office.desk.what_if(&asked).await.unwrap().promises;
        let [was, would] = promises.policies["solve"];
        assert_eq!((was.met, was.breached, was.running), (2, 0, 1));
        assert_eq!((would.met, would.breached, would.running), (1, 2, 0), "50 and 45 minutes are more than 40");
        assert_eq!((was.attainment(), would.attainment()), (Some(1.0), Some(1.0 / 3.0)));

        let told = |changed: &Changed| {
            let [was, would] = [&changed.was, &changed.would].map(|one| one.as_ref().unwrap());
            let minutes = |due: Option<DateTime<Utc>>| (due.unwrap() - start()).num_minutes();
            (changed.ticket, [(minutes(was.due), was.outcome), (minutes(would.due), would.outcome)])
        };
        let expected = [
            (quick.id, [(60, Outcome::Met), (40, Outcome::Met)]),
            (slow.id, [(70, Outcome::Met), (50, Outcome::Breached)]),
            (still.id, [(80, Outcome::Running), (60, Outcome::Breached)]),
        ];
        assert_eq!(promises.changed.iter().map(told).collect::<Vec<_>>(), expected);
        assert_eq!(office.events().await, written, "nothing is written");
    });
}

#[test]
fn a_breach_of_the_past_stays_in_what_was_and_another_calendar_may_forgive_it() {
    block_on(async {
        let office = Office::new(within(60)).await;
        let ticket = office.open(0).await;
        office.at(61);
        office.desk.tick().await.unwrap();
        office.resolve(&ticket, 90).await;
        let opens_late = Hours::new(Zone::utc()).weekdays("10:00-18:00");
        let target = Policy::resolution("solve").target(Priority::P3, Span::minutes(60)).calendar("late");
        let other = Config::default().calendar("late", opens_late).policy(target);
        let asked = WhatIf::between(start(), start() + TimeDelta::minutes(90)).config(other);
        let promises = office.desk.what_if(&asked).await.unwrap().promises;
        let [was, would] = promises.policies["solve"];
        assert_eq!([(was.met, was.breached), (would.met, would.breached)], [(0, 1), (1, 0)]);
        let due = promises.changed[0].would.as_ref().unwrap().due;
        assert_eq!(due, Some(start() + TimeDelta::hours(2)), "an hour from ten on");
    });
}

#[test]
fn a_policy_that_is_new_or_gone_has_promises_on_one_side_only() {
    block_on(async {
        let office = Office::new(within(60)).await;
        office.open(0).await;
        office.at(5);
        let answer = Policy::first_response("answer").target(Priority::P3, Span::minutes(1));
        let asked = WhatIf::between(start(), office.desk.now()).config(Config::default().policy(answer));
        let promises = office.desk.what_if(&asked).await.unwrap().promises;
        assert_eq!(promises.policies["solve"].map(|count| count.running), [1, 0]);
        assert_eq!(promises.policies["answer"].map(|count| count.breached), [0, 1]);
        let sides: Vec<_> = promises.changed.iter().map(|one| (one.was.is_some(), one.would.is_some())).collect();
        assert_eq!(sides, [(false, true), (true, false)]);
    });
}

fn routed() -> Config {
    let mut config = Config::default();
    config.routing.routes = vec![Route::new("net", "net")];
    config
}

fn agent(name: &str) -> Agent {
    let mut agent = Agent::new(name);
    agent.capacity.insert(Channel::Api, 1);
    agent
}

/// Four tickets a minute apart, each half an hour in hand; two people who take one at a time.
#[test]
fn more_people_mean_less_waiting_for_the_same_work() {
    block_on(async {
        let office = Office::new(routed()).await;
        let tickets = [office.open(0).await, office.open(1).await, office.open(2).await, office.open(3).await];
        for (ticket, minutes) in tickets.iter().zip([30, 31, 60, 61]) {
            office.resolve(ticket, minutes).await;
        }
        office.at(70);
        let written = office.events().await;
        let team = ["ada", "eve", "kim", "lin"].map(agent);
        let asked = WhatIf::between(start(), office.desk.now()).people("net", team);
        let played = office.desk.what_if(&asked).await.unwrap();

        let minutes = |minutes: [i64; 3]| Some(minutes.map(|minutes| minutes * 60_000_000));
        let expected = Waits { given: 4, waited: 2, left: 0, micros: minutes([0, 28, 28]) };
        assert_eq!((&played.in_fact.waits, &played.was.waits), (&expected, &expected));
        assert_eq!(played.would.waits, Waits { given: 4, waited: 0, left: 0, micros: Some([0; 3]) });
        let given = |staffed: &ticketcore::whatif::Staffed| {
            staffed.people.iter().map(|(name, shift)| (name.to_string(), shift.given, shift.peak)).collect::<Vec<_>>()
        };
        let two = [("ada".to_owned(), 2, 1), ("eve".to_owned(), 2, 1)];
        assert_eq!((given(&played.in_fact), given(&played.was)), (two.to_vec(), two.to_vec()));
        assert_eq!(given(&played.would), ["ada", "eve", "kim", "lin"].map(|name| (name.to_owned(), 1, 1)));
        // 30 and 30 minutes of 70, by either; the two halves of the work are the same.
        let mean = |name: &str| played.was.people[name].mean;
        assert!((mean("ada") - 60.0 / 70.0).abs() < 0.05 && (mean("eve") - 60.0 / 70.0).abs() < 0.05);
        assert_eq!((played.unrouted, office.events().await), ([0, 0], written));
    });
}

#[test]
fn without_routes_nobody_is_given_anything_and_that_is_said() {
    block_on(async {
        let office = Office::new(routed()).await;
        office.open(0).await;
        office.at(1);
        let asked = WhatIf::between(start(), office.desk.now()).config(Config::default());
        let played = office.desk.what_if(&asked).await.unwrap();
        assert_eq!((played.unrouted, played.would.waits.given, played.was.waits.given), ([0, 1], 0, 1));
    });
}

#[test]
fn it_is_for_those_who_read_everything_and_about_the_past() {
    block_on(async {
        let office = Office::new(within(60)).await;
        let asked = WhatIf::between(start() - TimeDelta::minutes(1), start());
        let bo = office.desk.by(Actor::requester("bo"));
        let refused = bo.what_if(&asked).await.unwrap_err();
        assert!(matches!(refused, Error::Refused(Refusal::Forbidden { .. })), "{refused}");
        for (from, to) in [(0, 0), (1, 0), (-1, 1)] {
            let asked = WhatIf::between(start() + TimeDelta::minutes(from), start() + TimeDelta::minutes(to));
            let refused = office.desk.what_if(&asked).await.unwrap_err();
            assert!(refused.to_string().contains("no stretch of the past"), "{refused}");
        }
        let unsound = Config { business: Some("nowhere".into()), ..Config::default() };
        let refused = office.desk.what_if(&asked.config(unsound)).await.unwrap_err();
        assert!(matches!(refused, Error::Unsound { .. }), "{refused}");
    });
}
