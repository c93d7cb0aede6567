//! Tickets in memory, against a program of a hash map, a log and two ordered sets.
//!
//! The floor keeps every string that ours keeps and makes the same change of state, with the same places in the queue and
//! among the wakes. What it lacks is what ours is for: it checks nothing, knows no workflow, no promise and no calendar
//! (the due time is told to it), keeps no fold of the log apart from the log, and one thread owns it.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use pollster::block_on;
use ticketcore::config::{Level, Rulebook};
use ticketcore::engine::{self, Context, Related};
use ticketcore::time::micros;
use ticketcore::value::Fields;
use ticketcore::{Command, Desk, Draft, Key, MemoryStore, PersonId, TicketId};

use crate::Bench;
use crate::common::latencies::{Latencies, pretty};
use crate::common::line::{Goal, Line, Pair, tails};
use crate::common::random::Random;
use crate::common::timing::{Run, time};
use crate::common::work::{self, Stage};
use crate::common::{Error, Result};

/// A ticket as a hand would write it for a program of its own.
#[expect(dead_code, reason = "kept as a program would keep it, and read by none of the measures")]
struct Row {
    number: i64,
    version: i64,
    kind: Key,
    subject: String,
    description: Option<String>,
    fields: Fields,
    category: Option<Key>,
    team: Option<Key>,
    queue: Option<Key>,
    requester: Option<PersonId>,
    assignee: Option<PersonId>,
    state: Key,
    impact: Level,
    urgency: Level,
    place: Place,
    due: i64,
    created: i64,
    updated: i64,
}

/// Due, priority, created, id: the order of the queue.
type Place = (i64, u8, i64, TicketId);

#[expect(dead_code, reason = "as above")]
struct Entry {
    ticket: TicketId,
    version: i64,
    at: i64,
    by: PersonId,
    what: What,
}

#[expect(dead_code, reason = "as above")]
enum What {
    Opened,
    Moved { from: Key, to: Key },
}

#[derive(Default)]
struct Floor {
    rows: HashMap<TicketId, Row>,
    log: Vec<Entry>,
    queues: HashMap<Option<Key>, BTreeSet<Place>>,
    wakes: BTreeSet<(i64, TicketId)>,
}

impl Floor {
    fn create(&mut self, by: &PersonId, random: u64, draft: Draft) -> TicketId {
        let now = Utc::now();
        let (id, now) = (TicketId::at(now, random), micros(now));
        let priority = draft.impact.0 + draft.urgency.0 - 1;
        let due = now + 3_600_000_000 * i64::from(priority);
        let place = (due, priority, now, id);
        let row = Row {
            number: i64::try_from(self.rows.len()).unwrap_or_default() + 1,
            version: 1,
            kind: draft.kind,
            subject: draft.subject,
            description: draft.description,
            fields: draft.fields,
            category: draft.category,
            team: draft.team,
            queue: draft.queue,
            requester: draft.requester,
            assignee: draft.assignee,
            state: Stage::New.into(),
            impact: draft.impact,
            urgency: draft.urgency,
            place,
            due,
            created: now,
            updated: now,
        };
        self.log.push(Entry { ticket: id, version: 1, at: now, by: by.clone(), what: What::Opened });
        self.queues.entry(row.queue.clone()).or_default().insert(place);
        self.wakes.insert((due + 1, id));
        self.rows.insert(id, row);
        id
    }

    /// Neither program's wake changes here: the first response stays due.
    fn transition(&mut self, by: &PersonId, id: TicketId, to: Stage) -> Option<&Row> {
        let now = micros(Utc::now());
        let row = self.rows.get_mut(&id)?;
        let state = Key::from(to);
        let from = std::mem::replace(&mut row.state, state.clone());
        row.version += 1;
        row.updated = now;
        let waited = from == Key::from(Stage::Waiting);
        if (to == Stage::Waiting) != waited
            && let Some(queue) = self.queues.get_mut(&row.queue)
        {
            if waited {
                queue.insert(row.place)
            } else {
                queue.remove(&row.place)
            };
        }
        let what = What::Moved { from, to: state };
        self.log.push(Entry { ticket: id, version: row.version, at: now, by: by.clone(), what });
        Some(row)
    }
}

/// Creates from nothing to full size, then transitions of tickets picked at random.
pub(crate) fn memory(bench: &Bench) -> Result<Vec<Line>> {
    let rounds = 10;
    let chunk = bench.pick(100_000, 1_000_000) / rounds;
    let actor = work::agent();
    let desk = Desk::new(Arc::new(MemoryStore::new()));
    block_on(desk.publish(work::config()))?;
    let desk = desk.by(actor.clone());
    let mut floor = Floor::default();
    let mut random = Random::new(1);
    // The tickets of both programs in the order of their making; equal places hold equal tickets.
    let mut ids: Vec<Pair<TicketId>> = Vec::new();

    let mut creates = Vec::new();
    for round in 0..rounds {
        let drafts: Vec<Draft> = (0..chunk).map(|_| work::draft(&mut random)).collect();
        let (copies, mut made) = (drafts.clone(), Pair { ours: Vec::new(), floor: Vec::new() });
        let ours = || {
            block_on(time(drafts, async |draft| {
                made.ours.push(desk.open(draft).await?.id);
                Ok::<_, Error>(())
            }))
        };
        let theirs = || {
            block_on(time(copies, async |draft| {
                made.floor.push(floor.create(&actor.id, random.bits(), draft));
                Ok::<_, Error>(())
            }))
        };
        creates.push(latencies(Pair::measure(round, ours, theirs))?);
        ids.extend(made.ours.into_iter().zip(made.floor).map(|(ours, floor)| Pair { ours, floor }));
    }

    let mut stages = vec![Stage::New; ids.len()];
    let mut transitions = Vec::new();
    for round in 0..rounds {
        let moves: Vec<_> = (0..chunk.min(50_000))
            .map(|_| {
                let place = random.index(ids.len());
                let (transition, to) = stages[place].step(&mut random);
                stages[place] = to;
                (ids[place], transition, to)
            })
            .collect();
        let ours = || {
            block_on(time(moves.clone(), async |(ids, transition, _)| {
                desk.apply(ids.ours, Command::Move(transition)).await
            }))
        };
        let theirs = || {
            block_on(time(moves.clone(), async |(ids, _, to)| {
                floor.transition(&actor.id, ids.floor, to).map(|row| row.version).ok_or("no such ticket")
            }))
        };
        transitions.push(latencies(Pair::measure(round, ours, theirs))?);
    }
    Ok(vec![
        Line::times("memory create, p50", &medians(&creates), Goal::AtMost(3.0)).note(tails(&creates)),
        Line::times("memory transition, p50", &medians(&transitions), Goal::AtMost(2.5)).note(tails(&transitions)),
    ])
}

fn latencies(pair: Pair<Result<Run>>) -> Result<Pair<Latencies>> {
    Ok(pair.transpose()?.map(|run| run.latencies.clone()))
}

fn medians(pairs: &[Pair<Latencies>]) -> Vec<Pair<Duration>> {
    pairs.iter().map(|pair| pair.map(Latencies::median)).collect()
}

/// The pure part alone: no store, no clock.
pub(crate) fn decide(bench: &Bench) -> Result<Vec<Line>> {
    let rulebook = Rulebook::new(work::config()).map_err(|faults| format!("{faults:?}"))?;
    let (actor, related, now) = (work::agent(), Related::default(), Utc::now());
    let context = Context { rulebook: &rulebook, actor: &actor, related: &related, now };
    let id = TicketId::at(now, 1);
    let draft = work::draft(&mut Random::new(1));
    let opened = engine::open(&context, &"main".into(), id, &draft)?.ticket;
    let request = Command::transition("start").into();
    let count = bench.pick(10_000, 100_000);
    let decide = || engine::decide(&context, &opened, &request);
    let marks = || engine::marks(&rulebook, &opened);
    let moves = || engine::moves(&rulebook, &opened, &actor, &related, now);
    Ok(vec![
        Line::known("decide a move, guard and all", median(count, decide)?),
        Line::known("decide the marks of a ticket", median(count, marks)?),
        Line::known("decide which moves there are", median(count, moves)?),
    ])
}

fn median<T>(count: usize, call: impl Fn() -> T) -> Result<String> {
    let run = time(vec![(); count], async |()| Ok::<_, Error>(black_box(call())));
    Ok(pretty(block_on(run)?.latencies.median()))
}
