//! The lines of an archive.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::actor::By;
use crate::id::{Key, TenantId, TicketId};
use crate::seal::{Digest, Seal};
use crate::time::stamp;

/// The version of the format that this release writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Archive(Archive),
    Document(Document),
    Ticket(Head),
    Event(Event),
    File(File),
    End(End),
}

impl Line {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Archive(_) => "archive",
            Self::Document(_) => "document",
            Self::Ticket(_) => "ticket",
            Self::Event(_) => "event",
            Self::File(_) => "file",
            Self::End(_) => "end",
        }
    }
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    pub(crate) format: u32,
    pub(crate) tenant: TenantId,
}

/// A document but for its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) kind: Key,
    pub(crate) key: String,
    #[serde(with = "stamp")]
    pub(crate) at: DateTime<Utc>,
    pub(crate) body: String,
}

/// What stands above the events of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) id: TicketId,
    pub(crate) number: i64,
    pub(crate) events: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<String>,
}

/// One event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    #[serde(with = "stamp")]
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: By,
    /// The version of its form.
    pub(crate) form: i64,
    pub(crate) event: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seal: Option<Seal>,
}

/// A file; all of it stands in memory while its line is read or written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) base64: String,
}

/// The last line of an archive: how much is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How many documents.
    pub documents: u64,
    /// How many tickets.
    pub tickets: u64,
    /// How many events they have.
    pub events: u64,
    /// How many files.
    pub files: u64,
    /// The SHA-256 of all lines before this one.
    pub digest: Digest,
}
