//! What is erased, and what is left to say about it.
//!
//! Erased are texts (descriptions, messages, edits) and files. What stands in the events themselves stays, as events never
//! change: subjects, custom fields, reasons, the names of files, and the ids of people, which are pseudonyms once nobody
//! keeps a name for them. So no ticket and no figure is different after it, and seals still fit.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, By};
use crate::config::Erase;
use crate::conversation::sources;
use crate::event::{Event, Recorded, Said};
use crate::id::{Key, PersonId, TenantId, TicketId, Version};
use crate::query::words::is_internal;
use crate::seal::{Digest, Parts};
use crate::time::stamp;

/// What an erasure has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many events or tickets were looked through.
    pub looked: u64,
    /// How many tickets lost texts.
    pub tickets: u64,
    /// How many texts are gone.
    pub texts: u64,
    /// How many files are gone.
    pub files: u64,
    /// How many documents of the directory are gone.
    pub records: u64,
}

impl Erased {
    /// Tells whether nothing was erased.
    pub const fn is_nothing(&self) -> bool {
        self.texts == 0 && self.files == 0 && self.records == 0
    }
}

/// What is kept of an erasure, for as long as [`Config::receipts`](crate::Config::receipts) says: that it was done, and
/// nothing of what was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its name; receipts are ordered by when the erasures began.
    pub key: String,
    /// What was erased.
    pub of: Subject,
    /// When it was done.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
    /// Who had it done.
    pub by: By,
    /// How much there was.
    pub erased: Erased,
}

/// What an erasure was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person, by a digest of tenant and id: who knows the id can ask whether it was them.
    Person(Digest),
    /// What a retention is for.
    Retention(Key),
}

impl Subject {
    /// The person of a tenant.
    pub fn person(tenant: &TenantId, person: &PersonId) -> Self {
        Self::Person(person_digest(tenant, person))
    }
}

pub(crate) fn person_digest(tenant: &TenantId, person: &PersonId) -> Digest {
    Parts::new("ticketcore person 1").add(tenant.as_str()).add(person.as_str()).digest()
}

/// What is to be erased of one ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The events whose texts go.
    pub(crate) texts: BTreeSet<Version>,
    /// The digests of the files that go, unless another message has them.
    pub(crate) files: BTreeSet<String>,
}

impl Chosen {
    fn text(&mut self, recorded: &Recorded) {
        if recorded.text.is_some() {
            self.texts.insert(recorded.version);
            self.files(recorded);
        }
    }

    fn files(&mut self, recorded: &Recorded) {
        if let Event::Said(Said { attachments, .. }) = &recorded.event {
            self.files.extend(attachments.iter().map(|file| file.digest.clone()));
        }
    }
}

/// Whether a person did something. The desk itself is nobody.
pub(crate) fn is_by(recorded: &Recorded, person: &PersonId) -> bool {
    recorded.by.id == *person && recorded.by.kind != ActorKind::System
}

/// Whether an event makes a ticket one for a person.
pub(crate) fn makes_it_for(recorded: &Recorded, person: &PersonId) -> bool {
    match &recorded.event {
        Event::Opened(opened) => opened.requester.as_ref() == Some(person),
        Event::RequesterChanged(requester) => requester.as_ref() == Some(person),
        _ => false,
    }
}

/// The message that a text belongs to: the one that was edited, else the text's own event.
fn message(recorded: &Recorded) -> Version {
    if let Event::Edited { message, .. } = &recorded.event { *message } else { recorded.version }
}

/// Chooses what a person wrote on a ticket, under whatever of their ids and whatever others made of it since; with `whole`,
/// everything, if the ticket was ever for them.
pub(crate) fn of_person(history: &[Recorded], ids: &[PersonId], whole: bool) -> Chosen {
    let is_by = |recorded: &Recorded| ids.iter().any(|id| is_by(recorded, id));
    let all = whole && history.iter().any(|recorded| ids.iter().any(|id| makes_it_for(recorded, id)));
    let written: BTreeSet<Version> =
        history.iter().filter(|recorded| is_by(recorded)).map(|recorded| recorded.version).collect();
    let mut chosen = Chosen::default();
    let own = |recorded: &&Recorded| all || is_by(recorded) || written.contains(&message(recorded));
    history.iter().filter(own).for_each(|recorded| chosen.text(recorded));
    chosen
}

/// Chooses what a retention erases of a ticket and of those it is made of, by the histories of all of them.
pub(crate) fn of_ticket(
    of: TicketId,
    histories: &BTreeMap<TicketId, Vec<Recorded>>,
    erase: Erase,
) -> BTreeMap<TicketId, Chosen> {
    let sources = sources(of, histories);
    let mut all: BTreeMap<TicketId, Chosen> = BTreeMap::new();
    for recorded in histories.values().flatten().filter(|one| sources.has(one.ticket, message(one))) {
        let chosen = all.entry(recorded.ticket).or_default();
        match erase {
            Erase::All => chosen.text(recorded),
            Erase::Internal if is_internal(&recorded.event) => chosen.text(recorded),
            Erase::Internal => {}
            Erase::Files => chosen.files(recorded),
        }
    }
    all
}
