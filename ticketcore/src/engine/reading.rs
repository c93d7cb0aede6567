//! What the clocks say: due dates, the place in the queue, the next instant at which time matters, and why.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::cond::Unmet;
use crate::config::{At, Moment, Policy, Rulebook, Step};
use crate::engine::clock::{Phase, Run, Runs, Stretch};
use crate::id::Key;
use crate::line::Flag;
use crate::policy_log::{Breach, StepKey};
use crate::report::Standing;
use crate::status::Status;
use crate::store::{Marks, Rank};
use crate::ticket::Ticket;
use crate::time::stamp;

/// One run of a policy's clock, read at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The policy.
    pub policy: Key,
    /// Which run, from 1.
    pub cycle: u32,
    /// When the run began.
    #[serde(with = "stamp")]
    pub started: DateTime<Utc>,
    /// When it stopped, unless it goes on.
    #[serde(with = "stamp::option")]
    pub stopped: Option<DateTime<Utc>>,
    /// What the clock does now.
    pub phase: Phase,
    /// What it shows, in microseconds of its calendar.
    #[serde(serialize_with = "micros_of")]
    pub elapsed: TimeDelta,
    /// How much time there is at the present priority, in microseconds of its calendar.
    #[serde(serialize_with = "micros_of_option")]
    pub budget: Option<TimeDelta>,
    /// The last instant that keeps the promise, if the clock runs or the promise is broken; nobody knows it while the
    /// clock is paused.
    #[serde(with = "stamp::option")]
    pub due: Option<DateTime<Utc>>,
    /// Whether the promise is broken.
    pub breached: bool,
    /// Why the breach does not count, if it was waived.
    pub excused: Option<String>,
}

fn micros_of<S: serde::Serializer>(delta: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&delta.num_microseconds())
}

fn micros_of_option<S: serde::Serializer>(delta: &Option<TimeDelta>, serializer: S) -> Result<S::Ok, S::Error> {
    delta.and_then(|delta| delta.num_microseconds()).serialize(serializer)
}

/// Reads every run of every policy of the configuration in force.
///
/// A policy that never bound the ticket as it is now has none; what it broke before stays in
/// [`Ticket::policies`](crate::Ticket::policies).
pub fn readings(rulebook: &Rulebook, ticket: &Ticket, now: DateTime<Utc>) -> Vec<Reading> {
    let mut runs = Runs::new(rulebook, ticket);
    let mut readings = Vec::new();
    for policy in &rulebook.now().config.policies {
        runs.read(policy);
        readings.extend(runs.iter().filter_map(|run| read(&run, policy, ticket, now)));
    }
    readings
}

fn read(run: &Run<'_, '_>, policy: &Policy, ticket: &Ticket, now: DateTime<Utc>) -> Option<Reading> {
    let (first, last) = (run.stretches.first()?, run.last()?);
    let recorded = ticket.policies.breach(&policy.id, run.cycle);
    let crossing = run.due();
    let running = last.phase == Phase::Running && run.ended.is_none();
    let breached = recorded.is_some() || crossing.is_some_and(|due| due < run.ended.unwrap_or(now));
    Some(Reading {
        policy: policy.id.clone(),
        cycle: run.cycle,
        started: first.from,
        stopped: run.ended,
        phase: if run.ended.is_some() { Phase::Done } else { last.phase },
        elapsed: run.elapsed(now),
        budget: last.budget(),
        due: recorded.map(|breach| breach.due).or(crossing.filter(|_| running || breached)),
        breached,
        excused: recorded.and_then(|breach| breach.waived.clone()),
    })
}

/// The timeline behind a reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What is explained.
    pub reading: Reading,
    /// The whole run until now, or until it stopped, in pieces.
    pub pieces: Vec<Piece>,
}

/// A part of a run's time, and what it counted for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// From when.
    #[serde(with = "stamp")]
    pub from: DateTime<Utc>,
    /// Until when.
    #[serde(with = "stamp")]
    pub to: DateTime<Utc>,
    /// Whether it counted.
    pub counted: bool,
    /// Why it did or did not: `running`, `closed` (outside opening hours), `stopped`, or `paused` with what was unmet.
    pub why: String,
}

/// Explains every run of one policy: which times counted, which did not, and why.
pub fn explain(rulebook: &Rulebook, ticket: &Ticket, policy: &Key, now: DateTime<Utc>) -> Vec<Explanation> {
    let Some(current) = rulebook.now().policy(policy) else { return Vec::new() };
    let explain = |run: Run<'_, '_>| {
        let reading = read(&run, current, ticket, now)?;
        let pieces = run.stretches.iter().flat_map(|stretch| pieces(stretch, now)).collect();
        Some(Explanation { reading, pieces })
    };
    Runs::of(rulebook, ticket, current).iter().filter_map(explain).collect()
}

fn pieces(stretch: &Stretch<'_>, now: DateTime<Utc>) -> Vec<Piece> {
    let (from, to) = (stretch.from, stretch.to.map_or(now, |to| to.min(now)));
    if from >= to {
        return Vec::new();
    }
    let whole = |counted, why: String| vec![Piece { from, to, counted, why }];
    match (stretch.phase, stretch.calendar()) {
        (Phase::Done, _) => whole(false, "stopped".to_owned()),
        (Phase::Paused, _) => {
            let unmet = stretch.policy.clock.run.check(stretch.beat, from).err().unwrap_or_default();
            let reasons: Vec<String> = unmet.iter().map(Unmet::to_string).collect();
            whole(false, format!("paused: {}", reasons.join(", ")))
        }
        (Phase::Running, None) => whole(true, "running".to_owned()),
        (Phase::Running, Some(calendar)) => {
            let mut pieces = Vec::new();
            let mut at = from;
            let mut push = |from, to, counted, why: &str| {
                if from < to {
                    pieces.push(Piece { from, to, counted, why: why.to_owned() });
                }
            };
            for open in calendar.open_between(from, to) {
                push(at, open.start, false, "closed");
                push(open.start, open.end, true, "running");
                at = open.end;
            }
            push(at, to, false, "closed");
            pieces
        }
    }
}

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
    let business = rulebook.now().config.business.as_ref();
    let elapsed = |to: Option<DateTime<Utc>>| to.map(|to| rulebook.elapsed(business, ticket.created, to));
    Marks {
        // Due is inclusive: only the microsecond after it is too late.
        wake: survey.next.and_then(|next| next.due.checked_add_signed(TimeDelta::microseconds(1))),
        rank: rank(rulebook, ticket, survey.due),
        response: elapsed(ticket.responded),
        resolution: elapsed(ticket.resolved),
        standings: survey.standings,
    }
}

fn rank(rulebook: &Rulebook, ticket: &Ticket, due: Option<DateTime<Utc>>) -> Option<Rank> {
    let snoozed = ticket.line.last().is_some_and(|last| last.flags.has(Flag::Snoozed));
    if snoozed || !matches!(ticket.status, Status::New | Status::Open) {
        return None;
    }
    let priority = ticket.priority();
    let patience = rulebook.now().config.patience.get(&priority).copied().unwrap_or_default();
    let due = due.or_else(|| ticket.created.checked_add_signed(patience.0)).unwrap_or(ticket.created);
    Some(Rank { due, priority, created: ticket.created, id: ticket.id })
}
