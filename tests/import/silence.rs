//! Nothing happens but that the tickets are there: nobody is told, nothing runs, and no tick catches up with the past.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use ticketcore::config::{Action, At, Audience, Erase, People, Retention, Rule, Step, Trigger};
use ticketcore::directory::{Person, Team};
use ticketcore::event::{Recorded, Skip};
use ticketcore::report::{Dimension, Measure, Row, Scan, TableSpec, Time};
use ticketcore::routing::Route;
use ticketcore::testing::block_on;
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, ActorKind, Channel, Command, Config, Desk, Draft, Event, Filter, MemoryStore, Notifier, Order, Policy,
    Priority, Query, Span, Status, Ticket,
};

use crate::{at, config, mapping, plan, sound};

#[derive(Debug, Default)]
struct Told(Mutex<Vec<Recorded>>);

#[async_trait]
impl Notifier for Told {
    async fn notify(&self, recorded: &Recorded) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push(recorded.clone());
        Ok(())
    }
}

fn page() -> Action {
    Action::Notify { to: vec![Audience::Assignee], template: "late".into(), urgent: true }
}

fn desk(config: Config) -> (Desk, ManualClock) {
    let clock = ManualClock::new(at("2026-03-02T09:00"));
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(clock.clone());
    block_on(desk.publish(config)).unwrap();
    (desk, clock)
}

async fn tickets(desk: &Desk) -> Vec<Arc<Ticket>> {
    let mut tickets = desk.find(&Query::new(Filter::all()).order(Order::oldest()).limit(1000)).await.unwrap().tickets;
    tickets.sort_by_key(|ticket| ticket.number);
    tickets
}

const FILE: &str = "id,changed,by,state,title,agent\n\
                    1,2026-03-02 06:00,bo,O,three hours old,ada\n\
                    2,2026-02-01 06:00,bo,O,a month old,ada\n\
                    3,2026-01-01 06:00,bo,O,solved late,ada\n\
                    3,2026-01-09 06:00,ada,R,solved late,ada\n\
                    4,2026-01-01 06:00,bo,O,solved in time,ada\n\
                    4,2026-01-01 07:00,ada,R,solved in time,ada\n";

#[test]
fn no_tick_pages_anybody_for_what_was_due_before_and_what_comes_due_is_done() {
    let policy = Policy::resolution("solve")
        .target(Priority::P3, Span::hours(4))
        .step(Step::new(At::Percent(50), vec![page()]))
        .step(Step::new(At::Percent(100), vec![page(), Action::Escalate(1)]));
    let rule = Rule::new("watch", [Trigger::Any]).then(Action::Tag("touched".into()));
    let (desk, clock) = desk(config().policy(policy).rule(rule));
    let plan = sound(&desk, &mapping("assignee = \"agent\""), FILE);
    block_on(async {
        let imported = desk.import(&plan).run().await.unwrap();
        let told = Told::default();
        assert_eq!(desk.deliver("mail", &told).await.unwrap(), 0);
        let ticked = desk.tick().await.unwrap();
        assert_eq!(desk.deliver("mail", &told).await.unwrap(), 0, "the first tick has nothing to catch up with");
        assert_eq!(ticked.next, Some(at("2026-03-02T10:00") + TimeDelta::microseconds(1)));

        let all = tickets(&desk).await;
        let of = |external: &str| all.iter().find(|ticket| ticket.external.as_deref() == Some(external)).unwrap();
        assert!(
            all.iter().all(|ticket| ticket.level == 0 && !ticket.tags.contains("touched")),
            "no rule and no step ran"
        );
        let broken = |external: &str| of(external).policies.breaches.len();
        assert_eq!(["1", "2", "3", "4"].map(broken), [0, 1, 1, 0], "promises are judged all the same");
        // Three hours of four are over: the warning was due, the end was not.
        let skipped = |history: Vec<Recorded>| {
            let skip = |one: &Recorded| matches!(one.event, Event::Skipped { why: Skip::Imported, .. });
            history.iter().filter(|one| skip(one)).count()
        };
        assert_eq!(skipped(desk.history(of("1").id).await.unwrap()), 1);
        assert_eq!(skipped(desk.history(of("2").id).await.unwrap()), 2);
        // Their clocks had stopped. What would have closed them five days later does so neither then nor now.
        for solved in ["3", "4"] {
            assert_eq!((skipped(desk.history(of(solved).id).await.unwrap()), of(solved).status), (1, Status::Resolved));
        }
        assert_eq!(of("3").updated, at("2026-01-14T06:00"), "a verdict is no change of today");
        assert_eq!(imported.events, plan.count() + 7);
        // The order of work is that of the true due times.
        let queue = desk.find(&Query::new(Filter::open()).order(Order::rank())).await.unwrap().tickets;
        let subjects: Vec<&str> = queue.iter().map(|ticket| ticket.subject.as_str()).collect();
        assert_eq!(subjects, ["a month old", "three hours old"]);

        clock.set(at("2026-03-02T10:01"));
        desk.tick().await.unwrap();
        desk.deliver("mail", &told).await.unwrap();
        let told = told.0.into_inner().unwrap();
        let names: Vec<&str> = told.iter().map(|one| one.event.name()).collect();
        assert_eq!(names, ["breached", "ruled", "tagged", "fired", "notified", "escalated"], "rules are for today");
        assert!(told.iter().all(|one| one.ticket == of("1").id));
        // None of it is in the way of knowing it again.
        assert_eq!(desk.import(&plan).run().await.unwrap().unchanged, 4);
        assert!(desk.verify_import(&plan, |_| ()).await.unwrap().is_equal());
    });
}

#[test]
fn notifiers_hear_of_what_happens_to_imported_tickets_and_of_all_others() {
    let (desk, _) = desk(config());
    let plan = sound(&desk, &mapping("assignee = \"agent\""), FILE);
    block_on(async {
        let before = desk.open(Draft::incident("Before")).await.unwrap();
        desk.import(&plan).run().await.unwrap();
        let after = desk.open(Draft::incident("After")).await.unwrap();
        let imported = tickets(&desk).await[1].clone();
        desk.apply(imported.id, Command::note("Goes on")).await.unwrap();
        let told = Told::default();
        assert_eq!(desk.deliver("mail", &told).await.unwrap(), 3);
        let told: Vec<_> = told.0.into_inner().unwrap().into_iter().map(|one| one.ticket).collect();
        assert_eq!(told, [before.id, after.id, imported.id]);
        // The cursor stands behind all of it.
        assert_eq!(desk.deliver("mail", &Told::default()).await.unwrap(), 0);
        let feed = desk.store().feed(ticketcore::Position(0), 1000).await.unwrap();
        assert_eq!(desk.delivered("mail").await.unwrap(), feed.last().unwrap().position);
    });
}

#[test]
fn nobody_is_given_more_by_an_import_than_they_have_room_for_but_it_counts() {
    let mut config = config();
    config.routing.routes = vec![Route::new("network", "network")];
    let (desk, _) = desk(config);
    block_on(async {
        desk.put_team(Team::new("network", "Network"), None).await.unwrap();
        let mut ada = Person::new("ada", ActorKind::Agent, "Ada").team("network");
        ada.capacity.insert(Channel::Api, 2);
        desk.put_person(ada, None).await.unwrap();
        let plan = sound(&desk, &mapping("assignee = \"agent\"\nteam = { always = \"network\" }"), FILE);
        desk.import(&plan).run().await.unwrap();
        assert_eq!(desk.recount().await.unwrap(), [], "what everybody has is counted with it");
        let new = desk.open(Draft::incident("New").team("network")).await.unwrap();
        assert_eq!(new.assignee, None, "two of the imported ones are open, and there is room for two");
    });
}

#[test]
fn retention_reaches_tickets_that_were_closed_long_before_they_came() {
    let retention = Retention::new("old", Span::days(30), Erase::All);
    let (desk, clock) = desk(config().retention(retention));
    let file = "id,changed,by,state,title,note\n\
                1,2016-01-01 06:00,ada,O,x,secret\n\
                1,2016-01-02 06:00,ada,C,x,secret\n";
    let plan = sound(&desk, &mapping("messages = [{ column = \"note\", visibility = \"internal\" }]"), file);
    block_on(async {
        // A sweep that has seen everything there was.
        for _ in 0..5 {
            clock.advance(TimeDelta::days(2));
            desk.tick().await.unwrap();
        }
        desk.import(&plan).run().await.unwrap();
        let ticket = tickets(&desk).await.remove(0);
        assert_eq!(ticket.status, Status::Closed);
        for _ in 0..5 {
            clock.advance(TimeDelta::days(2));
            desk.tick().await.unwrap();
        }
        let history = desk.history(ticket.id).await.unwrap();
        assert!(history.iter().all(|one| one.text.is_none()), "{history:?}");
    });
}

#[test]
fn where_only_who_is_known_may_be_named_the_plan_names_the_others() {
    let (desk, _) = desk(Config { people: People::Known, ..config() });
    let mapping = mapping("assignee = \"agent\"\nteam = { always = \"network\" }");
    block_on(async {
        let faults: Vec<String> = plan(&desk, &mapping, FILE).faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["assignee: nobody is `ada`", "team: no team is `network`"]);
        desk.put_team(Team::new("network", "Network"), None).await.unwrap();
        desk.put_person(Person::new("ada", ActorKind::Agent, "Ada"), None).await.unwrap();
        let plan = sound(&desk, &mapping, FILE);
        assert_eq!(desk.import(&plan).run().await.unwrap().tickets, 4);
    });
}

#[test]
fn it_takes_a_right_that_only_administrators_have() {
    let (desk, _) = desk(config());
    let mapping = mapping("assignee = \"agent\"");
    let plan = sound(&desk, &mapping, FILE);
    block_on(async {
        for actor in [Actor::agent("ada"), Actor::integration("script"), Actor::requester("bo")] {
            let by = desk.by(actor);
            for said in [
                by.plan_import(&mapping, FILE.as_bytes()).await.unwrap_err().to_string(),
                by.import(&plan).run().await.unwrap_err().to_string(),
                by.import(&plan).dry_run().run().await.unwrap_err().to_string(),
                by.verify_import(&plan, |_| ()).await.unwrap_err().to_string(),
            ] {
                assert!(said.ends_with("may not import"), "{said}");
            }
        }
        assert_eq!(tickets(&desk).await, []);
        assert_eq!(desk.by(Actor::agent("ada").role("admin")).import(&plan).run().await.unwrap().tickets, 4);
    });
}

#[test]
fn live_tables_count_what_was_brought_in() {
    let (desk, clock) = desk(config());
    let plan = sound(&desk, &mapping("assignee = \"agent\""), FILE);
    block_on(async {
        let tables = [TableSpec::new([Dimension::Status], [Measure::Count, Measure::Resolution(Time::Wall)])];
        desk.keep_live("wall", Filter::all(), tables.clone()).await.unwrap();
        desk.import(&plan).run().await.unwrap();
        clock.advance(TimeDelta::seconds(2));
        desk.tick().await.unwrap();
        let live = desk.live("wall").await.unwrap();
        let scan = Scan { filter: Filter::all(), tables: tables.into(), now: desk.now() };
        let counted =
            |rows: &[Row]| rows.iter().map(|row| (row.cells.clone(), row.values[0].clone())).collect::<Vec<_>>();
        let found = desk.tally(&scan).await.unwrap();
        assert_eq!(counted(&live.tables[0].rows), counted(&found[0].rows));
        assert_eq!((live.behind, found[0].rows.len()), (0, 2));
        // The past has them, too: on that day two were there, one of them solved.
        let then = desk.as_of(at("2026-01-05T00:00")).await.unwrap();
        let open = then.find(&Query::new(Filter::open())).await.unwrap().tickets;
        assert_eq!(open.iter().map(|ticket| ticket.subject.as_str()).collect::<Vec<_>>(), ["solved late"]);
    });
}

#[test]
fn what_is_sealed_stays_whole() {
    let (desk, _) = desk(Config { seal: true, ..config() });
    let plan = sound(&desk, &mapping("assignee = \"agent\""), FILE);
    block_on(async {
        desk.import(&plan).run().await.unwrap();
        let verified = desk.verify(|_| ()).await.unwrap();
        assert_eq!((verified.tickets, verified.unsealed, verified.broken), (4, 0, None));
    });
}

#[test]
fn an_imported_desk_moves_like_any_other() {
    let (desk, _) = desk(config());
    let mapping = mapping("assignee = \"agent\"");
    let plan = sound(&desk, &mapping, FILE);
    block_on(async {
        desk.import(&plan).run().await.unwrap();
        let mut archive = Vec::new();
        desk.archive().write(&mut archive).await.unwrap();
        let other = Desk::new(Arc::new(MemoryStore::new())).with_clock(ManualClock::new(desk.now()));
        other.restore().read(&mut std::io::Cursor::new(&archive)).await.unwrap();
        // What was imported there is known here.
        assert_eq!(other.import(&plan).run().await.unwrap().unchanged, 4);
        assert!(other.verify_import(&plan, |_| ()).await.unwrap().is_equal());
        assert_eq!(other.deliver("mail", &Told::default()).await.unwrap(), 0);
    });
}

#[test]
fn articles_are_imported_as_articles() {
    let (desk, _) = desk(config());
    let mapping = mapping(
        "kind = \"article\"\nstate = { column = \"state\", initial = \"draft\", values = { O = \"draft\", R = \"public\" } }",
    );
    let plan = sound(&desk, &mapping, FILE);
    block_on(async {
        desk.import(&plan).run().await.unwrap();
        let public = desk.find(&Query::new(Filter { kinds: vec!["article".into()], ..Filter::all() })).await.unwrap();
        assert_eq!(public.tickets.len(), 4);
    });
}
