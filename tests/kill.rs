//! Law of durability: an acknowledged commit survives `kill -9`, an unacknowledged one is there whole or not at all, and
//! a retry under the same key has one effect. Several writer processes on one file are killed again and again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use ticketcore::engine::fold;
use ticketcore::{Actor, Command, Desk, Draft, Filter, Order, Query};
use ticketcore_sqlite::SqliteStore;

/// Set for the writer processes, which are this test binary again.
const FILE: &str = "TICKETCORE_KILL_FILE";
const WRITER: &str = "TICKETCORE_KILL_WRITER";
/// How many writers at a time, and how often all of them are killed; `TICKETCORE_LONG` does ten times as much.
const WRITERS: usize = 3;
const ROUNDS: usize = 80;

fn desk(file: &Path) -> Desk {
    let store = SqliteStore::open(file).expect("the file opens, however it was left");
    Desk::new(Arc::new(store)).by(Actor::agent("writer"))
}

fn rounds() -> usize {
    if std::env::var_os("TICKETCORE_LONG").is_some() { ROUNDS * 10 } else { ROUNDS }
}

/// Opens and works tickets until it is killed; says on standard output what was acknowledged.
#[test]
fn a_writer_process_of_the_test_below() {
    let (Some(file), Ok(writer)) = (std::env::var_os(FILE), std::env::var(WRITER)) else { return };
    let desk = desk(Path::new(&file));
    pollster::block_on(async {
        for i in 0_u32.. {
            let key = format!("{writer}-{i}");
            let ticket = desk.open(Draft::incident(key.as_str()).once(key.as_str())).await.unwrap();
            say(&format!("opened {key} {}", ticket.number));
            desk.apply(ticket.id, [Command::assign("ada"), Command::transition("start")]).await.unwrap();
            say(&format!("started {key} {}", ticket.number));
        }
    });
}

fn say(line: &str) {
    // The test harness captures `println!`; the parent reads the pipe itself.
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).unwrap();
}

#[test]
fn killing_writers_again_and_again_loses_no_acknowledged_commit_and_doubles_none() {
    let dir = Dir(std::env::temp_dir().join(format!("ticketcore-kill-{}", std::process::id())));
    std::fs::create_dir_all(&dir.0).unwrap();
    let file = dir.0.join("desk.db");
    drop(desk(&file));

    let (acks, heard) = channel();
    for round in 0..rounds() {
        let mut writers: Vec<Child> = (0..WRITERS).map(|w| spawn(&file, &format!("{round}-{w}"), &acks)).collect();
        // Every moment of a commit is hit sooner or later: the lives differ, and the commits do not keep step.
        thread::sleep(Duration::from_millis(50 + (round as u64 * 13) % 100));
        for writer in &mut writers {
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
    }
    drop(acks);
    let acked = collect(heard);
    assert!(acked.len() > rounds(), "the writers got to work: {} acknowledgements", acked.len());
    pollster::block_on(verify(&desk(&file), &acked));
    eprintln!("{} kills, {} acknowledged commits, none lost", rounds() * WRITERS, acked.len());
}

fn spawn(file: &Path, writer: &str, acks: &std::sync::mpsc::Sender<String>) -> Child {
    let mut child = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_process_of_the_test_below", "--nocapture"])
        .env(FILE, file)
        .env(WRITER, writer)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (out, acks) = (child.stdout.take().unwrap(), acks.clone());
    thread::spawn(move || {
        // A line cut by the kill has no end and is no acknowledgement.
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if line.starts_with("opened ") || line.starts_with("started ") {
                acks.send(line).unwrap();
            }
        }
    });
    child
}

/// What was acknowledged: key → (number, started).
fn collect(heard: Receiver<String>) -> BTreeMap<String, (i64, bool)> {
    let mut acked = BTreeMap::new();
    for line in heard {
        let [what, key, number] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let entry = acked.entry(key.to_owned()).or_insert((number.parse().unwrap(), false));
        entry.1 |= what == "started";
    }
    acked
}

async fn verify(desk: &Desk, acked: &BTreeMap<String, (i64, bool)>) {
    let mut found: BTreeMap<String, (i64, bool)> = BTreeMap::new();
    let mut query = Query::new(Filter::all()).order(Order::oldest()).limit(500);
    loop {
        let page = desk.find(&query).await.unwrap();
        for ticket in page.tickets {
            // Whole or not at all: the ticket is what its history says.
            let history = desk.history(ticket.id).await.unwrap();
            let mut folded = fold(&history).unwrap();
            folded.number = ticket.number;
            assert_eq!(folded, *ticket);
            let state = (ticket.number, ticket.state == "open");
            assert_eq!(ticket.assignee.is_some(), state.1, "both commands of a request or none");
            assert_eq!(found.insert(ticket.subject.clone(), state), None, "no key has two tickets");
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    for (key, (number, started)) in acked {
        let (found_number, found_started) =
            found.get(key).unwrap_or_else(|| panic!("{key} was acknowledged and is lost"));
        assert_eq!(number, found_number);
        assert!(found_started >= started, "{key} was acknowledged as started");
    }
    let mut numbers: Vec<i64> = found.values().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().zip(1..).all(|(number, expected)| *number == expected), "numbers have no gap");

    // What was in flight: a retry finds the one ticket or makes it, never a second.
    let before = i64::try_from(found.len()).unwrap();
    let unknown: Vec<&String> = found.keys().filter(|key| !acked.contains_key(*key)).collect();
    for key in unknown {
        let again = desk.open(Draft::incident(key.as_str()).once(key.as_str())).await.unwrap();
        assert_eq!(again.number, found[key].0);
    }
    let next = desk.open(Draft::incident("the next one")).await.unwrap();
    assert_eq!(next.number, before + 1);
}

/// Removes the directory whatever happens.
struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
