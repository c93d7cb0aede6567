//! History in and out on the command line: a plan, an import, what is refused; a whole desk to another file and back.

mod programs;

use std::error::Error;
use std::fs;
use std::process::Output;

use serde_json::Value;

use programs::{Done, Scratch};

const MAPPING: &str = r#"
source = "old desk"
id = "id"
at = "changed"
subject = "title"
time = { format = "%d.%m.%Y %H:%M", zone = "Europe/Berlin" }
author = { column = "by", otherwise = "old desk" }
state = { column = "state", initial = "new", values = { Neu = "new", Offen = "open", Fertig = "resolved" } }
"#;

const LOG: &str = "id,changed,by,state,title,rest\n\
                   7,01.03.2016 09:00,ada,Neu,Kein Netz,x\n\
                   7,01.03.2016 11:30,eve,Fertig,Kein Netz,x\n\
                   8,01.03.2016 10:00,eve,Offen,Keine Mail,x\n";

/// Runs `tk` as an administrator, which is to succeed, and returns what it printed.
fn tk(scratch: &Scratch, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = scratch.tk(&[&["--role", "admin"], args].concat())?;
    assert!(output.status.success(), "tk {args:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs `tk`, which is to fail, and returns what it said.
fn fails(scratch: &Scratch, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let Output { status, stderr, .. } = scratch.tk(args)?;
    assert_eq!(status.code(), Some(1), "tk {args:?}");
    Ok(String::from_utf8(stderr)?)
}

fn scratch() -> Result<Scratch, Box<dyn Error>> {
    let scratch = Scratch::new()?;
    fs::write(scratch.path("map.toml"), MAPPING)?;
    fs::write(scratch.path("log.csv"), LOG)?;
    Ok(scratch)
}

#[test]
fn a_log_is_planned_imported_and_verified() -> Done {
    let scratch = scratch()?;
    let nowhere = fails(&scratch, &["--role", "admin", "import", "--mapping", "map.toml", "log.csv", "--dry-run"])?;
    assert!(
        nowhere.contains("no such file") && !scratch.path("desk.db").exists(),
        "a dry run begins nothing: {nowhere}"
    );
    tk(&scratch, &["new", "incident", "The first"])?;
    let plan = tk(&scratch, &["import", "--mapping", "map.toml", "log.csv", "--dry-run"])?;
    for line in [
        "3 rows of 2 tickets",
        "2 tickets with 3 events:",
        "  changed is at\n",
        "rest means nothing: map it, or name it under `ignore`",
        "2 tickets with 3 events would be imported, 0 were there\nnothing was written\n",
    ] {
        assert!(plan.contains(line), "{line:?} in {plan}");
    }
    assert_eq!(tk(&scratch, &["list", "--all"])?.lines().count(), 2, "nothing was written");

    let told = tk(&scratch, &["import", "--mapping", "map.toml", "log.csv"])?;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "2 tickets with 4 events were imported, 0 were there", "a verdict is among them: {told}");
    let (file, store) = (lines[1].strip_prefix("file:  "), lines[2].strip_prefix("store: "));
    assert!(file.is_some() && file == store && lines.len() == 3, "{told}");
    let history = tk(&scratch, &["history", "2"])?;
    assert!(history.starts_with("2016-03-01 08:00:00"), "in its own time: {history}");
    assert!(history.contains("eve") && history.contains("resolve: new → resolved"), "{history}");

    let again = tk(&scratch, &["import", "--mapping", "map.toml", "log.csv"])?;
    assert!(again.starts_with("0 tickets with 0 events were imported, 2 were there\n"), "{again}");
    let json: Value = serde_json::from_str(&tk(&scratch, &["import", "--mapping", "map.toml", "log.csv", "--json"])?)?;
    assert_eq!(json["compared"]["equal"], true);
    assert_eq!(json["import"]["unchanged"], 2);
    let plan = tk(&scratch, &["import", "--mapping", "map.toml", "log.csv", "--json", "--dry-run"])?;
    let plan: Value = serde_json::from_str(&plan)?;
    assert_eq!(plan["plan"]["unmapped"], serde_json::json!(["rest"]));
    assert_eq!(plan["plan"]["profile"]["transitions"]["Neu -> Fertig"], 1);

    fs::write(scratch.path("log.csv"), LOG.replace("11:30", "11:45"))?;
    let output = scratch.tk(&["--role", "admin", "import", "--mapping", "map.toml", "log.csv"])?;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("line 2: 7 is there with another history, and stays as it is\n"), "{said}");
    Ok(())
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_nothing_is_imported() -> Done {
    let scratch = scratch()?;
    tk(&scratch, &["new", "incident", "The first"])?;
    fs::write(scratch.path("bad.csv"), LOG.replace("01.03.2016 11:30", "31.02.2016 11:30").replace("Offen", "Zu"))?;
    let import = ["--role", "admin", "import", "--mapping", "map.toml"];
    let said = fails(&scratch, &[&import[..], &["bad.csv"]].concat())?;
    let expected = "tk: nothing was imported\n\
                    bad.csv: line 3, column `changed`: `31.02.2016 11:30` does not exist\n\
                    bad.csv: line 4, column `state`: `Zu` is not mapped; `state.values` has: Fertig, Neu, Offen\n";
    assert_eq!(said, expected);
    assert!(fails(&scratch, &[&import[..], &["none.csv"]].concat())?.contains("none.csv: No such file"));
    fs::write(scratch.path("map.toml"), format!("{MAPPING}colour = \"x\"\n"))?;
    let said = fails(&scratch, &[&import[..], &["log.csv"]].concat())?;
    assert!(said.contains("map.toml: ") && said.contains("unknown field `colour`"), "{said}");
    fs::write(scratch.path("map.toml"), MAPPING)?;
    let said = fails(&scratch, &["import", "--mapping", "map.toml", "log.csv"])?;
    assert_eq!(said, "tk: `ada` may not import\n");
    assert_eq!(tk(&scratch, &["list", "--all"])?.lines().count(), 2);
    Ok(())
}

#[test]
fn a_desk_goes_to_another_file_and_comes_out_the_same() -> Done {
    let scratch = scratch()?;
    tk(&scratch, &["new", "incident", "Kein „Netz“", "--requester", "bo", "--description", "Seit heute früh."])?;
    tk(&scratch, &["move", "INC-1", "start", "--note", "Looks like the relay."])?;
    tk(&scratch, &["import", "--mapping", "map.toml", "log.csv"])?;
    assert_eq!(fails(&scratch, &["export"])?, "tk: `ada` may not export\n");

    let printed = tk(&scratch, &["export"])?;
    tk(&scratch, &["export", "desk.ndjson"])?;
    assert_eq!(fs::read_to_string(scratch.path("desk.ndjson"))?, printed);
    assert!(printed.starts_with("{\"archive\":{\"format\":1,\"tenant\":\"main\"}}\n"), "{printed}");

    let other = ["--db", "other.db"];
    let would = fails(&scratch, &["--role", "admin", "--db", "other.db", "import", "desk.ndjson", "--dry-run"])?;
    assert!(would.contains("no such file"), "{would}");
    let told = tk(&scratch, &[&other[..], &["import", "desk.ndjson"]].concat())?;
    assert!(told.starts_with("3 tickets were brought in, 0 were there; the archive has "), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[1].strip_prefix("file:  "), lines[2].strip_prefix("store: "), "{told}");
    assert_eq!(tk(&scratch, &[&other[..], &["export"]].concat())?, printed, "to the byte");
    for verb in [&["list", "--all"][..], &["history", "INC-1"], &["verify"]] {
        assert_eq!(tk(&scratch, &[&other[..], verb].concat())?, tk(&scratch, verb)?);
    }
    let again = tk(&scratch, &[&other[..], &["import", "desk.ndjson", "--json"]].concat())?;
    let again: Value = serde_json::from_str(&again)?;
    assert_eq!(
        (&again["tickets"], &again["unchanged"], &again["compared"]["equal"]),
        (&0.into(), &3.into(), &true.into())
    );
    // What was imported there is known here.
    let imported = tk(&scratch, &[&other[..], &["import", "--mapping", "map.toml", "log.csv"]].concat())?;
    assert!(imported.starts_with("0 tickets with 0 events were imported, 2 were there\n"), "{imported}");

    let damaged = printed.replace("relay", "delay");
    fs::write(scratch.path("damaged.ndjson"), damaged)?;
    let said = fails(&scratch, &["--role", "admin", "--db", "third.db", "import", "damaged.ndjson"])?;
    assert!(
        said.starts_with("tk: damaged.ndjson: invalid input: line ") && said.contains("not as it was written"),
        "{said}"
    );
    Ok(())
}
