//! A tenant as text: its configurations, its directory, every ticket with its whole history, and its files, as NDJSON.
//!
//! What is written out and brought into an empty tenant is written out again to the byte. So an archive moves a desk from one
//! store to another, and is a copy that programs can read. It is not the [export of what is known of a
//! person](crate::Desk::export_person).
//!
//! # The format
//!
//! Each line is a JSON object with one member, whose name says what it is; members stand in the order given here, and what
//! is nothing is left out.
//!
//! | line | members | where |
//! |---|---|---|
//! | `archive` | `format`, which is 1; `tenant` | the first |
//! | `document` | `kind`, `key`, `at`, `body` | before all tickets, by kind and key |
//! | `ticket` | `id`, `number`, `events`: how many follow, `claims`: the unique keys it holds | by number |
//! | `event` | `at`, `by`, `form`: the version of the event's form, `event`, `text`, `seal` | behind their ticket, by version |
//! | `file` | `digest`, `size`, `base64` | behind the events of the first ticket it came with |
//! | `end` | `documents`, `tickets`, `events`, `files`, and the SHA-256 of all lines before it | the last |
//!
//! What is not in it follows from what is: the tickets themselves, the index over them, positions in the feed, the versions of
//! documents, and live tables, which hold places in the feed and are [kept](crate::Desk::keep_live) anew. Nor are the cursors
//! of notifiers, which the store as a whole keeps, and the keys of requests that were done [once](crate::Request::once),
//! which cannot be listed: a request that is repeated after a move is done again.

mod line;
mod read;
mod write;

pub(crate) use line::{Archive, Document, Event, File, Head};
pub use line::{End, FORMAT};
pub(crate) use read::{Part, Reader, Told};
pub(crate) use write::Writer;
