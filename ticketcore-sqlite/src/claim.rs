//! Claims: unique keys of a tenant that change hands.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use ticketcore::id::{TenantId, Version};
use ticketcore::store::{Change, Claim, Conflict, Held};

use crate::error::Result;
use crate::{rows, tenant};

/// Tells who holds a claim.
pub(crate) fn get(connection: &Connection, tenant: &TenantId, key: &str) -> Result<Option<Held>> {
    held(connection, tenant::find(connection, tenant)?, key)
}

/// Checks claims as they will be swapped: an earlier one counts for a later one.
pub(crate) fn check(connection: &Connection, tenant: i64, changes: &[Change]) -> Result<()> {
    let mut swapped = HashMap::new();
    for Claim { key, from, to } in changes.iter().flat_map(|change| &change.claims) {
        let held = match swapped.insert(key, *to) {
            Some(held) => held,
            None => held(connection, tenant, key)?.map(|held| held.by),
        };
        if held != *from {
            return Err(Conflict::Claim { key: key.clone(), held }.into());
        }
    }
    Ok(())
}

/// Gives a claim to whom it is meant for, or to nobody.
pub(crate) fn swap(transaction: &Connection, tenant: i64, claim: &Claim, since: Version) -> Result<()> {
    let Claim { key, from: _, to } = claim;
    match to {
        Some(to) => {
            let sql = "insert or replace into ticketcore_claim (tenant, key, ticket, since) values (?1, ?2, ?3, ?4)";
            transaction.prepare_cached(sql)?.execute(params![tenant, key, rows::bytes(to), since.0])?;
        }
        None => {
            let sql = "delete from ticketcore_claim where tenant = ?1 and key = ?2";
            transaction.prepare_cached(sql)?.execute(params![tenant, key])?;
        }
    }
    Ok(())
}

fn held(connection: &Connection, tenant: i64, key: &str) -> Result<Option<Held>> {
    let sql = "select ticket, since from ticketcore_claim where tenant = ?1 and key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let held = statement
        .query_row(params![tenant, key], |row| Ok(Held { by: rows::id(row, 0)?, since: Version(row.get(1)?) }));
    Ok(held.optional()?)
}
