//! Small numbers for days, weeks and months, so that adding a ticket up asks no time zone.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

use crate::report::{Bucket, Unit};
use crate::time::{from_micros, micros};

/// Numbers pieces of civil time from 0 in the order in which they come up.
#[derive(Debug)]
pub(super) struct Buckets {
    bucket: Bucket,
    names: Vec<String>,
    /// The pieces seen, by their start: asking the zone costs as much as adding up the rest of the ticket.
    pieces: Vec<Piece>,
    /// Where the last instant was found: tickets mostly come in the order of their making.
    last: usize,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: i64,
    /// Exclusive.
    end: i64,
    code: usize,
}

impl Buckets {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self { bucket, names: Vec::new(), pieces: Vec::new(), last: 0 }
    }

    /// The code of the piece that holds an instant, in microseconds since 1970; `None` beyond the calendar.
    pub(super) fn code(&mut self, at: i64) -> Option<usize> {
        let holds = |piece: &&Piece| (piece.start..piece.end).contains(&at);
        if let Some(piece) = self.pieces.get(self.last).filter(holds) {
            return Some(piece.code);
        }
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        if let Some(piece) = self.pieces[..after].last().filter(holds) {
            self.last = after - 1;
            return Some(piece.code);
        }
        let (name, start, end) = self.bucket.piece(from_micros(at)?)?;
        let code = self.names.len();
        self.names.push(name);
        self.pieces.insert(after, Piece { start: micros(start), end: micros(end), code });
        self.last = after;
        Some(code)
    }

    /// The names of the pieces by their codes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl Bucket {
    /// The piece that holds an instant: its name, its start and the start of the next.
    fn piece(&self, at: DateTime<Utc>) -> Option<(String, DateTime<Utc>, DateTime<Utc>)> {
        let start_of = |date: NaiveDate| self.zone.instant(date.and_time(NaiveTime::MIN));
        let mut date = self.unit.first(self.zone.civil(at).date())?;
        loop {
            let next = self.unit.next(date)?;
            // Where clocks go back over midnight, the old day shows again after the new one has begun.
            if at < start_of(next) {
                return Some((self.unit.name(date), start_of(date), start_of(next)));
            }
            date = next;
        }
    }
}

impl Unit {
    /// The first date of the piece that holds a date.
    fn first(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into())),
            Self::Month => date.with_day(1),
        }
    }

    /// The first date of the piece after the one that starts at a date.
    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => first.succ_opt(),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        }
    }

    fn name(self, first: NaiveDate) -> String {
        match self {
            Self::Day => first.format("%Y-%m-%d").to_string(),
            Self::Week => first.format("%G-W%V").to_string(),
            Self::Month => first.format("%Y-%m").to_string(),
        }
    }
}
