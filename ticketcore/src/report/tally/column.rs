//! What each measure is: the one place that says so.

use std::fmt;
use std::ops::AddAssign;

use super::slot;
use super::standings::Standings;
use crate::report::figures::status;
use crate::report::{Attainment, Counter, Figures, Measure, Measured, Share, Summary, Time};
use crate::status::Status;

/// One measure of one table, added up for each group.
pub(super) trait Column: fmt::Debug + Send {
    /// Adds samples, each to the group that stands in its place.
    fn add(&mut self, groups: &[usize], samples: &[Sample], standings: &Standings);

    /// Hands over what it has of a group.
    fn take(&mut self, group: usize) -> Measured;
}

/// Makes the column of a measure. `now` is the scan's instant.
pub(super) fn column(measure: &Measure, now: i64, standings: &mut Standings) -> Box<dyn Column> {
    match measure {
        Measure::Count => count(|_| true),
        Measure::Backlog => count(|ticket| ticket.is_open),
        Measure::FirstResponse(Time::Wall) => time(|ticket| ticket.since_opening(ticket.responded)),
        Measure::FirstResponse(Time::Business) => time(|ticket| ticket.response),
        Measure::Resolution(Time::Wall) => time(|ticket| ticket.since_opening(ticket.resolved)),
        Measure::Resolution(Time::Business) => time(|ticket| ticket.resolution),
        Measure::FirstResolution => time(|ticket| ticket.since_opening(ticket.first_resolved)),
        Measure::Closing => time(|ticket| ticket.since_opening(ticket.closed)),
        Measure::Age => time(move |ticket| ticket.since_opening(ticket.is_open.then_some(now))),
        Measure::Reopens => counter(|ticket| ticket.reopens),
        Measure::Reassigns => counter(|ticket| ticket.reassigns),
        Measure::Messages => counter(|ticket| ticket.messages),
        Measure::ReopenRate => sums::<_, Share, _>(|ticket, _| ticket.first_resolved.map(|_| ticket.reopens > 0)),
        Measure::Satisfaction => sums::<_, Share, _>(|ticket, _| ticket.score.filter(|score| *score > 0).map(is_good)),
        Measure::ResponseShare => sums::<_, Share, _>(|ticket, _| ticket.score.map(|score| score > 0)),
        Measure::Attainment(policy) => {
            let policy = standings.ask(policy);
            sums::<_, Attainment, _>(move |ticket, standings| Some(standings.of(ticket.standings, policy)))
        }
    }
}

/// Says whether a customer who gave a score was content.
const fn is_good(score: u8) -> bool {
    score >= 4
}

fn count(counts: impl Fn(&Sample) -> bool + Send + 'static) -> Box<dyn Column> {
    sums::<_, u64, _>(move |ticket, _| Some(u64::from(counts(ticket))))
}

fn time(read: impl Fn(&Sample) -> Option<i64> + Send + 'static) -> Box<dyn Column> {
    sums::<_, Times, _>(move |ticket, _| read(ticket))
}

fn counter(read: impl Fn(&Sample) -> u32 + Send + 'static) -> Box<dyn Column> {
    sums::<_, Counter, _>(move |ticket, _| Some(read(ticket)))
}

fn sums<F, S, V>(read: F) -> Box<dyn Column>
where
    F: Fn(&Sample, &Standings) -> Option<V> + Send + 'static,
    S: AddAssign<V> + Default + Into<Measured> + fmt::Debug + Send + 'static,
    V: 'static,
{
    Box::new(Sums { read, sums: Vec::<S>::new() })
}

/// How a ticket is read, and the sum for each group.
///
/// Generic, not an enum with a match in the loop: the loops over a batch are then as tight as if written by hand.
struct Sums<F, S> {
    read: F,
    sums: Vec<S>,
}

impl<F, S, V> Column for Sums<F, S>
where
    F: Fn(&Sample, &Standings) -> Option<V> + Send,
    S: AddAssign<V> + Default + Into<Measured> + fmt::Debug + Send,
{
    fn add(&mut self, groups: &[usize], samples: &[Sample], standings: &Standings) {
        for (group, sample) in groups.iter().zip(samples) {
            if let Some(value) = (self.read)(sample, standings) {
                *slot(&mut self.sums, *group) += value;
            }
        }
    }

    fn take(&mut self, group: usize) -> Measured {
        std::mem::take(slot(&mut self.sums, group)).into()
    }
}

impl<F, S: fmt::Debug> fmt::Debug for Sums<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(f)
    }
}

/// Lengths of time, all kept: percentiles need them.
#[derive(Debug, Default)]
struct Times(Vec<i64>);

impl AddAssign<i64> for Times {
    fn add_assign(&mut self, micros: i64) {
        self.0.push(micros);
    }
}

impl From<Times> for Measured {
    fn from(Times(mut micros): Times) -> Self {
        Self::Time(Summary::of(&mut micros))
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

    fn since_opening(&self, at: Option<i64>) -> Option<i64> {
        at.map(|at| at.saturating_sub(self.created))
    }
}
