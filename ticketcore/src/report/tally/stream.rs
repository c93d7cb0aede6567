//! The tables that count the same things of the same tickets, and what is gathered for them.

use chrono::{DateTime, Utc};

use super::axis::Axis;
use super::column::{Column, Exact};
use super::groups::Groups;
use super::measures::{Seen, define};
use super::packed::Packed;
use super::pieces::{Piece, pieces};
use super::slot;
use super::standings::Standings;
use crate::query::Period;
use crate::report::{Cell, Cohort, Dimension, Each, Row, Table, TableSpec};
use crate::time::micros;

/// Tickets, or pieces of them, that go into the tables together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a> {
    packed: &'a Packed,
    standings: &'a Standings,
    rows: &'a [usize],
    /// What each row is a piece for; of whole tickets, nothing.
    pieces: &'a [Piece<'a>],
}

impl<'a> Batch<'a> {
    /// What there is, as measures see it.
    pub(super) fn seen(self) -> impl Iterator<Item = Seen<'a>> {
        let Self { packed, standings, rows, pieces } = self;
        rows.iter().enumerate().map(move |(place, row)| Seen { packed, row: *row, piece: pieces.get(place), standings })
    }
}

/// The tables of one [`Each`] and one [`Cohort`].
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) each: Each,
    pub(super) cohort: Cohort,
    now: i64,
    /// The dimensions of all tables, each once.
    dimensions: Vec<Dimension>,
    axes: Vec<Axis>,
    tables: Vec<Ledger>,
    /// The rows of the batch in hand, and for each axis where they stand on it.
    rows: Vec<usize>,
    places: Vec<Vec<usize>>,
}

impl Stream {
    pub(super) fn new(each: Each, cohort: Cohort, now: i64) -> Self {
        Self {
            each,
            cohort,
            now,
            dimensions: Vec::new(),
            axes: Vec::new(),
            tables: Vec::new(),
            rows: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Adds a table, which has a place among those of the scan.
    pub(super) fn table(&mut self, place: usize, spec: &TableSpec, standings: &mut Standings) {
        let axes: Vec<usize> = spec.by.iter().map(|dimension| self.axis(dimension)).collect();
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
            self.places.push(Vec::new());
            self.axes.len() - 1
        })
    }

    /// Adds the tickets of some rows.
    pub(super) fn add(&mut self, packed: &Packed, rows: &[usize], standings: &Standings) {
        let Self { each, cohort, now, dimensions: _, axes, tables, rows: own, places } = self;
        own.clear();
        let mut parts = Vec::new();
        let rows = match (each, &*cohort) {
            // A ticket has no instant of its own, so none of them happened in any period.
            (Each::Ticket, Cohort::Then(_)) => return,
            (Each::Ticket, Cohort::All) => rows,
            (Each::Ticket, cohort) => {
                own.extend(rows.iter().filter(|row| is_among(packed, **row, cohort)));
                own
            }
            (each, cohort) => {
                for row in rows.iter().filter(|row| is_among(packed, **row, cohort)) {
                    pieces(*each, packed, *row, *now, |piece| {
                        if happened(piece.at, cohort) {
                            own.push(*row);
                            parts.push(piece);
                        }
                    });
                }
                own
            }
        };
        axes.iter_mut().zip(&mut *places).for_each(|(axis, places)| axis.codes(packed, rows, &parts, places));
        let batch = Batch { packed, standings, rows, pieces: &parts };
        tables.iter_mut().for_each(|table| table.add(places, batch));
    }

    /// Hands over the tables, each with its place in the scan.
    pub(super) fn finish(self, packed: &Packed) -> impl Iterator<Item = (usize, Table)> {
        let cells: Vec<Vec<Cell>> = self.axes.iter().map(|axis| axis.cells(packed)).collect();
        self.tables.into_iter().map(move |table| (table.place, table.finish(&cells)))
    }
}

/// Tells whether a ticket is of a cohort.
pub(super) fn is_among(packed: &Packed, row: usize, cohort: &Cohort) -> bool {
    let (at, period) = match cohort {
        // Whether it happened then is a question to each of its pieces.
        Cohort::All | Cohort::Then(_) => return true,
        Cohort::Created(period) => (Some(packed.created.get(row)), period),
        Cohort::FirstResolved(period) => (packed.first_resolved.time(row), period),
        Cohort::Resolved(period) => (packed.resolved.time(row), period),
        Cohort::Closed(period) => (packed.closed.time(row), period),
    };
    at.is_some_and(|at| holds(period, at))
}

/// Tells whether a piece is of a cohort of its ticket.
pub(super) fn happened(at: Option<i64>, cohort: &Cohort) -> bool {
    match cohort {
        Cohort::All | Cohort::Created(_) | Cohort::FirstResolved(_) | Cohort::Resolved(_) | Cohort::Closed(_) => true,
        Cohort::Then(period) => at.is_some_and(|at| holds(period, at)),
    }
}

/// Tells whether a period holds an instant, in microseconds since 1970, as [`Period::contains`] does.
pub(super) fn holds(period: &Period, at: i64) -> bool {
    // The first microsecond that is no earlier than an end between two of them.
    let next = |end: DateTime<Utc>| micros(end) + i64::from(!end.timestamp_subsec_nanos().is_multiple_of(1000));
    period.from.is_none_or(|from| next(from) <= at) && period.to.is_none_or(|to| at < next(to))
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
    fn add(&mut self, places: &[Vec<usize>], batch: Batch<'_>) {
        let groups = self.groups.of(places, batch.rows.len());
        for group in groups {
            *slot(&mut self.counted, *group) += 1;
        }
        self.columns.iter_mut().for_each(|column| column.add(groups, batch));
    }

    fn finish(mut self, cells: &[Vec<Cell>]) -> Table {
        let TableSpec { each, cohort, by, measures } = self.spec;
        if by.is_empty() {
            slot(&mut self.counted, 0);
        }
        let mut rows = Vec::new();
        for (group, counted) in self.counted.into_iter().enumerate() {
            // The numbers of groups may have gaps: a priority that does not occur, or no ticket without a value.
            if counted > 0 || by.is_empty() {
                let values = self.columns.iter_mut().map(|column| column.take(group, counted)).collect();
                rows.push(Row { cells: self.groups.cells(group, cells), values });
            }
        }
        rows.sort_unstable_by(|a, b| a.cells.cmp(&b.cells));
        Table { each, cohort, by, measures, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::from_micros;

    #[test]
    fn a_period_holds_the_microseconds_that_it_contains() {
        for nanos in [0, 1, 999, 1000, 1500, 2000] {
            let end = DateTime::from_timestamp_nanos(nanos);
            for period in [Period { from: Some(end), to: None }, Period { from: None, to: Some(end) }] {
                for at in 0..4 {
                    assert_eq!(holds(&period, at), period.contains(from_micros(at)), "{period:?} at {at}");
                }
            }
        }
    }
}
