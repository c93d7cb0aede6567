//! The tickets behind a number: from a row of a table back to the question that finds them.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Cell, Cohort, Dimension, Each, Measure, Scan, Table};
use crate::channel::Channel;
use crate::query::{Assignee, Bounds, Counter, Filter, Part, Period, Promise, Stands};
use crate::status::Status;
use crate::time::{from_micros, micros};

/// Says which of a measure's numbers is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Number {
    /// Every ticket that counts in the measure: the count itself, the number of times measured, the whole of a share.
    #[default]
    All,
    /// Of a share, those that have it; of a counter, those that have at least one.
    Part,
    /// Of [`Measure::Attainment`], the tickets with a promise that was broken and not excused. One ticket may have
    /// broken several, so they can be fewer than the cycles counted.
    Breached,
    /// Of [`Measure::Attainment`], the tickets with a promise that was broken and excused.
    Excused,
}

/// Why no filter finds the tickets behind a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotBehind {
    /// The table has no such row.
    #[error("the table has {rows} rows, and no row {row}, counted from 0")]
    NoRow {
        /// Which was asked for.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// The table has no such measure.
    #[error("the table does not measure {measure}")]
    NoMeasure {
        /// What it is called.
        measure: String,
    },
    /// Tickets cannot be asked for what is counted there.
    #[error("no question to tickets finds those behind {what}")]
    NotAsked {
        /// What cannot be asked.
        what: String,
    },
}

impl NotBehind {
    fn not_asked(what: impl fmt::Display) -> Self {
        Self::NotAsked { what: what.to_string() }
    }
}

impl Table {
    /// Returns the filter that finds the tickets behind a number of a table: those of the scan's filter and of the
    /// table's cohort that stand in the row and count in the measure. Rows are counted from 0.
    ///
    /// # Errors
    ///
    /// [`NotBehind`] if there is no such row or measure, or if tickets cannot be asked for what is counted: pieces of
    /// tickets, and what only a ticket's course tells.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::report::{Ask, Dimension, Measure, Number, Plain, TableSpec};
    /// use ticketcore::{Desk, Draft, MemoryStore, Query};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.open(Draft::incident("No mail").team("net")).await?;
    /// desk.open(Draft::incident("No disk").team("db")).await?;
    ///
    /// let table = TableSpec::new([Dimension::Team], [Measure::Backlog]);
    /// let scan = desk.ask().await?.scan(&Plain::new("teams").section("Teams", "Open tickets.", table));
    /// let tables = desk.tally(&scan).await?;
    /// let behind = tables[0].behind(&scan, 0, &Measure::Backlog, Number::All)?;
    /// let found = desk.find(&Query::new(behind)).await?.tickets;
    /// assert_eq!(found[0].subject, "No disk");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn behind(&self, scan: &Scan, row: usize, measure: &Measure, number: Number) -> Result<Filter, NotBehind> {
        let Some(found) = self.rows.get(row) else { return Err(NotBehind::NoRow { row, rows: self.rows.len() }) };
        if !self.measures.contains(measure) {
            return Err(NotBehind::NoMeasure { measure: measure.to_string() });
        }
        if self.each != Each::Ticket {
            return Err(NotBehind::not_asked(self.each.as_str()));
        }
        let mut all = vec![cohort(&self.cohort)?, counted(measure, number, scan.now)?];
        for (dimension, cell) in self.by.iter().zip(&found.cells) {
            all.push(stands(dimension, cell, scan.now)?);
        }
        all.retain(|filter| *filter != Filter::all());
        Ok(Filter { all: [scan.filter.all.clone(), all].concat(), ..scan.filter.clone() })
    }
}

fn having(part: Part) -> Filter {
    Filter { has: vec![part], ..Filter::all() }
}

fn lacking(part: Part) -> Filter {
    Filter::without([having(part)])
}

fn at_least(counter: Counter, least: i64) -> Filter {
    let bounds = Bounds { least: Some(least), most: None };
    Filter { counts: vec![(counter, bounds)], ..Filter::all() }
}

/// What a cohort means. A period that asks nothing asks all the same for the date itself.
fn cohort(cohort: &Cohort) -> Result<Filter, NotBehind> {
    let filter = Filter::all();
    let (part, filter) = match *cohort {
        Cohort::All => return Ok(filter),
        Cohort::Created(created) => return Ok(Filter { created, ..filter }),
        Cohort::FirstResolved(first_resolved) => (Part::FirstResolved, Filter { first_resolved, ..filter }),
        Cohort::Resolved(resolved) => (Part::Resolved, Filter { resolved, ..filter }),
        Cohort::Closed(closed) => (Part::Closed, Filter { closed, ..filter }),
        Cohort::Then(_) => return Err(NotBehind::not_asked("what happened then")),
    };
    Ok(Filter { has: vec![part], ..filter })
}

/// What a measure counts.
fn counted(measure: &Measure, number: Number, now: DateTime<Utc>) -> Result<Filter, NotBehind> {
    let not_asked = || Err(NotBehind::not_asked(measure));
    let counter = |counter| match number {
        Number::All => Ok(Filter::all()),
        Number::Part => Ok(at_least(counter, 1)),
        Number::Breached | Number::Excused => not_asked(),
    };
    let time = |part| if number == Number::All { Ok(having(part)) } else { not_asked() };
    let share = |whole: Filter, part: Option<Filter>| match (number, part) {
        (Number::All, _) => Ok(whole),
        (Number::Part, Some(part)) => Ok(Filter { all: vec![whole, part], ..Filter::all() }),
        (Number::Part, None) | (Number::Breached | Number::Excused, _) => not_asked(),
    };
    match measure {
        Measure::Count if number == Number::All => Ok(Filter::all()),
        Measure::Backlog | Measure::Age if number == Number::All => Ok(Filter::open()),
        Measure::Count | Measure::Backlog | Measure::Age => not_asked(),
        Measure::FirstResponse(_) => time(Part::Responded),
        Measure::Resolution(_) | Measure::NetResolution(_) => time(Part::Resolved),
        Measure::FirstResolution(_) => time(Part::FirstResolved),
        Measure::Closing => time(Part::Closed),
        Measure::Reopens => counter(Counter::Reopens),
        Measure::Reassigns => counter(Counter::Reassigns),
        Measure::Messages => counter(Counter::Messages),
        Measure::ReopenRate => share(having(Part::FirstResolved), Some(at_least(Counter::Reopens, 1))),
        Measure::ReopenedWithin(_) | Measure::FirstContact(_) => share(having(Part::FirstResolved), None),
        Measure::ResolvedWithin(within) => {
            // Just so old still counts, and a period has no end.
            let to = now.checked_sub_signed(within.0).and_then(|at| at.checked_add_signed(TimeDelta::microseconds(1)));
            let created = Period { from: None, to: Some(to.unwrap_or(DateTime::<Utc>::MIN_UTC)) };
            share(Filter { created, ..Filter::all() }, None)
        }
        Measure::Escalated => share(Filter::all(), Some(at_least(Counter::Level, 1))),
        Measure::Satisfaction => share(having(Part::Score), Some(at_least(Counter::Score, 4))),
        Measure::Attainment(policy) => {
            let broken = |stands| {
                Ok(Filter { promises: vec![Promise { policy: Some(policy.clone()), stands }], ..Filter::all() })
            };
            match number {
                Number::Breached => broken(Stands::Breached),
                Number::Excused => broken(Stands::Excused),
                Number::All | Number::Part => not_asked(),
            }
        }
        // Whether a solution was dropped, when it was acknowledged, what it answered: no question asks.
        Measure::ResponseShare
        | Measure::NextResponse(_)
        | Measure::Acknowledge(_)
        | Measure::Steps
        | Measure::Spent(_) => not_asked(),
    }
}

/// What standing in a row means.
fn stands(dimension: &Dimension, cell: &Cell, now: DateTime<Utc>) -> Result<Filter, NotBehind> {
    let not_asked = || NotBehind::not_asked(format_args!("{dimension} {cell}"));
    let filter = Filter::all();
    let key = |part, with: &dyn Fn(&str) -> Filter| match cell {
        Cell::Text(text) => Ok(with(text)),
        Cell::None => Ok(lacking(part)),
        Cell::Status(_) | Cell::Priority(_) | Cell::Ranked(..) => Err(not_asked()),
    };
    let text = || if let Cell::Text(text) = cell { Ok(text.as_str()) } else { Err(not_asked()) };
    match dimension {
        Dimension::Kind => Ok(Filter { kinds: vec![text()?.into()], ..filter }),
        Dimension::State => Ok(Filter { states: vec![text()?.into()], ..filter }),
        Dimension::Status => match cell {
            Cell::Status(status) => Ok(Filter { statuses: vec![*status], ..filter }),
            Cell::Priority(_) | Cell::Ranked(..) | Cell::Text(_) | Cell::None => Err(not_asked()),
        },
        Dimension::Priority => match cell {
            Cell::Priority(priority) => Ok(Filter { priorities: vec![*priority], ..filter }),
            Cell::Status(_) | Cell::Ranked(..) | Cell::Text(_) | Cell::None => Err(not_asked()),
        },
        Dimension::Category => key(Part::Category, &|text| Filter { categories: vec![text.into()], ..Filter::all() }),
        Dimension::Team => key(Part::Team, &|text| Filter { teams: vec![text.into()], ..Filter::all() }),
        Dimension::Queue => key(Part::Queue, &|text| Filter { queues: vec![text.into()], ..Filter::all() }),
        Dimension::Assignee => {
            key(Part::Assignee, &|text| Filter { assignee: Assignee::Is(vec![text.into()]), ..Filter::all() })
        }
        Dimension::Requester => key(Part::Requester, &|text| Filter { requesters: vec![text.into()], ..Filter::all() }),
        Dimension::Channel => {
            let name = text()?;
            let channel = Channel::ALL.into_iter().find(|channel| channel.as_str() == name).ok_or_else(not_asked)?;
            Ok(Filter { channels: vec![channel], ..filter })
        }
        Dimension::Created(bucket) => Ok(Filter { created: bucket.period(text()?).ok_or_else(not_asked)?, ..filter }),
        Dimension::Resolved(_) if *cell == Cell::None => Ok(lacking(Part::Resolved)),
        Dimension::Resolved(bucket) => Ok(Filter { resolved: bucket.period(text()?).ok_or_else(not_asked)?, ..filter }),
        Dimension::Closed(_) if *cell == Cell::None => Ok(lacking(Part::Closed)),
        Dimension::Closed(bucket) => Ok(Filter { closed: bucket.period(text()?).ok_or_else(not_asked)?, ..filter }),
        Dimension::FirstResolved(_) if *cell == Cell::None => Ok(lacking(Part::FirstResolved)),
        Dimension::FirstResolved(bucket) => {
            Ok(Filter { first_resolved: bucket.period(text()?).ok_or_else(not_asked)?, ..filter })
        }
        Dimension::AgeBand => match cell {
            Cell::Ranked(rank, _) => Ok(Filter { created: band(*rank, now).ok_or_else(not_asked)?, ..Filter::open() }),
            Cell::None => Ok(Filter { statuses: vec![Status::Resolved, Status::Closed], ..filter }),
            Cell::Status(_) | Cell::Priority(_) | Cell::Text(_) => Err(not_asked()),
        },
        Dimension::Weekday(_) | Dimension::Hour(_) | Dimension::Each | Dimension::Then(_) => Err(not_asked()),
    }
}

/// When the tickets of a band of ages were opened.
fn band(rank: u8, now: DateTime<Utc>) -> Option<Period> {
    const DAY: i64 = 86_400_000_000;
    let rank = usize::from(rank);
    let (below, _) = super::BANDS.get(rank)?;
    let least = rank.checked_sub(1).and_then(|before| super::BANDS.get(before)).map(|(days, _)| *days);
    // An age that is just a number of days is of the older band, and a period has its beginning and not its end.
    let opened = |days: i64| from_micros(micros(now).checked_sub(days.checked_mul(DAY)?)?.checked_add(1)?);
    Some(Period { from: opened(*below), to: least.and_then(opened) })
}
