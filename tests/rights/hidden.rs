//! What a customer does not see can neither be filtered by, nor ordered by, nor counted, nor searched.

use std::sync::Arc;

use ticketcore::cond::Cmp;
use ticketcore::config::Rights;
use ticketcore::engine::Refusal;
use ticketcore::line::Flag;
use ticketcore::query::{Assignee, Bounds, Counter, End, Linked, Order, Part, Past, Period, Promise, Stands};
use ticketcore::report::{Dimension, Measure, Scan, TableSpec};
use ticketcore::testing::block_on;
use ticketcore::trail::Aspect;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Error, FieldType, Filter, MemoryStore, Priority, Query, Request, Status,
    Version,
};

fn desk() -> Desk {
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    let rights = Rights { internal: ["margin".into()].into(), ..Rights::default() };
    let config = Config { rights, ..Config::default() };
    block_on(desk.publish(config.field("margin", FieldType::Int).field("site", FieldType::Text))).unwrap();
    desk
}

fn was() -> Past {
    Past::Was { aspect: Aspect::Status, values: Vec::new(), period: Period::default() }
}

#[test]
fn a_question_about_what_is_hidden_is_refused_and_names_it() {
    let desk = desk();
    let bo = desk.by(Actor::requester("bo"));
    let epoch = desk.now();
    let filters = [
        ("states", Filter { states: vec!["new".into()], ..Filter::all() }),
        ("priorities", Filter { priorities: vec![Priority::P1], ..Filter::all() }),
        ("teams", Filter { teams: vec!["network".into()], ..Filter::all() }),
        ("queues", Filter::queue("late")),
        ("assignee", Filter { assignee: Assignee::Nobody, ..Filter::all() }),
        ("watchers", Filter { watchers: vec!["eve".into()], ..Filter::all() }),
        ("tags", Filter { tags: vec!["vip".into()], ..Filter::all() }),
        ("updated", Filter { updated: Period::between(epoch, epoch), ..Filter::all() }),
        ("has", Filter { has: vec![Part::Team], ..Filter::all() }),
        ("flags", Filter { flags: vec![Flag::Acked], ..Filter::all() }),
        ("counts", Filter { counts: vec![(Counter::Messages, Bounds::exactly(1))], ..Filter::all() }),
        ("promises", Filter { promises: vec![Promise { policy: None, stands: Stands::Breached }], ..Filter::all() }),
        ("linked", Filter { linked: vec![Linked { kind: None, to: End::Any }], ..Filter::all() }),
        ("past", Filter { past: vec![was()], ..Filter::all() }),
        ("due", Filter { due: Period::between(epoch, epoch), ..Filter::all() }),
        ("fields.margin", Filter { fields: vec![("margin".into(), Cmp::Set)], ..Filter::all() }),
    ];
    // What must not be tells as much as what must, and so it does however deep it stands.
    let within = |filter: &Filter| {
        let deep = Filter { all: vec![Filter::without([filter.clone()])], ..Filter::all() };
        [filter.clone(), Filter::without([filter.clone()]), Filter { any: vec![Filter::open(), deep], ..Filter::all() }]
    };
    let named = |error: Error| match error {
        Error::Refused(Refusal::Hidden { who, what }) if who == "bo" => what,
        other => panic!("{other}"),
    };
    for (what, filter) in filters.iter().flat_map(|(what, filter)| within(filter).map(|filter| (*what, filter))) {
        assert_eq!(named(block_on(bo.find(&Query::new(filter.clone()))).unwrap_err()), what);
        let tables = vec![TableSpec::new([], [Measure::Count])];
        assert_eq!(named(block_on(bo.tally(&Scan { filter, tables, now: epoch })).unwrap_err()), what);
    }
    // What they see, they may ask about.
    let seen = Filter {
        has: vec![Part::Category, Part::Score],
        flags: vec![Flag::Responded, Flag::Dropped],
        counts: vec![(Counter::Reopens, Bounds::exactly(0))],
        closed: Period::between(epoch, epoch),
        ..Filter::all()
    };
    block_on(bo.find(&Query::new(Filter::without([seen])))).unwrap();
    for order in [Order::rank(), Order::latest()] {
        assert!(block_on(bo.find(&Query::new(Filter::all()).order(order))).is_err(), "{order:?}");
    }
    let scan = |by: &[Dimension], measure: Measure| {
        let tables = vec![TableSpec::new(by, [measure])];
        block_on(bo.tally(&Scan { filter: Filter::all(), tables, now: epoch }))
    };
    for dimension in [Dimension::Team, Dimension::Assignee, Dimension::Priority, Dimension::State, Dimension::Queue] {
        assert_eq!(named(scan(std::slice::from_ref(&dimension), Measure::Count).unwrap_err()), dimension.to_string());
    }
    for measure in [Measure::Messages, Measure::Reassigns, Measure::Attainment("gold".into())] {
        assert_eq!(named(scan(&[], measure.clone()).unwrap_err()), measure.to_string());
    }
    scan(&[Dimension::Status, Dimension::Kind], Measure::Count).unwrap();
}

/// The words of an internal note lead the customer nowhere, whatever else is asked with them.
#[test]
fn internal_notes_cannot_be_searched() {
    let desk = desk();
    let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    block_on(async {
        let ticket = bo.open(Draft::incident("No mail").field("site", "Berlin")).await.unwrap();
        ada.apply(ticket.id, [Command::note("He is a nuisance"), Command::reply("We look into it")]).await.unwrap();
        ada.apply(ticket.id, Command::edit(Version(2), "He is a pest")).await.unwrap();
        let found = async |desk: &Desk, words: &str| {
            let filter = Filter { words: vec![words.to_owned()], ..Filter::all() };
            desk.find(&Query::new(filter)).await.unwrap().tickets.len()
        };
        for (words, by_bo, by_ada) in [
            ("mail", 1, 1),
            ("look", 1, 1),
            ("nuisance", 0, 1),
            ("pest", 0, 1),
            ("mail nuisance", 0, 1),
            ("§pest", 0, 1),
        ] {
            assert_eq!((found(&bo, words).await, found(&ada, words).await), (by_bo, by_ada), "{words}");
        }
        let filter = Filter { fields: vec![("site".into(), Cmp::Set)], ..Filter::all() };
        assert_eq!(bo.find(&Query::new(filter)).await.unwrap().tickets.len(), 1, "what they see they may ask about");
    });
}

#[test]
fn a_customer_sees_one_side_of_a_ticket_and_no_history() {
    let desk = desk();
    let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    block_on(async {
        let ticket = bo.open(Draft::incident("No mail")).await.unwrap();
        let work = [
            Command::transition("start"),
            Command::assign("ada"),
            Command::Tag("vip".into()),
            Command::set("margin", 3),
            Command::note("Again"),
            Command::reply("Hello"),
        ];
        ada.apply(ticket.id, work).await.unwrap();
        let seen = bo.load(ticket.id).await.unwrap();
        assert_eq!((seen.status, seen.messages, seen.state.as_str()), (Status::Open, 1, "open"));
        assert_eq!((&seen.assignee, seen.tags.len(), seen.fields.len(), seen.version), (&None, 0, 0, Version(0)));
        assert!(bo.history(ticket.id).await.unwrap_err().to_string().contains("`bo` may not read"));
        assert!(bo.readings(ticket.id).await.is_err() && bo.feed(ticketcore::Position(0), 9).await.unwrap().is_empty());
        assert_eq!(bo.conversation(ticket.id).await.unwrap().len(), 1);
        let answer = bo.apply(ticket.id, Command::reply("Thanks")).await.unwrap();
        assert_eq!((answer.messages, answer.version), (2, Version(0)), "nor by writing");
        assert!(matches!(desk.by(Actor::requester("mallory")).load(ticket.id).await, Err(Error::NotFound(_))));
    });
}

/// Otherwise a version that is guessed would tell how much the desk did, and the conflict what.
#[test]
fn a_customer_cannot_ask_for_a_version_and_is_told_no_conflict() {
    let desk = desk();
    let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    block_on(async {
        let ticket = bo.open(Draft::incident("No mail")).await.unwrap();
        ada.apply(ticket.id, [Command::set("margin", 3), Command::Tag("vip".into())]).await.unwrap();
        for version in 0..5 {
            let request = Request::from(Command::transition("cancel")).at(Version(version));
            let refused = bo.apply(ticket.id, request.clone()).await.unwrap_err();
            assert_eq!(refused.to_string(), "`bo` may not read", "{version}");
            let stranger = desk.by(Actor::requester("mallory")).apply(ticket.id, request).await;
            assert!(matches!(stranger, Err(Error::NotFound(_))), "{version}");
        }
        bo.apply(ticket.id, Command::transition("cancel")).await.unwrap();
    });
}
