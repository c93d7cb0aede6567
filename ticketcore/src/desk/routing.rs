//! Tickets find agents: what waits is given out, who would be chosen is told, what everybody has is counted anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::capability::Capability;
use crate::channel::Channel;
use crate::cond::{Atom, Cond};
use crate::config::Rulebook;
use crate::desk::apply::ATTEMPTS;
use crate::desk::rules::still;
use crate::desk::seats::{Given, Seats, routes, write};
use crate::desk::{Desk, Error};
use crate::engine::{self, Decision, forbidden};
use crate::id::{Key, PersonId, Revision, TicketId, Version};
use crate::query::{Assignee, Filter, Order, Query};
use crate::report::{Cell, Dimension, Measure, Measured, Scan, TableSpec};
use crate::routing::{Choice, Load};
use crate::store::{Commit, StoreError, Write};
use crate::ticket::Ticket;

/// From which revision on what everybody has is counted without a gap.
pub(super) const COUNTED: Key = Key::from_static("load_since");
const ALL: &str = "all";
/// How many tickets are found at once.
const CHUNK: usize = 200;
/// How many are given out along with something else.
pub(super) const SOME: usize = 50;

/// What somebody had, and what was written of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recounted {
    /// Who.
    pub person: PersonId,
    /// How many open tickets of each channel were written down.
    pub was: BTreeMap<Channel, u32>,
    /// How many they have.
    pub is: BTreeMap<Channel, u32>,
}

/// Tickets that find the same people able.
type Alike = (Key, Channel, BTreeSet<Key>);

impl Desk {
    /// Gives tickets that wait for an agent to those who have room, the oldest first, at most `limit`, and tells how many
    /// there were.
    ///
    /// The desk does so by itself: when a commit of its own makes room, when the record of a person changes, and with
    /// every [`tick`](Self::tick), at most once a second. Each ticket is decided anew at a commit of its own; one that
    /// nobody can take lets those behind it pass.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails; what was given stays given.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::directory::{Person, Team};
    /// use ticketcore::routing::Route;
    /// use ticketcore::{ActorKind, Channel, Command, Config, Desk, Draft, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// let mut config = Config::default();
    /// config.routing.routes = vec![Route::new("network", "network")];
    /// desk.publish(config).await?;
    /// desk.put_team(Team::new("network", "Networks"), None).await?;
    /// let mut ada = Person::new("ada", ActorKind::Agent, "Ada King").team("network");
    /// ada.capacity.insert(Channel::Api, 1);
    /// desk.put_person(ada, None).await?;
    ///
    /// let first = desk.open(Draft::incident("No web").team("network")).await?;
    /// let second = desk.open(Draft::incident("No mail").team("network")).await?;
    /// assert_eq!((first.assignee.clone(), second.assignee.clone()), (Some("ada".into()), None));
    /// assert_eq!(desk.drain(10).await?, 0);
    ///
    /// desk.apply(first.id, [Command::transition("start"), Command::transition("resolve")]).await?;
    /// assert_eq!(desk.load(second.id).await?.assignee, Some("ada".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn drain(&self, limit: usize) -> Result<usize, Error> {
        let rulebook = self.rulebook().await?;
        if limit == 0 || !routes(&rulebook) {
            return Ok(0);
        }
        let filter = self.worthwhile(&rulebook).await?;
        if filter.channels.is_empty() {
            return Ok(0);
        }
        let (mut hopeless, mut count) = (BTreeSet::<Alike>::new(), 0);
        let mut query = Query::new(filter).order(Order::oldest()).limit(CHUNK);
        loop {
            let page = self.core.store.find(&self.tenant, &query).await?;
            for ticket in page.tickets {
                let Some(route) = engine::waiting(rulebook.now(), &ticket, self.now()) else { continue };
                let alike = (route.key.clone(), ticket.channel, ticket.needs.clone());
                if hopeless.contains(&alike) {
                    continue;
                }
                match self.give(ticket.id).await? {
                    Given::Yes(()) => count += 1,
                    Given::Nobody => drop(hopeless.insert(alike)),
                    Given::No => {}
                }
                if count == limit {
                    return Ok(count);
                }
            }
            if page.next.is_none() {
                return Ok(count);
            }
            query = query.after(page.next);
        }
    }

    /// Tells who would be given a ticket now, and why not others; `None` if no route is for it. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Refused`] if the actor may not read and [assign](Capability::Assign) it;
    /// [`Error::Store`] if storage fails.
    pub async fn route(&self, id: TicketId) -> Result<Option<Choice>, Error> {
        let rulebook = self.rulebook().await?;
        let ticket = self.read(&rulebook, id).await?;
        if !self.standing(&rulebook).await?.holds(&rulebook, &ticket, Capability::Assign) {
            return Err(forbidden(&self.actor, Capability::Assign).into());
        }
        let Some(route) = engine::route(rulebook.now(), &ticket, self.now()) else { return Ok(None) };
        let mut seats = Seats::default();
        seats.leave(self, Some(&ticket)).await?;
        let decision = Decision { facts: Vec::new(), ticket: Arc::clone(&ticket), echoes: Vec::new() };
        seats.choose(self, route, Some(&ticket), &decision).await.map(Some)
    }

    /// Counts what everybody has anew, from the tickets, puts right what is written of it, and tells of whom it was wrong;
    /// of nobody, unless somebody wrote to the store past the desk. A desk without routes counts nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [direct](Capability::Direct); [`Error::Store`] if storage fails, or if
    /// others were faster too many times in a row.
    pub async fn recount(&self) -> Result<Vec<Recounted>, Error> {
        self.may(Capability::Direct).await?;
        let rulebook = self.rulebook().await?;
        if !routes(&rulebook) {
            return Ok(Vec::new());
        }
        self.counted().await?;
        self.count_anew(&rulebook).await
    }

    /// Sees to it that what everybody has was counted since there are routes.
    pub(super) async fn counted(&self) -> Result<(), Error> {
        let rulebook = self.rulebook().await?;
        let found = self.core.store.document(&self.tenant, &COUNTED, ALL).await?;
        let since = found.as_ref().and_then(|document| document.body.parse().ok()).map(Revision);
        if since.is_some_and(|since| rulebook.routed_since(since)) {
            return Ok(());
        }
        self.count_anew(&rulebook).await?;
        let expected = found.map_or(Version(0), |document| document.version);
        let body = Some(rulebook.now().revision.0.to_string());
        let write = Write { kind: COUNTED, key: ALL.to_owned(), expected, at: self.now(), body };
        match self.core.commit(Commit::documents(self.tenant.clone(), [write])).await {
            // Somebody else has counted as well.
            Err(StoreError::Conflict(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn count_anew(&self, rulebook: &Rulebook) -> Result<Vec<Recounted>, Error> {
        let mut recounted = Vec::new();
        for _ in 0..ATTEMPTS {
            // Read before the tickets: whoever is given one in between is at another version when it is written.
            let mut kept: BTreeMap<String, (Version, Load)> = BTreeMap::new();
            for (person, version, load) in self.loads().await? {
                kept.insert(person, (version, load));
            }
            let tallied = self.in_hand().await?;
            let people: BTreeSet<String> = kept.keys().chain(tallied.keys()).cloned().collect();
            let mut settled = true;
            for person in people {
                let (version, load) = kept.remove(&person).unwrap_or_default();
                let is = tallied.get(&person).cloned().unwrap_or_default();
                if load.open == is {
                    continue;
                }
                let right = Load { open: is.clone(), last: load.last };
                let documents = vec![write(&person, version, &right, self.now())?];
                let commit = Commit { documents, expect: vec![still(rulebook)], ..Commit::new(self.tenant.clone()) };
                match self.core.commit(commit).await {
                    Err(StoreError::Conflict(_)) => settled = false,
                    done => {
                        done?;
                        recounted.push(Recounted { person: person.into(), was: load.open, is });
                    }
                }
            }
            if settled {
                self.core.rosters.forget(&self.tenant);
                return Ok(recounted);
            }
        }
        Err(StoreError::Busy.into())
    }

    /// How many open tickets everybody has, counted from the tickets.
    async fn in_hand(&self) -> Result<BTreeMap<String, BTreeMap<Channel, u32>>, StoreError> {
        let spec = TableSpec::new([Dimension::Assignee, Dimension::Channel], [Measure::Count]);
        let scan = Scan { filter: Filter::open(), tables: vec![spec], now: self.now() };
        let tables = self.core.store.tally(&self.tenant, &scan).await?;
        let mut tallied: BTreeMap<String, BTreeMap<Channel, u32>> = BTreeMap::new();
        for row in tables.into_iter().flat_map(|table| table.rows) {
            let ([Cell::Text(person), Cell::Text(channel)], [Measured::Count(count)]) = (&*row.cells, &*row.values)
            else {
                continue;
            };
            let channel = Channel::ALL.into_iter().find(|one| one.as_str() == channel);
            let count = u32::try_from(*count).unwrap_or(u32::MAX);
            tallied.entry(person.clone()).or_default().extend(channel.map(|channel| (channel, count)));
        }
        Ok(tallied)
    }

    /// Gives out some of what waits, after something that made room. It was not asked for, so nobody is told of a failure;
    /// the next tick tries again.
    pub(super) async fn give_out_some(&self) {
        if let Err(error) = self.drain(SOME).await {
            tracing::warn!(tenant = %self.tenant, %error, "what waits was not given out");
        }
    }

    /// The tickets among which it is worth looking: of channels of which somebody takes more, and with teams that routes
    /// ask for, if they name them.
    async fn worthwhile(&self, rulebook: &Rulebook) -> Result<Filter, Error> {
        let routes = &rulebook.now().config.routing.routes;
        for route in routes {
            self.muster(&route.team).await?;
        }
        let takes = |channel: &Channel| {
            routes.iter().any(|route| self.core.rosters.is_able(&*self.core.router, &self.tenant, route, *channel))
        };
        let named: Option<Vec<BTreeSet<Key>>> = routes.iter().map(|route| teams(&route.when)).collect();
        let teams: BTreeSet<Key> = named.into_iter().flatten().flatten().collect();
        Ok(Filter {
            assignee: Assignee::Nobody,
            channels: Channel::ALL.into_iter().filter(takes).collect(),
            teams: teams.into_iter().collect(),
            ..Filter::open()
        })
    }

    /// Gives one ticket to somebody, if it still waits and there is somebody.
    async fn give(&self, id: TicketId) -> Result<Given<()>, Error> {
        for attempt in 1..=ATTEMPTS {
            let rulebook = self.rulebook().await?;
            let Some(ticket) = self.core.store.load(&self.tenant, id).await? else { return Ok(Given::No) };
            let commit = match self.plan_giving(&rulebook, &ticket).await? {
                Given::Yes(commit) => commit,
                Given::Nobody => return Ok(Given::Nobody),
                Given::No => return Ok(Given::No),
            };
            let written = commit.documents.clone();
            match self.core.commit(commit).await {
                Ok(_) => {
                    self.core.rosters.note(&self.tenant, &written);
                    return Ok(Given::Yes(()));
                }
                Err(StoreError::Conflict(conflict)) => self.lost(id, attempt, &conflict),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { id, attempts: ATTEMPTS })
    }

    async fn plan_giving(&self, rulebook: &Rulebook, ticket: &Arc<Ticket>) -> Result<Given<Commit>, Error> {
        let mut related = self.load_all(engine::alone(rulebook, ticket)).await?;
        let on = engine::reads_on(rulebook, ticket, &related);
        self.load_more(&mut related, on).await?;
        // Time goes first.
        let due = engine::tick(rulebook, ticket, &related, self.now());
        let mut seats = Seats::default();
        let decision = match seats.give(self, rulebook, ticket, due, &related).await? {
            Given::Yes(decision) => decision,
            Given::Nobody => return Ok(Given::Nobody),
            Given::No => return Ok(Given::No),
        };
        let mut commit = self.assembled(rulebook, ticket.version, decision, &related, Vec::new());
        commit.documents = seats.writes(self.now())?;
        Ok(Given::Yes(commit))
    }
}

/// The teams that a condition names such that no ticket of another meets it; `None` if there are no such.
fn teams(when: &Cond) -> Option<BTreeSet<Key>> {
    match when {
        Cond::Is(Atom::Team(team)) => Some(BTreeSet::from([team.clone()])),
        Cond::All(all) => all.iter().find_map(teams),
        Cond::Any(any) => {
            any.iter().map(teams).collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect())
        }
        Cond::Not(_) | Cond::Is(_) => None,
    }
}
