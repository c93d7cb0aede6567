//! What flows through a desk: what came, what went and what is left, piece of time by piece of time.

use std::collections::BTreeMap;

use crate::query::Period;
use crate::report::{
    Ask, Bucket, Cell, Cohort, Dimension, Each, Heading, Measure, Measured, Report, Section, Table, TableSpec, Unit,
    Value,
};
use crate::status::Status;

/// How many pieces of time are shown at most: ten years of days. A note says so if there are more.
const PIECES: usize = 3_660;

/// Says whom a section counts, how exactly, and whether it was cut.
fn notes(rows: usize, exact: &str) -> Vec<String> {
    let cut = (rows >= PIECES).then(|| format!("Only the first {PIECES} rows are shown."));
    ["Of all tickets asked for.".to_owned(), exact.to_owned()].into_iter().chain(cut).collect()
}

/// Returns the report `trend`: what was opened, first resolved, reopened and taken out of the backlog in each piece of
/// time, and the backlog at its end.
#[must_use]
pub fn trend(unit: Unit) -> impl Report {
    Trend(unit)
}

/// Returns the report `cumulative_flow`: how often tickets have come to each place in life by the end of each piece of
/// time.
#[must_use]
pub fn cumulative_flow(unit: Unit) -> impl Report {
    CumulativeFlow(unit)
}

fn bucket(unit: Unit, ask: &Ask) -> Bucket {
    Bucket { unit, zone: ask.zone.clone() }
}

/// The pieces of time to be shown, without a gap: those of the asked period, else from the first to the last in which
/// anything happened; since then all is as it was.
fn pieces<'a>(bucket: &Bucket, ask: &Ask, seen: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let start = |name: &str| bucket.period(name).and_then(|period| period.from);
    // The names sort as the pieces do only within four digits of the year, their starts always.
    let from = ask.period.from.or_else(|| seen.clone().filter_map(start).min());
    let to = ask.period.to.or_else(|| seen.filter_map(|name| bucket.period(name)?.to).max());
    bucket.pieces(Period { from, to }, PIECES)
}

/// The counts of a table, by its cells.
fn counts(table: &Table) -> impl Iterator<Item = (&[Cell], u64)> {
    table.rows.iter().filter_map(|row| match row.values.first() {
        Some(Measured::Count(count)) => Some((row.cells.as_slice(), *count)),
        Some(Measured::Time(_) | Measured::Counter(_) | Measured::Share(_) | Measured::Attainment(_)) | None => None,
    })
}

#[derive(Debug)]
struct Trend(Unit);

impl Report for Trend {
    fn name(&self) -> &str {
        match self.0 {
            Unit::Day => "trend_daily",
            Unit::Week => "trend",
            Unit::Month => "trend_monthly",
        }
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let bucket = || bucket(self.0, ask);
        vec![
            TableSpec::new([Dimension::Created(bucket())], [Measure::Count]),
            TableSpec::new([Dimension::FirstResolved(bucket())], [Measure::Count])
                .cohort(Cohort::FirstResolved(Period::default())),
            TableSpec::new([Dimension::Then(bucket()), Dimension::Each], [Measure::Count]).each(Each::Crossing),
        ]
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        // Arrivals and throughput; into the backlog, back to it, out of it.
        let mut flows = BTreeMap::<&str, [u64; 5]>::new();
        for (place, table) in tables.iter().take(3).enumerate() {
            for (cells, count) in counts(table) {
                let what = match cells {
                    [Cell::Text(_)] if place < 2 => place,
                    [Cell::Text(_), Cell::Text(crossing)] => match crossing.as_str() {
                        "opened" => 2,
                        "reopened" => 3,
                        _ => 4,
                    },
                    _ => continue,
                };
                if let Some(Cell::Text(piece)) = cells.first() {
                    flows.entry(piece).or_default()[what] += count;
                }
            }
        }
        let bucket = bucket(self.0, ask);
        let start = |name: &str| bucket.period(name).and_then(|period| period.from);
        let shown = pieces(&bucket, ask, flows.keys().copied());
        // What came before the first piece shown is in its backlog.
        let first = shown.first().and_then(|name| start(name));
        let earlier = flows.iter().filter(|(name, _)| start(name) < first);
        let mut backlog =
            earlier.fold(0_u64, |backlog, (_, flow)| (backlog + flow[2] + flow[3]).saturating_sub(flow[4]));
        let mut rows = Vec::new();
        for name in shown {
            let [arrivals, throughput, opened, reopened, left] = flows.get(&*name).copied().unwrap_or_default();
            backlog = (backlog + opened + reopened).saturating_sub(left);
            let mut row = vec![Value::Text(name)];
            row.extend([arrivals, throughput, reopened, left, backlog].map(Value::Count));
            rows.push(row);
        }
        let Self(unit) = self;
        let headings = [&unit.to_string(), "arrivals", "throughput", "reopened", "left", "backlog"];
        vec![Section {
            title: format!("Arrivals, throughput and backlog by {unit}"),
            about: format!(
                "Arrivals are tickets opened, throughput those resolved for the first time; tickets left the backlog when \
                 they were resolved or closed, each time they were. The backlog is that at the end of each {unit}, in {}.",
                ask.zone
            ),
            headings: headings.map(Heading::new).to_vec(),
            notes: notes(rows.len(), "Exact: backlog = backlog before + opened into it + reopened - left."),
            rows,
            total: None,
        }]
    }
}

#[derive(Debug)]
struct CumulativeFlow(Unit);

impl Report for CumulativeFlow {
    fn name(&self) -> &str {
        match self.0 {
            Unit::Day => "cumulative_flow",
            Unit::Week => "cumulative_flow_weekly",
            Unit::Month => "cumulative_flow_monthly",
        }
    }

    fn tables(&self, ask: &Ask) -> Vec<TableSpec> {
        let by = || [Dimension::Then(bucket(self.0, ask)), Dimension::Each];
        [Each::Entry, Each::Exit].map(|each| TableSpec::new(by(), [Measure::Count]).each(each)).to_vec()
    }

    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section> {
        // Into each place in life, and out of it.
        let mut flows = BTreeMap::<&str, [[u64; 5]; 2]>::new();
        for (way, table) in tables.iter().take(2).enumerate() {
            for (cells, count) in counts(table) {
                if let [Cell::Text(piece), Cell::Status(status)] = cells {
                    flows.entry(piece).or_default()[way][*status as usize] += count;
                }
            }
        }
        let bucket = bucket(self.0, ask);
        let start = |name: &str| bucket.period(name).and_then(|period| period.from);
        let shown = pieces(&bucket, ask, flows.keys().copied());
        let first = shown.first().and_then(|name| start(name));
        let mut sums = [[0_u64; 5]; 2];
        let mut add = |flow: &[[u64; 5]; 2]| {
            let places = sums.iter_mut().flatten().zip(flow.iter().flatten());
            places.for_each(|(sum, count)| *sum += count);
            sums
        };
        flows.iter().filter(|(name, _)| start(name) < first).for_each(|(_, flow)| _ = add(flow));
        let (mut standing, mut entered) = (Vec::new(), Vec::new());
        for name in shown {
            let [entries, exits] = add(flows.get(&*name).unwrap_or(&[[0; 5]; 2]));
            let row = |counts: [u64; 5]| [vec![Value::Text(name.clone())], counts.map(Value::Count).to_vec()].concat();
            standing.push(row(std::array::from_fn(|status| entries[status].saturating_sub(exits[status]))));
            entered.push(row(entries));
        }
        let Self(unit) = self;
        let section = |title: String, about: String, prefix: &str, rows: Vec<Vec<Value>>| Section {
            title,
            about,
            headings: std::iter::once(Heading::new(unit.to_string()))
                .chain(Status::ALL.map(|status| Heading::new(format!("{prefix}{status}"))))
                .collect(),
            notes: notes(rows.len(), "Exact."),
            rows,
            total: None,
        };
        vec![
            section(
                format!("Cumulative flow by {unit}"),
                format!(
                    "How often tickets had come to each place in life by the end of each {unit}, in {}: the opening and \
                     every change counts, so a ticket that was reopened came to some of them twice.",
                    ask.zone
                ),
                "",
                entered,
            ),
            section(
                format!("Tickets by place in life at the end of each {unit}"),
                format!("How many tickets stood in each place in life at the end of each {unit}, in {}.", ask.zone),
                "now_",
                standing,
            ),
        ]
    }
}
