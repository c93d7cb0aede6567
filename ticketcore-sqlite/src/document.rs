//! Documents: small versioned records.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use ticketcore::id::{Key, TenantId, Version};
use ticketcore::store::{Conflict, Document, Write};
use ticketcore::time::{from_micros, micros};

use crate::error::{Result, corrupt};
use crate::{rows, tenant};

/// Checks that a document is at a version; 0 = does not exist.
pub(crate) fn at_version(connection: &Connection, tenant: i64, kind: &Key, key: &str, expected: Version) -> Result<()> {
    is_at(kind, key, expected, version(connection, tenant, kind, key)?)
}

/// Checks documents as they will be written: an earlier write counts for a later one.
pub(crate) fn check(connection: &Connection, tenant: i64, writes: &[Write]) -> Result<()> {
    let mut written = HashMap::new();
    for write in writes {
        let Write { kind, key, expected, .. } = write;
        let found = match written.insert((kind, key), write.version()) {
            Some(found) => found,
            None => version(connection, tenant, kind, key)?,
        };
        is_at(kind, key, *expected, found)?;
    }
    Ok(())
}

/// Writes a document, or removes it, whatever is there.
pub(crate) fn write(transaction: &Connection, tenant: i64, write: &Write) -> Result<()> {
    let Write { kind, key, at, body, .. } = write;
    if body.is_none() {
        let sql = "delete from ticketcore_document where tenant = ?1 and kind = ?2 and key = ?3";
        transaction.prepare_cached(sql)?.execute(params![tenant, kind.as_str(), key])?;
        return Ok(());
    }
    let sql = "insert into ticketcore_document (tenant, kind, key, version, at, body) values (?1, ?2, ?3, ?4, ?5, ?6) \
               on conflict do update set version = excluded.version, at = excluded.at, body = excluded.body";
    let values = params![tenant, kind.as_str(), key, write.version().0, micros(*at), body];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn version(connection: &Connection, tenant: i64, kind: &Key, key: &str) -> Result<Version> {
    let sql = "select version from ticketcore_document where tenant = ?1 and kind = ?2 and key = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params![tenant, kind.as_str(), key], |row| row.get(0).map(Version)).optional()?;
    Ok(found.unwrap_or_default())
}

fn is_at(kind: &Key, key: &str, expected: Version, found: Version) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Conflict::Document { kind: kind.clone(), key: key.to_owned(), expected, found }.into())
}

/// Reads one document.
pub(crate) fn get(connection: &Connection, tenant: &TenantId, kind: &Key, key: &str) -> Result<Option<Document>> {
    let sql =
        "select kind, key, version, at, body from ticketcore_document where tenant = ?1 and kind = ?2 and key = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let tenant = tenant::find(connection, tenant)?;
    statement.query_and_then(params![tenant, kind.as_str(), key], document)?.next().transpose()
}

/// Reads the documents of a kind, ordered by key, after a key.
pub(crate) fn list(
    connection: &Connection,
    tenant: &TenantId,
    kind: &Key,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Document>> {
    let (above, after) = after.map_or((">=", ""), |after| (">", after));
    let sql = format!(
        "select kind, key, version, at, body from ticketcore_document \
         where tenant = ?1 and kind = ?2 and key {above} ?3 order by key limit ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let tenant = tenant::find(connection, tenant)?;
    statement.query_and_then(params![tenant, kind.as_str(), after, rows::limit(limit)], document)?.collect()
}

fn document(row: &Row<'_>) -> Result<Document> {
    let at: i64 = row.get(3)?;
    Ok(Document {
        kind: Key::new(row.get_ref(0)?.as_str()?),
        key: row.get(1)?,
        version: Version(row.get(2)?),
        at: from_micros(at).ok_or_else(|| corrupt("instant", at))?,
        body: row.get(4)?,
    })
}
