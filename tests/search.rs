//! Searches: the parts of texts that answer, the best first, and whom they are shown to; on all embedded stores alike.

#[path = "../examples/custom_store.rs"]
#[expect(dead_code, reason = "its `main` is run as an example")]
mod custom_store;

use std::sync::Arc;

use custom_store::CustomStore;
use ticketcore::desk::Hits;
use ticketcore::query::search::{Hit, Place};
use ticketcore::query::{Order, Sort};
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Desk, Draft, Filter, MemoryStore, Query, Store, Version};

fn words(text: &str) -> Filter {
    Filter { words: vec![text.to_owned()], ..Filter::all() }
}

fn phrase(text: &str) -> Filter {
    Filter { phrases: vec![text.to_owned()], ..Filter::all() }
}

/// The same desk on every store, filled alike.
fn desks(fill: impl AsyncFn(&Desk)) -> Vec<Desk> {
    let stores: [Arc<dyn Store>; 3] = [
        Arc::new(MemoryStore::new()),
        Arc::new(CustomStore::default()),
        Arc::new(ticketcore_sqlite::SqliteStore::memory().unwrap()),
    ];
    let desk = |store| {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let desk = Desk::new(store).with_clock(clock).with_seed(7);
        block_on(fill(&desk));
        desk
    };
    stores.into_iter().map(desk).collect()
}

fn numbers(hits: &Hits) -> Vec<i64> {
    hits.hits.iter().map(|hit| hit.ticket.number).collect()
}

/// A hit with what is marked in brackets.
fn marked(hit: &Hit) -> Vec<String> {
    let texts = hit.texts.iter().map(|text| &text.snippet);
    let bracketed = |(marked, text): (bool, &str)| if marked { format!("[{text}]") } else { text.to_owned() };
    std::iter::once(&hit.subject).chain(texts).map(|one| one.pieces().map(bracketed).collect()).collect()
}

#[test]
fn the_best_answers_come_first_alike_on_every_store() {
    let desks = desks(async |desk| {
        for (subject, description, reply) in [
            ("Printer", "It smells of fire", None),
            ("Fire in the printer room", "Fire! Fire!", None),
            ("Coffee", "None left", Some("No fire, no coffee")),
            ("Room 4", "The printer is on fire, the fire is in the printer", Some("fire fire fire fire fire fire")),
            ("Fire drill", "As every year", None),
        ] {
            let ticket = desk.open(Draft::incident(subject).description(description)).await.unwrap();
            if let Some(reply) = reply {
                desk.apply(ticket.id, Command::reply(reply)).await.unwrap();
            }
        }
    });
    let first = block_on(desks[0].search_best(&words("fire"), 10)).unwrap();
    assert_eq!(numbers(&first), [2, 4, 5, 1, 3]);
    assert_eq!(marked(&first.hits[0]), ["[Fire] in the printer room", "[Fire]! [Fire]!"]);
    assert_eq!((first.read, first.next), (5, None));
    for desk in &desks {
        assert_eq!(block_on(desk.search_best(&words("fire"), 10)).unwrap(), first);
        let two = block_on(desk.search_best(&words("fire"), 2)).unwrap();
        assert_eq!((numbers(&two), two.read), (vec![2, 4], 5));
        // A phrase scores where it stands, not where its words do.
        assert_eq!(numbers(&block_on(desk.search_best(&phrase("on fire"), 9)).unwrap()), [4]);
    }
}

#[test]
fn a_search_pages_in_any_order_and_shows_why() {
    let desks = desks(async |desk| {
        for number in 1..=5 {
            let text = format!("Since {number} o'clock: disk-full. Please help");
            desk.open(Draft::incident(format!("Alert {number}")).description(text)).await.unwrap();
        }
    });
    for desk in desks {
        for (order, pages) in [
            (Order { by: Sort::Number, descending: false }, [&[1, 2][..], &[3, 4], &[5]]),
            (Order { by: Sort::Number, descending: true }, [&[5, 4], &[3, 2], &[1]]),
            (Order::newest(), [&[5, 4], &[3, 2], &[1]]),
        ] {
            let mut after = None;
            for page in pages {
                let query = Query::new(phrase("disk full")).order(order).limit(2).after(after);
                let found = block_on(desk.search(&query)).unwrap();
                let same = block_on(desk.find(&query)).unwrap();
                assert_eq!((numbers(&found).len(), found.next), (page.len(), same.next));
                assert!(found.hits.iter().map(|hit| &hit.ticket).eq(&same.tickets));
                let hit = &found.hits[0];
                let shown = format!("Since {} o'clock: [disk]-[full]. Please help", hit.ticket.number);
                assert_eq!(marked(hit), [format!("Alert {}", hit.ticket.number), shown]);
                assert_eq!((hit.texts[0].place, hit.texts[0].message), (Place::Description, Version(1)));
                if order.by == Sort::Number {
                    assert_eq!(numbers(&found), page);
                }
                after = found.next;
            }
            assert_eq!(after, None);
        }
    }
}

#[test]
fn only_the_newest_256_are_ranked_and_the_rest_is_told_of() {
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    block_on(async {
        // The best answer is older than those that are ranked.
        desk.open(Draft::incident("fire fire fire")).await.unwrap();
        for number in 0..256 {
            let subject = if number == 100 { "fire fire" } else { "fire" };
            desk.open(Draft::incident(subject)).await.unwrap();
        }
        let found = desk.search_best(&words("fire"), 3).await.unwrap();
        assert_eq!((numbers(&found), found.read), (vec![102, 257, 256], 256));
        let newest = Order { by: Sort::Number, descending: true };
        let rest = desk.search(&Query::new(words("fire")).order(newest).after(found.next)).await.unwrap();
        assert_eq!((numbers(&rest), rest.next), (vec![1], None));
    });
}

#[test]
fn customers_are_shown_public_texts_and_what_is_erased_is_shown_to_nobody() {
    let desks = desks(async |desk| {
        let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
        let id = bo.open(Draft::incident("No mail").description("The mail is late")).await.unwrap().id;
        ada.apply(id, Command::note("His mail is a nuisance")).await.unwrap();
        ada.apply(id, Command::reply("Your mail comes")).await.unwrap();
    });
    for desk in desks {
        let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
        let texts = |desk: &Desk| {
            let found = block_on(desk.search_best(&words("mail"), 9)).unwrap();
            let [hit] = found.hits.as_slice() else { panic!("{found:?}") };
            (marked(hit), hit.texts.iter().map(|text| text.message.0).collect::<Vec<_>>())
        };
        let public = ["No [mail]", "Your [mail] comes", "The [mail] is late"];
        assert_eq!(texts(&bo), (public.map(str::to_owned).to_vec(), vec![0, 0]));
        let all = ["No [mail]", "Your [mail] comes", "His [mail] is a nuisance", "The [mail] is late"];
        assert_eq!(texts(&ada), (all.map(str::to_owned).to_vec(), vec![3, 2, 1]));
        assert!(block_on(bo.search(&Query::new(phrase("a nuisance")))).unwrap().hits.is_empty());
        assert!(block_on(bo.search(&Query::new(Filter { tags: vec!["x".into()], ..words("mail") }))).is_err());
        let stranger = desk.by(Actor::requester("eve"));
        assert!(block_on(stranger.search_best(&words("mail"), 9)).unwrap().hits.is_empty());
    }
}
