//! What a file says, in the words of the desk: which column is what, and which value means which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::actor::ActorKind;
use crate::event::Visibility;
use crate::id::Key;
use crate::time::Zone;

/// How the columns of a CSV file become tickets and their history; read from TOML or JSON, [checked](Self::check) before
/// use. `examples/import/servicenow.toml` is a whole commented one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// A name for the system the file comes from. With the id that a ticket has there, it is how a ticket is known again.
    pub source: Key,
    /// What a row is.
    #[serde(default)]
    pub rows: Rows,
    /// What the order of a ticket's rows is worth.
    #[serde(default)]
    pub order: Sequence,
    /// What is written where nothing is known, such as `?`; an empty cell means so in any case.
    #[serde(default)]
    pub missing: BTreeSet<String>,
    /// What stands between two cells; a comma unless said otherwise.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// How times are written.
    pub time: Times,
    /// The column with a ticket's id.
    pub id: String,
    /// The column with the time of a row: when it was written, or when the ticket was changed last.
    pub at: String,
    /// The kind of the tickets.
    #[serde(default = "incident")]
    pub kind: Key,
    /// When a ticket was opened, and by whom.
    #[serde(default)]
    pub opened: Opening,
    /// Who wrote a row.
    pub author: Author,
    /// The state.
    pub state: States,
    /// The subject.
    pub subject: Taken,
    /// The column with the description; that of a ticket's first row counts.
    #[serde(default)]
    pub description: Option<String>,
    /// How it came in, `phone` say; that of a ticket's first row counts.
    #[serde(default)]
    pub channel: Option<Taken>,
    /// Whom it is for.
    #[serde(default)]
    pub requester: Option<Taken>,
    /// Their organisation.
    #[serde(default)]
    pub organisation: Option<Taken>,
    /// Who is accountable.
    #[serde(default)]
    pub assignee: Option<Taken>,
    /// The team.
    #[serde(default)]
    pub team: Option<Taken>,
    /// The queue.
    #[serde(default)]
    pub queue: Option<Taken>,
    /// The category.
    #[serde(default)]
    pub category: Option<Taken>,
    /// The impact, as a number: 1 is the highest. 2 unless it is mapped.
    #[serde(default)]
    pub impact: Option<Taken>,
    /// The urgency, likewise.
    #[serde(default)]
    pub urgency: Option<Taken>,
    /// The priority, `p1` to `p9`. Where it is not what the matrix makes of impact and urgency, it is set by hand.
    #[serde(default)]
    pub priority: Option<Taken>,
    /// The tags.
    #[serde(default)]
    pub tags: Tags,
    /// Custom fields of the desk.
    #[serde(default)]
    pub fields: BTreeMap<Key, Taken>,
    /// Columns with messages: a text that differs from the one in the row before was written with the row.
    #[serde(default)]
    pub messages: Vec<Messages>,
    /// Columns that are left out on purpose.
    #[serde(default)]
    pub ignore: BTreeSet<String>,
    /// Columns whose values the profile is to count together, such as impact, urgency and priority.
    #[serde(default)]
    pub together: Vec<Vec<String>>,
}

const fn comma() -> char {
    ','
}

const fn incident() -> Key {
    Key::from_static("incident")
}

/// What a row of a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    /// An update of a ticket, with all that was known then. A ticket has any number of them, anywhere in the file.
    #[default]
    Events,
    /// A whole ticket, as it is now. Each has one.
    Tickets,
}

/// What to make of times that go back: a row older than the one before it, or than the opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sequence {
    /// It is a mistake of the file.
    #[default]
    Strict,
    /// The order of the file is right: a row happened no later than any that follows it.
    File,
    /// The times are right: rows are put in order by them.
    Time,
}

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// In the words of `strftime`, `%d-%m-%Y %H:%M` say; `rfc3339`; or `unix` for seconds since 1970.
    pub format: String,
    /// The zone of the clocks that were read. Needed unless the format has an offset.
    #[serde(default)]
    pub zone: Option<Zone>,
}

/// When and by whom a ticket was opened; what its first row says of itself unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Opening {
    /// The column with the time.
    pub at: Option<String>,
    /// The column with the person.
    pub by: Option<String>,
}

/// Who did what a row tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The column with the person.
    #[serde(default)]
    pub column: Option<String>,
    /// Who it was where the column says nothing, or there is none.
    pub otherwise: String,
    /// What they are: an `agent` answers and takes on, a `requester` asks, an `integration` is a program.
    #[serde(default = "agent")]
    pub kind: ActorKind,
    /// What whoever opened a ticket is; the same unless said otherwise.
    #[serde(default)]
    pub opener: Option<ActorKind>,
}

const fn agent() -> ActorKind {
    ActorKind::Agent
}

/// The state, and when it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct States {
    /// The column.
    pub column: String,
    /// What its values are called in the workflow; the same if there is none.
    #[serde(default)]
    pub values: BTreeMap<String, Key>,
    /// The state tickets are opened in if their first row shows one that is resolved or closed. A first row with an open
    /// state is taken as it is.
    pub initial: Key,
    /// Columns with the time at which a state, by its name in the workflow, was reached for good: the last time a ticket
    /// came there, it came at that time, whatever the time of the row. Other comings take the time of their row.
    #[serde(default)]
    pub at: BTreeMap<Key, String>,
}

/// The tags of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tags {
    /// Columns with tags.
    pub columns: Vec<String>,
    /// What stands between two tags of a cell; a cell is one tag unless it is said.
    pub separator: Option<char>,
    /// Tags of every ticket. A policy whose `applies` names one can leave imported tickets out.
    pub always: BTreeSet<Key>,
}

/// A column with messages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// The column.
    pub column: String,
    /// Who may read them.
    pub visibility: Visibility,
}

/// Where a value is taken from: a column, in a file just its name, or the same for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The column.
    pub column: Option<String>,
    /// What its values are called here; the same if there is none.
    pub values: BTreeMap<String, String>,
    /// What the values are called that are not among them; without it they are a mistake.
    pub otherwise: Option<String>,
    /// The value of every row, in place of a column.
    pub always: Option<String>,
}

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TakenVisitor)
    }
}

struct TakenVisitor;

impl<'de> Visitor<'de> for TakenVisitor {
    type Value = Taken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column, or a table with `column` or `always`")
    }

    fn visit_str<E: Error>(self, column: &str) -> Result<Taken, E> {
        Ok(Taken { column: Some(column.to_owned()), ..Taken::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Taken, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            column: Option<String>,
            #[serde(default)]
            values: BTreeMap<String, String>,
            otherwise: Option<String>,
            always: Option<String>,
        }
        let Table { column, values, otherwise, always } = Table::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Taken { column, values, otherwise, always })
    }
}

impl Mapping {
    /// What is taken from a column or is the same for all, with the path in the file.
    pub(super) fn taken(&self) -> impl Iterator<Item = (String, &Taken)> {
        let single = [
            ("subject", Some(&self.subject)),
            ("channel", self.channel.as_ref()),
            ("requester", self.requester.as_ref()),
            ("organisation", self.organisation.as_ref()),
            ("assignee", self.assignee.as_ref()),
            ("team", self.team.as_ref()),
            ("queue", self.queue.as_ref()),
            ("category", self.category.as_ref()),
            ("impact", self.impact.as_ref()),
            ("urgency", self.urgency.as_ref()),
            ("priority", self.priority.as_ref()),
        ];
        let single = single.into_iter().filter_map(|(path, taken)| taken.map(|taken| (path.to_owned(), taken)));
        single.chain(self.fields.iter().map(|(field, taken)| (format!("fields.{field}"), taken)))
    }

    /// Every column that means something, with what for.
    pub fn columns(&self) -> Vec<(String, &str)> {
        let mut columns = vec![("id".to_owned(), self.id.as_str()), ("at".to_owned(), self.at.as_str())];
        columns.extend(self.opened.at.iter().map(|column| ("opened.at".to_owned(), column.as_str())));
        columns.extend(self.opened.by.iter().map(|column| ("opened.by".to_owned(), column.as_str())));
        columns.extend(self.author.column.iter().map(|column| ("author".to_owned(), column.as_str())));
        columns.push(("state".to_owned(), self.state.column.as_str()));
        columns.extend(self.state.at.iter().map(|(state, column)| (format!("state.at.{state}"), column.as_str())));
        columns.extend(self.description.iter().map(|column| ("description".to_owned(), column.as_str())));
        columns.extend(self.taken().filter_map(|(path, taken)| Some((path, taken.column.as_deref()?))));
        columns.extend(self.tags.columns.iter().map(|column| ("tags".to_owned(), column.as_str())));
        columns.extend(self.messages.iter().map(|messages| ("messages".to_owned(), messages.column.as_str())));
        columns
    }
}
