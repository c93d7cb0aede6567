//! Changes as text.

use ticketcore::codec::{encode_event, encode_ticket};
use ticketcore::store::{Change, Commit, StoreError};

use crate::search;

/// A change as text.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) snapshot: String,
    /// Of each event the version of its form, and the form.
    pub(crate) events: Vec<(i64, String)>,
    pub(crate) words: Vec<String>,
    /// What each event says, in words.
    pub(crate) said: Vec<Option<String>>,
}

/// Encodes the changes of a commit.
pub(crate) fn encode(commit: &Commit) -> Result<Vec<Encoded>, StoreError> {
    let encode = |change: &Change| {
        let events = change.facts.iter().map(|fact| encode_event(&fact.event)).collect::<Result<_, _>>()?;
        let words = search::of(&commit.tenant, change);
        let said = change.facts.iter().map(|fact| search::said(&fact.event, fact.text.as_deref())).collect();
        Ok(Encoded { snapshot: encode_ticket(&change.ticket)?, events, words, said })
    };
    commit.changes.iter().map(encode).collect()
}
