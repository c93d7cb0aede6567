//! Live tables: how far they are behind, that they can be counted anew, that any number of processes count each event
//! once, and what cannot be kept. That they are what a scan finds after whatever happens is law 79 in `differential.rs`.

#[path = "support/file.rs"]
mod file;

use std::sync::Arc;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use file::File;
use ticketcore::report::{Dimension, Measure, Measured, Scan, TableSpec};
use ticketcore::store::{Commit, Write};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Filter, MemoryStore, Policy, Priority, Span, Store, TenantId, Version,
};
use ticketcore_sqlite::{Durability, SqliteOptions};

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn office(store: impl Store) -> (Desk, ManualClock) {
    let clock = ManualClock::new(start());
    (Desk::new(Arc::new(store)).with_clock(clock.clone()).with_seed(7), clock)
}

fn by_status() -> [TableSpec; 1] {
    [TableSpec::new([Dimension::Status], [Measure::Count])]
}

/// Statuses and how many tickets have each.
async fn live(desk: &Desk) -> Vec<(String, u64)> {
    let live = desk.live("wall").await.unwrap();
    let count = |value: &Measured| if let Measured::Count(count) = value { *count } else { panic!("{value:?}") };
    live.tables[0].rows.iter().map(|row| (row.cells[0].to_string(), count(&row.values[0]))).collect()
}

#[test]
fn a_read_counts_a_few_events_itself_and_says_how_far_it_is_behind_of_more() {
    block_on(async {
        let (desk, clock) = office(MemoryStore::new());
        desk.keep_live("wall", Filter::all(), by_status()).await.unwrap();
        for _ in 0..64 {
            desk.open(Draft::incident("No mail")).await.unwrap();
        }
        let found = desk.live("wall").await.unwrap();
        assert_eq!((found.behind, found.at, found.since), (0, Some(start()), None));
        assert_eq!(live(&desk).await, [("new".to_owned(), 64)]);

        clock.advance(TimeDelta::minutes(1));
        for _ in 0..65 {
            desk.open(Draft::incident("No mail")).await.unwrap();
        }
        let found = desk.live("wall").await.unwrap();
        assert_eq!((found.behind, found.since), (65, Some(start() + TimeDelta::minutes(1))));
        assert_eq!(found.tables[0].rows[0].values, [Measured::Count(64)], "what is counted stays right");
        clock.advance(TimeDelta::seconds(2));
        desk.tick().await.unwrap();
        assert_eq!(desk.live("wall").await.unwrap().behind, 0);
        assert_eq!(live(&desk).await, [("new".to_owned(), 129)]);
        assert_eq!(desk.catch_up().await.unwrap(), 0);
    });
}

#[test]
fn what_was_counted_wrongly_is_right_again_once_it_is_counted_anew() {
    block_on(async {
        let (desk, _) = office(MemoryStore::new());
        desk.keep_live("wall", Filter::all(), by_status()).await.unwrap();
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        let right = live(&desk).await;
        // Somebody writes to the store past the desk.
        let (kind, tenant) = ("live".into(), TenantId::MAIN);
        let found = desk.store().document(&tenant, &kind, "wall").await.unwrap().unwrap();
        let body = Some(found.body.replace("{\"count\":1}", "{\"count\":7}"));
        assert_ne!(body.as_deref(), Some(found.body.as_str()));
        let write = Write { kind, key: "wall".to_owned(), expected: found.version, at: found.at, body };
        desk.store().commit(Commit::documents(tenant, [write])).await.unwrap();
        assert_eq!(live(&desk).await, [("new".to_owned(), 7)]);
        desk.rebuild_live("wall").await.unwrap();
        assert_eq!(live(&desk).await, right);
        desk.apply(ticket.id, Command::transition("resolve")).await.unwrap();
        assert_eq!(live(&desk).await, [("resolved".to_owned(), 1)]);
    });
}

#[test]
fn processes_that_count_at_once_count_each_event_once() {
    let file = File::new();
    let store = || SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
    let main = Desk::new(Arc::new(store()));
    block_on(main.keep_live("wall", Filter::all(), by_status())).unwrap();
    let desks: Vec<Desk> = (0..3).map(|_| Desk::new(Arc::new(store()))).collect();
    thread::scope(|scope| {
        for desk in &desks {
            scope.spawn(move || {
                block_on(async {
                    for _ in 0..30 {
                        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
                        desk.live("wall").await.unwrap();
                        desk.apply(ticket.id, Command::transition("start")).await.unwrap();
                        desk.catch_up().await.unwrap();
                    }
                });
            });
        }
    });
    block_on(async {
        main.catch_up().await.unwrap();
        assert_eq!(live(&main).await, [("open".to_owned(), 90)]);
        let scan = Scan { filter: Filter::all(), tables: by_status().to_vec(), now: main.now() };
        assert_eq!(main.live("wall").await.unwrap().tables, main.tally(&scan).await.unwrap());
        let document = main.store().document(&TenantId::MAIN, &"live".into(), "wall").await.unwrap().unwrap();
        assert!(document.version > Version(2));
    });
}

#[test]
fn a_table_of_many_dimensions_leaves_no_row_behind() {
    block_on(async {
        let (desk, _) = office(MemoryStore::new());
        let spec = TableSpec::new([Dimension::Assignee, Dimension::State], [Measure::Count, Measure::Reopens]);
        desk.keep_live("wall", Filter::open(), [spec]).await.unwrap();
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        for command in [Command::assign("ada"), Command::assign("eve"), Command::transition("start")] {
            desk.apply(ticket.id, command).await.unwrap();
            assert_eq!(desk.live("wall").await.unwrap().tables[0].rows.len(), 1);
        }
        desk.apply(ticket.id, Command::transition("resolve")).await.unwrap();
        assert_eq!(desk.live("wall").await.unwrap().tables[0].rows, [], "a resolved ticket is none of the filter");
        assert_eq!(desk.lives().await.unwrap(), ["wall"]);
        desk.drop_live("wall").await.unwrap();
        let refused = desk.live("wall").await.unwrap_err();
        assert!(refused.to_string().contains("nothing is kept live under `wall`"), "{refused}");
    });
}

#[test]
fn what_no_event_tells_cannot_be_kept_and_not_everybody_may() {
    block_on(async {
        let (desk, _) = office(MemoryStore::new());
        let age = [TableSpec::new([], [Measure::Age])];
        let words = Filter { words: vec!["mail".into()], ..Filter::all() };
        let numbers = Filter { any: vec![Filter { numbers: vec![1], ..Filter::all() }], ..Filter::all() };
        let cases = [
            (desk.keep_live("wall", Filter::all(), age).await, "tables: age changes as time goes by"),
            (desk.keep_live("wall", words, by_status()).await, "filter: asks about texts"),
            (desk.keep_live("wall", numbers, by_status()).await, "filter: asks about numbers"),
            (desk.keep_live("", Filter::all(), by_status()).await, "name: is no name"),
        ];
        for (refused, why) in cases {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let ada = desk.by(Actor::agent("ada"));
        assert!(ada.keep_live("wall", Filter::all(), by_status()).await.unwrap_err().refusal().is_some());
        desk.keep_live("wall", Filter::all(), by_status()).await.unwrap();
        assert!(desk.by(Actor::requester("bo")).live("wall").await.unwrap_err().refusal().is_some());
        assert!(ada.live("wall").await.is_ok(), "agents read everything by default");
    });
}

/// What older rules gave to a table cannot be taken out of it by newer ones.
#[test]
fn new_rules_never_mix_with_what_was_counted_under_the_old() {
    block_on(async {
        let (desk, clock) = office(MemoryStore::new());
        let solve = Policy::resolution("solve").target(Priority::P3, Span::hours(1));
        desk.publish(Config::default().policy(solve)).await.unwrap();
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        let tables = [TableSpec::new([], [Measure::Attainment("solve".into())])];
        desk.keep_live("wall", Filter::all(), tables.clone()).await.unwrap();
        let before = desk.live("wall").await.unwrap();
        clock.advance(TimeDelta::minutes(1));
        desk.publish(Config::default()).await.unwrap();
        desk.apply(ticket.id, Command::transition("start")).await.unwrap();
        let between = desk.live("wall").await.unwrap();
        assert_eq!(
            (between.tables, between.behind),
            (before.tables, 1),
            "what stood there stands, and says that it is old"
        );
        desk.catch_up().await.unwrap();
        let (after, scan) = (
            desk.live("wall").await.unwrap(),
            Scan { filter: Filter::all(), tables: tables.to_vec(), now: desk.now() },
        );
        assert_eq!((after.tables, after.behind), (desk.tally(&scan).await.unwrap(), 0));
    });
}
