//! Saved views: a named question, how its tickets are shown, and who else may open it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Party};
use crate::config::Limits;
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::query::language::Question;
use crate::report::Dimension;
use crate::ticket::Ticket;

/// A question with a name. Its text is kept as it was typed: `me` is whoever opens it, and `-7d` is seven days before
/// then.
///
/// # Examples
///
/// ```
/// # pollster::block_on(async {
/// use std::sync::Arc;
/// use ticketcore::desk::List;
/// use ticketcore::view::{Column, View};
/// use ticketcore::{Actor, Desk, Draft, MemoryStore};
///
/// let desk = Desk::new(Arc::new(MemoryStore::new())).by(Actor::agent("ada"));
/// let mine = View::new("mine", "is:open assignee:me sort:due").columns([Column::Number, Column::Subject]).everybody();
/// desk.put_view(mine, None).await?;
/// desk.open(Draft::incident("No mail").assignee("ada")).await?;
///
/// assert_eq!(desk.count_views().await?[0].count, Ok(1));
/// let page = desk.open_view("mine", &List::default()).await?;
/// assert_eq!(page.tickets[0].subject, "No mail");
/// # Ok::<(), ticketcore::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its name.
    pub key: Key,
    /// What it is called; its name unless said otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Whose it is; the desk sets it to whoever puts a new one.
    #[serde(default)]
    pub owner: PersonId,
    /// Whether everybody may open it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
    /// Who else may open it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shared: BTreeSet<Party>,
    /// The question, in the [language of questions](crate::query::language), its order included.
    pub question: String,
    /// What is shown of each ticket, in this order; number, status, priority, assignee and subject unless said otherwise.
    #[serde(default = "View::usual_columns")]
    pub columns: Vec<Column>,
    /// By what its tickets are counted in groups; by nothing unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Dimension>,
}

impl View {
    /// A view of one's own with the usual columns.
    #[must_use]
    pub fn new(key: impl Into<Key>, question: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            title: String::new(),
            owner: PersonId::default(),
            everybody: false,
            shared: BTreeSet::new(),
            question: question.into(),
            columns: Self::usual_columns(),
            group: None,
        }
    }

    /// Sets what it is called; its name by default.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Lets everybody open it; nobody but its owner by default.
    #[must_use]
    pub const fn everybody(mut self) -> Self {
        self.everybody = true;
        self
    }

    /// Lets somebody open it; nobody but its owner by default.
    #[must_use]
    pub fn share(mut self, party: Party) -> Self {
        self.shared.insert(party);
        self
    }

    /// Sets what is shown of each ticket.
    #[must_use]
    pub fn columns(mut self, columns: impl Into<Vec<Column>>) -> Self {
        self.columns = columns.into();
        self
    }

    /// Sets by what its tickets are counted in groups.
    #[must_use]
    pub fn group(mut self, group: Dimension) -> Self {
        self.group = Some(group);
        self
    }

    /// Tells whether somebody may open it.
    #[must_use]
    pub fn is_for(&self, actor: &Actor) -> bool {
        let meant = |party: &Party| match party {
            Party::Person(person) => *person == actor.id,
            Party::Team(team) => actor.teams.contains(team),
            Party::Organisation(organisation) => actor.organisation.as_ref() == Some(organisation),
        };
        self.everybody || self.owner == actor.id || self.shared.iter().any(meant)
    }

    /// Names everything that is wrong with it but for names that a question would look up in a configuration.
    #[must_use]
    pub fn check(&self, limits: &Limits) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.key.is_valid() {
            faults.push(Fault::new("key", "is no name"));
        }
        if self.title.chars().any(char::is_control) || self.title.len() > limits.subject {
            faults.push(Fault::new("title", format!("is no line of at most {} bytes", limits.subject)));
        }
        for (name, count) in [("columns", self.columns.len()), ("shared", self.shared.len())] {
            if count > limits.items {
                faults.push(Fault::new(name, format!("has {count} items, at most {} can be", limits.items)));
            }
        }
        if self.columns.is_empty() {
            faults.push(Fault::new("columns", "shows nothing"));
        }
        if let Err(misread) = Question::parse(&self.question) {
            faults.push(Fault::new("question", misread.brief()));
        }
        faults
    }

    fn usual_columns() -> Vec<Column> {
        vec![Column::Number, Column::Status, Column::Priority, Column::Assignee, Column::Subject]
    }
}

/// What can be shown of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Column {
    /// Its number, as people write it.
    Number,
    /// Its subject.
    Subject,
    /// Its kind.
    Kind,
    /// Its place in life.
    Status,
    /// Its state.
    State,
    /// The priority in force.
    Priority,
    /// Its category.
    Category,
    /// Its tags.
    Tags,
    /// The team it is with.
    Team,
    /// The queue it stands in.
    Queue,
    /// The agent accountable.
    Assignee,
    /// Whom it is for.
    Requester,
    /// For whose organisation.
    Organisation,
    /// How it came in.
    Channel,
    /// Its name elsewhere.
    External,
    /// When it was opened.
    Created,
    /// When it changed last.
    Updated,
    /// When it was answered first.
    Responded,
    /// When it was resolved last, unless it was reopened since.
    Resolved,
    /// When it was closed, unless it was reopened since.
    Closed,
    /// A custom field.
    Field(Key),
}

impl Column {
    /// All columns but those of custom fields.
    pub const ALL: [Self; 20] = [
        Self::Number,
        Self::Subject,
        Self::Kind,
        Self::Status,
        Self::State,
        Self::Priority,
        Self::Category,
        Self::Tags,
        Self::Team,
        Self::Queue,
        Self::Assignee,
        Self::Requester,
        Self::Organisation,
        Self::Channel,
        Self::External,
        Self::Created,
        Self::Updated,
        Self::Responded,
        Self::Resolved,
        Self::Closed,
    ];

    /// The name as serialised: `subject`, `field.site`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match self {
            Self::Number => "number",
            Self::Subject => "subject",
            Self::Kind => "kind",
            Self::Status => "status",
            Self::State => "state",
            Self::Priority => "priority",
            Self::Category => "category",
            Self::Tags => "tags",
            Self::Team => "team",
            Self::Queue => "queue",
            Self::Assignee => "assignee",
            Self::Requester => "requester",
            Self::Organisation => "organisation",
            Self::Channel => "channel",
            Self::External => "external",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Responded => "responded",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Field(field) => return format!("field.{field}"),
        };
        name.to_owned()
    }

    /// Reads it off a ticket, in words; instants as RFC 3339 in UTC. `None` if the ticket has nothing there.
    #[must_use]
    pub fn of(&self, ticket: &Ticket) -> Option<String> {
        let key = |key: &Option<Key>| key.as_ref().map(Key::to_string);
        let person = |person: &Option<PersonId>| person.as_ref().map(PersonId::to_string);
        match self {
            Self::Number => Some(ticket.reference()),
            Self::Subject => Some(ticket.subject.clone()),
            Self::Kind => Some(ticket.kind.to_string()),
            Self::Status => Some(ticket.status.to_string()),
            Self::State => Some(ticket.state.to_string()),
            Self::Priority => Some(ticket.priority().to_string()),
            Self::Category => key(&ticket.category),
            Self::Tags => {
                let tags: Vec<&str> = ticket.tags.iter().map(Key::as_str).collect();
                (!tags.is_empty()).then(|| tags.join(", "))
            }
            Self::Team => key(&ticket.team),
            Self::Queue => key(&ticket.queue),
            Self::Assignee => person(&ticket.assignee),
            Self::Requester => person(&ticket.requester),
            Self::Organisation => key(&ticket.organisation),
            Self::Channel => Some(ticket.channel.as_str().to_owned()),
            Self::External => ticket.external.clone(),
            Self::Created => Some(time(ticket.created)),
            Self::Updated => Some(time(ticket.updated)),
            Self::Responded => ticket.responded.map(time),
            Self::Resolved => ticket.resolved.map(time),
            Self::Closed => ticket.closed.map(time),
            Self::Field(field) => ticket.fields.get(field).map(ToString::to_string),
        }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        column.name()
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(field) = name.strip_prefix("field.").filter(|field| Key::new(field).is_valid()) {
            return Ok(Self::Field(field.into()));
        }
        let found = Self::ALL.into_iter().find(|column| column.name() == name);
        found.ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(Self::name).collect();
            format!("`{name}` is no column; known: {}, field.…", known.join(", "))
        })
    }
}

impl TryFrom<String> for Column {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}
