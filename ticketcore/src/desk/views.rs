//! Saved views in the store: put, shared, counted, opened.

use crate::capability::Capability;
use crate::desk::{Desk, Error, List, Listing};
use crate::directory::Stored;
use crate::engine::{Refusal, forbidden};
use crate::fault::Fault;
use crate::id::{Key, PersonId, Version};
use crate::query::Filter;
use crate::query::language::Misread;
use crate::report::{Cell, Dimension, Measure, Measured, Scan, TableSpec};
use crate::store::{Commit, Conflict, Document, StoreError, Write};
use crate::view::View;

pub(super) const VIEW: Key = Key::from_static("view");
/// How many documents are read at once.
const CHUNK: usize = 200;

/// A view and how many tickets it has for the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The view.
    pub key: Key,
    /// How many tickets, or why its question cannot be read any more: it names what the configuration has lost, say.
    pub count: Result<u64, Misread>,
}

/// Some of the tickets of a view, and how many they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub cell: Cell,
    /// How many.
    pub count: u64,
}

impl Desk {
    /// Puts a view in the place of the one of its name, which must be at the version that is expected, if one is: 0 = must
    /// not be there. A new one is the actor's, whatever it says; of others only they, and whoever may
    /// [direct](Capability::Direct), can put another in its place.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with every fault of the view, to customers, and to those whose it is not; [`Error::Misread`] if the
    /// question asks for what the configuration does not know; [`Error::Store`] with a conflict if it is at another version,
    /// or if storage fails.
    pub async fn put_view(&self, view: View, expected: Option<Version>) -> Result<Stored<View>, Error> {
        let rulebook = self.rulebook().await?;
        if !rulebook.now().config.rights.is_staff(&self.actor) {
            return Err(forbidden(&self.actor, Capability::Read).into());
        }
        let faults = view.check(&rulebook.now().config.limits);
        if !faults.is_empty() {
            return Err(Refusal::Invalid { faults }.into());
        }
        self.question(&view.question).await?;
        loop {
            let found = self.stored_view(&view.key).await?;
            let version = found.as_ref().map_or(Version(0), |found| found.version);
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                let key = view.key.to_string();
                return Err(StoreError::from(Conflict::Document { kind: VIEW, key, expected, found: version }).into());
            }
            let owner = found.map_or_else(|| self.actor.id.clone(), |found| found.record.owner);
            self.may_change(&view.key, &owner).await?;
            let record = View { owner, ..view.clone() };
            let body = serde_json::to_string(&record).map_err(|error| StoreError::corrupt("view", error))?;
            let (key, at) = (view.key.to_string(), self.now());
            let write = Write { kind: VIEW, key, expected: version, at, body: Some(body) };
            match self.core.commit(Commit::documents(self.tenant.clone(), [write])).await {
                Err(error) if error.is_conflict() && expected.is_none() => {}
                done => {
                    done?;
                    return Ok(Stored { version: version.next(), at, record });
                }
            }
        }
    }

    /// Reads a view that the actor may open, if there is one of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn saved_view(&self, key: impl Into<Key>) -> Result<Option<Stored<View>>, Error> {
        let found = self.stored_view(&key.into()).await?;
        Ok(found.filter(|found| found.record.is_for(&self.actor)))
    }

    /// Reads all views that the actor may open, by name.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn views(&self) -> Result<Vec<Stored<View>>, Error> {
        let (mut views, mut after) = (Vec::new(), None::<String>);
        loop {
            let documents = self.core.store.documents(&self.tenant, &VIEW, after.as_deref(), CHUNK).await?;
            let more = documents.len() == CHUNK;
            after = documents.last().map(|document| document.key.clone());
            for document in documents {
                views.push(read(document)?);
            }
            if !more {
                views.retain(|found: &Stored<View>| found.record.is_for(&self.actor));
                return Ok(views);
            }
        }
    }

    /// Removes a view.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is none of that name, or if it is somebody else's and the actor may not
    /// [direct](Capability::Direct); [`Error::Store`] if storage fails.
    pub async fn remove_view(&self, key: impl Into<Key>) -> Result<(), Error> {
        let key = key.into();
        loop {
            let found = self.saved_view(key.clone()).await?.ok_or_else(|| none(&key))?;
            self.may_change(&key, &found.record.owner).await?;
            let (kind, expected) = (VIEW, found.version);
            let write = Write { kind, key: key.to_string(), expected, at: self.now(), body: None };
            match self.core.commit(Commit::documents(self.tenant.clone(), [write])).await {
                Err(error) if error.is_conflict() => {}
                done => return Ok(done.map(drop)?),
            }
        }
    }

    /// Counts the tickets of each view that the actor may open, as they see them, by name.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a customer asks about what they do not see; [`Error::Store`] if storage fails.
    pub async fn count_views(&self) -> Result<Vec<Counted>, Error> {
        let mut counted = Vec::new();
        for Stored { record: View { key, question, .. }, .. } in self.views().await? {
            let count = match self.question(&question).await {
                Ok(query) => Ok(self.groups(query.filter, None).await?.first().map_or(0, |all| all.count)),
                Err(Error::Misread(misread)) => Err(misread),
                Err(error) => return Err(error),
            };
            counted.push(Counted { key, count });
        }
        Ok(counted)
    }

    /// Counts the tickets of a view by what it groups them by; all in one group if by nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no such view for the actor; [`Error::Misread`] if its question cannot be read any more;
    /// [`Error::Store`] if storage fails.
    pub async fn view_groups(&self, key: impl Into<Key>) -> Result<Vec<Group>, Error> {
        let key = key.into();
        let View { question, group, .. } = self.saved_view(key.clone()).await?.ok_or_else(|| none(&key))?.record;
        self.groups(self.question(&question).await?.filter, group).await
    }

    /// Opens a view: a page of its tickets as the actor sees them. The question of `list` narrows it further, if it asks
    /// anything, and may ask for another order.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if there is no such view for the actor; otherwise as [`list`](Self::list).
    pub async fn open_view(&self, key: impl Into<Key>, list: &List) -> Result<Listing, Error> {
        let key = key.into();
        let View { question, .. } = self.saved_view(key.clone()).await?.ok_or_else(|| none(&key))?.record;
        self.list(&list.of(&question)?).await
    }

    async fn groups(&self, filter: Filter, group: Option<Dimension>) -> Result<Vec<Group>, Error> {
        let tables = vec![TableSpec::new(group.into_iter().collect::<Vec<_>>(), [Measure::Count])];
        let tables = self.tally(&Scan { filter, tables, now: self.now() }).await?;
        let rows = tables.into_iter().flat_map(|table| table.rows);
        let groups = rows.map(|row| {
            let count = if let [Measured::Count(count)] = *row.values { count } else { 0 };
            Group { cell: row.cells.into_iter().next().unwrap_or(Cell::None), count }
        });
        Ok(groups.collect())
    }

    async fn stored_view(&self, key: &Key) -> Result<Option<Stored<View>>, StoreError> {
        if !key.is_valid() {
            return Ok(None);
        }
        self.core.store.document(&self.tenant, &VIEW, key.as_str()).await?.map(read).transpose()
    }

    async fn may_change(&self, key: &Key, owner: &PersonId) -> Result<(), Error> {
        if *owner == self.actor.id || self.may(Capability::Direct).await.is_ok() {
            return Ok(());
        }
        let fault = Fault::new("key", format!("the view `{key}` is somebody else's"));
        Err(Refusal::Invalid { faults: vec![fault] }.into())
    }
}

fn none(key: &Key) -> Error {
    let fault = Fault::new("key", format!("there is no view `{key}`"));
    Refusal::Invalid { faults: vec![fault] }.into()
}

fn read(document: Document) -> Result<Stored<View>, StoreError> {
    let corrupt = |error| StoreError::corrupt(format!("view {}", document.key), error);
    let record = serde_json::from_str(&document.body).map_err(corrupt)?;
    Ok(Stored { version: document.version, at: document.at, record })
}
