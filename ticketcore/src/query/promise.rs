//! What can be asked of a ticket's promises: targets of policies that are counting, and those that were broken.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::Key;
use crate::policy_log::Breach;
use crate::query::Period;
use crate::store::Marks;
use crate::ticket::Ticket;
use crate::time::micros;

/// A clock with a target that goes on, as [`Marks`] hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The policy that promises.
    pub policy: Key,
    /// The last instant that keeps the promise; nobody knows it while the clock is paused.
    pub due: Option<DateTime<Utc>>,
    /// Whether the clock waits.
    pub paused: bool,
}

impl Target {
    /// Writes targets as the JSON that backends keep and ask about: an array for each, of the policy, the last instant
    /// in microseconds or null, and whether the clock is paused. Nothing if there are none.
    ///
    /// ```
    /// use ticketcore::query::Target;
    ///
    /// let target = Target { policy: "response".into(), due: chrono::DateTime::from_timestamp_micros(7), paused: false };
    /// assert_eq!(Target::encode(&[target]), Some(r#"[["response",7,false]]"#.to_owned()));
    /// assert_eq!(Target::encode(&[]), None);
    /// ```
    #[must_use]
    pub fn encode(targets: &[Self]) -> Option<String> {
        if targets.is_empty() {
            return None;
        }
        let rows = targets.iter().map(|Self { policy, due, paused }| (policy, due.map(micros), paused));
        // Names, numbers and truth values always have a JSON form.
        serde_json::to_string(&rows.collect::<Vec<_>>()).ok()
    }
}

/// A question about promises: of one policy, or of any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Whose; any policy's unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Key>,
    /// What is to be said of it.
    pub stands: Stands,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// It was broken, and nobody has excused that. Recorded when the desk ticks, and never taken back.
    Breached,
    /// It was broken, and excused.
    Excused,
    /// Its clock counts, whether or not it is too late.
    Running,
    /// Its clock waits.
    Paused,
    /// Its clock counts, and the last instant that keeps it lies then.
    Due(Period),
}

impl Promise {
    /// Tells whether it can be said of a ticket.
    pub fn holds(&self, ticket: &Ticket, marks: &Marks) -> bool {
        let meant = |policy: &Key| self.policy.as_ref().is_none_or(|asked| asked == policy);
        let broken = |excused| move |breach: &Breach| breach.waived.is_some() == excused && meant(&breach.policy);
        let target =
            |holds: &dyn Fn(&Target) -> bool| marks.targets.iter().any(|target| meant(&target.policy) && holds(target));
        match self.stands {
            Stands::Breached => ticket.policies.breaches.iter().any(broken(false)),
            Stands::Excused => ticket.policies.breaches.iter().any(broken(true)),
            Stands::Running => target(&|target| !target.paused),
            Stands::Paused => target(&|target| target.paused),
            Stands::Due(period) => target(&|target| !target.paused && period.contains(target.due)),
        }
    }
}
