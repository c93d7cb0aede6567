//! Archives that are not as they were written: each is refused with its line, and nothing of it is brought in.

use std::io::Cursor;
use std::sync::Arc;

use ticketcore::testing::block_on;
use ticketcore::{Actor, Capabilities, Capability, Command, Config, Desk, Draft, MemoryStore, Position};

use crate::{archive, empty, on, refused};

/// Two tickets of three events each.
fn text(seal: bool) -> String {
    block_on(async {
        let desk = empty();
        desk.publish(Config { seal, ..Config::default() }).await.unwrap();
        for subject in ["one", "two"] {
            let ticket = desk.open(Draft::incident(subject).description("Described")).await.unwrap();
            let work = [Command::note("Looked at it"), Command::transition("start")];
            desk.by(Actor::agent("ada")).apply(ticket.id, work).await.unwrap();
        }
        String::from_utf8(archive(&desk).await.0).unwrap()
    })
}

/// Makes the last line fit what stands before it again, as somebody would who knows the format.
fn ended(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let end = lines.pop().unwrap();
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut end: serde_json::Value = serde_json::from_str(end).unwrap();
    end["end"]["digest"] = ticketcore::seal::Digest::of(&body).to_string().into();
    for (member, line) in [("documents", "document"), ("tickets", "ticket"), ("events", "event"), ("files", "file")] {
        end["end"][member] = lines.iter().filter(|one| one.starts_with(&format!("{{\"{line}\""))).count().into();
    }
    format!("{body}{end}\n")
}

#[track_caller]
fn says(desk: &Desk, text: &str, expected: &str) {
    let said = refused(desk, text.as_bytes());
    assert!(said.contains(expected), "{said:?} does not say {expected:?}");
    assert_eq!(block_on(desk.store().feed(Position(0), 10)).unwrap(), []);
    let documents = block_on(desk.store().documents(&"main".into(), &"config".into(), None, 10)).unwrap();
    assert_eq!(documents, [], "nothing is half brought in");
}

#[test]
fn what_is_damaged_is_refused_with_its_line() {
    let whole = text(false);
    let lines: Vec<&str> = whole.lines().collect();
    // archive, config, ticket, 3 events, ticket, 3 events, end
    assert_eq!(lines.len(), 11);
    let without = |line: usize| {
        let left = lines.iter().enumerate().filter(|(i, _)| *i != line - 1);
        left.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let swapped = |a: usize, b: usize| {
        let mut lines = lines.clone();
        lines.swap(a - 1, b - 1);
        lines.iter().map(|line| format!("{line}\n")).collect::<String>()
    };
    let desk = empty();
    for (damaged, expected) in [
        (String::new(), "line 1: is not there: the file is empty"),
        ("{}\n".to_owned(), "line 1: is no line of an archive, at column 2"),
        ("id,subject\n1,x\n".to_owned(), "line 1: is no line of an archive, at column 1"),
        (whole.replacen("\"format\":1", "\"format\":2", 1), "line 1: has format 2, this release knows up to 1"),
        (without(1), "line 1: is `document`; an archive begins with `archive`"),
        (without(3), "line 3: is `event`, which does not belong here"),
        (without(4), "line 4: is out of place: a ticket has one opening, its first event"),
        (without(6), "line 6: is `ticket`; 1 events of the ticket are missing"),
        (without(11), "line 11: is not there: the archive is cut off, it has no `end`"),
        (lines[..8].join("\n"), "line 9: is not there: the archive is cut off"),
        (swapped(4, 5), "line 4: is out of place"),
        (swapped(2, 3), "is `document`"),
        (whole.clone() + lines[2] + "\n", "line 12: is `ticket`, and the archive has ended"),
        (whole.replace("Looked", "looked"), "line 11: has the digest of other lines"),
        (ended(&whole.replacen("\"number\":1", "\"number\":2", 1)), "line 3: has number 2, and 1 is the next"),
        (
            ended(&whole.replacen("\"events\":3", "\"events\":4", 1)),
            "line 7: is `ticket`; 1 events of the ticket are missing",
        ),
        (ended(&whole.replacen("\"form\":1", "\"form\":9", 1)), "line 4: store has schema 9"),
        (
            ended(&whole.replacen("{\"opened\"", "{\"vanished\"", 1)),
            "line 4: event cannot be read: unknown variant `vanished`",
        ),
        (ended(&whole.replacen("Looked at it", "Looked \\u0000", 1)), "line 5: holds a NUL character"),
        (ended(&whole.replacen("\"text\":\"Looked", "\"txet\":\"Looked", 1)), "line 5: is no line of an archive"),
        (ended(&whole.replacen("\"at\":\"", "\"at\":\"9", 1)), "line 2: is no line of an archive"),
    ] {
        says(&desk, &damaged, expected);
    }
    // The same ticket twice.
    let id = lines[2].split('"').nth(5).unwrap();
    let other = lines[6].split('"').nth(5).unwrap();
    says(&desk, &ended(&whole.replace(other, id)), &format!("line 7: has the ticket {id} for a second time"));
    let mut bytes = whole.clone().into_bytes();
    let place = whole.find("Looked").unwrap();
    bytes[place] = 0xe4;
    assert!(refused(&desk, &bytes).contains("line 5: is not UTF-8 at byte"));
    // What stands in a text as an escape is none.
    let escaped = ended(&whole.replacen("Looked at it", "Looked \\\\u0000", 1));
    block_on(desk.restore().dry_run().read(&mut Cursor::new(escaped.as_bytes()))).unwrap();
}

#[test]
fn seals_are_checked_and_are_of_their_tenant() {
    let whole = text(true);
    let desk = empty();
    says(
        &desk,
        &ended(&whole.replacen("Looked", "looked", 1)),
        "line 5: version 2 of the ticket: the text is not as it was sealed",
    );
    says(
        &desk,
        &ended(&whole.replacen("\"id\":\"ada\"", "\"id\":\"eve\"", 1)),
        "line 5: version 2 of the ticket: the event is not as it was sealed",
    );
    let other = on(Arc::new(MemoryStore::new())).tenant("acme");
    let said = refused(&other, whole.as_bytes());
    assert!(said.contains("line 3: is sealed for tenant `main`, and cannot be of `acme`"), "{said}");
    // Without seals a tenant may be called something else.
    block_on(other.restore().read(&mut Cursor::new(text(false).as_bytes()))).unwrap();
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_before_anything_is_written() {
    let whole = text(false);
    let desk = empty();
    let broken = ended(&whole.replacen("\\\"resolve\\\":\\\"resolve\\\"", "\\\"resolve\\\":\\\"nowhere\\\"", 1));
    assert_ne!(broken, whole);
    let error = block_on(desk.restore().read(&mut Cursor::new(broken.as_bytes()))).unwrap_err();
    assert!(matches!(error, ticketcore::Error::Unsound { .. }), "{error}");
    assert_eq!(block_on(desk.store().feed(Position(0), 10)).unwrap(), []);
}

#[test]
fn it_takes_rights_that_only_administrators_have() {
    let whole = text(false);
    let desk = empty();
    for actor in [Actor::agent("ada"), Actor::integration("script"), Actor::requester("bo")] {
        let by = desk.by(actor);
        let said = block_on(by.archive().write(Vec::new())).unwrap_err().to_string();
        assert!(said.ends_with("may not export"), "{said}");
        assert!(refused(&by, whole.as_bytes()).ends_with("may not import"));
        let said = block_on(by.verify_archive(whole.as_bytes(), |_| ())).unwrap_err().to_string();
        assert!(said.ends_with("may not import"), "{said}");
    }
    let admin = desk.by(Actor::agent("ada").role("admin"));
    block_on(admin.restore().read(&mut Cursor::new(whole.as_bytes()))).unwrap();
    let all = Capabilities::all();
    assert!(all.has(Capability::Import) && all.has(Capability::Export));
}
