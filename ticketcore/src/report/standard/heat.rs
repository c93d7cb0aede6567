//! Tables to be seen at a glance: one thing down, another across.

use std::collections::BTreeSet;

use crate::report::tally::week;
use crate::report::{Ask, BANDS, Cell, Dimension, Measure, Report, Section, Table, TableSpec, Value};

/// Returns the report `heat`: how each promise of [`Ask::policies`] was kept by team and priority, and when tickets
/// arrive by weekday and hour.
#[must_use]
pub fn heat() -> impl Report {
    Heat
}

/// Returns the report `ageing`: how old the backlog is, in bands, by priority.
#[must_use]
pub fn ageing() -> impl Report {
    Ageing
}

#[derive(Debug)]
struct Heat;

impl Report for Heat {
    fn name(&self) -> &str {
        "heat"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let promise = |policy| TableSpec::new([Dimension::Team, Dimension::Priority], [Measure::Attainment(policy)]);
        let arrivals = [Dimension::Weekday(ask.zone.clone()), Dimension::Hour(ask.zone.clone())];
        let promises = ask.policies.iter().cloned().map(promise);
        promises.chain([TableSpec::new(arrivals, [Measure::Count])]).collect()
    }

    fn render(&self, ask: &Ask, mut tables: Vec<Table>) -> Vec<Section> {
        let arrivals = tables.pop().unwrap_or_default();
        let promise = |(policy, table)| {
            let about = "Met of met and breached cycles, by team and priority. Empty where none was decided.";
            Section::matrix(format!("Attainment of {policy}"), about, table)
        };
        let hours: BTreeSet<Cell> = (0..24).map(|hour| Cell::Text(format!("{hour:02}"))).collect();
        let about = format!("How many tickets were opened on each day of the week in each hour, in {}.", ask.zone);
        let mut sections: Vec<Section> = ask.policies.iter().zip(&tables).map(promise).collect();
        let section = Section::matrix_of("Arrivals by weekday and hour", about, &arrivals, hours);
        sections.push(filled(section, week().map(|day| day.to_string())));
        sections
    }
}

#[derive(Debug)]
struct Ageing;

impl Report for Ageing {
    fn name(&self) -> &str {
        "ageing"
    }

    fn tables(&self, _: &Ask) -> Vec<TableSpec> {
        let by_band = TableSpec::new([Dimension::AgeBand, Dimension::Priority], [Measure::Backlog]);
        vec![by_band, TableSpec::new([Dimension::Priority], [Measure::Backlog])]
    }

    fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let [mut by_band, total] = [0, 1].map(|place| tables.get(place).cloned().unwrap_or_default());
        // What is resolved or closed has no age.
        by_band.rows.retain(|row| row.cells.first() != Some(&Cell::None));
        let priorities: BTreeSet<Cell> = by_band.rows.iter().filter_map(|row| row.cells.get(1)).cloned().collect();
        let about =
            "How many tickets are neither resolved nor closed, by how long ago they were opened, in days of 24 hours.";
        let section = Section::matrix_of("Age of the backlog", about, &by_band, priorities.clone());
        let mut section = filled(section, BANDS.iter().map(|(_, name)| (*name).to_owned()));
        let all = |cell: &Cell| {
            let row = total.rows.iter().find(|row| row.cells.first() == Some(cell));
            row.and_then(|row| row.values.first()).map_or(Value::Count(0), |value| value.headline())
        };
        let totals = priorities.iter().map(all);
        section.total = Some(std::iter::once(Value::Text("all".to_owned())).chain(totals).collect());
        vec![section]
    }
}

/// Gives a matrix of counts a row for every name, so that pictures of different days are alike.
fn filled(mut section: Section, names: impl Iterator<Item = String>) -> Section {
    let row = |name: String| {
        let name = Value::Text(name);
        let known = section.rows.iter().find(|row| row.first() == Some(&name)).cloned();
        let columns = section.headings.len().saturating_sub(1);
        known.unwrap_or_else(|| std::iter::once(name).chain(std::iter::repeat_n(Value::Count(0), columns)).collect())
    };
    section.rows = names.map(row).collect();
    section
}
