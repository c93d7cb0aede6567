//! Recurring tickets: opened when they come round, each occurrence once.
//!
//! How far a recurring ticket has come stands in a document, written in the commit that opens the ticket; the occurrence
//! is claimed in it as well. So two that tick at once meet there, and one of them finds it done.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::config::{Recurring, Rulebook};
use crate::desk::apply::ATTEMPTS;
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::engine::{Context, Refusal, Related, forbidden, recur};
use crate::id::{Key, TicketId, Version};
use crate::seal::Parts;
use crate::store::{Claim, Commit, Conflict, Document, Expect, StoreError, Write};
use crate::time::stamp;

/// How far a recurring ticket has come, by its name.
pub(super) const RECURRING: Key = Key::from_static("recurring");

/// A recurring ticket: what became of it last, and when it comes round again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurs {
    /// Its name.
    pub key: Key,
    /// The latest occurrence that was dealt with.
    pub last: Option<Occurrence>,
    /// When the next one is opened.
    pub next: Option<DateTime<Utc>>,
}

/// An occurrence of a recurring ticket that was dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// When it came round.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// How many before it were passed over, as they fell due together with it.
    pub passed: u64,
    /// What became of it.
    pub became: Became,
    /// The ticket that was opened last, be it by this occurrence or by one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
}

/// What became of an occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Became {
    /// A ticket was opened.
    Opened,
    /// The ticket of an occurrence before it was open, and the configuration asks for one at a time.
    Skipped,
    /// The rules did not let it be opened, for this reason.
    Refused(String),
}

/// An occurrence that is due.
struct Round<'a> {
    key: &'a Key,
    recurring: &'a Recurring,
    at: DateTime<Utc>,
    passed: u64,
    /// The version of the document that says how far it has come.
    version: Version,
    /// The ticket that was opened last.
    last: Option<TicketId>,
}

impl Desk {
    /// Lists the recurring tickets of the tenant by name: what became of each last, and when it comes round again.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor reads no tickets; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::config::{Planned, Recurring};
    /// use ticketcore::desk::Became;
    /// use ticketcore::time::{ManualClock, Recurrence, Zone};
    /// use ticketcore::{Config, Desk, MemoryStore};
    ///
    /// let clock = ManualClock::new("2026-03-02T12:00:00Z".parse()?);
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
    /// let daily = Recurrence::new("2026-03-01T09:00:00".parse()?, Zone::utc(), "FREQ=DAILY".parse()?);
    /// let round = Recurring::new(daily, Planned::new("task", "Rounds of {{date}}"));
    /// desk.publish(Config::default().recurring("rounds", round)).await?;
    ///
    /// desk.tick().await?;
    /// clock.set("2026-03-04T10:00:00Z".parse()?);
    /// desk.tick().await?;
    /// let last = desk.recurrences().await?.remove(0).last.expect("it came round");
    /// assert_eq!((last.became, last.passed), (Became::Opened, 1));
    /// let ticket = desk.load(last.ticket.expect("it was opened")).await?;
    /// assert_eq!(ticket.subject, "Rounds of 2026-03-04");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn recurrences(&self) -> Result<Vec<Recurs>, Error> {
        let now = self.now();
        let rulebook = self.rules_at(now).await?;
        if !rulebook.now().config.rights.is_staff(&self.actor) {
            return Err(forbidden(&self.actor, Capability::Read).into());
        }
        let mut all = Vec::new();
        for (key, recurring) in &rulebook.now().config.recurring {
            let last = self.course(key).await?.map(|(last, _)| last);
            let found =
                recurring.occurrences(recurring.calendar(rulebook.now()), since(&rulebook, key, last.as_ref()), now);
            // What is due and was not opened yet is opened by the next tick.
            let next = found.due.map(|_| now).or(found.next);
            all.push(Recurs { key: key.clone(), last, next });
        }
        Ok(all)
    }

    /// Opens what is due of a recurring ticket; says how many tickets were opened, and when the next one is due.
    pub(super) async fn recur(&self, key: &Key, now: DateTime<Utc>) -> Result<(usize, Option<DateTime<Utc>>), Error> {
        let mut held = None;
        for attempt in 1..=ATTEMPTS {
            let rulebook = self.rules_at(now).await?;
            let Some(recurring) = rulebook.now().config.recurring.get(key) else { return Ok((0, None)) };
            let (last, version) = self.course(key).await?.unzip();
            let after = since(&rulebook, key, last.as_ref());
            let found = recurring.occurrences(recurring.calendar(rulebook.now()), after, now);
            let Some(at) = found.due else { return Ok((0, found.next)) };
            let last = last.and_then(|last| last.ticket);
            let round =
                Round { key, recurring, at, passed: found.passed, version: version.unwrap_or(Version(0)), last };
            let (commit, became) = self.plan_round(&rulebook, &round, held, now).await?;
            let opened = commit.changes.len();
            match self.core.commit(commit).await {
                Ok(_) => {
                    tell(self, &round, &became);
                    return Ok((opened, found.next));
                }
                Err(StoreError::Conflict(conflict)) => {
                    self.lost(self.round_id(&round, now, 0), attempt, &conflict);
                    if let Conflict::Claim { held: by, .. } = conflict {
                        held = by;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Busy.into())
    }

    /// What was dealt with last, and the version of the document that says so.
    async fn course(&self, key: &Key) -> Result<Option<(Occurrence, Version)>, StoreError> {
        let found = self.core.store.document(&self.tenant, &RECURRING, key.as_str()).await?;
        let read = |Document { version, body, .. }: Document| {
            let corrupt = |error| StoreError::corrupt(format!("recurring {key}"), error);
            Ok((serde_json::from_str(&body).map_err(corrupt)?, version))
        };
        found.map(read).transpose()
    }

    /// Decides what becomes of an occurrence; `held` is the ticket that was opened for it already, as the claim has it.
    async fn plan_round(
        &self,
        rulebook: &Rulebook,
        round: &Round<'_>,
        held: Option<TicketId>,
        now: DateTime<Utc>,
    ) -> Result<(Commit, Became), Error> {
        let rest = Commit { expect: vec![still(rulebook)], ..Commit::new(self.tenant.clone()) };
        if held.is_some() {
            return self.noted(round, rest, Became::Opened, held, now);
        }
        if let Some(id) = round.last.filter(|_| round.recurring.skip_open)
            && let Some(ticket) = self.core.store.load(&self.tenant, id).await?
            && ticket.status.is_open()
        {
            let mut commit = rest;
            commit.expect.push(Expect::Ticket(id, ticket.version));
            return self.noted(round, commit, Became::Skipped, round.last, now);
        }
        let related = Related::default();
        let context = Context { rulebook, actor: &self.actor, related: &related, now };
        let mut count = 0;
        let ids = || {
            count += 1;
            self.round_id(round, now, count)
        };
        match recur(&context, &self.tenant, round.recurring, round.at, ids) {
            Ok(instance) => {
                let id = instance.parent.ticket.id;
                let claim = Claim { key: claim(round), from: None, to: Some(id) };
                let commit = self.commit_of_instance(rulebook, None, instance, &related, vec![claim]).await?;
                self.noted(round, commit, Became::Opened, Some(id), now)
            }
            Err(refusal) => self.noted(round, rest, Became::Refused(Refusal::to_string(&refusal)), round.last, now),
        }
    }

    /// Adds to a commit what became of an occurrence.
    fn noted(
        &self,
        round: &Round<'_>,
        mut commit: Commit,
        became: Became,
        ticket: Option<TicketId>,
        now: DateTime<Utc>,
    ) -> Result<(Commit, Became), Error> {
        let Round { key, at, passed, version, .. } = *round;
        let occurrence = Occurrence { at, passed, became, ticket };
        let body = serde_json::to_string(&occurrence)
            .map_err(|error| StoreError::corrupt(format!("recurring {key}"), error))?;
        let key = key.as_str().to_owned();
        commit.documents.push(Write { kind: RECURRING, key, expected: version, at: now, body: Some(body) });
        Ok((commit, occurrence.became))
    }

    /// The ids of an occurrence's tickets follow from it, so that it does not matter who opens it.
    fn round_id(&self, round: &Round<'_>, now: DateTime<Utc>, number: u32) -> TicketId {
        let parts = Parts::new("ticketcore recurring 1").add(self.tenant.as_str()).add(claim(round));
        let digest = parts.add(number.to_be_bytes()).digest();
        let bits = digest.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        TicketId::at(now, bits)
    }
}

/// After which instant occurrences count: those before were dealt with, or are of another time.
fn since(rulebook: &Rulebook, key: &Key, last: Option<&Occurrence>) -> DateTime<Utc> {
    let published = rulebook.recurs_since(key).unwrap_or(DateTime::<Utc>::MAX_UTC);
    last.map_or(published, |last| last.at.max(published))
}

fn claim(round: &Round<'_>) -> String {
    format!("recurring/{}/{}", round.key, round.at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn tell(desk: &Desk, round: &Round<'_>, became: &Became) {
    let (tenant, recurring, at, passed) = (&desk.tenant, round.key, round.at, round.passed);
    match became {
        Became::Opened if passed == 0 => tracing::info!(%tenant, %recurring, %at, "opened what recurs"),
        Became::Opened => {
            tracing::warn!(%tenant, %recurring, %at, passed, "opened what recurs, and passed others over")
        }
        Became::Skipped => tracing::info!(%tenant, %recurring, %at, passed, "the one before is open"),
        Became::Refused(why) => tracing::error!(%tenant, %recurring, %at, passed, why, "what recurs was refused"),
    }
}
