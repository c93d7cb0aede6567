//! What each measure is: the one place that says so.

use std::mem;

use super::standings::Standings;
use super::slot;
use crate::report::figures::status;
use crate::report::{Attainment, Counter, Figures, Measure, Measured, Share, Summary, Time};
use crate::ticket::Status;

/// One measure of one table: how it reads a ticket, and what it has of each group so far.
#[derive(Debug)]
pub(super) enum Column {
    Count(fn(&Sample) -> bool, Vec<u64>),
    /// The second argument is the scan's instant.
    Time(fn(&Sample, i64) -> Option<i64>, Vec<Vec<i64>>),
    Counter(fn(&Sample) -> u32, Vec<Counter>),
    Share(fn(&Sample) -> Option<bool>, Vec<Share>),
    /// The number says which of the policies asked for.
    Attainment(usize, Vec<Attainment>),
}

impl Column {
    pub(super) fn new(measure: &Measure, standings: &mut Standings) -> Self {
        let count = |read| Self::Count(read, Vec::new());
        let time = |read| Self::Time(read, Vec::new());
        let counter = |read| Self::Counter(read, Vec::new());
        let share = |read| Self::Share(read, Vec::new());
        match measure {
            Measure::Count => count(|_| true),
            Measure::Backlog => count(|ticket| ticket.is_open),
            Measure::FirstResponse(Time::Wall) => time(|ticket, _| ticket.since_opening(ticket.responded)),
            Measure::FirstResponse(Time::Business) => time(|ticket, _| ticket.response),
            Measure::Resolution(Time::Wall) => time(|ticket, _| ticket.since_opening(ticket.resolved)),
            Measure::Resolution(Time::Business) => time(|ticket, _| ticket.resolution),
            Measure::FirstResolution => time(|ticket, _| ticket.since_opening(ticket.first_resolved)),
            Measure::Closing => time(|ticket, _| ticket.since_opening(ticket.closed)),
            Measure::Age => time(|ticket, now| ticket.since_opening(ticket.is_open.then_some(now))),
            Measure::Reopens => counter(|ticket| ticket.reopens),
            Measure::Reassigns => counter(|ticket| ticket.reassigns),
            Measure::Messages => counter(|ticket| ticket.messages),
            Measure::ReopenRate => share(|ticket| ticket.first_resolved.map(|_| ticket.reopens > 0)),
            Measure::Attainment(policy) => Self::Attainment(standings.ask(policy), Vec::new()),
        }
    }

    /// Adds samples, each to the group that stands in its place.
    pub(super) fn add(&mut self, groups: &[usize], samples: &[Sample], now: i64, standings: &Standings) {
        let samples = groups.iter().copied().zip(samples);
        match self {
            Self::Count(counts, sums) => {
                for (group, sample) in samples {
                    *slot(sums, group) += u64::from(counts(sample));
                }
            }
            Self::Time(read, sums) => {
                for (group, sample) in samples {
                    if let Some(micros) = read(sample, now) {
                        slot(sums, group).push(micros);
                    }
                }
            }
            Self::Counter(read, sums) => {
                for (group, sample) in samples {
                    *slot(sums, group) += read(sample);
                }
            }
            Self::Share(read, sums) => {
                for (group, sample) in samples {
                    if let Some(has) = read(sample) {
                        *slot(sums, group) += has;
                    }
                }
            }
            Self::Attainment(policy, sums) => {
                for (group, sample) in samples {
                    *slot(sums, group) += standings.of(sample.standings, *policy);
                }
            }
        }
    }

    /// Hands over what it has of a group.
    pub(super) fn take(&mut self, group: usize) -> Measured {
        match self {
            Self::Count(_, sums) => Measured::Count(*slot(sums, group)),
            Self::Time(_, sums) => Measured::Time(Summary::of(&mut mem::take(slot(sums, group)))),
            Self::Counter(_, sums) => Measured::Counter(*slot(sums, group)),
            Self::Share(_, sums) => Measured::Share(*slot(sums, group)),
            Self::Attainment(_, sums) => Measured::Attainment(*slot(sums, group)),
        }
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
            standings,
        }
    }

    fn since_opening(&self, at: Option<i64>) -> Option<i64> {
        at.map(|at| at.saturating_sub(self.created))
    }
}
