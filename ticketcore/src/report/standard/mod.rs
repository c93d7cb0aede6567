//! The ready reports. Each section says what exactly it measures; nowhere is there a bare "MTTR".

mod compare;
mod flow;
mod forecast;
mod heat;
mod life;

pub use compare::{cohorts, comparison};
pub use flow::{cumulative_flow, trend};
pub use forecast::forecast;
pub use heat::{ageing, heat};
pub use life::{life, load, quality};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Ask, Bucket, Cell, Dimension, Heading, Measure, Measured, Plain, Report, Section, Table, TableSpec, Time, Together,
    Unit, Value,
};
use crate::id::Key;

/// Returns every ready report: the [`overview`] first, then each by itself.
///
/// # Examples
///
/// ```
/// let reports = ticketcore::report::standard();
/// let names: Vec<&str> = reports.iter().map(|report| report.name()).collect();
/// assert_eq!(names[..6].join(" "), "overview volume response attainment daily weekly");
/// assert!(names.contains(&"cumulative_flow") && names.contains(&"forecast"));
/// ```
#[must_use]
pub fn standard() -> Vec<Arc<dyn Report>> {
    vec![
        Arc::new(overview()),
        Arc::new(volume()),
        Arc::new(response()),
        Arc::new(attainment()),
        Arc::new(flow(Unit::Day)),
        Arc::new(flow(Unit::Week)),
        Arc::new(flow(Unit::Month)),
        Arc::new(agents()),
        Arc::new(reopens()),
        Arc::new(satisfaction()),
        Arc::new(trend(Unit::Week)),
        Arc::new(cumulative_flow(Unit::Day)),
        Arc::new(ageing()),
        Arc::new(heat()),
        Arc::new(cohorts()),
        Arc::new(comparison()),
        Arc::new(life()),
        Arc::new(quality()),
        Arc::new(load()),
        Arc::new(forecast(30)),
    ]
}

/// Finds a ready report by its name.
#[must_use]
pub fn named(name: &str) -> Option<Arc<dyn Report>> {
    standard().into_iter().find(|report| report.name() == name)
}

/// Returns the report `overview`: volume, response, attainment, daily, agents and reopens in one pass.
#[must_use]
pub fn overview() -> Together {
    let reports: [Arc<dyn Report>; 6] = [
        Arc::new(volume()),
        Arc::new(response()),
        Arc::new(attainment()),
        Arc::new(flow(Unit::Day)),
        Arc::new(agents()),
        Arc::new(reopens()),
    ];
    Together::new("overview", reports)
}

/// Returns the report `volume`: how many tickets there are by status and priority and by kind, and how old those
/// neither resolved nor closed are.
#[must_use]
pub fn volume() -> Plain {
    Plain::new("volume")
        .section(
            "Tickets by status and priority",
            "How many tickets there are.",
            TableSpec::new([Dimension::Status, Dimension::Priority], [Measure::Count]),
        )
        .section(
            "Tickets by kind",
            "How many tickets there are, and how many of them are neither resolved nor closed.",
            TableSpec::new([Dimension::Kind], [Measure::Count, Measure::Backlog]),
        )
        .section(
            "Backlog by priority",
            "How many tickets are neither resolved nor closed, and how long ago they were opened.",
            TableSpec::new([Dimension::Priority], [Measure::Backlog, Measure::Age]),
        )
}

/// Returns the report `response`: how long responses, acknowledgements and resolutions took by priority, each in
/// wall-clock and in business time, with a row for all priorities together.
#[must_use]
pub fn response() -> Plain {
    type Timed = fn(Time) -> Measure;
    let measures: [(&str, &str, Timed); 6] = [
        ("First response", "From the opening to the first public reply of a human agent", Measure::FirstResponse),
        ("Resolution", "From the opening to the last resolution, of tickets not reopened since", Measure::Resolution),
        (
            "Next response",
            "From each oldest unanswered message of the requester to the answer, after the first response",
            Measure::NextResponse,
        ),
        ("Acknowledgement", "From the opening to the first acknowledgement", Measure::Acknowledge),
        (
            "First resolution",
            "From the opening to the first resolution, reopened since or not",
            Measure::FirstResolution,
        ),
        (
            "Resolution net of pending",
            "From the opening to the last resolution without the time spent pending, of tickets not reopened since",
            Measure::NetResolution,
        ),
    ];
    let by_priority = |measure| TableSpec::new([Dimension::Priority], [measure]);
    measures.into_iter().fold(Plain::new("response"), |plain, (title, about, measure)| {
        plain.total(title, format!("{about}, on the wall clock."), by_priority(measure(Time::Wall))).total(
            format!("{title}, business time"),
            format!("{about}, in business time."),
            by_priority(measure(Time::Business)),
        )
    })
}

/// Returns the report `agents`: what each agent has open, and what each has resolved in what time.
#[must_use]
pub fn agents() -> Plain {
    Plain::new("agents").section(
        "Agents",
        "By the agent accountable now. The backlog is neither resolved nor closed; resolution is from the opening to the \
         last resolution, of tickets not reopened since, on the wall clock.",
        TableSpec::new([Dimension::Assignee], [Measure::Count, Measure::Backlog, Measure::Resolution(Time::Wall)]),
    )
}

/// Returns the report `reopens`: how often tickets came back and how often they changed hands, by team.
#[must_use]
pub fn reopens() -> Plain {
    Plain::new("reopens").section(
        "Reopens",
        "The reopen rate is the share ever reopened of the tickets resolved at least once. Reassigns are moves from one \
         team or agent to another.",
        TableSpec::new([Dimension::Team], [Measure::ReopenRate, Measure::Reopens, Measure::Reassigns]),
    )
}

/// Returns the report `satisfaction`: how content customers are with the solutions, by team, and how many of them say so.
#[must_use]
pub fn satisfaction() -> Plain {
    Plain::new("satisfaction").section(
        "Satisfaction",
        "Satisfaction is the share scored 4 or 5 of the solutions that customers scored from 1 to 5. The response share is \
         how many of the solved tickets were scored; reopened and dropped ones are not solved.",
        TableSpec::new([Dimension::Team], [Measure::Satisfaction, Measure::ResponseShare]),
    )
}

/// Returns the report `attainment`: how the promises of [`Ask::policies`] were kept, a row for each.
#[must_use]
pub fn attainment() -> impl Report {
    Promises
}

/// Returns the report `daily`, `weekly` or `monthly`: how many tickets were opened, resolved and closed when.
#[must_use]
pub fn flow(unit: Unit) -> impl Report {
    Flow(unit)
}

#[derive(Debug)]
struct Promises;

impl Report for Promises {
    fn name(&self) -> &str {
        "attainment"
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let measures: Vec<_> = ask.policies.iter().cloned().map(Measure::Attainment).collect();
        vec![TableSpec::new([], measures)]
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let mut headings = vec![Heading::new("policy")];
        headings.extend(Measured::headings(&Measure::Attainment(Key::default())));
        let values = tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.values);
        let row = |(policy, value): (&Key, &Measured)| {
            let mut row = vec![Value::Text(policy.to_string())];
            row.extend(value.values());
            row
        };
        vec![Section {
            title: "Attainment".to_owned(),
            about: "How the cycles of each policy ended or stand. The share is met of met and breached; the others do \
                    not count in it."
                .to_owned(),
            headings,
            notes: vec!["Of all tickets asked for.".to_owned(), "Exact.".to_owned()],
            total: None,
            rows: ask.policies.iter().zip(values).map(row).collect(),
        }]
    }
}

#[derive(Debug)]
struct Flow(Unit);

impl Report for Flow {
    fn name(&self) -> &str {
        match self.0 {
            Unit::Day => "daily",
            Unit::Week => "weekly",
            Unit::Month => "monthly",
        }
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let bucket = || Bucket { unit: self.0, zone: ask.zone.clone() };
        let events = [Dimension::Created(bucket()), Dimension::Resolved(bucket()), Dimension::Closed(bucket())];
        events.map(|event| TableSpec::new([event], [Measure::Count])).to_vec()
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        let Self(unit) = self;
        let mut counts = BTreeMap::<&str, [u64; 3]>::new();
        for (event, table) in tables.iter().take(3).enumerate() {
            for row in &table.rows {
                // Without a cell are the tickets to which it did not happen.
                if let ([Cell::Text(when)], [Measured::Count(count)]) = (&*row.cells, &*row.values) {
                    counts.entry(when).or_default()[event] = *count;
                }
            }
        }
        let row = |(when, counts): (&str, [u64; 3])| {
            let mut row = vec![Value::Text(when.to_owned())];
            row.extend(counts.map(Value::Count));
            row
        };
        vec![Section {
            title: format!("Opened, resolved and closed by {unit}"),
            about: format!(
                "By the opening, the last resolution and the closing, in {}. A reopened ticket leaves its {unit}.",
                ask.zone
            ),
            headings: [&unit.to_string(), "opened", "resolved", "closed"].map(Heading::new).to_vec(),
            rows: counts.into_iter().map(row).collect(),
            notes: vec!["Of all tickets asked for.".to_owned(), "Exact.".to_owned()],
            total: None,
        }]
    }
}
