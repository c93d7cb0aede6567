//! Lengths of time in configuration: `4h`, `1d 30m`.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::time::span;

/// A length of time, written `90s`, `30m`, `4h` or `1d 12h` in TOML and JSON; a day is 24 hours of the clock that
/// counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(#[serde(with = "span")] pub TimeDelta);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(TimeDelta::zero());

    /// That many seconds.
    pub const fn seconds(n: u32) -> Self {
        Self::of(n, 1)
    }

    /// That many minutes.
    pub const fn minutes(n: u32) -> Self {
        Self::of(n, 60)
    }

    /// That many hours.
    pub const fn hours(n: u32) -> Self {
        Self::of(n, 3600)
    }

    /// That many days of 24 hours.
    pub const fn days(n: u32) -> Self {
        Self::of(n, 86_400)
    }

    const fn of(n: u32, seconds: i64) -> Self {
        // The largest product, 2^32 days, is far inside what a `TimeDelta` holds.
        match TimeDelta::new((n as i64).saturating_mul(seconds), 0) {
            Some(delta) => Self(delta),
            None => Self(TimeDelta::MAX),
        }
    }
}
