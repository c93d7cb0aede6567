//! Adding tickets up.

mod axis;
mod buckets;
mod column;
mod names;
mod promises;

use axis::{Axis, Groups};
use column::{Column, Numbers};
use promises::Promises;

use super::{Cell, Dimension, Figures, NotStandings, Row, Scan, Table, TableSpec};
use crate::time::micros;

/// Adds tickets up into all tables of a scan at once.
///
/// It keeps every length of time that a percentile is asked of, 8 bytes each, and of everything else only sums; its
/// answer is exact and does not depend on the order of the tickets.
///
/// # Examples
///
/// ```
/// use chrono::DateTime;
/// use ticketcore::Status;
/// use ticketcore::query::Filter;
/// use ticketcore::report::{Cell, Dimension, Figures, Measure, Measured, Scan, TableSpec, Tallier};
///
/// let scan = Scan {
///     filter: Filter::all(),
///     tables: vec![TableSpec::new([Dimension::Team], [Measure::Count, Measure::Backlog])],
///     now: DateTime::UNIX_EPOCH,
/// };
/// let mut tallier = Tallier::new(&scan);
/// tallier.add(&Figures { team: Some("net"), status: Status::Open, ..Figures::default() })?;
/// tallier.add(&Figures { team: Some("net"), status: Status::Closed, ..Figures::default() })?;
///
/// let tables = tallier.finish();
/// assert_eq!(tables[0].rows[0].cells, [Cell::Text("net".to_owned())]);
/// assert_eq!(tables[0].rows[0].values, [Measured::Count(2), Measured::Count(1)]);
/// # Ok::<(), ticketcore::report::NotStandings>(())
/// ```
#[derive(Debug)]
pub struct Tallier {
    now: i64,
    /// The dimensions of all tables, each once.
    axes: Vec<Axis>,
    promises: Promises,
    tables: Vec<Sums>,
    /// Tickets that are not in the tables yet: adding each to all tables in turn would be a guess gone wrong for the
    /// processor at every turn, and takes twice as long.
    waiting: Vec<Numbers>,
    codes: Vec<Vec<usize>>,
    groups: Vec<usize>,
}

impl Tallier {
    /// Starts from nought.
    #[must_use]
    pub fn new(scan: &Scan) -> Self {
        let mut dimensions: Vec<&Dimension> = Vec::new();
        let mut axis = |dimension| {
            dimensions.iter().position(|known| *known == dimension).unwrap_or_else(|| {
                dimensions.push(dimension);
                dimensions.len() - 1
            })
        };
        let mut promises = Promises::default();
        let sums = scan.tables.iter().map(|spec| Sums {
            groups: Groups::new(spec.by.iter().map(&mut axis)),
            tickets: Vec::new(),
            columns: spec.measures.iter().map(|measure| Column::new(measure, &mut promises)).collect(),
            spec: spec.clone(),
        });
        let tables = sums.collect();
        let axes: Vec<_> = dimensions.into_iter().map(Axis::new).collect();
        Self {
            now: micros(scan.now),
            codes: vec![Vec::new(); axes.len()],
            axes,
            promises,
            tables,
            waiting: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Adds one ticket.
    ///
    /// # Errors
    ///
    /// [`NotStandings`] if a promise is measured and [`Figures::standings`] cannot be read; the ticket is not added.
    pub fn add(&mut self, figures: &Figures<'_>) -> Result<(), NotStandings> {
        let promises = self.promises.code(figures.standings)?;
        for (codes, axis) in self.codes.iter_mut().zip(&mut self.axes) {
            codes.push(axis.code(figures));
        }
        self.waiting.push(Numbers::of(figures, promises));
        if self.waiting.len() >= CHUNK {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        for table in &mut self.tables {
            table.groups.find(&self.codes, self.waiting.len(), &mut self.groups);
            for group in &self.groups {
                *slot(&mut table.tickets, *group) += 1;
            }
            for column in &mut table.columns {
                column.add(&self.groups, &self.waiting, self.now, &self.promises);
            }
        }
        self.waiting.clear();
        self.codes.iter_mut().for_each(Vec::clear);
    }

    /// Returns the tables, in the order in which the scan asks for them.
    #[must_use]
    pub fn finish(mut self) -> Vec<Table> {
        self.flush();
        let cells: Vec<Vec<Cell>> = self.axes.iter().map(Axis::cells).collect();
        self.tables.into_iter().map(|table| table.finish(&cells)).collect()
    }
}

const CHUNK: usize = 128;

/// One table in the making.
#[derive(Debug)]
struct Sums {
    spec: TableSpec,
    groups: Groups,
    /// How many tickets each group has.
    tickets: Vec<u64>,
    columns: Vec<Column>,
}

impl Sums {
    fn finish(mut self, cells: &[Vec<Cell>]) -> Table {
        if self.spec.by.is_empty() {
            slot(&mut self.tickets, 0);
        }
        let mut rows = Vec::new();
        for (group, tickets) in self.tickets.iter().enumerate() {
            // A number that no ticket took belongs to another table, or to a status or priority that does not occur.
            if *tickets > 0 || self.spec.by.is_empty() {
                let values = self.columns.iter_mut().map(|column| column.take(group)).collect();
                rows.push(Row { cells: self.groups.cells(group, cells), values });
            }
        }
        rows.sort_unstable_by(|a, b| a.cells.cmp(&b.cells));
        Table { by: self.spec.by, measures: self.spec.measures, rows }
    }
}

/// The place of a group, made if it is new.
fn slot<T: Default>(groups: &mut Vec<T>, group: usize) -> &mut T {
    if group >= groups.len() {
        groups.resize_with(group + 1, T::default);
    }
    &mut groups[group]
}
