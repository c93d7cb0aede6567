//! Alerts of a monitor.

use std::error::Error;

use serde_json::{Value, json};

use crate::calm;
use crate::programs::{Done, Response, Scratch, Server, skipped};

pub(crate) fn alert(status: &str, labels: &Value) -> String {
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
