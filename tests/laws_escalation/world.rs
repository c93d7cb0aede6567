//! A desk that lives no longer than one call, and what its histories tell.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::config::{Action, At, Audience, Step};
use ticketcore::policy_log::StepKey;
use ticketcore::time::{Hours, ManualClock, Zone};
use ticketcore::{Actor, Command, Config, Desk, Draft, Event, MemoryStore, Policy, Recorded, Span, Ticket, TicketId};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Monday, an hour before the office opens.
pub(crate) fn start() -> DateTime<Utc> {
    at("2026-03-02T07:00:00Z")
}

pub(crate) fn end() -> DateTime<Utc> {
    start() + TimeDelta::days(7)
}

pub(crate) fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

pub(crate) fn office() -> Hours {
    Hours::new(Zone::utc()).weekdays("08:00-16:00")
}

pub(crate) fn after(minutes: u32, actions: impl Into<Vec<Action>>) -> Step {
    Step::new(At::After(Span::minutes(minutes)), actions.into())
}

pub(crate) fn tell(template: &str) -> Action {
    Action::Notify { to: vec![Audience::Lead], template: template.into(), urgent: true }
}

/// A help desk that does nothing by itself but what these policies say.
pub(crate) fn config(policies: impl IntoIterator<Item = Policy>) -> Config {
    let bare = Config { policies: Vec::new(), ..Config::default() };
    policies.into_iter().fold(bare.calendar("office", office()), Config::policy)
}

/// A store with one ticket, and a clock. Every call is made by a new desk, as if the one before had died.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) clock: ManualClock,
    pub(crate) ticket: TicketId,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        let (store, clock) = (MemoryStore::new(), ManualClock::new(start()));
        let desk = Desk::new(Arc::new(store.clone())).with_clock(clock.clone());
        pollster::block_on(desk.publish(config)).unwrap();
        let portal = desk.by(Actor::integration("portal"));
        let draft = Draft::incident("No mail").requester("bo").team("first_line");
        let ticket = pollster::block_on(portal.open(draft)).unwrap().id;
        let world = Self { store, clock, ticket };
        // New rules are brought to all tickets by the first tick after them.
        world.tick(start());
        world
    }

    pub(crate) fn desk(&self) -> Desk {
        Desk::new(Arc::new(self.store.clone())).with_clock(self.clock.clone())
    }

    /// Returns how many tickets there was something to do on, and when the next one wakes.
    pub(crate) fn tick(&self, at: DateTime<Utc>) -> (usize, Option<DateTime<Utc>>) {
        self.clock.set(at);
        let ticked = pollster::block_on(self.desk().tick()).unwrap();
        (ticked.tickets, ticked.next)
    }

    /// Lets the ticket be as it is, if the command is refused.
    pub(crate) fn order(&self, at: DateTime<Utc>, command: Command) {
        self.clock.set(at);
        if let Err(error) = pollster::block_on(self.desk().by(Actor::agent("ada")).apply(self.ticket, command)) {
            assert!(error.refusal().is_some(), "{error}");
        }
    }

    pub(crate) fn load(&self) -> Arc<Ticket> {
        pollster::block_on(self.desk().load(self.ticket)).unwrap()
    }

    pub(crate) fn history(&self) -> Vec<Recorded> {
        pollster::block_on(self.desk().history(self.ticket)).unwrap()
    }

    /// The names of the events after so many.
    pub(crate) fn names(&self, after: usize) -> Vec<&'static str> {
        self.history().iter().skip(after).map(|recorded| recorded.event.name()).collect()
    }
}

/// The steps that a history records, taken or skipped, each with when it was due.
pub(crate) fn steps(history: &[Recorded]) -> Vec<(StepKey, DateTime<Utc>)> {
    let step = |recorded: &Recorded| match &recorded.event {
        Event::Fired { key, due } | Event::Skipped { key, due, .. } => Some((key.clone(), *due)),
        _ => None,
    };
    history.iter().filter_map(step).collect()
}
