//! The heart: pure functions from (rules, ticket, actor, command, time) to events, and from events to the ticket.
//!
//! ```text
//! decide   commands → facts, or a Refusal with reasons      [decide]
//! tick     time     → facts                                 [tick]
//! automate facts    → facts                                 [automate]
//! evolve   ticket + event → ticket; total, knows no policy  [evolve]
//! read     ticket → clocks, due dates; derived              [reading]
//! survey   ticket → what is due next, marks; derived        [survey]
//! ```

mod adopt;
mod alert;
mod apply;
mod automate;
mod cascade;
mod clock;
mod course;
mod decide;
mod decision;
mod deed;
mod edit;
mod evolve;
mod facts;
mod feedback;
mod input;
mod instantiate;
mod joined;
mod linking;
mod merge;
mod moves;
mod names;
mod open;
mod poll;
mod promises;
mod reading;
mod recurring;
mod redact;
mod refusal;
mod retention;
mod rights;
mod routing;
mod runs;
mod survey;
mod tick;
mod wording;

pub use adopt::adopt;
#[cfg(feature = "import")]
pub(crate) use adopt::folded;
pub use alert::{hears, open_alert};
pub use automate::rehearse;
pub use clock::Phase;
pub use decide::decide;
pub use decision::{Context, Decision, Echo};
pub(crate) use evolve::begin;
pub use evolve::{evolve, fold};
pub use facts::Related;
pub use instantiate::{Instance, instantiate};
pub(crate) use linking::circles;
pub use merge::survivor;
pub use moves::{Offer, moves, reads, reads_on, recalls};
pub(crate) use moves::{alone, asked, guarded};
pub use names::{named, named_at_opening};
pub use open::open;
pub use promises::{Outcome, Promise, promises};
pub use reading::{Explanation, Piece, Reading, explain, readings};
pub use recurring::recur;
pub use redact::redacted;
pub use refusal::{Objection, Refusal, Unscorable};
pub use retention::outlived;
pub(crate) use rights::forbidden;
pub(crate) use routing::intake;
pub use routing::{give, route, search, waiting};
pub use survey::marks;
pub use tick::tick;
