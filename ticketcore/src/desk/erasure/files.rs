//! Files on their way out: gathered, looked for in messages that stay, removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EVENTS;
use crate::config::Rulebook;
use crate::desk::Desk;
use crate::engine::outlived;
use crate::erasure::Erased;
use crate::event::{Event, Recorded, Said};
use crate::id::{Position, Version};
use crate::store::StoreError;
use crate::ticket::Ticket;

/// How many are gathered before it is looked for other messages that have them.
const MOST: usize = 10_000;

/// The files that came with what was erased.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Files {
    digests: BTreeSet<String>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    #[default]
    Gather,
    /// Up to where it was looked for messages that have them and stay.
    Look(Position),
    /// No other message has them.
    Remove,
}

impl Files {
    /// Tells whether there are none to be removed.
    pub(super) fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Gathers more; with the last ones, or if there are many, it is time to remove them.
    pub(super) fn gather(&mut self, digests: BTreeSet<String>, last: bool) {
        self.digests.extend(digests);
        if self.digests.len() >= MOST || last && !self.is_empty() {
            self.stage = Stage::Look(Position(0));
        }
    }
}

impl Desk {
    /// Goes a step on with removing files, if it is time for that; tells whether it was. They are counted in a step of
    /// their own, so that the count holds even if the removal has to be repeated.
    pub(super) async fn clear(
        &self,
        rulebook: &Rulebook,
        files: &mut Files,
        erased: &mut Erased,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        match files.stage {
            Stage::Gather => return Ok(false),
            Stage::Look(after) => match self.strike_attached(rulebook, &mut files.digests, after, now).await? {
                Some(position) => files.stage = Stage::Look(position),
                None => {
                    for digest in &files.digests {
                        erased.files += u64::from(self.core.store.blob(&self.tenant, digest).await?.is_some());
                    }
                    files.stage = Stage::Remove;
                }
            },
            Stage::Remove => {
                for digest in &files.digests {
                    self.core.store.remove_blob(&self.tenant, digest).await?;
                }
                *files = Files::default();
            }
        }
        Ok(true)
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
}
