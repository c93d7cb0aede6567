//! The report that looks ahead.

use chrono::Days;

use crate::query::Period;
use crate::report::period::{day_of, days_before};
use crate::report::{
    Ask, Bucket, Cell, Cohort, Dimension, Forecast, Heading, Likely, Measure, Measured, Report, Section, Table,
    TableSpec, Unit, Value,
};

/// From how many days of the past the future is drawn.
const HISTORY: u64 = 90;

/// Returns the report `forecast`: when the backlog will be done, and how many tickets get done within so many days, as
/// [`Forecast`] foretells it from the ninety days before today.
#[must_use]
pub fn forecast(horizon: u32) -> impl Report {
    Ahead(horizon)
}

#[derive(Debug)]
struct Ahead(u32);

impl Ahead {
    /// The whole days before today.
    fn history(ask: &Ask) -> Period {
        let today = day_of(ask.now, &ask.zone);
        Period::between(days_before(today, HISTORY, &ask.zone), today)
    }
}

impl Report for Ahead {
    fn name(&self) -> &str {
        "forecast"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let day = Bucket { unit: Unit::Day, zone: ask.zone.clone() };
        vec![
            TableSpec::new([], [Measure::Backlog]),
            TableSpec::new([Dimension::FirstResolved(day)], [Measure::Count])
                .cohort(Cohort::FirstResolved(Self::history(ask))),
        ]
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let backlog = match tables.first().and_then(|table| table.rows.first()?.values.first()) {
            Some(Measured::Count(count)) => *count,
            Some(Measured::Time(_) | Measured::Counter(_) | Measured::Share(_) | Measured::Attainment(_)) | None => 0,
        };
        let day = Bucket { unit: Unit::Day, zone: ask.zone.clone() };
        let done = |name: &String| {
            let rows = tables.get(1).into_iter().flat_map(|table| &table.rows);
            let row = rows.into_iter().find(|row| row.cells.first() == Some(&Cell::Text(name.clone())));
            row.map_or(0, |row| if let Some(Measured::Count(count)) = row.values.first() { *count } else { 0 })
        };
        // Days on which nothing was resolved count, too.
        let days: Vec<u64> = day.pieces(Self::history(ask), usize::MAX).iter().map(done).collect();
        let Self(horizon) = *self;
        let found = Forecast::new(&days, backlog, horizon, ask.seed);
        let note = match found {
            None => format!("No ticket was resolved in the {HISTORY} days before today, so nothing can be foretold."),
            Some(_) => format!(
                "Drawn from the throughput (first resolutions) of the {} days before today, {} in all, with the seed {}; \
                 supposes that nothing new comes in and nothing comes back. Empty is more than ten years.",
                days.len(),
                days.iter().sum::<u64>(),
                ask.seed
            ),
        };
        vec![Section {
            title: "Forecast".to_owned(),
            about: format!(
                "When the backlog of {backlog} will be done, and how many tickets at least get done in {horizon} days, \
                 with a likelihood of at least 50, 85 and 95 %."
            ),
            headings: ["question", "p50", "p85", "p95"].map(Heading::new).to_vec(),
            rows: found.map(|found| rows(&found, ask)).unwrap_or_default(),
            total: None,
            notes: vec!["Of all tickets asked for.".to_owned(), note],
        }]
    }
}

fn rows(Forecast { done, within, horizon }: &Forecast, ask: &Ask) -> Vec<Vec<Value>> {
    let row = |question: String, values: [Value; 3]| std::iter::once(Value::Text(question)).chain(values).collect();
    let Likely { p50, p85, p95 } = *done;
    let days = |days: Option<u32>| days.map_or(Value::Empty, |days| Value::Count(days.into()));
    let today = ask.zone.civil(ask.now).date();
    // The first day to come is today.
    let date = |days: Option<u32>| {
        let date = days.and_then(|days| today.checked_add_days(Days::new(u64::from(days).saturating_sub(1))));
        date.map_or(Value::Empty, |date| Value::Text(date.to_string()))
    };
    vec![
        row("days until the backlog is done".to_owned(), [p50, p85, p95].map(days)),
        row("backlog done on".to_owned(), [p50, p85, p95].map(date)),
        row(format!("done in {horizon} days"), [within.p50, within.p85, within.p95].map(Value::Count)),
    ]
}
