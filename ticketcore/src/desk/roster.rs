//! Who can be asked: the people of teams and what they have, as they were read a moment ago.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::actor::ActorKind;
use crate::channel::Channel;
use crate::desk::seats::{Held, LOAD, decoded};
use crate::desk::{Desk, Error};
use crate::directory::Lookup;
use crate::id::{Key, PersonId, TenantId, Version};
use crate::routing::{Agent, Choice, Load, PassedOver, Past, Route, Router, Why};
use crate::store::{StoreError, Write};
use crate::ticket::Ticket;
use crate::time::micros;

/// How old what is known of people may be. What the one who is chosen has is read anew, and the commit rests on it.
const LOOK_EVERY: TimeDelta = TimeDelta::microseconds(SECOND);
const SECOND: i64 = 1_000_000;
/// How many documents are read at once.
const CHUNK: usize = 200;

/// What is known of the people of all tenants.
#[derive(Debug, Default)]
pub(super) struct Rosters {
    pools: Mutex<HashMap<TenantId, HashMap<Key, Pool>>>,
    /// When to give out what waits again, in microseconds since 1970.
    next_drain: AtomicI64,
}

/// The people of a team.
#[derive(Debug)]
struct Pool {
    looked: DateTime<Utc>,
    agents: Vec<Agent>,
    /// Of each agent the version of what they have.
    versions: Vec<Version>,
    places: HashMap<PersonId, usize>,
}

impl Rosters {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, HashMap<Key, Pool>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether what waits is to be given out again, and takes note that it is.
    pub(super) fn drain_due(&self, now: DateTime<Utc>) -> bool {
        let (now, next) = (micros(now), self.next_drain.load(Ordering::Relaxed));
        // A clock that was put back must not keep anybody waiting.
        let early = (now.saturating_add(1)..=now.saturating_add(SECOND)).contains(&next);
        if !early {
            self.next_drain.store(now.saturating_add(SECOND), Ordering::Relaxed);
        }
        !early
    }

    /// Makes the next look read the directory.
    pub(super) fn forget(&self, tenant: &TenantId) {
        self.lock().remove(tenant);
    }

    /// Takes note of what people have by now, and tells whether somebody may have room who had none.
    pub(super) fn note(&self, tenant: &TenantId, written: &[Write]) -> bool {
        let mut pools = self.lock();
        // Nobody was looked for yet, so nothing is known of who had room.
        let Some(pools) = pools.get_mut(tenant) else { return true };
        let mut freed = false;
        for write in written {
            let Some(load) = write.body.as_deref().and_then(|body| serde_json::from_str::<Load>(body).ok()) else {
                continue;
            };
            for pool in pools.values_mut() {
                freed |= pool.note(&write.key, write.version(), &load);
            }
        }
        freed
    }

    /// At which version what somebody has is known.
    pub(super) fn version(&self, tenant: &TenantId, team: &Key, person: &PersonId) -> Option<Version> {
        let pools = self.lock();
        let pool = pools.get(tenant)?.get(team)?;
        pool.versions.get(*pool.places.get(person)?).copied()
    }

    /// Tells whether somebody takes a ticket of a channel, if no more is asked than what the route asks.
    pub(super) fn is_able(&self, router: &dyn Router, tenant: &TenantId, route: &Route, channel: Channel) -> bool {
        let pools = self.lock();
        let pool = pools.get(tenant).and_then(|pools| pools.get(&route.team));
        pool.is_some_and(|pool| router.choose(route, &BTreeSet::new(), channel, &[], &pool.agents).pick.is_some())
    }

    /// Chooses among the people of the route's team, but for whoever let the ticket go; `held` is what some have in truth.
    pub(super) fn choose(
        &self,
        router: &dyn Router,
        route: &Route,
        ticket: &Ticket,
        past: &Past,
        held: &BTreeMap<PersonId, Held>,
    ) -> Choice {
        let mut pools = self.lock();
        let ask = |agents: &[Agent]| router.choose(route, &ticket.needs, ticket.channel, &past.owners, agents);
        match pools.get_mut(&ticket.tenant).and_then(|pools| pools.get_mut(&route.team)) {
            Some(pool) => pool.with(past.let_go.as_ref(), held, ask),
            None => ask(&[]),
        }
    }
}

impl Pool {
    fn note(&mut self, person: &str, version: Version, load: &Load) -> bool {
        let Some(place) = self.places.get(&PersonId::from(person)).copied() else { return false };
        let (Some(agent), Some(known)) = (self.agents.get_mut(place), self.versions.get_mut(place)) else {
            return false;
        };
        if version <= *known {
            return false;
        }
        let had = agent.load.clone();
        *known = version;
        load.put_into(agent);
        had.iter().any(|(channel, count)| agent.load.get(channel).is_none_or(|now| now < count))
    }

    /// Asks about the pool with what some people have put right, and without one of them; then all is as before.
    fn with(
        &mut self,
        but: Option<&PersonId>,
        held: &BTreeMap<PersonId, Held>,
        ask: impl FnOnce(&[Agent]) -> Choice,
    ) -> Choice {
        let mut saved = Vec::new();
        for (person, held) in held {
            let Some(place) = self.places.get(person) else { continue };
            let Some(agent) = self.agents.get_mut(*place) else { continue };
            saved.push((*place, std::mem::take(&mut agent.load), agent.last));
            held.load.put_into(agent);
        }
        let left_out = but.and_then(|person| self.places.get(person)).copied();
        let choice = match (left_out, self.agents.len().checked_sub(1)) {
            (Some(place), Some(last)) => {
                self.agents.swap(place, last);
                let mut choice = ask(self.agents.get(..last).unwrap_or_default());
                self.agents.swap(place, last);
                let one = but.into_iter().map(|person| PassedOver { agent: person.clone(), why: Why::Had });
                choice.passed_over.extend(one);
                choice
            }
            (None, _) | (_, None) => ask(&self.agents),
        };
        for (place, load, last) in saved {
            if let Some(agent) = self.agents.get_mut(place) {
                (agent.load, agent.last) = (load, last);
            }
        }
        choice
    }
}

impl Desk {
    /// Reads who is in a team and what they have, unless that was done a moment ago.
    pub(super) async fn muster(&self, team: &Key) -> Result<(), Error> {
        let now = self.now();
        let fresh = |pool: &Pool| pool.looked <= now && now - pool.looked < LOOK_EVERY;
        if self.core.rosters.lock().get(&self.tenant).and_then(|pools| pools.get(team)).is_some_and(fresh) {
            return Ok(());
        }
        self.counted().await?;
        let mut loads: HashMap<String, (Version, Load)> = HashMap::new();
        for (person, version, load) in self.loads().await? {
            loads.insert(person, (version, load));
        }
        let people = self.found(&Lookup::Team(team.clone()), None, usize::MAX).await?.records;
        let mut pool = Pool { looked: now, agents: Vec::new(), versions: Vec::new(), places: HashMap::new() };
        for person in people.into_iter().map(|found| found.record) {
            if person.kind != ActorKind::Agent || person.placeholder {
                continue;
            }
            let (version, load) = loads.remove(person.id.as_str()).unwrap_or_default();
            let mut agent = person.agent(now);
            load.put_into(&mut agent);
            pool.places.insert(person.id, pool.agents.len());
            pool.agents.push(agent);
            pool.versions.push(version);
        }
        self.core.rosters.lock().entry(self.tenant.clone()).or_default().insert(team.clone(), pool);
        Ok(())
    }

    /// What everybody has, as it is kept.
    pub(super) async fn loads(&self) -> Result<Vec<(String, Version, Load)>, StoreError> {
        let mut loads = Vec::new();
        loop {
            let after = loads.last().map(|(person, ..): &(String, Version, Load)| person.clone());
            let documents = self.core.store.documents(&self.tenant, &LOAD, after.as_deref(), CHUNK).await?;
            let last = documents.len() < CHUNK;
            for document in documents {
                let load = decoded(&document)?;
                loads.push((document.key, document.version, load));
            }
            if last {
                return Ok(loads);
            }
        }
    }
}
