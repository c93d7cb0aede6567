//! Documents: small versioned records.

use rusqlite::{Connection, OptionalExtension, Row, params};
use ticketcore::id::{Key, TenantId, Version};
use ticketcore::store::{Conflict, Document};
use ticketcore::time::{from_micros, micros};

use crate::error::{Result, corrupt};
use crate::{rows, tenant};

/// Checks that a document is at a version; 0 = does not exist.
pub(crate) fn at_version(connection: &Connection, tenant: i64, kind: &Key, key: &str, expected: Version) -> Result<()> {
    let sql = "select version from ticketcore_document where tenant = ?1 and kind = ?2 and key = ?3";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![tenant, kind.as_str(), key], |row| row.get(0).map(Version))
        .optional()?
        .unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    Err(Conflict::Document { kind: kind.clone(), key: key.to_owned(), expected, found }.into())
}

/// Writes a document over the version one below its own.
pub(crate) fn put(transaction: &Connection, tenant: &TenantId, document: &Document) -> Result<()> {
    let Document { kind, key, version, at, body } = document;
    let before = Version(version.0.saturating_sub(1));
    at_version(transaction, tenant::find(transaction, tenant)?, kind, key, before)?;
    let tenant = tenant::find_or_insert(transaction, tenant)?;
    let sql = "insert into ticketcore_document (tenant, kind, key, version, at, body) values (?1, ?2, ?3, ?4, ?5, ?6) \
               on conflict do update set version = excluded.version, at = excluded.at, body = excluded.body";
    let values = params![tenant, kind.as_str(), key, version.0, micros(*at), body];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
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
