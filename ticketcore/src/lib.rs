//! ticketcore: the ticketing engine you link instead of deploy.
//!
//! ```text
//! host ── Command ──▶ Desk ── load ─▶ decide ─▶ evolve ─▶ marks ── commit ─▶ Store
//!                       ▲                (pure: engine, config, cond, time)      │
//!                  time: tick                                                    ▼
//! reports, notifiers, streams ◀──────────────────────────────────────────── feed, tally
//! ```
//!
//! Read [`engine`] first: it is the heart, and pure. [`config`] is what a desk is told, [`store`] the contract of
//! storage, [`memory`] the reference store, [`desk`] the joint between them, [`report`] what is measured.

pub mod actor;
pub mod approval;
#[cfg(feature = "import")]
pub mod archive;
pub mod capability;
pub mod channel;
pub mod codec;
pub mod command;
pub mod cond;
pub mod config;
pub mod conversation;
pub mod customer;
pub mod desk;
pub mod diff;
pub mod directory;
pub mod engine;
pub mod erasure;
pub mod event;
pub mod fault;
pub mod id;
#[cfg(feature = "import")]
pub mod import;
pub mod knowledge;
pub mod line;
pub mod link;
pub mod memory;
pub mod merge;
pub mod notify;
mod pieces;
pub mod policy_log;
pub mod priority;
pub mod query;
pub mod report;
pub mod routing;
pub mod seal;
pub mod secret_link;
pub mod signal;
pub mod status;
pub mod store;
mod story;
#[cfg(feature = "testing")]
pub mod testing;
pub mod ticket;
pub mod time;
pub mod trail;
pub mod value;
pub mod view;
pub mod whatif;

pub use actor::{Actor, ActorKind, By, Party};
pub use capability::{Capabilities, Capability};
pub use channel::Channel;
pub use command::{Command, Draft, Message, Request};
pub use config::{Config, Policy, Span, Workflow};
pub use desk::{Desk, Error, Intake};
pub use engine::Refusal;
pub use event::{Event, Recorded, Visibility};
pub use fault::Fault;
pub use id::{Key, PersonId, Position, Revision, TenantId, TicketId, Version};
pub use link::LinkKind;
pub use memory::MemoryStore;
pub use notify::Notifier;
pub use priority::{Level, Priority};
pub use query::{Filter, Order, Page, Query};
pub use signal::{Severity, Signal};
pub use status::{Status, Waiting};
pub use store::{Store, StoreError};
pub use ticket::Ticket;
pub use value::{FieldType, Value};
