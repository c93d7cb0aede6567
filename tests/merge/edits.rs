//! Another text for what was written.

use ticketcore::cond::Relation;
use ticketcore::config::{Grant, Rights};
use ticketcore::{Actor, Capability, Command, Config, Draft, Event, Filter, Query, Refusal, Version, Visibility};

use crate::{everywhere, refusal, refused};

#[test]
fn an_edit_is_read_in_place_and_the_original_stays_in_the_log() {
    everywhere(async |place| {
        let desk = &place.desk;
        let mut rights = Rights::default();
        rights.grants.push(Grant::requesters([Capability::Edit]).on(Relation::Requester));
        desk.by(Actor::system()).publish(Config { rights, ..Config::default() }).await.unwrap();
        let bo = place.requester();
        let ticket = bo.open(Draft::incident("No mail").description("Since none")).await.unwrap();
        bo.apply(ticket.id, Command::reply("Plese help")).await.unwrap();
        place.clock.advance(chrono::TimeDelta::minutes(5));
        let edits = [Command::edit(Version(2), "Please help"), Command::edit(Version(1), "Since noon")];
        bo.apply(ticket.id, edits).await.unwrap();
        desk.apply(ticket.id, Command::edit(Version(2), "Please help me")).await.unwrap();
        let posts = desk.conversation(ticket.id).await.unwrap();
        let read: Vec<_> = posts.iter().map(|post| (post.text.as_deref().unwrap(), post.edits, post.edited)).collect();
        let now = Some(desk.now());
        assert_eq!(read, [("Since noon", 1, now), ("Please help me", 2, now)]);
        assert_eq!((posts[1].by.id.as_str(), posts[1].at), ("bo", crate::start()), "who wrote it and when stays");
        let history = desk.history(ticket.id).await.unwrap();
        assert_eq!(history[1].text.as_deref(), Some("Plese help"));
        assert_eq!(history[2].event, Event::Edited { message: Version(2), visibility: Visibility::Public });
        assert_eq!(history[2].text.as_deref(), Some("Please help"));
        let found =
            desk.find(&Query::new(Filter { words: vec!["please me".to_owned()], ..Filter::all() })).await.unwrap();
        assert_eq!(found.tickets.len(), 1, "the new text is found");
    });
}

#[test]
fn the_same_text_is_no_edit() {
    everywhere(async |place| {
        let ticket = place.desk.open(Draft::incident("No mail").description("Since noon")).await.unwrap();
        let same = place.desk.apply(ticket.id, Command::edit(Version(1), "Since noon")).await.unwrap();
        assert_eq!(same.version, Version(1));
        let back = [Command::edit(Version(1), "Since one"), Command::edit(Version(1), "Since noon")];
        assert_eq!(place.desk.apply(ticket.id, back).await.unwrap().version, Version(3));
        let again = place.desk.apply(ticket.id, Command::edit(Version(1), "Since noon")).await.unwrap();
        assert_eq!(again.version, Version(3));
    });
}

#[test]
fn edits_that_cannot_be_are_refused_with_the_reason() {
    everywhere(async |place| {
        let desk = &place.desk;
        let ticket = desk.open(Draft::incident("No mail").requester("bo")).await.unwrap();
        desk.apply(ticket.id, [Command::reply("Really?"), Command::Tag("mail".into())]).await.unwrap();
        let refusals = [
            (3, "Text", "message: `tagged` at version 3 is no message"),
            (4, "Text", "message: the ticket has no event at version 4"),
            (0, "Text", "message: the ticket has no event at version 0"),
            (i64::MIN, "Text", "message: the ticket has no event at version -9223372036854775808"),
            (i64::MAX, "Text", "message: the ticket has no event at version 9223372036854775807"),
            (2, " ", "body: is empty"),
            (2, "a\0b", "body: holds a NUL character"),
        ];
        for (version, text, reason) in refusals {
            let refusal = refused(desk.apply(ticket.id, Command::edit(Version(version), text)).await);
            assert_eq!(refusal, format!("invalid input: {reason}"));
        }
        let long = "x".repeat((1 << 20) + 1);
        assert!(refused(desk.apply(ticket.id, Command::edit(Version(2), long)).await).contains("the limit is 1048576"));
        let mut rights = Rights::default();
        rights.grants.push(Grant::requesters([Capability::Edit]).on(Relation::Requester));
        for (rights, lacks) in [(Rights::default(), Capability::Edit), (rights, Capability::Read)] {
            desk.by(Actor::system()).publish(Config { rights, ..Config::default() }).await.unwrap();
            let edit = Command::edit(Version(2), "Never");
            let refusal = refusal(desk.by(Actor::requester("bo")).apply(ticket.id, edit).await);
            assert_eq!(refusal, Refusal::Forbidden { who: "bo".into(), capability: lacks }, "it is not theirs");
        }
        desk.apply(ticket.id, Command::edit(Version(1), "A description comes later")).await.unwrap();
        assert_eq!(place.read(&ticket).await[0], "A description comes later");
    });
}
