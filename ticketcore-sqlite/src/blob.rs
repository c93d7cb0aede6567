//! Files, by their content, in pieces: no file is ever whole in memory, and none keeps the writer for long.

use std::io::{self, Read};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use ticketcore::id::TenantId;
use ticketcore::store::{Pieces, StoreError};

use crate::error::Result;
use crate::readers::Readers;
use crate::tenant;
use crate::writer::Writer;

/// The size of a piece; each is a commit, so a slow disk sees few.
const CHUNK: u64 = 256 * 1024;

/// Keeps bytes and returns their digest and number.
pub(crate) async fn put(
    writer: &Writer,
    tenant: &TenantId,
    bytes: Box<dyn Read + Send>,
) -> Result<(String, u64), StoreError> {
    let mut source = Pieces::new(bytes, CHUNK);
    let tenant = tenant.clone();
    let first = source.next().map_err(StoreError::backend)?;
    if source.size() < CHUNK {
        // Most files end here, and are one commit.
        let (digest, size) = source.end();
        let name = digest.clone();
        let keep = move |transaction: &Connection| finish(transaction, begin(transaction, &tenant, &first)?, &name);
        writer.run(keep).await?;
        return Ok((digest, size));
    }
    let upload = writer.run(move |transaction| begin(transaction, &tenant, &first)).await?;
    for no in 1.. {
        match source.next() {
            Ok(chunk) if chunk.is_empty() => break,
            Ok(chunk) => writer.run(move |transaction| append(transaction, upload, no, &chunk)).await?,
            Err(error) => {
                writer.run(move |transaction| discard(transaction, upload)).await?;
                return Err(StoreError::backend(error));
            }
        }
    }
    let (digest, size) = source.end();
    let name = digest.clone();
    writer.run(move |transaction| finish(transaction, upload, &name)).await?;
    Ok((digest, size))
}

/// Starts an upload with its first piece.
fn begin(transaction: &Connection, tenant: &TenantId, first: &[u8]) -> Result<i64> {
    // What was never finished goes after a day, with whoever uploads next.
    let stale = "select no from ticketcore_blob where digest is null and begun < unixepoch() - 86400";
    let stale: Vec<i64> =
        transaction.prepare(stale)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    stale.into_iter().try_for_each(|upload| discard(transaction, upload))?;
    let tenant = tenant::find_or_insert(transaction, tenant)?;
    transaction.prepare_cached("insert into ticketcore_blob (tenant) values (?1)")?.execute([tenant])?;
    let upload = transaction.last_insert_rowid();
    append(transaction, upload, 0, first)?;
    Ok(upload)
}

fn append(transaction: &Connection, upload: i64, no: i64, chunk: &[u8]) -> Result<()> {
    let sql = "insert into ticketcore_chunk (blob, no, bytes) values (?1, ?2, ?3)";
    transaction.prepare_cached(sql)?.execute(params![upload, no, chunk])?;
    Ok(())
}

/// Names the upload, unless the same bytes are there already.
fn finish(transaction: &Connection, upload: i64, digest: &str) -> Result<()> {
    let sql = "update or ignore ticketcore_blob set digest = ?2 where no = ?1";
    match transaction.prepare_cached(sql)?.execute(params![upload, digest])? {
        0 => discard(transaction, upload),
        _ => Ok(()),
    }
}

/// Removes bytes by their digest; tells whether they were there.
pub(crate) fn remove(transaction: &Connection, tenant: &TenantId, digest: &str) -> Result<bool> {
    let tenant = tenant::find(transaction, tenant)?;
    let found = named(transaction, tenant, digest)?;
    found.map(|blob| discard(transaction, blob)).transpose().map(|removed| removed.is_some())
}

fn named(connection: &Connection, tenant: i64, digest: &str) -> Result<Option<i64>> {
    let sql = "select no from ticketcore_blob where tenant = ?1 and digest = ?2";
    Ok(connection.prepare_cached(sql)?.query_row(params![tenant, digest], |row| row.get(0)).optional()?)
}

fn discard(transaction: &Connection, upload: i64) -> Result<()> {
    transaction.prepare_cached("delete from ticketcore_chunk where blob = ?1")?.execute([upload])?;
    transaction.prepare_cached("delete from ticketcore_blob where no = ?1")?.execute([upload])?;
    Ok(())
}

/// Opens bytes by their digest.
pub(crate) fn open(readers: &Arc<Readers>, tenant: &TenantId, digest: &str) -> Result<Option<Box<dyn Read + Send>>> {
    let found = readers.read(|connection| {
        let tenant = tenant::find(connection, tenant)?;
        named(connection, tenant, digest)
    })?;
    Ok(found.map(|blob| {
        let (readers, digest) = (Arc::clone(readers), digest.to_owned());
        let bytes = Bytes { readers, blob, digest, next: 0, chunk: io::Cursor::default() };
        Box::new(bytes) as Box<dyn Read + Send>
    }))
}

/// Reads a file piece by piece.
struct Bytes {
    readers: Arc<Readers>,
    blob: i64,
    digest: String,
    next: i64,
    chunk: io::Cursor<Vec<u8>>,
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.chunk.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        // Looks that the bytes are still there: an upload that came later may have the number of one that is gone.
        let found = self.readers.read(|connection| {
            let sql = "select c.bytes from ticketcore_blob b left join ticketcore_chunk c on c.blob = b.no and c.no = ?2 \
                       where b.no = ?1 and b.digest = ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let values = params![self.blob, self.next, self.digest];
            Ok(statement.query_row(values, |row| row.get::<_, Option<Vec<u8>>>(0)).optional()?)
        });
        let found = found.map_err(|error| io::Error::other(StoreError::from(error)))?;
        let removed = || io::Error::new(io::ErrorKind::NotFound, format!("blob {} was removed", self.digest));
        let Some(chunk) = found.ok_or_else(removed)? else { return Ok(0) };
        self.next += 1;
        self.chunk = io::Cursor::new(chunk);
        self.chunk.read(buffer)
    }
}
