//! Adding tickets up.

mod axis;
mod buckets;
mod column;
mod groups;
mod kept;
mod measures;
mod names;
mod standings;
mod sum;

use axis::Axis;
use column::{Column, Exact};
use groups::Groups;
use measures::{Sample, define};
use standings::Standings;

pub use kept::{Moves, OtherTables, Tally};

use super::{Cell, Dimension, Figures, NotStandings, Row, Scan, Table, TableSpec};
use crate::time::micros;

/// How many tickets are gathered before they go into the tables; what is kept of them fits the processor's nearest cache.
///
/// With batches of one, a report of a dozen tables takes two thirds longer: the processor then guesses wrong at every
/// turn what comes next.
const BATCH: usize = 128;

/// Adds tickets up into all tables of a scan at once.
///
/// It keeps every length of time that a percentile is asked of, 8 bytes each, and of everything else only sums; its
/// answer is exact and does not depend on the order of the tickets.
///
/// # Examples
///
/// ```
/// use chrono::DateTime;
/// use ticketcore::query::Filter;
/// use ticketcore::report::{Cell, Dimension, Figures, Measure, Measured, Scan, TableSpec, Tallier};
///
/// let scan = Scan {
///     filter: Filter::all(),
///     tables: vec![TableSpec::new([Dimension::Team], [Measure::Count, Measure::Backlog])],
///     now: DateTime::UNIX_EPOCH,
/// };
/// let mut tallier = Tallier::new(&scan);
/// tallier.add(&Figures { team: Some("net"), status: "open", ..Figures::default() })?;
/// tallier.add(&Figures { team: Some("net"), status: "closed", ..Figures::default() })?;
///
/// let tables = tallier.finish();
/// assert_eq!(tables[0].rows[0].cells, [Cell::Text("net".to_owned())]);
/// assert_eq!(tables[0].rows[0].values, [Measured::Count(2), Measured::Count(1)]);
/// # Ok::<(), ticketcore::report::NotStandings>(())
/// ```
#[derive(Debug)]
pub struct Tallier {
    standings: Standings,
    /// The dimensions of all tables, each once.
    axes: Vec<Axis>,
    tables: Vec<Ledger>,
    /// The tickets gathered, and for each axis where they stand on it.
    samples: Vec<Sample>,
    places: Vec<Vec<usize>>,
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
        let mut standings = Standings::default();
        let now = micros(scan.now);
        let ledgers = scan.tables.iter().map(|spec| Ledger {
            groups: Groups::new(spec.by.iter().map(&mut axis)),
            tickets: Vec::new(),
            columns: spec.measures.iter().map(|measure| define(measure, now, &mut standings, Exact)).collect(),
            spec: spec.clone(),
        });
        let tables = ledgers.collect();
        let axes: Vec<_> = dimensions.into_iter().map(Axis::new).collect();
        let places = vec![Vec::with_capacity(BATCH); axes.len()];
        Self { standings, axes, tables, samples: Vec::with_capacity(BATCH), places }
    }

    /// Adds one ticket.
    ///
    /// # Errors
    ///
    /// [`NotStandings`] if a promise is measured and [`Figures::standings`] cannot be read; the ticket is not added.
    pub fn add(&mut self, figures: &Figures<'_>) -> Result<(), NotStandings> {
        self.samples.push(Sample::new(figures, self.standings.code(figures.standings)?));
        for (axis, places) in self.axes.iter_mut().zip(&mut self.places) {
            places.push(axis.code(figures));
        }
        if self.samples.len() == BATCH {
            self.flush();
        }
        Ok(())
    }

    /// Returns the tables, in the order in which the scan asks for them.
    #[must_use]
    pub fn finish(mut self) -> Vec<Table> {
        self.flush();
        let cells: Vec<Vec<Cell>> = self.axes.iter().map(Axis::cells).collect();
        self.tables.into_iter().map(|table| table.finish(&cells)).collect()
    }

    fn flush(&mut self) {
        for table in &mut self.tables {
            let groups = table.groups.of(&self.places, self.samples.len());
            for group in groups {
                *slot(&mut table.tickets, *group) += 1;
            }
            for column in &mut table.columns {
                column.add(groups, &self.samples, &self.standings);
            }
        }
        self.samples.clear();
        self.places.iter_mut().for_each(Vec::clear);
    }
}

/// One table in the making.
#[derive(Debug)]
struct Ledger {
    spec: TableSpec,
    groups: Groups,
    /// How many tickets each group has.
    tickets: Vec<u64>,
    columns: Vec<Box<dyn Column>>,
}

impl Ledger {
    fn finish(mut self, cells: &[Vec<Cell>]) -> Table {
        let TableSpec { by, measures } = self.spec;
        if by.is_empty() {
            slot(&mut self.tickets, 0);
        }
        let mut rows = Vec::new();
        for (group, tickets) in self.tickets.into_iter().enumerate() {
            // The numbers of groups may have gaps: a priority that does not occur, or no ticket without a value.
            if tickets > 0 || by.is_empty() {
                let values = self.columns.iter_mut().map(|column| column.take(group)).collect();
                rows.push(Row { cells: self.groups.cells(group, cells), values });
            }
        }
        rows.sort_unstable_by(|a, b| a.cells.cmp(&b.cells));
        Table { by, measures, rows }
    }
}

/// The place of a group, made if it is new.
fn slot<T: Default>(groups: &mut Vec<T>, group: usize) -> &mut T {
    if group >= groups.len() {
        groups.resize_with(group + 1, T::default);
    }
    &mut groups[group]
}
