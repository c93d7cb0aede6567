//! Erasing people and old texts, and exporting what there is about a person: in memory and on SQLite, on a manual clock.
//!
//! What is to be gone is a canary, and is looked for in everything that a store gives out.

#[path = "../support/acts.rs"]
#[expect(dead_code, reason = "other tests ask more of it")]
mod acts;
#[path = "export.rs"]
mod export;
#[path = "laws.rs"]
mod laws;
#[path = "../support/meddled.rs"]
mod meddled;
#[path = "person.rs"]
mod person;
#[path = "retention.rs"]
mod retention;
#[path = "../support/world.rs"]
#[expect(dead_code, reason = "other tests ask more of it")]
mod world;

use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;

use ticketcore::event::Attachment;
use ticketcore::query::{Order, Sort};
use ticketcore::report::{Measure, Scan, Table, TableSpec};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Config, Desk, Event, Filter, MemoryStore, Message, Position, Query, Store, TenantId, Ticket, Visibility,
};
use ticketcore_sqlite::SqliteStore;

fn clock() -> ManualClock {
    ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap())
}

fn desk(store: &Arc<dyn Store>, clock: &ManualClock) -> Desk {
    Desk::new(Arc::clone(store)).with_clock(clock.clone()).with_seed(7)
}

/// Runs a scenario on a desk that seals, in memory and on SQLite.
fn on_each_store(config: &Config, scenario: impl AsyncFn(Desk, ManualClock)) {
    let stores: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::new()), Arc::new(SqliteStore::memory().unwrap())];
    for store in stores {
        block_on(async {
            let clock = clock();
            let desk = desk(&store, &clock);
            desk.publish(Config { seal: true, ..config.clone() }).await.unwrap();
            scenario(desk, clock).await;
        });
    }
}

fn admin() -> Actor {
    Actor::agent("root").role("admin")
}

async fn all(desk: &Desk) -> Vec<Arc<Ticket>> {
    let query = Query::new(Filter::all()).order(Order { by: Sort::Number, descending: false }).limit(usize::MAX);
    desk.find(&query).await.unwrap().tickets
}

async fn figures(desk: &Desk) -> Vec<Table> {
    let measures = [Measure::Count, Measure::Backlog, Measure::Reopens, Measure::Messages];
    let tables = vec![TableSpec::new([], measures)];
    desk.tally(&Scan { filter: Filter::all(), tables, now: desk.now() }).await.unwrap()
}

/// Keeps a file and says how a message names it.
async fn file(desk: &Desk, bytes: &'static str) -> Attachment {
    let (digest, size) = desk.store().put_blob(&TenantId::MAIN, Box::new(bytes.as_bytes())).await.unwrap();
    Attachment { name: "file".to_owned(), media_type: "text/plain".to_owned(), size, digest }
}

fn message(visibility: Visibility, body: &str, attachments: &[&Attachment]) -> Message {
    let attachments = attachments.iter().copied().cloned().collect();
    Message { attachments, ..Message::new(visibility, body) }
}

/// Everything that the store gives out about the tenant, as text.
async fn everything(desk: &Desk) -> String {
    let (store, tenant) = (desk.store(), TenantId::MAIN);
    let mut text = String::new();
    for recorded in store.feed(Position(0), usize::MAX).await.unwrap().iter().filter(|one| one.tenant == tenant) {
        writeln!(text, "{recorded:?}").unwrap();
        if let Event::Said(said) = &recorded.event {
            for attachment in &said.attachments {
                if let Some(mut bytes) = store.blob(&tenant, &attachment.digest).await.unwrap() {
                    bytes.read_to_string(&mut text).unwrap();
                }
            }
        }
    }
    for ticket in all(desk).await {
        writeln!(text, "{ticket:?}\n{:?}", desk.history(ticket.id).await.unwrap()).unwrap();
        writeln!(text, "{:?}", desk.conversation(ticket.id).await.unwrap()).unwrap();
    }
    for kind in ["config", "person", "person_by", "erasure", "erasing", "retention", "recurring", "agenda"] {
        for document in store.documents(&tenant, &kind.into(), None, usize::MAX).await.unwrap() {
            writeln!(text, "{document:?}").unwrap();
        }
    }
    text.to_lowercase()
}

/// How many tickets a word finds.
async fn found(desk: &Desk, word: &str) -> usize {
    let filter = Filter { words: vec![word.to_owned()], ..Filter::default() };
    desk.find(&Query::new(filter).limit(usize::MAX)).await.unwrap().tickets.len()
}

async fn sound(desk: &Desk) {
    assert_eq!(desk.verify(|_| {}).await.unwrap().broken, None);
}
