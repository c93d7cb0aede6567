//! Many writers at once: the outcome is one that they could have had one after the other.

use std::sync::Arc;
use std::thread;

use super::{begin, open_handles, race};
use crate::command::{Command, Draft};
use crate::id::{Key, TenantId, Version};
use crate::query::Query;
use crate::store::{Commit, Expect, Store, StoreError};
use crate::testing::{Clerk, Harness, block_on};
use crate::ticket::Ticket;
use crate::value::Value;

pub async fn increments_through_one_handle_all_count(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    count(&vec![store; 5], &clerk).await;
}

pub async fn increments_through_several_handles_all_count(harness: &dyn Harness) {
    let (_, clerk) = begin(harness).await;
    count(&open_handles(harness, 5).await, &clerk).await;
}

/// Five workers add one ten times each, by reading and writing: the sum is fifty, and so is the number of changes.
async fn count(handles: &[Arc<dyn Store>], clerk: &Clerk) {
    let mut ticket = clerk.open(&*handles[0], Draft::incident("Counter").field("seats", 0)).await;
    for _ in 0..10 {
        // All have read the same before the first writes.
        race(handles, |_, store| block_on(increment(store, clerk, Arc::clone(&ticket))));
        ticket = handles[0].load(clerk.tenant(), ticket.id).await.unwrap().unwrap();
    }
    assert_eq!(ticket.fields[&Key::from("seats")], Value::Int(50));
    assert_eq!(ticket.version, Version(51));
    let history = handles[0].history(clerk.tenant(), ticket.id, Version(0), usize::MAX).await.unwrap();
    assert_eq!(history.iter().map(|one| one.version.0).collect::<Vec<_>>(), (1..=51).collect::<Vec<_>>());
}

/// Adds one, and decides again as often as others were faster, which is once for each of them at most.
async fn increment(store: &dyn Store, clerk: &Clerk, mut ticket: Arc<Ticket>) {
    for _ in 0..5 {
        let Value::Int(seats) = ticket.fields[&Key::from("seats")] else { panic!("seats are a number") };
        match store.commit(clerk.commit([clerk.order(&ticket, Command::set("seats", seats + 1))])).await {
            Err(StoreError::Conflict(_)) => ticket = store.load(clerk.tenant(), ticket.id).await.unwrap().unwrap(),
            done => return drop(done.unwrap()),
        }
    }
    panic!("others were faster more often than they had work to do");
}

pub async fn of_several_creators_of_a_ticket_exactly_one_wins(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let handles = open_handles(harness, 5).await;
    for _ in 0..5 {
        let id = clerk.id();
        let attempts = race(&handles, |i, store| {
            let opening = clerk.opening_as(id, Draft::incident(format!("Of worker {i}")));
            block_on(store.commit(clerk.commit([opening])))
        });
        let wins: Vec<_> = attempts.into_iter().flatten().flatten().collect();
        assert_eq!(wins, [store.load(clerk.tenant(), id).await.unwrap().unwrap()]);
        assert_eq!(wins[0].version, Version(1));
    }
}

/// Law 68: of two commits that each rest on what the other changes one wins, or a closed parent gets an open child.
pub async fn of_two_commits_that_rest_on_each_other_exactly_one_wins(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let handles = open_handles(harness, 2).await;
    for round in 0..10 {
        let one = clerk.open(&*store, Draft::incident("One")).await;
        let other = clerk.open(&*store, Draft::incident("Other")).await;
        let commits = [(&one, &other), (&other, &one)].map(|(changed, read)| Commit {
            expect: vec![Expect::Ticket(read.id, read.version)],
            ..clerk.commit([clerk.tag(changed, "decided")])
        });
        let attempts = race(&handles, |i, store| block_on(store.commit(commits[i].clone())));
        assert_eq!(attempts.iter().filter(|end| end.is_ok()).count(), 1, "round {round}");
    }
}

/// Commits that a store writes together still succeed and fail apart.
pub async fn one_callers_conflict_is_no_other_callers(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let stale = clerk.open(&*store, Draft::incident("Changed since")).await;
    clerk.write(&*store, clerk.tag(&stale, "newer")).await;
    for round in 0..5 {
        let attempts = race(&vec![Arc::clone(&store); 8], |i, store| {
            let new = clerk.opening(Draft::incident("New"));
            let changes = if i % 2 == 0 { vec![new] } else { vec![new, clerk.tag(&stale, "late")] };
            block_on(store.commit(clerk.commit(changes)))
        });
        for (i, end) in attempts.iter().enumerate() {
            let meant = if i % 2 == 0 { end.is_ok() } else { matches!(end, Err(StoreError::Conflict(_))) };
            assert!(meant, "round {round}, caller {i}: {end:?}");
        }
    }
    assert_eq!(clerk.open(&*store, Draft::incident("Last")).await.number, 22);
}

/// A reader never sees half of a commit: two tickets that are always changed together are always alike.
pub async fn a_page_never_shows_half_of_a_commit(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let writer = harness.open().await;
    let changes = [clerk.opening(Draft::incident("Left")), clerk.opening(Draft::incident("Right"))];
    let mut pair = store.commit(clerk.commit(changes)).await.unwrap();
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for i in 0..40 {
                let changes: Vec<_> = pair.iter().map(|ticket| clerk.tag(ticket, i.to_string())).collect();
                pair = block_on(writer.commit(clerk.commit(changes))).unwrap();
            }
        });
        while !writing.is_finished() {
            let page = block_on(store.find(&TenantId::MAIN, &Query::default())).unwrap();
            let versions: Vec<Version> = page.tickets.iter().map(|ticket| ticket.version).collect();
            assert!(versions.len() == 2 && versions[0] == versions[1], "{versions:?}");
        }
    });
}
