//! A ticket's line cut into runs of a policy's clock.

use chrono::{DateTime, Utc};

use crate::cond::Atom;
use crate::config::{Cycle, Policy, Rulebook, Setup};
use crate::engine::clock::{Phase, Run, Stretch};
use crate::engine::facts::{Related, Scene};
use crate::line::{Beat, Flag, Mark};
use crate::ticket::Ticket;

/// How often each thing that starts a run has happened.
#[derive(Default)]
struct Counts {
    reopened: u32,
    asked: u32,
    answered: u32,
    moved: u32,
    assigned: u32,
}

impl Counts {
    fn count(&mut self, beat: &Beat) {
        match beat.mark {
            Mark::Opened => {
                self.asked += u32::from(beat.flags.has(Flag::Unanswered));
                self.assigned += u32::from(beat.flags.has(Flag::Assigned));
            }
            Mark::Reopened => {
                self.reopened += 1;
                self.moved += 1;
            }
            Mark::Moved => self.moved += 1,
            Mark::Asked => self.asked += 1,
            Mark::Answered => self.answered += 1,
            Mark::Assigned => self.assigned += 1,
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
            Cycle::PerAssignment => self.assigned,
            Cycle::PerRun => {
                let begins = phase == Phase::Running && last.is_none_or(|last| last.ended.is_some());
                last.map_or(0, |last| last.cycle) + u32::from(begins)
            }
        }
    }
}

/// All runs of a policy's clock on a ticket, oldest first. What they are cut from and their lists are used again for the
/// next policy: every commit reads every clock, so little is done and nothing allocated for each of them.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    ticket: &'a Ticket,
    /// The setup in force.
    now: &'a Setup,
    /// Whether the ticket is an article.
    knowledge: bool,
    cuts: Vec<Cut<'a>>,
    stretches: Vec<Stretch<'a>>,
    heads: Vec<Head>,
}

/// A part of a ticket's line in which neither the beat nor the setup changes.
#[derive(Clone, Copy, Debug)]
struct Cut<'a> {
    from: DateTime<Utc>,
    /// `None` for the one that goes on.
    to: Option<DateTime<Utc>>,
    beat: &'a Beat,
    /// Whether the beat begins here.
    first: bool,
    setup: &'a Setup,
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

    /// Ends a run whose policy does not bind the ticket any more: its promise is neither kept nor broken.
    fn release(&mut self, at: DateTime<Utc>) {
        if self.ended.is_none() {
            (self.ended, self.dropped) = (Some(at), true);
        }
    }
}

impl<'a> Runs<'a> {
    /// The runs of no policy yet.
    pub(super) fn new(rulebook: &'a Rulebook, ticket: &'a Ticket) -> Self {
        let beats = ticket.line.beats();
        let mut cuts = Vec::with_capacity(beats.len());
        for (i, beat) in beats.iter().enumerate() {
            let next = beats.get(i + 1).map(|next| next.at);
            let stretches = rulebook.stretches(beat.at, next.unwrap_or(DateTime::<Utc>::MAX_UTC));
            cuts.extend(stretches.enumerate().map(|(part, (from, to, setup))| {
                let open = next.is_none() && to == DateTime::<Utc>::MAX_UTC;
                Cut { from, to: (!open).then_some(to), beat, first: part == 0, setup }
            }));
        }
        let (now, stretches, heads) = (rulebook.now(), Vec::new(), Vec::new());
        Self { ticket, now, knowledge: now.config.is_knowledge(&ticket.kind), cuts, stretches, heads }
    }

    pub(super) fn of(rulebook: &'a Rulebook, ticket: &'a Ticket, policy: &'a Policy) -> Self {
        let mut runs = Self::new(rulebook, ticket);
        runs.read(policy);
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
    pub(super) fn read(&mut self, current: &'a Policy) {
        self.stretches.clear();
        self.heads.clear();
        let mut counts = Counts::default();
        for i in 0..self.cuts.len() {
            let Cut { from, to, beat, first, setup } = self.cuts[i];
            if first {
                counts.count(beat);
            }
            let policy = if std::ptr::eq(setup, self.now) { Some(current) } else { setup.policy(&current.id) };
            // An article is no work; only what speaks of articles is for one.
            let meant = |policy: &&Policy| !self.knowledge || names(policy, self.ticket);
            match policy.filter(meant).filter(|policy| applies(policy, self.ticket, setup, from)) {
                Some(policy) => {
                    self.push(&counts, Stretch { from, to, phase: phase(policy, beat, from), beat, setup, policy });
                }
                None => self.heads.last_mut().into_iter().for_each(|run| run.release(from)),
            }
        }
    }

    /// Tells whether the last run of a policy in force, if any, is over, without reading them all.
    pub(super) fn are_over(&self, current: &Policy) -> bool {
        self.cuts.last().is_none_or(|cut| phase(current, cut.beat, cut.from) == Phase::Done)
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
            // Where a clock only runs on, one stretch is as good as two, and measured in half the time.
            match self.stretches.get_mut(run.first..).and_then(<[_]>::last_mut) {
                Some(last) if last.runs_on_in(&stretch) => last.to = stretch.to,
                _ => self.stretches.push(stretch),
            }
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

/// Tells whether a policy speaks of the ticket's kind.
fn names(policy: &Policy, ticket: &Ticket) -> bool {
    policy.applies.atoms().iter().any(|atom| matches!(atom, Atom::Kind(kind) if *kind == ticket.kind))
}

fn applies(policy: &Policy, ticket: &Ticket, setup: &Setup, at: DateTime<Utc>) -> bool {
    // Most policies are for every ticket.
    if policy.applies.is_always() {
        return true;
    }
    let related = Related::default();
    policy.applies.test(&Scene { ticket, actor: None, related: &related, setup }, at)
}
