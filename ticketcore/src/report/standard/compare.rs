//! Cohorts told apart, and a period beside the one before.

use crate::config::Span;
use crate::query::Period;
use crate::report::period::{before, bounded};
use crate::report::scan::spelled;
use crate::report::{
    Ask, Bucket, Cohort, Dimension, Heading, Measure, Measured, Report, Section, Share, Summary, Table, TableSpec,
    Time, Unit, Value,
};

/// Returns the report `cohorts`: by the month they were opened, how many tickets were resolved within a day, a week and
/// thirty days; and by the month they were first resolved, how long that took.
#[must_use]
pub fn cohorts() -> impl Report {
    Cohorts
}

/// Returns the report `comparison`: the main figures of [`Ask::period`] beside those of the period before.
#[must_use]
pub fn comparison() -> impl Report {
    Comparison
}

#[derive(Debug)]
struct Cohorts;

impl Report for Cohorts {
    fn name(&self) -> &str {
        "cohorts"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let month = || Bucket { unit: Unit::Month, zone: ask.zone.clone() };
        let within = [1, 7, 30].map(|days| Measure::ResolvedWithin(Span::days(days)));
        let opened = [&[Measure::Count][..], &within].concat();
        let resolved = [Measure::Count, Measure::FirstResolution(Time::Wall)];
        vec![
            TableSpec::new([Dimension::Created(month())], opened),
            TableSpec::new([Dimension::FirstResolved(month())], resolved)
                .cohort(Cohort::FirstResolved(Period::default())),
        ]
    }

    fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let titles = [
            (
                "Resolved within a time, by the month opened",
                "Of the tickets opened in each month, the share first resolved within so many days of 24 hours. Tickets \
                 opened less than that long ago do not count in it yet.",
            ),
            (
                "First resolution, by the month resolved",
                "From the opening to the first resolution, of the tickets first resolved in each month. It flatters the \
                 latest months of a desk: what takes long is not among them yet.",
            ),
        ];
        titles.into_iter().zip(&tables).map(|((title, about), table)| Section::new(title, about, table)).collect()
    }
}

#[derive(Debug)]
struct Comparison;

impl Comparison {
    fn periods(ask: &Ask) -> [Period; 2] {
        let this = bounded(ask.period, ask.now, &ask.zone);
        [Period::between(this.0, this.1), before(this, &ask.zone)]
    }
}

impl Report for Comparison {
    fn name(&self) -> &str {
        "comparison"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let opened = || [Measure::Count, Measure::FirstResponse(Time::Wall)];
        let resolved = || {
            [
                Measure::Count,
                Measure::FirstResolution(Time::Wall),
                Measure::ReopenedWithin(ask.within),
                Measure::FirstContact(ask.within),
                Measure::Satisfaction,
            ]
        };
        let of = |period| {
            [
                TableSpec::new([], opened()).cohort(Cohort::Created(period)),
                TableSpec::new([], resolved()).cohort(Cohort::FirstResolved(period)),
            ]
        };
        Self::periods(ask).into_iter().flat_map(of).collect()
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let [this, before] = [tables.first().zip(tables.get(1)), tables.get(2).zip(tables.get(3))];
        let (Some(this), Some(before)) = (this, before) else { return Vec::new() };
        let figures =
            |(opened, resolved): (&Table, &Table)| [figures("opened", opened), figures("resolved", resolved)].concat();
        let row = |((cohort, name, this), (_, _, before)): ((&str, String, Value), (&str, String, Value))| {
            let change = change(&this, &before);
            vec![Value::Text(name), Value::Text(cohort.to_owned()), this, before, change]
        };
        let [now, then] = Self::periods(ask).map(|period| spelled(&period));
        let change = Heading { name: "change".to_owned(), unit: Some("%") };
        let section = Section {
            title: "This period and the one before".to_owned(),
            about: format!(
                "This period: {now}. The period before: {then}. Figures of the cohort `opened` are of the tickets opened \
                 then, those of `resolved` of the tickets first resolved then. Change is in percent of the period before."
            ),
            headings: ["figure", "cohort", "this_period", "period_before"]
                .map(Heading::new)
                .into_iter()
                .chain([change])
                .collect(),
            rows: figures(this).into_iter().zip(figures(before)).map(row).collect(),
            total: None,
            notes: vec!["Times are on the wall clock.".to_owned(), "Exact.".to_owned()],
        };
        vec![section]
    }
}

/// The figures of a table's only row, each with its cohort and its name.
fn figures<'a>(cohort: &'a str, table: &Table) -> Vec<(&'a str, String, Value)> {
    let values = table.rows.first().map(|row| row.values.as_slice()).unwrap_or_default();
    let mut figures = Vec::new();
    for (measure, value) in table.measures.iter().zip(values) {
        match value {
            Measured::Time(summary) => {
                let time = |read: fn(&Summary) -> chrono::TimeDelta| {
                    summary.as_ref().map_or(Value::Empty, |summary| Value::Time(read(summary)))
                };
                figures.push((cohort, format!("{measure}_p50"), time(|summary| summary.p50)));
                figures.push((cohort, format!("{measure}_p90"), time(|summary| summary.p90)));
            }
            Measured::Count(_) | Measured::Counter(_) | Measured::Share(_) | Measured::Attainment(_) => {
                figures.push((cohort, measure.to_string(), value.headline()));
            }
        }
    }
    figures
}

/// How much greater a value is than another, in percent of that; empty if there is nothing to compare with.
fn change(this: &Value, before: &Value) -> Value {
    let number = |value: &Value| match value {
        Value::Count(count) => Some(*count as f64),
        Value::Number(number) => Some(*number),
        Value::Time(time) => Some(time.as_seconds_f64()),
        Value::Share(share) => Share::ratio(*share),
        Value::Text(_) | Value::Empty => None,
    };
    match number(this).zip(number(before)) {
        Some((this, before)) if before != 0.0 => Value::Number((this - before) / before * 100.0),
        Some(_) | None => Value::Empty,
    }
}
