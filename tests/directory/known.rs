//! A desk that knows its people: who is not in the directory is not named.

use ticketcore::config::{Grant, People, Rights};
use ticketcore::routing::{Intake, Route, Sorted};
use ticketcore::store::{Expect, StoreError};
use ticketcore::{
    Actor, Capabilities, Command, Config, Desk, Draft, Error, Party, PersonId, Severity, Signal, Status, Version,
};

use super::{faults, forbidden, on_each_store, requester, settle};

async fn know(desk: &Desk) {
    settle(desk).await;
    desk.publish(Config { people: People::Known, ..Config::default() }).await.unwrap();
}

#[test]
fn who_is_not_known_is_not_named_in_a_command() {
    on_each_store(async |desk| {
        know(&desk).await;
        desk.put_person(requester("gone"), None).await.unwrap();
        desk.merge_people(&"gone".into(), &"bo".into()).await.unwrap();
        let ticket = desk.open(Draft::incident("No mail").requester("bo").assignee("ada").team("net")).await.unwrap();
        for (command, fault) in [
            (Command::assign("bob"), "assignee: nobody is `bob`"),
            (Command::ChangeRequester(Some("bob".into())), "requester: nobody is `bob`"),
            (Command::Watch("bob".into()), "watcher: nobody is `bob`"),
            (Command::Invite("bob".into()), "participant: nobody is `bob`"),
            (Command::AssignTeam(Some("not".into())), "team: no team is `not`"),
            (Command::Refer("not".into()), "team: no team is `not`"),
            (Command::ChangeOrganisation(Some("acne".into())), "organisation: no organisation is `acne`"),
            (Command::Share(Party::Person("bob".into())), "share.person: nobody is `bob`"),
            (Command::Share(Party::Team("not".into())), "share.team: no team is `not`"),
            (Command::Share(Party::Organisation("acne".into())), "share.organisation: no organisation is `acne`"),
            (Command::Delegate { approval: "cab".into(), to: "bob".into() }, "to: nobody is `bob`"),
            (Command::Watch("gone".into()), "watcher: `gone` was merged into `bo`"),
        ] {
            assert_eq!(faults(desk.apply(ticket.id, command.clone()).await), [fault], "{command:?}");
        }
        let two = [Command::assign("bob"), Command::Watch("rob".into()), Command::Rename(String::new())];
        let named = faults(desk.apply(ticket.id, two).await);
        assert_eq!(named, ["subject: is empty", "assignee: nobody is `bob`", "watcher: nobody is `rob`"]);
        let drafted = Draft::incident("Split").assignee("bob");
        desk.apply(ticket.id, [Command::note("a"), Command::note("b")]).await.unwrap();
        assert_eq!(faults(desk.split(ticket.id, vec![Version(2)], drafted).await), ["assignee: nobody is `bob`"]);
        desk.split(ticket.id, vec![Version(2)], Draft::incident("Split").assignee("ada")).await.unwrap();
        // Who is taken away need not be known.
        let gone = [Command::Unwatch("bob".into()), Command::Dismiss("bob".into()), Command::Recall("not".into())];
        desk.apply(ticket.id, gone).await.unwrap();
        let all = [Command::Watch("eve".into()), Command::Refer("net".into()), Command::Assign(None)];
        assert!(faults(desk.apply(ticket.id, all).await)[0].contains("has the ticket already"));
        desk.apply(ticket.id, [Command::Watch("eve".into()), Command::Share(Party::Organisation("acme".into()))])
            .await
            .unwrap();
    });
}

#[test]
fn who_is_not_known_is_not_named_in_a_draft() {
    on_each_store(async |desk| {
        know(&desk).await;
        let draft = || Draft::incident("No mail");
        let watched = Draft { watchers: [PersonId::from("bob")].into(), ..draft() };
        for (draft, fault) in [
            (draft().requester("bob"), "requester: nobody is `bob`"),
            (draft().assignee("bob"), "assignee: nobody is `bob`"),
            (watched, "watchers: nobody is `bob`"),
            (draft().team("not"), "team: no team is `not`"),
            (draft().organisation("acne"), "organisation: no organisation is `acne`"),
        ] {
            assert_eq!(faults(desk.open(draft.clone()).await), [fault]);
            assert_eq!(faults(desk.open_all(vec![Draft::incident("Fine"), draft]).await), [fault]);
        }
        let stranger = desk.by(Actor::requester("stranger"));
        assert_eq!(faults(stranger.open(draft()).await), ["requester: nobody is `stranger`"]);
        let curious = stranger.open(draft().assignee("bob")).await;
        assert_eq!(forbidden(curious), "`stranger` may not assign", "a right comes before an answer");
    });
}

#[test]
fn a_draft_is_for_the_organisation_of_its_requester() {
    on_each_store(async |desk| {
        know(&desk).await;
        let organisation = async |desk: &Desk, draft: Draft| desk.open(draft).await.unwrap().organisation.clone();
        let draft = || Draft::incident("No mail");
        let acme = Some("acme".into());
        assert_eq!(organisation(&desk, draft().requester("bo")).await, acme);
        assert_eq!(organisation(&desk, draft().requester("ada")).await, None);
        assert_eq!(organisation(&desk, draft()).await, None);
        assert_eq!(organisation(&desk.by(Actor::requester("bo")), draft()).await, acme);
        let drafts = vec![draft().requester("bo"), draft().requester("ada")];
        let opened = desk.open_all(drafts).await.unwrap();
        assert_eq!([&opened[0].organisation, &opened[1].organisation], [&acme, &None]);
        desk.put_organisation(ticketcore::directory::Organisation::new("other", "Other"), None).await.unwrap();
        assert_eq!(organisation(&desk, draft().requester("bo").organisation("other")).await, Some("other".into()));
    });
}

#[test]
fn a_commit_rests_on_the_records_that_were_read() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let draft = || Draft::incident("No mail").requester("bo").team("net");
        let free = desk.prepare_open(draft()).await.unwrap().unwrap();
        assert_eq!(free.expect.len(), 1, "nothing but the configuration: {:?}", free.expect);

        desk.publish(Config { people: People::Known, ..Config::default() }).await.unwrap();
        let document =
            |kind: &str, key: &str| Expect::Document { kind: kind.into(), key: key.into(), version: Version(1) };
        let known = desk.prepare_open(draft()).await.unwrap().unwrap();
        assert!([document("person", "bo"), document("team", "net")].iter().all(|one| known.expect.contains(one)));
        let ticket = desk.open(draft()).await.unwrap();
        let late = desk.prepare(ticket.id, Command::assign("ada")).await.unwrap().unwrap();
        assert!(late.expect.contains(&document("person", "ada")));
        for person in ["bo", "ada"] {
            let stored = desk.person(&person.into()).await.unwrap().unwrap();
            desk.put_person(stored.record, None).await.unwrap();
        }
        for outdated in [known, late] {
            assert!(matches!(desk.store().commit(outdated).await, Err(StoreError::Conflict(_))));
        }
        desk.apply(ticket.id, Command::assign("ada")).await.unwrap();
    });
}

#[test]
fn a_free_desk_names_whom_it_likes() {
    on_each_store(async |desk| {
        let ticket = desk.open(Draft::incident("No mail").requester("bob").team("not")).await.unwrap();
        let commands = [Command::assign("rob"), Command::Share(Party::Organisation("acne".into()))];
        desk.apply(ticket.id, commands).await.unwrap();
    });
}

#[test]
fn a_configuration_names_teams_and_skills_that_are_there() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let mut config = Config { people: People::Known, ..Config::default() };
        config.alerts.team = Some("ops".into());
        config.routing.routes = vec![Route::new("net", "net").skill("dns").skill("bgp"), Route::new("not", "not")];
        let set = Sorted { team: Some("vip".into()), skills: ["charm".into()].into(), ..Sorted::default() };
        config.routing.intake = vec![Intake { key: "vip".into(), when: ticketcore::cond::Cond::ALWAYS, set }];
        config.routing.routes.swap(0, 1);
        config.routing.routes[0].when = ticketcore::cond::Atom::Team("not".into()).into();
        let Err(Error::Unsound { faults }) = desk.publish(config.clone()).await else {
            panic!("unknown ones are named")
        };
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "alerts.team: no team is `ops`",
                "routing.intake[vip].set.team: no team is `vip`",
                "routing.intake[vip].set.skills: nobody has `charm`",
                "routing.routes[not].team: no team is `not`",
                "routing.routes[net].skills: nobody has `bgp`",
            ]
        );
        config.people = People::Free;
        desk.publish(config).await.unwrap();
    });
}

#[test]
fn no_alert_is_lost_over_who_is_known() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let mut config = Config { people: People::Known, ..Config::default() };
        config.alerts.team = Some("net".into());
        desk.publish(config).await.unwrap();
        let monitor = desk.by(Actor::integration("monitor"));
        let fire = Signal::firing("db/disk", "Disk full", desk.now()).severity(Severity::Critical);
        let intake = monitor.signal(fire).await.unwrap();
        assert_eq!(intake.ticket().unwrap().team, Some("net".into()));
        let cleared = monitor.signal(Signal::cleared("db/disk", desk.now())).await.unwrap();
        assert_eq!(cleared.ticket().unwrap().status, Status::Resolved);
    });
}

#[test]
fn a_requester_who_may_name_nobody_learns_of_nobody() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let own = Grant::requesters([ticketcore::Capability::Open]);
        let rights = Rights::of([own, Grant::agents(Capabilities::all())]);
        desk.publish(Config { people: People::Known, rights, ..Config::default() }).await.unwrap();
        let bo = desk.by(Actor::requester("bo"));
        for id in ["ada", "nemo"] {
            let denied = bo.open(Draft::incident("No mail").requester(id)).await;
            assert_eq!(forbidden(denied), "`bo` may not change_requester");
        }
    });
}
