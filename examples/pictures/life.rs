//! A help desk of some months that never was: the same one each time, from one seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};
use ticketcore::time::ManualClock;
use ticketcore::{Actor, Command, Config, Desk, Draft, Error, Key, Policy, Priority, Span, Status, TicketId};

/// Who works there, in which team, and how many tickets they take at most.
pub(crate) const AGENTS: [(&str, &str, Option<u64>); 7] = [
    ("ada", "network", Some(16)),
    ("bo", "network", Some(12)),
    ("eve", "workplace", Some(14)),
    ("joe", "workplace", Some(8)),
    ("kim", "workplace", Some(12)),
    ("lea", "payroll", Some(12)),
    ("mia", "payroll", None),
];

/// How long it is watched.
const DAYS: i64 = 128;

/// The promises that the desk gives.
pub(crate) fn config() -> Config {
    let answer = Policy::first_response("first_response")
        .target(Priority::P1, Span::hours(14))
        .target(Priority::P2, Span::hours(64))
        .target(Priority::P3, Span::hours(90))
        .target(Priority::P5, Span::hours(168));
    Config::default().policy(answer)
}

/// What is to be done with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Open,
    Answer,
    Wait,
    Resume,
    Resolve,
    Reopen,
    Close,
    /// Some move that can be made, whichever.
    Walk,
}

/// A step at its time; the number keeps those of one time in order.
type Due = Reverse<(DateTime<Utc>, u64, Step, usize)>;

/// A ticket, once it is open.
#[derive(Clone, Copy, Debug)]
struct One {
    id: Option<TicketId>,
    kind: &'static str,
    agent: usize,
    pressing: u64,
}

/// Lets the desk live, and returns when it ends.
pub(crate) async fn live(desk: &Desk, clock: &ManualClock) -> Result<DateTime<Utc>, Error> {
    let begin = clock_start();
    let mut life = Life { desk, dice: Dice(20_260_601), due: BinaryHeap::new(), number: 0, tickets: Vec::new() };
    life.arrivals(begin);
    let end = begin + TimeDelta::days(DAYS);
    while let Some(Reverse((at, _, step, ticket))) = life.due.pop().filter(|Reverse((at, ..))| *at < end) {
        clock.set(at);
        life.step(at, step, ticket).await?;
    }
    clock.set(end);
    Ok(end)
}

/// A Monday.
fn clock_start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_605)
}

struct Life<'a> {
    desk: &'a Desk,
    dice: Dice,
    due: BinaryHeap<Due>,
    number: u64,
    tickets: Vec<One>,
}

impl Life<'_> {
    /// Draws all tickets that will ever be opened.
    fn arrivals(&mut self, begin: DateTime<Utc>) {
        for day in 0..DAYS {
            let is_weekend = day % 7 >= 5;
            // A bad release in the ninth week.
            let storm = if (58..63).contains(&day) { 12 } else { 0 };
            let count = if is_weekend { self.dice.below(4) } else { 9 + self.dice.below(9) + storm };
            for _ in 0..count {
                // Most come in the morning.
                let minute = 7 * 60 + self.dice.below(240) + self.dice.below(480);
                let at = begin + TimeDelta::days(day) + TimeDelta::minutes(minute.cast_signed());
                let kind = match self.dice.below(20) {
                    0..13 => "incident",
                    13..16 => "request",
                    16 => "problem",
                    17 => "change",
                    _ => "task",
                };
                let agent = usize::try_from(self.dice.below(AGENTS.len() as u64)).unwrap_or_default();
                let pressing = self.dice.below(16);
                self.tickets.push(One { id: None, kind, agent, pressing });
                self.plan(at, Step::Open, self.tickets.len() - 1);
            }
        }
    }

    /// Puts a step where people work: on weekdays from seven to seven.
    fn plan(&mut self, at: DateTime<Utc>, step: Step, ticket: usize) {
        let mut at = at;
        if step != Step::Open {
            while at.weekday().number_from_monday() > 5 || !(7..19).contains(&at.hour()) {
                at += TimeDelta::minutes(53);
            }
        }
        self.number += 1;
        self.due.push(Reverse((at, self.number, step, ticket)));
    }

    /// Some time, mostly short and sometimes very long: a median in minutes.
    fn after(&mut self, at: DateTime<Utc>, median: u64) -> DateTime<Utc> {
        let mut minutes = median * (30 + self.dice.below(140)) / 100;
        while self.dice.below(3) == 0 {
            minutes = minutes * 9 / 4;
        }
        at + TimeDelta::minutes(minutes.max(1).cast_signed())
    }

    async fn step(&mut self, at: DateTime<Utc>, step: Step, ticket: usize) -> Result<(), Error> {
        let One { id, kind, agent, pressing } = self.tickets[ticket];
        let (name, team, _) = AGENTS[agent];
        let desk = self.desk.by(Actor::agent(name).role("change_manager").team(team));
        let Some(id) = id else {
            let (impact, urgency) = match pressing {
                0 => (1, 1),
                1..4 => (1, 2),
                4..11 => (2, 2),
                _ => (3, 3),
            };
            let draft = Draft::new(kind, "Something is wrong").requester("bo@example.com").team(team);
            let draft = draft.rated(ticketcore::Level(impact), ticketcore::Level(urgency));
            self.tickets[ticket].id = Some(desk.by(Actor::integration("mail")).open(draft).await?.id);
            if kind == "incident" {
                let answered = self.after(at, [9, 40, 110, 260][level(pressing)]);
                self.plan(answered, Step::Answer, ticket);
            } else {
                let moved = self.after(at, 900);
                self.plan(moved, Step::Walk, ticket);
            }
            return Ok(());
        };
        // What is resolved long enough is closed by itself.
        desk.tick().await?;
        if desk.load(id).await?.status == Status::Closed {
            return Ok(());
        }
        let (commands, next): (Vec<Command>, Option<(Step, u64)>) = match step {
            Step::Open => return Ok(()),
            Step::Answer => {
                let resolve = [180, 500, 1_500, 4_000][level(pressing)];
                let next = if self.dice.below(10) < 3 { (Step::Wait, 90) } else { (Step::Resolve, resolve) };
                let answer = [Command::assign(name), Command::reply("We are on it."), Command::transition("start")];
                // A few are never worth the while.
                let is_forgotten = self.dice.below(40) == 0;
                (answer.into(), (!is_forgotten).then_some(next))
            }
            Step::Wait => {
                let vendor = self.dice.below(4) == 0;
                let wait = if vendor { "wait_vendor" } else { "wait" };
                (vec![Command::transition(wait)], Some((Step::Resume, if vendor { 4_000 } else { 1_100 })))
            }
            Step::Resume => (vec![Command::transition("resume")], Some((Step::Resolve, 300))),
            Step::Resolve => {
                let comes_back = self.dice.below(14) == 0;
                let next = if comes_back { (Step::Reopen, 700) } else { (Step::Close, 4_300) };
                (vec![Command::reply("Fixed."), Command::transition("resolve")], Some(next))
            }
            Step::Reopen => (vec![Command::transition("reopen")], Some((Step::Resolve, 600))),
            Step::Close => (vec![Command::transition("close")], None),
            Step::Walk => {
                let next = self.dice.below(5);
                let assign = Command::assign(name);
                let ways: Vec<Key> = desk
                    .moves(id)
                    .await?
                    .into_iter()
                    .filter(|one| one.unmet.is_empty())
                    .map(|one| one.transition)
                    .collect();
                // Few things are dropped.
                let wanted = ways.iter().filter(|way| next == 0 || !["cancel", "reject"].contains(&way.as_str()));
                let wanted: Vec<&Key> = wanted.collect();
                let Some(way) = self.dice.pick(&wanted) else { return Ok(()) };
                (vec![assign, Command::transition(way.clone())], Some((Step::Walk, 1_300)))
            }
        };
        desk.apply(id, commands).await?;
        if let Some((step, median)) = next {
            let at = self.after(at, median);
            self.plan(at, step, ticket);
        }
        Ok(())
    }
}

/// How pressing it is, from 0 on.
const fn level(pressing: u64) -> usize {
    match pressing {
        0 => 0,
        1..4 => 1,
        4..11 => 2,
        _ => 3,
    }
}

/// `SplitMix64`: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        let place = usize::try_from(self.below(values.len() as u64)).ok()?;
        values.get(place).copied()
    }
}
