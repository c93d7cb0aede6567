//! What a word is. Every store breaks texts and questions into words here, so all of them find the same tickets.
//!
//! A word is a run of letters and digits of any script, in lower case. There is no stemming: `printers` is not found by
//! `printer`, but by what begins so ([`Filter::prefixes`](super::Filter::prefixes)). Nothing in a question is an operator:
//! quotes, stars and minus signs separate words like blanks do.

use std::ops::Range;

use crate::event::{Event, Recorded, Said, Visibility};
use crate::query::terms::Course;

/// The words of a text, in order, in lower case.
///
/// ```
/// let words: Vec<String> = ticketcore::query::words::split("Can't reach \"db-01\"!").collect();
/// assert_eq!(words, ["can", "t", "reach", "db", "01"]);
/// ```
///
/// A word must not be split again: lower case may bring a mark that is no letter (`İ` becomes two characters).
pub fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    places(text).map(|(_, word)| word)
}

/// The words of a text, each with the bytes it stands at; lower case may be longer or shorter than those.
///
/// ```
/// let places: Vec<_> = ticketcore::query::words::places("¡Ay, İZMİR!").collect();
/// assert_eq!(places, [(2..4, "ay".to_owned()), (6..13, "i\u{307}zmi\u{307}r".to_owned())]);
/// ```
pub fn places(text: &str) -> impl Iterator<Item = (Range<usize>, String)> + '_ {
    raw(text).map(|place| (place.clone(), text[place].to_lowercase()))
}

/// Where the words of a text stand.
fn raw(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + text[end..].find(char::is_alphanumeric)?;
        end = text[start..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |length| start + length);
        Some(start..end)
    })
}

/// Tells whether words, as [`split`] makes them, occur in a text in this order and next to each other.
///
/// ```
/// use ticketcore::query::words::say;
/// let phrase = ["disk".to_owned(), "full".to_owned()];
/// assert!(say("/dev/sda1: Disk (full)", &phrase) && !say("full disk", &phrase));
/// ```
pub fn say(text: &str, phrase: &[String]) -> bool {
    let mut course = Course::new(phrase);
    // Of all that is looked through hardly anything fits, so nothing is copied for it that need not be.
    let mut says = |word: &str| {
        if word.is_ascii() {
            return course.next_by(|next| next.eq_ignore_ascii_case(word));
        }
        course.next(&word.to_lowercase())
    };
    phrase.is_empty() || raw(text).any(|place| says(&text[place]))
}

/// The subject that an event gives.
pub fn subject(event: &Event) -> Option<&str> {
    match event {
        Event::Opened(opened) => Some(opened.subject.as_str()),
        Event::Renamed(subject) => Some(subject.as_str()),
        _ => None,
    }
}

/// What of an event can be found by its words: subjects, descriptions, message bodies.
pub fn searchable<'a>(event: &'a Event, text: Option<&'a str>) -> impl Iterator<Item = &'a str> {
    subject(event).into_iter().chain(text)
}

/// What of a history can be found by its words; only what is public, if so is the sight of the one who asks.
pub fn texts<'a>(history: impl IntoIterator<Item = &'a Recorded>, public: bool) -> impl Iterator<Item = &'a str> {
    let seen = history.into_iter().filter(move |one| !(public && is_internal(&one.event)));
    seen.flat_map(|one| searchable(&one.event, one.text.as_deref()))
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
    let marked = move |word: String| if internal { marked(&word) } else { word };
    searchable(event, text).flat_map(split).map(marked)
}

/// A word of an internal text, as an index keeps it.
pub(super) fn marked(word: &str) -> String {
    format!("{INTERNAL}{word}")
}
