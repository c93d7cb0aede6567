//! Finding and measuring: a question as text, tables that are kept, the tickets behind a number, the past as it was and as
//! it would have been.
//!
//! `cargo run --example measure`

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::sync::Arc;

use ticketcore::desk::{List, WhatIf};
use ticketcore::report::{Dimension, Measure, Number, Scan, TableSpec};
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Config, Desk, Draft, Filter, MemoryStore, Policy, Priority, Query, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    pollster::block_on(async {
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse()?);
        let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
        let within = |hours| {
            let solve = Policy::resolution("solve").target(Priority::P3, Span::hours(hours));
            Config::default().policy(solve)
        };
        desk.publish(within(8)).await?;
        for (subject, team) in [("No mail", "net"), ("Slow mail", "net"), ("Disk full on db-01", "db")] {
            desk.open(Draft::incident(subject).team(team)).await?;
        }
        let morning = desk.now();

        // A question as people type it; `me` is whoever asks, and what is misspelt is named with its place.
        let ada = desk.by(Actor::agent("ada"));
        let page = ada.list(&List::new("is:open (team:db or assignee:me) \"disk full\" sort:due")).await?;
        assert_eq!(page.tickets[0].reference(), "INC-3");
        let wrong = ada.list(&List::new("asignee:me")).await.unwrap_err();
        assert!(wrong.to_string().ends_with("at 1: unknown field `asignee`, did you mean `assignee`?"));

        // Tables that are kept from the feed: a read does not grow with the tickets.
        let load = TableSpec::new([Dimension::Team], [Measure::Backlog, Measure::Count]);
        desk.keep_live("wall", Filter::all(), [load.clone()]).await?;
        clock.advance(Span::hours(5).0);
        desk.apply(page.tickets[0].id, Command::transition("resolve")).await?;
        println!("{:#?}", desk.live("wall").await?.tables[0].rows);

        // The same by an exact pass, and the tickets behind one of its numbers.
        let scan = Scan { filter: Filter::all(), tables: vec![load], now: desk.now() };
        let table = desk.tally(&scan).await?.remove(0);
        let behind = table.behind(&scan, 1, &Measure::Backlog, Number::All)?;
        assert_eq!(desk.find(&Query::new(behind)).await?.tickets.len(), 2, "what the second row, net, has open");

        // What was open in the morning, and what half the target would have made of the day.
        assert_eq!(desk.as_of(morning).await?.find(&Query::new(Filter::open())).await?.tickets.len(), 3);
        let played = desk.what_if(&WhatIf::between(morning, desk.now()).config(within(4))).await?;
        let [was, would] = played.promises.policies["solve"].map(|count| count.breached);
        assert_eq!((was, would), (0, 3));
        Ok(())
    })
}
