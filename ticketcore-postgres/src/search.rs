//! Full text: a row of words for each ticket, in an index that knows which rows contain a word; and beside each event what
//! it says, in words, as neither the index nor the row knows where a word stands.
//!
//! What a word is, the core says ([`words`]); no operator, stem or locale of the database has a say. A phrase is looked
//! for by `strpos`, a beginning by `starts_with`: neither knows a pattern.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use ticketcore::event::{Event, Recorded};
use ticketcore::id::{TenantId, Version};
use ticketcore::query::{Terms, words};
use ticketcore::store::Change;

/// An entry of the index takes no more than a third of a page; longer words are known by how they begin and by their
/// digest.
const LONGEST: usize = 400;
/// So many bytes of a longer one are kept, or up to three less, where a character ends.
const HEAD: usize = 300;

/// A word as it is stored: behind its tenant, so that no tenant's search reads what others wrote.
fn entry(tenant: &TenantId, word: &str) -> String {
    // A word has no blank, so the last one ends the tenant.
    let entry = format!("{tenant} {word}");
    if entry.len() <= LONGEST {
        return entry;
    }
    // No other entry has this sign behind its last blank.
    Sha256::digest(&entry).iter().fold(head(&entry, HEAD) + "#", |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The first bytes of a text, as many as end with a character.
fn head(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

/// What the index is asked: of each list one must occur, none is an operator.
pub(crate) fn question(tenant: &TenantId, terms: &Terms, public: bool) -> Vec<Vec<String>> {
    let entries = |one: Vec<String>| one.iter().map(|word| entry(tenant, word)).collect();
    terms.entries(public).into_iter().map(entries).collect()
}

/// What rows of words are asked: one of each list must begin an entry. That is all there is to ask, unless a beginning is
/// so long that an entry may not have all of it.
pub(crate) fn openings(tenant: &TenantId, terms: &Terms, public: bool) -> Vec<Vec<String>> {
    let opening = |start: &String| head(&format!("{tenant} {start}"), HEAD - 3);
    terms.openings(public).into_iter().map(|starts| starts.iter().map(opening).collect()).collect()
}

/// What an event is asked beyond the rows of words, each to stand in [what it says](said): phrases, and beginnings that
/// are longer than entries tell.
pub(crate) fn sayings(tenant: &TenantId, terms: &Terms) -> Vec<String> {
    let phrases = terms.phrases().map(|phrase| format!(" {} ", phrase.join(" ")));
    let long = |start: &&str| tenant.as_str().len() + 1 + '§'.len_utf8() + start.len() > HEAD - 3;
    phrases.chain(terms.prefixes().filter(long).map(|start| format!(" {start}"))).collect()
}

/// Stands at the front of what an event says that only those find who see everything of the ticket.
pub(crate) const INTERNAL: char = '§';

/// What an event says: the words of its subject, a bar, the words of its text, each word between blanks. So no phrase
/// reaches from the one to the other, and a text is erased by cutting at the bar. Nothing if there are no words.
pub(crate) fn said(event: &Event, text: Option<&str>) -> Option<String> {
    let spoken = |text: Option<&str>| {
        text.into_iter().flat_map(words::split).fold(String::new(), |spoken, word| spoken + " " + &word)
    };
    let (subject, text) = (spoken(words::subject(event)), spoken(text));
    let mark = if words::is_internal(event) { INTERNAL.to_string() } else { String::new() };
    (!(subject.is_empty() && text.is_empty())).then(|| format!("{mark}{subject} |{text} "))
}

/// What is left of that when the text is erased.
pub(crate) const LEFT: &str = "nullif(ltrim(split_part(said, '|', 1), '§'), ' ')";

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
