//! What a word is. Every store breaks texts and questions into words here, so all of them find the same tickets.
//!
//! A word is a run of letters and digits of any script, in lower case. There is no stemming, and nothing in a question is
//! an operator: quotes, stars and minus signs separate words like blanks do.

use crate::event::Event;

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
