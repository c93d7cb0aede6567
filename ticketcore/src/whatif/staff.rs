//! Tickets given out again: a simulation of routes and people over the arrivals there were.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::channel::Channel;
use crate::id::{Key, PersonId, TicketId};
use crate::routing::{Agent, Route, Router};
use crate::time::micros;

/// A ticket that was to be given to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The ticket.
    pub ticket: TicketId,
    /// When it came to wait for somebody.
    pub arrived: DateTime<Utc>,
    /// How it came in: capacities are told by channel.
    pub channel: Channel,
    /// The skills it needs besides those of its route.
    pub needs: BTreeSet<Key>,
    /// The place of its route among those that are tried out.
    pub route: usize,
    /// How long it was in somebody's hands; `None` if it still is.
    pub held: Option<TimeDelta>,
}

/// What one person had in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Shift {
    /// How many tickets they were given.
    pub given: u64,
    /// The most they had at once.
    pub peak: u64,
    /// How many they had on average over the time.
    pub mean: f64,
}

/// How long tickets waited for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waits {
    /// How many were given to somebody.
    pub given: u64,
    /// How many of those had to wait at all.
    pub waited: u64,
    /// How many were waiting at the end.
    pub left: u64,
    /// The waits of those given, in microseconds: the median, the ninth tenth, the longest; `None` if none was given.
    pub micros: Option<[i64; 3]>,
}

/// Who had what, and what waited.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Staffed {
    /// Of each person, what they had; of those who had nothing, nought.
    pub people: BTreeMap<PersonId, Shift>,
    /// How long tickets waited.
    pub waits: Waits,
}

impl Waits {
    /// Sums waits up.
    #[must_use]
    pub fn of(mut waits: Vec<TimeDelta>, left: u64) -> Self {
        waits.sort_unstable();
        let at = |percent: usize| {
            // The nearest rank: the least wait that so many percent do not exceed.
            let rank = (waits.len() * percent).div_ceil(100).max(1);
            waits.get(rank - 1).and_then(TimeDelta::num_microseconds).unwrap_or(i64::MAX)
        };
        let waited = waits.iter().filter(|wait| **wait > TimeDelta::zero()).count();
        let micros = (!waits.is_empty()).then(|| [at(50), at(90), at(100)]);
        Self { given: count(waits.len()), waited: count(waited), left, micros }
    }
}

/// Counts what each person had, from the times at which they were given tickets and let them go; `None` = not by the end.
pub fn shifts(
    spells: impl IntoIterator<Item = (PersonId, DateTime<Utc>, Option<DateTime<Utc>>)>,
    [from, to]: [DateTime<Utc>; 2],
) -> BTreeMap<PersonId, Shift> {
    // Letting go comes before taking on at the same instant.
    let mut turns: BTreeMap<PersonId, Vec<(DateTime<Utc>, i64)>> = BTreeMap::new();
    let mut shifts: BTreeMap<PersonId, Shift> = BTreeMap::new();
    for (person, taken, gone) in spells {
        if taken >= to || gone.is_some_and(|gone| gone <= from && gone > taken) {
            continue;
        }
        shifts.entry(person.clone()).or_default().given += u64::from(taken >= from);
        let turns = turns.entry(person).or_default();
        turns.push((taken.max(from), 1));
        turns.push((gone.unwrap_or(to).min(to).max(from), -1));
    }
    for (person, mut turns) in turns {
        turns.sort_unstable();
        let (mut have, mut peak, mut area, mut last) = (0_i64, 0, 0_i128, from);
        for (at, turn) in turns {
            area += i128::from(have) * i128::from(micros(at) - micros(last));
            (have, last) = (have + turn, at);
            peak = peak.max(have);
        }
        let shift = shifts.entry(person).or_default();
        shift.peak = u64::try_from(peak).unwrap_or(0);
        shift.mean = share(area, i128::from(micros(to) - micros(from)));
    }
    shifts
}

#[expect(clippy::cast_precision_loss, reason = "a mean is told to a few digits")]
fn share(area: i128, length: i128) -> f64 {
    if length > 0 { area as f64 / length as f64 } else { 0.0 }
}

/// Gives tickets out by routes to people, as they come in, and says who had what until the end of the time.
///
/// What nobody has room for waits, the oldest first, as at a [`Desk`](crate::Desk). `pools` has the people of each route's
/// team; whoever is in several has one load. Nobody has anything at the beginning. The answer does not depend on the order
/// of the jobs but for those that arrive at the same instant, which go by ticket.
#[must_use]
pub fn staff(
    router: &dyn Router,
    routes: &[Route],
    pools: &BTreeMap<Key, Vec<Agent>>,
    mut jobs: Vec<Job>,
    time: [DateTime<Utc>; 2],
) -> Staffed {
    jobs.sort_by_key(|job| (job.arrived, job.ticket));
    let mut office = Office::new(router, routes, pools);
    for job in jobs.into_iter().filter(|job| job.arrived < time[1]) {
        office.until(job.arrived);
        let now = job.arrived;
        if let Some(job) = office.give(now, job) {
            office.waiting.push_back(job);
        }
    }
    office.until(time[1]);
    let people = pools.values().flatten().map(|agent| (agent.id.clone(), Shift::default()));
    let mut people: BTreeMap<_, _> = people.collect();
    people.extend(shifts(office.spells, time));
    Staffed { people, waits: Waits::of(office.waits, count(office.waiting.len())) }
}

/// When a ticket goes, which one, out of whose hands, of which channel.
type Going = (DateTime<Utc>, TicketId, PersonId, Channel);

struct Office<'a> {
    router: &'a dyn Router,
    routes: &'a [Route],
    pools: BTreeMap<Key, Vec<Agent>>,
    /// Where somebody stands, in every team they are in.
    places: HashMap<PersonId, Vec<(Key, usize)>>,
    waiting: VecDeque<Job>,
    /// Who lets a ticket go, and when, the first on top.
    gone: BinaryHeap<Reverse<Going>>,
    spells: Vec<(PersonId, DateTime<Utc>, Option<DateTime<Utc>>)>,
    waits: Vec<TimeDelta>,
}

impl<'a> Office<'a> {
    fn new(router: &'a dyn Router, routes: &'a [Route], pools: &BTreeMap<Key, Vec<Agent>>) -> Self {
        let idle = |agent: &Agent| Agent { load: BTreeMap::new(), last: None, ..agent.clone() };
        let pools: BTreeMap<Key, Vec<Agent>> =
            pools.iter().map(|(team, pool)| (team.clone(), pool.iter().map(idle).collect())).collect();
        let mut places: HashMap<PersonId, Vec<(Key, usize)>> = HashMap::new();
        for (team, pool) in &pools {
            for (place, agent) in pool.iter().enumerate() {
                places.entry(agent.id.clone()).or_default().push((team.clone(), place));
            }
        }
        let (waiting, gone) = (VecDeque::new(), BinaryHeap::new());
        Self { router, routes, pools, places, waiting, gone, spells: Vec::new(), waits: Vec::new() }
    }

    /// Lets everything happen that does before an instant, or at it.
    fn until(&mut self, now: DateTime<Utc>) {
        while let Some(Reverse((at, ..))) = self.gone.peek()
            && *at <= now
        {
            let Some(Reverse((at, _, person, channel))) = self.gone.pop() else { return };
            self.count(&person, |agent| {
                let load = agent.load.entry(channel).or_default();
                *load = load.saturating_sub(1);
            });
            self.give_out(at);
        }
    }

    /// Gives out what waits. Of tickets that look for the same, the first that finds nobody speaks for all.
    fn give_out(&mut self, now: DateTime<Utc>) {
        let mut hopeless: BTreeSet<(usize, Channel, BTreeSet<Key>)> = BTreeSet::new();
        for job in std::mem::take(&mut self.waiting) {
            let alike = (job.route, job.channel, job.needs.clone());
            if hopeless.contains(&alike) {
                self.waiting.push_back(job);
            } else if let Some(job) = self.give(now, job) {
                hopeless.insert(alike);
                self.waiting.push_back(job);
            }
        }
    }

    /// Gives a ticket to somebody, or hands it back.
    fn give(&mut self, now: DateTime<Utc>, job: Job) -> Option<Job> {
        let Some(route) = self.routes.get(job.route) else { return Some(job) };
        let pool = self.pools.get(&route.team).map(Vec::as_slice).unwrap_or_default();
        let choice = self.router.choose(route, &job.needs, job.channel, &[], pool);
        let Some(person) = choice.agent().cloned() else { return Some(job) };
        self.count(&person, |agent| {
            let load = agent.load.entry(job.channel).or_default();
            (*load, agent.last) = (load.saturating_add(1), Some(now));
        });
        let gone = job.held.and_then(|held| now.checked_add_signed(held));
        self.gone.extend(gone.map(|gone| Reverse((gone, job.ticket, person.clone(), job.channel))));
        self.spells.push((person, now, gone));
        self.waits.push(now - job.arrived);
        None
    }

    fn count(&mut self, person: &PersonId, change: impl Fn(&mut Agent)) {
        for (team, place) in self.places.get(person).into_iter().flatten() {
            self.pools.get_mut(team).and_then(|pool| pool.get_mut(*place)).into_iter().for_each(&change);
        }
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
