//! Reading an archive: each part in its place, whole, and as it was sealed. What is wrong is named with its line.

use std::collections::HashSet;
use std::io::BufRead;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::line::{Archive, Document, End, Event, FORMAT, File, Head, Line};
use crate::codec::decode_event;
use crate::engine::folded;
use crate::event::{Event as Happened, Fact, Recorded};
use crate::fault::Fault;
use crate::id::{Position, TenantId, TicketId, Version};
use crate::seal::{self, Digest};
use crate::ticket::Ticket;

/// A part of an archive.
#[derive(Debug)]
pub(crate) enum Part {
    Document(Document),
    Ticket(Box<Told>),
    File(File),
    End(End),
}

/// A ticket with all that happened to it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) head: Head,
    pub(crate) facts: Vec<Fact>,
    /// What they make.
    pub(crate) ticket: Ticket,
}

/// Reads the parts of an archive in their order, one ticket at a time, for a tenant.
pub(crate) struct Reader<R> {
    source: R,
    tenant: TenantId,
    /// The tenant that it was written of.
    from: TenantId,
    buffer: Vec<u8>,
    line: u64,
    hash: Sha256,
    seen: End,
    ids: HashSet<TicketId>,
    last: Option<(String, String)>,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line; the archive must be of a format that is known.
    pub(crate) fn new(source: R, tenant: TenantId) -> Result<(Self, Archive), Fault> {
        let seen = End { documents: 0, tickets: 0, events: 0, files: 0, digest: Digest([0; 32]) };
        let mut reader = Self {
            source,
            from: tenant.clone(),
            tenant,
            buffer: Vec::new(),
            line: 0,
            hash: Sha256::new(),
            seen,
            ids: HashSet::new(),
            last: None,
            ended: false,
        };
        let archive = match reader.read()? {
            Some(Line::Archive(archive)) => archive,
            Some(other) => return Err(reader.fault(format!("is `{}`; an archive begins with `archive`", other.name()))),
            None => return Err(Fault::new("line 1", "is not there: the file is empty")),
        };
        if archive.format > FORMAT || archive.format == 0 {
            let problem = format!("has format {}, this release knows up to {FORMAT}", archive.format);
            return Err(reader.fault(problem));
        }
        reader.from.clone_from(&archive.tenant);
        Ok((reader, archive))
    }

    /// The line that was read last.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// The next part; nothing behind the end.
    pub(crate) fn next(&mut self) -> Result<Option<Part>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let Some(line) = self.read()? else {
            let problem = "is not there: the archive is cut off, it has no `end`";
            return Err(Fault::new(format!("line {}", self.line + 1), problem));
        };
        Ok(Some(match line {
            Line::Document(document) => self.document(document)?,
            Line::Ticket(head) => self.ticket(head)?,
            Line::File(file) => {
                self.seen.files += 1;
                Part::File(file)
            }
            Line::End(end) => self.end(end)?,
            Line::Archive(_) | Line::Event(_) => {
                return Err(self.fault(format!("is `{}`, which does not belong here", line.name())));
            }
        }))
    }

    fn document(&mut self, document: Document) -> Result<Part, Fault> {
        if self.seen.tickets > 0 {
            return Err(self.fault("is `document`, which belongs before all tickets"));
        }
        let place = (document.kind.to_string(), document.key.clone());
        if self.last.as_ref().is_some_and(|last| *last == place) {
            return Err(self.fault(format!("has the document {} {} for a second time", place.0, place.1)));
        }
        self.last = Some(place);
        self.seen.documents += 1;
        Ok(Part::Document(document))
    }

    fn ticket(&mut self, head: Head) -> Result<Part, Fault> {
        let start = self.line;
        let at = |problem: String| Fault::new(format!("line {start}"), problem);
        self.seen.tickets += 1;
        if u64::try_from(head.number) != Ok(self.seen.tickets) {
            return Err(at(format!("has number {}, and {} is the next", head.number, self.seen.tickets)));
        }
        if !self.ids.insert(head.id) {
            return Err(at(format!("has the ticket {} for a second time", head.id)));
        }
        if let Some(claim) =
            head.claims.iter().find(|claim| !claim.starts_with("alert/") && !claim.starts_with("import/"))
        {
            return Err(at(format!("claims `{claim}`, which is neither of an alert nor of an import")));
        }
        let mut facts: Vec<Fact> = Vec::new();
        for _ in 0..head.events {
            let event = match self.read()? {
                Some(Line::Event(event)) => event,
                Some(other) => {
                    let problem = format!(
                        "is `{}`; {} events of the ticket are missing",
                        other.name(),
                        head.events - facts.len() as u64
                    );
                    return Err(self.fault(problem));
                }
                None => {
                    return Err(Fault::new(format!("line {}", self.line + 1), "is not there: the archive is cut off"));
                }
            };
            let fact = self.fact(event)?;
            if facts.last().is_some_and(|last| last.at > fact.at) {
                return Err(self.fault("is earlier than the event before it"));
            }
            if facts.is_empty() != matches!(fact.event, Happened::Opened(_)) {
                return Err(self.fault("is out of place: a ticket has one opening, its first event"));
            }
            facts.push(fact);
            self.seen.events += 1;
        }
        let Some(ticket) = folded(&self.tenant, head.id, &facts) else {
            return Err(at("has no events".to_owned()));
        };
        let ticket = Ticket { number: head.number, ..ticket };
        if facts.iter().any(|fact| fact.seal.is_some()) {
            // A seal is of the tenant for which it was made.
            if self.from != self.tenant {
                return Err(at(format!("is sealed for tenant `{}`, and cannot be of `{}`", self.from, self.tenant)));
            }
            let history = self.recorded(head.id, &facts);
            if let Err((version, flaw)) = seal::check(&ticket, &history) {
                let line = start.saturating_add_signed(version.0);
                return Err(Fault::new(format!("line {line}"), format!("version {version} of the ticket: {flaw}")));
            }
        }
        Ok(Part::Ticket(Box::new(Told { head, facts, ticket })))
    }

    fn fact(&self, event: Event) -> Result<Fact, Fault> {
        let Event { at, by, form, event, text, seal } = event;
        let event = decode_event(form, event.get()).map_err(|error| {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            self.fault(format!("{error}{source}"))
        })?;
        Ok(Fact { at, by, event, text, seal })
    }

    fn recorded(&self, ticket: TicketId, facts: &[Fact]) -> Vec<Recorded> {
        let record = |(fact, version): (&Fact, i64)| Recorded {
            tenant: self.tenant.clone(),
            ticket,
            version: Version(version),
            position: Position(version),
            at: fact.at,
            by: fact.by.clone(),
            event: fact.event.clone(),
            text: fact.text.clone(),
            seal: fact.seal,
        };
        facts.iter().zip(1..).map(record).collect()
    }

    fn end(&mut self, end: End) -> Result<Part, Fault> {
        self.ended = true;
        for (what, said, found) in [
            ("documents", end.documents, self.seen.documents),
            ("tickets", end.tickets, self.seen.tickets),
            ("events", end.events, self.seen.events),
            ("files", end.files, self.seen.files),
        ] {
            if said != found {
                return Err(self.fault(format!("says that there are {said} {what}, and there are {found}")));
            }
        }
        if end.digest != self.seen.digest {
            return Err(self.fault("has the digest of other lines: the archive is not as it was written"));
        }
        if let Some(line) = self.read()? {
            return Err(self.fault(format!("is `{}`, and the archive has ended", line.name())));
        }
        Ok(Part::End(end))
    }

    /// Reads a line; nothing at the end of the file.
    fn read(&mut self) -> Result<Option<Line>, Fault> {
        self.buffer.clear();
        self.line += 1;
        let read = self.source.read_until(b'\n', &mut self.buffer);
        let length = read.map_err(|error| self.fault(format!("cannot be read: {error}")))?;
        if length == 0 {
            self.line -= 1;
            return Ok(None);
        }
        let text = std::str::from_utf8(&self.buffer)
            .map_err(|error| self.fault(format!("is not UTF-8 at byte {}", error.valid_up_to())))?;
        let unreadable = |error: serde_json::Error| {
            self.fault(format!("is no line of an archive, at column {}: {}", error.column(), reason(&error)))
        };
        let line: Line = serde_json::from_str(text).map_err(unreadable)?;
        if text.contains("\\u0000") && holds_nul(&serde_json::from_str(text).map_err(unreadable)?) {
            return Err(self.fault("holds a NUL character"));
        }
        if let Line::End(_) = line {
            self.seen.digest = Digest(std::mem::take(&mut self.hash).finalize().into());
        } else {
            self.hash.update(&self.buffer);
        }
        Ok(Some(line))
    }

    fn fault(&self, problem: impl Into<String>) -> Fault {
        Fault::new(format!("line {}", self.line), problem)
    }
}

/// What serde says, without the place, which is of the line alone.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
