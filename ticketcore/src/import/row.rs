//! One row in the types of the desk: when, by whom, and all that was known of the ticket then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::{ActorKind, By};
use crate::channel::Channel;
use crate::config::{Setup, Workflow};
use crate::event::Visibility;
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::import::mapping::{Mapping, Taken};
use crate::import::source::{Cells, fault};
use crate::import::times::{Clockface, Reading, short};
use crate::import::{Bent, values};
use crate::priority::{Level, Priority};
use crate::value::{FieldType, Value};

/// A row of one ticket.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) at: DateTime<Utc>,
    pub(super) by: By,
    pub(super) opened: Option<DateTime<Utc>>,
    pub(super) opener: Option<PersonId>,
    pub(super) description: Option<Arc<str>>,
    pub(super) channel: Channel,
    pub(super) state: Key,
    /// When states were reached, in the order of [`Columns::reached`].
    pub(super) reached: Vec<Option<DateTime<Utc>>>,
    pub(super) known: Known,
    /// The messages, in the order of the mapping.
    pub(super) said: Vec<Option<Arc<str>>>,
}

/// What is known of a ticket besides its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) subject: Arc<str>,
    pub(super) requester: Option<PersonId>,
    pub(super) organisation: Option<Key>,
    pub(super) assignee: Option<PersonId>,
    pub(super) team: Option<Key>,
    pub(super) queue: Option<Key>,
    pub(super) category: Option<Key>,
    pub(super) impact: Level,
    pub(super) urgency: Level,
    /// What the matrix makes of them.
    pub(super) computed: Priority,
    /// The priority, where it is another.
    pub(super) overridden: Option<Priority>,
    pub(super) tags: BTreeSet<Key>,
    pub(super) fields: Vec<(Key, Option<Value>)>,
}

/// Where something is taken from, as soon as the columns are found.
#[derive(Debug)]
enum From<T> {
    Nowhere,
    Always(T),
    Column { place: usize, values: BTreeMap<String, T>, otherwise: Option<T> },
}

/// A mapping whose columns are found in a file, for a desk.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    mapping: &'a Mapping,
    setup: &'a Setup,
    pub(super) workflow: &'a Workflow,
    clockface: Clockface,
    id: usize,
    at: usize,
    opened: Option<usize>,
    opener: Option<usize>,
    author: Option<usize>,
    pub(super) state: usize,
    /// The states whose time is in a column of its own.
    pub(super) reached: Vec<(Key, usize)>,
    description: Option<usize>,
    subject: From<Arc<str>>,
    channel: From<Channel>,
    requester: From<PersonId>,
    organisation: From<Key>,
    assignee: From<PersonId>,
    team: From<Key>,
    queue: From<Key>,
    category: From<Key>,
    impact: From<Level>,
    urgency: From<Level>,
    priority: From<Priority>,
    tags: Vec<usize>,
    fields: Vec<(Key, &'a FieldType, From<Value>)>,
    messages: Vec<(Visibility, usize)>,
    pub(super) together: Vec<Vec<usize>>,
}

impl<'a> Columns<'a> {
    /// Finds the columns. The mapping must fit the desk.
    ///
    /// # Errors
    ///
    /// Every column that the file does not have.
    pub(super) fn find(mapping: &'a Mapping, setup: &'a Setup, header: &[String]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut place = |path: &str, column: &str| {
            let place = header.iter().position(|name| name == column);
            if place.is_none() {
                let problem = format!("there is no column `{column}` (`{path}` of the mapping)");
                let near = header.iter().find(|name| name.eq_ignore_ascii_case(column));
                let hint = near.map(|name| format!("; there is `{name}`")).unwrap_or_default();
                faults.push(fault(1, None, problem + &hint));
            }
            place.unwrap_or_default()
        };
        let clockface = Clockface::new(&mapping.time).map_err(|fault| vec![fault])?;
        let Some(workflow) = values::workflow(setup, &mapping.kind) else {
            return Err(vec![Fault::new("kind", "has no workflow")]);
        };
        let limits = setup.config.limits;
        let subject = |text: &str| values::text(text, limits.subject);
        let fields = mapping
            .fields
            .iter()
            .filter_map(|(field, taken)| Some((field.clone(), setup.config.fields.get(field)?, taken)));
        let fields: Vec<(Key, &FieldType, From<Value>)> = fields
            .map(|(field, kind, taken)| {
                let read = |text: &str| values::field(kind, &clockface, text);
                let from = From::of(Some(taken), &format!("fields.{field}"), &mut place, &read);
                (field, kind, from)
            })
            .collect();
        let columns = Self {
            mapping,
            setup,
            workflow,
            id: place("id", &mapping.id),
            at: place("at", &mapping.at),
            opened: mapping.opened.at.as_ref().map(|column| place("opened.at", column)),
            opener: mapping.opened.by.as_ref().map(|column| place("opened.by", column)),
            author: mapping.author.column.as_ref().map(|column| place("author.column", column)),
            state: place("state.column", &mapping.state.column),
            reached: mapping
                .state
                .at
                .iter()
                .map(|(state, column)| (state.clone(), place(&format!("state.at.{state}"), column)))
                .collect(),
            description: mapping.description.as_ref().map(|column| place("description", column)),
            subject: From::of(Some(&mapping.subject), "subject", &mut place, &subject),
            channel: From::of(mapping.channel.as_ref(), "channel", &mut place, &values::channel),
            requester: From::of(mapping.requester.as_ref(), "requester", &mut place, &values::person),
            organisation: From::of(mapping.organisation.as_ref(), "organisation", &mut place, &values::key),
            assignee: From::of(mapping.assignee.as_ref(), "assignee", &mut place, &values::person),
            team: From::of(mapping.team.as_ref(), "team", &mut place, &values::key),
            queue: From::of(mapping.queue.as_ref(), "queue", &mut place, &values::key),
            category: From::of(mapping.category.as_ref(), "category", &mut place, &values::key),
            impact: From::of(mapping.impact.as_ref(), "impact", &mut place, &values::level),
            urgency: From::of(mapping.urgency.as_ref(), "urgency", &mut place, &values::level),
            priority: From::of(mapping.priority.as_ref(), "priority", &mut place, &|text: &str| text.parse()),
            tags: mapping.tags.columns.iter().map(|column| place("tags.columns", column)).collect(),
            messages: mapping
                .messages
                .iter()
                .map(|messages| (messages.visibility, place("messages.column", &messages.column)))
                .collect(),
            together: mapping
                .together
                .iter()
                .map(|columns| columns.iter().map(|column| place("together", column)).collect())
                .collect(),
            fields,
            clockface,
        };
        for column in &mapping.ignore {
            place("ignore", column);
        }
        if faults.is_empty() { Ok(columns) } else { Err(faults) }
    }

    /// What stands before the numbers of the tickets.
    pub(super) fn prefix(&self) -> Key {
        self.setup.config.kinds.get(&self.mapping.kind).map(|kind| kind.prefix.clone()).unwrap_or_default()
    }

    pub(super) fn visibility(&self, message: usize) -> Visibility {
        self.messages.get(message).map_or(Visibility::Internal, |(visibility, _)| *visibility)
    }

    /// The id of a row's ticket.
    pub(super) fn id<'c>(&self, cells: &'c Cells<'_>) -> Result<&'c str, Fault> {
        let (id, limit) = (cells.get(self.id), self.setup.config.limits.value);
        if self.is_missing(id) {
            return Err(cells.fault(self.id, "is empty, so it is not known which ticket the row is of"));
        }
        if id.len() > limit {
            return Err(cells.fault(self.id, format!("has {} bytes, the limit is {limit}", id.len())));
        }
        Ok(id)
    }

    /// The time of a row, if it can be read.
    pub(super) fn at(&self, cells: &Cells<'_>) -> Option<DateTime<Utc>> {
        self.clockface.read(cells.get(self.at)).ok().map(|(at, _)| at)
    }

    fn is_missing(&self, cell: &str) -> bool {
        cell.is_empty() || self.mapping.missing.contains(cell)
    }

    /// Reads a row.
    pub(super) fn read(&self, cells: &Cells<'_>, bent: &mut Bent) -> Result<Row, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut row = Reader { columns: self, cells, faults: &mut faults, bent };
        let at = row.time(self.at);
        if at.is_none() && row.cell(self.at).is_none() {
            row.faults.push(cells.fault(self.at, "is missing, and every row needs its time"));
        }
        let author = self.author.and_then(|place| row.plain(place, &values::person));
        let opened = self.opened.and_then(|place| row.time(place));
        let opener = self.opener.and_then(|place| row.plain(place, &values::person));
        let state = row.state();
        let reached = self.reached.iter().map(|(_, place)| row.time(*place)).collect();
        let limits = self.setup.config.limits;
        let text = |text: &str| values::text(text, limits.text);
        let description = self.description.and_then(|place| row.plain(place, &text));
        let said = self.messages.iter().map(|(_, place)| row.plain(*place, &text)).collect();
        let channel = row.take(&self.channel, &values::channel).unwrap_or_default();
        let known = row.known();
        match (at, state, known) {
            (Some(at), Some(state), Some(known)) if faults.is_empty() => {
                let id = author.unwrap_or_else(|| PersonId::new(&self.mapping.author.otherwise));
                let by = By { id, kind: self.mapping.author.kind };
                let line = cells.line;
                Ok(Row { line, at, by, opened, opener, description, channel, state, reached, known, said })
            }
            _ => Err(faults),
        }
    }

    pub(super) fn opener_kind(&self) -> ActorKind {
        self.mapping.author.opener.unwrap_or(self.mapping.author.kind)
    }
}

impl<T> From<T> {
    fn of(
        taken: Option<&Taken>,
        path: &str,
        place: &mut dyn FnMut(&str, &str) -> usize,
        read: &dyn Fn(&str) -> Result<T, String>,
    ) -> Self {
        // The values of the mapping were checked before; one that is none would be refused in every row.
        let Some(Taken { column, values, otherwise, always }) = taken else { return Self::Nowhere };
        match (column, always) {
            (Some(column), _) => Self::Column {
                place: place(path, column),
                values: values.iter().filter_map(|(value, ours)| Some((value.clone(), read(ours).ok()?))).collect(),
                otherwise: otherwise.as_ref().and_then(|ours| read(ours).ok()),
            },
            (None, Some(always)) => read(always).map_or(Self::Nowhere, Self::Always),
            (None, None) => Self::Nowhere,
        }
    }
}

/// Reads the cells of one row, and gathers what is wrong with them.
struct Reader<'r, 'a> {
    columns: &'r Columns<'a>,
    cells: &'r Cells<'r>,
    faults: &'r mut Vec<Fault>,
    bent: &'r mut Bent,
}

impl<'r> Reader<'r, '_> {
    /// What a cell says, unless it is missing.
    fn cell(&self, place: usize) -> Option<&'r str> {
        Some(self.cells.get(place)).filter(|cell| !self.columns.is_missing(cell))
    }

    fn plain<T>(&mut self, place: usize, read: &dyn Fn(&str) -> Result<T, String>) -> Option<T> {
        let read = read(self.cell(place)?);
        read.map_err(|problem| self.faults.push(self.cells.fault(place, problem))).ok()
    }

    fn time(&mut self, place: usize) -> Option<DateTime<Utc>> {
        let cell = self.cell(place)?;
        match self.columns.clockface.read(cell) {
            Ok((at, reading)) => {
                match reading {
                    Reading::Plain => {}
                    Reading::Skipped => self.bent.skipped += 1,
                    Reading::Repeated => self.bent.repeated += 1,
                }
                Some(at)
            }
            Err(problem) => {
                self.faults.push(self.cells.fault(place, problem));
                None
            }
        }
    }

    fn state(&mut self) -> Option<Key> {
        let Columns { mapping, workflow, state: place, .. } = *self.columns;
        let fault = |problem: String| self.cells.fault(place, problem);
        let Some(cell) = self.cell(place) else {
            self.faults.push(fault("is missing, and every row needs its state".to_owned()));
            return None;
        };
        let known = |names: Vec<&str>| names.join(", ");
        let found = if mapping.state.values.is_empty() {
            let states = || workflow.states.iter().map(|state| state.key.as_str()).collect();
            let found = workflow.states.iter().find(|state| state.key == *cell).map(|state| state.key.clone());
            found.ok_or_else(|| {
                format!("`{}` is no state of `{}`; known: {}", short(cell), workflow.id, known(states()))
            })
        } else {
            let values = || mapping.state.values.keys().map(String::as_str).collect();
            let found = mapping.state.values.get(cell).cloned();
            found.ok_or_else(|| format!("`{}` is not mapped; `state.values` has: {}", short(cell), known(values())))
        };
        found.map_err(|problem| self.faults.push(fault(problem))).ok()
    }

    fn take<T: Clone>(&mut self, from: &From<T>, read: &dyn Fn(&str) -> Result<T, String>) -> Option<T> {
        match from {
            From::Nowhere => None,
            From::Always(value) => Some(value.clone()),
            From::Column { place, values, .. } if values.is_empty() => self.plain(*place, read),
            From::Column { place, values, otherwise } => {
                let cell = self.cell(*place)?;
                let found = values.get(cell).or(otherwise.as_ref()).cloned();
                if found.is_none() {
                    let known: Vec<&str> = values.keys().map(String::as_str).collect();
                    let problem = format!("`{}` is not mapped; the mapping has: {}", short(cell), known.join(", "));
                    self.faults.push(self.cells.fault(*place, problem));
                }
                found
            }
        }
    }

    fn known(&mut self) -> Option<Known> {
        let columns = self.columns;
        let limits = columns.setup.config.limits;
        let subject = self.take(&columns.subject, &|text: &str| values::text(text, limits.subject));
        if subject.is_none()
            && self.faults.is_empty()
            && let From::Column { place, .. } = &columns.subject
        {
            self.faults.push(self.cells.fault(*place, "is missing, and every ticket needs a subject"));
        }
        let impact = self.take(&columns.impact, &values::level).unwrap_or(Level::MEDIUM);
        let urgency = self.take(&columns.urgency, &values::level).unwrap_or(Level::MEDIUM);
        let computed = columns.setup.config.matrix.priority(impact, urgency);
        if computed.is_none() {
            let problem = format!("impact {} and urgency {} are not both in the desk's matrix", impact.0, urgency.0);
            self.faults.push(fault(self.cells.line, None, problem));
        }
        let computed = computed?;
        let priority = self.take(&columns.priority, &|text: &str| text.parse());
        let known = Known {
            subject: subject?,
            requester: self.take(&columns.requester, &values::person),
            organisation: self.take(&columns.organisation, &values::key),
            assignee: self.take(&columns.assignee, &values::person),
            team: self.take(&columns.team, &values::key),
            queue: self.take(&columns.queue, &values::key),
            category: self.take(&columns.category, &values::key),
            impact,
            urgency,
            computed,
            overridden: priority.filter(|priority| *priority != computed),
            tags: self.tags(),
            fields: columns
                .fields
                .iter()
                .map(|(field, kind, from)| {
                    let limit = limits.value;
                    let read = |text: &str| {
                        values::text(text, limit)?;
                        values::field(kind, &columns.clockface, text)
                    };
                    (field.clone(), self.take(from, &read))
                })
                .collect(),
        };
        Some(known)
    }

    fn tags(&mut self) -> BTreeSet<Key> {
        let Columns { mapping, setup, .. } = *self.columns;
        let mut tags = mapping.tags.always.clone();
        for place in &self.columns.tags {
            let Some(cell) = self.cell(*place) else { continue };
            let parts: Vec<&str> = match mapping.tags.separator {
                Some(separator) => cell.split(separator).map(str::trim).filter(|tag| !tag.is_empty()).collect(),
                None => vec![cell],
            };
            for tag in parts {
                match values::key(tag) {
                    Ok(tag) => drop(tags.insert(tag)),
                    Err(problem) => self.faults.push(self.cells.fault(*place, problem)),
                }
            }
        }
        let limit = setup.config.limits.items;
        if tags.len() > limit {
            let problem = format!("{} tags, the limit is {limit}", tags.len());
            self.faults.push(fault(self.cells.line, None, problem));
        }
        tags
    }
}
