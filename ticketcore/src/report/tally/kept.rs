//! Tables that are kept: a ticket is added when it comes, and taken out again when it changes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::measures::{Seen, define};
use super::packed::Packed;
use super::pieces::pieces;
use super::standings::Standings;
use super::stream::{happened, is_among};
use super::sum::{Reader, Subtractable, Sum};
use crate::report::{Cell, Each, Figures, Needs, Row, Scan, Table, TableSpec, Unreadable};

/// Keeps the tables of a scan so that tickets can be added and [removed](Self::remove) one by one, in any order.
///
/// It reads the same of each ticket as the [`Tallier`](super::Tallier), and its tables are the same but for lengths of
/// time, which it keeps as a [`Histogram`](crate::report::Histogram): their number and mean are exact, percentiles lie
/// within its bound. When a ticket changes, remove its figures of before and add those of now; a read then costs what
/// the tables hold and not what there are tickets.
///
/// Tallies of the same tables form an abelian group: they can be [merged](Self::merge) and [subtracted](Self::subtract)
/// in any order. As JSON (serde) one keeps its tables' specification, the sums, and nothing else; it holds no filter, so
/// whoever feeds it sees to it that every ticket is among those meant.
///
/// # Examples
///
/// ```
/// use chrono::DateTime;
/// use ticketcore::query::Filter;
/// use ticketcore::report::{Dimension, Figures, Measure, Measured, Scan, TableSpec, Tally};
///
/// let scan = Scan {
///     filter: Filter::all(),
///     tables: vec![TableSpec::new([Dimension::Team], [Measure::Count])],
///     now: DateTime::UNIX_EPOCH,
/// };
/// let (net, db) = (Figures { team: Some("net"), ..Figures::default() }, Figures { team: Some("db"), ..Figures::default() });
/// let mut tally = Tally::new(&scan)?;
/// tally.add(&net)?;
/// // The ticket goes from one team to the other.
/// tally.remove(&net)?;
/// tally.add(&db)?;
///
/// let tables = tally.tables();
/// assert_eq!(tables[0].rows.len(), 1);
/// assert_eq!(tables[0].rows[0].values, [Measured::Count(1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Tally {
    standings: Standings,
    /// The ticket in hand.
    one: Packed,
    tables: Vec<Kept>,
}

/// A measure or dimension changes while its tickets do not, so it cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} changes as time goes by and cannot be kept; count the backlog by the day it was created instead")]
pub struct Moves {
    /// What it is called.
    pub name: String,
}

/// Tallies of other tables cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tallies are of different tables")]
pub struct OtherTables;

impl Tally {
    /// Starts from nought.
    ///
    /// # Errors
    ///
    /// [`Moves`] with the first measure or dimension that changes as time goes by, as ages and stays that go on do.
    pub fn new(scan: &Scan) -> Result<Self, Moves> {
        Self::of(scan.tables.iter().cloned())
    }

    fn of(specs: impl IntoIterator<Item = TableSpec>) -> Result<Self, Moves> {
        let mut standings = Standings::default();
        let kept = |spec| Kept::new(spec, &mut standings);
        let tables = specs.into_iter().map(kept).collect::<Result<Vec<_>, _>>()?;
        let one = Packed::new(&Needs::of(tables.iter().map(|table| &table.spec)));
        Ok(Self { standings, one, tables })
    }

    /// Adds one ticket.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] as [`Tallier::add`](super::Tallier::add) says; nothing changes.
    pub fn add(&mut self, figures: &Figures<'_>) -> Result<(), Unreadable> {
        self.shift(figures, 1)
    }

    /// Takes out one ticket, with the figures it was added with.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn remove(&mut self, figures: &Figures<'_>) -> Result<(), Unreadable> {
        self.shift(figures, -1)
    }

    /// Adds all that another one of the same tables holds.
    ///
    /// # Errors
    ///
    /// [`OtherTables`] if it is of other tables; nothing changes.
    pub fn merge(&mut self, other: &Self) -> Result<(), OtherTables> {
        self.combine(other, 1)
    }

    /// Takes out all that another one of the same tables holds.
    ///
    /// # Errors
    ///
    /// [`OtherTables`] if it is of other tables; nothing changes.
    pub fn subtract(&mut self, other: &Self) -> Result<(), OtherTables> {
        self.combine(other, -1)
    }

    /// Returns the tables, in the order in which the scan asks for them. Rows without tickets are left out.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        self.tables.iter().map(Kept::table).collect()
    }

    /// Returns what its tables are, in their order: they tell whether a stored one is still what is asked for.
    pub fn specs(&self) -> impl Iterator<Item = &TableSpec> {
        self.tables.iter().map(|table| &table.spec)
    }

    /// Returns the figures its tables read.
    #[must_use]
    pub fn needs(&self) -> Needs {
        Needs::of(self.specs())
    }

    /// Returns one of the same tables that holds nothing.
    #[must_use]
    pub fn nothing(&self) -> Self {
        let mut nothing = self.clone();
        nothing.tables.iter_mut().for_each(|table| table.rows.clear());
        nothing
    }

    fn shift(&mut self, figures: &Figures<'_>, sign: i64) -> Result<(), Unreadable> {
        let Self { standings, one, tables } = self;
        one.put(0, figures)?;
        standings.check(one, 0)?;
        let seen = Seen { packed: one, row: 0, piece: None, standings };
        tables.iter_mut().for_each(|table| table.shift(seen, sign));
        Ok(())
    }

    fn combine(&mut self, other: &Self, sign: i64) -> Result<(), OtherTables> {
        if !self.specs().eq(other.specs()) {
            return Err(OtherTables);
        }
        self.tables.iter_mut().zip(&other.tables).for_each(|(table, other)| table.combine(other, sign));
        Ok(())
    }
}

/// Tallies are equal if they are of the same tables and hold the same, whatever came and went on the way.
impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        self.specs().eq(other.specs())
            && self.tables.iter().zip(&other.tables).all(|(table, other)| table.rows == other.rows)
    }
}

impl Eq for Tally {}

/// One table.
#[derive(Clone, Debug)]
struct Kept {
    spec: TableSpec,
    axes: Vec<Axis>,
    readers: Vec<Reader>,
    /// Those that hold anything, be it less than nothing.
    rows: Rows,
}

type Rows = BTreeMap<Vec<Cell>, Group>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    counted: i64,
    /// One for each measure.
    sums: Vec<Sum>,
}

impl Group {
    fn nothing(readers: &[Reader]) -> Self {
        Self { counted: 0, sums: readers.iter().map(|reader| reader.nought.clone()).collect() }
    }

    fn is_empty(&self) -> bool {
        self.counted == 0 && self.sums.iter().all(Sum::is_empty)
    }
}

impl Kept {
    fn new(spec: TableSpec, standings: &mut Standings) -> Result<Self, Moves> {
        let measure = spec.measures.iter().find(|measure| measure.moves()).map(ToString::to_string);
        let dimension = || spec.by.iter().find(|dimension| dimension.moves()).map(ToString::to_string);
        // Whoever has just got a ticket has a row only once there is something to count.
        let stays =
            || matches!(spec.each, Each::State | Each::Team | Each::Assignee).then(|| spec.each.as_str().to_owned());
        if let Some(name) = measure.or_else(dimension).or_else(stays) {
            return Err(Moves { name });
        }
        let axes = spec.by.iter().map(|dimension| Axis::new(dimension, spec.each, 0)).collect();
        // No measure that reads the scan's instant comes this far.
        let readers = spec.measures.iter().map(|measure| define(measure, 0, standings, Subtractable)).collect();
        Ok(Self { spec, axes, readers, rows: BTreeMap::new() })
    }

    /// Adds a ticket, or each of its pieces, so often.
    fn shift(&mut self, seen: Seen<'_>, sign: i64) {
        let Seen { packed, row, .. } = seen;
        if !is_among(packed, row, &self.spec.cohort) {
            return;
        }
        let Self { spec: TableSpec { each, cohort, .. }, axes, readers, rows } = self;
        // Nothing that is kept goes on, so it does not matter until when.
        pieces(*each, packed, row, 0, |piece| {
            if happened(piece.at, cohort) {
                let cells = axes.iter_mut().map(|axis| axis.read(packed, row, &piece)).collect();
                Self::count(rows, readers, cells, Seen { piece: Some(&piece), ..seen }, sign);
            }
        });
    }

    fn count(rows: &mut Rows, readers: &[Reader], cells: Vec<Cell>, seen: Seen<'_>, sign: i64) {
        change(rows, readers, cells, |group| {
            group.counted = group.counted.wrapping_add(sign);
            readers.iter().zip(&mut group.sums).for_each(|(reader, sum)| reader.add(seen, sum, sign));
        });
    }

    fn combine(&mut self, other: &Self, sign: i64) {
        for (cells, other) in &other.rows {
            change(&mut self.rows, &self.readers, cells.clone(), |group| {
                group.counted = group.counted.wrapping_add(other.counted.wrapping_mul(sign));
                group.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.combine(other, sign));
            });
        }
    }

    fn table(&self) -> Table {
        let TableSpec { each, cohort, by, measures } = self.spec.clone();
        let nothing = Group::nothing(&self.readers);
        // Without dimensions there is a row, be there tickets or not.
        let empty = (by.is_empty() && self.rows.is_empty()).then_some((&[][..], &nothing));
        let rows = self.rows.iter().map(|(cells, group)| (cells.as_slice(), group)).chain(empty);
        let shown = rows.filter(|(_, group)| group.counted > 0 || by.is_empty());
        let row = |(cells, group): (&[Cell], &Group)| Row {
            cells: cells.to_vec(),
            values: group.sums.iter().map(Sum::measured).collect(),
        };
        Table { rows: shown.map(row).collect(), each, cohort, by, measures }
    }
}

/// Changes a group, which is there only while it holds anything.
fn change(
    rows: &mut BTreeMap<Vec<Cell>, Group>,
    readers: &[Reader],
    cells: Vec<Cell>,
    change: impl FnOnce(&mut Group),
) {
    match rows.entry(cells) {
        Entry::Vacant(entry) => {
            let mut group = Group::nothing(readers);
            change(&mut group);
            if !group.is_empty() {
                entry.insert(group);
            }
        }
        Entry::Occupied(mut entry) => {
            change(entry.get_mut());
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

/// How a tally is stored.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Form(Vec<TableForm>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableForm {
    spec: TableSpec,
    /// Cells, how many are counted, sums.
    rows: Vec<(Vec<Cell>, i64, Vec<Sum>)>,
}

impl From<Tally> for Form {
    fn from(tally: Tally) -> Self {
        let table = |Kept { spec, axes: _, readers: _, rows }: Kept| TableForm {
            spec,
            rows: rows.into_iter().map(|(cells, group)| (cells, group.counted, group.sums)).collect(),
        };
        Self(tally.tables.into_iter().map(table).collect())
    }
}

/// What was stored is not the tally of any tables.
#[derive(Debug, thiserror::Error)]
enum Misfit {
    #[error(transparent)]
    Moves(#[from] Moves),
    #[error("row {row} of table {table} does not fit the table's dimensions and measures")]
    Row { table: usize, row: usize },
}

impl TryFrom<Form> for Tally {
    type Error = Misfit;

    fn try_from(Form(tables): Form) -> Result<Self, Misfit> {
        let (specs, rows): (Vec<_>, Vec<_>) = tables.into_iter().map(|TableForm { spec, rows }| (spec, rows)).unzip();
        let mut tally = Self::of(specs)?;
        for (table, (kept, rows)) in tally.tables.iter_mut().zip(rows).enumerate() {
            for (row, (cells, counted, sums)) in rows.into_iter().enumerate() {
                let fits = cells.len() == kept.axes.len()
                    && sums.len() == kept.readers.len()
                    && kept.readers.iter().zip(&sums).all(|(reader, sum)| reader.nought.is_like(sum));
                let group = Group { counted, sums };
                if !fits || group.is_empty() || kept.rows.insert(cells, group).is_some() {
                    return Err(Misfit::Row { table, row });
                }
            }
        }
        Ok(tally)
    }
}
