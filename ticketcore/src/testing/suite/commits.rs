//! All or nothing, and what else must hold.

use super::{begin, conflict, contents, document, put};
use crate::command::Draft;
use crate::id::{Key, Version};
use crate::store::{Claim, Commit, Conflict, Expect};
use crate::testing::Harness;

pub async fn several_changes_are_written_together(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let old = clerk.open(&*store, Draft::incident("Old")).await;
    let changes = [clerk.opening(Draft::task("One")), clerk.tag(&old, "linked"), clerk.opening(Draft::request("Two"))];
    let asked = changes.each_ref().map(|change| (change.ticket.id, change.ticket.version));
    let stored = store.commit(clerk.commit(changes)).await.unwrap();
    let answered: Vec<_> = stored.iter().map(|ticket| (ticket.id, ticket.version)).collect();
    assert_eq!(answered, asked, "the tickets come back in the order of the changes");
    assert_eq!(stored.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [2, 1, 3]);
    for ticket in stored {
        assert_eq!(store.load(clerk.tenant(), ticket.id).await.unwrap(), Some(ticket));
    }
}

pub async fn one_stale_change_keeps_all_from_being_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let good = clerk.open(&*store, Draft::incident("Good")).await;
    let stale = clerk.open(&*store, Draft::incident("Stale")).await;
    clerk.write(&*store, clerk.tag(&stale, "newer")).await;
    let before = contents(&*store, &clerk).await;

    let mut opening = clerk.opening(Draft::incident("New"));
    opening.claims.push(Claim { key: "alert/disk".to_owned(), from: None, to: Some(opening.ticket.id) });
    let changes = [opening, clerk.tag(&good, "a"), clerk.tag(&stale, "b")];
    let found = conflict(store.commit(clerk.commit(changes)).await);
    assert_eq!(found, Conflict::Ticket { id: stale.id, expected: Version(1), found: Version(2) });
    assert_eq!(contents(&*store, &clerk).await, before);
    assert_eq!(store.claim(clerk.tenant(), "alert/disk").await.unwrap(), None);
}

pub async fn a_refused_claim_keeps_all_from_being_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let old = clerk.open(&*store, Draft::incident("Old")).await;
    let before = contents(&*store, &clerk).await;
    let mut opening = clerk.opening(Draft::incident("New"));
    opening.claims.push(Claim { key: "k".to_owned(), from: Some(old.id), to: Some(opening.ticket.id) });
    let found = conflict(store.commit(clerk.commit([clerk.tag(&old, "a"), opening])).await);
    assert_eq!(found, Conflict::Claim { key: "k".to_owned(), held: None });
    assert_eq!(contents(&*store, &clerk).await, before);
}

pub async fn an_expected_version_of_another_ticket_must_hold(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let child = clerk.open(&*store, Draft::incident("Child")).await;
    let parent = clerk.open(&*store, Draft::incident("Parent")).await;
    let resting_on = |version| Commit {
        expect: vec![Expect::Ticket(child.id, version)],
        ..clerk.commit([clerk.tag(&parent, "closing")])
    };
    let newer = clerk.write(&*store, clerk.tag(&child, "busy")).await;
    let before = contents(&*store, &clerk).await;
    for version in [Version(0), Version(1), Version(3)] {
        let found = conflict(store.commit(resting_on(version)).await);
        assert_eq!(found, Conflict::Ticket { id: child.id, expected: version, found: newer.version });
    }
    assert_eq!(contents(&*store, &clerk).await, before);
    store.commit(resting_on(newer.version)).await.unwrap();
}

pub async fn an_expected_absence_of_a_ticket_must_hold(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let opening = clerk.opening(Draft::incident("Not yet"));
    let id = opening.ticket.id;
    let absent = || Commit {
        expect: vec![Expect::Ticket(id, Version(0))],
        ..clerk.commit([clerk.opening(Draft::incident("Rests on it"))])
    };
    store.commit(absent()).await.unwrap();
    clerk.write(&*store, opening).await;
    let found = conflict(store.commit(absent()).await);
    assert_eq!(found, Conflict::Ticket { id, expected: Version(0), found: Version(1) });
}

pub async fn an_expected_document_must_hold(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let resting_on = |key: &str, version| Commit {
        expect: vec![Expect::Document { kind: Key::from("config"), key: key.to_owned(), version }],
        ..clerk.commit([clerk.opening(Draft::incident("By the rules"))])
    };
    store.commit(resting_on("1", Version(0))).await.unwrap();
    put(&*store, clerk.tenant(), document("config", "1", 1, "{}")).await.unwrap();
    let before = contents(&*store, &clerk).await;
    for (key, version, found) in
        [("1", Version(0), Version(1)), ("1", Version(2), Version(1)), ("2", Version(1), Version(0))]
    {
        let kind = Key::from("config");
        let expected = Conflict::Document { kind, key: key.to_owned(), expected: version, found };
        assert_eq!(conflict(store.commit(resting_on(key, version)).await), expected);
    }
    assert_eq!(contents(&*store, &clerk).await, before);
    store.commit(resting_on("1", Version(1))).await.unwrap();
}

/// A tick that works on a parent and its child in one commit expects the child as it was read.
pub async fn an_expectation_speaks_of_the_time_before_the_commit(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Read and changed")).await;
    let opening = clerk.opening(Draft::incident("Expected to be new"));
    let expect = vec![Expect::Ticket(ticket.id, Version(1)), Expect::Ticket(opening.ticket.id, Version(0))];
    let commit = Commit { expect, ..clerk.commit([clerk.tag(&ticket, "a"), opening]) };
    assert_eq!(store.commit(commit).await.unwrap().len(), 2);
}

pub async fn a_commit_without_changes_still_checks_what_it_expects(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Looked at")).await;
    let look = |version| Commit { expect: vec![Expect::Ticket(ticket.id, version)], ..clerk.commit([]) };
    assert_eq!(store.commit(look(Version(1))).await.unwrap(), []);
    conflict(store.commit(look(Version(2))).await);
}
