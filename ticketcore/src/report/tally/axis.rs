//! Where a ticket stands: small numbers for the values of a dimension.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc, Weekday};

use super::buckets::Buckets;
use super::names::Names;
use super::packed::{Column, Labels, Maybe, Packed};
use super::pieces::Piece;
use crate::priority::Priority;
use crate::report::figures::status;
use crate::report::{Bucket, Cell, Dimension, Each, Unit};
use crate::status::Status;
use crate::time::{Zone, from_micros};

/// Numbers the values of one dimension; 0 is none.
#[derive(Clone, Debug)]
pub(super) enum Axis {
    Status,
    Priority,
    Text(fn(&Packed) -> &Labels),
    Created(Buckets),
    /// When something happened, if it did.
    Time(fn(&Packed) -> &Column<Maybe>, Buckets),
    /// Of the days seen, by their codes, which day of the week each is.
    Weekday(Buckets, Vec<usize>),
    Hour(Zone),
    Age {
        now: i64,
    },
    /// Of pieces.
    Name(Names),
    /// Of pieces that are of a place in life.
    Life,
    Then(Buckets),
}

impl Axis {
    pub(super) fn new(dimension: &Dimension, each: Each, now: i64) -> Self {
        let time = |read, bucket: &Bucket| Self::Time(read, Buckets::new(bucket.clone()));
        match dimension {
            Dimension::Kind => Self::Text(|packed| &packed.kind),
            Dimension::Status => Self::Status,
            Dimension::State => Self::Text(|packed| &packed.state),
            Dimension::Category => Self::Text(|packed| &packed.category),
            Dimension::Team => Self::Text(|packed| &packed.team),
            Dimension::Queue => Self::Text(|packed| &packed.queue),
            Dimension::Assignee => Self::Text(|packed| &packed.assignee),
            Dimension::Requester => Self::Text(|packed| &packed.requester),
            Dimension::Priority => Self::Priority,
            Dimension::Channel => Self::Text(|packed| &packed.channel),
            Dimension::Created(bucket) => Self::Created(Buckets::new(bucket.clone())),
            Dimension::Resolved(bucket) => time(|packed| &packed.resolved, bucket),
            Dimension::Closed(bucket) => time(|packed| &packed.closed, bucket),
            Dimension::FirstResolved(bucket) => time(|packed| &packed.first_resolved, bucket),
            Dimension::Weekday(zone) => {
                Self::Weekday(Buckets::new(Bucket { unit: Unit::Day, zone: zone.clone() }), Vec::new())
            }
            Dimension::Hour(zone) => Self::Hour(zone.clone()),
            Dimension::AgeBand => Self::Age { now },
            Dimension::Each => match each {
                Each::Entry | Each::Exit => Self::Life,
                Each::Ticket | Each::State | Each::Team | Each::Assignee | Each::Crossing => {
                    Self::Name(Names::default())
                }
            },
            Dimension::Then(bucket) => Self::Then(Buckets::new(bucket.clone())),
        }
    }

    /// The numbers of many tickets, or of pieces of them, which stand in the places of their rows.
    pub(super) fn codes(&mut self, packed: &Packed, rows: &[usize], pieces: &[Piece<'_>], codes: &mut Vec<usize>) {
        codes.clear();
        let rows = rows.iter().copied();
        // What most ask for, without a look at what is asked for at every row.
        match self {
            Self::Status => codes.extend(rows.map(|row| packed.status.code(row))),
            Self::Text(labels) => {
                let labels = labels(packed);
                codes.extend(rows.map(|row| labels.code(row)));
            }
            Self::Priority => codes.extend(rows.map(|row| priority(packed, row))),
            Self::Created(buckets) => codes.extend(rows.map(|row| piece_of(buckets, Some(packed.created.get(row))))),
            Self::Time(times, buckets) => {
                let times = times(packed);
                codes.extend(rows.map(|row| piece_of(buckets, times.time(row))));
            }
            Self::Weekday(..) | Self::Hour(_) | Self::Age { now: _ } | Self::Name(_) | Self::Life | Self::Then(_) => {
                let none = Piece::default();
                let piece = |place| pieces.get(place).unwrap_or(&none);
                codes.extend(rows.enumerate().map(|(place, row)| self.code(packed, row, piece(place))));
            }
        }
    }

    fn code(&mut self, packed: &Packed, row: usize, piece: &Piece<'_>) -> usize {
        match self {
            Self::Status => packed.status.code(row),
            Self::Priority => priority(packed, row),
            Self::Text(labels) => labels(packed).code(row),
            Self::Created(buckets) => piece_of(buckets, Some(packed.created.get(row))),
            Self::Time(times, buckets) => piece_of(buckets, times(packed).time(row)),
            Self::Weekday(buckets, known) => buckets.code(packed.created.get(row)).map_or(0, |day| {
                // Asking the zone and the calendar costs more than adding up the ticket, so each day is asked once.
                let rest = known.len()..=day;
                known.extend(rest.filter_map(|day| weekday(buckets.name(day)?)));
                known.get(day).map_or(0, |place| 1 + place)
            }),
            Self::Hour(zone) => from_micros(packed.created.get(row)).map_or(0, |at| 1 + hour(zone, at)),
            Self::Age { now } => {
                if packed.is_open(row) {
                    1 + band(now.saturating_sub(packed.created.get(row)))
                } else {
                    0
                }
            }
            Self::Name(names) => piece.name.map_or(0, |name| 1 + names.code(name)),
            Self::Life => {
                let place = piece.name.and_then(|name| Status::ALL.iter().position(|status| status.as_str() == name));
                place.map_or(0, |place| 1 + place)
            }
            Self::Then(buckets) => piece_of(buckets, piece.at),
        }
    }

    /// Where a ticket stands, or a piece of it.
    pub(super) fn read(&mut self, packed: &Packed, row: usize, piece: &Piece<'_>) -> Cell {
        let code = self.code(packed, row, piece);
        self.cell(packed, code)
    }

    /// The value of a number.
    fn cell(&self, packed: &Packed, code: usize) -> Cell {
        let Some(place) = code.checked_sub(1) else { return Cell::None };
        let text = |text: Option<&str>| text.map_or(Cell::None, |text| Cell::Text(text.to_owned()));
        match self {
            Self::Status => packed.status.names.text(place).map_or(Cell::None, status_cell),
            Self::Priority => u8::try_from(code).ok().and_then(Priority::new).map_or(Cell::None, Cell::Priority),
            Self::Text(labels) => text(labels(packed).names.text(place)),
            Self::Name(names) => text(names.text(place)),
            Self::Created(buckets) | Self::Time(_, buckets) | Self::Then(buckets) => text(buckets.name(place)),
            Self::Weekday(..) => week().nth(place).unwrap_or(Cell::None),
            Self::Hour(_) => u8::try_from(place).map_or(Cell::None, |hour| Cell::Text(format!("{hour:02}"))),
            Self::Age { now: _ } => BANDS.get(place).map_or(Cell::None, |(_, name)| ranked(place, name)),
            Self::Life => Status::ALL.get(place).copied().map_or(Cell::None, Cell::Status),
        }
    }

    /// The values by their numbers.
    pub(super) fn cells(&self, packed: &Packed) -> Vec<Cell> {
        let values = match self {
            Self::Status => packed.status.names.len(),
            Self::Text(labels) => labels(packed).names.len(),
            Self::Name(names) => names.len(),
            Self::Priority => Priority::all().count(),
            Self::Created(buckets) | Self::Time(_, buckets) | Self::Then(buckets) => buckets.len(),
            Self::Weekday(..) => WEEK.len(),
            Self::Hour(_) => 24,
            Self::Age { now: _ } => BANDS.len(),
            Self::Life => Status::ALL.len(),
        };
        (0..=values).map(|code| self.cell(packed, code)).collect()
    }
}

fn priority(packed: &Packed, row: usize) -> usize {
    Priority::new(packed.priority.get(row)).map_or(0, |priority| usize::from(priority.number()))
}

fn piece_of(buckets: &mut Buckets, at: Option<i64>) -> usize {
    at.and_then(|at| buckets.code(at)).map_or(0, |code| 1 + code)
}

/// The bands of ages: up to how many days of 24 hours each goes, and its name.
pub(in crate::report) const BANDS: [(i64, &str); 6] = [
    (1, "under 1 day"),
    (3, "1 to 3 days"),
    (7, "3 to 7 days"),
    (30, "7 to 30 days"),
    (90, "30 to 90 days"),
    (i64::MAX, "90 days and over"),
];

/// The band of an age in microseconds.
fn band(age: i64) -> usize {
    let days = age.div_euclid(86_400_000_000);
    BANDS.iter().position(|(below, _)| days < *below).unwrap_or(BANDS.len() - 1)
}

fn hour(zone: &Zone, at: DateTime<Utc>) -> usize {
    usize::try_from(zone.civil(at).hour()).unwrap_or_default()
}

/// The week, as ISO 8601 orders it.
const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// The days of the week as cells, from Monday on.
pub(in crate::report) fn week() -> impl Iterator<Item = Cell> {
    WEEK.iter().enumerate().map(|(place, day)| ranked(place, &day.to_string()))
}

/// Which day of the week a date is that names a bucket.
fn weekday(day: &str) -> Option<usize> {
    let date: NaiveDate = day.parse().ok()?;
    WEEK.iter().position(|weekday| *weekday == date.weekday())
}

fn ranked(place: usize, name: &str) -> Cell {
    Cell::Ranked(u8::try_from(place).unwrap_or(u8::MAX), name.to_owned())
}

fn status_cell(name: &str) -> Cell {
    status(name).map_or_else(|| Cell::Text(name.to_owned()), Cell::Status)
}
