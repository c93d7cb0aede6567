//! Tenants as numbers.

use rusqlite::{Connection, OptionalExtension};
use ticketcore::id::TenantId;

use crate::error::Result;

/// The number of a tenant that never wrote; nothing is stored under it.
pub(crate) const UNKNOWN: i64 = 0;

/// Finds a tenant's number, or [`UNKNOWN`].
pub(crate) fn find(connection: &Connection, tenant: &TenantId) -> Result<i64> {
    let mut statement = connection.prepare_cached("select no from ticketcore_tenant where name = ?1")?;
    Ok(statement.query_row([tenant.as_str()], |row| row.get(0)).optional()?.unwrap_or(UNKNOWN))
}

/// Gives a new tenant its number.
pub(crate) fn insert(transaction: &Connection, tenant: &TenantId) -> Result<i64> {
    transaction.execute("insert into ticketcore_tenant (name) values (?1)", [tenant.as_str()])?;
    Ok(transaction.last_insert_rowid())
}

/// Finds a tenant's number, or gives it one.
pub(crate) fn find_or_insert(transaction: &Connection, tenant: &TenantId) -> Result<i64> {
    match find(transaction, tenant)? {
        UNKNOWN => insert(transaction, tenant),
        no => Ok(no),
    }
}
