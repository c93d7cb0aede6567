//! What people do to tickets, at random: work, and merging and splitting.

use chrono::TimeDelta;
use ticketcore::testing::Dice;
use ticketcore::{Actor, Command, Draft, Signal, TicketId, Version};

use crate::office::Office;

pub(crate) fn actor(dice: &mut Dice) -> Actor {
    dice.pick(&[Actor::agent("ada"), Actor::agent("eve"), Actor::requester("bo"), Actor::integration("gateway")])
        .clone()
}

pub(crate) fn open(office: &mut Office, dice: &mut Dice) -> TicketId {
    let mut draft = Draft::incident("Printer is on fire").requester("bo");
    draft.description = dice.once_in(2).then(|| "Room 4".to_owned());
    draft.watchers = (0..dice.below(3)).map(|_| person(dice).into()).collect();
    let by = actor(dice);
    office.open(&by, &draft)
}

fn person(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&["kim", "lin", "max"])
}

fn version(office: &Office, of: TicketId, dice: &mut Dice) -> Version {
    Version(1 + i64::try_from(dice.below(office.histories[&of].len() + 1)).unwrap())
}

/// Something that concerns one ticket only.
pub(crate) fn work(office: &Office, of: TicketId, dice: &mut Dice) -> Command {
    match dice.below(12) {
        0..=2 => Command::reply(["It smokes", "On our way"][dice.below(2)]),
        3 => Command::note("Again?"),
        4..=5 => Command::transition(*dice.pick(&["start", "wait", "resume", "resolve", "reopen", "close", "cancel"])),
        6 => Command::Watch(person(dice).into()),
        7 => Command::Unwatch(person(dice).into()),
        8 => Command::edit(version(office, of, dice), ["It smoked", "Never mind"][dice.below(2)]),
        9 => {
            let key = *dice.pick(&["disk", "cpu"]);
            let at = office.now - TimeDelta::seconds(i64::try_from(dice.below(3)).unwrap());
            Command::Signal(if dice.once_in(2) {
                Signal::firing(key, "It is hot", at)
            } else {
                Signal::cleared(key, at)
            })
        }
        10 => Command::Snooze(office.now + TimeDelta::hours(1)),
        _ => Command::Acknowledge(None),
    }
}

/// Something that makes one ticket of two, or two of one.
pub(crate) fn joinery(office: &Office, of: TicketId, dice: &mut Dice) -> Command {
    let ids: Vec<TicketId> = office.tickets.keys().copied().collect();
    match dice.below(6) {
        0..=1 => Command::Merge(*dice.pick(&ids)),
        2 => Command::Unmerge,
        3..=4 => {
            let messages = (0..=dice.below(2)).map(|_| version(office, of, dice)).collect();
            Command::Split(messages, Box::new(Draft::task("Look into the wiring")))
        }
        _ => Command::Rejoin(*dice.pick(&ids)),
    }
}
