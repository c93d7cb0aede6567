//! What a decision knows of the directory: as much as was read for it.

use std::collections::BTreeMap;

use crate::actor::Party;
use crate::directory::{Organisation, Person, Record, Stored, Team};
use crate::id::{Key, PersonId, Version};
use crate::store::Expect;

/// The records that commands name, as they were read before the decision, those that are not there included. Who was not
/// read counts as unknown: never pass a check by not looking.
///
/// Needed where the configuration says that only those count whom the directory [knows](crate::config::People::Known); the
/// [`Desk`](crate::Desk) reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    people: BTreeMap<PersonId, Option<Stored<Person>>>,
    teams: BTreeMap<Key, Version>,
    organisations: BTreeMap<Key, Version>,
}

impl Register {
    /// Adds a person, or that there is none.
    pub fn person(&mut self, id: PersonId, found: Option<Stored<Person>>) {
        self.people.insert(id, found);
    }

    /// Adds a team, or that there is none.
    pub fn team(&mut self, id: Key, found: Option<&Stored<Team>>) {
        self.teams.insert(id, Stored::version(found));
    }

    /// Adds an organisation, or that there is none.
    pub fn organisation(&mut self, id: Key, found: Option<&Stored<Organisation>>) {
        self.organisations.insert(id, Stored::version(found));
    }

    /// The organisation that a person's record names.
    pub fn organisation_of(&self, person: &PersonId) -> Option<&Key> {
        self.people.get(person)?.as_ref()?.record.organisation.as_ref()
    }

    /// Says why a party cannot be named, if so.
    pub fn objection(&self, party: &Party) -> Option<String> {
        let lacks =
            |versions: &BTreeMap<Key, Version>, key: &Key| versions.get(key).is_none_or(|one| *one == Version(0));
        match party {
            Party::Person(id) => match self.people.get(id).and_then(Option::as_ref) {
                None => Some(format!("nobody is `{id}`")),
                Some(found) => found.record.merged.as_ref().map(|into| format!("`{id}` was merged into `{into}`")),
            },
            Party::Team(key) => lacks(&self.teams, key).then(|| format!("no team is `{key}`")),
            Party::Organisation(key) => lacks(&self.organisations, key).then(|| format!("no organisation is `{key}`")),
        }
    }

    /// What a commit of the decision rests on.
    pub fn expectations(&self) -> impl Iterator<Item = Expect> + '_ {
        let people = self.people.iter().map(|(id, found)| (Person::KIND, id.as_str(), Stored::version(found.as_ref())));
        let teams = self.teams.iter().map(|(key, version)| (Team::KIND, key.as_str(), *version));
        let organisations = self.organisations.iter().map(|(key, one)| (Organisation::KIND, key.as_str(), *one));
        let all = people.chain(teams).chain(organisations);
        all.map(|(kind, key, version)| Expect::Document { kind, key: key.to_owned(), version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;

    #[test]
    fn who_was_not_read_is_as_unknown_as_who_is_not_there() {
        let mut register = Register::default();
        let parties = [Party::Person("bo".into()), Party::Team("net".into()), Party::Organisation("acme".into())];
        let problems = ["nobody is `bo`", "no team is `net`", "no organisation is `acme`"];
        for (party, problem) in parties.iter().zip(problems) {
            assert_eq!(register.objection(party).as_deref(), Some(problem));
        }
        register.person("bo".into(), None);
        register.team("net".into(), None);
        register.organisation("acme".into(), None);
        assert!(parties.iter().all(|party| register.objection(party).is_some()));
        assert!(register.expectations().all(|one| matches!(one, Expect::Document { version: Version(0), .. })));
        let at = chrono::DateTime::UNIX_EPOCH;
        let bo = Person::new("bo", ActorKind::Requester, "Bo").organisation("acme");
        register.person("bo".into(), Some(Stored { version: Version(3), at, record: bo }));
        register.team("net".into(), Some(&Stored { version: Version(1), at, record: Team::new("net", "Networks") }));
        let acme = Organisation::new("acme", "ACME");
        register.organisation("acme".into(), Some(&Stored { version: Version(2), at, record: acme }));
        assert!(parties.iter().all(|party| register.objection(party).is_none()));
        assert_eq!(register.organisation_of(&"bo".into()), Some(&"acme".into()));
    }
}
