//! Reports: what is measured, defined once, so that every store counts the same.
//!
//! 1. A [`Report`] names the tables it is made of: [`Measure`]s by [`Dimension`]s.
//! 2. A store answers them in one pass, a [`Scan`]: of each ticket it hands the [`Figures`] that the scan
//!    [needs](Scan::needs) to a [`Tallier`], which holds every definition.
//! 3. The report shows the [`Table`]s that come out as [`Section`]s, and a [`Format`] says how they are given out: text
//!    for people, CSV, JSON and Markdown; figures for a monitoring system are [`openmetrics`].
//!
//! A table counts tickets, or pieces of them ([`Each`]): their stays in a state, or how they came to a place in life. Which
//! tickets it counts is said by one date ([`Cohort`]), and [`Table::behind`] leads from a number back to its tickets.
//!
//! All numbers of a pass are exact, percentiles too; those of a [`Tally`], which is kept while tickets come and go, are
//! within the bound of a [`Histogram`]. A share of nothing is nothing, not nought. The ready reports are in
//! [`standard`]; most others are a [`Plain`] one.

mod ask;
mod behind;
mod course;
mod csv;
mod figures;
mod forecast;
mod format;
mod histogram;
mod json;
mod layout;
mod markdown;
mod metrics;
mod needs;
mod period;
mod plain;
mod scan;
mod section;
mod standard;
mod standing;
mod summary;
mod table;
mod tally;
mod text;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod kept_laws;
#[cfg(test)]
mod laws;

pub use ask::{Ask, Report};
pub use behind::{NotBehind, Number};
pub use course::{Course, Lapse, NotCourse, Spent, Stay};
pub use figures::{Figures, Texts};
pub use forecast::{Forecast, Likely};
pub use format::{Format, NoFormat};
pub use histogram::Histogram;
pub use metrics::{Family, Kind, NoMetric, Sample, openmetrics};
pub use needs::Needs;
pub use plain::{Plain, Together};
pub use scan::{Bucket, Cohort, Dimension, Each, Measure, Scan, TableSpec, Time, Unit};
pub use section::{Heading, Section, Value};
pub use standard::{
    ageing, agents, attainment, cohorts, comparison, cumulative_flow, flow, forecast, heat, life, load, named,
    overview, quality, reopens, response, satisfaction, standard, trend, volume,
};
pub use standing::{NotStandings, Standing};
pub use summary::Summary;
pub use table::{Attainment, Cell, Counter, Measured, Row, Share, Table};
use tally::BANDS;
pub use tally::{Moves, OtherTables, Tallier, Tally, Unreadable};
pub(crate) use tally::{Packed, Sieve};
