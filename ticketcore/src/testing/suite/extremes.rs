//! Texts and times at the edge.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{begin, document, put};
use crate::command::{Command, Draft};
use crate::id::{Key, Version};
use crate::query::{Filter, Order, Period, Query};
use crate::store::Document;
use crate::testing::{Clerk, Harness};
use crate::ticket::Ticket;
use crate::time::{from_micros, trunc};

/// Everything but NUL, which the engine refuses.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "line\nbreaks\r\nand\ttabs",
        "quotes ' \" ` and \\ backslashes \\u0000 \\\" \\'",
        "{\"json\": [null, 1e999]}",
        "%s %d ${HOME} {{template}} <script>alert(1)</script> ?1 $1 :name @x",
        "מימין לשמאל \u{202e}reversed\u{202c}",
        "e\u{301} is not é, ﬁ is not fi, Å is not Å",
        "👩‍👩‍👧‍👦 🇩🇪 \u{1f3f4}\u{e0067}\u{e0062}",
        "\u{feff}byte order mark, \u{200b}no width, \u{2028}line \u{2029}paragraph",
        "\u{7f}\u{80}\u{9f}\u{ffff}\u{fffe}\u{10ffff}\u{e000}\u{fdd0}",
        " blank at both ends ",
    ]
    .map(str::to_owned)
    .into();
    texts.push(('\u{1}'..' ').collect());
    texts
}

pub async fn text_is_kept_to_the_byte(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    for text in texts() {
        let draft = Draft::incident(text.as_str()).description(text.as_str()).external(text.as_str());
        let opening = clerk.opening(draft.field("note", text.as_str()));
        let made = Arc::clone(&opening.ticket);
        let ticket = clerk.write(&*store, opening).await;
        assert_eq!(*ticket, Ticket { number: ticket.number, ..Ticket::clone(&made) }, "{text:?}");
        let ticket = clerk.apply(&*store, &ticket, Command::reply(text.as_str())).await;
        let read = store.load(clerk.tenant(), ticket.id).await.unwrap().unwrap();
        assert_eq!((&read, &read.subject), (&ticket, &text));
        let history = store.history(clerk.tenant(), ticket.id, Version(0), 10).await.unwrap();
        assert!(history.iter().all(|one| one.text.as_deref() == Some(&text)), "{text:?}");
        let filter = Filter { externals: vec![text.clone()], ..Filter::default() };
        assert_eq!(store.find(clerk.tenant(), &Query::new(filter)).await.unwrap().tickets, [ticket], "{text:?}");

        let written = document("note", &text, 1, &text);
        put(&*store, clerk.tenant(), written.clone()).await.unwrap();
        assert_eq!(store.document(clerk.tenant(), &written.kind, &text).await.unwrap(), Some(written));
    }
}

pub async fn a_megabyte_of_text_is_kept_to_the_byte(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let long = "Zeile für Zeile, 🔥\n".repeat(45_000);
    let text = &long[..long.floor_char_boundary(1_000_000)];
    let ticket = clerk.open(&*store, Draft::incident("Log attached").description(text)).await;
    clerk.apply(&*store, &ticket, Command::note(text)).await;
    let history = store.history(clerk.tenant(), ticket.id, Version(0), 10).await.unwrap();
    assert_eq!(history.len(), 2);
    assert!(history.iter().all(|one| one.text.as_deref() == Some(text)), "the text is not what was written");
    let body = document("log", "long", 1, text);
    put(&*store, clerk.tenant(), body.clone()).await.unwrap();
    assert!(store.document(clerk.tenant(), &body.kind, "long").await.unwrap() == Some(body));
}

pub async fn a_ticket_as_large_as_the_limits_allow_is_kept(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let names = (0..200).map(|i| format!("{i:03}-{}", "n".repeat(120)));
    let mut draft = Draft::incident("s".repeat(1000)).field("note", "v".repeat(4000)).external("x".repeat(4000));
    draft.tags = names.clone().map(Key::from).collect();
    draft.watchers = names.clone().map(Into::into).collect();
    let ticket = clerk.open(&*store, draft).await;
    let filter = Filter { tags: names.map(Key::from).collect(), ..Filter::default() };
    assert_eq!(store.find(clerk.tenant(), &Query::new(filter)).await.unwrap().tickets, [ticket]);
}

/// From the first instant there is to the last, in order.
fn times() -> Vec<DateTime<Utc>> {
    let years =
        [-62_135_596_800_000_000, -12_219_292_800_000_000, -1, 0, 1, 1_772_442_000_123_457, 253_402_300_799_999_999];
    let mut times = vec![trunc(DateTime::<Utc>::MIN_UTC) + TimeDelta::microseconds(1)];
    times.extend(years.into_iter().filter_map(from_micros));
    times.push(trunc(DateTime::<Utc>::MAX_UTC));
    times
}

pub async fn times_are_kept_to_the_microsecond_in_any_age(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut tickets: Vec<Arc<Ticket>> = Vec::new();
    for at in times() {
        clerk.set(at);
        let mut opening = clerk.opening(Draft::incident("At the edge of time"));
        opening.marks.wake = Some(at);
        let ticket = clerk.write(&*store, opening).await;
        assert_eq!((ticket.created, ticket.updated), (at, at));
        assert_eq!(store.load(clerk.tenant(), ticket.id).await.unwrap().as_ref(), Some(&ticket), "{at}");
        let history = store.history(clerk.tenant(), ticket.id, Version(0), 10).await.unwrap();
        assert_eq!(history[0].at, at);
        let written = Document { at, ..document("age", &at.to_rfc3339(), 1, "") };
        put(&*store, clerk.tenant(), written.clone()).await.unwrap();
        assert_eq!(store.document(clerk.tenant(), &written.kind, &written.key).await.unwrap(), Some(written));
        tickets.push(ticket);
    }
    let oldest = Query::new(Filter::all()).order(Order::oldest());
    assert_eq!(store.find(clerk.tenant(), &oldest).await.unwrap().tickets, tickets);
    for (i, ticket) in tickets.iter().enumerate() {
        let due = store.due(ticket.created, 100).await.unwrap();
        let named: Vec<_> = due.tickets.into_iter().map(|(_, id)| id).collect();
        assert_eq!(named, tickets[..=i].iter().map(|ticket| ticket.id).collect::<Vec<_>>(), "{}", ticket.created);
        assert_eq!(due.next, tickets.get(i + 1).map(|next| next.created));
        let period = Period { from: Some(ticket.created), to: None };
        let query = Query::new(Filter { created: period, ..Filter::default() }).order(Order::oldest());
        assert_eq!(store.find(clerk.tenant(), &query).await.unwrap().tickets, tickets[i..], "{}", ticket.created);
    }
}

pub async fn a_microsecond_tells_two_tickets_apart(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(clerk.open(&*store, Draft::incident("Just now")).await);
        clerk.pass(TimeDelta::microseconds(1));
    }
    for (i, ticket) in tickets.iter().enumerate() {
        let at = ticket.created;
        let created = Period::between(at, at + TimeDelta::microseconds(1));
        let found = store.find(clerk.tenant(), &Query::new(Filter { created, ..Filter::default() })).await.unwrap();
        assert_eq!(found.tickets, tickets[i..=i]);
        let never = Filter { updated: Period::between(at, at), ..Filter::default() };
        assert_eq!(store.find(clerk.tenant(), &Query::new(never)).await.unwrap().tickets, [], "the end is not in");
    }
}

pub async fn names_of_tenants_are_kept_to_the_byte(harness: &dyn Harness) {
    let store = harness.open().await;
    for (seed, name) in (1..).zip(["a", "A", "ä", "a\u{308}", "a'b", "a\"b", "a\\", "a/b", "🔥", " a", "a "]) {
        let clerk = Clerk::new(seed).of(name);
        let ticket = clerk.open(&*store, Draft::incident(name)).await;
        assert_eq!((ticket.number, ticket.tenant.as_str()), (1, name));
        let found = store.find(clerk.tenant(), &Query::default()).await.unwrap();
        assert_eq!(found.tickets, [ticket]);
    }
}
