//! Retention carried out: a sweep over closed tickets, at most once a day, a chunk a tick.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::files::Files;
use super::{CHUNK, Taken, count, write_receipt};
use crate::config::{Retention, Rulebook};
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, outlived};
use crate::erasure::{Chosen, Erased, Receipt, Subject, of_ticket};
use crate::fault::Fault;
use crate::id::{Key, TicketId, Version};
use crate::query::{Cursor, Filter, Order, Page, Period, Query, Sort};
use crate::status::Status;
use crate::store::{Change, Commit, Document, Expect, StoreError, Write};
use crate::ticket::Ticket;
use crate::time::stamp;

/// How far retentions have come, by their names.
const RETENTION: Key = Key::from_static("retention");
const DAY: TimeDelta = TimeDelta::days(1);

/// A sweep under way, or the last one.
#[derive(Debug, Serialize, Deserialize)]
struct Course {
    /// What it carries out. Another rule begins anew.
    rule: Retention,
    /// When it began: what is over by then is erased.
    #[serde(with = "stamp")]
    begun: DateTime<Utc>,
    /// When the one before began, under the same rule: what was over by then, and has not changed since, is erased.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    before: Option<DateTime<Utc>>,
    /// The cursor after the last ticket that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Whether that was the last one.
    swept: bool,
    /// What came with what was erased.
    files: Files,
    erased: Erased,
    done: bool,
}

impl Course {
    fn new(rule: &Retention, begun: DateTime<Utc>, before: Option<DateTime<Utc>>) -> Self {
        let (rule, files, erased) = (rule.clone(), Files::default(), Erased::default());
        Self { rule, begun, before, after: None, swept: false, files, erased, done: false }
    }

    /// Which tickets may have come to their end since the sweep before.
    fn filter(&self) -> Filter {
        let back = |at: DateTime<Utc>| at.checked_sub_signed(self.rule.after.0);
        // No ticket is closed before it is opened, or changed last before it is closed.
        let last = back(self.begun).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let created = Period { from: None, to: last.checked_add_signed(TimeDelta::microseconds(1)) };
        let updated = Period { from: self.before.and_then(back), to: None };
        Filter { statuses: vec![Status::Closed], created, updated, ..Filter::default() }
    }

    /// Whether a ticket has come to its end, and that is news.
    fn is_for(&self, rulebook: &Rulebook, ticket: &Ticket) -> bool {
        let over = |at| outlived(rulebook.now(), ticket, &self.rule, at);
        over(self.begun) && self.before.is_none_or(|before| ticket.updated >= before || !over(before))
    }
}

impl Desk {
    /// Counts the tickets of which a [retention](crate::config::Retention) would erase something now; a rehearsal, which
    /// writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [erase](crate::Capability::Erase), or if there is no such retention;
    /// [`Error::Store`] if storage fails.
    pub async fn retention_due(&self, key: impl Into<Key>) -> Result<usize, Error> {
        let (key, now) = (key.into(), self.now());
        let rulebook = self.rules_at(now).await?;
        self.may_erase(&rulebook)?;
        let all = &rulebook.now().config.retention;
        let Some(rule) = all.iter().find(|retention| retention.key == key) else {
            let known: Vec<&str> = all.iter().map(|retention| retention.key.as_str()).collect();
            let problem = format!("`{key}` is no retention of this desk; known: {}", known.join(", "));
            return Err(Refusal::Invalid { faults: vec![Fault::new("retention", problem)] }.into());
        };
        let (course, mut after, mut due) = (Course::new(rule, now, None), None, 0);
        loop {
            let page = self.closed(&course, after).await?;
            for ticket in page.tickets.iter().filter(|ticket| course.is_for(&rulebook, ticket)) {
                due += usize::from(self.holds_any(self.chosen(ticket, &course).await?).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(due);
            }
        }
    }

    /// Makes retentions look at all closed tickets again: those that were brought in have been closed for long, and no
    /// sweep has seen them.
    #[cfg(feature = "import")]
    pub(in crate::desk) async fn begun_anew(&self, rulebook: &Rulebook) -> Result<Vec<Write>, StoreError> {
        let mut writes = Vec::new();
        for rule in &rulebook.now().config.retention {
            if let Some(found) = self.core.store.document(&self.tenant, &RETENTION, rule.key.as_str()).await? {
                let Document { kind, key, version, .. } = found;
                writes.push(Write { kind, key, expected: version, at: self.now(), body: None });
            }
        }
        Ok(writes)
    }

    /// Whether something of what was chosen is still there.
    async fn holds_any(&self, chosen: BTreeMap<TicketId, Chosen>) -> Result<bool, StoreError> {
        for Chosen { texts, files } in chosen.into_values() {
            if !texts.is_empty() {
                return Ok(true);
            }
            for digest in files {
                if self.core.store.blob(&self.tenant, &digest).await?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Goes a step on with a retention, if its day has come; adds to the count of tickets, and says when it is its turn
    /// again.
    pub(in crate::desk) async fn retain(
        &self,
        rule: &Retention,
        now: DateTime<Utc>,
        tickets: &mut usize,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let rulebook = self.rules_at(now).await?;
        let found = self.core.store.document(&self.tenant, &RETENTION, rule.key.as_str()).await?;
        let version = found.as_ref().map_or(Version(0), |found| found.version);
        let corrupt = |error| StoreError::corrupt(format!("retention {}", rule.key), error);
        let read = |document: Document| serde_json::from_str::<Course>(&document.body).map_err(corrupt);
        let mut course = match found.map(read).transpose()?.filter(|course| course.rule == *rule) {
            Some(course) if !course.done => course,
            Some(course) if course.begun + DAY > now => return Ok(Some(course.begun + DAY)),
            last => Course::new(rule, now, last.map(|last| last.begun)),
        };
        let mut commit = Commit::new(self.tenant.clone());
        (commit.changes, commit.expect) = self.retain_on(&rulebook, &mut course).await?;
        course.done = course.swept && course.files.is_empty();
        if course.done && !course.erased.is_nothing() {
            let (key, of) =
                (self.receipt_key(course.begun, rule.key.as_str()).await?, Subject::Retention(rule.key.clone()));
            let receipt = Receipt { key, of, at: now, by: self.actor.by(), erased: course.erased };
            tracing::info!(tenant = %self.tenant, retention = %rule.key, texts = course.erased.texts, "erased what is old");
            commit.documents.push(write_receipt(&receipt)?);
        }
        let (key, body) = (rule.key.as_str().to_owned(), serde_json::to_string(&course).map_err(corrupt)?);
        commit.documents.push(Write { kind: RETENTION, key, expected: version, at: now, body: Some(body) });
        let changed = commit.changes.len();
        match self.core.commit(commit).await {
            // Somebody wrote to one of the tickets, or another process is as far.
            Err(StoreError::Conflict(_)) => self.forget_rules(),
            done => {
                done?;
                *tickets += changed;
                if course.done {
                    return Ok(Some(course.begun + DAY));
                }
            }
        }
        Ok(Some(now))
    }

    async fn retain_on(
        &self,
        rulebook: &Rulebook,
        course: &mut Course,
    ) -> Result<(Vec<Change>, Vec<Expect>), StoreError> {
        if self.clear(rulebook, &mut course.files, &mut course.erased, course.begun).await? {
            return Ok((Vec::new(), Vec::new()));
        }
        let corrupt = |error: String| StoreError::corrupt("retention", error);
        let after = course.after.take().map(|text| text.parse::<Cursor>()).transpose().map_err(corrupt)?;
        let page = self.closed(course, after).await?;
        course.erased.looked += count(page.tickets.len());
        let mut chosen: BTreeMap<TicketId, Chosen> = BTreeMap::new();
        let mut due: Vec<Arc<Ticket>> = page.tickets;
        due.retain(|ticket| course.is_for(rulebook, ticket));
        for ticket in &due {
            for (id, more) in self.chosen(ticket, course).await? {
                let of = chosen.entry(id).or_default();
                of.texts.extend(more.texts);
                of.files.extend(more.files);
            }
        }
        let mut tickets = self.load_all(chosen.keys().copied().collect()).await?;
        // What was found to be at its end must be at its commit.
        due.iter().for_each(|ticket| tickets.insert(Arc::clone(ticket)));
        let Taken { changes, files, texts } = Taken::of(rulebook, &tickets, chosen);
        course.erased.tickets += count(changes.len());
        course.erased.texts += texts;
        course.after = page.next.map(|cursor| cursor.to_string());
        course.swept = page.next.is_none();
        course.files.gather(files, course.swept);
        let unchanged = due.iter().filter(|ticket| !changes.iter().any(|change| change.ticket.id == ticket.id));
        let expect = unchanged.map(|ticket| Expect::Ticket(ticket.id, ticket.version));
        let expect = expect.chain(std::iter::once(still(rulebook))).collect();
        Ok((changes, expect))
    }

    async fn closed(&self, course: &Course, after: Option<Cursor>) -> Result<Page, StoreError> {
        let order = Order { by: Sort::Number, descending: false };
        self.core.store.find(&self.tenant, &Query::new(course.filter()).order(order).after(after).limit(CHUNK)).await
    }

    /// What is to be erased of a ticket and of those it is made of.
    async fn chosen(&self, ticket: &Ticket, course: &Course) -> Result<BTreeMap<TicketId, Chosen>, StoreError> {
        Ok(of_ticket(ticket.id, &self.histories(ticket.id).await?, course.rule.erase))
    }
}
