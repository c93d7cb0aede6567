//! The command line, run as a process: its verbs, its exit codes, and its company on the same file.

mod programs;

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::{fs, thread};

use serde_json::Value;

use programs::{Done, Running, Scratch, Server, program};

/// Runs `tk`, which is to succeed, and returns what it printed.
fn tk(scratch: &Scratch, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = scratch.tk(args)?;
    assert!(output.status.success(), "tk {args:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs `tk`, which is to fail, and returns its exit code and what it said.
fn fails(scratch: &Scratch, args: &[&str]) -> Result<(Option<i32>, String), Box<dyn Error>> {
    let Output { status, stdout, stderr } = scratch.tk(args)?;
    assert!(stdout.is_empty(), "tk {args:?} printed {}", String::from_utf8_lossy(&stdout));
    Ok((status.code(), String::from_utf8(stderr)?))
}

#[test]
fn a_ticket_is_worked_and_its_history_reads_like_a_story() -> Done {
    let scratch = Scratch::new()?;
    let opened = tk(
        &scratch,
        &[
            "--as",
            "requester:bo",
            "new",
            "incident",
            "No mail",
            "--impact",
            "high",
            "--urgency",
            "high",
            "--description",
            "Since this morning.\nNothing works.",
        ],
    )?;
    assert_eq!(opened, "INC-1  new\n", "how urgent it is for the desk is the desk's matter");
    tk(&scratch, &["new", "request", "New laptop", "--requester", "cy", "--team", "hardware", "--queue", "desk"])?;
    tk(&scratch, &["move", "INC-1", "start", "--note", "Looks like the relay."])?;
    tk(&scratch, &["assign", "inc-1", "ada"])?;
    tk(&scratch, &["comment", "1", "Back at noon."])?;
    tk(&scratch, &["comment", "1", "Vendor called.", "--internal"])?;
    tk(&scratch, &["set", "1", "team=network", "category=mail", "external=JIRA-7"])?;
    tk(&scratch, &["link", "1", "blocks", "REQ-2"])?;
    tk(&scratch, &["ack", "1"])?;
    let unassigned = tk(&scratch, &["assign", "1", "-"])?;
    assert!(unassigned.ends_with("unassigned\n"), "{unassigned}");
    assert_eq!(tk(&scratch, &["assign", "1", "-"])?.lines().count(), 1, "nothing happened");

    let story = tk(&scratch, &["history", "1"])?;
    // The time stands in front of each line.
    let told: Vec<&str> = story.lines().map(|line| line.get(21..).unwrap_or(line)).collect();
    let told = told.join("\n");
    for line in [
        "bo           opened the incident “No mail” (new, p1)",
        "ada          start: new → open",
        "ada          assigned to ada",
        "ada          wrote",
        "ada          handed to team network",
        "ada          blocks REQ-2",
        "ada          acknowledged",
    ] {
        assert!(told.contains(line), "{line:?} in {story}");
    }
    assert!(story.contains("\n    | Since this morning.\n    | Nothing works.\n"), "{story}");

    let list = tk(&scratch, &["list"])?;
    let rows: Vec<&str> = list.lines().collect();
    assert_eq!(
        rows[0].split_whitespace().collect::<Vec<_>>(),
        ["TICKET", "PRIO", "STATE", "DUE", "ASSIGNEE", "TEAM", "SUBJECT"]
    );
    assert!(rows[1].starts_with("INC-1 ") && rows[2].starts_with("REQ-2 "), "the most urgent first: {list}");
    let column = rows[0].find("SUBJECT");
    assert_eq!((rows[1].find("No mail"), rows[2].find("New laptop")), (column, column), "{list}");
    assert_eq!(tk(&scratch, &["queue", "desk"])?.lines().count(), 2);
    assert!(tk(&scratch, &["list", "team:network", "--json"])?.contains("\"INC-1\""));

    let shown = tk(&scratch, &["show", "2"])?;
    assert!(shown.contains("blocked by INC-1"), "{shown}");
    tk(&scratch, &["snooze", "1", "2h"])?;
    assert!(!tk(&scratch, &["list"])?.contains("INC-1"), "what sleeps is nobody's work");
    assert!(tk(&scratch, &["list", "--all"])?.contains("INC-1"));
    Ok(())
}

#[test]
fn a_refusal_names_the_legal_moves_and_a_wrong_command_line_is_another_matter() -> Done {
    let scratch = Scratch::new()?;
    let nowhere = fails(&scratch, &["list"])?;
    assert_eq!(nowhere.0, Some(1));
    assert!(nowhere.1.contains("no such file") && !scratch.path("desk.db").exists(), "{nowhere:?}");
    tk(&scratch, &["--as", "requester:bo", "new", "incident", "No mail"])?;

    let (code, said) = fails(&scratch, &["move", "1", "reopen"])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("ada may: start → open, "), "{said}");
    let (code, said) = fails(&scratch, &["--as", "requester:bo", "move", "1", "start", "--note", "x"])?;
    assert_eq!((code, said.lines().last()), (Some(1), Some("bo may: cancel → cancelled")), "{said}");
    assert_eq!(tk(&scratch, &["history", "1"])?.lines().count(), 1, "all or none: the note is not there");
    let moves = tk(&scratch, &["--as", "requester:bo", "moves", "1"])?;
    assert_eq!(moves, "MOVE    TO         WHY NOT\ncancel  cancelled  -\n", "customers are told of what is theirs");

    for (args, says) in [
        (&["show", "2"][..], "there is no ticket 2"),
        (&["show", "REQ-1"], "there is no ticket REQ-1"),
        (&["new", "wish", "x"], "known: "),
        (&["new", "incident", " "], "subject: is empty"),
        (&["set", "1", "size=3"], "size"),
        (&["snooze", "1", "0s"], "future"),
        (&["explain", "1", "none"], "tk clocks"),
        (&["report", "mttr"], "volume"),
        (&["workflow", "wish"], "incident"),
        (&["report", "response", "--svg", "x.svg"], "those that have one are overview, volume, attainment, daily"),
        (&["report", "daily", "--svg", "no/such/place.svg"], "no/such/place.svg"),
        (&["link", "1", "blocks", "1"], "itself"),
        (&["--db", ".", "list"], "."),
    ] {
        let (code, said) = fails(&scratch, args)?;
        assert!(code == Some(1) && said.starts_with("tk: ") && said.contains(says), "{args:?}: {code:?} {said}");
    }
    for args in [
        &[][..],
        &["fly"],
        &["show", "x"],
        &["--as", "ada", "list"],
        &["list", "sort:age"],
        &["list", "status:done"],
        &["new", "incident", "x", "--impact", "huge"],
        &["set", "1", "size"],
        &["snooze", "1", "tomorrow"],
        &["link", "1", "kills", "1"],
        &["report", "volume", "--format", "csv", "--json"],
        &["report", "volume", "--format", "xml"],
        &["report", "volume", "--theme", "dark"],
        &["workflow", "incident", "--dot", "--svg", "x.svg"],
    ] {
        assert_eq!(fails(&scratch, args)?.0, Some(2), "{args:?}");
    }
    Ok(())
}

#[test]
fn every_reading_verb_speaks_json() -> Done {
    let scratch = Scratch::new()?;
    Server::start(&scratch)?.stop()?;
    tk(&scratch, &["new", "incident", "No mail"])?;
    for (verb, part) in [
        (&["list"][..], "/tickets/0/reference"),
        (&["queue", "none"], "/tickets"),
        (&["show", "1"], "/reference"),
        (&["history", "1"], "/events/0/event/opened/subject"),
        (&["moves", "1"], "/moves/0/transition"),
        (&["clocks", "1"], "/clocks/0/policy"),
        (&["explain", "1", "first_response"], "/clocks/0/pieces"),
        (&["report", "volume"], "/sections/0/rows/0/tickets"),
        (&["workflow", "incident"], "/states/0/key"),
        (&["config", "show"], "/kinds/incident/prefix"),
        (&["assign", "1", "ada"], "/assignee"),
        (&["conversation", "1"], "/posts"),
        (&["similar", "1"], "/similar"),
        (&["follow", "1"], "/course/0/status"),
        (&["people"], "/people"),
        (&["teams"], "/teams"),
        (&["orgs"], "/organisations"),
        (&["article", "search", "x"], "/tickets"),
        (&["verify"], "/events"),
        (&["checkpoint"], "/root"),
    ] {
        let printed: Value = serde_json::from_str(&tk(&scratch, &[verb, &["--json"]].concat())?)?;
        assert!(printed.pointer(part).is_some(), "{part} in {verb:?}: {printed}");
    }
    let clocks = tk(&scratch, &["clocks", "1"])?;
    assert!(clocks.contains("first_response") && clocks.contains("due in 1h 59m"), "{clocks}");
    let explained = tk(&scratch, &["explain", "1", "first_response"])?;
    assert!(explained.starts_with("first_response, run 1: ") && explained.contains("running"), "{explained}");
    assert!(
        tk(&scratch, &["report", "volume", "--format", "csv"])?.starts_with("status,priority,tickets\r\nnew,p3,1\r\n")
    );
    assert!(tk(&scratch, &["workflow", "incident", "--dot"])?.starts_with("digraph"));
    // One, if the server was stopped before it had read the ticket's due dates under the configuration it published.
    assert!(tk(&scratch, &["tick"])?.contains(" tickets were due; the next is due at "));
    Ok(())
}

#[test]
fn people_are_written_listed_and_merged() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["new", "incident", "No mail", "--requester", "mail-1"])?;
    let admin = |args: &[&str]| tk(&scratch, &[&["--role", "admin"], args].concat());
    admin(&["team", "put", "network", "--name", "Networks"])?;
    admin(&["org", "put", "acme", "--name", "Acme Inc", "--domain", "acme.example", "--sight", "role:manager"])?;
    admin(&["person", "put", "bo", "--kind", "requester", "--name", "Bo Li", "--mail", "bo@acme.example"])?;
    admin(&["person", "put", "mail-1", "--kind", "requester", "--name", "bo@home"])?;
    let ada = admin(&["person", "put", "ada", "--name", "Ada King", "--team", "network", "--skill", "dns"])?;
    assert_eq!(
        ada,
        "PERSON  KIND   NAME      MAIL  ORG  TEAMS, +SKILLS\nada     agent  Ada King  -     -    network, +dns\n"
    );
    let moved = admin(&["person", "put", "bo", "--organisation", "acme"])?;
    assert!(moved.contains("Bo Li  bo@acme.example  acme"), "what is not named stays: {moved}");
    admin(&["person", "put", "ada", "--capacity", "api=4", "--capacity", "mail=2"])?;
    admin(&["person", "put", "ada", "--capacity", "mail="])?;
    let load = admin(&["report", "load", "--format", "csv"])?;
    let ada = load.lines().find(|line| line.starts_with("ada,")).ok_or("ada is not in the report")?;
    assert!(ada.ends_with(",0,4,0"), "{load}");
    let gone = admin(&["person", "put", "ada", "--skill", "-"])?;
    assert!(gone.ends_with("network\n"), "{gone}");
    assert!(tk(&scratch, &["teams"])?.contains("Networks"));
    assert!(tk(&scratch, &["orgs"])?.contains("role:manager  acme.example"));
    assert_eq!(tk(&scratch, &["people", "--team", "network"])?.lines().count(), 2);
    assert_eq!(tk(&scratch, &["people", "--mail", "Bo@acme.example"])?.lines().count(), 2);
    let listed: Value = serde_json::from_str(&tk(&scratch, &["people", "--name", "ada", "--json"])?)?;
    assert_eq!(listed["people"][0]["name"], "Ada King");

    assert_eq!(admin(&["person", "merge", "mail-1", "bo"])?, "`mail-1` goes on as `bo`; 1 tickets followed\n");
    assert!(tk(&scratch, &["show", "1"])?.contains("requester  bo\n"));
    assert!(tk(&scratch, &["person", "show", "mail-1"])?.contains("\nbo "));

    // The organisation says which of its people see its tickets.
    tk(&scratch, &["set", "1", "organisation=acme"])?;
    let cy = |role: &[&str]| scratch.tk(&[&["--as", "requester:cy@acme", "show", "1"], role].concat());
    assert_eq!(cy(&["--role", "manager"])?.status.code(), Some(0));
    assert_eq!(cy(&[])?.status.code(), Some(1));
    for (args, says) in [
        (&["person", "put", "eve", "--name", "Eve"][..], "`ada` may not direct"),
        (&["--role", "admin", "person", "put", "eve"], "name: needs 1 to 256 bytes"),
        (&["--role", "admin", "person", "put", "mail-1", "--name", "x"], "was merged into `bo`"),
        (&["--role", "admin", "person", "put", "ada", "--mail", "ada"], "is no mail address"),
        (&["--role", "admin", "person", "put", "ada", "--capacity", "fax=1"], "unknown variant `fax`"),
        (&["--role", "admin", "person", "put", "ada", "--capacity", "mail=70000"], "is no count up to 65535"),
        (&["--role", "admin", "person", "put", "ada", "--team", "none"], "no team is `none`"),
        (&["people", "--name", "a", "--team", "b"], "by one of name, mail"),
        (&["person", "show", "zoe"], "nobody is `zoe`"),
    ] {
        let (code, said) = fails(&scratch, args)?;
        assert!(code == Some(1) && said.contains(says), "{args:?}: {code:?} {said}");
    }
    assert_eq!(fails(&scratch, &["--role", "admin", "org", "put", "acme", "--sight", ""])?.0, Some(2));
    Ok(())
}

#[test]
fn tickets_are_merged_split_edited_and_read_by_both_sides() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["--as", "requester:bo", "new", "incident", "No mail", "--description", "Since noon"])?;
    tk(&scratch, &["new", "request", "Mail is down", "--requester", "cy"])?;
    tk(&scratch, &["comment", "1", "On it"])?;
    tk(&scratch, &["comment", "1", "And the screen"])?;
    tk(&scratch, &["comment", "1", "Again", "--internal"])?;
    tk(&scratch, &["edit", "1", "2", "We are on it"])?;
    let split = tk(&scratch, &["split", "1", "3", "A screen", "--kind", "task"])?;
    assert!(split.contains("split 1 message off into TSK-3\nTSK-3  todo (p3)\n"), "{split}");
    let merged = tk(&scratch, &["merge", "2", "1"])?;
    assert!(merged.ends_with("merged into INC-1\n"), "{merged}");
    assert_eq!(fails(&scratch, &["tag", "2", "x"])?.1, "tk: REQ-2 was merged into INC-1\n");
    let said = tk(&scratch, &["comment", "2", "Back"])?;
    assert!(said.starts_with("INC-1 ") && said.lines().count() == 3, "only what was said: {said}");

    let conversation = tk(&scratch, &["conversation", "1"])?;
    let told: Vec<String> = conversation
        .lines()
        .map(|line| if line.starts_with("    |") { line.to_owned() } else { [&line[..5], &line[26..39]].concat() })
        .collect();
    let texts: Vec<&str> = told.iter().map(String::as_str).filter(|line| line.starts_with("    |")).collect();
    assert_eq!(texts, ["    | Since noon", "    | We are on it", "    | Again", "    | Back"], "{conversation}");
    assert!(conversation.contains("wrote, edited ") && conversation.contains("wrote internally"), "{conversation}");

    let bo = |args: &[&str]| tk(&scratch, &[&["--as", "requester:bo"], args].concat());
    for seen in [bo(&["follow", "1"])?, tk(&scratch, &["follow", "1"])?] {
        assert!(seen.starts_with("INC-1  No mail\n  status     new\n") && !seen.contains("Again"), "{seen}");
    }
    assert!(!bo(&["conversation", "1"])?.contains("Again"));
    let shown = bo(&["show", "1"])?;
    assert!(shown.contains("| Since noon") && !shown.contains("priority") && !shown.contains("level"), "{shown}");
    let list = bo(&["list"])?;
    assert!(list.starts_with("TICKET  STATUS  OPENED ") && list.contains("INC-1   new "), "{list}");

    tk(&scratch, &["unmerge", "2"])?;
    tk(&scratch, &["link", "1", "blocks", "2"])?;
    let moves = tk(&scratch, &["moves", "2"])?;
    let why =
        |text: &str| moves.lines().find(|line| line.starts_with("resolve")).is_some_and(|line| line.ends_with(text));
    assert!(!moves.is_empty() && !why("  -"), "it is blocked: {moves}");
    tk(&scratch, &["link", "1", "blocks", "2", "--undo"])?;
    tk(&scratch, &["refer", "1", "storage"])?;
    tk(&scratch, &["share", "1", "person/eve"])?;
    assert!(tk(&scratch, &["--as", "requester:eve", "follow", "1"])?.starts_with("INC-1"));
    tk(&scratch, &["share", "1", "person/eve", "--undo"])?;
    assert_eq!(fails(&scratch, &["--as", "requester:eve", "follow", "1"])?.0, Some(1));

    tk(&scratch, &["move", "1", "resolve"])?;
    assert_eq!(bo(&["score", "1", "5", "Well done"])?, "INC-1  resolved\n");
    assert!(fails(&scratch, &["--as", "requester:bo", "score", "1", "1"])?.1.contains("bo has scored"));
    let link = tk(&scratch, &["grant", "1", "--for", "bo", "--until", "2100-01-01T00:00:00Z"])?;
    let seen = tk(&scratch, &["follow", "--link", link.trim()])?;
    assert!(seen.contains("score      5 of 5"), "{seen}");
    tk(&scratch, &["revoke", link.split('.').next().unwrap_or_default()])?;
    assert_eq!(fails(&scratch, &["follow", "--link", link.trim()])?.1, "tk: the link is not valid\n");
    for args in [
        &["follow"][..],
        &["follow", "1", "--link", "x"],
        &["edit", "1", "x", "y"],
        &["split", "1", "2,x", "y"],
        &["share", "1", "eve"],
        &["grant", "1", "--for", "bo", "--until", "tomorrow"],
    ] {
        assert_eq!(fails(&scratch, args)?.0, Some(2), "{args:?}");
    }
    Ok(())
}

#[test]
fn many_tickets_are_worked_at_once_and_a_refusal_is_told_by_the_exit_code() -> Done {
    let scratch = Scratch::new()?;
    for kind in ["incident", "task", "article"] {
        tk(&scratch, &["new", kind, "x"])?;
    }
    let changed = "TICKET  BECAME   WHY\n1       changed\n2       changed\n";
    assert_eq!(tk(&scratch, &["bulk", "--dry-run", "--", "tag", "outage"])?, changed);
    assert_eq!(tk(&scratch, &["list", "tag:outage"])?, "", "it was only decided");
    assert_eq!(tk(&scratch, &["bulk", "--once", "k", "--", "tag", "outage"])?, changed, "and no article");
    assert!(tk(&scratch, &["bulk", "--once", "k", "--", "tag", "outage"])?.contains("1       repeated"));
    let part = tk(&scratch, &["bulk", "--limit", "1", "--", "assign", "ada"])?;
    assert!(part.contains("more: --after "), "{part}");
    let told: Value = serde_json::from_str(&tk(&scratch, &["bulk", "kind:task", "--json", "--", "ack"])?)?;
    assert_eq!((&told["outcomes"][0]["effect"], &told["complete"]), (&"changed".into(), &true.into()));

    let output = scratch.tk(&["bulk", "--", "move", "escalate"])?;
    let (said, failed) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    assert_eq!((output.status.code(), &*failed), (Some(1), "tk: 2 of 2 tickets stay as they were\n"), "{said}");
    assert!(said.contains("1       refused  no transition `escalate`"), "{said}");
    for args in [
        &["bulk"][..],
        &["bulk", "tag", "x"],
        &["bulk", "--", "fly"],
        &["bulk", "--", "new", "x"],
        &["bulk", "--", "tag"],
        &["bulk", "--", "tag", "x", "--as", "agent:eve"],
        &["bulk", "sort:age", "--", "tag", "x"],
    ] {
        assert_eq!(fails(&scratch, args)?.0, Some(2), "{args:?}");
    }
    Ok(())
}

#[test]
fn the_past_is_verified_and_what_the_desk_knows_is_found() -> Done {
    let scratch = Scratch::new()?;
    fs::write(
        scratch.path("seal.toml"),
        "seal = true\n[approvals.cab]\nsteps = [{ from = { people = [\"eve\"] }, need = 1 }]\n",
    )?;
    tk(&scratch, &["--role", "admin", "config", "publish", "seal.toml"])?;
    tk(&scratch, &["article", "new", "Error 0x80070057", "--body", "Restart it.\n"])?;
    tk(&scratch, &["edit", "1", "1", "Restart it.\nTwice.\n"])?;
    assert!(fails(&scratch, &["--as", "requester:bo", "article", "show", "1"])?.1.contains("no ticket"));
    tk(&scratch, &["article", "publish", "KB-1"])?;
    let shown = tk(&scratch, &["--as", "requester:bo", "article", "show", "KB-1"])?;
    assert!(shown.contains("  edition    2 of ") && shown.ends_with("    | Restart it.\n    | Twice.\n"), "{shown}");
    let diff = "--- edition 1\n+++ edition 2\n@@ -1 +1,2 @@\n Restart it.\n+Twice.\n";
    assert_eq!(tk(&scratch, &["article", "diff", "KB-1"])?, diff);
    assert_eq!(fails(&scratch, &["article", "diff", "KB-1", "1", "3"])?.1, "tk: there is no edition 3; there are 2\n");
    assert_eq!(
        tk(&scratch, &["article", "search", "twice"])?,
        "ARTICLE  STATE   TITLE\nKB-1     public  Error 0x80070057\n"
    );
    tk(&scratch, &["new", "incident", "Mail says 0x80070057"])?;
    assert!(tk(&scratch, &["similar", "2"])?.contains("KB-1    public  Error 0x80070057"));

    tk(&scratch, &["ask", "2", "cab"])?;
    assert!(fails(&scratch, &["approve", "2", "cab"])?.1.contains("no vote on approval `cab`"));
    assert!(tk(&scratch, &["--as", "agent:eve", "approve", "2", "cab", "--reason", "sure"])?.contains("approved cab"));

    fs::write(scratch.path("kept.json"), tk(&scratch, &["checkpoint"])?)?;
    let sound = tk(&scratch, &["verify", "--against", "kept.json"])?;
    assert_eq!(sound, "2 tickets with 6 events are sound\n");
    let file = rusqlite::Connection::open(scratch.path("desk.db"))?;
    file.execute("update ticketcore_event set text = 'Break it.' where version = 1", [])?;
    let output = scratch.tk(&["verify", "--json"])?;
    let told: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((output.status.code(), &told["broken"]["number"]), (Some(1), &1.into()), "{told}");
    assert!(String::from_utf8(output.stderr)?.starts_with("tk: ticket number 1, version 1: "));
    let (code, said) = fails(&scratch, &["verify", "--against", "none.json"])?;
    assert!(code == Some(1) && said.contains("none.json: "), "{said}");
    Ok(())
}

#[test]
fn what_somebody_wrote_cannot_repaint_the_terminal() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["new", "incident", "a\u{1b}[2Jb\nINC-2  forged", "--description", "\u{1b}]0;title\u{7}"])?;
    for verb in [&["list"][..], &["show", "1"], &["history", "1"], &["conversation", "1"], &["follow", "1"]] {
        let printed = tk(&scratch, verb)?;
        assert!(!printed.contains(['\u{1b}', '\u{7}']) && !printed.contains("\nINC-2"), "{printed:?}");
    }
    Ok(())
}

#[test]
fn a_configuration_is_checked_published_and_printed() -> Done {
    let scratch = Scratch::new()?;
    let bad = "[kinds]\nincident = { workflow = \"none\" }\n[calendars.office]\nzone = \"Mars/Olympus\"\n";
    fs::write(scratch.path("bad.toml"), bad)?;
    fs::write(scratch.path("worse.toml"), "[kinds\n")?;
    for (file, says) in [("bad.toml", "bad.toml: "), ("worse.toml", "worse.toml: "), ("none.toml", "none.toml: ")] {
        for verb in ["check", "publish"] {
            let (code, said) = fails(&scratch, &["config", verb, file])?;
            assert!(code == Some(1) && said.contains(says), "{said}");
        }
    }
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/desk.toml");
    assert!(tk(&scratch, &["config", "check", good])?.ends_with("sound\n"));
    assert_eq!(tk(&scratch, &["--role", "admin", "config", "publish", good])?, "revision 1 is in force\n");
    fs::write(scratch.path("again.toml"), tk(&scratch, &["config", "show"])?)?;
    assert_eq!(tk(&scratch, &["--role", "admin", "config", "publish", "again.toml"])?, "revision 2 is in force\n");
    assert_eq!(tk(&scratch, &["config", "show"])?, fs::read_to_string(scratch.path("again.toml"))?);
    assert_eq!(fails(&scratch, &["config", "publish", good])?.1, "tk: `ada` may not publish\n");
    let moved = fails(&scratch, &["new", "task", "x"])?;
    assert!(moved.1.contains("known: incident, wish"), "{moved:?}");
    Ok(())
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["new", "incident", "No mail"])?;
    let mut child = Command::new(program("tk"))
        .args(["report", "overview", "--db"])
        .arg(scratch.path("desk.db"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    Ok(())
}

#[test]
fn a_watcher_hears_what_others_do() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["new", "incident", "No mail"])?;
    let mut watch = Command::new(program("tk"))
        .args(["watch", "--after", "0", "--db"])
        .arg(scratch.path("desk.db"))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut heard = BufReader::new(watch.stdout.take().ok_or("no output")?).lines();
    let _watch = Running(watch);
    let mut next = || heard.next().ok_or("it fell silent")?.map_err(Box::<dyn Error>::from);
    assert!(next()?.ends_with("opened the incident “No mail” (new, p3)"));
    tk(&scratch, &["comment", "1", "On it"])?;
    let (wrote, text) = (next()?, next()?);
    assert!(wrote.starts_with("INC-1 ") && wrote.ends_with("wrote") && text.ends_with("| On it"), "{wrote} {text}");
    Ok(())
}

#[test]
fn tk_and_a_server_work_on_the_same_file_at_once() -> Done {
    const EACH: usize = 15;
    let scratch = Scratch::new()?;
    let server = Server::start(&scratch)?;
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..EACH {
                let body = r#"{"kind": "incident", "subject": "by the server"}"#;
                assert_eq!(server.post("/tickets", &[], body).unwrap().status, 201);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    tk(&scratch, &["new", "incident", "by tk"]).unwrap();
                }
            });
        }
    });
    let page: Value =
        serde_json::from_str(&tk(&scratch, &["list", "--all", "--limit", "500", "sort:number", "--json"])?)?;
    let numbers: Vec<_> =
        page["tickets"].as_array().ok_or("no tickets")?.iter().map(|one| one["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=3 * EACH as u64).map(Some).collect::<Vec<_>>(), "each once, and none missing");
    assert_eq!(server.count()?, 3 * EACH);

    // What one does the other sees, and neither undoes the other.
    tk(&scratch, &["assign", "1", "ada"])?;
    let stale =
        server.post("/tickets/1/commands", &["X-Actor: agent:bo", "If-Match: \"1\""], r#"[{"assign": "bo"}]"#)?;
    assert_eq!(stale.status, 409);
    assert_eq!(server.get("/tickets/1")?.json()?["assignee"], "ada");
    Ok(())
}

#[test]
fn the_agent_opens_a_ticket_for_a_full_disk_and_resolves_it() -> Done {
    let scratch = Scratch::new()?;
    let look = |disk: &str| scratch.run("agent", &["--once", "--disk", disk, "--load", "1000000", "--memory", "200"]);
    let found = look("0")?;
    let printed = String::from_utf8(found.stdout)?;
    assert!(found.status.success() && printed.contains("opened INC-1"), "{printed}");
    let again = String::from_utf8(look("0")?.stdout)?;
    assert!(again.contains("repeated on INC-1") && !again.contains("opened"), "one check, one ticket: {again}");
    let list = tk(&scratch, &["list"])?;
    assert!(list.contains(" used"), "{list}");
    let better = String::from_utf8(look("200")?.stdout)?;
    assert!(better.contains("resolved INC-1"), "{better}");
    assert!(tk(&scratch, &["list"])?.is_empty());
    assert_eq!(look("none")?.status.code(), Some(2));
    Ok(())
}

/// Whoever sets a desk up may begin with its people; only verbs that read need a desk that is there.
#[test]
fn a_desk_may_begin_with_its_people() -> Done {
    let scratch = Scratch::new()?;
    let admin = ["--as", "agent:root", "--role", "admin"];
    let with = |args: &[&'static str]| admin.iter().copied().chain(args.iter().copied()).collect::<Vec<_>>();
    let nowhere = fails(&scratch, &["people"])?;
    assert!(nowhere.1.contains("no such file"), "{nowhere:?}");
    tk(&scratch, &with(&["team", "put", "network", "--name", "Networks"]))?;
    tk(&scratch, &with(&["person", "put", "ada", "--name", "Ada King", "--team", "network"]))?;
    let people = tk(&scratch, &["people"])?;
    assert!(people.contains("Ada King"), "{people}");
    Ok(())
}

#[test]
fn a_search_shows_where_it_is_said_and_repaints_nothing() -> Done {
    let scratch = Scratch::new()?;
    let says = ["--description", "db-01 says: Disk\u{1b}[31m (full)"];
    tk(&scratch, &[&["new", "incident", "Disk full"], &says[..]].concat())?;
    tk(&scratch, &["new", "incident", "Servers", "--description", "They are full of disks, no disk is"])?;
    tk(&scratch, &["move", "INC-1", "cancel"])?;
    let lines = |args: &[&str]| -> Result<Vec<String>, Box<dyn Error>> {
        // When they were written stands before what was.
        let text = tk(&scratch, args)?;
        Ok(text.lines().map(|line| line.split("  ").last().unwrap_or_default().to_owned()).collect())
    };
    assert_eq!(lines(&["search", "\"disk full\""])?, ["Disk full"]);
    assert_eq!(lines(&["search", "disk", "31m"])?, ["Disk full", "db-01 says: Disk [31m (full)"]);
    let all = ["Servers", "They are full of disks, no disk is", "Disk full", "db-01 says: Disk [31m (full)"];
    assert_eq!(lines(&["search", "disk*"])?, all);
    assert_eq!(lines(&["search", "disk*", "full", "--best"])?, [all[2], all[3], all[0], all[1]]);
    assert_eq!(lines(&["search", "status:new disk*"])?, all[..2]);
    assert_eq!(tk(&scratch, &["search", "water"])?, "");
    let found: Value = serde_json::from_str(&tk(&scratch, &["search", "\"full of disks\"", "--json"])?)?;
    let (text, marks) =
        (&found["hits"][0]["texts"][0]["snippet"]["text"], &found["hits"][0]["texts"][0]["snippet"]["marks"]);
    let mark = |n: usize| &text.as_str().unwrap_or_default()[place(&marks[n]["start"])..place(&marks[n]["end"])];
    assert_eq!([mark(0), mark(1), mark(2)], ["full", "of", "disks"]);
    for (args, said) in [
        (&["search", "\"disk"][..], "the quote is never closed"),
        (&["search", "x", "--best", "--after", "x"], "after"),
        (&["search", "x sort:created", "--best"], "is an order of its own"),
    ] {
        let (code, error) = fails(&scratch, args)?;
        assert!(code == Some(2) && error.contains(said), "{args:?}: {error}");
    }
    Ok(())
}

fn place(value: &Value) -> usize {
    value.as_u64().and_then(|place| place.try_into().ok()).unwrap_or_default()
}
