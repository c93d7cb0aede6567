//! What it costs that people are told apart: rights beside none, a choice among agents, many tickets at once, and the past
//! looked through.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pollster::block_on;
use ticketcore::cond::Relation;
use ticketcore::config::{Config, Grant, Rights};
use ticketcore::query::{Filter, Order, Query};
use ticketcore::routing::{Agent, Availability, Route, choose};
use ticketcore::{
    Actor, ActorKind, Capabilities, Capability, Channel, Command, Desk, Draft, MemoryStore, Request, Store, Ticket,
};
use ticketcore_sqlite::{Durability, SqliteOptions};

use crate::Bench;
use crate::common::line::{Goal, Line, Pair};
use crate::common::random::Random;
use crate::common::timing::time;
use crate::common::work;
use crate::common::{Error, Result};

const ROUNDS: usize = 10;

/// Twenty grants, the ones that count at the end: every team's agents work on its tickets, customers follow theirs.
fn rights() -> Rights {
    let others = (0..16).map(|i| Grant::role(format!("role-{i}"), [Capability::Open, Capability::Read]));
    let work = Capabilities::all().without(Capability::Publish);
    let ours = [
        Grant::agents(work).on(Relation::Assignee),
        Grant::agents(work).on(Relation::Team),
        Grant::agents([Capability::Open]),
        Grant::requesters([Capability::Follow, Capability::Reply]).on(Relation::Requester),
    ];
    Rights::of(others.chain(ours).collect::<Vec<_>>())
}

/// An agent of all teams.
fn agent() -> Actor {
    (0..20).fold(work::agent(), |actor, team| actor.team(format!("team-{team}")))
}

/// The same, whom no right is asked for.
fn unbound() -> Actor {
    Actor { kind: ActorKind::System, ..agent() }
}

fn desk(store: Arc<dyn Store>) -> Result<Desk> {
    let desk = Desk::new(store);
    block_on(desk.publish(Config { rights: rights(), ..work::config() }))?;
    Ok(desk)
}

/// Creates and transitions by an agent who is granted them, against the same by the desk itself, which is asked for no
/// right; and a page of an agent's and of a customer's, against the same page without a sight.
pub(crate) fn with_rights(bench: &Bench) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let path = bench.files.folder().join("rights.db");
    let sqlite = SqliteOptions::new().synchronous(Durability::Normal).open(&path)?;
    let stores: [(&str, Arc<dyn Store>, usize); 2] = [
        ("memory", Arc::new(MemoryStore::new()), bench.pick(500, 5000)),
        ("sqlite", Arc::new(sqlite), bench.pick(500, 2000)),
    ];
    for (name, store, chunk) in stores {
        let desk = desk(store)?;
        let (granted, unbound) = (desk.by(agent()), desk.by(unbound()));
        let mut random = Random::new(7);
        let (mut creates, mut moves) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let drafts: Vec<Draft> = (0..chunk).map(|_| work::draft(&mut random)).collect();
            let mut made = Pair { ours: Vec::new(), floor: Vec::new() };
            let create = |desk: &Desk, drafts: Vec<Draft>, made: &mut Vec<Arc<Ticket>>| {
                block_on(time(drafts, async |draft| {
                    made.push(desk.open(draft).await?);
                    Ok::<_, Error>(())
                }))
            };
            let ours = || create(&granted, drafts.clone(), &mut made.ours);
            let floor = || create(&unbound, drafts.clone(), &mut made.floor);
            creates.push(Pair::measure(round, ours, floor).transpose()?.map(|run| run.latencies.median()));
            let start = |desk: &Desk, tickets: &[Arc<Ticket>]| {
                let ids = tickets.iter().map(|ticket| ticket.id).collect();
                block_on(time(ids, async |id| desk.apply(id, Command::transition("start")).await))
            };
            let ours = || start(&granted, &made.ours);
            let floor = || start(&unbound, &made.floor);
            moves.push(Pair::measure(round, ours, floor).transpose()?.map(|run| run.latencies.median()));
        }
        lines.push(Line::times(format!("rights, {name} create"), &creates, Goal::AtMost(1.05)));
        lines.push(Line::times(format!("rights, {name} transition"), &moves, Goal::AtMost(1.05)));
        lines.extend(pages(name, &desk, &granted)?);
    }
    Ok(lines)
}

fn pages(name: &str, desk: &Desk, granted: &Desk) -> Result<Vec<Line>> {
    let page = |desk: &Desk, query: &Query| -> Result<Duration> {
        let run = time(vec![(); 20], async |()| {
            let page = desk.find(query).await?;
            if page.tickets.is_empty() { Err(Error::from("a page is empty")) } else { Ok(black_box(page)) }
        });
        Ok(block_on(run)?.latencies.median())
    };
    let queue = Query::new(Filter::queue("mail")).order(Order::rank());
    let user = "user-0007@example.org";
    let customer = desk.by(Actor::requester(user));
    let own = Query::new(Filter { requesters: vec![user.into()], ..Filter::all() });
    let (mut agents, mut customers) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        agents.push(Pair::measure(round, || page(granted, &queue), || page(desk, &queue)).transpose()?);
        customers.push(Pair::measure(round, || page(&customer, &Query::default()), || page(desk, &own)).transpose()?);
    }
    Ok(vec![
        Line::times(format!("rights, {name} page of a queue"), &agents, Goal::AtMost(1.1)),
        Line::times(format!("rights, {name} page of a customer"), &customers, Goal::AtMost(1.1)),
    ])
}

/// The choice of one among a thousand agents.
pub(crate) fn routing(bench: &Bench) -> Result<Vec<Line>> {
    let agent = |i: usize| Agent {
        id: format!("agent-{i:04}").into(),
        skills: (0..5).map(|skill| format!("skill-{}", (i + skill) % 10).into()).collect(),
        availability: if i.is_multiple_of(5) { Availability::Away } else { Availability::Active },
        capacity: [(Channel::Mail, 10), (Channel::Phone, 1)].into(),
        load: [(Channel::Mail, u16::try_from(i % 10).unwrap_or_default())].into(),
        last: None,
    };
    let pool: Vec<Agent> = (0..1000).map(agent).collect();
    let route = Route::new("mail", "mail");
    let needs = ["skill-3".into()].into();
    let times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let count = bench.pick(200, 2000);
            let start = Instant::now();
            for _ in 0..count {
                black_box(choose(black_box(&route), &needs, Channel::Mail, &[], black_box(&pool)));
            }
            start.elapsed().div_f64(count as f64)
        })
        .collect();
    Ok(vec![Line::alone("routing, one of 1000 agents", times, Duration::from_micros(50))])
}

/// A request to ten thousand tickets, against the same changes in commits of a thousand with nothing looked for.
pub(crate) fn bulk(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(1000, 10_000);
    let mut pairs = Vec::new();
    for round in 0..if bench.quick { 2 } else { 5 } {
        let path = bench.files.folder().join(format!("bulk-{round}.db"));
        let store: Arc<dyn Store> = Arc::new(SqliteOptions::new().synchronous(Durability::Normal).open(&path)?);
        let desk = Desk::new(Arc::clone(&store));
        block_on(desk.publish(work::config()))?;
        let mut random = Random::new(11);
        let drafts: Vec<Draft> = (0..2 * count).map(|i| work::draft(&mut random).tag(["one", "two"][i % 2])).collect();
        for drafts in drafts.chunks(1000) {
            block_on(desk.open_all(drafts.to_vec()))?;
        }
        let tagged = |tag: &str| Filter { tags: vec![tag.into()], ..Filter::all() };
        // Decided beforehand: what is timed is the writing alone.
        let tickets = block_on(desk.find(&Query::new(tagged("two")).limit(count)))?.tickets;
        let mut commits = Vec::new();
        for ids in tickets.chunks(1000) {
            let mut all = Vec::new();
            for ticket in ids {
                all.extend(block_on(desk.prepare(ticket.id, Command::Tag("outage".into())))?);
            }
            let mut all = all.into_iter();
            if let Some(mut first) = all.next() {
                all.for_each(|commit| first.changes.extend(commit.changes));
                commits.push(first);
            }
        }
        let ours = || {
            let start = Instant::now();
            let done = block_on(desk.bulk(tagged("one"), Request::from(Command::Tag("outage".into()))).run())?;
            if done.outcomes.len() == count { Ok(start.elapsed()) } else { Err(Error::from("some were left out")) }
        };
        let floor = || {
            let start = Instant::now();
            for commit in commits.clone() {
                block_on(store.commit(commit))?;
            }
            Ok::<_, Error>(start.elapsed())
        };
        let rate = |took: Duration| count as f64 / took.as_secs_f64();
        pairs.push(Pair::measure(round, ours, floor).transpose()?.map(|took| rate(*took)));
    }
    Ok(vec![Line::rates(format!("bulk of {count}, to the raw batch"), &pairs, Goal::AtLeast(0.7))])
}

/// The seals of a hundred thousand tickets, each of three events.
pub(crate) fn verify(bench: &Bench) -> Result<Vec<Line>> {
    let tickets = bench.pick(2000, 100_000);
    let path = bench.files.folder().join("verify.db");
    let desk = Desk::new(Arc::new(SqliteOptions::new().synchronous(Durability::Normal).open(&path)?));
    block_on(desk.publish(Config { seal: true, ..work::config() }))?;
    let mut random = Random::new(13);
    let drafts: Vec<Draft> = (0..tickets).map(|_| work::draft(&mut random)).collect();
    for drafts in drafts.chunks(1000) {
        block_on(desk.open_all(drafts.to_vec()))?;
    }
    let work = [Command::transition("start"), Command::reply(work::text(&mut random, 200))];
    block_on(desk.bulk(Filter::all(), Request::from(work)).run())?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        let verified = block_on(desk.verify(|_| ()))?;
        if verified.broken.is_some() || usize::try_from(verified.tickets) != Ok(tickets) {
            return Err(format!("{verified:?}").into());
        }
        times.push(start.elapsed());
    }
    let limit = Duration::from_millis(if bench.quick { 200 } else { 10_000 });
    Ok(vec![Line::alone(format!("verify {tickets} tickets"), times, limit)])
}
