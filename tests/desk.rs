//! Scenarios of the desk: alerts, links, configurations, tenants, repeated requests; on a manual clock, in memory.

use std::sync::Arc;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::config::{At, Step};
use ticketcore::engine::Refusal;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Filter, Intake, LinkKind, MemoryStore, Policy, Priority, Query, Severity,
    Signal, Span, Status, Ticket,
};

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn desk() -> (Desk, ManualClock) {
    let clock = ManualClock::new(start());
    (Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone()).with_seed(7), clock)
}

async fn all(desk: &Desk) -> Vec<Arc<Ticket>> {
    desk.find(&Query::new(Filter::all())).await.unwrap().tickets
}

async fn story(desk: &Desk, ticket: &Ticket) -> Vec<&'static str> {
    desk.history(ticket.id).await.unwrap().iter().map(|recorded| recorded.event.name()).collect()
}

#[test]
fn an_alert_is_one_ticket_through_repeats_clearing_and_firing_again() {
    let (desk, clock) = desk();
    let fire = |clock: &ManualClock| {
        Signal::firing("db-1/disk", "Disk full on db-1", clock_now(clock)).severity(Severity::Critical)
    };
    pollster::block_on(async {
        let Intake::Opened(ticket) = desk.signal(fire(&clock)).await.unwrap() else { panic!("opens") };
        assert_eq!((ticket.kind.as_str(), ticket.priority()), ("incident", Priority::P1));

        assert!(matches!(desk.signal(fire(&clock)).await.unwrap(), Intake::Known(_)), "law 59: the same message again");
        clock.advance(TimeDelta::minutes(5));
        assert!(matches!(desk.signal(fire(&clock)).await.unwrap(), Intake::Repeated(_)));

        clock.advance(TimeDelta::minutes(5));
        let cleared = desk.signal(Signal::cleared("db-1/disk", clock_now(&clock))).await.unwrap();
        assert_eq!(cleared.ticket().unwrap().status, Status::Resolved);
        assert!(matches!(cleared, Intake::Cleared(_)));

        clock.advance(TimeDelta::minutes(30));
        let Intake::Reopened(reopened) = desk.signal(fire(&clock)).await.unwrap() else { panic!("within the window") };
        assert_eq!((reopened.id, reopened.reopens), (ticket.id, 1));
        desk.signal(Signal::cleared("db-1/disk", clock_now(&clock))).await.unwrap();

        clock.advance(TimeDelta::hours(2));
        let Intake::Opened(second) = desk.signal(fire(&clock)).await.unwrap() else { panic!("after the window") };
        assert_eq!(second.linked(LinkKind::Relates).collect::<Vec<_>>(), [ticket.id]);
        let first = desk.load(ticket.id).await.unwrap();
        assert_eq!(first.linked(LinkKind::Relates).collect::<Vec<_>>(), [second.id], "both tell of each other");
        assert_eq!(first.alert.as_ref().unwrap().count, 3);
        assert_eq!(
            story(&desk, &ticket).await,
            [
                "opened",
                "signalled",
                "signalled",
                "signalled",
                "moved",
                "signalled",
                "moved",
                "signalled",
                "moved",
                "linked"
            ]
        );
        assert!(matches!(desk.signal(Signal::cleared("unheard", start())).await.unwrap(), Intake::Unmatched));
    });
}

fn clock_now(clock: &ManualClock) -> DateTime<Utc> {
    ticketcore::time::Clock::now(clock)
}

/// Law 60: at most one open incident per key, also under concurrency.
#[test]
fn law_60_many_senders_at_once_open_one_ticket() {
    let (desk, _) = desk();
    thread::scope(|scope| {
        for sender in 0..8 {
            let desk = desk.clone();
            scope.spawn(move || {
                for i in 0..20 {
                    let at = start() + TimeDelta::microseconds(sender * 100 + i);
                    pollster::block_on(desk.signal(Signal::firing("cpu", "CPU hot", at))).unwrap();
                }
            });
        }
    });
    let tickets = pollster::block_on(all(&desk));
    assert_eq!(tickets.len(), 1);
    // A signal that arrives after a newer one says nothing new, so the count depends on the order; nothing is doubled.
    assert!((1..=160).contains(&tickets[0].alert.as_ref().unwrap().count));
}

/// Law 67: the same key gives the same answer, and one append.
#[test]
fn law_67_a_repeated_request_gets_the_first_answer() {
    let (desk, clock) = desk();
    let bo = desk.by(Actor::requester("bo"));
    pollster::block_on(async {
        let draft = || Draft::incident("No mail").once("mail-1");
        let first = bo.open(draft()).await.unwrap();
        let ada = desk.by(Actor::agent("ada"));
        let reply = || ticketcore::Request::from(Command::reply("Looking")).once("reply-1");
        let answered = ada.apply(first.id, reply()).await.unwrap();
        clock.advance(TimeDelta::hours(1));
        ada.apply(first.id, Command::transition("start")).await.unwrap();
        assert_eq!(bo.open(draft()).await.unwrap(), first);
        assert_eq!(ada.apply(first.id, reply()).await.unwrap(), answered);
        assert_eq!(desk.load(first.id).await.unwrap().messages, 1);
        assert_eq!(all(&desk).await.len(), 1);
        // Nothing was to be done the first time; what happened since must not make it something.
        let untag = || ticketcore::Request::from(Command::Untag("vip".into())).once("untag-1");
        let unchanged = ada.apply(first.id, untag()).await.unwrap();
        ada.apply(first.id, Command::Tag("vip".into())).await.unwrap();
        assert_eq!(ada.apply(first.id, untag()).await.unwrap(), unchanged);
        assert!(desk.load(first.id).await.unwrap().tags.contains("vip"));
    });
}

/// Law 43: a configuration changes nothing that has passed; open tickets are read anew by the ticker.
#[test]
fn law_43_a_new_configuration_moves_due_dates_and_no_verdict() {
    let (desk, clock) = desk();
    let promise = |hours| Config::default().policy(Policy::resolution("fix").target(Priority::P3, Span::hours(hours)));
    pollster::block_on(async {
        desk.publish(promise(4)).await.unwrap();
        let late = desk.open(Draft::incident("late")).await.unwrap();
        clock.advance(TimeDelta::hours(3));
        let fresh = desk.open(Draft::incident("fresh")).await.unwrap();
        clock.advance(TimeDelta::hours(2));
        // Nobody has ticked: the breach of the first ticket is noticed under the new rules, and is dated by the old.
        desk.publish(promise(8)).await.unwrap();
        clock.advance(TimeDelta::seconds(1));
        desk.tick().await.unwrap();
        let late = desk.load(late.id).await.unwrap();
        assert_eq!(late.policies.breaches[0].due, start() + TimeDelta::hours(4));
        let due = desk.readings(fresh.id).await.unwrap()[0].due;
        assert_eq!(due, Some(start() + TimeDelta::hours(11)));
        let wake = desk.tick().await.unwrap().next.unwrap();
        assert_eq!(wake, start() + TimeDelta::hours(11) + TimeDelta::microseconds(1), "the index was renewed");

        desk.publish(promise(1)).await.unwrap();
        desk.tick().await.unwrap();
        clock.advance(TimeDelta::microseconds(1));
        desk.tick().await.unwrap();
        let breach = &desk.load(fresh.id).await.unwrap().policies.breaches[0];
        assert_eq!(breach.due, start() + TimeDelta::hours(5) + TimeDelta::seconds(1), "at the change, not before");
    });
}

#[test]
fn a_desk_learns_of_a_configuration_another_desk_published() {
    let clock = ManualClock::new(start());
    let store = Arc::new(MemoryStore::new());
    let (one, two) =
        (Desk::new(store.clone()).with_clock(clock.clone()), Desk::new(store).with_clock(clock.clone()).with_seed(9));
    pollster::block_on(async {
        let ticket = two.open(Draft::incident("before")).await.unwrap();
        one.publish(Config::default().policy(Policy::first_response("first").target(Priority::P3, Span::hours(1))))
            .await
            .unwrap();
        // The other desk decides under the rules it knows, meets the newer ones in the commit, and decides again.
        let after = two.open(Draft::incident("after")).await.unwrap();
        assert_eq!(two.readings(after.id).await.unwrap().len(), 1);
        assert_eq!(two.rulebook().await.unwrap().now().revision.0, 1);
        assert!(matches!(
            two.publish(Config::default().policy(
                Policy::first_response("x").step(Step::new(At::Percent(50), Vec::new()))
            ))
            .await,
            Err(ticketcore::Error::Unsound { faults }) if !faults.is_empty()
        ));
        assert_eq!(two.load(ticket.id).await.unwrap().version.0, 1);
    });
}

#[test]
fn parents_wait_for_their_children_and_no_family_is_a_circle() {
    let (desk, _) = desk();
    let ada = desk.by(Actor::agent("ada"));
    pollster::block_on(async {
        let mut ids = Vec::new();
        for name in ["grandparent", "parent", "child"] {
            ids.push(ada.open(Draft::incident(name)).await.unwrap().id);
        }
        ada.apply(ids[2], Command::Link(LinkKind::Parent, ids[1])).await.unwrap();
        ada.apply(ids[0], Command::Link(LinkKind::Child, ids[1])).await.unwrap();
        assert_eq!(desk.load(ids[1]).await.unwrap().links.len(), 2, "each end is written on both tickets");
        for (from, kind, to) in [(0, LinkKind::Parent, 2), (2, LinkKind::Child, 0), (0, LinkKind::Parent, 0)] {
            let refused = ada.apply(ids[from], Command::Link(kind, ids[to])).await.unwrap_err();
            assert!(matches!(refused.refusal(), Some(Refusal::Invalid { .. })), "{refused}");
        }
        let refused = ada.apply(ids[1], Command::transition("resolve")).await.unwrap_err();
        assert!(matches!(refused.refusal(), Some(Refusal::Unmet { .. })), "{refused}");
        assert!(refused.to_string().contains(&ids[2].to_string()), "the child is named: {refused}");
        ada.apply(ids[2], Command::transition("resolve")).await.unwrap();
        ada.apply(ids[1], Command::transition("resolve")).await.unwrap();
    });
}

/// Law 73: other tenants' commands are invisible to a tenant.
#[test]
fn law_73_tenants_do_not_see_each_other() {
    let (desk, clock) = desk();
    let (red, blue) = (desk.tenant("red"), desk.tenant("blue"));
    pollster::block_on(async {
        let promise = Config::default().policy(Policy::resolution("fix").target(Priority::P3, Span::hours(1)));
        red.publish(promise).await.unwrap();
        let theirs = red.open(Draft::incident("red").once("1")).await.unwrap();
        let ours = blue.open(Draft::incident("blue").once("1")).await.unwrap();
        assert_eq!((theirs.number, ours.number), (1, 1));
        assert!(matches!(blue.load(theirs.id).await, Err(ticketcore::Error::NotFound(_))));
        assert_eq!(all(&blue).await.len(), 1);
        assert!(blue.readings(ours.id).await.unwrap().is_empty());
        clock.advance(TimeDelta::hours(2));
        assert_eq!(desk.tick().await.unwrap().tickets, 1, "one ticker serves all");
        assert_eq!(red.load(theirs.id).await.unwrap().policies.breaches.len(), 1);
    });
}

#[test]
fn a_clock_that_goes_back_does_not_disorder_a_log() {
    let (desk, clock) = desk();
    pollster::block_on(async {
        let ticket = desk.by(Actor::agent("ada")).open(Draft::incident("When?")).await.unwrap();
        clock.set(start() - TimeDelta::hours(1));
        let moved = desk.by(Actor::agent("ada")).apply(ticket.id, Command::transition("start")).await.unwrap();
        assert_eq!(moved.updated, start());
        desk.tick().await.unwrap();
        let history = desk.history(ticket.id).await.unwrap();
        assert!(history.is_sorted_by_key(|recorded| recorded.at));
    });
}

#[test]
fn many_tickets_are_opened_in_one_commit_or_none() {
    let (desk, _) = desk();
    pollster::block_on(async {
        let drafts = |bad: &str| vec![Draft::incident("one"), Draft::request("two"), Draft::task(bad)];
        assert!(desk.open_all(drafts("")).await.is_err());
        assert!(all(&desk).await.is_empty());
        let opened = desk.open_all(drafts("three")).await.unwrap();
        let names: Vec<String> = opened.iter().map(|ticket| ticket.reference()).collect();
        assert_eq!(names, ["INC-1", "REQ-2", "TSK-3"]);
    });
}

#[test]
fn a_reply_of_the_requester_brings_a_waiting_ticket_back_and_an_automatic_one_does_not() {
    let (desk, _) = desk();
    let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    pollster::block_on(async {
        let ticket = bo.open(Draft::incident("Slow")).await.unwrap();
        ada.apply(ticket.id, [Command::reply("Since when?"), Command::transition("wait")]).await.unwrap();
        let mut away = ticketcore::Message::new(ticketcore::Visibility::Public, "Out of office");
        away.automatic = true;
        assert_eq!(bo.apply(ticket.id, Command::Say(away)).await.unwrap().status, Status::Pending);
        assert_eq!(bo.apply(ticket.id, Command::reply("Since Monday")).await.unwrap().status, Status::Open);
        ada.apply(ticket.id, Command::transition("resolve")).await.unwrap();
        let reopened = bo.apply(ticket.id, Command::reply("Still slow")).await.unwrap();
        assert_eq!((reopened.status, reopened.reopens), (Status::Open, 1));
    });
}
