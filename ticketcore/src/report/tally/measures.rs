//! What each measure reads of a ticket: the one place that says so.

use super::standings::Standings;
use crate::report::figures::status;
use crate::report::{Attainment, Figures, Measure, Time};
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
        Measure::FirstResolution => keep.time(|seen| seen.since_opening(seen.ticket.first_resolved)),
        Measure::Closing => keep.time(|seen| seen.since_opening(seen.ticket.closed)),
        Measure::Age => keep.time(move |seen| seen.since_opening(seen.ticket.is_open.then_some(now))),
        Measure::Reopens => keep.counter(|seen| seen.ticket.reopens),
        Measure::Reassigns => keep.counter(|seen| seen.ticket.reassigns),
        Measure::Messages => keep.counter(|seen| seen.ticket.messages),
        Measure::ReopenRate => keep.share(|seen| seen.ticket.first_resolved.map(|_| seen.ticket.reopens > 0)),
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

/// A ticket as measures see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) ticket: &'a Sample,
    pub(super) standings: &'a Standings,
}

impl Seen<'_> {
    fn since_opening(self, at: Option<i64>) -> Option<i64> {
        at.map(|at| at.saturating_sub(self.ticket.created))
    }
}

/// What is measured of a ticket: its figures without the texts, so that it can be kept while the ticket is gone.
#[derive(Debug)]
pub(super) struct Sample {
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
        Self {
            is_open: status(figures.status).is_some_and(Status::is_open),
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
