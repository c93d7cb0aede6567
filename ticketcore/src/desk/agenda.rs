//! What tenants have on for themselves, whatever happens to their tickets: which of them have anything, and when it is due.
//!
//! A tenant with an agenda is named by a document of the desk; the times follow from its rules and from how far it has
//! come, and are only remembered. So a tick costs tenants without an agenda nothing, and those with one nothing until it
//! is time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::Actor;
use crate::desk::rules::DESK;
use crate::desk::{Desk, Error};
use crate::id::{Key, Revision, TenantId, Version};
use crate::store::{Document, StoreError};

/// Tenants that have an agenda, under no tenant of their own; each with the revision that brought it.
pub(super) const AGENDA: Key = Key::from_static("agenda");

const CHUNK: usize = 200;
/// How long something that failed, or that is announced and not published yet, waits for another try.
const LATER: TimeDelta = TimeDelta::seconds(1);

/// The agendas that are known of, by tenant.
#[derive(Debug, Default)]
pub(super) struct Agendas(Mutex<BTreeMap<TenantId, Agenda>>);

#[derive(Clone, Copy, Debug)]
struct Agenda {
    /// The version of the document, which is written anew when there may be news.
    version: Version,
    revision: Revision,
    /// When something is due; not known yet at the beginning of time.
    next: Option<DateTime<Utc>>,
}

impl Agendas {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, Agenda>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When something is due for any tenant.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.lock().values().filter_map(|agenda| agenda.next).min()
    }

    fn due(&self, now: DateTime<Utc>) -> Vec<(TenantId, Agenda)> {
        let due = |agenda: &Agenda| agenda.next.is_some_and(|next| next <= now);
        self.lock().iter().filter(|(_, agenda)| due(agenda)).map(|(tenant, agenda)| (tenant.clone(), *agenda)).collect()
    }

    /// Takes up what a document says, unless it is known.
    fn note(&self, document: &Document) -> Result<(), StoreError> {
        let corrupt = |error| StoreError::corrupt(format!("agenda of {}", document.key), error);
        let (version, revision) = (document.version, Revision(document.body.parse().map_err(corrupt)?));
        let mut agendas = self.lock();
        if agendas.get(document.key.as_str()).is_none_or(|known| known.version != version) {
            let next = Some(DateTime::<Utc>::MIN_UTC);
            agendas.insert(TenantId::from(document.key.as_str()), Agenda { version, revision, next });
        }
        Ok(())
    }

    /// Remembers when the next thing is due, unless there was news meanwhile.
    fn put_off(&self, tenant: &TenantId, version: Version, next: Option<DateTime<Utc>>) {
        if let Some(agenda) = self.lock().get_mut(tenant)
            && agenda.version == version
        {
            agenda.next = next;
        }
    }
}

impl Desk {
    /// Learns which tenants have an agenda.
    pub(super) async fn look_at_agendas(&self) -> Result<(), Error> {
        let mut after: Option<String> = None;
        loop {
            let documents = self.core.store.documents(&DESK, &AGENDA, after.as_deref(), CHUNK).await?;
            for document in &documents {
                self.core.rules.agendas.note(document)?;
            }
            match documents.into_iter().nth(CHUNK - 1) {
                Some(last) => after = Some(last.key),
                None => return Ok(()),
            }
        }
    }

    /// Does what is due by the agendas of all tenants, as the system; says how many tickets were worked on, and what failed
    /// first, which keeps no other tenant waiting.
    pub(super) async fn keep_agendas(&self, now: DateTime<Utc>) -> (usize, Option<Error>) {
        let (mut count, mut failed) = (0, None);
        for (tenant, agenda) in self.core.rules.agendas.due(now) {
            let desk = self.tenant(tenant).by(Actor::system());
            let next = match desk.keep_agenda(agenda.revision, now, &mut count).await {
                Ok(next) => next,
                Err(error) => {
                    failed.get_or_insert(error);
                    Some(now + LATER)
                }
            };
            self.core.rules.agendas.put_off(&desk.tenant, agenda.version, next);
        }
        (count, failed)
    }

    /// Does what is due by the tenant's agenda, adds to the count of tickets, and says when something is due again.
    async fn keep_agenda(
        &self,
        revision: Revision,
        now: DateTime<Utc>,
        count: &mut usize,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let rulebook = self.rules_at(now).await?;
        if rulebook.now().revision < revision {
            // Announced and not published (yet).
            self.forget_rules();
            return Ok(Some(now + LATER));
        }
        let mut next = None;
        for key in rulebook.now().config.recurring.keys() {
            let (opened, again) = self.recur(key, now).await?;
            *count += opened;
            next = again.into_iter().chain(next).min();
        }
        for retention in &rulebook.now().config.retention {
            let again = self.retain(retention, now, count).await?;
            next = again.into_iter().chain(next).min();
        }
        let expiry = self.expire_receipts(rulebook.now().config.receipts, now).await?;
        Ok(expiry.into_iter().chain(next).min())
    }
}
