//! Clocks: a ticket's line cut into runs of a policy's clock, and instants at which a run gets somewhere.
//!
//! Nothing here is stored. A run is a list of stretches, each with the rules that were in force; what a clock shows is
//! a sum over them, and an instant is found by walking them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::cond::Cond;
use crate::config::{Cycle, Policy, Rulebook, Setup};
use crate::engine::facts::{Related, Scene};
use crate::line::{Beat, Flag, Mark};
use crate::ticket::Ticket;
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

/// A time in which neither the ticket's scene nor the rules changed.
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
    /// Whether it stopped because the ticket was dropped.
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
            if let Some(threshold) = threshold(stretch)
                && let Some(instant) = stretch.reach(threshold - shown)
                && stretch.to.is_none_or(|to| instant < to)
            {
                return Some(instant);
            }
            shown += stretch.measure(stretch.to?);
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

/// How often each thing that starts a run has happened.
#[derive(Default)]
struct Counts {
    reopened: u32,
    asked: u32,
    answered: u32,
    moved: u32,
}

impl Counts {
    fn count(&mut self, beat: &Beat) {
        match beat.mark {
            Mark::Opened => self.asked += u32::from(beat.flags.has(Flag::Unanswered)),
            Mark::Reopened => {
                self.reopened += 1;
                self.moved += 1;
            }
            Mark::Moved => self.moved += 1,
            Mark::Asked => self.asked += 1,
            Mark::Answered => self.answered += 1,
            Mark::Changed => {}
        }
    }

    /// The number of the run this is a part of; 0 if none has begun. Counted over the whole line, so that a run keeps
    /// its number whatever the configuration says before and after.
    fn cycle(&self, cycle: Cycle, phase: Phase, last: Option<&Head>) -> u32 {
        match cycle {
            Cycle::Once => 1,
            Cycle::PerReopen => 1 + self.reopened,
            Cycle::PerWait => self.asked,
            Cycle::PerReply => 1 + self.answered,
            Cycle::PerState => 1 + self.moved,
            Cycle::PerRun => {
                let begins = phase == Phase::Running && last.is_none_or(|last| last.ended.is_some());
                last.map_or(0, |last| last.cycle) + u32::from(begins)
            }
        }
    }
}

/// All runs of a policy's clock on a ticket, oldest first. The stretches of all stand in one list, which is used again
/// for the next policy: every commit reads every clock, so nothing is allocated for each of them.
#[derive(Debug, Default)]
pub(super) struct Runs<'a> {
    stretches: Vec<Stretch<'a>>,
    heads: Vec<Head>,
}

/// A run but for its stretches.
#[derive(Debug)]
struct Head {
    cycle: u32,
    /// Where its stretches begin.
    first: usize,
    ended: Option<DateTime<Utc>>,
    dropped: bool,
}

impl Head {
    /// Stops the clock, if it goes on; how it stopped is then settled, whatever happens to the ticket later.
    fn stop(&mut self, at: DateTime<Utc>, beat: &Beat) {
        if self.ended.is_none() {
            (self.ended, self.dropped) = (Some(at), beat.flags.has(Flag::Dropped));
        }
    }
}

impl<'a> Runs<'a> {
    pub(super) fn of(rulebook: &'a Rulebook, ticket: &'a Ticket, policy: &'a Policy) -> Self {
        let mut runs = Self::default();
        runs.read(rulebook, ticket, policy);
        runs
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Run<'_, 'a>> {
        self.heads.iter().enumerate().map(|(i, head)| {
            let end = self.heads.get(i + 1).map_or(self.stretches.len(), |next| next.first);
            let stretches = self.stretches.get(head.first..end).unwrap_or_default();
            Run { cycle: head.cycle, stretches, ended: head.ended, dropped: head.dropped }
        })
    }

    /// Reads the runs of a policy in force in place of those read before.
    pub(super) fn read(&mut self, rulebook: &'a Rulebook, ticket: &'a Ticket, current: &'a Policy) {
        self.stretches.clear();
        self.heads.clear();
        let mut counts = Counts::default();
        let beats = ticket.line.beats();
        for (i, beat) in beats.iter().enumerate() {
            counts.count(beat);
            let next = beats.get(i + 1).map(|next| next.at);
            for (from, to, setup) in rulebook.stretches(beat.at, next.unwrap_or(DateTime::<Utc>::MAX_UTC)) {
                let in_force = std::ptr::eq(setup, rulebook.now());
                let policy = if in_force { Some(current) } else { setup.policy(&current.id) };
                if let Some(policy) = policy.filter(|policy| applies(policy, ticket, setup, from)) {
                    let open = next.is_none() && to == DateTime::<Utc>::MAX_UTC;
                    let (to, phase) = ((!open).then_some(to), phase(policy, beat, from));
                    self.push(&counts, Stretch { from, to, phase, beat, setup, policy });
                }
            }
        }
    }

    fn push(&mut self, counts: &Counts, stretch: Stretch<'a>) {
        let Stretch { from, phase, beat, policy, .. } = stretch;
        let cycle = counts.cycle(policy.clock.cycle, phase, self.heads.last());
        if cycle == 0 {
            return;
        }
        if self.heads.last().is_none_or(|run| run.cycle != cycle) {
            if let Some(before) = self.heads.last_mut() {
                before.stop(from, beat);
            }
            // What is done from the start promises nothing: a question on a closed ticket, say.
            if phase == Phase::Done {
                return;
            }
            self.heads.push(Head { cycle, first: self.stretches.len(), ended: None, dropped: false });
        }
        if let Some(run) = self.heads.last_mut() {
            if phase == Phase::Done {
                run.stop(from, beat);
            } else {
                (run.ended, run.dropped) = (None, false);
            }
            self.stretches.push(stretch);
        }
    }
}

/// Stop beats pause beats run.
fn phase(policy: &Policy, beat: &Beat, at: DateTime<Utc>) -> Phase {
    let clock = &policy.clock;
    if clock.stop.test(beat, at) {
        Phase::Done
    } else if clock.run.test(beat, at) {
        Phase::Running
    } else if clock.cycle == Cycle::PerRun {
        // A clock that counts one running at a time is done as soon as it does not run.
        Phase::Done
    } else {
        Phase::Paused
    }
}

fn applies(policy: &Policy, ticket: &Ticket, setup: &Setup, at: DateTime<Utc>) -> bool {
    // Most policies are for every ticket.
    if policy.applies == Cond::ALWAYS {
        return true;
    }
    let related = Related::default();
    policy.applies.test(&Scene { ticket, actor: None, related: &related, setup }, at)
}
