//! Policies: the one timed primitive. A policy is a clock with steps.
//!
//! A service level is a clock with a budget; escalation, acknowledge timeout, snooze and auto-close are clocks with
//! steps. Nobody builds clocks by hand: [ready constructors](Policy#impl-Policy) cover the field's usual promises.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cond::{Atom, Cond};
use crate::config::{Action, Audience, Span};
use crate::id::Key;
use crate::knowledge::REVIEW;
use crate::line::Flag;
use crate::priority::Priority;
use crate::status::{Status, Waiting};

/// A clock that runs on tickets, what it promises, and what is done as it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub id: Key,
    /// Which tickets it is for, asked of the ticket as it is now. A clock counts from the start of its cycle even if
    /// the ticket came under the policy later.
    #[serde(default)]
    pub applies: Cond,
    /// When it counts.
    pub clock: ClockSpec,
    /// How much time each priority has; without an entry there is no target at that priority, and without any the
    /// policy promises nothing and only takes steps.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub budget: BTreeMap<Priority, Span>,
    /// What is done as time passes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// How often the steps are gone through again.
    #[serde(default)]
    pub repeat: u8,
    /// How long a round takes; needed when the steps repeat.
    #[serde(default)]
    pub period: Span,
}

/// When a clock counts. Its conditions may ask only what the [line](crate::line) keeps: status, state, waiting,
/// priority and flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSpec {
    /// Counts while this holds, is paused while it does not.
    #[serde(default)]
    pub run: Cond,
    /// Is done while this holds. Stop beats pause beats run.
    pub stop: Cond,
    /// What starts it anew.
    #[serde(default)]
    pub cycle: Cycle,
    /// The calendar whose open time it counts; wall-clock time without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Key>,
}

/// What starts a clock anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cycle {
    /// Nothing: one run, from the opening; after a reopening it goes on where it stopped.
    #[default]
    Once,
    /// A reopening.
    PerReopen,
    /// A question of the requester, the opening included; the answer ends it.
    PerWait,
    /// A public answer of an agent; the first run starts at the opening.
    PerReply,
    /// A change of state.
    PerState,
    /// An assignment to somebody, an agent named at the opening included.
    PerAssignment,
    /// Its own running: each time `run` comes to hold, it counts from nought.
    PerRun,
}

/// Something done when a clock gets somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When.
    pub at: At,
    /// Waits for the next opening of this calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Key>,
    /// Is skipped, for good, if this holds when it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Cond>,
    /// What is done.
    #[serde(rename = "do")]
    pub actions: Vec<Action>,
}

/// When a step is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// At this share of the budget, in percent; 100 is the due time itself.
    Percent(u16),
    /// After the clock counted this long.
    After(Span),
    /// At an instant the ticket names, while the clock runs.
    Until(Moment),
}

/// An instant a ticket names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The end of its snooze.
    Snooze,
    /// The end of its acknowledgement.
    Ack,
    /// A custom field of type instant.
    Field(Key),
}

impl Step {
    /// Does something when the clock gets somewhere.
    pub const fn new(at: At, actions: Vec<Action>) -> Self {
        Self { at, within: None, unless: None, actions }
    }

    /// Waits for the next opening of a calendar.
    #[must_use]
    pub fn within(mut self, calendar: impl Into<Key>) -> Self {
        self.within = Some(calendar.into());
        self
    }

    /// Is skipped if a condition holds when it is due.
    #[must_use]
    pub fn unless(mut self, cond: impl Into<Cond>) -> Self {
        self.unless = Some(cond.into());
        self
    }
}

/// Resolved or closed.
fn ended() -> Cond {
    Cond::Any(vec![Atom::Status(Status::Resolved).into(), Atom::Status(Status::Closed).into()])
}

/// Not waiting for the requester.
fn ours() -> Cond {
    Cond::from(Atom::Waiting(Waiting::Requester)).negate()
}

fn flag(flag: Flag) -> Cond {
    Atom::Flag(flag).into()
}

impl Policy {
    fn new(id: impl Into<Key>, run: Cond, stop: Cond, cycle: Cycle) -> Self {
        Self {
            id: id.into(),
            applies: Cond::ALWAYS,
            clock: ClockSpec { run, stop, cycle, calendar: None },
            budget: BTreeMap::new(),
            steps: Vec::new(),
            repeat: 0,
            period: Span::ZERO,
        }
    }

    /// From the opening to the first public reply of a human agent. Is not paused.
    pub fn first_response(id: impl Into<Key>) -> Self {
        Self::new(id, Cond::ALWAYS, flag(Flag::Responded).or(ended()), Cycle::Once)
    }

    /// From each unanswered message of the requester, the opening included, to the answer.
    pub fn response(id: impl Into<Key>) -> Self {
        Self::new(id, Cond::ALWAYS, flag(Flag::Unanswered).negate().or(ended()), Cycle::PerWait)
    }

    /// From the oldest unanswered message of the requester to the answer, after the first response.
    pub fn next_response(id: impl Into<Key>) -> Self {
        Self::new(id, flag(Flag::Responded), flag(Flag::Unanswered).negate().or(ended()), Cycle::PerWait)
    }

    /// From each public reply of an agent (at first from the opening) to the next one. Pauses while the requester is
    /// awaited.
    pub fn update(id: impl Into<Key>) -> Self {
        Self::new(id, ours(), ended(), Cycle::PerReply)
    }

    /// From the opening until resolved or closed. Pauses while the requester is awaited; goes on after a reopening.
    pub fn resolution(id: impl Into<Key>) -> Self {
        Self::new(id, ours(), ended(), Cycle::Once)
    }

    /// Runs while nobody has acknowledged and the ticket is neither resolved nor closed, from the top again after each
    /// return to that; the place for an escalation chain on the wall clock.
    pub fn escalation(id: impl Into<Key>) -> Self {
        Self::new(id, Cond::ALWAYS, flag(Flag::Acked).or(ended()), Cycle::PerRun)
    }

    /// Takes an acknowledgement back after a while or at its stated end, whichever comes first.
    pub fn ack_timeout(id: impl Into<Key>, after: Span) -> Self {
        Self::new(id, flag(Flag::Acked), ended(), Cycle::PerRun)
            .step(Step::new(At::After(after), vec![Action::Unacknowledge]))
            .step(Step::new(At::Until(Moment::Ack), vec![Action::Unacknowledge]))
    }

    /// Takes a ticket from an agent who has done nothing about it for a while, neither taken it on nor moved it nor answered
    /// in public, unless its state demands an agent. If it has a [route](crate::routing::Route), somebody else is then
    /// looked for.
    ///
    /// # Examples
    ///
    /// ```
    /// use ticketcore::{Actor, Command, Config, Draft, Event, Policy, Span};
    /// use ticketcore::testing::given;
    ///
    /// let config = Config::default().policy(Policy::assignment_timeout("idle", Span::minutes(30)));
    /// given(config)
    ///     .ticket(Draft::incident("No mail"))
    ///     .having(Command::assign("bo"))
    ///     .at("2026-03-02T09:31:00Z")
    ///     .when_ticked()
    ///     .then_named(&["fired", "assigned"])
    ///     .then_ticket(|ticket| assert_eq!(ticket.assignee, None));
    /// ```
    pub fn assignment_timeout(id: impl Into<Key>, after: Span) -> Self {
        Self::new(id, Cond::ALWAYS, flag(Flag::Untouched).negate().or(ended()), Cycle::PerAssignment)
            .step(Step::new(At::After(after), vec![Action::Unassign]))
    }

    /// Brings snoozed tickets back at the end of their snooze.
    pub fn snooze(id: impl Into<Key>) -> Self {
        Self::new(id, flag(Flag::Snoozed), ended(), Cycle::PerRun)
            .step(Step::new(At::Until(Moment::Snooze), vec![Action::Wake]))
    }

    /// Takes a transition once a ticket has been resolved for a while.
    pub fn auto_close(id: impl Into<Key>, after: Span, transition: impl Into<Key>) -> Self {
        let (run, stop) = (Atom::Status(Status::Resolved), Atom::Status(Status::Closed));
        Self::new(id, run.into(), stop.into(), Cycle::PerRun)
            .step(Step::new(At::After(after), vec![Action::Move(transition.into())]))
    }

    /// Tells the agent and the team of a published article that its review is due, once for each publication: when the
    /// custom field [`REVIEW`](crate::knowledge::REVIEW), of type instant, says so. It names the kind of the articles, as
    /// every policy for articles must.
    pub fn review(id: impl Into<Key>, kind: impl Into<Key>) -> Self {
        let to = vec![Audience::Assignee, Audience::Team];
        let tell = Action::Notify { to, template: REVIEW, urgent: false };
        let published = Atom::Status(Status::Resolved);
        Self::new(id, published.into(), Atom::Status(Status::Closed).into(), Cycle::PerRun)
            .applies(Atom::Kind(kind.into()))
            .step(Step::new(At::Until(Moment::Field(REVIEW)), vec![tell]))
    }

    /// Restricts the policy to some tickets.
    #[must_use]
    pub fn applies(mut self, cond: impl Into<Cond>) -> Self {
        self.applies = cond.into();
        self
    }

    /// Promises a time to a priority.
    #[must_use]
    pub fn target(mut self, priority: Priority, budget: Span) -> Self {
        self.budget.insert(priority, budget);
        self
    }

    /// Counts the open time of a calendar instead of the wall clock's.
    #[must_use]
    pub fn calendar(mut self, calendar: impl Into<Key>) -> Self {
        self.clock.calendar = Some(calendar.into());
        self
    }

    /// Counts only while this holds, besides what the constructor says.
    #[must_use]
    pub fn run(mut self, cond: impl Into<Cond>) -> Self {
        self.clock.run = self.clock.run.and(cond.into());
        self
    }

    /// Starts the clock anew after a reopening instead of going on.
    #[must_use]
    pub const fn restart(mut self) -> Self {
        self.clock.cycle = Cycle::PerReopen;
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Goes through the steps so many times more, once every period.
    #[must_use]
    pub const fn repeat(mut self, times: u8, period: Span) -> Self {
        self.repeat = times;
        self.period = period;
        self
    }
}
