//! The tables, and how they come to be.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use ticketcore::store::StoreError;

use crate::error::Error;

/// Every script ever released, never edited afterwards; a schema's version is the number of scripts it has seen.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_tickets.sql")];

/// Brings the tables of a database to this release's schema.
///
/// [`SqliteStore`](crate::SqliteStore) does this when it opens a file. Call it to keep the tables in a database of your
/// own; all their names begin with `ticketcore_`. Any number of processes may do so at once.
///
/// # Errors
///
/// [`StoreError::Newer`] if a newer release was here, [`StoreError::Busy`] if others kept the database locked,
/// [`StoreError::ReadOnly`] if it has to be changed and may not be.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    migrate_with(connection, MIGRATIONS).map_err(StoreError::from)
}

fn migrate_with(connection: &mut Connection, scripts: &[&str]) -> Result<(), Error> {
    // Looks first without a lock: most of the time there is nothing to do.
    if missing(connection, scripts)?.is_empty() {
        return Ok(());
    }
    // The scripts and their versions in one transaction, and the look repeated inside it: others may have been faster.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch("create table if not exists ticketcore_schema (version integer primary key) strict")?;
    for (script, version) in missing(&transaction, scripts)? {
        transaction.execute_batch(script)?;
        transaction.execute("insert into ticketcore_schema values (?1)", [version])?;
    }
    Ok(transaction.commit()?)
}

fn missing<'a>(connection: &Connection, scripts: &[&'a str]) -> Result<Vec<(&'a str, i64)>, Error> {
    let named = "select 1 from sqlite_schema where name = 'ticketcore_schema'";
    let found = match connection.query_row(named, [], |_| Ok(())).optional()? {
        Some(()) => {
            connection.query_row("select coalesce(max(version), 0) from ticketcore_schema", [], |row| row.get(0))?
        }
        None => 0,
    };
    let versions: Vec<_> = scripts.iter().copied().zip(1..).collect();
    match versions.last() {
        Some(&(_, known)) if found > known => Err(StoreError::Newer { found, known }.into()),
        _ => Ok(versions.into_iter().filter(|(_, version)| *version > found).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.query_row("select max(version) from ticketcore_schema", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_old_schema_is_brought_up_script_by_script() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_with(&mut connection, &["create table one (a)"]).unwrap();
        migrate_with(&mut connection, &["create table one (a)", "alter table one add b; create table two (c)"])
            .unwrap();
        assert_eq!(version(&connection), 2);
        connection.execute("insert into one (b) values (1)", []).unwrap();
    }

    #[test]
    fn a_failing_script_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_with(&mut connection, &["create table one (a)", "create table two (a); nonsense"]).unwrap_err();
        let tables: i64 = connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.execute("insert into ticketcore_schema values (99)", []).unwrap();
        assert!(matches!(migrate(&mut connection), Err(StoreError::Newer { found: 99, known: 1 })));
    }
}
