//! Lists and saved views: pages that turn both ways in every order while tickets come and go, bookmarks that fit one
//! question, bounds that are told, and views that are shared, counted and grouped.

#[path = "support/file.rs"]
mod file;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::TimeDelta;
use file::File;
use ticketcore::desk::{Counted, Leaf, List, Turn};
use ticketcore::query::{Order, Sort};
use ticketcore::report::{Cell, Dimension};
use ticketcore::testing::{Dice, block_on, question, sample};
use ticketcore::time::ManualClock;
use ticketcore::view::{Column, View};
use ticketcore::{
    Actor, Command, Desk, Draft, Error, Filter, Level, MemoryStore, Party, Query, Store, TicketId, Version,
};
use ticketcore_sqlite::{Durability, SqliteOptions};

fn office(store: Arc<dyn Store>) -> (Desk, ManualClock) {
    let clock = ManualClock::new(sample::start());
    (Desk::new(store).with_clock(clock.clone()).with_seed(7), clock)
}

/// In memory, and in a file.
fn stores(file: &File) -> [Arc<dyn Store>; 2] {
    let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
    [Arc::new(MemoryStore::new()), Arc::new(sqlite)]
}

async fn fill(desk: &Desk, clock: &ManualClock, dice: &mut Dice, count: usize) -> Vec<TicketId> {
    let levels = [Level::HIGH, Level::MEDIUM, Level::LOW];
    let mut ids = Vec::new();
    for number in 0..count {
        clock.advance(TimeDelta::seconds(i64::try_from(dice.below(2)).unwrap()));
        let draft = Draft::incident(format!("Ticket {number}")).rated(*dice.pick(&levels), *dice.pick(&levels));
        let ticket = desk.open(draft.team(*dice.pick(&["net", "db"]))).await.unwrap();
        if dice.once_in(3) {
            desk.apply(ticket.id, Command::transition("resolve")).await.unwrap();
        }
        ids.push(ticket.id);
    }
    ids
}

/// There and back again: every order, in pages of several lengths, is read without gap or repeat in both directions.
#[test]
fn pages_turn_both_ways_in_every_order() {
    block_on(async {
        let file = File::new();
        for store in stores(&file) {
            let (desk, clock) = office(store);
            fill(&desk, &clock, &mut Dice::new(1), 17).await;
            for order in question::ORDERS {
                let query = Query::new(Filter::all()).order(order);
                let whole = desk.find(&query.clone().limit(usize::MAX)).await.unwrap().tickets;
                for limit in [1, 4, 17] {
                    let query = query.clone().limit(limit);
                    let (mut turn, mut there) = (Turn::Start, Vec::new());
                    let last = loop {
                        let leaf = desk.turn(&query, turn, None).await.unwrap();
                        there.extend(leaf.tickets.clone());
                        match leaf.next {
                            Some(next) => turn = Turn::After(next),
                            None => break leaf,
                        }
                    };
                    assert_eq!(there, whole, "{order:?} by {limit}");
                    let (mut previous, mut back) = (last.previous, last.tickets);
                    while let Some(place) = previous {
                        let Leaf { tickets, previous: before, next } =
                            desk.turn(&query, Turn::Before(place), None).await.unwrap();
                        assert_eq!(next, Some(place));
                        back.splice(0..0, tickets);
                        previous = before;
                    }
                    assert_eq!(back, whole, "back in {order:?} by {limit}");
                }
            }
        }
    });
}

/// Whoever turns the pages of the tickets that stay sees each of them once, whatever else comes and goes meanwhile.
#[test]
fn what_stays_is_seen_once_while_others_come_and_go() {
    block_on(async {
        for seed in 0..20 {
            let (desk, clock) = office(Arc::new(MemoryStore::new()));
            let mut dice = Dice::new(seed);
            let stay: BTreeSet<TicketId> = fill(&desk, &clock, &mut dice, 12).await.into_iter().collect();
            for by in [Sort::Created, Sort::Number, Sort::Priority] {
                let query = Query::new(Filter::all()).order(Order { by, descending: dice.once_in(2) }).limit(3);
                let (mut turn, mut seen) = (Turn::Start, Vec::new());
                loop {
                    let leaf = desk.turn(&query, turn, None).await.unwrap();
                    seen.extend(leaf.tickets.iter().map(|ticket| ticket.id).filter(|id| stay.contains(id)));
                    fill(&desk, &clock, &mut dice, 1).await;
                    match leaf.next {
                        Some(next) => turn = Turn::After(next),
                        None => break,
                    }
                }
                let once: BTreeSet<TicketId> = seen.iter().copied().collect();
                assert_eq!((seen.len(), &once), (stay.len(), &stay), "{query:?}");
            }
        }
    });
}

#[test]
fn a_bound_on_what_is_looked_at_is_told_and_gone_on_from() {
    block_on(async {
        let file = File::new();
        for store in stores(&file) {
            let (desk, clock) = office(store);
            fill(&desk, &clock, &mut Dice::new(2), 20).await;
            desk.open(Draft::incident("The needle").category("needle")).await.unwrap();
            let list = List::new("category:needle sort:number").look(NonZeroUsize::new(6).unwrap());
            let (mut pages, mut found) = (0, Vec::new());
            let mut page = desk.list(&list).await.unwrap();
            loop {
                pages += 1;
                found.extend(page.tickets.iter().map(|ticket| ticket.number));
                let Some(next) = page.next else { break };
                page = desk.list(&list.clone().from(next)).await.unwrap();
            }
            assert_eq!((pages, found), (4, vec![21]), "6, 6, 6 and 3 tickets are looked at");
            // A place that somebody does not see is told to nobody.
            let bo = desk.by(Actor::requester("bo"));
            assert_eq!(bo.list(&List::new("sort:number").look(NonZeroUsize::MIN)).await.unwrap().next, None);
        }
    });
}

#[test]
fn a_bookmark_fits_one_question_of_one_tenant() {
    block_on(async {
        let (desk, clock) = office(Arc::new(MemoryStore::new()));
        fill(&desk, &clock, &mut Dice::new(3), 5).await;
        let list = List::new("is:open  sort:number").limit(1);
        let next = desk.list(&list).await.unwrap().next.unwrap();
        assert!(desk.list(&List::new("is:open sort:number").from(next.clone())).await.is_ok(), "blanks do not matter");
        let other = desk.tenant("other");
        for (refused, why) in [
            (desk.list(&List::new("is:open sort:-number").from(next.clone())).await, "of another question or tenant"),
            (desk.list(&List::new("sort:number").from(next.clone())).await, "of another question or tenant"),
            (other.list(&list.clone().from(next.clone())).await, "of another question or tenant"),
            (desk.list(&list.clone().from(next[1..].to_owned())).await, "is no bookmark"),
            (desk.list(&list.clone().from("ä")).await, "is no bookmark"),
        ] {
            let refused = refused.unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
    });
}

#[test]
fn a_view_is_its_owners_is_shared_and_shows_everybody_what_they_see() {
    block_on(async {
        let (desk, _) = office(Arc::new(MemoryStore::new()));
        let [ada, eve] = ["ada", "eve"].map(|name| desk.by(Actor::agent(name).team("net")));
        desk.open(Draft::incident("For ada").assignee("ada").team("net")).await.unwrap();
        desk.open(Draft::incident("For eve").assignee("eve").team("net")).await.unwrap();
        let mine = View::new("mine", "assignee:me is:open").share(Party::Team("net".into()));
        let put = ada.put_view(mine.clone(), Some(Version(0))).await.unwrap();
        assert_eq!((put.version, put.record.owner.as_str()), (Version(1), "ada"));
        for (name, desk) in [("ada", &ada), ("eve", &eve)] {
            let page = desk.open_view("mine", &List::default()).await.unwrap();
            let subjects: Vec<&str> = page.tickets.iter().map(|ticket| ticket.subject.as_str()).collect();
            assert_eq!(subjects, [format!("For {name}")], "`me` is whoever opens it");
        }
        let narrowed = ada.open_view("mine", &List::new("team:db")).await.unwrap();
        assert_eq!(narrowed.tickets, []);
        let either = ada.open_view("mine", &List::new("team:db or team:net")).await.unwrap();
        assert_eq!(either.tickets.len(), 1, "what narrows it stands in parentheses");

        let stranger = desk.by(Actor::agent("joe"));
        let refused = stranger.open_view("mine", &List::default()).await.unwrap_err();
        assert!(refused.to_string().contains("there is no view `mine`"), "{refused}");
        assert_eq!(stranger.views().await.unwrap(), []);
        let refused = eve.put_view(mine.clone(), None).await.unwrap_err();
        assert!(refused.to_string().contains("somebody else's"), "{refused}");
        assert!(matches!(ada.put_view(mine.clone(), Some(Version(0))).await, Err(Error::Store(_))), "it is there");
        assert!(desk.by(Actor::requester("bo")).put_view(mine.clone(), None).await.unwrap_err().refusal().is_some());
        assert!(eve.remove_view("mine").await.is_err());
        ada.remove_view("mine").await.unwrap();
        assert_eq!(ada.views().await.unwrap(), []);
    });
}

#[test]
fn views_are_counted_and_grouped() {
    block_on(async {
        let (desk, _) = office(Arc::new(MemoryStore::new()));
        for team in ["net", "net", "db"] {
            desk.open(Draft::incident("No mail").team(team)).await.unwrap();
        }
        desk.put_view(View::new("all", "is:open").group(Dimension::Team).everybody(), None).await.unwrap();
        desk.put_view(View::new("db", "team:db").everybody(), None).await.unwrap();
        let ada = desk.by(Actor::agent("ada"));
        let counts = ada.count_views().await.unwrap();
        let expected = [("all", 3), ("db", 1)].map(|(key, count)| Counted { key: key.into(), count: Ok(count) });
        assert_eq!(counts, expected);
        let groups = ada.view_groups("all").await.unwrap();
        let groups: Vec<(&Cell, u64)> = groups.iter().map(|group| (&group.cell, group.count)).collect();
        assert_eq!(groups, [(&Cell::Text("db".into()), 1), (&Cell::Text("net".into()), 2)]);
        assert_eq!(ada.view_groups("db").await.unwrap()[0].count, 1);
    });
}

#[test]
fn a_view_names_what_is_wrong_with_it() {
    block_on(async {
        let (desk, _) = office(Arc::new(MemoryStore::new()));
        for (view, why) in [
            (View::new("", "is:open"), "key: is no name"),
            (View::new("a", "is:open").title("a\nb"), "title: is no line"),
            (View::new("a", "asignee:me"), "question: at 1: unknown field `asignee`, did you mean `assignee`?"),
            (View::new("a", "is:open").columns([]), "columns: shows nothing"),
            (View::new("a", "kind:nothing"), "nothing"),
        ] {
            let refused = desk.put_view(view, None).await.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        let columns: Vec<Column> = serde_json::from_str(r#"["number","field.site","created"]"#).unwrap();
        assert_eq!(columns, [Column::Number, Column::Field("site".into()), Column::Created]);
        let unknown = serde_json::from_str::<Column>(r#""colour""#).unwrap_err().to_string();
        assert!(unknown.contains("`colour` is no column; known: number, subject"), "{unknown}");
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        let shown: Vec<Option<String>> = columns.iter().map(|column| column.of(&ticket)).collect();
        assert_eq!(shown, [Some("INC-1".into()), None, Some("2026-03-02T09:00:00Z".into())]);
    });
}

#[test]
fn it_is_told_what_a_page_is_read_off_and_what_it_takes() {
    block_on(async {
        let file = File::new();
        let [memory, sqlite] = stores(&file).map(|store| office(store).0);
        for desk in [&memory, &sqlite] {
            for _ in 0..9 {
                desk.open(Draft::incident("No mail").queue("desk")).await.unwrap();
            }
        }
        let queue = Query::new(Filter::queue("desk")).order(Order::rank()).limit(2);
        let latest = Query::new(Filter::all()).order(Order::latest()).limit(2);
        let told = memory.explain_query(&queue).await.unwrap();
        assert_eq!((told.found, told.sorted, told.cost, told.measure), (2, false, 3, "tickets looked at"));
        assert_eq!(memory.explain_query(&latest).await.unwrap().cost, 9);
        let told = sqlite.explain_query(&queue).await.unwrap();
        assert_eq!((told.indexes, told.sorted), (vec!["ticketcore_ticket_queue".to_owned()], false));
        assert!(told.cost > 0 && !told.plan.is_empty());
        assert!(sqlite.explain_query(&latest).await.unwrap().sorted);
        let refused = sqlite.by(Actor::requester("bo")).explain_query(&queue).await.unwrap_err();
        assert!(refused.refusal().is_some(), "it tells of tickets that a customer does not see");
    });
}
