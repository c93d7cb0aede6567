//! Which tickets a query finds: [`Filter::matches`] is the meaning.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::begin;
use crate::command::{Command, Draft};
use crate::cond::Cmp;
use crate::event::Event;
use crate::id::{Key, TicketId};
use crate::line::Flag;
use crate::link::LinkKind;
use crate::query::{
    Assignee, Bounds, Counter, End, Filter, Glance, Linked, Order, Page, Part, Past, Period, Promise, Query, Sight,
    Stands, Through,
};
use crate::testing::{Dice, Harness, question, sample};
use crate::trail::Aspect;
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

/// What a random question asks rarely is asked here, each alone and denied.
pub async fn each_thing_that_can_be_asked_is_asked_alone(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let samples = sample::fill(&*store, &clerk, &mut Dice::new(17), 60).await;
    let mut filters: Vec<Filter> = Vec::new();
    let all = Filter::all;
    filters.extend(Part::ALL.map(|part| Filter { has: vec![part], ..all() }));
    filters.extend(question::FLAGS.map(|flag| Filter { flags: vec![flag], ..all() }));
    filters.push(Filter { flags: vec![Flag::Assigned, Flag::Responded], ..all() });
    for counter in Counter::ALL {
        let bounds = [Bounds::default(), Bounds::exactly(1), Bounds { least: Some(2), most: None }];
        filters.extend(bounds.map(|bounds| Filter { counts: vec![(counter, bounds)], ..all() }));
    }
    let due = Period { from: None, to: Some(clerk.now()) };
    for policy in [None, Some("response".into()), Some("resolution".into())] {
        let stands = [Stands::Breached, Stands::Excused, Stands::Running, Stands::Paused, Stands::Due(due)];
        let promise = |stands| Promise { policy: policy.clone(), stands };
        filters.extend(stands.map(|stands| Filter { promises: vec![promise(stands)], ..all() }));
    }
    for kind in LinkKind::ALL.into_iter().map(Some).chain([None]) {
        let ends = [End::Any, End::Open, End::Number(7)];
        filters.extend(ends.map(|to| Filter { linked: vec![Linked { kind, to }], ..all() }));
    }
    for aspect in Aspect::ALL {
        let values = |value: Option<Key>| vec![value, Some("nothing".into())];
        let changed = |from, to| Past::Changed { aspect, from, to, by: Vec::new(), period: Period::default() };
        let values_of: BTreeSet<Option<Key>> =
            samples.iter().flat_map(|sample| sample.ticket.spells(aspect)).map(|spell| spell.value).collect();
        for value in values_of.into_iter().take(4) {
            let was = Past::Was { aspect, values: values(value.clone()), period: due };
            let (from, to) = (changed(values(value.clone()), Vec::new()), changed(Vec::new(), values(value)));
            filters.extend([was, from, to].map(|past| Filter { past: vec![past], ..all() }));
        }
    }
    let mut told = 0;
    for filter in filters {
        for filter in [filter.clone(), Filter::without([filter])] {
            let query = Query::new(filter).limit(100);
            let found = store.find(clerk.tenant(), &query).await.unwrap();
            assert_eq!(ids(&found), ids(&question::page(&samples, &query)), "{query:?}");
            told += usize::from(!found.tickets.is_empty() && found.tickets.len() < samples.len());
        }
    }
    assert!(told > 180, "only {told} questions tell tickets apart: they prove too little");
}

pub async fn what_stands_within_has_no_sight_of_its_own(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Printer").requester("bo")).await;
    let ticket = clerk.apply(&*store, &ticket, Command::note("a nuisance")).await;
    let glance =
        |name: &str| Glance { kinds: Vec::new(), states: Vec::new(), through: Through::Requester(name.into()) };
    let seen = |name: &str, public| Sight::of([glance(name)], public);
    let asked = |words: &str, sight| Filter { words: vec![words.to_owned()], sight, ..Filter::all() };
    let found = async |filter: Filter| store.find(clerk.tenant(), &Query::new(filter)).await.unwrap().tickets.len();
    for word in ["printer", "nuisance"] {
        // Of those who see nothing, those who see all, and those who see what is public.
        for within in [Sight::of([], true), Sight::everything(), seen("bo", true), seen("bo", false)] {
            let inner = || vec![asked(word, within.clone())];
            for (sight, sees) in [
                (Sight::everything(), true),
                (Sight::of([], false), false),
                (seen("eve", false), false),
                (seen("bo", false), true),
                (seen("bo", true), word == "printer"),
            ] {
                let outer = || Filter { sight: sight.clone(), ..Filter::all() };
                let count = usize::from(sees);
                assert_eq!(found(Filter { all: inner(), ..outer() }).await, count, "{word} {sight:?}");
                assert_eq!(found(Filter { any: inner(), ..outer() }).await, count, "{word} {sight:?}");
                let none = usize::from(sight.sees(&ticket) && !sees);
                assert_eq!(found(Filter { none: inner(), ..outer() }).await, none, "{word} {sight:?}");
            }
        }
    }
}

pub async fn a_thousand_questions_can_be_joined(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(18);
    let samples = sample::fill(&*store, &clerk, &mut dice, 20).await;
    let simple = |dice: &mut Dice| loop {
        let filter = question::filter(dice, &samples);
        if filter.all.is_empty() && filter.any.is_empty() && filter.none.is_empty() {
            return filter;
        }
    };
    let many: Vec<Filter> = (0..1000).map(|_| simple(&mut dice)).collect();
    let fields = (0..1000).map(|number| (Key::from("seats"), Cmp::AtMost(Value::Int(i64::MAX - number)))).collect();
    for filter in [
        Filter { any: many.clone(), ..Filter::all() },
        Filter { all: many.clone(), ..Filter::all() },
        Filter { none: many, ..Filter::all() },
        Filter { fields, ..Filter::all() },
    ] {
        let query = Query::new(filter).limit(100);
        let found = store.find(clerk.tenant(), &query).await.unwrap();
        assert_eq!(ids(&found), ids(&question::page(&samples, &query)));
    }
}

pub async fn questions_can_stand_deep_in_each_other(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let samples = sample::fill(&*store, &clerk, &mut Dice::new(19), 20).await;
    let mut filter = Filter { has: vec![Part::Team], ..Filter::all() };
    for depth in 0..64 {
        filter = match depth % 3 {
            0 => Filter::without([filter]),
            1 => Filter { any: vec![filter, Filter { has: vec![Part::Score], ..Filter::all() }], ..Filter::all() },
            _ => Filter { all: vec![filter], kinds: sample::KINDS.map(Key::from).to_vec(), ..Filter::all() },
        };
        let query = Query::new(filter.clone()).limit(100);
        let found = store.find(clerk.tenant(), &query).await.unwrap();
        assert_eq!(ids(&found), ids(&question::page(&samples, &query)), "{depth}");
    }
}
