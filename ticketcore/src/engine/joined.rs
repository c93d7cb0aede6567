//! Merging and its undoing, folded into a ticket: what was added is told apart from what was there.

use chrono::{DateTime, Utc};

use crate::id::PersonId;
use crate::line::Mark;
use crate::merge::{Absorbed, Merged, Pose, Unmerged};
use crate::signal::{Alert, Signal};
use crate::status::Status;
use crate::ticket::Ticket;

/// The ticket goes on elsewhere. No move of the workflow, so clocks stop but count no new run when they go on.
pub(super) fn merge(ticket: &mut Ticket, at: DateTime<Utc>, merged: &Merged) -> Mark {
    ticket.merged = Some(merged.into);
    ticket.pose = Some(Box::new(merged.from.clone()));
    ticket.state = merged.state.clone();
    (ticket.status, ticket.waiting, ticket.dropped) = (Status::Closed, None, true);
    ticket.closed.get_or_insert(at);
    Mark::Changed
}

pub(super) fn unmerge(ticket: &mut Ticket, unmerged: &Unmerged) -> Mark {
    let Unmerged { from: _, pose, alerts } = unmerged;
    (ticket.merged, ticket.pose) = (None, None);
    let Pose { state, status, waiting, dropped, closed } = pose.clone();
    ticket.state = state;
    (ticket.status, ticket.waiting, ticket.dropped, ticket.closed) = (status, waiting, dropped, closed);
    for heard in alerts {
        if let Some(alert) = find(ticket, &heard.key) {
            alert.clone_from(heard);
        }
    }
    Mark::Changed
}

pub(super) fn absorb(ticket: &mut Ticket, absorbed: &Absorbed) {
    ticket.watchers.extend(absorbed.watchers.iter().cloned());
    ticket.absorbed.push(absorbed.clone());
}

/// Takes away what came with a ticket, but for the watchers that another ticket has brought as well.
pub(super) fn release(ticket: &mut Ticket, released: &Absorbed) {
    let same = |absorbed: &Absorbed| absorbed.from == released.from && absorbed.messages == released.messages;
    ticket.absorbed.retain(|absorbed| !same(absorbed));
    for person in &released.watchers {
        if !ticket.absorbed.iter().any(|absorbed| absorbed.watchers.contains(person)) {
            ticket.watchers.remove(person);
        }
    }
}

/// Somebody watches, or no longer does, by a word about them: what came along has no say in it any more.
pub(super) fn by_hand(ticket: &mut Ticket, person: &PersonId) {
    for absorbed in &mut ticket.absorbed {
        absorbed.watchers.retain(|watcher| watcher != person);
    }
}

/// The alert a signal speaks of: the one of its key, else the ticket's own.
pub(super) fn alert<'a>(ticket: &'a mut Ticket, signal: &Signal) -> &'a mut Alert {
    let Ticket { alert, absorbed, .. } = ticket;
    let own = alert.as_ref().is_some_and(|alert| alert.key == signal.key);
    let mut others = absorbed.iter_mut().flat_map(|absorbed| &mut absorbed.alerts);
    match others.find(|alert| !own && alert.key == signal.key) {
        Some(alert) => alert,
        None => alert.get_or_insert_with(|| Box::new(first(signal))),
    }
}

fn first(signal: &Signal) -> Alert {
    Alert { key: signal.key.clone(), firing: false, severity: signal.severity, count: 0, last: signal.at }
}

fn find<'a>(ticket: &'a mut Ticket, key: &str) -> Option<&'a mut Alert> {
    let others = ticket.absorbed.iter_mut().flat_map(|absorbed| &mut absorbed.alerts);
    ticket.alert.as_deref_mut().into_iter().chain(others).find(|alert| alert.key == key)
}
