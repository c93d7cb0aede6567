//! Stretches of time that questions ask about.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A stretch of time, from inclusive, to exclusive; an open end asks nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Period {
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

impl Period {
    /// From an instant (inclusive) to another (exclusive).
    pub const fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from: Some(from), to: Some(to) }
    }

    /// Tells whether it asks anything.
    pub const fn is_any(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Tells whether an instant lies in it; no instant lies only in a period that asks nothing.
    pub fn contains(&self, at: Option<DateTime<Utc>>) -> bool {
        self.is_any()
            || at.is_some_and(|at| self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to))
    }
}
