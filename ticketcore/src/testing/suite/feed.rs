//! The events of the whole store, in an order that a reader can follow.

use std::thread;

use super::{begin, open_handles, race};
use crate::command::{Command, Draft};
use crate::event::Recorded;
use crate::id::{Position, TicketId, Version};
use crate::store::{Change, Store};
use crate::testing::{Clerk, Harness, block_on};

pub async fn the_feed_tells_of_all_tenants_in_the_order_of_their_commits(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let other = Clerk::new(2).of("other");
    let mut expected = Vec::new();
    let mut note = |change: &Change| {
        let (tenant, id) = (change.ticket.tenant.clone(), change.ticket.id);
        expected.extend(change.facts.iter().map(|fact| (tenant.clone(), id, fact.event.clone(), fact.text.clone())));
    };
    for i in 0..3 {
        for clerk in [&clerk, &other] {
            let opening = clerk.opening(Draft::incident(format!("Number {i}")).description("At length"));
            note(&opening);
            let ticket = clerk.write(&*store, opening).await;
            let work = clerk.order(&ticket, [Command::assign("ada"), Command::reply("Hello")]);
            note(&work);
            clerk.write(&*store, work).await;
        }
    }
    let feed = store.feed(Position(0), usize::MAX).await.unwrap();
    let told: Vec<_> = feed.into_iter().map(|one| (one.tenant, one.ticket, one.event, one.text)).collect();
    assert_eq!(told, expected);
}

pub async fn the_feed_is_read_in_parts(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for i in 0..4 {
        let ticket = clerk.open(&*store, Draft::incident(format!("Number {i}"))).await;
        clerk.apply(&*store, &ticket, [Command::assign("ada"), Command::Tag("a".into())]).await;
    }
    let all = store.feed(Position(0), usize::MAX).await.unwrap();
    assert_eq!(all.len(), 12);
    assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position), "positions rise");
    for limit in 1..=13 {
        let mut read: Vec<Recorded> = Vec::new();
        for _ in 0..=all.len() {
            let after = read.last().map_or(Position(0), |last| last.position);
            let part = store.feed(after, limit).await.unwrap();
            assert!(part.len() <= limit, "at most {limit}");
            read.extend(part);
        }
        assert_eq!(read, all, "{limit} at a time");
    }
    assert_eq!(store.feed(Position(0), 0).await.unwrap(), []);
    assert_eq!(store.feed(all[11].position, 5).await.unwrap(), []);
}

pub async fn the_feed_and_the_history_tell_the_same(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Told twice").description("…")).await;
    let other = clerk.open(&*store, Draft::incident("In between")).await;
    for i in 0..3 {
        clerk
            .write(&*store, clerk.tag(&store.load(clerk.tenant(), ticket.id).await.unwrap().unwrap(), i.to_string()))
            .await;
    }
    clerk.write(&*store, clerk.tag(&other, "z")).await;
    let feed = store.feed(Position(0), usize::MAX).await.unwrap();
    let of_it: Vec<Recorded> = feed.into_iter().filter(|one| one.ticket == ticket.id).collect();
    assert_eq!(store.history(clerk.tenant(), ticket.id, Version(0), usize::MAX).await.unwrap(), of_it);
}

pub async fn a_reader_that_looks_after_every_commit_sees_every_event_once(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let reader = harness.open().await;
    let mut seen: Vec<Recorded> = Vec::new();
    for i in 0..12 {
        let ticket = clerk.open(&*store, Draft::incident(format!("Number {i}"))).await;
        clerk.apply(&*store, &ticket, Command::assign("ada")).await;
        read_on(&*reader, &mut seen).await;
    }
    assert_eq!(seen, store.feed(Position(0), usize::MAX).await.unwrap());
    assert_eq!(seen.len(), 24);
}

/// Commits take their positions early and become visible late, in any order: a reader that asks for what comes after the
/// last position it saw, while they come and in between, must not lose the one that was slow.
pub async fn a_late_committer_is_never_skipped(harness: &dyn Harness) {
    const ROUNDS: usize = 15;
    let (reader, _) = begin(harness).await;
    let writers = open_handles(harness, 3).await;
    let clerks: Vec<Clerk> = (1..4).map(Clerk::new).collect();
    let mut seen: Vec<Recorded> = Vec::new();
    for _ in 0..ROUNDS {
        thread::scope(|scope| {
            scope.spawn(|| block_on(read_on(&*reader, &mut seen)));
            race(&writers, |i, store| write(&clerks[i], store));
        });
        read_on(&*reader, &mut seen).await;
    }
    assert_eq!(seen.len(), ROUNDS * 3 * 5, "every event was seen once");
    assert_eq!(seen, reader.feed(Position(0), usize::MAX).await.unwrap(), "and in the order of the feed");
    for commit in seen.chunks(5) {
        let ids: Vec<TicketId> = commit.iter().map(|one| one.ticket).collect();
        assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[3] == ids[4], "a commit's events are neighbours: {ids:?}");
    }
}

/// Commits three events of one ticket and two of another.
fn write(clerk: &Clerk, store: &dyn Store) {
    let mut changes = [clerk.opening(Draft::incident("Busy")), clerk.opening(Draft::task("Busier"))];
    for (change, tags) in changes.iter_mut().zip([2, 1]) {
        for tag in 0..tags {
            let more = clerk.tag(&change.ticket, tag.to_string());
            change.ticket = more.ticket;
            change.facts.extend(more.facts);
        }
    }
    block_on(store.commit(clerk.commit(changes))).unwrap();
}

/// Reads on from the last event seen to the end.
async fn read_on(store: &dyn Store, seen: &mut Vec<Recorded>) {
    loop {
        let after = seen.last().map_or(Position(0), |last| last.position);
        let part = store.feed(after, 7).await.unwrap();
        let Some(first) = part.first() else { return };
        assert!(first.position > after, "what was seen comes again");
        seen.extend(part);
    }
}
