//! The machine: how much CPU was used, and how long its disk takes to promise something.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::latencies::Latencies;

/// CPU time of all threads that are alive, to the nanosecond; nothing where there is no `/proc`.
///
/// Wall time on a shared machine is anybody's guess; this is the steadiest figure there is. A thread that has ended takes
/// its time with it, so both readings of a difference must be made while the same threads live.
pub(crate) fn cpu() -> Duration {
    // The kernel adds a thread's time up when the thread goes to sleep, and else only at a tick.
    thread::sleep(Duration::from_micros(1));
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let nanos = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// How long the disk takes for the smallest durable write, as a WAL makes it: a page over one that was there before.
///
/// # Errors
///
/// Those of the file system.
pub(crate) fn fsync(folder: &Path) -> io::Result<Latencies> {
    let path = folder.join("fsync.probe");
    let mut file = File::create(&path)?;
    let mut latencies = Latencies::default();
    for round in 0..201 {
        file.rewind()?;
        file.write_all(&[round; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        // The first one allocates the page.
        if round > 0 {
            latencies.record(start.elapsed());
        }
    }
    fs::remove_file(path)?;
    Ok(latencies)
}

/// What figures are to be read beside.
pub(crate) fn describe() -> String {
    let cores = thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { ", DEBUG BUILD" } else { "" };
    format!("{cores} cores, {}, SQLite {}{build}", std::env::consts::OS, rusqlite::version())
}
