//! Exact sums: one column of one table, over batches of tickets.

use std::fmt;
use std::ops::AddAssign;

use super::measures::{Keep, Seen};
use super::slot;
use super::stream::Batch;
use crate::report::{Attainment, Counter, Measured, Share, Summary};

/// One measure of one table, added up for each group.
pub(super) trait Column: fmt::Debug + Send {
    /// Adds a batch, each of it to the group that stands in its place.
    fn add(&mut self, groups: &[usize], batch: Batch<'_>);

    /// Hands over what it has of a group of so many.
    fn take(&mut self, group: usize, counted: u64) -> Measured;
}

/// Makes a measure a column.
#[derive(Debug)]
pub(super) struct Exact;

impl Keep for Exact {
    type Kept = Box<dyn Column>;

    fn all(self) -> Self::Kept {
        Box::new(All)
    }

    fn count(self, read: impl Fn(Seen<'_>) -> bool + Send + Sync + 'static) -> Self::Kept {
        sums::<_, u64, _>(move |seen| Some(u64::from(read(seen))))
    }

    fn time(self, read: impl Fn(Seen<'_>) -> Option<i64> + Send + Sync + 'static) -> Self::Kept {
        Box::new(Lengths { read, found: Vec::new(), groups: Vec::new(), sums: Vec::new() })
    }

    fn times(self, read: impl Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send + Sync + 'static) -> Self::Kept {
        Box::new(Many { read, sums: Vec::new() })
    }

    fn counter(self, read: impl Fn(Seen<'_>) -> u32 + Send + Sync + 'static) -> Self::Kept {
        sums::<_, Counter, _>(move |seen| Some(read(seen)))
    }

    fn share(self, read: impl Fn(Seen<'_>) -> Option<bool> + Send + Sync + 'static) -> Self::Kept {
        sums::<_, Share, _>(read)
    }

    fn attainment(self, read: impl Fn(Seen<'_>) -> Attainment + Send + Sync + 'static) -> Self::Kept {
        sums::<_, Attainment, _>(move |seen| Some(read(seen)))
    }
}

fn sums<F, S, V>(read: F) -> Box<dyn Column>
where
    F: Fn(Seen<'_>) -> Option<V> + Send + 'static,
    S: AddAssign<V> + Default + Into<Measured> + fmt::Debug + Send + 'static,
    V: 'static,
{
    Box::new(Sums { read, sums: Vec::<S>::new() })
}

/// How many there are, which the table counts anyway.
#[derive(Debug)]
struct All;

impl Column for All {
    fn add(&mut self, _: &[usize], _: Batch<'_>) {}

    fn take(&mut self, _: usize, counted: u64) -> Measured {
        counted.into()
    }
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
    F: Fn(Seen<'_>) -> Option<V> + Send,
    S: AddAssign<V> + Default + Into<Measured> + fmt::Debug + Send,
{
    fn add(&mut self, groups: &[usize], batch: Batch<'_>) {
        for (group, seen) in groups.iter().zip(batch.seen()) {
            if let Some(value) = (self.read)(seen) {
                *slot(&mut self.sums, *group) += value;
            }
        }
    }

    fn take(&mut self, group: usize, _: u64) -> Measured {
        std::mem::take(slot(&mut self.sums, group)).into()
    }
}

impl<F, S: fmt::Debug> fmt::Debug for Sums<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(f)
    }
}

/// How a length of time is read, and those of each group, all kept: percentiles need them.
struct Lengths<F> {
    read: F,
    /// Those of the batch in hand, and their groups.
    found: Vec<i64>,
    groups: Vec<usize>,
    sums: Vec<Vec<i64>>,
}

impl<F: Fn(Seen<'_>) -> Option<i64> + Send> Column for Lengths<F> {
    fn add(&mut self, groups: &[usize], batch: Batch<'_>) {
        // Whether a ticket has the figure is as good as random, and a wrong guess costs the processor more than the rest.
        // So each is written, and the next one over it if there was none.
        self.found.resize(groups.len(), 0);
        self.groups.resize(groups.len(), 0);
        let mut count = 0;
        for (group, seen) in groups.iter().zip(batch.seen()) {
            let value = (self.read)(seen);
            (self.found[count], self.groups[count]) = (value.unwrap_or_default(), *group);
            count += usize::from(value.is_some());
        }
        let (found, groups) = (&self.found[..count], &self.groups[..count]);
        match groups.first() {
            Some(first) if groups.iter().all(|group| group == first) => {
                slot(&mut self.sums, *first).extend_from_slice(found);
            }
            _ => groups.iter().zip(found).for_each(|(group, micros)| slot(&mut self.sums, *group).push(*micros)),
        }
    }

    fn take(&mut self, group: usize, _: u64) -> Measured {
        summary(slot(&mut self.sums, group))
    }
}

impl<F> fmt::Debug for Lengths<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(f)
    }
}

/// How the many lengths of time of a ticket are read, and those of each group.
struct Many<F> {
    read: F,
    sums: Vec<Vec<i64>>,
}

impl<F: Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send> Column for Many<F> {
    fn add(&mut self, groups: &[usize], batch: Batch<'_>) {
        for (group, seen) in groups.iter().zip(batch.seen()) {
            let sum = slot(&mut self.sums, *group);
            (self.read)(seen, &mut |micros| sum.push(micros));
        }
    }

    fn take(&mut self, group: usize, _: u64) -> Measured {
        summary(slot(&mut self.sums, group))
    }
}

impl<F> fmt::Debug for Many<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(f)
    }
}

fn summary(micros: &mut Vec<i64>) -> Measured {
    Measured::Time(Summary::of(&mut std::mem::take(micros)))
}
