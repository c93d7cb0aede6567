//! Law 72: erasing a person changes no field of any view except text, whatever happened.

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestRng, TestRunner};
use ticketcore::testing::Dice;
use ticketcore::{ActorKind, Event, MemoryStore, PersonId, Position, Recorded};

use crate::acts::{Act, tables};
use crate::world::{self, World};
use crate::{all, block_on};

#[test]
fn law_72_erasing_a_person_changes_nothing_but_texts() {
    let count = if std::env::var_os("TICKETCORE_LONG").is_some() { 2000 } else { 24 };
    let cases = Cases { cases: count, failure_persistence: None, ..Cases::default() };
    let mut runner = TestRunner::new_with_rng(cases, TestRng::from_seed(RngAlgorithm::ChaCha, &[72; 32]));
    let seeds = prop::collection::vec(any::<u64>().no_shrink(), 20..120);
    let run = |seeds: Vec<u64>| {
        block_on(law_72(&seeds));
        Ok(())
    };
    if let Err(error) = runner.run(&seeds, run) {
        panic!("{error}");
    }
}

async fn law_72(seeds: &[u64]) {
    let clock = world::clock();
    let world = World::new("memory", MemoryStore::new(), &clock);
    let desk = world.desk(0);
    // The rules that seal.
    world.act(0, &Act::Publish(1)).await;
    for seed in seeds {
        let mut dice = Dice::new(*seed);
        let act = Act::any(&mut dice, &world.known(0).await, ticketcore::time::Clock::now(&clock));
        clock.advance(act.time());
        world.act(0, &act).await;
    }
    let scan = ticketcore::report::Scan { filter: ticketcore::Filter::all(), tables: tables(), now: desk.now() };
    for person in ["ada", "bo", "eve", "gateway"].map(PersonId::from) {
        let (tickets, figures) = (all(desk).await, desk.tally(&scan).await.unwrap());
        let (log, checkpoint) = (log(&world).await, desk.checkpoint().await.unwrap());
        let receipt = desk.erase_person(person.clone()).run().await.unwrap();
        assert_eq!(all(desk).await, tickets, "law 72");
        assert_eq!(desk.tally(&scan).await.unwrap(), figures, "law 72");
        assert_eq!(desk.verify_against(&checkpoint, |_| {}).await.unwrap().broken, None, "law 72");
        let mut gone = 0;
        let after = self::log(&world).await;
        assert_eq!(log.len(), after.len());
        for (before, after) in log.iter().zip(&after) {
            assert_eq!(&Recorded { text: before.text.clone(), ..after.clone() }, before, "law 72");
            let erased = before.text.is_some() && after.text.is_none();
            gone += u64::from(erased);
            let by = |recorded: &Recorded| recorded.by.id == person && recorded.by.kind != ActorKind::System;
            let edited = |recorded: &Recorded| match &recorded.event {
                Event::Edited { message, .. } => {
                    log.iter().any(|one| one.ticket == recorded.ticket && one.version == *message && by(one))
                }
                _ => false,
            };
            assert_eq!(erased, before.text.is_some() && (by(before) || edited(before)), "{before:?}");
        }
        assert_eq!(receipt.erased.texts, gone);
    }
}

async fn log(world: &World) -> Vec<Recorded> {
    world.store.feed(Position(0), usize::MAX).await.unwrap()
}
