//! A ticket that was found, and the parts of its texts that show why.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::scan::{Scan, Scanner};
use super::score::points;
use super::snippet::{Snippet, marked};
use crate::conversation::gone;
use crate::event::{Event, Recorded};
use crate::id::Version;
use crate::query::{Terms, words};
use crate::ticket::Ticket;
use crate::time::stamp;

/// How many texts of a ticket are shown at most, those that answer best.
const TEXTS: usize = 3;
/// How many characters of each.
const WIDTH: usize = 120;

/// Where a text of a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It is the subject.
    Subject,
    /// It is the description.
    Description,
    /// It is a message, or what was said with a score.
    Message,
}

impl Place {
    /// All of them, the weightiest first.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Description, Self::Message];
}

/// A ticket that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The ticket, as the one who asks sees it.
    pub ticket: Arc<Ticket>,
    /// How well its texts answer; see [`score`](super::score).
    pub score: u32,
    /// Its subject, whole.
    pub subject: Snippet,
    /// Parts of the description and of messages that answer, the best first, three at most.
    pub texts: Vec<Excerpt>,
}

/// A part of a description or of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Which of the two it is of.
    pub place: Place,
    /// The version at which it was written, by which the conversation names it; 0 for those who see the customer's side.
    #[serde(skip_serializing_if = "is_hidden")]
    pub message: Version,
    /// When it was written.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// The part, with what was looked for marked.
    pub snippet: Snippet,
}

fn is_hidden(message: &Version) -> bool {
    *message == Version(0)
}

/// Shows why a ticket was found, by its history: as its texts stand now, and only what is public of it to whoever sees no
/// more.
///
/// A ticket is found by former subjects, by texts that were edited since, and by messages that a split took elsewhere,
/// too. Of those nothing is shown, and they score nothing.
pub fn hit(ticket: Arc<Ticket>, history: &[Recorded], terms: &Terms, public: bool) -> Hit {
    let mut scanner = Scanner::new(terms);
    let (subject, texts) = standing(history, public);
    let subject_scan = scanner.scan(subject);
    let mut texts: Vec<(Text<'_>, Scan)> = texts.into_iter().map(|text| (text, scanner.scan(text.text))).collect();
    let counts = texts.iter().map(|(text, scan)| (text.place, scan.counts.clone()));
    let score = points(terms, counts.chain([(Place::Subject, subject_scan.counts)]));
    texts.retain(|(_, scan)| !scan.marks.is_empty());
    // By how many of the terms it has, then by how often; of equal ones the newest.
    let distinct = |scan: &Scan| scan.counts.iter().filter(|count| **count > 0).count();
    texts.sort_by_key(|(text, scan)| Reverse((distinct(scan), scan.marks.len(), text.message)));
    let excerpt = |(text, scan): (Text<'_>, Scan)| {
        let Text { place, message, at, text } = text;
        let message = if public { Version(0) } else { message };
        Excerpt { place, message, at, snippet: marked(text, scan.marks, WIDTH) }
    };
    let subject = marked(subject, subject_scan.marks, usize::MAX);
    Hit { ticket, score, subject, texts: texts.into_iter().take(TEXTS).map(excerpt).collect() }
}

#[derive(Clone, Copy, Debug)]
struct Text<'a> {
    place: Place,
    message: Version,
    at: DateTime<Utc>,
    text: &'a str,
}

/// The subject and the texts as they stand now, the oldest first.
fn standing(history: &[Recorded], public: bool) -> (&str, Vec<Text<'_>>) {
    let mut subject = "";
    let mut written: BTreeMap<Version, (Place, DateTime<Utc>, Option<&str>)> = BTreeMap::new();
    for Recorded { version, at, event, text, .. } in history {
        subject = words::subject(event).unwrap_or(subject);
        if public && words::is_internal(event) {
            continue;
        }
        let text = text.as_deref();
        match event {
            Event::Opened(_) => _ = written.insert(*version, (Place::Description, *at, text)),
            Event::Edited { message, .. } => {
                if let Some((_, _, old)) = written.get_mut(message) {
                    *old = text;
                }
            }
            _ => _ = written.insert(*version, (Place::Message, *at, text)),
        }
    }
    let gone = gone(history);
    let texts = written.into_iter().filter(|(message, _)| !gone.contains(message));
    (subject, texts.filter_map(|(message, (place, at, text))| Some(Text { place, message, at, text: text? })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Draft};
    use crate::desk::Desk;
    use crate::memory::MemoryStore;
    use crate::query::Filter;
    use crate::testing::block_on;

    /// What is shown of a ticket to the desk, and to whom sees one side of it.
    fn shown(commands: &[Command], words: &str) -> [Hit; 2] {
        block_on(async {
            let desk = Desk::new(Arc::new(MemoryStore::new()));
            let ticket = desk.open(Draft::incident("No mail").description("The mail server is down")).await.unwrap();
            for command in commands {
                desk.apply(ticket.id, command.clone()).await.unwrap();
            }
            let history = desk.history(ticket.id).await.unwrap();
            let terms = Terms::of(&Filter { words: vec![words.to_owned()], ..Filter::all() });
            [false, true].map(|public| hit(Arc::clone(&ticket), &history, &terms, public))
        })
    }

    fn texts(hit: &Hit) -> Vec<(Place, &str)> {
        hit.texts.iter().map(|one| (one.place, one.snippet.text.as_str())).collect()
    }

    #[test]
    fn what_answers_best_is_shown_first_and_of_equal_texts_the_newest() {
        let say = ["mail", "again: mail, mail, server", "no words of yours", "mail too"].map(Command::reply);
        let [hit, _] = shown(&say, "mail server");
        let best = [
            (Place::Message, "again: mail, mail, server"),
            (Place::Description, "The mail server is down"),
            (Place::Message, "mail too"),
        ];
        assert_eq!(texts(&hit), best);
        assert_eq!(hit.subject.pieces().collect::<Vec<_>>(), [(false, "No "), (true, "mail")]);
    }

    #[test]
    fn what_stands_there_no_more_is_not_shown_and_scores_nothing() {
        let change = [
            Command::Rename("Post".to_owned()),
            Command::edit(Version(1), "The server is down"),
            Command::reply("mail"),
            Command::edit(Version(4), "letters"),
        ];
        for hit in shown(&change, "mail") {
            assert_eq!((hit.score, texts(&hit)), (0, vec![]));
            assert_eq!(hit.subject, Snippet { text: "Post".to_owned(), marks: vec![] });
        }
    }

    #[test]
    fn notes_are_nothing_to_those_who_see_one_side() {
        let [inside, outside] = shown(&[Command::note("mail, mail"), Command::reply("mail")], "mail");
        let [_, silent] = shown(&[Command::reply("mail")], "mail");
        assert_eq!(texts(&outside), [(Place::Message, "mail"), (Place::Description, "The mail server is down")]);
        assert!(outside.texts.iter().all(|one| one.message == Version(0)));
        assert_eq!((outside.score, texts(&outside)), (silent.score, texts(&silent)));
        assert!(inside.score > outside.score && texts(&inside)[0].1 == "mail, mail");
    }
}
