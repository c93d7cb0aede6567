//! What moves over links, and what must not wait for itself.

use std::sync::Arc;

use chrono::TimeDelta;
use ticketcore::config::{Cascade, CascadeOn, Workflow};
use ticketcore::{Actor, Command, Config, Desk, Draft, LinkKind, Refusal, Status, Ticket, TicketId};

use crate::{Place, everywhere, refusal, refused};

async fn tickets(desk: &Desk, count: usize) -> Vec<TicketId> {
    let drafts = (0..count).map(|_| Draft::incident("No mail")).collect();
    desk.open_all(drafts).await.unwrap().iter().map(|ticket| ticket.id).collect()
}

async fn status(desk: &Desk, id: TicketId) -> Status {
    desk.load(id).await.unwrap().status
}

async fn told(place: &Place, id: TicketId) -> Vec<String> {
    let history = place.desk.history(id).await.unwrap();
    history.iter().map(|recorded| recorded.event.to_string()).collect()
}

#[test]
fn duplicates_are_solved_with_the_original_and_what_could_not_be_says_why() {
    everywhere(async |place| {
        let desk = &place.desk;
        let rule = Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve");
        desk.by(Actor::system()).publish(Config::default().cascade(rule)).await.unwrap();
        let ids = tickets(desk, 5).await;
        for double in &ids[1..4] {
            desk.apply(*double, Command::Link(LinkKind::Duplicates, ids[0])).await.unwrap();
        }
        desk.apply(ids[2], Command::Link(LinkKind::BlockedBy, ids[4])).await.unwrap();
        desk.apply(ids[3], Command::transition("cancel")).await.unwrap();
        let before = desk.feed(ticketcore::Position(0), 100).await.unwrap().len();
        desk.apply(ids[0], Command::transition("resolve")).await.unwrap();
        let written = desk.feed(ticketcore::Position(0), 100).await.unwrap();
        let names: Vec<_> =
            written[before..].iter().map(|one| (one.ticket, one.event.name(), one.by.id.as_str())).collect();
        assert_eq!(
            names,
            [(ids[0], "moved", "ada"), (ids[0], "withheld", "ticketcore"), (ids[1], "moved", "ticketcore")],
            "in one commit, as the desk; the cancelled one has nowhere to go"
        );
        let why = format!("could not resolve {}: needs no_open:blocked_by, but open: {}", ids[2], ids[4]);
        assert_eq!(told(&place, ids[0]).await.last(), Some(&why));
        assert_eq!(status(desk, ids[2]).await, Status::New);
    });
}

#[test]
fn the_last_blocker_frees_the_blocked() {
    everywhere(async |place| {
        let desk = &place.desk;
        let config = Config::default()
            .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::Blocks, "resume").last())
            .cascade(Cascade::new(CascadeOn::Reopened, LinkKind::Blocks, "wait_vendor"));
        desk.by(Actor::system()).publish(config).await.unwrap();
        let ids = tickets(desk, 3).await;
        for blocker in &ids[..2] {
            desk.apply(*blocker, Command::Link(LinkKind::Blocks, ids[2])).await.unwrap();
        }
        desk.apply(ids[2], Command::transition("wait_vendor")).await.unwrap();
        desk.apply(ids[0], Command::transition("resolve")).await.unwrap();
        assert_eq!(status(desk, ids[2]).await, Status::Pending, "one is still in the way");
        desk.apply(ids[1], Command::transition("resolve")).await.unwrap();
        assert_eq!(status(desk, ids[2]).await, Status::Open);
        desk.apply(ids[0], Command::transition("reopen")).await.unwrap();
        assert_eq!(status(desk, ids[2]).await, Status::Pending);
    });
}

#[test]
fn what_a_policy_closes_takes_others_along_and_they_none() {
    everywhere(async |place| {
        let desk = &place.desk;
        let config = Config::default()
            .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"))
            .cascade(Cascade::new(CascadeOn::Closed, LinkKind::DuplicatedBy, "close"));
        desk.by(Actor::system()).publish(config).await.unwrap();
        let ids = tickets(desk, 3).await;
        desk.apply(ids[1], Command::Link(LinkKind::Duplicates, ids[0])).await.unwrap();
        desk.apply(ids[2], Command::Link(LinkKind::Duplicates, ids[1])).await.unwrap();
        desk.apply(ids[0], Command::transition("resolve")).await.unwrap();
        assert_eq!(status(desk, ids[1]).await, Status::Resolved);
        assert_eq!(status(desk, ids[2]).await, Status::New, "a cascade is one step long");
        // Both are due at the same instant, and one would close the other.
        place.clock.advance(TimeDelta::days(6));
        for _ in 0..3 {
            desk.tick().await.unwrap();
        }
        assert_eq!(status(desk, ids[0]).await, Status::Closed);
        assert_eq!(status(desk, ids[1]).await, Status::Closed);
        for id in &ids[..2] {
            let closings = told(&place, *id).await.iter().filter(|line| line.starts_with("close:")).count();
            assert_eq!(closings, 1, "closed once");
        }
    });
}

#[test]
fn no_ticket_is_solved_over_an_open_part_unless_its_workflow_says_so() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mut plain = Workflow::incident();
        for transition in &mut plain.transitions {
            transition.guard = ticketcore::cond::Cond::ALWAYS;
        }
        let strict = Workflow { id: "strict".into(), ..plain.clone() };
        let loose = Workflow { id: "loose".into(), ..plain }.over_open();
        let config = Config::default().workflow(strict).workflow(loose);
        desk.by(Actor::system())
            .publish(config.kind("strict", "strict", "S-").kind("loose", "loose", "L-"))
            .await
            .unwrap();
        let open = async |kind: &'static str| -> Arc<Ticket> { desk.open(Draft::new(kind, "No mail")).await.unwrap() };
        for (kind, link) in [("strict", LinkKind::Child), ("strict", LinkKind::BlockedBy)] {
            let (whole, part) = (open(kind).await, open(kind).await);
            desk.apply(whole.id, Command::Link(link, part.id)).await.unwrap();
            let moves = desk.moves(whole.id).await.unwrap();
            let resolve = moves.iter().find(|offer| offer.transition == "resolve").unwrap();
            assert_eq!(resolve.unmet.len(), 1, "it is offered with the same reservation");
            let refusal = refused(desk.apply(whole.id, Command::transition("resolve")).await);
            assert_eq!(refusal, format!("`resolve` is refused: needs no_open:{link}, but open: {}", part.id));
            let dropped = desk.apply(whole.id, Command::transition("cancel")).await.unwrap();
            assert!(dropped.dropped, "what is given up may be given up");
        }
        let (whole, part) = (open("loose").await, open("loose").await);
        desk.apply(whole.id, Command::Link(LinkKind::Child, part.id)).await.unwrap();
        desk.apply(whole.id, Command::transition("resolve")).await.unwrap();
    });
}

#[test]
fn nothing_comes_to_wait_for_what_waits_for_it() {
    everywhere(async |place| {
        let desk = &place.desk;
        let link = async |from: TicketId, kind, to: TicketId| desk.apply(from, Command::Link(kind, to)).await;
        let t = tickets(desk, 6).await;
        link(t[0], LinkKind::Blocks, t[1]).await.unwrap();
        link(t[1], LinkKind::Blocks, t[2]).await.unwrap();
        link(t[2], LinkKind::Child, t[3]).await.unwrap();
        // 0 blocks 1 blocks 2, which waits for its child 3, too.
        let circles = [
            (t[2], LinkKind::Blocks, t[0]),
            (t[0], LinkKind::BlockedBy, t[2]),
            (t[1], LinkKind::Blocks, t[0]),
            (t[2], LinkKind::Blocks, t[3]),
            (t[3], LinkKind::BlockedBy, t[2]),
            (t[2], LinkKind::Parent, t[0]),
            (t[0], LinkKind::Child, t[2]),
        ];
        for (from, kind, to) in circles {
            let refusal = refused(link(from, kind, to).await);
            assert!(refusal.contains("which waits for it already"), "{from} {kind} {to}: {refusal}");
        }
        let below = refused(link(t[3], LinkKind::Blocks, t[2]).await);
        assert!(below.ends_with("which waits for it anyway"), "{below}");
        link(t[4], LinkKind::Blocks, t[0]).await.unwrap();
        link(t[0], LinkKind::Duplicates, t[2]).await.unwrap();
        desk.apply(t[1], Command::Unlink(LinkKind::Blocks, t[2])).await.unwrap();
        assert_eq!(desk.load(t[2]).await.unwrap().linked(LinkKind::BlockedBy).count(), 0, "cut on both");
        link(t[2], LinkKind::Blocks, t[0]).await.unwrap();
    });
}

#[test]
fn a_way_too_long_to_be_looked_at_is_no_way() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mut config = Config::default();
        config.limits.links = 3;
        desk.by(Actor::system()).publish(config).await.unwrap();
        let t = tickets(desk, 6).await;
        for pair in t.windows(2).take(4) {
            desk.apply(pair[0], Command::Link(LinkKind::Blocks, pair[1])).await.unwrap();
        }
        let refusal = refusal(desk.apply(t[5], Command::Link(LinkKind::Blocks, t[0])).await);
        let Refusal::Invalid { faults } = refusal else { panic!("{refusal}") };
        assert!(faults[0].problem.starts_with("more than 3 tickets wait for"), "{faults:?}");
    });
}
