//! The server, run as a process: the ways through it, bad input, and what is left after a crash.

mod programs;

use std::collections::{BTreeMap, BTreeSet};
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
fn reports_come_in_every_format_and_as_pictures() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    for name in ["overview", "volume", "response", "attainment", "daily", "weekly", "monthly", "agents", "reopens"] {
        let sections = server.get(&format!("/reports/{name}"))?.json()?["sections"].clone();
        assert!(sections.as_array().is_some_and(|sections| !sections.is_empty()), "{name}");
    }
    let text = server.get("/reports/volume?format=table")?;
    assert!(text.body.contains("status  priority  tickets\nnew     p2              1\n"), "{}", text.body);
    let csv = server.get("/reports/attainment?format=csv")?;
    assert!(csv.body.contains("first_response,0,0,0,1,0,"), "{}", csv.body);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let lines = server.get("/reports/volume?format=ndjson")?;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson; charset=utf-8"));
    for line in lines.body.lines() {
        assert!(serde_json::from_str::<Value>(line)?["row"].is_object(), "{line}");
    }
    let accepting =
        |accept: &str| request(server.address, "GET", "/reports/daily", &[&format!("Accept: {accept}")], b"");
    let markdown = accepting("text/html;q=0.9, text/markdown")?;
    assert!(markdown.body.starts_with("## Opened, resolved and closed by day\n"), "{}", markdown.body);
    assert_eq!(markdown.header("vary"), Some("Accept"));
    let picture = accepting("image/svg+xml")?;
    assert!(picture.body.starts_with("<svg ") && picture.body.contains("prefers-color-scheme"), "{}", picture.body);
    assert_eq!(accepting("text/html")?.status, 406);
    let none = server.get("/reports/response?format=svg")?;
    assert!(none.status == 404 && none.body.contains("no picture"), "{}", none.body);
    Ok(())
}

/// Holds a text to what OpenMetrics 1.0 demands, as a strict reader would, and returns its samples: name with labels, value.
fn openmetrics(text: &str) -> Vec<(String, f64)> {
    let (body, end) = text.split_at(text.len() - "# EOF\n".len());
    assert_eq!(end, "# EOF\n");
    let mut samples: Vec<(String, f64)> = Vec::new();
    let mut family: Option<(String, String)> = None;
    let mut families = BTreeSet::new();
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned()), "{name} is there twice");
            family = Some((name.to_owned(), kind.to_owned()));
            continue;
        }
        let (name, kind) = family.as_ref().expect("a type before everything else");
        if let Some(described) = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# UNIT ")) {
            let (described, rest) = described.split_once(' ').unwrap();
            assert_eq!(described, name);
            assert!(!line.starts_with("# UNIT") || name.ends_with(&format!("_{rest}")), "{line}");
            continue;
        }
        let (labelled, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.replace("+Inf", "inf").parse().unwrap();
        let bare = labelled.split('{').next().unwrap();
        let suffixes: &[&str] = match kind.as_str() {
            "gauge" => &[""],
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            kind => panic!("{kind}"),
        };
        assert!(suffixes.iter().any(|suffix| bare == format!("{name}{suffix}")), "{line} in {name}");
        assert!(samples.iter().all(|(other, _)| other != labelled), "{labelled} is there twice");
        samples.push((labelled.to_owned(), value));
    }
    samples
}

#[test]
fn metrics_are_those_of_a_strict_reader() -> Done {
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    open(&server, "No mail")?;
    open(&server, "No phone")?;
    server.get("/tickets/9")?;
    let answer = server.get("/metrics")?;
    assert_eq!(answer.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let samples: BTreeMap<String, f64> = openmetrics(&answer.body).into_iter().collect();
    for (name, value) in [
        ("ticketcore_tickets{kind=\"incident\",status=\"new\"}", 2.0),
        ("ticketcore_backlog{priority=\"p2\"}", 2.0),
        ("ticketcore_attainment{policy=\"first_response\",outcome=\"running\"}", 2.0),
        ("http_requests_total{method=\"POST\",status=\"201\"}", 2.0),
        ("http_requests_total{method=\"GET\",status=\"404\"}", 1.0),
        ("http_request_duration_seconds_bucket{method=\"POST\",status=\"201\",le=\"+Inf\"}", 2.0),
        ("http_request_duration_seconds_count{method=\"POST\",status=\"201\"}", 2.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in {}", answer.body);
    }
    // A customer sees no figure of what is not theirs.
    let customers = request(server.address, "GET", "/metrics", &["X-Actor: requester:eve"], b"")?;
    assert!(!customers.body.contains("kind=\"incident\""), "{}", customers.body);
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
        ("GET /tickets?q=status:done", &[], "", 400, "at 8: unknown status `done`"),
        ("GET /tickets?q=sort:age", &[], "", 400, "there are due, rank"),
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
        ("POST /tickets/1/commands", &[BO], r#"[{"move": "start"}]"#, 403, r#""capability":"move""#),
        ("POST /tickets/1/commands", &[ADA], r#"[{"reply": ""}]"#, 422, "body"),
        ("POST /tickets/1/commands", &[ADA], r#"[{"snooze": "2020-01-01T00:00:00Z"}]"#, 422, "future"),
        ("POST /tickets/1/commands", &[ADA, "If-Match: \"7\""], r#"[{"assign": "ada"}]"#, 409, r#""version":1"#),
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
    assert_eq!((stale.status, &stale.json()?["version"]), (409, &json!(2)));
    let change = &stale.json()?["changes"][0];
    assert_eq!(
        (&change["field"], &change["to"], &change["by"]["id"]),
        (&json!("assignee"), &json!("ada"), &json!("ada"))
    );
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

const ADMIN: &str = "X-Roles: admin";

fn put(server: &Server, path: &str, headers: &[&str], body: &Value) -> Result<Response, Box<dyn Error>> {
    let headers = [&["Content-Type: application/json", ADA, ADMIN], headers].concat();
    request(server.address, "PUT", path, &headers, body.to_string().as_bytes())
}

fn get(server: &Server, path: &str, headers: &[&str]) -> Result<Response, Box<dyn Error>> {
    request(server.address, "GET", path, headers, b"")
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
