//! The run: callers at work, and somebody who looks at them once a second.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pollster::block_on;
use ticketcore::{Command, Desk, Refusal, Store, TicketId};

use crate::common::latencies::{Latencies, pretty};
use crate::common::machine;
use crate::common::random::Random;
use crate::common::work::{self, QUEUES, Stage};
use crate::conflicts::Conflicts;
use crate::mix::{Mix, Operation};
use crate::{Error, Options};

/// How long each operation took, by its place.
type Times = [Latencies; Operation::ALL.len()];

/// What all callers share.
struct Office {
    desk: Desk,
    mix: Mix,
    /// The tickets there were at the beginning, and where each stands, as far as is known.
    tickets: Vec<(TicketId, Mutex<Stage>)>,
    hot: usize,
    /// Moves that the workflow refused because another caller had made one just before.
    refused: AtomicU64,
    measuring: AtomicBool,
    ended: AtomicBool,
}

/// Works for as long as is asked and prints what it came to.
pub(crate) fn run(store: Arc<dyn Store>, options: &Options, tickets: Vec<TicketId>) -> Result<(), Error> {
    let conflicts = Arc::new(Conflicts::new(store));
    let office = Office {
        desk: Desk::new(Arc::clone(&conflicts) as Arc<dyn Store>).by(work::agent()),
        mix: options.mix.clone(),
        hot: options.hot.map_or(tickets.len(), |hot| hot.get().min(tickets.len())),
        tickets: tickets.into_iter().map(|id| (id, Mutex::new(Stage::New))).collect(),
        refused: AtomicU64::new(0),
        measuring: AtomicBool::new(false),
        ended: AtomicBool::new(false),
    };
    let times: Vec<Mutex<Times>> = (0..options.callers.get()).map(|_| Mutex::default()).collect();
    let look = || sum(&times);
    let (wall, cpu) = thread::scope(|scope| {
        let callers: Vec<_> = times
            .iter()
            .zip(1..)
            .map(|(times, seed)| {
                let office = &office;
                scope.spawn(move || {
                    let done = block_on(office.work(&mut Random::new(seed), times));
                    // One who fails ends it for all.
                    office.ended.fetch_or(done.is_err(), Ordering::Relaxed);
                    done
                })
            })
            .collect();
        let took = office.watch(options, &conflicts, look);
        for caller in callers {
            caller.join().map_err(|_| "a caller panicked")??;
        }
        Ok::<_, Error>(took)
    })?;
    office.report(&look(), conflicts.count(), wall, cpu);
    Ok(())
}

impl Office {
    /// One caller's day.
    async fn work(&self, random: &mut Random, times: &Mutex<Times>) -> Result<(), Error> {
        while !self.ended.load(Ordering::Relaxed) {
            let operation = self.mix.draw(random);
            let measuring = self.measuring.load(Ordering::Relaxed);
            let took = self.operate(operation, random).await?;
            if measuring && !self.ended.load(Ordering::Relaxed) {
                lock(times)[operation.place()].record(took);
            }
        }
        Ok(())
    }

    /// Does one operation; what it needs is made before the time is taken.
    async fn operate(&self, operation: Operation, random: &mut Random) -> Result<Duration, Error> {
        let (id, stage) = &self.tickets[random.index(match operation {
            Operation::Transition | Operation::Comment => self.hot,
            Operation::Create | Operation::Read | Operation::List => self.tickets.len(),
        })];
        match operation {
            Operation::Create => {
                let draft = work::draft(random);
                let start = Instant::now();
                self.desk.open(draft).await?;
                Ok(start.elapsed())
            }
            Operation::Transition => {
                let (transition, to) = { lock(stage).step(random) };
                let start = Instant::now();
                let moved = self.desk.apply(*id, Command::Move(transition)).await;
                let took = start.elapsed();
                match moved {
                    Ok(_) => *lock(stage) = to,
                    Err(error) if matches!(error.refusal(), Some(Refusal::NoSuchMove { .. })) => {
                        self.refused.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => return Err(error.into()),
                }
                Ok(took)
            }
            Operation::Comment => {
                let note = Command::note(work::text(random, 200));
                let start = Instant::now();
                self.desk.apply(*id, note).await?;
                Ok(start.elapsed())
            }
            Operation::Read => {
                let start = Instant::now();
                self.desk.load(*id).await?;
                Ok(start.elapsed())
            }
            Operation::List => {
                let queue = *random.pick(&QUEUES);
                let start = Instant::now();
                self.desk.queue(queue).await?;
                Ok(start.elapsed())
            }
        }
    }

    /// Lets the callers warm up and work, and says how it goes; returns how long they were measured and the CPU time of
    /// the whole process meanwhile.
    fn watch(&self, options: &Options, conflicts: &Conflicts, look: impl Fn() -> Times) -> (Duration, Duration) {
        let ended = || self.ended.load(Ordering::Relaxed);
        thread::sleep(Duration::from_secs(options.warmup));
        let (start, cpu) = (Instant::now(), machine::cpu());
        self.measuring.store(true, Ordering::Relaxed);
        let mut before = 0;
        for second in 1..=options.seconds.get() {
            thread::sleep(Duration::from_secs(second).saturating_sub(start.elapsed()));
            if ended() {
                break;
            }
            let all = together(&look());
            println!(
                "{second:>4} s {:>8} ops/s   p50 {:>9}   p99 {:>9}   {} conflicts",
                all.count() - before,
                pretty(all.median()),
                pretty(all.quantile(0.99)),
                conflicts.count(),
            );
            before = all.count();
        }
        // While the callers are alive: a thread takes its CPU time with it.
        let took = (start.elapsed(), machine::cpu().saturating_sub(cpu));
        self.ended.store(true, Ordering::Relaxed);
        took
    }

    fn report(&self, times: &Times, conflicts: u64, wall: Duration, cpu: Duration) {
        let all = together(times);
        println!(
            "\n{:<12}{:>10}{:>10}{}",
            "operation",
            "count",
            "ops/s",
            ["p50", "p90", "p99", "p99.9", "max"].map(cell).concat()
        );
        let rows = Operation::ALL.iter().map(|operation| operation.name()).zip(times).chain([("all", &all)]);
        for (name, times) in rows.filter(|(_, times)| times.count() > 0) {
            let rate = times.count() as f64 / wall.as_secs_f64();
            let quantiles = [0.5, 0.9, 0.99, 0.999].map(|share| cell(&pretty(times.quantile(share)))).concat();
            println!("{name:<12}{:>10}{rate:>10.0}{quantiles}{}", times.count(), cell(&pretty(times.max())));
        }
        let refused = self.refused.load(Ordering::Relaxed);
        println!("\nconflicts retried {conflicts}, moves refused because another came first {refused}");
        println!("cpu {} an operation, of all threads", pretty(cpu.div_f64((all.count() as f64).max(1.0))));
    }
}

fn cell(text: &str) -> String {
    format!("{text:>10}")
}

fn sum(times: &[Mutex<Times>]) -> Times {
    times.iter().fold(Times::default(), |mut sum, times| {
        sum.iter_mut().zip(&*lock(times)).for_each(|(sum, times)| *sum += times);
        sum
    })
}

fn together(times: &Times) -> Latencies {
    times.iter().fold(Latencies::default(), |mut all, times| {
        all += times;
        all
    })
}

/// Nobody panics with such a lock in hand.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
