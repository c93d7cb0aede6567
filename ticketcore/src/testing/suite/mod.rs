//! The cases, by theme. Each is given a fresh harness, and its name is what it demands.
#![expect(missing_docs, reason = "the names of the cases are sentences")]

mod events;

pub mod blobs;
pub mod claims;
pub mod commits;
pub mod documents;
pub mod due;
pub mod erasure;
pub mod extremes;
pub mod feed;
pub mod find;
pub mod history;
pub mod numbers;
pub mod pages;
pub mod phrases;
pub mod races;
pub mod tally;
pub mod tenants;
pub mod tickets;
pub mod words;

use std::fmt::Debug;
use std::sync::{Arc, Barrier};
use std::thread;

use crate::event::Recorded;
use crate::id::{Position, TenantId, Version};
use crate::query::{Filter, Order, Query, Sort};
use crate::store::{Commit, Conflict, Document, Due, Store, StoreError};
use crate::testing::{Clerk, Harness, sample};
use crate::ticket::Ticket;

/// A handle, and somebody to work with it.
async fn begin(harness: &dyn Harness) -> (Arc<dyn Store>, Clerk) {
    (harness.open().await, Clerk::new(1))
}

/// Several handles on the same data, as several processes would have them.
async fn open_handles(harness: &dyn Harness, count: usize) -> Vec<Arc<dyn Store>> {
    let mut handles = Vec::new();
    for _ in 0..count {
        handles.push(harness.open().await);
    }
    handles
}

/// Does work in threads that start together, one for each handle, and gathers what came of it.
fn race<T: Send>(handles: &[Arc<dyn Store>], work: impl Fn(usize, &dyn Store) -> T + Sync) -> Vec<T> {
    let (start, work) = (&Barrier::new(handles.len()), &work);
    thread::scope(|scope| {
        let racers = handles.iter().enumerate().map(|(i, store)| {
            scope.spawn(move || {
                start.wait();
                work(i, &**store)
            })
        });
        // All are to run before the first is waited for.
        let racers: Vec<_> = racers.collect();
        racers.into_iter().map(|racer| racer.join().expect("the racer comes in")).collect()
    })
}

/// The conflict in which a call must have ended.
#[track_caller]
fn conflict<T: Debug>(end: Result<T, StoreError>) -> Conflict {
    match end {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, found {other:?}"),
    }
}

fn document(kind: &str, key: &str, version: i64, body: &str) -> Document {
    let (key, body) = (key.to_owned(), body.to_owned());
    Document { kind: kind.into(), key, version: Version(version), at: sample::start(), body }
}

/// Writes a document over the version before its own, in a commit of its own.
async fn put(store: &dyn Store, tenant: &TenantId, document: Document) -> Result<(), StoreError> {
    store.commit(Commit::documents(tenant.clone(), [document.into()])).await.map(drop)
}

/// All that a commit could have changed, for cases in which it must not.
#[derive(Debug, PartialEq)]
struct Contents {
    tickets: Vec<Arc<Ticket>>,
    queue: Vec<Arc<Ticket>>,
    feed: Vec<Recorded>,
    due: Due,
}

async fn contents(store: &dyn Store, clerk: &Clerk) -> Contents {
    let all = async |order| {
        let query = Query::new(Filter::all()).order(order).limit(usize::MAX);
        store.find(clerk.tenant(), &query).await.unwrap().tickets
    };
    Contents {
        tickets: all(Order { by: Sort::Number, descending: false }).await,
        queue: all(Order::rank()).await,
        feed: store.feed(Position(0), usize::MAX).await.unwrap(),
        due: store.due(chrono::DateTime::<chrono::Utc>::MAX_UTC, usize::MAX).await.unwrap(),
    }
}
