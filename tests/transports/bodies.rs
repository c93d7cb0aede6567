//! What cannot be read is answered with the place of the fault, stored by nobody, and repeated nowhere.

use std::time::Duration;

use serde_json::json;
use ticketcore::testing::block_on;
use ticketcore::{Actor, Command};

use crate::programs::Done;
use crate::world::{World, who};

/// T5: what is no good body, and what the answer names.
#[test]
fn a_fault_of_a_body_is_named_and_nothing_is_stored() -> Done {
    let world = World::new()?;
    world.ticket()?;
    let admin = who("agent:ada");
    let nested = |head: &str| format!("{head}{}", "[".repeat(1_000_000));
    let deep = [nested(r#"{"kind": "incident", "subject": "#), nested("[{\"note\": "), nested(r#"{"filter": "#)];
    let bad: &[(&str, &str, &str)] = &[
        // Unknown fields.
        ("POST /tickets", r#"{"kind": "incident", "subject": "x", "colour": 1}"#, "`colour`"),
        ("POST /tickets/1/commands", r#"[{"approve": {"approval": "cab", "seen": 1, "colour": 1}}]"#, "colour"),
        ("POST /tickets/1/commands", r#"[{"paint": "red"}]"#, "`paint`"),
        ("POST /tickets/1/split", r#"{"messages": [1], "draft": {"kind": "incident", "subject": "x"}, "a": 1}"#, "`a`"),
        ("POST /tickets/1/links", r#"{"person": "bo", "purpose": "follow", "colour": 1}"#, "`colour`"),
        ("POST /tickets/1/instantiate", r#"{"template": "x", "colour": 1}"#, "`colour`"),
        ("POST /bulk", r#"{"filter": {"colour": "red"}, "commands": []}"#, "filter.colour"),
        ("PUT /people/bo", r#"{"id": "bo", "kind": "requester", "name": "Bo", "password": "x"}"#, "`password`"),
        ("PUT /teams/db", r#"{"id": "db", "name": "Databases", "colour": 1}"#, "`colour`"),
        ("PUT /organisations/acme", r#"{"id": "acme", "name": "Acme", "colour": 1}"#, "`colour`"),
        ("POST /people/bo/merge", r#"{"into": "cy", "colour": 1}"#, "`colour`"),
        // The same name twice.
        ("POST /tickets", r#"{"kind": "incident", "subject": "x", "subject": "y"}"#, "`subject`"),
        ("POST /tickets", r#"{"kind": "incident", "subject": "x", "fields": {"site": "a", "site": "b"}}"#, "`site`"),
        ("POST /tickets/1/commands", r#"[{"migrate": {"rev": 2, "states": {"a": "b", "a": "c"}}}]"#, "`a`"),
        ("POST /tickets/1/commands", r#"[{"note": "x", "note": "y"}]"#, "`note`"),
        (
            "PUT /people/bo",
            r#"{"id": "bo", "kind": "requester", "name": "Bo", "external": {"a": "1", "a": "2"}}"#,
            "`a`",
        ),
        // Of another type.
        ("POST /tickets", r#"{"kind": "incident", "subject": 1}"#, r#""path":"subject""#),
        ("POST /tickets/1/commands", r#"[{"score": {"score": "5"}}]"#, "[0].score.score"),
        ("POST /tickets/1/commands", r#"[{"endorse": "yes"}]"#, "[0].endorse"),
        ("POST /tickets/1/split", r#"{"messages": "1", "draft": {}}"#, r#""path":"messages""#),
        ("POST /tickets/1/links", r#"{"person": "bo", "purpose": "steal", "expires": ""}"#, r#""path":"purpose""#),
        ("POST /bulk", r#"{"filter": {"limit": "many"}, "commands": []}"#, "filter.limit"),
        ("POST /bulk", r#"{"filter": {"q": "sort:rankk"}, "commands": []}"#, "filter.q"),
        ("POST /bulk", r#"{"filter": {"q": "status:done"}, "commands": []}"#, "filter.q"),
        ("PUT /people/bo", r#"{"id": "bo", "kind": "requester", "name": "Bo", "mails": ["bo"]}"#, "mails[0]"),
        ("POST /verify", r#"{"tenant": "main", "heads": []}"#, "missing field"),
        // Too deep.
        ("POST /tickets", &deep[0], r#""path":"subject"#),
        ("POST /tickets/1/commands", &deep[1], "[0].note"),
        ("POST /bulk", &deep[2], r#""path":"filter"#),
        // No number, and half a character.
        ("POST /tickets", r#"{"kind": "incident", "subject": "x", "impact": NaN}"#, r#""path":"impact""#),
        ("POST /tickets", r#"{"kind": "incident", "subject": "x", "fields": {"site": 1e999}}"#, "fields.site"),
        ("POST /tickets/1/commands", r#"[{"score": {"score": NaN}}]"#, "[0].score.score"),
        ("POST /tickets/1/commands", r#"[{"reply": "\ud800"}]"#, "[0].reply"),
        ("PUT /teams/db", r#"{"id": "db", "name": "\udc00"}"#, r#""path":"name""#),
    ];
    let before = world.log()?;
    for (line, body, names) in bad {
        let response = world.http(&admin, line, body)?;
        let what = format!("{line} {body:.100}: {response:?}");
        assert_eq!(
            (response.status, response.header("content-type")),
            (400, Some("application/problem+json")),
            "{what}"
        );
        assert!(response.body.contains(names) || response.json()?["faults"].to_string().contains(names), "{what}");
    }
    let huge = json!({ "kind": "incident", "subject": "x", "description": "x".repeat(5 << 20) }).to_string();
    assert_eq!(world.http(&admin, "POST /tickets", &huge)?.status, 413);
    for query in
        ["/people?colour=x", "/people?limit=x", "/teams?limit=-1", "/articles?colour=x", "/tickets/1/similar?limit=x"]
    {
        assert_eq!(world.http(&admin, &format!("GET {query}"), "")?.status, 400, "{query}");
    }
    assert_eq!(world.http(&admin, "GET /people?name=a&team=b", "")?.status, 422);
    for (toml, names) in [
        ("colour = 1", "colour"),
        ("business = \"a\"\nbusiness = \"b\"", "business"),
        ("business = 1", "business"),
        ("[limits]\nattachments = nan", "attachments"),
        ("[limits]\nattachments = \"\\ud800\"", "attachments"),
    ] {
        std::fs::write(world.scratch.path("bad.toml"), toml)?;
        let output = world.scratch.tk(&["config", "check", "bad.toml"])?;
        let said = String::from_utf8(output.stderr)?;
        assert!(output.status.code() == Some(1) && said.contains(names), "{toml}: {said}");
    }
    assert_eq!(world.log()?, before, "nothing was written");
    assert!(block_on(world.desk.teams(None, 9))?.records.is_empty(), "nor were records");
    Ok(())
}

/// T25: what people write is in no error and no log.
#[test]
fn what_somebody_wrote_is_in_no_error_and_no_log() -> Done {
    const CANARY: &str = "CANARY-4711";
    let world = World::new()?;
    let ticket = world.ticket()?;
    let ada = world.desk.by(Actor::agent("ada"));
    block_on(
        ada.apply(ticket.id, [Command::note(format!("{CANARY} note")), Command::reply(format!("{CANARY} reply"))]),
    )?;
    let text = format!("{CANARY} {}", "x".repeat(100));
    let (agent, bo) = (who("agent:ada"), who("requester:bo"));
    let commands = "POST /tickets/1/commands";
    let bodies = [
        (commands, json!([{ "reply": text }, { "move": "reopen" }])),
        (commands, json!([{ "note": text }, { "jump": 1 }])),
        (commands, json!([{ "reply": format!("{text}\0") }])),
        (commands, json!([{ "reply": [text] }])),
        (commands, json!([{ "rate": text }])),
        (commands, json!([{ "escalate": text }])),
        (commands, json!([{ "snooze": text }])),
        (commands, json!([{ "split": { "messages": text, "draft": {} } }])),
        (commands, json!([{ "edit": { "message": 9, "text": text } }])),
        (commands, json!([{ "score": { "score": 9, "comment": text } }])),
        (commands, json!([{ "reject": { "approval": "cab", "seen": 1, "reason": text } }])),
        ("POST /tickets", json!({ "kind": "wish", "subject": "x", "description": text })),
        ("POST /tickets", json!({ "kind": "incident", "subject": "x", "impact": text })),
        ("POST /tickets", json!({ "kind": "incident", "subject": "x", "description": { "text": text } })),
        ("POST /rate/nothing", json!({ "score": 5, "comment": text })),
        ("POST /bulk", json!({ "filter": {}, "commands": [{ "note": text }], "atomic": text })),
        (
            "POST /tickets/1/split",
            json!({ "messages": [9], "draft": { "kind": "task", "subject": "x", "description": text } }),
        ),
    ];
    for (line, body) in &bodies {
        for who in [&agent, &bo] {
            let response = world.http(who, line, &body.to_string())?;
            assert!((400..500).contains(&response.status), "{line} {body}: {response:?}");
            assert!(!response.body.contains(CANARY), "{line} {body}: {response:?}");
        }
    }
    for args in [
        &["move", "1", "reopen", "--note", &text][..],
        &["edit", "1", "9", &text],
        &["comment", "7", &text],
        &["score", "1", "9", &text],
        &["approve", "1", "cab", "--reject", "--reason", &text],
        &["new", "wish", "x", "--description", &text],
    ] {
        let output = world.scratch.tk(args)?;
        let said = String::from_utf8(output.stderr)?;
        assert!(output.status.code() == Some(1) && !said.contains(CANARY), "{args:?}: {said}");
    }
    // A failure is in the log, and not what was to be written.
    let other = rusqlite::Connection::open(world.scratch.path("desk.db"))?;
    other.busy_timeout(Duration::from_secs(10))?;
    other.execute_batch("begin immediate")?;
    assert_eq!(world.http(&agent, commands, &json!([{ "reply": text }]).to_string())?.status, 503);
    other.execute_batch("rollback")?;
    let log = world.server.log()?;
    assert!(log.contains("busy") && !log.contains(CANARY), "{log}");
    Ok(())
}
