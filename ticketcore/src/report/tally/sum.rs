//! Sums from which a ticket can be taken again: an abelian group for each kind of measure.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::measures::{Keep, Seen};
use crate::report::{Attainment, Counter, Histogram, Measured, Share};

/// What one group has of one measure. All numbers wrap around and may be below nought in a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sum {
    Count(i64),
    Time(Histogram),
    /// How many tickets have each count, so that the greatest is known when one is taken out.
    Counter(BTreeMap<u32, i64>),
    /// The part and the whole.
    Share(i64, i64),
    /// Met, breached, excused, running, dropped.
    Attainment([i64; 5]),
}

impl Sum {
    /// Tells whether another one is of the same kind of measure.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Tells whether all of it was taken back.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Time(histogram) => histogram.is_empty(),
            Self::Counter(counts) => counts.is_empty(),
            Self::Share(part, whole) => (*part, *whole) == (0, 0),
            Self::Attainment(cycles) => *cycles == [0; 5],
        }
    }

    /// Adds what another one has so often. Of another kind it cannot be: both are of one measure.
    pub(super) fn combine(&mut self, other: &Self, sign: i64) {
        match (self, other) {
            (Self::Count(count), Self::Count(other)) => shift(count, *other, sign),
            (Self::Time(histogram), Self::Time(other)) if sign < 0 => histogram.subtract(other),
            (Self::Time(histogram), Self::Time(other)) => histogram.merge(other),
            (Self::Counter(counts), Self::Counter(other)) => {
                other.iter().for_each(|(count, tickets)| tickets_with(counts, *count, *tickets, sign));
            }
            (Self::Share(part, whole), Self::Share(other, others)) => {
                shift(part, *other, sign);
                shift(whole, *others, sign);
            }
            (Self::Attainment(cycles), Self::Attainment(other)) => {
                cycles.iter_mut().zip(other).for_each(|(cycles, other)| shift(cycles, *other, sign));
            }
            (
                Self::Count(_) | Self::Time(_) | Self::Counter(_) | Self::Share(..) | Self::Attainment(_),
                Self::Count(_) | Self::Time(_) | Self::Counter(_) | Self::Share(..) | Self::Attainment(_),
            ) => {}
        }
    }

    /// What it says. Less than nothing, which only a difference has, shows as nothing.
    pub(super) fn measured(&self) -> Measured {
        match self {
            Self::Count(count) => Measured::Count(shown(*count)),
            Self::Time(histogram) => Measured::Time(histogram.summary()),
            Self::Counter(counts) => {
                let mut counter = Counter::default();
                for (count, tickets) in counts.iter().map(|(count, tickets)| (*count, shown(*tickets))) {
                    counter.n += tickets;
                    counter.total += u64::from(count) * tickets;
                    counter.max = if tickets > 0 { count } else { counter.max };
                }
                Measured::Counter(counter)
            }
            Self::Share(part, whole) => Measured::Share(Share { part: shown(*part), whole: shown(*whole) }),
            Self::Attainment(cycles) => {
                let [met, breached, excused, running, dropped] = cycles.map(shown);
                Measured::Attainment(Attainment { met, breached, excused, running, dropped })
            }
        }
    }
}

fn shift(sum: &mut i64, by: i64, sign: i64) {
    *sum = sum.wrapping_add(by.wrapping_mul(sign));
}

fn tickets_with(counts: &mut BTreeMap<u32, i64>, count: u32, tickets: i64, sign: i64) {
    let all = counts.entry(count).or_default();
    shift(all, tickets, sign);
    if *all == 0 {
        counts.remove(&count);
    }
}

fn shown(count: i64) -> u64 {
    count.try_into().unwrap_or_default()
}

/// How a ticket is read for a measure, and added to its sum or taken from it.
#[derive(Clone)]
pub(super) struct Reader {
    /// Nothing yet: what the sums are of.
    pub(super) nought: Sum,
    read: Arc<Read>,
}

/// Adds what a ticket has so often.
type Read = dyn Fn(Seen<'_>, &mut Sum, i64) + Send + Sync;

impl Reader {
    pub(super) fn add(&self, seen: Seen<'_>, sum: &mut Sum, sign: i64) {
        (self.read)(seen, sum, sign);
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.nought.fmt(f)
    }
}

/// Makes a measure a reader.
#[derive(Debug)]
pub(super) struct Subtractable;

impl Keep for Subtractable {
    type Kept = Reader;

    fn all(self) -> Reader {
        self.count(|_| true)
    }

    fn count(self, read: impl Fn(Seen<'_>) -> bool + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let Sum::Count(count) = sum {
                shift(count, read(seen).into(), sign);
            }
        };
        Reader { nought: Sum::Count(0), read: Arc::new(add) }
    }

    fn time(self, read: impl Fn(Seen<'_>) -> Option<i64> + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let (Sum::Time(histogram), Some(micros)) = (sum, read(seen)) {
                histogram.shift(micros, sign);
            }
        };
        Reader { nought: Sum::Time(Histogram::default()), read: Arc::new(add) }
    }

    fn times(self, read: impl Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let Sum::Time(histogram) = sum {
                read(seen, &mut |micros| histogram.shift(micros, sign));
            }
        };
        Reader { nought: Sum::Time(Histogram::default()), read: Arc::new(add) }
    }

    fn counter(self, read: impl Fn(Seen<'_>) -> u32 + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let Sum::Counter(counts) = sum {
                tickets_with(counts, read(seen), 1, sign);
            }
        };
        Reader { nought: Sum::Counter(BTreeMap::new()), read: Arc::new(add) }
    }

    fn share(self, read: impl Fn(Seen<'_>) -> Option<bool> + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let (Sum::Share(part, whole), Some(has)) = (sum, read(seen)) {
                shift(part, has.into(), sign);
                shift(whole, 1, sign);
            }
        };
        Reader { nought: Sum::Share(0, 0), read: Arc::new(add) }
    }

    fn attainment(self, read: impl Fn(Seen<'_>) -> Attainment + Send + Sync + 'static) -> Reader {
        let add = move |seen: Seen<'_>, sum: &mut Sum, sign| {
            if let Sum::Attainment(cycles) = sum {
                let Attainment { met, breached, excused, running, dropped } = read(seen);
                let read =
                    [met, breached, excused, running, dropped].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
                cycles.iter_mut().zip(read).for_each(|(cycles, read)| shift(cycles, read, sign));
            }
        };
        Reader { nought: Sum::Attainment([0; 5]), read: Arc::new(add) }
    }
}
