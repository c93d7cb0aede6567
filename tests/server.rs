//! The server, run as a process: the ways through it, bad input, and what is left after a crash.

mod programs;

use std::error::Error;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use programs::{Done, Response, Scratch, Server, exchange, request, skipped};

const ADA: &str = "X-Actor: agent:ada";
const BO: &str = "X-Actor: requester:bo";

fn open(server: &Server, subject: &str) -> Result<Value, Box<dyn Error>> {
    let body = json!({ "kind": "incident", "subject": subject, "impact": 1 }).to_string();
    let response = server.post("/tickets", &[BO], &body)?;
    assert_eq!(response.status, 201, "{response:?}");
    response.json()
}

#[test]
fn a_ticket_is_opened_worked_and_resolved() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    assert_eq!(server.get("/healthz")?.status, 200);
    let ticket = open(&server, "No mail")?;
    assert_eq!((&ticket["reference"], &ticket["priority"]), (&json!("INC-1"), &json!("p2")));
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
        ("?sort=created", &[1, 2, 3, 4, 5]),
        ("?sort=-number&limit=2", &[5, 4]),
        ("?sort=-updated&limit=1", &[4]),
        ("?sort=rank&status=new,open&limit=500", &[1, 2, 3, 4, 5]),
        ("?team=network", &[4, 2]),
        ("?team=network,desktop&status=open", &[4]),
        ("?assignee=ada", &[4]),
        ("?assignee=-&tag=all,network", &[2]),
        ("?kind=incident", &[]),
        ("?queue=q&q=TASK+3", &[3]),
        ("?q=%22task%22%20-1", &[1]),
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
fn reports_come_as_json_text_and_csv() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    for name in ["overview", "volume", "response", "attainment", "daily", "weekly", "monthly", "agents", "reopens"] {
        let sections = server.get(&format!("/reports/{name}"))?.json()?["sections"].clone();
        assert!(sections.as_array().is_some_and(|sections| !sections.is_empty()), "{name}");
    }
    let text = server.get("/reports/volume?format=text")?;
    assert!(text.body.contains("status  priority  tickets\nnew     p2              1\n"), "{}", text.body);
    let csv = server.get("/reports/attainment?format=csv")?;
    assert!(csv.body.contains("first_response,0,0,0,1,0,"), "{}", csv.body);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    Ok(())
}

/// The method and path, headers, the body; the status, and what the answer names.
type Bad<'a> = (&'a str, &'a [&'a str], &'a str, u16, &'a str);

#[test]
fn bad_input_is_refused_with_its_reasons_and_changes_nothing() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    let deep = "[".repeat(100_000);
    let long_key = format!("Idempotency-Key: {}", "x".repeat(5000));
    let long_subject = json!({ "kind": "incident", "subject": "x".repeat(1001) }).to_string();
    let text_type = "Content-Type: text/plain";
    let bad: &[Bad<'_>] = &[
        // Malformed.
        ("POST /tickets", &[], "", 400, "EOF"),
        ("POST /tickets", &[], "{", 400, "EOF"),
        ("POST /tickets", &[], "null", 400, "invalid type"),
        ("POST /tickets", &[], "{\"kind\": \"incident\", \"subject\": \"\u{7f}\"} x", 400, "trailing"),
        // Half a character, which no text of ours can hold.
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "\ud800"}"#, 400, "hex escape"),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "\udc00!"}"#, 400, "surrogate"),
        ("POST /tickets", &[], &deep, 400, "malformed"),
        ("POST /tickets", &[], r#"{"kind": "incident"}"#, 400, "missing field `subject`"),
        (
            "POST /tickets",
            &[],
            r#"{"kind": "incident", "subject": "x", "priority": "p1"}"#,
            400,
            "unknown field `priority`",
        ),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "tags": ["a", 1]}"#, 400, r#""path":"tags[1]""#),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "fields": {"size": 1.5}}"#, 400, "fields.size"),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "impact": 256}"#, 400, r#""path":"impact""#),
        ("POST /tickets", &[text_type], r#"{"kind": "incident", "subject": "x"}"#, 415, "application/json"),
        ("POST /tickets/1/commands", &[ADA], r#"{"move": "start"}"#, 400, "expected a sequence"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"jump": "start"}]"#, 400, "unknown variant `jump`"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"move": "start", "note": "x"}]"#, 400, "malformed"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"rate": {"impact": 1, "urgency": 1, "x": 1}}]"#, 400, "[0].rate.x"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"set": {"field": "size"}}]"#, 400, "missing field `value`"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"snooze": "tomorrow"}]"#, 400, "[0].snooze"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"prioritise": {"priority": "p0", "reason": "x"}}]"#, 400, "p1 to p9"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"link": {"kind": "blocks", "to": "INC-1"}}]"#, 400, "[0].link.to"),
        ("POST /tickets/1/commands", &[ADA, "If-Match: yesterday"], "[]", 400, "If-Match"),
        ("POST /tickets/1/commands", &["X-Actor: ada"], "[]", 400, "agent:ada"),
        ("POST /tickets/1/commands", &["X-Actor: system:ticketcore"], "[]", 400, "X-Actor"),
        ("POST /tickets/1/commands", &["X-Actor: agent:"], "[]", 400, "X-Actor"),
        ("GET /tickets?colour=red", &[], "", 400, "unknown field `colour`"),
        ("GET /tickets?status=done", &[], "", 400, "`pending`"),
        ("GET /tickets?sort=age", &[], "", 400, "`rank`"),
        ("GET /tickets?after=x", &[], "", 400, "no cursor"),
        ("GET /tickets?limit=-1", &[], "", 400, "limit"),
        ("GET /tickets/%ff", &[], "", 400, "malformed"),
        ("GET /reports/%ff", &[], "", 400, "malformed"),
        ("GET /feed?after=now", &[], "", 400, "malformed"),
        ("GET /reports/volume?format=xml", &[], "", 400, "format"),
        // Not there.
        ("GET /", &[], "", 404, "not found"),
        ("GET /tickets/INC-2", &[], "", 404, "INC-2"),
        ("GET /tickets/0", &[], "", 404, "not found"),
        ("GET /tickets/99999999999999999999", &[], "", 404, "not found"),
        ("GET /tickets/00000000-0000-0000-0000-000000000000", &[], "", 404, "not found"),
        ("GET /tickets/%00", &[], "", 404, "not found"),
        ("GET /reports/mttr", &[], "", 404, "volume"),
        ("DELETE /tickets/1", &[], "", 405, "method"),
        // Read, and refused.
        ("POST /tickets", &[], r#"{"kind": "wish", "subject": "x"}"#, 422, "known: "),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": " "}"#, 422, r#""path":"subject""#),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "a\u0000b"}"#, 422, "NUL"),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "impact": 4}"#, 422, "matrix"),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "team": "a\nb"}"#, 422, r#""path":"team""#),
        ("POST /tickets", &[], r#"{"kind": "incident", "subject": "x", "fields": {"size": 1}}"#, 422, "fields.size"),
        ("POST /tickets", &[], &long_subject, 422, "the limit is 1000"),
        ("POST /tickets", &[&long_key], r#"{"kind": "incident", "subject": "x"}"#, 422, "once"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"move": "reopen"}]"#, 409, r#""possible":["start","#),
        ("POST /tickets/1/commands", &[ADA], r#"[{"assign": "ada"}, {"move": "close"}]"#, 409, "no such move"),
        ("POST /tickets/1/commands", &[BO], r#"[{"move": "start"}]"#, 409, r#""why":"forbidden""#),
        ("POST /tickets/1/commands", &[ADA], r#"[{"reply": ""}]"#, 422, "body"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"snooze": "2020-01-01T00:00:00Z"}]"#, 422, "future"),
        ("POST /tickets/1/commands", &[ADA, "If-Match: \"7\""], r#"[{"assign": "ada"}]"#, 412, r#""version":1"#),
        (
            "POST /tickets/1/commands",
            &[ADA],
            r#"[{"link": {"kind": "blocks", "to": "00000000-0000-0000-0000-000000000000"}}]"#,
            422,
            "no such ticket",
        ),
    ];
    let before = server.get("/feed")?.body;
    for (line, headers, body, status, names) in bad {
        let (method, path) = line.split_once(' ').ok_or("no method")?;
        let kind = if headers.contains(&text_type) { "X-Nothing: x" } else { "Content-Type: application/json" };
        let headers: Vec<&str> = [&[kind], *headers].concat();
        let response = request(server.address, method, path, &headers, body.as_bytes())?;
        let what = format!("{line} {headers:?} {body:.200}: {response:?}");
        assert_eq!(response.status, *status, "{what}");
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{what}");
        let problem = response.json()?;
        assert!(problem["type"].is_string() && problem["title"].is_string() && problem["status"] == *status, "{what}");
        assert!(response.body.contains(names), "{names:?} in {what}");
    }
    assert_eq!(server.get("/feed")?.body, before, "nothing was written");
    calm(&server)
}

/// It lives, and never panicked.
fn calm(server: &Server) -> Done {
    assert_eq!(server.get("/healthz")?.status, 200);
    let log = server.log()?;
    assert!(!log.contains("panicked"), "{log}");
    Ok(())
}

#[test]
fn a_body_that_is_too_large_is_not_read() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let description =
        |length| json!({ "kind": "incident", "subject": "x", "description": "x".repeat(length) }).to_string();
    let response = server.post("/tickets", &[], &description(10 << 20))?;
    assert_eq!((response.status, response.header("content-type")), (413, Some("application/problem+json")));
    let response = server.post("/tickets", &[], &description((1 << 20) + 1))?;
    assert_eq!(response.status, 422, "longer than the desk's own limit: {response:?}");
    assert_eq!(server.post("/tickets", &[], &description(1 << 20))?.status, 201);
    drop(server);

    let small = Server::start_at(&scratch, "127.0.0.1:0", &["--body-limit", "100"])?;
    assert_eq!(small.post("/tickets", &[], &description(100))?.status, 413);
    assert_eq!(small.post("/tickets", &[], &description(10))?.status, 201);
    calm(&small)
}

/// A generator that needs no crate: xorshift.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or_default() % below
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next(256)).unwrap_or_default()
    }
}

#[test]
fn garbage_is_answered_and_never_panicked_at() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    let seeds = [
        (
            "/tickets",
            r#"{"kind": "incident", "subject": "x", "impact": 1, "tags": ["a"], "fields": {}, "channel": "web"}"#,
        ),
        ("/tickets/INC-1/commands", r#"[{"assign": "ada"}, {"rate": {"impact": 1, "urgency": 3}}, {"note": "x"}]"#),
        (
            "/tickets/INC-1/commands",
            r#"[{"snooze": "2030-01-01T00:00:00Z"}, "wake", {"acknowledge": {"until": null}}]"#,
        ),
        (
            "/ingest/alertmanager",
            r#"{"alerts": [{"status": "firing", "labels": {"a": "b"}, "endsAt": "0001-01-01T00:00:00Z"}]}"#,
        ),
    ];
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for round in 0..1500 {
        let (path, seed) = seeds[round % seeds.len()];
        let mut body = seed.as_bytes().to_vec();
        for _ in 0..=chance.next(4) {
            let place = chance.next(body.len() - 1) + 1;
            match chance.next(4) {
                0 => body[place] = chance.byte(),
                1 => drop(body.remove(place - 1)),
                2 => body.insert(place, b"0123456789{}[]\",:-eE\\"[chance.next(21)]),
                _ => body.truncate(place + 2),
            }
        }
        let json = "Content-Type: application/json";
        let response = request(server.address, "POST", path, &[json, ADA], &body)?;
        let what = format!("{path} {}: {response:?}", String::from_utf8_lossy(&body));
        assert!(matches!(response.status, 200 | 201 | 400 | 409 | 422), "{what}");
    }
    for _ in 0..200 {
        let line: Vec<u8> = (0..chance.next(200)).map(|_| chance.byte()).collect();
        // Whether there is an answer to what is not HTTP is nobody's business.
        let _ = exchange(server.address, &[b"GET /tickets", &*line, b"\r\nConnection: close\r\n\r\n"].concat());
    }
    calm(&server)
}

#[test]
fn a_repeated_request_has_one_effect_and_the_first_answer() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let key = "Idempotency-Key: mail-4711";
    let ask = || server.post("/tickets", &[BO, key], r#"{"kind": "incident", "subject": "No mail"}"#).unwrap();
    let answers: Vec<Response> =
        thread::scope(|scope| [(); 8].map(|()| scope.spawn(ask)).map(|asked| asked.join().unwrap()).into());
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
    assert_eq!(server.count()?, 1);
    for _ in 0..2 {
        let noted = server.post("/tickets/1/commands", &[ADA, "Idempotency-Key: note-1"], r#"[{"note": "x"}]"#)?;
        assert_eq!((noted.status, noted.header("etag")), (200, Some("\"2\"")));
    }
    assert_eq!(server.story("1")?, ["opened", "said"]);
    Ok(())
}

#[test]
fn a_stale_if_match_conflicts_and_writes_nothing() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    let tag = server.get("/tickets/1")?.header("etag").ok_or("no tag")?.to_owned();
    let header = format!("If-Match: {tag}");
    let assign =
        |person: &str| server.post("/tickets/1/commands", &[ADA, &header], &json!([{ "assign": person }]).to_string());
    assert_eq!(assign("ada")?.status, 200);
    let stale = assign("eve")?;
    assert_eq!((stale.status, &stale.json()?["version"]), (412, &json!(2)));
    assert_eq!(server.get("/tickets/1")?.json()?["assignee"], "ada");
    Ok(())
}

fn alert(status: &str, labels: &Value) -> String {
    let ends = if status == "firing" { "0001-01-01T00:00:00Z" } else { "2026-01-01T00:00:00Z" };
    let alert = json!({
        "status": status, "labels": labels, "annotations": { "summary": "Disk full" },
        "startsAt": "2025-12-31T23:59:00.123Z", "endsAt": ends, "generatorURL": "", "fingerprint": "",
    });
    json!({ "version": "4", "status": status, "receiver": "desk", "truncatedAlerts": 0, "alerts": [alert] }).to_string()
}

#[test]
fn alerts_become_tickets_by_their_labels() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let post = |body: &str| server.post("/ingest/alertmanager", &[], body);
    let became = |response: Response| -> Result<Value, Box<dyn Error>> {
        assert_eq!(response.status, 200, "{response:?}");
        Ok(response.json()?["alerts"].clone())
    };
    let labels = json!({ "alertname": "DiskFull", "severity": "page", "host": "db-1" });
    assert_eq!(became(post(&alert("firing", &labels))?)?, json!([{ "became": "opened", "ticket": "INC-1" }]));
    assert_eq!(became(post(&alert("firing", &labels))?)?[0]["became"], "repeated");
    assert_eq!(became(post(&alert("resolved", &labels))?)?[0]["became"], "cleared");
    assert_eq!(became(post(&alert("resolved", &labels))?)?[0]["became"], "known", "the same end, told again");
    assert_eq!(became(post(&alert("resolved", &json!({ "alertname": "Other" })))?)?[0]["became"], "unmatched");
    let ticket = server.get("/tickets/INC-1")?.json()?;
    assert_eq!((&ticket["priority"], &ticket["subject"]), (&json!("p1"), &json!("Disk full")));
    assert_eq!((&ticket["team"], &ticket["alert"]["count"]), (&json!("operations"), &json!(2)));
    let story = ["opened", "signalled", "signalled", "signalled", "moved"];
    assert_eq!(server.story("INC-1")?, story);

    // An alert without labels is one all the same; a label's order means nothing; one alert's fault is its own.
    assert_eq!(became(post(r#"{"alerts": [{"status": "firing"}]}"#)?)?[0]["ticket"], "INC-2");
    let mixed = json!({ "alerts": [
        { "status": "firing", "labels": { "b": "1", "a": "2" } },
        { "status": "firing", "labels": { "c": "\u{0}" } },
        { "status": "firing", "labels": { "a": "2", "b": "1" }, "annotations": { "summary": "é".repeat(5000) } },
    ]});
    let refused = post(&mixed.to_string())?;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()?["faults"][0]["path"], "alerts[1].labels.c");
    assert_eq!(server.story("INC-3")?, ["opened", "signalled", "signalled"], "what could be taken in was");
    assert_eq!(server.count()?, 3);

    for (body, path) in [
        ("", ""),
        ("firing", ""),
        (r#"{"status": "firing"}"#, ""),
        (r#"{"alerts": {}}"#, "alerts"),
        (r#"{"alerts": [{"status": "firing"}, {"status": "broken"}]}"#, "alerts[1].status"),
        (r#"{"alerts": [{"labels": {}}]}"#, "alerts[0]"),
        (r#"{"alerts": [{"status": "firing", "labels": {"x": 1}}]}"#, "alerts[0].labels.x"),
        (r#"{"alerts": [{"status": "resolved", "endsAt": "noon"}]}"#, "alerts[0].endsAt"),
    ] {
        let response = post(body)?;
        assert_eq!(
            (response.status, &response.json()?["faults"][0]["path"]),
            (400, &json!(path)),
            "{body}: {response:?}"
        );
    }
    assert_eq!(server.count()?, 3);
    calm(&server)
}

#[test]
fn a_crash_between_firing_and_resolved_loses_nothing_and_duplicates_nothing() -> Done {
    let scratch = Scratch::new()?;
    let labels = json!({ "alertname": "DiskFull", "severity": "critical" });
    for _ in 0..3 {
        let server = Server::start(&scratch)?;
        assert_eq!(server.post("/ingest/alertmanager", &[], &alert("firing", &labels))?.status, 200);
        server.kill()?;
    }
    let server = Server::start(&scratch)?;
    assert_eq!(server.post("/ingest/alertmanager", &[], &alert("resolved", &labels))?.status, 200);
    assert_eq!(server.count()?, 1);
    assert_eq!(server.story("1")?, ["opened", "signalled", "signalled", "signalled", "signalled", "moved"]);
    assert_eq!(server.get("/tickets/1")?.json()?["status"], "resolved");
    let published = server.log()?.matches("configuration published").count();
    assert_eq!(published, 1, "a desk that has a configuration keeps it");
    Ok(())
}

/// What Alertmanager posts, as another product keeps it for its own tests.
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/alerts/integration-examples.json");

#[test]
fn a_payload_from_the_wild_is_taken_in() -> Done {
    let Ok(file) = std::fs::read_to_string(PAYLOADS) else {
        return skipped(&format!("there are no payloads from the wild at {PAYLOADS}"));
    };
    let file: Value = serde_json::from_str(&file)?;
    let payload = &file["tools"]["alertmanager"]["example_payload"];
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    for became in ["opened", "repeated"] {
        let taken = server.post("/ingest/alertmanager", &[], &payload.to_string())?.json()?;
        let taken = taken["alerts"].as_array().ok_or("no alerts")?;
        assert!(taken.len() == 2 && taken.iter().all(|alert| alert["became"] == became), "{taken:?}");
    }
    server.kill()?;
    let server = Server::start(&scratch)?;
    let resolved =
        payload.to_string().replace("firing", "resolved").replace("0001-01-01T00:00:00Z", "2023-06-12T09:00:00Z");
    assert_eq!(server.post("/ingest/alertmanager", &[], &resolved)?.status, 200);
    let tickets = server.get("/tickets")?.json()?;
    let tickets = tickets["tickets"].as_array().ok_or("no tickets")?;
    assert!(tickets.len() == 2 && tickets.iter().all(|ticket| ticket["status"] == "resolved"), "{tickets:?}");
    Ok(())
}

#[test]
fn a_sender_is_asked_to_come_back_while_storage_is_busy() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    let labels = json!({ "alertname": "DiskFull" });
    let other = rusqlite::Connection::open(scratch.path("desk.db"))?;
    other.busy_timeout(Duration::from_secs(10))?;
    other.execute_batch("begin immediate")?;
    let busy = server.post("/ingest/alertmanager", &[], &alert("firing", &labels))?;
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("5")), "{busy:?}");
    other.execute_batch("rollback")?;
    assert_eq!(server.post("/ingest/alertmanager", &[], &alert("firing", &labels))?.status, 200);
    assert_eq!(server.count()?, 1);
    calm(&server)
}

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
