//! History from other systems: what a file comes to, what it is refused for, and that nothing happens but that it is there.

mod faults;
mod log;
#[path = "../support/meddled.rs"]
mod meddled;
mod once;
mod silence;
mod stories;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ticketcore::import::{Mapping, Plan};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{Config, Desk, Event, FieldType, MemoryStore, Store};

/// A log with a column for each thing that can be mapped, as far as the tests have no other.
const LOG: &str = r#"
source = "old desk"
id = "id"
at = "changed"
subject = "title"
missing = ["-"]
time = { format = "%Y-%m-%d %H:%M", zone = "UTC" }
author = { column = "by", otherwise = "old desk" }
state = { column = "state", initial = "new", values = { N = "new", O = "open", R = "resolved", C = "closed" } }
"#;

fn mapping(more: &str) -> Mapping {
    // What is said again is meant instead; tables stand behind single values.
    let mut base: toml::Table = toml::from_str(LOG).unwrap();
    base.extend(toml::from_str::<toml::Table>(more).unwrap());
    base.try_into().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

fn config() -> Config {
    Config::default().field("size", FieldType::Int).field("vip", FieldType::Bool).field("due", FieldType::Instant)
}

/// A desk of today, long after everything in the files.
fn desk() -> Desk {
    on(Arc::new(MemoryStore::new()))
}

fn on(store: Arc<dyn Store>) -> Desk {
    let desk = Desk::new(store).with_clock(ManualClock::new(at("2026-03-02T09:00")));
    match block_on(desk.publish(config())) {
        // Another desk on the same store has published it.
        Ok(_) | Err(ticketcore::Error::Store(_)) => desk,
        Err(error) => panic!("{error}"),
    }
}

fn plan(desk: &Desk, mapping: &Mapping, file: impl AsRef<[u8]>) -> Plan {
    block_on(desk.plan_import(mapping, file.as_ref())).unwrap()
}

/// A plan without faults.
#[track_caller]
fn sound(desk: &Desk, mapping: &Mapping, file: impl AsRef<[u8]>) -> Plan {
    let plan = plan(desk, mapping, file);
    assert!(plan.is_sound(), "{plan}");
    plan
}

/// What happened to the only ticket of a plan, as times of the day and names of events.
fn told(plan: &Plan) -> Vec<String> {
    assert_eq!(plan.stories.len(), 1, "{plan}");
    let tell = |fact: &ticketcore::event::Fact| {
        let what = match &fact.event {
            Event::Opened(opened) => format!("opened {}", opened.state),
            Event::Moved(moved) => format!("{} {} -> {}", moved.transition, moved.from, moved.to),
            other => other.name().to_owned(),
        };
        format!("{} {}: {what}", fact.at.format("%d %H:%M"), fact.by.id)
    };
    plan.stories[0].facts.iter().map(tell).collect()
}
