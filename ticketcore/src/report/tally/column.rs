//! What each measure is: the one place that says so.

use std::mem;

use super::promises::Promises;
use super::slot;
use crate::report::{Attainment, Counter, Figures, Measure, Measured, Share, Summary, Time};

/// One measure of one table: how it reads a ticket, and what it has of each group so far.
#[derive(Debug)]
pub(super) enum Column {
    Count(fn(&Numbers) -> bool, Vec<u64>),
    /// The second argument is the scan's instant.
    Time(fn(&Numbers, i64) -> Option<i64>, Vec<Vec<i64>>),
    Counter(fn(&Numbers) -> u32, Vec<Counter>),
    Share(fn(&Numbers) -> Option<bool>, Vec<Share>),
    /// Which of the promises.
    Attainment(usize, Vec<Attainment>),
}

impl Column {
    pub(super) fn new(measure: &Measure, promises: &mut Promises) -> Self {
        let count = |read| Self::Count(read, Vec::new());
        let time = |read| Self::Time(read, Vec::new());
        let counter = |read| Self::Counter(read, Vec::new());
        match measure {
            Measure::Count => count(|_| true),
            Measure::Backlog => count(|figures| figures.open),
            Measure::FirstResponse(Time::Wall) => time(|figures, _| since_opening(figures, figures.responded)),
            Measure::FirstResponse(Time::Business) => time(|figures, _| figures.response),
            Measure::Resolution(Time::Wall) => time(|figures, _| since_opening(figures, figures.resolved)),
            Measure::Resolution(Time::Business) => time(|figures, _| figures.resolution),
            Measure::FirstResolution => time(|figures, _| since_opening(figures, figures.first_resolved)),
            Measure::Closing => time(|figures, _| since_opening(figures, figures.closed)),
            Measure::Age => time(|figures, now| since_opening(figures, figures.open.then_some(now))),
            Measure::Reopens => counter(|figures| figures.reopens),
            Measure::Reassigns => counter(|figures| figures.reassigns),
            Measure::Messages => counter(|figures| figures.messages),
            Measure::ReopenRate => {
                Self::Share(|figures| figures.first_resolved.map(|_| figures.reopens > 0), Vec::new())
            }
            Measure::Attainment(policy) => Self::Attainment(promises.want(policy), Vec::new()),
        }
    }

    pub(super) fn add(&mut self, at: &[usize], figures: &[Numbers], now: i64, promises: &Promises) {
        let pairs = at.iter().copied().zip(figures);
        match self {
            Self::Count(counts, groups) => {
                for (group, figures) in pairs {
                    *slot(groups, group) += u64::from(counts(figures));
                }
            }
            Self::Time(read, groups) => {
                for (group, figures) in pairs {
                    if let Some(micros) = read(figures, now) {
                        slot(groups, group).push(micros);
                    }
                }
            }
            Self::Counter(read, groups) => {
                for (group, figures) in pairs {
                    let (count, counter) = (read(figures), slot(groups, group));
                    counter.n += 1;
                    counter.total += u64::from(count);
                    counter.max = counter.max.max(count);
                }
            }
            Self::Share(read, groups) => {
                for (group, figures) in pairs {
                    if let Some(has) = read(figures) {
                        let share = slot(groups, group);
                        share.whole += 1;
                        share.part += u64::from(has);
                    }
                }
            }
            Self::Attainment(promise, groups) => {
                for (group, figures) in pairs {
                    *slot(groups, group) += promises.get(figures.promises, *promise);
                }
            }
        }
    }

    /// Hands over what it has of a group.
    pub(super) fn take(&mut self, group: usize) -> Measured {
        match self {
            Self::Count(_, groups) => Measured::Count(*slot(groups, group)),
            Self::Time(_, groups) => Measured::Time(Summary::of(&mut mem::take(slot(groups, group)))),
            Self::Counter(_, groups) => Measured::Counter(*slot(groups, group)),
            Self::Share(_, groups) => Measured::Share(*slot(groups, group)),
            Self::Attainment(_, groups) => Measured::Attainment(*slot(groups, group)),
        }
    }
}

fn since_opening(figures: &Numbers, at: Option<i64>) -> Option<i64> {
    at.map(|at| at.saturating_sub(figures.created))
}

#[derive(Debug)]
pub(super) struct Numbers {
    open: bool,
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
    promises: usize,
}
impl Numbers {
    pub(super) fn of(figures: &Figures<'_>, promises: usize) -> Self {
        let Figures {
            created,
            responded,
            resolved,
            first_resolved,
            closed,
            response,
            resolution,
            reopens,
            reassigns,
            messages,
            ..
        } = *figures;
        Self {
            open: figures.is_open(),
            created,
            responded,
            resolved,
            first_resolved,
            closed,
            response,
            resolution,
            reopens,
            reassigns,
            messages,
            promises,
        }
    }
}
