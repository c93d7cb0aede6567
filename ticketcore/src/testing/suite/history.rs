//! The events of one ticket.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{begin, events};
use crate::actor::Actor;
use crate::command::{Command, Draft, Message};
use crate::engine::{evolve, fold};
use crate::event::{Attachment, Event, Fact, Recorded, Visibility};
use crate::id::{Position, Version};
use crate::seal::seal;
use crate::store::{Change, Marks};
use crate::testing::{Dice, Harness, sample};
use crate::ticket::Ticket;

pub async fn history_tells_who_did_what_and_when_in_order(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let opening = clerk.opening(Draft::incident("Slow").description("Since Monday"));
    let ticket = clerk.write(&*store, opening.clone()).await;
    clerk.pass(TimeDelta::microseconds(1));
    let work = clerk.order(&ticket, [Command::assign("ada"), Command::note("looking"), Command::reply("Looking!")]);
    clerk.write(&*store, work.clone()).await;

    let history = store.history(clerk.tenant(), ticket.id, Version(0), 100).await.unwrap();
    let told: Vec<_> =
        history.iter().map(|one| (one.at, one.by.clone(), one.event.clone(), one.text.clone())).collect();
    let asked = [&opening, &work].into_iter().flat_map(|change| {
        change.facts.iter().map(|fact| (fact.at, fact.by.clone(), fact.event.clone(), fact.text.clone()))
    });
    assert_eq!(told, asked.collect::<Vec<_>>());
    let versions: Vec<i64> = history.iter().map(|one| one.version.0).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    assert!(history.iter().all(|one| (&one.tenant, one.ticket) == (clerk.tenant(), ticket.id)));
    assert!(history.windows(2).all(|pair| pair[0].position < pair[1].position));
}

/// History that is brought in is one change of many times.
pub async fn events_of_one_change_keep_their_own_times(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut opening = clerk.opening(Draft::incident("Slow").description("Since Monday"));
    let (id, by) = (opening.ticket.id, Actor::agent("bo").by());
    for minutes in [0, 1, 1, 90] {
        let at = clerk.now() + TimeDelta::minutes(minutes);
        let event = Event::Renamed(format!("after {minutes} minutes"));
        evolve(Arc::make_mut(&mut opening.ticket), at, &by, &event);
        opening.facts.push(Fact { at, by: by.clone(), event, text: None, seal: None });
    }
    let written: Vec<_> = opening.facts.iter().map(|fact| fact.at).collect();
    let ticket = clerk.write(&*store, opening).await;

    let fresh = harness.open().await;
    let history = fresh.history(clerk.tenant(), id, Version(0), 10).await.unwrap();
    assert_eq!(history.iter().map(|one| one.at).collect::<Vec<_>>(), written);
    assert_eq!(fresh.feed(Position(0), 10).await.unwrap(), history);
    assert_eq!(fold(&history).map(|folded| Ticket { number: ticket.number, ..folded }).as_ref(), Some(&*ticket));
}

pub async fn history_is_read_in_parts(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut ticket = clerk.open(&*store, Draft::incident("Long story")).await;
    let decoy = clerk.open(&*store, Draft::incident("Another story")).await;
    for i in 0..6 {
        ticket = clerk.write(&*store, clerk.tag(&ticket, i.to_string())).await;
    }
    let read = |id, after, limit| store.history(clerk.tenant(), id, Version(after), limit);
    let all = read(ticket.id, 0, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 7);
    for (after, limit) in [(0, 3), (3, 3), (6, 3), (2, 1), (5, usize::MAX)] {
        let skip = usize::try_from(after).unwrap();
        let part: Vec<Recorded> = all.iter().skip(skip).take(limit).cloned().collect();
        assert_eq!(read(ticket.id, after, limit).await.unwrap(), part, "after {after}, at most {limit}");
    }
    assert_eq!(read(ticket.id, 0, 0).await.unwrap(), []);
    assert_eq!(read(ticket.id, 7, 5).await.unwrap(), []);
    assert_eq!(read(decoy.id, 0, 5).await.unwrap().len(), 1);
    assert_eq!(read(clerk.id(), 0, 5).await.unwrap(), [], "nothing happened to what does not exist");
}

pub async fn history_folds_to_the_ticket(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for sample in sample::fill(&*store, &clerk, &mut Dice::new(66), 30).await {
        let id = sample.ticket.id;
        let history = store.history(clerk.tenant(), id, Version(0), usize::MAX).await.unwrap();
        let folded = fold(&history).map(|ticket| Ticket { number: sample.ticket.number, ..ticket });
        assert_eq!(folded.as_ref(), Some(&*sample.ticket));
        assert_eq!(store.load(clerk.tenant(), id).await.unwrap(), Some(sample.ticket));
    }
}

pub async fn every_kind_of_event_comes_back_as_it_was_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Everything happens to me")).await;
    let (mut after, by) = (Ticket::clone(&ticket), Actor::integration("importer").by());
    let facts: Vec<Fact> = events::every_kind(clerk.id(), clerk.now())
        .into_iter()
        .map(|event| {
            evolve(&mut after, clerk.now(), &by, &event);
            Fact { at: clerk.now(), by: by.clone(), event, text: None, seal: None }
        })
        .collect();
    let change = Change {
        expected: ticket.version,
        ticket: Arc::new(after),
        facts: facts.clone(),
        marks: Marks::default(),
        claims: Vec::new(),
        erased: Vec::new(),
    };
    let stored = clerk.write(&*store, change).await;
    assert_eq!(store.load(clerk.tenant(), ticket.id).await.unwrap(), Some(stored));
    let history = store.history(clerk.tenant(), ticket.id, Version(1), usize::MAX).await.unwrap();
    let told: Vec<Event> = history.into_iter().map(|recorded| recorded.event).collect();
    assert_eq!(told, facts.into_iter().map(|fact| fact.event).collect::<Vec<_>>());
}

/// A seal is of a text or of none, and outlives it.
pub async fn seals_come_back_as_they_were_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let sealed = |mut change: Change| {
        seal(Arc::make_mut(&mut change.ticket), change.expected, &mut change.facts);
        change
    };
    let unsealed = clerk.open(&*store, Draft::incident("As ever")).await;
    let opening = sealed(clerk.opening(Draft::incident("Sealed").description("Since Monday")));
    let ticket = clerk.write(&*store, opening.clone()).await;
    let mut work = clerk.order(&ticket, [Command::assign("ada"), Command::note("of attachments only")]);
    work.facts[1].text = Some(String::new());
    let work = sealed(work);
    let ticket = clerk.write(&*store, Change { erased: vec![Version(1)], ..work.clone() }).await;

    let written: Vec<_> = opening.facts.iter().chain(&work.facts).map(|fact| fact.seal).collect();
    assert!(written.iter().all(Option::is_some));
    let fresh = harness.open().await;
    let history = fresh.history(clerk.tenant(), ticket.id, Version(0), 10).await.unwrap();
    assert_eq!(history.iter().map(|one| one.seal).collect::<Vec<_>>(), written);
    assert_eq!(history.iter().map(|one| one.text.as_deref()).collect::<Vec<_>>(), [None, None, Some("")]);
    assert_eq!(fresh.load(clerk.tenant(), ticket.id).await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(ticket.head, written[2].map(|seal| seal.chain));
    assert_eq!(fold(&history).map(|folded| Ticket { number: ticket.number, ..folded }).as_ref(), Some(&*ticket));
    let feed = fresh.feed(Position(0), 10).await.unwrap();
    assert_eq!(feed[0].seal, None);
    assert_eq!(feed[1..], history);
    assert_eq!(fresh.load(clerk.tenant(), unsealed.id).await.unwrap().and_then(|ticket| ticket.head), None);
}

/// A message may consist of its attachments: then its text is empty, which is not the same as erased.
pub async fn an_empty_text_is_not_a_missing_one(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("See attachment")).await;
    let attachment = Attachment {
        name: "screen.png".to_owned(),
        media_type: "image/png".to_owned(),
        size: 3,
        digest: "0".repeat(64),
    };
    let message = Message { attachments: vec![attachment], ..Message::new(Visibility::Public, "") };
    clerk.apply(&*store, &ticket, Command::Say(message)).await;
    let history = store.history(clerk.tenant(), ticket.id, Version(0), 10).await.unwrap();
    assert_eq!(history.into_iter().map(|one| one.text).collect::<Vec<_>>(), [None, Some(String::new())]);
}
