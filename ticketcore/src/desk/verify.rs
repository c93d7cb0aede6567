//! Is the past still what it was? Every ticket is read with its history and checked against its seals.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Error};
use crate::event::Recorded;
use crate::id::{TenantId, TicketId, Version};
use crate::query::{Cursor, Filter, Order, Page, Query, Sort};
use crate::seal::{self, Digest, Flaw, Parts};
use crate::store::StoreError;
use crate::ticket::Ticket;
use crate::time::stamp;

/// How many tickets are read at once.
const PAGE: usize = 500;
/// What the root of a checkpoint begins with, so that it is the digest of nothing else.
const CHECKPOINT: &str = "ticketcore checkpoint 1";

/// What a look at the whole past has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many tickets were found sound.
    pub tickets: u64,
    /// How many events they have.
    pub events: u64,
    /// How many of these have no seal, as they are older than the sealing: of them only the order was checked.
    pub unsealed: u64,
    /// How many texts were erased since they were sealed.
    pub erased: u64,
    /// The first thing that is not as it was, in the order of the tickets' numbers; nothing was looked at after it.
    pub broken: Option<Broken>,
}

/// Where the past is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ticket number {number}, version {version}: {why}")]
pub struct Broken {
    /// The ticket, if it could be read.
    pub ticket: Option<TicketId>,
    /// Its number; 0 if no ticket is meant.
    pub number: i64,
    /// The version with the event in question; 0 if no event is meant.
    pub version: Version,
    /// What is wrong.
    pub why: Flaw,
}

/// What a tenant's tickets came to at an instant, to be kept where those who can write to the store cannot: then nobody can
/// make a chain anew or leave off its end unseen.
///
/// The `root` alone, written down or published, keeps the rest of it from being changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The tenant.
    pub tenant: TenantId,
    /// When it was made.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// How many tickets there were.
    pub tickets: u64,
    /// The digest of all of this.
    pub root: Digest,
    /// How far each ticket had come, by number.
    pub heads: Vec<Head>,
}

/// How far a ticket had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub number: i64,
    /// The ticket.
    pub ticket: TicketId,
    /// Its version.
    pub version: Version,
    /// The seal of its last event, if that was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Digest>,
}

impl Checkpoint {
    fn new(tenant: TenantId, at: DateTime<Utc>, heads: Vec<Head>) -> Self {
        let tickets = u64::try_from(heads.len()).unwrap_or(u64::MAX);
        let mut checkpoint = Self { tenant, at, tickets, root: Digest([0; 32]), heads };
        checkpoint.root = checkpoint.root_of_heads();
        checkpoint
    }

    fn root_of_heads(&self) -> Digest {
        let parts = Parts::new(CHECKPOINT)
            .add(self.tenant.as_str())
            .add(crate::time::micros(self.at).to_be_bytes())
            .add(self.tickets.to_be_bytes());
        let add = |parts: Parts, Head { number, ticket, version, head }: &Head| {
            parts.add(number.to_be_bytes()).add(ticket.0.as_bytes()).add(version.0.to_be_bytes()).maybe(*head)
        };
        self.heads.iter().fold(parts, add).digest()
    }
}

impl Desk {
    /// Checks that nothing in the tenant's past was changed: every event against its seal, every ticket against its
    /// events, every number against the one before. `progress` is told after every few hundred tickets.
    ///
    /// Works on any store, also while others write to it. What is not sealed ([`Config::seal`](crate::Config::seal)) is
    /// only checked as far as events and ticket must fit each other. What the store keeps besides (its index, claims,
    /// documents and files) is not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [read](crate::Capability::Read) every ticket; [`Error::Store`] if storage
    /// fails. What is broken is no error but the answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Config, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.publish(Config { seal: true, ..Config::default() }).await?;
    /// desk.open(Draft::incident("Printer is on fire").description("Smoke in room 4711")).await?;
    /// let checkpoint = desk.checkpoint().await?;
    /// desk.open(Draft::incident("Out of paper")).await?;
    ///
    /// let verified = desk.verify(|so_far| eprintln!("{} tickets", so_far.tickets)).await?;
    /// assert_eq!((verified.tickets, verified.unsealed, verified.broken), (2, 0, None));
    /// let verified = desk.verify_against(&checkpoint, |_| {}).await?;
    /// assert_eq!(verified.broken, None);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn verify(&self, progress: impl FnMut(&Verified) + Send) -> Result<Verified, Error> {
        self.reads_all().await?;
        self.audit(&[], progress).await
    }

    /// Checks the same, and that all that was there at a checkpoint still is.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn verify_against(
        &self,
        checkpoint: &Checkpoint,
        progress: impl FnMut(&Verified) + Send,
    ) -> Result<Verified, Error> {
        self.reads_all().await?;
        if checkpoint.tenant != self.tenant || checkpoint.root != checkpoint.root_of_heads() {
            let broken = Broken { ticket: None, number: 0, version: Version(0), why: Flaw::Checkpoint };
            return Ok(Verified { broken: Some(broken), ..Verified::default() });
        }
        self.audit(&checkpoint.heads, progress).await
    }

    /// Notes how far each of the tenant's tickets has come. Nothing is checked; [`verify`](Self::verify) first.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        self.reads_all().await?;
        let at = self.now();
        let (mut heads, mut after) = (Vec::new(), None);
        loop {
            let page = self.by_number(after, PAGE).await?;
            heads.extend(page.tickets.iter().map(|ticket| Head {
                number: ticket.number,
                ticket: ticket.id,
                version: ticket.version,
                head: ticket.head,
            }));
            after = page.next;
            if after.is_none() {
                return Ok(Checkpoint::new(self.tenant.clone(), at, heads));
            }
        }
    }

    async fn by_number(&self, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        let order = Order { by: Sort::Number, descending: false };
        let query = Query::new(Filter::all()).order(order).after(after).limit(limit);
        self.core.store.find(&self.tenant, &query).await
    }

    /// Walks all tickets by number, as far as they are sound.
    async fn audit(&self, heads: &[Head], mut progress: impl FnMut(&Verified) + Send) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        let mut heads = heads.iter().peekable();
        let (mut after, mut last, mut limit) = (None, 0, PAGE);
        loop {
            let page = match self.by_number(after, limit).await {
                // One of them; read alone, it is known which.
                Err(StoreError::Corrupt { .. }) if limit > 1 => {
                    limit = 1;
                    continue;
                }
                Err(error) => {
                    let why = unreadable(error)?;
                    verified.broken = Some(Broken { ticket: None, number: last + 1, version: Version(0), why });
                    return Ok(verified);
                }
                Ok(page) => page,
            };
            for ticket in &page.tickets {
                let head = heads.next_if(|head| head.number <= ticket.number);
                let (number, missing) = (last + 1, ticket.number != last + 1);
                last = ticket.number;
                if missing {
                    let named = head.map(|head| head.ticket);
                    verified.broken = Some(Broken { ticket: named, number, version: Version(0), why: Flaw::NoTicket });
                    return Ok(verified);
                }
                match self.examine(ticket, head).await? {
                    Ok(seen) => {
                        verified.tickets += 1;
                        verified.events += seen.events;
                        verified.unsealed += seen.unsealed;
                        verified.erased += seen.erased;
                    }
                    Err((version, why)) => {
                        verified.broken = Some(Broken { ticket: Some(ticket.id), number: last, version, why });
                        return Ok(verified);
                    }
                }
            }
            progress(&verified);
            after = page.next;
            if after.is_none() {
                let gone = |head: &Head| Broken {
                    ticket: Some(head.ticket),
                    number: head.number,
                    version: Version(0),
                    why: Flaw::NoTicket,
                };
                verified.broken = heads.next().map(gone);
                return Ok(verified);
            }
        }
    }

    /// Checks one ticket, as it was when its page was read.
    async fn examine(
        &self,
        ticket: &Arc<Ticket>,
        head: Option<&Head>,
    ) -> Result<Result<seal::Seen, (Version, Flaw)>, Error> {
        let mut history = match self.core.store.history(&self.tenant, ticket.id, Version(0), usize::MAX).await {
            Ok(history) => history,
            Err(error) => {
                let why = unreadable(error)?;
                return Ok(Err((self.first_unreadable(ticket.id).await?, why)));
            }
        };
        if let Some(newest) = history.last().map(|last| last.version).filter(|newest| *newest > ticket.version) {
            // Others may have been at work since the page was read; then the ticket has come on as well.
            let now = self.core.store.load(&self.tenant, ticket.id).await?;
            if now.is_none_or(|now| now.version < newest) {
                return Ok(Err((ticket.version.next(), Flaw::Beyond)));
            }
            history.retain(|recorded| recorded.version <= ticket.version);
        }
        let checked = seal::check(ticket, &history);
        Ok(checked.and_then(|seen| head.map_or(Ok(()), |head| compare(ticket, &history, head)).map(|()| seen)))
    }

    async fn first_unreadable(&self, id: TicketId) -> Result<Version, Error> {
        let mut version = Version(0);
        loop {
            match self.core.store.history(&self.tenant, id, version, 1).await {
                Ok(events) => match events.first() {
                    Some(event) => version = event.version,
                    None => return Ok(version.next()),
                },
                Err(error) => return unreadable(error).map(|_| version.next()),
            }
        }
    }
}

/// Whether a ticket came to where it is by way of where it was at a checkpoint.
fn compare(ticket: &Ticket, history: &[Recorded], head: &Head) -> Result<(), (Version, Flaw)> {
    if ticket.id != head.ticket {
        return Err((Version(0), Flaw::NoTicket));
    }
    let then = history.iter().find(|recorded| recorded.version == head.version);
    let Some(then) = then else { return Err((head.version, Flaw::NoEvent)) };
    match head.head {
        Some(chain) if then.seal.is_none_or(|seal| seal.chain != chain) => Err((head.version, Flaw::Rewritten)),
        _ => Ok(()),
    }
}

/// What cannot be read is broken; every other failure says nothing about the past.
fn unreadable(error: StoreError) -> Result<Flaw, Error> {
    match error {
        StoreError::Corrupt { what, source } => Ok(Flaw::Unreadable(format!("{what}: {source}"))),
        error => Err(error.into()),
    }
}
