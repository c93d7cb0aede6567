//! Rules tried out: what one would do, on the tickets there are, without doing it.

use crate::config::Rule;
use crate::desk::{Desk, Error};
use crate::engine;
use crate::event::Event;
use crate::id::TicketId;
use crate::query::Filter;

/// What a rule would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// How many tickets were looked at.
    pub looked: usize,
    /// Those on which it would do something.
    pub tickets: Vec<Rehearsed>,
}

/// What a rule would do on one ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// The ticket.
    pub id: TicketId,
    /// Its number.
    pub number: i64,
    /// What would be recorded.
    pub events: Vec<Event>,
}

impl Desk {
    /// Tells what a rule would do if what it waits for happened now, caused by the desk's actor, on each ticket of a
    /// filter, by number. Nothing is written, and the rule need not be published.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] with every fault of the rule; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::config::{Action, Rule, Trigger};
    /// use ticketcore::{Desk, Draft, Filter, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.open(Draft::incident("No mail").category("mail")).await?;
    /// let rule = Rule::new("sort", [Trigger::Opened]).then(Action::AssignTeam("messaging".into()));
    /// let trace = desk.rehearse(&rule, Filter::all()).await?;
    /// assert_eq!((trace.looked, trace.tickets[0].number), (1, 1));
    /// assert_eq!(trace.tickets[0].events[1].to_string(), "handed to team messaging");
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn rehearse(&self, rule: &Rule, filter: Filter) -> Result<Trace, Error> {
        let rulebook = self.rulebook().await?;
        let faults = rulebook.now().config.check_rule(rule);
        if !faults.is_empty() {
            return Err(Error::Unsound { faults });
        }
        let desk = self.standing(&rulebook).await?;
        let mut trace = Trace::default();
        let mut walk = self.walk(filter);
        while let Some(tickets) = walk.next().await? {
            trace.looked += tickets.len();
            for ticket in &tickets {
                let asked = engine::guarded(&rulebook, ticket).into_iter().chain(engine::asked(&rule.when, ticket));
                let related = self.load_all(asked.collect()).await?;
                let events = engine::rehearse(&rulebook, ticket, &related, rule, &desk.actor, self.now());
                if !events.is_empty() {
                    trace.tickets.push(Rehearsed { id: ticket.id, number: ticket.number, events });
                }
            }
        }
        Ok(trace)
    }
}
