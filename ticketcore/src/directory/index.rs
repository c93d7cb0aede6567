//! How records are found: each has entries in an index, texts whose order is the order of lists.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::directory::Stored;
use crate::fault::Fault;
use crate::id::{Key, PersonId, Version};
use crate::store::{StoreError, Write};

/// Something the directory keeps.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// Of which kind its documents are.
    const KIND: Key;
    /// Of which kind the documents of its index are.
    const INDEX: Key;

    /// Its name, which is the key of its document.
    fn id(&self) -> &str;

    /// Finds every fault that shows without looking at other records.
    fn check(&self, config: &Config) -> Vec<Fault>;

    /// Which other records it names, each with the place where it does.
    fn references(&self) -> Vec<(&'static str, Reference)>;

    /// Finds what cannot become of the record that was there before.
    fn after(&self, before: Option<&Self>) -> Vec<Fault>;

    /// The keys under which it is found.
    fn entries(&self) -> BTreeSet<String>;
}

/// Another record that one names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Person(PersonId),
    Organisation(Key),
    Team(Key),
}

/// Writes a text so that it can stand before another in a key: `/` parts nothing in it. As JSON Pointer does (RFC 6901),
/// character by character, so that what begins so is what begins so.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// Writes a text in lower case, character by character: a beginning stays a beginning, whatever follows it.
pub(crate) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A key of the index: what is looked for, and who is found, which is empty where only one can be.
pub(crate) fn entry(by: &str, what: &[&str], id: &str) -> String {
    let mut key = by.to_owned();
    for part in what {
        key.push('/');
        key.push_str(&escaped(part));
    }
    if !id.is_empty() {
        key.push('/');
        key.push_str(id);
    }
    key
}

/// What is to be written so that a record takes the place of another, its entries in the index included, and the keys
/// of those that are new. No entry is ever written over, so all of them are at version 1.
pub(crate) fn replaced<R: Record>(
    found: Option<&Stored<R>>,
    record: &R,
    at: DateTime<Utc>,
) -> Result<(Vec<Write>, Vec<String>), StoreError> {
    let body = serde_json::to_string(record)
        .map_err(|error| StoreError::corrupt(format!("{} {}", R::KIND, record.id()), error))?;
    let old = found.map(|found| found.record.entries()).unwrap_or_default();
    let new = record.entries();
    let write = |kind: Key, key: &str, expected: Version, body: Option<String>| Write {
        kind,
        key: key.to_owned(),
        expected,
        at,
        body,
    };
    let mut writes = vec![write(R::KIND, record.id(), Stored::version(found), Some(body))];
    writes.extend(old.difference(&new).map(|key| write(R::INDEX, key, Version(1), None)));
    let added: Vec<String> = new.difference(&old).cloned().collect();
    writes.extend(added.iter().map(|key| write(R::INDEX, key, Version(0), Some(record.id().to_owned()))));
    Ok((writes, added))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_pass_for_two() {
        assert_ne!(entry("team", &["a/b"], "c"), entry("team", &["a"], "b/c"));
        assert_ne!(entry("team", &["a~1b"], "c"), entry("team", &["a/b"], "c"));
        assert_ne!(entry("external", &["a", "b/c"], ""), entry("external", &["a/b", "c"], ""));
    }

    #[test]
    fn what_begins_a_name_begins_its_entry() {
        for (name, begin) in [("Ada / Bo", "ADA /"), ("ΟΔΥΣΣΕΥΣ", "οδυσ"), ("~x", "~"), ("İx", "i")] {
            assert!(escaped(&folded(name)).starts_with(&escaped(&folded(begin))), "{name} {begin}");
        }
        assert!(!escaped(&folded("Ada1")).starts_with(&escaped(&folded("Ada/"))));
    }
}
