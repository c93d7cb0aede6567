//! Some tickets without a desk or a store: what is decided on one of them is folded into all.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::config::{Grant, Grantee, Rights, Rulebook};
use ticketcore::conversation::{Post, conversation};
use ticketcore::engine::{self, Context, Decision, Related};
use ticketcore::event::Fact;
use ticketcore::testing::sample;
use ticketcore::{
    Actor, Capabilities, Config, Draft, Position, Recorded, Refusal, Request, TenantId, Ticket, TicketId, Version,
};

/// A ticket's id by its number.
pub(crate) fn id(number: usize) -> TicketId {
    format!("00000000-0000-0000-0000-{number:012}").parse().unwrap()
}

/// All tickets there are, with their histories.
pub(crate) struct Office {
    rulebook: Rulebook,
    pub(crate) now: DateTime<Utc>,
    pub(crate) tickets: BTreeMap<TicketId, Arc<Ticket>>,
    pub(crate) histories: BTreeMap<TicketId, Vec<Recorded>>,
    position: i64,
}

impl Office {
    pub(crate) fn new(config: Config) -> Self {
        // Who may is not what these laws are about.
        let rights = Rights::of([Grant::new(Grantee::Anyone, Capabilities::all())]);
        let rulebook = Rulebook::new(Config { rights, ..config }).unwrap();
        let (tickets, histories) = (BTreeMap::new(), BTreeMap::new());
        Self { rulebook, now: sample::start(), tickets, histories, position: 0 }
    }

    /// The id that the next ticket gets.
    pub(crate) fn next(&self) -> TicketId {
        id(self.tickets.len() + 1)
    }

    pub(crate) fn ticket(&self, id: TicketId) -> &Ticket {
        &self.tickets[&id]
    }

    pub(crate) fn open(&mut self, by: &Actor, draft: &Draft) -> TicketId {
        let related = Related::default();
        let (id, context) = (self.next(), self.context(by, &related));
        let decision = engine::open(&context, &TenantId::MAIN, id, draft).unwrap();
        self.write(decision);
        id
    }

    /// Carries out commands if they are accepted, and lets a second pass.
    pub(crate) fn apply(&mut self, by: &Actor, id: TicketId, request: impl Into<Request>) -> Result<(), Refusal> {
        let mut related: Related = self.tickets.values().map(Arc::clone).collect();
        related.recall(self.histories[&id].iter().cloned());
        related.set_aside(self.next());
        let decision = engine::decide(&self.context(by, &related), &self.tickets[&id], &request.into())?;
        self.write(decision);
        Ok(())
    }

    /// What is read of a ticket.
    pub(crate) fn posts(&self, id: TicketId) -> Vec<Post> {
        conversation(id, &self.histories)
    }

    fn context<'a>(&'a self, actor: &'a Actor, related: &'a Related) -> Context<'a> {
        Context { rulebook: &self.rulebook, actor, related, now: self.now }
    }

    fn write(&mut self, decision: Decision) {
        let Decision { facts, ticket, echoes } = decision;
        self.record(ticket, facts);
        for echo in echoes {
            assert_eq!(echo.expected(), self.tickets.get(&echo.ticket.id).map_or(Version(0), |before| before.version));
            self.record(echo.ticket, echo.facts);
        }
        self.now += TimeDelta::seconds(1);
    }

    fn record(&mut self, ticket: Arc<Ticket>, facts: Vec<Fact>) {
        let history = self.histories.entry(ticket.id).or_default();
        for Fact { at, by, event, text, seal } in facts {
            self.position += 1;
            history.push(Recorded {
                tenant: TenantId::MAIN,
                ticket: ticket.id,
                version: history.last().map_or(Version(1), |last| last.version.next()),
                position: Position(self.position),
                at,
                by,
                event,
                text,
                seal,
            });
        }
        self.tickets.insert(ticket.id, ticket);
    }
}
