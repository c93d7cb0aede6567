//! History from elsewhere: CSV files become tickets with their own times, authors and states.
//!
//! ```text
//! CSV ──read──▶ rows ──map──▶ a Story a ticket ──▶ Plan: what maps, what does not, every fault with its place
//!                                                    │
//!                          Desk::import ◀────────────┘   some hundred tickets a commit, each once
//!                          Desk::verify_import           counts and digests, of the file and of the store
//! ```
//!
//! A file is an *event log*, each row an update of a ticket with all that was known then, or a list of tickets, one row
//! each; a [`Mapping`] says what its columns are. Reading and mapping are pure. What comes of them is what the desk itself
//! could have recorded: tickets that are opened, moved, assigned. Nothing else happens: no rule and no guard is asked,
//! nobody is told anything, and notifiers that [follow the feed](crate::Desk::deliver) pass over it.
//!
//! What policies had due before the import is settled silently, see [`adopt`](crate::engine::adopt): broken promises count,
//! steps are skipped. So the first tick after it pages nobody for what happened elsewhere; a promise that is broken an hour
//! later is one like any other. A solution that would have been closed by now stays as the file has it.
//!
//! A ticket is known again by the mapping's `source` and its id there. So an import that stopped goes on where it was, and
//! a file that is imported twice changes nothing the second time. A ticket whose history in the file is not the one that
//! was imported is reported, and left alone.

mod check;
mod mapping;
mod plan;
mod profile;
mod row;
mod source;
mod story;
mod tell;
mod times;
mod values;

pub use mapping::{Author, Mapping, Messages, Opening, Rows, Sequence, States, Tags, Taken, Times};
pub use plan::{Bent, Plan};
pub use profile::{Column, Numbers, Profile, Spread, Together, Values};
pub use story::Story;
pub(crate) use story::root;
