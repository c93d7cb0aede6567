//! The report `overview`, against one pass written by hand.
//!
//! The floor reads the same columns of the same rows in the same order and makes every figure of the report: counts by
//! status and priority, by kind, by agent and by team, ages and times by priority with exact percentiles, promises by
//! policy, and what was opened, resolved and closed by day. It knows what will be asked, and names nothing.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use pollster::block_on;
use rusqlite::Connection;
use ticketcore::Desk;
use ticketcore::report::{Ask, Section, Standing, Value, overview};
use ticketcore::time::micros;
use ticketcore_sqlite::{Durability, SqliteStore};

use crate::Bench;
use crate::common::Result;
use crate::common::line::{Goal, Line, Pair};
use crate::raw::connect;

const POLICIES: [&str; 2] = ["first_response", "resolution"];
const DAY: i64 = 86_400_000_000;

/// The whole report over all tickets.
pub(crate) fn report(bench: &Bench) -> Result<Vec<Line>> {
    let tickets = bench.pick(20_000, 1_000_000);
    let path = bench.files.base(tickets)?;
    let desk = Desk::new(Arc::new(SqliteStore::open(&path)?));
    let connection = connect(&path, Durability::Full)?;
    let ours = || -> Result<Duration> {
        let start = Instant::now();
        let sections = block_on(desk.report(&overview(), &Ask::new(Utc::now()).policies(POLICIES)))?;
        let took = start.elapsed();
        if counted(&sections) == tickets as u64 { Ok(took) } else { Err("the report counts other tickets".into()) }
    };
    let floor = || -> Result<Duration> {
        let start = Instant::now();
        let counted = black_box(by_hand(&connection, micros(Utc::now()))?);
        let took = start.elapsed();
        if counted == tickets as u64 { Ok(took) } else { Err("the floor counts other tickets".into()) }
    };
    let pairs = (0..5).map(|round| Pair::measure(round, ours, floor).transpose()).collect::<Result<Vec<_>>>()?;
    Ok(vec![Line::times(format!("report over {tickets}"), &pairs, Goal::AtMost(1.2))])
}

/// The sum of the counts of the first section.
fn counted(sections: &[Section]) -> u64 {
    let rows = sections.first().into_iter().flat_map(|section| &section.rows).flatten();
    rows.map(|value| if let Value::Count(count) = value { *count } else { 0 }).sum()
}

#[derive(Default)]
struct Priority {
    backlog: u64,
    ages: Vec<i64>,
    /// First response and resolution, on the wall clock and in business time.
    times: [Vec<i64>; 4],
}

#[derive(Default)]
struct Agent {
    tickets: u64,
    backlog: u64,
    resolution: Vec<i64>,
}

#[derive(Default)]
struct Team {
    resolved: u64,
    reopened: u64,
    /// Total and greatest.
    reopens: [i64; 2],
    reassigns: [i64; 2],
}

fn by_hand(connection: &Connection, now: i64) -> Result<u64> {
    let sql = "select status, priority, kind, created, responded, resolved, first_resolved, closed, response, resolution, \
               reopens, reassigns, assignee, team, standings from ticketcore_ticket";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut statuses = [[0_u64; 10]; 5];
    let mut kinds = HashMap::<String, [u64; 2]>::new();
    let mut priorities: [Priority; 10] = Default::default();
    let mut agents = HashMap::<String, Agent>::new();
    let mut teams = HashMap::<String, Team>::new();
    let mut days = HashMap::<i64, [u64; 3]>::new();
    // Few texts occur: they are counted, and read at the end.
    let mut standings = HashMap::<String, u64>::new();
    while let Some(row) = rows.next()? {
        let status = match row.get_ref(0)?.as_str()? {
            "new" => 0,
            "open" => 1,
            "pending" => 2,
            "resolved" => 3,
            _ => 4,
        };
        let open = status < 3;
        let number = usize::from(row.get::<_, u8>(1)?);
        let created: i64 = row.get(3)?;
        let responded: Option<i64> = row.get(4)?;
        let resolved: Option<i64> = row.get(5)?;
        let ever_resolved = row.get::<_, Option<i64>>(6)?.is_some();
        let closed: Option<i64> = row.get(7)?;
        let since = |at: Option<i64>| at.map(|at| at - created);

        statuses[status][number] += 1;
        let kind = entry(&mut kinds, row.get_ref(2)?.as_str()?);
        kind[0] += 1;
        kind[1] += u64::from(open);
        let priority = &mut priorities[number];
        if open {
            priority.backlog += 1;
            priority.ages.push(now - created);
        }
        let times = [since(responded), since(resolved), row.get(8)?, row.get(9)?];
        priority.times.iter_mut().zip(times).for_each(|(all, time)| all.extend(time));

        let agent = entry(&mut agents, row.get_ref(12)?.as_str_or_null()?.unwrap_or_default());
        agent.tickets += 1;
        agent.backlog += u64::from(open);
        agent.resolution.extend(since(resolved));

        let (reopens, reassigns): (i64, i64) = (row.get(10)?, row.get(11)?);
        let team = entry(&mut teams, row.get_ref(13)?.as_str_or_null()?.unwrap_or_default());
        team.resolved += u64::from(ever_resolved);
        team.reopened += u64::from(ever_resolved && reopens > 0);
        for (sums, count) in [(&mut team.reopens, reopens), (&mut team.reassigns, reassigns)] {
            *sums = [sums[0] + count, sums[1].max(count)];
        }
        for (what, at) in [Some(created), resolved, closed].into_iter().enumerate() {
            if let Some(at) = at {
                days.entry(at.div_euclid(DAY)).or_default()[what] += 1;
            }
        }
        *entry(&mut standings, row.get_ref(14)?.as_str()?) += 1;
    }

    let times = priorities.iter_mut().flat_map(|priority| priority.times.iter_mut().chain([&mut priority.ages]));
    times.chain(agents.values_mut().map(|agent| &mut agent.resolution)).for_each(|times| _ = black_box(summary(times)));
    let mut promises = [[0; 5]; 2];
    for (text, count) in standings {
        for standing in Standing::decode(&text)? {
            let Some(place) = POLICIES.iter().position(|policy| standing.policy == *policy) else { continue };
            let Standing { policy: _, met, breached, excused, running, dropped } = standing;
            let counts = [met, breached, excused, running, dropped];
            promises[place].iter_mut().zip(counts).for_each(|(sum, cycles)| *sum += u64::from(cycles) * count);
        }
    }
    black_box((&kinds, &teams, &days, &promises));
    Ok(statuses.iter().flatten().sum())
}

/// The value of a text, which is copied only if it is new.
fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, text: &str) -> &'a mut V {
    if !map.contains_key(text) {
        map.insert(text.to_owned(), V::default());
    }
    map.get_mut(text).unwrap_or_else(|| unreachable!("it was just put in"))
}

/// Mean, least, greatest and three percentiles.
fn summary(times: &mut [i64]) -> Option<[i64; 6]> {
    let (min, max) = (*times.iter().min()?, *times.iter().max()?);
    let mean = times.iter().sum::<i64>() / i64::try_from(times.len()).ok()?;
    let [p50, p90, p95] = [50, 90, 95].map(|percent| *times.select_nth_unstable(times.len() * percent / 100).1);
    Some([mean, min, max, p50, p90, p95])
}
