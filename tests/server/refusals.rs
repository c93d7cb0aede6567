//! What is refused, repeated or comes too late; nothing of it changes anything.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::alerts::alert;
use crate::programs::{Done, Response, Scratch, Server, exchange, request};
use crate::{ADA, BO, calm, open};

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
