//! Lists that people turn the pages of: both ways, with a bound on what is looked at, and with bookmarks that fit one
//! question only.

use std::num::NonZeroUsize;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::capability::Capability;
use crate::desk::{Desk, Error};
use crate::engine::Refusal;
use crate::fault::Fault;
use crate::id::TenantId;
use crate::query::language::{Misread, Question, Scope};
use crate::query::{Cursor, Explained, Order, Page, Query};
use crate::ticket::Ticket;

/// Where a page lies in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// At the start.
    #[default]
    Start,
    /// After a place.
    After(Cursor),
    /// Before a place, and up to it.
    Before(Cursor),
}

/// A page that can be turned both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// The tickets, in order.
    pub tickets: Vec<Arc<Ticket>>,
    /// Before which place the page before ends; `None` if this is the first.
    pub previous: Option<Cursor>,
    /// After which place the next page starts; `None` if this is the last.
    pub next: Option<Cursor>,
}

/// A question as people ask it, and which part of its answer is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    question: String,
    from: Option<String>,
    limit: usize,
    look: Option<NonZeroUsize>,
}

impl List {
    /// The first 50 tickets of a question in the [language of questions](crate::query::language).
    #[must_use]
    pub fn new(question: impl Into<String>) -> Self {
        Self { question: question.into(), from: None, limit: 50, look: None }
    }

    /// Goes on at a bookmark of an earlier answer to the same question.
    #[must_use]
    pub fn from(mut self, bookmark: impl Into<String>) -> Self {
        self.from = Some(bookmark.into());
        self
    }

    /// The same of those tickets only that another question means, too; in its order, unless this one has its own.
    pub(super) fn of(&self, question: &str) -> Result<Self, Misread> {
        let (outer, inner) = (Question::parse(question)?, Question::parse(&self.question)?);
        let expr = match (outer.expr, inner.expr) {
            (Some(outer), Some(inner)) => Some(outer.and(inner)),
            (outer, inner) => outer.or(inner),
        };
        let question = Question { expr, sort: inner.sort.or(outer.sort) }.to_string();
        Ok(Self { question, ..self.clone() })
    }

    /// Sets how many tickets a page has at most; 50 by default.
    #[must_use]
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Sets how many tickets are looked at, at most; as many as it takes by default. A page that had to stop there says
    /// where it goes on, be it empty.
    #[must_use]
    pub const fn look(mut self, tickets: NonZeroUsize) -> Self {
        self.look = Some(tickets);
        self
    }
}

impl Default for List {
    fn default() -> Self {
        Self::new("")
    }
}

/// A page of a [`List`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The tickets, in order.
    pub tickets: Vec<Arc<Ticket>>,
    /// The bookmark of the page before, if there is one.
    pub previous: Option<String>,
    /// The bookmark of the next page, if there is one.
    pub next: Option<String>,
}

impl Desk {
    /// Answers a question with a page of tickets that the actor sees, and with bookmarks of the pages around it. A page
    /// that is turned back to has the same tickets, but for those that changed their place meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Misread`] if the question cannot be read; [`Error::Refused`] if the bookmark is none, or of another question,
    /// order or tenant, or if a customer asks about what they do not see; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::desk::List;
    /// use ticketcore::{Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// for subject in ["one", "two", "three"] {
    ///     desk.open(Draft::incident(subject)).await?;
    /// }
    /// let list = List::new("is:open sort:number").limit(2);
    /// let first = desk.list(&list).await?;
    /// let second = desk.list(&list.clone().from(first.next.clone().unwrap())).await?;
    /// assert_eq!((second.tickets.len(), second.next), (1, None));
    /// let back = desk.list(&list.from(second.previous.unwrap())).await?;
    /// assert_eq!(back.tickets, first.tickets);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn list(&self, list: &List) -> Result<Listing, Error> {
        let List { question, from, limit, look } = list;
        let asked = Question::parse(question)?;
        let rulebook = self.rulebook().await?;
        let scope = Scope::new(&rulebook.now().config, self.now()).by(self.actor.id.clone());
        let whole = |misread| Misread { text: question.clone(), ..misread };
        let query = asked.resolve(&scope).map_err(whole)?.limit(*limit);
        let print = Print::of(&self.tenant, &asked);
        let turn = from.as_ref().map(|bookmark| print.turn(bookmark)).transpose()?.unwrap_or_default();
        let Leaf { tickets, previous, next } = self.turn(&query, turn, *look).await?;
        let previous = previous.and_then(|place| print.bookmark(Turn::Before(place)));
        Ok(Listing { tickets, previous, next: next.and_then(|place| print.bookmark(Turn::After(place))) })
    }

    /// Finds a page of tickets that the actor sees, and the places at which to turn it; `after` of the query is not asked.
    ///
    /// At most `look` tickets are looked at, if that is said: then a page may have fewer tickets than the limit, or none, and
    /// still say where it goes on. Whoever does not read all tickets is answered without that bound, as the place at which
    /// it stops may be that of a ticket they do not see.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn turn(&self, query: &Query, turn: Turn, look: Option<NonZeroUsize>) -> Result<Leaf, Error> {
        let Order { by, descending } = query.order;
        match turn {
            Turn::Start => {
                let Page { tickets, next } = self.within(&query.clone().after(None), look).await?;
                Ok(Leaf { tickets, previous: None, next })
            }
            Turn::After(place) => {
                let Page { tickets, next } = self.within(&query.clone().after(Some(place)), look).await?;
                Ok(Leaf { tickets, previous: Some(place), next })
            }
            Turn::Before(place) => {
                let back = Order { by, descending: !descending };
                let after = place.beside(query.order, false);
                let backwards = query.clone().order(back).after(Some(after));
                let Page { mut tickets, next } = self.within(&backwards, look).await?;
                tickets.reverse();
                let previous = next.map(|first| first.beside(query.order, true));
                Ok(Leaf { tickets, previous, next: Some(place) })
            }
        }
    }

    /// Tells how the store finds a page of a query: which index it is read off, and what that takes.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] to those who do not read all tickets, as it tells of all; [`Error::Store`] if storage fails.
    pub async fn explain_query(&self, query: &Query) -> Result<Explained, Error> {
        self.reads_all().await?;
        let rulebook = self.rulebook().await?;
        let query = self.standing(&rulebook).await?.in_sight(&rulebook, query)?;
        Ok(self.core.store.explain(&self.tenant, &query).await?)
    }

    async fn within(&self, query: &Query, look: Option<NonZeroUsize>) -> Result<Page, Error> {
        let all = self.rulebook().await?.now().config.rights.everywhere(&self.actor, Capability::Read);
        let Some(look) = look.filter(|_| all) else { return self.find(query).await };
        let horizon = self.core.store.ahead(&self.tenant, query.order, query.after, look).await?;
        let page = self.find(&query.clone().until(horizon)).await?;
        Ok(Page { next: page.next.or(horizon), ..page })
    }
}

/// What ties a bookmark to a question and a tenant: a digest of the question as it is printed, so that it does not matter
/// how it was typed. It keeps nobody from anything; it finds out a mistake.
struct Print(String);

impl Print {
    fn of(tenant: &TenantId, question: &Question) -> Self {
        let digest = Sha256::new().chain_update(tenant.as_str()).chain_update([0]).chain_update(question.to_string());
        Self(digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    fn bookmark(&self, turn: Turn) -> Option<String> {
        match turn {
            Turn::Start => None,
            Turn::After(place) => Some(format!("a{}.{place}", self.0)),
            Turn::Before(place) => Some(format!("b{}.{place}", self.0)),
        }
    }

    fn turn(&self, bookmark: &str) -> Result<Turn, Refusal> {
        let refused = |problem: String| Refusal::Invalid { faults: vec![Fault::new("cursor", problem)] };
        let read = || {
            let (print, place) = bookmark.get(1..)?.split_once('.')?;
            let place: Cursor = place.parse().ok()?;
            match bookmark.as_bytes().first()? {
                b'a' => Some((print, Turn::After(place))),
                b'b' => Some((print, Turn::Before(place))),
                _ => None,
            }
        };
        let (print, turn) = read().ok_or_else(|| refused(format!("`{bookmark}` is no bookmark")))?;
        if print == self.0 { Ok(turn) } else { Err(refused("is of another question or tenant".to_owned())) }
    }
}
