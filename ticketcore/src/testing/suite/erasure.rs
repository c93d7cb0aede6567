//! Texts that are erased: what was written is forgotten, that something was written is not.

use std::sync::Arc;

use super::{begin, conflict, contents, race};
use crate::command::{Command, Draft};
use crate::event::Recorded;
use crate::id::{Position, TenantId, Version};
use crate::query::{Filter, Order, Query, Sort};
use crate::report::{Measure, Measured, Scan, TableSpec};
use crate::store::{Change, Store};
use crate::testing::{Clerk, Harness, block_on};
use crate::ticket::Ticket;

/// A change of nothing but texts, which are gone after it.
fn erasing(clerk: &Clerk, ticket: &Arc<Ticket>, versions: &[i64]) -> Change {
    let nothing = clerk.tag(ticket, "unused");
    Change { ticket: Arc::clone(ticket), facts: Vec::new(), erased: erased(versions), ..nothing }
}

fn erased(versions: &[i64]) -> Vec<Version> {
    versions.iter().copied().map(Version).collect()
}

/// A ticket with a description, a reply and a note, which are its events 1 to 3.
async fn talk(store: &dyn Store, clerk: &Clerk) -> Arc<Ticket> {
    let draft = Draft::incident("Subject").description("Described, secret and shared");
    let ticket = clerk.open(store, draft).await;
    let ticket = clerk.apply(store, &ticket, Command::reply("Replied, hidden and shared")).await;
    clerk.apply(store, &ticket, Command::note("Noted, private")).await
}

async fn history(store: &dyn Store, clerk: &Clerk, ticket: &Ticket) -> Vec<Recorded> {
    store.history(clerk.tenant(), ticket.id, Version(0), usize::MAX).await.unwrap()
}

/// Which of the words the ticket with number 1 is found by, in pages and in figures.
async fn found(store: &dyn Store, clerk: &Clerk, words: &[&'static str]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for word in words {
        let filter = Filter { words: vec![(*word).to_owned()], ..Filter::default() };
        let query = Query::new(filter.clone()).order(Order { by: Sort::Number, descending: false });
        let page = store.find(clerk.tenant(), &query).await.unwrap();
        let tables = vec![TableSpec::new([], [Measure::Count])];
        let tables = store.tally(clerk.tenant(), &Scan { filter, tables, now: clerk.now() }).await.unwrap();
        let count = page.tickets.len();
        assert_eq!(tables[0].rows[0].values, [Measured::Count(count.try_into().unwrap())], "{word}");
        found.extend(page.tickets.iter().any(|ticket| ticket.number == 1).then_some(*word));
    }
    found
}

pub async fn an_erased_text_is_gone_from_history_and_feed(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    let other = talk(&*store, &clerk).await;
    let change = Change { erased: erased(&[1, 2]), ..clerk.order(&ticket, Command::note("Erased on request")) };
    let ticket = clerk.write(&*store, change).await;
    let mut meant = history(&*store, &clerk, &ticket).await;
    let texts: Vec<_> = meant.iter().map(|one| one.text.as_deref()).collect();
    assert_eq!(texts, [None, None, Some("Noted, private"), Some("Erased on request")]);
    assert_eq!(meant.iter().map(|one| one.version.0).collect::<Vec<_>>(), [1, 2, 3, 4]);

    let fresh = harness.open().await;
    assert_eq!(fresh.load(clerk.tenant(), ticket.id).await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(history(&*fresh, &clerk, &ticket).await, meant);
    let untouched = history(&*fresh, &clerk, &other).await;
    assert!(untouched.iter().all(|one| one.text.is_some()), "the other ticket keeps its texts");
    meant.extend(untouched);
    meant.sort_by_key(|one| one.position);
    assert_eq!(fresh.feed(Position(0), usize::MAX).await.unwrap(), meant);
}

pub async fn texts_are_erased_without_a_fact(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    let mut meant = store.feed(Position(0), usize::MAX).await.unwrap();
    assert_eq!(clerk.write(&*store, erasing(&clerk, &ticket, &[2])).await, ticket);
    meant[1].text = None;
    assert_eq!(store.feed(Position(0), usize::MAX).await.unwrap(), meant);
    assert_eq!(history(&*store, &clerk, &ticket).await, meant);
    let fresh = harness.open().await;
    assert_eq!(fresh.load(clerk.tenant(), ticket.id).await.unwrap(), Some(ticket));
    assert_eq!(fresh.feed(Position(0), usize::MAX).await.unwrap(), meant);
}

const WORDS: [&str; 8] = ["subject", "described", "secret", "shared", "replied", "hidden", "noted", "later"];

/// Whether words were asked for before or not: an index that is behind has to come to the same.
pub async fn erased_words_are_found_no_more(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, WORDS[..7]);
    clerk.write(&*store, erasing(&clerk, &ticket, &[2])).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, ["subject", "described", "secret", "shared", "noted"]);
    let change = Change { erased: erased(&[1]), ..clerk.order(&ticket, Command::note("Later")) };
    clerk.write(&*store, change).await;
    for store in [store, harness.open().await] {
        assert_eq!(found(&*store, &clerk, &WORDS).await, ["subject", "noted", "later"]);
    }
}

pub async fn words_erased_before_anybody_asked_are_never_found(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    clerk.write(&*store, erasing(&clerk, &ticket, &[1])).await;
    let ticket = clerk.apply(&*store, &ticket, Command::note("Later")).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, ["subject", "shared", "replied", "hidden", "noted", "later"]);
    // Some words are in the index by now, and some are not.
    let ticket = clerk.apply(&*store, &ticket, Command::note("Secret again")).await;
    clerk.write(&*store, erasing(&clerk, &ticket, &[2, 5])).await;
    for store in [store, harness.open().await] {
        assert_eq!(found(&*store, &clerk, &WORDS).await, ["subject", "noted", "later"]);
    }
}

/// All that a ticket is found by may go.
pub async fn a_ticket_without_words_is_left_when_its_texts_are_erased(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("!?").description("Secret")).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, ["secret"]);
    clerk.write(&*store, erasing(&clerk, &ticket, &[1])).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, [""; 0]);
    clerk.apply(&*store, &ticket, Command::note("Later")).await;
    assert_eq!(found(&*store, &clerk, &WORDS).await, ["later"]);
}

pub async fn to_erase_twice_or_nothing_is_harmless(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    let ticket = clerk.write(&*store, clerk.tag(&ticket, "without a text")).await;
    let before = store.feed(Position(0), usize::MAX).await.unwrap();
    clerk.write(&*store, erasing(&clerk, &ticket, &[4, 0, -1, 5, i64::MAX])).await;
    assert_eq!(store.feed(Position(0), usize::MAX).await.unwrap(), before);
    // What the same change brings was not there before it.
    let change = Change { erased: erased(&[5]), ..clerk.order(&ticket, Command::note("Later")) };
    let ticket = clerk.write(&*store, change).await;
    let mut meant = history(&*store, &clerk, &ticket).await;
    assert_eq!(meant[4].text.as_deref(), Some("Later"));
    for versions in [&[3, 3][..], &[3]] {
        clerk.write(&*store, erasing(&clerk, &ticket, versions)).await;
        meant[2].text = None;
        assert_eq!(history(&*store, &clerk, &ticket).await, meant);
    }
    // Nothing can be erased of a ticket that is yet to be.
    let opening = Change { erased: erased(&[1]), ..clerk.opening(Draft::incident("New").description("Stays")) };
    let new = clerk.write(&*store, opening).await;
    assert_eq!(history(&*store, &clerk, &new).await[0].text.as_deref(), Some("Stays"));
    assert_eq!(found(&*store, &clerk, &["noted", "later", "secret"]).await, ["later", "secret"]);
}

pub async fn a_refused_commit_erases_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = talk(&*store, &clerk).await;
    let stale = clerk.open(&*store, Draft::incident("Stale")).await;
    let late = clerk.tag(&stale, "late");
    clerk.write(&*store, clerk.tag(&stale, "newer")).await;
    let before = contents(&*store, &clerk).await;
    conflict(store.commit(clerk.commit([erasing(&clerk, &ticket, &[1, 2]), late])).await);
    let too_late = Change { expected: Version(2), ..erasing(&clerk, &ticket, &[1, 2]) };
    conflict(store.commit(clerk.commit([too_late])).await);
    assert_eq!(contents(&*store, &clerk).await, before);
    assert_eq!(found(&*store, &clerk, &["secret", "hidden"]).await, ["secret", "hidden"]);
}

/// Equal ids and versions of another tenant are none of the change's.
pub async fn another_tenants_texts_are_not_erased(harness: &dyn Harness) {
    let (store, mine) = begin(harness).await;
    let theirs = Clerk::new(2).of("other");
    let id = mine.id();
    let open = async |clerk: &Clerk| {
        let draft = Draft::incident("Subject").description("Secret");
        clerk.write(&*store, clerk.opening_as(id, draft)).await
    };
    let (ticket, _) = (open(&mine).await, open(&theirs).await);
    mine.write(&*store, erasing(&mine, &ticket, &[1])).await;
    assert_eq!(found(&*store, &mine, &["secret"]).await, [""; 0]);
    assert_eq!(found(&*store, &theirs, &["secret"]).await, ["secret"]);
    let texts = store.history(&TenantId::from("other"), id, Version(0), 10).await.unwrap();
    assert_eq!(texts[0].text.as_deref(), Some("Secret"));
}

/// Nobody who erases changes the version, so all of them succeed, and no word comes back.
pub async fn of_several_erasures_at_once_all_last(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let handles = [store, harness.open().await, harness.open().await];
    let ticket = talk(&*handles[0], &clerk).await;
    assert_eq!(found(&*handles[0], &clerk, &WORDS).await, WORDS[..7]);
    let ends = race(&handles, |i, store| {
        let version = 1 + i64::try_from(i).unwrap();
        block_on(store.commit(clerk.commit([erasing(&clerk, &ticket, &[version])])))
    });
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
    assert!(history(&*handles[0], &clerk, &ticket).await.iter().all(|one| one.text.is_none()));
    assert_eq!(found(&*handles[0], &clerk, &WORDS).await, ["subject"]);
}
