//! How the ready reports look.

use chrono::{DateTime, Utc};

use super::*;
use crate::time::{Zone, micros};

fn at(text: &str) -> i64 {
    micros(text.parse::<DateTime<Utc>>().unwrap())
}

/// Reports on three tickets of a Monday and a Tuesday.
fn sections(name: &str) -> Vec<Section> {
    let standings = |policies: [Standing; 2]| Standing::encode(&policies);
    let first = Standing { policy: "first_response".into(), ..Standing::default() };
    let resolution = Standing { policy: "resolution".into(), ..Standing::default() };
    let texts = [
        standings([Standing { met: 1, ..first.clone() }, Standing { breached: 1, ..resolution.clone() }]),
        standings([Standing { met: 1, ..first.clone() }, Standing { running: 1, ..resolution.clone() }]),
        standings([Standing { breached: 1, ..first }, Standing { excused: 1, ..resolution }]),
    ];
    let tickets = [
        Figures {
            kind: "incident",
            status: "closed",
            priority: 1,
            team: Some("net"),
            assignee: Some("ada"),
            created: at("2026-11-16T08:00:00Z"),
            responded: Some(at("2026-11-16T08:05:03Z")),
            resolved: Some(at("2026-11-16T10:05:00Z")),
            first_resolved: Some(at("2026-11-16T09:00:00Z")),
            closed: Some(at("2026-11-17T23:30:00Z")),
            response: Some(303_000_000),
            resolution: Some(3_600_000_000),
            reopens: 2,
            reassigns: 1,
            score: Some(4),
            standings: &texts[0],
            ..Figures::default()
        },
        Figures {
            kind: "incident",
            status: "pending",
            priority: 1,
            team: Some("net"),
            assignee: Some("=cmd"),
            created: at("2026-11-16T09:00:00Z"),
            responded: Some(at("2026-11-16T09:00:42Z")),
            response: Some(500_000),
            standings: &texts[1],
            ..Figures::default()
        },
        Figures {
            kind: "request",
            status: "resolved",
            priority: 3,
            created: at("2026-11-17T07:00:00Z"),
            resolved: Some(at("2026-11-20T11:30:00Z")),
            first_resolved: Some(at("2026-11-20T11:30:00Z")),
            score: Some(0),
            standings: &texts[2],
            ..Figures::default()
        },
    ];
    let ask = Ask::new("2026-11-21T20:00:00Z".parse().unwrap()).zone(Zone::named("Europe/Berlin").unwrap()).policies([
        "first_response",
        "resolution",
        "update",
    ]);
    let report = named(name).unwrap();
    let mut tallier = Tallier::new(&ask.scan(&*report));
    tickets.iter().for_each(|ticket| tallier.add(ticket).unwrap());
    report.render(&ask, tallier.finish())
}

#[test]
fn people_read_aligned_tables() {
    let text = |name| sections(name).iter().map(Section::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(
        text("volume"),
        "\
Tickets by status and priority
How many tickets there are.

status    priority  tickets
pending   p1              1
resolved  p3              1
closed    p1              1

Of all tickets asked for. Exact.

Tickets by kind
How many tickets there are, and how many of them are neither resolved nor closed.

kind      tickets  backlog
incident        2        1
request         1        0

Of all tickets asked for. Exact.

Backlog by priority
How many tickets are neither resolved nor closed, and how long ago they were opened.

priority  backlog  age n  age mean  age min  age p50  age p90  age p95  age p99  age max
p1              1      1    5d 11h   5d 11h   5d 11h   5d 11h   5d 11h   5d 11h   5d 11h
p3              0      0         -        -        -        -        -        -        -

Of all tickets asked for. Times are on the wall clock. Exact.
"
    );
    assert_eq!(
        sections("response")[0].to_string(),
        "\
First response
From the opening to the first public reply of a human agent, on the wall clock.

priority  n    mean  min     p50     p90     p95     p99     max
p1        2  2m 52s  42s  2m 52s  4m 36s  4m 49s  5m 00s  5m 03s
p3        0       -    -       -       -       -       -       -
all       2  2m 52s  42s  2m 52s  4m 36s  4m 49s  5m 00s  5m 03s

Of all tickets asked for. Times are on the wall clock. Exact.
"
    );
    assert_eq!(
        text("attainment"),
        "\
Attainment
How the cycles of each policy ended or stand. The share is met of met and breached; the others do not count in it.

policy          met  breached  excused  running  dropped  share
first_response    2         1        0        0        0  66.6%
resolution        0         1        1        1        0   0.0%
update            0         0        0        0        0      -

Of all tickets asked for. Exact.
"
    );
    assert_eq!(
        text("daily"),
        "\
Opened, resolved and closed by day
By the opening, the last resolution and the closing, in Europe/Berlin. A reopened ticket leaves its day.

day         opened  resolved  closed
2026-11-16       2         1       0
2026-11-17       1         0       0
2026-11-18       0         0       1
2026-11-20       0         1       0

Of all tickets asked for. Exact.
"
    );
}

#[test]
fn spreadsheets_read_csv_without_formulas() {
    assert_eq!(
        sections("agents")[0].csv().replace("\r\n", "\n"),
        "\
assignee,tickets,backlog,resolution_n,resolution_mean_s,resolution_min_s,resolution_p50_s,resolution_p90_s,\
resolution_p95_s,resolution_p99_s,resolution_max_s
'=cmd,1,1,0,,,,,,,
ada,1,0,1,7500,7500,7500,7500,7500,7500,7500
,1,0,1,275400,275400,275400,275400,275400,275400,275400
"
    );
    assert_eq!(
        sections("reopens")[0].csv().replace("\r\n", "\n"),
        "\
team,reopen_rate_resolved,reopen_rate_reopened,reopen_rate,reopens_total,reopens_mean,reopens_max,\
reassigns_total,reassigns_mean,reassigns_max
net,1,1,1,2,1,2,1,0.5,1
,1,0,0,0,0,0,0,0,0
"
    );
}

#[test]
fn a_share_of_answers_stands_beside_their_number_and_none_of_none_is_empty() {
    assert_eq!(
        sections("satisfaction")[0].csv().replace("\r\n", "\n"),
        "\
team,satisfaction_answered,satisfaction_good,satisfaction,response_share_solved,response_share_answered,response_share
net,1,1,1,1,1,1
,0,0,,1,0,0
"
    );
}

#[test]
fn programs_read_json_with_units() {
    let expected = [
        r#"{"title":"First response, business time","#,
        r#""about":"From the opening to the first public reply of a human agent, in business time.","#,
        r#""headings":[{"name":"priority"},{"name":"n"},{"name":"mean","unit":"s"},{"name":"min","unit":"s"},"#,
        r#"{"name":"p50","unit":"s"},{"name":"p90","unit":"s"},{"name":"p95","unit":"s"},"#,
        r#"{"name":"p99","unit":"s"},{"name":"max","unit":"s"}],"#,
        r#""rows":[{"priority":"p1","n":2,"mean":151.75,"min":0.5,"p50":151.75,"p90":272.75,"p95":287.875,"#,
        r#""p99":299.975,"max":303.0},"#,
        r#"{"priority":"p3","n":0,"mean":null,"min":null,"p50":null,"p90":null,"p95":null,"p99":null,"max":null}],"#,
        r#""total":{"priority":"all","n":2,"mean":151.75,"min":0.5,"p50":151.75,"p90":272.75,"p95":287.875,"#,
        r#""p99":299.975,"max":303.0},"notes":["Of all tickets asked for.","Times are in business time.","Exact."]}"#,
    ];
    assert_eq!(serde_json::to_string(&sections("response")[1]).unwrap(), expected.concat());

    let shares = serde_json::to_value(&sections("attainment")[0]).unwrap();
    assert_eq!(shares["rows"][0]["share"], serde_json::json!(2.0 / 3.0));
    assert_eq!(shares["rows"][2]["share"], serde_json::Value::Null);
}
