//! One request to many tickets: in memory and on SQLite, with other writers and failures in between; on a manual clock.

#[path = "support/meddled.rs"]
mod meddled;

use std::sync::Arc;

use meddled::Meddled;
use pollster::block_on;
use ticketcore::desk::{Bulk, Bulked, Effect};
use ticketcore::engine::{Refusal, fold};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Desk, Draft, Error, Filter, LinkKind, MemoryStore, Message, Position, Query, Request, Status,
    Store, StoreError, Ticket, TicketId, Version, Visibility,
};
use ticketcore_sqlite::SqliteStore;

/// The stores that all of this holds for.
fn stores() -> [Arc<dyn Store>; 2] {
    [Arc::new(MemoryStore::new()), Arc::new(SqliteStore::memory().unwrap())]
}

fn desk(store: Arc<dyn Store>) -> Desk {
    let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
    Desk::new(store).with_clock(clock).with_seed(7).by(Actor::agent("ada"))
}

/// Opens tickets in the queue `mail`, with one in `web` after every ten.
async fn fill(desk: &Desk, count: usize) {
    let queue = |i: usize| if i % 11 == 10 { "web" } else { "mail" };
    desk.open_all((0..count).map(|i| Draft::incident("Slow").queue(queue(i))).collect()).await.unwrap();
}

async fn all(desk: &Desk, filter: Filter) -> Vec<Arc<Ticket>> {
    desk.find(&Query::new(filter).limit(usize::MAX)).await.unwrap().tickets
}

async fn feed(desk: &Desk) -> usize {
    desk.feed(Position(0), usize::MAX).await.unwrap().len()
}

fn mail() -> Filter {
    Filter::queue("mail")
}

/// How many outcomes of each kind there are, by name and in order.
fn effects(bulked: &Bulked) -> Vec<(&'static str, usize)> {
    let mut effects: Vec<(&'static str, usize)> = Vec::new();
    for one in &bulked.outcomes {
        let name = match &one.effect {
            Effect::Changed(_) => "changed",
            Effect::Unchanged => "unchanged",
            Effect::Repeated(_) => "repeated",
            Effect::NoLonger => "no longer",
            Effect::Refused(_) => "refused",
            Effect::Withheld => "withheld",
            Effect::Failed(_) => "failed",
            other => panic!("{other:?} is new"),
        };
        match effects.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => effects.push((name, 1)),
        }
    }
    effects
}

/// The log of every ticket folds to the ticket.
async fn sound(desk: &Desk) {
    for ticket in all(desk, Filter::all()).await {
        let history = desk.history(ticket.id).await.unwrap();
        assert_eq!(fold(&history).unwrap(), Ticket { number: 0, ..Ticket::clone(&ticket) });
    }
}

fn invalid(result: Result<Bulked, Error>) -> Vec<String> {
    match result {
        Err(Error::Refused(Refusal::Invalid { faults })) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_ticket_of_the_filter_is_changed_once_even_if_the_change_takes_it_out_of_the_filter() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 1320).await;
            let mut told = Vec::new();
            let request = Command::Enqueue(Some("later".into()));
            let bulked =
                desk.bulk(mail(), request).progress(|done, total| told.push((done, total))).run().await.unwrap();
            assert_eq!(effects(&bulked), [("changed", 1200)]);
            assert!(bulked.is_complete());
            assert_eq!(told, [(500, 1200), (1000, 1200), (1200, 1200)]);
            let numbers: Vec<i64> = bulked.outcomes.iter().map(|one| one.number).collect();
            assert!(numbers.is_sorted(), "in the order of the numbers");
            assert_eq!(all(&desk, Filter::queue("later")).await.len(), 1200);
            assert_eq!(all(&desk, mail()).await.len(), 0);
            assert_eq!(feed(&desk).await, 1320 + 1200);
            for one in bulked.outcomes.iter().step_by(400) {
                let ticket = desk.load(one.id).await.unwrap();
                assert!(matches!(one.effect, Effect::Changed(version) if version == ticket.version));
            }
            let none = desk.bulk(mail(), Command::Wake).run().await.unwrap();
            assert!(none.is_complete() && none.outcomes.is_empty());
            sound(&desk).await;
        });
    }
}

#[test]
fn a_refusal_is_the_tickets_own_and_the_others_go_on() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 9).await;
            let tickets = all(&desk, mail()).await;
            desk.apply(tickets[3].id, Command::transition("resolve")).await.unwrap();
            desk.apply(tickets[4].id, Command::Escalate(2)).await.unwrap();
            let bulked = desk.bulk(mail(), Command::Escalate(2)).run().await.unwrap();
            assert_eq!(bulked.outcomes.iter().filter(|one| matches!(one.effect, Effect::Changed(_))).count(), 7);
            let refused = bulked.outcomes.iter().find(|one| one.id == tickets[3].id).unwrap();
            assert!(matches!(&refused.effect, Effect::Refused(Refusal::Ended { status: Status::Resolved, .. })));
            let unchanged = bulked.outcomes.iter().find(|one| one.id == tickets[4].id).unwrap();
            assert!(matches!(unchanged.effect, Effect::Unchanged));
            assert_eq!(all(&desk, mail()).await.iter().filter(|ticket| ticket.level == 2).count(), 8);
        });
    }
}

#[test]
fn a_dry_run_tells_what_would_be_and_writes_nothing() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 700).await;
            let before = feed(&desk).await;
            let request = Request::from(Command::Tag("late".into())).once("tag");
            let planned = desk.bulk(mail(), request.clone()).dry_run().run().await.unwrap();
            assert_eq!(feed(&desk).await, before);
            let done = desk.bulk(mail(), request.clone()).run().await.unwrap();
            assert_eq!(format!("{:?}", planned.outcomes), format!("{:?}", done.outcomes));
            let again = desk.bulk(mail(), request).dry_run().run().await.unwrap();
            assert_eq!(effects(&again), [("repeated", again.outcomes.len())]);
            let linked =
                desk.bulk(mail(), Command::Link(LinkKind::Relates, done.outcomes[0].id)).dry_run().run().await.unwrap();
            assert_eq!(effects(&linked), [("refused", 1), ("changed", linked.outcomes.len() - 1)], "not to itself");
            assert_eq!(feed(&desk).await, before + done.outcomes.len());
        });
    }
}

#[test]
fn a_failing_store_ends_the_run_which_can_be_resumed() {
    for store in stores() {
        block_on(async {
            let desk_of = |store: Arc<dyn Store>| desk(store);
            fill(&desk_of(Arc::clone(&store)), 1210).await;
            let fails = |commit| if commit == 2 { Err(StoreError::backend("the disk is gone")) } else { Ok(()) };
            let desk = desk_of(Arc::new(Meddled::new(Arc::clone(&store), fails)));
            let note = || Command::note("we are on it");
            let first = desk.bulk(mail(), note()).run().await.unwrap();
            assert_eq!(effects(&first), [("changed", 500)]);
            assert!(!first.is_complete());
            assert!(matches!(first.error, Some(Error::Store(StoreError::Backend(_)))));

            let rest = desk.bulk(mail(), note()).resume(first.next).run().await.unwrap();
            assert_eq!(effects(&rest), [("changed", 600)]);
            assert!(rest.is_complete());
            assert!(all(&desk, mail()).await.iter().all(|ticket| ticket.messages == 1));
            sound(&desk).await;
        });
    }
}

#[test]
fn a_run_stops_at_its_limit_and_goes_on_from_there() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 20).await;
            let (mut after, mut sizes) = (None, Vec::new());
            loop {
                let part = desk.bulk(mail(), Command::note("hello")).limit(7).resume(after).run().await.unwrap();
                sizes.push(part.outcomes.len());
                after = part.next;
                if part.is_complete() {
                    break;
                }
            }
            assert_eq!(sizes, [7, 7, 5]);
            assert!(all(&desk, mail()).await.iter().all(|ticket| ticket.messages == 1));
        });
    }
}

#[test]
fn what_another_writer_changed_in_between_is_decided_again_or_left() {
    for store in stores() {
        block_on(async {
            let other = desk(Arc::clone(&store)).with_seed(8);
            fill(&other, 1100).await;
            let tickets = all(&other, mail()).await;
            let (taken, touched): (TicketId, TicketId) = (tickets[100].id, tickets[101].id);
            let meddle = move |commit| {
                if commit == 1 {
                    block_on(other.apply(taken, Command::Enqueue(Some("web".into())))).unwrap();
                    block_on(other.apply(touched, Command::Tag("vip".into()))).unwrap();
                    block_on(other.open(Draft::incident("New").queue("mail"))).unwrap();
                }
                Ok(())
            };
            let desk = desk(Arc::new(Meddled::new(Arc::clone(&store), meddle)));
            let mut told = Vec::new();
            let run = desk.bulk(mail(), Command::note("we are on it")).progress(|done, total| told.push((done, total)));
            let bulked = run.run().await.unwrap();
            assert_eq!(bulked.outcomes.len(), 1000, "what was opened meanwhile is left");
            assert!(told.is_sorted() && told.last() == Some(&(1000, 1000)), "{told:?}");
            let of = |id: TicketId| &bulked.outcomes.iter().find(|one| one.id == id).unwrap().effect;
            assert!(matches!(of(taken), Effect::NoLonger));
            assert!(matches!(of(touched), Effect::Changed(Version(3))));
            let others = bulked.outcomes.iter().filter(|one| matches!(one.effect, Effect::Changed(_)));
            assert_eq!(others.count(), 999);
            assert_eq!(desk.load(taken).await.unwrap().messages, 0);
            sound(&desk).await;
        });
    }
}

#[test]
fn an_atomic_request_is_carried_out_wholly_or_not_at_all() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 22).await;
            let last = all(&desk, mail()).await.into_iter().max_by_key(|ticket| ticket.number).unwrap();
            desk.apply(last.id, Command::transition("resolve")).await.unwrap();
            let before = feed(&desk).await;
            let refused = desk.bulk(mail(), Command::Escalate(1)).atomic().run().await.unwrap();
            assert_eq!(effects(&refused), [("withheld", 19), ("refused", 1)]);
            assert_eq!(feed(&desk).await, before);

            desk.apply(last.id, Command::transition("reopen")).await.unwrap();
            let mut told = Vec::new();
            let request = Request::from(Command::Escalate(1)).once("up");
            let run = desk.bulk(mail(), request.clone()).atomic().progress(|done, total| told.push((done, total)));
            assert_eq!(effects(&run.run().await.unwrap()), [("changed", 20)]);
            assert_eq!(told, [(20, 20)]);
            let planned = desk.bulk(mail(), Command::Escalate(2)).atomic().dry_run().run().await.unwrap();
            assert_eq!(effects(&planned), [("changed", 20)]);
            assert!(all(&desk, mail()).await.iter().all(|ticket| ticket.level == 1));
            let again = desk.bulk(mail(), request).atomic().run().await.unwrap();
            assert_eq!(effects(&again), [("repeated", 20)]);
        });
    }
}

#[test]
fn an_atomic_request_decides_again_where_another_writer_was_faster_and_ends_where_they_always_are() {
    for store in stores() {
        block_on(async {
            let other = desk(Arc::clone(&store)).with_seed(8);
            fill(&other, 10).await;
            let first = all(&other, mail()).await[0].id;
            let meddle = |other: Desk, until: usize| {
                move |commit| {
                    if commit <= until {
                        block_on(other.apply(first, Command::note("me first"))).unwrap();
                    }
                    Ok(())
                }
            };
            let twice = desk(Arc::new(Meddled::new(Arc::clone(&store), meddle(other.clone(), 2))));
            let done = twice.bulk(mail(), Command::Tag("a".into())).atomic().run().await.unwrap();
            assert_eq!(effects(&done), [("changed", 10)]);
            assert_eq!(twice.load(first).await.unwrap().messages, 2);

            let ever = desk(Arc::new(Meddled::new(store, meddle(other, usize::MAX))));
            let error = ever.bulk(mail(), Command::Tag("b".into())).atomic().run().await.unwrap_err();
            assert!(matches!(error, Error::Contended { .. }), "{error}");
            assert!(all(&ever, mail()).await.iter().all(|ticket| !ticket.tags.contains("b")));
            let alone = ever.bulk(Filter::ids([first]), Command::Tag("c".into())).run().await.unwrap();
            assert!(matches!(alone.outcomes[0].effect, Effect::Failed(Error::Contended { .. })));
        });
    }
}

#[test]
fn a_request_with_a_key_has_one_effect_on_each_ticket() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 30).await;
            let request = || Request::from(Command::note("we are on it")).once("news");
            let part = desk.bulk(mail(), request()).limit(10).run().await.unwrap();
            assert_eq!(effects(&part), [("changed", 10)]);
            let whole = desk.bulk(mail(), request()).run().await.unwrap();
            assert_eq!(effects(&whole), [("repeated", 10), ("changed", 18)]);
            assert!(matches!(whole.outcomes[0].effect, Effect::Repeated(Version(2))));
            let still = Request::from(Command::Wake).once("wake");
            assert_eq!(effects(&desk.bulk(mail(), still.clone()).run().await.unwrap()), [("unchanged", 28)]);
            assert_eq!(effects(&desk.bulk(mail(), still).run().await.unwrap()), [("repeated", 28)]);
            assert!(all(&desk, mail()).await.iter().all(|ticket| ticket.messages == 1));
        });
    }
}

/// A guard that reads other tickets sees what the same run made of them.
#[test]
fn a_child_that_is_resolved_in_the_same_commit_is_no_longer_in_the_way() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            let child = desk.open(Draft::incident("Child").queue("mail")).await.unwrap();
            let parent = desk.open(Draft::incident("Parent").queue("mail")).await.unwrap();
            let older = desk.open(Draft::incident("Older").queue("web")).await.unwrap();
            let younger = desk.open(Draft::incident("Younger").queue("web")).await.unwrap();
            desk.apply(child.id, Command::Link(LinkKind::Parent, parent.id)).await.unwrap();
            desk.apply(younger.id, Command::Link(LinkKind::Parent, older.id)).await.unwrap();
            let resolved = desk.bulk(mail(), Command::transition("resolve")).run().await.unwrap();
            assert_eq!(effects(&resolved), [("changed", 2)]);
            let first = desk.bulk(Filter::queue("web"), Command::transition("resolve")).run().await.unwrap();
            assert_eq!(effects(&first), [("refused", 1), ("changed", 1)], "the parent came first");
            sound(&desk).await;
        });
    }
}

#[test]
fn links_change_both_ends_ticket_by_ticket() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            fill(&desk, 9).await;
            let outage = desk.open(Draft::problem("Outage")).await.unwrap();
            let linked = desk.bulk(mail(), Command::Link(LinkKind::Relates, outage.id)).run().await.unwrap();
            assert_eq!(effects(&linked), [("changed", 9)]);
            assert_eq!(desk.load(outage.id).await.unwrap().links.len(), 9);
            let problem = "atomic: it may change other tickets as well";
            let atomic = desk.bulk(mail(), Command::Unlink(LinkKind::Relates, outage.id)).atomic().run().await;
            assert_eq!(invalid(atomic), [problem]);
            sound(&desk).await;
        });
    }
}

#[test]
fn what_no_ticket_could_make_right_is_refused_before_anything_is_written() {
    for store in stores() {
        block_on(async {
            let desk = desk(store);
            let problems = |bulk: Bulk<'_>| invalid(block_on(bulk.run()));
            let tag = || Request::from(Command::Tag("x".into()));
            assert_eq!(
                problems(desk.bulk(mail(), tag().at(Version(1))).limit(0)),
                ["seen: is the version of one ticket, and these are many", "limit: must allow at least one ticket"]
            );
            fill(&desk, 1101).await;
            let before = feed(&desk).await;
            assert_eq!(
                problems(desk.bulk(mail(), tag()).atomic()),
                ["atomic: the filter means more than 1000 tickets, which is the limit"]
            );
            let empty = Message::new(Visibility::Public, "");
            let refused = desk.bulk(mail(), Command::Say(empty)).run().await.unwrap();
            assert_eq!(effects(&refused), [("refused", 1001)]);
            assert_eq!(feed(&desk).await, before);
            let part = desk.bulk(mail(), tag()).atomic().limit(1000).run().await.unwrap();
            assert_eq!(effects(&part), [("changed", 1000)]);
            assert!(part.next.is_some());
        });
    }
}

/// A host may run it on any runtime's threads.
#[test]
fn a_run_can_be_sent_to_another_thread() {
    const fn sendable<F: Future + Send>(run: F) -> F {
        run
    }
    let desk = desk(Arc::new(MemoryStore::new()));
    let mut told = 0;
    let run = sendable(desk.bulk(mail(), Command::Tag("x".into())).progress(|done, _| told = done).run());
    assert!(block_on(run).unwrap().is_complete());
    assert_eq!(told, 0);
}
