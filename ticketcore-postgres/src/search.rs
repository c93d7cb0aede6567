//! Full text: a row of words for each ticket, in an index that knows which rows contain a word.
//!
//! What a word is, the core says ([`words`]); no operator, stem or locale of the database has a say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use ticketcore::id::TenantId;
use ticketcore::query::{Filter, words};
use ticketcore::store::Change;

/// An entry of the index takes no more than a third of a page; longer words are known by their digest.
const LONGEST: usize = 400;

/// A word as it is stored: behind its tenant, so that no tenant's search reads what others wrote.
fn entry(tenant: &TenantId, word: &str) -> String {
    // A word has no blank, so the last one ends the tenant.
    let entry = format!("{tenant} {word}");
    if entry.len() <= LONGEST {
        return entry;
    }
    // No entry with a blank is equal to one of these.
    Sha256::digest(&entry).iter().fold(String::from("#"), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What the index is asked: of each list one must occur, none is an operator.
pub(crate) fn question(tenant: &TenantId, filter: &Filter) -> Vec<Vec<String>> {
    let entries = |one: Vec<String>| one.iter().map(|word| entry(tenant, word)).collect();
    words::question(&filter.words, filter.sight.public).into_iter().map(entries).collect()
}

/// The words that a change brings.
pub(crate) fn of(tenant: &TenantId, change: &Change) -> Vec<String> {
    let words: BTreeSet<String> =
        change.facts.iter().flat_map(|fact| words::indexed(&fact.event, fact.text.as_deref())).collect();
    words.iter().map(|word| entry(tenant, word)).collect()
}

/// Adds the words of a statement's changes to those the tickets have.
pub(crate) const INDEXED: &str = "indexed as (\
       insert into @.words as w (tenant, id, words) select $1, c.id, c.words from changes c where c.words is not null \
       on conflict (tenant, id) do update set words = w.words || \
         array(select u from unnest(excluded.words) u where u <> all (w.words)) \
       where not w.words @> excluded.words)";
