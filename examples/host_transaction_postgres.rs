//! A ticket in the host's own Postgres transaction: the order and the ticket are committed together, or neither is.
//!
//! ```text
//! DATABASE_URL=postgres://shop@localhost/shop cargo run --example host_transaction_postgres --features postgres
//! ```

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::sync::Arc;

use ticketcore::{Actor, Desk, Draft};
use ticketcore_postgres::sqlx::{self, PgPool};
use ticketcore_postgres::{PostgresStore, migrate};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = PgPool::connect(&std::env::var("DATABASE_URL")?).await?;
    sqlx::query("create table if not exists orders (id serial primary key, ticket text)").execute(&shop).await?;
    migrate(&mut *shop.acquire().await?, "ticketcore").await?; // the desk's tables, in a schema of their own

    let store = PostgresStore::from_pool(shop.clone()).await?;
    let desk = Desk::new(Arc::new(store.clone()));
    let draft = Draft::request("Deliver order").requester("bo@example.com");
    let prepared = desk.by(Actor::integration("shop")).prepare_open(draft).await?;
    let commit = prepared.ok_or("only a draft with a `once` key can have been opened before")?;

    let mut transaction = shop.begin().await?;
    let ticket = &store.commit_in(&mut transaction, &commit).await?[0];
    sqlx::query("insert into orders (ticket) values ($1)").bind(ticket.reference()).execute(&mut *transaction).await?;
    transaction.commit().await?; // or drop it, and there is neither order nor ticket

    println!("order and {} were committed together", ticket.reference());
    Ok(())
}
