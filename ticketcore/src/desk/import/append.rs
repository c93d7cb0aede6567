//! The writing: a chunk of histories in a commit.

use super::{Differing, Imported, Origin, claim, fault};
use crate::config::Rulebook;
use crate::desk::apply::{ATTEMPTS, change};
use crate::desk::news::IMPORT;
use crate::desk::rules::still;
use crate::desk::seats::{LOAD, Seats};
use crate::desk::{Desk, Error};
use crate::engine::adopt;
use crate::id::{Key, TicketId, Version};
use crate::import::Story;
use crate::store::{Claim, Commit, Conflict, StoreError, Write};

/// How many tickets share a commit: enough to share a flush, few enough to let others in between.
pub(super) const CHUNK: usize = 500;

/// What is known of a history before it is written.
enum There {
    Not,
    Same,
    Differs,
}

impl Desk {
    /// Brings a chunk in, all or nothing, but for what is there already.
    pub(super) async fn append(
        &self,
        source: &Key,
        stories: &[Story],
        dry: bool,
        imported: &mut Imported,
    ) -> Result<(), Error> {
        // A first run finds nothing there, so nothing is looked for until a commit says otherwise.
        let mut new: Vec<&Story> = stories.iter().collect();
        if dry {
            new = self.left(source, new, imported).await?;
            imported.tickets += new.len();
            imported.events += new.iter().map(|story| story.facts.len() as u64).sum::<u64>();
            return Ok(());
        }
        for attempt in 1..=ATTEMPTS {
            if new.is_empty() {
                return Ok(());
            }
            let rulebook = self.rulebook().await?;
            let commit = self.commit_of_stories(&rulebook, source, &new).await?;
            let events: u64 = commit.changes.iter().map(|change| change.facts.len() as u64).sum();
            match self.core.commit(commit).await {
                Ok(_) => {
                    imported.tickets += new.len();
                    imported.events += events;
                    return Ok(());
                }
                Err(StoreError::Conflict(Conflict::Claim { .. })) => new = self.left(source, new, imported).await?,
                // Somebody else was given a ticket, or does the same import.
                Err(StoreError::Conflict(Conflict::Document { kind, .. })) if kind == LOAD => {}
                Err(StoreError::Conflict(conflict)) => {
                    tracing::debug!(tenant = %self.tenant, attempt, %conflict, "another writer was faster");
                    self.forget_rules();
                }
                Err(error) => return Err(error.into()),
            }
        }
        let story = new.first().map_or_else(|| &stories[0], |story| *story);
        Err(fault(story, "others were faster too many times in a row; run the import again"))
    }

    async fn commit_of_stories(&self, rulebook: &Rulebook, source: &Key, new: &[&Story]) -> Result<Commit, Error> {
        let now = self.now();
        let mut changes = Vec::with_capacity(new.len());
        let mut documents = Vec::with_capacity(new.len());
        let mut seats = Seats::default();
        for story in new {
            let id = self.core.ids.next(now);
            let adopted = adopt(rulebook, &self.tenant, id, story.facts.clone(), now);
            let Some(adopted) = adopted else { return Err(fault(story, "does not begin with an opening")) };
            if rulebook.now().workflow(&adopted.ticket.workflow).is_none() {
                return Err(fault(story, "was planned for a workflow that the desk does not have any more"));
            }
            seats.count(self, rulebook, &adopted.ticket).await?;
            let origin = Origin {
                source: source.clone(),
                external: story.external.clone(),
                digest: story.digest(),
                told: Version(i64::try_from(story.facts.len()).unwrap_or(i64::MAX)),
                events: adopted.ticket.version,
                by: self.actor.id.clone(),
            };
            let body = serde_json::to_string(&origin).map_err(|error| StoreError::corrupt("origin", error))?;
            let write = Write { kind: IMPORT, key: id.to_string(), expected: Version(0), at: now, body: Some(body) };
            documents.push(write);
            let claims = vec![Claim { key: claim(source, &story.external), from: None, to: Some(id) }];
            changes.push(change(rulebook, Version(0), adopted.ticket, adopted.facts, claims));
        }
        documents.extend(seats.writes(now)?);
        documents.extend(self.begun_anew(rulebook).await?);
        Ok(Commit { changes, documents, expect: vec![still(rulebook)], ..Commit::new(self.tenant.clone()) })
    }

    /// Sorts out what is there already.
    async fn left<'s>(
        &self,
        source: &Key,
        stories: Vec<&'s Story>,
        imported: &mut Imported,
    ) -> Result<Vec<&'s Story>, Error> {
        let mut left = Vec::new();
        for story in stories {
            match self.there(source, story).await? {
                There::Not => left.push(story),
                There::Same => imported.unchanged += 1,
                There::Differs => {
                    imported.differing.push(Differing { external: story.external.clone(), line: story.line });
                }
            }
        }
        Ok(left)
    }

    async fn there(&self, source: &Key, story: &Story) -> Result<There, Error> {
        Ok(match self.origin(source, &story.external).await? {
            None => There::Not,
            Some((_, origin)) if origin.digest == story.digest() => There::Same,
            Some(_) => There::Differs,
        })
    }

    /// The ticket that came of one of another system, and what is kept of that.
    pub(super) async fn origin(&self, source: &Key, external: &str) -> Result<Option<(TicketId, Origin)>, StoreError> {
        let Some(held) = self.core.store.claim(&self.tenant, &claim(source, external)).await? else { return Ok(None) };
        let Some(document) = self.core.store.document(&self.tenant, &IMPORT, &held.by.to_string()).await? else {
            return Err(StoreError::corrupt(format!("origin of {}", held.by), "it is not there"));
        };
        let corrupt = |error| StoreError::corrupt(format!("origin of {}", held.by), error);
        let origin = serde_json::from_str(&document.body).map_err(corrupt)?;
        Ok(Some((held.by, origin)))
    }
}
