//! Adding tickets up.

mod axis;
mod buckets;
mod column;
mod groups;
mod kept;
mod measures;
mod names;
mod pieces;
mod standings;
mod stream;
mod sum;

use standings::Standings;
use stream::Stream;

pub(super) use axis::{BANDS, week};
pub use kept::{Moves, OtherTables, Tally};

use super::{Cohort, Course, Each, Figures, NotCourse, NotStandings, Scan, Table};
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
    standings: Standings,
    /// Whether a table reads the course of tickets.
    courses: bool,
    streams: Vec<Stream>,
    tables: usize,
}

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
        let mut standings = Standings::default();
        // That of most tables first: it is there even if no table asks for it, and costs nothing then.
        let mut streams = vec![Stream::new(Each::Ticket, Cohort::All, micros(scan.now))];
        for (place, spec) in scan.tables.iter().enumerate() {
            let alike = |stream: &Stream| (stream.each, stream.cohort) == (spec.each, spec.cohort);
            let known = streams.iter().position(alike).unwrap_or_else(|| {
                streams.push(Stream::new(spec.each, spec.cohort, micros(scan.now)));
                streams.len() - 1
            });
            streams[known].table(place, spec, &mut standings);
        }
        Self { standings, courses: scan.needs().course, streams, tables: scan.tables.len() }
    }

    /// Adds one ticket.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if a promise is measured and [`Figures::standings`] cannot be read, or what needs a ticket's
    /// course and [`Figures::course`] cannot be; the ticket is not added.
    pub fn add(&mut self, figures: &Figures<'_>) -> Result<(), Unreadable> {
        let standing = self.standings.code(figures.standings)?;
        let read;
        let course = if self.courses && !figures.course.is_empty() {
            read = Course::decode(figures.course)?;
            &read
        } else {
            Course::NONE
        };
        for stream in &mut self.streams {
            stream.add(figures, course, standing, &self.standings);
        }
        Ok(())
    }

    /// Returns the tables, in the order in which the scan asks for them.
    #[must_use]
    pub fn finish(self) -> Vec<Table> {
        let Self { standings, courses: _, streams, tables } = self;
        let mut found = vec![Table::default(); tables];
        for (place, table) in streams.into_iter().flat_map(|stream| stream.finish(&standings)) {
            found[place] = table;
        }
        found
    }
}

/// The names and instants of the pieces of a ticket that have both, for the laws of flow.
#[cfg(test)]
pub(super) fn pieces(each: Each, figures: &Figures<'_>, course: &Course, now: i64, mut take: impl FnMut(&str, i64)) {
    pieces::pieces(each, figures, course, now, |piece| {
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
