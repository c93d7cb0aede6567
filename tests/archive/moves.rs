//! A desk moves: it goes on where it stopped, goes into nothing but an empty tenant, and tells nobody its old news.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ticketcore::config::{Action, At, Audience, Step};
use ticketcore::event::Recorded;
use ticketcore::testing::block_on;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, Event, MemoryStore, Notifier, Policy, Priority, Span, Store, StoreError,
};

use crate::meddled::Meddled;
use crate::{archive, clock, empty, on, refused, restore};

/// More tickets than a commit takes.
async fn full(desk: &Desk) {
    desk.publish(Config::default()).await.unwrap();
    for part in 0..3 {
        let drafts = (0..150).map(|i| Draft::incident(format!("Ticket {part}.{i}")).requester("bo")).collect();
        desk.open_all(drafts).await.unwrap();
    }
}

#[test]
fn it_goes_on_where_it_was_whichever_commit_failed() {
    block_on(async {
        let desk = empty();
        full(&desk).await;
        let (whole, _) = archive(&desk).await;
        for broken in 1..=6 {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let failing =
                Meddled::new(
                    Arc::clone(&store),
                    move |commit| {
                        if commit == broken { Err(StoreError::Full) } else { Ok(()) }
                    },
                );
            let stopped = restore(&on(Arc::new(failing)), &whole).await;
            assert!(stopped.is_err(), "commit {broken}");
            let other = on(store);
            let restored = restore(&other, &whole).await.unwrap();
            assert_eq!(restored.tickets + restored.unchanged, 450);
            assert!(archive(&other).await.0 == whole, "commit {broken}");
        }
    });
}

#[test]
fn a_second_time_changes_nothing_and_another_tenant_is_left_alone() {
    block_on(async {
        let desk = empty();
        full(&desk).await;
        let (whole, _) = archive(&desk).await;
        let feed = desk.store().feed(ticketcore::Position(0), 1000).await.unwrap();
        let restored = restore(&desk, &whole).await.unwrap();
        assert_eq!((restored.tickets, restored.unchanged), (0, 450));
        assert_eq!(desk.store().feed(ticketcore::Position(0), 1000).await.unwrap(), feed);

        let other = empty();
        let ticket = other.open(Draft::incident("My own")).await.unwrap();
        assert!(
            refused(&other, &whole).contains("the tenant has another ticket number 1; an archive goes into a tenant")
        );
        other.publish(Config { seal: true, ..Config::default() }).await.unwrap();
        assert!(refused(&other, &whole).contains("the tenant has another document config 0000000001"));
        assert_eq!(other.history(ticket.id).await.unwrap().len(), 1);
        // An archive with fewer tickets is an older one.
        let smaller = empty();
        smaller.publish(Config::default()).await.unwrap();
        let (small, _) = archive(&smaller).await;
        assert!(refused(&desk, &small).contains("has 0 tickets, and the tenant has 450"));
    });
}

#[derive(Debug, Default)]
struct Told(Mutex<Vec<Recorded>>);

#[async_trait]
impl Notifier for Told {
    async fn notify(&self, recorded: &Recorded) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push(recorded.clone());
        Ok(())
    }
}

#[test]
fn nobody_is_told_what_happened_before_the_move_and_everybody_what_happens_after() {
    block_on(async {
        let clock = clock();
        let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
        let page = Action::Notify { to: vec![Audience::Assignee], template: "late".into(), urgent: true };
        let policy = Policy::first_response("answer")
            .target(Priority::P3, Span::hours(4))
            .step(Step::new(At::Percent(100), vec![page]));
        desk.publish(Config::default().policy(policy)).await.unwrap();
        let ticket = desk.open(Draft::incident("Slow").requester("bo").assignee("ada")).await.unwrap();
        let (whole, _) = archive(&desk).await;

        let other = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
        restore(&other, &whole).await.unwrap();
        let told = Told::default();
        assert_eq!(other.deliver("mail", &told).await.unwrap(), 0);
        other.by(Actor::agent("ada")).apply(ticket.id, Command::note("Here now")).await.unwrap();
        assert_eq!(other.deliver("mail", &told).await.unwrap(), 1);
        // It is the same desk: its clocks went on, and what comes due is done.
        clock.advance(TimeDelta::hours(5));
        other.tick().await.unwrap();
        other.deliver("mail", &told).await.unwrap();
        let told = told.0.into_inner().unwrap();
        assert!(told.iter().any(|one| matches!(one.event, Event::Notified(_))), "{told:?}");
        assert!(told.iter().all(|one| one.version > ticket.version));
        assert_eq!(other.delivered("mail").await.unwrap(), told.last().unwrap().position);
    });
}

#[test]
fn a_dry_run_writes_nothing() {
    block_on(async {
        let desk = empty();
        full(&desk).await;
        let (whole, end) = archive(&desk).await;
        let other = empty();
        let restored = other.restore().dry_run().read(&mut Cursor::new(&whole)).await.unwrap();
        assert_eq!((restored.archive, restored.tickets), (end, 450));
        assert_eq!(other.store().feed(ticketcore::Position(0), 10).await.unwrap(), []);
        let compared = other.verify_archive(Cursor::new(&whole), |_| ()).await.unwrap();
        assert!(!compared.is_equal());
        assert_eq!((compared.tickets, compared.tickets_there, compared.missing.len()), (450, 0, 451));
    });
}
