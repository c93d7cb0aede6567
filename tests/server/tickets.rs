//! Tickets: opened, worked, found, merged, and worked many at once.

use std::error::Error;

use serde_json::{Value, json};

use crate::programs::{Done, Scratch, Server};
use crate::{ADA, BO, calm, open};

#[test]
fn a_ticket_is_opened_worked_and_resolved() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    assert_eq!(server.get("/healthz")?.status, 200);
    let ticket = open(&server, "No mail")?;
    assert_eq!((&ticket["reference"], ticket.get("priority")), (&json!("INC-1"), None), "that is the desk's matter");
    assert_eq!(server.get("/tickets/INC-1")?.json()?["priority"], "p2");
    assert_eq!(ticket["requester"], "bo", "a requester opens for themselves");

    let orders = r#"[{"assign": "ada"}, {"move": "start"}, {"reply": "On it"}, {"note": "The relay again"}]"#;
    let worked = server.post("/tickets/INC-1/commands", &[ADA], orders)?;
    assert_eq!((worked.status, worked.header("etag")), (200, Some("\"5\"")), "{worked:?}");
    assert_eq!(server.get("/tickets/1")?.json()?["state"], "open");
    let id = ticket["id"].as_str().ok_or("no id")?;
    assert_eq!(server.get(&format!("/tickets/{id}"))?.json()?["assignee"], "ada");
    assert_eq!(server.get("/tickets/REQ-1")?.status, 404, "the number is an incident's");

    let moves = server.get("/tickets/INC-1/moves")?.json()?;
    assert!(moves["moves"].as_array().ok_or("no moves")?.iter().any(|offer| offer["transition"] == "resolve"));
    let clocks = server.get("/tickets/INC-1/clocks")?.json()?;
    assert_eq!(clocks["clocks"][0]["phase"], "done", "the reply was the first response: {clocks}");
    let explained = server.get("/tickets/INC-1/clocks?explain=resolution")?.json()?;
    assert_eq!(explained["clocks"][0]["pieces"][0]["why"], "running");

    let resolved = server.post("/tickets/INC-1/commands", &[ADA], r#"[{"move": "resolve"}]"#)?;
    assert_eq!(resolved.json()?["status"], "resolved");
    assert_eq!(server.story("INC-1")?, ["opened", "assigned", "moved", "said", "said", "moved"]);

    let feed = server.get("/feed?after=0&limit=4")?.json()?;
    assert_eq!(feed["events"].as_array().map(Vec::len), Some(4));
    let rest = server.get(&format!("/feed?after={}", feed["next"]))?.json()?;
    assert_eq!(rest["events"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.stop()?, Some(0));
    Ok(())
}

#[test]
fn tickets_are_found_by_every_filter_and_page_by_page() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    for number in 1..=5 {
        let team = if number % 2 == 0 { "network" } else { "desktop" };
        let draft = json!({ "kind": "task", "subject": format!("Task {number}"), "team": team, "queue": "q", "tags": [team, "all"] });
        assert_eq!(server.post("/tickets", &[ADA], &draft.to_string())?.status, 201);
    }
    server.post("/tickets/4/commands", &[ADA], r#"[{"assign": "ada"}, {"move": "start"}]"#)?;
    let numbers = |path: &str| -> Result<Vec<i64>, Box<dyn Error>> {
        let page = server.get(path)?.json()?;
        let tickets = page["tickets"].as_array().ok_or_else(|| format!("{path}: {page}"))?;
        Ok(tickets.iter().filter_map(|ticket| ticket["number"].as_i64()).collect())
    };
    for (search, found) in [
        ("", &[5, 4, 3, 2, 1][..]),
        ("?q=sort:created", &[1, 2, 3, 4, 5]),
        ("?q=sort:-number&limit=2", &[5, 4]),
        ("?q=sort:-updated&limit=1", &[4]),
        ("?q=sort:due+status:new,open&limit=500", &[1, 2, 3, 4, 5]),
        ("?q=team:network", &[4, 2]),
        ("?q=team:network,desktop+status:open", &[4]),
        ("?q=assignee:ada", &[4]),
        ("?q=assignee:me", &[]),
        ("?q=assignee:none+tag:all+tag:network", &[2]),
        ("?q=kind:incident", &[]),
        ("?q=queue:q+TASK+3", &[3]),
        ("?q=%22task%22%20-1", &[5, 4, 3, 2]),
        ("?q=number:%3E3+or+number:TSK-1%20or%20(status:open%20-team:desktop)", &[5, 4, 1]),
        ("?q=status+was+new+-status:new", &[4]),
        ("?q=state+changed+by+ada", &[4]),
        ("?q=created%3E-1h+-is:assigned+number%3C3", &[2, 1]),
    ] {
        assert_eq!(numbers(&format!("/tickets{search}"))?, found, "{search}");
    }
    let mut seen = Vec::new();
    let mut path = "/tickets?limit=2".to_owned();
    loop {
        seen.extend(numbers(&path)?);
        let page = server.get(&path)?.json()?;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/tickets?limit=2&after={next}");
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    Ok(())
}

#[test]
fn a_search_says_where_the_words_stand() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    for (subject, description) in
        [("Noise", "As if a fire were on"), ("Printer on fire", "It burns"), ("Tea", "on ice")]
    {
        let draft = json!({ "kind": "task", "subject": subject, "description": description });
        assert_eq!(server.post("/tickets", &[ADA], &draft.to_string())?.status, 201);
    }
    let numbers = |found: &Value| -> Vec<i64> {
        found["hits"].as_array().into_iter().flatten().filter_map(|hit| hit["ticket"]["number"].as_i64()).collect()
    };
    let found = server.get("/search?q=fire+on")?.json()?;
    assert_eq!((numbers(&found), &found["read"], &found["next"]), (vec![2, 1], &json!(2), &Value::Null));
    let shown =
        json!({ "text": "As if a fire were on", "marks": [{ "start": 8, "end": 12 }, { "start": 18, "end": 20 }] });
    assert_eq!(found["hits"][1]["texts"][0]["snippet"], shown);
    assert_eq!(found["hits"][0]["subject"]["marks"], json!([{ "start": 8, "end": 10 }, { "start": 11, "end": 15 }]));
    assert_eq!(numbers(&server.get("/search?q=%22on+fire%22")?.json()?), [2]);
    assert_eq!(numbers(&server.get("/search?q=ic*")?.json()?), [3]);
    let best = server.get("/search?q=fire&best=true&limit=1")?.json()?;
    assert_eq!((numbers(&best), &best["read"], &best["hits"][0]["score"]), (vec![2], &json!(2), &json!(500)));
    let first = server.get("/search?q=on&limit=2")?.json()?;
    let next = first["next"].as_str().ok_or("no next page")?;
    assert_eq!(numbers(&server.get(&format!("/search?q=on&limit=2&after={next}"))?.json()?), [1]);
    for bad in ["?q=%22on", "?q=on&best=true&after=x", "?q=on+sort:created&best=true", "?best=maybe", "?words=on"] {
        assert_eq!(server.get(&format!("/search{bad}"))?.status, 400, "{bad}");
    }
    Ok(())
}

#[test]
fn tickets_are_merged_split_and_read_as_one_conversation() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let (one, other) = (open(&server, "No mail")?, open(&server, "Mail is down")?);
    server.post("/tickets/1/commands", &[ADA], r#"[{"reply": "On it"}, {"reply": "And the screen?"}]"#)?;
    let split = r#"{"messages": [3], "draft": {"kind": "request", "subject": "A screen"}}"#;
    let parts = server.post("/tickets/1/split", &[ADA], split)?;
    assert_eq!((parts.status, &parts.json()?["new"]["reference"]), (201, &json!("REQ-3")), "{parts:?}");
    assert!(parts.header("location").is_some_and(|to| to.starts_with("/tickets/")));
    let keyed = server.post("/tickets/1/split", &[ADA, "Idempotency-Key: x"], split)?;
    assert_eq!((keyed.status, &keyed.json()?["faults"][0]["path"]), (400, &json!("Idempotency-Key")));

    let merge = json!([{ "merge": one["id"] }]).to_string();
    assert_eq!(server.post("/tickets/2/commands", &[ADA], &merge)?.json()?["merged"], one["id"]);
    let gone = server.post("/tickets/2/commands", &[ADA], r#"[{"tag": "x"}]"#)?;
    assert_eq!((gone.status, &gone.json()?["into"]), (409, &one["id"]), "{gone:?}");
    let said = server.post("/tickets/2/commands", &[BO], r#"[{"reply": "Any news?"}]"#)?;
    assert_eq!(said.json()?["id"], one["id"], "it goes on there");
    let posts = server.get("/tickets/1/conversation")?.json()?;
    let texts: Vec<_> = posts["posts"].as_array().ok_or("no posts")?.iter().map(|post| &post["text"]).collect();
    assert_eq!(texts, ["On it", "Any news?"]);
    assert_eq!(server.get("/tickets/3/conversation")?.json()?["posts"][0]["text"], "And the screen?");
    assert_eq!(server.post("/tickets/2/commands", &[ADA], r#"["unmerge"]"#)?.json()?["id"], other["id"]);
    calm(&server)
}

#[test]
fn many_tickets_are_worked_at_once_and_each_is_told_of() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    for kind in ["incident", "task", "incident"] {
        server.post("/tickets", &[ADA], &json!({ "kind": kind, "subject": "x", "queue": "late" }).to_string())?;
    }
    let bulk = |more: Value, headers: &[&str]| -> Result<Value, Box<dyn Error>> {
        let mut body = json!({ "filter": { "q": "queue:late" }, "commands": [{ "tag": "outage" }] });
        body.as_object_mut().ok_or("no body")?.extend(more.as_object().ok_or("no more")?.clone());
        let answer = server.post("/bulk", &[&[ADA], headers].concat(), &body.to_string())?;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let effects = |answer: &Value| -> Vec<String> {
        let outcomes = answer["outcomes"].as_array().into_iter().flatten();
        outcomes.map(|one| one["effect"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(effects(&bulk(json!({ "dry_run": true }), &[])?), ["changed"; 3]);
    assert_eq!(server.get("/tickets/1")?.json()?["tags"], Value::Null, "it was only decided");
    let first = bulk(json!({ "filter": { "q": "queue:late", "limit": 2 } }), &["Idempotency-Key: k"])?;
    assert_eq!((effects(&first), &first["complete"]), (vec!["changed".to_owned(); 2], &json!(false)));
    let rest = bulk(json!({ "filter": { "q": "queue:late", "after": first["next"] } }), &["Idempotency-Key: k"])?;
    assert_eq!((effects(&rest), &rest["complete"]), (vec!["changed".to_owned()], &json!(true)));
    assert_eq!(effects(&bulk(json!({}), &["Idempotency-Key: k"])?), ["repeated"; 3]);
    let atomic =
        json!({ "atomic": true, "commands": [{ "move": "resolve" }, { "move": "reopen" }, { "move": "escalate" }] });
    let refused = bulk(atomic, &[])?;
    assert!(effects(&refused).iter().all(|effect| effect == "refused"), "{refused}");
    assert!(refused["outcomes"][0]["why"].as_str().is_some_and(|why| why.contains("escalate")), "{refused}");
    let forbidden = server.post("/bulk", &[BO], r#"{"filter": {}, "commands": []}"#)?;
    assert_eq!((forbidden.status, &forbidden.json()?["capability"]), (403, &json!("read")));
    calm(&server)
}

#[test]
fn a_vote_on_what_changed_is_stale_and_a_template_opens_its_tickets() -> Done {
    let scratch = Scratch::new()?;
    let toml = "[approvals.cab]\nsteps = [{ from = { people = [\"eve\"] }, need = 1 }]\n\
        [templates.newcomer.tickets.laptop]\nkind = \"task\"\nsubject = \"Laptop\"\n";
    std::fs::write(scratch.path("desk.toml"), toml)?;
    let server = Server::start_at(&scratch, "127.0.0.1:0", &["--config", "desk.toml"])?;
    open(&server, "No mail")?;
    server.post("/tickets/1/commands", &[ADA], r#"[{"request_approval": "cab"}, {"rename": "No mail at all"}]"#)?;
    let vote = |seen: u8| {
        let body = json!([{ "approve": { "approval": "cab", "seen": seen } }]).to_string();
        server.post("/tickets/1/commands", &["X-Actor: agent:eve"], &body)
    };
    let stale = vote(2)?;
    assert_eq!((stale.status, &stale.json()?["revised"]), (409, &json!(3)), "{stale:?}");
    assert_eq!(vote(3)?.status, 200);
    let opened = server.post("/tickets/1/instantiate", &[ADA], r#"{"template": "newcomer"}"#)?;
    assert_eq!((opened.status, &opened.json()?["tickets"][0]["subject"]), (201, &json!("Laptop")), "{opened:?}");
    assert_eq!(server.post("/tickets/1/instantiate", &[ADA], r#"{"template": "none"}"#)?.status, 422);
    calm(&server)
}
