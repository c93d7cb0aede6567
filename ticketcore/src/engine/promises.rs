//! The promises made to a ticket, each kept, broken or still open, by rules that need not be those it lived under.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Rulebook;
use crate::engine::clock::{Phase, Run};
use crate::engine::runs::Runs;
use crate::id::Key;
use crate::ticket::Ticket;
use crate::time::stamp;

/// How a promise ended, or stands; exactly one of five (law 36).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Kept.
    Met,
    /// Broken.
    Breached,
    /// Broken, and it does not count.
    Excused,
    /// Neither yet.
    Running,
    /// Neither ever: the ticket was dropped, or the policy no longer bound it.
    Dropped,
}

/// One run of a policy's clock as a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// The policy that promises.
    pub policy: Key,
    /// Which run of its clock, from 1.
    pub cycle: u32,
    /// When the run began.
    #[serde(with = "stamp")]
    pub started: DateTime<Utc>,
    /// The last instant that keeps it; if it was kept, the last that would have, had the clock gone on from where it
    /// stopped. Nobody knows it while the clock is paused.
    #[serde(with = "stamp::option")]
    pub due: Option<DateTime<Utc>>,
    /// When the run stopped, unless it goes on.
    #[serde(with = "stamp::option")]
    pub ended: Option<DateTime<Utc>>,
    /// How it ended, or stands.
    pub outcome: Outcome,
}

/// Reads every promise that the policies in force make to a ticket.
///
/// A breach that was recorded stays one (law 33). Of a ticket whose [policy log](Ticket::policies) is empty, the verdict
/// is what the clocks alone say.
pub fn promises(rulebook: &Rulebook, ticket: &Ticket, now: DateTime<Utc>) -> Vec<Promise> {
    let mut runs = Runs::new(rulebook, ticket);
    let mut promises = Vec::new();
    for policy in rulebook.now().config.policies.iter().filter(|policy| !policy.budget.is_empty()) {
        runs.read(policy);
        promises.extend(runs.iter().filter_map(|run| promise(&run, &policy.id, ticket, now)));
    }
    promises
}

fn promise(run: &Run<'_, '_>, policy: &Key, ticket: &Ticket, now: DateTime<Utc>) -> Option<Promise> {
    let (first, last) = (run.stretches.first()?, run.last()?);
    let recorded = ticket.policies.breach(policy, run.cycle);
    let crossing = run.due();
    let until = run.ended.unwrap_or(now);
    let outcome = match (recorded, crossing) {
        (Some(breach), _) if breach.waived.is_some() => Outcome::Excused,
        (Some(_), _) => Outcome::Breached,
        (None, Some(due)) if due < until => Outcome::Breached,
        // No budget at the present priority: nothing is promised.
        (None, _) if last.budget().is_none() => return None,
        (None, _) if run.ended.is_none() => Outcome::Running,
        (None, _) if run.dropped => Outcome::Dropped,
        (None, _) => Outcome::Met,
    };
    let projected = || {
        let rest = last.budget()?.checked_sub(&run.elapsed(until)).filter(|rest| *rest >= TimeDelta::zero())?;
        match last.calendar() {
            None => until.checked_add_signed(rest),
            Some(calendar) => calendar.add(until, rest),
        }
    };
    let paused = run.ended.is_none() && last.phase == Phase::Paused;
    let due = recorded.map(|breach| breach.due).or(crossing);
    let due = if paused { due } else { due.or_else(projected) };
    Some(Promise { policy: policy.clone(), cycle: run.cycle, started: first.from, due, ended: run.ended, outcome })
}
