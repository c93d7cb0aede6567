//! Where a ticket stands: small numbers for the values of a dimension.

use std::fmt;

use super::buckets::Buckets;
use super::names::Names;
use crate::priority::Priority;
use crate::report::figures::status;
use crate::report::{Bucket, Cell, Dimension, Figures};

/// One dimension, its values numbered; 0 is none.
pub(super) trait Axis: fmt::Debug + Send {
    /// The number of a ticket's value.
    fn place(&mut self, figures: &Figures<'_>) -> usize;

    /// The values by their numbers.
    fn cells(&self) -> Vec<Cell>;
}

/// Makes the axis of a dimension.
pub(super) fn axis(dimension: &Dimension) -> Box<dyn Axis> {
    let cell = |text: &str| Cell::Text(text.to_owned());
    match dimension {
        Dimension::Kind => texts(|figures| Some(figures.kind), cell),
        Dimension::Status => {
            texts(|figures| Some(figures.status), move |name| status(name).map_or_else(|| cell(name), Cell::Status))
        }
        Dimension::State => texts(|figures| Some(figures.state), cell),
        Dimension::Priority => Box::new(Priorities),
        Dimension::Category => texts(|figures| figures.category, cell),
        Dimension::Team => texts(|figures| figures.team, cell),
        Dimension::Queue => texts(|figures| figures.queue, cell),
        Dimension::Assignee => texts(|figures| figures.assignee, cell),
        Dimension::Requester => texts(|figures| figures.requester, cell),
        Dimension::Channel => texts(|figures| Some(figures.channel), cell),
        Dimension::Created(bucket) => times(|figures| Some(figures.created), bucket),
        Dimension::Resolved(bucket) => times(|figures| figures.resolved, bucket),
        Dimension::Closed(bucket) => times(|figures| figures.closed, bucket),
    }
}

fn texts<F>(read: F, cell: impl Fn(&str) -> Cell + Send + 'static) -> Box<dyn Axis>
where
    F: for<'a> Fn(&Figures<'a>) -> Option<&'a str> + Send + 'static,
{
    Box::new(Texts { read, names: Names::default(), cell })
}

fn times(read: impl Fn(&Figures<'_>) -> Option<i64> + Send + 'static, bucket: &Bucket) -> Box<dyn Axis> {
    Box::new(Times { read, buckets: Buckets::new(bucket.clone()) })
}

struct Texts<F, C> {
    read: F,
    names: Names,
    cell: C,
}

impl<F, C> Axis for Texts<F, C>
where
    F: for<'a> Fn(&Figures<'a>) -> Option<&'a str> + Send,
    C: Fn(&str) -> Cell + Send,
{
    fn place(&mut self, figures: &Figures<'_>) -> usize {
        (self.read)(figures).map_or(0, |text| 1 + self.names.code(text))
    }

    fn cells(&self) -> Vec<Cell> {
        std::iter::once(Cell::None).chain(self.names.texts().map(&self.cell)).collect()
    }
}

impl<F, C> fmt::Debug for Texts<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

struct Times<F> {
    read: F,
    buckets: Buckets,
}

impl<F: Fn(&Figures<'_>) -> Option<i64> + Send> Axis for Times<F> {
    fn place(&mut self, figures: &Figures<'_>) -> usize {
        (self.read)(figures).and_then(|at| self.buckets.code(at)).map_or(0, |code| 1 + code)
    }

    fn cells(&self) -> Vec<Cell> {
        let names = self.buckets.names().map(|name| Cell::Text(name.to_owned()));
        std::iter::once(Cell::None).chain(names).collect()
    }
}

impl<F> fmt::Debug for Times<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.fmt(f)
    }
}

#[derive(Debug)]
struct Priorities;

impl Axis for Priorities {
    fn place(&mut self, figures: &Figures<'_>) -> usize {
        Priority::new(figures.priority).map_or(0, |priority| usize::from(priority.number()))
    }

    fn cells(&self) -> Vec<Cell> {
        std::iter::once(Cell::None).chain(Priority::all().map(Cell::Priority)).collect()
    }
}
