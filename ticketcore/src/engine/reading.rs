//! What the clocks say to people: what they show, when they are due, and why.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::cond::Unmet;
use crate::config::{Policy, Rulebook};
use crate::engine::clock::{Phase, Run, Stretch};
use crate::engine::runs::Runs;
use crate::id::Key;
use crate::ticket::Ticket;
use crate::time::stamp;

/// One run of a policy's clock, read at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The policy.
    pub policy: Key,
    /// Which run, from 1.
    pub cycle: u32,
    /// When the run began.
    #[serde(with = "stamp")]
    pub started: DateTime<Utc>,
    /// When it stopped, unless it goes on.
    #[serde(with = "stamp::option")]
    pub stopped: Option<DateTime<Utc>>,
    /// What the clock does now.
    pub phase: Phase,
    /// What it shows, in microseconds of its calendar.
    #[serde(serialize_with = "micros_of")]
    pub elapsed: TimeDelta,
    /// How much time there is at the present priority, in microseconds of its calendar.
    #[serde(serialize_with = "micros_of_option")]
    pub budget: Option<TimeDelta>,
    /// The last instant that keeps the promise, if the clock runs or the promise is broken; nobody knows it while the
    /// clock is paused.
    #[serde(with = "stamp::option")]
    pub due: Option<DateTime<Utc>>,
    /// Whether the promise is broken.
    pub breached: bool,
    /// Why the breach does not count, if it was waived.
    pub excused: Option<String>,
}

fn micros_of<S: serde::Serializer>(delta: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&delta.num_microseconds())
}

fn micros_of_option<S: serde::Serializer>(delta: &Option<TimeDelta>, serializer: S) -> Result<S::Ok, S::Error> {
    delta.and_then(|delta| delta.num_microseconds()).serialize(serializer)
}

/// Reads every run of every policy of the configuration in force.
///
/// A policy that never bound the ticket as it is now has none; what it broke before stays in
/// [`Ticket::policies`](crate::Ticket::policies).
pub fn readings(rulebook: &Rulebook, ticket: &Ticket, now: DateTime<Utc>) -> Vec<Reading> {
    let mut runs = Runs::new(rulebook, ticket);
    let mut readings = Vec::new();
    for policy in &rulebook.now().config.policies {
        runs.read(policy);
        readings.extend(runs.iter().filter_map(|run| read(&run, policy, ticket, now)));
    }
    readings
}

fn read(run: &Run<'_, '_>, policy: &Policy, ticket: &Ticket, now: DateTime<Utc>) -> Option<Reading> {
    let (first, last) = (run.stretches.first()?, run.last()?);
    let recorded = ticket.policies.breach(&policy.id, run.cycle);
    let crossing = run.due();
    let running = last.phase == Phase::Running && run.ended.is_none();
    let breached = recorded.is_some() || crossing.is_some_and(|due| due < run.ended.unwrap_or(now));
    Some(Reading {
        policy: policy.id.clone(),
        cycle: run.cycle,
        started: first.from,
        stopped: run.ended,
        phase: if run.ended.is_some() { Phase::Done } else { last.phase },
        elapsed: run.elapsed(now),
        budget: last.budget(),
        due: recorded.map(|breach| breach.due).or(crossing.filter(|_| running || breached)),
        breached,
        excused: recorded.and_then(|breach| breach.waived.clone()),
    })
}

/// The timeline behind a reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What is explained.
    pub reading: Reading,
    /// The whole run until now, or until it stopped, in pieces.
    pub pieces: Vec<Piece>,
}

/// A part of a run's time, and what it counted for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// From when.
    #[serde(with = "stamp")]
    pub from: DateTime<Utc>,
    /// Until when.
    #[serde(with = "stamp")]
    pub to: DateTime<Utc>,
    /// Whether it counted.
    pub counted: bool,
    /// Why it did or did not: `running`, `closed` (outside opening hours), `stopped`, or `paused` with what was unmet.
    pub why: String,
}

/// Explains every run of one policy: which times counted, which did not, and why.
pub fn explain(rulebook: &Rulebook, ticket: &Ticket, policy: &Key, now: DateTime<Utc>) -> Vec<Explanation> {
    let Some(current) = rulebook.now().policy(policy) else { return Vec::new() };
    let explain = |run: Run<'_, '_>| {
        let reading = read(&run, current, ticket, now)?;
        let pieces = run.stretches.iter().flat_map(|stretch| pieces(stretch, now)).collect();
        Some(Explanation { reading, pieces })
    };
    Runs::of(rulebook, ticket, current).iter().filter_map(explain).collect()
}

fn pieces(stretch: &Stretch<'_>, now: DateTime<Utc>) -> Vec<Piece> {
    let (from, to) = (stretch.from, stretch.to.map_or(now, |to| to.min(now)));
    if from >= to {
        return Vec::new();
    }
    let whole = |counted, why: String| vec![Piece { from, to, counted, why }];
    match (stretch.phase, stretch.calendar()) {
        (Phase::Done, _) => whole(false, "stopped".to_owned()),
        (Phase::Paused, _) => {
            let unmet = stretch.policy.clock.run.check(stretch.beat, from).err().unwrap_or_default();
            let reasons: Vec<String> = unmet.iter().map(Unmet::to_string).collect();
            whole(false, format!("paused: {}", reasons.join(", ")))
        }
        (Phase::Running, None) => whole(true, "running".to_owned()),
        (Phase::Running, Some(calendar)) => {
            let mut pieces = Vec::new();
            let mut at = from;
            let mut push = |from, to, counted, why: &str| {
                if from < to {
                    pieces.push(Piece { from, to, counted, why: why.to_owned() });
                }
            };
            for open in calendar.open_between(from, to) {
                push(at, open.start, false, "closed");
                push(open.start, open.end, true, "running");
                at = open.end;
            }
            push(at, to, false, "closed");
            pieces
        }
    }
}
