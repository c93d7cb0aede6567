//! Writing an archive: line after line, counted and hashed.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::line::{Archive, Document, End, Event, File, Head, Line};
use crate::seal::Digest;

/// Writes the lines of an archive.
pub(crate) struct Writer<W> {
    out: W,
    hash: Sha256,
    buffer: Vec<u8>,
    documents: u64,
    tickets: u64,
    events: u64,
    files: u64,
}

impl<W: Write> Writer<W> {
    /// Begins with the first line.
    pub(crate) fn new(out: W, archive: Archive) -> io::Result<Self> {
        let (hash, buffer) = (Sha256::new(), Vec::new());
        let mut writer = Self { out, hash, buffer, documents: 0, tickets: 0, events: 0, files: 0 };
        writer.line(&Line::Archive(archive))?;
        Ok(writer)
    }

    pub(crate) fn document(&mut self, document: Document) -> io::Result<()> {
        self.documents += 1;
        self.line(&Line::Document(document))
    }

    pub(crate) fn ticket(&mut self, head: Head) -> io::Result<()> {
        self.tickets += 1;
        self.line(&Line::Ticket(head))
    }

    pub(crate) fn event(&mut self, event: Event) -> io::Result<()> {
        self.events += 1;
        self.line(&Line::Event(event))
    }

    pub(crate) fn file(&mut self, file: File) -> io::Result<()> {
        self.files += 1;
        self.line(&Line::File(file))
    }

    /// How many tickets were written.
    pub(crate) const fn tickets(&self) -> u64 {
        self.tickets
    }

    /// Ends with the last line.
    pub(crate) fn end(mut self) -> io::Result<End> {
        let digest = Digest(std::mem::take(&mut self.hash).finalize().into());
        let Self { documents, tickets, events, files, .. } = self;
        let end = End { documents, tickets, events, files, digest };
        self.line(&Line::End(end))?;
        self.out.flush()?;
        Ok(end)
    }

    fn line(&mut self, line: &Line) -> io::Result<()> {
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, line)?;
        self.buffer.push(b'\n');
        self.hash.update(&self.buffer);
        self.out.write_all(&self.buffer)
    }
}
