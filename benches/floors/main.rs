//! How far the library is from the floor: each measure beside a program that does the same rows by hand, in one run.
//!
//! Absolute figures do not travel, so a goal is a ratio: both programs take turns in rounds of one run, and the median of
//! the rounds' ratios counts. `cargo bench --bench floors -- --help` tells the rest.

#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

#[path = "../common/mod.rs"]
mod common;
mod line;
mod memory;

use std::process::ExitCode;

use clap::Parser;

use crate::line::Line;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures ticketcore against programs that do the same by hand.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench floors --")]
struct Plan {
    /// Measures whose names hold this; all of them if it is left out
    filter: Option<String>,
    /// Small sizes: shows that everything runs, and proves little
    #[arg(long)]
    quick: bool,
    /// Ends with failure if a goal is missed
    #[arg(long)]
    strict: bool,
    /// What `cargo bench` says of itself; `cargo test` does not, and gets the small sizes
    #[arg(long, hide = true)]
    bench: bool,
}

impl Plan {
    /// A size: the first when it has to be quick.
    fn pick(&self, quick: usize, full: usize) -> usize {
        if self.quick || !self.bench { quick } else { full }
    }
}

type Measure = fn(&Plan) -> Result<Vec<Line>>;

/// The measures, by what their lines begin with.
const MEASURES: &[(&str, Measure)] = &[("memory", memory::memory), ("decide", memory::decide)];

fn main() -> ExitCode {
    let plan = Plan::parse();
    println!("{}", common::machine::describe());
    println!("{}", Line::head());
    let wanted = |name: &str| plan.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()));
    let (mut missed, mut failed) = (0, 0);
    for (name, measure) in MEASURES.iter().filter(|(name, _)| wanted(name)) {
        match measure(&plan) {
            Ok(lines) => lines.iter().for_each(|line| {
                missed += usize::from(line.missed());
                println!("{line}");
            }),
            Err(error) => {
                failed += 1;
                println!("{name}: {error}");
            }
        }
    }
    println!("{missed} missed, {failed} failed");
    if failed > 0 || (plan.strict && missed > 0) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
