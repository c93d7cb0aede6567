//! What decisions rest on and come to.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::Rulebook;
use crate::engine::facts::Related;
use crate::event::Fact;
use crate::id::Version;
use crate::ticket::Ticket;

/// What a decision rests on besides the ticket.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// Who asks.
    pub actor: &'a Actor,
    /// What else commands and guards may read: other tickets, and entries of the log.
    pub related: &'a Related,
    /// When.
    pub now: DateTime<Utc>,
}

/// What was decided: the facts, the ticket with them folded in, and what other tickets must record in the same commit.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What happened, in order; empty if nothing needs to change.
    pub facts: Vec<Fact>,
    /// The ticket after them.
    pub ticket: Arc<Ticket>,
    /// What it means for other tickets: the other ends of links, survivors of merges, tickets moved or opened along.
    pub echoes: Vec<Echo>,
}

/// What happened to another ticket in the same decision.
#[derive(Clone, Debug)]
pub struct Echo {
    /// What happened, in order; never empty.
    pub facts: Vec<Fact>,
    /// That ticket after it.
    pub ticket: Arc<Ticket>,
}

impl Echo {
    /// The version it rests on; 0 if the ticket is new.
    pub fn expected(&self) -> Version {
        let count = i64::try_from(self.facts.len()).unwrap_or(i64::MAX);
        Version(self.ticket.version.0.saturating_sub(count))
    }
}
