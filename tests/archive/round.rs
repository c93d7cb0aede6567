//! Out, in and out again.

use std::io::Cursor;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ticketcore::directory::Person;
use ticketcore::engine::fold;
use ticketcore::event::Attachment;
use ticketcore::testing::{Dice, block_on};
use ticketcore::time::Clock;
use ticketcore::{
    Actor, ActorKind, Command, Desk, Draft, Filter, MemoryStore, Message, Query, Signal, Store, Ticket, Visibility,
};
use ticketcore_sqlite::{Durability, SqliteOptions};

use crate::acts::Act;
use crate::temporary::File;
use crate::world::World;
use crate::{archive, clock, empty, on, restore};

/// A desk with a bit of everything.
async fn furnished(seal: bool) -> Desk {
    let desk = empty();
    let mut config = ticketcore::Config { seal, ..ticketcore::Config::default() };
    config.recurring.clear();
    desk.publish(config.clone()).await.unwrap();
    desk.publish(config).await.unwrap();
    desk.put_person(Person::new("bo", ActorKind::Requester, "Bo Li").mail("bo@example.com".parse().unwrap()), None)
        .await
        .unwrap();
    let bytes = b"\x89PNG\r\n\x1a\n\0\xff not really".to_vec();
    let (digest, size) = desk.store().put_blob(&"main".into(), Box::new(Cursor::new(bytes))).await.unwrap();
    let file = Attachment { name: "screen.png".into(), media_type: "image/png".into(), size, digest };
    let message =
        Message { attachments: vec![file.clone(), file], ..Message::new(Visibility::Public, "See \u{202e}it") };
    let ada = desk.by(Actor::agent("ada"));
    let ticket = desk.open(Draft::incident("Nö\nmail \"quoted\"".replace('\n', " ")).requester("bo")).await.unwrap();
    ada.apply(ticket.id, [Command::Say(message), Command::note("Привет"), Command::transition("start")]).await.unwrap();
    let signal = Signal::firing("disk/db-01", "Disk full", desk.now());
    desk.by(Actor::integration("monitor")).signal(signal).await.unwrap();
    let other = ada.open(Draft::request("Laptop").once("order-7")).await.unwrap();
    ada.apply(other.id, Command::Merge(ticket.id)).await.unwrap();
    desk
}

#[test]
fn what_is_brought_in_is_written_out_again_to_the_byte() {
    for seal in [false, true] {
        block_on(async {
            let desk = furnished(seal).await;
            let (first, end) = archive(&desk).await;
            assert_eq!((end.tickets, end.files), (3, 1));
            let file = File::new();
            let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
            for store in [Arc::new(MemoryStore::new()) as Arc<dyn Store>, Arc::new(sqlite)] {
                let other = on(store);
                let restored = restore(&other, &first).await.unwrap();
                assert_eq!((restored.archive, restored.tickets, restored.unchanged), (end, 3, 0));
                let (second, _) = archive(&other).await;
                assert!(first == second, "{}", String::from_utf8_lossy(&second));
                alike(&desk, &other).await;
                let compared = other.verify_archive(Cursor::new(&first), |_| ()).await.unwrap();
                assert!(compared.is_equal(), "{compared:?}");
                assert_eq!((compared.tickets_there, compared.events_there), (3, end.events));
            }
        });
    }
}

/// Tickets, histories and numbers are the same, and so is what becomes of them.
async fn alike(one: &Desk, other: &Desk) {
    let query = Query::new(Filter::all()).limit(1000);
    let tickets = one.find(&query).await.unwrap().tickets;
    assert_eq!(other.find(&query).await.unwrap().tickets, tickets);
    for ticket in &tickets {
        let history = other.history(ticket.id).await.unwrap();
        assert_eq!(fold(&history).map(|folded| Ticket { number: ticket.number, ..folded }).as_ref(), Some(&**ticket));
    }
    assert_eq!(other.verify(|_| ()).await.unwrap(), one.verify(|_| ()).await.unwrap());
    assert_eq!(other.rulebook().await.unwrap().now().config, one.rulebook().await.unwrap().now().config);
    // The alert is known, so that its next firing opens no second ticket.
    let again = Signal::firing("disk/db-01", "Disk full", one.now() + chrono::TimeDelta::minutes(1));
    let heard = other.by(Actor::integration("monitor")).signal(again).await.unwrap();
    assert!(matches!(heard, ticketcore::Intake::Repeated(_)), "{heard:?}");
}

#[test]
fn without_files_only_their_digests_are_in_it() {
    block_on(async {
        let desk = furnished(false).await;
        let mut bytes = Vec::new();
        let end = desk.archive().without_files().write(&mut bytes).await.unwrap();
        assert_eq!(end.files, 0);
        let other = empty();
        restore(&other, &bytes).await.unwrap();
        let mut again = Vec::new();
        other.archive().write(&mut again).await.unwrap();
        assert!(bytes == again);
    });
}

#[test]
fn documents_of_the_host_go_along_if_they_are_named() {
    use ticketcore::store::{Commit, Write};
    block_on(async {
        let desk = furnished(false).await;
        let write = Write {
            kind: "note".into(),
            key: "mine".into(),
            expected: ticketcore::Version(0),
            at: desk.now(),
            body: Some("{\"a\":1}".into()),
        };
        desk.store().commit(Commit::documents("main", [write])).await.unwrap();
        let (without, _) = archive(&desk).await;
        let mut with = Vec::new();
        desk.archive().documents("note").documents("note").write(&mut with).await.unwrap();
        assert_ne!(without, with);
        let other = empty();
        restore(&other, &with).await.unwrap();
        let found = other.store().document(&"main".into(), &"note".into(), "mine").await.unwrap();
        assert_eq!(found.map(|found| (found.body, found.at)), Some(("{\"a\":1}".to_owned(), desk.now())));
        let mut again = Vec::new();
        other.archive().documents("note").write(&mut again).await.unwrap();
        assert!(with == again);
    });
}

/// Whatever has happened to a desk.
#[test]
fn random_desks_come_back_to_the_byte_on_every_store() {
    let cases = if std::env::var_os("TICKETCORE_LONG").is_some() { 400 } else { 16 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let seeds = prop::collection::vec(any::<u64>().no_shrink(), 1..90);
    let run = |seeds: Vec<u64>| {
        block_on(random(&seeds));
        Ok(())
    };
    TestRunner::new_with_rng(
        config,
        prop::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    )
    .run(&seeds, run)
    .unwrap_or_else(|error| panic!("{error}"));
}

async fn random(seeds: &[u64]) {
    let clock = clock();
    let world = World::new("memory", MemoryStore::new(), &clock);
    for seed in seeds {
        let mut dice = Dice::new(*seed);
        let tenant = usize::from(dice.once_in(3));
        let act = Act::any(&mut dice, &world.known(tenant).await, clock.now());
        clock.advance(act.time());
        world.act(tenant, &act).await;
    }
    let file = File::new();
    let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
    let (_database, server) = postgres().unzip();
    let stores = [Arc::new(MemoryStore::new()) as Arc<dyn Store>, Arc::new(sqlite)];
    for store in stores.into_iter().chain(server) {
        for (tenant, name) in ["main", "other"].into_iter().enumerate() {
            let (first, _) = archive(world.desk(tenant)).await;
            let other = Desk::new(Arc::clone(&store)).with_clock(clock.clone()).tenant(name);
            restore(&other, &first).await.unwrap();
            let (second, _) = archive(&other).await;
            assert!(first == second, "{}", String::from_utf8_lossy(&second));
            // The index is right, too: it is of the same rules.
            let query = Query::new(Filter::open()).order(ticketcore::Order::rank()).limit(1000);
            let ranked = world.desk(tenant).find(&query).await.unwrap().tickets;
            let there = other.find(&query).await.unwrap().tickets;
            assert_eq!(ranked.len(), there.len());
            // What everybody has came along, and is right.
            assert_eq!(other.recount().await.unwrap(), world.desk(tenant).recount().await.unwrap());
            assert_eq!(other.verify(|_| ()).await.unwrap(), world.desk(tenant).verify(|_| ()).await.unwrap());
        }
    }
}

#[cfg(feature = "postgres")]
fn postgres() -> Option<(crate::cluster::Database, Arc<dyn Store>)> {
    let database = crate::cluster::Database::new()?;
    let options = ticketcore_postgres::PostgresOptions::new().connections(2);
    let store = block_on(options.connect_with(database.address.clone())).unwrap();
    Some((database, Arc::new(store)))
}

#[cfg(not(feature = "postgres"))]
fn postgres() -> Option<((), Arc<dyn Store>)> {
    None
}
