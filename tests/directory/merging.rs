//! Two records of one person become one, and the tickets follow.

use ticketcore::directory::{Lookup, OrgSight, Organisation, Person, Team};
use ticketcore::routing::Availability;
use ticketcore::{
    Actor, Channel, Command, Desk, Draft, Event, Filter, Party, PersonId, Query, Status, Ticket, TicketId, Version,
    Visibility,
};

use super::{agent, faults, on_each_store, requester, settle};

async fn merge(desk: &Desk, from: &str, into: &str) -> (usize, Vec<TicketId>) {
    let merger = desk.merge_people(&from.into(), &into.into()).await.unwrap();
    (merger.tickets, merger.left)
}

#[test]
fn what_is_known_of_one_is_known_of_the_other() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let mut one = requester("mail-1").mail("b@x.example".parse().unwrap()).external("chat", "b").placeholder();
        one.capacity = [(Channel::Mail, 1), (Channel::Chat, 1)].into();
        (one.locale, one.availability) = (Some("de".to_owned()), Availability::Off);
        desk.put_person(one.team("net"), None).await.unwrap();
        let mut bo = desk.person(&"bo".into()).await.unwrap().unwrap().record;
        bo.capacity = [(Channel::Mail, 2)].into();
        desk.put_person(bo.clone(), None).await.unwrap();
        desk.put_team(Team::new("net", "Networks").lead("mail-1").lead("eve"), None).await.unwrap();
        let members = OrgSight::Members(["mail-1".into()].into());
        desk.put_organisation(Organisation::new("acme", "ACME").sight(members), None).await.unwrap();

        let person = desk.merge_people(&"mail-1".into(), &"bo".into()).await.unwrap().person;
        let whole = Person {
            mails: ["b@x.example", "bo@acme.example"].map(|mail| mail.parse().unwrap()).into(),
            external: [("chat".into(), "b".to_owned())].into(),
            teams: ["net".into()].into(),
            capacity: [(Channel::Mail, 2), (Channel::Chat, 1)].into(),
            locale: Some("de".to_owned()),
            ..bo
        };
        assert_eq!((person.version, &person.record), (Version(3), &whole));
        for id in ["bo", "mail-1"] {
            assert_eq!(desk.person(&id.into()).await.unwrap().as_ref(), Some(&person), "{id} leads there");
        }
        for mail in ["b@x.example", "bo@acme.example"] {
            assert_eq!(desk.person_by_mail(&mail.parse().unwrap()).await.unwrap().as_ref(), Some(&person));
        }
        assert_eq!(desk.person_by_external(&"chat".into(), "b").await.unwrap(), Some(person));
        let found = desk.people(&Lookup::All, None, 100).await.unwrap().records;
        assert!(found.iter().all(|person| person.record.id != "mail-1"), "who was merged is not listed");
        assert!(desk.people(&Lookup::Name("mail-1".to_owned()), None, 1).await.unwrap().records.is_empty());
        assert_eq!(desk.team(&"net".into()).await.unwrap().unwrap().record.leads, ["bo".into(), "eve".into()].into());
        let sight = desk.organisation(&"acme".into()).await.unwrap().unwrap().record.sight;
        assert_eq!(sight, OrgSight::Members(["bo".into()].into()));
        let again = faults(desk.put_person(requester("mail-1"), None).await);
        assert_eq!(again, ["merged: `mail-1` was merged into `bo`"]);
    });
}

#[test]
fn tickets_follow_whoever_they_name_and_say_why() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_person(requester("old"), None).await.unwrap();
        let names = |ticket: &Ticket, id: &str| {
            let (person, party) = (PersonId::from(id), Party::Person(id.into()));
            [
                ticket.requester.as_ref() == Some(&person),
                ticket.assignee.as_ref() == Some(&person),
                ticket.watchers.contains(&person),
                ticket.participants.contains(&person),
                ticket.shares.contains(&party),
            ]
        };
        let (other, party) = (desk.open(Draft::incident("Other")).await.unwrap(), Party::Person("old".into()));
        let full = desk.open(Draft::incident("Full").requester("old").assignee("old")).await.unwrap();
        let commands = [Command::Watch("old".into()), Command::Invite("old".into()), Command::Share(party)];
        let full = desk.apply(full.id, commands.clone()).await.unwrap();
        assert_eq!(names(&full, "old"), [true; 5]);
        let closed = desk.open(Draft::incident("Closed").requester("old")).await.unwrap();
        let closed = desk.apply(closed.id, Command::transition("cancel")).await.unwrap();
        assert_eq!(closed.status, Status::Closed);
        let mut parts = Vec::new();
        for command in commands {
            let ticket = desk.open(Draft::incident("Part")).await.unwrap();
            parts.push(desk.apply(ticket.id, command).await.unwrap().id);
        }
        assert_eq!(merge(&desk, "old", "bo").await, (5, vec![]));
        for id in parts.into_iter().chain([full.id, closed.id]) {
            let ticket = desk.load(id).await.unwrap();
            assert_eq!(names(&ticket, "old"), [false; 5]);
            assert_ne!(names(&ticket, "bo"), [false; 5]);
            let history = desk.history(id).await.unwrap();
            let last = history.last().unwrap();
            assert_eq!(last.text.as_deref(), Some("person `old` was merged into `bo` by `ticketcore`"));
            assert!(
                matches!(&last.event, Event::Said(said) if said.automatic && said.visibility == Visibility::Internal)
            );
        }
        assert_eq!(names(&desk.load(full.id).await.unwrap(), "bo"), [true; 5]);
        assert_eq!(desk.load(closed.id).await.unwrap().status, Status::Closed);
        assert_eq!(desk.load(other.id).await.unwrap().version, Version(1), "what does not name them is left alone");
    });
}

#[test]
fn merging_again_takes_on_where_it_ended_and_is_harmless() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_person(requester("old"), None).await.unwrap();
        let drafts = (0..450).map(|i| Draft::incident(format!("Ticket {i}")).requester("old")).collect();
        desk.open_all(drafts).await.unwrap();
        assert_eq!(merge(&desk, "old", "bo").await, (450, vec![]), "in several parts");
        assert_eq!(merge(&desk, "old", "bo").await, (0, vec![]));
        let late = desk.open(Draft::incident("Late").requester("old")).await.unwrap();
        assert_eq!(merge(&desk, "old", "bo").await, (1, vec![]));
        assert_eq!(desk.load(late.id).await.unwrap().requester, Some("bo".into()));
        let filter = Filter { requesters: vec!["old".into()], ..Filter::default() };
        assert!(desk.find(&Query::new(filter)).await.unwrap().tickets.is_empty());
    });
}

#[test]
fn people_are_merged_on_to_the_end_of_the_way() {
    on_each_store(async |desk| {
        settle(&desk).await;
        for id in ["a", "b", "c"] {
            desk.put_person(requester(id), None).await.unwrap();
        }
        merge(&desk, "a", "b").await;
        let ticket = desk.open(Draft::incident("Late").requester("a")).await.unwrap();
        merge(&desk, "b", "c").await;
        assert_eq!(desk.person(&"a".into()).await.unwrap().unwrap().record.id, "c");
        // Into one that was merged is into where that one went.
        assert_eq!(merge(&desk, "a", "b").await, (1, vec![]));
        assert_eq!(desk.load(ticket.id).await.unwrap().requester, Some("c".into()));
        assert_eq!(merge(&desk, "eve", "a").await, (0, vec![]));
        assert_eq!(desk.person(&"eve".into()).await.unwrap().unwrap().record.id, "c");
        let own = faults(desk.merge_people(&"c".into(), &"a".into()).await);
        assert_eq!(own, ["into: a person cannot be merged into themselves"]);
    });
}

#[test]
fn what_cannot_be_one_person_is_refused_and_nothing_is_written() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_person(requester("x").external("ldap", "x"), None).await.unwrap();
        desk.put_person(requester("y").external("ldap", "y"), None).await.unwrap();
        desk.put_person(requester("gone"), None).await.unwrap();
        merge(&desk, "gone", "eve").await;
        let many = |from: u32| (from..from + 150).map(|i| format!("m{i}@x.example").parse().unwrap()).collect();
        for (id, from) in [("many", 0), ("more", 150)] {
            desk.put_person(Person { mails: many(from), ..requester(id) }, None).await.unwrap();
        }
        for (from, into, fault) in [
            ("bo", "bo", "into: a person cannot be merged into themselves"),
            ("nemo", "bo", "from: nobody is `nemo`"),
            ("bo", "nemo", "into: nobody is `nemo`"),
            ("\0", "bo", "from: nobody is `\0`"),
            ("bo", "ada", "kind: `bo` is of kind requester, `ada` of kind agent"),
            ("x", "y", "external.ldap: `x` is `x` there, `y` is `y`"),
            ("gone", "bo", "from: `gone` was merged into `eve`"),
            ("many", "more", "mails: has 300 items, the limit is 200"),
        ] {
            assert_eq!(faults(desk.merge_people(&from.into(), &into.into()).await), [fault], "{from} into {into}");
        }
        for id in ["bo", "x", "y", "many", "more"] {
            assert_eq!(desk.person(&id.into()).await.unwrap().unwrap().version, Version(1), "{id}");
        }
    });
}

#[test]
fn a_ticket_that_cannot_follow_is_named() {
    use ticketcore::config::{Config, Limits};
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_person(requester("old"), None).await.unwrap();
        let limits = Limits { items: 1, ..Limits::default() };
        desk.publish(Config { limits, ..Config::default() }).await.unwrap();
        // The place that a merged ticket's requester has on the survivor is not the survivor's to give away.
        let one = desk.open(Draft::incident("One").requester("old")).await.unwrap();
        let two = desk.open(Draft::incident("Two")).await.unwrap();
        desk.apply(two.id, Command::Invite("eve".into())).await.unwrap();
        desk.apply(one.id, Command::Merge(two.id)).await.unwrap();
        assert_eq!(merge(&desk, "old", "bo").await, (0, vec![two.id]));
        desk.apply(two.id, Command::Dismiss("eve".into())).await.unwrap();
        assert_eq!(merge(&desk, "old", "bo").await, (1, vec![]));
        assert!(desk.load(two.id).await.unwrap().takes_part(&"bo".into()));
        assert_eq!(merge(&desk, "old", "bo").await, (0, vec![]));
    });
}

#[test]
fn whoever_was_a_placeholder_sees_their_tickets_under_their_real_name() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.put_person(requester("mail-1").placeholder(), None).await.unwrap();
        let ticket = desk.by(Actor::requester("mail-1")).open(Draft::incident("No mail")).await.unwrap();
        let bo = desk.by(Actor::requester("bo"));
        assert!(bo.load(ticket.id).await.is_err());
        merge(&desk, "mail-1", "bo").await;
        assert_eq!(bo.load(ticket.id).await.unwrap().requester, Some("bo".into()));
        assert!(!desk.person(&"bo".into()).await.unwrap().unwrap().record.placeholder);
        desk.put_person(agent("twin"), None).await.unwrap();
        assert!(desk.merge_people(&"ada".into(), &"twin".into()).await.is_ok(), "no placeholder is needed");
    });
}
