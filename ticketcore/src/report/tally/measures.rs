//! What each measure reads of a ticket: the one place that says so.

use super::pieces;
use super::standings::Standings;
use crate::config::Span;
use crate::report::figures::status;
use crate::report::{Attainment, Course, Figures, Lapse, Measure, Time};
use crate::status::Status;

/// Makes something of what a measure reads: sums of an exact scan, or such as can be taken back.
///
/// The definitions are closures handed over one by one, not values of an enum, so that an exact scan compiles a tight
/// loop for each of them.
pub(super) trait Keep {
    type Kept;

    /// Counts tickets.
    fn count(self, read: impl Fn(Seen<'_>) -> bool + Send + Sync + 'static) -> Self::Kept;

    /// Sums up lengths of time, in microseconds.
    fn time(self, read: impl Fn(Seen<'_>) -> Option<i64> + Send + Sync + 'static) -> Self::Kept;

    /// Sums up lengths of time, of which a ticket may have many.
    fn times(self, read: impl Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send + Sync + 'static) -> Self::Kept;

    /// Adds up what is counted on each ticket.
    fn counter(self, read: impl Fn(Seen<'_>) -> u32 + Send + Sync + 'static) -> Self::Kept;

    /// Counts those that have something, of those that could.
    fn share(self, read: impl Fn(Seen<'_>) -> Option<bool> + Send + Sync + 'static) -> Self::Kept;

    /// Adds up cycles.
    fn attainment(self, read: impl Fn(Seen<'_>) -> Attainment + Send + Sync + 'static) -> Self::Kept;
}

/// Defines a measure. `now` is the scan's instant.
pub(super) fn define<K: Keep>(measure: &Measure, now: i64, standings: &mut Standings, keep: K) -> K::Kept {
    match measure {
        Measure::Count => keep.count(|_| true),
        Measure::Backlog => keep.count(|seen| seen.ticket.is_open),
        Measure::FirstResponse(Time::Wall) => keep.time(|seen| seen.since_opening(seen.ticket.responded)),
        Measure::FirstResponse(Time::Business) => keep.time(|seen| seen.ticket.response),
        Measure::Resolution(Time::Wall) => keep.time(|seen| seen.since_opening(seen.ticket.resolved)),
        Measure::Resolution(Time::Business) => keep.time(|seen| seen.ticket.resolution),
        Measure::FirstResolution(Time::Wall) => keep.time(|seen| seen.since_opening(seen.ticket.first_resolved)),
        Measure::FirstResolution(Time::Business) => keep.time(|seen| seen.first_resolution().map(|time| time.business)),
        Measure::NetResolution(Time::Wall) => {
            keep.time(|seen| Some(seen.since_opening(seen.ticket.resolved)?.saturating_sub(seen.pending().wall)))
        }
        Measure::NetResolution(Time::Business) => {
            keep.time(|seen| Some(seen.ticket.resolution?.saturating_sub(seen.pending().business)))
        }
        Measure::NextResponse(time) => {
            let time = *time;
            keep.times(move |seen, take| seen.course.answers.iter().for_each(|answer| take(answer.on(time))))
        }
        Measure::Acknowledge(time) => {
            let time = *time;
            keep.time(move |seen| seen.course.acked.map(|acked| acked.on(time)))
        }
        Measure::Closing => keep.time(|seen| seen.since_opening(seen.ticket.closed)),
        Measure::Age => keep.time(move |seen| seen.since_opening(seen.ticket.is_open.then_some(now))),
        Measure::Reopens => keep.counter(|seen| seen.ticket.reopens),
        Measure::Reassigns => keep.counter(|seen| seen.ticket.reassigns),
        Measure::Messages => keep.counter(|seen| seen.ticket.messages),
        Measure::ReopenRate => keep.share(|seen| seen.ticket.first_resolved.map(|_| seen.ticket.reopens > 0)),
        Measure::ReopenedWithin(span) => {
            let within = limit(*span);
            keep.share(move |seen| seen.ticket.first_resolved.map(|_| seen.came_back(within)))
        }
        Measure::FirstContact(span) => {
            let within = limit(*span);
            keep.share(move |seen| {
                seen.ticket.first_resolved.map(|_| seen.course.first_contact && !seen.came_back(within))
            })
        }
        Measure::ResolvedWithin(span) => {
            let within = limit(*span);
            keep.share(move |seen| {
                let old = now.saturating_sub(seen.ticket.created) >= within;
                old.then(|| seen.since_opening(seen.ticket.first_resolved).is_some_and(|time| time <= within))
            })
        }
        Measure::Steps => keep.counter(|seen| seen.course.steps),
        Measure::Escalated => keep.share(|seen| Some(seen.course.level > 0)),
        Measure::Spent(Time::Wall) => keep.time(|seen| seen.spent.wall),
        Measure::Spent(Time::Business) => keep.time(|seen| seen.spent.business),
        Measure::Satisfaction => keep.share(|seen| seen.ticket.score.filter(|score| *score > 0).map(is_good)),
        Measure::ResponseShare => keep.share(|seen| seen.ticket.score.map(|score| score > 0)),
        Measure::Attainment(policy) => {
            let policy = standings.ask(policy);
            keep.attainment(move |seen| seen.standings.of(seen.ticket.standings, policy))
        }
    }
}

/// Says whether a customer who gave a score was content.
const fn is_good(score: u8) -> bool {
    score >= 4
}

/// A length of time in microseconds.
fn limit(span: Span) -> i64 {
    span.0.num_microseconds().unwrap_or(i64::MAX)
}

/// A ticket, or a piece of one, as measures see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) ticket: &'a Sample,
    pub(super) course: &'a Course,
    pub(super) spent: pieces::Time,
    pub(super) standings: &'a Standings,
}

impl Seen<'_> {
    fn since_opening(self, at: Option<i64>) -> Option<i64> {
        at.map(|at| at.saturating_sub(self.ticket.created))
    }

    /// The places in life that the ticket came to, each with the time since the opening; the last is the present one.
    fn places(&self) -> impl Iterator<Item = (Lapse, Option<Status>)> {
        let ended = self.course.states.iter().scan(Lapse::default(), |since, stay| {
            let place = (*since, Some(stay.status));
            since.extend(stay.time);
            Some(place)
        });
        let all = self.course.states.iter().fold(Lapse::default(), |mut sum, stay| {
            sum.extend(stay.time);
            sum
        });
        ended.chain(std::iter::once((all, self.ticket.status)))
    }

    /// From the opening to the first resolution.
    fn first_resolution(&self) -> Option<Lapse> {
        self.ticket.first_resolved?;
        self.places().find(|(_, status)| *status == Some(Status::Resolved)).map(|(time, _)| time)
    }

    /// Tells whether it came back within a time of its first resolution.
    fn came_back(&self, within: i64) -> bool {
        let mut places = self.places();
        let Some((resolved, _)) = places.find(|(_, status)| *status == Some(Status::Resolved)) else { return false };
        let back = places.find(|(_, status)| status.is_some_and(Status::is_open));
        back.is_some_and(|(time, _)| time.wall.saturating_sub(resolved.wall) <= within)
    }

    /// The time spent pending.
    fn pending(&self) -> Lapse {
        let stays = self.course.states.iter().filter(|stay| stay.status == Status::Pending);
        stays.fold(Lapse::default(), |mut sum, stay| {
            sum.extend(stay.time);
            sum
        })
    }
}

/// What is measured of a ticket: its figures without the texts, so that it can be kept while the ticket is gone.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    status: Option<Status>,
    is_open: bool,
    created: i64,
    responded: Option<i64>,
    resolved: Option<i64>,
    first_resolved: Option<i64>,
    closed: Option<i64>,
    response: Option<i64>,
    resolution: Option<i64>,
    reopens: u32,
    reassigns: u32,
    messages: u32,
    score: Option<u8>,
    /// The code of the standings.
    standings: usize,
}

impl Sample {
    pub(super) fn new(figures: &Figures<'_>, standings: usize) -> Self {
        let status = status(figures.status);
        Self {
            status,
            is_open: status.is_some_and(Status::is_open),
            created: figures.created,
            responded: figures.responded,
            resolved: figures.resolved,
            first_resolved: figures.first_resolved,
            closed: figures.closed,
            response: figures.response,
            resolution: figures.resolution,
            reopens: figures.reopens,
            reassigns: figures.reassigns,
            messages: figures.messages,
            score: figures.score,
            standings,
        }
    }
}
