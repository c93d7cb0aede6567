//! The programs that tests talk to.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cargo::Done;

/// The programs, and the packages of Debian that have them.
const TOOLS: [(&str, &str); 3] =
    [("prometheus-alertmanager", "prometheus-alertmanager"), ("initdb", "postgresql"), ("pgbouncer", "pgbouncer")];

/// Installs the tools that are missing; where one cannot be had its tests skip, loudly, and fail in CI.
pub(crate) fn install() -> Done {
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

/// Installs what one line of the bench is compared with, where Python is there; else the bench says that it is missing.
pub(crate) fn duckdb() {
    let python = |args: &[&str]| Command::new("python3").args(args).status().is_ok_and(|status| status.success());
    if !python(&["-c", "import duckdb"]) && !python(&["-m", "pip", "install", "--quiet", "duckdb"]) {
        eprintln!("DuckDB could not be installed; nothing will be compared with it");
    }
}

/// Tells whether a tool is there; Debian keeps those of a Postgres server out of the path.
fn is_there(tool: &str) -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path(tool) || versions.map(|version| version.path().join("bin").join(tool)).any(|path| path.is_file())
}

/// Tells whether a program is found where programs are looked for.
pub(crate) fn on_path(program: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Tells whether this process may do everything.
pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
