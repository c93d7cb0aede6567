//! Erasing: people on request, old texts by rule; and the receipts that are left of it.

mod names;
mod person;
mod retention;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::capability::Capability;
use crate::config::{Rulebook, Span};
use crate::desk::agenda::AGENDA;
use crate::desk::rules::DESK;
use crate::desk::{Desk, Error};
use crate::engine::{Related, forbidden, marks, outlived};
use crate::erasure::{Chosen, Receipt};
use crate::event::{Event, Recorded, Said};
use crate::id::{Key, Position, TicketId, Version};
use crate::store::{Change, Commit, Document, StoreError, Write};
use crate::ticket::Ticket;

pub use person::ErasePerson;

/// Receipts, by their names.
const ERASURE: Key = Key::from_static("erasure");
const CHUNK: usize = 200;
/// How many events are read at once.
const EVENTS: usize = 500;
/// How many files are gathered before it is looked for other messages that have them.
const FILES: usize = 10_000;

/// What erases texts of some tickets, and the files that may go with them.
#[derive(Default)]
struct Taken {
    changes: Vec<Change>,
    files: BTreeSet<String>,
    texts: u64,
}

impl Taken {
    /// Erases what was chosen of tickets as they were read. Nothing happens to a ticket by that: no event, no other index.
    fn of(rulebook: &Rulebook, tickets: &Related, chosen: impl IntoIterator<Item = (TicketId, Chosen)>) -> Self {
        let mut taken = Self::default();
        for (id, Chosen { texts, files }) in chosen {
            taken.files.extend(files);
            let Some(ticket) = tickets.get(id).filter(|_| !texts.is_empty()) else { continue };
            taken.texts += count(texts.len());
            taken.changes.push(Change {
                expected: ticket.version,
                ticket: Arc::clone(ticket),
                at: ticket.updated,
                facts: Vec::new(),
                marks: marks(rulebook, ticket),
                claims: Vec::new(),
                erased: texts.into_iter().collect(),
            });
        }
        taken
    }
}

impl Desk {
    /// Lists receipts of erasures in the order in which these began, after the name of one, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [erase](Capability::Erase); [`Error::Store`] if storage fails.
    pub async fn receipts(&self, after: Option<&str>, limit: usize) -> Result<Vec<Receipt>, Error> {
        self.may_erase(&*self.rulebook().await?)?;
        let documents = self.core.store.documents(&self.tenant, &ERASURE, after, limit).await?;
        Ok(documents.iter().map(read_receipt).collect::<Result<_, _>>()?)
    }

    /// Erasing reaches every ticket, so whoever erases is granted it everywhere.
    fn may_erase(&self, rulebook: &Rulebook) -> Result<(), Error> {
        let granted = rulebook.now().config.rights.everywhere(&self.actor, Capability::Erase);
        if granted { Ok(()) } else { Err(forbidden(&self.actor, Capability::Erase).into()) }
    }

    /// Removes the receipts whose time is over, and says when that of the next one is.
    pub(super) async fn expire_receipts(
        &self,
        kept: Span,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        loop {
            let documents = self.core.store.documents(&self.tenant, &ERASURE, None, CHUNK).await?;
            let end = |document: &Document| document.at.checked_add_signed(kept.0);
            let over = documents.iter().take_while(|document| end(document).is_some_and(|end| end <= now));
            let gone: Vec<Write> = over.map(|document| removal(document, now)).collect();
            let (removed, next) = (gone.len(), documents.get(gone.len()).and_then(end));
            if removed == 0 {
                return Ok(next);
            }
            match self.core.store.commit(Commit::documents(self.tenant.clone(), gone)).await {
                // Another process removes them as well.
                Err(StoreError::Conflict(_)) => {}
                done => drop(done?),
            }
        }
    }

    /// Lets those who tick look at the tenant again.
    async fn announce(&self, rulebook: &Rulebook) -> Result<(), StoreError> {
        self.put(&DESK, AGENDA, self.tenant.as_str(), rulebook.now().revision.to_string()).await
    }

    /// Strikes out the files that messages have which are there to stay, as far as the next events of the feed tell; says
    /// where to go on, if not all were looked through.
    async fn strike_attached(
        &self,
        rulebook: &Rulebook,
        files: &mut BTreeSet<String>,
        after: Position,
        now: DateTime<Utc>,
    ) -> Result<Option<Position>, StoreError> {
        let events = self.core.store.feed(after, EVENTS).await?;
        let end = events.last().map(|last| last.position);
        for recorded in events.iter().filter(|one| one.tenant == self.tenant && one.text.is_some()) {
            let Event::Said(Said { attachments, .. }) = &recorded.event else { continue };
            let has = attachments.iter().any(|file| files.contains(&file.digest));
            if has && !self.loses_files(rulebook, recorded, now).await? {
                files.retain(|digest| attachments.iter().all(|file| file.digest != *digest));
            }
        }
        Ok(end)
    }

    /// Tells whether a retention takes the files of a message: the one of the ticket whose conversation it is part of.
    async fn loses_files(
        &self,
        rulebook: &Rulebook,
        recorded: &Recorded,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let setup = rulebook.now();
        let Some(ticket) = self.core.store.load(&self.tenant, recorded.ticket).await? else { return Ok(false) };
        let Some(owner) = self.owner(ticket, recorded.version).await? else { return Ok(false) };
        let all = setup.config.retention.iter().filter(|retention| retention.erase.takes_all_files());
        Ok(all.into_iter().any(|retention| outlived(setup, &owner, retention, now)))
    }

    /// The ticket whose conversation a message is part of.
    async fn owner(&self, mut ticket: Arc<Ticket>, message: Version) -> Result<Option<Arc<Ticket>>, StoreError> {
        if let Some(split) = ticket.parted.iter().find(|split| split.messages.contains(&message)) {
            let Some(into) = self.core.store.load(&self.tenant, split.into).await? else { return Ok(None) };
            ticket = into;
        }
        self.survivor(ticket).await.map(Some)
    }

    /// Removes files, and says how many there were.
    async fn remove_files(&self, files: &BTreeSet<String>) -> Result<u64, StoreError> {
        let mut removed = 0;
        for digest in files {
            removed += u64::from(self.core.store.remove_blob(&self.tenant, digest).await?);
        }
        Ok(removed)
    }
}

fn write_receipt(receipt: &Receipt) -> Result<Write, StoreError> {
    let body = serde_json::to_string(receipt).map_err(|error| StoreError::corrupt("receipt", error))?;
    let (key, at) = (receipt.key.clone(), receipt.at);
    Ok(Write { kind: ERASURE, key, expected: Version(0), at, body: Some(body) })
}

fn read_receipt(document: &Document) -> Result<Receipt, StoreError> {
    let corrupt = |error| StoreError::corrupt(format!("receipt {}", document.key), error);
    serde_json::from_str(&document.body).map_err(corrupt)
}

/// The name of a receipt: when the erasure began, so that they sort by that, and what it is about.
fn receipt_key(begun: DateTime<Utc>, of: &str) -> String {
    format!("{:020}/{of}", crate::time::micros(begun).max(0))
}

fn removal(document: &Document, at: DateTime<Utc>) -> Write {
    let Document { kind, key, version, .. } = document;
    Write { kind: kind.clone(), key: key.clone(), expected: *version, at, body: None }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
