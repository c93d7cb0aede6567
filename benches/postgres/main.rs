//! How far the Postgres adapter is from the floor: pgbench with scripts that write the same rows, on the same server.
//!
//! The floor's scripts are what a careful hand would write: the same tables and indexes in a schema of their own, one
//! statement for each operation, prepared, and in the second form the several statements that most programs send. They
//! decide and encode nothing: every value is of one of a thousand samples, a random one or the clock's. A floor takes its
//! numbers from a sequence, which leaves gaps and makes nobody wait; ours are without gaps. Both take turns in one run.

#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

#[path = "../../tests/support/cluster.rs"]
#[allow(dead_code, reason = "tests use the rest of it")]
mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod floor;
mod reads;
mod server;
mod writes;

use std::process::ExitCode;

use clap::Parser;

use crate::common::table::{Measure, print};
use crate::common::{Result, machine};
use crate::server::Bench;

/// Measures ticketcore on Postgres against pgbench.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench postgres --features postgres --")]
struct Plan {
    /// Measures whose names hold this; all of them if it is left out
    filter: Option<String>,
    /// Small sizes: shows within a minute that everything runs, and proves little
    #[arg(long)]
    quick: bool,
    /// Ends with failure if a goal is missed
    #[arg(long)]
    strict: bool,
    /// What `cargo bench` says of itself; `cargo test` does not, and gets the small sizes
    #[arg(long, hide = true)]
    bench: bool,
}

/// The measures, by what their lines begin with.
const MEASURES: &[(&str, Measure<Bench>)] = &[
    ("create", writes::creates),
    ("transition", writes::transitions),
    ("batch", writes::batch),
    ("import", writes::import),
    ("tick", reads::tick),
    ("report", reads::report),
];

fn main() -> ExitCode {
    let plan = Plan::parse();
    match ready(plan.quick || !plan.bench) {
        Ok(Some(bench)) => {
            println!("{}, {}", machine::describe(), bench.version());
            print(&bench, MEASURES, plan.filter.as_deref(), plan.strict)
        }
        Ok(None) => {
            println!("SKIPPED: no programs of Postgres were found; `apt-get install postgresql` has them");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn ready(quick: bool) -> Result<Option<Bench>> {
    let bench = Bench::new(quick)?;
    bench.as_ref().map(floor::prepare).transpose()?;
    Ok(bench)
}
