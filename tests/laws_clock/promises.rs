//! What is promised: policies, and in plain words what their clocks do.

use ticketcore::cond::{Atom, Cond};
use ticketcore::config::{ClockSpec, Cycle};
use ticketcore::line::{Beat, Flag, Mark};
use ticketcore::{Policy, Priority, Span, Status, Waiting};

/// A policy, and in plain words what its clock does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise {
    pub(crate) policy: fn(&'static str) -> Policy,
    pub(crate) runs: fn(&Beat) -> bool,
    pub(crate) stops: fn(&Beat) -> bool,
    pub(crate) starts: Starts,
}

/// What starts a run of a clock.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Starts {
    At(fn(&Beat) -> bool),
    /// Its own running, if it did not run before.
    WhenItRuns,
}

pub(crate) const PROMISES: [(&str, Promise); 11] = [
    (
        "first_response",
        Promise {
            policy: Policy::first_response,
            runs: |_| true,
            stops: |beat| beat.flags.has(Flag::Responded) || ended(beat),
            starts: Starts::At(opened),
        },
    ),
    ("response", Promise { policy: Policy::response, runs: |_| true, stops: answered, starts: Starts::At(asked) }),
    (
        "next_response",
        Promise {
            policy: Policy::next_response,
            runs: |beat| beat.flags.has(Flag::Responded),
            stops: answered,
            starts: Starts::At(asked),
        },
    ),
    (
        "update",
        Promise {
            policy: Policy::update,
            runs: ours,
            stops: ended,
            starts: Starts::At(|beat| opened(beat) || beat.mark == Mark::Answered),
        },
    ),
    ("resolution", Promise { policy: Policy::resolution, runs: ours, stops: ended, starts: Starts::At(opened) }),
    (
        "restarted",
        Promise {
            policy: |id| Policy::resolution(id).restart(),
            runs: ours,
            stops: ended,
            starts: Starts::At(|beat| opened(beat) || beat.mark == Mark::Reopened),
        },
    ),
    (
        "hands_on",
        Promise {
            policy: |id| Policy::resolution(id).run(Atom::Flag(Flag::Assigned)).run(Atom::Priority(Priority::P3)),
            runs: |beat| ours(beat) && beat.flags.has(Flag::Assigned) && beat.priority <= Priority::P3,
            stops: ended,
            starts: Starts::At(opened),
        },
    ),
    (
        "escalation",
        Promise {
            policy: Policy::escalation,
            runs: |_| true,
            stops: |beat| beat.flags.has(Flag::Acked) || ended(beat),
            starts: Starts::WhenItRuns,
        },
    ),
    (
        "held",
        Promise {
            policy: |id| Policy::escalation(id).run(Atom::Flag(Flag::Assigned)),
            runs: |beat| beat.flags.has(Flag::Assigned),
            stops: |beat| beat.flags.has(Flag::Acked) || ended(beat),
            starts: Starts::WhenItRuns,
        },
    ),
    (
        "in_state",
        Promise {
            policy: |id| Policy {
                clock: ClockSpec { run: Cond::ALWAYS, cycle: Cycle::PerState, ..Policy::update(id).clock },
                ..Policy::update(id)
            },
            runs: |_| true,
            stops: ended,
            starts: Starts::At(|beat| matches!(beat.mark, Mark::Opened | Mark::Moved | Mark::Reopened)),
        },
    ),
    (
        "untouched",
        Promise {
            policy: |id| Policy { steps: Vec::new(), ..Policy::assignment_timeout(id, Span::ZERO) },
            runs: |_| true,
            stops: |beat| !beat.flags.has(Flag::Untouched) || ended(beat),
            starts: Starts::At(|beat| beat.mark == Mark::Assigned || opened(beat) && beat.flags.has(Flag::Assigned)),
        },
    ),
];

fn opened(beat: &Beat) -> bool {
    beat.mark == Mark::Opened
}

fn asked(beat: &Beat) -> bool {
    beat.mark == Mark::Asked || opened(beat) && beat.flags.has(Flag::Unanswered)
}

fn answered(beat: &Beat) -> bool {
    !beat.flags.has(Flag::Unanswered) || ended(beat)
}

fn ended(beat: &Beat) -> bool {
    matches!(beat.status, Status::Resolved | Status::Closed)
}

fn ours(beat: &Beat) -> bool {
    beat.waiting != Some(Waiting::Requester)
}
