//! What a word is. Every store breaks texts and questions into words here, so all of them find the same tickets.
//!
//! A word is a run of letters and digits of any script, in lower case. There is no stemming, and nothing in a question is
//! an operator: quotes, stars and minus signs separate words like blanks do.

use std::collections::BTreeSet;

use crate::event::{Event, Said, Visibility};

/// The words of a text, in order, in lower case.
///
/// ```
/// let words: Vec<String> = ticketcore::query::words::split("Can't reach \"db-01\"!").collect();
/// assert_eq!(words, ["can", "t", "reach", "db", "01"]);
/// ```
pub fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// What of an event can be found by its words: subjects, descriptions, message bodies.
pub fn searchable<'a>(event: &'a Event, text: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    let subject = match event {
        Event::Opened(opened) => Some(opened.subject.as_str()),
        Event::Renamed(subject) => Some(subject.as_str()),
        _ => None,
    };
    subject.into_iter().chain(text)
}

/// Whether only those who see everything of a ticket may find an event by its words.
pub const fn is_internal(event: &Event) -> bool {
    matches!(
        event,
        Event::Said(Said { visibility: Visibility::Internal, .. })
            | Event::Edited { visibility: Visibility::Internal, .. }
            | Event::Scored { .. }
    )
}

/// Stands before a word of an internal text in an index; no word holds it, as it is neither letter nor digit.
const INTERNAL: char = '§';

/// The words of an event as an index keeps them: those of internal texts are marked, so that one index answers both
/// those who may read them and those who may not.
pub fn indexed<'a>(event: &'a Event, text: Option<&'a str>) -> impl Iterator<Item = String> + 'a {
    let internal = is_internal(event);
    let marked = move |word: String| if internal { format!("{INTERNAL}{word}") } else { word };
    searchable(event, text).flat_map(split).map(marked)
}

/// What an index is asked: for each word of a question, each once and in order, the entries of which one must occur.
///
/// ```
/// use ticketcore::query::words::question;
/// let asked = ["disk full".to_owned(), "disk".to_owned()];
/// assert_eq!(question(&asked, true), [["disk"], ["full"]]);
/// assert_eq!(question(&asked, false), [["disk", "§disk"], ["full", "§full"]]);
/// ```
pub fn question(asked: &[String], public: bool) -> Vec<Vec<String>> {
    let words: BTreeSet<String> = asked.iter().flat_map(|text| split(text)).collect();
    let entries = |word: String| {
        let marked = (!public).then(|| format!("{INTERNAL}{word}"));
        std::iter::once(word).chain(marked).collect()
    };
    words.into_iter().map(entries).collect()
}
