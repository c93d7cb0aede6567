//! The law of the index: whatever was written and merged, its entries are those that a look at every record gives.

use std::collections::BTreeSet;
use std::sync::Arc;

use pollster::block_on;
use proptest::prelude::*;
use ticketcore::directory::{Lookup, Organisation, Person, Team};
use ticketcore::testing::Dice;
use ticketcore::{Actor, ActorKind, Desk, Key, MemoryStore, TenantId};

use super::{agent, desk, requester};

const IDS: [&str; 7] = ["a", "b", "c/d", "c", "~", "ž", "d/e"];
const NAMES: [&str; 5] = ["Ada", "ada lee", "A/B", "ΣΙΣΥΦΟΣ", "~0"];
const KEYS: [&str; 4] = ["net", "net/a", "~net", "a"];
const MAILS: [&str; 5] = ["a@x.example", "A@X.example", "b@x.example", "b/c@x.example", "~@x.example"];

/// Somebody with a little of everything.
fn person(dice: &mut Dice) -> Person {
    let id = *dice.pick(&IDS);
    let mut person = if dice.once_in(3) { agent(id) } else { requester(id) };
    person.name = (*dice.pick(&NAMES)).to_owned();
    for _ in 0..dice.below(3) {
        person.mails.insert(dice.pick(&MAILS).parse().unwrap());
    }
    for _ in 0..dice.below(3) {
        person.external.insert((*dice.pick(&KEYS)).into(), (*dice.pick(&NAMES)).to_owned());
    }
    for _ in 0..dice.below(3) {
        person.teams.insert((*dice.pick(&KEYS)).into());
        person.skills.insert((*dice.pick(&KEYS)).into());
    }
    person.organisation = dice.once_in(2).then(|| (*dice.pick(&KEYS)).into());
    person
}

/// All entries of the index, each with whom it leads to, and all of them written once.
async fn entries(desk: &Desk) -> BTreeSet<(String, String)> {
    let found = desk.store().documents(&TenantId::MAIN, &"person_by".into(), None, usize::MAX).await.unwrap();
    assert!(found.iter().all(|entry| entry.version.0 == 1));
    found.into_iter().map(|entry| (entry.key, entry.body)).collect()
}

/// The entries that the records ask for, written down a second time and not by the code that writes them.
fn asked(people: &[Person]) -> BTreeSet<(String, String)> {
    let escape = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let mut all = BTreeSet::new();
    for person in people {
        let id = person.id.to_string();
        let mut of = |by: &str, what: &str| {
            all.insert((format!("{by}/{}/{id}", escape(what)), id.clone()));
        };
        let lower: String = person.name.chars().flat_map(char::to_lowercase).collect();
        of("name", &lower);
        of("kind", person.kind.as_str());
        person.teams.iter().for_each(|team| of("team", team.as_str()));
        person.skills.iter().for_each(|skill| of("skill", skill.as_str()));
        person.organisation.iter().for_each(|key| of("organisation", key.as_str()));
        for mail in &person.mails {
            all.insert((format!("mail/{}", escape(&mail.as_str().to_lowercase())), id.clone()));
        }
        for (system, name) in &person.external {
            all.insert((format!("external/{}/{}", escape(system.as_str()), escape(name)), id.clone()));
        }
    }
    all
}

async fn everybody(desk: &Desk) -> Vec<Person> {
    desk.people(&Lookup::All, None, usize::MAX).await.unwrap().records.into_iter().map(|one| one.record).collect()
}

async fn found(desk: &Desk, lookup: Lookup) -> BTreeSet<String> {
    let found = desk.people(&lookup, None, usize::MAX).await.unwrap().records;
    found.into_iter().map(|one| one.record.id.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_index_is_what_the_records_say(seeds in prop::collection::vec(any::<u64>(), 1..40)) {
        block_on(async {
            let desk = desk(Arc::new(MemoryStore::new()));
            for key in KEYS {
                desk.put_team(Team::new(key, key), None).await.unwrap();
                desk.put_organisation(Organisation::new(key, key), None).await.unwrap();
            }
            for seed in seeds {
                let mut dice = Dice::new(seed);
                let before = entries(&desk).await;
                let done = if dice.once_in(4) {
                    let (from, into) = (*dice.pick(&IDS), *dice.pick(&IDS));
                    desk.merge_people(&from.into(), &into.into()).await.map(drop)
                } else {
                    desk.put_person(person(&mut dice), None).await.map(drop)
                };
                let people = everybody(&desk).await;
                assert_eq!(entries(&desk).await, asked(&people));
                // No two have one address, so none of the entries stands for two.
                assert_eq!(asked(&people).len(), people.iter().map(|one| asked(std::slice::from_ref(one)).len()).sum::<usize>());
                if done.is_err() {
                    assert_eq!(entries(&desk).await, before, "what is refused changes nothing");
                }
            }
            let people = everybody(&desk).await;
            let those = |test: &dyn Fn(&Person) -> bool| {
                people.iter().filter(|one| test(one)).map(|one| one.id.to_string()).collect::<BTreeSet<_>>()
            };
            for key in KEYS.map(Key::from) {
                assert_eq!(found(&desk, Lookup::Team(key.clone())).await, those(&|one| one.teams.contains(&key)));
                assert_eq!(found(&desk, Lookup::Skill(key.clone())).await, those(&|one| one.skills.contains(&key)));
                let theirs = those(&|one| one.organisation.as_ref() == Some(&key));
                assert_eq!(found(&desk, Lookup::Organisation(key.clone())).await, theirs);
            }
            for kind in ActorKind::ALL {
                assert_eq!(found(&desk, Lookup::Kind(kind)).await, those(&|one| one.kind == kind));
            }
            for name in ["A", "a/", "~", "σισ", "ada l", ""] {
                let begins = |one: &Person| one.name.to_lowercase().starts_with(name.to_lowercase().as_str());
                assert_eq!(found(&desk, Lookup::Name(name.to_owned())).await, those(&begins), "{name}");
            }
            for mail in MAILS {
                let mail = mail.parse().unwrap();
                let holder = desk.person_by_mail(&mail).await.unwrap().map(|one| one.record);
                assert_eq!(holder.as_ref(), people.iter().find(|one| one.mails.contains(&mail)));
            }
            let own = desk.by(Actor::requester("a")).person(&"a".into()).await.unwrap();
            assert_eq!(own, desk.person(&"a".into()).await.unwrap());
        });
    }
}
