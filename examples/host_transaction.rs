//! The reason to embed: the host's own row and its ticket stand or fall together.
//!
//! `cargo run --example host_transaction`

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::sync::Arc;

use ticketcore::{Actor, Desk, Draft};
use ticketcore_sqlite::rusqlite::{Connection, TransactionBehavior};
use ticketcore_sqlite::{SqliteStore, commit_in, migrate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut shop = Connection::open("shop.db")?;
    shop.execute_batch(
        "pragma journal_mode = wal; create table if not exists orders (id integer primary key, ticket text)",
    )?;
    migrate(&mut shop)?; // the desk's tables beside the shop's, in one file

    let desk = Desk::new(Arc::new(SqliteStore::open("shop.db")?));
    let draft = Draft::request("Deliver order").requester("bo@example.com");
    let prepared = pollster::block_on(desk.by(Actor::integration("shop")).prepare_open(draft))?;
    let commit = prepared.ok_or("only a draft with a `once` key can have been opened before")?;

    let mut transaction = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ticket = &commit_in(&mut transaction, &commit)?[0];
    transaction.execute("insert into orders (ticket) values (?1)", [ticket.reference()])?;
    transaction.commit()?; // or drop it, and there is neither order nor ticket

    println!("order and {} were committed together", ticket.reference());
    Ok(())
}
