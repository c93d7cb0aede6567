//! The directory: people, teams and organisations.

use std::collections::BTreeSet;
use std::error::Error;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;
use ticketcore::directory::{Listed, Mail, OrgSight, Organisation, Person, Stored, Team};
use ticketcore::routing::Availability;
use ticketcore::{ActorKind, Channel, Desk, Key, PersonId, Version};

use crate::cli::pair;
use crate::lookup::Who;
use crate::names::named;
use crate::print::{list, or_dash, table};
use crate::{Printed, print, view};

#[derive(Debug, Subcommand)]
pub(crate) enum Directory {
    /// List people
    People {
        #[command(flatten)]
        who: Who,
    },
    /// Show, write or merge people
    #[command(subcommand)]
    Person(PersonVerb),
    /// List teams
    Teams,
    /// Write a team's record; what is not named stays
    #[command(subcommand)]
    Team(TeamVerb),
    /// List organisations
    Orgs,
    /// Write an organisation's record; what is not named stays
    #[command(subcommand)]
    Org(OrgVerb),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonVerb {
    /// Show a person's record, or that of whom they were merged into
    Show { id: PersonId },
    /// Write a person's record; what is not named stays
    Put(PutPerson),
    /// Merge a person into another, whose record goes on; the tickets follow
    Merge { from: PersonId, into: PersonId },
}

/// Lists are written anew with every value; `-` empties them.
#[derive(Args, Debug)]
pub(crate) struct PutPerson {
    id: PersonId,
    /// What people call them
    #[arg(long)]
    name: Option<String>,
    /// agent, requester or integration; who is new is an agent
    #[arg(long, value_parser = named::<ActorKind>)]
    kind: Option<ActorKind>,
    #[arg(long)]
    mail: Vec<String>,
    /// The name in another system
    #[arg(long, value_name = "SYSTEM=NAME", value_parser = pair)]
    external: Vec<(Key, String)>,
    #[arg(long)]
    organisation: Option<Key>,
    #[arg(long)]
    team: Vec<Key>,
    #[arg(long)]
    skill: Vec<Key>,
    /// active, away or off
    #[arg(long, value_parser = named::<Availability>)]
    availability: Option<Availability>,
    /// How many tickets of a channel they take at a time; nothing after the `=` takes the limit away
    #[arg(long, value_name = "CHANNEL=COUNT", value_parser = pair)]
    capacity: Vec<(Key, String)>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamVerb {
    /// Write a team's record; what is not named stays
    Put {
        id: Key,
        #[arg(long)]
        name: Option<String>,
        /// Who leads it; `-` for nobody
        #[arg(long)]
        lead: Vec<PersonId>,
        /// A calendar of the configuration
        #[arg(long)]
        calendar: Option<Key>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrgVerb {
    /// Write an organisation's record; what is not named stays
    Put {
        id: Key,
        #[arg(long)]
        name: Option<String>,
        /// A domain of its mail addresses; `-` for none
        #[arg(long)]
        domain: Vec<String>,
        /// Who of it sees its tickets: all, none, role:manager, or people: bo,cy
        #[arg(long, value_parser = sight)]
        sight: Option<OrgSight>,
    },
}

pub(crate) async fn run(desk: &Desk, verb: &Directory, as_json: bool) -> Printed {
    match verb {
        Directory::People { who } => people(&who.find(desk).await?, as_json),
        Directory::Person(PersonVerb::Show { id }) => {
            let found = desk.person(id).await?.ok_or_else(|| format!("nobody is `{id}`"))?;
            one(found, as_json, people)
        }
        Directory::Person(PersonVerb::Put(put)) => one(put_person(desk, put).await?, as_json, people),
        Directory::Person(PersonVerb::Merge { from, into }) => merge(desk, from, into, as_json).await,
        Directory::Teams => teams(&desk.teams(None, usize::MAX).await?, as_json),
        Directory::Team(TeamVerb::Put { id, name, lead, calendar }) => {
            let (mut team, seen) = begun(desk.team(id).await?, || Team::new(id.clone(), ""));
            set(&mut team.name, name.as_ref());
            renew(&mut team.leads, lead, "-");
            team.calendar = calendar.clone().or(team.calendar);
            one(desk.put_team(team, Some(seen)).await?, as_json, teams)
        }
        Directory::Orgs => organisations(&desk.organisations(None, usize::MAX).await?, as_json),
        Directory::Org(OrgVerb::Put { id, name, domain, sight }) => {
            let (mut organisation, seen) = begun(desk.organisation(id).await?, || Organisation::new(id.clone(), ""));
            set(&mut organisation.name, name.as_ref());
            renew(&mut organisation.domains, domain, "-");
            set(&mut organisation.sight, sight.as_ref());
            one(desk.put_organisation(organisation, Some(seen)).await?, as_json, organisations)
        }
    }
}

/// The record to be changed, and the version that is seen of it.
fn begun<T>(found: Option<Stored<T>>, new: impl FnOnce() -> T) -> (T, Version) {
    found.map_or_else(|| (new(), Version(0)), |found| (found.record, found.version))
}

fn set<T: Clone>(value: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

fn renew<T: Clone + Ord + PartialEq<str>>(set: &mut BTreeSet<T>, given: &[T], none: &str) {
    if !given.is_empty() {
        *set = given.iter().filter(|one| **one != *none).cloned().collect();
    }
}

async fn put_person(desk: &Desk, put: &PutPerson) -> Result<Stored<Person>, Box<dyn Error>> {
    let PutPerson { id, name, kind, mail, external, organisation, team, skill, availability, capacity } = put;
    let (mut person, seen) = begun(desk.person(id).await?, || Person::new(id.clone(), ActorKind::Agent, ""));
    if person.id != *id {
        return Err(format!("`{id}` was merged into `{}`", person.id).into());
    }
    set(&mut person.name, name.as_ref());
    set(&mut person.kind, kind.as_ref());
    if !mail.is_empty() {
        let mails = mail.iter().filter(|text| *text != "-").map(|text| text.parse::<Mail>());
        person.mails = mails.collect::<Result<_, _>>().map_err(|problem| format!("--mail: {problem}"))?;
    }
    person.external.extend(external.iter().cloned());
    person.external.retain(|_, name| !name.is_empty());
    if let Some(key) = organisation {
        person.organisation = Some(key.clone()).filter(|key| key != "-");
    }
    renew(&mut person.teams, team, "-");
    renew(&mut person.skills, skill, "-");
    set(&mut person.availability, availability.as_ref());
    for (channel, count) in capacity {
        let channel = named::<Channel>(channel.as_str()).map_err(|problem| format!("--capacity: {problem}"))?;
        match count.as_str() {
            "" => _ = person.capacity.remove(&channel),
            count => {
                let count =
                    count.parse().map_err(|_| format!("--capacity: `{count}` is no count up to {}", u16::MAX))?;
                person.capacity.insert(channel, count);
            }
        }
    }
    Ok(desk.put_person(person, Some(seen)).await?)
}

async fn merge(desk: &Desk, from: &PersonId, into: &PersonId, as_json: bool) -> Printed {
    let merger = desk.merge_people(from, into).await?;
    if as_json {
        let (person, tickets, left) = (&merger.person.record, merger.tickets, &merger.left);
        return Ok(print::json(&json!({ "person": person, "tickets": tickets, "left": left })));
    }
    let mut text = format!("`{from}` goes on as `{}`; {} tickets followed\n", merger.person.record.id, merger.tickets);
    for id in &merger.left {
        text += &format!("{id} could not follow\n");
    }
    Ok(text)
}

fn sight(text: &str) -> Result<OrgSight, String> {
    Ok(match text {
        "" => return Err("expected all, none, role:ROLE, or people with commas".to_owned()),
        "all" => OrgSight::All,
        "none" => OrgSight::None,
        text => match text.strip_prefix("role:") {
            Some(role) => OrgSight::Role(role.into()),
            None => OrgSight::Members(text.split(',').map(PersonId::from).collect()),
        },
    })
}

/// Prints a record as a list of one; as JSON, without the list.
fn one<T: Serialize>(stored: Stored<T>, as_json: bool, text: impl Fn(&Listed<T>, bool) -> Printed) -> Printed {
    if as_json {
        return Ok(print::json(&json!(stored.record)));
    }
    text(&Listed { records: vec![stored], next: None }, false)
}

fn people(listed: &Listed<Person>, as_json: bool) -> Printed {
    if as_json {
        return Ok(print::json(&view::records("people", listed)));
    }
    let row = |Stored { record: person, .. }: &Stored<Person>| {
        let skills = person.skills.iter().map(|skill| format!("+{skill}"));
        let teams = person.teams.iter().map(Key::to_string).chain(skills);
        let home = or_dash(person.organisation.as_ref());
        let name = if person.placeholder { format!("{} (?)", person.name) } else { person.name.clone() };
        [
            person.id.to_string(),
            person.kind.to_string(),
            name,
            list(person.mails.iter().map(Mail::as_str)),
            home,
            list(teams),
        ]
    };
    let rows = listed.records.iter().map(row).collect();
    Ok(table(["PERSON", "KIND", "NAME", "MAIL", "ORG", "TEAMS, +SKILLS"], rows) + &more(listed))
}

fn teams(listed: &Listed<Team>, as_json: bool) -> Printed {
    if as_json {
        return Ok(print::json(&view::records("teams", listed)));
    }
    let row = |Stored { record: team, .. }: &Stored<Team>| {
        [team.id.to_string(), team.name.clone(), list(&team.leads), or_dash(team.calendar.as_ref())]
    };
    Ok(table(["TEAM", "NAME", "LEADS", "CALENDAR"], listed.records.iter().map(row).collect()))
}

fn organisations(listed: &Listed<Organisation>, as_json: bool) -> Printed {
    if as_json {
        return Ok(print::json(&view::records("organisations", listed)));
    }
    let row = |Stored { record: organisation, .. }: &Stored<Organisation>| {
        let sight = match &organisation.sight {
            OrgSight::None => "none".to_owned(),
            OrgSight::Role(role) => format!("role:{role}"),
            OrgSight::Members(members) => list(members),
            OrgSight::All => "all".to_owned(),
        };
        [organisation.id.to_string(), organisation.name.clone(), sight, list(&organisation.domains)]
    };
    Ok(table(["ORG", "NAME", "SIGHT", "DOMAINS"], listed.records.iter().map(row).collect()))
}

fn more(listed: &Listed<Person>) -> String {
    listed.next.as_ref().map(|next| format!("more: --after '{}'\n", print::clean(next))).unwrap_or_default()
}
