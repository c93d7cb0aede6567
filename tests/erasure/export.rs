//! What there is about a person, for those who may erase, and for themselves.

use serde_json::Value;
use ticketcore::directory::Person;
use ticketcore::{Actor, ActorKind, Command, Config, Desk, Draft, Error, Party, Visibility};

use crate::{admin, file, message, on_each_store};

fn kinds(export: &[Value]) -> Vec<&str> {
    export.iter().map(|one| one["is"].as_str().unwrap()).collect()
}

fn of<'a>(export: &'a [Value], kind: &str) -> Vec<&'a Value> {
    export.iter().filter(|one| one["is"] == kind).collect()
}

/// Three tickets of bo's, one on which bo wrote only, and one that has nothing to do with bo.
async fn fill(desk: &Desk) {
    let (bo, ada) = (desk.by(Actor::requester("bo")), desk.by(Actor::agent("ada")));
    desk.put_person(Person::new("bo", ActorKind::Requester, "Bo Li"), None).await.unwrap();
    let attached = file(desk, "a log").await;
    let ticket = bo.open(Draft::incident("No mail").description("Since noon")).await.unwrap();
    bo.apply(ticket.id, Command::Say(message(Visibility::Public, "See the log", &[&attached]))).await.unwrap();
    ada.apply(ticket.id, [Command::note("He is a nuisance"), Command::reply("It is back")]).await.unwrap();
    let solve = [Command::assign("ada"), Command::transition("start"), Command::transition("resolve")];
    ada.apply(ticket.id, solve).await.unwrap();
    bo.apply(ticket.id, Command::Score(4, Some("Fine".to_owned()))).await.unwrap();

    let watched = desk.open(Draft::incident("Watched").description("For all").requester("eve")).await.unwrap();
    ada.apply(watched.id, Command::Watch("bo".into())).await.unwrap();
    let shared = desk.open(Draft::incident("Shared")).await.unwrap();
    desk.apply(shared.id, Command::Share(Party::Person("bo".into()))).await.unwrap();
    let written = desk.open(Draft::incident("Written on").requester("eve")).await.unwrap();
    desk.by(Actor::agent("bo")).apply(written.id, Command::note("Mine alone")).await.unwrap();
    desk.open(Draft::incident("Unrelated").description("Nothing").requester("eve")).await.unwrap();
}

#[test]
fn whoever_may_erase_gets_all_in_a_stable_order_and_nobodys_notes() {
    on_each_store(&Config::default(), async |desk, _| {
        fill(&desk).await;
        let root = desk.by(admin());
        let export = root.export_person("bo").await.unwrap();
        assert_eq!(export, root.export_person("bo").await.unwrap());
        assert_eq!(kinds(&export)[..3], ["export", "person", "ticket"]);
        assert_eq!((export[0]["side"].as_str(), export[1]["record"]["name"].as_str()), (Some("all"), Some("Bo Li")));
        let tickets: Vec<(String, String)> =
            of(&export, "ticket").iter().map(|one| (one["reference"].to_string(), one["as"].to_string())).collect();
        let expected = [
            ("INC-1", r#"["requester","author"]"#),
            ("INC-2", r#"["watcher"]"#),
            ("INC-3", r#"["shared"]"#),
            ("INC-4", r#"["author"]"#),
        ];
        assert_eq!(tickets, expected.map(|(number, parts)| (format!("{number:?}"), parts.to_owned())));
        let texts: Vec<&str> = of(&export, "event").iter().filter_map(|one| one["text"].as_str()).collect();
        assert_eq!(texts, ["Since noon", "See the log", "It is back", "Fine", "For all", "Mine alone"]);
        assert!(of(&export, "event").iter().any(|one| one["event"]["scored"]["score"] == 4));
        assert_eq!(of(&export, "file")[0]["name"], "file");
        assert_eq!(of(&export, "ticket")[0]["ticket"]["assignee"], "ada");
    });
}

#[test]
fn people_get_the_customers_side_of_their_own_and_nobody_elses() {
    on_each_store(&Config::default(), async |desk, _| {
        fill(&desk).await;
        let export = desk.by(Actor::requester("bo")).export_person("bo").await.unwrap();
        let expected =
            ["export", "person", "ticket", "post", "post", "file", "post", "event", "ticket", "post", "ticket"];
        assert_eq!(kinds(&export), expected);
        assert_eq!(export[0]["side"], "customer");
        let text = serde_json::to_string(&export).unwrap();
        for hidden in ["nuisance", "Mine alone", "Unrelated", "\"start\""] {
            assert!(!text.contains(hidden), "{hidden}");
        }
        let ticket = of(&export, "ticket")[0];
        assert_eq!((&ticket["ticket"]["assignee"], &ticket["ticket"]["version"]), (&Value::Null, &Value::from(0)));
        assert_eq!(of(&export, "event")[0].get("version"), None);
        for (actor, person) in [(Actor::requester("eve"), "bo"), (Actor::agent("ada"), "bo"), (Actor::system(), "x")] {
            let result = desk.by(actor.clone()).export_person(person).await;
            match result {
                Err(Error::Refused(refusal)) => {
                    assert_eq!(refusal.to_string(), format!("`{}` may not erase", actor.id))
                }
                // The desk itself may.
                Ok(_) => assert_eq!(actor.kind, ActorKind::System),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn nothing_of_ones_own_differs_with_and_without_internal_notes() {
    on_each_store(&Config::default(), async |desk, _| {
        let bo = desk.by(Actor::requester("bo"));
        let ticket = bo.open(Draft::incident("No mail")).await.unwrap();
        let before = bo.export_person("bo").await.unwrap();
        desk.by(Actor::agent("ada")).apply(ticket.id, Command::note("Between us")).await.unwrap();
        assert_eq!(bo.export_person("bo").await.unwrap(), before);
    });
}
