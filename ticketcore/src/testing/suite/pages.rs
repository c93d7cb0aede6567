//! Orders, and pages of them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::TimeDelta;

use super::begin;
use crate::command::{Command, Draft};
use crate::id::TenantId;
use crate::priority::Level;
use crate::query::{Cursor, Filter, Order, Page, Query, Sort};
use crate::store::{Change, Marks, Store};
use crate::testing::{Dice, Harness, question, sample};
use crate::ticket::Ticket;

/// Reads a query page by page, and checks on the way that each page is full but the last, which says so.
async fn pages(store: &dyn Store, tenant: &TenantId, query: &Query, total: usize) -> Vec<Arc<Ticket>> {
    let mut read = Vec::new();
    let mut after = None;
    // One page more than there can be, so that a store that never ends does.
    for _ in 0..=total {
        let Page { tickets, next } = store.find(tenant, &query.clone().after(after)).await.unwrap();
        read.extend(tickets.iter().cloned());
        assert!(read.len() <= total, "{total} tickets came as {} and more: {query:?}", read.len());
        if next.is_none() {
            return read;
        }
        assert_eq!(tickets.len(), query.limit, "a page that is not the last is full: {query:?}");
        assert!(read.len() < total, "the last page says that there is another: {query:?}");
        after = next;
    }
    panic!("there is no end of {query:?}");
}

pub async fn every_order_is_read_page_by_page_without_gap_or_repeat(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let samples = sample::fill(&*store, &clerk, &mut Dice::new(30), 11).await;
    for order in question::ORDERS {
        let whole = Query::new(Filter::all()).order(order).limit(usize::MAX);
        let meant = question::page(&samples, &whole).tickets;
        for limit in 1..=samples.len() + 1 {
            let query = whole.clone().limit(limit);
            assert_eq!(pages(&*store, clerk.tenant(), &query, meant.len()).await, meant, "{query:?}");
        }
    }
}

pub async fn a_page_looks_no_further_than_a_place(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(31);
    let samples = sample::fill(&*store, &clerk, &mut dice, 14).await;
    for order in question::ORDERS {
        let places: Vec<Cursor> = samples.iter().filter_map(|sample| sample.place(order.by)).collect();
        for _ in 0..12 {
            let some = |dice: &mut Dice| (!places.is_empty() && dice.once_in(2)).then(|| *dice.pick(&places));
            let (after, until) = (some(&mut dice), some(&mut dice));
            let filter = if dice.once_in(2) { Filter::all() } else { question::filter(&mut dice, &samples) };
            let query = Query { after, until, ..Query::new(filter).order(order).limit(1 + dice.below(6)) };
            let found = store.find(clerk.tenant(), &query).await.unwrap();
            assert_eq!(found, question::page(&samples, &query), "{query:?}");
        }
    }
}

pub async fn the_place_ahead_is_that_of_the_ticket_so_many_further_on(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let samples = sample::fill(&*store, &clerk, &mut Dice::new(32), 7).await;
    for order in question::ORDERS {
        let mut places: Vec<Cursor> = samples.iter().filter_map(|sample| sample.place(order.by)).collect();
        places.sort_unstable();
        if order.descending {
            places.reverse();
        }
        for from in 0..=places.len() {
            let after = from.checked_sub(1).map(|before| places[before]);
            for count in 1..=places.len() + 1 {
                let meant = places.get(from + count - 1).filter(|_| places.len() > from + count).copied();
                let count = NonZeroUsize::new(count).unwrap();
                let found = store.ahead(clerk.tenant(), order, after, count).await.unwrap();
                assert_eq!(found, meant, "{count} after {after:?} in {order:?}");
            }
        }
    }
}

pub async fn what_explains_a_page_finds_it(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(33);
    let samples = sample::fill(&*store, &clerk, &mut dice, 9).await;
    for order in question::ORDERS {
        for filter in [Filter::all(), question::filter(&mut dice, &samples)] {
            let query = Query::new(filter).order(order).limit(4);
            let explained = store.explain(clerk.tenant(), &query).await.unwrap();
            assert_eq!(explained.found, question::page(&samples, &query).tickets.len(), "{query:?}");
            assert!(!explained.measure.is_empty(), "{explained:?}");
        }
    }
}

pub async fn a_limit_of_none_gives_an_empty_page_that_names_no_next_one(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("One of one").queue("desk")).await;
    for order in question::ORDERS {
        let none = Query::new(Filter::all()).order(order).limit(0);
        assert_eq!(store.find(clerk.tenant(), &none).await.unwrap(), Page::default());
    }
}

/// Ids break every tie: of equal keys none is lost between two pages, and none comes twice.
pub async fn equal_keys_are_read_page_by_page_without_gap_or_repeat(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut tickets = Vec::new();
    for _ in 0..12 {
        tickets.push(clerk.open(&*store, Draft::incident("One of many").queue("desk")).await);
    }
    for filter in [Filter::all(), Filter::queue("desk")] {
        for order in question::orders_of_open() {
            let mut meant = tickets.clone();
            // All were opened and changed at one time, so nothing but numbers and ids tells them apart.
            meant.sort_unstable_by_key(|ticket| {
                if order.by == Sort::Number { (ticket.number, ticket.id) } else { (0, ticket.id) }
            });
            if order.descending {
                meant.reverse();
            }
            for limit in [1, 2, 3, 5, 7, 12, 13] {
                let query = Query::new(filter.clone()).order(order).limit(limit);
                assert_eq!(pages(&*store, clerk.tenant(), &query, 12).await, meant, "{query:?}");
            }
        }
    }
}

/// A cursor is a place in an order, not a ticket: what became of the ticket does not matter.
pub async fn a_page_goes_on_although_its_last_ticket_left(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for _ in 0..4 {
        clerk.open(&*store, Draft::incident("In a row").queue("desk")).await;
        clerk.pass(TimeDelta::minutes(1));
    }
    for order in [Order::rank(), Order::oldest()] {
        let query = Query::new(Filter::queue("desk")).order(order).limit(2);
        let all = store.find(clerk.tenant(), &query.clone().limit(9)).await.unwrap().tickets;
        let first = store.find(clerk.tenant(), &query).await.unwrap();
        let gone = clerk.apply(&*store, &first.tickets[1], Command::Enqueue(None)).await;
        let second = store.find(clerk.tenant(), &query.after(first.next)).await.unwrap();
        assert_eq!(second, Page { tickets: all[2..].to_vec(), next: None });
        clerk.apply(&*store, &gone, Command::Enqueue(Some("desk".into()))).await;
    }
}

pub async fn only_tickets_that_can_be_worked_on_have_a_rank(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut open = Vec::new();
    for subject in ["Waits", "Is solved", "Is snoozed", "Is to be done"] {
        open.push(clerk.open(&*store, Draft::incident(subject).queue("desk")).await);
    }
    clerk.apply(&*store, &open[0], Command::transition("wait")).await;
    clerk.apply(&*store, &open[1], Command::transition("resolve")).await;
    clerk.apply(&*store, &open[2], Command::Snooze(clerk.now() + TimeDelta::hours(1))).await;
    for filter in [Filter::queue("desk"), Filter::all()] {
        for order in [Order::rank(), Order { descending: true, ..Order::rank() }] {
            let query = Query::new(filter.clone()).order(order);
            let found = store.find(clerk.tenant(), &query).await.unwrap();
            assert_eq!(found, Page { tickets: vec![Arc::clone(&open[3])], next: None }, "{query:?}");
        }
    }
}

pub async fn a_ticket_moves_in_the_queue_when_its_marks_change(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut queue = Vec::new();
    for subject in ["First", "Second", "Third"] {
        queue.push(clerk.open(&*store, Draft::incident(subject).queue("desk")).await);
        clerk.pass(TimeDelta::minutes(1));
    }
    let line = async || {
        let query = Query::new(Filter::queue("desk")).order(Order::rank());
        let found = store.find(clerk.tenant(), &query).await.unwrap().tickets;
        found.iter().map(|ticket| ticket.subject.clone()).collect::<Vec<_>>()
    };
    assert_eq!(line().await, ["First", "Second", "Third"]);

    // By an event: a more pressing ticket is due sooner.
    queue[2] = clerk.apply(&*store, &queue[2], Command::Rate(Level::HIGH, Level::HIGH)).await;
    assert_eq!(line().await, ["Third", "First", "Second"]);

    // By the marks alone, as after a change of configuration.
    let mut renewal = Change { facts: Vec::new(), ..clerk.order(&queue[0], Command::Tag("later".into())) };
    renewal.ticket = Arc::clone(&queue[0]);
    if let Some(rank) = &mut renewal.marks.rank {
        rank.due += TimeDelta::days(2);
    }
    queue[0] = clerk.write(&*store, renewal.clone()).await;
    assert_eq!(line().await, ["Third", "Second", "First"]);

    let none = Change { marks: Marks { rank: None, ..renewal.marks.clone() }, ..renewal };
    clerk.write(&*store, none).await;
    assert_eq!(line().await, ["Third", "Second"]);

    clerk.apply(&*store, &queue[2], Command::Enqueue(Some("other".into()))).await;
    assert_eq!(line().await, ["Second"]);
}

/// Hosts hand cursors out as text and get them back.
pub async fn a_cursor_works_as_text(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for i in 0..4 {
        clerk.open(&*store, Draft::incident(format!("Number {i}"))).await;
    }
    for order in question::orders_of_open() {
        let query = Query::new(Filter::all()).order(order).limit(2);
        let first = store.find(clerk.tenant(), &query).await.unwrap();
        let text = first.next.unwrap().to_string();
        let sent: Cursor = text.parse().unwrap();
        let second = store.find(clerk.tenant(), &query.after(Some(sent))).await.unwrap();
        assert_eq!((second.tickets.len(), second.next), (2, None), "{order:?}");
        assert!(second.tickets.iter().all(|ticket| !first.tickets.contains(ticket)), "{order:?}");
    }
}
