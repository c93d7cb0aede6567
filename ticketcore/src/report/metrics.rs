//! Figures for a monitoring system: the text format of OpenMetrics 1.0, which Prometheus reads.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Attainment, Cell, Measure, Measured, Table};

/// Holds one family of metrics: what is measured, and its values.
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Family, Kind, openmetrics};
///
/// let family = Family::new("desk_tickets", Kind::Gauge, "Tickets by team.").sample([("team", "net")], 12.0);
/// assert_eq!(
///     openmetrics(&[family])?,
///     "# TYPE desk_tickets gauge\n# HELP desk_tickets Tickets by team.\ndesk_tickets{team=\"net\"} 12\n# EOF\n",
/// );
/// # Ok::<(), ticketcore::report::NoMetric>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// What it is called: letters, digits and `_`, with its unit at the end; counters without `_total`.
    pub name: String,
    /// How its values come about.
    pub kind: Kind,
    /// What is measured, in a sentence.
    pub help: String,
    /// The values, each with other labels.
    pub samples: Vec<Sample>,
}

/// Says how the values of a [`Family`] come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// They go up and down.
    Gauge,
    /// They only grow, until the program begins anew.
    Counter,
    /// They are counts of observations by size.
    Histogram,
}

/// Holds one value of a [`Family`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Names and values that tell it from the others.
    pub labels: Vec<(String, String)>,
    /// Of a gauge or a counter, the value; of a histogram, the sum of all observations.
    pub value: f64,
    /// Of a histogram, upper bounds in rising order and how many observations were no greater; the last is
    /// [`f64::INFINITY`] and counts all. Of others, nothing.
    pub buckets: Vec<(f64, u64)>,
}

/// The families are none that a monitoring system would read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the metric {name:?} {problem}")]
pub struct NoMetric {
    /// The family.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Family {
    /// Starts a family without values.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind, help: impl Into<String>) -> Self {
        Self { name: name.into(), kind, help: help.into(), samples: Vec::new() }
    }

    /// Adds a value of a gauge or a counter.
    #[must_use]
    pub fn sample<'a>(mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>, value: f64) -> Self {
        self.samples.push(Sample { labels: owned(labels), value, buckets: Vec::new() });
        self
    }

    /// Adds the observations of a histogram: their sum, and how many there were up to each bound.
    #[must_use]
    pub fn observed<'a>(
        mut self,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        sum: f64,
        buckets: impl IntoIterator<Item = (f64, u64)>,
    ) -> Self {
        self.samples.push(Sample { labels: owned(labels), value: sum, buckets: buckets.into_iter().collect() });
        self
    }

    /// Takes the figures of a table: a gauge for each measure, `{prefix}_{measure}`, with the dimensions as labels.
    ///
    /// Lengths of time become percentiles, `…_seconds{percentile="90"}`; shares `…_ratio`; the cycles of a policy are told
    /// apart by `outcome`. What was not measured has no value.
    #[must_use]
    pub fn of(prefix: &str, help: &str, table: &Table) -> Vec<Self> {
        let mut families = Vec::<Self>::new();
        for (place, measure) in table.measures.iter().enumerate() {
            // Whichever policies there are, they are one family.
            let (stem, policy) = match measure {
                Measure::Attainment(policy) => ("attainment".to_owned(), Some(policy.as_str())),
                // A measure may be named with a length of time.
                measure => (measure.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "_"), None),
            };
            for row in &table.rows {
                let named = table.by.iter().zip(&row.cells).filter(|(_, cell)| **cell != Cell::None);
                let mut labels: Vec<(String, String)> =
                    named.map(|(dimension, cell)| (dimension.to_string(), cell.to_string())).collect();
                labels.extend(policy.map(|policy| ("policy".to_owned(), policy.to_owned())));
                let Some(measured) = row.values.get(place) else { continue };
                let (unit, values) = measured.points();
                let name =
                    [prefix, &stem, unit].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
                let number = families.iter().position(|family| family.name == name).unwrap_or_else(|| {
                    families.push(Self::new(name, Kind::Gauge, help));
                    families.len() - 1
                });
                for (label, value) in values {
                    let label = label.map(|(name, value)| (name.to_owned(), value.to_owned()));
                    let labels = labels.iter().cloned().chain(label).collect();
                    families[number].samples.push(Sample { labels, value, buckets: Vec::new() });
                }
            }
        }
        families
    }

    fn check(&self) -> Result<(), String> {
        let is_name = |name: &str| {
            !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let Self { name, kind, help: _, samples } = self;
        if !is_name(name) {
            return Err("has a name that is not letters, digits and `_`".to_owned());
        }
        if name.ends_with("_total") {
            return Err("ends in `_total`, which is written for it".to_owned());
        }
        let mut seen = BTreeSet::new();
        for Sample { labels, value, buckets } in samples {
            let mut names: Vec<&str> = labels.iter().map(|(name, _)| name.as_str()).collect();
            if let Some(label) =
                names.iter().find(|label| !is_name(label) || label.starts_with("__") || **label == "le")
            {
                return Err(format!("has a label {label:?}"));
            }
            names.sort_unstable();
            if names.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(format!("has the same label twice in {names:?}"));
            }
            let mut sorted = labels.clone();
            sorted.sort();
            if !seen.insert(sorted) {
                return Err(format!("has two values for the labels {labels:?}"));
            }
            let (is_bounded, is_counted) =
                (buckets.is_sorted_by(|a, b| a.0 < b.0), buckets.is_sorted_by_key(|(_, count)| *count));
            let is_whole = buckets.last().is_some_and(|(bound, _)| *bound == f64::INFINITY);
            match kind {
                Kind::Gauge | Kind::Counter if !buckets.is_empty() => {
                    return Err("has buckets and is no histogram".to_owned());
                }
                Kind::Counter if !value.is_finite() || *value < 0.0 => return Err(format!("is a counter at {value}")),
                Kind::Histogram if !is_whole => return Err("has no bucket for all observations".to_owned()),
                Kind::Histogram if !is_bounded || !is_counted => return Err("has buckets out of order".to_owned()),
                Kind::Gauge | Kind::Counter | Kind::Histogram => {}
            }
        }
        Ok(())
    }

    fn write(&self, text: &mut String) {
        let Self { name, kind, help, samples } = self;
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "# TYPE {name} {}", kind.as_str());
        if let Some(unit) = UNITS.iter().find(|unit| name.ends_with(&format!("_{unit}"))) {
            let _ = writeln!(text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(text, "# HELP {name} {}", escape(help));
        for Sample { labels, value, buckets } in samples {
            match kind {
                Kind::Gauge => line(text, name, "", labels, None, *value),
                Kind::Counter => line(text, name, "_total", labels, None, *value),
                Kind::Histogram => {
                    for (bound, count) in buckets {
                        line(text, name, "_bucket", labels, Some(*bound), *count as f64);
                    }
                    let count = buckets.last().map_or(0, |(_, count)| *count);
                    line(text, name, "_count", labels, None, count as f64);
                    line(text, name, "_sum", labels, None, *value);
                }
            }
        }
    }
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// The units of OpenMetrics that names end in here.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

/// A value, and the label that tells it from the others of the same measure.
type Point = (Option<(&'static str, &'static str)>, f64);

impl Measured {
    /// The unit that the name of the metric ends in, and the values.
    fn points(&self) -> (&'static str, Vec<Point>) {
        match self {
            Self::Count(count) => ("", vec![(None, *count as f64)]),
            Self::Counter(counter) => ("", vec![(None, counter.total as f64)]),
            Self::Share(share) => ("ratio", share.ratio().map(|ratio| (None, ratio)).into_iter().collect()),
            Self::Time(summary) => {
                let of = |summary: &super::Summary| {
                    [("50", summary.p50), ("90", summary.p90), ("95", summary.p95), ("99", summary.p99)]
                };
                let points = summary.iter().flat_map(of);
                let points = points.map(|(name, time)| (Some(("percentile", name)), time.as_seconds_f64()));
                ("seconds", points.collect())
            }
            Self::Attainment(attainment) => ("", outcomes(*attainment)),
        }
    }
}

fn outcomes(Attainment { met, breached, excused, running, dropped }: Attainment) -> Vec<Point> {
    let all = [("met", met), ("breached", breached), ("excused", excused), ("running", running), ("dropped", dropped)];
    all.into_iter().map(|(outcome, count)| (Some(("outcome", outcome)), count as f64)).collect()
}

/// Writes families in the text format of OpenMetrics 1.0, `application/openmetrics-text; version=1.0.0`.
///
/// # Errors
///
/// [`NoMetric`] if a name or label is none, if two values have the same labels or two families the same name, if a counter
/// is negative, or if the buckets of a histogram do not rise to infinity.
pub fn openmetrics(families: &[Family]) -> Result<String, NoMetric> {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for family in families {
        let wrong = |problem: String| NoMetric { name: family.name.clone(), problem };
        family.check().map_err(wrong)?;
        // `a_count` of a histogram `a` would be taken for a family of its own.
        let names: &[&str] = match family.kind {
            Kind::Gauge => &[""],
            Kind::Counter => &["", "_total", "_created"],
            Kind::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
        };
        if !names.iter().all(|suffix| seen.insert(format!("{}{suffix}", family.name))) {
            return Err(wrong("is there twice".to_owned()));
        }
        family.write(&mut text);
    }
    text += "# EOF\n";
    Ok(text)
}

fn owned<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn line(text: &mut String, name: &str, suffix: &str, labels: &[(String, String)], bound: Option<f64>, value: f64) {
    let mut all: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    // Bounds are written as floats, so that they are the same text in every client.
    all.extend(
        bound.map(|bound| {
            format!("le=\"{}\"", if bound.fract() == 0.0 { format!("{bound:.1}") } else { number(bound) })
        }),
    );
    let labels = if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) };
    let _ = writeln!(text, "{name}{suffix}{labels} {}", number(value));
}

fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => value.to_string(),
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::report::{Dimension, Row, Share, Summary};

    #[test]
    fn families_are_written_as_the_standard_has_them() {
        let families = [
            Family::new("desk_tickets", Kind::Gauge, "By team.\nA \"quote\", a \\.")
                .sample([("team", "a \"b\"\\c\nd")], 12.0)
                .sample([], 0.5),
            Family::new("desk_events", Kind::Counter, "Ever.").sample([], 7.0),
            Family::new("desk_wait_seconds", Kind::Histogram, "Waited.").observed(
                [("verb", "get")],
                3.25,
                [(0.5, 1), (1.0, 2), (f64::INFINITY, 4)],
            ),
        ];
        assert_eq!(
            openmetrics(&families).unwrap(),
            r#"# TYPE desk_tickets gauge
# HELP desk_tickets By team.\nA \"quote\", a \\.
desk_tickets{team="a \"b\"\\c\nd"} 12
desk_tickets 0.5
# TYPE desk_events counter
# HELP desk_events Ever.
desk_events_total 7
# TYPE desk_wait_seconds histogram
# UNIT desk_wait_seconds seconds
# HELP desk_wait_seconds Waited.
desk_wait_seconds_bucket{verb="get",le="0.5"} 1
desk_wait_seconds_bucket{verb="get",le="1.0"} 2
desk_wait_seconds_bucket{verb="get",le="+Inf"} 4
desk_wait_seconds_count{verb="get"} 4
desk_wait_seconds_sum{verb="get"} 3.25
# EOF
"#
        );
        assert_eq!(openmetrics(&[]).unwrap(), "# EOF\n");
    }

    #[test]
    fn what_no_monitoring_system_reads_is_refused() {
        let gauge = |name: &str| Family::new(name, Kind::Gauge, "");
        let waited = |buckets: &[(f64, u64)]| Family::new("h", Kind::Histogram, "").observed([], 0.0, buckets.to_vec());
        for (families, problem) in [
            (vec![gauge("a b")], "letters"),
            (vec![gauge("")], "letters"),
            (vec![gauge("1a")], "letters"),
            (vec![gauge("a_total")], "_total"),
            (vec![gauge("a"), gauge("a")], "twice"),
            (vec![gauge("a_count"), Family::new("a", Kind::Histogram, "")], "twice"),
            (vec![gauge("a").sample([("le", "1")], 1.0)], "label \"le\""),
            (vec![gauge("a").sample([("a-b", "1")], 1.0)], "label \"a-b\""),
            (vec![gauge("a").sample([("x", "1"), ("x", "2")], 1.0)], "same label twice"),
            (vec![gauge("a").sample([("x", "1")], 1.0).sample([("x", "1")], 2.0)], "two values"),
            (vec![Family::new("a", Kind::Counter, "").sample([], -1.0)], "counter at -1"),
            (vec![gauge("a").observed([], 1.0, [(1.0, 1)])], "no histogram"),
            (vec![waited(&[(1.0, 1)])], "all observations"),
            (vec![waited(&[(1.0, 3), (f64::INFINITY, 1)])], "out of order"),
            (vec![waited(&[(2.0, 1), (1.0, 2), (f64::INFINITY, 2)])], "out of order"),
        ] {
            let error = openmetrics(&families).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn the_figures_of_a_table_become_gauges() {
        let hour = TimeDelta::hours(1);
        let summary = Summary {
            n: 1,
            mean: hour,
            min: hour,
            p50: hour,
            p90: hour * 2,
            p95: hour * 3,
            p99: hour * 4,
            max: hour * 4,
            exact: true,
        };
        let attainment = Attainment { met: 3, breached: 1, ..Attainment::default() };
        let table = Table {
            by: vec![Dimension::Team],
            measures: vec![
                Measure::Count,
                Measure::Closing,
                Measure::ReopenRate,
                Measure::Attainment("first_response".into()),
                Measure::Attainment("resolution".into()),
            ],
            rows: vec![
                Row {
                    cells: vec![Cell::Text("net".to_owned())],
                    values: vec![
                        2.into(),
                        Measured::Time(Some(summary)),
                        Share { part: 1, whole: 4 }.into(),
                        attainment.into(),
                        Attainment::default().into(),
                    ],
                },
                Row {
                    cells: vec![Cell::None],
                    values: vec![
                        5.into(),
                        Measured::Time(None),
                        Share::default().into(),
                        Attainment::default().into(),
                        Attainment::default().into(),
                    ],
                },
            ],
            ..Table::default()
        };
        let text = openmetrics(&Family::of("desk", "By team.", &table)).unwrap();
        for line in [
            "desk_tickets{team=\"net\"} 2",
            "desk_tickets 5",
            "desk_closing_seconds{team=\"net\",percentile=\"90\"} 7200",
            "desk_reopen_rate_ratio{team=\"net\"} 0.25",
            "desk_attainment{team=\"net\",policy=\"first_response\",outcome=\"met\"} 3",
            "desk_attainment{policy=\"resolution\",outcome=\"dropped\"} 0",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
        }
        assert_eq!(text.matches("reopen_rate_ratio").count(), 4, "a share of nothing has no value: {text}");
        assert_eq!(text.matches("# TYPE desk_attainment gauge").count(), 1);
    }
}
