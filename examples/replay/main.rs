//! Brings in the incidents of a real help desk and compares what the reports say with an independent run over the file.
//!
//! `cargo run --release --example replay -- [--store memory|sqlite] [FILE]`
//!
//! The file is a public cut of a ServiceNow log of 2016: 890 incidents in 5,998 rows, each an update with all that was
//! known then. What its columns are is said in `examples/import/servicenow.toml`, and the desk they go into is
//! `servicenow-desk.toml` beside it: there is no code that knows this log. What the file says and a desk cannot repeat is
//! bent as little as possible, counted, and printed with the reason.
//!
//! Figures about tickets are the reports'. Figures about rows, which a desk does not keep, are those of the profile that
//! the plan of every import has.

#![expect(clippy::print_stdout, reason = "it shows what it found")]

mod figures;

use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use figures::Comparison;
use ticketcore::import::Mapping;
use ticketcore::{Config, Desk, MemoryStore, Store, report};

/// Brings in the incidents of a real help desk.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the tickets are kept, for as long as it runs.
    #[arg(long, value_enum, default_value = "memory")]
    store: Kind,
    /// The log as CSV.
    #[arg(default_value = figures::LOG)]
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
    let store: Arc<dyn Store> = match store {
        Kind::Memory => Arc::new(MemoryStore::new()),
        #[cfg(feature = "sqlite")]
        Kind::Sqlite => Arc::new(ticketcore_sqlite::SqliteStore::memory()?),
    };
    let config: Config = toml::from_str(include_str!("../import/servicenow-desk.toml"))?;
    let mapping: Mapping = toml::from_str(include_str!("../import/servicenow.toml"))?;
    let desk = Desk::new(store);
    pollster::block_on(async {
        desk.publish(config).await?;
        let started = Instant::now();
        let plan = desk.plan_import(&mapping, File::open(&file)?).await?;
        let planned = started.elapsed();
        println!("{plan}");
        let imported = desk.import(&plan).run().await?;
        if let Some(error) = imported.error {
            return Err(error.into());
        }
        let took = started.elapsed() - planned;
        println!(
            "{} tickets with {} events, read in {planned:.2?}, written in {took:.2?}",
            imported.tickets, imported.events
        );
        let compared = desk.verify_import(&plan, |_| ()).await?;
        println!("file  {}\nstore {}\n", compared.digest, compared.digest_there);

        for report in ["volume", "response", "monthly", "reopens"].into_iter().filter_map(report::named) {
            for section in desk.report(&*report, &desk.ask().await?).await? {
                println!("{section}");
            }
        }
        match std::fs::read_to_string(figures::EXPECTED) {
            Ok(expected) => {
                let expected: serde_json::Value = serde_json::from_str(&expected)?;
                let (reported, profiled) = (figures::figures(&desk).await?, figures::profiled(&plan.profile));
                print!("{}", Comparison::of(&expected["excerpt"], &reported, &profiled));
            }
            Err(_) => eprintln!("SKIPPED: there are no expected figures at {}", figures::EXPECTED),
        }
        Ok(())
    })
}
