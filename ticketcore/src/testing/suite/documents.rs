//! Small versioned records beside the tickets.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{begin, conflict, contents, document, open_handles, put, race};
use crate::command::Draft;
use crate::id::{Key, TenantId, Version};
use crate::store::{Commit, Conflict, Document, Expect, Store, StoreError, Write};
use crate::testing::{Clerk, Harness, block_on, sample};

pub async fn a_document_is_read_as_it_was_written_last(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let kind = Key::from("view");
    assert_eq!(store.document(clerk.tenant(), &kind, "mine").await.unwrap(), None);
    for version in 1..=3 {
        let at = sample::start() + TimeDelta::microseconds(version);
        let written = Document { at, ..document("view", "mine", version, &format!("{{\"limit\":{version}}}")) };
        put(&*store, clerk.tenant(), written.clone()).await.unwrap();
        assert_eq!(store.document(clerk.tenant(), &kind, "mine").await.unwrap(), Some(written));
    }
    assert_eq!(store.document(clerk.tenant(), &kind, "yours").await.unwrap(), None);
    assert_eq!(store.document(clerk.tenant(), &Key::from("views"), "mine").await.unwrap(), None);
}

pub async fn a_document_at_another_version_conflicts_and_stays(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut there = 0;
    for (version, fits) in
        [(2, false), (1, true), (1, false), (3, false), (2, true), (2, false), (1, false), (4, false)]
    {
        let written = put(&*store, clerk.tenant(), document("view", "mine", version, &version.to_string())).await;
        if fits {
            written.unwrap();
            there = version;
        } else {
            let (kind, key) = (Key::from("view"), "mine".to_owned());
            let meant = Conflict::Document { kind, key, expected: Version(version - 1), found: Version(there) };
            assert_eq!(conflict(written), meant);
        }
        let found = store.document(clerk.tenant(), &Key::from("view"), "mine").await.unwrap();
        assert_eq!(found.map_or(0, |found| found.version.0), there);
    }
}

pub async fn documents_of_a_kind_are_listed_by_their_keys(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    // In the order of bytes, whatever the language of the machine.
    let keys = ["", "10", "9", "A", "B", "a", "a b", "a/b", "aa", "b", "z", "~", "ä", "я", "駅", "🔥"];
    for key in keys.iter().rev() {
        put(&*store, clerk.tenant(), document("view", key, 1, "old")).await.unwrap();
        put(&*store, clerk.tenant(), document("view", key, 2, "new")).await.unwrap();
    }
    for kind in ["vie", "viex", "View", "zzz"] {
        put(&*store, clerk.tenant(), document(kind, "b", 1, "of another kind")).await.unwrap();
    }
    let kind = Key::from("view");
    let list = async |after, limit| {
        let found = store.documents(clerk.tenant(), &kind, after, limit).await.unwrap();
        assert!(found.iter().all(|one| (&one.kind, one.version, &*one.body) == (&kind, Version(2), "new")));
        found.into_iter().map(|one| one.key).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 1000).await, keys);
    assert_eq!(list(None, usize::MAX).await, keys);
    assert_eq!(list(None, 3).await, keys[..3]);
    assert_eq!(list(Some(""), 3).await, keys[1..4], "the key after which it goes on is not in");
    assert_eq!(list(Some("a"), 2).await, keys[6..8]);
    assert_eq!(list(Some("9"), 0).await, [""; 0]);
    assert_eq!(list(Some("C"), 1).await, ["a"], "there need be no document of that key");
    assert_eq!(list(Some("🔥"), 5).await, [""; 0]);
}

fn removal(kind: &str, key: &str, expected: i64) -> Write {
    let (kind, key, expected) = (kind.into(), key.to_owned(), Version(expected));
    Write { kind, key, expected, at: sample::start(), body: None }
}

/// The keys and versions of the views that there are.
async fn views(store: &dyn Store, clerk: &Clerk) -> Vec<(String, i64)> {
    let found = store.documents(clerk.tenant(), &Key::from("view"), None, usize::MAX).await.unwrap();
    found.into_iter().map(|one| (one.key, one.version.0)).collect()
}

fn named<const N: usize>(views: [(&str, i64); N]) -> Vec<(String, i64)> {
    views.map(|(key, version)| (key.to_owned(), version)).into()
}

pub async fn documents_and_tickets_of_a_commit_stand_together(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let old = clerk.open(&*store, Draft::incident("Old")).await;
    put(&*store, clerk.tenant(), document("view", "gone", 1, "old")).await.unwrap();
    let documents = vec![document("view", "new", 1, "{}").into(), removal("view", "gone", 1)];
    let changes = [clerk.opening(Draft::incident("New")), clerk.tag(&old, "a")];
    let stored = store.commit(Commit { documents, ..clerk.commit(changes) }).await.unwrap();
    assert_eq!(stored.iter().map(|ticket| ticket.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(store.load(clerk.tenant(), old.id).await.unwrap().as_ref(), stored.last());
    assert_eq!(views(&*harness.open().await, &clerk).await, named([("new", 1)]));
}

pub async fn a_document_at_another_version_keeps_all_from_being_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let old = clerk.open(&*store, Draft::incident("Old")).await;
    put(&*store, clerk.tenant(), document("view", "there", 1, "old")).await.unwrap();
    let before = contents(&*store, &clerk).await;
    for stale in
        [document("view", "there", 1, "").into(), document("view", "there", 3, "").into(), removal("view", "there", 2)]
    {
        let meant = Conflict::Document {
            kind: "view".into(),
            key: "there".to_owned(),
            expected: stale.expected,
            found: Version(1),
        };
        let documents = vec![document("view", "other", 1, "{}").into(), stale];
        let changes = [clerk.opening(Draft::incident("New")), clerk.tag(&old, "a")];
        let end = store.commit(Commit { documents, ..clerk.commit(changes) }).await;
        assert_eq!(conflict(end), meant);
        assert_eq!(views(&*store, &clerk).await, named([("there", 1)]));
    }
    assert_eq!(contents(&*store, &clerk).await, before);
}

pub async fn a_stale_change_keeps_documents_from_being_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let stale = clerk.open(&*store, Draft::incident("Stale")).await;
    let late = clerk.tag(&stale, "late");
    clerk.write(&*store, clerk.tag(&stale, "newer")).await;
    put(&*store, clerk.tenant(), document("view", "there", 1, "old")).await.unwrap();
    let documents = vec![
        document("view", "new", 1, "{}").into(),
        removal("view", "there", 1),
        document("first of its kind", "1", 1, "{}").into(),
    ];
    let end = store.commit(Commit { documents, ..clerk.commit([late]) }).await;
    assert_eq!(conflict(end), Conflict::Ticket { id: stale.id, expected: Version(1), found: Version(2) });
    assert_eq!(views(&*store, &clerk).await, named([("there", 1)]));
    let other = store.documents(clerk.tenant(), &Key::from("first of its kind"), None, 10).await.unwrap();
    assert_eq!(other, []);
}

pub async fn a_removed_document_is_gone_as_if_never_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let write = async |writes: Vec<Write>| store.commit(Commit::documents(clerk.tenant().clone(), writes)).await;
    for key in ["a", "b", "c"] {
        write(vec![document("view", key, 1, "old").into()]).await.unwrap();
        write(vec![document("view", key, 2, "new").into()]).await.unwrap();
    }
    write(vec![document("other", "b", 1, "of another kind").into()]).await.unwrap();
    let meant = |expected, found| {
        let (kind, key) = (Key::from("view"), "b".to_owned());
        Conflict::Document { kind, key, expected: Version(expected), found: Version(found) }
    };
    assert_eq!(conflict(write(vec![removal("view", "b", 1)]).await), meant(1, 2));
    write(vec![removal("view", "b", 2)]).await.unwrap();
    assert_eq!(store.document(clerk.tenant(), &Key::from("view"), "b").await.unwrap(), None);
    assert_eq!(views(&*harness.open().await, &clerk).await, named([("a", 2), ("c", 2)]));
    assert!(store.document(clerk.tenant(), &Key::from("other"), "b").await.unwrap().is_some());

    assert_eq!(conflict(write(vec![removal("view", "b", 2)]).await), meant(2, 0), "there is nothing to remove");
    assert_eq!(conflict(write(vec![document("view", "b", 3, "").into()]).await), meant(2, 0));
    write(vec![removal("view", "b", 0)]).await.unwrap();
    write(vec![document("view", "b", 1, "again").into()]).await.unwrap();
    let again = store.document(clerk.tenant(), &Key::from("view"), "b").await.unwrap();
    assert_eq!(again, Some(document("view", "b", 1, "again")));
    assert_eq!(conflict(write(vec![removal("view", "b", 0)]).await), meant(0, 1));
}

pub async fn an_earlier_write_of_a_commit_counts_for_a_later_one(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let write = async |writes: Vec<Write>| store.commit(Commit::documents(clerk.tenant().clone(), writes)).await;
    write(vec![document("view", "a", 1, "one").into(), document("view", "a", 2, "two").into()]).await.unwrap();
    let found = store.document(clerk.tenant(), &Key::from("view"), "a").await.unwrap();
    assert_eq!(found, Some(document("view", "a", 2, "two")));
    write(vec![removal("view", "a", 2), document("view", "a", 1, "new").into(), document("view", "b", 1, "").into()])
        .await
        .unwrap();
    assert_eq!(views(&*store, &clerk).await, named([("a", 1), ("b", 1)]));
    write(vec![document("view", "c", 1, "").into(), removal("view", "c", 1), removal("view", "b", 1)]).await.unwrap();
    assert_eq!(views(&*store, &clerk).await, named([("a", 1)]));

    let twice = write(vec![document("view", "a", 2, "one").into(), document("view", "a", 2, "other").into()]).await;
    let (kind, key) = (Key::from("view"), "a".to_owned());
    assert_eq!(conflict(twice), Conflict::Document { kind, key, expected: Version(1), found: Version(2) });
    assert_eq!(views(&*store, &clerk).await, named([("a", 1)]), "the first is not written either");
}

/// What a commit rests on is what was there before it, its own writes aside.
pub async fn an_expected_document_may_be_written_by_the_same_commit(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let resting = |key: &str, version| Expect::Document { kind: "view".into(), key: key.to_owned(), version };
    for version in 1..=3 {
        let expect = vec![resting("a", Version(version - 1)), resting("b", Version(0))];
        let documents = vec![document("view", "a", version, "").into()];
        store.commit(Commit { documents, expect, ..clerk.commit([]) }).await.unwrap();
    }
    let commit = |expect, documents| Commit { documents, expect, ..clerk.commit([]) };
    let end = store.commit(commit(vec![resting("a", Version(4))], vec![document("view", "a", 4, "").into()])).await;
    let (kind, key) = (Key::from("view"), "a".to_owned());
    assert_eq!(conflict(end), Conflict::Document { kind, key, expected: Version(4), found: Version(3) });
}

/// The desk keeps its own documents, such as the cursors of notifiers, under the tenant without a name.
pub async fn the_tenant_without_a_name_has_documents_too(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let nobody = TenantId::from("");
    let cursor = document("cursor", "mail", 1, "17");
    put(&*store, &nobody, cursor.clone()).await.unwrap();
    assert_eq!(store.document(&nobody, &cursor.kind, "mail").await.unwrap(), Some(cursor.clone()));
    assert_eq!(store.document(clerk.tenant(), &cursor.kind, "mail").await.unwrap(), None);
}

pub async fn of_several_writers_exactly_one_writes_a_version(harness: &dyn Harness) {
    let handles = open_handles(harness, 4).await;
    for version in 1..=5 {
        let attempts = race(&handles, |i, store| {
            block_on(put(store, &TenantId::MAIN, document("config", "1", version, &i.to_string())))
        });
        let wins = attempts.iter().filter(|end| end.is_ok()).count();
        assert_eq!(wins, 1, "version {version}");
    }
}

/// Five writers count in one document, each in commits that open a ticket as well: none is lost and none is half done.
pub async fn increments_of_a_document_all_count(harness: &dyn Harness) {
    let handles = open_handles(harness, 5).await;
    let clerks: Vec<Clerk> = (1..=5).map(Clerk::new).collect();
    let kind = Key::from("counter");
    let read = async || handles[0].document(&TenantId::MAIN, &kind, "1").await.unwrap();
    for _ in 0..4 {
        // All have read the same before the first writes.
        let found = read().await;
        race(&handles, |i, store| block_on(increment(store, &clerks[i], &kind, found.clone())));
    }
    assert_eq!(read().await.map(|found| (found.version, found.body)), Some((Version(20), "20".to_owned())));
    assert_eq!(clerks[0].open(&*handles[0], Draft::incident("Last")).await.number, 21);
}

/// Adds one, and reads again as often as others were faster, which is once for each of them at most.
async fn increment(store: &dyn Store, clerk: &Clerk, kind: &Key, mut found: Option<Document>) {
    for _ in 0..5 {
        let (expected, count) = found.map_or((Version(0), 0), |found| (found.version, found.body.parse().unwrap()));
        let body = Some((count + 1).to_string());
        let write = Write { kind: kind.clone(), key: "1".to_owned(), expected, at: clerk.now(), body };
        let opening = clerk.opening(Draft::incident("Counted"));
        match store.commit(Commit { documents: vec![write], ..clerk.commit([opening]) }).await {
            Err(StoreError::Conflict(_)) => found = store.document(clerk.tenant(), kind, "1").await.unwrap(),
            done => return drop(done.unwrap()),
        }
    }
    panic!("others were faster more often than they had work to do");
}

/// Of two commits that each write the document on which the other rests one wins.
pub async fn of_two_writers_that_rest_on_each_other_exactly_one_wins(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let handles = [Arc::clone(&store), harness.open().await];
    let kinds = [("left", "right"), ("right", "left")];
    for round in 0..8 {
        let key = round.to_string();
        // Through one handle as well, where both may go to the server together.
        let handles = if round % 2 == 0 { handles.to_vec() } else { vec![Arc::clone(&store); 2] };
        let attempts = race(&handles, |i, store| {
            let (written, rested) = kinds[i];
            let expect = vec![Expect::Document { kind: rested.into(), key: key.clone(), version: Version(0) }];
            let documents = vec![document(written, &key, 1, "").into()];
            block_on(store.commit(Commit { documents, expect, ..Commit::new(clerk.tenant().clone()) }))
        });
        assert_eq!(attempts.iter().filter(|end| end.is_ok()).count(), 1, "round {round}: {attempts:?}");
    }
}
