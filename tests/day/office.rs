//! The desk of the day: its rules, its people, its customers.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::cond::{Atom, Cond, Relation};
use ticketcore::config::{
    Action, Approval, Audience, Cascade, CascadeOn, Deed, Grant, Macro, People, Rights, Rule, Trigger, Visibility,
    Voters,
};
use ticketcore::directory::{OrgSight, Organisation, Person, Team};
use ticketcore::routing::{Availability, Intake, Route, Sorted};
use ticketcore::time::{Hours, ManualClock, Zone};
use ticketcore::{
    Actor, ActorKind, Capability, Channel, Config, Desk, FieldType, LinkKind, Policy, Priority, Span, Store,
};

/// Who works where.
pub(crate) const TEAMS: [(&str, &[&str]); 3] = [
    ("service", &["ada", "ben", "cem", "dora"]),
    ("network", &["eve", "finn", "gus"]),
    ("apps", &["hana", "ivo", "jan"]),
];

/// How many open tickets of each channel an agent takes.
pub(crate) const ROOM: u16 = 6;

pub(crate) struct Office {
    /// The desk itself.
    pub(crate) desk: Desk,
    pub(crate) clock: ManualClock,
}

impl Office {
    pub(crate) async fn open(store: Arc<dyn Store>) -> Self {
        let clock = ManualClock::new(morning());
        let office = Self { desk: Desk::new(store).with_clock(clock.clone()).with_seed(8), clock };
        office.staff().await;
        office.desk.publish(rules()).await.unwrap();
        office
    }

    async fn staff(&self) {
        for (team, people) in TEAMS {
            self.desk.put_team(Team::new(team, team.to_uppercase()).lead(people[0]), None).await.unwrap();
            for name in people {
                let mut person = Person::new(*name, ActorKind::Agent, *name).team(team);
                for channel in [Channel::Mail, Channel::Phone, Channel::Web] {
                    person.capacity.insert(channel, ROOM);
                }
                self.desk.put_person(person, None).await.unwrap();
            }
        }
        for (key, sight) in [("acme", OrgSight::All), ("globex", OrgSight::None)] {
            self.desk.put_organisation(Organisation::new(key, key.to_uppercase()).sight(sight), None).await.unwrap();
        }
        for (name, home) in [("bo", "acme"), ("pat", "acme"), ("rob", "globex"), ("sue", "globex")] {
            let person = Person::new(name, ActorKind::Requester, name).organisation(home);
            self.desk.put_person(person, None).await.unwrap();
        }
    }

    /// Somebody goes away, or comes back.
    pub(crate) async fn is(&self, name: &str, availability: Availability) {
        let found = self.desk.person(&name.into()).await.unwrap().unwrap();
        self.desk.put_person(Person { availability, ..found.record }, None).await.unwrap();
    }

    pub(crate) fn agent(&self, name: &str) -> Desk {
        let teams = TEAMS.iter().filter(|(_, people)| people.contains(&name));
        let actor = teams.fold(Actor::agent(name), |actor, (team, _)| actor.team(*team));
        let lead = TEAMS.iter().any(|(_, people)| people[0] == name);
        self.desk.by(if lead { actor.role("change_manager") } else { actor })
    }

    pub(crate) fn customer(&self, name: &str) -> Desk {
        let home = if matches!(name, "bo" | "pat") { "acme" } else { "globex" };
        self.desk.by(Actor::requester(name).organisation(home))
    }

    pub(crate) async fn later(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
        self.desk.tick().await.unwrap();
    }
}

/// Eight o'clock in Berlin, on a Monday.
pub(crate) fn morning() -> DateTime<Utc> {
    "2026-03-02T07:00:00Z".parse().unwrap()
}

/// The rules of the morning.
pub(crate) fn rules() -> Config {
    use Capability::{Follow, Link, Merge, Move, Note, Open, Publish, Read, Reply, Score, Split};
    let work = ticketcore::Capabilities::all().without(Publish);
    let rights = Rights::of([
        Grant::agents([Open, Read, Follow, Note, Link, Merge, Split]),
        Grant::agents(work).on(Relation::Team),
        Grant::agents(work).on(Relation::Assignee),
        Grant::agents(work).on(Relation::Referred),
        Grant::role("change_manager", work),
        Grant::integrations(work),
        Grant::requesters([Open]),
        Grant::requesters([Follow, Reply, Score, Move]).on(Relation::Requester),
        Grant::requesters([Follow, Reply]).on(Relation::Participant),
        Grant::requesters([Follow]).on(Relation::Organisation),
    ]);
    let mut config = Config { rights, seal: true, people: People::Known, ..Config::default() };
    let office = Hours::new(Zone::named("Europe/Berlin").unwrap()).weekdays("08:00-18:00");
    let page = Action::Notify { to: vec![Audience::Lead], template: "urgent".into(), urgent: true };
    let hot = Rule::new("hot", [Trigger::Opened]).when(Cond::from(Atom::Priority(Priority::P1)));
    let sorry = Macro::default().deed(Deed::say(Visibility::Public, "We are working on “{{subject}}”."));
    let cab = Approval::default().step(Voters::role("change_manager"), 2).expires(Span::hours(4));
    config = config
        .field("resolution", FieldType::Text)
        .calendar("office", office)
        .policy(Policy::first_response("response").calendar("office").target(Priority::P3, Span::hours(4)))
        .policy(Policy::resolution("resolution").calendar("office").target(Priority::P1, Span::hours(2)))
        .rule(hot.then(Action::Tag("hot".into())).then(page))
        .with_macro("sorry", sorry)
        .approval("cab", cab)
        .cascade(Cascade::new(CascadeOn::Resolved, LinkKind::DuplicatedBy, "resolve"));
    // A change goes on when two of its managers have seen it as it is.
    for workflow in config.workflows.iter_mut().filter(|workflow| workflow.id == "change") {
        for transition in workflow.transitions.iter_mut().filter(|transition| transition.key == "approve") {
            transition.guard = transition.guard.clone().and(Cond::from(Atom::Approved("cab".into())));
        }
    }
    for (team, _) in TEAMS {
        let set = Sorted { team: Some(team.into()), ..Sorted::default() };
        let when = Cond::from(Atom::Category(team.into()));
        config.routing.intake.push(Intake { key: team.into(), when, set });
        config.routing.routes.push(Route::new(team, team).when(Cond::from(Atom::Team(team.into()))));
    }
    config
}
