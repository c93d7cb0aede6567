//! Documents: small versioned records.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use sqlx::Row;
use sqlx::postgres::PgRow;
use ticketcore::id::{Key, TenantId, Version};
use ticketcore::store::{Conflict, Document, Write};
use ticketcore::time::{from_micros, micros};

use crate::connections::{Connections, Link};
use crate::error::{Result, corrupt};
use crate::record::Records;
use crate::sql::{self, Text, parameters};

/// One document.
pub(crate) const GET: &str =
    "select kind, key, version, at, body from @.document where tenant = $1 and kind = $2 and key = $3";

/// The documents of a kind after a key.
pub(crate) const AFTER: &str = "select kind, key, version, at, body from @.document \
                                where tenant = $1 and kind = $2 and key > $3 order by key limit $4";

/// The documents of a kind from the first on; the empty text is a key, too.
pub(crate) const ALL: &str = "select kind, key, version, at, body from @.document \
                              where tenant = $1 and kind = $2 order by key limit $3";

/// Makes rows for what has none yet, to be locked by the next attempt: the kinds of documents, the tenant's counter.
pub(crate) const PREPARE: &str = "with kinds as (\
       insert into @.kind (tenant, kind, changes) select $1, kind, 0 from unnest($2::text[]) k (kind) order by kind \
       on conflict do nothing) \
     insert into @.counter (tenant, tickets) select $1, 0 where $3 on conflict do nothing";

/// Locks the same rows before the statement of a commit, which then sees what it has locked.
pub(crate) fn lock() -> String {
    format!(
        "with {} select (select count(*) from guard), \
           (select tickets from @.counter where tenant = $1 and $3 for no key update)",
        guard("unnest($2::text[])", Some("$4::text[]"))
    )
}

/// Some documents as they are.
pub(crate) const FOUND: &str = "select d.version, d.at, d.body from unnest($2::text[], $3::text[]) with ordinality w (kind, key, ord) \
     left join @.document d on d.tenant = $1 and d.kind = w.kind and d.key = w.key order by w.ord";

/// Locks the kinds of documents that a statement rests on or writes, a parameter, in the order in which they are given.
pub(crate) fn guarded(kinds: usize, written: Option<usize>) -> String {
    guard(&sql::rows(kinds, "text"), written.map(|written| sql::all(written, "text")).as_deref())
}

/// Whoever rests on documents shares the lock on their kind, whoever writes some has it alone. Both in one pass, so that
/// two who rest on what the other writes do not wait for each other.
fn guard(kinds: &str, written: Option<&str>) -> String {
    let locked = |among: &str, how: &str| {
        format!("select g.kind, g.changes from @.kind g where g.tenant = $1 and g.kind = k.kind{among} for {how}")
    };
    let each = match written {
        None => locked("", "share"),
        Some(written) => format!(
            "select r.* from ({}) r union all select w.* from ({}) w",
            locked(&format!(" and g.kind <> all ({written})"), "share"),
            locked(&format!(" and g.kind = any ({written})"), "no key update"),
        ),
    };
    format!("guard as materialized (select g.kind, g.changes from {kinds} k (kind) cross join lateral ({each}) g)")
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

/// Writes documents and counts the change of their kinds: the parameters are the kinds and the documents. All of them
/// are locked by their kinds, so nobody else writes any meanwhile.
pub(crate) fn written(kinds: usize, writes: usize) -> String {
    format!(
        "noted as (\
           update @.kind k set changes = k.changes + 1 \
           where k.tenant = $1 and k.kind = any ({kinds}) and (select fit from verdict)), \
         writes as materialized (select * from {writes} where (select fit from verdict)), \
         removed as (\
           delete from @.document d where d.tenant = $1 \
             and d.kind = any (array(select kind from writes where body is null)) \
             and d.key = any (array(select key from writes where body is null)) \
             and exists (select from writes w where w.kind = d.kind and w.key = d.key and w.body is null)), \
         put as (\
           insert into @.document (tenant, kind, key, version, at, body) \
           select $1, w.kind, w.key, w.version, w.at, w.body from writes w where w.body is not null \
           on conflict (tenant, kind, key) do update \
             set version = excluded.version, at = excluded.at, body = excluded.body)",
        kinds = sql::all(kinds, "text"),
        writes = sql::rows(writes, "@.write_1"),
    )
}

/// What a commit makes of one document, from first to last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    /// The version it must be at before.
    pub(crate) expected: Version,
    /// What is written in the end.
    pub(crate) last: &'a Write,
}

impl Outcome<'_> {
    /// Tells whether it only asks that the document is not there.
    pub(crate) fn is_look(&self) -> bool {
        (self.expected, self.last.version()) == (Version(0), Version(0))
    }

    /// Adds it to those of a statement.
    pub(crate) fn push(&self, rows: &mut Records) {
        let Write { kind, key, at, body, .. } = self.last;
        rows.push(&[&kind.as_str(), &key.as_str(), &self.last.version().0, &micros(*at), &body.as_deref()]);
    }
}

/// Reads what becomes of each document of a commit; an earlier write counts for a later one. `None` if they contradict
/// each other, so that they cannot be carried out whatever is there.
pub(crate) fn outcomes(writes: &[Write]) -> Option<Vec<Outcome<'_>>> {
    let mut outcomes: Vec<Outcome<'_>> = Vec::new();
    let mut places: HashMap<(&Key, &str), usize> = HashMap::new();
    for last in writes {
        match places.entry((&last.kind, &last.key)) {
            Entry::Vacant(place) => {
                place.insert(outcomes.len());
                outcomes.push(Outcome { expected: last.expected, last });
            }
            Entry::Occupied(place) => {
                let outcome = &mut outcomes[*place.get()];
                if outcome.last.version() != last.expected {
                    return None;
                }
                outcome.last = last;
            }
        }
    }
    Some(outcomes)
}

/// Says which document is not at the version at which it should be, as one after the other would find out.
pub(crate) async fn conflict(
    link: &mut Link<'_>,
    text: &Text,
    tenant: &TenantId,
    writes: &[Write],
) -> Result<Option<Conflict>> {
    let found = found(link, text, tenant, writes.iter().map(|write| (&write.kind, &*write.key))).await?;
    let mut written: HashMap<(&Key, &str), Version> = HashMap::new();
    for (write, found) in writes.iter().zip(&found) {
        let Write { kind, key, expected, .. } = write;
        let found = match written.insert((kind, key), write.version()) {
            Some(found) => found,
            None => found.as_ref().map_or(Version(0), |found| found.version),
        };
        if found != *expected {
            let (kind, key, expected) = (kind.clone(), key.clone(), *expected);
            return Ok(Some(Conflict::Document { kind, key, expected, found }));
        }
    }
    Ok(None)
}

/// Tells whether documents are exactly as a commit leaves them. One that leaves none cannot be known by that.
pub(crate) async fn are(link: &mut Link<'_>, text: &Text, tenant: &TenantId, writes: &[Write]) -> Result<bool> {
    let outcomes = outcomes(writes).unwrap_or_default();
    let asked = outcomes.iter().map(|outcome| (&outcome.last.kind, &*outcome.last.key));
    let found = found(link, text, tenant, asked).await?;
    let left = outcomes.iter().map(|outcome| outcome.last.clone().document());
    Ok(found.iter().any(Option::is_some) && left.eq(found.iter().cloned()))
}

/// Reads some documents, each in the place of its question.
pub(crate) async fn found<'a>(
    link: &mut Link<'_>,
    text: &Text,
    tenant: &TenantId,
    asked: impl Iterator<Item = (&'a Key, &'a str)>,
) -> Result<Vec<Option<Document>>> {
    let asked: Vec<_> = asked.collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (kinds, keys): (Vec<&str>, Vec<&str>) = asked.iter().map(|(kind, key)| (kind.as_str(), *key)).unzip();
    let rows = link.run("documents", text, parameters![tenant.as_str(), kinds, keys]).await?;
    let document = |((kind, key), row): (&(&Key, &str), &PgRow)| {
        let Some(version) = row.try_get::<Option<i64>, _>(0)? else { return Ok(None) };
        let (kind, key, version) = ((*kind).clone(), (*key).to_owned(), Version(version));
        Ok(Some(Document { kind, key, version, at: instant(row, 1)?, body: row.try_get(2)? }))
    };
    asked.iter().zip(&rows).map(document).collect()
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
    Ok(Document {
        kind: Key::new(row.try_get::<&str, _>(0)?),
        key: row.try_get(1)?,
        version: Version(row.try_get(2)?),
        at: instant(row, 3)?,
        body: row.try_get(4)?,
    })
}

fn instant(row: &PgRow, column: usize) -> Result<DateTime<Utc>> {
    let at: i64 = row.try_get(column)?;
    from_micros(at).ok_or_else(|| corrupt("instant", at))
}
