//! The writing of an archive: documents, then tickets by number, each with its events and its files.

use std::collections::HashSet;
use std::fmt;
use std::io::{Read as _, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::{ERASING, IMPORT, KINDS};
use crate::archive::{self, End, FORMAT, Writer};
use crate::capability::Capability;
use crate::codec::encode_event;
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, forbidden};
use crate::event::{Event, Recorded, Said};
use crate::fault::Fault;
use crate::id::{Key, Version};
use crate::query::{Filter, Order, Query, Sort};
use crate::store::StoreError;
use crate::ticket::Ticket;

/// How many tickets or documents are read at once.
const PAGE: usize = 200;

/// An archive of a tenant, made ready by its methods and written by [`write`](Self::write).
#[must_use = "nothing is read until it is written"]
pub struct Archive<'a> {
    desk: &'a Desk,
    kinds: Vec<Key>,
    files: bool,
    progress: Option<Progress<'a>>,
}

type Progress<'a> = Box<dyn FnMut(u64) + Send + 'a>;

impl Desk {
    /// Prepares an [archive](crate::archive#the-format) of the tenant: all of it as NDJSON, for another store or for
    /// programs.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::io::Cursor;
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Config, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.publish(Config::default()).await?;
    /// let ticket = desk.open(Draft::incident("No mail").requester("bo")).await?;
    /// desk.by(Actor::agent("ada")).apply(ticket.id, Command::reply("It is back")).await?;
    ///
    /// let mut first = Vec::new();
    /// let end = desk.archive().write(&mut first).await?;
    /// assert_eq!((end.tickets, end.events), (1, 2));
    ///
    /// let other = Desk::new(Arc::new(MemoryStore::new()));
    /// other.restore().read(&mut Cursor::new(&first)).await?;
    /// assert_eq!(other.history(ticket.id).await?, desk.history(ticket.id).await?);
    /// let mut second = Vec::new();
    /// other.archive().write(&mut second).await?;
    /// assert_eq!(first, second, "to the byte");
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub fn archive(&self) -> Archive<'_> {
        Archive { desk: self, kinds: KINDS.to_vec(), files: true, progress: None }
    }
}

impl<'a> Archive<'a> {
    /// Takes along documents of one more kind, which the host keeps in the store.
    pub fn documents(mut self, kind: impl Into<Key>) -> Self {
        let kind = kind.into();
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        self
    }

    /// Leaves the files out; their digests stay in the messages they came with. They are in it unless said otherwise, and
    /// each stands in memory while it is written.
    pub const fn without_files(mut self) -> Self {
        self.files = false;
        self
    }

    /// Is told how many tickets it is done with, after every few hundred.
    pub fn progress(mut self, tell: impl FnMut(u64) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Writes it, and returns how much is in it.
    ///
    /// Tickets are read one after the other, each as it is then. If others write meanwhile, what happens to two tickets
    /// at once may be in it for one of them only: take it while nobody writes, or from a copy.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [export](Capability::Export) everywhere, or while a person is being erased,
    /// who would come back with it; [`Error::Io`] if it cannot be written; [`Error::Store`] if storage fails.
    pub async fn write<W: Write + Send>(self, out: W) -> Result<End, Error> {
        let Self { desk, kinds, files, mut progress } = self;
        let rulebook = desk.rulebook().await?;
        if !rulebook.now().config.rights.everywhere(&desk.actor, Capability::Export) {
            return Err(forbidden(&desk.actor, Capability::Export).into());
        }
        let store = &desk.core.store;
        if !store.documents(&desk.tenant, &ERASING, None, 1).await?.is_empty() {
            let problem = "a person is being erased, who would come back with it: finish that first";
            return Err(Refusal::Invalid { faults: vec![Fault::new("archive", problem)] }.into());
        }
        let head = archive::Archive { format: FORMAT, tenant: desk.tenant.clone() };
        let mut writer = Writer::new(out, head)?;
        for kind in &kinds {
            desk.write_documents(kind, &mut writer).await?;
        }
        let imports = !store.documents(&desk.tenant, &IMPORT, None, 1).await?.is_empty();
        let (mut after, mut written) = (None, HashSet::new());
        loop {
            let order = Order { by: Sort::Number, descending: false };
            let query = Query::new(Filter::all()).order(order).after(after).limit(PAGE);
            let page = store.find(&desk.tenant, &query).await?;
            for ticket in &page.tickets {
                let history = desk.write_ticket(ticket, imports, &mut writer).await?;
                if files {
                    desk.write_files(&history, &mut written, &mut writer).await?;
                }
            }
            if let Some(tell) = &mut progress {
                tell(writer.tickets());
            }
            after = page.next;
            if after.is_none() {
                return Ok(writer.end()?);
            }
        }
    }
}

impl fmt::Debug for Archive<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desk: _, kinds, files, progress: _ } = self;
        f.debug_struct("Archive").field("kinds", kinds).field("files", files).finish_non_exhaustive()
    }
}

impl Desk {
    async fn write_documents<W: Write>(&self, kind: &Key, writer: &mut Writer<W>) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let documents = self.core.store.documents(&self.tenant, kind, after.as_deref(), PAGE).await?;
            let Some(last) = documents.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for crate::store::Document { kind, key, version: _, at, body } in documents {
                writer.document(archive::Document { kind, key, at, body })?;
            }
        }
    }

    async fn write_ticket<W: Write>(
        &self,
        ticket: &Arc<Ticket>,
        imports: bool,
        writer: &mut Writer<W>,
    ) -> Result<Vec<Recorded>, Error> {
        let upto = usize::try_from(ticket.version.0).unwrap_or(usize::MAX);
        let history = self.core.store.history(&self.tenant, ticket.id, Version(0), upto).await?;
        let (id, number, events) = (ticket.id, ticket.number, history.len() as u64);
        writer.ticket(archive::Head { id, number, events, claims: self.claims(ticket, imports).await? })?;
        for recorded in &history {
            let (form, event) = encode_event(&recorded.event)?;
            let event = RawValue::from_string(event).map_err(|error| StoreError::corrupt("event", error))?;
            let Recorded { at, by, text, seal, .. } = recorded;
            writer.event(archive::Event { at: *at, by: by.clone(), form, event, text: text.clone(), seal: *seal })?;
        }
        Ok(history)
    }

    /// The unique keys that a ticket holds, as far as they can be told: those of alerts and of imports.
    async fn claims(&self, ticket: &Ticket, imports: bool) -> Result<Vec<String>, Error> {
        let mut claims: Vec<String> = ticket.alert.iter().map(|alert| format!("alert/{}", alert.key)).collect();
        if imports {
            claims.extend(self.import_claim(ticket.id).await?);
        }
        let mut held = Vec::with_capacity(claims.len());
        for claim in claims {
            let holder = self.core.store.claim(&self.tenant, &claim).await?;
            if holder.is_some_and(|holder| holder.by == ticket.id) {
                held.push(claim);
            }
        }
        Ok(held)
    }

    /// The files that came with messages, each once, as far as they are there.
    async fn write_files<W: Write>(
        &self,
        history: &[Recorded],
        written: &mut HashSet<String>,
        writer: &mut Writer<W>,
    ) -> Result<(), Error> {
        let attachments = history.iter().flat_map(|recorded| {
            if let Event::Said(Said { attachments, .. }) = &recorded.event { attachments.as_slice() } else { &[] }
        });
        for attachment in attachments {
            if !written.insert(attachment.digest.clone()) {
                continue;
            }
            let Some(mut bytes) = self.core.store.blob(&self.tenant, &attachment.digest).await? else { continue };
            let mut whole = Vec::new();
            bytes.read_to_end(&mut whole).map_err(StoreError::backend)?;
            let (digest, size) = (attachment.digest.clone(), whole.len() as u64);
            writer.file(archive::File { digest, size, base64: STANDARD.encode(&whole) })?;
        }
        Ok(())
    }
}
