//! Where a ticket stands: small numbers for the values of a dimension.

use super::buckets::Buckets;
use super::names::Names;
use crate::priority::Priority;
use crate::report::figures::status;
use crate::report::{Cell, Dimension, Figures};

/// Numbers the values of one dimension; 0 is none.
#[derive(Clone, Debug)]
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

    /// Where a ticket stands.
    pub(super) fn read(&mut self, figures: &Figures<'_>) -> Cell {
        let code = self.code(figures);
        self.cell(code)
    }

    /// The value of a number.
    fn cell(&self, code: usize) -> Cell {
        let Some(place) = code.checked_sub(1) else { return Cell::None };
        let text = |text: Option<&str>| text.map_or(Cell::None, |text| Cell::Text(text.to_owned()));
        match self {
            Self::Status(names) => names.text(place).map_or(Cell::None, status_cell),
            Self::Priority => u8::try_from(code).ok().and_then(Priority::new).map_or(Cell::None, Cell::Priority),
            Self::Text(_, names) => text(names.text(place)),
            Self::Time(_, buckets) => text(buckets.name(place)),
        }
    }

    /// The values by their numbers.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let values = match self {
            Self::Status(names) | Self::Text(_, names) => names.len(),
            Self::Priority => Priority::all().count(),
            Self::Time(_, buckets) => buckets.len(),
        };
        (0..=values).map(|code| self.cell(code)).collect()
    }
}

fn status_cell(name: &str) -> Cell {
    status(name).map_or_else(|| Cell::Text(name.to_owned()), Cell::Status)
}
