//! The serialised forms of events, tickets and records of the directory, against golden files.
//!
//! What is written today has to be read for as long as desks keep their logs. If an event must change its form, it gets
//! an upcaster and its kind the next version: what is in the golden file of the old version then still has to decode. A
//! changed form without that would orphan every log there is, so it fails here first.
//!
//! To accept new kinds or samples, write the files anew and read the difference:
//! `GOLDEN=rewrite cargo test --test golden`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::approval::{Quorum, Voters};
use ticketcore::codec::{decode_event, decode_ticket, encode_event, encode_ticket};
use ticketcore::config::Trigger;
use ticketcore::desk::{Became, Checkpoint, Occurrence};
use ticketcore::directory::{OrgSight, Organisation, Person, Team};
use ticketcore::engine::fold;
use ticketcore::erasure::{Erased, Receipt, Subject};
use ticketcore::event::{
    Absorbed, Attachment, Fact, Merged, Migrated, Moved, Notice, Opened, Pose, Recipient, Said, Skip, SplitOff,
    Unmerged, Withheld,
};
use ticketcore::policy_log::StepKey;
use ticketcore::routing::{Availability, Choice, Difference, Fallback, Load, PassedOver, Pick, Prefer, Tier, Why};
use ticketcore::seal::{Digest, Seal, seal};
use ticketcore::signal::Alert;
use ticketcore::testing::block_on;
use ticketcore::ticket::{Link, Pin};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, ActorKind, Channel, Config, Desk, Draft, Event, Key, Level, LinkKind, MemoryStore, Party, Position,
    Priority, Recorded, Severity, Signal, Status, StoreError, TenantId, Ticket, TicketId, Value, Version, Visibility,
    Waiting,
};

/// The version of the form of every kind, and of the golden file.
const VERSION: i64 = 1;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-21T20:51:00.000001Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn id(text: &str) -> TicketId {
    text.parse().unwrap()
}

/// The ticket that the samples happen to.
fn this() -> TicketId {
    id("019a7f00-0000-7000-8000-000000000001")
}

fn other() -> TicketId {
    id("019a7f00-0000-7000-8000-000000000002")
}

/// An opening that says no more than it must.
fn bare() -> Opened {
    Opened {
        kind: Key::from("incident"),
        prefix: "".into(),
        subject: "No mail".to_owned(),
        category: None,
        tags: Vec::new(),
        fields: [].into(),
        channel: Channel::Api,
        external: None,
        requester: None,
        organisation: None,
        assignee: None,
        team: None,
        queue: None,
        needs: [].into(),
        intake: None,
        watchers: Vec::new(),
        workflow: Pin { id: Key::from("incident"), rev: 1 },
        state: Key::from("new"),
        status: Status::New,
        waiting: None,
        impact: Level::MEDIUM,
        urgency: Level::MEDIUM,
        priority: Priority::P3,
    }
}

/// An opening that says all it can.
fn full() -> Opened {
    Opened {
        prefix: "INC-".into(),
        subject: "No mail: \"550 5.7.1\" \u{2014} \u{43f}\u{43e}\u{447}\u{442}\u{430} \u{1f4e7}".to_owned(),
        category: Some(Key::from("mail")),
        tags: vec![Key::from("exchange"), Key::from("vip")],
        fields: [
            (Key::from("floor"), Value::Int(-2)),
            (Key::from("site"), Value::from("Berlin")),
            (Key::from("remote"), Value::Bool(false)),
        ]
        .into(),
        channel: Channel::Phone,
        external: Some("SNOW-4711".to_owned()),
        requester: Some("bo".into()),
        organisation: Some("acme".into()),
        assignee: Some("ada".into()),
        team: Some("first_line".into()),
        queue: Some("mail".into()),
        needs: ["exchange".into(), "russian".into()].into(),
        intake: Some("mail".into()),
        watchers: vec!["eve".into()],
        state: Key::from("lobby"),
        status: Status::Pending,
        waiting: Some(Waiting::Until),
        impact: Level::HIGH,
        urgency: Level::LOW,
        ..bare()
    }
}

fn said(visibility: Visibility) -> Said {
    Said { visibility, channel: Channel::Api, automatic: false, attachments: Vec::new() }
}

fn moved(to: &str, status: Status) -> Moved {
    Moved {
        transition: Key::from("go"),
        from: Key::from("here"),
        to: Key::from(to),
        status,
        waiting: None,
        dropped: false,
    }
}

/// A whole ticket that came, with everybody and everything.
fn whole() -> Absorbed {
    let alert = Alert { key: "cpu/db-01".to_owned(), firing: true, severity: Severity::Error, count: 2, last: at(8) };
    Absorbed {
        from: other(),
        messages: Vec::new(),
        watchers: vec!["lin".into()],
        participants: vec!["bo".into()],
        alerts: vec![alert],
        tickets: 3,
    }
}

/// Some messages that came alone.
fn some() -> Absorbed {
    let messages = vec![Version(2), Version(7)];
    Absorbed { from: other(), messages, watchers: Vec::new(), participants: Vec::new(), alerts: Vec::new(), tickets: 1 }
}

fn split() -> SplitOff {
    SplitOff { into: other(), messages: vec![Version(8)] }
}

fn bare_pose() -> Pose {
    Pose { state: "open".into(), status: Status::Open, waiting: None, dropped: false, closed: None }
}

fn merged() -> Merged {
    let from = Pose {
        state: "spam".into(),
        status: Status::Closed,
        waiting: Some(Waiting::Third),
        dropped: true,
        closed: Some(at(5)),
    };
    Merged { into: other(), state: "cancelled".into(), from }
}

fn step(policy: &str) -> StepKey {
    StepKey { policy: Key::from(policy), cycle: 2, round: 1, step: 3 }
}

/// The asking for an approval, with nothing and with everything that may be left out.
fn requested(approval: &str, full: bool) -> Event {
    let one = |from| Quorum { from, need: 1 };
    let mut steps = vec![one(Voters::role("change_manager"))];
    if full {
        steps.extend([Quorum { from: Voters::people(["eve", "bo"]), need: 2 }, one(Voters::team("net"))]);
    }
    Event::ApprovalRequested {
        approval: approval.into(),
        steps,
        ordered: full,
        own: full,
        expires: full.then(|| at(900)),
    }
}

/// A choice, and everything that can be said of those who were passed over.
fn routed() -> Choice {
    let passed_over = [
        Why::After(Difference::Tier),
        Why::After(Difference::Prefers(Prefer::Sticky)),
        Why::After(Difference::Prefers(Prefer::LeastRecent)),
        Why::After(Difference::Name),
        Why::Unavailable(Availability::Off),
        Why::Lacks("russian".into()),
        Why::Full { load: 5, capacity: 5 },
        Why::Had,
    ];
    Choice {
        route: "mail".into(),
        pick: Some(Pick {
            agent: "lin".into(),
            tier: Tier::Active,
            because: Some(Difference::Prefers(Prefer::LeastLoaded)),
        }),
        fallback: Fallback::Escalate(2),
        passed_over: passed_over.map(|why| PassedOver { agent: "kim".into(), why }).into(),
        more: 12,
    }
}

/// The choice of nobody.
fn unrouted() -> Choice {
    Choice { route: "mail".into(), pick: None, fallback: Fallback::LeaveQueued, passed_over: Vec::new(), more: 0 }
}

/// Every kind of event at least once; those with parts that may be left out, with them and without.
fn samples() -> Vec<Event> {
    let attachment = Attachment {
        name: "log.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 1 << 40,
        digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
    };
    let migrated = Migrated {
        to: Pin { id: Key::from("incident"), rev: 2 },
        state: Key::from("fresh"),
        status: Status::New,
        waiting: None,
        dropped: false,
    };
    let firing =
        Signal::firing("disk/db-01", "Disk is full", at(9)).severity(Severity::Critical).label("host", "db-01");
    let notice =
        |urgent, to: &[Recipient]| Event::Notified(Notice { to: to.to_vec(), template: "late".into(), urgent });
    vec![
        Event::Opened(Box::new(full())),
        Event::Opened(Box::new(bare())),
        Event::Migrated(Migrated { waiting: Some(Waiting::Third), dropped: true, ..migrated.clone() }),
        Event::Migrated(migrated),
        Event::Moved(moved("done", Status::Resolved)),
        Event::Moved(Moved { dropped: true, ..moved("spam", Status::Closed) }),
        Event::Moved(Moved { waiting: Some(Waiting::Requester), ..moved("waiting", Status::Pending) }),
        Event::Said(said(Visibility::Public)),
        Event::Said(Said {
            channel: Channel::Mail,
            automatic: true,
            attachments: vec![attachment],
            ..said(Visibility::Internal)
        }),
        Event::Assigned(Some("lin".into())),
        Event::Assigned(None),
        Event::Assigned(Some("kim".into())),
        Event::Routed(Box::new(routed())),
        Event::Routed(Box::new(Choice {
            pick: Some(Pick { agent: "kim".into(), tier: Tier::NotOff, because: None }),
            passed_over: Vec::new(),
            ..unrouted()
        })),
        Event::Unrouted(Box::new(unrouted())),
        Event::TeamAssigned(None),
        Event::TeamAssigned(Some("second_line".into())),
        Event::Queued(None),
        Event::Queued(Some("late".into())),
        Event::RequesterChanged(None),
        Event::RequesterChanged(Some("eve".into())),
        Event::OrganisationChanged(None),
        Event::OrganisationChanged(Some("initech".into())),
        Event::Renamed("Still no mail".to_owned()),
        Event::Categorised(None),
        Event::Categorised(Some("network".into())),
        Event::Untagged("vip".into()),
        Event::Tagged("outage".into()),
        Event::FieldSet("floor".into(), None),
        Event::FieldSet("floor".into(), Some(Value::Int(4))),
        Event::FieldSet("remote".into(), Some(Value::Bool(true))),
        Event::Referenced(None),
        Event::Referenced(Some("SNOW-4712".to_owned())),
        Event::Rated { impact: Level::LOW, urgency: Level(1), priority: Priority::P4 },
        Event::PriorityRestored,
        Event::Prioritised { priority: Priority::P1, reason: "The board is offline".to_owned() },
        Event::Escalated(2),
        Event::Invited("kim".into()),
        Event::Invited("pat".into()),
        Event::Dismissed("kim".into()),
        Event::Referred("network".into()),
        Event::Referred("storage".into()),
        Event::Recalled("storage".into()),
        Event::Shared(Party::Person("pat".into())),
        Event::Shared(Party::Team("network".into())),
        Event::Shared(Party::Organisation("acme".into())),
        Event::Unshared(Party::Team("network".into())),
        Event::Unwatched("eve".into()),
        Event::Watched("kim".into()),
        Event::Scored { score: 4, of: at(40) },
        Event::Endorsed { helpful: true },
        Event::Unlinked(Link { kind: LinkKind::Relates, to: other() }),
        Event::Linked(Link { kind: LinkKind::BlockedBy, to: other() }),
        Event::Linked(Link { kind: LinkKind::ExplainedBy, to: other() }),
        Event::Edited { message: Version(1), visibility: Visibility::Public },
        Event::Absorbed(whole()),
        Event::Absorbed(some()),
        Event::Released(some()),
        Event::SplitOff(split()),
        Event::Rejoined(split()),
        Event::Withheld(Withheld { ticket: other(), transition: "close".into(), why: "It is new".to_owned() }),
        Event::Merged(Box::new(merged())),
        Event::Unmerged(Box::new(Unmerged { from: other(), pose: merged().from, alerts: whole().alerts })),
        Event::Merged(Box::new(Merged { from: bare_pose(), ..merged() })),
        Event::Unmerged(Box::new(Unmerged { from: other(), pose: bare_pose(), alerts: Vec::new() })),
        Event::Unacknowledged,
        Event::Acknowledged { until: None },
        Event::Acknowledged { until: Some(at(90)) },
        Event::Woken,
        Event::Snoozed(at(120)),
        Event::Signalled(firing),
        Event::Signalled(Signal::cleared("disk/db-01", at(10))),
        Event::Fired { key: step("escalation"), due: at(11) },
        Event::Skipped { key: step("unless"), due: at(12), why: Skip::Unless },
        Event::Skipped { key: step("overtaken"), due: at(12), why: Skip::Overtaken },
        Event::Skipped { key: step("impossible"), due: at(12), why: Skip::Impossible },
        Event::Ruled { rule: "sort".into() },
        Event::Breached { policy: "resolution".into(), cycle: 1, due: at(13) },
        Event::Waived { policy: "resolution".into(), reason: "The customer was away".to_owned() },
        Event::Breached { policy: "resolution".into(), cycle: 2, due: at(14) },
        requested("cab", false),
        Event::ApprovalWithdrawn("cab".into()),
        requested("cab", false),
        requested("board", true),
        Event::Delegated { approval: "board".into(), to: "lin".into(), steps: [0, 2].into() },
        Event::Approved { approval: "board".into(), step: 0, instead_of: None, seen: Version(50), reason: None },
        Event::Approved {
            approval: "board".into(),
            step: 1,
            instead_of: Some("eve".into()),
            seen: Version(51),
            reason: Some("As planned".to_owned()),
        },
        Event::Rejected { approval: "cab".into(), step: 0, instead_of: None, seen: Version(50), reason: None },
        Event::Rejected {
            approval: "board".into(),
            step: 2,
            instead_of: Some("eve".into()),
            seen: Version(51),
            reason: Some("No way back".to_owned()),
        },
        requested("legal", true),
        Event::Delegated { approval: "legal".into(), to: "ada".into(), steps: [].into() },
        notice(false, &[Recipient::Person("bo".into())]),
        notice(
            true,
            &[Recipient::Team("net".into()), Recipient::Lead("net".into()), Recipient::Schedule("night".into())],
        ),
        Event::Skipped { key: step("imported"), due: at(12), why: Skip::Imported },
    ]
}

/// Tickets that together have everything a ticket can have.
fn tickets() -> Vec<Ticket> {
    let bare = Event::Opened(Box::new(bare()));
    let answered = Event::Said(said(Visibility::Public));
    let resolved = Event::Moved(moved("done", Status::Resolved));
    let closed = Event::Moved(moved("gone", Status::Closed));
    let dropped = Event::Moved(Moved { dropped: true, ..moved("spam", Status::Closed) });
    let parts = vec![bare.clone(), Event::Absorbed(whole()), Event::Absorbed(some()), Event::SplitOff(split())];
    let gone = vec![bare.clone(), Event::Merged(Box::new(merged()))];
    let lives = [
        vec![bare.clone()],
        vec![bare.clone(), answered, resolved, closed],
        vec![bare, dropped],
        parts,
        gone,
        samples(),
    ];
    let mut tickets: Vec<Ticket> = lives.iter().map(|events| folded(events)).collect();
    let mut sealed = tickets[0].clone();
    sealed.head = Some(Digest([0xa5; 32]));
    tickets.push(sealed);
    tickets
}

fn folded(events: &[Event]) -> Ticket {
    let recorded = |(i, event): (i64, &Event)| Recorded {
        tenant: TenantId::MAIN,
        ticket: this(),
        version: Version(i + 1),
        position: Position(i + 1),
        at: at(i),
        by: Actor::agent("ada").by(),
        event: event.clone(),
        text: None,
        seal: None,
    };
    let history: Vec<Recorded> = (0..).zip(events).map(recorded).collect();
    fold(&history).unwrap()
}

/// Compares with a golden file, or writes it, and returns what stands in it.
fn golden(name: &str, forms: &[String]) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("GOLDEN").is_some_and(|wish| wish == "rewrite") {
        std::fs::write(&path, forms.join("\n") + "\n").unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (form, line) in forms.iter().zip(&lines) {
        assert_eq!(form, line, "the serialised form has changed, see {name} and the head of this test");
    }
    assert_eq!(forms.len(), lines.len(), "{name} has more or fewer samples than this test");
    lines
}

#[test]
fn every_kind_of_event_keeps_its_serialised_form() {
    let events = samples();
    let forms: Vec<String> = events
        .iter()
        .map(|event| {
            let (version, form) = encode_event(event).unwrap();
            assert_eq!(version, VERSION, "{} has a newer form: keep its golden file and add another", event.name());
            form
        })
        .collect();
    let lines = golden("events.v1.jsonl", &forms);
    for (event, line) in events.iter().zip(&lines) {
        assert_eq!(decode_event(VERSION, line).unwrap(), *event);
    }
}

/// Outside of its crate nobody can match on every kind of event, as there may be more some day. The decoder knows them
/// all, and names them when it is given none of them.
#[test]
fn no_kind_of_event_is_left_out() {
    let Err(StoreError::Corrupt { source, .. }) = decode_event(VERSION, r#""no such kind""#) else {
        panic!("decoded an event of no kind");
    };
    let message = source.to_string();
    let (_, kinds) = message.split_once("expected one of ").expect("the decoder names what it knows");
    let kinds: BTreeSet<&str> = kinds.split('`').skip(1).step_by(2).collect();
    let samples = samples();
    assert_eq!(samples.iter().map(Event::name).collect::<BTreeSet<_>>(), kinds);
}

#[test]
fn the_name_of_an_event_is_the_one_it_is_serialised_under() {
    for event in samples() {
        let (_, form) = encode_event(&event).unwrap();
        let name = form.trim_start_matches('{').split('"').nth(1);
        assert_eq!(name, Some(event.name()), "{form}");
        if let Some(trigger) = Trigger::of(&event) {
            assert_eq!(serde_json::to_value(trigger).unwrap(), event.name());
        }
    }
}

#[test]
fn tickets_keep_their_serialised_form() {
    let tickets = tickets();
    let forms: Vec<String> = tickets.iter().map(|ticket| encode_ticket(ticket).unwrap()).collect();
    let lines = golden("tickets.v1.jsonl", &forms);
    for (ticket, line) in tickets.into_iter().zip(&lines) {
        assert_eq!(decode_ticket(7, line).unwrap(), Ticket { number: 7, ..ticket }, "the number is the store's");
    }
}

/// What is left of an erasure is read until it expires, and how far a recurring ticket has come for as long as it recurs.
#[test]
fn receipts_and_occurrences_keep_their_serialised_form() {
    let erased = Erased { looked: 5, tickets: 1, texts: 2, files: 3, records: 4 };
    let receipt = |of: Subject| Receipt {
        key: "00001795294260000001/old".to_owned(),
        of,
        at: at(0),
        by: Actor::agent("root").by(),
        erased,
    };
    let receipts = [Subject::person(&TenantId::MAIN, &"bo".into()), Subject::Retention("old".into())].map(receipt);
    let occurrence = |became, ticket| Occurrence { at: at(0), passed: 2, became, ticket };
    let occurrences = [
        occurrence(Became::Opened, Some(this())),
        occurrence(Became::Skipped, Some(this())),
        occurrence(Became::Refused("invalid input: subject: is empty".to_owned()), None),
    ];
    let forms: Vec<String> = receipts.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
    let lines = golden("receipts.v1.jsonl", &forms);
    for (receipt, line) in receipts.iter().zip(&lines) {
        assert_eq!(serde_json::from_str::<Receipt>(line).unwrap(), *receipt);
    }
    let forms: Vec<String> = occurrences.iter().map(|one| serde_json::to_string(one).unwrap()).collect();
    let lines = golden("occurrences.v1.jsonl", &forms);
    for (occurrence, line) in occurrences.iter().zip(&lines) {
        assert_eq!(serde_json::from_str::<Occurrence>(line).unwrap(), *occurrence);
    }
}

/// A seal of today is checked for as long as desks keep their logs: what goes into it must not change.
#[test]
fn seals_keep_what_they_are_made_of() {
    let fact = |(event, i): (Event, usize)| Fact {
        at: at(0),
        by: Actor::agent("ada").by(),
        event,
        text: i.is_multiple_of(3).then(|| format!("text {i}")),
        seal: None,
    };
    let mut facts: Vec<Fact> = samples().into_iter().zip(0..).map(fact).collect();
    let mut ticket = folded(&samples());
    seal(&mut ticket, Version(0), &mut facts);
    let forms: Vec<String> = facts.iter().map(|fact| serde_json::to_string(&fact.seal.unwrap()).unwrap()).collect();
    let lines = golden("seals.v1.jsonl", &forms);
    for (fact, line) in facts.iter().zip(&lines) {
        assert_eq!(serde_json::from_str::<Seal>(line).unwrap(), fact.seal.unwrap());
    }
    assert_eq!(ticket.head, facts.last().and_then(|fact| fact.seal).map(|seal| seal.chain));
}

#[test]
fn checkpoints_keep_their_serialised_form() {
    let clock = ManualClock::new(at(0));
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock).with_seed(1);
    let checkpoint = block_on(async {
        desk.open(Draft::incident("Before")).await.unwrap();
        desk.publish(Config { seal: true, ..Config::default() }).await.unwrap();
        desk.open(Draft::incident("After").description("Sealed")).await.unwrap();
        desk.checkpoint().await.unwrap()
    });
    let lines = golden("checkpoints.v1.jsonl", &[serde_json::to_string(&checkpoint).unwrap()]);
    assert_eq!(serde_json::from_str::<Checkpoint>(&lines[0]).unwrap(), checkpoint);
}

/// People with everything and with nothing that may be left out.
fn people() -> [Person; 3] {
    let mut ada = Person::new("ada", ActorKind::Agent, "Ada King")
        .mail("Ada@example.com".parse().unwrap())
        .external("ldap", "cn=ada")
        .organisation("acme")
        .team("net")
        .skill("dns")
        .placeholder();
    ada.availability = Availability::Away;
    ada.back = Some(at(0));
    ada.capacity.insert(Channel::Mail, 3);
    ada.zone = Some("Europe/Berlin".to_owned().try_into().unwrap());
    ada.locale = Some("de-AT".to_owned());
    let gone = Person { merged: Some("ada".into()), ..Person::new("gone", ActorKind::Requester, "Gone") };
    [ada, gone, Person::new("bo", ActorKind::Integration, "Bo")]
}

#[test]
fn records_of_the_directory_keep_their_serialised_form() {
    let people = people();
    let sights =
        [OrgSight::None, OrgSight::All, OrgSight::Role("boss".into()), OrgSight::Members(["bo".into()].into())];
    let organisations = sights.map(|sight| Organisation::new("acme", "ACME").sight(sight).domain("acme.example"));
    let teams = [Team::new("net", "Networks"), Team::new("net", "Networks").lead("ada").calendar("office")];
    let form = |form: serde_json::Result<String>| form.unwrap();
    let load = Load { open: [(Channel::Mail, 3), (Channel::Chat, 1)].into(), last: Some(at(0)) };
    let loads = [Load::default(), load];
    let forms: Vec<String> = people
        .iter()
        .map(|one| form(serde_json::to_string(one)))
        .chain(organisations.iter().map(|one| form(serde_json::to_string(one))))
        .chain(teams.iter().map(|one| form(serde_json::to_string(one))))
        .chain(loads.iter().map(|one| form(serde_json::to_string(one))))
        .collect();
    let lines = golden("directory.v1.jsonl", &forms);
    let (of_people, rest) = lines.split_at(people.len());
    let (of_organisations, rest) = rest.split_at(organisations.len());
    let (of_teams, of_loads) = rest.split_at(teams.len());
    assert!(of_loads.iter().zip(&loads).all(|(line, one)| serde_json::from_str::<Load>(line).unwrap() == *one));
    assert!(of_people.iter().zip(&people).all(|(line, one)| serde_json::from_str::<Person>(line).unwrap() == *one));
    assert!(
        of_organisations
            .iter()
            .zip(&organisations)
            .all(|(line, one)| serde_json::from_str::<Organisation>(line).unwrap() == *one)
    );
    assert!(of_teams.iter().zip(&teams).all(|(line, one)| serde_json::from_str::<Team>(line).unwrap() == *one));
}
