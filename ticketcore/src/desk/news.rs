//! What of the feed is news. History that was brought in has happened long ago, and nobody is to be told of it.

use serde::Deserialize;

use crate::desk::{Desk, Error};
use crate::event::Recorded;
use crate::id::{Key, TenantId, TicketId, Version};
use crate::store::StoreError;

/// Tickets that came from another system; the key is the ticket, and [`Brought`] is part of what the document holds.
pub(super) const IMPORT: Key = Key::from_static("import");
/// Tickets that came out of an archive, likewise.
pub(super) const RESTORED: Key = Key::from_static("restored");

/// How much of a ticket's log was brought in with it.
#[derive(Deserialize)]
struct Brought {
    /// Up to this version.
    events: Version,
}

/// Tells news from history. It reads the marks that imports leave, and remembers what it has read: ask it about events
/// that were read from the feed after it was made, as a mark is there as soon as the events are.
pub(super) struct News<'a> {
    desk: &'a Desk,
    tenants: Vec<(TenantId, [bool; 2])>,
    last: Option<(TenantId, TicketId, Version)>,
}

impl<'a> News<'a> {
    pub(super) const fn new(desk: &'a Desk) -> Self {
        Self { desk, tenants: Vec::new(), last: None }
    }

    /// Tells whether an event happened here.
    pub(super) async fn is(&mut self, recorded: &Recorded) -> Result<bool, Error> {
        let Recorded { tenant, ticket, version, .. } = recorded;
        let known = self.last.as_ref().filter(|(of, id, _)| of == tenant && id == ticket).map(|(.., upto)| *upto);
        let upto = match known {
            Some(upto) => upto,
            None => {
                let upto = self.brought(tenant, *ticket).await?;
                self.last = Some((tenant.clone(), *ticket, upto));
                upto
            }
        };
        Ok(*version > upto)
    }

    /// Up to which version a ticket's log was brought in.
    async fn brought(&mut self, tenant: &TenantId, id: TicketId) -> Result<Version, Error> {
        let mut upto = Version(0);
        let marks = self.marks(tenant).await?;
        for (kind, _) in [IMPORT, RESTORED].iter().zip(marks).filter(|(_, there)| *there) {
            if let Some(document) = self.desk.core.store.document(tenant, kind, &id.to_string()).await? {
                let corrupt = |error| StoreError::corrupt(format!("{kind} {id}"), error);
                upto = upto.max(serde_json::from_str::<Brought>(&document.body).map_err(corrupt)?.events);
            }
        }
        Ok(upto)
    }

    /// Which marks a tenant has at all; one that never imported anything pays for no more than this.
    async fn marks(&mut self, tenant: &TenantId) -> Result<[bool; 2], Error> {
        if let Some((_, marks)) = self.tenants.iter().find(|(of, _)| of == tenant) {
            return Ok(*marks);
        }
        let mut marks = [false; 2];
        for (kind, there) in [IMPORT, RESTORED].iter().zip(&mut marks) {
            *there = !self.desk.core.store.documents(tenant, kind, None, 1).await?.is_empty();
        }
        self.tenants.push((tenant.clone(), marks));
        Ok(marks)
    }
}
