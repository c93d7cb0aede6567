//! The directory: who may write and read it, and how its records are found.

use std::collections::BTreeMap;

use crate::actor::ActorKind;
use crate::capability::Capability;
use crate::channel::Channel;
use crate::desk::{Desk, Error};
use crate::directory::{Listed, Lookup, Mail, Organisation, Person, Stored, Team, entry, folded};
use crate::id::{Key, PersonId, Version};

impl Desk {
    /// Writes a person's record, over the version that was seen, or over whatever is there, and returns it as stored.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [direct](Capability::Direct), or with every fault of the record: an address
    /// or a name in another system that is somebody else's, a team or an organisation that is not there.
    /// [`Error::Store`] with a conflict if the record is at another version than the one that was seen. Nothing is written
    /// then.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::directory::{Lookup, Person, Team};
    /// use ticketcore::{ActorKind, Desk, MemoryStore, Version};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.put_team(Team::new("network", "Networks"), None).await?;
    /// let ada = Person::new("ada", ActorKind::Agent, "Ada King").team("network").mail("ada@example.com".parse()?);
    /// let ada = desk.put_person(ada, Some(Version(0))).await?;
    ///
    /// assert_eq!(desk.person_by_mail(&"Ada@Example.com".parse()?).await?, Some(ada.clone()));
    /// assert_eq!(desk.people(&Lookup::Name("ada k".to_owned()), None, 10).await?.records, [ada]);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub async fn put_person(&self, person: Person, expected: Option<Version>) -> Result<Stored<Person>, Error> {
        self.put_record(person, expected).await
    }

    /// Writes an organisation's record, likewise.
    ///
    /// # Errors
    ///
    /// As [`put_person`](Self::put_person); a domain that is another organisation's is a fault, too.
    pub async fn put_organisation(
        &self,
        organisation: Organisation,
        expected: Option<Version>,
    ) -> Result<Stored<Organisation>, Error> {
        self.put_record(organisation, expected).await
    }

    /// Writes a team's record, likewise. Who is in the team stands with each person.
    ///
    /// # Errors
    ///
    /// As [`put_person`](Self::put_person); a calendar that is not configured is a fault, too.
    pub async fn put_team(&self, team: Team, expected: Option<Version>) -> Result<Stored<Team>, Error> {
        self.put_record(team, expected).await
    }

    /// Reads a person's record, or that of the person whom they were merged into. Everybody may read their own.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if it is another's and the actor may not [consult](Capability::Consult); [`Error::Store`] if
    /// storage fails.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Stored<Person>>, Error> {
        if *id != self.actor.id {
            self.may(Capability::Consult).await?;
        }
        Ok(self.last(id).await?)
    }

    /// Finds the person who has an address.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [consult](Capability::Consult), whether or not there is such a person;
    /// [`Error::Store`] if storage fails.
    pub async fn person_by_mail(&self, mail: &Mail) -> Result<Option<Stored<Person>>, Error> {
        self.found_by(&entry("mail", &[&mail.folded()], "")).await
    }

    /// Finds the person who has a name in another system.
    ///
    /// # Errors
    ///
    /// As [`person_by_mail`](Self::person_by_mail).
    pub async fn person_by_external(&self, system: &Key, name: &str) -> Result<Option<Stored<Person>>, Error> {
        self.found_by(&entry("external", &[system.as_str(), name], "")).await
    }

    /// Lists people, from the start or from where a part before it ended, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [consult](Capability::Consult), or if what is looked up holds a NUL
    /// character; [`Error::Store`] if storage fails.
    pub async fn people(&self, lookup: &Lookup, after: Option<&str>, limit: usize) -> Result<Listed<Person>, Error> {
        self.may(Capability::Consult).await?;
        self.found(lookup, after, limit).await
    }

    /// Lists everybody in a team, by id.
    ///
    /// # Errors
    ///
    /// As [`people`](Self::people).
    pub async fn members(&self, team: impl Into<Key>) -> Result<Vec<Stored<Person>>, Error> {
        Ok(self.people(&Lookup::Team(team.into()), None, usize::MAX).await?.records)
    }

    /// Returns how many tickets of a channel each agent takes at a time, of those who have a limit: what the report
    /// [`load`](crate::report::load) reads as [`Ask::capacity`](crate::report::Ask::capacity).
    ///
    /// # Errors
    ///
    /// As [`people`](Self::people).
    pub async fn capacities(&self) -> Result<BTreeMap<PersonId, BTreeMap<Channel, u16>>, Error> {
        let agents = self.people(&Lookup::Kind(ActorKind::Agent), None, usize::MAX).await?.records;
        let limited = agents.into_iter().map(|agent| agent.record).filter(|agent| !agent.capacity.is_empty());
        Ok(limited.map(|agent| (agent.id, agent.capacity)).collect())
    }

    /// Reads an organisation's record.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [consult](Capability::Consult); [`Error::Store`] if storage fails.
    pub async fn organisation(&self, key: &Key) -> Result<Option<Stored<Organisation>>, Error> {
        self.may(Capability::Consult).await?;
        Ok(self.stored(key.as_str()).await?)
    }

    /// Finds the organisation whose mail addresses have a domain.
    ///
    /// # Errors
    ///
    /// As [`organisation`](Self::organisation).
    pub async fn organisation_by_domain(&self, domain: &str) -> Result<Option<Stored<Organisation>>, Error> {
        self.found_by(&entry("domain", &[&folded(domain)], "")).await
    }

    /// Lists organisations by their names in the system, from the start or from where a part before it ended.
    ///
    /// # Errors
    ///
    /// As [`people`](Self::people).
    pub async fn organisations(&self, after: Option<&str>, limit: usize) -> Result<Listed<Organisation>, Error> {
        self.may(Capability::Consult).await?;
        self.listed(after, limit, |_| true).await
    }

    /// Reads a team's record.
    ///
    /// # Errors
    ///
    /// As [`organisation`](Self::organisation).
    pub async fn team(&self, key: &Key) -> Result<Option<Stored<Team>>, Error> {
        self.may(Capability::Consult).await?;
        Ok(self.stored(key.as_str()).await?)
    }

    /// Lists teams by their names in the system, likewise.
    ///
    /// # Errors
    ///
    /// As [`people`](Self::people).
    pub async fn teams(&self, after: Option<&str>, limit: usize) -> Result<Listed<Team>, Error> {
        self.may(Capability::Consult).await?;
        self.listed(after, limit, |_| true).await
    }
}
