//! From a table of typed values to a section of plain ones.

use super::{Attainment, Cell, Counter, Dimension, Heading, Measure, Measured, Section, Share, Summary, Table, Value};

impl Section {
    /// Lays out a table: each measure takes as many columns as it has numbers.
    ///
    /// Their names begin with the measure's, unless it is the only one: `p90` or `resolution_p90`.
    #[must_use]
    pub fn new(title: impl Into<String>, about: impl Into<String>, table: &Table) -> Self {
        let name = |dimension: &Dimension| match dimension {
            Dimension::Each => table.each.as_str().to_owned(),
            dimension => dimension.to_string(),
        };
        let mut headings: Vec<_> = table.by.iter().map(|dimension| Heading::new(name(dimension))).collect();
        for measure in &table.measures {
            headings.extend(Measured::headings(measure).into_iter().map(|heading| match heading.name.as_str() {
                "" => Heading { name: measure.to_string(), ..heading },
                name if table.measures.len() > 1 => Heading { name: format!("{measure}_{name}"), ..heading },
                _ => heading,
            }));
        }
        let row = |cells: &[Cell], measured: &[Measured]| {
            let cells = cells.iter().map(Value::from);
            cells.chain(measured.iter().flat_map(Measured::values)).collect()
        };
        let rows = table.rows.iter().map(|found| row(&found.cells, &found.values)).collect();
        Self { title: title.into(), about: about.into(), headings, rows }
    }
}

impl Measured {
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
