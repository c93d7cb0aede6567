//! Bringing in what another system has: a plan becomes tickets, some hundred in a commit, each of them once.

mod append;
mod compare;

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::capability::Capability;
use crate::config::{People, Rulebook};
use crate::desk::news::IMPORT;
use crate::desk::{Desk, Error};
use crate::directory::Reference;
use crate::engine::{Refusal, forbidden};
use crate::event::Event;
use crate::fault::Fault;
use crate::id::{Key, PersonId, TicketId, Version};
use crate::import::{Mapping, Plan, Story};
use crate::seal::Digest;
use crate::store::StoreError;

pub use compare::Compared;

/// What is kept of a ticket that was brought in, under its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    /// The system.
    source: Key,
    /// The ticket's id there.
    external: String,
    /// The digest of its history.
    digest: Digest,
    /// How many events that has.
    told: Version,
    /// How many were recorded with it, the verdicts of policies among them.
    events: Version,
    /// Who brought it in.
    by: PersonId,
}

/// An import made ready by its methods and carried out by [`run`](Self::run).
#[must_use = "nothing is done until it runs"]
pub struct Import<'a> {
    desk: &'a Desk,
    plan: &'a Plan,
    dry: bool,
    progress: Option<Progress<'a>>,
}

type Progress<'a> = Box<dyn FnMut(usize, usize) + Send + 'a>;

/// What an import came to.
#[derive(Debug, Default)]
pub struct Imported {
    /// How many tickets were brought in; in a dry run, how many would have been.
    pub tickets: usize,
    /// How many events they have, the verdicts of policies among them.
    pub events: u64,
    /// How many were there already, with the same history.
    pub unchanged: usize,
    /// Those that are there with another history; they were left as they are.
    pub differing: Vec<Differing>,
    /// What stopped it, if something failed. What was brought in before stays, and the same import goes on from there.
    pub error: Option<Error>,
}

/// A ticket whose history in the file is not the one that was brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// Its id in the other system.
    pub external: String,
    /// The line of the file in which it begins.
    pub line: u64,
}

impl Desk {
    /// Reads a CSV file and plans its import: what maps, what does not, and everything that is wrong. Writes nothing.
    ///
    /// Where the directory has to [know](crate::config::People::Known) whom tickets name, it is asked for everybody in the
    /// file.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [import](Capability::Import) everywhere; [`Error::Store`] if storage fails.
    /// What is wrong with the file or the mapping is in [`Plan::faults`].
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::import::Mapping;
    /// use ticketcore::{Desk, Filter, MemoryStore, Query, Status};
    ///
    /// let mapping: Mapping = toml::from_str(
    ///     r#"
    ///     source = "old desk"
    ///     id = "id"
    ///     at = "changed"
    ///     subject = "title"
    ///     time = { format = "%d.%m.%Y %H:%M", zone = "Europe/Berlin" }
    ///     author = { column = "by", otherwise = "old desk" }
    ///     state = { column = "state", initial = "new", values = { Neu = "new", Fertig = "resolved" } }
    ///     "#,
    /// )?;
    /// let file = "id,changed,by,state,title\n\
    ///             7,01.03.2016 09:00,ada,Neu,Kein Netz\n\
    ///             7,01.03.2016 11:30,ada,Fertig,Kein Netz\n";
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let plan = desk.plan_import(&mapping, file.as_bytes()).await?;
    /// assert!(plan.is_sound(), "{plan}");
    /// assert_eq!(desk.import(&plan).run().await?.tickets, 1);
    /// assert_eq!(desk.import(&plan).run().await?.unchanged, 1, "a second time changes nothing");
    /// assert!(desk.verify_import(&plan, |_| ()).await?.is_equal());
    ///
    /// let ticket = &desk.find(&Query::new(Filter::all())).await?.tickets[0];
    /// assert_eq!((ticket.status, ticket.external.as_deref()), (Status::Resolved, Some("7")));
    /// assert_eq!(ticket.created.to_rfc3339(), "2016-03-01T08:00:00+00:00");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn plan_import(&self, mapping: &Mapping, file: impl Read) -> Result<Plan, Error> {
        let rulebook = self.rulebook().await?;
        self.may_import(&rulebook)?;
        let mut plan = Plan::read(mapping, rulebook.now(), self.now(), file);
        if rulebook.now().config.people == People::Known {
            let unknown = self.unknown(&named(&plan.stories)).await?;
            plan.blame(unknown);
        }
        Ok(plan)
    }

    /// Prepares the import of a plan.
    pub fn import<'a>(&'a self, plan: &'a Plan) -> Import<'a> {
        Import { desk: self, plan, dry: false, progress: None }
    }

    /// Whoever brings history in makes it be of whomever they like, so they are granted it everywhere.
    pub(super) fn may_import(&self, rulebook: &Rulebook) -> Result<(), Error> {
        let granted = rulebook.now().config.rights.everywhere(&self.actor, Capability::Import);
        if granted { Ok(()) } else { Err(forbidden(&self.actor, Capability::Import).into()) }
    }
}

impl<'a> Import<'a> {
    /// Only tells what is new, and writes nothing.
    pub const fn dry_run(mut self) -> Self {
        self.dry = true;
        self
    }

    /// Is told how far it is, after every commit: how many tickets it is done with, of how many.
    pub fn progress(mut self, tell: impl FnMut(usize, usize) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Carries it out, some hundred tickets to a commit, in the order of the plan.
    ///
    /// It can be stopped at any time and run again: what is there already is passed over, so that in the end it is as if it
    /// had run once.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the plan has faults, or the actor may not [import](Capability::Import) everywhere;
    /// [`Error::Store`] if it could not begin. Nothing was written then. What fails later is in [`Imported::error`].
    pub async fn run(self) -> Result<Imported, Error> {
        let Self { desk, plan, dry, mut progress } = self;
        let rulebook = desk.rulebook().await?;
        desk.may_import(&rulebook)?;
        if !plan.is_sound() {
            return Err(Refusal::Invalid { faults: plan.faults.clone() }.into());
        }
        let (mut imported, total) = (Imported::default(), plan.stories.len());
        let mut done = 0;
        for stories in plan.stories.chunks(append::CHUNK) {
            match desk.append(&plan.source, stories, dry, &mut imported).await {
                Ok(()) => done += stories.len(),
                Err(error) => {
                    imported.error = Some(error);
                    break;
                }
            }
            if let Some(tell) = &mut progress {
                tell(done, total);
            }
        }
        Ok(imported)
    }
}

impl fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desk: _, plan, dry, progress: _ } = self;
        f.debug_struct("Import").field("source", &plan.source).field("dry", dry).finish_non_exhaustive()
    }
}

impl Desk {
    /// The claim that a ticket holds if it came from another system.
    pub(super) async fn import_claim(&self, id: TicketId) -> Result<Option<String>, StoreError> {
        let Some(document) = self.core.store.document(&self.tenant, &IMPORT, &id.to_string()).await? else {
            return Ok(None);
        };
        let corrupt = |error| StoreError::corrupt(format!("origin of {id}"), error);
        let origin: Origin = serde_json::from_str(&document.body).map_err(corrupt)?;
        Ok(Some(claim(&origin.source, &origin.external)))
    }
}

/// The claim on a ticket of another system.
fn claim(source: &Key, external: &str) -> String {
    format!("import/{source}/{external}")
}

/// Everybody whom tickets name, each once, with what for.
fn named(stories: &[Story]) -> Vec<(&'static str, Reference)> {
    let mut people: BTreeSet<(&'static str, &PersonId)> = BTreeSet::new();
    let (mut teams, mut organisations): (BTreeSet<&Key>, BTreeSet<&Key>) = Default::default();
    // A file tells nothing else of people.
    for fact in stories.iter().flat_map(|story| &story.facts) {
        if let Event::Opened(opened) = &fact.event {
            people.extend(opened.requester.iter().map(|id| ("requester", id)));
            people.extend(opened.assignee.iter().map(|id| ("assignee", id)));
            teams.extend(&opened.team);
            organisations.extend(&opened.organisation);
        } else if let Event::RequesterChanged(person) = &fact.event {
            people.extend(person.iter().map(|id| ("requester", id)));
        } else if let Event::Assigned(person) = &fact.event {
            people.extend(person.iter().map(|id| ("assignee", id)));
        } else if let Event::TeamAssigned(team) = &fact.event {
            teams.extend(team);
        } else if let Event::OrganisationChanged(organisation) = &fact.event {
            organisations.extend(organisation);
        }
    }
    let people = people.into_iter().map(|(what, id)| (what, Reference::Person(id.clone())));
    let teams = teams.into_iter().map(|team| ("team", Reference::Team(team.clone())));
    let organisations = organisations.into_iter().map(|key| ("organisation", Reference::Organisation(key.clone())));
    people.chain(teams).chain(organisations).collect()
}

fn fault(story: &Story, problem: &str) -> Error {
    let faults = vec![Fault::new(format!("line {}", story.line), problem)];
    Refusal::Invalid { faults }.into()
}
