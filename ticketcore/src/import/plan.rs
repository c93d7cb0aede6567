//! What a file comes to: the histories in it, what of it means nothing to the desk, and everything that is wrong.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::Read;

use chrono::{DateTime, Utc};

use crate::config::Setup;
use crate::fault::Fault;
use crate::id::Key;
use crate::import::mapping::{Mapping, Rows};
use crate::import::profile::{Profile, Profiler};
use crate::import::row::{Columns, Row};
use crate::import::source::{Source, fault};
use crate::import::story::{Story, root};
use crate::import::tell::tell;
use crate::seal::Digest;

/// So many faults are told; of more, only how many there are.
const TOLD: usize = 100;

/// What a file comes to, before anything is written.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The system that the file comes from.
    pub source: Key,
    /// The histories, in the order in which the tickets were opened.
    pub stories: Vec<Story>,
    /// How many events of each kind there are.
    pub events: BTreeMap<&'static str, u64>,
    /// The columns that mean something, each with what for.
    pub mapped: Vec<(String, String)>,
    /// The columns that mean nothing, though the mapping does not say so.
    pub unmapped: Vec<String>,
    /// What could not be taken as it stands.
    pub bent: Bent,
    /// What is in the file.
    pub profile: Profile,
    /// What is wrong, in the order of the file, as far as it is told. A plan with faults is not carried out.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub faulty: u64,
}

/// What of a file could not be taken as it stands, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bent {
    /// Rows later than one that follows: taken at the time of that.
    pub back: u64,
    /// Rows before the opening of their ticket: taken at the opening.
    pub before: u64,
    /// States with a time of their own, by a column, that is not that of the row that shows them first: taken at it.
    pub elsewhen: u64,
    /// States whose time contradicts that of the next one, or of the opening: taken at that.
    pub crossed: u64,
    /// Tickets whose first row shows them resolved or closed: opened in the initial state, and moved.
    pub unopened: u64,
    /// Rows that change nothing the desk keeps.
    pub silent: u64,
    /// Civil times that the clocks were put forward over: taken at the instant of that.
    pub skipped: u64,
    /// Civil times that came twice: taken at the first.
    pub repeated: u64,
}

impl Bent {
    /// Each with its description, those that occurred.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &'static str)> + use<> {
        let Self { back, before, elsewhen, crossed, unopened, silent, skipped, repeated } = *self;
        [
            (back, "rows are later than one that follows: taken at the time of that"),
            (before, "rows are before the opening: taken at the opening"),
            (elsewhen, "states have a time of their own that is not that of the row: taken at it"),
            (crossed, "states have a time that contradicts the next: taken at that"),
            (unopened, "tickets are resolved in their first row: opened in the initial state, and moved"),
            (silent, "rows change nothing that the desk keeps: no event"),
            (skipped, "times were skipped by their clocks: taken at the change of clocks"),
            (repeated, "times came twice by their clocks: taken at the first"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
    }
}

impl Plan {
    /// Reads a whole file. Nothing is known of what the desk has of it already.
    ///
    /// A file is kept in memory as what it comes to: 141,000 rows of 47 MB took 330 MB at the most.
    pub fn read(mapping: &Mapping, setup: &Setup, now: DateTime<Utc>, file: impl Read) -> Self {
        let mut plan = Self { source: mapping.source.clone(), ..Self::default() };
        for fault in mapping.check(setup) {
            plan.blame([fault.under("mapping")]);
        }
        if plan.faulty > 0 {
            return plan;
        }
        let delimiter = u8::try_from(mapping.delimiter).unwrap_or(b',');
        let mut source = match Source::new(file, delimiter) {
            Ok(source) => source,
            Err(faults) => {
                plan.blame(faults);
                return plan;
            }
        };
        let header = source.header().to_vec();
        let columns = match Columns::find(mapping, setup, &header) {
            Ok(columns) => columns,
            Err(faults) => {
                plan.blame(faults);
                return plan;
            }
        };
        plan.sort_columns(mapping, &header);
        let missing = mapping.missing.iter().cloned();
        let mut profiler = Profiler::new(&header, missing, columns.together.clone(), columns.state);
        let mut tickets: Vec<(String, Vec<Row>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some(cells) = source.next() {
            let cells = match cells {
                Ok(cells) => cells,
                Err(faults) => {
                    plan.blame(faults);
                    continue;
                }
            };
            let id = match columns.id(&cells) {
                Ok(id) => id,
                Err(fault) => {
                    plan.blame([fault]);
                    continue;
                }
            };
            profiler.add(id, columns.at(&cells), cells.iter());
            let place = *places.entry(id.to_owned()).or_insert_with(|| {
                tickets.push((id.to_owned(), Vec::new()));
                tickets.len() - 1
            });
            match columns.read(&cells, &mut plan.bent) {
                Ok(row) => {
                    let (id, rows) = &mut tickets[place];
                    let first = rows.first().map(|first: &Row| first.line);
                    if let Some(first) = first.filter(|_| mapping.rows == Rows::Tickets) {
                        let problem = format!("ticket `{id}` is there twice: in line {first} as well");
                        plan.blame([fault(row.line, Some(&mapping.id), problem)]);
                    } else {
                        rows.push(row);
                    }
                }
                Err(faults) => plan.blame(faults),
            }
        }
        drop(places);
        plan.profile = profiler.finish();
        for (id, rows) in tickets {
            match tell(&columns, mapping, id, rows, now, &mut plan.bent) {
                Ok(story) => plan.stories.push(story),
                Err(faults) => plan.blame(faults),
            }
        }
        plan.stories.sort_by_key(|story| story.facts.first().map(|fact| fact.at));
        for fact in plan.stories.iter().flat_map(|story| &story.facts) {
            *plan.events.entry(fact.event.name()).or_default() += 1;
        }
        plan
    }

    fn sort_columns(&mut self, mapping: &Mapping, header: &[String]) {
        let means = mapping.columns();
        for name in header {
            let what: Vec<&str> =
                means.iter().filter(|(_, column)| column == name).map(|(path, _)| path.as_str()).collect();
            if !what.is_empty() {
                self.mapped.push((name.clone(), what.join(", ")));
            } else if !mapping.ignore.contains(name) {
                self.unmapped.push(name.clone());
            }
        }
    }

    pub(crate) fn blame(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.faulty += 1;
            if self.faults.len() < TOLD {
                self.faults.push(fault);
            }
        }
    }

    /// Tells whether it can be carried out.
    pub const fn is_sound(&self) -> bool {
        self.faulty == 0
    }

    /// How many events there are.
    pub fn count(&self) -> u64 {
        self.events.values().sum()
    }

    /// A digest of all histories, in the order of their tickets.
    pub fn digest(&self) -> Digest {
        root(self.stories.iter().map(|story| (story.external.as_str(), story.digest())))
    }
}

/// What maps, what does not, and what is wrong, for people.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.profile)?;
        writeln!(f, "{} tickets with {} events:", self.stories.len(), self.count())?;
        for (name, count) in &self.events {
            writeln!(f, "  {count:8}  {name}")?;
        }
        for (column, what) in &self.mapped {
            writeln!(f, "  {column} is {what}")?;
        }
        for column in &self.unmapped {
            writeln!(f, "  {column} means nothing: map it, or name it under `ignore`")?;
        }
        for (count, what) in self.bent.iter() {
            writeln!(f, "{count:10}  {what}")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        if self.faulty > self.faults.len() as u64 {
            writeln!(f, "… {} faults in all", self.faulty)?;
        }
        Ok(())
    }
}
