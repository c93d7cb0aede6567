//! Two people at one ticket: what goes together is carried out, and what does not says what is in the way.

use ticketcore::diff::FieldChange;
use ticketcore::{Actor, Command, Draft, Refusal, Request, Version};

use crate::{everywhere, refusal};

#[test]
fn a_conflict_tells_what_changed_who_did_it_and_when() {
    everywhere(async |place| {
        let desk = &place.desk;
        let ticket = desk.open(Draft::incident("No mail").tag("mail")).await.unwrap();
        let eve = desk.by(Actor::agent("eve"));
        eve.apply(ticket.id, [Command::assign("eve"), Command::Tag("vip".into())]).await.unwrap();
        place.clock.advance(chrono::TimeDelta::minutes(2));
        let later = desk.now();
        let kim = desk.by(Actor::agent("kim"));
        kim.apply(ticket.id, [Command::assign("kim"), Command::Untag("vip".into())]).await.unwrap();
        let stale = Request::from(Command::assign("ada")).at(ticket.version);
        let change = |field: &str, from: Option<&str>, to: &str| FieldChange {
            field: field.into(),
            from: from.map(str::to_owned),
            to: Some(to.to_owned()),
            by: Actor::agent("kim").by(),
            at: later,
        };
        let refusal = refusal(desk.apply(ticket.id, stale).await);
        assert_eq!(
            refusal.to_string(),
            "ticket changed: seen at version 1, now at 5; assignee from nothing to kim by kim, reassigns from 0 to 1 by kim"
        );
        // What eve did was overtaken or taken back.
        let changes = vec![change("assignee", None, "kim"), change("reassigns", Some("0"), "1")];
        assert_eq!(refusal, Refusal::Changed { seen: Version(1), found: Version(5), changes });
    });
}

#[test]
fn a_version_that_is_yet_to_come_is_refused_without_changes() {
    everywhere(async |place| {
        let ticket = place.desk.open(Draft::incident("No mail")).await.unwrap();
        let early = Request::from(Command::assign("ada")).at(Version(9));
        let changes = Vec::new();
        let refusal = refusal(place.desk.apply(ticket.id, early).await);
        assert_eq!(refusal, Refusal::Changed { seen: Version(9), found: Version(1), changes });
    });
}

#[test]
fn what_commutes_is_carried_out_although_others_were_faster() {
    everywhere(async |place| {
        let desk = &place.desk;
        let ticket = desk.open(Draft::incident("No mail").tag("mail")).await.unwrap();
        desk.apply(ticket.id, Command::transition("start")).await.unwrap();
        let together = Request::from([
            Command::Tag("vip".into()),
            Command::Untag("mail".into()),
            Command::Watch("kim".into()),
            Command::Unwatch("lin".into()),
            Command::note("Looking"),
        ]);
        let now = desk.apply(ticket.id, together.clone().at(ticket.version)).await.unwrap();
        assert!(now.tags.contains("vip") && now.watchers.contains("kim") && now.messages == 1);
        let mut mixed = together.at(ticket.version);
        mixed.commands.push(Command::transition("resolve"));
        assert!(matches!(refusal(desk.apply(ticket.id, mixed).await), Refusal::Changed { .. }));
    });
}
