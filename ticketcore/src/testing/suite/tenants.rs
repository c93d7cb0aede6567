//! Tenants do not exist for each other.

use std::io::Read;

use super::{begin, document, put};
use crate::command::Draft;
use crate::id::{Key, TenantId, Version};
use crate::query::{Filter, Query};
use crate::report::{Measure, Measured, Scan, TableSpec};
use crate::store::{Claim, Commit, Expect};
use crate::testing::{Clerk, Harness, question};

pub async fn tenants_see_nothing_of_each_other(harness: &dyn Harness) {
    let (store, mine) = begin(harness).await;
    let mut opening = mine.opening(Draft::incident("Secret").description("plan").queue("desk"));
    let id = opening.ticket.id;
    opening.claims.push(Claim { key: "disk".to_owned(), from: None, to: Some(id) });
    let ticket = mine.write(&*store, opening).await;
    put(&*store, mine.tenant(), document("view", "mine", 1, "{}")).await.unwrap();
    let (digest, _) = store.put_blob(mine.tenant(), Box::new(&b"secret"[..])).await.unwrap();

    for other in ["other", "", "Main", "main ", "mai", "main2", "%"] {
        let other = TenantId::from(other);
        assert_eq!(store.load(&other, id).await.unwrap(), None, "{other:?}");
        assert_eq!(store.history(&other, id, Version(0), 10).await.unwrap(), [], "{other:?}");
        let filters = [
            Filter::all(),
            Filter::ids([id]),
            Filter::queue("desk"),
            Filter { words: vec!["plan".to_owned()], ..Filter::default() },
            Filter { numbers: vec![ticket.number], ..Filter::default() },
        ];
        for filter in filters {
            for order in question::ORDERS {
                let query = Query::new(filter.clone()).order(order);
                assert_eq!(store.find(&other, &query).await.unwrap().tickets, [], "{other:?}: {query:?}");
            }
            let tables = vec![TableSpec::new([], [Measure::Count])];
            let tables = store.tally(&other, &Scan { filter, tables, now: mine.now() }).await.unwrap();
            assert_eq!(tables[0].rows[0].values, [Measured::Count(0)], "{other:?}");
        }
        assert_eq!(store.claim(&other, "disk").await.unwrap(), None, "{other:?}");
        assert_eq!(store.document(&other, &Key::from("view"), "mine").await.unwrap(), None, "{other:?}");
        assert_eq!(store.documents(&other, &Key::from("view"), None, 10).await.unwrap(), [], "{other:?}");
        assert!(store.blob(&other, &digest).await.unwrap().is_none(), "{other:?}");
    }
}

/// The same id, key and digest in two tenants: nothing of the one's touches the other's.
pub async fn equal_keys_of_two_tenants_have_nothing_to_do_with_each_other(harness: &dyn Harness) {
    let (store, mine) = begin(harness).await;
    let theirs = Clerk::new(2).of("other");
    let id = mine.id();
    let open = async |clerk: &Clerk, subject: &str| {
        let mut opening = clerk.opening_as(id, Draft::incident(subject).queue("desk"));
        opening.claims.push(Claim { key: "disk".to_owned(), from: None, to: Some(id) });
        // What others have is no concern of an expectation either.
        let expect = vec![
            Expect::Ticket(id, Version(0)),
            Expect::Document { kind: "view".into(), key: "all".to_owned(), version: Version(0) },
        ];
        let ticket = store.commit(Commit { expect, ..clerk.commit([opening]) }).await.unwrap().remove(0);
        put(&*store, clerk.tenant(), document("view", "all", 1, subject)).await.unwrap();
        ticket
    };
    let (my, their) = (open(&mine, "Mine").await, open(&theirs, "Theirs").await);
    let my = mine.write(&*store, mine.tag(&my, "changed")).await;

    for (clerk, ticket) in [(&mine, my), (&theirs, their)] {
        let tenant = clerk.tenant();
        assert_eq!(ticket.number, 1);
        assert_eq!(store.load(tenant, id).await.unwrap().as_ref(), Some(&ticket));
        for order in question::orders_of_open() {
            let query = Query::new(Filter::queue("desk")).order(order);
            assert_eq!(store.find(tenant, &query).await.unwrap().tickets, std::slice::from_ref(&ticket));
        }
        let history = store.history(tenant, id, Version(0), 10).await.unwrap();
        assert_eq!(history.last().map(|last| last.version), Some(ticket.version));
        assert!(history.iter().all(|one| one.tenant == *tenant));
        let view = store.document(tenant, &Key::from("view"), "all").await.unwrap();
        assert_eq!(view.map(|view| view.body), Some(ticket.subject.clone()));
    }
}

pub async fn the_same_bytes_of_two_tenants_are_each_ones_own(harness: &dyn Harness) {
    let (store, mine) = begin(harness).await;
    let other = TenantId::from("other");
    let put = async |tenant| store.put_blob(tenant, Box::new(&b"shared"[..])).await.unwrap().0;
    let digest = put(mine.tenant()).await;
    assert!(store.blob(&other, &digest).await.unwrap().is_none());
    assert_eq!(put(&other).await, digest);
    for tenant in [mine.tenant(), &other] {
        let mut text = String::new();
        store.blob(tenant, &digest).await.unwrap().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "shared");
    }
}
