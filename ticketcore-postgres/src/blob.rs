//! Files, by their content, in pieces: no file is ever whole in memory.

use std::io::{self, Read};
use std::sync::{Arc, mpsc};

use sqlx::Row;
use ticketcore::id::TenantId;
use ticketcore::store::{Pieces, StoreError};
use uuid::Uuid;

use crate::connections::Connections;
use crate::error::{Error, Result, corrupt};
use crate::runtime::Runtime;
use crate::schema::Schema;
use crate::sql::{Parameters, Text, parameters};

/// The size of a piece.
const CHUNK: u64 = 256 * 1024;

/// The statements of files.
#[derive(Debug)]
pub(crate) struct Texts {
    put: Text,
    begin: Text,
    append: Text,
    finish: Text,
    discard: Text,
    open: Text,
    next: Text,
    remove: Text,
}

impl Texts {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self {
            // A file of one piece, which most are.
            put: schema.fill(
                "with named as (\
                   insert into @.blob (tenant, digest, upload) values ($1, $2, gen_random_uuid()) \
                   on conflict do nothing returning upload) \
                 insert into @.chunk (tenant, upload, no, bytes) select $1, upload, 0, $3 from named",
            ),
            // What was never finished goes after a day, with whoever uploads next.
            begin: schema.fill(
                "with stale as (\
                   delete from @.upload where tenant = $1 and begun < now() - interval '1 day' returning upload), \
                 swept as (\
                   delete from @.chunk where tenant = $1 and upload in (select upload from stale)), \
                 begun as (\
                   insert into @.upload (tenant, upload) values ($1, gen_random_uuid()) returning upload), \
                 first as (\
                   insert into @.chunk (tenant, upload, no, bytes) select $1, upload, 0, $2 from begun) \
                 select upload from begun",
            ),
            append: schema.fill(
                "insert into @.chunk (tenant, upload, no, bytes) select tenant, upload, $3, $4 \
                 from @.upload where tenant = $1 and upload = $2 on conflict do nothing returning 1",
            ),
            // Unless the same bytes are there already.
            finish: schema.fill(
                "with named as (\
                   insert into @.blob (tenant, digest, upload) select tenant, $3, upload \
                   from @.upload where tenant = $1 and upload = $2 on conflict do nothing returning upload), \
                 ended as (\
                   delete from @.upload where tenant = $1 and upload = $2) \
                 delete from @.chunk where tenant = $1 and upload = $2 and not exists (select from named)",
            ),
            discard: schema.fill(
                "with ended as (delete from @.upload where tenant = $1 and upload = $2) \
                 delete from @.chunk where tenant = $1 and upload = $2",
            ),
            open: schema.fill(
                "select c.upload, c.bytes from @.blob b \
                 join @.chunk c on c.tenant = b.tenant and c.upload = b.upload and c.no = 0 \
                 where b.tenant = $1 and b.digest = $2",
            ),
            // No row if the file is no longer there, and an empty one after its last piece.
            next: schema.fill(
                "select c.bytes from @.blob b \
                 left join @.chunk c on c.tenant = b.tenant and c.upload = b.upload and c.no = $4 \
                 where b.tenant = $1 and b.digest = $2 and b.upload = $3",
            ),
            remove: schema.fill(
                "with named as (delete from @.blob where tenant = $1 and digest = $2 returning upload), \
                 ended as (\
                   delete from @.chunk where tenant = $1 and upload = any (array(select upload from named))) \
                 select upload from named",
            ),
        }
    }
}

/// Keeps bytes and returns their digest and number.
pub(crate) async fn put(
    connections: &Connections,
    texts: &Texts,
    tenant: &TenantId,
    bytes: Box<dyn Read + Send>,
) -> Result<(String, u64)> {
    let mut source = Pieces::new(bytes, CHUNK);
    let tenant = tenant.as_str();
    let first = source.next().map_err(StoreError::backend)?;
    if source.size() < CHUNK {
        let (digest, size) = source.end();
        connections.read("put blob", &texts.put, parameters![tenant, digest.as_str(), first]).await?;
        return Ok((digest, size));
    }
    let begun = connections.read("begin blob", &texts.begin, parameters![tenant, first]).await?;
    let upload: Uuid = begun.first().ok_or_else(|| corrupt("upload", "nothing"))?.try_get(0)?;
    let mut no = 0_i64;
    loop {
        no += 1;
        match source.next() {
            Ok(chunk) if chunk.is_empty() => break,
            Ok(chunk) => {
                connections.read("append to blob", &texts.append, parameters![tenant, upload, no, chunk]).await?;
            }
            Err(error) => {
                connections.read("discard blob", &texts.discard, parameters![tenant, upload]).await?;
                return Err(StoreError::backend(error).into());
            }
        }
    }
    let (digest, size) = source.end();
    connections.read("finish blob", &texts.finish, parameters![tenant, upload, digest.as_str()]).await?;
    Ok((digest, size))
}

/// Opens bytes by their digest.
pub(crate) async fn open(
    connections: &Connections,
    runtime: &Arc<Runtime>,
    texts: &Texts,
    tenant: &TenantId,
    digest: &str,
) -> Result<Option<Box<dyn Read + Send>>> {
    let rows = connections.read("open blob", &texts.open, parameters![tenant.as_str(), digest]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (upload, mut chunk): (Uuid, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    if !runtime.is_own() {
        // A host's runtime may have no thread but the one that would wait here, so nothing is left to be fetched.
        for next in 1_i64.. {
            let parameters = parameters![tenant.as_str(), digest, upload, next];
            let rows = connections.read("read blob", &texts.next, parameters).await?;
            // Removed while it was fetched.
            let Some(row) = rows.first() else { return Ok(None) };
            let Some(piece) = row.try_get::<Option<&[u8]>, _>(0)? else { break };
            chunk.extend_from_slice(piece);
        }
        return Ok(Some(Box::new(io::Cursor::new(chunk))));
    }
    Ok(Some(Box::new(Bytes {
        connections: connections.clone(),
        runtime: Arc::clone(runtime),
        text: texts.next.clone(),
        tenant: tenant.clone(),
        digest: digest.to_owned(),
        upload,
        next: 1,
        chunk: io::Cursor::new(chunk),
    })))
}

/// Removes bytes by their digest; tells whether they were there.
pub(crate) async fn remove(connections: &Connections, texts: &Texts, tenant: &TenantId, digest: &str) -> Result<bool> {
    let rows = connections.read("remove blob", &texts.remove, parameters![tenant.as_str(), digest]).await?;
    Ok(!rows.is_empty())
}

/// Reads a file piece by piece. The first came with the opening, so most files are read without waiting.
struct Bytes {
    connections: Connections,
    runtime: Arc<Runtime>,
    text: Text,
    tenant: TenantId,
    digest: String,
    upload: Uuid,
    next: i64,
    chunk: io::Cursor<Vec<u8>>,
}

impl Bytes {
    /// Fetches a piece through the runtime, which needs nothing of the thread that waits here.
    fn fetch(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let parameters = || -> Result<Parameters> {
            Ok(parameters![self.tenant.as_str(), self.digest.as_str(), self.upload, self.next])
        };
        let (connections, text, parameters) = (self.connections.clone(), self.text.clone(), parameters()?);
        let (sender, receiver) = mpsc::sync_channel(1);
        self.runtime.handle().spawn(async move {
            let rows = connections.read("read blob", &text, parameters).await;
            let chunk = rows.and_then(|rows| match rows.first() {
                Some(row) => Ok(row.try_get(0)?),
                None => Err(StoreError::backend("the blob was removed").into()),
            });
            // The reader may be gone.
            let _ = sender.send(chunk);
        });
        receiver.recv().map_err(StoreError::backend)?.map_err(Error::into)
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.chunk.read(buffer)?;
        let whole = u64::try_from(self.chunk.get_ref().len()).unwrap_or(CHUNK) == CHUNK;
        // A piece that is not whole was the last.
        if read > 0 || buffer.is_empty() || !whole {
            return Ok(read);
        }
        let Some(chunk) = self.fetch().map_err(io::Error::other)? else { return Ok(0) };
        self.next += 1;
        self.chunk = io::Cursor::new(chunk);
        self.chunk.read(buffer)
    }
}
