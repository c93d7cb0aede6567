//! Adding tickets up.

mod axis;
mod buckets;
mod column;
mod groups;
mod kept;
mod measures;
mod names;
mod packed;
mod pieces;
mod sieve;
mod standings;
mod stream;
mod sum;

use standings::Standings;
use stream::Stream;

pub(super) use axis::{BANDS, week};
pub use kept::{Moves, OtherTables, Tally};

pub(crate) use packed::Packed;
pub(crate) use sieve::Sieve;

use super::{Course, Figures, NotCourse, NotStandings, Scan, Table};
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
/// # Ok::<(), ticketcore::report::Unreadable>(())
/// ```
#[derive(Debug)]
pub struct Tallier {
    /// Tickets that are gathered until there are enough of them.
    batch: Packed,
    tables: Tables,
}

/// How many tickets go into the tables together; what is read of them fits the processor's nearest cache.
///
/// With batches of one, a report of a dozen tables takes two thirds longer: the processor then guesses wrong at every
/// turn what comes next.
const BATCH: usize = 512;

/// A text of a ticket's figures could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Its standings.
    #[error(transparent)]
    Standings(#[from] NotStandings),
    /// Its course.
    #[error(transparent)]
    Course(#[from] NotCourse),
}

impl Tallier {
    /// Starts from nought.
    #[must_use]
    pub fn new(scan: &Scan) -> Self {
        Self { batch: Packed::new(&scan.needs()), tables: Tables::new(scan) }
    }

    /// Adds one ticket.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if a promise is measured and [`Figures::standings`] cannot be read, or what needs a ticket's
    /// course and [`Figures::course`] cannot be; the ticket is not added.
    pub fn add(&mut self, figures: &Figures<'_>) -> Result<(), Unreadable> {
        self.add_with(figures, None)
    }

    /// Adds one ticket whose course need not be read again.
    pub(crate) fn add_with(&mut self, figures: &Figures<'_>, course: Option<&Course>) -> Result<(), Unreadable> {
        let Self { batch, tables } = self;
        let row = batch.len();
        batch.put(row, figures)?;
        if let Some(course) = course {
            batch.follow(row, course);
        }
        if let Err(error) = tables.standings.check(batch, row) {
            batch.truncate(row);
            return Err(error.into());
        }
        if batch.len() == BATCH {
            self.flush();
        }
        Ok(())
    }

    /// Returns the tables, in the order in which the scan asks for them.
    #[must_use]
    pub fn finish(mut self) -> Vec<Table> {
        self.flush();
        self.tables.finish(&self.batch)
    }

    /// Returns the tables of tickets that are packed already; of some rows at a time, `choose` leaves those that count.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add). What needs a ticket's course finds none.
    pub(crate) fn over(
        scan: &Scan,
        packed: &Packed,
        mut choose: impl FnMut(&mut Vec<usize>),
    ) -> Result<Vec<Table>, Unreadable> {
        let mut tables = Tables::new(scan);
        let mut rows = Vec::with_capacity(BATCH);
        for first in (0..packed.len()).step_by(BATCH) {
            rows.clear();
            rows.extend(first..packed.len().min(first + BATCH));
            choose(&mut rows);
            tables.standings.check_all(packed, &rows)?;
            tables.add(packed, &rows);
        }
        Ok(tables.finish(packed))
    }

    fn flush(&mut self) {
        let rows: Vec<usize> = (0..self.batch.len()).collect();
        self.tables.add(&self.batch, &rows);
        self.batch.truncate(0);
    }
}

/// The tables of a scan in the making.
#[derive(Debug)]
struct Tables {
    standings: Standings,
    streams: Vec<Stream>,
    tables: usize,
}

impl Tables {
    fn new(scan: &Scan) -> Self {
        let mut standings = Standings::default();
        let mut streams = Vec::<Stream>::new();
        for (place, spec) in scan.tables.iter().enumerate() {
            let alike = |stream: &Stream| (stream.each, stream.cohort) == (spec.each, spec.cohort);
            let known = streams.iter().position(alike).unwrap_or_else(|| {
                streams.push(Stream::new(spec.each, spec.cohort, micros(scan.now)));
                streams.len() - 1
            });
            streams[known].table(place, spec, &mut standings);
        }
        Self { standings, streams, tables: scan.tables.len() }
    }

    /// Adds the tickets of some rows, whose standings were checked.
    fn add(&mut self, packed: &Packed, rows: &[usize]) {
        let Self { standings, streams, tables: _ } = self;
        streams.iter_mut().for_each(|stream| stream.add(packed, rows, standings));
    }

    fn finish(self, packed: &Packed) -> Vec<Table> {
        let mut found = vec![Table::default(); self.tables];
        for (place, table) in self.streams.into_iter().flat_map(|stream| stream.finish(packed)) {
            found[place] = table;
        }
        found
    }
}

/// The names and instants of the pieces of a ticket that have both, for the laws of flow.
#[cfg(test)]
pub(super) fn pieces(each: super::Each, figures: &Figures<'_>, now: i64, mut take: impl FnMut(&str, i64)) {
    let spec = super::TableSpec::default().each(each);
    let mut packed = Packed::new(&spec.needs());
    packed.put(0, figures).unwrap();
    pieces::pieces(each, &packed, 0, now, |piece| {
        if let (Some(name), Some(at)) = (piece.name, piece.at) {
            take(name, at);
        }
    });
}

/// The place of a group, made if it is new.
fn slot<T: Default>(groups: &mut Vec<T>, group: usize) -> &mut T {
    if group >= groups.len() {
        groups.resize_with(group + 1, T::default);
    }
    &mut groups[group]
}
