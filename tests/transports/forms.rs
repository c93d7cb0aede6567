//! Every command has a form in JSON, and the common ones have a verb.

use serde_json::{Value, json};
use ticketcore::testing::commands;
use ticketcore::{Command, TicketId, Version};

use crate::orders::Order;

/// The forms of the commands that the library knows, with another ticket.
pub(crate) fn bodies(other: TicketId) -> Vec<Value> {
    let never = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    vec![
        json!({ "move": "start" }),
        json!({ "say": { "visibility": "public", "body": "Hello" } }),
        json!({ "assign": "ada" }),
        json!({ "assign_team": "db" }),
        json!({ "enqueue": "late" }),
        json!({ "change_requester": "eve" }),
        json!({ "change_organisation": "initech" }),
        json!({ "rename": "Another subject" }),
        json!({ "categorise": "mail" }),
        json!({ "tag": "vip" }),
        json!({ "untag": "vip" }),
        json!({ "set": { "field": "site", "value": null } }),
        json!({ "reference": "X-1" }),
        json!({ "rate": { "impact": 1, "urgency": 1 } }),
        json!({ "prioritise": { "priority": "p1", "reason": "the boss" } }),
        json!("restore_priority"),
        json!({ "escalate": 1 }),
        json!({ "watch": "eve" }),
        json!({ "unwatch": "eve" }),
        json!({ "score": { "score": 5, "comment": null } }),
        json!({ "endorse": true }),
        json!({ "invite": "eve" }),
        json!({ "dismiss": "eve" }),
        json!({ "refer": "storage" }),
        json!({ "recall": "storage" }),
        json!({ "share": { "person": "eve" } }),
        json!({ "unshare": { "person": "eve" } }),
        json!({ "link": { "kind": "relates", "to": other } }),
        json!({ "unlink": { "kind": "relates", "to": other } }),
        json!({ "edit": { "message": 1, "text": "Another text" } }),
        json!({ "merge": other }),
        json!("unmerge"),
        json!({ "split": { "messages": [1], "draft": { "kind": "incident", "subject": "A part" } } }),
        json!({ "rejoin": other }),
        json!({ "acknowledge": { "until": null } }),
        json!("unacknowledge"),
        json!({ "snooze": never }),
        json!("wake"),
        json!({ "signal": { "key": "disk", "firing": true, "summary": "Disk full", "at": "1970-01-01T00:00:00Z" } }),
        json!({ "waive": { "policy": "snooze", "reason": "storm" } }),
        json!({ "request_approval": "cab" }),
        json!({ "approve": { "approval": "cab", "seen": 1 } }),
        json!({ "reject": { "approval": "cab", "seen": 1, "reason": "no" } }),
        json!({ "delegate": { "approval": "cab", "to": "eve" } }),
        json!({ "withdraw_approval": "cab" }),
        json!({ "run": "answer" }),
        json!({ "migrate": { "rev": 2 } }),
    ]
}

/// The verb of a command, if it has one.
pub(crate) fn words<'a>(command: &Command, ticket: &'a str, other: &'a str) -> Option<Vec<&'a str>> {
    Some(match command {
        Command::Move(_) => vec!["move", ticket, "start"],
        Command::Say(_) => vec!["comment", ticket, "Hello"],
        Command::Assign(_) => vec!["assign", ticket, "ada"],
        Command::AssignTeam(_) => vec!["set", ticket, "team=db"],
        Command::Enqueue(_) => vec!["set", ticket, "queue=late"],
        Command::ChangeRequester(_) => vec!["set", ticket, "requester=eve"],
        Command::ChangeOrganisation(_) => vec!["set", ticket, "organisation=initech"],
        Command::Rename(_) => vec!["set", ticket, "subject=Another subject"],
        Command::Categorise(_) => vec!["set", ticket, "category=mail"],
        Command::Reference(_) => vec!["set", ticket, "external=X-1"],
        Command::Set(..) => vec!["set", ticket, "site="],
        Command::Tag(_) => vec!["tag", ticket, "vip"],
        Command::Untag(_) => vec!["tag", ticket, "vip", "--undo"],
        Command::Score(..) => vec!["score", ticket, "5"],
        Command::Refer(_) => vec!["refer", ticket, "storage"],
        Command::Recall(_) => vec!["refer", ticket, "storage", "--undo"],
        Command::Share(_) => vec!["share", ticket, "person/eve"],
        Command::Unshare(_) => vec!["share", ticket, "person/eve", "--undo"],
        Command::Link(..) => vec!["link", ticket, "relates", other],
        Command::Unlink(..) => vec!["link", ticket, "relates", other, "--undo"],
        Command::Edit(..) => vec!["edit", ticket, "1", "Another text"],
        Command::Merge(_) => vec!["merge", ticket, other],
        Command::Unmerge => vec!["unmerge", ticket],
        Command::Split(..) => vec!["split", ticket, "1", "A part", "--kind", "incident"],
        Command::Acknowledge(_) => vec!["ack", ticket],
        Command::RequestApproval(_) => vec!["ask", ticket, "cab"],
        Command::WithdrawApproval(_) => vec!["ask", ticket, "cab", "--undo"],
        Command::Approve { .. } => vec!["approve", ticket, "cab", "--seen", "1"],
        Command::Reject { .. } => vec!["approve", ticket, "cab", "--seen", "1", "--reject", "--reason", "no"],
        Command::Run(_) => vec!["macro", ticket, "answer"],
        _ => return None,
    })
}

#[test]
fn every_command_has_a_form_in_json() {
    let other = "019a7f00-0000-7000-8000-000000000002".parse().unwrap();
    let read = |body: Value| {
        Command::from(serde_json::from_value::<Order>(body.clone()).unwrap_or_else(|error| panic!("{body}: {error}")))
    };
    let read: Vec<Command> = bodies(other).into_iter().map(read).collect();
    for command in commands(other) {
        assert!(read.contains(&command), "{} has no form, or says something else", command.name());
    }
    assert_eq!(read.len(), commands(other).count());
}

#[test]
fn what_a_form_may_say_besides_is_what_the_library_can_hear() {
    let read = |text: &str| Command::from(serde_json::from_str::<Order>(text).unwrap());
    assert_eq!(read(r#"{"reply": "Hello"}"#), Command::reply("Hello"));
    assert_eq!(read(r#"{"note": "Hello"}"#), Command::note("Hello"));
    let Command::Say(message) = read(
        r#"{"say": {"visibility": "internal", "body": "Hello", "channel": "mail", "automatic": true,
            "attachments": [{"name": "a.txt", "media_type": "text/plain", "size": 3, "digest": "00"}]}}"#,
    ) else {
        panic!("it says nothing");
    };
    assert!(message.automatic && message.attachments[0].size == 3);
    let Command::Split(messages, draft) =
        read(r#"{"split": {"messages": [2, 3], "draft": {"kind": "task", "subject": "x", "tags": ["a"]}}}"#)
    else {
        panic!("it splits nothing");
    };
    assert_eq!((messages, draft.tags.len(), draft.once), (vec![Version(2), Version(3)], 1, None));
    for slip in [
        r#"{"signal": {"key": "k", "firing": true, "summary": "s", "at": "1970-01-01T00:00:00Z", "colour": 1}}"#,
        r#"{"say": {"visibility": "public", "body": "x", "attachments": [{"path": "/etc"}]}}"#,
        r#"{"share": {"planet": "mars"}}"#,
        r#"{"score": {"score": 256}}"#,
        r#"{"migrate": {"states": {}}}"#,
    ] {
        assert!(serde_json::from_str::<Order>(slip).is_err(), "{slip}");
    }
}
