//! Searches: tickets that answer, with the parts of their texts that show why.

use std::cmp::Reverse;

use crate::desk::{Desk, Error};
use crate::id::Version;
use crate::query::search::{Hit, hit};
use crate::query::{Cursor, Filter, Order, Page, Query, Sort, Terms};

/// So many tickets are ranked, the newest that answer.
const RANKED: usize = 256;

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// The tickets, in order.
    pub hits: Vec<Hit>,
    /// How many tickets were read for it; of these, the best are the hits.
    pub read: usize,
    /// After which ticket more are found that were not read; `None` if there are no more.
    pub next: Option<Cursor>,
}

impl Desk {
    /// Finds tickets as [`find`](Self::find) does, in any order, and shows of each why it was found: its subject, and the
    /// parts of up to three texts, with the words marked that were looked for.
    ///
    /// Customers are shown public texts only: the same with internal notes and without. What is marked are the words,
    /// phrases and beginnings of words of the filter and of those within it, but for what must not be there. Each hit costs
    /// a read of its ticket's history.
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find).
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Desk, Draft, Filter, MemoryStore, Query};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.open(Draft::incident("Printer").description("It says: disk full")).await?;
    /// desk.open(Draft::incident("Full disk")).await?;
    ///
    /// let filter = Filter { phrases: vec!["disk full".into()], ..Filter::all() };
    /// let found = desk.search(&Query::new(filter)).await?;
    /// let [hit] = found.hits.as_slice() else { panic!("{found:?}") };
    /// let pieces: Vec<_> = hit.texts[0].snippet.pieces().collect();
    /// assert_eq!(pieces, [(false, "It says: "), (true, "disk"), (false, " "), (true, "full")]);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn search(&self, query: &Query) -> Result<Hits, Error> {
        let Page { tickets, next } = self.find(query).await?;
        let rulebook = self.rulebook().await?;
        let desk = self.standing(&rulebook).await?;
        // As `find` shows one side of a ticket to whoever is not staff.
        let public = !rulebook.now().config.rights.is_staff(&desk.actor);
        let terms = Terms::sought(&query.filter);
        let read = tickets.len();
        let mut hits = Vec::with_capacity(read);
        for ticket in tickets {
            let history = self.core.store.history(&self.tenant, ticket.id, Version(0), usize::MAX).await?;
            hits.push(hit(ticket, &history, &terms, public));
        }
        Ok(Hits { hits, read, next })
    }

    /// Finds the tickets that answer best, the best first; see [`score`](crate::query::search::score). Equal ones stand as
    /// they are numbered, the newest first.
    ///
    /// The 256 newest tickets that are meant are read and ranked, no more: if there are others, `next` says after which
    /// ticket a [`search`](Self::search) by number goes on, the newest first. A filter that asks for no words has nothing
    /// to be ranked by.
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find).
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Desk, Draft, Filter, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let best = desk.open(Draft::incident("Printer on fire")).await?;
    /// desk.open(Draft::incident("Noise").description("As if something were on fire")).await?;
    ///
    /// let found = desk.search_best(&Filter { words: vec!["fire".into()], ..Filter::all() }, 10).await?;
    /// assert_eq!((found.hits[0].ticket.id, found.read, found.next), (best.id, 2, None));
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn search_best(&self, filter: &Filter, limit: usize) -> Result<Hits, Error> {
        let newest = Order { by: Sort::Number, descending: true };
        let mut found = self.search(&Query::new(filter.clone()).order(newest).limit(RANKED)).await?;
        found.hits.sort_by_key(|hit| Reverse(hit.score));
        found.hits.truncate(limit);
        Ok(found)
    }
}
