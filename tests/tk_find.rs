//! Finding and measuring on the command line: saved views, live tables, the past as it was and as it would have been.

mod programs;

use std::error::Error;
use std::fs;

use serde_json::Value;

use programs::{Done, Scratch};

/// Runs `tk` as an administrator, which is to succeed, and returns what it printed.
fn tk(scratch: &Scratch, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = scratch.tk(&[&["--role", "admin", "--as", "agent:ada"], args].concat())?;
    assert!(output.status.success(), "tk {args:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

fn json(scratch: &Scratch, args: &[&str]) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&tk(scratch, &[&["--json"], args].concat())?)?)
}

fn office() -> Result<Scratch, Box<dyn Error>> {
    let scratch = Scratch::new()?;
    for (subject, team) in [("No mail", "net"), ("Slow mail", "net"), ("Disk full", "db")] {
        tk(&scratch, &["new", "incident", subject, "--team", team])?;
    }
    Ok(scratch)
}

#[test]
fn a_view_is_saved_counted_opened_and_turned() -> Done {
    let scratch = office()?;
    let put = ["view", "put", "net", "team:net sort:number", "--everybody", "--group", "team", "--column", "number"];
    assert_eq!(tk(&scratch, &put)?, "net: version 1\n");
    let listed = tk(&scratch, &["view", "list"])?;
    assert!(listed.lines().nth(1).is_some_and(|line| line.starts_with("net   2        ada")), "{listed}");
    let first = tk(&scratch, &["view", "open", "net", "--limit", "1"])?;
    let (rows, bookmark) = first.split_once("more: --page ").ok_or("no bookmark")?;
    assert_eq!(rows, "NUMBER\nINC-1\n");
    let second = json(&scratch, &["view", "open", "net", "--limit", "1", "--page", bookmark.trim()])?;
    assert_eq!((&second["tickets"][0]["subject"], &second["next"]), (&Value::from("Slow mail"), &Value::Null));
    let other = scratch.tk(&["view", "open", "net", "is:open", "--page", bookmark.trim()])?;
    assert!(String::from_utf8(other.stderr)?.contains("cursor: is of another question"));
    assert_eq!(tk(&scratch, &["view", "groups", "net"])?, "GROUP  TICKETS\nnet    2\n");
    tk(&scratch, &["view", "rm", "net"])?;
    assert_eq!(tk(&scratch, &["view", "list"])?, "");
    Ok(())
}

#[test]
fn live_tables_are_kept_shown_and_counted_anew() -> Done {
    let scratch = office()?;
    let kept = tk(&scratch, &["live", "keep", "wall", "volume"])?;
    assert!(kept.contains("events counted, without age"), "{kept}");
    tk(&scratch, &["new", "incident", "Another"])?;
    let shown = json(&scratch, &["live", "show", "wall"])?;
    let counts =
        shown["tables"][0]["rows"].as_array().ok_or("no rows")?.iter().filter_map(|row| row["tickets"].as_u64());
    assert_eq!((counts.sum::<u64>(), &shown["behind"]), (4, &Value::from(0)));
    assert_eq!(json(&scratch, &["live", "rebuild", "wall"])?["tables"], shown["tables"]);
    assert_eq!(tk(&scratch, &["live", "list"])?, "wall\n");
    Ok(())
}

#[test]
fn lists_and_reports_are_of_then_and_say_what_they_are_read_off() -> Done {
    let scratch = office()?;
    assert_eq!(tk(&scratch, &["list", "--as-of", "2020-01-01"])?, "");
    let report = json(&scratch, &["report", "volume", "--as-of", "2020-01-01"])?;
    assert!(report["sections"].is_array(), "{report}");
    let explained = tk(&scratch, &["list", "sort:created", "--explain"])?;
    assert!(explained.starts_with("3 tickets by ticketcore_ticket_"), "{explained}");
    let future = scratch.tk(&["list", "--as-of", "2999-01-01"])?;
    assert!(String::from_utf8(future.stderr)?.contains("lies in the future"));
    let never = scratch.tk(&["list", "--as-of", "yesterday"])?;
    assert_eq!(never.status.code(), Some(2));
    Ok(())
}

#[test]
fn the_past_is_played_under_other_rules() -> Done {
    let scratch = office()?;
    let rules = "[[policies]]\nid = \"solve\"\nbudget = { p3 = \"1h\" }\n\
                 clock = { run = { all = [] }, stop = { status = \"closed\" }, cycle = \"once\" }\n";
    fs::write(scratch.path("rules.toml"), rules)?;
    let file = scratch.path("rules.toml");
    let asked = ["what-if", file.to_str().ok_or("no text")?, "--from", "2020-01-01"];
    let played = json(&scratch, &asked)?;
    assert_eq!(played["promises"]["policies"]["solve"][1]["running"], 3, "{played}");
    let printed = tk(&scratch, &asked)?;
    assert!(printed.contains("3 tickets looked at") && printed.contains("3 promises would be others"), "{printed}");
    Ok(())
}
