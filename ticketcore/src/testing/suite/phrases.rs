//! Phrases and beginnings of words; see [`Filter::phrases`] and [`Filter::prefixes`].

use super::begin;
use crate::command::{Command, Draft};
use crate::id::Version;
use crate::query::{Filter, Order, Query, Sort};
use crate::report::{Measure, Measured, Scan, TableSpec};
use crate::store::{Change, Store};
use crate::testing::{Clerk, Harness};

fn phrase(text: &str) -> Filter {
    Filter { phrases: vec![text.to_owned()], ..Filter::default() }
}

fn prefix(text: &str) -> Filter {
    Filter { prefixes: vec![text.to_owned()], ..Filter::default() }
}

fn word(text: &str) -> Filter {
    Filter { words: vec![text.to_owned()], ..Filter::default() }
}

fn public(mut filter: Filter) -> Filter {
    filter.sight.public = true;
    filter
}

/// The numbers of the tickets that are meant, in pages of every order and in figures.
async fn ask(store: &dyn Store, clerk: &Clerk, filter: Filter) -> Vec<i64> {
    let tables = vec![TableSpec::new([], [Measure::Count])];
    let scan = Scan { filter: filter.clone(), tables, now: clerk.now() };
    let counted = store.tally(clerk.tenant(), &scan).await.unwrap();
    let mut found = Vec::new();
    for by in [Sort::Created, Sort::Number] {
        let query = Query::new(filter.clone()).order(Order { by, descending: true });
        let page = store.find(clerk.tenant(), &query).await.unwrap();
        found = page.tickets.iter().map(|ticket| ticket.number).collect();
        let count = u64::try_from(found.len()).unwrap();
        assert_eq!(counted[0].rows[0].values, [Measured::Count(count)], "{filter:?}");
    }
    found.reverse();
    found
}

pub async fn a_phrase_stands_in_one_text_word_by_word(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let draft = Draft::incident("Disk full on db-01").description("The\tdisk: \"FULL\"; again, again and again");
    let first = clerk.open(&*store, draft).await;
    let first = clerk.apply(&*store, &first, Command::reply("I made room on the disk")).await;
    let first = clerk.apply(&*store, &first, Command::note("full of logs; see the very old rule")).await;
    clerk.apply(&*store, &first, Command::Rename("Volume is full".to_owned())).await;
    let second = clerk.open(&*store, Draft::incident("Full disk").description("on db 01")).await;
    clerk.apply(&*store, &second, Command::reply("disk")).await;
    clerk.open(&*store, Draft::incident("Диск ЗАПОЛНЕН, İzmir").description("Straße 7")).await;
    clerk.open(&*store, Draft::incident("Not in \"C:\\temp\" found")).await;

    for (text, found) in [
        ("disk full", &[1][..]),
        ("full disk", &[2]),
        ("DISK-FULL", &[1]),
        ("disk full on db 01", &[1]),
        // Of another text than the other words.
        ("volume is full", &[1]),
        ("again again and again", &[1]),
        ("again again again", &[]),
        // Neither across two messages nor from a subject to its description.
        ("on the disk full of logs", &[]),
        ("disk on", &[]),
        ("db 01 the disk", &[]),
        ("full on disk", &[]),
        // Of whole words.
        ("isk full", &[]),
        ("disk ful", &[]),
        // One word, or one that is repeated.
        ("disk", &[1, 2]),
        ("full full", &[]),
        ("диск заполнен", &[3]),
        ("ЗАПОЛНЕН İZMIR", &[3]),
        ("straße 7", &[3]),
        ("the", &[1]),
        ("not in c temp found", &[4]),
        ("temp FOUND", &[4]),
        ("ctemp found", &[]),
    ] {
        assert_eq!(ask(&*store, &clerk, phrase(text)).await, found, "{text:?}");
    }
    let two = Filter { phrases: vec!["disk full".into(), "old rule".into()], ..word("logs") };
    assert_eq!(ask(&*store, &clerk, two).await, [1]);
}

pub async fn a_prefix_begins_a_word(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let first = clerk.open(&*store, Draft::incident("Printers on fire").description("db-01 is slow")).await;
    clerk.apply(&*store, &first, Command::note("Reprinted; İZMIR, ΣΟΦΟΣ")).await;
    clerk.open(&*store, Draft::incident("Print server").description("db-02")).await;
    clerk.open(&*store, Draft::incident("принтер сломан").description("x".repeat(3000))).await;

    for (text, found) in [
        ("print", &[1, 2][..]),
        ("PRINT", &[1, 2]),
        ("printer", &[1]),
        ("printers", &[1]),
        ("printersx", &[]),
        ("rint", &[]),
        ("reprint", &[1]),
        ("p", &[1, 2]),
        ("прин", &[3]),
        ("İz", &[1]),
        ("σοφο", &[1]),
        // Of several words, the last is a beginning.
        ("db-0", &[1, 2]),
        ("db-02", &[2]),
        ("print-serv", &[2]),
        ("prin-server", &[]),
    ] {
        assert_eq!(ask(&*store, &clerk, prefix(text)).await, found, "{text:?}");
    }
    for (length, found) in [(1, &[3][..]), (290, &[3]), (400, &[3]), (2999, &[3]), (3000, &[3]), (3001, &[])] {
        assert_eq!(ask(&*store, &clerk, prefix(&"x".repeat(length))).await, found, "{length}");
    }
    assert_eq!(ask(&*store, &clerk, prefix(&format!("{}y", "x".repeat(1000)))).await, [0; 0]);
    let both = Filter { prefixes: vec!["print".into(), "ser".into()], ..Filter::default() };
    assert_eq!(ask(&*store, &clerk, both).await, [2]);
}

/// Whatever people type or paste, and whatever the languages of databases make of it.
pub async fn nothing_in_a_phrase_or_prefix_is_an_operator(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("Printer on fire").description("100% or more, AND NOT less")).await;
    clerk.open(&*store, Draft::incident("Fire near a printer")).await;
    for (text, as_phrase, as_prefix) in [
        ("\"printer on\"", &[1][..], &[1][..]),
        ("printer\" \"on", &[1], &[1]),
        ("printer\" OR \"fire", &[], &[1]),
        ("printer NEAR fire", &[], &[2]),
        ("NEAR(fire printer)", &[], &[2]),
        ("printer * fire", &[], &[1, 2]),
        ("print*", &[], &[1, 2]),
        ("pr_nter", &[], &[]),
        ("print%", &[], &[1, 2]),
        ("%", &[1, 2], &[1, 2]),
        ("_", &[1, 2], &[1, 2]),
        ("on% fi%", &[], &[1]),
        ("100\\% or", &[1], &[1]),
        ("and -not", &[1], &[1]),
        ("(printer | on)", &[1], &[1]),
        ("'; drop table event; --", &[], &[]),
        ("printer' on 'fire", &[1], &[1]),
        ("subject : printer", &[], &[]),
        ("^fire", &[1, 2], &[1, 2]),
        ("fire:*", &[1, 2], &[1, 2]),
        ("printer <-> on", &[1], &[1]),
        ("?1 $1 @.event {}", &[], &[]),
        ("§printer", &[1, 2], &[1, 2]),
        ("[printer] on", &[1], &[1]),
        ("printer\u{202e}on", &[1], &[1]),
        ("printer\0on", &[1], &[1]),
    ] {
        assert_eq!(ask(&*store, &clerk, phrase(text)).await, as_phrase, "phrase {text:?}");
        assert_eq!(ask(&*store, &clerk, prefix(text)).await, as_prefix, "prefix {text:?}");
    }
}

pub async fn an_empty_phrase_or_prefix_asks_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("Anything")).await;
    clerk.open(&*store, Draft::incident("?!")).await;
    for text in ["", "\"\"", " * ", "%_\\"] {
        assert_eq!(ask(&*store, &clerk, phrase(text)).await, [1, 2], "{text:?}");
        assert_eq!(ask(&*store, &clerk, prefix(text)).await, [1, 2], "{text:?}");
        let with = |filter: Filter| Filter { words: vec!["anything".into()], ..filter };
        assert_eq!(ask(&*store, &clerk, with(phrase(text))).await, [1], "{text:?}");
        assert_eq!(ask(&*store, &clerk, with(prefix(text))).await, [1], "{text:?}");
        let none = Filter { none: vec![phrase(text)], ..Filter::default() };
        assert_eq!(ask(&*store, &clerk, none).await, [0; 0], "{text:?}");
    }
}

pub async fn phrases_and_prefixes_mean_the_same_at_any_depth(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for subject in ["disk full", "full disk", "disks full", "water"] {
        clerk.open(&*store, Draft::incident(subject)).await;
    }
    let any = |any: Vec<Filter>| Filter { any, ..Filter::default() };
    let none = |none: Vec<Filter>| Filter { none, ..Filter::default() };
    for (filter, found) in [
        (any(vec![phrase("disk full"), word("water")]), &[1, 4][..]),
        (none(vec![phrase("disk full")]), &[2, 3, 4]),
        (none(vec![prefix("disk")]), &[4]),
        (none(vec![phrase("full disk"), prefix("wat")]), &[1, 3]),
        (Filter { none: vec![phrase("disk full")], ..prefix("disk") }, &[2, 3]),
        (Filter { all: vec![any(vec![phrase("disk full"), phrase("full disk")])], ..word("full") }, &[1, 2]),
        (none(vec![none(vec![phrase("disk full")])]), &[1]),
        (Filter { any: vec![prefix("disks"), word("water")], ..phrase("disks full") }, &[3]),
    ] {
        assert_eq!(ask(&*store, &clerk, filter.clone()).await, found, "{filter:?}");
    }
}

pub async fn phrases_of_notes_are_found_by_those_who_read_them(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Mail is late").description("Since monday morning")).await;
    let ticket = clerk.apply(&*store, &ticket, Command::reply("We look into it")).await;
    clerk.apply(&*store, &ticket, Command::note("He is a nuisance; we look away, since monday")).await;
    for (text, by_all) in [
        ("is late", true),
        ("we look into", true),
        ("since monday", true),
        ("a nuisance", false),
        ("we look away", false),
        // Its words stand in public texts, and they are a phrase in the note alone.
        ("is a", false),
    ] {
        assert_eq!(ask(&*store, &clerk, phrase(text)).await, [1], "{text}");
        assert_eq!(ask(&*store, &clerk, public(phrase(text))).await.len(), usize::from(by_all), "{text}");
        let none = |sight: fn(Filter) -> Filter| sight(Filter { none: vec![phrase(text)], ..Filter::default() });
        assert_eq!(ask(&*store, &clerk, none(public)).await.len(), usize::from(!by_all), "{text}");
    }
    for (text, by_all) in [("lat", true), ("loo", true), ("nuis", false), ("awa", false)] {
        assert_eq!(ask(&*store, &clerk, prefix(text)).await, [1], "{text}");
        assert_eq!(ask(&*store, &clerk, public(prefix(text))).await.len(), usize::from(by_all), "{text}");
    }
}

pub async fn erased_texts_are_found_by_no_phrase_and_no_prefix(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let draft = Draft::incident("Open secret").description("Secret number one");
    let ticket = clerk.open(&*store, draft).await;
    let ticket = clerk.apply(&*store, &ticket, Command::reply("Hidden number two")).await;
    let ticket = clerk.apply(&*store, &ticket, Command::note("Third number")).await;
    assert_eq!(ask(&*store, &clerk, phrase("number one")).await, [1]);
    let nothing = clerk.tag(&ticket, "unused");
    let erased = vec![Version(1), Version(2)];
    clerk.write(&*store, Change { ticket: ticket.clone(), facts: Vec::new(), erased, ..nothing }).await;
    for store in [store, harness.open().await] {
        for (filter, found) in [
            (phrase("number one"), &[][..]),
            (phrase("secret number"), &[]),
            (phrase("hidden number"), &[]),
            (phrase("third number"), &[1]),
            (phrase("open secret"), &[1]),
            (prefix("hid"), &[]),
            (prefix("secr"), &[1]),
            (prefix("thi"), &[1]),
            (public(phrase("third number")), &[]),
        ] {
            assert_eq!(ask(&*store, &clerk, filter.clone()).await, found, "{filter:?}");
        }
    }
}

pub async fn another_tenants_phrases_and_prefixes_are_not_found(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let other = Clerk::new(2).of("other");
    clerk.open(&*store, Draft::incident("disk full")).await;
    other.open(&*store, Draft::incident("full disk")).await;
    for filter in [phrase("disk full"), prefix("dis")] {
        assert_eq!(ask(&*store, &clerk, filter).await, [1]);
    }
    assert_eq!(ask(&*store, &other, phrase("disk full")).await, [0; 0]);
    assert_eq!(ask(&*store, &other, phrase("full disk")).await, [1]);
    assert_eq!(ask(&*store, &other, prefix("ful")).await, [1]);
}

pub async fn a_phrase_may_be_ten_thousand_words_long(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let many: Vec<String> = (0..10_000).map(|number| format!("w{}", number % 100)).collect();
    let text = format!("x {} y", many.join(" "));
    clerk.open(&*store, Draft::incident("Many words").description(text.as_str())).await;
    assert_eq!(ask(&*store, &clerk, phrase(&text)).await, [1]);
    assert_eq!(ask(&*store, &clerk, phrase(&many.join("-"))).await, [1]);
    assert_eq!(ask(&*store, &clerk, phrase(&format!("{} x", many.join(" ")))).await, [0; 0]);
    let thousand = Filter {
        phrases: many.windows(3).take(1000).map(|some| some.join(" ")).collect(),
        prefixes: (0..1000).map(|number| format!("w{}", number % 10)).collect(),
        ..Filter::default()
    };
    assert_eq!(ask(&*store, &clerk, thousand).await, [1]);
}
