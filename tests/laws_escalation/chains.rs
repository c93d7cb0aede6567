//! Random policies.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use ticketcore::cond::Atom;
use ticketcore::config::{Action, At, Step};
use ticketcore::line::{Beat, Flag};
use ticketcore::policy_log::StepKey;
use ticketcore::time::Calendar;
use ticketcore::{Config, Policy, Priority, Span};

use crate::world::{after, config, minutes, office, tell};

/// An escalation: after how many minutes its steps are due, whether each waits for the office, and whether it is
/// skipped while somebody has the ticket.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) steps: Vec<(u32, bool, bool)>,
    pub(crate) repeat: u8,
    pub(crate) period: u32,
}

pub(crate) fn chains() -> impl Strategy<Value = Chain> {
    let steps = vec((0..120_u32, any::<bool>(), any::<bool>()), 1..4);
    (steps, 0..3_u8, 1..200_u32).prop_map(|(steps, repeat, rest)| {
        let last = steps.iter().map(|(after, ..)| *after).max().unwrap_or(0);
        Chain { steps, repeat, period: last + rest }
    })
}

impl Chain {
    pub(crate) fn policy(&self) -> Policy {
        let chain = Policy::escalation("chain").repeat(self.repeat, Span::minutes(self.period));
        self.steps.iter().zip(1_u8..).fold(chain, |chain, ((wait, within, unless), level)| {
            let team = Action::AssignTeam(format!("line_{level}").into());
            let step = after(*wait, [tell("escalation"), team, Action::Escalate(level)]);
            let step = if *within { step.within("office") } else { step };
            chain.step(if *unless { step.unless(Atom::Flag(Flag::Assigned)) } else { step })
        })
    }

    /// What is to be recorded before an instant, told from the times in which the chain ran.
    pub(crate) fn expected(&self, beats: &[Beat], until: DateTime<Utc>) -> BTreeSet<(StepKey, DateTime<Utc>)> {
        let office = Calendar::new(&office()).unwrap();
        let runs = |beat: &Beat| !beat.flags.has(Flag::Acked) && beat.status.is_open();
        let mut expected = BTreeSet::new();
        let (mut cycle, mut beats) = (0, beats);
        while let Some(begin) = beats.iter().position(runs) {
            let end = beats[begin..].iter().position(|beat| !runs(beat)).map(|end| begin + end);
            let stopped = end.map_or(until, |end| beats[end].at);
            cycle += 1;
            for round in 0..=self.repeat {
                for ((wait, within, _), step) in self.steps.iter().zip(0_u16..) {
                    let instant = beats[begin].at + minutes((wait + u32::from(round) * self.period).into());
                    let due = if *within { office.next_open(instant).unwrap() } else { instant };
                    if due < stopped {
                        expected.insert((StepKey { policy: "chain".into(), cycle, round, step }, due));
                    }
                }
            }
            beats = &beats[end.unwrap_or(beats.len())..];
        }
        expected
    }
}

/// A chain and two promises with warnings: quiet all of them.
pub(crate) fn quiet(chain: &Chain) -> Config {
    let warn = |percent, name: &str| Step::new(At::Percent(percent), vec![tell(name), Action::Tag(name.into())]);
    let response = Policy::first_response("response").target(Priority::P3, Span::minutes(90));
    let resolution = Policy::resolution("resolution").calendar("office").target(Priority::P3, Span::hours(4));
    config([
        chain.policy(),
        response.step(warn(50, "hurry")).step(warn(100, "late")),
        resolution.step(warn(75, "hurry")).step(warn(150, "too_late").unless(Atom::During("office".into()))),
    ])
}

/// Policies that stop and start each other's clocks.
pub(crate) fn loud(chain: &Chain) -> Config {
    let resolution = Policy::resolution("resolution").target(Priority::P3, Span::hours(4));
    let resolution = resolution.target(Priority::P1, Span::hours(5));
    config([
        chain.policy().step(after(10, [Action::Prioritise(Priority::P1)])),
        resolution
            .step(Step::new(At::Percent(100), vec![Action::Unacknowledge, Action::Wake]))
            .step(Step::new(At::Percent(300), vec![Action::Move("resolve".into())])),
        Policy::ack_timeout("ack_timeout", Span::minutes(45)),
        Policy::snooze("snooze"),
        Policy::auto_close("auto_close", Span::hours(20), "close"),
    ])
}
