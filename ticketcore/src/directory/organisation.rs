//! An organisation: whose tickets its people see.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::config::Config;
use crate::directory::mail::is_domain;
use crate::directory::{Record, Reference, check_count, check_line, check_name, check_names, entry, folded};
use crate::fault::Fault;
use crate::id::{Key, PersonId};

/// A company, a department, a customer: people who belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its name, as in [`Actor::organisation`](crate::Actor).
    pub id: Key,
    /// What people call it.
    pub name: String,
    /// Which of its people count as its members where rights are concerned.
    #[serde(default)]
    pub sight: OrgSight,
    /// The domains of its mail addresses, in lower case; no domain is two organisations'.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub domains: BTreeSet<String>,
}

/// Whom a [grant](crate::config::Grant) to the people of an organisation is for, and a ticket that is shared with it. It
/// takes away and never gives: without the grant nobody sees anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgSight {
    /// Nobody: all see their own tickets only.
    None,
    /// Those who have a role.
    Role(Key),
    /// These.
    Members(BTreeSet<PersonId>),
    /// Everybody who belongs to it; so it is also for an organisation without a record.
    #[default]
    All,
}

impl OrgSight {
    /// Tells whether an actor of the organisation counts as its member.
    pub fn admits(&self, actor: &Actor) -> bool {
        match self {
            Self::None => false,
            Self::Role(role) => actor.roles.contains(role),
            Self::Members(members) => members.contains(&actor.id),
            Self::All => true,
        }
    }
}

impl Organisation {
    /// An organisation whose people see each other's tickets, as far as they are granted that.
    pub fn new(id: impl Into<Key>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), sight: OrgSight::default(), domains: BTreeSet::new() }
    }

    /// Says who counts as a member; everybody by default.
    #[must_use]
    pub fn sight(mut self, sight: OrgSight) -> Self {
        self.sight = sight;
        self
    }

    /// Adds a domain.
    #[must_use]
    pub fn domain(mut self, domain: impl AsRef<str>) -> Self {
        self.domains.insert(folded(domain.as_ref()));
        self
    }

    /// The record with one person in another's place; `None` if it does not name the one.
    pub(crate) fn renamed(&self, from: &PersonId, into: &PersonId) -> Option<Self> {
        let OrgSight::Members(mut members) = self.sight.clone() else { return None };
        members.remove(from).then(|| {
            members.insert(into.clone());
            Self { sight: OrgSight::Members(members), ..self.clone() }
        })
    }
}

impl Record for Organisation {
    const KIND: Key = Key::from_static("organisation");
    const INDEX: Key = Key::from_static("organisation_by");

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn check(&self, config: &Config) -> Vec<Fault> {
        let mut faults = Vec::new();
        let most = config.limits.items;
        check_name(&mut faults, "id", self.id.as_str());
        check_line(&mut faults, "name", &self.name);
        match &self.sight {
            OrgSight::None | OrgSight::All => {}
            OrgSight::Role(role) => check_name(&mut faults, "sight.role", role.as_str()),
            OrgSight::Members(members) => check_names(&mut faults, "sight.members", members.iter(), most),
        }
        check_count(&mut faults, "domains", self.domains.len(), most);
        for domain in self.domains.iter().take(most) {
            if !is_domain(domain) {
                faults.push(Fault::new("domains", "holds what is no domain"));
            } else if folded(domain) != *domain {
                faults.push(Fault::new("domains", format!("`{domain}` is not in lower case")));
            }
        }
        faults
    }

    fn references(&self) -> Vec<(&'static str, Reference)> {
        match &self.sight {
            OrgSight::None | OrgSight::All | OrgSight::Role(_) => Vec::new(),
            OrgSight::Members(members) => {
                members.iter().map(|person| ("sight.members", Reference::Person(person.clone()))).collect()
            }
        }
    }

    fn after(&self, _: Option<&Self>) -> Vec<Fault> {
        Vec::new()
    }

    fn entries(&self) -> BTreeSet<String> {
        self.domains.iter().map(|domain| entry("domain", &[domain], "")).collect()
    }
}
