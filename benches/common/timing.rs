//! Timing: one caller, or a crowd of them.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::latencies::Latencies;
use super::machine;
use super::{Error, Result};

/// What a run of operations took.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) latencies: Latencies,
    pub(crate) wall: Duration,
    /// Of the whole process, so what goes on in the background counts.
    pub(crate) cpu: Duration,
}

impl Run {
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.count() as f64 / self.wall.as_secs_f64()
    }

    /// CPU time for each operation.
    pub(crate) fn effort(&self) -> Duration {
        self.cpu.div_f64(self.latencies.count() as f64)
    }
}

/// Runs and times operations one by one; the clock is read twice for each, some 50 ns that every program pays.
pub(crate) async fn time<I, T, E>(inputs: Vec<I>, mut call: impl AsyncFnMut(I) -> Result<T, E>) -> Result<Run>
where
    Error: From<E>,
{
    let mut latencies = Latencies::default();
    let (cpu, start) = (machine::cpu(), Instant::now());
    for input in inputs {
        let start = Instant::now();
        let done = call(input).await?;
        latencies.record(start.elapsed());
        drop(done);
    }
    let wall = start.elapsed();
    Ok(Run { latencies, wall, cpu: machine::cpu().saturating_sub(cpu) })
}

/// Runs operations on threads, one for each part, which all begin at once; each gets ready first.
pub(crate) fn crowd<I, T, E, C>(parts: Vec<Vec<I>>, ready: impl Fn() -> Result<C> + Sync) -> Result<Run>
where
    I: Send,
    C: FnMut(I) -> Result<T, E>,
    Error: From<E>,
{
    let gate = Barrier::new(parts.len() + 1);
    let caller = |part: Vec<I>| {
        let ready = ready();
        gate.wait();
        let run = || -> Result<Latencies> {
            let (mut call, mut latencies) = (ready?, Latencies::default());
            for input in part {
                let start = Instant::now();
                let done = call(input)?;
                latencies.record(start.elapsed());
                drop(done);
            }
            Ok(latencies)
        };
        let latencies = run();
        gate.wait();
        // The CPU time of a thread is lost with it.
        gate.wait();
        latencies
    };
    thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| caller(part))).collect();
        let cpu = machine::cpu();
        gate.wait();
        let start = Instant::now();
        gate.wait();
        let wall = start.elapsed();
        let cpu = machine::cpu().saturating_sub(cpu);
        gate.wait();
        let mut all = Latencies::default();
        for thread in threads {
            all += &thread.join().map_err(|_| "a caller panicked")??;
        }
        Ok(Run { latencies: all, wall, cpu })
    })
}
