//! What if: a stretch of the desk's past under other rules and with other people.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::actor::{Actor, ActorKind};
use crate::config::{Config, Rulebook, Setup};
use crate::desk::{Desk, Error};
use crate::directory::Lookup;
use crate::engine;
use crate::event::{Event, Opened, Recorded};
use crate::fault::Fault;
use crate::id::{Key, PersonId, Version};
use crate::query::{Filter, Period};
use crate::routing::Agent;
use crate::status::Status;
use crate::ticket::Ticket;
use crate::trail::{Aspect, Spell};
use crate::whatif::{Compared, Job, Staffed, Waits, compare, shifts, staff};

/// What is tried out on a stretch of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// From when the other rules are in force.
    pub from: DateTime<Utc>,
    /// Until when the past is looked at.
    pub to: DateTime<Utc>,
    /// Which tickets; all unless said otherwise.
    pub filter: Filter,
    /// The rules; those there were at the end of the time unless said otherwise.
    pub config: Option<Config>,
    /// The people of teams, in the place of those the directory has now.
    pub people: BTreeMap<Key, Vec<Agent>>,
}

impl WhatIf {
    /// Tries nothing out yet.
    #[must_use]
    pub fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to, filter: Filter::all(), config: None, people: BTreeMap::new() }
    }

    /// Tries other rules out.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Tries a team out with these people; with those the directory has now by default.
    #[must_use]
    pub fn people(mut self, team: impl Into<Key>, people: impl Into<Vec<Agent>>) -> Self {
        self.people.insert(team.into(), people.into());
        self
    }

    /// Looks at some tickets only.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

/// What came of a [`WhatIf`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Played {
    /// The promises that began in the time, by the rules there were and by the others.
    pub promises: Compared,
    /// Who had the tickets that were opened in the time and given to somebody, until the end of it.
    pub in_fact: Staffed,
    /// Who would have had them by the routes there were; what tells a better rule from the even hand of a simulation.
    pub was: Staffed,
    /// Who would have had them by the other routes, with the other people.
    pub would: Staffed,
    /// How many of those tickets no route was for: by the routes there were, and by the others.
    pub unrouted: [u64; 2],
}

/// One set of routes that tickets are given out by.
struct Side<'a> {
    setup: &'a Setup,
    jobs: Vec<Job>,
    unrouted: u64,
}

impl Desk {
    /// Plays a stretch of the past again under other rules and with other people, and tells what would have been
    /// different: due times and verdicts of promises, and who would have had how much. Nothing is written.
    ///
    /// See [`whatif`](crate::whatif) for what is read anew and what stays. Tickets that were opened before the time count
    /// for its promises only, so everybody begins it with nothing in hand, in fact as in play.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor does not read all tickets, or if the time ends before it begins or lies in the
    /// future; [`Error::Unsound`] with every fault of the rules; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::desk::WhatIf;
    /// use ticketcore::time::ManualClock;
    /// use ticketcore::{Command, Config, Desk, Draft, MemoryStore, Policy, Priority, Span};
    ///
    /// let start = chrono::DateTime::UNIX_EPOCH;
    /// let clock = ManualClock::new(start);
    /// let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
    /// let within = |hours| Config::default().policy(Policy::resolution("solve").target(Priority::P3, Span::hours(hours)));
    /// desk.publish(within(4)).await?;
    /// let ticket = desk.open(Draft::incident("No mail")).await?;
    /// clock.advance(Span::hours(3).0);
    /// desk.apply(ticket.id, Command::transition("resolve")).await?;
    ///
    /// let played = desk.what_if(&WhatIf::between(start, desk.now()).config(within(2))).await?;
    /// let [was, would] = played.promises.policies["solve"].map(|count| (count.met, count.breached));
    /// assert_eq!((was, would), ((1, 0), (0, 1)));
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn what_if(&self, asked: &WhatIf) -> Result<Played, Error> {
        self.reads_all().await?;
        let WhatIf { from, to, filter, config, people } = asked;
        let (now, time) = (self.now(), [*from, *to]);
        if from >= to || *to > now {
            let fault = Fault::new("time", format!("{from} to {to} is no stretch of the past"));
            return Err(engine::Refusal::Invalid { faults: vec![fault] }.into());
        }
        let actual = self.rulebook().await?;
        let was = actual.until(*to);
        let config = config.as_ref().unwrap_or(&was.now().config).clone();
        let would = was.instead(*from, config).map_err(|faults| Error::Unsound { faults })?;

        let mut played = Played::default();
        let mut sides = [&was, &would].map(|book| Side { setup: book.now(), jobs: Vec::new(), unrouted: 0 });
        let (mut spells, mut waits, mut left) = (Vec::new(), Vec::new(), 0);
        let period = Period::between(*from, *to);
        // Nothing that begins in the time is on a ticket that came later.
        let created = Period { to: filter.created.to.map_or(Some(*to), |end| Some(end.min(*to))), ..filter.created };
        let mut walk = self.walk(Filter { created, ..filter.clone() });
        while let Some(tickets) = walk.next().await? {
            for ticket in tickets {
                compare(&mut played.promises, &ticket, [&was, &would], period, now);
                if ticket.created < *from {
                    continue;
                }
                let hands = hands(&ticket);
                let Some((_, first, _)) = hands.first() else {
                    left += u64::from(ticket.status.is_open());
                    continue;
                };
                let opening = self.core.store.history(&self.tenant, ticket.id, Version(0), 1).await?;
                let [Recorded { by, event: Event::Opened(opened), .. }] = &*opening else { continue };
                let held = hands.last().and_then(|(_, _, gone)| *gone).map(|gone| gone - *first);
                for side in &mut sides {
                    side.add(&was, &ticket, &Actor::new(by.id.clone(), by.kind), opened, held);
                }
                waits.push(*first - ticket.created);
                spells.extend(hands);
            }
        }
        played.in_fact = Staffed { people: shifts(spells, time), waits: Waits::of(waits, left) };
        let there_are = BTreeMap::new();
        let [old, new] = sides;
        played.unrouted = [old.unrouted, new.unrouted];
        played.was = self.staffed(old, &there_are, time).await?;
        played.would = self.staffed(new, people, time).await?;
        Ok(played)
    }

    async fn staffed(
        &self,
        side: Side<'_>,
        people: &BTreeMap<Key, Vec<Agent>>,
        time: [DateTime<Utc>; 2],
    ) -> Result<Staffed, Error> {
        let routes = &side.setup.config.routing.routes;
        let mut pools = BTreeMap::new();
        for route in routes {
            if pools.contains_key(&route.team) {
                continue;
            }
            let pool = match people.get(&route.team) {
                Some(pool) => pool.clone(),
                None => {
                    let found = self.found(&Lookup::Team(route.team.clone()), None, usize::MAX).await?.records;
                    let persons = found.into_iter().map(|found| found.record);
                    let agents = persons.filter(|person| person.kind == ActorKind::Agent && !person.placeholder);
                    agents.map(|person| person.agent(self.now())).collect()
                }
            };
            pools.insert(route.team.clone(), pool);
        }
        Ok(staff(&*self.core.router, routes, &pools, side.jobs, time))
    }
}

impl Side<'_> {
    /// Adds a ticket as it would have been given out: with what intake rules make of it, by the first route there is for it
    /// at its opening or when it went to another team.
    fn add(&mut self, was: &Rulebook, ticket: &Ticket, actor: &Actor, opened: &Opened, held: Option<TimeDelta>) {
        let setup = self.setup;
        let begin = |opened: &Opened| {
            let mut begun = engine::begin(&ticket.tenant, ticket.id, ticket.created, &actor.by(), opened);
            begun.assignee = None;
            begun
        };
        let mut opened = drafted(was, ticket.created, opened);
        if let Some(intake) = engine::intake(setup, actor, &begin(&opened), ticket.created) {
            intake.sort(&mut opened);
        }
        let mut seen = begin(&opened);
        let later = ticket.spells(Aspect::Team).skip(1).map(|Spell { value, from, .. }| (value, from));
        let turns = std::iter::once((seen.team.clone(), ticket.created)).chain(later);
        for (team, at) in turns {
            seen.team = team;
            let Some(route) = engine::route(setup, &seen, at) else { continue };
            let routes = &setup.config.routing.routes;
            let Some(route) = routes.iter().position(|other| other.key == route.key) else { continue };
            let (channel, needs) = (ticket.channel, seen.needs);
            self.jobs.push(Job { ticket: ticket.id, arrived: at, channel, needs, route, held });
            return;
        }
        self.unrouted += 1;
    }
}

/// An opening without what the intake rule of its time gave to it.
fn drafted(was: &Rulebook, at: DateTime<Utc>, opened: &Opened) -> Opened {
    let mut drafted = opened.clone();
    let Some(key) = drafted.intake.take() else { return drafted };
    let setup = was.stretches(at, at).map(|(_, _, setup)| setup).next().unwrap_or_else(|| was.now());
    let Some(intake) = setup.config.routing.intake.iter().find(|intake| intake.key == key) else { return drafted };
    let undo = |value: &mut Option<Key>, set: &Option<Key>| {
        if *value == *set {
            *value = None;
        }
    };
    undo(&mut drafted.team, &intake.set.team);
    undo(&mut drafted.queue, &intake.set.queue);
    undo(&mut drafted.category, &intake.set.category);
    drafted.needs.retain(|skill| !intake.set.skills.contains(skill));
    drafted
}

/// In whose hands a ticket was and when: assigned and open at once.
fn hands(ticket: &Ticket) -> Vec<(PersonId, DateTime<Utc>, Option<DateTime<Utc>>)> {
    let is_open = |spell: &Spell| {
        let open = |status: &&Status| status.is_open();
        Status::ALL.iter().filter(open).any(|status| spell.value.as_ref().is_some_and(|name| *name == status.as_str()))
    };
    let open: Vec<Spell> = ticket.spells(Aspect::Status).filter(is_open).collect();
    let mut hands = Vec::new();
    for spell in ticket.spells(Aspect::Assignee) {
        let Some(person) = &spell.value else { continue };
        for open in &open {
            let from = spell.from.max(open.from);
            let to = match (spell.to, open.to) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            if to.is_none_or(|to| from < to) {
                hands.push((PersonId::new(person), from, to));
            }
        }
    }
    hands
}
