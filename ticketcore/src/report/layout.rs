//! From a table of typed values to a section of plain ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Attainment, Cell, Cohort, Counter, Dimension, Heading, Measure, Measured, Row, Section, Share, Summary, Table,
    Time, Value,
};

impl Section {
    /// Lays out a table: each measure takes as many columns as it has numbers.
    ///
    /// Their names begin with the measure's, unless it is the only one: `p90` or `resolution_p90`.
    #[must_use]
    pub fn new(title: impl Into<String>, about: impl Into<String>, table: &Table) -> Self {
        let mut headings: Vec<_> = table.by.iter().map(|dimension| Heading::new(name(table, dimension))).collect();
        for measure in &table.measures {
            headings.extend(Measured::headings(measure).into_iter().map(|heading| match heading.name.as_str() {
                "" => Heading { name: measure.to_string(), ..heading },
                name if table.measures.len() > 1 => Heading { name: format!("{measure}_{name}"), ..heading },
                _ => heading,
            }));
        }
        let rows = table.rows.iter().map(values).collect();
        Self { title: title.into(), about: about.into(), headings, rows, total: None, notes: notes(table) }
    }

    /// Adds the row of all rows together, from the table of the same measures [without dimensions](super::TableSpec::total).
    #[must_use]
    pub fn total(mut self, total: &Table) -> Self {
        let label = |place| if place == 0 { Value::Text("all".to_owned()) } else { Value::Empty };
        self.total = total.rows.first().map(|row| {
            let labels = self.headings.len().saturating_sub(values(row).len());
            (0..labels).map(label).chain(values(row)).collect()
        });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Lays out a table of two dimensions as a matrix: the first dimension in rows, the second in columns, and in each
    /// place the first measure: its count, its share or its median. Where no ticket stands, a count is nought and all
    /// else is empty.
    #[must_use]
    pub fn matrix(title: impl Into<String>, about: impl Into<String>, table: &Table) -> Self {
        let cell = |row: &Row, place: usize| row.cells.get(place).cloned().unwrap_or(Cell::None);
        let columns: BTreeSet<Cell> = table.rows.iter().map(|row| cell(row, 1)).collect();
        Self::matrix_of(title, about, table, columns)
    }

    /// As [`matrix`](Self::matrix), with columns whether or not any ticket stands in them.
    pub(super) fn matrix_of(
        title: impl Into<String>,
        about: impl Into<String>,
        table: &Table,
        columns: BTreeSet<Cell>,
    ) -> Self {
        let cell = |row: &Row, place: usize| row.cells.get(place).cloned().unwrap_or(Cell::None);
        let lines: BTreeSet<Cell> = table.rows.iter().map(|row| cell(row, 0)).collect();
        let values: BTreeMap<(Cell, Cell), Value> = table
            .rows
            .iter()
            .map(|row| ((cell(row, 0), cell(row, 1)), row.values.first().map_or(Value::Empty, Measured::headline)))
            .collect();
        let counts = matches!(table.measures.first(), Some(Measure::Count | Measure::Backlog));
        let nothing = if counts { Value::Count(0) } else { Value::Empty };
        let times = values.values().any(|value| matches!(value, Value::Time(_)));
        let mut headings = vec![Heading::new(table.by.first().map(|by| name(table, by)).unwrap_or_default())];
        for column in &columns {
            let text = if *column == Cell::None { "none".to_owned() } else { column.to_string() };
            // Two columns of one name would be one to a program.
            let taken = headings.iter().filter(|heading| heading.name == text).count();
            let text = if taken > 0 { format!("{text}_{}", taken + 1) } else { text };
            headings.push(if times { Heading::time(text) } else { Heading::new(text) });
        }
        let row = |line: &Cell| {
            let value = |column: &Cell| values.get(&(line.clone(), column.clone())).unwrap_or(&nothing).clone();
            std::iter::once(Value::from(line)).chain(columns.iter().map(value)).collect()
        };
        let rows = lines.iter().map(row).collect();
        Self { title: title.into(), about: about.into(), headings, rows, total: None, notes: notes(table) }
    }
}

/// What the column of a dimension is called.
fn name(table: &Table, dimension: &Dimension) -> String {
    match dimension {
        Dimension::Each => table.each.as_str().to_owned(),
        dimension => dimension.to_string(),
    }
}

fn values(row: &Row) -> Vec<Value> {
    row.cells.iter().map(Value::from).chain(row.values.iter().flat_map(Measured::values)).collect()
}

/// Which tickets count, by which clock, and how exact it is.
pub(super) fn notes(table: &Table) -> Vec<String> {
    let who = match table.cohort {
        Cohort::All => "Of all tickets asked for.".to_owned(),
        cohort => format!("Of those {cohort}."),
    };
    let clocks: Vec<Time> = table.measures.iter().filter_map(Measure::clock).collect();
    let clock = match (clocks.contains(&Time::Wall), clocks.contains(&Time::Business)) {
        (true, true) => Some("Times are on the wall clock, those of the columns called business in business time."),
        (true, false) => Some("Times are on the wall clock."),
        (false, true) => Some("Times are in business time."),
        (false, false) => None,
    };
    let measured = table.rows.iter().flat_map(|row| &row.values);
    let exact = measured.filter_map(Measured::summary).all(|summary| summary.exact);
    let bound = if exact {
        "Exact."
    } else {
        "Counts and means are exact, percentiles within half a second and 1/256, least and greatest within 1/128."
    };
    std::iter::once(who).chain(clock.map(str::to_owned)).chain([bound.to_owned()]).collect()
}

impl Measure {
    /// Returns the clock that its times are counted on, or `None` if it is no length of time.
    #[must_use]
    pub const fn clock(&self) -> Option<Time> {
        match self {
            Self::FirstResponse(time)
            | Self::Resolution(time)
            | Self::FirstResolution(time)
            | Self::NetResolution(time)
            | Self::NextResponse(time)
            | Self::Acknowledge(time)
            | Self::Spent(time) => Some(*time),
            Self::Closing | Self::Age | Self::ReopenedWithin(_) | Self::FirstContact(_) | Self::ResolvedWithin(_) => {
                Some(Time::Wall)
            }
            Self::Count
            | Self::Backlog
            | Self::Reopens
            | Self::Reassigns
            | Self::Messages
            | Self::ReopenRate
            | Self::Steps
            | Self::Escalated
            | Self::Satisfaction
            | Self::ResponseShare
            | Self::Attainment(_) => None,
        }
    }
}

impl Measured {
    /// The one number that says most: a count, a median, a mean or a share.
    pub(super) fn headline(&self) -> Value {
        match *self {
            Self::Count(count) => Value::Count(count),
            Self::Time(time) => time.map_or(Value::Empty, |summary| Value::Time(summary.p50)),
            Self::Counter(counter) => counter.mean().map_or(Value::Empty, Value::Number),
            Self::Share(share) => Value::Share(share),
            Self::Attainment(attainment) => Value::Share(attainment.share()),
        }
    }

    /// What it says of lengths of time, if it is of them and there are any.
    const fn summary(&self) -> Option<Summary> {
        match self {
            Self::Time(summary) => *summary,
            Self::Count(_) | Self::Counter(_) | Self::Share(_) | Self::Attainment(_) => None,
        }
    }

    /// The columns that [`values`](Self::values) fills; one without a name is the measure itself.
    pub(super) fn headings(measure: &Measure) -> Vec<Heading> {
        let (plain, times): (&[&str], &[&str]) = match measure {
            Measure::Count | Measure::Backlog => (&[""], &[]),
            Measure::FirstResponse(_)
            | Measure::Resolution(_)
            | Measure::FirstResolution(_)
            | Measure::NetResolution(_)
            | Measure::NextResponse(_)
            | Measure::Acknowledge(_)
            | Measure::Closing
            | Measure::Spent(_)
            | Measure::Age => (&["n"], &["mean", "min", "p50", "p90", "p95", "p99", "max"]),
            Measure::Reopens | Measure::Reassigns | Measure::Messages | Measure::Steps => {
                (&["total", "mean", "max"], &[])
            }
            Measure::ReopenRate | Measure::ReopenedWithin(_) => (&["resolved", "reopened", ""], &[]),
            Measure::FirstContact(_) => (&["resolved", "at_once", ""], &[]),
            Measure::ResolvedWithin(_) => (&["due", "resolved", ""], &[]),
            Measure::Escalated => (&["tickets", "above_0", ""], &[]),
            Measure::Satisfaction => (&["answered", "good", ""], &[]),
            Measure::ResponseShare => (&["solved", "answered", ""], &[]),
            Measure::Attainment(_) => (&["met", "breached", "excused", "running", "dropped", "share"], &[]),
        };
        let plain = plain.iter().map(|name| Heading::new(*name));
        plain.chain(times.iter().map(|name| Heading::time(*name))).collect()
    }

    /// Its numbers, one for each of the [`headings`](Self::headings).
    pub(super) fn values(&self) -> Vec<Value> {
        match *self {
            Self::Count(count) => vec![Value::Count(count)],
            Self::Time(None) => [vec![Value::Count(0)], vec![Value::Empty; 7]].concat(),
            Self::Time(Some(Summary { n, mean, min, p50, p90, p95, p99, max, exact: _ })) => {
                [vec![Value::Count(n)], [mean, min, p50, p90, p95, p99, max].map(Value::Time).to_vec()].concat()
            }
            Self::Counter(counter @ Counter { n: _, total, max }) => {
                let mean = counter.mean().map_or(Value::Empty, Value::Number);
                vec![Value::Count(total), mean, Value::Count(max.into())]
            }
            Self::Share(share @ Share { part, whole }) => {
                vec![Value::Count(whole), Value::Count(part), Value::Share(share)]
            }
            Self::Attainment(attainment @ Attainment { met, breached, excused, running, dropped }) => {
                let counts = [met, breached, excused, running, dropped].map(Value::Count);
                [counts.to_vec(), vec![Value::Share(attainment.share())]].concat()
            }
        }
    }
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::None => Self::Empty,
            cell => Self::Text(cell.to_string()),
        }
    }
}
