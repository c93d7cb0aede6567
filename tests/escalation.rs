//! Scenarios of time: targets, warnings, breaches, escalation chains, snoozes; on a manual clock.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::config::{Action, At, Audience, Policy, Step};
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Config, Desk, Draft, Event, Key, MemoryStore, Priority, Span, Status};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn notify(template: &str) -> Action {
    Action::Notify { to: vec![Audience::Lead], template: template.into(), urgent: true }
}

fn desk(config: Config) -> (Desk, ManualClock) {
    let clock = ManualClock::new(at("2026-03-02T09:00:00Z"));
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone()).with_seed(1);
    pollster::block_on(desk.publish(config)).unwrap();
    (desk, clock)
}

async fn names(desk: &Desk, id: ticketcore::TicketId) -> Vec<String> {
    desk.history(id).await.unwrap().iter().map(|recorded| recorded.event.name().to_owned()).collect()
}

#[test]
fn a_ticket_nobody_answers_warns_breaches_and_escalates_by_itself() {
    let config = Config::default().policy(
        Policy::first_response("first_response")
            .target(Priority::P3, Span::hours(4))
            .step(Step::new(At::Percent(75), vec![notify("warning")]))
            .step(Step::new(At::Percent(100), vec![Action::AssignTeam("second_line".into()), Action::Escalate(1)])),
    );
    let (desk, clock) = desk(config);
    pollster::block_on(async {
        let draft = Draft::incident("No mail").requester("bo").team("first_line");
        let ticket = desk.by(Actor::integration("portal")).open(draft).await.unwrap();
        assert_eq!(desk.tick().await.unwrap().next, Some(at("2026-03-02T12:00:00.000001Z")));

        clock.set(at("2026-03-02T12:00:00Z"));
        assert_eq!(desk.tick().await.unwrap().tickets, 0, "due is inclusive: at the instant itself nothing is late");
        clock.advance(TimeDelta::microseconds(1));
        desk.tick().await.unwrap();
        assert_eq!(names(&desk, ticket.id).await, ["opened", "fired", "notified"]);

        clock.set(at("2026-03-02T14:00:00Z"));
        desk.tick().await.unwrap();
        let after = desk.load(ticket.id).await.unwrap();
        assert_eq!((after.team.clone(), after.level), (Some(Key::from("second_line")), 1));
        assert_eq!(after.policies.breaches[0].due, at("2026-03-02T13:00:00Z"));
        let ada = desk.by(Actor::agent("ada"));
        ada.apply(ticket.id, Command::reply("On it")).await.unwrap();
        let reading = desk.readings(ticket.id).await.unwrap().remove(0);
        assert!(reading.breached && reading.stopped == Some(at("2026-03-02T14:00:00Z")));
        let history = desk.history(ticket.id).await.unwrap();
        // The breach comes before the step that follows from it.
        assert!(matches!(&history[3].event, Event::Breached { due, .. } if *due == at("2026-03-02T13:00:00Z")));
        assert!(matches!(&history[4].event, Event::Fired { due, .. } if *due == at("2026-03-02T13:00:00Z")));
        ada.apply(ticket.id, [Command::transition("start"), Command::transition("resolve")]).await.unwrap();
        assert_eq!(desk.load(ticket.id).await.unwrap().status, Status::Resolved);
        clock.advance(TimeDelta::days(6));
        desk.tick().await.unwrap();
        assert_eq!(desk.load(ticket.id).await.unwrap().status, Status::Closed);
    });
}
