//! What the desk says of the incidents it was given, and what was expected.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use ticketcore::cond::Cmp;
use ticketcore::import::Profile;
use ticketcore::report::{Bucket, Cell, Dimension, Measure, Measured, Row, Scan, Table, TableSpec, Time, Unit};
use ticketcore::time::Zone;
use ticketcore::{Desk, Error, Event, Filter, Order, Position, Query, Ticket};

/// Where the log is kept beside the workspace.
pub(crate) const LOG: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/servicenow-incidents/incident_event_log_5998.csv");

/// Where the figures of an independent run over the file are kept beside the workspace.
pub(crate) const EXPECTED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/servicenow-incidents/expected.json");

/// Why a report does not have the expected figure: the group it is in, and the reason.
const REASONS: [(&str, &str); 5] = [
    ("reassigned_incidents", "the log counts handing on between groups, a desk between agents as well"),
    ("reassignments_total", "the log counts handing on between groups, a desk between agents as well"),
    ("reassignments_max", "the log counts handing on between groups, a desk between agents as well"),
    ("by_priority_last_event", "the log counts handing on between groups, a desk between agents as well"),
    ("transitions_changed", "29 incidents are resolved in their first row: here they are opened new, and moved"),
];

/// Asks the desk's reports for the figures, in the shape of the expected ones.
pub(crate) async fn figures(desk: &Desk) -> Result<Value, Error> {
    use Measure::{Closing, Count, ReopenRate, Reopens, Resolution};
    let counted = |by: Dimension| TableSpec::new([by], [Count]);
    let created = |unit| counted(Dimension::Created(Bucket { unit, zone: Zone::utc() }));
    let closed = |unit| counted(Dimension::Closed(Bucket { unit, zone: Zone::utc() }));
    let of_all = [Count, Closing, ReopenRate, Reopens, Measure::Reassigns];
    let tables = [
        TableSpec::new([], of_all.clone()),
        TableSpec::new([Dimension::Priority], of_all),
        counted(Dimension::State),
        counted(Dimension::Team),
        counted(Dimension::Category),
        created(Unit::Month),
        closed(Unit::Month),
        created(Unit::Day),
        closed(Unit::Day),
    ];
    let [all, priorities, states, teams, categories, opened, closed, opened_daily, closed_daily] =
        tally(desk, Filter::all(), tables).await?;

    // The file has no `resolved_at` for some incidents, which were resolved all the same: the figure is of the others.
    let known = Filter { fields: vec![("resolved_at".into(), Cmp::Set)], ..Filter::all() };
    let resolution = [Count, Resolution(Time::Wall)];
    let tables = [TableSpec::new([], resolution.clone()), TableSpec::new([Dimension::Priority], resolution)];
    let [resolved, resolved_priorities] = tally(desk, known, tables).await?;

    let kept = Filter { fields: vec![("made_sla".into(), Cmp::Eq(true.into()))], ..Filter::all() };
    let tables = [TableSpec::new([], [Count]), counted(Dimension::Priority)];
    let [kept, kept_priorities] = tally(desk, kept, tables).await?;

    let whole = |table: &Table, measure| value(table, None, &measure);
    let (incidents, with_instant, kept) = (whole(&all, Count), whole(&resolved, Count), whole(&kept, Count));
    let mut figures = json!({
        "incidents": incidents,
        "last_state": counts(&states),
        "top_groups_last_event": counts(&teams),
        "top_categories_last_event": counts(&categories),
        "opened_by_month": counts(&opened),
        "closed_by_month": counts(&closed),
        "open_at_midnight": backlog(&opened_daily, &closed_daily),
        "closing_hours": whole(&all, Closing),
        "resolution_hours": whole(&resolved, Resolution(Time::Wall)),
        "resolved_at_missing": incidents.as_u64().zip(with_instant.as_u64()).map(|(all, known)| all - known),
        "reopened_incidents": whole(&all, ReopenRate),
        "reopens_total": whole(&all, Reopens)["total"],
        "reassigned_incidents": reassigned(desk).await?,
        "reassignments_total": whole(&all, Measure::Reassigns)["total"],
        "reassignments_max": whole(&all, Measure::Reassigns)["max"],
        "made_sla_true_last_event": kept,
        "made_sla_share_last_event": kept.as_f64().zip(incidents.as_f64()).map(|(kept, all)| kept / all),
        "transitions_changed": transitions(desk).await?,
        "opened_from": time_of(desk, Order::oldest(), |ticket| ticket.created).await?,
        "opened_to": time_of(desk, Order::newest(), |ticket| ticket.created).await?,
        "updated_to": time_of(desk, Order::latest(), |ticket| ticket.updated).await?,
    });
    for (name, theirs) in [("p1", "1 - Critical"), ("p2", "2 - High"), ("p3", "3 - Moderate"), ("p4", "4 - Low")] {
        let of = |table: &Table, measure| value(table, Some(name), &measure);
        figures["by_priority_last_event"][theirs] = json!({
            "incidents": of(&priorities, Count),
            "made_sla": of(&kept_priorities, Count),
            "resolution_hours": of(&resolved_priorities, Resolution(Time::Wall)),
            "reopened": of(&priorities, ReopenRate),
            "reassignments": of(&priorities, Measure::Reassigns)["total"],
        });
    }
    Ok(figures)
}

/// Makes one pass over the tickets of a filter.
async fn tally<const N: usize>(desk: &Desk, filter: Filter, tables: [TableSpec; N]) -> Result<[Table; N], Error> {
    let tables = desk.tally(&Scan { filter, tables: tables.into(), now: desk.now() }).await?;
    let mut tables = tables.into_iter();
    Ok(std::array::from_fn(|_| tables.next().unwrap_or_default()))
}

/// A time of the first ticket in an order, as the file writes times.
async fn time_of(desk: &Desk, order: Order, time: fn(&Ticket) -> DateTime<Utc>) -> Result<Option<String>, Error> {
    let page = desk.find(&Query::new(Filter::all()).order(order).limit(1)).await?;
    Ok(page.tickets.first().map(|ticket| time(ticket).format("%Y-%m-%d %H:%M:%S").to_string()))
}

/// One measure of the row of a name, or of the only row.
fn value(table: &Table, name: Option<&str>, measure: &Measure) -> Value {
    let named = |row: &&Row| row.cells.first().map(Cell::to_string).as_deref() == name;
    let place = table.measures.iter().position(|other| other == measure);
    let row = table.rows.iter().find(named);
    match row.zip(place).and_then(|(row, place)| row.values.get(place)) {
        Some(Measured::Count(count)) => json!(count),
        Some(Measured::Share(share)) => json!(share.part),
        Some(Measured::Counter(counter)) => json!({ "total": counter.total, "max": counter.max }),
        Some(Measured::Time(Some(summary))) => {
            let hours = |span: TimeDelta| span.as_seconds_f64() / 3600.0;
            json!({
                "n": summary.n,
                "mean": hours(summary.mean),
                "median": hours(summary.p50),
                "p90": hours(summary.p90),
                "min": hours(summary.min),
                "max": hours(summary.max),
            })
        }
        // What no ticket is in has no row.
        Some(Measured::Time(None) | Measured::Attainment(_)) | None => json!(0),
    }
}

/// How many tickets there are for each name.
fn counts(table: &Table) -> Map<String, Value> {
    let names = table.rows.iter().filter_map(|row| row.cells.first()).map(Cell::to_string);
    names.map(|name| (name.clone(), value(table, Some(&name), &Measure::Count))).collect()
}

/// How many were open when each month began: opened before and not closed before.
fn backlog(opened: &Table, closed: &Table) -> Map<String, Value> {
    let (opened, closed) = (counts(opened), counts(closed));
    let before = |counts: &Map<String, Value>, day: &str| -> u64 {
        counts.iter().filter(|(other, _)| other.as_str() < day).filter_map(|(_, count)| count.as_u64()).sum()
    };
    let days = closed.keys().filter_map(|day| Some(format!("{}-01", day.get(..7)?)));
    days.map(|day| (day.clone(), json!(before(&opened, &day).saturating_sub(before(&closed, &day))))).collect()
}

/// How many tickets were handed on at least once, which no measure counts: all of them are looked at.
async fn reassigned(desk: &Desk) -> Result<usize, Error> {
    let (mut count, mut query) = (0, Query::new(Filter::all()).limit(500));
    loop {
        let page = desk.find(&query).await?;
        count += page.tickets.iter().filter(|ticket| ticket.reassigns > 0).count();
        match page.next {
            Some(next) => query = query.after(Some(next)),
            None => return Ok(count),
        }
    }
}

/// How often tickets moved from one state to another, from the log.
async fn transitions(desk: &Desk) -> Result<BTreeMap<String, u64>, Error> {
    let (mut counts, mut after) = (BTreeMap::new(), Position(0));
    loop {
        let events = desk.feed(after, 1000).await?;
        let Some(last) = events.last() else { return Ok(counts) };
        after = last.position;
        for recorded in &events {
            if let Event::Moved(moved) = &recorded.event {
                *counts.entry(format!("{} -> {}", moved.from, moved.to)).or_default() += 1;
            }
        }
    }
}

/// What the profile of the file has of the figures, in the shape of the expected ones: all that is about rows.
pub(crate) fn profiled(profile: &Profile) -> Value {
    let column = |name: &str| profile.column(name);
    let counts = |name: &str| column(name).map(|column| &column.rows.counts);
    let last = |name: &str| column(name).and_then(|column| column.last.numbers);
    let true_rows = |name: &str| counts(name).and_then(|counts| counts.get("TRUE"));
    let whole = |number: Option<f64>| number.map(|number| json!(number)).unwrap_or_default();
    let together = |columns: &[&str]| profile.together.iter().find(|one| one.columns == columns);
    let handed_on = |name: &str| {
        let untouched = column(name).and_then(|column| column.last.counts.get("0")).copied().unwrap_or(0);
        profile.tickets - untouched
    };
    let mut figures = json!({
        "events": profile.rows,
        "incidents": profile.tickets,
        "columns": profile.columns.len(),
        "events_by_state": counts("incident_state"),
        "events_per_incident": profile.rows_per_ticket,
        "made_sla_true_events": true_rows("made_sla"),
        "made_sla_true_last_event": column("made_sla").and_then(|column| column.last.counts.get("TRUE")),
        "reassigned_incidents": handed_on("reassignment_count"),
        "reassignments_total": whole(last("reassignment_count").map(|numbers| numbers.sum)),
        "reassignments_max": whole(last("reassignment_count").map(|numbers| numbers.max)),
        "reopened_incidents": handed_on("reopen_count"),
        "reopens_total": whole(last("reopen_count").map(|numbers| numbers.sum)),
        "impact_urgency_priority": together(&["impact", "urgency", "priority"]).map(|one| &one.rows),
        "transitions_changed": profile.transitions,
        "events_back_in_time": profile.back_in_time,
        "hours_in_state_between_events": profile.hours_in_state,
        "contact_type_events": counts("contact_type"),
        "updated_to": profile.to.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()),
    });
    let mut handed: BTreeMap<&str, u64> = BTreeMap::new();
    for (values, tickets) in together(&["priority", "reassignment_count"]).into_iter().flat_map(|one| &one.last) {
        let Some((priority, count)) = values.split_once('|') else { continue };
        *handed.entry(priority).or_default() += count.parse().unwrap_or(0) * tickets;
    }
    for (priority, count) in handed {
        figures["by_priority_last_event"][priority]["reassignments"] = json!(count);
    }
    figures
}

/// The expected figures beside those of the reports and those of the file's profile, by path.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The reports have them, equal to four decimals.
    pub(crate) reported: BTreeMap<String, Value>,
    /// The profile has them, and the reports do not.
    pub(crate) profiled: BTreeMap<String, Value>,
    /// The reports have other ones: expected and found.
    pub(crate) different: BTreeMap<String, (Value, Value)>,
    /// Nothing has them.
    pub(crate) absent: BTreeMap<String, Value>,
}

impl Comparison {
    pub(crate) fn of(expected: &Value, reported: &Value, profiled: &Value) -> Self {
        let mut comparison = Self::default();
        comparison.compare("", expected, reported, profiled);
        comparison
    }

    fn compare(&mut self, path: &str, expected: &Value, reported: &Value, profiled: &Value) {
        if let Value::Object(parts) = expected {
            for (name, part) in parts {
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                let of = |whole: &Value| whole.get(name).cloned().unwrap_or_default();
                self.compare(&path, part, &of(reported), &of(profiled));
            }
            return;
        }
        let path = path.to_owned();
        if equal(expected, reported) {
            self.reported.insert(path, expected.clone());
            return;
        }
        if !reported.is_null() {
            self.different.insert(path.clone(), (expected.clone(), reported.clone()));
        }
        if equal(expected, profiled) {
            self.profiled.insert(path, expected.clone());
        } else {
            self.absent.insert(path, expected.clone());
        }
    }

    /// Why a report has another figure, if that is known.
    pub(crate) fn reason(path: &str) -> Option<&'static str> {
        let group = path.split('/').next();
        REASONS.iter().find(|(named, _)| Some(*named) == group).map(|(_, reason)| *reason)
    }
}

fn equal(expected: &Value, found: &Value) -> bool {
    let close = expected.as_f64().zip(found.as_f64()).map(|(a, b)| (a - b).abs() < 1e-4);
    close.unwrap_or(expected == found)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reported, profiled, different, absent } = self;
        let all = reported.len() + profiled.len() + absent.len();
        for (figures, whose) in [(reported, "the reports"), (profiled, "the profile of the file")] {
            writeln!(f, "{} of {all} expected figures are those of {whose}:", figures.len())?;
            let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (path, value) in figures {
                let (group, name) = path.split_once('/').unwrap_or((path, ""));
                groups.entry(group).or_default().push(format!("{name} {value}").trim().to_owned());
            }
            for (group, figures) in groups {
                writeln!(f, "  {group}: {}", figures.join(", "))?;
            }
        }
        writeln!(f, "In {} the reports differ:", different.len())?;
        for (path, (expected, found)) in different {
            let why = Self::reason(path).unwrap_or("unexplained");
            writeln!(f, "  {path}: expected {expected}, found {found}: {why}")?;
        }
        writeln!(f, "{} are nowhere: {}", absent.len(), absent.keys().cloned().collect::<Vec<_>>().join(", "))
    }
}
