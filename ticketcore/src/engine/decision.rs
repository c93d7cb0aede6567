//! What decisions rest on and come to.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::Actor;
use crate::config::Rulebook;
use crate::engine::facts::Related;
use crate::event::{Event, Fact};
use crate::id::TicketId;
use crate::ticket::Ticket;

/// What a decision rests on besides the ticket.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The rules.
    pub rulebook: &'a Rulebook,
    /// Who asks.
    pub actor: &'a Actor,
    /// The other tickets that guards may read, see [`Ticket::links`].
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
    /// The other ends of links.
    pub echoes: Vec<(TicketId, Event)>,
}
