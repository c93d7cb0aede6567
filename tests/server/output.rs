//! Reports, pictures and metrics.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::open;
use crate::programs::{Done, Scratch, Server, request};

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
