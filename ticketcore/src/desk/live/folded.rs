//! Tickets as the follower left them: what changes now is likely to change again soon.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::id::{TenantId, TicketId, Version};
use crate::ticket::Ticket;

/// How many tickets a generation has.
const GENERATION: usize = 2048;

/// Tickets folded up to some version, the last few thousand. Whoever takes one names the version it must be at, so one
/// that somebody else has led on is no danger, only of no use.
#[derive(Debug, Default)]
pub(in crate::desk) struct Folded(Mutex<Generations>);

/// When the young are many, the old go and the young are the old.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<(TenantId, TicketId), Ticket>,
    old: HashMap<(TenantId, TicketId), Ticket>,
}

impl Folded {
    /// Takes a ticket out, if it is at a version.
    pub(super) fn take(&self, tenant: &TenantId, id: TicketId, version: Version) -> Option<Ticket> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), id);
        let found = generations.young.remove(&key).or_else(|| generations.old.remove(&key));
        found.filter(|ticket| ticket.version == version)
    }

    pub(super) fn put(&self, ticket: Ticket) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.young.len() >= GENERATION {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert((ticket.tenant.clone(), ticket.id), ticket);
    }
}
