//! Callers who work as users do, while something is done to the server; and the comparison with what is there then.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ticketcore::command::{Draft, Request};
use ticketcore::engine::fold;
use ticketcore::id::{TenantId, TicketId, Version};
use ticketcore::query::{Filter, Order, Query, Sort};
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::block_on;
use ticketcore::{Actor, Command, Desk, Error, Ticket};
use ticketcore_postgres::PostgresStore;

/// How many work at a time.
const CALLERS: usize = 8;
/// So long a caller asks again; by then the fault is over long since.
const PATIENCE: Duration = Duration::from_secs(120);
/// What a caller waits before it asks again.
const PAUSE: Duration = Duration::from_millis(20);
/// In the subject of every ticket.
pub(crate) const SUBJECT: &str = "Under fire";

/// What callers were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The tickets by the key they were opened with, as last acknowledged: number and version.
    tickets: Mutex<BTreeMap<String, (TicketId, i64, Version)>>,
    /// Requests that were acknowledged.
    acknowledged: AtomicUsize,
    /// Requests that met an outcome that is unknown, and those among them that got their answer after all.
    unknown: AtomicUsize,
    resolved: AtomicUsize,
    /// Answers that the server has no time or no room.
    busy: AtomicUsize,
    full: AtomicUsize,
    /// Statements that the stores have sent again.
    again: u64,
}

/// Opens tickets and works on them from many threads through some stores, while something is done to the server.
///
/// Every request has a key of its own and is repeated under it until it is answered.
pub(crate) fn under_load(stores: &[PostgresStore], fault: impl FnOnce(&Told)) -> Told {
    let (mut told, done) = (Told::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (told, done) = (&told, &done);
            let desk = Desk::new(Arc::new(stores[caller % stores.len()].clone())).by(Actor::agent("ada"));
            scope.spawn(move || {
                for i in (0_u32..).take_while(|_| !done.load(Ordering::Acquire)) {
                    told.work(&desk, &format!("{SUBJECT} {caller}-{i}"));
                }
            });
        }
        // Whatever becomes of the fault, the others are to end.
        let end = catch_unwind(AssertUnwindSafe(|| fault(&told)));
        done.store(true, Ordering::Release);
        end.unwrap_or_else(|panic| resume_unwind(panic));
    });
    told.again = stores.iter().map(|store| store.counts().retries).sum();
    told
}

impl Told {
    /// Opens a ticket and works on it.
    fn work(&self, desk: &Desk, key: &str) {
        let ticket = self.ask(key, || block_on(desk.open(Draft::incident(key).once(key))));
        let note = || Request::from(Command::note("seen")).once(format!("{key} note"));
        self.ask(key, || block_on(desk.apply(ticket.id, note())));
    }

    fn ask(&self, key: &str, request: impl Fn() -> Result<Arc<Ticket>, Error>) -> Arc<Ticket> {
        let start = Instant::now();
        let mut unknown = false;
        loop {
            match request() {
                Ok(ticket) => {
                    let last = (ticket.id, ticket.number, ticket.version);
                    self.tickets.lock().unwrap().insert(key.to_owned(), last);
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                    self.resolved.fetch_add(usize::from(unknown), Ordering::Relaxed);
                    return ticket;
                }
                Err(Error::Store(StoreError::Backend(_))) => {
                    self.unknown.fetch_add(usize::from(!unknown), Ordering::Relaxed);
                    unknown = true;
                }
                Err(Error::Store(StoreError::Busy)) => _ = self.busy.fetch_add(1, Ordering::Relaxed),
                Err(Error::Store(StoreError::Full)) => _ = self.full.fetch_add(1, Ordering::Relaxed),
                Err(error) => panic!("{key}: {error:?}"),
            }
            assert!(start.elapsed() < PATIENCE, "{key} was never answered");
            thread::sleep(PAUSE);
        }
    }

    /// How many requests met an outcome that is unknown.
    pub(crate) fn unknown(&self) -> usize {
        self.unknown.load(Ordering::Relaxed)
    }

    /// How often a caller was told that the disk is full.
    pub(crate) fn full(&self) -> usize {
        self.full.load(Ordering::Relaxed)
    }

    /// How many statements the stores have sent again.
    pub(crate) const fn again(&self) -> u64 {
        self.again
    }

    /// Compares what callers were told with what is there, and says so in one line.
    pub(crate) fn verify(self, store: &PostgresStore, fault: &str) {
        let all = everything(store);
        let there: BTreeMap<TicketId, &Arc<Ticket>> = all.iter().map(|ticket| (ticket.id, ticket)).collect();
        let keys: BTreeSet<&str> = all.iter().map(|ticket| ticket.subject.as_str()).collect();
        let acknowledged = self.acknowledged.into_inner();
        let tickets = self.tickets.into_inner().unwrap();
        let lost: Vec<&String> = tickets
            .iter()
            .filter(|(_, (id, number, version))| {
                !there.get(id).is_some_and(|ticket| ticket.number == *number && ticket.version >= *version)
            })
            .map(|(key, _)| key)
            .collect();
        // Nobody else works on a caller's ticket: a version more is a request that was carried out twice.
        let twice = |(id, _, version): &(TicketId, i64, Version)| there.get(id).is_some_and(|t| t.version > *version);
        let doubled = all.len() - keys.len() + tickets.values().filter(|told| twice(told)).count();
        let (unknown, resolved) = (self.unknown.into_inner(), self.resolved.into_inner());
        eprintln!(
            "fault: {fault} | acknowledged {acknowledged} | lost {} | doubled {doubled} | unknown {unknown} \
             | resolved by retry {resolved} | statements sent again {} | busy {} | full {}",
            lost.len(),
            self.again,
            self.busy.into_inner(),
            self.full.into_inner(),
        );
        assert!(acknowledged > 0, "{fault}: the callers got to work");
        assert!(lost.is_empty(), "{fault}: lost {lost:?}");
        assert_eq!(doubled, 0, "{fault}");
        assert_eq!(all.len(), tickets.len(), "{fault}: every request was answered, and there is nothing else");
        assert_eq!(unknown, resolved, "{fault}");
        let numbers = all.iter().map(|ticket| ticket.number);
        assert!(numbers.eq((1..).take(all.len())), "{fault}: numbers have gaps or doubles");
        // Whole or not at all.
        for ticket in all.iter().step_by(7) {
            let history = block_on(store.history(&TenantId::MAIN, ticket.id, Version(0), 100)).unwrap();
            let folded = Ticket { number: ticket.number, ..fold(&history).unwrap() };
            assert_eq!(&folded, &**ticket, "{fault}");
        }
    }
}

/// All tickets in the order of their numbers.
fn everything(store: &PostgresStore) -> Vec<Arc<Ticket>> {
    let order = Order { by: Sort::Number, descending: false };
    let query = Query::new(Filter::all()).order(order).limit(1_000_000);
    block_on(store.find(&TenantId::MAIN, &query)).unwrap().tickets
}
