//! Time: clocks, instants and lengths as text, zones, the calendars that promises are measured by, and what comes back.
//!
//! # The one picture
//!
//! A calendar is a *set of open instants*. Let F(t) count the open microseconds before t. F never falls, and rises by
//! one for each open microsecond; everything a calendar answers is F or one of its two inverses:
//!
//! | question | answer |
//! |---|---|
//! | open time from a to b | [`elapsed`](Calendar::elapsed)`(a, b)` = F(b) − F(a) |
//! | when will d have passed? | [`add`](Calendar::add)`(t, d)` = the first u ≥ t with F(u) − F(t) ≥ d |
//! | when is the latest to begin? | [`sub`](Calendar::sub)`(t, d)` = the last u ≤ t with F(t) − F(u) ≥ d |
//! | open now? | F rises at t |
//! | when does it open next? | the last u with F(u) = F(t) |
//! | when does it close? | the same for the shut instants |
//! | how many working days? | the same for dates |
//!
//! So one proof serves all, and due dates, elapsed times and breaches cannot drift apart.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use ticketcore::time::{Calendar, Hours, Zone};
//!
//! let office = Calendar::new(&Hours::new(Zone::named("Europe/Berlin")?).weekdays("09:00-17:00")).unwrap();
//! let opened: DateTime<Utc> = "2026-11-20T16:00:00+01:00".parse()?; // a Friday, an hour before closing
//! let budget = TimeDelta::hours(4);
//!
//! let due = office.add(opened, budget).ok_or("beyond the span")?;
//! assert_eq!(due, "2026-11-23T12:00:00+01:00".parse::<DateTime<Utc>>()?);
//! assert_eq!(office.elapsed(opened, due), budget);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Choices
//!
//! Where calendars of other libraries differ from each other, these rules hold here:
//!
//! - **Open time is real time.** A window over a change of clocks lasts as long as it lasts: 00:00-24:00 is 23 hours in
//!   spring and 25 in autumn.
//! - **A skipped civil time is the instant of the skip, a repeated one its first pass.** Later civil times are thus
//!   never earlier instants, which reading a skipped time "an hour later" breaks: a window 02:30-03:15 skipped up to
//!   03:00 is open for 15 minutes, not reversed.
//! - **A window holds its opening and not its closing.** Windows that meet are one.
//! - **An amount is used up at the earliest instant.** Eight hours from nine end at five, the closing, not at the
//!   next opening; and no time at all ends where it starts, open or not.
//! - **What is reversed is negative**, so open time adds up in any order.
//! - **The date that starts a count of working days is not counted**, nor moved to a working day first.
//! - **A calendar knows the years 1970 to 2200.** An instant beyond is never answered.

mod calendar;
mod clock;
mod compile;
mod days;
mod hours;
mod measure;
mod plan;
pub mod recurrence;
pub mod span;
pub mod stamp;
mod zone;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;

pub use calendar::Calendar;
pub use clock::{Clock, ManualClock, SystemClock};
pub use hours::{Hours, Week};
pub use recurrence::Recurrence;
pub use stamp::{from_micros, micros, trunc};
pub use zone::{UnknownZone, Zone};

/// Microseconds in a civil day.
const DAY: i64 = 86_400_000_000;

/// The days a calendar knows: from 1970-01-01 until 2201-01-01.
const DAYS: i64 = 84_371;

/// The microseconds a calendar knows: of the same dates in UTC.
const END: i64 = DAYS * DAY;
