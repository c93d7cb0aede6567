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

    /// Hands over what it has of a group.
    fn take(&mut self, group: usize) -> Measured;
}

/// Makes a measure a column.
#[derive(Debug)]
pub(super) struct Exact;

impl Keep for Exact {
    type Kept = Box<dyn Column>;

    fn count(self, read: impl Fn(Seen<'_>) -> bool + Send + Sync + 'static) -> Self::Kept {
        sums::<_, u64, _>(move |seen| Some(u64::from(read(seen))))
    }

    fn time(self, read: impl Fn(Seen<'_>) -> Option<i64> + Send + Sync + 'static) -> Self::Kept {
        sums::<_, Times, _>(read)
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

    fn take(&mut self, group: usize) -> Measured {
        std::mem::take(slot(&mut self.sums, group)).into()
    }
}

impl<F, S: fmt::Debug> fmt::Debug for Sums<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(f)
    }
}

/// How the many lengths of time of a ticket are read, and those of each group.
struct Many<F> {
    read: F,
    sums: Vec<Times>,
}

impl<F: Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send> Column for Many<F> {
    fn add(&mut self, groups: &[usize], batch: Batch<'_>) {
        for (group, seen) in groups.iter().zip(batch.seen()) {
            let sum = slot(&mut self.sums, *group);
            (self.read)(seen, &mut |micros| *sum += micros);
        }
    }

    fn take(&mut self, group: usize) -> Measured {
        std::mem::take(slot(&mut self.sums, group)).into()
    }
}

impl<F> fmt::Debug for Many<F> {
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
