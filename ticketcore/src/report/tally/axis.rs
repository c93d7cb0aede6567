//! Where a ticket stands: small numbers for the values of a dimension.

use super::buckets::Buckets;
use super::names::Names;
use crate::priority::Priority;
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
