//! Random lives of a ticket, and desks that tick meanwhile.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ticketcore::{Command, Config};

use crate::world::{World, end, minutes, start};

/// Something an agent does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Acknowledge,
    Unacknowledge,
    Snooze(i64),
    Assign(bool),
    Reply,
    Move(&'static str),
}

impl Deed {
    fn command(&self, now: DateTime<Utc>) -> Command {
        match self {
            Self::Acknowledge => Command::Acknowledge(None),
            Self::Unacknowledge => Command::Unacknowledge,
            Self::Snooze(length) => Command::Snooze(now + minutes(*length)),
            Self::Assign(somebody) => Command::Assign(somebody.then(|| "ada".into())),
            Self::Reply => Command::reply("On it"),
            Self::Move(transition) => Command::transition(*transition),
        }
    }
}

/// Minutes since the deed before, at least one, and the deed.
pub(crate) type Life = Vec<(i64, Deed)>;

pub(crate) fn lives() -> impl Strategy<Value = Life> {
    let moves = select(&["start", "wait", "resume", "resolve", "reopen"][..]);
    let deeds = prop_oneof![
        3 => Just(Deed::Acknowledge),
        3 => Just(Deed::Unacknowledge),
        1 => (1..200_i64).prop_map(Deed::Snooze),
        1 => any::<bool>().prop_map(Deed::Assign),
        1 => Just(Deed::Reply),
        4 => moves.prop_map(Deed::Move),
    ];
    vec((1..300_i64, deeds), 0..10)
}

/// The seconds between one tick and the next.
pub(crate) fn ticks() -> impl Strategy<Value = Vec<i64>> {
    vec(0..12_000_i64, 0..20)
}

/// Plays a life with ticks in between, and one at the end of the week.
pub(crate) fn play(config: Config, life: &Life, ticks: &[i64]) -> World {
    let world = play_on(config, life, ticks);
    world.tick(end());
    world
}

/// Plays a life with ticks in between.
pub(crate) fn play_on(config: Config, life: &Life, ticks: &[i64]) -> World {
    let world = World::new(config);
    let deeds = life.iter().scan(start(), |at, (gap, deed)| {
        *at += minutes(*gap);
        Some((*at, Some(deed)))
    });
    let ticks = ticks.iter().scan(start(), |at, gap| {
        *at += TimeDelta::seconds(*gap);
        Some((*at, None))
    });
    let mut all: Vec<_> = deeds.chain(ticks).collect();
    all.sort_by_key(|(at, _)| *at);
    for (at, deed) in all {
        match deed {
            Some(deed) => world.order(at, deed.command(at)),
            None => drop(world.tick(at)),
        }
    }
    world
}
