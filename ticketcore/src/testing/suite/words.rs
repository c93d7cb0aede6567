//! Words in subjects, descriptions and messages; see [`query::words`](crate::query::words).

use super::begin;
use crate::command::{Command, Draft};
use crate::query::{Filter, Order, Query, Sort};
use crate::store::Store;
use crate::testing::{Clerk, Harness};

/// The numbers of the tickets in which all of the words occur.
async fn ask(store: &dyn Store, clerk: &Clerk, words: &[&str]) -> Vec<i64> {
    let filter = Filter { words: words.iter().map(|word| (*word).to_owned()).collect(), ..Filter::default() };
    let query = Query::new(filter).order(Order { by: Sort::Number, descending: false });
    let found = store.find(clerk.tenant(), &query).await.unwrap();
    found.tickets.iter().map(|ticket| ticket.number).collect()
}

pub async fn words_are_found_wherever_they_were_written(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let first = clerk.open(&*store, Draft::incident("Printer on fire").description("Smoke in room 4711")).await;
    let second = clerk.open(&*store, Draft::incident("Fire drill")).await;
    let first = clerk.apply(&*store, &first, Command::reply("Use the extinguisher.")).await;
    let first = clerk.apply(&*store, &first, Command::note("The cartridge exploded")).await;
    clerk.apply(&*store, &first, Command::Rename("Copier broken".to_owned())).await;
    clerk.apply(&*store, &second, Command::Tag("extinguisher".into())).await;

    for (question, found) in [
        (&["fire"][..], &[1, 2][..]),
        (&["drill"], &[2]),
        (&["smoke"], &[1]),
        (&["extinguisher"], &[1]),
        (&["exploded"], &[1]),
        (&["copier"], &[1]),
        (&["printer", "copier"], &[1]),
        (&["4711", "extinguisher", "cartridge", "fire", "copier"], &[1]),
        (&["extinguisher cartridge"], &[1]),
        (&["fire fire"], &[1, 2]),
        (&["drill", "copier"], &[]),
        (&["water"], &[]),
    ] {
        assert_eq!(ask(&*store, &clerk, question).await, found, "{question:?}");
    }
}

pub async fn words_are_whole_words_in_any_case_and_script(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for text in
        ["Printer", "Straße", "Принтер СЛОМАН", "Cafe\u{301} noir", "東京駅 の", "हिन्दी", "ΣΟΦΟΣ", "x86_64", "İzmir"]
    {
        clerk.open(&*store, Draft::incident(text)).await;
    }
    for (question, found) in [
        ("printer", &[1][..]),
        ("PRINTER", &[1]),
        ("print", &[]),
        ("rinter", &[]),
        ("printers", &[]),
        ("straße", &[2]),
        ("STRAẞE", &[2]),
        // Letters are compared as they are: nothing is folded, stemmed or stripped of its accents.
        ("strasse", &[]),
        ("сломан", &[3]),
        ("принтер сломан", &[3]),
        // A combining accent is no letter of its own and ends the word, here as there.
        ("cafe\u{301}", &[4]),
        ("cafe", &[4]),
        ("café", &[]),
        ("東京駅", &[5]),
        ("東京", &[]),
        ("हिन्दी", &[6]),
        ("ΣΟΦΟΣ", &[7]),
        ("64", &[8]),
        ("x86-64", &[8]),
        ("x8664", &[]),
        ("İZMIR", &[9]),
    ] {
        assert_eq!(ask(&*store, &clerk, &[question]).await, found, "{question:?}");
    }
}

pub async fn nothing_in_a_question_is_an_operator(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("Printer on fire")).await;
    clerk.open(&*store, Draft::incident("Fire is near and not out")).await;
    for (question, found) in [
        ("\"fire printer\"", &[1][..]),
        ("\"fire", &[1, 2]),
        ("'fire'; drop table ticket; --", &[]),
        ("fir*", &[]),
        ("fire*", &[1, 2]),
        ("-fire", &[1, 2]),
        ("^fire", &[1, 2]),
        ("fire NEAR printer", &[]),
        ("NEAR(fire out)", &[2]),
        ("fire AND printer", &[]),
        ("AND NOT", &[2]),
        ("printer OR water", &[]),
        ("subject:fire", &[]),
        ("{fire}", &[1, 2]),
        ("+fire && !water", &[]),
        ("f_re", &[]),
        ("fi%", &[]),
        ("%", &[1, 2]),
        ("fire\\", &[1, 2]),
        ("(fire", &[1, 2]),
        ("fire & <-> | :*", &[1, 2]),
        ("?1", &[]),
    ] {
        assert_eq!(ask(&*store, &clerk, &[question]).await, found, "{question:?}");
    }
}

pub async fn a_question_without_words_asks_nothing(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    clerk.open(&*store, Draft::incident("Anything")).await;
    for question in [&[][..], &[""], &["***", "\"\"", " - "]] {
        assert_eq!(ask(&*store, &clerk, question).await, [1], "{question:?}");
    }
    assert_eq!(ask(&*store, &clerk, &["\"\"", "anything"]).await, [1]);
    assert_eq!(ask(&*store, &clerk, &["\"\"", "nothing"]).await, [0; 0]);
}

pub async fn a_question_may_be_ten_thousand_characters_long(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let long = "x".repeat(10_000);
    let many: Vec<String> = (1000..3000).map(|number| number.to_string()).collect();
    let many = many.join(" ");
    clerk.open(&*store, Draft::incident("One long word").description(long.as_str())).await;
    clerk.open(&*store, Draft::incident("Many words").description(many.as_str())).await;
    let (longer, more) = (format!("{long}x"), format!("{many} 3000"));
    for (question, found) in [
        (&long, &[1][..]),
        (&long.to_uppercase(), &[1]),
        (&longer, &[]),
        (&many, &[2]),
        (&more, &[]),
        (&"\"(".repeat(5000), &[1, 2]),
    ] {
        let start = &question[..20];
        assert_eq!(ask(&*store, &clerk, &[question]).await, found, "{start}…, {} characters", question.len());
    }
}

pub async fn words_are_asked_together_with_everything_else(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for (subject, queue) in [("Fire", "a"), ("Fire", "b"), ("Water", "a"), ("Fire", "a")] {
        clerk.open(&*store, Draft::incident(subject).queue(queue)).await;
    }
    let query =
        Query::new(Filter { words: vec!["fire".to_owned()], ..Filter::queue("a") }).order(Order::rank()).limit(1);
    let first = store.find(clerk.tenant(), &query).await.unwrap();
    let second = store.find(clerk.tenant(), &query.after(first.next)).await.unwrap();
    let mut numbers = [first.tickets[0].number, second.tickets[0].number];
    numbers.sort_unstable();
    assert_eq!((numbers, second.next), ([1, 4], None));
}
