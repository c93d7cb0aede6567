//! Names in the directory: a record that is erased is one that says nothing any more.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::desk::Desk;
use crate::desk::Error;
use crate::directory::{Person, Stored, replaced};
use crate::id::PersonId;
use crate::routing::Availability;
use crate::store::Write;

impl Desk {
    /// All ids of a person: the one at which their record goes on comes first, then those that were merged into it.
    pub(in crate::desk) async fn identities(&self, person: &PersonId) -> Result<Vec<PersonId>, Error> {
        let last = self.last(person).await?.map_or_else(|| person.clone(), |found| found.record.id);
        let mut all = vec![last];
        let mut next = 0;
        while let Some(into) = all.get(next).cloned() {
            let merged = |other: &Person| other.merged.as_ref() == Some(&into);
            let merged = self.listed(None, usize::MAX, merged).await?.records;
            all.extend(merged.into_iter().map(|found| found.record.id));
            next += 1;
        }
        // Whoever is in no directory goes by the id alone.
        let mut seen = BTreeSet::new();
        all.retain(|id| seen.insert(id.clone()));
        Ok(all)
    }

    /// What takes everything out of the records of these ids but the ids and that they are one person. The records stay:
    /// others name them, and a record that is there is never removed.
    pub(super) async fn forget(&self, ids: &[PersonId], at: DateTime<Utc>) -> Result<(Vec<Write>, u64), Error> {
        let (mut writes, mut records) = (Vec::new(), 0);
        for id in ids {
            let Some(found): Option<Stored<Person>> = self.stored(id.as_str()).await? else { continue };
            let blank = nobody(&found.record);
            if blank != found.record {
                writes.extend(replaced(Some(&found), &blank, at)?.0);
                records += 1;
            }
        }
        Ok((writes, records))
    }
}

/// The record without anything that tells who it is. Nobody of that name can be given work.
fn nobody(person: &Person) -> Person {
    let mut blank = Person::new(person.id.clone(), person.kind, person.id.as_str());
    blank.availability = Availability::Off;
    blank.merged.clone_from(&person.merged);
    blank
}
