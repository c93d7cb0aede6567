//! Small versioned records beside the tickets.

use chrono::TimeDelta;

use super::{begin, conflict, document, open_handles, race};
use crate::id::{Key, TenantId, Version};
use crate::store::{Conflict, Document};
use crate::testing::{Harness, block_on, sample};

pub async fn a_document_is_read_as_it_was_written_last(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let kind = Key::from("view");
    assert_eq!(store.document(clerk.tenant(), &kind, "mine").await.unwrap(), None);
    for version in 1..=3 {
        let at = sample::start() + TimeDelta::microseconds(version);
        let written = Document { at, ..document("view", "mine", version, &format!("{{\"limit\":{version}}}")) };
        store.put_document(clerk.tenant(), written.clone()).await.unwrap();
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
        let written = store.put_document(clerk.tenant(), document("view", "mine", version, &version.to_string())).await;
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
        store.put_document(clerk.tenant(), document("view", key, 1, "old")).await.unwrap();
        store.put_document(clerk.tenant(), document("view", key, 2, "new")).await.unwrap();
    }
    for kind in ["vie", "viex", "View", "zzz"] {
        store.put_document(clerk.tenant(), document(kind, "b", 1, "of another kind")).await.unwrap();
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

/// The desk keeps its own documents, such as the cursors of notifiers, under the tenant without a name.
pub async fn the_tenant_without_a_name_has_documents_too(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let nobody = TenantId::from("");
    let cursor = document("cursor", "mail", 1, "17");
    store.put_document(&nobody, cursor.clone()).await.unwrap();
    assert_eq!(store.document(&nobody, &cursor.kind, "mail").await.unwrap(), Some(cursor.clone()));
    assert_eq!(store.document(clerk.tenant(), &cursor.kind, "mail").await.unwrap(), None);
}

pub async fn of_several_writers_exactly_one_writes_a_version(harness: &dyn Harness) {
    let handles = open_handles(harness, 4).await;
    for version in 1..=5 {
        let attempts = race(&handles, |i, store| {
            block_on(store.put_document(&TenantId::MAIN, document("config", "1", version, &i.to_string())))
        });
        let wins = attempts.iter().filter(|end| end.is_ok()).count();
        assert_eq!(wins, 1, "version {version}");
    }
}
