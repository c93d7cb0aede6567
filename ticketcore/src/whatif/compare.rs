//! The promises of a ticket by two rulebooks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::config::Rulebook;
use crate::engine::{Outcome, Promise, promises};
use crate::id::{Key, TicketId};
use crate::policy_log::PolicyLog;
use crate::query::Period;
use crate::ticket::Ticket;

/// How the promises of one policy ended or stand; each is in exactly one of the five (law 83).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Kept.
    pub met: u64,
    /// Broken.
    pub breached: u64,
    /// Broken and excused.
    pub excused: u64,
    /// Neither yet.
    pub running: u64,
    /// Neither ever.
    pub dropped: u64,
}

impl Count {
    fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Met => &mut self.met,
            Outcome::Breached => &mut self.breached,
            Outcome::Excused => &mut self.excused,
            Outcome::Running => &mut self.running,
            Outcome::Dropped => &mut self.dropped,
        };
        *count += 1;
    }

    /// Returns met / (met + breached); `None` if there is neither.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "no desk has that many promises")]
    pub fn attainment(&self) -> Option<f64> {
        let ended = self.met + self.breached;
        (ended > 0).then(|| self.met as f64 / ended as f64)
    }
}

/// A promise that is another by the other rules; one of the two may be missing, not both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The ticket.
    pub ticket: TicketId,
    /// Its number.
    pub number: i64,
    /// The promise by the rules there were.
    pub was: Option<Promise>,
    /// The promise by the others.
    pub would: Option<Promise>,
}

/// The promises of some tickets by two rulebooks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// How many tickets were looked at.
    pub tickets: u64,
    /// Of each policy, how its promises stand by the rules there were and by the others.
    pub policies: BTreeMap<Key, [Count; 2]>,
    /// Every promise that has another due time or another outcome, by ticket.
    pub changed: Vec<Changed>,
}

/// Reads the promises that began in a period, by the rules there were and by others, and adds what is different.
///
/// By the rules there were, a verdict that was recorded stands. By the others it is what the clocks say, excuses aside:
/// nobody excused what was not broken.
pub fn compare(
    compared: &mut Compared,
    ticket: &Ticket,
    [was, would]: [&Rulebook; 2],
    period: Period,
    now: DateTime<Utc>,
) {
    compared.tickets += 1;
    let began = |promise: &Promise| period.contains(Some(promise.started));
    let keyed = |promise: Promise| ((promise.policy.clone(), promise.cycle), promise);
    let read = |rulebook: &Rulebook, ticket: &Ticket| {
        promises(rulebook, ticket, now).into_iter().filter(began).map(keyed).collect::<BTreeMap<_, _>>()
    };
    // What was recorded under the old rules is no verdict of the others.
    let unjudged = Ticket { policies: PolicyLog::default(), ..ticket.clone() };
    let (mut old, mut new) = (read(was, ticket), read(would, &unjudged));
    for (side, promises) in [&old, &new].into_iter().enumerate() {
        for promise in promises.values() {
            compared.policies.entry(promise.policy.clone()).or_default()[side].add(promise.outcome);
        }
    }
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    for key in keys {
        let (was, would) = (old.remove(&key), new.remove(&key));
        let told = |promise: &Option<Promise>| promise.as_ref().map(|promise| (promise.due, promise.outcome));
        if told(&was) != told(&would) {
            compared.changed.push(Changed { ticket: ticket.id, number: ticket.number, was, would });
        }
    }
}
