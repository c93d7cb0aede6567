//! The tests of faults in their long form, and a table of what they saw.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::cargo::{Done, root};
use crate::tools::install;

const COMMAND: [&str; 9] = [
    "test",
    "--features",
    "postgres",
    "--test",
    "postgres_faults",
    "--",
    "--test-threads=1",
    "--nocapture",
    "--color=never",
];

/// One by one, as each needs the whole machine; and fails if one of them does.
pub(crate) fn run() -> Done {
    install()?;
    eprintln!("$ TICKETCORE_LONG=1 cargo {}", COMMAND.join(" "));
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(COMMAND).env("TICKETCORE_LONG", "1").current_dir(root()).stderr(Stdio::piped());
    let failed = |error| format!("cargo test: {error}");
    let mut tests = command.spawn().map_err(failed)?;
    let mut rows = Vec::new();
    for line in tests.stderr.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line.map_err(failed)?;
        eprintln!("{line}");
        rows.extend(line.strip_prefix("fault: ").map(Row::read));
    }
    let status = tests.wait().map_err(failed)?;
    eprintln!("\n{}", table(&rows));
    if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
}

/// What was counted under a fault.
struct Row {
    fault: String,
    /// Labels and values, in their order.
    counts: Vec<(String, String)>,
}

impl Row {
    /// Reads `sessions ended | acknowledged 12 | lost 0`.
    fn read(line: &str) -> Self {
        let mut parts = line.split(" | ");
        let fault = parts.next().unwrap_or_default().to_owned();
        let counts = parts.filter_map(|part| part.trim().rsplit_once(' '));
        Self { fault, counts: counts.map(|(label, value)| (label.to_owned(), value.to_owned())).collect() }
    }

    fn count(&self, label: &str) -> &str {
        self.counts.iter().find(|(name, _)| name == label).map_or("", |(_, value)| value)
    }
}

/// A line for each fault and a column for each count, as wide as they need to be.
fn table(rows: &[Row]) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for (label, _) in rows.iter().flat_map(|row| &row.counts) {
        if !labels.contains(&label.as_str()) {
            labels.push(label);
        }
    }
    let first = rows.iter().map(|row| row.fault.len()).chain(["fault".len()]).max().unwrap_or_default();
    let line = |fault: &str, value: &dyn Fn(&str) -> String| {
        let mut line = format!("{fault:first$}");
        for label in &labels {
            let widest = rows.iter().map(|row| row.count(label).len()).chain([label.len()]).max().unwrap_or_default();
            line.push_str(&format!("  {:>widest$}", value(label)));
        }
        line
    };
    let head = line("fault", &|label| label.to_owned());
    let body = rows.iter().map(|row| line(&row.fault, &|label| row.count(label).to_owned()));
    [head].into_iter().chain(body).collect::<Vec<_>>().join("\n")
}
