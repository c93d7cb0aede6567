//! The project's own commands: `cargo xtask test`, `bench`, `ci`. Standard library only, so that it builds at once.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask <command>

  test    installs what the tests need, then passes every test and documentation example
  bench   measures beside the floors and prints one line a measure (--quick for a short run, --postgres for a server)
  ci      test, and: formatting, lints, documentation, both ends of the rusqlite range, the lock file";

type Done = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let done = match args.first().map(String::as_str) {
        Some("test") => test(rest),
        Some("bench") => bench(rest),
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

/// The programs that tests talk to, and the packages of Debian that have them.
const TOOLS: [(&str, &str); 3] =
    [("prometheus-alertmanager", "prometheus-alertmanager"), ("initdb", "postgresql"), ("pgbouncer", "pgbouncer")];

/// Installs the tools that are missing; where one cannot be had its tests skip, loudly, and fail in CI.
fn install() -> Done {
    let missing: Vec<&str> = TOOLS.iter().filter(|(tool, _)| !is_there(tool)).map(|(_, package)| *package).collect();
    if missing.is_empty() || !on_path("apt-get") || !is_root() {
        return Ok(());
    }
    // Debian would start a server of its own with the package; the tests start theirs.
    let settings = Path::new("/etc/postgresql-common");
    let quiet = fs::create_dir_all(settings)
        .and_then(|()| fs::write(settings.join("createcluster.conf"), "create_main_cluster = false\n"));
    quiet.map_err(|error| format!("{}: {error}", settings.display()))?;
    let apt = |args: &[&str]| {
        let done = Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").status();
        done.is_ok_and(|status| status.success())
    };
    let install: Vec<&str> = ["install", "-y", "--no-install-recommends"].into_iter().chain(missing.clone()).collect();
    if !(apt(&["update"]) && apt(&install)) {
        eprintln!("{} could not be installed; their tests will be skipped", missing.join(", "));
    }
    Ok(())
}

/// Tells whether a tool is there; Debian keeps those of a Postgres server out of the path.
fn is_there(tool: &str) -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path(tool) || versions.map(|version| version.path().join("bin").join(tool)).any(|path| path.is_file())
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

fn cargo<'a>(args: impl IntoIterator<Item = &'a str>, envs: &[(&str, &str)]) -> Done {
    cargo_in(&root(), args, envs)
}

fn cargo_in<'a>(dir: &Path, args: impl IntoIterator<Item = &'a str>, envs: &[(&str, &str)]) -> Done {
    let args: Vec<&str> = args.into_iter().collect();
    eprintln!("$ cargo {}", args.join(" "));
    let program = env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").to_owned());
    let status = Command::new(program).args(&args).envs(envs.iter().copied()).current_dir(dir).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {} ended with {status}", args.join(" "))),
        Err(error) => Err(format!("cargo {}: {error}", args.join(" "))),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
