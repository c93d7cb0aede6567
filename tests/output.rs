//! What `tk` prints: every format, every width, with and without colour, and pictures.

#[allow(dead_code, reason = "the look of standard output is seen in the program")]
#[path = "../examples/tk/output.rs"]
mod output;
mod programs;
#[allow(dead_code, reason = "only its own tests are run from here")]
#[path = "../examples/tk/progress.rs"]
mod progress;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};

use output::{Column, Look};
use proptest::prelude::*;
use serde_json::Value as Json;
use ticketcore::report::{Heading, Section, Value};
use unicode_width::UnicodeWidthStr as _;

use programs::{Done, Scratch, program};

fn look(is_terminal: bool, variables: &[(&str, &str)]) -> Look {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Look::of(is_terminal, Some(80), |name| variables.get(name).map(|value| (*value).to_owned()))
}

#[test]
fn there_is_colour_where_somebody_looks_on_and_wants_it() {
    for (is_terminal, variables, colour) in [
        (true, &[][..], true),
        (false, &[], false),
        (true, &[("NO_COLOR", "1")], false),
        (true, &[("NO_COLOR", "")], true),
        (true, &[("TERM", "dumb")], false),
        (true, &[("CLICOLOR", "0")], false),
        (false, &[("CLICOLOR_FORCE", "1")], true),
        (false, &[("CLICOLOR_FORCE", "0")], false),
        (true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        assert_eq!(look(is_terminal, variables).colour, colour, "{is_terminal} {variables:?}");
    }
}

#[test]
fn lines_are_as_wide_as_the_terminal() {
    assert_eq!(look(true, &[]).width, Some(80));
    assert_eq!(look(false, &[]).width, None);
    assert_eq!(look(false, &[("COLUMNS", "40")]).width, Some(40));
    assert_eq!(look(true, &[("COLUMNS", "wide")]).width, Some(80));
    assert_eq!(look(true, &[("COLUMNS", "0")]).width, Some(80));
}

fn section() -> Section {
    let text = |text: &str| Value::Text(text.to_owned());
    Section {
        title: "Tickets by team".to_owned(),
        about: "Every ticket counts once.".to_owned(),
        headings: ["team", "resolution_p90", "tickets"].map(Heading::new).to_vec(),
        rows: vec![
            vec![text("network and telephones"), text("2h 05m"), Value::Count(1_234_567)],
            vec![text("日本語のチーム"), text("1d 4h"), Value::Count(3)],
        ],
        ..Section::default()
    }
}

#[test]
fn what_is_too_wide_is_cut_in_texts_and_never_in_numbers() {
    let at = |width| Look { width, colour: false }.section(&section());
    assert_eq!(
        at(None),
        "\
Tickets by team
Every ticket counts once.

team                    resolution p90  tickets
network and telephones  2h 05m          1234567
日本語のチーム          1d 4h                 3
"
    );
    assert_eq!(
        at(Some(38)),
        "\
Tickets by team
Every ticket counts once.

                   resolution
team               p90         tickets
network and tele…  2h 05m      1234567
日本語のチーム     1d 4h             3
"
    );
    assert_eq!(
        at(Some(20)),
        "\
Tickets by team
Every ticket counts
once.

team    network and
        telephones
resol…  2h 05m
ticke…  1234567

team    日本語のチー
        ム
resol…  1d 4h
ticke…  3
"
    );
}

#[test]
fn a_total_stands_below_the_rows_and_notes_below_all() {
    let total = vec![Value::Text("all".to_owned()), Value::Empty, Value::Count(1_234_570)];
    let notes = vec!["Of all tickets.".to_owned(), "Exact.".to_owned()];
    let text = Look::default().section(&Section { total: Some(total), notes, ..section() });
    assert!(text.ends_with("all                     -               1234570\n\nOf all tickets.\nExact.\n"), "{text}");
}

#[test]
fn colour_is_on_headings_only() {
    let text = Look { width: None, colour: true }.section(&section());
    assert!(text.starts_with("\u{1b}[1mTickets by team\u{1b}[0m\n\u{1b}[2mEvery ticket counts once.\u{1b}[0m\n"));
    assert!(text.lines().last().is_some_and(|line| !line.contains('\u{1b}')), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_wider_than_it_may_be(
        width in 12_usize..200,
        names in prop::collection::vec("[a-zé日 ]{0,20}", 1..6),
        rows in prop::collection::vec(prop::collection::vec("\\PC{0,40}|[0-9]{1,6}", 6), 0..6),
    ) {
        let columns: Vec<Column> = names.iter().map(|name| Column { name: name.clone(), is_text: true }).collect();
        let rows = rows.into_iter().map(|row| row.into_iter().take(columns.len()).collect()).collect();
        let text = Look { width: Some(width), colour: false }.table(columns, rows);
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{} of {width}: {line:?}", line.width());
        }
    }
}

fn tk(scratch: &Scratch, variables: &[(&str, &str)], args: &[&str]) -> std::io::Result<Output> {
    Command::new(program("tk"))
        .current_dir(scratch.path(""))
        .env("USER", "ada")
        .env_remove("COLUMNS")
        .envs(variables.iter().copied())
        .args(args)
        .stdin(Stdio::null())
        .output()
}

fn said(scratch: &Scratch, variables: &[(&str, &str)], args: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let output = tk(scratch, variables, args)?;
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn a_list_is_the_same_in_every_format() -> Done {
    let scratch = Scratch::new()?;
    let subject = "=1+1, \"quoted\" | <b>piped</b>";
    said(&scratch, &[], &["new", "incident", subject])?;
    said(
        &scratch,
        &[],
        &["new", "incident", "日本語 is a long subject that no narrow terminal has room for in a line"],
    )?;

    let json: Json = serde_json::from_str(&said(&scratch, &[], &["list", "--format", "json"])?)?;
    assert_eq!(json, serde_json::from_str::<Json>(&said(&scratch, &[], &["list", "--json"])?)?);
    assert_eq!(json["tickets"][0]["subject"], subject);
    let lines = said(&scratch, &[], &["list", "--format", "ndjson"])?;
    let tickets = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Json>, _>>()?;
    assert_eq!(json["tickets"], Json::Array(tickets));

    let csv = said(&scratch, &[], &["list", "--format", "csv"])?;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers()?.iter().next_back(), Some("subject"));
    let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(rows[0].get(6), Some(format!("'{subject}").as_str()), "no spreadsheet takes it for a formula");
    assert_eq!(rows.len(), 2);

    let markdown = said(&scratch, &[], &["list", "--format", "markdown"])?;
    assert!(markdown.contains("| =1+1, \"quoted\" \\| &lt;b&gt;piped&lt;/b&gt; |"), "{markdown}");

    for width in [20, 40, 200] {
        let table = said(&scratch, &[("COLUMNS", &width.to_string())], &["list"])?;
        assert!(table.contains("INC-2") && table.contains("TICKET"), "{table}");
        assert!(table.lines().all(|line| line.width() <= width), "{width}: {table}");
    }
    let forced = said(&scratch, &[("CLICOLOR_FORCE", "1")], &["list"])?;
    assert!(forced.starts_with("\u{1b}[1mTICKET"), "{forced}");
    let neither = said(&scratch, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["list"])?;
    assert!(!neither.contains('\u{1b}'), "{neither}");
    Ok(())
}

#[test]
fn a_report_is_the_same_in_every_format() -> Done {
    let scratch = Scratch::new()?;
    for _ in 0..3 {
        said(&scratch, &[], &["new", "incident", "No mail", "--team", "+net"])?;
    }
    let json: Json = serde_json::from_str(&said(&scratch, &[], &["report", "reopens", "--format", "json"])?)?;
    let lines = said(&scratch, &[], &["report", "reopens", "--format", "ndjson"])?;
    let rows = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Json>, _>>()?;
    assert_eq!(json["sections"][0]["rows"][0], rows[0]["row"]);
    assert_eq!(rows[0]["row"]["team"], "+net");
    assert_eq!(rows[0]["section"], json["sections"][0]["title"]);

    let csv = said(&scratch, &[], &["report", "reopens", "--format", "csv"])?;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = reader.records().next().ok_or("a row")??;
    assert_eq!(row.get(0), Some("'+net"));
    assert_eq!(row.get(1).map(str::parse::<u64>), Some(Ok(0)), "numbers stay numbers");
    assert!(said(&scratch, &[], &["report", "reopens", "--format", "markdown"])?.contains("| +net | 0 | 0 | - |"));
    let table = said(&scratch, &[("COLUMNS", "60")], &["report", "overview"])?;
    assert!(table.lines().all(|line| line.width() <= 60), "{table}");
    Ok(())
}

#[test]
fn reports_and_workflows_become_pictures() -> Done {
    let scratch = Scratch::new()?;
    said(&scratch, &[], &["new", "incident", "No mail"])?;
    let told = said(&scratch, &[], &["report", "daily", "--svg", "daily.svg"])?;
    assert_eq!(told, "daily.svg: Opened, resolved and closed by day\n");
    assert!(fs::read_to_string(scratch.path("daily.svg"))?.contains("prefers-color-scheme"));
    said(&scratch, &[], &["report", "volume", "--svg", "volume.svg", "--theme", "dark"])?;
    assert!(!fs::read_to_string(scratch.path("volume.svg"))?.contains("prefers-color-scheme"));
    said(&scratch, &[], &["workflow", "incident", "--svg", "incident.svg"])?;
    let graph = fs::read_to_string(scratch.path("incident.svg"))?;
    assert!(graph.contains("new (new, 1 tickets)") && graph.contains("waiting (pending, 0 tickets)"), "{graph}");
    let none = tk(&scratch, &[], &["report", "response", "--svg", "response.svg"])?;
    let error = String::from_utf8(none.stderr)?;
    assert!(error.contains("`response` has no picture") && error.contains("daily"), "{error}");
    assert!(!scratch.path("response.svg").exists());
    Ok(())
}
