//! Tamper evidence: whoever changes the past behind the desk's back is found out, by the first thing that is not as it was.

#[path = "support/file.rs"]
mod temporary;

use std::sync::Arc;

use rusqlite::Connection;
use temporary::File;
use ticketcore::desk::{Broken, Checkpoint, Verified};
use ticketcore::seal::Flaw;
use ticketcore::store::{Change, Commit, Marks};
use ticketcore::testing::{block_on, sample};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, Command, Config, Desk, Draft, MemoryStore, Message, Order, Query, Store, TenantId, Ticket, Version,
    Visibility,
};
use ticketcore_sqlite::SqliteStore;

fn sealing(store: impl Store) -> Desk {
    let clock = ManualClock::new(sample::start());
    let desk = Desk::new(Arc::new(store)).with_clock(clock);
    block_on(desk.publish(Config { seal: true, ..Config::default() })).unwrap();
    desk.by(Actor::agent("ada"))
}

/// Three tickets of four events each; what is done to the second must be found in the second.
fn desk(file: &File) -> (Desk, Vec<Arc<Ticket>>) {
    let desk = sealing(SqliteStore::open(file.path()).unwrap());
    let tickets = (1..=3).map(|i| block_on(worked(&desk, &i.to_string())));
    let tickets = tickets.collect();
    (desk, tickets)
}

async fn worked(desk: &Desk, subject: &str) -> Arc<Ticket> {
    let ticket = desk.open(Draft::incident(subject).description("Described")).await.unwrap();
    let ticket = desk.apply(ticket.id, Command::assign("ada")).await.unwrap();
    desk.apply(ticket.id, [Command::note("Noted"), Command::Tag("vip".into())]).await.unwrap()
}

fn verify(desk: &Desk) -> Verified {
    block_on(desk.verify(|_| {})).unwrap()
}

/// The flaw, the ticket's number and the version.
fn found(broken: Option<Broken>) -> Option<(Flaw, i64, i64)> {
    broken.map(|broken| (broken.why, broken.number, broken.version.0))
}

/// What is found after SQL has been run on the file of a desk. `:t` in it is the second ticket's row.
#[track_caller]
fn after(sql: &str) -> (Flaw, i64, i64) {
    let file = File::new();
    let (desk, tickets) = desk(&file);
    assert_eq!(found(verify(&desk).broken), None);
    tamper(&file, sql);
    let verified = verify(&desk);
    let broken = verified.broken.unwrap_or_else(|| panic!("nothing is found after {sql}"));
    if let Some(id) = broken.ticket {
        let number = usize::try_from(broken.number).unwrap();
        assert_eq!(id, tickets[number - 1].id, "the ticket is named");
    }
    assert_eq!(verified.tickets, u64::try_from(broken.number - 1).unwrap(), "those before it are sound");
    found(Some(broken)).unwrap()
}

fn tamper(file: &File, sql: &str) {
    let connection = Connection::open(file.path()).unwrap();
    let row = "(select row from ticketcore_ticket order by row limit 1 offset 1)";
    let before = connection.total_changes();
    connection.execute_batch(&sql.replace(":t", row)).unwrap();
    assert!(connection.total_changes() > before, "{sql} has changed nothing");
}

#[test]
fn a_desk_that_seals_seals_every_event_and_finds_nothing_wrong() {
    let file = File::new();
    let (desk, tickets) = desk(&file);
    let mut told = Vec::new();
    let verified = block_on(desk.verify(|so_far| told.push(so_far.tickets))).unwrap();
    assert_eq!(verified, Verified { tickets: 3, events: 12, ..Verified::default() });
    assert_eq!(told, [3]);
    for ticket in tickets {
        let history = block_on(desk.history(ticket.id)).unwrap();
        assert!(history.iter().all(|one| one.seal.is_some()));
        assert_eq!(history.last().and_then(|one| one.seal).map(|seal| seal.chain), ticket.head);
    }
}

#[test]
fn a_desk_that_does_not_seal_only_finds_what_does_not_fit() {
    let file = File::new();
    let desk = Desk::new(Arc::new(SqliteStore::open(file.path()).unwrap()));
    block_on(worked(&desk, "1"));
    block_on(worked(&desk, "2"));
    assert_eq!(verify(&desk), Verified { tickets: 2, events: 8, unsealed: 8, ..Verified::default() });
    tamper(&file, "update ticketcore_event set text = 'Changed' where ticket = :t and version = 1");
    assert_eq!(found(verify(&desk).broken), None);
    tamper(&file, "update ticketcore_event set event = '{\"tagged\":\"vup\"}' where ticket = :t and version = 4");
    assert_eq!(found(verify(&desk).broken), Some((Flaw::Ticket, 2, 4)));
}

#[test]
fn a_changed_event_is_found() {
    let sql = "update ticketcore_event set event = '{\"assigned\":\"eve\"}' where ticket = :t and version = 2";
    assert_eq!(after(sql), (Flaw::Event, 2, 2));
    // Also where the ticket it makes is the same.
    let sql =
        "update ticketcore_event set event = replace(event, '\"api\"', '\"web\"') where ticket = :t and version = 3";
    assert_eq!(after(sql), (Flaw::Event, 2, 3));
}

#[test]
fn a_changed_text_is_found() {
    let sql = "update ticketcore_event set text = 'Never said' where ticket = :t and version = 3";
    assert_eq!(after(sql), (Flaw::Text, 2, 3));
    let sql = "update ticketcore_event set text = 'Slipped in' where ticket = :t and version = 2";
    assert_eq!(after(sql), (Flaw::Text, 2, 2));
}

#[test]
fn another_hand_and_another_time_are_found() {
    assert_eq!(after("update ticketcore_event set by = 'eve' where ticket = :t and version = 2"), (Flaw::Event, 2, 2));
    let sql = "update ticketcore_event set by_kind = 'system' where ticket = :t and version = 4";
    assert_eq!(after(sql), (Flaw::Event, 2, 4));
    assert_eq!(after("update ticketcore_event set at = at + 1 where ticket = :t and version = 1"), (Flaw::Event, 2, 1));
}

#[test]
fn a_missing_event_is_found_wherever_it_stood() {
    for version in [1, 2, 3, 4] {
        let sql = format!("delete from ticketcore_event where ticket = :t and version = {version}");
        assert_eq!(after(&sql), (Flaw::NoEvent, 2, version));
    }
    assert_eq!(after("delete from ticketcore_event where ticket = :t"), (Flaw::NoEvent, 2, 1));
}

/// Those after it moved up, so that no version is missing.
#[test]
fn a_missing_event_is_found_when_the_gap_is_closed() {
    let sql = "delete from ticketcore_event where ticket = :t and version = 2; \
               update ticketcore_event set version = version - 1 where ticket = :t and version > 2; \
               update ticketcore_snapshot set body = replace(body, '\"version\":4', '\"version\":3') where row = :t";
    assert_eq!(after(sql), (Flaw::Event, 2, 2));
}

#[test]
fn two_events_that_changed_places_are_found() {
    let sql = "update ticketcore_event set version = 9 where ticket = :t and version = 3; \
               update ticketcore_event set version = 3 where ticket = :t and version = 4; \
               update ticketcore_event set version = 4 where ticket = :t and version = 9";
    assert_eq!(after(sql), (Flaw::Event, 2, 3));
    let sql = "update ticketcore_event set position = 1000 where ticket = :t and version = 3";
    assert_eq!(after(sql), (Flaw::Order, 2, 4));
}

#[test]
fn an_event_that_was_slipped_in_is_found() {
    let with = |seal: &str| {
        format!(
            "insert into ticketcore_event (ticket, version, at, by, by_kind, form, event, seal) \
             select ticket, 5, at, by, by_kind, form, '{{\"tagged\":\"x\"}}', {seal} \
             from ticketcore_event where ticket = :t and version = 4"
        )
    };
    assert_eq!(after(&with("seal")), (Flaw::Beyond, 2, 5));
    let known =
        "; update ticketcore_snapshot set body = replace(body, '\"version\":4', '\"version\":5') where row = :t";
    assert_eq!(after(&format!("{}{known}", with("seal"))), (Flaw::Event, 2, 5));
    assert_eq!(after(&format!("{}{known}", with("null"))), (Flaw::Unsealed, 2, 5));
}

#[test]
fn a_changed_ticket_is_found() {
    let sql = "update ticketcore_snapshot set body = replace(body, '\"ada\"', '\"eve\"') where row = :t";
    assert_eq!(after(sql), (Flaw::Ticket, 2, 4));
    let sql = "update ticketcore_snapshot set body = json_remove(body, '$.head') where row = :t";
    assert_eq!(after(sql), (Flaw::Head, 2, 4));
}

#[test]
fn seals_that_were_taken_off_are_found() {
    assert_eq!(
        after("update ticketcore_event set seal = null where ticket = :t and version = 3"),
        (Flaw::Unsealed, 2, 3)
    );
    assert_eq!(after("update ticketcore_event set seal = null where ticket = :t and version < 3"), (Flaw::Event, 2, 3));
    assert_eq!(after("update ticketcore_event set seal = null where ticket = :t"), (Flaw::Head, 2, 4));
}

#[test]
fn a_missing_ticket_is_found_by_its_number() {
    let sql = "delete from ticketcore_event where ticket = :t; delete from ticketcore_snapshot where row = :t; \
               delete from ticketcore_ticket where row = :t";
    assert_eq!(after(sql), (Flaw::NoTicket, 2, 0));
}

#[test]
fn what_cannot_be_read_is_named() {
    let unreadable = |sql: &str| match after(sql) {
        (Flaw::Unreadable(_), number, version) => (number, version),
        other => panic!("{other:?}"),
    };
    assert_eq!(unreadable("update ticketcore_event set event = '{' where ticket = :t and version = 3"), (2, 3));
    assert_eq!(unreadable("update ticketcore_event set seal = x'00' where ticket = :t and version = 2"), (2, 2));
    assert_eq!(unreadable("update ticketcore_snapshot set body = '{' where row = :t"), (2, 0));
}

/// A commit that only erases texts.
fn erase(desk: &Desk, ticket: &Arc<Ticket>, versions: &[i64]) {
    let change = Change {
        expected: ticket.version,
        ticket: Arc::clone(ticket),
        facts: Vec::new(),
        marks: Marks::default(),
        claims: Vec::new(),
        erased: versions.iter().copied().map(Version).collect(),
    };
    block_on(desk.store().commit(Commit { changes: vec![change], ..Commit::new(TenantId::MAIN) })).unwrap();
}

#[test]
fn erased_texts_are_counted_and_break_nothing() {
    let file = File::new();
    let (desk, tickets) = desk(&file);
    let checkpoint = block_on(desk.checkpoint()).unwrap();
    erase(&desk, &tickets[1], &[1, 3]);
    block_on(desk.apply(tickets[1].id, Command::note("Goes on"))).unwrap();
    assert_eq!(verify(&desk), Verified { tickets: 3, events: 13, erased: 2, ..Verified::default() });
    assert_eq!(against(&desk, &checkpoint), None);
    tamper(&file, "update ticketcore_event set text = 'Back again' where ticket = :t and version = 3");
    assert_eq!(found(verify(&desk).broken), Some((Flaw::Text, 2, 3)));
}

/// Law 72: erasing changes nothing but texts.
#[test]
fn law_72_erasing_changes_no_field_of_any_view_except_text() {
    let desk = sealing(MemoryStore::new());
    let ticket = block_on(worked(&desk, "1"));
    let view = || {
        let page = block_on(desk.find(&Query::default().order(Order::newest()))).unwrap();
        let (readings, moves) = (block_on(desk.readings(ticket.id)), block_on(desk.moves(ticket.id)));
        (page, format!("{readings:?} {moves:?}"), block_on(desk.history(ticket.id)).unwrap())
    };
    let (page, readings, mut history) = view();
    erase(&desk, &ticket, &[1, 2, 3, 4]);
    history.iter_mut().for_each(|one| one.text = None);
    assert_eq!(view(), (page, readings, history));
}

#[test]
fn a_chain_begins_when_the_desk_does_and_goes_on_when_it_ends() {
    let file = File::new();
    let desk = Desk::new(Arc::new(SqliteStore::open(file.path()).unwrap()));
    let old = block_on(worked(&desk, "Before"));
    block_on(desk.publish(Config { seal: true, ..Config::default() })).unwrap();
    let message = Message { automatic: true, ..Message::new(Visibility::Public, "Sealed") };
    block_on(desk.apply(old.id, Command::Say(message))).unwrap();
    block_on(desk.publish(Config::default())).unwrap();
    let old = block_on(desk.apply(old.id, Command::note("Sealed still"))).unwrap();
    let new = block_on(desk.open(Draft::incident("After"))).unwrap();
    assert_eq!((old.head.is_some(), new.head), (true, None));
    assert_eq!(verify(&desk), Verified { tickets: 2, events: 7, unsealed: 5, ..Verified::default() });
    let history = block_on(desk.history(old.id)).unwrap();
    assert_eq!(
        history.iter().map(|one| one.seal.is_some()).collect::<Vec<_>>(),
        [false, false, false, false, true, true]
    );
}

fn against(desk: &Desk, checkpoint: &Checkpoint) -> Option<(Flaw, i64, i64)> {
    found(block_on(desk.verify_against(checkpoint, |_| {})).unwrap().broken)
}

/// A checkpoint through the form in which it is kept.
fn kept(desk: &Desk) -> Checkpoint {
    let json = serde_json::to_string(&block_on(desk.checkpoint()).unwrap()).unwrap();
    serde_json::from_str(&json).unwrap()
}

#[test]
fn a_checkpoint_holds_while_the_desk_goes_on() {
    let file = File::new();
    let (desk, tickets) = desk(&file);
    let checkpoint = kept(&desk);
    assert_eq!((checkpoint.tickets, checkpoint.heads.len()), (3, 3));
    assert_eq!(against(&desk, &checkpoint), None);
    block_on(desk.apply(tickets[0].id, Command::note("More"))).unwrap();
    block_on(worked(&desk, "4"));
    assert_eq!(against(&desk, &checkpoint), None);
    // Nothing was there at the first checkpoint of an empty desk.
    let empty = kept(&desk.tenant("other"));
    assert_eq!((empty.tickets, against(&desk.tenant("other"), &empty)), (0, None));
}

/// Who may write to the file can make a chain anew. Only a checkpoint that was kept elsewhere finds it.
#[test]
fn a_past_that_was_made_anew_is_found_by_a_checkpoint() {
    let (file, other) = (File::new(), File::new());
    let (genuine, _) = desk(&file);
    let checkpoint = kept(&genuine);
    let (forged, _) = desk(&other);
    assert_eq!(found(verify(&forged).broken), None);
    let (flaw, number, _) = against(&forged, &checkpoint).unwrap();
    assert_eq!((flaw, number), (Flaw::NoTicket, 1), "its tickets have other ids");

    // The end of the second ticket left off, with all that tells of it, and something else in its place.
    let before = |desk: &Desk, number: i64| block_on(desk.number(number)).unwrap().unwrap();
    let history = block_on(genuine.history(before(&genuine, 2).id)).unwrap();
    let then = ticketcore::engine::fold(&history[..3]).unwrap();
    let body = ticketcore::codec::encode_ticket(&then).unwrap().replace('\'', "''");
    let shorter = format!(
        "delete from ticketcore_event where ticket = :t and version = 4; \
         update ticketcore_ticket set version = 3 where row = :t; \
         update ticketcore_snapshot set body = '{body}' where row = :t"
    );
    tamper(&file, &shorter);
    assert_eq!(found(verify(&genuine).broken), None, "it fits together");
    assert_eq!(against(&genuine, &checkpoint), Some((Flaw::NoEvent, 2, 4)));
    block_on(genuine.apply(before(&genuine, 2).id, Command::Tag("other".into()))).unwrap();
    assert_eq!(found(verify(&genuine).broken), None, "it fits together");
    assert_eq!(against(&genuine, &checkpoint), Some((Flaw::Rewritten, 2, 4)));
}

#[test]
fn the_last_ticket_is_missed_by_a_checkpoint_alone() {
    let file = File::new();
    let (desk, tickets) = desk(&file);
    let checkpoint = kept(&desk);
    let last = "(select max(row) from ticketcore_ticket)";
    tamper(
        &file,
        &format!(
            "delete from ticketcore_event where ticket = {last}; delete from ticketcore_snapshot where row = {last}; \
             delete from ticketcore_ticket where row = {last}"
        ),
    );
    assert_eq!(found(verify(&desk).broken), None);
    let broken = block_on(desk.verify_against(&checkpoint, |_| {})).unwrap().broken.unwrap();
    assert_eq!((broken.ticket, broken.number, broken.why), (Some(tickets[2].id), 3, Flaw::NoTicket));
}

#[test]
fn a_checkpoint_that_was_changed_is_refused() {
    let file = File::new();
    let (desk, _) = desk(&file);
    let checkpoint = kept(&desk);
    let mut cut = checkpoint.clone();
    cut.heads.pop();
    let mut other = checkpoint.clone();
    other.heads[1].head = None;
    let strange = Checkpoint { tenant: "other".into(), ..checkpoint.clone() };
    for changed in [cut, other, strange] {
        assert_eq!(against(&desk, &changed), Some((Flaw::Checkpoint, 0, 0)));
    }
    assert_eq!(against(&desk.tenant("other"), &checkpoint), Some((Flaw::Checkpoint, 0, 0)));
}

#[test]
fn a_broken_link_says_where_it_is_and_what_is_wrong() {
    let file = File::new();
    let (desk, _) = desk(&file);
    tamper(&file, "update ticketcore_event set text = 'Never said' where ticket = :t and version = 3");
    let text = verify(&desk).broken.unwrap().to_string();
    assert_eq!(text, "ticket number 2, version 3: the text is not as it was sealed");
}

#[test]
fn many_pages_are_read_to_the_end() {
    let desk = sealing(MemoryStore::new());
    let drafts = (0..1201).map(|i| Draft::incident(i.to_string())).collect();
    block_on(desk.open_all(drafts)).unwrap();
    let mut told = Vec::new();
    let verified = block_on(desk.verify(|so_far| told.push(so_far.tickets))).unwrap();
    assert_eq!((verified.tickets, verified.broken), (1201, None));
    assert_eq!(told, [500, 1000, 1201]);
    assert_eq!(block_on(desk.checkpoint()).unwrap().heads.len(), 1201);
}
