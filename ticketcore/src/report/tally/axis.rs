//! Where a ticket stands: small numbers for the values of a dimension, and for combinations of them.

use std::collections::HashMap;

use super::buckets::Buckets;
use super::names::Names;
use crate::config::Priority;
use crate::report::figures::status;
use crate::report::{Cell, Dimension, Figures};

/// Numbers the values of one dimension; 0 is none.
#[derive(Debug)]
pub(super) enum Axis {
    Status(Names),
    Priority,
    Text(for<'a> fn(&Figures<'a>) -> Option<&'a str>, Names),
    Time(fn(&Figures<'_>) -> Option<i64>, Buckets),
}

impl Axis {
    pub(super) fn new(dimension: &Dimension) -> Self {
        let text = |read| Self::Text(read, Names::default());
        match dimension {
            Dimension::Kind => text(|figures| Some(figures.kind)),
            Dimension::Status => Self::Status(Names::default()),
            Dimension::State => text(|figures| Some(figures.state)),
            Dimension::Category => text(|figures| figures.category),
            Dimension::Team => text(|figures| figures.team),
            Dimension::Queue => text(|figures| figures.queue),
            Dimension::Assignee => text(|figures| figures.assignee),
            Dimension::Requester => text(|figures| figures.requester),
            Dimension::Priority => Self::Priority,
            Dimension::Channel => text(|figures| Some(figures.channel)),
            Dimension::Created(bucket) => Self::Time(|figures| Some(figures.created), Buckets::new(bucket.clone())),
            Dimension::Resolved(bucket) => Self::Time(|figures| figures.resolved, Buckets::new(bucket.clone())),
            Dimension::Closed(bucket) => Self::Time(|figures| figures.closed, Buckets::new(bucket.clone())),
        }
    }

    pub(super) fn code(&mut self, figures: &Figures<'_>) -> usize {
        match self {
            Self::Status(names) => 1 + names.code(figures.status),
            Self::Priority => Priority::new(figures.priority).map_or(0, |priority| usize::from(priority.number())),
            Self::Text(read, names) => read(figures).map_or(0, |text| 1 + names.code(text)),
            Self::Time(read, buckets) => read(figures).and_then(|at| buckets.code(at)).map_or(0, |code| 1 + code),
        }
    }

    /// The values by their numbers.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let text = |text: &str| Cell::Text(text.to_owned());
        let mut cells = vec![Cell::None];
        match self {
            Self::Status(names) => {
                let status = |name| status(name).map_or_else(|| text(name), Cell::Status);
                cells.extend(names.texts().map(status));
            }
            Self::Priority => cells.extend(Priority::all().map(Cell::Priority)),
            Self::Text(_, names) => cells.extend(names.texts().map(text)),
            Self::Time(_, buckets) => cells.extend(buckets.names().map(text)),
        }
        cells
    }
}

/// Numbers combinations of values: without a dimension there is one, with one its values' numbers serve.
#[derive(Debug)]
pub(super) struct Groups {
    first: Option<usize>,
    rest: Vec<Pairs>,
}

/// Numbers pairs of a group and a value of one more axis, from 0 as they come up.
#[derive(Debug)]
struct Pairs {
    axis: usize,
    pairs: Vec<(usize, usize)>,
    codes: HashMap<(usize, usize), usize>,
    /// The code of the last pair seen of each remainder: few pairs occur, and they are found without a hash.
    recent: Box<[usize; 256]>,
}

impl Pairs {
    fn new(axis: usize) -> Self {
        Self { axis, pairs: Vec::new(), codes: HashMap::new(), recent: Box::new([0; 256]) }
    }

    fn code(&mut self, group: usize, value: usize) -> usize {
        let pair = (group, value);
        let recent = &mut self.recent[(group ^ value << 4) % 256];
        if self.pairs.get(*recent) != Some(&pair) {
            *recent = *self.codes.entry(pair).or_insert_with(|| {
                self.pairs.push(pair);
                self.pairs.len() - 1
            });
        }
        *recent
    }
}

impl Groups {
    pub(super) fn new(mut axes: impl Iterator<Item = usize>) -> Self {
        Self { first: axes.next(), rest: axes.map(Pairs::new).collect() }
    }

    /// The group of a ticket that stands on each axis as told.
    pub(super) fn find(&mut self, codes: &[Vec<usize>], len: usize, groups: &mut Vec<usize>) {
        groups.clear();
        match self.first {
            Some(axis) => groups.extend_from_slice(&codes[axis]),
            None => groups.resize(len, 0),
        }
        for pairs in &mut self.rest {
            for (group, code) in groups.iter_mut().zip(&codes[pairs.axis]) {
                *group = pairs.code(*group, *code);
            }
        }
    }

    /// The values of a group, out of those of all axes.
    pub(super) fn cells(&self, mut group: usize, cells: &[Vec<Cell>]) -> Vec<Cell> {
        let mut found = Vec::new();
        for Pairs { axis, pairs, .. } in self.rest.iter().rev() {
            found.push(cells[*axis][pairs[group].1].clone());
            group = pairs[group].0;
        }
        found.extend(self.first.map(|axis| cells[axis][group].clone()));
        found.reverse();
        found
    }
}
