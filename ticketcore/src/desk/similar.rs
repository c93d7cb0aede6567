//! What is like a text or a ticket: articles that explain it, and tickets that were solved.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::desk::{Desk, Error};
use crate::id::{Key, TicketId, Version};
use crate::query::{Filter, Query, words};
use crate::status::Status;
use crate::ticket::Ticket;

/// How many words are looked for: those that tell most. Each is two questions to the store, one for articles and one for
/// tickets.
const WORDS: usize = 6;
/// How many answers to a question are read, the newest.
const ANSWERS: usize = 50;
/// What a word is worth that a single ticket has; of others, each ticket gets its part.
const WORTH: u64 = 1_000_000;
/// How many answers a word counts as having beyond those that are read.
const COMMON: usize = 1000;

/// What others are to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Like {
    /// A text.
    Text(String),
    /// A ticket: its subject and its description.
    Ticket(TicketId),
}

impl From<&str> for Like {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Like {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<TicketId> for Like {
    fn from(id: TicketId) -> Self {
        Self::Ticket(id)
    }
}

impl Desk {
    /// Finds published articles and solved tickets that are like a text or a ticket, among those that the actor sees: the
    /// most alike first, each with what its likeness is worth.
    ///
    /// The six words that tell most (with digits, then the longest) are looked for. A word is worth the more the fewer
    /// have it, so rare words decide; of equal worth, articles come first, then what is newer. It asks the store twelve
    /// questions at most, reads the newest fifty answers to each, and says the same to the same store every time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such ticket for the actor; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).by(Actor::agent("ada"));
    /// let article = desk.open(Draft::article("Error 0x80070057").description("Restart the spooler.")).await?;
    /// desk.apply(article.id, Command::transition("publish")).await?;
    ///
    /// let found = desk.similar("Printing fails with 0x80070057", 5).await?;
    /// assert_eq!(found[0].0.id, article.id);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn similar(&self, to: impl Into<Like>, limit: usize) -> Result<Vec<(Arc<Ticket>, u64)>, Error> {
        let (text, own) = match to.into() {
            Like::Text(text) => (text, None),
            Like::Ticket(id) => (self.text_of(id).await?, Some(id)),
        };
        let rulebook = self.rulebook().await?;
        let articles: Vec<Key> = rulebook.now().config.articles().cloned().collect();
        let mut found: BTreeMap<TicketId, (Arc<Ticket>, u64)> = BTreeMap::new();
        for word in telling(&text) {
            let ended = Filter { statuses: vec![Status::Resolved, Status::Closed], words: vec![word], ..Filter::all() };
            let questions = [
                (!articles.is_empty()).then(|| Filter { kinds: articles.clone(), ..ended.clone() }),
                Some(Filter { except: articles.clone(), ..ended.clone() }),
            ];
            let (mut answers, mut count) = (Vec::new(), 0);
            for filter in questions.into_iter().flatten() {
                let page = self.find(&Query::new(filter).limit(ANSWERS)).await?;
                count += page.tickets.len() + if page.next.is_some() { COMMON } else { 0 };
                answers.extend(page.tickets);
            }
            let worth = worth(count);
            for ticket in answers.into_iter().filter(|ticket| !ticket.dropped && Some(ticket.id) != own) {
                found.entry(ticket.id).or_insert((ticket, 0)).1 += worth;
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by_key(|(ticket, worth)| {
            (Reverse(*worth), !articles.contains(&ticket.kind), Reverse(ticket.created), ticket.id)
        });
        found.truncate(limit);
        Ok(found)
    }

    /// Subject and description of a ticket that the actor sees.
    async fn text_of(&self, id: TicketId) -> Result<String, Error> {
        let ticket = self.load(id).await?;
        let opening = self.core.store.history(&self.tenant, id, Version(0), 1).await?;
        let description = opening.into_iter().next().and_then(|opening| opening.text).unwrap_or_default();
        Ok(format!("{} {description}", ticket.subject))
    }
}

/// What a word is worth to each of so many tickets that have it.
fn worth(count: usize) -> u64 {
    u64::try_from(count).ok().and_then(|count| WORTH.checked_div(count)).unwrap_or_default()
}

/// The words of a text that tell most, the most telling first: which are rare is not known before the store is asked, but
/// numbers and long words mostly are.
fn telling(text: &str) -> Vec<String> {
    let distinct: BTreeSet<String> = words::split(text).filter(|word| word.chars().count() > 2).collect();
    let mut words: Vec<String> = distinct.into_iter().collect();
    let plain = |word: &str| !word.contains(|c: char| c.is_numeric());
    words.sort_by_cached_key(|word| (plain(word), Reverse(word.chars().count())));
    words.truncate(WORDS);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_tell_most_are_numbers_and_long_ones_each_once_and_in_a_stable_order() {
        let text = "The printer on floor 12 shows error 0x80070057: the spooler, the printer, the driver, again, it";
        assert_eq!(telling(text), ["0x80070057", "printer", "spooler", "driver", "again", "error"]);
        assert_eq!(telling("a b c, on it"), [""; 0]);
    }

    #[test]
    fn a_word_is_worth_the_more_the_fewer_have_it() {
        assert_eq!([0, 1, 2, 1000].map(worth), [0, WORTH, WORTH / 2, WORTH / 1000]);
    }
}
