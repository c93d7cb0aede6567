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
    assert!(tk(&scratch, &["list", "--team", "network", "--json"])?.contains("\"INC-1\""));

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
    assert!(moves.contains("needs actor:agent"), "{moves}");

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
        &["list", "--sort", "age"],
        &["list", "--status", "done"],
        &["new", "incident", "x", "--impact", "huge"],
        &["set", "1", "size"],
        &["snooze", "1", "tomorrow"],
        &["link", "1", "kills", "1"],
        &["report", "volume", "--csv", "--json"],
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
    ] {
        let printed: Value = serde_json::from_str(&tk(&scratch, &[verb, &["--json"]].concat())?)?;
        assert!(printed.pointer(part).is_some(), "{part} in {verb:?}: {printed}");
    }
    let clocks = tk(&scratch, &["clocks", "1"])?;
    assert!(clocks.contains("first_response") && clocks.contains("due in 1h 59m"), "{clocks}");
    let explained = tk(&scratch, &["explain", "1", "first_response"])?;
    assert!(explained.starts_with("first_response, run 1: ") && explained.contains("running"), "{explained}");
    assert!(tk(&scratch, &["report", "volume", "--csv"])?.starts_with("status,priority,tickets\r\nnew,p3,1\r\n"));
    assert!(tk(&scratch, &["workflow", "incident", "--dot"])?.starts_with("digraph"));
    // One, if the server was stopped before it had read the ticket's due dates under the configuration it published.
    assert!(tk(&scratch, &["tick"])?.contains(" tickets were due; the next is due at "));
    Ok(())
}

#[test]
fn what_somebody_wrote_cannot_repaint_the_terminal() -> Done {
    let scratch = Scratch::new()?;
    tk(&scratch, &["new", "incident", "a\u{1b}[2Jb\nINC-2  forged", "--description", "\u{1b}]0;title\u{7}"])?;
    for verb in [&["list"][..], &["show", "1"], &["history", "1"]] {
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
        serde_json::from_str(&tk(&scratch, &["list", "--all", "--limit", "500", "--sort", "number", "--json"])?)?;
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
