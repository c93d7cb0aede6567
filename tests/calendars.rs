//! What the calendars of two other libraries answer, against ours.
//!
//! The vectors restate their test suites as facts. Where ours differs it does so by choice: each such vector stands in
//! a bucket below with the reason and with our answer, and all others have to be equal.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use ticketcore::time::{Calendar, Hours, Week, Zone};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/calendars/vectors.json");

/// Why ours differs, and what it answers.
const BUCKETS: [(&str, &[(&str, &str)]); 6] = [
    (
        "a budget used up at closing ends at the closing, not at the next opening",
        &[("biz-013", r#""2006-01-08T12:00:00Z""#)],
    ),
    (
        "a budget of nothing ends where it starts, open or not",
        &[("biz-010", r#""2006-01-03T00:00:00Z""#), ("biz-011", r#""2006-01-03T00:00:00Z""#)],
    ),
    ("a day of 25 hours is 25 hours of open time", &[("working_hours-103", "90000")]),
    ("a reversed period is negative, not nothing", &[("biz-002", "-142200")]),
    (
        "a skipped civil time is the instant of the skip, not an hour later",
        &[
            ("biz-043", r#"[["2006-04-02T10:00:00Z","2006-04-02T10:15:00Z"]]"#),
            ("biz-044", r#""2014-03-09T10:00:00Z""#),
        ],
    ),
    (
        "a day off that starts a count is not moved to a working day first",
        &[
            ("working_hours-114", r#""2014-04-09""#),
            ("working_hours-115", r#""2014-04-07""#),
            ("working_hours-117", r#""2014-04-10""#),
            ("working_hours-118", r#""2014-04-08""#),
        ],
    ),
];

#[test]
fn other_libraries_agree_but_where_we_chose_otherwise() -> Result<(), Box<dyn Error>> {
    let Ok(text) = std::fs::read_to_string(VECTORS) else {
        // Not `eprintln!`, which the test harness hides when a test passes.
        return Ok(writeln!(std::io::stderr(), "SKIPPED: the vectors of other calendars are not at {VECTORS}")?);
    };
    let file: Value = serde_json::from_str(&text)?;
    let vectors = file["vectors"].as_array().ok_or("no vectors")?;
    assert_eq!(vectors.len(), 179);

    let choices: BTreeMap<&str, &str> = BUCKETS.into_iter().flat_map(|(_, bucket)| bucket.iter().copied()).collect();
    for vector in vectors {
        let id = vector["id"].as_str().ok_or("no id")?;
        let (ours, theirs) = (answer(vector).map_err(|error| format!("{id}: {error}"))?, in_utc(&vector["expect"]));
        match choices.get(id) {
            Some(choice) => {
                assert_eq!(ours, serde_json::from_str::<Value>(choice)?, "{id} {}", vector["name"]);
                assert_ne!(ours, theirs, "{id} is no difference any more");
            }
            None => assert_eq!(ours, theirs, "{id} {}", vector["name"]),
        }
    }

    eprintln!("{} vectors, {} equal; different by choice:", vectors.len(), vectors.len() - choices.len());
    for (reason, bucket) in BUCKETS {
        eprintln!("{:4}  {reason}", bucket.len());
    }
    Ok(())
}

/// Our answer to the question of a vector.
fn answer(vector: &Value) -> Result<Value, Box<dyn Error>> {
    let input = &vector["in"];
    let at =
        |key: &str| -> Result<DateTime<Utc>, Box<dyn Error>> { Ok(input[key].as_str().ok_or("no instant")?.parse()?) };
    let number = |key: &str| input[key].as_i64().ok_or("no number");
    let date = |key: &str| -> Result<NaiveDate, Box<dyn Error>> { Ok(text(&input[key]).parse()?) };

    let op = text(&vector["op"]);
    if op == "wall_to_instant" {
        let zone = Zone::named(text(&vector["calendar"]["tz"]))?;
        return Ok(instant(Some(zone.instant(date("date")?.and_time(text(&input["time"]).parse()?)))));
    }
    let calendar = Calendar::new(&hours(&vector["calendar"])?).map_err(|faults| format!("{faults:?}"))?;
    // The peers' inverse of `next_open`: one moment of open time back, and on again to its end.
    let tick = TimeDelta::microseconds(1);
    let open_at_or_before = |at| calendar.sub(at, tick).map(|last| last + tick);
    Ok(match op {
        "add" => {
            let (start, span) = (at("start")?, TimeDelta::seconds(number("seconds")?));
            instant(if span < TimeDelta::zero() { calendar.sub(start, -span) } else { calendar.add(start, span) })
        }
        "between" => json!(calendar.elapsed(at("start")?, at("end")?).num_seconds()),
        "is_open" => json!(calendar.is_open(at("at")?)),
        "open_at_or_after" => instant(calendar.next_open(at("at")?)),
        "open_at_or_before" => instant(open_at_or_before(at("at")?)),
        "close_after" => instant(calendar.next_close(at("at")?)),
        "next_open_strict" => {
            let at = at("at")?;
            let shut = if calendar.is_open(at) { calendar.next_close(at) } else { Some(at) };
            instant(shut.and_then(|shut| calendar.next_open(shut)))
        }
        "intervals_from" => {
            let count = usize::try_from(number("count")?)?;
            let intervals = calendar.open_between(at("at")?, DateTime::<Utc>::MAX_UTC).take(count);
            intervals.map(|open| json!([instant(Some(open.start)), instant(Some(open.end))])).collect()
        }
        "add_days" => json!(calendar.add_working_days(date("date")?, number("days")?)),
        "add_days_time" | "add_days_time_roll" => {
            let (start, days) = (calendar.zone().civil(at("start")?), number("days")?);
            let date = calendar.add_working_days(start.date(), days).ok_or("beyond the span")?;
            let landing = calendar.zone().instant(date.and_time(start.time()));
            instant(match op {
                "add_days_time" => Some(landing),
                _ if days < 0 => open_at_or_before(landing),
                _ => calendar.next_open(landing),
            })
        }
        "days_between_excl_start" => json!(calendar.working_days_between(date("start")?, date("end")?)),
        other => return Err(format!("no operation is called {other}").into()),
    })
}

fn hours(calendar: &Value) -> Result<Hours, Box<dyn Error>> {
    let windows = |spans: &Value| -> Vec<String> {
        list(spans).iter().map(|span| format!("{}-{}", text(&span[0]), text(&span[1]))).collect()
    };
    let dates = |dates: &Value| -> Result<BTreeMap<NaiveDate, Vec<String>>, chrono::ParseError> {
        let dates = dates.as_object().into_iter().flatten();
        dates.map(|(date, spans)| Ok((date.parse()?, windows(spans)))).collect()
    };
    let week = &calendar["week"];
    Ok(Hours {
        zone: Zone::named(text(&calendar["tz"]))?,
        week: Week {
            mon: windows(&week["mon"]),
            tue: windows(&week["tue"]),
            wed: windows(&week["wed"]),
            thu: windows(&week["thu"]),
            fri: windows(&week["fri"]),
            sat: windows(&week["sat"]),
            sun: windows(&week["sun"]),
        },
        holidays: list(&calendar["holidays"]).iter().map(|date| text(date).parse()).collect::<Result<_, _>>()?,
        dates: dates(&calendar["date_hours"])?,
        breaks: dates(&calendar["breaks"])?,
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn instant(at: Option<DateTime<Utc>>) -> Value {
    json!(at)
}

/// The same answer with its instants in UTC, for the peers use the offsets of the zone.
fn in_utc(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(in_utc).collect(),
        Value::String(text) => text.parse::<DateTime<Utc>>().map_or_else(|_| value.clone(), |at| instant(Some(at))),
        other => other.clone(),
    }
}
