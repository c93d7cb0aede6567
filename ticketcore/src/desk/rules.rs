//! The configuration of each tenant: published to the store, read from it, and put to use on every ticket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::config::{Config, Rulebook, Setup};
use crate::desk::agenda::{AGENDA, Agendas};
use crate::desk::{Desk, Error};
use crate::engine::forbidden;
use crate::id::{Key, Revision, TenantId, Version};
use crate::store::{Commit, Document, Expect, StoreError, Write};
use crate::time::{micros, stamp};

pub(super) const CONFIG: Key = Key::from_static("config");
/// Tenants whose open tickets are yet to be read under a newer configuration, under no tenant of their own.
pub(super) const SWEEP: Key = Key::from_static("sweep");
/// Where documents of the desk as a whole stand.
pub(super) const DESK: TenantId = TenantId::from_static("");
/// How old what is known of the configuration may be before another look; a commit under an outdated one is refused by
/// its expectation in any case.
const LOOK_EVERY: TimeDelta = TimeDelta::microseconds(SECOND);
const SECOND: i64 = 1_000_000;

/// What is known of the tenants' configurations.
#[derive(Debug, Default)]
pub(super) struct Rules {
    known: RwLock<HashMap<TenantId, Known>>,
    /// When to look for sweeps again, in microseconds since 1970: every second, or at once while one is under way.
    next_sweep: AtomicI64,
    /// What the tenants have on for themselves, and when.
    pub(super) agendas: Agendas,
}

impl Rules {
    pub(super) fn sweep_due(&self, now: DateTime<Utc>) -> bool {
        let next = self.next_sweep.load(Ordering::Relaxed);
        // A clock that was put back must not keep a sweep waiting.
        !(micros(now)..=micros(now).saturating_add(SECOND)).contains(&next) || next == micros(now)
    }

    pub(super) fn swept(&self, now: DateTime<Utc>, pending: bool) {
        let next = if pending { 0 } else { micros(now).saturating_add(SECOND) };
        self.next_sweep.store(next, Ordering::Relaxed);
    }
}

#[derive(Clone, Debug)]
struct Known {
    rulebook: Arc<Rulebook>,
    looked: DateTime<Utc>,
}

/// A configuration as it is published.
#[derive(Serialize, Deserialize)]
struct Published {
    #[serde(with = "stamp")]
    since: DateTime<Utc>,
    config: Config,
}

/// A sweep under way: the revision it brings, and how far it has come.
#[derive(Serialize, Deserialize)]
pub(super) struct Sweep {
    pub(super) revision: Revision,
    /// The cursor after the last ticket that was read.
    pub(super) after: Option<String>,
    pub(super) done: bool,
    /// Tickets look for agents.
    #[serde(default)]
    pub(super) routed: bool,
}

/// Ten digits, so that revisions sort as text. Written by hand, as every commit names one: `format!` takes ten times as
/// long.
fn key(revision: Revision) -> String {
    let mut rest = revision.0;
    let mut digits = ['0'; 10];
    for digit in digits.iter_mut().rev() {
        *digit = u32::try_from(rest % 10).ok().and_then(|value| char::from_digit(value, 10)).unwrap_or('0');
        rest /= 10;
    }
    digits.into_iter().collect()
}

/// What every commit rests on: that no newer configuration was published.
pub(super) fn still(rulebook: &Rulebook) -> Expect {
    Expect::Document { kind: CONFIG, key: key(rulebook.now().revision.next()), version: Version(0) }
}

impl Desk {
    /// The rules in force for the tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if they cannot be read, [`Error::Unsound`] if what was published cannot be used.
    pub async fn rulebook(&self) -> Result<Arc<Rulebook>, Error> {
        self.rules_at(self.now()).await
    }

    pub(super) async fn rules_at(&self, now: DateTime<Utc>) -> Result<Arc<Rulebook>, Error> {
        if let Some(known) = self.known()
            && known.looked <= now
            && now - known.looked < LOOK_EVERY
        {
            return Ok(known.rulebook);
        }
        self.look(now).await
    }

    fn known(&self) -> Option<Known> {
        let known = self.core.rules.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&self.tenant).cloned()
    }

    /// Makes the next look read the store, after a commit has met a newer configuration.
    pub(super) fn forget_rules(&self) {
        self.core.rules.known.write().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }

    async fn look(&self, now: DateTime<Utc>) -> Result<Arc<Rulebook>, Error> {
        let known = self.known().map(|known| known.rulebook);
        let from = known.as_ref().map(|rulebook| key(rulebook.now().revision));
        let mut documents = self.core.store.documents(&self.tenant, &CONFIG, from.as_deref(), 1000).await?.into_iter();
        let rulebook = match (known, documents.next()) {
            (Some(rulebook), None) => rulebook,
            (None, None) => Arc::new(Rulebook::new(Config::default()).map_err(|faults| Error::Unsound { faults })?),
            (known, Some(first)) => {
                // Nothing was decided by a tenant's own rules before the first were published.
                let known = known.filter(|rulebook| rulebook.now().revision != Revision::default());
                let first = compile(&first)?;
                let mut rulebook = match known {
                    Some(known) => Rulebook::clone(&known).then(first),
                    None => Rulebook::of(first),
                };
                for document in documents {
                    rulebook = rulebook.then(compile(&document)?);
                }
                Arc::new(rulebook)
            }
        };
        let known = Known { rulebook: Arc::clone(&rulebook), looked: now };
        self.core.rules.known.write().unwrap_or_else(PoisonError::into_inner).insert(self.tenant.clone(), known);
        Ok(rulebook)
    }

    /// Publishes a configuration as the tenant's next revision; it is in force from now on.
    ///
    /// Verdicts of the past stay, and time that has passed keeps the rules it passed under. Open tickets get their new
    /// due dates in batches by whoever [ticks](Self::tick).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not publish, or grants what they do not hold themselves.
    /// [`Error::Unsound`] with every fault, such as a team that the directory has to
    /// [know](crate::config::People::Known) and does not; nothing is published. [`Error::Store`] with a conflict if somebody else
    /// published at the same time.
    pub async fn publish(&self, config: Config) -> Result<Revision, Error> {
        let now = self.now();
        let current = self.look(now).await?;
        let held = &current.now().config.rights;
        let publishes = held.anywhere(&self.actor, Capability::Publish);
        let beyond = if publishes { held.beyond(&self.actor, &config.rights) } else { Some(Capability::Publish) };
        if let Some(capability) = beyond {
            return Err(forbidden(&self.actor, capability).into());
        }
        let revision = current.now().revision.next();
        let since = now.max(current.now().since);
        let setup = Setup::new(config, revision, since).map_err(|faults| Error::Unsound { faults })?;
        let faults = self.strangers(&setup.config).await?;
        if !faults.is_empty() {
            return Err(Error::Unsound { faults });
        }
        let json =
            |value: serde_json::Result<String>| value.map_err(|error| StoreError::corrupt("configuration", error));
        // Announced first: a sweep without news is harmless, news without a sweep is not.
        self.make_known(&setup).await?;
        let routed = !setup.config.routing.routes.is_empty();
        let body = json(serde_json::to_string(&Published { since, config: setup.config }))?;
        let write = Write { kind: CONFIG, key: key(revision), expected: Version(0), at: now, body: Some(body) };
        self.core.commit(Commit::documents(self.tenant.clone(), [write])).await?;
        self.core.rules.swept(now, true);
        self.look(now).await?;
        self.core.rosters.forget(&self.tenant);
        // Whoever looks for an agent first would do it otherwise.
        if routed && let Err(error) = self.counted().await {
            tracing::warn!(tenant = %self.tenant, %error, "what everybody has was not counted");
        }
        Ok(revision)
    }

    /// Lets whoever ticks know that the tenant has another configuration, and what it has on for itself.
    pub(super) async fn make_known(&self, setup: &Setup) -> Result<(), StoreError> {
        let (revision, config) = (setup.revision, &setup.config);
        let sweep = Sweep { revision, after: None, done: false, routed: !config.routing.routes.is_empty() };
        let sweep = serde_json::to_string(&sweep).map_err(|error| StoreError::corrupt("sweep", error))?;
        self.put(&DESK, SWEEP, self.tenant.as_str(), sweep).await?;
        if !config.recurring.is_empty() || !config.retention.is_empty() {
            self.put(&DESK, AGENDA, self.tenant.as_str(), revision.to_string()).await?;
        }
        Ok(())
    }

    /// Writes a document whatever its version.
    pub(super) async fn put(&self, tenant: &TenantId, kind: Key, key: &str, body: String) -> Result<(), StoreError> {
        loop {
            let found = self.core.store.document(tenant, &kind, key).await?;
            let expected = found.map_or(Version(0), |document| document.version);
            let (kind, key, body) = (kind.clone(), key.to_owned(), Some(body.clone()));
            let write = Write { kind, key, expected, at: self.now(), body };
            match self.core.commit(Commit::documents(tenant.clone(), [write])).await {
                Err(error) if error.is_conflict() => {}
                done => return done.map(drop),
            }
        }
    }
}

pub(super) fn compile(document: &Document) -> Result<Arc<Setup>, Error> {
    let corrupt = |error| StoreError::corrupt(format!("configuration {}", document.key), error);
    let published: Published = serde_json::from_str(&document.body).map_err(corrupt)?;
    let revision = Revision(document.key.parse().unwrap_or_default());
    let setup = Setup::new(published.config, revision, published.since);
    setup.map(Arc::new).map_err(|faults| Error::Unsound { faults })
}
