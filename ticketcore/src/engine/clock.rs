//! Clocks: what a run of a policy's clock shows, and the instants at which it gets somewhere.
//!
//! Nothing here is stored. A run is a list of stretches, each with the rules that were in force; what a clock shows is
//! a sum over them, and an instant is found by walking them.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::config::{Policy, Setup};
use crate::line::Beat;
use crate::time::Calendar;

/// What a clock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It counts.
    Running,
    /// It waits.
    Paused,
    /// It has stopped.
    Done,
}

impl Phase {
    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A time in which neither what the clock does nor its rules changed.
#[derive(Clone, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) from: DateTime<Utc>,
    /// `None` for the stretch that goes on.
    pub(super) to: Option<DateTime<Utc>>,
    pub(super) phase: Phase,
    pub(super) beat: &'a Beat,
    pub(super) setup: &'a Setup,
    pub(super) policy: &'a Policy,
}

impl<'a> Stretch<'a> {
    pub(super) fn calendar(&self) -> Option<&'a Calendar> {
        self.policy.clock.calendar.as_ref().and_then(|key| self.setup.calendar(key))
    }

    pub(super) fn budget(&self) -> Option<TimeDelta> {
        self.policy.budget.get(&self.beat.priority).map(|span| span.0)
    }

    pub(super) fn runs_on_in(&self, next: &Self) -> bool {
        self.phase == Phase::Running
            && next.phase == Phase::Running
            && self.to == Some(next.from)
            && self.beat.priority == next.beat.priority
            && std::ptr::eq(self.policy, next.policy)
            && std::ptr::eq(self.setup, next.setup)
    }

    /// What the clock counts from the start of the stretch to an instant.
    fn measure(&self, to: DateTime<Utc>) -> TimeDelta {
        self.calendar().map_or_else(|| to - self.from, |calendar| calendar.elapsed(self.from, to))
    }

    /// The first instant of the stretch at which the clock has counted that much more; `None` if never.
    fn reach(&self, rest: TimeDelta) -> Option<DateTime<Utc>> {
        if rest <= TimeDelta::zero() {
            return Some(self.from);
        }
        match self.calendar() {
            None => self.from.checked_add_signed(rest),
            Some(calendar) => calendar.add(self.from, rest),
        }
    }
}

/// One run of a policy's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'r, 'a> {
    pub(super) cycle: u32,
    pub(super) stretches: &'r [Stretch<'a>],
    /// When it stopped, unless it goes on.
    pub(super) ended: Option<DateTime<Utc>>,
    /// Whether it stopped because the ticket was dropped, or because its policy did not bind the ticket any more.
    pub(super) dropped: bool,
}

impl<'r, 'a> Run<'r, 'a> {
    /// The policy as it was when the run began: it pins the steps. Budgets and calendars are read from each stretch.
    pub(super) fn pinned(&self) -> Option<&'a Policy> {
        self.stretches.first().map(|stretch| stretch.policy)
    }

    pub(super) fn last(&self) -> Option<&'r Stretch<'a>> {
        self.stretches.last()
    }

    fn running(&self) -> impl Iterator<Item = &'r Stretch<'a>> {
        self.stretches.iter().filter(|stretch| stretch.phase == Phase::Running)
    }

    /// What the clock shows at an instant.
    pub(super) fn elapsed(&self, now: DateTime<Utc>) -> TimeDelta {
        let until = |stretch: &Stretch<'_>| stretch.to.map_or(now, |to| to.min(now));
        self.running()
            .filter(|stretch| stretch.from < until(stretch))
            .fold(TimeDelta::zero(), |sum, stretch| sum + stretch.measure(until(stretch)))
    }

    /// The first instant, while running, at which the clock shows at least a threshold *as it is at that instant*.
    ///
    /// An instant at which the clock stops or pauses does not count: who stops exactly in time is in time.
    pub(super) fn crossing(&self, threshold: impl Fn(&Stretch<'_>) -> Option<TimeDelta>) -> Option<DateTime<Utc>> {
        let mut shown = TimeDelta::zero();
        for stretch in self.running() {
            let counted = stretch.to.map(|to| stretch.measure(to));
            // Where the clock did not get so far, the instant need not be looked for.
            if let Some(rest) = threshold(stretch).map(|threshold| threshold - shown)
                && counted.is_none_or(|counted| rest <= counted)
                && let Some(instant) = stretch.reach(rest)
                && stretch.to.is_none_or(|to| instant < to)
            {
                return Some(instant);
            }
            shown += counted?;
        }
        None
    }

    /// When the budget is used up.
    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        self.crossing(|stretch| stretch.budget())
    }

    /// The first instant from `moment` on at which the clock runs.
    pub(super) fn running_at(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.running().find(|stretch| stretch.to.is_none_or(|to| moment < to)).map(|stretch| moment.max(stretch.from))
    }
}
