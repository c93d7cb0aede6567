//! Whose tickets the people of an organisation see, as its record says.

use ticketcore::capability::Capability;
use ticketcore::cond::Relation;
use ticketcore::config::{Grant, Planned, Rights, Template};
use ticketcore::desk::Effect;
use ticketcore::directory::{OrgSight, Organisation};
use ticketcore::report::{Measure, Measured, Scan, TableSpec};
use ticketcore::store::{Expect, StoreError};
use ticketcore::{Actor, Command, Config, Desk, Draft, Error, Filter, Party, Query, Refusal, Ticket, Version};

use super::{on_each_store, settle};

fn eve() -> Actor {
    Actor::requester("eve").organisation("acme")
}

async fn set(desk: &Desk, sight: OrgSight) {
    desk.put_organisation(Organisation::new("acme", "ACME").sight(sight), None).await.unwrap();
}

/// Whether somebody sees a ticket, by all the ways in which it can be asked for.
async fn sees(desk: &Desk, ticket: &Ticket) -> bool {
    let load = desk.load(ticket.id).await.is_ok();
    let page = desk.find(&Query::new(Filter::ids([ticket.id]))).await.unwrap();
    let number = desk.number(ticket.number).await.unwrap().is_some();
    let conversation = desk.conversation(ticket.id).await.is_ok();
    let moves = desk.moves(ticket.id).await.is_ok();
    assert_eq!([!page.tickets.is_empty(), number, conversation, moves], [load; 4], "all answers are alike");
    load
}

#[test]
fn the_record_of_an_organisation_says_who_counts_as_its_member() {
    on_each_store(async |desk| {
        let bo = desk.by(Actor::requester("bo").organisation("acme"));
        let ticket = bo.open(Draft::incident("No mail")).await.unwrap();
        assert!(sees(&desk.by(eve()), &ticket).await, "without a record the grant decides");
        assert!(!sees(&desk.by(Actor::requester("eve")), &ticket).await);
        settle(&desk).await;
        let boss = || eve().role("boss");
        for (sight, actor, seen) in [
            (OrgSight::All, eve(), true),
            (OrgSight::All, Actor::requester("eve").organisation("other"), false),
            (OrgSight::None, eve(), false),
            (OrgSight::None, boss(), false),
            (OrgSight::Role("boss".into()), boss(), true),
            (OrgSight::Role("boss".into()), eve(), false),
            (OrgSight::Members(["eve".into()].into()), eve(), true),
            (OrgSight::Members(["bo".into()].into()), eve(), false),
            (OrgSight::Members([].into()), eve(), false),
        ] {
            set(&desk, sight.clone()).await;
            assert_eq!(sees(&desk.by(actor.clone()), &ticket).await, seen, "{sight:?} {actor:?}");
            assert!(sees(&bo, &ticket).await, "one's own is one's own: {sight:?}");
            assert!(sees(&desk.by(Actor::agent("ada").organisation("acme")), &ticket).await);
        }
    });
}

#[test]
fn what_is_shared_with_an_organisation_is_shared_with_its_members() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let ticket = desk.open(Draft::incident("No mail")).await.unwrap();
        desk.apply(ticket.id, Command::Share(Party::Organisation("acme".into()))).await.unwrap();
        assert!(sees(&desk.by(eve()), &ticket).await);
        set(&desk, OrgSight::None).await;
        assert!(!sees(&desk.by(eve()), &ticket).await);
        desk.apply(ticket.id, Command::Share(Party::Person("eve".into()))).await.unwrap();
        assert!(sees(&desk.by(eve()), &ticket).await);
    });
}

#[test]
fn what_one_opens_is_the_organisations_whether_or_not_one_counts_as_its_member() {
    on_each_store(async |desk| {
        settle(&desk).await;
        set(&desk, OrgSight::None).await;
        let eve = desk.by(eve());
        let own = eve.open(Draft::incident("No mail")).await.unwrap();
        assert_eq!(own.organisation, Some("acme".into()));
        let named = eve.open(Draft::incident("No mail").organisation("acme")).await.unwrap();
        assert_eq!(named.organisation, Some("acme".into()));
        assert!(eve.open(Draft::incident("No mail").organisation("other")).await.is_err());
        let all = eve.open_all(vec![Draft::incident("No mail")]).await.unwrap();
        assert_eq!(all[0].organisation, Some("acme".into()));
    });
}

#[test]
fn rights_by_an_organisation_end_with_its_record_also_for_a_commit_under_way() {
    on_each_store(async |desk| {
        settle(&desk).await;
        let grant = Grant::requesters([Capability::Follow, Capability::Rename]).on(Relation::Organisation);
        let rights =
            Rights::of([Grant::requesters([Capability::Open]), grant, Grant::role("keeper", [Capability::Move])]);
        desk.publish(Config { rights, ..Config::default() }).await.unwrap();
        let ticket = desk.open(Draft::incident("No mail").requester("bo").organisation("acme")).await.unwrap();
        let eve = desk.by(eve());
        let rename = || Command::Rename("No mail at all".to_owned());
        let prepared = eve.prepare(ticket.id, rename()).await.unwrap().unwrap();
        let record = Expect::Document { kind: "organisation".into(), key: "acme".to_owned(), version: Version(1) };
        assert!(prepared.expect.contains(&record), "{:?}", prepared.expect);
        set(&desk, OrgSight::None).await;
        assert!(matches!(desk.store().commit(prepared).await, Err(StoreError::Conflict(_))));
        assert!(matches!(eve.apply(ticket.id, rename()).await, Err(Error::NotFound(_))));
        set(&desk, OrgSight::All).await;
        assert_eq!(eve.apply(ticket.id, rename()).await.unwrap().subject, "No mail at all");
    });
}

#[test]
fn a_record_that_is_not_there_is_rested_on_too_and_nobody_else_rests_on_any() {
    on_each_store(async |desk| {
        let ticket = desk.open(Draft::incident("No mail").requester("eve")).await.unwrap();
        let documents = async |actor: Actor| {
            let prepared = desk.by(actor).prepare(ticket.id, Command::reply("Hello?")).await.unwrap().unwrap();
            let kind = |expect: &Expect| match expect {
                Expect::Document { kind, version, .. } => Some((kind.to_string(), version.0)),
                Expect::Ticket(..) => None,
            };
            prepared.expect.iter().filter_map(kind).collect::<Vec<_>>()
        };
        assert_eq!(documents(eve()).await, [("config".to_owned(), 0), ("organisation".to_owned(), 0)]);
        for actor in [Actor::requester("eve"), Actor::agent("ada").organisation("acme"), Actor::system()] {
            assert_eq!(documents(actor).await, [("config".to_owned(), 0)]);
        }
    });
}

#[test]
fn figures_are_of_what_is_seen() {
    on_each_store(async |desk| {
        settle(&desk).await;
        desk.open(Draft::incident("No mail").requester("bo").organisation("acme")).await.unwrap();
        let eve = desk.by(eve());
        for (sight, seen) in [(OrgSight::All, 1), (OrgSight::None, 0)] {
            set(&desk, sight).await;
            let page = eve.find(&Query::new(Filter::all())).await.unwrap();
            assert_eq!(page.tickets.len() as u64, seen);
            let one = TableSpec { measures: vec![Measure::Count], ..TableSpec::default() };
            let scan = Scan { filter: Filter::all(), tables: vec![one], now: desk.now() };
            let tables = eve.tally(&scan).await.unwrap();
            assert_eq!(tables[0].rows[0].values, [Measured::Count(seen)]);
        }
    });
}

#[test]
fn requests_to_many_and_templates_ask_the_record_as_well() {
    use Capability::{Link, Move, Open, Read, Rename};
    on_each_store(async |desk| {
        settle(&desk).await;
        let of_theirs = Grant::role("manager", [Open, Link, Rename]).on(Relation::Organisation);
        let rights = Rights::of([Grant::role("manager", [Read]), of_theirs, Grant::role("keeper", [Move])]);
        let setup = Template::default().ticket("laptop", Planned::new("task", "A laptop"));
        let config = Config { rights, templates: [("newcomer".into(), setup)].into(), ..Config::default() };
        desk.publish(config).await.unwrap();
        let ticket = desk.open(Draft::request("Bo starts").requester("bo").organisation("acme")).await.unwrap();
        let manager = desk.by(eve().role("manager"));
        for (sight, may) in [(OrgSight::None, false), (OrgSight::Role("manager".into()), true)] {
            set(&desk, sight.clone()).await;
            let rename = Command::Rename(format!("Bo starts, {may}"));
            let done = manager.bulk(Filter::all(), rename).run().await.unwrap();
            let effects = done.outcomes.iter().map(|one| matches!(one.effect, Effect::Changed(_)));
            assert_eq!(effects.collect::<Vec<_>>(), [may], "{sight:?}");
            let linked = manager.instantiate(ticket.id, "newcomer").await;
            let refused = matches!(&linked, Err(Error::Refused(Refusal::Forbidden { capability: Link, .. })));
            assert_eq!(refused, !may, "{sight:?}: {linked:?}");
        }
    });
}
