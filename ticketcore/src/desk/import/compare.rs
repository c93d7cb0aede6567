//! Is what stands in the store what stood in the file?

use crate::desk::{Desk, Error};
use crate::id::Version;
use crate::import::{Plan, Story, root};
use crate::seal::Digest;

/// What a comparison of a file with the store came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// How many tickets the file has.
    pub tickets: usize,
    /// How many events they have there.
    pub events: u64,
    /// How many of the tickets are in the store.
    pub tickets_there: usize,
    /// How many events of the file those have in the store; what happened to them since is not counted.
    pub events_there: u64,
    /// The digest of all histories of the file.
    pub digest: Digest,
    /// The digest of the same tickets' histories in the store.
    pub digest_there: Digest,
    /// Tickets that are not in the store, by their ids in the other system.
    pub missing: Vec<String>,
    /// Tickets whose history in the store is not the one in the file.
    pub differing: Vec<String>,
}

impl Compared {
    /// Tells whether everything is there as it stands in the file.
    pub fn is_equal(&self) -> bool {
        self.digest == self.digest_there && self.missing.is_empty() && self.differing.is_empty()
    }
}

impl Desk {
    /// Compares a file with what came of its import: how many tickets and events there are, and the digests of every
    /// ticket's history, read back from the store. `progress` is told how many tickets it is done with.
    ///
    /// A text that was erased since counts as the same only if it was [sealed](crate::Config::seal).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [import](crate::Capability::Import) everywhere; [`Error::Store`] if storage
    /// fails. What differs is no error but the answer.
    pub async fn verify_import(&self, plan: &Plan, mut progress: impl FnMut(usize) + Send) -> Result<Compared, Error> {
        self.may_import(&*self.rulebook().await?)?;
        let (mut missing, mut differing) = (Vec::new(), Vec::new());
        let mut file: Vec<(&str, Digest)> = Vec::with_capacity(plan.stories.len());
        let mut there: Vec<(&str, Digest)> = Vec::with_capacity(plan.stories.len());
        let mut events_there = 0;
        for (i, story) in plan.stories.iter().enumerate() {
            let expected = story.digest();
            file.push((&story.external, expected));
            match self.origin(&plan.source, &story.external).await? {
                None => missing.push(story.external.clone()),
                Some((id, origin)) => {
                    let limit = usize::try_from(origin.told.0).unwrap_or(usize::MAX);
                    let history = self.core.store.history(&self.tenant, id, Version(0), limit).await?;
                    let digest = Story::digest_of(&history);
                    events_there += history.len() as u64;
                    there.push((&story.external, digest));
                    if digest != expected {
                        differing.push(story.external.clone());
                    }
                }
            }
            if (i + 1) % super::append::CHUNK == 0 {
                progress(i + 1);
            }
        }
        Ok(Compared {
            tickets: plan.stories.len(),
            events: plan.count(),
            tickets_there: there.len(),
            events_there,
            digest: root(file.into_iter()),
            digest_there: root(there.into_iter()),
            missing,
            differing,
        })
    }
}
