//! Which tickets a query finds: [`Filter::matches`] is the meaning.

use std::sync::Arc;

use super::begin;
use crate::command::Draft;
use crate::cond::Cmp;
use crate::event::Event;
use crate::id::{Key, TicketId};
use crate::query::{Assignee, Filter, Order, Page, Query};
use crate::testing::{Dice, Harness, question, sample};
use crate::value::Value;

pub async fn find_agrees_with_the_meaning_of_random_questions(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(15);
    let samples = sample::fill(&*store, &clerk, &mut dice, 60).await;
    let mut hits = 0;
    for round in 0..400 {
        let filter = question::filter(&mut dice, &samples);
        let query = Query::new(filter).order(*dice.pick(&question::ORDERS)).limit(1 + dice.below(70));
        let (found, meant) = (store.find(clerk.tenant(), &query).await.unwrap(), question::page(&samples, &query));
        assert_eq!(ids(&found), ids(&meant), "round {round}: {query:?}");
        assert_eq!(found, meant, "round {round}: {query:?}");
        hits += usize::from(!found.tickets.is_empty());
    }
    assert!(hits > 100, "only {hits} questions found anything: they prove too little");
}

fn ids(page: &Page) -> Vec<TicketId> {
    page.tickets.iter().map(|ticket| ticket.id).collect()
}

pub async fn a_filter_that_asks_nothing_finds_every_ticket(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    assert_eq!(store.find(clerk.tenant(), &Query::default()).await.unwrap(), Page::default());
    for i in 0..60 {
        clerk.open(&*store, Draft::incident(format!("Number {i}"))).await;
    }
    let query = Query::new(Filter::all()).order(Order::oldest()).limit(usize::MAX);
    assert_eq!(store.find(clerk.tenant(), &query).await.unwrap().tickets.len(), 60);
}

pub async fn a_field_compares_by_its_type(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let values = [
        Value::from("1"),
        Value::Int(1),
        Value::Bool(true),
        Value::from("10"),
        Value::from("9"),
        Value::Int(10),
        Value::Int(9),
        Value::from(""),
        Value::Int(i64::MAX),
        Value::Int(i64::MAX - 1),
        Value::from("Ä"),
        Value::from("z"),
    ];
    let mut ids = Vec::new();
    for value in &values {
        // Past the check of the draft, as a field's type may have been another when the value was set.
        let mut change = clerk.opening(Draft::incident("Typed").field("seats", 0));
        let field = Key::from("seats");
        let ticket = Arc::make_mut(&mut change.ticket);
        ticket.fields.insert(field.clone(), value.clone());
        if let Event::Opened(opened) = &mut change.facts[0].event {
            opened.fields.insert(field, value.clone());
        }
        ids.push(clerk.write(&*store, change).await.id);
    }
    for asked in &values {
        let comparisons = [
            Cmp::Eq(asked.clone()),
            Cmp::In(vec![asked.clone()]),
            Cmp::AtLeast(asked.clone()),
            Cmp::AtMost(asked.clone()),
        ];
        for cmp in comparisons {
            let holds = values.iter().zip(&ids).filter(|(value, _)| cmp.holds(Some(value)));
            let mut meant: Vec<TicketId> = holds.map(|(_, id)| *id).collect();
            meant.sort_unstable();
            let filter = Filter { fields: vec![(Key::from("seats"), cmp.clone())], ..Filter::default() };
            let found = store.find(clerk.tenant(), &Query::new(filter)).await.unwrap();
            let mut found = self::ids(&found);
            found.sort_unstable();
            assert_eq!(found, meant, "{cmp:?}");
        }
    }
}

pub async fn names_are_compared_to_the_byte(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let names = ["a", "A", "ä", "a\u{308}", "a_b", "a%", "a'b", "a\"b", "a\\b", "a b", "a,b", "[a]", "null", "1", "é*"];
    for name in names {
        let draft = Draft::incident("Named").queue(name).team(name).category(name).assignee(name).requester(name);
        let ticket =
            clerk.open(&*store, Draft { watchers: [name.into()].into(), ..draft.tag(name).external(name) }).await;
        let key = Key::from(name);
        let filters = [
            Filter::queue(name),
            Filter { teams: vec![key.clone()], ..Filter::default() },
            Filter { categories: vec![key.clone()], ..Filter::default() },
            Filter { tags: vec![key.clone()], ..Filter::default() },
            Filter { assignee: Assignee::Is(vec![name.into()]), ..Filter::default() },
            Filter { requesters: vec![name.into()], ..Filter::default() },
            Filter { watchers: vec![name.into()], ..Filter::default() },
            Filter { externals: vec![name.to_owned()], ..Filter::default() },
        ];
        for filter in filters {
            let found = store.find(clerk.tenant(), &Query::new(filter.clone())).await.unwrap();
            assert_eq!(ids(&found), [ticket.id], "{filter:?}");
        }
    }
}

/// A guard may read 500 linked tickets, and a host may ask for more.
pub async fn a_thousand_ids_can_be_asked_for_at_once(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut wanted = Vec::new();
    for i in 0..20 {
        wanted.push(clerk.open(&*store, Draft::incident(format!("Number {i}"))).await.id);
    }
    let strangers = std::iter::repeat_with(|| clerk.id()).take(1000);
    let filter = Filter::ids(strangers.chain(wanted.iter().copied()).chain(wanted.iter().copied()));
    let found = store.find(clerk.tenant(), &Query::new(filter).limit(2000)).await.unwrap();
    let mut found = ids(&found);
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "each once, although each was asked for twice");
}
