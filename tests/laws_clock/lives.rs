//! What happens to a ticket: random deeds at random times, decided by the engine alone.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use ticketcore::config::Rulebook;
use ticketcore::engine::{Context, Related, decide, moves, open, tick};
use ticketcore::{Actor, Command, Draft, Event, Priority, Request, TenantId, Ticket, TicketId};

use crate::promises::PROMISES;
use crate::rules::{Budgets, budgets, calendars, config, minutes, with_budgets};

/// Something that somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Move(Index),
    Answer,
    Ask,
    Prioritise(Priority),
    RestorePriority,
    Acknowledge(bool),
    Assign(bool),
    Foreign(Index),
}

/// Minutes since the deed before, and the deed.
pub(crate) type Life = Vec<(i64, Deed)>;

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => any::<Index>().prop_map(Deed::Move),
        2 => Just(Deed::Answer),
        2 => Just(Deed::Ask),
        2 => (1..=5_u8).prop_map(|number| Deed::Prioritise(Priority::new(number).unwrap())),
        1 => Just(Deed::RestorePriority),
        2 => any::<bool>().prop_map(Deed::Acknowledge),
        2 => any::<bool>().prop_map(Deed::Assign),
        1 => any::<Index>().prop_map(Deed::Foreign),
    ]
}

pub(crate) fn lives() -> impl Strategy<Value = Life> {
    // Half hours, so that much happens at the very instants at which clocks, calendars and budgets turn.
    let gaps = prop_oneof![2 => 0..120_i64, 2 => 0..2_000_i64, 4 => (0..12_i64).prop_map(|n| 30 * n)];
    vec((gaps, deeds()), 0..14)
}

pub(crate) fn starts() -> impl Strategy<Value = DateTime<Utc>> {
    let first: DateTime<Utc> = "2026-03-25T00:00:00Z".parse().unwrap();
    prop_oneof![0..10 * 24 * 60_i64, (0..10 * 24 * 2_i64).prop_map(|n| 30 * n)].prop_map(move |n| first + minutes(n))
}

/// What no clock asks about.
pub(crate) fn foreign(which: &Index) -> Command {
    let commands = [
        Command::Tag("vip".into()),
        Command::Untag("vip".into()),
        Command::note("Looks odd"),
        Command::Rename("Still no mail".to_owned()),
        Command::AssignTeam(Some("net".into())),
        Command::Enqueue(Some("mail".into())),
        Command::Watch("eve".into()),
        Command::Escalate(2),
        Command::Categorise(Some("mail".into())),
        Command::Reference(Some("4711".to_owned())),
    ];
    which.get(&commands).clone()
}

/// A life, and the rules it is under.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) start: DateTime<Utc>,
    pub(crate) calendar: &'static str,
    pub(crate) budgets: Budgets,
    pub(crate) life: Life,
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let parts = (starts(), calendars(), budgets(), lives());
    parts.prop_map(|(start, calendar, budgets, life)| Case { start, calendar, budgets, life })
}

impl Case {
    /// Every promise under its own name.
    pub(crate) fn rulebook(&self) -> Rulebook {
        let policies = PROMISES.map(|(name, promise)| with_budgets((promise.policy)(name), self.budgets));
        Rulebook::new(config(policies, self.calendar)).unwrap()
    }

    pub(crate) fn tell(&self, rulebook: &Rulebook) -> Told {
        let mut told = Told::opened(rulebook, self.start);
        told.live(rulebook, &self.life);
        told
    }
}

/// A ticket as it was left by each deed.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// From when, and what it was then; the opening first.
    pub(crate) chapters: Vec<(DateTime<Utc>, Arc<Ticket>)>,
    pub(crate) events: Vec<Event>,
}

impl Told {
    pub(crate) fn opened(rulebook: &Rulebook, at: DateTime<Utc>) -> Self {
        let (actor, related) = (Actor::requester("bo"), Related::default());
        let context = Context { rulebook, actor: &actor, related: &related, now: at };
        let decision = open(&context, &TenantId::MAIN, TicketId::at(at, 0), &Draft::incident("No mail")).unwrap();
        Self { chapters: vec![(at, decision.ticket)], events: Vec::new() }
    }

    pub(crate) fn ticket(&self) -> &Arc<Ticket> {
        &self.chapters.last().unwrap().1
    }

    pub(crate) fn until(&self) -> DateTime<Utc> {
        self.chapters.last().unwrap().0
    }

    pub(crate) fn live(&mut self, rulebook: &Rulebook, life: &Life) {
        for (gap, deed) in life {
            let at = self.until() + minutes(*gap);
            let (agent, customer, related) = (Actor::agent("ada"), Actor::requester("bo"), Related::default());
            let command = match deed {
                Deed::Move(which) => {
                    let offers = moves(rulebook, self.ticket(), &agent, &related, at);
                    let possible: Vec<_> = offers.iter().filter(|offer| offer.unmet.is_empty()).collect();
                    // Nothing leads out of where it is closed.
                    let Some(last) = possible.len().checked_sub(1) else { continue };
                    Command::Move(possible[which.index(last + 1)].transition.key.clone())
                }
                Deed::Answer | Deed::Ask => Command::reply("Hello"),
                Deed::Prioritise(priority) => Command::Prioritise(*priority, "so it is".to_owned()),
                Deed::RestorePriority => Command::RestorePriority,
                Deed::Acknowledge(true) => Command::Acknowledge(None),
                Deed::Acknowledge(false) => Command::Unacknowledge,
                Deed::Assign(somebody) => Command::Assign(somebody.then(|| "lin".into())),
                Deed::Foreign(which) => foreign(which),
            };
            let actor = if matches!(deed, Deed::Ask) { &customer } else { &agent };
            self.order(rulebook, actor, command, at);
        }
    }

    /// Lets the ticket be as it is, if the command is refused.
    pub(crate) fn order(&mut self, rulebook: &Rulebook, actor: &Actor, command: Command, at: DateTime<Utc>) {
        let related = Related::default();
        let context = Context { rulebook, actor, related: &related, now: at };
        let ticket = match decide(&context, self.ticket(), &Request::from(command)) {
            Ok(decision) => {
                self.events.extend(decision.facts.into_iter().map(|fact| fact.event));
                decision.ticket
            }
            Err(_) => Arc::clone(self.ticket()),
        };
        self.chapters.push((at, ticket));
    }

    pub(crate) fn waive(&mut self, rulebook: &Rulebook, policy: &'static str, at: DateTime<Utc>) {
        self.order(rulebook, &Actor::agent("ada"), Command::Waive(policy.into(), "flood".to_owned()), at);
    }

    /// Lets time pass, and the desk notice it.
    pub(crate) fn tick(&mut self, rulebook: &Rulebook, at: DateTime<Utc>) {
        let decision = tick(rulebook, self.ticket(), &Related::default(), at);
        self.events.extend(decision.facts.into_iter().map(|fact| fact.event));
        self.chapters.push((at, decision.ticket));
    }
}
