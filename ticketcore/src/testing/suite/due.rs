//! Who wakes, and when the next one does.

use chrono::{DateTime, TimeDelta, Utc};

use super::begin;
use crate::command::{Command, Draft};
use crate::id::{TenantId, TicketId};
use crate::store::{Due, Store};
use crate::testing::{Clerk, Harness};

/// Opens a ticket that wakes at an instant.
async fn waking(store: &dyn Store, clerk: &Clerk, wake: Option<DateTime<Utc>>) -> (TenantId, TicketId) {
    let mut change = clerk.opening(Draft::incident("Sleeper"));
    change.marks.wake = wake;
    (clerk.tenant().clone(), clerk.write(store, change).await.id)
}

const TICK: TimeDelta = TimeDelta::microseconds(1);

pub async fn a_ticket_is_due_at_its_instant_and_not_before(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let at = clerk.now() + TimeDelta::hours(1);
    assert_eq!(store.due(at, 10).await.unwrap(), Due::default());
    waking(&*store, &clerk, None).await;
    assert_eq!(store.due(at, 10).await.unwrap(), Due::default());
    let sleeper = waking(&*store, &clerk, Some(at)).await;
    assert_eq!(store.due(at - TICK, 10).await.unwrap(), Due { tickets: Vec::new(), next: Some(at) });
    assert_eq!(store.due(at, 10).await.unwrap(), Due { tickets: vec![sleeper.clone()], next: None });
    assert_eq!(store.due(at + TICK, 10).await.unwrap(), Due { tickets: vec![sleeper], next: None });
}

pub async fn the_earliest_are_due_first_whosever_they_are(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let other = Clerk::new(2).of("other");
    let at = |minutes| clerk.now() + TimeDelta::minutes(minutes);
    let third = waking(&*store, &clerk, Some(at(3))).await;
    let first = waking(&*store, &other, Some(at(1))).await;
    let fourth = waking(&*store, &other, Some(at(4))).await;
    let second = waking(&*store, &clerk, Some(at(2))).await;
    let in_order = [first, second, third, fourth];
    let due = async |now, limit| store.due(now, limit).await.unwrap();
    assert_eq!(due(at(9), 10).await, Due { tickets: in_order.to_vec(), next: None });
    assert_eq!(due(at(9), usize::MAX).await, Due { tickets: in_order.to_vec(), next: None });
    for count in 0..4_i64 {
        let named = usize::try_from(count).unwrap();
        let meant = Due { tickets: in_order[..named].to_vec(), next: Some(at(count + 1)) };
        assert_eq!(due(at(9), named).await, meant, "cut by the limit {count}");
        assert_eq!(due(at(count), 10).await, meant, "cut by the instant {count}");
    }
}

pub async fn what_wakes_together_is_named_together_or_next(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(waking(&*store, &clerk, Some(clerk.now())).await);
    }
    let mut found = store.due(clerk.now(), 3).await.unwrap();
    found.tickets.sort_unstable();
    all.sort_unstable();
    assert_eq!(found, Due { tickets: all, next: None });
    let cut = store.due(clerk.now(), 2).await.unwrap();
    assert_eq!((cut.tickets.len(), cut.next), (2, Some(clerk.now())));
}

pub async fn a_change_of_marks_moves_the_waking(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let ticket = clerk.open(&*store, Draft::incident("Responded to in time")).await;
    let promise = store.due(clerk.now(), 10).await.unwrap().next.expect("the first response is promised");
    assert_eq!(promise, clerk.now() + TimeDelta::hours(4) + TICK);
    let ticket = clerk.apply(&*store, &ticket, Command::reply("Hello")).await;
    assert_eq!(store.due(promise, 10).await.unwrap(), Due::default(), "the promise is kept");
    let until = clerk.now() + TimeDelta::days(1);
    let ticket = clerk.apply(&*store, &ticket, Command::Snooze(until)).await;
    assert_eq!(store.due(until, 10).await.unwrap(), Due { tickets: Vec::new(), next: Some(until + TICK) });

    clerk.set(until + TICK);
    let named = (clerk.tenant().clone(), ticket.id);
    assert_eq!(store.due(clerk.now(), 10).await.unwrap().tickets, [named]);
    let woken = clerk.write(&*store, clerk.tick(&ticket)).await;
    assert_eq!(woken.snoozed, None);
    assert_eq!(store.due(clerk.now(), 10).await.unwrap(), Due::default());
}
