//! A ticket's conversation: what was written, in order of time, with edits applied, wherever it was written.
//!
//! Messages are never copied. Those of a merged ticket, and those that a split took elsewhere, are read where they
//! stand; so a conversation is a function of the histories of all tickets it is made of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::actor::By;
use crate::event::{Event, Recorded, Said, Visibility};
use crate::id::{Position, TicketId, Version};
use crate::merge::Absorbed;
use crate::time::stamp;

/// Something that was written: a message, or the description of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    /// The ticket it was written on, which need not be the one whose conversation it is part of.
    pub ticket: TicketId,
    /// The version of that ticket at which it was recorded; 1 is its description. 0 for those who see the customer's
    /// side only.
    #[serde(skip_serializing_if = "is_hidden")]
    pub message: Version,
    /// When it was written.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// Who wrote it.
    pub by: By,
    /// Who may read it, how it came in, and what came with it.
    pub said: Said,
    /// The text it has now; `None` if it was erased.
    pub text: Option<String>,
    /// When it got that text, if not at first.
    #[serde(with = "stamp::option")]
    pub edited: Option<DateTime<Utc>>,
    /// How often it was edited.
    pub edits: u32,
    #[serde(skip)]
    position: Position,
}

fn is_hidden(message: &Version) -> bool {
    *message == Version(0)
}

impl Post {
    /// Takes away what tells how much else was recorded.
    pub(crate) const fn anonymise(&mut self) {
        self.message = Version(0);
        self.position = Position(0);
    }
}

/// Reads the conversation of a ticket out of the histories of all tickets it is made of, by ticket; those that are
/// missing say nothing. [`merged`] and [`borrowed`] say which are needed.
///
/// # Examples
///
/// ```
/// # pollster::block_on(async {
/// use std::sync::Arc;
/// use ticketcore::{Command, Desk, Draft, MemoryStore, Version};
///
/// let desk = Desk::new(Arc::new(MemoryStore::new()));
/// let printer = desk.open(Draft::incident("Printer is on fire").description("Room 4")).await?;
/// let smoke = desk.open(Draft::incident("Smoke in room 4").description("It comes from the printer")).await?;
/// desk.apply(smoke.id, Command::reply("We are on our way")).await?;
/// desk.apply(printer.id, Command::edit(Version(1), "Room 4, first floor")).await?;
/// desk.apply(smoke.id, Command::Merge(printer.id)).await?;
///
/// let posts = desk.conversation(printer.id).await?;
/// let texts: Vec<_> = posts.iter().map(|post| (post.text.as_deref().unwrap_or_default(), post.edits)).collect();
/// assert_eq!(texts, [("Room 4, first floor", 1), ("It comes from the printer", 0), ("We are on our way", 0)]);
/// # Ok::<(), ticketcore::Error>(()) }).unwrap();
/// ```
pub fn conversation(of: TicketId, histories: &BTreeMap<TicketId, Vec<Recorded>>) -> Vec<Post> {
    let sources = sources(of, histories);
    let posts = histories.values().flat_map(|history| written(history));
    let mut posts: Vec<Post> = posts.filter(|post| sources.has(post.ticket, post.message)).collect();
    posts.sort_by_key(|post| (post.at, post.position));
    posts
}

/// Which messages a ticket's conversation is made of.
pub(crate) struct Sources {
    /// The tickets all of whose messages are part of it, each with those that went elsewhere.
    whole: BTreeMap<TicketId, BTreeSet<Version>>,
    /// Messages of other tickets.
    parts: BTreeSet<(TicketId, Version)>,
}

impl Sources {
    /// Tells whether a message is part of it.
    pub(crate) fn has(&self, ticket: TicketId, message: Version) -> bool {
        self.whole.get(&ticket).is_some_and(|gone| !gone.contains(&message)) || self.parts.contains(&(ticket, message))
    }
}

/// Finds which messages a ticket's conversation is made of.
pub(crate) fn sources(of: TicketId, histories: &BTreeMap<TicketId, Vec<Recorded>>) -> Sources {
    let mut sources = Sources { whole: BTreeMap::new(), parts: BTreeSet::new() };
    let mut next = vec![of];
    while let Some(id) = next.pop() {
        let Some(history) = histories.get(&id) else { continue };
        if sources.whole.insert(id, gone(history)).is_some() {
            continue;
        }
        for absorbed in came(history) {
            if absorbed.is_whole() {
                next.push(absorbed.from);
            } else {
                sources.parts.extend(absorbed.messages.iter().map(|message| (absorbed.from, *message)));
            }
        }
    }
    sources
}

/// Names the tickets that were merged into one and still are, by its history: their histories are part of its
/// conversation, and so are those of the tickets that were merged into them.
pub fn merged(history: &[Recorded]) -> Vec<TicketId> {
    came(history).into_iter().filter(|absorbed| absorbed.is_whole()).map(|absorbed| absorbed.from).collect()
}

/// Names the tickets that only some messages came from, by a history: of theirs, nothing else is part of the conversation.
pub fn borrowed(history: &[Recorded]) -> Vec<TicketId> {
    came(history).into_iter().filter(|absorbed| !absorbed.is_whole()).map(|absorbed| absorbed.from).collect()
}

/// What came to a ticket and is still there.
fn came(history: &[Recorded]) -> Vec<&Absorbed> {
    let mut came: Vec<&Absorbed> = Vec::new();
    for recorded in history {
        match &recorded.event {
            Event::Absorbed(absorbed) => came.push(absorbed),
            Event::Released(released) => {
                came.retain(|absorbed| (absorbed.from, &absorbed.messages) != (released.from, &released.messages));
            }
            _ => {}
        }
    }
    came
}

/// The messages that went to another ticket and are still there.
pub(crate) fn gone(history: &[Recorded]) -> BTreeSet<Version> {
    let mut gone = BTreeSet::new();
    for recorded in history {
        match &recorded.event {
            Event::SplitOff(split) => gone.extend(split.messages.iter().copied()),
            Event::Rejoined(split) => gone.retain(|message| !split.messages.contains(message)),
            _ => {}
        }
    }
    gone
}

/// Everything that was written on a ticket, with its edits.
fn written(history: &[Recorded]) -> impl Iterator<Item = Post> {
    let mut posts: BTreeMap<Version, Post> = BTreeMap::new();
    for recorded in history {
        let Recorded { ticket, version, position, at, by, event, text, .. } = recorded;
        let said = match event {
            // The description is there for whoever may see the ticket.
            Event::Opened(opened) => {
                let (channel, attachments) = (opened.channel, Vec::new());
                Said { visibility: Visibility::Public, channel, automatic: false, attachments }
            }
            Event::Said(said) => said.clone(),
            Event::Edited { message, visibility: _ } => {
                if let Some(post) = posts.get_mut(message) {
                    post.text.clone_from(text);
                    post.edited = Some(*at);
                    post.edits = post.edits.saturating_add(1);
                }
                continue;
            }
            _ => continue,
        };
        let (ticket, message, at, by, text) = (*ticket, *version, *at, by.clone(), text.clone());
        let post = Post { ticket, message, at, by, said, text, edited: None, edits: 0, position: *position };
        posts.insert(message, post);
    }
    // A ticket may do without a description.
    let bare = |post: &Post| post.message == Version(1) && post.text.is_none();
    posts.into_values().filter(move |post| !bare(post))
}
