//! Knowledge: an article is a ticket of a kind that is marked so, and all that tickets have is there for articles.
//!
//! Its description is its body; [`Command::edit`](crate::Command::edit) of version 1 gives it another, and what it was
//! before stays in the history. Its workflow publishes it, to agents or to everybody; rights, search, links
//! ([`LinkKind::Explains`](crate::LinkKind::Explains)) and erasure are those of tickets. An edit of a published article is
//! published at once; `revise` takes it back first. Whoever may follow public articles finds them among their tickets;
//! [`Filter::except`](crate::Filter::except) leaves them out.

use chrono::{DateTime, Utc};
use serde::Serialize;
use similar::TextDiff;

use crate::actor::By;
use crate::event::{Event, Recorded};
use crate::id::{Key, TicketId, Version};
use crate::ticket::Ticket;
use crate::time::stamp;
use crate::value::Value;

/// The custom field, of type instant, that says when an article is to be looked at again; and the template of the notice
/// that [`Policy::review`](crate::Policy::review) then sends.
pub const REVIEW: Key = Key::from_static("review");

/// An article as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Article {
    /// Its id.
    pub id: TicketId,
    /// Its number as people write it: `KB-7`.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// What it says; `None` if it says nothing yet, or its text was erased.
    pub body: Option<String>,
    /// Which edition of the body this is, from 1.
    pub edition: u32,
    /// When its body was last changed.
    #[serde(with = "stamp")]
    pub changed: DateTime<Utc>,
    /// Since when it is published, if it is; for whom is the matter of rights.
    #[serde(with = "stamp::option")]
    pub published: Option<DateTime<Utc>>,
    /// When it is to be looked at again.
    #[serde(with = "stamp::option")]
    pub review: Option<DateTime<Utc>>,
    /// How many people it helped.
    pub helpful: usize,
    /// How many it did not help.
    pub unhelpful: usize,
}

/// An edition of an article's body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// Which one, from 1.
    pub no: u32,
    /// When it was written.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: By,
    /// The title at that time.
    pub title: String,
    /// The text; `None` if there was none, or it was erased.
    pub text: Option<String>,
}

impl Edition {
    /// Tells what another edition changed, line by line, in the unified form; empty if nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::{Actor, Command, Desk, Draft, MemoryStore, Version};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).by(Actor::agent("ada"));
    /// let draft = Draft::article("Printer on fire").description("Pull the plug.\nRun.\n");
    /// let article = desk.open(draft).await?;
    /// desk.apply(article.id, Command::edit(Version(1), "Pull the plug.\nCall 112.\n")).await?;
    ///
    /// let editions = desk.editions(article.id).await?;
    /// let diff = "--- edition 1\n+++ edition 2\n@@ -1,2 +1,2 @@\n Pull the plug.\n-Run.\n+Call 112.\n";
    /// assert_eq!(editions[0].diff(&editions[1]), diff);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub fn diff(&self, other: &Self) -> String {
        let text = |edition: &Self| edition.text.clone().unwrap_or_default();
        let name = |edition: &Self| format!("edition {}", edition.no);
        let (before, after) = (text(self), text(other));
        let diff = TextDiff::from_lines(&before, &after);
        diff.unified_diff().header(&name(self), &name(other)).to_string()
    }
}

/// Reads the editions of an article's body out of its history, oldest first.
pub fn editions(history: &[Recorded]) -> Vec<Edition> {
    let (mut editions, mut title, mut no) = (Vec::new(), "", 0);
    for Recorded { at, by, event, text, .. } in history {
        match event {
            Event::Opened(opened) => title = &opened.subject,
            Event::Renamed(subject) => title = subject,
            _ => {}
        }
        if matches!(event, Event::Opened(_) | Event::Edited { message: Version(1), .. }) {
            no += 1;
            editions.push(Edition { no, at: *at, by: by.clone(), title: title.to_owned(), text: text.clone() });
        }
    }
    editions
}

/// Reads an article out of its ticket and its history.
pub fn article(ticket: &Ticket, history: &[Recorded]) -> Option<Article> {
    let Edition { no, at, text, .. } = editions(history).pop()?;
    let review = ticket.fields.get(&REVIEW).map(Value::to_string);
    let helpful = ticket.helpful.values().filter(|helpful| **helpful).count();
    Some(Article {
        id: ticket.id,
        reference: ticket.reference(),
        title: ticket.subject.clone(),
        body: text,
        edition: no,
        changed: at,
        published: ticket.solved(),
        review: review.and_then(|text| DateTime::parse_from_rfc3339(&text).ok()).map(|at| at.to_utc()),
        helpful,
        unhelpful: ticket.helpful.len() - helpful,
    })
}
