//! How far the library is from the floor: each measure beside a program that does the same rows by hand, in one run.
//!
//! Absolute figures do not travel, so a goal is a ratio: both programs take turns in rounds of one run, and the median of
//! the rounds' ratios counts. `cargo bench --bench floors -- --help` tells the rest.

#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

#[path = "../common/mod.rs"]
mod common;
mod dashboard;
mod files;
mod import;
mod language;
mod live;
mod memory;
mod people;
mod raw;
mod reads;
mod report;
mod search;
mod writes;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::common::latencies::pretty;
use crate::common::table::{Measure, print};
use crate::common::{Result, machine};
use crate::files::Files;

/// Measures ticketcore against programs that do the same by hand.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench floors --")]
struct Plan {
    /// Measures whose names hold this; all of them if it is left out
    filter: Option<String>,
    /// Small sizes: shows within a minute that everything runs, and proves little
    #[arg(long)]
    quick: bool,
    /// Ten million tickets, too, where it is asked how reads grow: takes some twenty minutes and 30 GB more
    #[arg(long, conflicts_with = "quick")]
    huge: bool,
    /// Ends with failure if a goal is missed
    #[arg(long)]
    strict: bool,
    /// Where the databases go; beside the build unless said otherwise
    #[arg(long)]
    dir: Option<PathBuf>,
    /// What `cargo bench` says of itself; `cargo test` does not, and gets the small sizes
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a measure works with.
#[derive(Debug)]
struct Bench {
    quick: bool,
    huge: bool,
    files: Files,
}

impl Bench {
    /// A size: the first when it has to be quick.
    const fn pick(&self, quick: usize, full: usize) -> usize {
        if self.quick { quick } else { full }
    }
}

/// The measures, by what their lines begin with.
const MEASURES: &[(&str, Measure<Bench>)] = &[
    ("decide", memory::decide),
    ("memory", memory::memory),
    ("language", language::language),
    ("sqlite", writes::one_caller),
    ("callers", writes::callers),
    ("batch", writes::batch),
    ("host", writes::host),
    ("tick", reads::tick),
    ("queue", reads::queue),
    ("report", report::report),
    ("dashboard", dashboard::dashboard),
    ("live", live::live),
    ("search", search::search),
    ("rights", people::with_rights),
    ("routing", people::routing),
    ("bulk", people::bulk),
    ("verify", people::verify),
    ("import", import::import),
];

fn main() -> ExitCode {
    let plan = Plan::parse();
    match ready(&plan) {
        Ok(bench) => print(&bench, MEASURES, plan.filter.as_deref(), plan.strict),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn ready(plan: &Plan) -> Result<Bench> {
    let bench = Bench { quick: plan.quick || !plan.bench, huge: plan.huge, files: Files::new(plan.dir.as_deref())? };
    println!("{}, fsync {}", machine::describe(), pretty(machine::fsync(bench.files.folder())?.median()));
    Ok(bench)
}
