//! What if: the past read again under other rules, and who would have had the work. Writes nothing.
//!
//! Two questions, each answered by a pure function of what happened:
//!
//! - [`compare`]: the promises made to tickets, by the rules there were and by others. What people did stays as it was, and
//!   when; only targets, calendars and what counts as running are read anew. Steps that other rules would have taken are
//!   not played through, so a priority or a team that an old escalation gave stays.
//! - [`staff`]: tickets as they came in, given out again by other routes to other people. Each takes as long in hand as it
//!   took in fact, and waits while nobody has room.
//!
//! [`Desk::what_if`](crate::Desk::what_if) asks both of a stretch of a desk's past.

mod compare;
mod staff;

pub use compare::{Changed, Compared, Count, compare};
pub use staff::{Job, Shift, Staffed, Waits, shifts, staff};
