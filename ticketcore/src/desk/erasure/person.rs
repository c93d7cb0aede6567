//! A person is erased: what they wrote, the files they sent, their names.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::files::Files;
use super::{ERASURE, EVENTS, Taken, count, read_receipt, write_receipt};
use crate::config::Rulebook;
use crate::desk::apply::ATTEMPTS;
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::engine::Refusal;
use crate::erasure::{Erased, Receipt, Subject, is_by, makes_it_for, of_person, person_digest};
use crate::event::Recorded;
use crate::fault::Fault;
use crate::id::{Key, PersonId, Position, TicketId, Version};
use crate::seal::Digest;
use crate::store::{Change, Commit, StoreError, Write};

/// Erasures under way, by what tells the person.
pub(in crate::desk) const ERASING: Key = Key::from_static("erasing");

/// The erasure of a person, made ready by its methods and carried out by [`run`](Self::run); see
/// [`Desk::erase_person`].
#[must_use = "nothing is erased until it runs"]
pub struct ErasePerson<'a> {
    desk: &'a Desk,
    person: PersonId,
    whole: bool,
    progress: Option<Progress<'a>>,
}

type Progress<'a> = Box<dyn FnMut(&Erased) + Send + 'a>;

/// How far an erasure has come. It says nothing of the person.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Course {
    /// The name that the receipt will have.
    receipt: String,
    whole: bool,
    /// Up to where the feed was read.
    position: Position,
    /// Whether that was its end.
    ended: bool,
    /// What was sent with what was erased.
    files: Files,
    erased: Erased,
}

impl Course {
    fn new(receipt: String, whole: bool) -> Self {
        let (files, erased) = (Files::default(), Erased::default());
        Self { receipt, whole, position: Position(0), ended: false, files, erased }
    }

    fn is_done(&self) -> bool {
        self.ended && self.files.is_empty()
    }
}

impl Desk {
    /// Prepares the erasure of a person: of every text that they wrote on any ticket of the tenant, together with the edits
    /// that others made of it, of the files that came with it unless another message has them as well, and of all that
    /// the directory says of them. Those who were [merged](Self::merge_people) are one person.
    ///
    /// What stays: tickets, versions, logs, links, votes, figures, and the id, which is a pseudonym once nobody keeps a name
    /// for it; so the id should not be a name. Subjects, custom fields, reasons and names of files stand in events, which
    /// never change; to rename a ticket would hide its subject and not erase it, so that is not done.
    ///
    /// Works in small commits, is told to go on by being run again, and does no harm if it is run twice. What the person
    /// writes while it runs may stay: run it again. A [receipt](Receipt) is left, without the person's id.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::erasure::Subject;
    /// use ticketcore::{Actor, Desk, Draft, MemoryStore, TenantId};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let bo = desk.by(Actor::requester("bo"));
    /// let id = bo.open(Draft::incident("No mail").description("I am Bo Li, room 4711")).await?.id;
    /// let ticket = desk.load(id).await?;
    ///
    /// let receipt = desk.erase_person("bo").progress(|so_far| eprintln!("{} events", so_far.looked)).run().await?;
    /// assert_eq!((receipt.erased.tickets, receipt.erased.texts), (1, 1));
    /// assert_eq!(receipt.of, Subject::person(&TenantId::MAIN, &"bo".into()));
    /// assert_eq!(desk.history(id).await?[0].text, None);
    /// assert_eq!(desk.load(id).await?, ticket);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub fn erase_person(&self, person: impl Into<PersonId>) -> ErasePerson<'_> {
        ErasePerson { desk: self, person: person.into(), whole: false, progress: None }
    }
}

impl<'a> ErasePerson<'a> {
    /// Erases all texts of the tickets that were ever for the person, whoever wrote them: agents call people by their
    /// names, and gateways write in their place. By default only what the person wrote.
    pub const fn whole_tickets(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Is told how far it is, after every step.
    pub fn progress(mut self, tell: impl FnMut(&Erased) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Carries it out, or goes on with it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [erase](crate::Capability::Erase) everywhere, or if the id is none.
    /// [`Error::Store`] if storage fails; run it again, and it goes on where it was.
    pub async fn run(self) -> Result<Receipt, Error> {
        let Self { desk, person, whole, mut progress } = self;
        desk.may_erase(&*desk.rulebook().await?)?;
        if !person.is_valid() {
            let problem = "needs 1 to 128 bytes, no control character and no blank at either end";
            return Err(Refusal::Invalid { faults: vec![Fault::new("person", problem)] }.into());
        }
        let ids = desk.identities(&person).await?;
        let digest = person_digest(&desk.tenant, ids.first().unwrap_or(&person));
        // What was sent to them opens nothing any more.
        desk.drop_links(|kept| ids.contains(&kept.person)).await?;
        let job = Job { desk, ids, digest, whole };
        let (mut receipt, mut attempt) = (None, 1);
        loop {
            let erased = match job.step(receipt.as_deref()).await {
                Ok(Step::On(course)) => {
                    receipt = Some(course.receipt);
                    course.erased
                }
                Ok(Step::Done(receipt)) => {
                    if let Some(tell) = &mut progress {
                        tell(&receipt.erased);
                    }
                    return Ok(receipt);
                }
                Err(Error::Store(StoreError::Conflict(conflict))) if attempt < ATTEMPTS => {
                    tracing::debug!(tenant = %desk.tenant, attempt, %conflict, "another writer was faster");
                    desk.forget_rules();
                    attempt += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            attempt = 1;
            if let Some(tell) = &mut progress {
                tell(&erased);
            }
        }
    }
}

/// What is to be done, with all ids of the person.
struct Job<'a> {
    desk: &'a Desk,
    ids: Vec<PersonId>,
    digest: Digest,
    whole: bool,
}

/// What a step came to.
enum Step {
    On(Course),
    Done(Receipt),
}

impl Job<'_> {
    /// Goes a step on, in one commit. `receipt` is the name of the receipt, once it is known.
    async fn step(&self, receipt: Option<&str>) -> Result<Step, Error> {
        let Self { desk, whole, .. } = self;
        let now = desk.now();
        let rulebook = desk.rules_at(now).await?;
        desk.may_erase(&rulebook)?;
        let found = desk.core.store.document(&desk.tenant, &ERASING, &self.digest.to_string()).await?;
        let version = found.as_ref().map_or(Version(0), |found| found.version);
        let mut course = match (found, receipt) {
            (Some(found), _) => {
                serde_json::from_str(&found.body).map_err(|error| StoreError::corrupt("erasure", error))?
            }
            // Another who erased the same person has come to the end.
            (None, Some(receipt)) => {
                let left = desk.core.store.document(&desk.tenant, &ERASURE, receipt).await?;
                return Ok(Step::Done(read_receipt(&left.ok_or(StoreError::Busy)?)?));
            }
            (None, None) => Course::new(desk.receipt_key(now, &self.digest.to_string()).await?, *whole),
        };
        if *whole && !course.whole {
            course = Course { whole: true, position: Position(0), ended: false, ..course };
        }
        if course.is_done() {
            return self.end(&rulebook, course, version, now).await.map(Step::Done);
        }
        let changes = desk.erase_on(&rulebook, &self.ids, &mut course, now).await?;
        let body = serde_json::to_string(&course).map_err(|error| StoreError::corrupt("erasure", error))?;
        let documents = vec![self.write(version, now, Some(body))];
        let expect = if changes.is_empty() { Vec::new() } else { vec![still(&rulebook)] };
        desk.core.commit(Commit { changes, documents, expect, ..Commit::new(desk.tenant.clone()) }).await?;
        Ok(Step::On(course))
    }

    /// Takes the names out of the directory and leaves the receipt.
    async fn end(
        &self,
        rulebook: &Rulebook,
        mut course: Course,
        version: Version,
        now: DateTime<Utc>,
    ) -> Result<Receipt, Error> {
        let (desk, of) = (self.desk, Subject::Person(self.digest));
        let (mut documents, records) = desk.forget(&self.ids, now).await?;
        course.erased.records += records;
        let receipt = Receipt { key: course.receipt, of, at: now, by: desk.actor.by(), erased: course.erased };
        documents.extend([write_receipt(&receipt)?, self.write(version, now, None)]);
        // Before, as this may be the end of it; and after, as those who tick may have looked in between.
        desk.announce(rulebook).await?;
        desk.core.commit(Commit::documents(desk.tenant.clone(), documents)).await?;
        // Nobody who is not there is given work.
        desk.core.rosters.forget(&desk.tenant);
        desk.announce(rulebook).await?;
        tracing::info!(tenant = %desk.tenant, receipt = receipt.key, texts = receipt.erased.texts, "erased a person");
        Ok(receipt)
    }

    fn write(&self, expected: Version, at: DateTime<Utc>, body: Option<String>) -> Write {
        Write { kind: ERASING, key: self.digest.to_string(), expected, at, body }
    }
}

impl Desk {
    /// Goes a step on: through the feed, or through the messages that may have the same files.
    async fn erase_on(
        &self,
        rulebook: &Rulebook,
        ids: &[PersonId],
        course: &mut Course,
        now: DateTime<Utc>,
    ) -> Result<Vec<Change>, StoreError> {
        if self.clear(rulebook, &mut course.files, &mut course.erased, now).await? {
            return Ok(Vec::new());
        }
        let events = self.core.store.feed(course.position, EVENTS).await?;
        let Some(last) = events.last() else {
            course.ended = true;
            course.files.gather(BTreeSet::new(), true);
            return Ok(Vec::new());
        };
        course.position = last.position;
        let own: Vec<&Recorded> = events.iter().filter(|one| one.tenant == self.tenant).collect();
        course.erased.looked += count(own.len());
        let concerns = |one: &Recorded| {
            let by = |id| one.text.is_some() && is_by(one, id) || course.whole && makes_it_for(one, id);
            ids.iter().any(by)
        };
        let tickets: BTreeSet<TicketId> = own.iter().filter(|one| concerns(one)).map(|one| one.ticket).collect();
        let tickets = self.load_all(tickets.into_iter().collect()).await?;
        let mut chosen = Vec::new();
        for ticket in tickets.iter() {
            chosen.push((ticket.id, of_person(&self.log_of(ticket.id).await?, ids, course.whole)));
        }
        let Taken { changes, files, texts } = Taken::of(rulebook, &tickets, chosen);
        course.files.gather(files, false);
        course.erased.tickets += count(changes.len());
        course.erased.texts += texts;
        Ok(changes)
    }
}

impl fmt::Debug for ErasePerson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { person, whole, .. } = self;
        f.debug_struct("ErasePerson").field("person", person).field("whole", whole).finish_non_exhaustive()
    }
}
