//! The project's own commands: `cargo xtask test`, `bench`, `ci` and more. Standard library only, so that it builds at once.

mod cargo;
mod faults;
mod postgres;
mod tools;

use std::env;
use std::fs;
use std::process::{Command, ExitCode};

use cargo::{Done, cargo, cargo_in, root};
use tools::install;

const HELP: &str = "\
cargo xtask <command>

  test    installs what the tests need, then passes every test and documentation example
  bench   measures beside the floors and prints one line a measure (--quick for a short run, --postgres for a server)
  faults  breaks Postgres servers under load for some minutes, and prints a table of what came of it
  postgres <major>…
          passes the tests on Postgres with servers of other versions, fetched with npm
  pictures
          draws docs/pictures anew
  ci      test, and: formatting, lints, documentation, both ends of the rusqlite range, the lock file";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let done = match args.first().map(String::as_str) {
        Some("test") => test(rest),
        Some("bench") => bench(rest),
        Some("faults") => faults::run(),
        Some("postgres") if !rest.is_empty() => postgres::run(rest),
        Some("pictures") => cargo(["run", "--example", "pictures"], &[]),
        Some("ci") => ci(),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The one command that passes all tests on a fresh machine.
fn test(args: &[String]) -> Done {
    install()?;
    let command = ["test", "--workspace", "--features", "ticketcore-workspace/postgres"];
    cargo(command.into_iter().chain(args.iter().map(String::as_str)), &[])
}

fn bench(args: &[String]) -> Done {
    let postgres = args.iter().any(|arg| arg == "--postgres");
    let command: &[&str] = if postgres {
        install()?;
        &["bench", "--bench", "postgres", "--features", "postgres", "--"]
    } else {
        tools::duckdb();
        &["bench", "--bench", "floors", "--"]
    };
    let rest = args.iter().map(String::as_str).filter(|arg| *arg != "--postgres");
    cargo(command.iter().copied().chain(rest), &[])
}

fn ci() -> Done {
    cargo(["fmt", "--all", "--check"], &[])?;
    lock_file()?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--features", "ticketcore-workspace/postgres"];
    cargo(clippy.into_iter().chain(["--", "-D", "warnings"]), &[])?;
    cargo(["check", "--no-default-features", "--examples"], &[])?;
    cargo(["doc", "--workspace", "--no-deps", "--all-features"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    oldest_rusqlite()?;
    test(&[])
}

/// sqlx's own SQLite driver would clash with rusqlite over the `sqlite3` library, even if nobody compiles it.
fn lock_file() -> Done {
    let lock = fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    let banned = ["sqlx-sqlite", "sqlx-mysql", "rsa"];
    let found: Vec<_> = banned.into_iter().filter(|name| lock.contains(&format!("name = \"{name}\"\n"))).collect();
    if found.is_empty() { Ok(()) } else { Err(format!("Cargo.lock holds {}", found.join(", "))) }
}

/// The adapter takes a range of rusqlite; the lock file tests its upper end, a copy of the workspace the lower one.
fn oldest_rusqlite() -> Done {
    let copy = root().join("target/oldest-rusqlite");
    fs::create_dir_all(&copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    let files = [
        "Cargo.toml",
        "Cargo.lock",
        "ticketcore",
        "ticketcore-picture",
        "ticketcore-sqlite",
        "ticketcore-postgres",
        "xtask",
        "examples",
        "benches",
        "tests",
    ];
    let sources = files.map(|file| root().join(file));
    let copied = Command::new("cp").arg("-r").args(&sources).arg(&copy).status();
    if !copied.is_ok_and(|status| status.success()) {
        return Err(format!("the workspace could not be copied to {}", copy.display()));
    }
    cargo_in(&copy, ["update", "-p", "rusqlite", "--precise", "0.39.0"], &[])?;
    cargo_in(&copy, ["test", "-p", "ticketcore-sqlite"], &[])
}
