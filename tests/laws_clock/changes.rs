//! What no random life does: rules are changed so that a promise binds a ticket no longer.

use std::sync::Arc;

use ticketcore::cond::Atom;
use ticketcore::config::{Rulebook, Setup};
use ticketcore::engine::{Phase, marks, readings};
use ticketcore::report::Standing;
use ticketcore::{Actor, Command, Policy, Priority, Revision, Span};

use crate::far;
use crate::lives::Told;
use crate::rules::{config, minutes};

/// Law 33: the policy itself goes.
#[test]
fn law_33_a_breach_counts_also_if_the_policy_binds_the_ticket_no_longer() {
    let vip = |policy: Policy| policy.applies(Atom::Tag("vip".into())).target(Priority::P3, Span::minutes(30));
    let rulebook = Rulebook::new(config([vip(Policy::update("update"))], "wall")).unwrap();
    let mut told = Told::opened(&rulebook, far());
    let ada = Actor::agent("ada");
    told.order(&rulebook, &ada, Command::Tag("vip".into()), far());
    for minute in [40, 80] {
        told.order(&rulebook, &ada, Command::reply("Still on it"), far() + minutes(minute));
    }
    let broken = [Standing { policy: "update".into(), breached: 2, ..Standing::default() }];
    let end = far() + minutes(81);
    told.order(&rulebook, &ada, Command::Untag("vip".into()), end);
    assert_eq!(marks(&rulebook, told.ticket()).standings, broken);
    let without = Setup::new(config([], "wall"), Revision(1), end).unwrap();
    assert_eq!(marks(&rulebook.then(Arc::new(without)), told.ticket()).standings, broken);
}

/// Law 36: new rules bind fewer tickets.
#[test]
fn law_36_a_promise_that_binds_the_ticket_no_longer_is_dropped() {
    let promise = || Policy::resolution("fix").target(Priority::P3, Span::minutes(30));
    let rulebook = Rulebook::new(config([promise()], "wall")).unwrap();
    let start = far();
    let told = Told::opened(&rulebook, start);
    let narrow = config([promise().applies(Atom::Tag("vip".into()))], "wall");
    let narrow = rulebook.clone().then(Arc::new(Setup::new(narrow, Revision(1), start + minutes(10)).unwrap()));
    let dropped = [Standing { policy: "fix".into(), dropped: 1, ..Standing::default() }];
    assert_eq!(marks(&narrow, told.ticket()).standings, dropped);
    let [reading] = readings(&narrow, told.ticket(), start + minutes(60)).try_into().unwrap();
    assert_eq!((reading.phase, reading.stopped), (Phase::Done, Some(start + minutes(10))));
    assert_eq!((reading.elapsed, reading.breached), (minutes(10), false));
    // Once it binds all again, it goes on where it stopped.
    let wide = Setup::new(config([promise()], "wall"), Revision(2), start + minutes(40)).unwrap();
    let [reading] = readings(&narrow.then(Arc::new(wide)), told.ticket(), start + minutes(50)).try_into().unwrap();
    assert_eq!((reading.phase, reading.elapsed), (Phase::Running, minutes(20)));
    assert_eq!(reading.due, Some(start + minutes(60)));
}
