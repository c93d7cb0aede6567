//! Who may do what, who gets the work, and two tickets that become one and two again.
//!
//! `cargo run --example people`

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::sync::Arc;

use ticketcore::Capability::{Follow, Move, Open, Publish, Reply};
use ticketcore::cond::{Atom, Relation};
use ticketcore::config::{Grant, Rights};
use ticketcore::directory::{Person, Team};
use ticketcore::routing::{Intake, Route, Sorted};
use ticketcore::{
    Actor, ActorKind, Capabilities, Channel, Command, Config, Desk, Draft, Error, Filter, MemoryStore, Query,
};

fn main() -> Result<(), Error> {
    pollster::block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        let rights = Rights::of([
            Grant::agents([Open]),
            Grant::agents(Capabilities::all().without(Publish)).on(Relation::Team),
            Grant::requesters([Open]),
            Grant::requesters([Follow, Reply, Move]).on(Relation::Requester),
        ]);
        let mut config = Config { rights, ..Config::default() };
        let set = Sorted { team: Some("network".into()), ..Sorted::default() };
        config.routing.intake = vec![Intake { key: "vpn".into(), when: Atom::Category("vpn".into()).into(), set }];
        config.routing.routes = vec![Route::new("network", "network")];
        desk.publish(config).await?;
        desk.put_team(Team::new("network", "Network"), None).await?;
        for name in ["ada", "eve"] {
            let mut person = Person::new(name, ActorKind::Agent, name).team("network");
            person.capacity.insert(Channel::Mail, 5);
            desk.put_person(person, None).await?;
        }

        let bo = desk.by(Actor::requester("bo"));
        let mail = |subject: &str| Draft::incident(subject).category("vpn").channel(Channel::Mail);
        let first = bo.open(mail("VPN is down")).await?;
        let second = bo.open(mail("Still no VPN")).await?;
        assert!(first.assignee.is_none(), "a customer is shown one side of a ticket");

        let ada = desk.by(Actor::agent("ada").team("network"));
        assert_eq!(ada.find(&Query::new(Filter::open())).await?.tickets.len(), 2);
        assert_eq!(ada.load(first.id).await?.assignee, Some("ada".into()));
        assert_eq!(ada.load(second.id).await?.assignee, Some("eve".into()), "it was her turn");
        let stranger = desk.by(Actor::agent("joe").team("payroll"));
        assert!(matches!(stranger.load(first.id).await, Err(Error::NotFound(_))));

        // They say the same: one goes on in the other, and whoever answers on it is heard there.
        ada.apply(second.id, Command::Merge(first.id)).await?;
        assert_eq!(bo.apply(second.id, Command::reply("It works again!")).await?.id, first.id);
        assert_eq!(ada.conversation(first.id).await?.len(), 1);
        // Or not: nothing was copied, so everything goes back to where it was.
        let itself = ada.apply(second.id, Command::Unmerge).await?;
        assert_eq!(itself.assignee, Some("eve".into()));
        for event in ada.history(first.id).await? {
            println!("{event}");
        }
        Ok(())
    })
}
