//! Numbers and races for them.

use super::{begin, conflict, open_handles, race};
use crate::command::Draft;
use crate::testing::{Clerk, Harness, block_on};

pub async fn numbers_rise_by_one_within_each_tenant(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let other = Clerk::new(2).of("other");
    for number in 1..=3 {
        for clerk in [&clerk, &other] {
            let ticket = clerk.open(&*store, Draft::incident("Next")).await;
            assert_eq!(ticket.number, number);
            let tagged = clerk.write(&*store, clerk.tag(&ticket, "changed")).await;
            assert_eq!(tagged.number, number, "a change keeps the number");
        }
    }
}

pub async fn a_refused_commit_uses_no_number_up(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let first = clerk.open(&*store, Draft::incident("First")).await;
    let new = clerk.opening(Draft::incident("Never"));
    let twice = clerk.opening_as(first.id, Draft::incident("Again"));
    conflict(store.commit(clerk.commit([new, twice])).await);
    assert_eq!(clerk.open(&*store, Draft::incident("Second")).await.number, 2);
}

pub async fn numbers_have_no_gap_and_no_double_through_several_handles(harness: &dyn Harness) {
    let handles = open_handles(harness, 4).await;
    let numbers = race(&handles, |i, store| {
        let clerk = Clerk::new(i.try_into().unwrap());
        let next = || block_on(clerk.open(store, Draft::incident("Next please"))).number;
        std::iter::repeat_with(next).take(10).collect::<Vec<_>>()
    });
    let mut numbers = numbers.concat();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
}
