//! The desk as it was: the state, the rules and the words of an instant, and who may ask.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::query::{End, Linked, Order};
use ticketcore::report::{Cell, Dimension, Measure, Measured, Scan, TableSpec};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Error, Filter, LinkKind, MemoryStore, Policy, Priority, Query, Span, Status,
};

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn office() -> (Desk, ManualClock) {
    let clock = ManualClock::new(start());
    (Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone()).with_seed(7), clock)
}

fn hour(hours: i64) -> DateTime<Utc> {
    start() + TimeDelta::hours(hours)
}

#[test]
fn a_ticket_is_what_it_was_and_was_not_there_before() {
    block_on(async {
        let (desk, clock) = office();
        clock.set(hour(1));
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        clock.set(hour(2));
        desk.apply(ticket.id, Command::assign("ada")).await.unwrap();
        clock.set(hour(3));
        desk.apply(ticket.id, Command::transition("resolve")).await.unwrap();

        assert!(matches!(desk.as_of(hour(0)).await.unwrap().load(ticket.id).await, Err(Error::NotFound(_))));
        let mut was = Vec::new();
        for hours in 1..=3 {
            let then = desk.as_of(hour(hours)).await.unwrap().load(ticket.id).await.unwrap();
            was.push((then.status, then.assignee.is_some(), then.number));
        }
        assert_eq!(was, [(Status::New, false, 1), (Status::New, true, 1), (Status::Resolved, true, 1)]);
        let backlog = Scan {
            filter: Filter::all(),
            tables: vec![TableSpec::new([Dimension::Assignee], [Measure::Backlog])],
            now: desk.now(),
        };
        let tables = desk.as_of(hour(2)).await.unwrap().tally(&backlog).await.unwrap();
        let row = &tables[0].rows[0];
        assert_eq!((&row.cells[..], &row.values[..]), (&[Cell::Text("ada".into())][..], &[Measured::Count(1)][..]));
    });
}

#[test]
fn the_order_of_work_is_that_of_the_rules_of_then() {
    block_on(async {
        let (desk, clock) = office();
        let pressing = |priority| Policy::resolution("solve").target(priority, Span::hours(3));
        desk.publish(Config::default().policy(pressing(Priority::P3))).await.unwrap();
        let old = desk.open(Draft::incident("old")).await.unwrap();
        clock.set(hour(1));
        let new =
            desk.open(Draft::incident("new").rated(ticketcore::Level::HIGH, ticketcore::Level::HIGH)).await.unwrap();
        clock.set(hour(2));
        desk.publish(Config::default().policy(pressing(Priority::P1))).await.unwrap();
        clock.set(hour(3));
        let query = Query::new(Filter::all()).order(Order::rank());
        let first = |page: ticketcore::Page| page.tickets.iter().map(|ticket| ticket.id).collect::<Vec<_>>();
        let then = desk.as_of(hour(1)).await.unwrap().find(&query).await.unwrap();
        assert_eq!(first(then), [old.id, new.id], "a target of three hours before four hours of patience");
        let now = desk.as_of(hour(3)).await.unwrap().find(&query).await.unwrap();
        assert_eq!(first(now), [new.id, old.id], "now it is the other way round");
    });
}

#[test]
fn words_and_linked_tickets_are_those_of_then() {
    block_on(async {
        let (desk, clock) = office();
        let [child, parent] =
            [desk.open(Draft::task("Cable")).await.unwrap(), desk.open(Draft::task("Wiring")).await.unwrap()];
        desk.apply(parent.id, Command::Link(LinkKind::Child, child.id)).await.unwrap();
        clock.set(hour(1));
        desk.apply(parent.id, Command::note("It smokes")).await.unwrap();
        desk.apply(child.id, Command::transition("cancel")).await.unwrap();
        clock.set(hour(2));
        let word = Query::new(Filter { words: vec!["smokes".into()], ..Filter::all() });
        let open = Linked { kind: Some(LinkKind::Child), to: End::Open };
        let blocked = Query::new(Filter { linked: vec![open], ..Filter::all() });
        let mut counts = Vec::new();
        for at in [hour(0), hour(1)] {
            let past = desk.as_of(at).await.unwrap();
            let [words, links] = [past.find(&word).await.unwrap(), past.find(&blocked).await.unwrap()];
            counts.push([words.tickets.len(), links.tickets.len()]);
        }
        assert_eq!(counts, [[0, 1], [1, 0]]);
    });
}

#[test]
fn the_future_is_not_known_and_customers_do_not_see_the_past() {
    block_on(async {
        let (desk, _) = office();
        let refused = desk.as_of(hour(1)).await.unwrap_err();
        assert!(refused.to_string().contains("lies in the future"), "{refused}");
        let refused = desk.by(Actor::requester("bo")).as_of(hour(0)).await.unwrap_err();
        assert!(refused.refusal().is_some(), "{refused}");
    });
}
