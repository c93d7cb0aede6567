//! What goes wrong has a name, and nothing is half done.

mod busy;
#[path = "../support/cluster.rs"]
mod cluster;
mod opening;
mod schema;
mod writing;

use ticketcore::command::Draft;
use ticketcore::store::{Store, StoreError};
use ticketcore::testing::{Clerk, block_on};
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::{PostgresOptions, PostgresStore};

fn connect(address: &PgConnectOptions) -> Result<PostgresStore, StoreError> {
    block_on(PostgresOptions::new().connect_with(address.clone()))
}

/// What a failure says, to its source's source.
fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}

#[track_caller]
fn says(result: Result<PostgresStore, StoreError>, words: &[&str]) {
    let text = told(&result.expect_err("this must fail"));
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

fn open(store: &PostgresStore, clerk: &Clerk) -> Result<i64, StoreError> {
    let opening = clerk.opening(Draft::incident("Now or never"));
    block_on(store.commit(clerk.commit([opening]))).map(|tickets| tickets[0].number)
}
