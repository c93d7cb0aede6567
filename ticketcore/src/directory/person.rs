//! A person: who they are, how they are known elsewhere, and what work they can be given.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::channel::Channel;
use crate::config::Config;
use crate::directory::{Mail, Record, Reference, check_count, check_line, check_name, check_names, entry, folded};
use crate::fault::Fault;
use crate::id::{Key, PersonId};
use crate::routing::{Agent, Availability};
use crate::time::{Zone, stamp};

/// Somebody tickets are for, or who works them; also a program that has a name of its own.
///
/// # Examples
///
/// ```
/// use ticketcore::ActorKind;
/// use ticketcore::directory::Person;
///
/// let ada = Person::new("ada", ActorKind::Agent, "Ada King").mail("ada@example.com".parse()?).team("network");
/// let json = serde_json::to_string(&ada).map_err(|error| error.to_string())?;
/// assert_eq!(
///     json,
///     r#"{"id":"ada","kind":"agent","name":"Ada King","mails":["ada@example.com"],"teams":["network"]}"#,
/// );
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The stable name, as in [`Actor::id`](crate::Actor).
    pub id: PersonId,
    /// What kind of party they are.
    pub kind: ActorKind,
    /// What people call them.
    pub name: String,
    /// Where they get mail; no address is two people's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mails: BTreeSet<Mail>,
    /// Their names in other systems, one in each; no such name is two people's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub external: BTreeMap<Key, String>,
    /// The organisation they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Key>,
    /// The teams they are in. This is the one place where that stands.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<Key>,
    /// What they can do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<Key>,
    /// Whether they can be given work.
    #[serde(default, skip_serializing_if = "is_default")]
    pub availability: Availability,
    /// When they are back, if that is known and they are not there; from then on they count as there.
    #[serde(with = "stamp::option", default, skip_serializing_if = "Option::is_none")]
    pub back: Option<DateTime<Utc>>,
    /// How many tickets of a channel they take at a time; without an entry there is no limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capacity: BTreeMap<Channel, u16>,
    /// Nobody has seen them yet: the record was made from an address or a name that came in, and is to be merged into the
    /// real one once that is known.
    #[serde(default, skip_serializing_if = "is_default")]
    pub placeholder: bool,
    /// Whose record goes on instead of this one; set by [`merge_people`](crate::Desk::merge_people) alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<PersonId>,
    /// The time zone they live in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// The language they are written to, as a tag: `de`, `pt-BR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Person {
    /// Somebody of whom no more is known than a name.
    pub fn new(id: impl Into<PersonId>, kind: ActorKind, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
            name: name.into(),
            mails: BTreeSet::new(),
            external: BTreeMap::new(),
            organisation: None,
            teams: BTreeSet::new(),
            skills: BTreeSet::new(),
            availability: Availability::default(),
            back: None,
            capacity: BTreeMap::new(),
            placeholder: false,
            merged: None,
            zone: None,
            locale: None,
        }
    }

    /// Adds an address.
    #[must_use]
    pub fn mail(mut self, mail: Mail) -> Self {
        self.mails.insert(mail);
        self
    }

    /// Adds the name in another system.
    #[must_use]
    pub fn external(mut self, system: impl Into<Key>, name: impl Into<String>) -> Self {
        self.external.insert(system.into(), name.into());
        self
    }

    /// Says which organisation they belong to.
    #[must_use]
    pub fn organisation(mut self, organisation: impl Into<Key>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// Puts them into a team.
    #[must_use]
    pub fn team(mut self, team: impl Into<Key>) -> Self {
        self.teams.insert(team.into());
        self
    }

    /// Adds a skill.
    #[must_use]
    pub fn skill(mut self, skill: impl Into<Key>) -> Self {
        self.skills.insert(skill.into());
        self
    }

    /// Says that nobody has seen them yet.
    #[must_use]
    pub const fn placeholder(mut self) -> Self {
        self.placeholder = true;
        self
    }

    /// Whether they can be given work at an instant.
    pub fn availability_at(&self, at: DateTime<Utc>) -> Availability {
        if self.back.is_some_and(|back| back <= at) { Availability::Active } else { self.availability }
    }

    /// What [routing](crate::routing) asks of them; what they are working on is for the caller to add.
    pub fn agent(&self, at: DateTime<Utc>) -> Agent {
        Agent {
            skills: self.skills.clone(),
            availability: self.availability_at(at),
            capacity: self.capacity.clone(),
            ..Agent::new(self.id.clone())
        }
    }

    /// What becomes of this record and of the one of the same person that goes on instead: that one takes over whatever it
    /// does not know better, and this one is left with its name. Two names in one system cannot both be kept, and none is
    /// thrown away unasked.
    pub(crate) fn merged_into(&self, other: &Self) -> Result<(Self, Self), Vec<Fault>> {
        let mut faults = Vec::new();
        if self.kind != other.kind {
            let problem = format!("`{}` is of kind {}, `{}` of kind {}", self.id, self.kind, other.id, other.kind);
            faults.push(Fault::new("kind", problem));
        }
        for (system, name) in &self.external {
            if let Some(held) = other.external.get(system).filter(|held| *held != name) {
                let problem = format!("`{}` is `{name}` there, `{}` is `{held}`", self.id, other.id);
                faults.push(Fault::new(format!("external.{system}"), problem));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut left = Self { merged: Some(other.id.clone()), ..Self::new(self.id.clone(), self.kind, &*self.name) };
        left.placeholder = self.placeholder;
        let mut whole = other.clone();
        whole.mails.extend(self.mails.iter().cloned());
        whole.external.extend(self.external.clone());
        whole.organisation = whole.organisation.or_else(|| self.organisation.clone());
        whole.teams.extend(self.teams.iter().cloned());
        whole.skills.extend(self.skills.iter().cloned());
        for (channel, most) in &self.capacity {
            whole.capacity.entry(*channel).or_insert(*most);
        }
        whole.placeholder &= self.placeholder;
        whole.zone = whole.zone.or_else(|| self.zone.clone());
        whole.locale = whole.locale.or_else(|| self.locale.clone());
        Ok((left, whole))
    }
}

impl Record for Person {
    const KIND: Key = Key::from_static("person");
    const INDEX: Key = Key::from_static("person_by");

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn check(&self, config: &Config) -> Vec<Fault> {
        let mut faults = Vec::new();
        let most = config.limits.items;
        check_name(&mut faults, "id", self.id.as_str());
        check_line(&mut faults, "name", &self.name);
        if self.kind == ActorKind::System {
            faults.push(Fault::new("kind", "the desk itself is nobody"));
        }
        check_count(&mut faults, "mails", self.mails.len(), most);
        check_names(&mut faults, "external", self.external.keys(), most);
        for (system, name) in self.external.iter().take(most) {
            check_line(&mut faults, format!("external.{system}"), name);
        }
        check_names(&mut faults, "organisation", self.organisation.as_slice().iter(), most);
        check_names(&mut faults, "teams", self.teams.iter(), most);
        check_names(&mut faults, "skills", self.skills.iter(), most);
        if self.back.is_some() && self.availability == Availability::Active {
            faults.push(Fault::new("back", "is for those who are away"));
        }
        let tag = |tag: &str| {
            let part = |part: &str| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
            tag.len() <= 35 && tag.split('-').all(part)
        };
        if self.locale.as_deref().is_some_and(|locale| !tag(locale)) {
            faults.push(Fault::new("locale", "is no language tag, as `de` or `pt-BR` is one"));
        }
        faults
    }

    fn references(&self) -> Vec<(&'static str, Reference)> {
        let organisation = self.organisation.iter().cloned().map(|key| ("organisation", Reference::Organisation(key)));
        let teams = self.teams.iter().cloned().map(|key| ("teams", Reference::Team(key)));
        organisation.chain(teams).collect()
    }

    fn after(&self, before: Option<&Self>) -> Vec<Fault> {
        let problem = match (before.and_then(|before| before.merged.as_ref()), &self.merged) {
            (Some(into), _) => format!("`{}` was merged into `{into}`", self.id),
            (None, Some(_)) => "is set by merging".to_owned(),
            (None, None) => return Vec::new(),
        };
        vec![Fault::new("merged", problem)]
    }

    fn entries(&self) -> BTreeSet<String> {
        let Self { id, kind, name, mails, external, organisation, teams, skills, merged, .. } = self;
        if merged.is_some() {
            return BTreeSet::new();
        }
        let id = id.as_str();
        let named = |by: &'static str, keys: &BTreeSet<Key>| {
            keys.iter().map(|key| entry(by, &[key.as_str()], id)).collect::<Vec<_>>()
        };
        let mails = mails.iter().map(|mail| entry("mail", &[&mail.folded()], ""));
        let external = external.iter().map(|(system, name)| entry("external", &[system.as_str(), name], ""));
        let organisation = organisation.iter().map(|key| entry("organisation", &[key.as_str()], id));
        let own = [entry("name", &[&folded(name)], id), entry("kind", &[kind.as_str()], id)];
        let all = mails.chain(external).chain(organisation).chain(own);
        all.chain(named("team", teams)).chain(named("skill", skills)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_back_is_there() {
        let at = DateTime::UNIX_EPOCH;
        let mut ada = Person::new("ada", ActorKind::Agent, "Ada").skill("dns");
        ada.availability = Availability::Away;
        assert_eq!(ada.agent(at).availability, Availability::Away);
        ada.back = Some(at);
        assert_eq!(ada.agent(at).availability, Availability::Active);
        assert_eq!(ada.agent(DateTime::<Utc>::MIN_UTC).availability, Availability::Away);
        assert_eq!(ada.agent(at).skills, ["dns".into()].into());
    }

    #[test]
    fn a_record_reads_back_and_tells_of_a_slip() {
        let mut ada = Person::new("ada", ActorKind::Agent, "Ada").mail("a@b".parse().unwrap()).external("ldap", "cn=a");
        ada.capacity.insert(Channel::Mail, 3);
        ada.zone = Some(Zone::named("Europe/Berlin").unwrap());
        ada.back = Some(DateTime::UNIX_EPOCH);
        ada.availability = Availability::Off;
        let json = serde_json::to_string(&ada).unwrap();
        assert_eq!(serde_json::from_str::<Person>(&json).unwrap(), ada, "{json}");
        let slip = r#"{"id":"a","kind":"agent","name":"A","password":"x"}"#;
        assert!(serde_json::from_str::<Person>(slip).unwrap_err().to_string().contains("`password`"));
    }
}
