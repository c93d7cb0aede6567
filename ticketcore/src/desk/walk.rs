//! A walk over many tickets of a desk, by number, a page at a time.

use std::sync::Arc;

use crate::desk::{Desk, Error};
use crate::query::{Cursor, Filter, Order, Query, Sort};
use crate::ticket::Ticket;

/// How many tickets are read at once.
const CHUNK: usize = 500;

/// The tickets of a filter that the desk's actor sees, by number. What is opened meanwhile may be among them.
pub(super) struct Walk<'a> {
    desk: &'a Desk,
    filter: Filter,
    after: Option<Cursor>,
    done: bool,
}

impl Desk {
    pub(super) const fn walk(&self, filter: Filter) -> Walk<'_> {
        Walk { desk: self, filter, after: None, done: false }
    }
}

impl Walk<'_> {
    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Arc<Ticket>>>, Error> {
        if self.done {
            return Ok(None);
        }
        let order = Order { by: Sort::Number, descending: false };
        let query = Query::new(self.filter.clone()).order(order).limit(CHUNK).after(self.after);
        let page = self.desk.find(&query).await?;
        (self.after, self.done) = (page.next, page.next.is_none());
        Ok(Some(page.tickets))
    }
}
