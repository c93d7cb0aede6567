//! The directory on a desk: its records, who may see them, what rests on them; in memory, on SQLite and, with the feature
//! and where there is one, on Postgres; on a manual clock.

#[cfg(feature = "postgres")]
#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/file.rs"]
mod file;
#[path = "index.rs"]
mod index;
#[path = "known.rs"]
mod known;
#[path = "merging.rs"]
mod merging;
#[path = "records.rs"]
mod records;
#[path = "sight.rs"]
mod sight;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use file::File;
use ticketcore::directory::{Organisation, Person, Team};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{Actor, ActorKind, Desk, Error, MemoryStore, Refusal, Store};
use ticketcore_sqlite::{Durability, SqliteOptions};

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn desk(store: Arc<dyn Store>) -> Desk {
    Desk::new(store).with_clock(ManualClock::new(start())).with_seed(7)
}

/// Runs a scenario on a desk in memory, on one that keeps its tickets in a file, and on one with a server.
fn on_each_store(scenario: impl AsyncFn(Desk)) {
    block_on(async {
        scenario(desk(Arc::new(MemoryStore::new()))).await;
        let file = File::new();
        // No scenario cuts the power.
        let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
        scenario(desk(Arc::new(sqlite))).await;
        #[cfg(feature = "postgres")]
        if let Some(database) = cluster::Database::new() {
            let options = ticketcore_postgres::PostgresOptions::new().connections(2);
            scenario(desk(Arc::new(options.connect_with(database.address.clone()).await.unwrap()))).await;
        }
    });
}

fn admin() -> Actor {
    Actor::agent("root").role("admin")
}

fn agent(id: &str) -> Person {
    Person::new(id, ActorKind::Agent, id)
}

fn requester(id: &str) -> Person {
    Person::new(id, ActorKind::Requester, id)
}

/// The team `net`, the organisation `acme` with its people `bo` and `eve`, and the agent `ada`.
async fn settle(desk: &Desk) {
    desk.put_team(Team::new("net", "Networks"), None).await.unwrap();
    desk.put_organisation(Organisation::new("acme", "ACME").domain("acme.example"), None).await.unwrap();
    desk.put_person(agent("ada").team("net").skill("dns"), None).await.unwrap();
    for id in ["bo", "eve"] {
        let mail = format!("{id}@acme.example").parse().unwrap();
        desk.put_person(requester(id).organisation("acme").mail(mail), None).await.unwrap();
    }
}

/// What a refusal says, which is one for faults of the input.
#[track_caller]
fn faults<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Refused(Refusal::Invalid { faults })) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("not refused for its faults: {other:?}"),
    }
}

#[track_caller]
fn forbidden<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(refusal @ Refusal::Forbidden { .. })) => refusal.to_string(),
        other => panic!("not forbidden: {other:?}"),
    }
}
