//! Documents: small versioned records.

use sqlx::Row;
use sqlx::postgres::PgRow;
use ticketcore::id::{Key, TenantId, Version};
use ticketcore::store::{Conflict, Document, StoreError};
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::error::{Result, corrupt, is_lost, is_race, unknown};
use crate::settled;
use crate::sql::{self, Parameters, Text, parameters};

/// One document.
pub(crate) const GET: &str =
    "select kind, key, version, at, body from @.document where tenant = $1 and kind = $2 and key = $3";

/// The documents of a kind after a key.
pub(crate) const AFTER: &str = "select kind, key, version, at, body from @.document \
                                where tenant = $1 and kind = $2 and key > $3 order by key limit $4";

/// The documents of a kind from the first on; the empty text is a key, too.
pub(crate) const ALL: &str = "select kind, key, version, at, body from @.document \
                              where tenant = $1 and kind = $2 order by key limit $3";

/// Counts a change of the kind, which waits for the commits that rest on its documents, and keeps others from beginning.
macro_rules! put {
    ($write:literal) => {
        concat!(
            "with changed as (\
               insert into @.kind as k (tenant, kind, changes) values ($1, $2, 1) \
               on conflict (tenant, kind) do update set changes = k.changes + 1 returning 1) ",
            $write,
            " returning 1"
        )
    };
}

/// Writes the first version; nothing if there is one.
pub(crate) const INSERT: &str = put!(
    "insert into @.document (tenant, kind, key, version, at, body) select $1, $2, $3, $4, $5, $6 from changed \
     on conflict do nothing"
);

/// Writes a later version over the one before; nothing if another is there.
pub(crate) const UPDATE: &str = put!(
    "update @.document set version = $4, at = $5, body = $6 \
     where tenant = $1 and kind = $2 and key = $3 and version = $4 - 1 and exists (select from changed)"
);

/// Makes rows for what has none yet, to be locked by the next attempt: the kinds of documents, the tenant's counter.
pub(crate) const PREPARE: &str = "with kinds as (\
       insert into @.kind (tenant, kind, changes) select $1, kind, 0 from unnest($2::text[]) k (kind) order by kind \
       on conflict do nothing) \
     insert into @.counter (tenant, tickets) select $1, 0 where $3 on conflict do nothing";

/// Locks the same rows before the statement of a commit, which then sees what it has locked.
pub(crate) const LOCK: &str = "with kinds as materialized (\
       select from @.kind where tenant = $1 and kind = any ($2::text[]) order by kind for share) \
     select (select count(*) from kinds), \
       (select tickets from @.counter where tenant = $1 and $3 for no key update)";

/// The versions of some documents.
pub(crate) const VERSIONS: &str = "select d.version from unnest($2::text[], $3::text[]) with ordinality w (kind, key, ord) \
     left join @.document d on d.tenant = $1 and d.kind = w.kind and d.key = w.key order by w.ord";

/// Locks kinds of documents that a statement rests on, a parameter, in the order in which they are given.
pub(crate) fn guarded(kinds: usize) -> String {
    format!(
        "guard as materialized (\
           select g.kind, g.changes from {} k (kind) \
           cross join lateral (select g.kind, g.changes from @.kind g where g.tenant = $1 and g.kind = k.kind \
             for share) g)",
        sql::rows(kinds, "text")
    )
}

/// The commits whose documents are at other versions, or whose kinds were written to since the statement began.
///
/// The statement reads documents as they were when it began. A lock reads its row as it is; so if both readings of a
/// kind's count are equal, no document of the kind was written between, and none will be before the commit ends. This
/// holds for documents that are not there as well.
pub(crate) fn refused(documents: usize) -> String {
    format!(
        "select w.no from {} w \
         where w.version <> coalesce((select d.version from @.document d \
           where d.tenant = $1 and d.kind = w.kind and d.key = w.key), 0) \
         or not exists (select from guard g where g.kind = w.kind and g.changes = \
           (select k.changes from @.kind k where k.tenant = $1 and k.kind = w.kind))",
        sql::rows(documents, "@.document_at_1")
    )
}

/// Writes a document over the version one below its own.
pub(crate) async fn put(
    connections: &Connections,
    [insert, update, get]: [&Text; 3],
    tenant: &TenantId,
    document: &Document,
) -> Result<()> {
    let Document { kind, key, version, at, body } = document;
    let expected = Version(version.0.saturating_sub(1));
    let text = if expected == Version(0) { insert } else { update };
    let mut attempts = connections.attempts();
    let mut lost = None;
    loop {
        let values = parameters![tenant.as_str(), kind.as_str(), key.as_str(), version.0, micros(*at), body.as_str()];
        let mut away = false;
        let scope = match connections.scope(false, &mut attempts).await {
            Ok(scope) => scope,
            Err(error) => return Err(lost.map_or_else(|| error.into(), unknown)),
        };
        match scope.run("put document", text, values).await {
            Ok(written) if !written.is_empty() => return Ok(()),
            // Written between the two looks, unless it still is not as it should be.
            Ok(_) => match self::get(connections, get, tenant, kind, key).await? {
                Some(found) if lost.is_some() && found == *document => {
                    let settled = connections.read("settle", &settled::text(), Parameters::default()).await;
                    return settled.map(drop).map_err(|error| lost.map_or(error, unknown));
                }
                found => {
                    let found = found.map_or(Version(0), |document| document.version);
                    if found != expected {
                        return Err(Conflict::Document { kind: kind.clone(), key: key.clone(), expected, found }.into());
                    }
                }
            },
            Err(error) if is_race(&error) => connections.retried("put document", &error),
            // What is tried again cannot be written twice, as with a commit.
            Err(error) if is_lost(&error) => {
                away = true;
                connections.retried("put document", &error);
                lost = Some(error);
            }
            Err(error) => return Err(lost.map_or_else(|| error.into(), unknown)),
        }
        if !attempts.again(away).await {
            return Err(lost.map_or_else(|| StoreError::Busy.into(), unknown));
        }
    }
}

/// Reads one document.
pub(crate) async fn get(
    connections: &Connections,
    text: &Text,
    tenant: &TenantId,
    kind: &Key,
    key: &str,
) -> Result<Option<Document>> {
    let rows = connections.read("document", text, parameters![tenant.as_str(), kind.as_str(), key]).await?;
    rows.first().map(document).transpose()
}

/// Reads the documents of a kind, ordered by key, after a key.
pub(crate) async fn list(
    connections: &Connections,
    [all, after_key]: [&Text; 2],
    tenant: &TenantId,
    kind: &Key,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Document>> {
    let (tenant, kind, limit) = (tenant.as_str(), kind.as_str(), sql::limit(limit));
    let rows = match after {
        None => connections.read("documents", all, parameters![tenant, kind, limit]).await?,
        Some(after) => connections.read("documents", after_key, parameters![tenant, kind, after, limit]).await?,
    };
    rows.iter().map(document).collect()
}

fn document(row: &PgRow) -> Result<Document> {
    let at: i64 = row.try_get(3)?;
    Ok(Document {
        kind: Key::new(row.try_get::<&str, _>(0)?),
        key: row.try_get(1)?,
        version: Version(row.try_get(2)?),
        at: from_micros(at).ok_or_else(|| corrupt("instant", at))?,
        body: row.try_get(4)?,
    })
}
