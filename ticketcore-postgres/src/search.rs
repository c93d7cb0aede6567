//! Full text: a row of words for each ticket, in an index that knows which rows contain a word.
//!
//! What a word is, the core says ([`words`]); no operator, stem or locale of the database has a say.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use ticketcore::id::TenantId;
use ticketcore::query::words;
use ticketcore::store::Change;
use uuid::Uuid;

use crate::error::Result;
use crate::sql::{self, Parameters, array};

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

/// What the index is asked, if the words ask anything: each must occur, none is an operator.
pub(crate) fn question(tenant: &TenantId, asked: &[String]) -> Option<Vec<String>> {
    let words: BTreeSet<String> = asked.iter().flat_map(|text| words::split(text)).collect();
    (!words.is_empty()).then(|| words.iter().map(|word| entry(tenant, word)).collect())
}

/// The words that a change brings, as an array.
pub(crate) fn of(tenant: &TenantId, change: &Change) -> Option<String> {
    let texts = change.facts.iter().flat_map(|fact| words::searchable(&fact.event, fact.text.as_deref()));
    let words: BTreeSet<String> = texts.flat_map(words::split).collect();
    let entries: Vec<String> = words.iter().map(|word| entry(tenant, word)).collect();
    array(entries.iter().map(String::as_str))
}

/// The words of a statement, column by column.
#[derive(Debug, Default)]
pub(crate) struct Words<'a> {
    id: Vec<Uuid>,
    words: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Adds those of a ticket.
    pub(crate) fn push(&mut self, id: Uuid, words: &'a str) {
        self.id.push(id);
        self.words.push(words);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    pub(crate) fn bind(self, parameters: &mut Parameters) -> Result<()> {
        parameters.add(self.id)?.add(self.words)?;
        Ok(())
    }
}

/// Adds words to those the tickets have. They begin at a parameter, two of them.
pub(crate) fn indexed(first: usize) -> String {
    let [id, words] = [(first, "uuid"), (first + 1, "text")].map(|(number, array)| sql::list(number, array));
    format!(
        "indexed as (\
           insert into @.words as w (tenant, id, words) select $1, n.id, n.words::text[] \
           from unnest({id}, {words}) as n (id, words) where (select fit from verdict) \
           on conflict (tenant, id) do update set words = w.words || \
             array(select u from unnest(excluded.words) u where u <> all (w.words)) \
           where not w.words @> excluded.words)"
    )
}
