//! From what a report shows to the picture of it.

use ticketcore::report::{Section, Value};
use ticketcore::status::Status;

use crate::date::civil;
use crate::{Ages, Bands, Heat, Level, Load, Period, Picture, Stack, Trend};

/// Finds the picture of a section by its columns, if there is a natural one:
///
/// | columns | picture |
/// |---|---|
/// | a bucket of time, `opened`, `created` or `arrivals`, `resolved` or `throughput`, and `backlog` if there is one | [`Trend`] |
/// | a bucket of time, and a count for each status | [`Stack`], [overlaid](Stack::overlaid) |
/// | a bucket of time, and percentiles of one length of time (`p50`, `resolution_p90`) | [`Bands`] |
/// | `age_band`, and counts | [`Ages`] |
/// | `assignee` or `agent`, `backlog` or `open`, and `taken` and `capacity` if there are limits | [`Load`] |
/// | two texts and a share, or a count if there is no share: one text is the row, one the column | [`Heat`] |
/// | a text and shares, or counts of hours (`00` to `23`) | [`Heat`] |
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
    fn boxed(picture: impl Picture + 'static) -> Box<dyn Picture> {
        Box::new(picture)
    }
    Trend::of(section)
        .map(boxed)
        .or_else(|| Stack::of(section).map(boxed))
        .or_else(|| Bands::of(section).map(boxed))
        .or_else(|| Ages::of(section).map(boxed))
        .or_else(|| Load::of(section).map(boxed))
        .or_else(|| Heat::of(section).map(boxed))
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
        let created = column(section, &["created", "opened", "arrivals"])?;
        let resolved = column(section, &["resolved", "throughput"])?;
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
        let [taken, capacity] = ["taken", "capacity"].map(|name| column(section, &[name]));
        let one = |row: &Vec<Value>| {
            let read = |column: Option<usize>| column.and_then(|column| count(row, column));
            // Of an agent with a limit, what counts against it.
            let open = read(taken).or_else(|| count(row, open))?;
            Some(crate::Burden { agent: text(row, agent).map(str::to_owned), open, capacity: read(capacity) })
        };
        let agents = section.rows.iter().filter_map(one).collect();
        Some(Self { title: section.title.clone(), about: section.about.clone(), agents })
    }
}

impl Stack {
    /// Takes the rows of a section of buckets that has a count for each status.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let layers: Vec<&str> = section.headings.iter().skip(1).map(|heading| heading.name.as_str()).collect();
        let is_status = |name: &&str| Status::ALL.iter().any(|status| status.as_str() == *name);
        if layers.len() < 2 || !layers.iter().all(is_status) || !is_timed(section) {
            return None;
        }
        let mut picture = Self::new(&section.title, &section.about, layers).overlaid();
        for row in &section.rows {
            let Some(at) = text(row, 0).and_then(civil) else { continue };
            picture = picture.point(at, (1..row.len()).map(|column| count(row, column).unwrap_or_default()));
        }
        Some(picture)
    }
}

impl Ages {
    /// Takes the rows of a section of bands of age.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        if section.headings.first()?.name != "age_band" {
            return None;
        }
        let parts = section.headings.iter().skip(1).map(|heading| heading.name.clone());
        let picture = Self::new(&section.title, &section.about, parts);
        Some(section.rows.iter().fold(picture, |picture, row| {
            let counts = (1..row.len()).map(|column| count(row, column).unwrap_or_default());
            picture.band(text(row, 0).unwrap_or("-"), counts)
        }))
    }
}

/// Whether a section without rows would be a [`Heat`] if it had some: only the names of its columns can tell.
fn could_be(section: &Section) -> bool {
    let names: Vec<&str> = section.headings.iter().map(|heading| heading.name.as_str()).collect();
    let is_dimension = |name: &&str| {
        ["kind", "status", "state", "priority", "category", "team", "queue", "requester", "channel", "policy"]
            .contains(name)
    };
    let is_share = |name: &str| {
        let ends = ["share", "rate", "satisfaction", "escalated"].iter().any(|end| name.ends_with(end));
        ends || name.starts_with("resolved_within_")
    };
    match names.as_slice() {
        [row, column, _, ..] if is_dimension(row) && is_dimension(column) => true,
        [_, hours @ ..] if !hours.is_empty() && hours.iter().all(is_hour) => true,
        [_, rest @ ..] => rest.iter().copied().any(is_share),
        [] => false,
    }
}

fn is_hour(name: &&str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_digit())
}

impl Heat {
    /// Takes the rows of a section of two texts and a share or a count, or of one text and shares or counts of hours.
    #[must_use]
    pub fn of(section: &Section) -> Option<Self> {
        let width = section.headings.len();
        let all = |column: usize, is: fn(&Value) -> bool| {
            section.rows.iter().all(|row| row.get(column).is_none_or(|value| is(value) || *value == Value::Empty))
        };
        let any =
            |column: usize, is: fn(&Value) -> bool| section.rows.iter().any(|row| row.get(column).is_some_and(is));
        let columns = |is: fn(&Value) -> bool| -> Vec<usize> {
            (1..width).filter(|column| all(*column, is) && any(*column, is)).collect()
        };
        if section.rows.is_empty() {
            return could_be(section).then(|| Self::new(&section.title, &section.about, Vec::<String>::new()));
        }
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        let (shares, counts) =
            (columns(|value| matches!(value, Value::Share(_))), columns(|value| matches!(value, Value::Count(_))));
        if !all(0, is_text) {
            return None;
        }
        if width > 2 && all(1, is_text) && any(1, is_text) {
            let value = shares.first().or_else(|| counts.first())?;
            return Some(Self::crossed(section, *value));
        }
        let names: Vec<&str> = section.headings.iter().map(|heading| heading.name.as_str()).collect();
        let is_matrix = width > 2 && names.iter().skip(1).all(is_hour);
        // Columns of which nothing can be said stay beside the others.
        let wanted = match (shares.as_slice(), is_matrix) {
            ([], true) => (1..width).collect(),
            ([], false) => return None,
            (shares, _) if counts.is_empty() && shares.iter().all(|column| *column > 0) => {
                (1..width).filter(|column| all(*column, |value| matches!(value, Value::Share(_)))).collect()
            }
            (shares, _) => shares.to_vec(),
        };
        let columns = wanted.iter().map(|column| names[*column].replace('_', " "));
        let picture = Self::new(&section.title, &section.about, columns);
        Some(section.rows.iter().fold(picture, |picture, row| {
            picture.row(text(row, 0).unwrap_or("-"), wanted.iter().map(|column| level(row.get(*column))))
        }))
    }

    /// The first text of each row is the row, the second the column.
    fn crossed(section: &Section, value: usize) -> Self {
        let name = |row: &[Value], column: usize| text(row, column).unwrap_or("-").to_owned();
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
        Self { title: section.title.clone(), about: section.about.clone(), columns, rows }
    }
}

const fn level(value: Option<&Value>) -> Level {
    match value {
        Some(Value::Share(share)) => Level::Share(*share),
        Some(Value::Count(count)) => Level::Count(*count),
        Some(Value::Text(_) | Value::Number(_) | Value::Time(_) | Value::Empty) | None => Level::None,
    }
}
