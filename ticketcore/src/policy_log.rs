//! What policies did to a ticket: steps taken and promises broken. Facts, so they never change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::time::stamp;

/// One step of one round of one cycle of one policy: recorded at most once per ticket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepKey {
    /// The policy.
    pub policy: Key,
    /// Which run of its clock, from 1.
    pub cycle: u32,
    /// Which repetition of its steps, from 0.
    pub round: u8,
    /// Which step, from 0.
    pub step: u16,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The policy that promised.
    pub policy: Key,
    /// Which run of its clock.
    pub cycle: u32,
    /// The last instant at which stopping would have kept the promise.
    #[serde(with = "stamp")]
    pub due: DateTime<Utc>,
    /// Why it does not count, if somebody waived it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// Steps and breaches, in the order they were recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLog {
    /// Steps that were taken or skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepKey>,
    /// Promises that were not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
}

impl PolicyLog {
    /// Tells whether no policy did anything yet.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.breaches.is_empty()
    }

    /// Tells whether a step was recorded.
    pub fn has(&self, policy: &Key, cycle: u32, round: u8, step: u16) -> bool {
        self.steps
            .iter()
            .any(|key| key.step == step && key.round == round && key.cycle == cycle && key.policy == *policy)
    }

    /// The breach of one run of a policy's clock.
    pub fn breach(&self, policy: &Key, cycle: u32) -> Option<&Breach> {
        self.breaches.iter().find(|breach| breach.cycle == cycle && breach.policy == *policy)
    }
}
