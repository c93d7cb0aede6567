//! What is in a file, before anything is made of it: the values of its columns, how many rows a ticket has, how the
//! states follow each other. Whoever maps a file reads this first; and it is what the file's own figures are compared with.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// How many different values of a column are told apart; those beyond are only counted as rows.
const DISTINCT: usize = 100_000;

/// What is in a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Profile {
    /// How many rows there are.
    pub rows: u64,
    /// How many tickets they are of.
    pub tickets: u64,
    /// How many rows a ticket has.
    pub rows_per_ticket: Spread,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// How often a ticket's row follows one with another state, by the two states.
    pub transitions: BTreeMap<String, u64>,
    /// The time from one row of a ticket to the next, in hours, by the state of the first of the two; a step back in time
    /// is no time.
    pub hours_in_state: BTreeMap<String, f64>,
    /// How many rows are older than the one before them of the same ticket.
    pub back_in_time: u64,
    /// The time of the first row.
    pub from: Option<DateTime<Utc>>,
    /// The time of the last.
    pub to: Option<DateTime<Utc>>,
    /// The values of columns that are counted together.
    pub together: Vec<Together>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The values of all rows.
    pub rows: Values,
    /// The values of the last row that each ticket has in the file.
    pub last: Values,
}

/// The values that some rows have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Values {
    /// How many rows have each value; what stands for a missing one is a value like any other.
    pub counts: BTreeMap<String, u64>,
    /// How many rows have none.
    pub missing: u64,
    /// How many rows have values beyond the hundred thousand that are told apart.
    pub beyond: u64,
    /// What the values come to if they are numbers, all that are not missing.
    pub numbers: Option<Numbers>,
}

impl Values {
    /// How many different values there are; `None` if they are too many to be told apart.
    pub fn distinct(&self) -> Option<usize> {
        (self.beyond == 0).then_some(self.counts.len())
    }

    /// The most frequent values first, those of the same number in their own order.
    pub fn top(&self) -> Vec<(&str, u64)> {
        let mut top: Vec<(&str, u64)> = self.counts.iter().map(|(value, count)| (value.as_str(), *count)).collect();
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        top
    }
}

/// What numbers come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Numbers {
    /// How many there are.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// Their mean.
    pub mean: f64,
    /// How far they spread around it: the deviation of a sample, over n - 1; 0 for one.
    pub deviation: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// How counts spread: of n ordered ones a percentile is between the two nearest, as their distance has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    /// Half are no greater.
    pub median: f64,
    /// Nine tenths are no greater.
    pub p90: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// Values that occur together in a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Together {
    /// The columns.
    pub columns: Vec<String>,
    /// How many rows have each set of values, which are joined by `|`.
    pub rows: BTreeMap<String, u64>,
    /// The same of the last row that each ticket has in the file.
    pub last: BTreeMap<String, u64>,
}

impl Profile {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Reads rows into a profile.
#[derive(Debug)]
pub(super) struct Profiler {
    missing: Vec<String>,
    columns: Vec<Counter>,
    tickets: HashMap<String, Seen>,
    together: Vec<Counted>,
    state: usize,
    transitions: HashMap<(u32, u32), u64>,
    stays: HashMap<u32, TimeDelta>,
    rows: u64,
    back: u64,
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Columns, and how many rows have each set of their values.
type Counted = (Vec<usize>, HashMap<Vec<u32>, u64>);

#[derive(Debug, Default)]
struct Counter {
    name: String,
    numbers: HashMap<String, u32>,
    values: Vec<(String, u64)>,
    beyond: u64,
}

const BEYOND: u32 = u32::MAX;

impl Counter {
    fn add(&mut self, value: &str) -> u32 {
        let number = match self.numbers.get(value) {
            Some(number) => *number,
            None if self.values.len() < DISTINCT => {
                let number = u32::try_from(self.values.len()).unwrap_or(BEYOND);
                self.numbers.insert(value.to_owned(), number);
                self.values.push((value.to_owned(), 0));
                number
            }
            None => {
                self.beyond += 1;
                return BEYOND;
            }
        };
        if let Some((_, count)) = self.values.get_mut(number as usize) {
            *count += 1;
        }
        number
    }

    fn name_of(&self, number: u32) -> &str {
        self.values.get(number as usize).map_or("…", |(value, _)| value)
    }
}

/// What is remembered of a ticket.
#[derive(Debug)]
struct Seen {
    rows: u64,
    last: Vec<u32>,
    at: Option<DateTime<Utc>>,
}

impl Profiler {
    pub(super) fn new(
        header: &[String],
        missing: impl IntoIterator<Item = String>,
        together: Vec<Vec<usize>>,
        state: usize,
    ) -> Self {
        let columns = header.iter().map(|name| Counter { name: name.clone(), ..Counter::default() }).collect();
        let together = together.into_iter().map(|columns| (columns, HashMap::new())).collect();
        Self {
            missing: missing.into_iter().collect(),
            columns,
            tickets: HashMap::new(),
            together,
            state,
            transitions: HashMap::new(),
            stays: HashMap::new(),
            rows: 0,
            back: 0,
            span: None,
        }
    }

    /// Counts a row of a ticket; its time is not known if it could not be read.
    pub(super) fn add<'a>(&mut self, id: &str, at: Option<DateTime<Utc>>, cells: impl Iterator<Item = &'a str>) {
        self.rows += 1;
        let row: Vec<u32> = self.columns.iter_mut().zip(cells).map(|(column, cell)| column.add(cell)).collect();
        for (columns, counts) in &mut self.together {
            let key = columns.iter().map(|column| row.get(*column).copied().unwrap_or(BEYOND)).collect();
            *counts.entry(key).or_default() += 1;
        }
        if let Some(at) = at {
            self.span = Some(self.span.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        }
        let state = row.get(self.state).copied().unwrap_or(BEYOND);
        match self.tickets.get_mut(id) {
            Some(seen) => {
                let before = seen.last.get(self.state).copied().unwrap_or(BEYOND);
                if before != state {
                    *self.transitions.entry((before, state)).or_default() += 1;
                }
                if let Some((from, to)) = seen.at.zip(at) {
                    self.back += u64::from(to < from);
                    *self.stays.entry(before).or_default() += (to - from).max(TimeDelta::zero());
                }
                *seen = Seen { rows: seen.rows + 1, last: row, at: at.or(seen.at) };
            }
            None => {
                self.tickets.insert(id.to_owned(), Seen { rows: 1, last: row, at });
            }
        }
    }

    pub(super) fn finish(self) -> Profile {
        let Self { missing, columns, tickets, together, state, transitions, stays, rows, back, span } = self;
        let name = |number| columns.get(state).map_or("", |column| column.name_of(number)).to_owned();
        let count = |values: &[(String, u64)], beyond| values_of(values, beyond, &missing);
        let mut last: Vec<HashMap<u32, u64>> = vec![HashMap::new(); columns.len()];
        let mut together: Vec<Together> = together
            .into_iter()
            .map(|(places, counts)| {
                let key = |row: Vec<u32>| {
                    let value = |(place, number): (&usize, u32)| columns.get(*place).map(|one| one.name_of(number));
                    places.iter().zip(row).filter_map(value).collect::<Vec<_>>().join("|")
                };
                let mut of_last: BTreeMap<String, u64> = BTreeMap::new();
                for seen in tickets.values() {
                    let row = places.iter().map(|place| seen.last.get(*place).copied().unwrap_or(BEYOND)).collect();
                    *of_last.entry(key(row)).or_default() += 1;
                }
                let names = places.iter().filter_map(|place| columns.get(*place)).map(|column| column.name.clone());
                Together {
                    columns: names.collect(),
                    rows: counts.into_iter().map(|(row, count)| (key(row), count)).collect(),
                    last: of_last,
                }
            })
            .collect();
        together.sort_by(|a, b| a.columns.cmp(&b.columns));
        for seen in tickets.values() {
            for (counts, number) in last.iter_mut().zip(&seen.last) {
                *counts.entry(*number).or_default() += 1;
            }
        }
        let columns_of = columns.iter().zip(last).map(|(column, mut last)| {
            let beyond = last.remove(&BEYOND).unwrap_or(0);
            let mut of_last: Vec<(String, u64)> =
                last.into_iter().map(|(number, count)| (column.name_of(number).to_owned(), count)).collect();
            of_last.sort();
            let rows = count(&column.values, column.beyond);
            Column { name: column.name.clone(), rows, last: count(&of_last, beyond) }
        });
        Profile {
            rows,
            tickets: tickets.len() as u64,
            rows_per_ticket: Spread::of(tickets.values().map(|seen| seen.rows)),
            columns: columns_of.collect(),
            transitions: named(transitions, |(from, to)| format!("{} -> {}", name(from), name(to))),
            hours_in_state: stays
                .into_iter()
                .map(|(state, stay)| (name(state), stay.as_seconds_f64() / 3600.0))
                .collect(),
            back_in_time: back,
            from: span.map(|(from, _)| from),
            to: span.map(|(_, to)| to),
            together,
        }
    }
}

fn named<K: Hash + Eq>(counts: HashMap<K, u64>, name: impl Fn(K) -> String) -> BTreeMap<String, u64> {
    counts.into_iter().map(|(key, count)| (name(key), count)).collect()
}

fn values_of(values: &[(String, u64)], beyond: u64, marks: &[String]) -> Values {
    let is_missing = |value: &str| value.is_empty() || marks.iter().any(|mark| mark == value);
    let missing = values.iter().filter(|(value, _)| is_missing(value)).map(|(_, count)| count).sum();
    let present = || values.iter().filter(|(value, _)| !is_missing(value));
    let parsed: Option<Vec<(f64, u64)>> = present()
        .map(|(value, count)| {
            value.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| (number, *count))
        })
        .collect();
    let numbers = parsed.filter(|parsed| !parsed.is_empty() && beyond == 0).map(|parsed| Numbers::of(&parsed));
    Values { counts: values.iter().cloned().collect(), missing, beyond, numbers }
}

impl Numbers {
    fn of(numbers: &[(f64, u64)]) -> Self {
        let n: u64 = numbers.iter().map(|(_, count)| count).sum();
        let sum: f64 = numbers.iter().map(|(number, count)| number * (*count as f64)).sum();
        let mean = sum / n as f64;
        let squares: f64 = numbers.iter().map(|(number, count)| (number - mean).powi(2) * (*count as f64)).sum();
        let deviation = if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 };
        let least = |a: f64, (b, _): &(f64, u64)| a.min(*b);
        let greatest = |a: f64, (b, _): &(f64, u64)| a.max(*b);
        let min = numbers.iter().fold(f64::INFINITY, least);
        let max = numbers.iter().fold(f64::NEG_INFINITY, greatest);
        Self { n, sum, mean, deviation, min, max }
    }
}

impl Spread {
    fn of(counts: impl Iterator<Item = u64>) -> Self {
        let mut counts: Vec<u64> = counts.collect();
        counts.sort_unstable();
        let (Some(min), Some(max)) = (counts.first(), counts.last()) else { return Self::default() };
        let at = |tenths: usize| {
            let place = tenths * (counts.len() - 1);
            let value = |place: usize| counts.get(place).map_or(0.0, |count| *count as f64);
            let (below, rest) = (place / 10, (place % 10) as f64 / 10.0);
            value(below) + (value(place.div_ceil(10)) - value(below)) * rest
        };
        Self {
            n: counts.len() as u64,
            mean: counts.iter().sum::<u64>() as f64 / counts.len() as f64,
            median: at(5),
            p90: at(9),
            min: *min as f64,
            max: *max as f64,
        }
    }
}

/// A line for each column: how much of it there is, and what is in it.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { mean, median, p90, max, .. } = self.rows_per_ticket;
        writeln!(
            f,
            "{} rows of {} tickets; a ticket has {mean:.1} (p50 {median}, p90 {p90}, max {max})",
            self.rows, self.tickets
        )?;
        if let Some((from, to)) = self.from.zip(self.to) {
            writeln!(f, "from {} to {}", from.format("%Y-%m-%d %H:%M"), to.format("%Y-%m-%d %H:%M"))?;
        }
        let width = self.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
        for Column { name, rows, .. } in &self.columns {
            let distinct = rows.distinct().map_or_else(|| format!("over {DISTINCT}"), |distinct| distinct.to_string());
            write!(f, "  {name:width$}  {distinct} values, {} missing", rows.missing)?;
            match rows.numbers {
                Some(Numbers { mean, min, max, .. }) => writeln!(f, "; {min} to {max}, mean {mean:.2}")?,
                None => {
                    let top: Vec<String> =
                        rows.top().into_iter().take(3).map(|(value, count)| format!("{value} {count}")).collect();
                    writeln!(f, "; {}", top.join(", "))?;
                }
            }
        }
        if self.back_in_time > 0 {
            writeln!(f, "{} rows are older than the one before them of the same ticket", self.back_in_time)?;
        }
        Ok(())
    }
}
