//! Full text: a row of words for each ticket, in an index that knows which rows contain a word.
//!
//! What a word is, the core says ([`words`]); no operator, stem or locale of the database has a say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use ticketcore::event::Recorded;
use ticketcore::id::{TenantId, Version};
use ticketcore::query::words;
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
pub(crate) fn question(tenant: &TenantId, texts: &[String], public: bool) -> Vec<Vec<String>> {
    let entries = |one: Vec<String>| one.iter().map(|word| entry(tenant, word)).collect();
    words::question(texts, public).into_iter().map(entries).collect()
}

/// The words that a change brings.
pub(crate) fn of(tenant: &TenantId, change: &Change) -> Vec<String> {
    let words: BTreeSet<String> =
        change.facts.iter().flat_map(|fact| words::indexed(&fact.event, fact.text.as_deref())).collect();
    words.iter().map(|word| entry(tenant, word)).collect()
}

/// The words of a ticket's events that are left when some of its texts are erased.
pub(crate) fn left(tenant: &TenantId, history: &[Recorded], erased: &[Version]) -> Vec<String> {
    let texts = history.iter().flat_map(|one| {
        let text = one.text.as_deref().filter(|_| !erased.contains(&one.version));
        words::indexed(&one.event, text)
    });
    let words: BTreeSet<String> = texts.collect();
    words.iter().map(|word| entry(tenant, word)).collect()
}

/// The same if texts of some of the tickets are erased: what is left of their words takes the place of those they have.
pub(crate) const RENEWED: &str = "indexed as (\
       insert into @.words as w (tenant, id, words) select $1, c.id, coalesce(c.words, '{}') from changes c \
       where c.words is not null or c.kept is not null \
       on conflict (tenant, id) do update set words = array(\
         select u from unnest(coalesce((select c.kept from changes c where c.id = w.id), w.words)) u \
         union select u from unnest(excluded.words) u))";

/// Adds the words of a statement's changes to those the tickets have.
pub(crate) const INDEXED: &str = "indexed as (\
       insert into @.words as w (tenant, id, words) select $1, c.id, c.words from changes c where c.words is not null \
       on conflict (tenant, id) do update set words = w.words || \
         array(select u from unnest(excluded.words) u where u <> all (w.words)) \
       where not w.words @> excluded.words)";
