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
    /// Title, description, table.
    sections: Vec<(String, String, TableSpec)>,
}

impl Plain {
    /// Starts a report without sections.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), sections: Vec::new() }
    }

    /// Adds a section: its title, what exactly it measures, and its table.
    #[must_use]
    pub fn section(mut self, title: impl Into<String>, about: impl Into<String>, table: TableSpec) -> Self {
        self.sections.push((title.into(), about.into(), table));
        self
    }
}

impl Report for Plain {
    fn name(&self) -> &str {
        &self.name
    }

    fn tables(&self, _: &Ask) -> Vec<TableSpec> {
        self.sections.iter().map(|(_, _, table)| table.clone()).collect()
    }

    fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let sections = self.sections.iter().zip(&tables);
        sections.map(|((title, about, _), table)| Section::new(title, about, table)).collect()
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
