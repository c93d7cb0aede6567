//! A report: what it asks of a store, and how it shows the answer.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{Scan, Section, Table, TableSpec};
use crate::channel::Channel;
use crate::config::Span;
use crate::id::{Key, PersonId};
use crate::query::{Filter, Period};
use crate::time::Zone;

/// Says which tickets a report is about, and by whose clock and calendar it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which tickets; all unless said otherwise.
    pub filter: Filter,
    /// The instant at which ages are read.
    pub now: DateTime<Utc>,
    /// Whose days, weeks and months; UTC's unless said otherwise.
    pub zone: Zone,
    /// The policies whose promises are reported, in this order; none unless said otherwise.
    pub policies: Vec<Key>,
    /// Which time the reports of a period are about; the thirty civil days up to `now` unless said otherwise.
    pub period: Period,
    /// Within what time of its first resolution a ticket that comes back counts as reopened where a report asks that;
    /// seven days unless said otherwise.
    pub within: Span,
    /// How many tickets of a channel each agent takes at a time, for their utilisation; nobody's unless said otherwise.
    /// [`Desk::capacities`](crate::Desk::capacities) reads it out of the directory.
    pub capacity: BTreeMap<PersonId, BTreeMap<Channel, u16>>,
    /// What forecasts are drawn from: the same seed gives the same forecast.
    pub seed: u64,
}

impl Ask {
    /// Asks about all tickets at an instant.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            filter: Filter::all(),
            now,
            zone: Zone::utc(),
            policies: Vec::new(),
            period: Period::default(),
            within: Span::days(7),
            capacity: BTreeMap::new(),
            seed: 0,
        }
    }

    /// Sets which tickets; all unless said otherwise.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets whose days, weeks and months; UTC's unless said otherwise.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// Sets the policies whose promises are reported; none unless said otherwise.
    #[must_use]
    pub fn policies(mut self, policies: impl IntoIterator<Item = impl Into<Key>>) -> Self {
        self.policies = policies.into_iter().map(Into::into).collect();
        self
    }

    /// Sets which time the reports of a period are about; the thirty civil days up to its instant by default. An end
    /// that is left open is so far from the other, or now.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// Sets within what time of its first resolution a ticket that comes back counts as reopened; seven days by default.
    #[must_use]
    pub fn within(mut self, within: Span) -> Self {
        self.within = within;
        self
    }

    /// Sets how many tickets of a channel each agent takes at a time; nobody's is known by default.
    #[must_use]
    pub fn capacity(mut self, capacity: BTreeMap<PersonId, BTreeMap<Channel, u16>>) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets what forecasts are drawn from; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the one pass over a store that answers a report.
    #[must_use]
    pub fn scan(&self, report: &dyn Report) -> Scan {
        Scan { filter: self.filter.clone(), tables: report.tables(self), now: self.now }
    }
}

/// Measures tickets and shows the result; [`standard`](super::standard) has the ready ones.
///
/// A report never reads a ticket itself. So several are answered by one pass, and a report of the host's own is as fast
/// as a ready one. Most are a [`Plain`](super::Plain); only what shows its tables otherwise needs code.
///
/// # Contract
///
/// `tables` depends on nothing but the report and what is asked.
///
/// # Examples
///
/// ```
/// use ticketcore::report::{Ask, Dimension, Measure, Report, Section, Table, TableSpec};
///
/// #[derive(Debug)]
/// struct Queues;
///
/// impl Report for Queues {
///     fn name(&self) -> &str {
///         "queues"
///     }
///
///     fn tables(&self, _: &Ask) -> Vec<TableSpec> {
///         vec![TableSpec::new([Dimension::Queue], [Measure::Backlog, Measure::Age])]
///     }
///
///     fn render(&self, _: &Ask, tables: Vec<Table>) -> Vec<Section> {
///         tables.iter().map(|table| Section::new("Queues", "Open tickets and their age.", table)).collect()
///     }
/// }
/// ```
pub trait Report: fmt::Debug + Send + Sync {
    /// Returns what it is called by: lower case, `_` for blanks.
    fn name(&self) -> &str;

    /// Returns the tables it is made of.
    fn tables(&self, ask: &Ask) -> Vec<TableSpec>;

    /// Shows the tables, which come in the order of [`tables`](Self::tables).
    fn render(&self, ask: &Ask, tables: Vec<Table>) -> Vec<Section>;
}
