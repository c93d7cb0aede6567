//! Tickets that recur, in memory and on SQLite, on a manual clock.

#[path = "support/meddled.rs"]
mod meddled;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use meddled::Meddled;
use pollster::block_on;
use ticketcore::config::{Planned, Recurring, Template};
use ticketcore::desk::Became;
use ticketcore::engine::fold;
use ticketcore::query::{Order, Sort};
use ticketcore::time::{Clock, Hours, ManualClock, Recurrence, Zone};
use ticketcore::{
    Actor, ActorKind, Command, Config, Desk, Filter, LinkKind, MemoryStore, Query, Store, StoreError, Ticket,
};
use ticketcore_sqlite::SqliteStore;

fn stores() -> [Arc<dyn Store>; 2] {
    [Arc::new(MemoryStore::new()), Arc::new(SqliteStore::memory().unwrap())]
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Monday.
fn clock() -> ManualClock {
    ManualClock::new(at("2026-03-02T12:00:00Z"))
}

fn desk(store: &Arc<dyn Store>, clock: &ManualClock) -> Desk {
    Desk::new(Arc::clone(store)).with_clock(clock.clone()).with_seed(7)
}

fn every(time: &str, rule: &str) -> Recurrence {
    let start = format!("2026-03-01T{time}:00").parse().unwrap();
    Recurrence::new(start, Zone::named("Europe/Berlin").unwrap(), rule.parse().unwrap())
}

fn rounds(time: &str) -> Recurring {
    let planned = Planned::new("task", "Rounds of {{date}}").description("On {{date}}: all rooms").team("house");
    Recurring::new(every(time, "FREQ=DAILY"), planned)
}

fn config(recurring: Recurring) -> Config {
    Config::default().recurring("rounds", recurring)
}

async fn all(desk: &Desk) -> Vec<Arc<Ticket>> {
    let query = Query::new(Filter::all()).order(Order { by: Sort::Number, descending: false }).limit(usize::MAX);
    desk.find(&query).await.unwrap().tickets
}

async fn subjects(desk: &Desk) -> Vec<String> {
    all(desk).await.iter().map(|ticket| ticket.subject.clone()).collect()
}

async fn passed(desk: &Desk) -> u64 {
    desk.recurrences().await.unwrap()[0].last.as_ref().unwrap().passed
}

#[test]
fn a_ticket_is_opened_when_its_time_comes_and_the_tick_says_when_that_is() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            assert_eq!(desk.tick().await.unwrap().next, None);
            desk.publish(config(rounds("09:00"))).await.unwrap();
            let ticked = desk.tick().await.unwrap();
            assert_eq!((ticked.tickets, ticked.next), (0, Some(at("2026-03-03T08:00:00Z"))));
            clock.set(at("2026-03-03T07:59:59.999999Z"));
            assert_eq!(desk.tick().await.unwrap().tickets, 0);
            clock.set(at("2026-03-03T08:00:00Z"));
            let ticked = desk.tick().await.unwrap();
            assert_eq!((ticked.tickets, ticked.next), (1, Some(at("2026-03-04T08:00:00Z"))));
            assert_eq!(desk.tick().await.unwrap().tickets, 0);

            let ticket = all(&desk).await.remove(0);
            assert_eq!(
                (ticket.subject.as_str(), ticket.team.as_ref().unwrap().as_str()),
                ("Rounds of 2026-03-03", "house")
            );
            let history = desk.history(ticket.id).await.unwrap();
            assert_eq!(history[0].text.as_deref(), Some("On 2026-03-03: all rooms"));
            assert_eq!(history[0].by.kind, ActorKind::System);
            assert_eq!(fold(&history).unwrap(), Ticket { number: 0, ..Ticket::clone(&ticket) });
            let claim = store.claim(&"main".into(), "recurring/rounds/2026-03-03T08:00:00.000000Z").await.unwrap();
            assert_eq!(claim.unwrap().by, ticket.id);
            let recurs = desk.recurrences().await.unwrap().remove(0);
            let last = recurs.last.unwrap();
            assert_eq!((last.at, last.ticket, last.became), (clock.now(), Some(ticket.id), Became::Opened));
            assert_eq!(recurs.next, Some(at("2026-03-04T08:00:00Z")));
        });
    }
}

#[test]
fn the_hour_of_the_wall_clock_stays_when_clocks_change() {
    for store in stores() {
        block_on(async {
            let clock = ManualClock::new(at("2026-03-27T12:00:00Z"));
            let desk = desk(&store, &clock);
            // On the 29th there is no half past two.
            desk.publish(config(rounds("02:30"))).await.unwrap();
            for (next, day) in [("28T01:30", "28"), ("29T01:00", "29"), ("30T00:30", "30")] {
                let next = at(&format!("2026-03-{next}:00Z"));
                assert_eq!(desk.tick().await.unwrap().next, Some(next));
                clock.set(next);
                assert_eq!(desk.tick().await.unwrap().tickets, 1);
                assert_eq!(subjects(&desk).await.pop().unwrap(), format!("Rounds of 2026-03-{day}"));
            }
        });
    }
}

#[test]
fn a_desk_that_slept_opens_the_latest_and_says_how_many_it_passed_over() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let first = desk(&store, &clock);
            first.publish(config(rounds("09:00"))).await.unwrap();
            first.tick().await.unwrap();
            clock.advance(TimeDelta::days(10));
            // Another process, which remembers nothing.
            let desk = desk(&store, &clock);
            assert_eq!(desk.tick().await.unwrap().tickets, 1);
            assert_eq!(subjects(&desk).await, ["Rounds of 2026-03-12"]);
            assert_eq!(passed(&desk).await, 9);
            clock.advance(TimeDelta::days(1));
            assert_eq!(desk.tick().await.unwrap().tickets, 1);
            assert_eq!(passed(&desk).await, 0);
            // A clock that is put back opens nothing again.
            clock.advance(TimeDelta::days(-5));
            assert_eq!(desk.tick().await.unwrap().tickets, 0);
            clock.advance(TimeDelta::days(5));
            assert_eq!((first.tick().await.unwrap().tickets, subjects(&desk).await.len()), (0, 2));
        });
    }
}

#[test]
fn it_waits_for_the_opening_of_its_calendar() {
    for store in stores() {
        block_on(async {
            let clock = ManualClock::new(at("2026-03-06T12:00:00Z"));
            let desk = desk(&store, &clock);
            let office = Hours::new(Zone::named("Europe/Berlin").unwrap()).weekdays("09:00-17:00");
            desk.publish(config(rounds("02:00").within("office")).calendar("office", office)).await.unwrap();
            assert_eq!(desk.tick().await.unwrap().next, Some(at("2026-03-09T08:00:00Z")));
            clock.set(at("2026-03-09T07:00:00Z"));
            assert_eq!(desk.tick().await.unwrap().tickets, 0, "the night has come, the office has not opened");
            clock.set(at("2026-03-09T08:00:00Z"));
            assert_eq!(desk.tick().await.unwrap().tickets, 1);
            assert_eq!((subjects(&desk).await, passed(&desk).await), (vec!["Rounds of 2026-03-09".to_owned()], 2));
        });
    }
}

#[test]
fn none_is_opened_while_the_last_is_open_if_it_says_so() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            desk.publish(config(rounds("09:00").skip_open())).await.unwrap();
            desk.tick().await.unwrap();
            for _ in 0..3 {
                clock.advance(TimeDelta::days(1));
                desk.tick().await.unwrap();
            }
            assert_eq!(subjects(&desk).await, ["Rounds of 2026-03-03"]);
            let last = desk.recurrences().await.unwrap().remove(0).last.unwrap();
            assert_eq!((last.at, last.became), (at("2026-03-05T08:00:00Z"), Became::Skipped));
            let ada = desk.by(Actor::agent("ada"));
            ada.apply(last.ticket.unwrap(), [Command::transition("start"), Command::transition("resolve")])
                .await
                .unwrap();
            desk.tick().await.unwrap();
            assert_eq!(subjects(&desk).await.len(), 1, "what was skipped is not made up for");
            clock.advance(TimeDelta::days(1));
            desk.tick().await.unwrap();
            assert_eq!(subjects(&desk).await, ["Rounds of 2026-03-03", "Rounds of 2026-03-06"]);
        });
    }
}

#[test]
fn two_desks_on_one_store_open_each_occurrence_once() {
    for store in stores() {
        let clock = clock();
        let rival = desk(&store, &clock);
        block_on(rival.publish(config(rounds("09:00")))).unwrap();
        block_on(rival.tick()).unwrap();
        // The other one is faster every time, just before the commit.
        let meddler = {
            let rival = rival.clone();
            move |_| {
                block_on(rival.tick()).unwrap();
                Ok(())
            }
        };
        let slow: Arc<dyn Store> = Arc::new(Meddled::new(Arc::clone(&store), meddler));
        let slow = desk(&slow, &clock);
        block_on(async {
            for day in 1..=5 {
                clock.advance(TimeDelta::days(1));
                slow.tick().await.unwrap();
                rival.tick().await.unwrap();
                assert_eq!(subjects(&rival).await.len(), day);
            }
        });
    }
}

#[test]
fn threads_that_tick_at_once_open_each_occurrence_once() {
    for store in stores() {
        let clock = clock();
        block_on(desk(&store, &clock).publish(config(rounds("09:00")))).unwrap();
        clock.advance(TimeDelta::days(1));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| block_on(desk(&store, &clock).tick()).unwrap());
            }
        });
        assert_eq!(block_on(subjects(&desk(&store, &clock))), ["Rounds of 2026-03-03"]);
    }
}

#[test]
fn what_came_round_before_it_was_published_is_never_opened() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            desk.publish(config(rounds("09:00"))).await.unwrap();
            clock.advance(TimeDelta::days(3));
            // Another rhythm: what the old one missed is gone with it.
            desk.publish(config(rounds("15:00"))).await.unwrap();
            desk.tick().await.unwrap();
            assert_eq!(subjects(&desk).await, [""; 0]);
            clock.advance(TimeDelta::hours(3));
            desk.tick().await.unwrap();
            assert_eq!((subjects(&desk).await, passed(&desk).await), (vec!["Rounds of 2026-03-05".to_owned()], 0));
            // Another text is no other rhythm.
            clock.advance(TimeDelta::days(2));
            let mut renamed = rounds("15:00");
            renamed.ticket.subject = "Tour of {{date}}".into();
            desk.publish(config(renamed)).await.unwrap();
            desk.tick().await.unwrap();
            assert_eq!((subjects(&desk).await.pop().unwrap().as_str(), passed(&desk).await), ("Tour of 2026-03-07", 1));
            // Taken out and put in again, it begins anew.
            desk.publish(Config::default()).await.unwrap();
            clock.advance(TimeDelta::days(2));
            desk.tick().await.unwrap();
            desk.publish(config(rounds("15:00"))).await.unwrap();
            desk.tick().await.unwrap();
            assert_eq!(subjects(&desk).await.len(), 2);
        });
    }
}

#[test]
fn a_template_is_opened_below_it_in_the_same_commit() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            let template = Template::default()
                .ticket("ground", Planned::new("task", "Ground floor, {{subject}}"))
                .ticket("first", Planned::new("task", "First floor for {{team}}").after("ground"));
            let config = config(rounds("09:00").template("floors")).template("floors", template);
            desk.publish(Config { seal: true, ..config }).await.unwrap();
            clock.advance(TimeDelta::days(1));
            assert_eq!(desk.tick().await.unwrap().tickets, 3);
            assert_eq!(
                subjects(&desk).await,
                ["Rounds of 2026-03-03", "Ground floor, Rounds of 2026-03-03", "First floor for house"]
            );
            let tickets = all(&desk).await;
            let children: Vec<_> = tickets[0].linked(LinkKind::Child).collect();
            assert_eq!(children.len(), 2);
            assert_eq!(tickets[2].linked(LinkKind::BlockedBy).collect::<Vec<_>>(), [tickets[1].id]);
            assert_eq!(desk.verify(|_| {}).await.unwrap().broken, None);
        });
    }
}

#[test]
fn what_the_rules_refuse_is_passed_over_with_the_reason() {
    for store in stores() {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            let mut config = config(rounds("09:00"));
            let task = config.workflows.iter_mut().find(|workflow| workflow.id == "task").unwrap();
            task.states.iter_mut().for_each(|state| state.requires = vec!["assignee".into()]);
            desk.publish(config).await.unwrap();
            clock.advance(TimeDelta::days(1));
            assert_eq!(desk.tick().await.unwrap().tickets, 0);
            let last = desk.recurrences().await.unwrap().remove(0).last.unwrap();
            let Became::Refused(why) = last.became else { panic!("{last:?}") };
            assert!(why.contains("assignee"), "{why}");
            assert_eq!(desk.tick().await.unwrap().next, Some(at("2026-03-04T08:00:00Z")));
        });
    }
}

#[test]
fn one_tenants_failure_keeps_no_other_waiting() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let clock = clock();
    block_on(async {
        let desk = desk(&store, &clock);
        for tenant in ["a", "b"] {
            desk.tenant(tenant).publish(config(rounds("09:00"))).await.unwrap();
        }
        desk.tick().await.unwrap();
        clock.advance(TimeDelta::days(1));
        let failing: Arc<dyn Store> = Arc::new(Meddled::new(Arc::clone(&store), |commit| match commit {
            1 => Err(StoreError::Full),
            _ => Ok(()),
        }));
        let failing = self::desk(&failing, &clock);
        assert!(matches!(failing.tick().await, Err(ticketcore::Error::Store(StoreError::Full))));
        assert_eq!(subjects(&desk.tenant("b")).await.len(), 1);
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(failing.tick().await.unwrap().tickets, 1);
        assert_eq!((subjects(&desk.tenant("a")).await.len(), subjects(&desk.tenant("b")).await.len()), (1, 1));
    });
}

#[test]
fn only_staff_are_told_what_recurs() {
    block_on(async {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let desk = desk(&store, &clock());
        desk.publish(config(rounds("09:00"))).await.unwrap();
        assert_eq!(desk.by(Actor::agent("ada")).recurrences().await.unwrap().len(), 1);
        let refused = desk.by(Actor::requester("bo")).recurrences().await.unwrap_err();
        assert_eq!(refused.to_string(), "`bo` may not read");
    });
}
