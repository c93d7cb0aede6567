//! The directory: who there is. People, the organisations they belong to and the teams they work in, as plain data; never
//! a password.
//!
//! Every record is a document of the store, and so is every entry of the index over them (`person_by`): they are written
//! in one commit, so an entry says what the records say. The [`Desk`](crate::Desk) reads and writes them, for those who
//! may [consult](crate::Capability::Consult) and [direct](crate::Capability::Direct); how much the rules rest on them is
//! the configuration's to say, see [`People`](crate::config::People).

mod index;
mod mail;
mod organisation;
mod person;
mod register;
mod team;

use chrono::{DateTime, Utc};

use crate::actor::ActorKind;
use crate::fault::Fault;
use crate::id::{Key, Version};

pub(crate) use index::{Record, Reference, entry, escaped, folded, replaced};
pub use mail::Mail;
pub use organisation::{OrgSight, Organisation};
pub use person::Person;
pub use register::Register;
pub use team::Team;

/// A record as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// How often it was written; what a change may be made to rest on.
    pub version: Version,
    /// When it was written last.
    pub at: DateTime<Utc>,
    /// What it says.
    pub record: T,
}

impl<T> Stored<T> {
    /// The version of the document that a change rests on; 0 = there is none.
    pub(crate) fn version(found: Option<&Self>) -> Version {
        found.map_or(Version(0), |found| found.version)
    }
}

/// Which people are looked up, and so in which order they come. Those who were merged into another are never among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lookup {
    /// Everybody, by id.
    All,
    /// Those whose name begins so, upper or lower case, by name.
    Name(String),
    /// Those in a team, by id.
    Team(Key),
    /// Those of an organisation, by id.
    Organisation(Key),
    /// Those who have a skill, by id.
    Skill(Key),
    /// Those of a kind, by id.
    Kind(ActorKind),
}

/// A part of a list of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The records, in order.
    pub records: Vec<Stored<T>>,
    /// Where the next part starts; `None` if this was the last.
    pub next: Option<String>,
}

/// The longest name of a person, an organisation or a team, and the longest name in another system, in bytes.
const LINE: usize = 256;

/// Checks a text of one line that people read.
fn check_line(faults: &mut Vec<Fault>, at: impl Into<String>, text: &str) {
    if !(1..=LINE).contains(&text.len()) || text.trim() != text || text.chars().any(char::is_control) {
        let problem = format!("needs 1 to {LINE} bytes, no control character and no blank at either end");
        faults.push(Fault::new(at, problem));
    }
}

/// Checks names, unless there are too many of them: then that is what is wrong.
fn check_names<'a, N: AsRef<str> + 'a>(
    faults: &mut Vec<Fault>,
    at: &str,
    names: impl ExactSizeIterator<Item = &'a N>,
    limit: usize,
) {
    if check_count(faults, at, names.len(), limit) {
        for name in names {
            check_name(faults, at, name.as_ref());
        }
    }
}

/// Checks how many there are; whether they are few enough.
fn check_count(faults: &mut Vec<Fault>, at: &str, count: usize, limit: usize) -> bool {
    let few = count <= limit;
    if !few {
        faults.push(Fault::new(at, format!("has {count} items, the limit is {limit}")));
    }
    few
}

fn check_name(faults: &mut Vec<Fault>, at: &str, name: &str) {
    if !Key::new(name).is_valid() {
        faults.push(Fault::new(at, "needs 1 to 128 bytes, no control character and no blank at either end"));
    }
}
