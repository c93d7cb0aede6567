//! A tenant out of the store, and into one.

mod restore;
mod write;

use crate::desk::erasure::{ERASING, ERASURE};
use crate::desk::link::LINK;
use crate::desk::news::IMPORT;
use crate::desk::recurring::RECURRING;
use crate::desk::routing::COUNTED;
use crate::desk::rules::CONFIG;
use crate::desk::seats::LOAD;
use crate::desk::views::VIEW;
use crate::directory::{Organisation, Person, Record, Team};
use crate::id::Key;

pub use restore::{Restore, Restored};
pub use write::Archive;

/// The kinds of documents that a tenant goes on with elsewhere, in the order in which they are written.
///
/// How far retentions have come is not among them: they name places in the feed, and begin anew. Nor are the marks of what
/// was brought in from another archive.
const KINDS: [Key; 14] = [
    CONFIG,
    Organisation::KIND,
    Organisation::INDEX,
    Team::KIND,
    Team::INDEX,
    Person::KIND,
    Person::INDEX,
    LINK,
    ERASURE,
    RECURRING,
    COUNTED,
    LOAD,
    VIEW,
    IMPORT,
];
