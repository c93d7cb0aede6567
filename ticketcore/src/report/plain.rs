//! Reports that are plain data, and several reports in one.

use std::sync::Arc;

use super::{Ask, Report, Section, Table, TableSpec};

/// Shows tables as they are, each under a title.
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Dimension, Measure, Plain, TableSpec};
///
/// let queues = Plain::new("queues").section(
///     "Queues",
///     "Tickets neither resolved nor closed, and how long ago they were opened.",
///     TableSpec::new([Dimension::Queue], [Measure::Backlog, Measure::Age]),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    name: String,
    sections: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    title: String,
    about: String,
    table: TableSpec,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Plain,
    /// With a row for all rows together.
    Total,
    Matrix,
}

impl Plain {
    /// Starts a report without sections.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), sections: Vec::new() }
    }

    /// Adds a section: its title, what exactly it measures, and its table.
    #[must_use]
    pub fn section(self, title: impl Into<String>, about: impl Into<String>, table: TableSpec) -> Self {
        self.part(title.into(), about.into(), table, Shape::Plain)
    }

    /// Adds a section with a row for all rows together, measured anew: percentiles do not add up.
    #[must_use]
    pub fn total(self, title: impl Into<String>, about: impl Into<String>, table: TableSpec) -> Self {
        self.part(title.into(), about.into(), table, Shape::Total)
    }

    /// Adds a section that shows a table of two dimensions and one measure as a [matrix](Section::matrix).
    #[must_use]
    pub fn matrix(self, title: impl Into<String>, about: impl Into<String>, table: TableSpec) -> Self {
        self.part(title.into(), about.into(), table, Shape::Matrix)
    }

    fn part(mut self, title: String, about: String, table: TableSpec, shape: Shape) -> Self {
        self.sections.push(Part { title, about, table, shape });
        self
    }
}

impl Report for Plain {
    fn name(&self) -> &str {
        &self.name
    }

    fn tables(&self, _: &Ask) -> Vec<TableSpec> {
        let tables = |part: &Part| match part.shape {
            Shape::Plain | Shape::Matrix => vec![part.table.clone()],
            Shape::Total => vec![part.table.clone(), part.table.total()],
        };
        self.sections.iter().flat_map(tables).collect()
    }

    fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let mut tables = tables.into_iter();
        let mut section = |Part { title, about, table: _, shape }: &Part| {
            let table = tables.next().unwrap_or_default();
            match shape {
                Shape::Plain => Section::new(title, about, &table),
                Shape::Total => Section::new(title, about, &table).total(&tables.next().unwrap_or_default()),
                Shape::Matrix => Section::matrix(title, about, &table),
            }
        };
        self.sections.iter().map(&mut section).collect()
    }
}

/// Puts reports together: one pass over the tickets answers them all.
#[derive(Clone, Debug)]
pub struct Together {
    name: String,
    reports: Vec<Arc<dyn Report>>,
}

impl Together {
    /// Puts reports together, in this order.
    #[must_use]
    pub fn new(name: impl Into<String>, reports: impl IntoIterator<Item = Arc<dyn Report>>) -> Self {
        Self { name: name.into(), reports: reports.into_iter().collect() }
    }
}

impl Report for Together {
    fn name(&self) -> &str {
        &self.name
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        self.reports.iter().flat_map(|report| report.tables(ask)).collect()
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let mut tables = tables.into_iter();
        let mut render = |report: &Arc<dyn Report>| {
            let own = report.tables(ask).len();
            report.render(ask, tables.by_ref().take(own).collect())
        };
        self.reports.iter().flat_map(&mut render).collect()
    }
}
