//! Documents: small versioned records.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::postgres::PgRow;
use ticketcore::id::{Key, TenantId, Version};
use ticketcore::store::{Conflict, Document, StoreError};
use ticketcore::time::{from_micros, micros};

use crate::connections::Connections;
use crate::error::{Result, corrupt, is_lost, is_race, unknown};
use crate::retry::Attempts;
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

/// How many parameters there are.
pub(crate) const PARAMETERS: usize = 5;

/// The documents that a statement rests on, column by column.
#[derive(Debug, Default)]
pub(crate) struct Rests<'a> {
    no: Vec<i32>,
    kind: Vec<&'a str>,
    key: Vec<&'a str>,
    version: Vec<i64>,
}

impl<'a> Rests<'a> {
    /// Adds one.
    pub(crate) fn push(&mut self, no: i32, kind: &'a Key, key: &'a str, version: Version) {
        self.no.push(no);
        self.kind.push(kind.as_str());
        self.key.push(key);
        self.version.push(version.0);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.no.is_empty()
    }

    pub(crate) fn bind(self, parameters: &mut Parameters) -> Result<()> {
        let Self { no, kind, key, version } = self;
        let kinds: BTreeSet<&str> = kind.iter().copied().collect();
        parameters.add(kinds.into_iter().collect::<Vec<_>>())?;
        parameters.add(no)?.add(kind)?.add(key)?.add(version)?;
        Ok(())
    }
}

/// Locks the kinds of documents that a statement rests on. They begin at a parameter, [`PARAMETERS`] of them.
pub(crate) fn guarded(first: usize) -> String {
    format!(
        "guard as materialized (\
           select g.kind, g.changes from unnest({}) k (kind) \
           cross join lateral (select g.kind, g.changes from @.kind g where g.tenant = $1 and g.kind = k.kind \
             for share) g)",
        sql::list(first, "text")
    )
}

/// The commits whose documents are at other versions, or whose kinds were written to since the statement began.
///
/// The statement reads documents as they were when it began. A lock reads its row as it is; so if both readings of a
/// kind's count are equal, no document of the kind was written between, and none will be before the commit ends. This
/// holds for documents that are not there as well.
pub(crate) fn refused(first: usize) -> String {
    let types = ["integer", "text", "text", "bigint"];
    let arrays: Vec<String> = types.iter().zip(first + 1..).map(|(array, number)| sql::list(number, array)).collect();
    format!(
        "select w.no from unnest({}) as w (no, kind, key, version) \
         where w.version <> coalesce((select d.version from @.document d \
           where d.tenant = $1 and d.kind = w.kind and d.key = w.key), 0) \
         or not exists (select from guard g where g.kind = w.kind and g.changes = \
           (select k.changes from @.kind k where k.tenant = $1 and k.kind = w.kind))",
        arrays.join(", ")
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
    let mut attempts = Attempts::default();
    loop {
        let values = parameters![tenant.as_str(), kind.as_str(), key.as_str(), version.0, micros(*at), body.as_str()];
        match connections.run("put document", text, values).await {
            Ok(written) if !written.is_empty() => return Ok(()),
            Ok(_) => {
                let found = self::get(connections, get, tenant, kind, key).await?;
                let found = found.map_or(Version(0), |document| document.version);
                if found != expected {
                    return Err(Conflict::Document { kind: kind.clone(), key: key.clone(), expected, found }.into());
                }
                // Written between the two looks.
                if !attempts.again().await {
                    return Err(StoreError::Busy.into());
                }
            }
            Err(error) if is_race(&error) && attempts.again().await => connections.retried("put document", &error),
            Err(error) if is_lost(&error) => return Err(unknown(error)),
            Err(error) => return Err(error.into()),
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
