//! One ticket at a time.

use std::sync::Arc;
use std::task::{Context, Waker};

use chrono::TimeDelta;

use super::{Contents, begin, conflict, contents};
use crate::command::{Command, Draft};
use crate::id::{Position, Version};
use crate::query::{Filter, Order, Query};
use crate::store::{Change, Conflict, Marks};
use crate::testing::Harness;
use crate::ticket::Ticket;

pub async fn a_created_ticket_is_loaded_as_it_was_committed(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let draft = Draft::incident("Printer is on fire").description("It smokes.").tag("hot").field("seats", 3);
    let change = clerk.opening(draft);
    let stored = clerk.write(&*store, change.clone()).await;
    assert_eq!(*stored, Ticket { number: 1, ..Ticket::clone(&change.ticket) });
    assert_eq!(store.load(clerk.tenant(), stored.id).await.unwrap(), Some(stored));
}

pub async fn a_changed_ticket_is_loaded_as_it_was_committed(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Printer is on fire")).await;
    clerk.pass(TimeDelta::minutes(5));
    let change = clerk.order(&ticket, [Command::assign("ada"), Command::reply("Out in a minute.")]);
    let stored = clerk.write(&*store, change.clone()).await;
    assert_eq!(*stored, *change.ticket);
    assert_eq!((stored.version, stored.number), (Version(3), 1));
    assert_eq!(store.load(clerk.tenant(), stored.id).await.unwrap(), Some(stored));
}

pub async fn a_missing_ticket_is_none(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("Another")).await;
    assert_eq!(store.load(clerk.tenant(), clerk.id()).await.unwrap(), None);
}

pub async fn creating_twice_conflicts_and_writes_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("First")).await;
    let before = contents(&*store, &clerk).await;
    let again = clerk.opening_as(ticket.id, Draft::incident("Second").description("Longer"));
    let found = conflict(store.commit(clerk.commit([again])).await);
    assert_eq!(found, Conflict::Ticket { id: ticket.id, expected: Version(0), found: Version(1) });
    assert_eq!(contents(&*store, &clerk).await, before);
}

pub async fn changing_what_does_not_exist_conflicts_and_writes_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let never_written = clerk.opening(Draft::incident("Lost")).ticket;
    let found = conflict(store.commit(clerk.commit([clerk.tag(&never_written, "a")])).await);
    assert_eq!(found, Conflict::Ticket { id: never_written.id, expected: Version(1), found: Version(0) });
    assert_eq!(store.load(clerk.tenant(), never_written.id).await.unwrap(), None);
    assert_eq!(store.feed(Position(0), 10).await.unwrap(), []);
}

pub async fn a_stale_version_conflicts_and_writes_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let first = clerk.open(&*store, Draft::incident("Wanted by two")).await;
    clerk.write(&*store, clerk.tag(&first, "mine")).await;
    let before = contents(&*store, &clerk).await;
    let found = conflict(store.commit(clerk.commit([clerk.tag(&first, "yours")])).await);
    assert_eq!(found, Conflict::Ticket { id: first.id, expected: Version(1), found: Version(2) });
    assert_eq!(contents(&*store, &clerk).await, before);
}

pub async fn a_version_that_is_yet_to_come_conflicts_and_writes_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let first = clerk.open(&*store, Draft::incident("Ahead of time")).await;
    let before = contents(&*store, &clerk).await;
    let second = clerk.tag(&first, "a").ticket;
    let found = conflict(store.commit(clerk.commit([clerk.tag(&second, "b")])).await);
    assert_eq!(found, Conflict::Ticket { id: first.id, expected: Version(2), found: Version(1) });
    assert_eq!(contents(&*store, &clerk).await, before);
}

pub async fn a_change_without_facts_renews_only_the_marks(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Same as before").queue("desk")).await;
    let feed = store.feed(Position(0), 10).await.unwrap();
    let wake = clerk.now() + TimeDelta::days(40);
    let renewal = |expected| Change {
        expected,
        ticket: Arc::clone(&ticket),
        facts: Vec::new(),
        marks: Marks { wake: Some(wake), rank: None, ..Marks::default() },
        claims: Vec::new(),
        erased: Vec::new(),
    };
    assert_eq!(*clerk.write(&*store, renewal(Version(1))).await, *ticket);
    assert_eq!(store.load(clerk.tenant(), ticket.id).await.unwrap(), Some(Arc::clone(&ticket)));
    assert_eq!(store.feed(Position(0), 10).await.unwrap(), feed);
    assert_eq!(store.due(clerk.now(), 10).await.unwrap().next, Some(wake));
    let queue = Query::new(Filter::queue("desk")).order(Order::rank());
    assert_eq!(store.find(clerk.tenant(), &queue).await.unwrap().tickets, []);

    clerk.write(&*store, clerk.tag(&ticket, "newer")).await;
    let found = conflict(store.commit(clerk.commit([renewal(Version(1))])).await);
    assert_eq!(found, Conflict::Ticket { id: ticket.id, expected: Version(1), found: Version(2) });
}

pub async fn a_commit_that_is_dropped_before_its_first_poll_leaves_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let change = clerk.opening(Draft::incident("On second thought"));
    let id = change.ticket.id;
    drop(store.commit(clerk.commit([change])));
    assert_eq!(store.load(clerk.tenant(), id).await.unwrap(), None);
    assert_eq!(store.feed(Position(0), 10).await.unwrap(), []);
}

pub async fn a_commit_that_is_dropped_while_it_waits_is_done_or_not_begun(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for _ in 0..10 {
        let changes = [clerk.opening(Draft::incident("Maybe")), clerk.opening(Draft::incident("Likewise"))];
        let [one, other] = changes.each_ref().map(|change| change.ticket.id);
        let mut waiting = store.commit(clerk.commit(changes));
        // Whether it is ready at once is the store's affair.
        let _ = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(waiting);
        // What is committed now comes after it, if it comes at all.
        clerk.open(&*store, Draft::incident("Certainly")).await;
        let one = store.load(clerk.tenant(), one).await.unwrap();
        let other = store.load(clerk.tenant(), other).await.unwrap();
        assert_eq!(one.is_some(), other.is_some(), "half of a commit is there");
    }
    let Contents { tickets, feed, .. } = contents(&*store, &clerk).await;
    assert!(tickets.iter().map(|ticket| ticket.number).eq((1..).take(tickets.len())), "no number is used up");
    assert_eq!(feed.len(), tickets.len(), "each was opened once");
}

pub async fn a_fresh_handle_sees_everything(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for i in 0..5_i64 {
        clerk.open(&*store, Draft::incident("Kept").queue("desk").field("seats", i)).await;
        clerk.pass(TimeDelta::minutes(1));
    }
    let before = contents(&*store, &clerk).await;
    drop(store);
    let store = harness.open().await;
    assert_eq!(contents(&*store, &clerk).await, before);
    let next = clerk.open(&*store, Draft::incident("Added")).await;
    assert_eq!(next.number, 6);
}

pub async fn what_one_handle_wrote_the_others_see_at_once(harness: &dyn Harness) {
    let (one, clerk) = begin(harness).await;
    let other = harness.open().await;
    let mut ticket = clerk.open(&*one, Draft::incident("Passed to and fro")).await;
    for (i, handle) in [&other, &one, &other, &one].into_iter().enumerate() {
        ticket = clerk.write(&**handle, clerk.tag(&ticket, i.to_string())).await;
        for reader in [&one, &other] {
            assert_eq!(reader.load(clerk.tenant(), ticket.id).await.unwrap().as_ref(), Some(&ticket));
            let found = reader.find(clerk.tenant(), &Query::new(Filter::ids([ticket.id]))).await.unwrap();
            assert_eq!(found.tickets, [Arc::clone(&ticket)]);
            let feed = reader.feed(Position(0), 100).await.unwrap();
            assert_eq!(feed.last().map(|last| last.version), Some(ticket.version));
        }
    }
}
