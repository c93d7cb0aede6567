//! The laws of routing, and what a choice says of itself.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::TimeDelta;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::actor::Actor;
use crate::cond::Atom;
use crate::config::{Config, Rulebook};
use crate::engine::{self, Context, Decision, Related};
use crate::id::{TenantId, TicketId};
use crate::{Draft, Level};

const SKILLS: [&str; 3] = ["german", "network", "printers"];
const CHANNELS: [Channel; 2] = [Channel::Mail, Channel::Chat];

fn at(minute: i64) -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
}

fn skills() -> impl Strategy<Value = BTreeSet<Key>> {
    btree_set(select(&SKILLS[..]).prop_map(Key::from), 0..3)
}

fn counts(most: u16) -> impl Strategy<Value = BTreeMap<Channel, u16>> {
    let count = || option::of(0..most);
    (count(), count()).prop_map(|(mail, chat)| {
        CHANNELS.into_iter().zip([mail, chat]).filter_map(|(channel, count)| Some((channel, count?))).collect()
    })
}

/// Some people, each named once.
fn pools() -> impl Strategy<Value = Vec<Agent>> {
    let availability = select(&[Availability::Active, Availability::Away, Availability::Off][..]);
    let agent = (skills(), availability, counts(6), counts(6), option::of((0..4_i64).prop_map(at)));
    let agents = vec(agent, 0..12).prop_map(|agents| {
        let named = |(i, (skills, availability, capacity, load, last)): (usize, _)| Agent {
            skills,
            availability,
            capacity,
            load,
            last,
            ..Agent::new(format!("a{i:02}"))
        };
        agents.into_iter().enumerate().map(named).collect::<Vec<Agent>>()
    });
    agents.prop_shuffle()
}

fn routes() -> impl Strategy<Value = Route> {
    let tiers = vec(select(&[Tier::Active, Tier::Away, Tier::NotOff][..]), 0..3);
    let order = vec(select(&[Prefer::Sticky, Prefer::LeastLoaded, Prefer::LeastRecent][..]), 0..4);
    (skills(), tiers, order).prop_map(|(skills, tiers, order)| Route { skills, tiers, order, ..Route::new("r", "t") })
}

fn owners() -> impl Strategy<Value = Vec<PersonId>> {
    vec((0..12).prop_map(|i| PersonId::from(format!("a{i:02}"))), 0..3)
}

/// The first tier of a route that somebody is in, if they can be asked at all.
fn eligible(route: &Route, needs: &BTreeSet<Key>, channel: Channel, agent: &Agent) -> Option<usize> {
    let has_room = agent.capacity.get(&channel).is_none_or(|most| agent.load.get(&channel).unwrap_or(&0) < most);
    let able = route.skills.union(needs).all(|skill| agent.skills.contains(skill));
    let asked = |tier: &Tier| match tier {
        Tier::Active => agent.availability == Availability::Active,
        Tier::Away => agent.availability == Availability::Away,
        Tier::NotOff => agent.availability != Availability::Off,
    };
    route.tiers.iter().position(asked).filter(|_| has_room && able)
}

/// By floats, which are exact enough for numbers as small as these.
fn slow(route: &Route, channel: Channel, owners: &[PersonId], a: &Agent, b: &Agent) -> Ordering {
    let load = |agent: &Agent| agent.load.get(&channel).copied().unwrap_or(0);
    let share =
        |agent: &Agent| agent.capacity.get(&channel).map_or(0.0, |most| f64::from(load(agent)) / f64::from(*most));
    for prefer in &route.order {
        let place = |agent: &Agent| owners.iter().position(|owner| *owner == agent.id).unwrap_or(99);
        let order = match prefer {
            Prefer::Sticky => place(a).cmp(&place(b)),
            Prefer::LeastLoaded => share(a).total_cmp(&share(b)).then(load(a).cmp(&load(b))),
            Prefer::LeastRecent => a.last.cmp(&b.last),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.id.cmp(&b.id)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Law 56: the choice is in the eligible pool, nobody if and only if that is empty, whatever the order of the input.
    #[test]
    fn law_56_the_choice_is_the_first_of_the_eligible(
        route in routes(),
        needs in skills(),
        channel in select(&CHANNELS[..]),
        owners in owners(),
        (pool, shuffled) in pools().prop_flat_map(|pool| (Just(pool.clone()), Just(pool).prop_shuffle())),
    ) {
        let mut able: Vec<(usize, &Agent)> =
            pool.iter().filter_map(|agent| Some((eligible(&route, &needs, channel, agent)?, agent))).collect();
        able.sort_by(|(i, a), (j, b)| i.cmp(j).then_with(|| slow(&route, channel, &owners, a, b)));

        let choice = choose(&route, &needs, channel, &owners, &pool);
        prop_assert_eq!(choice.agent(), able.first().map(|(_, agent)| &agent.id));
        prop_assert_eq!(choice.pick.as_ref().map(|pick| pick.tier), able.first().map(|(i, _)| route.tiers[*i]));
        prop_assert_eq!(choice.pick.as_ref().is_none_or(|pick| pick.because.is_none()), able.len() < 2);
        let next: Vec<&PersonId> = able.iter().skip(1).take(5).map(|(_, agent)| &agent.id).collect();
        let named: Vec<&PersonId> = choice.passed_over.iter().map(|one| &one.agent).collect();
        prop_assert_eq!(&named[..next.len()], &next[..], "who came next is named first");
        prop_assert_eq!(named.len(), (pool.len() - able.len().min(1)).min(5));
        prop_assert_eq!(named.len() + choice.more + able.len().min(1), pool.len());
        prop_assert_eq!(&choose(&route, &needs, channel, &owners, &shuffled), &choice);
        prop_assert_eq!(&ByRoute.choose(&route, &needs, channel, &owners, &pool), &choice);
        let json = serde_json::to_string(&choice).unwrap();
        prop_assert_eq!(serde_json::from_str::<Choice>(&json).unwrap(), choice);
    }

    /// Law 57: over k · n assignments to a fixed pool, the one whose turn it is gets k each.
    #[test]
    fn law_57_taking_turns_gives_everybody_as_many(n in 1..9_usize, k in 1..6_usize, lasts in vec(option::of(0..50_i64), 9)) {
        let mut pool: Vec<Agent> = (0..n).map(|i| Agent { last: lasts[i].map(at), ..Agent::new(format!("a{i}")) }).collect();
        let route = Route::new("turns", "t").order([Prefer::LeastRecent]);
        let mut counts: HashMap<PersonId, usize> = HashMap::new();
        for turn in 0..n * k {
            let chosen = choose(&route, &BTreeSet::new(), Channel::Mail, &[], &pool).agent().cloned().unwrap();
            *counts.entry(chosen.clone()).or_default() += 1;
            let agent = pool.iter_mut().find(|agent| agent.id == chosen).unwrap();
            agent.last = Some(at(100 + i64::try_from(turn).unwrap()));
        }
        prop_assert_eq!(counts.values().copied().collect::<Vec<_>>(), vec![k; n]);
    }

    /// Law 58, one assignment after another: nobody gets more than they take, and all they take is given out.
    #[test]
    fn law_58_nobody_gets_more_than_they_take(mut pool in pools(), route in routes()) {
        let room = |agent: &Agent| agent.capacity.get(&Channel::Mail).copied().unwrap_or(9);
        pool.iter_mut().for_each(|agent| {
            let most = room(agent);
            agent.capacity.insert(Channel::Mail, most);
        });
        for _ in 0..200 {
            let choice = choose(&route, &BTreeSet::new(), Channel::Mail, &[], &pool);
            let Some(chosen) = choice.agent() else { break };
            let agent = pool.iter_mut().find(|agent| agent.id == *chosen).unwrap();
            let load = agent.load.entry(Channel::Mail).or_default();
            *load += 1;
            prop_assert!(*load <= agent.capacity[&Channel::Mail]);
        }
        for agent in &pool {
            let left = eligible(&route, &BTreeSet::new(), Channel::Mail, agent);
            prop_assert_eq!(left, None, "{:?} has room left", agent);
        }
    }
}

#[test]
fn a_choice_says_why_in_one_line() {
    let mut pool = ["ada", "bo", "cy", "di", "eve", "flo", "gus", "hal"].map(|name| {
        let mut agent = Agent::new(name);
        agent.skills.insert("german".into());
        agent
    });
    let [ada, bo, cy, di, eve, ..] = &mut pool;
    ada.capacity.insert(Channel::Mail, 4);
    ada.load.insert(Channel::Mail, 4);
    bo.skills.clear();
    cy.availability = Availability::Off;
    di.availability = Availability::Away;
    eve.last = Some(at(0));
    let route = Route::new("mail", "first_line").skill("german").fallback(Fallback::Escalate(2));
    let says = |owners: &[&str], pool: &[Agent]| {
        let owners: Vec<PersonId> = owners.iter().copied().map(PersonId::from).collect();
        choose(&route, &BTreeSet::new(), Channel::Mail, &owners, pool).to_string()
    };
    assert_eq!(
        says(&[], &pool),
        "flo, because first by name; passed over: gus is later by name, hal is later by name, eve had a turn more lately, \
         di is of a later tier, ada has 4 of 4, 2 more"
    );
    assert_eq!(
        says(&["hal", "gus"], &pool),
        "hal, because it was theirs; passed over: gus had it less lately, or never, flo had it less lately, or never, \
         eve had it less lately, or never, di is of a later tier, ada has 4 of 4, 2 more"
    );
    assert_eq!(
        says(&[], &pool[..4]),
        "di, because nobody else can; passed over: ada has 4 of 4, bo lacks german, cy is off"
    );
    assert_eq!(
        says(&[], &pool[..3]),
        "nobody, so it is escalated to level 2; passed over: ada has 4 of 4, bo lacks german, cy is off"
    );
    let route = Route { tiers: vec![Tier::Away], ..route };
    let choice = choose(&route, &BTreeSet::new(), Channel::Mail, &[], &pool[5..6]);
    assert_eq!(
        choice.to_string(),
        "nobody, so it is escalated to level 2; passed over: flo is there, and the route asks others"
    );
    let nobody = choose(&Route::new("mail", "first_line"), &BTreeSet::new(), Channel::Mail, &[], &[]);
    assert_eq!(nobody.to_string(), "nobody, so it stays queued");
}

#[test]
fn loads_are_compared_as_exact_shares() {
    let agent = |name, load, capacity: Option<u16>| {
        let capacity = capacity.map(|capacity| (Channel::Mail, capacity)).into_iter().collect();
        Agent { load: [(Channel::Mail, load)].into(), capacity, ..Agent::new(name) }
    };
    let route = Route::new("mail", "t").order([Prefer::LeastLoaded]);
    let first = |pool: &[Agent]| {
        choose(&route, &BTreeSet::new(), Channel::Mail, &[], pool).agent().map(ToString::to_string).unwrap()
    };
    // 21845 / 65535 is a third to the last digit; 21846 / 65535 is not.
    assert_eq!(
        first(&[agent("a", 1, Some(3)), agent("b", 21_845, Some(u16::MAX))]),
        "a",
        "of equal shares the smaller load"
    );
    assert_eq!(first(&[agent("a", 21_846, Some(u16::MAX)), agent("b", 1, Some(3))]), "b");
    assert_eq!(first(&[agent("a", 1, Some(9)), agent("b", 50, None)]), "b", "without a limit there is no share");
    assert_eq!(first(&[agent("a", 51, None), agent("b", 50, None)]), "b");
}

fn opened(config: Config, draft: &Draft, rules: impl FnOnce(&Rulebook, &Decision)) {
    let rulebook = Rulebook::new(config).unwrap();
    let (actor, related) = (Actor::agent("ada").role("lead"), Related::default());
    let context = Context { rulebook: &rulebook, actor: &actor, related: &related, now: at(0) };
    let decision = engine::open(&context, &TenantId::MAIN, TicketId::at(at(0), 1), draft).unwrap();
    rules(&rulebook, &decision);
}

#[test]
fn the_first_rule_that_holds_gives_a_ticket_what_its_draft_left_open() {
    let rule = |key: &str, when: Cond, team: &str| Intake {
        key: key.into(),
        when,
        set: Sorted {
            team: Some(team.into()),
            queue: Some("hardware".into()),
            category: Some("other".into()),
            priority: Some(Priority::P1),
            skills: ["printers".into()].into(),
        },
    };
    let mut config = Config::default();
    config.routing.intake = vec![
        rule("leads", Cond::from(Atom::Role("lead".into())).and(Atom::Tag("vip".into()).into()), "first"),
        rule("printers", Atom::Category("printer".into()).into(), "second"),
        rule("rest", Atom::State("new".into()).into(), "third"),
    ];
    config.routing.routes =
        vec![Route::new("second", "second").when(Atom::Team("second".into()).into()), Route::new("rest", "third")];
    let sorted = |draft: Draft| {
        let mut found = None;
        opened(config.clone(), &draft, |rulebook, decision| {
            let Event::Opened(opened) = &decision.facts[0].event else { panic!("not opened") };
            let ticket = &decision.ticket;
            assert_eq!(ticket.needs, ["printers".into()].into());
            let route = engine::route(rulebook.now(), ticket, at(0)).unwrap();
            let words = |key: &Option<Key>| key.as_ref().map_or_else(String::new, ToString::to_string);
            let told = [&opened.intake, &ticket.team, &ticket.queue, &ticket.category].map(words).join(" ");
            let events: Vec<String> = decision.facts[1..].iter().map(|fact| fact.event.to_string()).collect();
            found = Some((told, route.key.to_string(), events.join("; ")));
        });
        found.unwrap()
    };
    let set = |key: &str| format!("set the priority to p1: intake {key}");
    let draft = || Draft::incident("Toner is missing");
    assert_eq!(sorted(draft().tag("vip")), ("leads first hardware other".into(), "rest".into(), set("leads")));
    assert_eq!(sorted(draft()), ("rest third hardware other".into(), "rest".into(), set("rest")));
    let whole = draft().category("printer").team("second").queue("mine").rated(Level::HIGH, Level::HIGH);
    let kept = "printers second mine printer".into();
    assert_eq!(sorted(whole), (kept, "second".into(), String::new()), "what it has, somebody wanted");
}

#[test]
fn a_rule_of_intake_takes_no_right_of_whoever_opens_the_ticket() {
    let mut config = Config::default();
    let set = Sorted { team: Some("net".into()), priority: Some(Priority::P2), ..Sorted::default() };
    config.routing.intake = vec![Intake { key: "all".into(), when: Cond::ALWAYS, set }];
    let rulebook = Rulebook::new(config).unwrap();
    let (actor, related) = (Actor::requester("bo"), Related::default());
    let context = Context { rulebook: &rulebook, actor: &actor, related: &related, now: at(0) };
    let open = |draft: Draft| engine::open(&context, &TenantId::MAIN, TicketId::at(at(0), 1), &draft);
    let decision = open(Draft::incident("No mail")).unwrap();
    assert_eq!((decision.ticket.team.clone(), decision.ticket.priority()), (Some("net".into()), Priority::P2));
    let by: Vec<&str> = decision.facts.iter().map(|fact| fact.by.id.as_str()).collect();
    assert_eq!(by, ["bo", Actor::system().id.as_str()], "the priority is the desk's choice");
    assert!(open(Draft::incident("No mail").team("net")).is_err(), "to name a team oneself takes the right");
}

#[test]
fn files_hold_what_was_written_and_nothing_unknown() {
    let agent = Agent {
        skills: ["german".into()].into(),
        availability: Availability::Away,
        capacity: [(Channel::Chat, 3)].into(),
        load: [(Channel::Chat, 1)].into(),
        last: Some(at(0)),
        ..Agent::new("ada")
    };
    let text = r#"{"id":"ada","skills":["german"],"availability":"away","capacity":{"chat":3},"load":{"chat":1},"last":"2026-03-02T09:00:00.000000Z"}"#;
    assert_eq!(serde_json::to_string(&agent).unwrap(), text);
    assert_eq!(serde_json::from_str::<Agent>(text).unwrap(), agent);
    assert_eq!(serde_json::from_str::<Agent>(r#"{"id":"ada"}"#).unwrap(), Agent::new("ada"));
    for (text, problem) in [
        (r#"{"intake":[{"key":"a","set":{"teams":"x"}}]}"#, "unknown field `teams`"),
        (r#"{"intake":[{"key":"a","when":{"colour":"red"},"set":{}}]}"#, "unknown variant `colour`"),
        (r#"{"routes":[{"key":"a","team":"x","order":["fastest"]}]}"#, "unknown variant `fastest`"),
        (r#"{"routes":[{"key":"a","team":"x","tiers":["off"]}]}"#, "unknown variant `off`"),
        (r#"{"routes":[{"key":"a"}]}"#, "missing field `team`"),
        (r#"{"route":[]}"#, "unknown field `route`"),
    ] {
        let error = serde_json::from_str::<Routing>(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}
