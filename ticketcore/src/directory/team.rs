//! A team: who leads it and when it works. Who is in it stands with each person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::directory::{Record, Reference, check_line, check_name, check_names};
use crate::fault::Fault;
use crate::id::{Key, PersonId};

/// People who work tickets together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name, as in [`Actor::teams`](crate::Actor).
    pub id: Key,
    /// What people call it.
    pub name: String,
    /// Who leads it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leads: BTreeSet<PersonId>,
    /// The calendar in which it works, one of the configuration's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Key>,
}

impl Team {
    /// A team without leads that works around the clock.
    pub fn new(id: impl Into<Key>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), leads: BTreeSet::new(), calendar: None }
    }

    /// Adds somebody who leads it.
    #[must_use]
    pub fn lead(mut self, person: impl Into<PersonId>) -> Self {
        self.leads.insert(person.into());
        self
    }

    /// Says in which calendar it works; around the clock by default.
    #[must_use]
    pub fn calendar(mut self, calendar: impl Into<Key>) -> Self {
        self.calendar = Some(calendar.into());
        self
    }

    /// The record with one person in another's place; `None` if it does not name the one.
    pub(crate) fn renamed(&self, from: &PersonId, into: &PersonId) -> Option<Self> {
        let mut leads = self.leads.clone();
        leads.remove(from).then(|| {
            leads.insert(into.clone());
            Self { leads, ..self.clone() }
        })
    }
}

impl Record for Team {
    const KIND: Key = Key::from_static("team");
    const INDEX: Key = Key::from_static("team_by");

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn check(&self, config: &Config) -> Vec<Fault> {
        let mut faults = Vec::new();
        check_name(&mut faults, "id", self.id.as_str());
        check_line(&mut faults, "name", &self.name);
        check_names(&mut faults, "leads", self.leads.iter(), config.limits.items);
        if let Some(calendar) = self.calendar.as_ref().filter(|calendar| !config.calendars.contains_key(*calendar)) {
            let known: Vec<&str> = config.calendars.keys().map(Key::as_str).collect();
            faults.push(Fault::new("calendar", format!("no calendar `{calendar}`; known: {}", known.join(", "))));
        }
        faults
    }

    fn references(&self) -> Vec<(&'static str, Reference)> {
        self.leads.iter().map(|person| ("leads", Reference::Person(person.clone()))).collect()
    }

    fn after(&self, _: Option<&Self>) -> Vec<Fault> {
        Vec::new()
    }

    /// Teams are few: nothing but the name finds one.
    fn entries(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}
