//! One writer for all: who commits together hurts nobody, and what was acknowledged is there.

mod support;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use support::Directory;
use ticketcore::command::Draft;
use ticketcore::id::{Position, TenantId, Version};
use ticketcore::query::{Filter, Order, Query, Sort};
use ticketcore::store::{Commit, Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore::ticket::Ticket;
use ticketcore_sqlite::{Durability, SqliteOptions, SqliteStore};

type Outcome = Result<Vec<Arc<Ticket>>, StoreError>;

/// Commits all at the same time on this one thread.
async fn together(store: &SqliteStore, commits: Vec<Commit>) -> Vec<Outcome> {
    let mut waiting: Vec<_> = commits.into_iter().map(|commit| (store.commit(commit), None)).collect();
    poll_fn(|cx| {
        for (future, outcome) in &mut waiting {
            if outcome.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *outcome = Some(ready);
            }
        }
        if waiting.iter().all(|(_, outcome)| outcome.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

fn everything() -> Query {
    Query::new(Filter::all()).order(Order { by: Sort::Number, descending: false }).limit(usize::MAX)
}

#[test]
fn what_many_threads_were_told_is_written_is_there() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    let store = SqliteStore::open(&path).unwrap();
    let acknowledged: Vec<Arc<Ticket>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|seed| {
                let store = store.clone();
                scope.spawn(move || {
                    let clerk = Clerk::new(seed);
                    let open = |i| block_on(clerk.open(&store, Draft::incident(format!("{seed}/{i}"))));
                    (0..25).map(open).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    drop(store);

    let found = block_on(SqliteStore::open(&path).unwrap().find(&TenantId::MAIN, &everything())).unwrap().tickets;
    assert_eq!(found.len(), 32 * 25);
    assert!(found.iter().zip(1..).all(|(ticket, number)| ticket.number == number));
    assert!(acknowledged.iter().all(|ticket| found.contains(ticket)));
}

#[test]
fn a_refused_commit_hurts_none_of_those_it_is_written_with() {
    let store = SqliteStore::memory().unwrap();
    let clerk = Clerk::new(1);
    block_on(async {
        let old = clerk.open(&store, Draft::incident("old")).await;
        let mut commits: Vec<Commit> =
            (0..9).map(|i| clerk.commit([clerk.opening(Draft::incident(format!("{i}")))])).collect();
        commits[4] = clerk.commit([clerk.opening_as(old.id, Draft::incident("again"))]);
        let outcomes = together(&store, commits).await;
        for (i, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.as_ref().is_err_and(StoreError::is_conflict), i == 4, "{outcome:?}");
            assert_eq!(outcome.is_ok(), i != 4, "{outcome:?}");
        }
        let numbers: Vec<i64> = outcomes.iter().flatten().flatten().map(|ticket| ticket.number).collect();
        assert_eq!(numbers, (2..10).collect::<Vec<_>>(), "in the order in which they came, and none is lost");
    });
}

/// Nothing the engine makes fails after it wrote. This does: it opens one ticket twice, which no check foresees.
#[test]
fn a_commit_that_fails_halfway_hurts_none_of_those_it_is_written_with() {
    let store = SqliteStore::memory().unwrap();
    let clerk = Clerk::new(1);
    block_on(async {
        let mut commits: Vec<Commit> =
            (0..9).map(|i| clerk.commit([clerk.opening(Draft::incident(format!("{i}")))])).collect();
        let change = clerk.opening(Draft::incident("twice"));
        commits[4] = clerk.commit([change.clone(), change]);
        let outcomes = together(&store, commits).await;
        assert!(outcomes.iter().enumerate().all(|(i, outcome)| outcome.is_ok() == (i != 4)), "{outcomes:?}");
        let found = store.find(&TenantId::MAIN, &everything()).await.unwrap().tickets;
        assert_eq!(found, outcomes.into_iter().flatten().flatten().collect::<Vec<_>>());
        assert_eq!(found.last().map(|ticket| ticket.number), Some(8));
    });
}

#[test]
fn a_future_that_is_dropped_leaves_its_commit_done_or_not_begun() {
    let store = SqliteStore::memory().unwrap();
    let clerk = Clerk::new(1);
    block_on(async {
        let mut dropped = store.commit(clerk.commit([clerk.opening(Draft::incident("never"))]));
        poll_fn(|cx| {
            assert!(dropped.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(dropped);
        let next = clerk.open(&store, Draft::incident("next")).await;
        assert_eq!(next.number, 1);
        assert_eq!(store.feed(Position(0), 10).await.unwrap().len(), 1);
    });
}

/// A task may be told to wait and never asked again. The others must not wait for it.
#[test]
fn a_future_that_is_no_longer_polled_holds_nobody_up() {
    let store = SqliteStore::memory().unwrap();
    let clerk = Clerk::new(1);
    block_on(async {
        let mut forgotten = pin!(store.commit(clerk.commit([clerk.opening(Draft::incident("first"))])));
        poll_fn(|cx| {
            assert!(forgotten.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(clerk.open(&store, Draft::incident("second")).await.number, 2);
        assert_eq!(forgotten.await.unwrap()[0].number, 1);
    });
}

#[test]
fn tasks_of_tokio_commit_at_the_same_time() {
    let directory = Directory::new();
    let store = SqliteStore::open(directory.file("desk.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let tasks = (0..20).map(|seed| {
            let store = store.clone();
            tokio::spawn(async move { Clerk::new(seed).open(&store, Draft::incident("task")).await.number })
        });
        let mut numbers = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            numbers.push(task.await.unwrap());
        }
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    });
}

#[test]
fn a_store_that_is_dropped_while_others_use_it_lives_until_they_are_done() {
    let directory = Directory::new();
    let store = SqliteOptions::new().synchronous(Durability::Normal).open(directory.file("desk.db")).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|seed| {
            let store = store.clone();
            thread::spawn(move || {
                let clerk = Clerk::new(seed);
                let mut ticket = block_on(clerk.open(&store, Draft::incident("busy")));
                for tag in 0..50 {
                    ticket = block_on(clerk.write(&store, clerk.tag(&ticket, format!("t{tag}"))));
                }
                ticket.version
            })
        })
        .collect();
    drop(store);
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Version(51));
    }
}

/// Under steady writing too: else the file would grow for as long as nobody pauses.
#[test]
fn the_wal_is_started_anew_while_commits_go_on() {
    let directory = Directory::new();
    let path = directory.file("desk.db");
    let options = SqliteOptions::new().synchronous(Durability::Normal).checkpoint_pages(200);
    let store = options.open(&path).unwrap();
    let clerk = Clerk::new(1);
    let watcher = ticketcore_sqlite::rusqlite::Connection::open(&path).unwrap();
    let pages = || watcher.query_row("pragma wal_checkpoint(noop)", [], |row| row.get::<_, i64>(1)).unwrap();
    let mut highest = 0;
    let restarted = (0..50_000).any(|i| {
        block_on(clerk.open(&store, Draft::incident(format!("{i}"))));
        let pages = pages();
        highest = highest.max(pages);
        highest >= 200 && pages < 100
    });
    assert!(restarted, "{highest} pages");
}

/// The futures of a store can be moved between threads.
#[test]
fn a_commit_can_be_sent() {
    fn sendable<T: Send>(_: Pin<Box<dyn Future<Output = T> + Send + '_>>) {}
    let store = SqliteStore::memory().unwrap();
    sendable(store.commit(Commit::new(TenantId::MAIN)));
}
