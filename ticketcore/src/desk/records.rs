//! Records of the directory in the store: written with their index in one commit, read by name or through the index.

use crate::capability::Capability;
use crate::config::Rulebook;
use crate::desk::apply::ATTEMPTS;
use crate::desk::rules::still;
use crate::desk::{Desk, Error};
use crate::directory::{
    Listed, Lookup, Organisation, Person, Record, Reference, Stored, Team, entry, escaped, folded, replaced,
};
use crate::engine::{Refusal, forbidden};
use crate::fault::Fault;
use crate::id::{Key, PersonId, Version};
use crate::store::{Commit, Conflict, Document, StoreError};

/// How many documents are read at once.
const CHUNK: usize = 200;

impl Desk {
    /// Refuses what the actor was not granted anywhere.
    pub(super) async fn may(&self, capability: Capability) -> Result<(), Error> {
        self.may_by(&*self.rulebook().await?, capability)
    }

    pub(super) fn may_by(&self, rulebook: &Rulebook, capability: Capability) -> Result<(), Error> {
        let granted = rulebook.now().config.rights.anywhere(&self.actor, capability);
        if granted { Ok(()) } else { Err(forbidden(&self.actor, capability).into()) }
    }

    /// Reads a record, whoever asks. What can be no name names nothing.
    pub(super) async fn stored<R: Record>(&self, id: &str) -> Result<Option<Stored<R>>, StoreError> {
        if !Key::new(id).is_valid() {
            return Ok(None);
        }
        self.core.store.document(&self.tenant, &R::KIND, id).await?.map(read).transpose()
    }

    /// Reads a person's record where it goes on.
    pub(super) async fn last(&self, id: &PersonId) -> Result<Option<Stored<Person>>, StoreError> {
        let mut found: Option<Stored<Person>> = self.stored(id.as_str()).await?;
        // Only who is not merged takes others in, so the way ends.
        while let Some(into) = found.as_ref().and_then(|found| found.record.merged.clone()) {
            found = self.stored(into.as_str()).await?;
        }
        Ok(found)
    }

    pub(super) async fn put_record<R: Record>(&self, record: R, expected: Option<Version>) -> Result<Stored<R>, Error> {
        let mut attempt = 1;
        loop {
            let rulebook = self.rulebook().await?;
            self.may_by(&rulebook, Capability::Direct)?;
            refuse(record.check(&rulebook.now().config))?;
            let found: Option<Stored<R>> = self.stored(record.id()).await?;
            let version = Stored::version(found.as_ref());
            if let Some(expected) = expected.filter(|expected| *expected != version) {
                let (kind, key) = (R::KIND, record.id().to_owned());
                return Err(StoreError::from(Conflict::Document { kind, key, expected, found: version }).into());
            }
            let mut faults = record.after(found.as_ref().map(|found| &found.record));
            faults.extend(self.unknown(&record.references()).await?);
            let at = self.now();
            let (writes, added) = replaced(found.as_ref(), &record, at)?;
            faults.extend(self.taken::<R>(&rulebook, &added, &[record.id()]).await?);
            refuse(faults)?;
            let documents = Commit::documents(self.tenant.clone(), writes);
            match self.core.commit(Commit { expect: vec![still(&rulebook)], ..documents }).await {
                // Decided again, and then on what the other writer has left.
                Err(error) if error.is_conflict() && attempt < ATTEMPTS => self.forget_rules(),
                done => {
                    done?;
                    if R::KIND == Person::KIND {
                        self.core.rosters.forget(&self.tenant);
                        self.give_out_some().await;
                    }
                    return Ok(Stored { version: version.next(), at, record });
                }
            }
            attempt += 1;
        }
    }

    /// Finds references to records that are not there. None is ever removed, so what is there stays there.
    pub(super) async fn unknown(&self, references: &[(&'static str, Reference)]) -> Result<Vec<Fault>, StoreError> {
        let mut faults = Vec::new();
        for (at, reference) in references {
            let problem = match reference {
                Reference::Person(id) => {
                    self.stored::<Person>(id.as_str()).await?.is_none().then(|| format!("nobody is `{id}`"))
                }
                Reference::Team(key) => {
                    self.stored::<Team>(key.as_str()).await?.is_none().then(|| format!("no team is `{key}`"))
                }
                Reference::Organisation(key) => {
                    let none = self.stored::<Organisation>(key.as_str()).await?.is_none();
                    none.then(|| format!("no organisation is `{key}`"))
                }
            };
            faults.extend(problem.map(|problem| Fault::new(*at, problem)));
        }
        Ok(faults)
    }

    /// Finds new entries of the index that others than those named have. Who has them is told only to those who may know.
    pub(super) async fn taken<R: Record>(
        &self,
        rulebook: &Rulebook,
        added: &[String],
        own: &[&str],
    ) -> Result<Vec<Fault>, StoreError> {
        let mut faults = Vec::new();
        // Only what can be one's alone can be another's.
        let unique = |key: &&String| ["mail/", "external/", "domain/"].iter().any(|by| key.starts_with(by));
        for key in added.iter().filter(unique) {
            let held = self.core.store.document(&self.tenant, &R::INDEX, key).await?;
            let Some(holder) = held.map(|held| held.body).filter(|body| !own.contains(&body.as_str())) else {
                continue;
            };
            let mut parts = key.splitn(3, '/').map(|part| part.replace("~1", "/").replace("~0", "~"));
            let at = match (parts.next().as_deref(), parts.next(), parts.next()) {
                (Some("external"), Some(system), Some(_)) => format!("external.{system}"),
                (Some("domain"), _, _) => "domains".to_owned(),
                _ => "mails".to_owned(),
            };
            let name = key.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
            let knows = self.may_by(rulebook, Capability::Consult).is_ok();
            let holder = if knows { format!("`{holder}`") } else { "another".to_owned() };
            faults.push(Fault::new(at, format!("`{name}` belongs to {holder}")));
        }
        Ok(faults)
    }

    /// Reads the record that an entry of an index leads to.
    pub(super) async fn found_by<R: Record>(&self, key: &str) -> Result<Option<Stored<R>>, Error> {
        self.may(Capability::Consult).await?;
        if key.chars().any(char::is_control) {
            return Ok(None);
        }
        let Some(found) = self.core.store.document(&self.tenant, &R::INDEX, key).await? else { return Ok(None) };
        let record: Option<Stored<R>> = self.stored(&found.body).await?;
        // It may have changed hands between the two readings; then it is as if asked in between.
        Ok(record.filter(|record| record.record.entries().contains(key)))
    }

    /// Lists people, whoever asks.
    pub(super) async fn found(
        &self,
        lookup: &Lookup,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Person>, Error> {
        let prefix = match lookup {
            Lookup::All => return self.listed(after, limit, |person: &Person| person.merged.is_none()).await,
            Lookup::Name(begin) => format!("name/{}", escaped(&folded(begin))),
            Lookup::Team(key) => entry("team", &[key.as_str()], "") + "/",
            Lookup::Organisation(key) => entry("organisation", &[key.as_str()], "") + "/",
            Lookup::Skill(key) => entry("skill", &[key.as_str()], "") + "/",
            Lookup::Kind(kind) => entry("kind", &[kind.as_str()], "") + "/",
        };
        self.indexed(&prefix, after, limit).await
    }

    /// Reads the records that the entries with a prefix lead to, in the order of the entries.
    async fn indexed(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Listed<Person>, Error> {
        let mut from = place(prefix, after)?;
        let mut found: Vec<(String, Stored<Person>)> = Vec::new();
        loop {
            let entries = self.core.store.documents(&self.tenant, &Person::INDEX, Some(&from), CHUNK).await?;
            let last = entries.len() < CHUNK;
            for Document { key, body, .. } in entries {
                let Some(rest) = key.strip_prefix(prefix) else { return Ok(part(found, limit)) };
                if let Some(person) = self.stored::<Person>(&body).await?
                    && person.record.entries().contains(&key)
                {
                    found.push((rest.to_owned(), person));
                    if found.len() > limit {
                        return Ok(part(found, limit));
                    }
                }
                from = key;
            }
            if last {
                return Ok(part(found, limit));
            }
        }
    }

    /// Reads the records of a kind that are wanted, by their names.
    pub(super) async fn listed<R: Record>(
        &self,
        after: Option<&str>,
        limit: usize,
        wanted: impl Fn(&R) -> bool,
    ) -> Result<Listed<R>, Error> {
        let mut from = after.map(|after| place("", Some(after))).transpose()?;
        let mut found: Vec<(String, Stored<R>)> = Vec::new();
        loop {
            let documents = self.core.store.documents(&self.tenant, &R::KIND, from.as_deref(), CHUNK).await?;
            let last = documents.len() < CHUNK;
            for document in documents {
                let key = document.key.clone();
                let record = read::<R>(document)?;
                if wanted(&record.record) {
                    found.push((key.clone(), record));
                    if found.len() > limit {
                        return Ok(part(found, limit));
                    }
                }
                from = Some(key);
            }
            if last {
                return Ok(part(found, limit));
            }
        }
    }
}

/// Where a list goes on; no list goes on at what no store can keep.
fn place(prefix: &str, after: Option<&str>) -> Result<String, Error> {
    let key = format!("{prefix}{}", after.unwrap_or_default());
    let nul = if after.is_some_and(|after| after.contains('\0')) { "after" } else { "lookup" };
    if key.contains('\0') { refuse(vec![Fault::new(nul, "holds a NUL character")]).map(|()| key) } else { Ok(key) }
}

/// As many records as were asked for, and where the next begins if there is one more.
fn part<R>(mut found: Vec<(String, Stored<R>)>, limit: usize) -> Listed<R> {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { found.last().map(|(key, _)| key.clone()) } else { None };
    Listed { records: found.into_iter().map(|(_, record)| record).collect(), next }
}

fn read<R: Record>(document: Document) -> Result<Stored<R>, StoreError> {
    let Document { kind, key, version, at, body } = document;
    let record = serde_json::from_str(&body).map_err(|error| StoreError::corrupt(format!("{kind} {key}"), error))?;
    Ok(Stored { version, at, record })
}

pub(super) fn refuse(faults: Vec<Fault>) -> Result<(), Error> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid { faults }.into()) }
}
