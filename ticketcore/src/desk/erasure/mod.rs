//! Erasing: people on request, old texts by rule; and the receipts that are left of it.

mod files;
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
use crate::engine::{Related, forbidden, marks};
use crate::erasure::{Chosen, Receipt};
use crate::id::{Key, TicketId, Version};
use crate::store::{Change, Commit, Document, StoreError, Write};

#[cfg(feature = "import")]
pub(super) use person::ERASING;
pub use person::ErasePerson;

/// Receipts, by their names.
pub(in crate::desk) const ERASURE: Key = Key::from_static("erasure");
const CHUNK: usize = 200;
/// How many events are read at once.
const EVENTS: usize = 500;

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

    /// A name for a receipt that none has: when the erasure began, so that they sort by that, and what it is about.
    async fn receipt_key(&self, begun: DateTime<Utc>, of: &str) -> Result<String, StoreError> {
        let mut micros = crate::time::micros(begun).max(0);
        loop {
            let key = format!("{micros:020}/{of}");
            if self.core.store.document(&self.tenant, &ERASURE, &key).await?.is_none() {
                return Ok(key);
            }
            micros = micros.saturating_add(1);
        }
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
            match self.core.commit(Commit::documents(self.tenant.clone(), gone)).await {
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

fn removal(document: &Document, at: DateTime<Utc>) -> Write {
    let Document { kind, key, version, .. } = document;
    Write { kind: kind.clone(), key: key.clone(), expected: *version, at, body: None }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
