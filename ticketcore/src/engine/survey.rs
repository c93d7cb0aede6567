//! What the policies have to do next, and what an index is to hold of a ticket: one walk over its clocks.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{At, Moment, Policy, Rulebook, Step};
use crate::engine::clock::{Phase, Run, Stretch};
use crate::engine::course::{Clocks, course};
use crate::engine::runs::Runs;
use crate::id::Key;
use crate::line::Flag;
use crate::policy_log::{Breach, StepKey};
use crate::report::Standing;
use crate::status::Status;
use crate::store::{Marks, Rank, Target};
use crate::ticket::Ticket;

/// Something a policy is to do at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next<'a> {
    pub(super) due: DateTime<Utc>,
    pub(super) policy: &'a Policy,
    pub(super) cycle: u32,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Comes before the steps of the same instant, which follow from it.
    Breach,
    Step {
        round: u8,
        step: u16,
    },
}

/// All that the policies say of a ticket, from one walk over its line.
#[derive(Debug, Default)]
pub(super) struct Survey<'a> {
    /// The next thing to be done.
    pub(super) next: Option<Next<'a>>,
    /// The earliest due time of a running target.
    due: Option<DateTime<Utc>>,
    standings: Vec<Standing>,
    targets: Vec<Target>,
}

pub(super) fn survey<'a>(rulebook: &'a Rulebook, ticket: &'a Ticket) -> Survey<'a> {
    let mut survey = Survey::default();
    let mut runs = Runs::new(rulebook, ticket);
    for (policy, promises) in rulebook.policies() {
        // What promises nothing only has steps to take, and only while its clock goes on.
        if !promises && runs.are_over(policy) {
            continue;
        }
        runs.read(policy);
        let mut standing = broken(ticket, &policy.id);
        for run in runs.iter() {
            stand(&mut standing, &run, ticket);
            let due = run.due();
            if run.ended.is_none() {
                survey.due = earliest(survey.due, due);
            }
            survey.targets.extend(target(&run, policy, due));
            upcoming(&run, ticket, due, |next| survey.consider(next));
        }
        if standing != (Standing { policy: policy.id.clone(), ..Standing::default() }) {
            survey.standings.push(standing);
        }
    }
    // Promises of policies that are gone stay broken.
    for Breach { policy, .. } in &ticket.policies.breaches {
        let known = survey.standings.iter().any(|standing| standing.policy == *policy);
        if !known {
            survey.standings.push(broken(ticket, policy));
        }
    }
    survey
}

impl<'a> Survey<'a> {
    fn consider(&mut self, next: Next<'a>) {
        let order = |next: &Next<'a>| (next.due, &next.policy.id, next.what);
        if self.next.as_ref().is_none_or(|found| order(&next) < order(found)) {
            self.next = Some(next);
        }
    }
}

/// The clock of a run, if it has a target and goes on.
fn target(run: &Run<'_, '_>, policy: &Policy, due: Option<DateTime<Utc>>) -> Option<Target> {
    let last = run.last().filter(|last| run.ended.is_none() && last.budget().is_some())?;
    let paused = last.phase != Phase::Running;
    Some(Target { policy: policy.id.clone(), due: due.filter(|_| !paused), paused })
}

fn earliest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The promises of a policy that were broken, whether or not it binds the ticket now: a breach is never removed.
fn broken(ticket: &Ticket, policy: &Key) -> Standing {
    let mut standing = Standing { policy: policy.clone(), ..Standing::default() };
    for breach in ticket.policies.breaches.iter().filter(|breach| breach.policy == *policy) {
        let count = if breach.waived.is_some() { &mut standing.excused } else { &mut standing.breached };
        *count += 1;
    }
    standing
}

/// Law 36: every cycle is exactly one of running, met, breached (or excused) and dropped. The broken ones are counted
/// already.
fn stand(standing: &mut Standing, run: &Run<'_, '_>, ticket: &Ticket) {
    match ticket.policies.breach(&standing.policy, run.cycle) {
        Some(_) => {}
        None if run.last().and_then(Stretch::budget).is_none() => {}
        None if run.ended.is_none() => standing.running += 1,
        None if run.dropped => standing.dropped += 1,
        None => standing.met += 1,
    }
}

/// What a run leads to: its breach and, if it goes on, the first unrecorded round of each of its steps.
fn upcoming<'a>(run: &Run<'_, 'a>, ticket: &Ticket, due: Option<DateTime<Utc>>, mut found: impl FnMut(Next<'a>)) {
    let Some(policy) = run.pinned() else { return };
    let cycle = run.cycle;
    // A command finds every breach before it recorded. Only new rules can stop a clock that broke its promise unseen.
    let broken = |due: &DateTime<Utc>| run.ended.is_none_or(|ended| *due < ended);
    if let Some(due) = due.filter(broken)
        && ticket.policies.breach(&policy.id, cycle).is_none()
    {
        found(Next { due, policy, cycle, what: What::Breach });
    }
    if run.ended.is_some() {
        return;
    }
    for (step, spec) in (0_u16..).zip(&policy.steps) {
        let recorded = |round: &u8| ticket.policies.has(&policy.id, cycle, *round, step);
        let Some(round) = (0..=policy.repeat).find(|round| !recorded(round)) else { continue };
        if let Some(due) = step_due(run, ticket, spec, round, due) {
            found(Next { due, policy, cycle, what: What::Step { round, step } });
        }
    }
}

/// When the step of a key is due.
pub(super) fn due_of(rulebook: &Rulebook, ticket: &Ticket, key: &StepKey) -> Option<DateTime<Utc>> {
    let runs = Runs::of(rulebook, ticket, rulebook.now().policy(&key.policy)?);
    let run = runs.iter().find(|run| run.cycle == key.cycle && run.ended.is_none())?;
    let policy = run.pinned().filter(|policy| key.round <= policy.repeat)?;
    step_due(&run, ticket, policy.steps.get(usize::from(key.step))?, key.round, run.due())
}

fn step_due(
    run: &Run<'_, '_>,
    ticket: &Ticket,
    step: &Step,
    round: u8,
    due: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let instant = instant(run, ticket, &step.at, round, due)?;
    match &step.within {
        None => Some(instant),
        // Opening hours may lie beyond the compiled calendar; then the step is never due.
        Some(calendar) => run.last()?.setup.calendar(calendar)?.next_open(instant),
    }
}

/// When a step of a round is due, before any deferral.
fn instant(
    run: &Run<'_, '_>,
    ticket: &Ticket,
    at: &At,
    round: u8,
    due: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let rounds = run.pinned()?.period.0 * i32::from(round);
    match at {
        At::Percent(100) if round == 0 => due,
        At::Percent(percent) => run.crossing(|stretch| share(stretch.budget()?, *percent)?.checked_add(&rounds)),
        At::After(span) => run.crossing(|_| span.0.checked_add(&rounds)),
        At::Until(moment) => {
            let moment = match moment {
                Moment::Snooze => ticket.snoozed?,
                Moment::Ack => ticket.acked.as_ref()?.until?,
                Moment::Field(field) => {
                    let text = ticket.fields.get(field)?.to_string();
                    DateTime::parse_from_rfc3339(&text).ok()?.to_utc()
                }
            };
            run.running_at(moment.checked_add_signed(rounds)?)
        }
    }
}

/// A share of a budget in percent, to the microsecond.
fn share(budget: TimeDelta, percent: u16) -> Option<TimeDelta> {
    let micros = i128::from(budget.num_microseconds()?) * i128::from(percent) / 100;
    i64::try_from(micros).ok().map(TimeDelta::microseconds)
}

/// What the index is to hold of a ticket.
pub fn marks(rulebook: &Rulebook, ticket: &Ticket) -> Marks {
    let survey = survey(rulebook, ticket);
    let mut clocks = Clocks::new(rulebook, ticket);
    let mut elapsed =
        |to: Option<DateTime<Utc>>| to.map(|to| TimeDelta::microseconds(clocks.since_opening(to).business));
    let (response, resolution) = (elapsed(ticket.responded), elapsed(ticket.resolved));
    Marks {
        // Due is inclusive: only the microsecond after it is too late.
        wake: survey.next.and_then(|next| next.due.checked_add_signed(TimeDelta::microseconds(1))),
        rank: rank(rulebook, ticket, survey.due),
        response,
        resolution,
        standings: survey.standings,
        targets: survey.targets,
        course: course(&mut clocks, ticket),
    }
}

fn rank(rulebook: &Rulebook, ticket: &Ticket, due: Option<DateTime<Utc>>) -> Option<Rank> {
    let snoozed = ticket.line.last().is_some_and(|last| last.flags.has(Flag::Snoozed));
    let waits = matches!(ticket.status, Status::New | Status::Open);
    if snoozed || !waits || rulebook.now().config.is_knowledge(&ticket.kind) {
        return None;
    }
    let priority = ticket.priority();
    let patience = rulebook.now().config.patience.get(&priority).copied().unwrap_or_default();
    let due = due.or_else(|| ticket.created.checked_add_signed(patience.0)).unwrap_or(ticket.created);
    Some(Rank { due, priority, created: ticket.created, id: ticket.id })
}
