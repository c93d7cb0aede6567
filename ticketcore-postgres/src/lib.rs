//! ticketcore on Postgres: many processes and machines, one desk.
//!
//! [`PostgresStore`] implements [`Store`](ticketcore::store::Store) on a database that any number of processes may
//! share. A commit is one statement and one round trip; what callers of one process commit at the same time becomes one
//! statement, too. Nobody holds a lock while it waits for the network, nobody is a leader, and no state is kept in a
//! session, so a pooler that lends connections for a transaction may stand between ([`PostgresOptions::pooler`]).
//!
//! A host that keeps its own tables in the same database calls [`commit_in`](PostgresStore::commit_in), and its rows and its tickets stand or fall
//! together.
//!
//! # Examples
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use ticketcore::{Actor, Command, Desk, Draft};
//! use ticketcore_postgres::PostgresStore;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let store = PostgresStore::connect("postgres://desk@db.example.com/desk").await?;
//! let desk = Desk::new(Arc::new(store)).by(Actor::agent("ada"));
//! let ticket = desk.open(Draft::incident("Printer is on fire")).await?;
//! let ticket = desk.apply(ticket.id, Command::assign("ada")).await?;
//! assert_eq!(ticket.reference(), "INC-1");
//! # Ok(()) }
//! ```
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | `store`, `connect` | what each call does, and how a store is opened |
//! | `writer`, `batch`, `alone` | how commits that wait become one statement, and who carries it out |
//! | `housekeeper` | what can wait until after a commit |
//! | `address`, `hosts`, `connections` | where the servers are, and the connections to the one that will do |
//! | `runtime`, `retry`, `watch` | under any executor, when a statement runs again, and when it is given up |
//! | `settled` | what is read, and when that is an answer |
//! | `record` | rows of many columns as one parameter |
//! | `schema` | the tables: `migrations/` |
//! | `commit`, `prepared`, `encoded`, `rows`, `log`, `claim`, `document`, `blob` | what is stored, and how |
//! | `find`, `filter`, `search`, `tally`, `due` | what is asked, and how it is found |
//!
//! # High availability
//!
//! An address may name several servers, of which the store follows the primary. `HIGH_AVAILABILITY.md` beside this crate's
//! `Cargo.toml` says what callers see of a failover, how the servers are set up for it, and what was measured.
//!
//! # Postgres
//!
//! Versions from 13 on. [`sqlx`] is re-exported. A host that enables more of its features than this crate does (`migrate`,
//! `macros`, `chrono` …) and keeps rusqlite in the same lock file may find that cargo refuses the two together; the types
//! can be had without by enabling them on `sqlx-postgres`.

#[cfg(test)]
extern crate self as ticketcore_postgres;

mod address;
mod alone;
mod batch;
mod blob;
mod claim;
#[cfg(test)]
#[path = "../../tests/support/cluster.rs"]
mod cluster;
mod commit;
mod connect;
mod connections;
mod document;
mod due;
mod encoded;
mod error;
mod filter;
mod find;
mod hosts;
mod housekeeper;
mod log;
mod options;
mod prepared;
mod record;
mod retry;
mod rows;
mod runtime;
mod schema;
mod search;
mod settled;
mod sql;
mod store;
mod tally;
mod watch;
mod whole;
mod writer;

pub use connections::Counts;
pub use log::Lag;
pub use options::PostgresOptions;
pub use schema::{migrate, migrations};
pub use sqlx;
pub use store::PostgresStore;
