//! What is configured, people, links, and what the desk knows.

use std::error::Error;

use serde_json::{Value, json};

use crate::programs::{Done, Scratch, Server, request};
use crate::{ADA, ADMIN, BO, calm, get, open, put};

#[test]
fn what_is_configured_is_published_once_and_kept() -> Done {
    let scratch = Scratch::new()?;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/desk.toml");
    for revision in [1, 1] {
        let server = Server::start_at(&scratch, "127.0.0.1:0", &["--config", file])?;
        assert_eq!(server.log()?.matches("configuration published").count(), revision);
        assert_eq!(server.stop()?, Some(0));
    }
    let server = Server::start(&scratch)?;
    let wish = server.post("/tickets", &[BO], r#"{"kind": "wish", "subject": "A bigger screen"}"#)?;
    assert_eq!(wish.json()?["reference"], "W-1");
    drop(server);

    std::fs::write(scratch.path("bad.toml"), "[kinds]\nincident = { workflow = \"none\" }\n")?;
    let failed = scratch.run("server", &["--listen", "127.0.0.1:0", "--config", "bad.toml"])?;
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("kinds"), "{failed:?}");
    Ok(())
}

#[test]
fn people_teams_and_organisations_are_written_found_and_merged() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    put(&server, "/teams/network", &[], &json!({ "id": "network", "name": "Networks" }))?;
    put(&server, "/organisations/acme", &[], &json!({ "id": "acme", "name": "Acme", "domains": ["acme.example"] }))?;
    let bo = json!({
        "id": "bo", "kind": "requester", "name": "Bo Li", "mails": ["bo@acme.example"], "organisation": "acme",
    });
    let written = put(&server, "/people/bo", &["If-Match: \"0\""], &bo)?;
    assert_eq!(
        (written.status, written.header("etag"), written.json()?),
        (200, Some("\"1\""), bo.clone()),
        "{written:?}"
    );
    let stale = put(&server, "/people/bo", &["If-Match: \"0\""], &bo)?;
    assert_eq!((stale.status, &stale.json()?["version"]), (409, &json!(1)), "{stale:?}");
    let unknown = json!({ "id": "ada", "kind": "agent", "name": "Ada", "teams": ["databases"] });
    let refused = put(&server, "/people/ada", &[], &unknown)?;
    assert_eq!((refused.status, &refused.json()?["faults"][0]["path"]), (422, &json!("teams")), "{refused:?}");
    assert_eq!(put(&server, "/people/eve", &[], &bo)?.status, 422, "the path names another");
    let forbidden = request(
        server.address,
        "PUT",
        "/people/bo",
        &["Content-Type: application/json", ADA],
        bo.to_string().as_bytes(),
    )?;
    assert_eq!((forbidden.status, &forbidden.json()?["capability"]), (403, &json!("direct")));

    let people = |query: &str| -> Result<Value, Box<dyn Error>> {
        Ok(get(&server, &format!("/people{query}"), &[ADA])?.json()?["people"].clone())
    };
    for query in ["", "?name=BO", "?mail=Bo@acme.example", "?organisation=acme", "?kind=requester"] {
        assert_eq!(people(query)?, json!([bo]), "{query}");
    }
    assert_eq!(people("?skill=dns")?, json!([]));
    let own = get(&server, "/people/bo", &[BO])?;
    assert_eq!((own.status, own.json()?), (200, bo.clone()), "everybody may read their own");
    assert_eq!(get(&server, "/people/nobody", &[ADA])?.status, 404);
    assert_eq!(get(&server, "/teams", &[ADA])?.json()?["teams"][0]["name"], "Networks");
    assert_eq!(get(&server, "/organisations/acme", &[ADA])?.json()?["sight"], "all");

    put(
        &server,
        "/people/mail-1",
        &[],
        &json!({ "id": "mail-1", "kind": "requester", "name": "bo@home", "placeholder": true }),
    )?;
    server.post("/tickets", &[ADA], r#"{"kind": "incident", "subject": "No mail", "requester": "mail-1"}"#)?;
    let merged = server.post("/people/mail-1/merge", &[ADA, ADMIN], r#"{"into": "bo"}"#)?;
    assert_eq!((merged.status, &merged.json()?["tickets"]), (200, &json!(1)), "{merged:?}");
    assert_eq!(server.get("/tickets/1")?.json()?["requester"], "bo");
    assert_eq!(get(&server, "/people/mail-1", &[ADA])?.json()?["id"], "bo", "it leads to the other");

    // A colleague sees what the organisation's people may see, and a stranger nothing.
    let colleague = |headers: &[&str]| get(&server, "/tickets/2/follow", headers).map(|response| response.status);
    server.post("/tickets", &[BO, "X-Organisation: acme"], r#"{"kind": "incident", "subject": "No mail"}"#)?;
    assert_eq!(colleague(&["X-Actor: requester:cy", "X-Organisation: acme"])?, 200);
    assert_eq!(colleague(&["X-Actor: requester:cy", "X-Organisation: initech"])?, 404);
    assert_eq!(colleague(&["X-Actor: requester:cy"])?, 404);
    calm(&server)
}

#[test]
fn a_link_opens_a_ticket_without_an_account_and_scores_it_once() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    server.post("/tickets/1/commands", &[ADA], r#"[{"note": "Again"}, {"reply": "Done"}, {"move": "resolve"}]"#)?;
    let grant = |purpose: &str| -> Result<Value, Box<dyn Error>> {
        let body = json!({ "person": "bo", "purpose": purpose, "expires": "2100-01-01T00:00:00Z" }).to_string();
        let granted = server.post("/tickets/1/links", &[ADA], &body)?;
        assert_eq!(granted.status, 201, "{granted:?}");
        granted.json()
    };
    let (follow, rate) = (grant("follow")?, grant("rate")?);
    let path = |kind: &str, link: &Value| format!("/{kind}/{}", link["link"].as_str().unwrap_or_default());
    let view = server.get(&path("follow", &follow))?;
    assert_eq!(view.json()?["posts"].as_array().map(Vec::len), Some(1), "{view:?}");
    assert_eq!(get(&server, "/tickets/1/follow", &[BO])?.json()?, view.json()?, "the same for whom it is for");
    let score = |link: &Value, score: u8| server.post(&path("rate", link), &[], &json!({ "score": score }).to_string());
    assert_eq!(score(&follow, 5)?.status, 404, "it is for something else");
    assert_eq!(score(&rate, 9)?.status, 422, "which leaves the link as it was");
    assert_eq!(score(&rate, 5)?.json()?["score"]["score"], 5);
    assert_eq!(score(&rate, 5)?.status, 404, "it was for once");
    let id = format!("/links/{}", follow["id"].as_str().ok_or("no id")?);
    assert_eq!(request(server.address, "DELETE", &id, &[BO], b"")?.status, 404);
    assert_eq!(request(server.address, "DELETE", &id, &[ADA], b"")?.status, 204);
    assert_eq!(server.get(&path("follow", &follow))?.status, 404);
    calm(&server)
}

#[test]
fn what_the_desk_knows_is_published_found_and_told_apart() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let draft = r#"{"kind": "article", "subject": "Error 0x80070057", "description": "Restart it.\n"}"#;
    assert_eq!(server.post("/tickets", &[ADA], draft)?.json()?["reference"], "KB-1");
    let titles = |headers: &[&str]| -> Result<usize, Box<dyn Error>> {
        let page = get(&server, "/articles?q=restart", headers)?.json()?;
        Ok(page["tickets"].as_array().ok_or("no articles")?.len())
    };
    assert_eq!((titles(&[ADA])?, titles(&[BO])?), (1, 0), "it is a draft");
    assert_eq!(get(&server, "/articles/KB-1", &[BO])?.status, 404);
    let publish = r#"[{"edit": {"message": 1, "text": "Restart it.\nTwice.\n"}}, {"move": "publish"}]"#;
    assert_eq!(server.post("/tickets/KB-1/commands", &[ADA], publish)?.status, 200);
    assert_eq!(titles(&[BO])?, 1);
    assert_eq!(get(&server, "/articles/KB-1", &[BO])?.json()?["edition"], 2);
    let editions = get(&server, "/articles/KB-1/editions", &[ADA])?.json()?;
    assert!(editions["editions"][1]["diff"].as_str().is_some_and(|diff| diff.contains("\n+Twice.\n")), "{editions}");
    assert_eq!(get(&server, "/articles/KB-1/editions", &[BO])?.status, 403);
    open(&server, "Mail says 0x80070057")?;
    assert_eq!(get(&server, "/tickets/2/similar", &[BO])?.json()?["similar"][0]["ticket"]["reference"], "KB-1");
    assert_eq!(get(&server, "/articles/2", &[ADA])?.status, 404, "that is no article");

    let checkpoint = get(&server, "/checkpoint", &[ADA])?.json()?;
    let verified = server.post("/verify", &[ADA], &checkpoint.to_string())?.json()?;
    assert_eq!((&verified["tickets"], &verified["broken"]), (&json!(2), &Value::Null));
    let mut forged = checkpoint;
    forged["tickets"] = json!(1);
    assert!(server.post("/verify", &[ADA], &forged.to_string())?.json()?["broken"]["why"].is_string());
    assert_eq!(get(&server, "/verify", &[ADA])?.json()?["events"], 4);
    calm(&server)
}
