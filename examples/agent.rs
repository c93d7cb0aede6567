//! Watches the machine it runs on and sends what it finds to a desk: load, memory, swap, and how full each disk is.
//!
//! ```text
//! cargo run --example agent -- --db desk.db --once          # look once, and print what was found
//! cargo run --example agent -- --db desk.db --interval 10s  # keep looking
//! cargo run --example agent -- --db desk.db --once --disk 1 # any disk is too full for that: see the ticket
//! ```
//!
//! A check that goes wrong opens a ticket, one that gets worse says so on it, and one that recovers resolves it; the
//! desk knows them by their keys, `web-1/disk/var`. The agent itself keeps nothing that it could lose: after a restart
//! it says again what is, and the desk makes nothing new of what it knows.

#[path = "server/chain.rs"]
mod chain;
#[path = "server/place.rs"]
mod place;

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use sysinfo::{Disks, MemoryRefreshKind, RefreshKind, System};
use ticketcore::time::span;
use ticketcore::{Actor, Desk, Intake, Severity, Signal};
use tracing_subscriber::EnvFilter;

use chain::chain;
use place::Place;

/// How often what is still wrong is said again: a ticket that was closed too early is opened anew.
const REMIND: Duration = Duration::from_secs(3600);

/// Watches the machine it runs on.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    place: Place,
    /// How long to wait between two looks: 10s, 5m
    #[arg(long, default_value = "10s", value_parser = duration)]
    interval: Duration,
    /// Look once and print what was found
    #[arg(long)]
    once: bool,
    /// From which load for each processor, over five minutes, to warn
    #[arg(long, default_value_t = 2.0)]
    load: f64,
    /// From how much used memory to warn, in percent
    #[arg(long, default_value_t = 90.0)]
    memory: f64,
    /// From how much used swap to warn, in percent
    #[arg(long, default_value_t = 50.0)]
    swap: f64,
    /// From how full a disk to warn, in percent
    #[arg(long, default_value_t = 85.0)]
    disk: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let desk = Desk::new(options.place.open().await?).by(Actor::integration("agent"));
    let mut agent = Agent { desk, host: System::host_name()?, known: HashMap::new() };
    if options.once {
        let mut table = format!("{:<24}  {:>8}  {:>8}  {:<8}  SIGNALLED\n", "CHECK", "VALUE", "WARNS AT", "LEVEL");
        for check in look(options)? {
            let (level, told) = agent.tell(&check).await?;
            let Check { name, value, limits, .. } = &check;
            let level = level.map_or_else(|| "ok".to_owned(), |level| level.to_string());
            table += &format!("{name:<24}  {value:>8.1}  {:>8.1}  {level:<8}  {told}\n", limits.warning);
        }
        return Ok(io::stdout().write_all(table.as_bytes())?);
    }
    loop {
        for check in look(options)? {
            // What could not be told now is told at the next look.
            if let Err(error) = agent.tell(&check).await {
                tracing::warn!(check = check.name, "{}", chain(&*error));
            }
        }
        tokio::time::sleep(options.interval).await;
    }
}

/// Something that is watched, as it is now.
#[derive(Debug)]
struct Check {
    /// `load`, `memory`, `disk/var`
    name: String,
    /// What is measured, for the ticket's subject.
    what: String,
    value: f64,
    limits: Limits,
}

/// Looks at everything.
fn look(options: &Options) -> Result<Vec<Check>, sysinfo::Error> {
    let percent = |part: u64, whole: u64| part as f64 / whole as f64 * 100.0;
    let mut checks = Vec::new();
    let mut check = |name: &str, what: String, value, limits| {
        checks.push(Check { name: name.to_owned(), what, value, limits });
    };

    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    let load = System::load_average()?.five / processors;
    check("load", "load for each processor".to_owned(), load, Limits::load(options.load));

    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()))?;
    let (total, available) = (system.total_memory(), system.available_memory());
    let memory = percent(total.saturating_sub(available), total);
    check("memory", "% of memory used".to_owned(), memory, Limits::percent(options.memory));
    if system.total_swap() > 0 {
        let swap = percent(system.used_swap(), system.total_swap());
        check("swap", "% of swap used".to_owned(), swap, Limits::percent(options.swap));
    }

    // What cannot be written to is always full and never a worry.
    let disks = Disks::new_with_refreshed_list()?;
    for disk in disks.iter().filter(|disk| disk.total_space() > 0 && !disk.is_read_only()) {
        let place = disk.mount_point().display();
        let full = percent(disk.total_space().saturating_sub(disk.available_space()), disk.total_space());
        check(&format!("disk{place}"), format!("% of {place} used"), full, Limits::percent(options.disk));
    }
    Ok(checks)
}

/// From where a value is bad. It stays bad until it is well below: what hovers at a limit fires once.
#[derive(Clone, Copy, Debug)]
struct Limits {
    warning: f64,
    critical: f64,
    gap: f64,
}

impl Limits {
    /// Critical halfway to full.
    const fn percent(warning: f64) -> Self {
        Self { warning, critical: f64::midpoint(warning, 100.0), gap: 3.0 }
    }

    const fn load(warning: f64) -> Self {
        Self { warning, critical: warning * 2.0, gap: warning / 4.0 }
    }

    /// How bad a value is, after what it was before.
    fn level(self, before: Option<Severity>, value: f64) -> Option<Severity> {
        let limits = [(Severity::Critical, self.critical), (Severity::Warning, self.warning)];
        let bad = |(severity, limit): &(Severity, f64)| {
            value >= if before >= Some(*severity) { limit - self.gap } else { *limit }
        };
        limits.into_iter().find(bad).map(|(severity, _)| severity)
    }
}

struct Agent {
    desk: Desk,
    host: String,
    /// What was told last of each check, and when.
    known: HashMap<String, (Option<Severity>, Instant)>,
}

impl Agent {
    /// Tells the desk of a check if there is something new to tell. Returns how bad it is, and what the desk made of it.
    async fn tell(&mut self, check: &Check) -> Result<(Option<Severity>, String), Box<dyn Error>> {
        let Check { name, what, value, limits } = check;
        let level = match self.known.get(name) {
            Some((before, told)) => {
                let level = limits.level(*before, *value);
                if level == *before && (level.is_none() || told.elapsed() < REMIND) {
                    return Ok((level, String::new()));
                }
                level
            }
            None => {
                // Nobody knows what it was before: in the gap below the first limit either may be true.
                let (level, worst) = (limits.level(None, *value), limits.level(Some(Severity::Critical), *value));
                if level.is_none() && worst.is_some() {
                    return Ok((level, "nothing: too close to call".to_owned()));
                }
                level
            }
        };

        let (key, now) = (format!("{}/{name}", self.host), self.desk.now());
        let signal = match level {
            Some(severity) => Signal::firing(key, format!("{}: {value:.1} {what}", self.host), now).severity(severity),
            None => Signal::cleared(key, now),
        };
        let intake = self.desk.signal(signal.label("host", &self.host).label("check", name)).await?;
        self.known.insert(name.clone(), (level, Instant::now()));
        let told = became(&intake);
        if !matches!(intake, Intake::Unmatched) {
            tracing::info!(check = name, value, "{told}");
        }
        Ok((level, told))
    }
}

fn became(intake: &Intake) -> String {
    let what = match intake {
        Intake::Opened(_) => "opened",
        Intake::Repeated(_) => "repeated on",
        Intake::Reopened(_) => "reopened",
        Intake::Cleared(_) => "resolved",
        Intake::Known(_) => "known to",
        Intake::Unmatched => "nothing open",
    };
    intake.ticket().map_or_else(|| what.to_owned(), |ticket| format!("{what} {}", ticket.reference()))
}

fn duration(text: &str) -> Result<Duration, String> {
    let span = span::parse(text).map_err(|error| error.to_string())?;
    span.to_std().ok().filter(|span| !span.is_zero()).ok_or_else(|| "must be longer than nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hovers_at_a_limit_fires_once_and_ends_once() {
        let limits = Limits::percent(90.0);
        let values = [89.9, 90.0, 88.0, 91.0, 87.1, 95.0, 92.5, 91.9, 86.9, 89.0];
        let mut level = None;
        let levels = values.map(|value| {
            level = limits.level(level, value);
            level
        });
        let (warning, critical) = (Some(Severity::Warning), Some(Severity::Critical));
        assert_eq!(
            levels,
            [None, warning, warning, warning, warning, critical, critical, warning, None, None],
            "warning from 90 until below 87, critical from 95 until below 92",
        );
    }
}
