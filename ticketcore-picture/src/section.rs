//! From what a report shows to the picture of it.

use ticketcore::report::{Section, Value};
use ticketcore::ticket::Status;

use crate::date::civil;
use crate::{Ages, Bands, Heat, Level, Load, Period, Picture, Stack, Trend};

/// Finds the picture of a section by its columns, if there is a natural one:
///
/// | columns | picture |
/// |---|---|
/// | a bucket of time, `opened` or `created`, `resolved` or `first_resolved`, and `backlog` if there is one | [`Trend`] |
/// | a bucket of time, `new`, `open`, `pending`, `resolved` and `closed` | [`Stack`] |
/// | a bucket of time, and percentiles of one length of time (`p50`, `resolution_p90`) | [`Bands`] |
/// | `assignee` or `agent`, `backlog` or `open`, and `capacity` if there is one | [`Load`] |
/// | two texts and a share, or a count if there is no share: one text is the row, one the column | [`Heat`] |
/// | one text and a share | [`Heat`] of one column |
/// | one text and at least two columns of shares; `created_hour` and counts | [`Heat`] of these columns |
/// | `age_band`, and counts | [`Ages`] |
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Heading, Section, Value};
///
/// let section = Section {
///     title: "Opened and resolved by day".to_owned(),
///     headings: ["day", "opened", "resolved"].map(Heading::new).to_vec(),
///     rows: vec![vec![Value::Text("2026-11-21".to_owned()), Value::Count(3), Value::Count(2)]],
///     ..Section::default()
/// };
/// assert!(ticketcore_picture::of(&section).is_some());
/// ```
#[must_use]
pub fn of(section: &Section) -> Option<Box<dyn Picture>> {
    let stack = || Stack::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    let ages = || Ages::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    let trend = || Trend::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    let bands = || Bands::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    let load = || Load::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    let heat = || Heat::of(section).map(|picture| Box::new(picture) as Box<dyn Picture>);
    stack().or_else(ages).or_else(trend).or_else(bands).or_else(load).or_else(heat)
}

/// Finds the picture of a report: that of the first of its sections that has one.
#[must_use]
pub fn first_of(sections: &[Section]) -> Option<Box<dyn Picture>> {
    sections.iter().find_map(of)
}

/// Finds a column by its name.
fn column(section: &Section, names: &[&str]) -> Option<usize> {
    section.headings.iter().position(|heading| names.contains(&heading.name.as_str()))
}

/// Whether the first column holds buckets of time, and nothing else but empty cells.
fn is_timed(section: &Section) -> bool {
    let is_time = |row: &Vec<Value>| match row.first() {
        Some(Value::Text(text)) => civil(text).is_some(),
        Some(Value::Empty) => true,
        Some(Value::Count(_) | Value::Number(_) | Value::Time(_) | Value::Share(_)) | None => false,
    };
    let units = ["hour", "day", "week", "month", "quarter", "year"];
    let named = section.headings.first().is_some_and(|heading| {
        let name = heading.name.as_str();
        name == "from" || units.iter().any(|unit| name == *unit || name.ends_with(&format!("_{unit}")))
    });
    named && section.rows.iter().all(is_time)
}

fn count(row: &[Value], column: usize) -> Option<u64> {
    match row.get(column) {
        Some(Value::Count(count)) => Some(*count),
        Some(Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Share(_) | Value::Empty) | None => None,
    }
}

fn text(row: &[Value], column: usize) -> Option<&str> {
    match row.get(column) {
        Some(Value::Text(text)) => Some(text),
        Some(Value::Count(_) | Value::Number(_) | Value::Time(_) | Value::Share(_) | Value::Empty) | None => None,
    }
}

impl Trend {
    /// Takes the rows of a section of buckets that says what was opened (or created) and resolved in each.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let created = column(section, &["opened", "created"])?;
        let resolved = column(section, &["resolved", "first_resolved"])?;
        let backlog = column(section, &["backlog"]);
        if !is_timed(section) {
            return None;
        }
        let period = |row: &Vec<Value>| {
            Some(Period {
                at: civil(text(row, 0)?)?,
                created: count(row, created)?,
                resolved: count(row, resolved)?,
                backlog: backlog.and_then(|backlog| count(row, backlog)),
            })
        };
        let periods = section.rows.iter().filter_map(period).collect();
        Some(Self { title: section.title.clone(), about: section.about.clone(), periods, forecast: Vec::new() })
    }
}

impl Stack {
    /// Takes the rows of a section of buckets that says how many tickets stood in each place in life.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let names = section.headings.iter().skip(1).map(|heading| heading.name.as_str());
        if !is_timed(section) || !names.eq(Status::ALL.map(Status::as_str)) {
            return None;
        }
        let layers = Status::ALL.map(|status| status.to_string());
        let stack = Self::new(&section.title, &section.about, layers);
        Some(section.rows.iter().fold(stack, |stack, row| match text(row, 0).and_then(civil) {
            Some(at) => stack.point(at, (1..row.len()).map(|column| count(row, column).unwrap_or_default())),
            None => stack,
        }))
    }
}

impl Ages {
    /// Takes the rows of a section of age bands that counts the backlog in each, by something such as priority.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        if section.headings.first()?.name != "age_band" {
            return None;
        }
        let parts = section.headings.iter().skip(1).map(|heading| heading.name.as_str());
        let ages = Self::new(&section.title, &section.about, parts);
        let add = |ages: Self, row: &Vec<Value>| {
            let counts = (1..row.len()).map(|column| count(row, column).unwrap_or_default());
            ages.band(text(row, 0).unwrap_or("-"), counts)
        };
        Some(section.rows.iter().fold(ages, add))
    }
}

impl Bands {
    /// Takes the rows of a section of buckets that has percentiles of one length of time.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let percentile = |name: &str| {
            let short = name.rsplit('_').next().unwrap_or_default();
            let is = short
                .strip_prefix('p')
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
            is.then(|| (name.strip_suffix(short).unwrap_or_default().to_owned(), short.to_owned()))
        };
        let found: Vec<(usize, String, String)> = section
            .headings
            .iter()
            .enumerate()
            .filter(|(_, heading)| heading.unit == Some("s"))
            .filter_map(|(i, heading)| percentile(&heading.name).map(|(of, short)| (i, of, short)))
            .collect();
        let of = found.first()?.1.clone();
        let lines: Vec<_> = found.into_iter().filter(|(_, other, _)| *other == of).collect();
        if !is_timed(section) {
            return None;
        }
        let mut picture = Self::new(&section.title, &section.about, lines.iter().map(|(_, _, name)| name));
        for row in &section.rows {
            let Some(at) = text(row, 0).and_then(civil) else { continue };
            let time = |column: usize| match row.get(column) {
                Some(Value::Time(time)) => Some(*time),
                Some(Value::Text(_) | Value::Count(_) | Value::Number(_) | Value::Share(_) | Value::Empty) | None => {
                    None
                }
            };
            picture = picture.bucket(at, lines.iter().map(|(column, _, _)| time(*column)));
        }
        Some(picture)
    }
}

impl Load {
    /// Takes the rows of a section of agents that says what each has.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let agent = column(section, &["assignee", "agent"])?;
        let open = column(section, &["open", "backlog"])?;
        let capacity = column(section, &["capacity"]);
        let one = |row: &Vec<Value>| {
            Some(crate::Burden {
                agent: text(row, agent).map(str::to_owned),
                open: count(row, open)?,
                capacity: capacity.and_then(|capacity| count(row, capacity)),
            })
        };
        let agents = section.rows.iter().filter_map(one).collect();
        Some(Self { title: section.title.clone(), about: section.about.clone(), agents })
    }
}

impl Heat {
    /// Takes the rows of a section that is a matrix already: a text and shares, or an hour and counts.
    fn matrix(section: &Section) -> Option<Self> {
        let values = || section.rows.iter().flat_map(|row| row.iter().skip(1));
        let shares = values().all(|value| matches!(value, Value::Share(_) | Value::Empty));
        let counts = values().all(|value| matches!(value, Value::Count(_)));
        let hours = section.headings.first().is_some_and(|heading| heading.name == "created_hour");
        if section.headings.len() < 3 || !(shares || counts && hours) {
            return None;
        }
        let name = |row: &[Value]| text(row, 0).unwrap_or("-").to_owned();
        let level = |value: &Value| match value {
            Value::Share(share) => Level::Share(*share),
            Value::Count(count) => Level::Count(*count),
            Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Empty => Level::None,
        };
        let columns = section.headings.iter().skip(1).map(|heading| heading.name.as_str());
        let picture = Self::new(&section.title, &section.about, columns);
        let add = |picture: Self, row: &Vec<Value>| picture.row(name(row), row.iter().skip(1).map(level));
        Some(section.rows.iter().fold(picture, add))
    }

    /// Takes the rows of a section of one or two texts and a share or, with two texts, a count.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let texts = |column: usize| {
            section.rows.iter().all(|row| matches!(row.get(column), Some(Value::Text(_) | Value::Empty)))
        };
        let share = (0..section.headings.len())
            .find(|column| section.rows.iter().any(|row| matches!(row.get(*column), Some(Value::Share(_)))));
        if section.rows.is_empty() || is_timed(section) || !texts(0) {
            return None;
        }
        let level = |value: Option<&Value>| match value {
            Some(Value::Share(share)) => Level::Share(*share),
            Some(Value::Count(count)) => Level::Count(*count),
            Some(Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Empty) | None => Level::None,
        };
        let name = |row: &[Value], column: usize| text(row, column).unwrap_or("-").to_owned();
        if let Some(matrix) = Self::matrix(section) {
            return Some(matrix);
        }
        if !texts(1) {
            let share = share?;
            let column = section.headings.get(share)?.name.replace('_', " ");
            let mut picture = Self::new(&section.title, &section.about, [column]);
            for row in &section.rows {
                picture = picture.row(name(row, 0), [level(row.get(share))]);
            }
            return Some(picture);
        }
        let value = share.or_else(|| {
            let counts =
                |column: &usize| section.rows.iter().all(|row| matches!(row.get(*column), Some(Value::Count(_))));
            (2..section.headings.len()).find(counts)
        })?;
        // The order of the rows is that of the report; columns are in the order of their names, nothing last.
        let mut columns: Vec<String> = section.rows.iter().map(|row| name(row, 1)).collect();
        columns.sort_by_key(|column| (column == "-", column.clone()));
        columns.dedup();
        let mut rows: Vec<(String, Vec<Level>)> = Vec::new();
        for row in &section.rows {
            let own = name(row, 0);
            if rows.last().is_none_or(|(last, _)| *last != own) {
                rows.push((own, vec![Level::None; columns.len()]));
            }
            let place = columns.iter().position(|column| *column == name(row, 1));
            if let Some(cell) = place.and_then(|place| rows.last_mut()?.1.get_mut(place)) {
                *cell = level(row.get(value));
            }
        }
        Some(Self { title: section.title.clone(), about: section.about.clone(), columns, rows })
    }
}
