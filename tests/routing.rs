//! Routing on a desk: teams are found, agents are found, nobody gets more than they take, what waits is given out, the
//! oldest first; in memory and on SQLite, on a manual clock.

#[path = "support/file.rs"]
mod file;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use file::File;
use proptest::prelude::*;
use ticketcore::cond::{Atom, Cond};
use ticketcore::config::{Action, Cascade, CascadeOn, Grant, Grantee, People, Rule, Trigger};
use ticketcore::desk::Recounted;
use ticketcore::directory::{Person, Team};
use ticketcore::routing::{
    Agent, Availability, ByRoute, Choice, Fallback, Intake, Load, Prefer, Route, Router, Sorted, Tier,
};
use ticketcore::store::{Commit, Write};
use ticketcore::testing::{block_on, given};
use ticketcore::time::ManualClock;
use ticketcore::{
    Actor, ActorKind, Capability, Channel, Command, Config, Desk, Draft, Error, Event, Filter, Key, LinkKind,
    MemoryStore, PersonId, Policy, Position, Query, Refusal, Span, Status, Store, TenantId, Ticket, TicketId, Version,
};
use ticketcore_sqlite::{Durability, SqliteOptions};

fn start() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// A desk of the system and its clock.
struct Office {
    desk: Desk,
    clock: ManualClock,
}

impl Office {
    fn on(store: Arc<dyn Store>) -> Self {
        let clock = ManualClock::new(start());
        Self { desk: Desk::new(store).with_clock(clock.clone()).with_seed(7), clock }
    }

    fn in_memory() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// Lets a minute pass.
    fn later(&self) {
        self.clock.advance(TimeDelta::minutes(1));
    }

    async fn publish(&self, routes: impl IntoIterator<Item = Route>) {
        self.desk.publish(config(routes)).await.unwrap();
    }

    /// Puts people into the team `net`, each with so much room for what comes in by the interface.
    async fn staff(&self, people: &[(&str, u16)]) {
        self.desk.put_team(Team::new("net", "Networks"), None).await.unwrap();
        for (id, room) in people {
            self.desk.put_person(agent(id, *room), None).await.unwrap();
        }
    }

    async fn open(&self, subject: &str) -> Arc<Ticket> {
        self.later();
        self.desk.open(Draft::incident(subject).description("It is so").team("net")).await.unwrap()
    }

    async fn resolve(&self, id: TicketId) {
        self.later();
        let new = self.desk.load(id).await.unwrap().status == Status::New;
        let start = new.then(|| Command::transition("start"));
        let commands: Vec<Command> = start.into_iter().chain([Command::transition("resolve")]).collect();
        self.desk.apply(id, commands).await.unwrap();
    }

    async fn holder(&self, id: TicketId) -> Option<String> {
        self.desk.load(id).await.unwrap().assignee.as_ref().map(ToString::to_string)
    }

    async fn story(&self, id: TicketId) -> Vec<String> {
        self.desk.history(id).await.unwrap().iter().map(|one| one.event.to_string()).collect()
    }

    /// The last lines of a ticket's story.
    async fn end(&self, id: TicketId, count: usize) -> Vec<String> {
        let story = self.story(id).await;
        story[story.len().saturating_sub(count)..].to_vec()
    }

    async fn names(&self, id: TicketId) -> Vec<&'static str> {
        self.desk.history(id).await.unwrap().iter().map(|one| one.event.name()).collect()
    }

    async fn load(&self, person: &PersonId) -> Load {
        let found = self.desk.store().document(&TenantId::MAIN, &"load".into(), person.as_str()).await.unwrap();
        serde_json::from_str(&found.unwrap().body).unwrap()
    }

    /// What everybody has, as it is kept, which has to be what the tickets say.
    async fn loads(&self) -> BTreeMap<String, u64> {
        assert_eq!(self.desk.recount().await.unwrap(), [], "a counter has drifted");
        let documents = self.desk.store().documents(&TenantId::MAIN, &"load".into(), None, 1000).await.unwrap();
        let load = |body: &str| serde_json::from_str::<Load>(body).unwrap().total();
        documents.iter().map(|one| (one.key.clone(), load(&one.body))).filter(|(_, load)| *load > 0).collect()
    }
}

/// Runs a scenario in memory and on a file.
fn on_each_store(scenario: impl AsyncFn(Office)) {
    block_on(async {
        scenario(Office::in_memory()).await;
        let file = File::new();
        // No scenario cuts the power.
        let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap();
        scenario(Office::on(Arc::new(sqlite))).await;
    });
}

fn net() -> Route {
    Route::new("net", "net").when(Atom::Team("net".into()).into())
}

fn config(routes: impl IntoIterator<Item = Route>) -> Config {
    let mut config = Config::default();
    config.routing.routes = routes.into_iter().collect();
    config
}

fn agent(id: &str, room: u16) -> Person {
    let mut person = Person::new(id, ActorKind::Agent, id).team("net");
    person.capacity.insert(Channel::Api, room);
    person
}

fn some(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn loads<const N: usize>(loads: [(&str, u64); N]) -> BTreeMap<String, u64> {
    loads.map(|(name, load)| (name.to_owned(), load)).into()
}

#[test]
fn a_ticket_finds_its_team_and_its_agent_when_it_is_opened_and_says_why() {
    on_each_store(async |office| {
        let set = Sorted { team: Some("net".into()), skills: ["dns".into()].into(), ..Sorted::default() };
        let mut config = config([net()]);
        config.routing.intake = vec![Intake { key: "names".into(), when: Atom::Category("dns".into()).into(), set }];
        office.desk.publish(config).await.unwrap();
        office.staff(&[("ada", 5), ("bo", 5)]).await;
        office.desk.put_person(agent("cy", 5).skill("dns"), None).await.unwrap();

        let customer = office.desk.by(Actor::requester("kim"));
        let id = customer.open(Draft::incident("No such host").category("dns")).await.unwrap().id;
        let ticket = office.desk.load(id).await.unwrap();
        assert_eq!((ticket.team.clone(), ticket.needs.clone()), (Some("net".into()), ["dns".into()].into()));
        assert_eq!(
            office.end(id, 2).await,
            ["route net: cy, because nobody else can; passed over: ada lacks dns, bo lacks dns", "assigned to cy",]
        );
        assert_eq!(office.loads().await, loads([("cy", 1)]));
    });
}

#[test]
fn nobody_is_given_more_than_they_take_and_what_waits_is_given_out_the_oldest_first() {
    on_each_store(async |office| {
        office.publish([net()]).await;
        office.staff(&[("ada", 1), ("bo", 1)]).await;
        let mut ids = Vec::new();
        for subject in ["first", "second", "third", "fourth"] {
            ids.push(office.open(subject).await.id);
        }
        assert_eq!((office.holder(ids[0]).await, office.holder(ids[1]).await), (some("ada"), some("bo")));
        assert_eq!(office.names(ids[2]).await, ["opened", "unrouted"]);
        assert_eq!(
            office.end(ids[3], 1).await,
            ["route net: nobody, so it stays queued; passed over: ada has 1 of 1, bo has 1 of 1"]
        );
        assert_eq!(office.desk.drain(10).await.unwrap(), 0);
        office.desk.tick().await.unwrap();
        assert_eq!(office.names(ids[2]).await, ["opened", "unrouted"], "that there is nobody is said once");

        office.resolve(ids[1]).await;
        assert_eq!((office.holder(ids[2]).await, office.holder(ids[3]).await), (some("bo"), None), "the oldest first");
        office.later();
        office.desk.apply(ids[0], Command::transition("cancel")).await.unwrap();
        assert_eq!(office.holder(ids[3]).await, some("ada"));
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 1)]));
    });
}

#[test]
fn whoever_comes_or_takes_more_gets_what_waits() {
    on_each_store(async |office| {
        office.publish([net()]).await;
        let (first, second, third) =
            (office.open("first").await.id, office.open("second").await.id, office.open("third").await.id);
        assert_eq!(office.end(first, 1).await, ["route net: nobody, so it stays queued"], "there is nobody at all");
        let mut ada = Person { availability: Availability::Off, ..agent("ada", 1) };
        ada.back = Some(start() + TimeDelta::hours(1));
        office.staff(&[]).await;
        office.desk.put_person(ada, None).await.unwrap();
        office.desk.put_person(agent("bo", 0), None).await.unwrap();
        office.desk.put_person(Person::new("kim", ActorKind::Requester, "Kim").team("net"), None).await.unwrap();
        assert_eq!(office.desk.drain(10).await.unwrap(), 0, "who is off, takes none or is no agent");
        assert_eq!(
            office.desk.route(first).await.unwrap().unwrap().to_string(),
            "nobody, so it stays queued; passed over: ada is off, bo has 0 of 0"
        );

        office.desk.put_person(agent("bo", 1), None).await.unwrap();
        assert_eq!((office.holder(first).await, office.holder(second).await), (some("bo"), None));
        office.desk.tick().await.unwrap();
        assert_eq!(office.holder(second).await, None);
        office.clock.advance(TimeDelta::hours(1));
        assert_eq!(office.desk.tick().await.unwrap().tickets, 1, "ada is back");
        assert_eq!((office.holder(second).await, office.holder(third).await), (some("ada"), None));
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 1)]));
    });
}

#[test]
fn whoever_assigns_by_hand_may_give_more_than_somebody_takes() {
    on_each_store(async |office| {
        office.publish([net()]).await;
        office.staff(&[("ada", 1)]).await;
        office.open("first").await;
        let second = office.open("second").await.id;
        office.desk.apply(second, Command::assign("ada")).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 2)]));
        let third = office.open("third").await.id;
        office.resolve(second).await;
        assert_eq!(office.holder(third).await, None, "there still is no room");
        // Whoever is in no team counts as well.
        office.desk.apply(third, Command::assign("eve")).await.unwrap();
        office.desk.open(Draft::incident("fourth").team("net").assignee("eve")).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 1), ("eve", 2)]));
    });
}

#[test]
fn a_reopened_ticket_goes_back_to_who_had_it_if_they_can_be_asked() {
    on_each_store(async |office| {
        office.publish([net().order([Prefer::Sticky, Prefer::LeastLoaded])]).await;
        office.staff(&[("ada", 1), ("bo", 2)]).await;
        let id = office.open("first").await.id;
        assert_eq!(office.holder(id).await, some("ada"));
        office.resolve(id).await;
        assert_eq!(office.loads().await, loads([]));

        office.later();
        office.desk.apply(id, Command::transition("reopen")).await.unwrap();
        assert_eq!(
            office.end(id, 2).await[1],
            "route net: ada, because it was theirs; passed over: bo had it less lately, or never"
        );
        assert_eq!(office.loads().await, loads([("ada", 1)]));

        office.resolve(id).await;
        office.desk.put_person(Person { availability: Availability::Off, ..agent("ada", 1) }, None).await.unwrap();
        office.later();
        office.desk.apply(id, Command::transition("reopen")).await.unwrap();
        assert_eq!(
            office.end(id, 2).await,
            ["route net: bo, because nobody else can; passed over: ada is off", "assigned to bo"]
        );

        office.resolve(id).await;
        office.desk.put_person(Person { availability: Availability::Off, ..agent("bo", 2) }, None).await.unwrap();
        office.later();
        office.desk.apply(id, [Command::transition("reopen"), Command::assign("eve")]).await.unwrap();
        assert_eq!(office.holder(id).await, some("eve"), "somebody was named");
        assert_eq!(office.loads().await, loads([("eve", 1)]));
    });
}

#[test]
fn a_ticket_that_is_given_back_goes_to_somebody_else() {
    on_each_store(async |office| {
        office.publish([net()]).await;
        office.staff(&[("ada", 5), ("bo", 5)]).await;
        let id = office.open("first").await.id;
        office.desk.apply(id, Command::Assign(None)).await.unwrap();
        assert_eq!(
            office.end(id, 3).await,
            [
                "unassigned",
                "route net: bo, because nobody else can; passed over: ada has just had it",
                "assigned to bo"
            ]
        );
        office.desk.apply(id, Command::AssignTeam(None)).await.unwrap();
        office.desk.apply(id, Command::Assign(None)).await.unwrap();
        assert_eq!(office.end(id, 1).await, ["unassigned"], "a ticket of no team has no route");
        office.desk.apply(id, Command::AssignTeam(Some("net".into()))).await.unwrap();
        assert_eq!(office.end(id, 1).await, ["assigned to ada"], "it got a team");
        assert_eq!(office.loads().await, loads([("ada", 1)]));
    });
}

#[test]
fn whoever_does_nothing_loses_the_ticket_to_somebody_else() {
    on_each_store(async |office| {
        let policy = Policy::assignment_timeout("idle", Span::minutes(30));
        office.desk.publish(config([net()]).policy(policy)).await.unwrap();
        office.staff(&[("ada", 5), ("bo", 5)]).await;
        let (idle, taken) = (office.open("idle").await.id, office.open("taken").await.id);
        assert_eq!((office.holder(idle).await, office.holder(taken).await), (some("ada"), some("bo")));
        office.desk.by(Actor::agent("bo")).apply(taken, Command::Acknowledge(None)).await.unwrap();
        office.clock.advance(TimeDelta::minutes(31));
        office.desk.tick().await.unwrap();
        assert_eq!(office.holder(taken).await, some("bo"));
        assert_eq!(
            office.names(idle).await,
            ["opened", "routed", "assigned", "fired", "assigned", "routed", "assigned"]
        );
        assert_eq!(office.holder(idle).await, some("bo"));
        // Each assignment has its own time.
        office.desk.by(Actor::agent("bo")).apply(idle, Command::assign("ada")).await.unwrap();
        office.clock.advance(TimeDelta::minutes(29));
        office.desk.tick().await.unwrap();
        assert_eq!(office.holder(idle).await, some("ada"));
        office.desk.by(Actor::agent("ada")).apply(idle, Command::reply("I am on it")).await.unwrap();
        office.clock.advance(TimeDelta::days(1));
        office.desk.tick().await.unwrap();
        assert_eq!(office.holder(idle).await, some("ada"), "an answer is something");
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 1)]));
    });
}

#[test]
fn what_counts_as_doing_something_is_what_the_line_sees_of_an_agent() {
    let (bo, customer) = (Actor::agent("bo"), Actor::requester("kim"));
    let config = Config::default().policy(Policy::assignment_timeout("idle", Span::minutes(30)));
    let given = given(config).ticket(Draft::incident("No mail").requester("kim")).having(Command::assign("bo"));
    let after = |actor: &Actor, command: Command| {
        let later = given.clone().at("2026-03-02T09:10:00Z").by(actor.clone()).having(command);
        later.at("2026-03-02T09:31:00Z").when_ticked()
    };
    for command in [Command::transition("start"), Command::reply("Hello"), Command::Acknowledge(None)] {
        after(&bo, command).then(&[]);
    }
    for command in [Command::note("Odd"), Command::Tag("vip".into())] {
        after(&bo, command).then_named(&["fired", "assigned"]);
    }
    after(&customer, Command::reply("Is anybody there?")).then_named(&["fired", "assigned"]);
    after(&bo, Command::Assign(None)).then(&[]);
    after(&bo, Command::assign("ada")).then(&[]);
    let taken = given.clone().having(Command::Assign(None)).by(bo).having(Command::assign("bo"));
    taken.at("2026-03-03T09:00:00Z").when_ticked().then(&[]);
}

#[test]
fn whoever_let_a_ticket_go_is_not_given_it_again_though_there_is_nobody_else() {
    on_each_store(async |office| {
        let policy = Policy::assignment_timeout("idle", Span::minutes(30));
        office.desk.publish(config([net()]).policy(policy)).await.unwrap();
        office.staff(&[("ada", 5)]).await;
        let id = office.open("idle").await.id;
        office.clock.advance(TimeDelta::minutes(31));
        office.desk.tick().await.unwrap();
        let said = "route net: nobody, so it stays queued; passed over: ada has just had it";
        assert_eq!(office.end(id, 2).await, ["unassigned", said]);
        office.later();
        office.desk.tick().await.unwrap();
        assert_eq!((office.holder(id).await, office.desk.drain(9).await.unwrap()), (None, 0));
        let other = office.open("other").await.id;
        assert_eq!(office.holder(other).await, some("ada"), "it keeps nothing from others");

        office.desk.put_person(agent("bo", 1), None).await.unwrap();
        assert_eq!(office.holder(id).await, some("bo"));
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 1)]));
    });
}

#[test]
fn what_nobody_can_take_is_escalated_where_the_route_says_so() {
    on_each_store(async |office| {
        office.publish([net().tiers([Tier::Active]).skill("dns").fallback(Fallback::Escalate(2))]).await;
        office.staff(&[("ada", 5)]).await;
        let away = Person { availability: Availability::Away, ..agent("bo", 5).skill("dns") };
        office.desk.put_person(away, None).await.unwrap();
        let id = office.open("first").await.id;
        assert_eq!(
            office.end(id, 2).await,
            [
                "route net: nobody, so it is escalated to level 2; passed over: ada lacks dns, bo is away",
                "escalated to level 2",
            ]
        );
        office.desk.put_person(agent("bo", 5).skill("dns"), None).await.unwrap();
        assert_eq!((office.holder(id).await, office.desk.load(id).await.unwrap().level), (some("bo"), 2));
    });
}

#[test]
fn whatever_moves_a_ticket_counts() {
    on_each_store(async |office| {
        let on = |key: &'static str, trigger, action| Rule::new(key, [trigger]).then(action);
        let config = config([net()])
            .rule(on("hand", Trigger::Tagged, Action::Assign("eve".into())))
            .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"))
            .policy(Policy::auto_close("close", Span::days(5), "close"));
        office.desk.publish(config).await.unwrap();
        office.staff(&[("ada", 9), ("bo", 9)]).await;
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(office.open(&format!("ticket {number}")).await.id);
        }
        assert_eq!(office.loads().await, loads([("ada", 3), ("bo", 3)]));
        office.desk.apply(ids[0], Command::Tag("vip".into())).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 2), ("bo", 3), ("eve", 1)]), "a rule");
        office.desk.apply(ids[1], Command::Link(LinkKind::Duplicates, ids[2])).await.unwrap();
        office.resolve(ids[2]).await;
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 2), ("eve", 1)]), "a cascade");
        office.desk.apply(ids[3], Command::Merge(ids[4])).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 1), ("eve", 1)]), "a merge");
        office.desk.apply(ids[3], Command::Unmerge).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 1), ("bo", 2), ("eve", 1)]), "and its undoing");
        let apart = Draft::incident("part").team("net");
        office.desk.apply(ids[5], Command::reply("And another thing")).await.unwrap();
        let message = office.desk.load(ids[5]).await.unwrap().version;
        office.desk.split(ids[5], vec![message], apart).await.unwrap();
        assert_eq!(office.loads().await.values().sum::<u64>(), 5, "a split opens one that finds an agent");
        let bulk = office.desk.bulk(Filter::open(), Command::assign("bo"));
        bulk.run().await.unwrap();
        assert_eq!(office.loads().await, loads([("bo", 5)]), "many at once");
        office.desk.open_all((0..3).map(|_| Draft::incident("more").team("net")).collect()).await.unwrap();
        assert_eq!(office.loads().await, loads([("ada", 3), ("bo", 5)]), "and many openings");
    });
}

#[test]
fn a_desk_without_routes_reads_and_writes_nothing_of_that_and_counts_when_it_gets_some() {
    on_each_store(async |office| {
        office.desk.publish(Config::default()).await.unwrap();
        office.staff(&[("ada", 2)]).await;
        let id = office.open("first").await.id;
        office.desk.apply(id, Command::assign("ada")).await.unwrap();
        let kept =
            async || office.desk.store().documents(&TenantId::MAIN, &"load".into(), None, 9).await.unwrap().len();
        assert_eq!((kept().await, office.desk.recount().await.unwrap()), (0, vec![]));
        assert_eq!(office.desk.route(id).await.unwrap(), None);

        office.publish([net()]).await;
        assert_eq!(office.loads().await, loads([("ada", 1)]));
        // What happens while there are none is counted when there are some again.
        office.desk.publish(Config::default()).await.unwrap();
        office.resolve(id).await;
        let second = office.open("second").await.id;
        office.desk.apply(second, Command::assign("bo")).await.unwrap();
        office.publish([net()]).await;
        assert_eq!(office.loads().await, loads([("bo", 1)]));
    });
}

#[test]
fn a_recount_tells_of_whom_it_was_wrong() {
    on_each_store(async |office| {
        office.publish([net()]).await;
        office.staff(&[("ada", 2)]).await;
        office.open("first").await;
        // Somebody writes past the desk.
        let load: Key = "load".into();
        let found = office.desk.store().document(&TenantId::MAIN, &load, "ada").await.unwrap().unwrap();
        let body = Some(r#"{"open":{"api":7}}"#.to_owned());
        let write = Write { kind: load, key: "ada".to_owned(), expected: found.version, at: start(), body };
        office.desk.store().commit(Commit::documents(TenantId::MAIN, [write])).await.unwrap();
        let wrong = Recounted { person: "ada".into(), was: [(Channel::Api, 7)].into(), is: [(Channel::Api, 1)].into() };
        assert_eq!(office.desk.recount().await.unwrap(), [wrong]);
        assert_eq!(office.loads().await, loads([("ada", 1)]));
        let stranger = office.desk.by(Actor::agent("bo"));
        assert!(matches!(stranger.recount().await, Err(Error::Refused(Refusal::Forbidden { .. }))));
    });
}

#[test]
fn who_would_get_a_ticket_is_told_to_those_who_may_read_and_assign_it() {
    let office = Office::in_memory();
    block_on(async {
        let mut config = config([net()]);
        config.rights.grants = vec![
            Grant::new(Grantee::Role("lead".into()), [Capability::Read, Capability::Assign]),
            Grant::new(Grantee::Role("reader".into()), [Capability::Read]),
            Grant::new(Grantee::Role("keeper".into()), [Capability::Move]),
        ];
        office.desk.publish(config).await.unwrap();
        office.staff(&[("ada", 1), ("bo", 1)]).await;
        let id = office.open("first").await.id;
        let lead = office.desk.by(Actor::agent("kim").role("lead"));
        let choice: Choice = lead.route(id).await.unwrap().unwrap();
        assert_eq!(choice.agent(), Some(&"ada".into()), "their own ticket takes no room from them");
        assert_eq!(office.desk.history(id).await.unwrap().len(), 3, "nothing was written");
        let reader = office.desk.by(Actor::agent("kim").role("reader")).route(id).await;
        assert!(matches!(reader, Err(Error::Refused(Refusal::Forbidden { .. }))), "{reader:?}");
        let stranger = office.desk.by(Actor::agent("kim")).route(id).await;
        assert!(matches!(stranger, Err(Error::NotFound(_))), "{stranger:?}");
        office.resolve(id).await;
        assert_eq!(lead.route(id).await.unwrap(), None, "what is solved needs nobody");
    });
}

#[test]
fn a_route_to_a_team_that_is_not_there_is_refused_where_only_who_is_known_counts() {
    let office = Office::in_memory();
    block_on(async {
        let known = Config { people: People::Known, ..config([net()]) };
        let refused = office.desk.publish(known.clone()).await.unwrap_err();
        assert!(refused.to_string().contains("routing.routes[net].team: no team is `net`"), "{refused}");
        office.staff(&[("ada", 1)]).await;
        office.desk.publish(known).await.unwrap();
        assert_eq!(office.holder(office.open("first").await.id).await, some("ada"));
    });
}

#[test]
fn an_article_is_routed_only_where_the_route_names_its_kind() {
    let office = Office::in_memory();
    block_on(async {
        office.publish([Route::new("all", "net")]).await;
        office.staff(&[("ada", 9)]).await;
        let article = || Draft::new("article", "How to reset a password").team("net");
        assert_eq!(office.desk.open(article()).await.unwrap().assignee, None);
        office.publish([Route::new("all", "net").when(Atom::Kind("article".into()).into())]).await;
        assert_eq!(office.desk.open(article()).await.unwrap().assignee, Some("ada".into()));
    });
}

/// Chooses the last by name, whatever the route says.
#[derive(Debug)]
struct Last;

impl Router for Last {
    fn choose(
        &self,
        route: &Route,
        needs: &std::collections::BTreeSet<Key>,
        channel: Channel,
        owners: &[PersonId],
        pool: &[Agent],
    ) -> Choice {
        let last = pool.iter().max_by(|a, b| a.id.cmp(&b.id)).cloned();
        ByRoute.choose(route, needs, channel, owners, &Vec::from_iter(last))
    }
}

#[test]
fn a_desk_may_choose_in_another_way() {
    let Office { desk, clock } = Office::in_memory();
    let office = Office { desk: desk.with_router(Last), clock };
    block_on(async {
        office.publish([net()]).await;
        office.staff(&[("ada", 9), ("bo", 9)]).await;
        assert_eq!(office.holder(office.open("first").await.id).await, some("bo"));
    });
}

/// Law 58: several desks give out more than there is room for, all at once, and take it back.
fn rush(store: Arc<dyn Store>) {
    const DESKS: usize = 4;
    const EACH: usize = 12;
    let desk = |seed| Desk::new(Arc::clone(&store)).with_seed(seed);
    let office = Office { desk: desk(1), clock: ManualClock::new(start()) };
    let people = [("ada", 3), ("bo", 4), ("cy", 5)];
    block_on(async {
        office.publish([net()]).await;
        office.staff(&people).await;
    });
    let room = |name: &str| people.iter().find(|(one, _)| *one == name).map_or(0, |(_, room)| u64::from(*room));
    let opened: Vec<TicketId> = thread::scope(|scope| {
        let work = |seed| {
            let desk = desk(seed);
            move || {
                let draft = |i| Draft::incident(format!("{seed} {i}")).team("net");
                block_on(async {
                    let mut ids = Vec::new();
                    for i in 0..EACH {
                        ids.push(desk.open(draft(i)).await.unwrap().id);
                    }
                    ids
                })
            }
        };
        let threads: Vec<_> = (0..DESKS).map(|i| scope.spawn(work(10 + i as u64))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let check = |expected: u64| {
        block_on(async {
            let loads = office.loads().await;
            assert!(loads.iter().all(|(name, load)| *load <= room(name)), "law 58: {loads:?}");
            assert_eq!(loads.values().sum::<u64>(), expected, "all the room there is, is used: {loads:?}");
        });
    };
    check(12);
    // All that is assigned is solved by two at once, and what waits comes after.
    thread::scope(|scope| {
        for half in opened.chunks(opened.len() / 2) {
            let desk = desk(half.len() as u64 + 99);
            scope.spawn(move || {
                block_on(async {
                    for id in half {
                        if desk.load(*id).await.unwrap().assignee.is_some() {
                            desk.apply(*id, Command::transition("cancel")).await.unwrap();
                        }
                    }
                });
            });
        }
    });
    block_on(async {
        // Whoever was faster may have left some to the next look.
        office.desk.drain(100).await.unwrap();
        let query = Query::new(Filter::open()).limit(1000);
        let open = office.desk.find(&query).await.unwrap().tickets;
        let assigned = open.iter().filter(|ticket| ticket.assignee.is_some()).count();
        assert_eq!(assigned, open.len().min(12));
        check(assigned as u64);
    });
}

#[test]
fn law_58_desks_that_assign_at_once_never_exceed_what_somebody_takes() {
    rush(Arc::new(MemoryStore::new()));
    let file = File::new();
    rush(Arc::new(SqliteOptions::new().synchronous(Durability::Normal).open(file.path()).unwrap()));
}

/// Something that happens to a desk that routes.
#[derive(Clone, Debug)]
enum Act {
    Open(u8),
    Move(usize, &'static str),
    Assign(usize, Option<&'static str>),
    Team(usize, Option<&'static str>),
    Merge(usize, usize),
    Unmerge(usize),
    Away(&'static str, Availability),
    Tick(i64),
}

fn acts() -> impl Strategy<Value = Act> {
    let name = || prop::sample::select(vec!["ada", "bo", "cy"]);
    let moves = prop::sample::select(vec!["start", "wait", "resolve", "resolve", "reopen", "close", "cancel"]);
    let there = prop::sample::select(vec![Availability::Active, Availability::Away, Availability::Off]);
    prop_oneof![
        4 => (0..3_u8).prop_map(Act::Open),
        6 => (any::<usize>(), moves).prop_map(|(i, key)| Act::Move(i, key)),
        2 => (any::<usize>(), prop::option::of(name())).prop_map(|(i, who)| Act::Assign(i, who)),
        1 => (any::<usize>(), prop::option::of(Just("net"))).prop_map(|(i, team)| Act::Team(i, team)),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(i, j)| Act::Merge(i, j)),
        1 => any::<usize>().prop_map(Act::Unmerge),
        1 => (name(), there).prop_map(|(who, there)| Act::Away(who, there)),
        2 => (1..90_i64).prop_map(Act::Tick),
    ]
}

async fn carry_out(office: &Office, ids: &mut Vec<TicketId>, act: &Act) {
    let channels = [Channel::Api, Channel::Mail, Channel::Chat];
    let pick = |i: &usize| ids.get(i % ids.len().max(1)).copied();
    let command = match act {
        Act::Open(channel) => {
            let draft = Draft::incident("ticket").team("net").channel(channels[usize::from(*channel)]);
            ids.push(office.desk.open(draft).await.unwrap().id);
            return;
        }
        Act::Away(who, there) => {
            let mut person = agent(who, 2);
            (person.availability, _) = (*there, person.capacity.insert(Channel::Mail, 1));
            office.desk.put_person(person, None).await.unwrap();
            return;
        }
        Act::Tick(minutes) => {
            office.clock.advance(TimeDelta::minutes(*minutes));
            office.desk.tick().await.unwrap();
            return;
        }
        Act::Move(i, key) => (pick(i), Command::transition(*key)),
        Act::Assign(i, who) => (pick(i), Command::Assign(who.map(PersonId::from))),
        Act::Team(i, team) => (pick(i), Command::AssignTeam(team.map(Key::from))),
        Act::Merge(i, j) => (pick(i), pick(j).map_or(Command::Unmerge, Command::Merge)),
        Act::Unmerge(i) => (pick(i), Command::Unmerge),
    };
    if let (Some(id), command) = command {
        // What is not possible is refused.
        let _ = office.desk.apply(id, command).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Law 57, on a desk: over k · n tickets the one whose turn it is gets k each.
    #[test]
    fn law_57_taking_turns_gives_everybody_as_many(n in 1..6_usize, k in 1..5_usize) {
        let office = Office::in_memory();
        block_on(async {
            office.publish([net().order([Prefer::LeastRecent])]).await;
            let names: Vec<String> = (0..n).map(|i| format!("a{i}")).collect();
            let people: Vec<(&str, u16)> = names.iter().map(|name| (name.as_str(), 99)).collect();
            office.staff(&people).await;
            for _ in 0..n * k {
                office.open("ticket").await;
            }
            let loads = office.loads().await;
            assert_eq!(loads.values().copied().collect::<Vec<_>>(), vec![k as u64; n]);
        });
    }

    /// Whatever happens, what is written of people is what the tickets say, and no choice exceeded what somebody took.
    #[test]
    fn counters_do_not_drift_and_no_choice_exceeds_the_room(acts in prop::collection::vec(acts(), 1..40)) {
        let office = Office::in_memory();
        block_on(async {
            let idle = Policy::assignment_timeout("idle", Span::minutes(60));
            office.desk.publish(config([net()]).policy(idle)).await.unwrap();
            office.staff(&[("ada", 2), ("bo", 2), ("cy", 2)]).await;
            let (mut ids, mut position) = (Vec::new(), Position(0));
            for act in &acts {
                carry_out(&office, &mut ids, act).await;
                office.loads().await;
                let feed = office.desk.feed(position, 1000).await.unwrap();
                position = feed.last().map_or(position, |last| last.position);
                for one in feed {
                    let Event::Routed(choice) = &one.event else { continue };
                    let agent = choice.agent().unwrap();
                    let person = office.desk.person(agent).await.unwrap().unwrap().record;
                    let load = office.load(agent).await;
                    // Whoever has more than that by hand is not chosen, so those who were chosen have no more.
                    for (channel, has) in load.open {
                        let chosen = office.desk.load(one.ticket).await.unwrap().channel == channel;
                        let room = person.capacity.get(&channel).copied().map_or(u32::MAX, u32::from);
                        assert!(!chosen || has <= room, "law 58: {agent} has {has} of {room} after {act:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn a_condition_that_always_holds_names_no_team_and_finds_all_that_waits() {
    let office = Office::in_memory();
    block_on(async {
        let either = Cond::from(Atom::Team("net".into())).or(Atom::Team("web".into()).into());
        for when in [Cond::ALWAYS, either, Cond::from(Atom::Team("web".into())).negate()] {
            office.publish([Route::new("any", "net").when(when)]).await;
            let id = office.open("waits").await.id;
            assert_eq!(office.holder(id).await, None);
            office.staff(&[("ada", 1)]).await;
            assert_eq!(office.holder(id).await, some("ada"));
            office.resolve(id).await;
            let found: Option<Version> = office.desk.person(&"ada".into()).await.unwrap().map(|ada| ada.version);
            office.desk.put_person(Person { availability: Availability::Off, ..agent("ada", 0) }, found).await.unwrap();
        }
    });
}
