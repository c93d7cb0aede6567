//! Questions about tickets, and what they mean.
//!
//! [`Filter::matches`] is the meaning; what a backend compiles to SQL must agree with it.

mod beside;
mod filter;
pub(crate) mod hidden;
pub mod language;
mod linked;
mod order;
mod part;
mod past;
mod period;
mod promise;
pub mod search;
mod sight;
mod terms;
pub mod words;

use std::sync::Arc;

pub use beside::{Beside, Other};
pub use filter::{Assignee, Filter};
pub use linked::{End, Linked};
pub use order::{Cursor, Order, Rank, Sort};
pub use part::{Bounds, Counter, Part};
pub use past::Past;
pub use period::Period;
pub use promise::{Promise, Stands, Target};
pub use sight::{Glance, Sight, Through};
pub use terms::Terms;

use crate::ticket::Ticket;

/// Which tickets, in which order, from where, how many. Exhaustive on purpose: backends take it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which tickets.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// After which place in that order; from the start without one.
    pub after: Option<Cursor>,
    /// Up to which place, that one included; to the end without one.
    pub until: Option<Cursor>,
    /// How many at most.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self { filter: Filter::default(), order: Order::default(), after: None, until: None, limit: 50 }
    }
}

impl Query {
    /// The first 50 tickets of a filter, newest first.
    pub fn new(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// Sets the order.
    #[must_use]
    pub const fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Goes on after a page.
    #[must_use]
    pub const fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// Looks no further than a place.
    #[must_use]
    pub const fn until(mut self, cursor: Option<Cursor>) -> Self {
        self.until = cursor;
        self
    }

    /// Tells whether a place lies in the part of its order that it asks for.
    pub fn spans(&self, place: Cursor) -> bool {
        let Self { order: Order { by: _, descending }, after, until, .. } = self;
        let beyond = |other: &Cursor| if *descending { place < *other } else { place > *other };
        after.as_ref().is_none_or(beyond) && !until.as_ref().is_some_and(beyond)
    }

    /// Sets how many tickets a page has at most.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// A part of a query's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The tickets, in order.
    pub tickets: Vec<Arc<Ticket>>,
    /// Where the next page starts; `None` if this was the last.
    pub next: Option<Cursor>,
}

/// How a backend answered a query, and what it took; for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// The indexes it was read off, by the backend's names for them; none if all tickets were looked at.
    pub indexes: Vec<String>,
    /// Whether what was found had to be sorted: then all of it was read, whatever the limit.
    pub sorted: bool,
    /// How many tickets the page has.
    pub found: usize,
    /// What it took, in the backend's own measure.
    pub cost: u64,
    /// What that measure is.
    pub measure: &'static str,
    /// How it was carried out, step by step, in the backend's own words.
    pub plan: Vec<String>,
}
