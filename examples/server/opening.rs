//! The body of a request: a ticket to be opened. What it does not know is a fault.

use std::collections::BTreeSet;

use serde::Deserialize;
use ticketcore::value::Fields;
use ticketcore::{Channel, Draft, Key, Level, PersonId};

/// A ticket to be opened. Only kind and subject are needed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    kind: Key,
    subject: String,
    description: Option<String>,
    category: Option<Key>,
    #[serde(default)]
    tags: BTreeSet<Key>,
    #[serde(default)]
    fields: Fields,
    #[serde(default)]
    channel: Channel,
    external: Option<String>,
    requester: Option<PersonId>,
    organisation: Option<Key>,
    assignee: Option<PersonId>,
    team: Option<Key>,
    queue: Option<Key>,
    #[serde(default)]
    watchers: BTreeSet<PersonId>,
    #[serde(default = "medium")]
    impact: Level,
    #[serde(default = "medium")]
    urgency: Level,
}

const fn medium() -> Level {
    Level::MEDIUM
}

impl Opening {
    pub(crate) fn draft(self, once: Option<String>) -> Draft {
        Draft {
            kind: self.kind,
            subject: self.subject,
            description: self.description,
            category: self.category,
            tags: self.tags,
            fields: self.fields,
            channel: self.channel,
            external: self.external,
            requester: self.requester,
            organisation: self.organisation,
            assignee: self.assignee,
            team: self.team,
            queue: self.queue,
            watchers: self.watchers,
            impact: self.impact,
            urgency: self.urgency,
            once,
        }
    }
}
