//! Many processes at one database: what each of them sees could have happened one after the other.
//!
//! Every store here has connections of its own, as another process would.

#[path = "support/cluster.rs"]
mod cluster;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use cluster::Database;
use ticketcore::Desk;
use ticketcore::command::{Command, Draft};
use ticketcore::event::Recorded;
use ticketcore::id::{Key, Position, TenantId, TicketId, Version};
use ticketcore::query::{Filter, Order, Query, Sort};
use ticketcore::store::{Claim, Commit, Document, Expect, Store, StoreError};
use ticketcore::testing::{Clerk, Dice, block_on};
use ticketcore::ticket::Ticket;
use ticketcore::value::Value;
use ticketcore_postgres::sqlx::{Connection, PgConnection};
use ticketcore_postgres::{PostgresOptions, PostgresStore};

fn open(database: &Database) -> PostgresStore {
    block_on(PostgresOptions::new().connections(6).connect_with(database.address.clone())).unwrap()
}

fn stores(database: &Database, count: usize) -> Vec<PostgresStore> {
    (0..count).map(|_| open(database)).collect()
}

/// Reads on from the last event seen to the end, and checks that positions rise.
fn read_on(store: &PostgresStore, seen: &mut Vec<Recorded>) {
    loop {
        let after = seen.last().map_or(Position(0), |last| last.position);
        let part = block_on(store.feed(after, 50)).unwrap();
        let Some(first) = part.first() else { return };
        assert!(first.position > after);
        seen.extend(part);
    }
}

/// Transactions of hosts hold their commits back for a while, and end in any order; some are rolled back. A reader that
/// follows the feed meanwhile sees what is committed, all of it, once.
#[test]
fn the_feed_waits_for_transactions_that_end_late_and_skips_none() {
    const HOSTS: usize = 4;
    const ROUNDS: usize = 12;
    let Some(database) = Database::new() else { return };
    let reader = open(&database);
    let done = AtomicBool::new(false);
    let (seen, committed) = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut seen = Vec::new();
            while !done.load(Ordering::Acquire) {
                read_on(&reader, &mut seen);
            }
            read_on(&reader, &mut seen);
            seen
        });
        let hosts: Vec<_> = (0..HOSTS)
            .map(|host| {
                let database = &database;
                // A tenant for each, as openings for one would wait for each other.
                let clerk = Clerk::new(host as u64 + 1).of(format!("host {host}"));
                scope.spawn(move || {
                    let store = open(database);
                    cluster::block_on(host_transactions(database, &store, &clerk, ROUNDS))
                })
            })
            .collect();
        let ends: Vec<_> = hosts.into_iter().map(|host| host.join()).collect();
        done.store(true, Ordering::Release);
        let committed: BTreeSet<_> = ends.into_iter().flat_map(|end| end.unwrap()).collect();
        (reading.join().unwrap(), committed)
    });
    assert_eq!(seen.len(), committed.len(), "each was seen once");
    assert_eq!(seen.iter().map(|one| (one.ticket, one.version)).collect::<BTreeSet<_>>(), committed);
    let mut again = Vec::new();
    read_on(&reader, &mut again);
    assert_eq!(seen, again, "and in an order that stays");
}

/// Commits several times in each transaction, and pauses before its end.
async fn host_transactions(
    database: &Database,
    store: &PostgresStore,
    clerk: &Clerk,
    rounds: usize,
) -> Vec<(TicketId, Version)> {
    use ticketcore_postgres::sqlx::ConnectOptions;
    let mut dice = Dice::new(clerk.now().timestamp_micros().unsigned_abs() + clerk.tenant().as_str().len() as u64);
    let mut connection: PgConnection = database.address.connect().await.unwrap();
    let mut committed = Vec::new();
    for _ in 0..rounds {
        let mut transaction = connection.begin().await.unwrap();
        let mut written = Vec::new();
        for _ in 0..=dice.below(3) {
            let opening = clerk.opening(Draft::incident("In a transaction"));
            let ticket = store.commit_in(&mut transaction, &clerk.commit([opening])).await.unwrap().remove(0);
            let tagged = clerk.tag(&ticket, "again");
            store.commit_in(&mut transaction, &clerk.commit([tagged])).await.unwrap();
            written.extend([(ticket.id, Version(1)), (ticket.id, Version(2))]);
        }
        tokio::time::sleep(Duration::from_millis(dice.below(30) as u64)).await;
        if dice.once_in(4) {
            transaction.rollback().await.unwrap();
        } else {
            transaction.commit().await.unwrap();
            committed.extend(written);
        }
    }
    committed
}

#[test]
fn numbers_have_no_gap_however_many_open_tickets_and_fail_to() {
    let Some(database) = Database::new() else { return };
    let stores = stores(&database, 3);
    let taken = {
        let clerk = Clerk::new(99);
        let opening = clerk.opening(Draft::incident("Taken"));
        let id = opening.ticket.id;
        block_on(clerk.write(&stores[0], opening));
        id
    };
    thread::scope(|scope| {
        for worker in 0..12 {
            let store = &stores[worker % stores.len()];
            scope.spawn(move || {
                let clerk = Clerk::new(worker as u64);
                for i in 0..20 {
                    let mut changes = vec![clerk.opening(Draft::incident("New"))];
                    // Every third is refused, for a reason of its own.
                    if i % 3 == 0 {
                        changes.push(clerk.opening_as(taken, Draft::incident("Taken")));
                    }
                    let end = block_on(store.commit(clerk.commit(changes)));
                    assert_eq!(end.is_ok(), i % 3 != 0, "{end:?}");
                }
            });
        }
    });
    let order = Order { by: Sort::Number, descending: false };
    let all = block_on(stores[0].find(&TenantId::MAIN, &Query::new(Filter::all()).order(order).limit(10_000))).unwrap();
    let numbers: Vec<i64> = all.tickets.iter().map(|ticket| ticket.number).collect();
    assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>());
    assert_eq!(numbers.len(), 1 + 12 * 13);
    let grouped: u64 = stores.iter().map(|store| store.counts().grouped).sum();
    assert!(grouped > 0, "some went together");
}

/// Two on call, of whom one has to stay: whoever leaves rests on the other's staying. Nobody may be outrun.
#[test]
fn of_two_who_rest_on_each_other_one_always_stays() {
    const PAIRS: usize = 60;
    let Some(database) = Database::new() else { return };
    let stores = stores(&database, 4);
    let clerk = Clerk::new(1);
    let pairs: Vec<_> = (0..PAIRS)
        .map(|_| ["left", "right"].map(|side| block_on(clerk.open(&stores[0], Draft::incident(side)))))
        .collect();
    let start = Barrier::new(stores.len());
    thread::scope(|scope| {
        for (worker, store) in stores.iter().enumerate() {
            let (pairs, clerk, start) = (&pairs, &clerk, &start);
            scope.spawn(move || {
                for pair in pairs {
                    start.wait();
                    let (leaves, stays) = (&pair[worker % 2], &pair[1 - worker % 2]);
                    let commit = Commit {
                        expect: vec![Expect::Ticket(stays.id, Version(1))],
                        ..clerk.commit([clerk.tag(leaves, "gone")])
                    };
                    match block_on(store.commit(commit)) {
                        Ok(_) | Err(StoreError::Conflict(_)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            });
        }
    });
    for pair in &pairs {
        let gone = |ticket: &Arc<Ticket>| {
            let now = block_on(stores[0].load(clerk.tenant(), ticket.id)).unwrap().unwrap();
            usize::from(now.tags.contains(&Key::from("gone")))
        };
        assert_eq!(gone(&pair[0]) + gone(&pair[1]), 1);
    }
}

/// Commits rest on there being no newer configuration. Once one is published, none of those that had not seen it is
/// written any more, however long it was under way.
#[test]
fn nothing_is_written_under_old_rules_after_new_ones_were_published() {
    let Some(database) = Database::new() else { return };
    let stores = stores(&database, 4);
    let clerk = Clerk::new(1);
    for round in 1..=25_i64 {
        let revision = round.to_string();
        let tickets: Vec<_> = (0..6).map(|_| block_on(clerk.open(&stores[0], Draft::incident("Busy")))).collect();
        let start = Barrier::new(tickets.len() + 1);
        let (outcomes, published) = thread::scope(|scope| {
            let committers: Vec<_> = tickets
                .iter()
                .enumerate()
                .map(|(i, ticket)| {
                    let (store, clerk, start) = (&stores[i % stores.len()], &clerk, &start);
                    let none = Expect::Document { kind: "config".into(), key: revision.clone(), version: Version(0) };
                    scope.spawn(move || {
                        start.wait();
                        let mut ticket = Arc::clone(ticket);
                        for i in 0..20 {
                            let commit = Commit {
                                expect: vec![none.clone()],
                                ..clerk.commit([clerk.tag(&ticket, i.to_string())])
                            };
                            match block_on(store.commit(commit)) {
                                Ok(stored) => ticket = Arc::clone(&stored[0]),
                                Err(StoreError::Conflict(_)) => break,
                                Err(error) => panic!("{error:?}"),
                            }
                        }
                        ticket.version
                    })
                })
                .collect();
            start.wait();
            thread::sleep(Duration::from_millis(u64::try_from(round % 8).unwrap()));
            let document = Document {
                kind: "config".into(),
                key: revision.clone(),
                version: Version(1),
                at: clerk.now(),
                body: String::new(),
            };
            block_on(stores[0].commit(Commit::documents(clerk.tenant().clone(), [document.into()]))).unwrap();
            let load =
                |ticket: &Arc<Ticket>| block_on(stores[0].load(clerk.tenant(), ticket.id)).unwrap().unwrap().version;
            let published: Vec<Version> = tickets.iter().map(load).collect();
            (committers.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>(), published)
        });
        assert_eq!(
            outcomes, published,
            "round {round}: left: as acknowledged in the end, right: when it was published"
        );
    }
}

/// A claim is passed on by whoever finds out who holds it, by many at once: of all who found the same, one succeeds.
#[test]
fn a_claim_is_passed_from_hand_to_hand_and_never_in_two() {
    const ROUNDS: usize = 60;
    let Some(database) = Database::new() else { return };
    let stores = stores(&database, 4);
    let start = Barrier::new(stores.len());
    let passes: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = stores
            .iter()
            .enumerate()
            .map(|(worker, store)| {
                let start = &start;
                scope.spawn(move || {
                    let clerk = Clerk::new(worker as u64 + 1);
                    let mut passes = Vec::new();
                    for round in 0..ROUNDS {
                        start.wait();
                        let held = block_on(store.claim(clerk.tenant(), "baton")).unwrap().map(|held| held.by);
                        let mut opening = clerk.opening(Draft::incident("Runner"));
                        // Now and then it is put down.
                        let to = (round % 5 != 4 || held.is_none()).then_some(opening.ticket.id);
                        opening.claims.push(Claim { key: "baton".to_owned(), from: held, to });
                        match block_on(store.commit(clerk.commit([opening]))) {
                            Ok(_) => passes.push((held, to)),
                            Err(StoreError::Conflict(_)) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    passes
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let all = block_on(stores[0].find(&TenantId::MAIN, &Query::default().limit(10_000))).unwrap();
    assert_eq!(all.tickets.len(), passes.len(), "who lost has written nothing");
    let mut givers: Vec<_> = passes.iter().filter_map(|(from, _)| *from).collect();
    let count = givers.len();
    givers.sort_unstable();
    givers.dedup();
    assert_eq!(givers.len(), count, "nobody gave it away twice");
    let put_down = passes.iter().filter(|(_, to)| to.is_none()).count();
    let picked_up = passes.iter().filter(|(from, _)| from.is_none()).count();
    assert!((put_down..=put_down + 1).contains(&picked_up), "{picked_up} times picked up, {put_down} times put down");
}

/// Many units move between tickets, each transfer a commit of two tickets read before: the sum stays.
#[test]
fn transfers_between_tickets_keep_the_sum() {
    const TICKETS: usize = 6;
    const SEATS: i64 = 100;
    let Some(database) = Database::new() else { return };
    let stores = stores(&database, 4);
    let clerk = Clerk::new(1);
    let ids: Vec<_> = (0..TICKETS)
        .map(|_| block_on(clerk.open(&stores[0], Draft::incident("Account").field("seats", SEATS))).id)
        .collect();
    let seats = |ticket: &Ticket| match ticket.fields[&Key::from("seats")] {
        Value::Int(seats) => seats,
        _ => panic!("seats are a number"),
    };
    let done: i64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..8_u64)
            .zip(stores.iter().cycle())
            .map(|(worker, store)| {
                let (ids, clerk) = (&ids, &clerk);
                scope.spawn(move || {
                    let mut dice = Dice::new(worker);
                    let mut done = 0;
                    for _ in 0..40 {
                        let (from, to) = (dice.below(TICKETS), dice.below(TICKETS - 1));
                        let to = if to >= from { to + 1 } else { to };
                        let [from, to] =
                            [from, to].map(|i| block_on(store.load(clerk.tenant(), ids[i])).unwrap().unwrap());
                        let set = |ticket: &Arc<Ticket>, by: i64| {
                            clerk.order(ticket, Command::set("seats", seats(ticket) + by))
                        };
                        match block_on(store.commit(clerk.commit([set(&from, -1), set(&to, 1)]))) {
                            Ok(_) => done += 1,
                            Err(StoreError::Conflict(_)) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                    done
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let tickets: Vec<_> =
        ids.iter().map(|id| block_on(stores[0].load(clerk.tenant(), *id)).unwrap().unwrap()).collect();
    assert_eq!(tickets.iter().map(|ticket| seats(ticket)).sum::<i64>(), ids.iter().map(|_| SEATS).sum::<i64>());
    assert_eq!(tickets.iter().map(|ticket| ticket.version.0 - 1).sum::<i64>(), 2 * done);
}

/// A host's transaction keeps one ticket locked. The commit that needs it waits; others of the same store do not.
#[test]
fn a_commit_that_has_to_wait_holds_no_other_up() {
    use ticketcore_postgres::sqlx::{self, ConnectOptions};
    let Some(database) = Database::new() else { return };
    let store = open(&database);
    let clerk = Clerk::new(1);
    let [locked, free] = ["Locked", "Free"].map(|subject| block_on(clerk.open(&store, Draft::incident(subject))));
    cluster::block_on(async {
        let mut host: PgConnection = database.address.connect().await.unwrap();
        let mut transaction = host.begin().await.unwrap();
        sqlx::query("select from ticketcore.ticket where id = $1 for update")
            .bind(locked.id.0)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let late = tokio::spawn({
            let (store, commit) = (store.clone(), clerk.commit([clerk.tag(&locked, "late")]));
            async move { store.commit(commit).await }
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        let others = [clerk.tag(&free, "at once"), clerk.opening(Draft::incident("New"))];
        for change in others {
            let written = store.commit(clerk.commit([change]));
            tokio::time::timeout(Duration::from_secs(3), written).await.expect("it does not wait").unwrap();
        }
        assert!(!late.is_finished());
        transaction.rollback().await.unwrap();
        assert_eq!(late.await.unwrap().unwrap()[0].version, Version(2));
    });
}

/// Whoever waits for a connection is told when one is free, whether it was kept for the next or went back to the pool.
#[test]
fn more_callers_than_connections_each_get_their_turn() {
    let Some(database) = Database::new() else { return };
    let store = block_on(PostgresOptions::new().connections(2).connect_with(database.address.clone())).unwrap();
    let desk = Desk::new(Arc::new(store));
    thread::scope(|scope| {
        for caller in 0..12 {
            let desk = &desk;
            scope.spawn(move || {
                let ticket = block_on(desk.open(Draft::incident(format!("Caller {caller}")))).unwrap();
                for tag in 0..20 {
                    block_on(desk.apply(ticket.id, Command::Tag(format!("tag-{tag}").into()))).unwrap();
                    assert_eq!(block_on(desk.load(ticket.id)).unwrap().tags.len(), tag + 1);
                }
            });
        }
    });
}

/// A caller who carries a statement out and is not polled any more, or is dropped, keeps nobody from theirs.
#[test]
fn a_caller_who_looks_no_longer_holds_nobody_up() {
    let Some(database) = Database::new() else { return };
    let store = open(&database);
    let clerk = Clerk::new(1);
    let opening = || store.commit(clerk.commit([clerk.opening(Draft::incident("Still there"))]));
    block_on(opening()).unwrap();
    for _ in 0..2 {
        let mut context = Context::from_waker(Waker::noop());
        // A busy machine may hold the first look up until the server has answered; then it is begun again.
        let neglected = loop {
            let mut one = opening();
            if one.as_mut().poll(&mut context).is_pending() {
                break one;
            }
        };
        let mut dropped = opening();
        let _ = dropped.as_mut().poll(&mut context);
        drop(dropped);
        let other = block_on(opening()).unwrap()[0].number;
        let number = block_on(neglected).unwrap()[0].number;
        assert!(other > number, "{other} went before {number}");
    }
    let all = block_on(store.find(&TenantId::MAIN, &Query::default())).unwrap().tickets;
    let numbers: BTreeSet<i64> = all.iter().map(|ticket| ticket.number).collect();
    assert!(numbers.iter().copied().eq(1..=i64::try_from(all.len()).unwrap()), "{numbers:?}");
}
