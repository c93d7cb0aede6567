//! Whether a ticket has been kept for long enough.

use chrono::{DateTime, Utc};

use crate::config::{Retention, Setup};
use crate::engine::facts::{Related, Scene};
use crate::status::Status;
use crate::ticket::Ticket;

/// Tells whether a retention is for a ticket, and its time is over. A merged ticket is kept as long as the one it went on
/// in, so for itself it never is.
pub fn outlived(setup: &Setup, ticket: &Ticket, retention: &Retention, now: DateTime<Utc>) -> bool {
    let end = ticket.closed.and_then(|closed| closed.checked_add_signed(retention.after.0));
    let scene = Scene { ticket, actor: None, related: &Related::default(), setup };
    ticket.status == Status::Closed
        && ticket.merged.is_none()
        && end.is_some_and(|end| end <= now)
        && retention.when.test(&scene, now)
}
