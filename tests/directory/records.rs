//! Records: written by version, found in every way they can be, and refused with every fault.

use ticketcore::directory::{Listed, Lookup, Mail, OrgSight, Organisation, Person, Stored, Team};
use ticketcore::routing::Availability;
use ticketcore::store::Conflict;
use ticketcore::time::{Hours, Zone};
use ticketcore::{Actor, ActorKind, Config, Desk, Error, PersonId, StoreError, Version};

use super::{admin, agent, faults, forbidden, on_each_store, requester, settle, start};

fn mail(text: &str) -> Mail {
    text.parse().unwrap()
}

/// Everybody whom a lookup finds, in parts of a size.
async fn all(desk: &Desk, lookup: Lookup, limit: usize) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let Listed { records, next } = desk.people(&lookup, after.as_deref(), limit).await.unwrap();
        assert!(records.len() <= limit && (next.is_none() || records.len() == limit));
        ids.extend(records.into_iter().map(|person| person.record.id.to_string()));
        if next.is_none() {
            return ids;
        }
        after = next;
    }
}

#[test]
fn a_record_is_written_over_the_version_that_was_seen() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let ada = desk.person(&"ada".into()).await.unwrap().unwrap();
        assert_eq!((ada.version, ada.at), (Version(1), start()));
        let renamed = Person { name: "Ada King".to_owned(), ..ada.record.clone() };
        let stored = desk.put_person(renamed.clone(), Some(ada.version)).await.unwrap();
        assert_eq!(stored, Stored { version: Version(2), at: start(), record: renamed.clone() });
        for stale in [0, 1, 3] {
            let Err(Error::Store(StoreError::Conflict(conflict))) =
                desk.put_person(renamed.clone(), Some(Version(stale))).await
            else {
                panic!("version {stale} is not there")
            };
            let (kind, key, expected, found) = ("person".into(), "ada".to_owned(), Version(stale), Version(2));
            assert_eq!(conflict, Conflict::Document { kind, key, expected, found });
        }
        assert_eq!(desk.put_person(renamed, None).await.unwrap().version, Version(3));
        let made = desk.put_team(Team::new("night", "Nights"), Some(Version(0))).await.unwrap();
        assert!(desk.put_team(made.record, Some(Version(0))).await.is_err(), "it is there by now");
    });
}

#[test]
fn people_are_found_by_all_that_tells_of_them_and_no_longer_by_what_did() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let old = agent("cy").mail(mail("Cy@x.example")).external("ldap", "cn=cy/ou=x").team("net").skill("dns");
        desk.put_person(old, None).await.unwrap();
        let id = |found: Option<Stored<Person>>| found.map(|person| person.record.id.to_string());
        assert_eq!(id(desk.person_by_mail(&mail("cY@X.example")).await.unwrap()).as_deref(), Some("cy"));
        let ldap = async |name: &str| id(desk.person_by_external(&"ldap".into(), name).await.unwrap());
        assert_eq!(ldap("cn=cy/ou=x").await.as_deref(), Some("cy"));
        assert_eq!(ldap("cn=cy").await, None);
        assert_eq!(ldap("cn=cy\0").await, None);
        assert_eq!(all(&desk, Lookup::Team("net".into()), 1).await, ["ada", "cy"]);

        let new = Person::new("cy", ActorKind::Requester, "Zoë").mail(mail("zoe@x.example")).organisation("acme");
        desk.put_person(new, None).await.unwrap();
        assert_eq!(id(desk.person_by_mail(&mail("cy@x.example")).await.unwrap()), None);
        assert_eq!(id(desk.person_by_mail(&mail("zoe@x.example")).await.unwrap()).as_deref(), Some("cy"));
        assert_eq!(ldap("cn=cy/ou=x").await, None);
        for (lookup, found) in [
            (Lookup::All, vec!["ada", "bo", "cy", "eve"]),
            (Lookup::Team("net".into()), vec!["ada"]),
            (Lookup::Skill("dns".into()), vec!["ada"]),
            (Lookup::Organisation("acme".into()), vec!["bo", "cy", "eve"]),
            (Lookup::Kind(ActorKind::Agent), vec!["ada"]),
            (Lookup::Kind(ActorKind::Requester), vec!["bo", "cy", "eve"]),
            (Lookup::Name("ZO".to_owned()), vec!["cy"]),
            (Lookup::Name("zoë".to_owned()), vec!["cy"]),
            (Lookup::Name("cy".to_owned()), vec![]),
            (Lookup::Name(String::new()), vec!["ada", "bo", "eve", "cy"]),
            (Lookup::Team("ne".into()), vec![]),
        ] {
            for limit in [1, 2, 100] {
                assert_eq!(all(&desk, lookup.clone(), limit).await, found, "{lookup:?}, {limit} at a time");
            }
            assert_eq!(desk.people(&lookup, None, 0).await.unwrap(), Listed { records: vec![], next: None });
        }
        assert_eq!(desk.members("net").await.unwrap().len(), 1);
    });
}

#[test]
fn lists_that_are_longer_than_a_reading_are_whole() {
    on_each_store(async |desk| {
        desk.put_team(Team::new("net", "Networks"), None).await.unwrap();
        let ids: Vec<String> = (0..450).map(|i| format!("p{i:03}")).collect();
        for id in &ids {
            desk.put_person(agent(id).team("net"), None).await.unwrap();
        }
        assert_eq!(all(&desk, Lookup::Team("net".into()), 123).await, ids);
        assert_eq!(all(&desk, Lookup::All, usize::MAX).await, ids);
    });
}

#[test]
fn organisations_and_teams_are_listed_and_found() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_organisation(Organisation::new("zeta", "Zeta"), None).await.unwrap();
        desk.put_team(Team::new("desk", "Service desk").lead("ada"), None).await.unwrap();
        let first = desk.organisations(None, 1).await.unwrap();
        assert_eq!((first.records[0].record.id.as_str(), first.next.as_deref()), ("acme", Some("acme")));
        let second = desk.organisations(first.next.as_deref(), 1).await.unwrap();
        assert_eq!((second.records[0].record.id.as_str(), second.next), ("zeta", None));
        let found = desk.organisation_by_domain("ACME.example").await.unwrap();
        assert_eq!(found, desk.organisation(&"acme".into()).await.unwrap());
        assert_eq!(desk.organisation_by_domain("example").await.unwrap(), None);
        let teams: Vec<_> = desk.teams(None, 9).await.unwrap().records.into_iter().map(|team| team.record.id).collect();
        assert_eq!(teams, ["desk", "net"]);
        assert!(desk.team(&"desk".into()).await.unwrap().unwrap().record.leads.contains("ada"));
        assert_eq!(desk.team(&"nest\0".into()).await.unwrap(), None);
    });
}

#[test]
fn what_is_wrong_with_a_record_is_named_and_nothing_is_written() {
    let name = "needs 1 to 128 bytes, no control character and no blank at either end";
    let line = "needs 1 to 256 bytes, no control character and no blank at either end";
    let many = |count: usize| (0..count).map(|i| mail(&format!("m{i}@x.example"))).collect();
    let person = |change: &dyn Fn(&mut Person)| {
        let mut person = agent("new");
        change(&mut person);
        person
    };
    let bad = [
        (person(&|new| new.id = "".into()), vec![format!("id: {name}")]),
        (person(&|new| new.id = "a\0".into()), vec![format!("id: {name}")]),
        (person(&|new| new.id = " a".into()), vec![format!("id: {name}")]),
        (person(&|new| new.id = "a".repeat(129).into()), vec![format!("id: {name}")]),
        (person(&|new| new.name = String::new()), vec![format!("name: {line}")]),
        (person(&|new| new.name = " ".to_owned()), vec![format!("name: {line}")]),
        (person(&|new| new.name = "A\0B".to_owned()), vec![format!("name: {line}")]),
        (person(&|new| new.name = "ab".repeat(129)), vec![format!("name: {line}")]),
        (person(&|new| new.kind = ActorKind::System), vec!["kind: the desk itself is nobody".to_owned()]),
        (person(&|new| new.mails = many(1_000_000)), vec!["mails: has 1000000 items, the limit is 200".to_owned()]),
        (
            person(&|new| new.skills = (0..201).map(|i| format!("s{i}\0").into()).collect()),
            vec!["skills: has 201 items, the limit is 200".to_owned()],
        ),
        (person(&|new| new.external = [("".into(), "x".to_owned())].into()), vec![format!("external: {name}")]),
        (
            person(&|new| new.external = [("ldap".into(), "\0".to_owned())].into()),
            vec![format!("external.ldap: {line}")],
        ),
        (person(&|new| new.organisation = Some("a\n".into())), vec![format!("organisation: {name}")]),
        (person(&|new| new.organisation = Some("a".into())), vec!["organisation: no organisation is `a`".to_owned()]),
        (
            person(&|new| new.teams = ["net".into(), "not".into(), "nut".into()].into()),
            vec!["teams: no team is `not`".to_owned(), "teams: no team is `nut`".to_owned()],
        ),
        (person(&|new| new.skills = ["\u{7f}".into()].into()), vec![format!("skills: {name}")]),
        (person(&|new| new.back = Some(start())), vec!["back: is for those who are away".to_owned()]),
        (
            person(&|new| new.locale = Some("de_DE".to_owned())),
            vec!["locale: is no language tag, as `de` or `pt-BR` is one".to_owned()],
        ),
        (person(&|new| new.merged = Some("ada".into())), vec!["merged: is set by merging".to_owned()]),
        (
            person(&|new| new.mails = [mail("BO@acme.example"), mail("new@acme.example")].into()),
            vec!["mails: `bo@acme.example` belongs to `bo`".to_owned()],
        ),
        (
            person(&|new| (new.name, new.locale) = (String::new(), Some(String::new()))),
            vec![format!("name: {line}"), "locale: is no language tag, as `de` or `pt-BR` is one".to_owned()],
        ),
    ];
    on_each_store(async |desk| {
        settle(&desk).await;
        for (person, problems) in &bad {
            assert_eq!(faults(desk.put_person(person.clone(), None).await), *problems);
        }
        assert_eq!(all(&desk, Lookup::All, 100).await, ["ada", "bo", "eve"]);
        assert_eq!(desk.person_by_mail(&mail("new@acme.example")).await.unwrap(), None);

        let acme = |sight| Organisation::new("acme", "ACME").sight(sight);
        let mut two = acme(OrgSight::Role(" ".into()));
        two.domains = ["UPPER.example".to_owned(), "-".to_owned()].into();
        let domains = ["domains: holds what is no domain", "domains: `UPPER.example` is not in lower case"];
        assert_eq!(
            faults(desk.put_organisation(two, None).await),
            [&format!("sight.role: {name}"), domains[0], domains[1]]
        );
        let unknown = acme(OrgSight::Members(["nemo".into()].into()));
        assert_eq!(faults(desk.put_organisation(unknown, None).await), ["sight.members: nobody is `nemo`"]);
        let other = Organisation::new("other", "Other").domain("acme.example");
        assert_eq!(faults(desk.put_organisation(other, None).await), ["domains: `acme.example` belongs to `acme`"]);
        let team = Team::new("night", "Nights").lead("nemo");
        assert_eq!(faults(desk.put_team(team, None).await), ["leads: nobody is `nemo`"]);
        let team = Team::new("night", "Nights").calendar("office");
        assert_eq!(faults(desk.put_team(team.clone(), None).await), ["calendar: no calendar `office`; known: "]);
        let office = Hours::new(Zone::utc()).weekdays("09:00-17:00");
        desk.publish(Config::default().calendar("office", office)).await.unwrap();
        desk.put_team(team, None).await.unwrap();
        assert_eq!(
            faults(desk.people(&Lookup::Name("\0".to_owned()), None, 1).await),
            ["lookup: holds a NUL character"]
        );
        assert_eq!(faults(desk.people(&Lookup::All, Some("\0"), 1).await), ["after: holds a NUL character"]);
    });
}

#[test]
fn the_directory_is_for_those_who_may_consult_it_and_written_by_those_who_may_direct() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
        assert_eq!(bo.person(&"bo".into()).await.unwrap().unwrap().record.id, "bo", "everybody may read their own");
        for id in ["eve", "nemo"] {
            assert_eq!(forbidden(bo.person(&id.into()).await), "`bo` may not consult");
        }
        for address in ["eve@acme.example", "nemo@acme.example"] {
            assert_eq!(forbidden(bo.person_by_mail(&mail(address)).await), "`bo` may not consult");
        }
        forbidden(bo.person_by_external(&"ldap".into(), "x").await);
        forbidden(bo.people(&Lookup::All, None, 1).await);
        forbidden(bo.members("net").await);
        forbidden(bo.organisation(&"acme".into()).await);
        forbidden(bo.organisation_by_domain("acme.example").await);
        forbidden(bo.organisations(None, 1).await);
        forbidden(bo.team(&"net".into()).await);
        forbidden(bo.teams(None, 1).await);
        assert!(ada.person_by_mail(&mail("eve@acme.example")).await.unwrap().is_some());
        for desk in [bo, ada] {
            let who = desk.actor().id.clone();
            let may_not = format!("`{who}` may not direct");
            assert_eq!(forbidden(desk.put_person(requester("new"), None).await), may_not);
            assert_eq!(forbidden(desk.put_organisation(Organisation::new("new", "New"), None).await), may_not);
            assert_eq!(forbidden(desk.put_team(Team::new("new", "New"), None).await), may_not);
            assert_eq!(forbidden(desk.merge_people(&"bo".into(), &"eve".into()).await), may_not);
        }
        desk.by(admin()).put_person(requester("new"), None).await.unwrap();
    });
}

#[test]
fn who_has_an_address_is_told_to_those_who_may_know() {
    use ticketcore::Capability::{Direct, Move};
    use ticketcore::config::{Grant, Rights};
    on_each_store(async |desk| {
        settle(&desk).await;
        let rights = Rights::of([Grant::integrations([Direct]), Grant::role("keeper", [Move])]);
        desk.publish(Config { rights, ..Config::default() }).await.unwrap();
        let twin = requester("twin").mail(mail("bo@acme.example"));
        let gateway = desk.by(Actor::integration("gateway"));
        assert_eq!(faults(gateway.put_person(twin, None).await), ["mails: `bo@acme.example` belongs to another"]);
        gateway.put_person(requester("twin"), None).await.unwrap();
    });
}

#[test]
fn of_many_who_want_one_address_at_once_one_gets_it() {
    on_each_store(async |desk| {
        let ids: Vec<PersonId> = (0..8).map(|i| format!("p{i}").into()).collect();
        let got: Vec<bool> = std::thread::scope(|scope| {
            let put = |id: &PersonId| {
                let (desk, person) = (desk.clone(), requester(id.as_str()).mail(mail("one@x.example")));
                move || pollster::block_on(desk.put_person(person, None)).is_ok()
            };
            let threads: Vec<_> = ids.iter().map(|id| scope.spawn(put(id))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(got.iter().filter(|got| **got).count(), 1);
        let holder = desk.person_by_mail(&mail("one@x.example")).await.unwrap().unwrap().record.id;
        let winner = ids.iter().zip(&got).find(|(_, got)| **got).unwrap().0;
        assert_eq!(holder, *winner);
        assert_eq!(all(&desk, Lookup::All, 100).await, [winner.as_str()]);
    });
}

#[test]
fn people_of_the_directory_can_be_chosen_among() {
    use std::collections::BTreeSet;
    use ticketcore::Channel;
    use ticketcore::routing::{Route, choose};
    on_each_store(async |desk| {
        settle(&desk).await;
        let mut cy = agent("cy").team("net").skill("dns");
        cy.availability = Availability::Off;
        desk.put_person(cy, None).await.unwrap();
        let team = desk.members("net").await.unwrap();
        let pool: Vec<_> = team.iter().map(|person| person.record.agent(desk.now())).collect();
        let route = Route::new("net", "net").skill("dns");
        let choice = choose(&route, &BTreeSet::new(), Channel::Mail, &[], &pool);
        assert_eq!(choice.to_string(), "ada, because nobody else can; passed over: cy is off");
    });
}
