//! Replays the incidents of a real help desk and compares what the reports say with an independent run over the file.
//!
//! `cargo run --release --example replay -- [--store memory|sqlite] [FILE]`
//!
//! The file is a public cut of a ServiceNow log of 2016: 890 incidents in 5,998 rows, each an update with all that was
//! known then. Every row goes through the desk's commands at its own time. What the file says and a desk cannot
//! repeat is bent as little as possible, counted, and printed with the reason:
//!
//! - Times are local and of no named zone: they are read as UTC. So what lies across a change of clocks may be an hour
//!   off, as it is in the expected figures.
//! - `?` is a missing value. For the group it is a group without a name, because the file counts handing on to it and
//!   from it; for the agent nobody; for all else no value.
//! - The file counts handing on between groups only, a desk between agents as well. So an agent gives a ticket back to
//!   the group before another takes it. Three times the count rises while the group stays: there the ticket goes to
//!   another group and back.
//! - `resolved_at` and `closed_at` are not always the times of the rows that say `Resolved` and `Closed`. Published
//!   figures use the former, and so does the replay. Where `resolved_at` is missing the row's time is taken, and the
//!   report of resolution times is asked without these incidents.
//! - One row steps back in time, and a few come before the opening; a log never goes back.
//! - `made_sla` is the verdict of a promise that the file does not state. It is kept as a field, not judged again.

#![expect(clippy::print_stdout, reason = "it shows what it found")]

mod desk;
mod figures;
mod incidents;
mod replay;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use figures::Comparison;
use ticketcore::time::ManualClock;
use ticketcore::{Desk, MemoryStore, Store, report};

/// Replays the incidents of a real help desk.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the tickets are kept, for as long as it runs.
    #[arg(long, value_enum, default_value = "memory")]
    store: Kind,
    /// The log as CSV.
    #[arg(default_value = incidents::FILE)]
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Memory,
    #[cfg(feature = "sqlite")]
    Sqlite,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { store, file } = Arguments::parse();
    if !file.exists() {
        eprintln!("SKIPPED: there is no log at {}", file.display());
        return Ok(());
    }
    let incidents = incidents::read(&file)?;
    let rows: usize = incidents.iter().map(Vec::len).sum();
    let first = incidents.iter().flatten().map(|row| row.opened_at).min().ok_or("the log is empty")?;
    let clock = ManualClock::new(first);
    let store: Arc<dyn Store> = match store {
        Kind::Memory => Arc::new(MemoryStore::new()),
        #[cfg(feature = "sqlite")]
        Kind::Sqlite => Arc::new(ticketcore_sqlite::SqliteStore::memory()?),
    };
    let desk = Desk::new(store).with_clock(clock.clone());
    pollster::block_on(async {
        desk.publish(desk::config()).await?;
        let started = Instant::now();
        let notes = replay::replay(&desk, &clock, &incidents).await?;
        println!("{} incidents in {rows} rows replayed in {:.2?}\n", incidents.len(), started.elapsed());

        for report in ["volume", "response", "monthly", "reopens"].into_iter().filter_map(report::named) {
            for section in desk.report(&*report, &desk.ask().await?).await? {
                println!("{section}");
            }
        }
        println!("Not as it stands in the file:");
        for (what, count) in notes {
            println!("{count:6}  {what}");
        }
        println!();
        match std::fs::read_to_string(figures::EXPECTED) {
            Ok(expected) => {
                let expected: serde_json::Value = serde_json::from_str(&expected)?;
                print!("{}", Comparison::of(&expected["excerpt"], &figures::figures(&desk).await?));
            }
            Err(_) => eprintln!("SKIPPED: there are no expected figures at {}", figures::EXPECTED),
        }
        Ok(())
    })
}
