//! Unique keys that change hands.

use super::{begin, conflict, open_handles, race};
use crate::command::Draft;
use crate::id::{TicketId, Version};
use crate::store::{Change, Claim, Conflict, Held, StoreError};
use crate::testing::{Clerk, Harness, block_on};

fn claiming(change: Change, key: &str, from: Option<TicketId>, to: Option<TicketId>) -> Change {
    let claims = change.claims.into_iter().chain([Claim { key: key.to_owned(), from, to }]).collect();
    Change { claims, ..change }
}

pub async fn a_claim_is_taken_held_and_released(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let held = async |key| store.claim(clerk.tenant(), key).await.unwrap();
    assert_eq!(held("disk").await, None);
    let opening = clerk.opening(Draft::incident("Disk full"));
    let id = opening.ticket.id;
    let ticket = clerk.write(&*store, claiming(opening, "disk", None, Some(id))).await;
    assert_eq!(held("disk").await, Some(Held { by: id, since: Version(1) }));

    let ticket = clerk.write(&*store, clerk.tag(&ticket, "a")).await;
    assert_eq!(held("disk").await, Some(Held { by: id, since: Version(1) }), "a later change is no claim");
    let ticket = clerk.write(&*store, claiming(clerk.tag(&ticket, "b"), "disk", Some(id), None)).await;
    assert_eq!(held("disk").await, None);
    clerk.write(&*store, claiming(clerk.tag(&ticket, "c"), "disk", None, Some(id))).await;
    assert_eq!(held("disk").await, Some(Held { by: id, since: Version(4) }));
}

pub async fn a_claim_in_other_hands_conflicts_and_names_them(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let opening = clerk.opening(Draft::incident("Holder"));
    let holder = opening.ticket.id;
    clerk.write(&*store, claiming(opening, "disk", None, Some(holder))).await;
    let stranger = clerk.id();
    for (from, held) in [(None, Some(holder)), (Some(stranger), Some(holder))] {
        let opening = clerk.opening(Draft::incident("Late"));
        let id = opening.ticket.id;
        let found = conflict(store.commit(clerk.commit([claiming(opening, "disk", from, Some(id))])).await);
        assert_eq!(found, Conflict::Claim { key: "disk".to_owned(), held });
        assert_eq!(store.load(clerk.tenant(), id).await.unwrap(), None, "nothing is written");
    }
    let opening = claiming(clerk.opening(Draft::incident("Late")), "nobody's", Some(holder), None);
    let found = conflict(store.commit(clerk.commit([opening])).await);
    assert_eq!(found, Conflict::Claim { key: "nobody's".to_owned(), held: None });
    assert_eq!(store.claim(clerk.tenant(), "disk").await.unwrap().map(|held| held.by), Some(holder));
}

pub async fn a_claim_is_swapped_from_one_holder_to_another(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let opening = clerk.opening(Draft::incident("Before"));
    let before = opening.ticket.id;
    clerk.write(&*store, claiming(opening, "disk", None, Some(before))).await;
    let opening = clerk.opening(Draft::incident("After"));
    let after = opening.ticket.id;
    clerk.write(&*store, claiming(opening, "disk", Some(before), Some(after))).await;
    let held = store.claim(clerk.tenant(), "disk").await.unwrap();
    assert_eq!(held, Some(Held { by: after, since: Version(1) }));
}

pub async fn an_earlier_claim_of_a_commit_counts_for_a_later_one(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let opening = clerk.opening(Draft::incident("Before"));
    let before = opening.ticket.id;
    let ticket = clerk.write(&*store, claiming(opening, "disk", None, Some(before))).await;

    let handing_over = || {
        let release = claiming(clerk.tag(&ticket, "done"), "disk", Some(before), None);
        let opening = clerk.opening(Draft::incident("After"));
        let after = opening.ticket.id;
        let takes = claiming(claiming(opening, "disk", None, Some(after)), "cpu", None, Some(after));
        (after, [release, takes])
    };
    let (_, [release, takes]) = handing_over();
    let found = conflict(store.commit(clerk.commit([takes, release])).await);
    assert_eq!(found, Conflict::Claim { key: "disk".to_owned(), held: Some(before) }, "the order counts");

    let (after, changes) = handing_over();
    store.commit(clerk.commit(changes)).await.unwrap();
    for key in ["disk", "cpu"] {
        let held = store.claim(clerk.tenant(), key).await.unwrap();
        assert_eq!(held, Some(Held { by: after, since: Version(1) }), "{key}");
    }
}

/// A request that changes nothing is remembered all the same.
pub async fn a_claim_changes_hands_without_a_fact(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Disk full")).await;
    let ticket = clerk.write(&*store, clerk.tag(&ticket, "a")).await;
    let nothing = Change { facts: Vec::new(), expected: ticket.version, ..clerk.tag(&ticket, "a") };
    let same = clerk.write(&*store, claiming(nothing.clone(), "mail-1", None, Some(ticket.id))).await;
    assert_eq!(same, ticket);
    let held = store.claim(clerk.tenant(), "mail-1").await.unwrap();
    assert_eq!(held, Some(Held { by: ticket.id, since: Version(2) }));
    let again = store.commit(clerk.commit([claiming(nothing, "mail-1", None, Some(ticket.id))])).await;
    assert_eq!(conflict(again), Conflict::Claim { key: "mail-1".to_owned(), held: Some(ticket.id) });
}

pub async fn claims_are_compared_to_the_byte(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let long = "k".repeat(4000);
    let keys = ["k", "K", "k ", " k", "ä", "a\u{308}", "", "k'--", "alert/{\"host\":\"a\"}", "%", long.as_str()];
    for key in keys {
        assert_eq!(store.claim(clerk.tenant(), key).await.unwrap(), None, "{key:?}");
        let opening = clerk.opening(Draft::incident("Mine"));
        let id = opening.ticket.id;
        clerk.write(&*store, claiming(opening, key, None, Some(id))).await;
        assert_eq!(store.claim(clerk.tenant(), key).await.unwrap().map(|held| held.by), Some(id), "{key:?}");
    }
}

pub async fn of_several_takers_exactly_one_gets_the_claim(harness: &dyn Harness) {
    let handles = open_handles(harness, 5).await;
    for round in 0..5 {
        let key = format!("alert/{round}");
        let attempts = race(&handles, |i, store| {
            let clerk = Clerk::new((round * 5 + i).try_into().unwrap());
            let opening = clerk.opening(Draft::incident("Mine"));
            let id = opening.ticket.id;
            (id, block_on(store.commit(clerk.commit([claiming(opening, &key, None, Some(id))]))))
        });
        let winners: Vec<TicketId> = attempts.iter().filter(|(_, end)| end.is_ok()).map(|(id, _)| *id).collect();
        let [winner] = winners[..] else { panic!("the winners are {winners:?}") };
        for (id, end) in attempts.iter().filter(|(id, _)| *id != winner) {
            let lost = Conflict::Claim { key: key.clone(), held: Some(winner) };
            assert!(matches!(end, Err(StoreError::Conflict(found)) if *found == lost), "{id}: {end:?}");
        }
    }
}
