//! ticketcore on SQLite: one file, no server, no async runtime.
//!
//! [`SqliteStore`] implements [`Store`](ticketcore::store::Store) on a file that any number of processes may share.
//! What callers of one process commit at the same time becomes one transaction, so that a hundred of them wait for the
//! disk no longer than one does. An acknowledged commit survives a power cut, unless [`Durability::Normal`] is chosen.
//!
//! A host that keeps its own tables in the same file calls [`migrate`] and [`commit_in`], and its rows and its tickets
//! stand or fall together.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//!
//! use ticketcore::{Actor, Command, Desk, Draft};
//! use ticketcore_sqlite::SqliteStore;
//!
//! # pollster::block_on(async {
//! let store = SqliteStore::memory()?; // or SqliteStore::open("desk.db")
//! let desk = Desk::new(Arc::new(store)).by(Actor::agent("ada"));
//! let ticket = desk.open(Draft::incident("Printer is on fire")).await?;
//! let ticket = desk.apply(ticket.id, Command::assign("ada")).await?;
//! assert_eq!(ticket.reference(), "INC-1");
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | `store`, `connect` | which connection does what |
//! | `writer`, `batch`, `oneshot` | the one writer: how commits that wait become one transaction |
//! | `readers` | the connections for reading |
//! | `housekeeper`, `pulse`, `wal` | checkpoints, and indexing in pauses |
//! | `schema` | the tables: `migrations/` |
//! | `commit`, `encoded`, `rows`, `log`, `claim`, `document`, `blob` | what is stored, and how |
//! | `find`, `sql`, `way`, `filter`, `search`, `phrase`, `tally`, `due` | what is asked, and how it is found |
//!
//! # SQLite
//!
//! The feature `bundled`, on by default, compiles SQLite in. Without it the host links its own, 3.51.3 or newer and with
//! FTS5. [`rusqlite`] is re-exported; the host's own version of it is used if it is among those supported.

mod batch;
mod blob;
mod claim;
mod commit;
mod connect;
mod document;
mod due;
mod encoded;
mod error;
mod filter;
mod find;
mod housekeeper;
mod log;
mod oneshot;
mod options;
mod phrase;
mod pulse;
mod readers;
mod rows;
mod schema;
mod search;
mod sql;
mod store;
mod tally;
mod tenant;
mod wal;
mod way;
mod whole;
mod writer;

pub use commit::commit_in;
pub use options::{Durability, SqliteOptions};
pub use rusqlite;
pub use schema::migrate;
pub use store::SqliteStore;
