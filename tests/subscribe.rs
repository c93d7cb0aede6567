//! Subscriptions: everything once and in order, at once if this process wrote it, and a sleep that is the host's own.

use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use ticketcore::testing::block_on;
use ticketcore::{Actor, Command, Desk, Draft, MemoryStore, Position};

/// Counts how often somebody is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn whoever_waits_is_woken_by_the_next_commit() {
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    let mut news = desk.subscribe(Position(0));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut next = pin!(news.next(|_| pending()));
    assert!(next.as_mut().poll(&mut context).is_pending());
    assert!(next.as_mut().poll(&mut context).is_pending(), "a spurious wake changes nothing");
    block_on(desk.open(Draft::incident("No mail"))).unwrap();
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(events) = next.as_mut().poll(&mut context) else { panic!("it has happened") };
    assert_eq!(events.unwrap().len(), 1);
}

#[test]
fn everything_comes_once_and_in_order_however_many_write() {
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    let mut news = desk.subscribe(Position(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            let desk = desk.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    block_on(desk.open(Draft::incident("No mail"))).unwrap();
                }
            });
        }
        let mut seen = Vec::new();
        while seen.len() < 200 {
            seen.extend(block_on(news.next(|_| pending())).unwrap().into_iter().map(|one| one.position));
        }
        assert!(seen.iter().copied().eq((1..=200).map(Position)), "{seen:?}");
    });
    assert_eq!(news.position(), Position(200));
}

#[test]
fn what_another_process_writes_is_found_after_the_sleep() {
    let store = MemoryStore::new();
    let [here, there] = [1, 2].map(|seed| Desk::new(Arc::new(store.clone())).with_seed(seed));
    let mut news = here.subscribe(Position(0));
    let naps = AtomicUsize::new(0);
    let nap = |_| {
        if naps.fetch_add(1, Ordering::SeqCst) == 2 {
            block_on(there.open(Draft::incident("No mail"))).unwrap();
        }
        ready(())
    };
    assert_eq!(block_on(news.next(nap)).unwrap().len(), 1);
    assert_eq!(naps.load(Ordering::SeqCst), 3);
}

#[test]
fn nobody_is_told_of_what_they_may_not_read_and_it_is_not_read_again() {
    block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        let other = desk.tenant("other");
        other.open(Draft::incident("Not mine")).await.unwrap();
        let ticket = desk.open(Draft::incident("Mine")).await.unwrap();
        let mut news = desk.by(Actor::agent("ada")).subscribe(Position(0));
        let events = news.next(|_| pending()).await.unwrap();
        assert_eq!((events.len(), events[0].ticket, news.position()), (1, ticket.id, Position(2)));
        other.open(Draft::incident("Not mine")).await.unwrap();
        desk.apply(ticket.id, Command::note("Mine")).await.unwrap();
        assert_eq!(news.next(|_| pending()).await.unwrap().len(), 1);
        assert_eq!(news.position(), Position(4));
    });
}
