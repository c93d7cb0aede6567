//! How much work a desk gets done: callers on threads, each doing one operation of a mix after the other.
//!
//! Each caller waits for its own commit, as the handlers of a service do; what they have in common is the store. Every
//! second there is a line of progress, at the end a table with the percentiles of each operation.
//! `cargo bench --bench throughput -- --help` tells what can be set.

#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

#[path = "../common/mod.rs"]
mod common;
mod conflicts;
mod mix;
mod run;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use ticketcore::{MemoryStore, Store};
use ticketcore_sqlite::{Durability, SqliteOptions};

use crate::common::latencies::pretty;
use crate::common::machine;
use crate::common::prefill::prefill;
use crate::common::random::Random;
use crate::common::scratch::Scratch;
use crate::mix::Mix;
use crate::run::run;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measures how many operations a second a ticketcore desk does, and how long each takes.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --bench throughput --")]
struct Options {
    /// Where the tickets are kept
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// How many callers work at once, each on a thread of its own
    #[arg(long, default_value = "8", value_name = "COUNT")]
    callers: NonZero<usize>,
    /// How long is measured, in seconds
    #[arg(long, default_value = "10")]
    seconds: NonZero<u64>,
    /// How long is worked before that without being measured, in seconds
    #[arg(long, default_value = "2", value_name = "SECONDS")]
    warmup: u64,
    /// What is done, with weights: create, transition, comment, read, list
    #[arg(long, default_value = "create=20,transition=40,comment=30,read=10")]
    mix: Mix,
    /// How many tickets there are before it begins
    #[arg(long, default_value = "10000", value_name = "COUNT")]
    tickets: NonZero<usize>,
    /// Of how many of them transitions and comments are: few make conflicts; all if it is left out
    #[arg(long, value_name = "COUNT")]
    hot: Option<NonZero<usize>>,
    /// Whether SQLite waits for the disk at every commit
    #[arg(long, value_enum, default_value = "full")]
    durability: Wait,
    /// The database file, which must not exist and is kept; one beside the build, removed at the end, if it is left out
    #[arg(long, value_name = "PATH")]
    db: Option<PathBuf>,
    /// What `cargo bench` says of itself; `cargo test` does not, and gets a short run
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Memory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wait {
    /// Every commit survives a power cut
    Full,
    /// A power cut may take the last commits
    Normal,
}

impl From<Wait> for Durability {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Full => Self::Full,
            Wait::Normal => Self::Normal,
        }
    }
}

fn main() -> ExitCode {
    let mut options = Options::parse();
    if !options.bench {
        (options.seconds, options.warmup) = (NonZero::<u64>::MIN, 0);
    }
    match measure(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Error> {
    let scratch = Scratch::new(None)?;
    let path = options.db.clone().unwrap_or_else(|| scratch.path("throughput.db"));
    let store = open(options, &path)?;
    let tickets = options.tickets.get();
    println!("{}", machine::describe());
    if options.store == Kind::Sqlite {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let fsync = machine::fsync(folder)?;
        let (median, slow) = (pretty(fsync.median()), pretty(fsync.quantile(0.99)));
        println!("SQLite, {} durability, fsync p50 {median} p99 {slow}", name(options.durability));
    }
    println!("{} callers, {}, {tickets} tickets to begin with", options.callers, options.mix);

    // Four of ten of a prefilled desk are closed, and nothing more is done on them.
    let ids = prefill(&store, tickets.saturating_mul(10).div_ceil(6), &mut Random::new(1))?;
    run(store, options, ids)
}

fn open(options: &Options, path: &Path) -> Result<Arc<dyn Store>, Error> {
    Ok(match options.store {
        Kind::Memory if options.db.is_some() => return Err("--db goes with --store sqlite only".into()),
        Kind::Memory => Arc::new(MemoryStore::new()),
        Kind::Sqlite if path.exists() => {
            return Err(format!("{} exists; name a file that does not", path.display()).into());
        }
        Kind::Sqlite => Arc::new(SqliteOptions::new().synchronous(options.durability.into()).open(path)?),
    })
}

fn name(wait: Wait) -> &'static str {
    match wait {
        Wait::Full => "full",
        Wait::Normal => "normal",
    }
}
