//! The tables that count the same things of the same tickets, and what is gathered for them.

use super::axis::Axis;
use super::column::{Column, Exact};
use super::groups::Groups;
use super::measures::{Sample, Seen, define};
use super::pieces::{self, Piece};
use super::slot;
use super::standings::Standings;
use crate::report::{Cell, Cohort, Course, Dimension, Each, Figures, Row, Table, TableSpec};
use crate::time::micros;

/// How many tickets are gathered before they go into the tables; what is kept of them fits the processor's nearest cache.
///
/// With batches of one, a report of a dozen tables takes two thirds longer: the processor then guesses wrong at every
/// turn what comes next.
const BATCH: usize = 128;

/// Things gathered until there are enough of them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    tickets: Vec<Sample>,
    /// Those of the tickets, if any table reads them.
    courses: Vec<Course>,
    /// Those of the pieces, if the tickets are taken apart.
    spent: Vec<pieces::Time>,
}

impl Batch {
    /// What was gathered, as measures see it.
    pub(super) fn seen<'a>(&'a self, standings: &'a Standings) -> impl Iterator<Item = Seen<'a>> {
        self.tickets.iter().enumerate().map(move |(place, ticket)| Seen {
            ticket,
            course: self.courses.get(place).unwrap_or(Course::NONE),
            spent: self.spent.get(place).copied().unwrap_or_default(),
            standings,
        })
    }

    fn clear(&mut self) {
        self.tickets.clear();
        self.courses.clear();
        self.spent.clear();
    }
}

/// The tables of one [`Each`] and one [`Cohort`].
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) each: Each,
    pub(super) cohort: Cohort,
    now: i64,
    /// Whether a measure reads the course of a ticket.
    courses: bool,
    /// The dimensions of all tables, each once.
    dimensions: Vec<Dimension>,
    axes: Vec<Axis>,
    tables: Vec<Ledger>,
    /// What is gathered, and for each axis where it stands on it.
    batch: Batch,
    places: Vec<Vec<usize>>,
}

impl Stream {
    pub(super) fn new(each: Each, cohort: Cohort, now: i64) -> Self {
        Self {
            each,
            cohort,
            now,
            courses: false,
            dimensions: Vec::new(),
            axes: Vec::new(),
            tables: Vec::new(),
            batch: Batch::default(),
            places: Vec::new(),
        }
    }

    /// Adds a table, which has a place among those of the scan.
    pub(super) fn table(&mut self, place: usize, spec: &TableSpec, standings: &mut Standings) {
        let axes: Vec<usize> = spec.by.iter().map(|dimension| self.axis(dimension)).collect();
        self.courses |= spec.measures.iter().any(|measure| TableSpec::new([], [measure.clone()]).needs().course);
        self.tables.push(Ledger {
            place,
            groups: Groups::new(axes.into_iter()),
            counted: Vec::new(),
            columns: spec.measures.iter().map(|measure| define(measure, self.now, standings, Exact)).collect(),
            spec: spec.clone(),
        });
    }

    fn axis(&mut self, dimension: &Dimension) -> usize {
        self.dimensions.iter().position(|known| known == dimension).unwrap_or_else(|| {
            self.dimensions.push(dimension.clone());
            self.axes.push(Axis::new(dimension, self.each, self.now));
            self.places.push(Vec::with_capacity(BATCH));
            self.axes.len() - 1
        })
    }

    /// Adds one ticket.
    pub(super) fn add(&mut self, figures: &Figures<'_>, course: &Course, standing: usize, standings: &Standings) {
        if !is_among(figures, &self.cohort) {
            return;
        }
        if self.each == Each::Ticket {
            // A ticket has no instant of its own, so none of them happened in any period.
            if happened(None, &self.cohort) {
                self.push(figures, course, &Piece::default(), standing, standings);
            }
            return;
        }
        pieces::pieces(self.each, figures, course, self.now, |piece| {
            if happened(piece.at, &self.cohort) {
                self.push(figures, course, &piece, standing, standings);
            }
        });
    }

    fn push(
        &mut self,
        figures: &Figures<'_>,
        course: &Course,
        piece: &Piece<'_>,
        standing: usize,
        standings: &Standings,
    ) {
        self.batch.tickets.push(Sample::new(figures, standing));
        if self.courses {
            self.batch.courses.push(course.clone());
        }
        if self.each != Each::Ticket {
            self.batch.spent.push(piece.spent);
        }
        for (axis, places) in self.axes.iter_mut().zip(&mut self.places) {
            places.push(axis.code(figures, piece));
        }
        if self.batch.tickets.len() == BATCH {
            self.flush(standings);
        }
    }

    fn flush(&mut self, standings: &Standings) {
        for table in &mut self.tables {
            let groups = table.groups.of(&self.places, self.batch.tickets.len());
            for group in groups {
                *slot(&mut table.counted, *group) += 1;
            }
            for column in &mut table.columns {
                column.add(groups, &self.batch, standings);
            }
        }
        self.batch.clear();
        self.places.iter_mut().for_each(Vec::clear);
    }

    /// Hands over the tables, each with its place in the scan.
    pub(super) fn finish(mut self, standings: &Standings) -> impl Iterator<Item = (usize, Table)> {
        self.flush(standings);
        let cells: Vec<Vec<Cell>> = self.axes.iter().map(Axis::cells).collect();
        self.tables.into_iter().map(move |table| (table.place, table.finish(&cells)))
    }
}

/// Tells whether a ticket is of a cohort.
pub(super) fn is_among(figures: &Figures<'_>, cohort: &Cohort) -> bool {
    let (at, period) = match cohort {
        // Whether it happened then is a question to each of its pieces.
        Cohort::All | Cohort::Then(_) => return true,
        Cohort::Created(period) => (Some(figures.created), period),
        Cohort::FirstResolved(period) => (figures.first_resolved, period),
        Cohort::Resolved(period) => (figures.resolved, period),
        Cohort::Closed(period) => (figures.closed, period),
    };
    let within =
        |at: i64| period.from.is_none_or(|from| micros(from) <= at) && period.to.is_none_or(|to| at < micros(to));
    at.is_some_and(within)
}

/// Tells whether a piece is of a cohort of its ticket.
pub(super) fn happened(at: Option<i64>, cohort: &Cohort) -> bool {
    match cohort {
        Cohort::All | Cohort::Created(_) | Cohort::FirstResolved(_) | Cohort::Resolved(_) | Cohort::Closed(_) => true,
        Cohort::Then(period) => at.is_some_and(|at| {
            period.from.is_none_or(|from| micros(from) <= at) && period.to.is_none_or(|to| at < micros(to))
        }),
    }
}

/// One table in the making.
#[derive(Debug)]
struct Ledger {
    place: usize,
    spec: TableSpec,
    groups: Groups,
    /// How many each group has.
    counted: Vec<u64>,
    columns: Vec<Box<dyn Column>>,
}

impl Ledger {
    fn finish(mut self, cells: &[Vec<Cell>]) -> Table {
        let TableSpec { each, cohort, by, measures } = self.spec;
        if by.is_empty() {
            slot(&mut self.counted, 0);
        }
        let mut rows = Vec::new();
        for (group, counted) in self.counted.into_iter().enumerate() {
            // The numbers of groups may have gaps: a priority that does not occur, or no ticket without a value.
            if counted > 0 || by.is_empty() {
                let values = self.columns.iter_mut().map(|column| column.take(group)).collect();
                rows.push(Row { cells: self.groups.cells(group, cells), values });
            }
        }
        rows.sort_unstable_by(|a, b| a.cells.cmp(&b.cells));
        Table { each, cohort, by, measures, rows }
    }
}
