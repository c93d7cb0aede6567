//! A desk in twenty lines: open it on a file, open a ticket, see it escalate, work it, print a report.
//!
//! `cargo run --example quickstart`

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::sync::Arc;

use ticketcore::config::{Action, At, Step};
use ticketcore::time::{Clock, ManualClock, SystemClock};
use ticketcore::{Actor, Command, Config, Desk, Draft, Policy, Priority, Span, report};
use ticketcore_sqlite::SqliteStore;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    pollster::block_on(async {
        let clock = ManualClock::new(SystemClock.now()); // only to make five hours pass below
        let desk = Desk::new(Arc::new(SqliteStore::open("quickstart.db")?)).with_clock(clock.clone());
        let answer = Policy::first_response("first_response")
            .target(Priority::P3, Span::hours(4))
            .step(Step::new(At::Percent(100), vec![Action::AssignTeam("second_line".into())]));
        desk.publish(Config::default().policy(answer)).await?;

        let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
        let ticket = bo.open(Draft::incident("Checkout returns 500")).await?;
        clock.advance(Span::hours(5).0); // nobody answers …
        desk.tick().await?; // … so it escalates by itself
        ada.apply(ticket.id, [Command::assign("ada"), Command::reply("Fixed."), Command::transition("resolve")])
            .await?;

        for event in desk.history(ticket.id).await? {
            println!("{event}");
        }
        for section in desk.report(&report::overview(), &desk.ask().await?).await? {
            println!("\n{section}");
        }
        Ok(())
    })
}
