//! A configuration made ready for work: checked, calendars compiled, everything found by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{Config, Policy, Workflow};
use crate::fault::Fault;
use crate::id::Pin;
use crate::id::{Key, Revision};
use crate::time::Calendar;

/// One revision of a configuration, compiled.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The revision; 0 for a configuration that was never published.
    pub revision: Revision,
    /// From when it is in force.
    pub since: DateTime<Utc>,
    /// What it was compiled from.
    pub config: Config,
    calendars: BTreeMap<Key, Calendar>,
}

impl Setup {
    /// Checks and compiles a configuration.
    ///
    /// # Errors
    ///
    /// Every fault, each with its path.
    pub fn new(config: Config, revision: Revision, since: DateTime<Utc>) -> Result<Self, Vec<Fault>> {
        let mut faults = config.check();
        let mut calendars = BTreeMap::new();
        for (key, hours) in &config.calendars {
            match Calendar::new(hours) {
                Ok(calendar) => {
                    calendars.insert(key.clone(), calendar);
                }
                Err(more) => faults.extend(more.into_iter().map(|fault| fault.under(&format!("calendars.{key}")))),
            }
        }
        if faults.is_empty() { Ok(Self { revision, since, config, calendars }) } else { Err(faults) }
    }

    /// The calendar of a name.
    pub fn calendar(&self, key: &Key) -> Option<&Calendar> {
        self.calendars.get(key)
    }

    /// The workflow a ticket is pinned to.
    pub fn workflow(&self, pin: &Pin) -> Option<&Workflow> {
        self.config.workflows.iter().find(|workflow| workflow.rev == pin.rev && workflow.id == pin.id)
    }

    /// The newest revision of a workflow, which new tickets take.
    pub fn newest(&self, id: &Key) -> Option<&Workflow> {
        self.config.workflows.iter().filter(|workflow| workflow.id == *id).max_by_key(|workflow| workflow.rev)
    }

    /// The policy of a name.
    pub fn policy(&self, id: &Key) -> Option<&Policy> {
        self.config.policies.iter().find(|policy| policy.id == *id)
    }
}

fn promising(setup: &Setup) -> impl Iterator<Item = Key> {
    let policies = setup.config.policies.iter().filter(|policy| !policy.budget.is_empty());
    policies.map(|policy| policy.id.clone())
}

/// The configuration in force and, for the clocks, the ones before it.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// Oldest first; each in force until the next one's `since`.
    past: Vec<Arc<Setup>>,
    now: Arc<Setup>,
    /// The policies that promise something, or did so in the past.
    promising: BTreeSet<Key>,
}

impl Rulebook {
    /// A rulebook of one configuration that was always in force.
    ///
    /// # Errors
    ///
    /// Every fault of the configuration.
    pub fn new(config: Config) -> Result<Self, Vec<Fault>> {
        Setup::new(config, Revision::default(), DateTime::<Utc>::MIN_UTC).map(|setup| Self::of(Arc::new(setup)))
    }

    /// A rulebook of one compiled configuration.
    pub fn of(setup: Arc<Setup>) -> Self {
        Self { past: Vec::new(), promising: promising(&setup).collect(), now: setup }
    }

    /// Puts a newer configuration into force; what came before stays in force for the time before.
    #[must_use]
    pub fn then(mut self, setup: Arc<Setup>) -> Self {
        self.promising.extend(promising(&setup));
        self.past.push(std::mem::replace(&mut self.now, setup));
        self
    }

    /// The rulebook as it was at an instant: without the configurations that came into force later. Before the first it is
    /// that of the first, which counts for all time before it.
    #[must_use]
    pub fn until(&self, at: DateTime<Utc>) -> Self {
        let mut known = self.past.iter().chain([&self.now]);
        let first = known.next().map_or_else(|| Arc::clone(&self.now), Arc::clone);
        known.filter(|setup| setup.since <= at).fold(Self::of(first), |book, setup| book.then(Arc::clone(setup)))
    }

    /// A rulebook in which another configuration took the place of all that came into force from an instant on.
    ///
    /// # Errors
    ///
    /// Every fault of the configuration.
    pub fn instead(&self, from: DateTime<Utc>, config: Config) -> Result<Self, Vec<Fault>> {
        let before = || self.past.iter().chain([&self.now]).filter(|setup| setup.since < from);
        let revision = before().next_back().map_or(Revision::default(), |setup| setup.revision.next());
        let other = Arc::new(Setup::new(config, revision, from)?);
        let mut known = before();
        let Some(first) = known.next() else { return Ok(Self::of(other)) };
        Ok(known.fold(Self::of(Arc::clone(first)), |book, setup| book.then(Arc::clone(setup))).then(other))
    }

    /// The configuration in force now.
    pub fn now(&self) -> &Setup {
        &self.now
    }

    /// All configurations, the one in force first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Setup> {
        std::iter::once(self.now()).chain(self.past.iter().rev().map(AsRef::as_ref))
    }

    /// Tells whether all revisions from one on have routes.
    pub(crate) fn routed_since(&self, revision: Revision) -> bool {
        let since = self.past.iter().chain([&self.now]).filter(|setup| setup.revision >= revision);
        revision <= self.now.revision && since.into_iter().all(|setup| !setup.config.routing.routes.is_empty())
    }

    /// The policies in force, each with whether it promises something, or did so in the past.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (&Policy, bool)> {
        self.now.config.policies.iter().map(|policy| (policy, self.promising.contains(&policy.id)))
    }

    /// Cuts a stretch of time at changes of configuration: each part with the configuration that was in force.
    ///
    /// The first configuration counts for all time before it, too.
    pub fn stretches(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>, &Setup)> {
        let first = (0..=self.past.len()).rev().find(|&i| self.revision(i).since <= from).unwrap_or(0);
        (first..=self.past.len()).filter_map(move |i| {
            let setup = self.revision(i);
            let start = if i == first { from } else { setup.since.max(from) };
            let end = if i < self.past.len() { self.revision(i + 1).since.min(to) } else { to };
            // An instant without length still has its rules.
            (start < end || (i == first && from == to)).then_some((start, end, setup))
        })
    }

    /// The `i`th configuration from the oldest; the one in force when `i` is past the end.
    fn revision(&self, i: usize) -> &Setup {
        self.past.get(i).unwrap_or(&self.now)
    }

    /// Open time between two instants in a named calendar, each stretch under the configuration of that stretch.
    /// Without a calendar, or where it was not configured, wall-clock time.
    pub fn elapsed(&self, calendar: Option<&Key>, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let Some(key) = calendar else { return to - from };
        self.stretches(from, to)
            .map(|(a, b, setup)| setup.calendar(key).map_or(b - a, |calendar| calendar.elapsed(a, b)))
            .fold(TimeDelta::zero(), |sum, part| sum + part)
    }
}
