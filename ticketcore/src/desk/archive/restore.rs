//! An archive into a tenant: checked as a whole first, then written, documents before tickets, a few hundred to a commit.

use std::fmt;
use std::io::{BufRead, Cursor, Seek, SeekFrom};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::CONFIG;
use crate::archive::{self, End, Part, Reader, Told};
use crate::desk::agenda::AGENDA;
use crate::desk::import::Compared;
use crate::desk::news::RESTORED;
use crate::desk::rules::{DESK, compile};
use crate::desk::{Desk, Error};
use crate::engine::{Refusal, marks};
use crate::fault::Fault;
use crate::id::{TenantId, Version};
use crate::import::{Story, root};
use crate::query::{Filter, Order, Query, Sort};
use crate::seal::Digest;
use crate::store::{Change, Claim, Commit, Document, Write};

/// How many tickets or documents share a commit.
const CHUNK: usize = 200;

/// An archive about to be brought into a tenant, made ready by its methods and read by [`read`](Self::read).
#[must_use = "nothing is done until it is read"]
pub struct Restore<'a> {
    desk: &'a Desk,
    dry: bool,
    progress: Option<Progress<'a>>,
}

type Progress<'a> = Box<dyn FnMut(u64, u64) + Send + 'a>;

/// What bringing an archive in came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What is in the archive.
    pub archive: End,
    /// How many tickets were brought in; in a dry run, how many would have been.
    pub tickets: u64,
    /// How many were there already.
    pub unchanged: u64,
}

impl Desk {
    /// Prepares to bring an [archive](crate::archive#the-format) into the tenant, which must be empty, or hold what an
    /// earlier try has brought in of the same archive.
    pub fn restore(&self) -> Restore<'_> {
        Restore { desk: self, dry: false, progress: None }
    }

    /// Compares an archive with the tenant: how many tickets and events there are, the digests of every ticket's history,
    /// documents and files. `progress` is told how many tickets it is done with.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [import](crate::Capability::Import) everywhere, or if the archive is not as
    /// it was written; [`Error::Store`] if storage fails. What differs is no error but the answer.
    pub async fn verify_archive<R: BufRead + Send>(
        &self,
        archive: R,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Compared, Error> {
        self.may_import(&*self.rulebook().await?)?;
        let (mut reader, _) = Reader::new(archive, self.tenant.clone()).map_err(refused)?;
        let mut file: Vec<(String, Digest)> = Vec::new();
        let mut there: Vec<(String, Digest)> = Vec::new();
        let (mut missing, mut differing, mut events_there) = (Vec::new(), Vec::new(), 0);
        while let Some(part) = reader.next().map_err(refused)? {
            match part {
                Part::Document(archive::Document { kind, key, at: _, body }) => {
                    match self.core.store.document(&self.tenant, &kind, &key).await? {
                        None => missing.push(format!("document {kind} {key}")),
                        Some(found) if found.body != body => differing.push(format!("document {kind} {key}")),
                        Some(_) => {}
                    }
                }
                Part::File(archive::File { digest, .. }) => {
                    if self.core.store.blob(&self.tenant, &digest).await?.is_none() {
                        missing.push(format!("file {digest}"));
                    }
                }
                Part::Ticket(told) => {
                    let name = told.head.id.to_string();
                    let history =
                        self.core.store.history(&self.tenant, told.head.id, Version(0), told.facts.len()).await?;
                    let digest = Story::digest_of_facts(&told.facts);
                    file.push((name.clone(), digest));
                    if history.is_empty() {
                        missing.push(format!("ticket {name}"));
                        continue;
                    }
                    let found = Story::digest_of(&history);
                    events_there += history.len() as u64;
                    if found != digest {
                        differing.push(format!("ticket {name}"));
                    }
                    there.push((name, found));
                    if file.len().is_multiple_of(CHUNK) {
                        progress(file.len() as u64);
                    }
                }
                Part::End(end) => {
                    let rooted = |all: &[(String, Digest)]| root(all.iter().map(|(name, one)| (name.as_str(), *one)));
                    return Ok(Compared {
                        tickets: file.len(),
                        events: end.events,
                        tickets_there: there.len(),
                        events_there,
                        digest: rooted(&file),
                        digest_there: rooted(&there),
                        missing,
                        differing,
                    });
                }
            }
        }
        Err(refused(Fault::new("archive", "has no end")))
    }
}

impl<'a> Restore<'a> {
    /// Only checks the archive, and whether it can be brought in; writes nothing.
    pub const fn dry_run(mut self) -> Self {
        self.dry = true;
        self
    }

    /// Is told how many tickets it is done with, of how many, after every commit.
    pub fn progress(mut self, tell: impl FnMut(u64, u64) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Reads the archive and brings it in. It is read more than once: first all of it is checked, and nothing is written if
    /// any of it is not as it was written.
    ///
    /// If it stops on the way, the same call goes on where it was. Nothing else should write to the tenant meanwhile. What
    /// the policies have due when it is there is done by the next tick, as after any time in which nobody ticked: this is the
    /// same desk, in another place.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [import](crate::Capability::Import) everywhere; if the archive is not as it
    /// was written, with the line; if it is sealed and of a tenant of another name, as a seal is of its tenant; or if the
    /// tenant has anything that is not in the archive. [`Error::Unsound`] if a configuration in it cannot be used here.
    /// [`Error::Store`] if storage fails.
    pub async fn read<R: BufRead + Seek + Send>(self, archive: &mut R) -> Result<Restored, Error> {
        let Self { desk, dry, mut progress } = self;
        desk.may_import(&*desk.rulebook().await?)?;
        let start = archive.stream_position()?;
        let end = check(&desk.tenant, &mut *archive)?;
        archive.seek(SeekFrom::Start(start))?;
        let there = desk.compare(&mut *archive, &end).await?;
        let restored = Restored { archive: end, tickets: end.tickets - there, unchanged: there };
        if dry {
            return Ok(restored);
        }
        archive.seek(SeekFrom::Start(start))?;
        let (mut reader, _) = Reader::new(&mut *archive, desk.tenant.clone()).map_err(refused)?;
        let mut documents = Vec::new();
        let mut tickets: Vec<Told> = Vec::new();
        let mut announced = false;
        while let Some(part) = reader.next().map_err(refused)? {
            match part {
                Part::Document(document) => {
                    documents.push(document);
                    if documents.len() == CHUNK {
                        desk.put_documents(std::mem::take(&mut documents)).await?;
                    }
                }
                Part::Ticket(told) => {
                    if !announced {
                        desk.put_documents(std::mem::take(&mut documents)).await?;
                        desk.take_up().await?;
                        announced = true;
                    }
                    if told.head.number.cast_unsigned() > there {
                        tickets.push(*told);
                    }
                    if tickets.len() == CHUNK {
                        let done = last_number(&tickets);
                        desk.put_tickets(std::mem::take(&mut tickets)).await?;
                        if let Some(tell) = &mut progress {
                            tell(done, end.tickets);
                        }
                    }
                }
                Part::File(file) => desk.put_file(&file, reader.line()).await?,
                Part::End(_) => {}
            }
        }
        if !announced {
            desk.put_documents(documents).await?;
            desk.take_up().await?;
        }
        desk.put_tickets(tickets).await?;
        if let Some(tell) = &mut progress {
            tell(end.tickets, end.tickets);
        }
        desk.core.rosters.forget(&desk.tenant);
        Ok(restored)
    }
}

impl fmt::Debug for Restore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restore").field("dry", &self.dry).finish_non_exhaustive()
    }
}

/// The number of the last.
fn last_number(tickets: &[Told]) -> u64 {
    tickets.last().map_or(0, |last| last.head.number.cast_unsigned())
}

/// Checks a whole archive, before anything is written.
fn check<R: BufRead>(tenant: &TenantId, archive: R) -> Result<End, Error> {
    let (mut reader, _) = Reader::new(archive, tenant.clone()).map_err(refused)?;
    loop {
        match reader.next().map_err(refused)? {
            Some(Part::Document(archive::Document { kind, key, at, body })) if kind == CONFIG => {
                compile(&Document { kind, key, version: Version(1), at, body })?;
            }
            Some(Part::File(file)) => drop(bytes(&file, reader.line())?),
            Some(Part::Document(_) | Part::Ticket(_)) => {}
            Some(Part::End(end)) => return Ok(end),
            None => return Err(refused(Fault::new("archive", "has no end"))),
        }
    }
}

/// The bytes of a file, if they are those of its digest.
fn bytes(file: &archive::File, line: u64) -> Result<Vec<u8>, Error> {
    let fault = |problem: &str| refused(Fault::new(format!("line {line}"), problem));
    let bytes = STANDARD.decode(&file.base64).map_err(|error| fault(&format!("is no base64: {error}")))?;
    if bytes.len() as u64 != file.size || Digest::of(&bytes).to_string() != file.digest {
        return Err(fault("has other bytes than its digest says"));
    }
    Ok(bytes)
}

fn refused(fault: Fault) -> Error {
    Refusal::Invalid { faults: vec![fault] }.into()
}

impl Desk {
    /// Makes sure that the tenant has nothing that is not in an archive, and tells how many of its tickets it has.
    async fn compare<R: BufRead>(&self, archive: R, end: &End) -> Result<u64, Error> {
        let order = Order { by: Sort::Number, descending: true };
        let newest = self.core.store.find(&self.tenant, &Query::new(Filter::all()).order(order).limit(1)).await?;
        let there = newest.tickets.first().map_or(0, |ticket| ticket.number.cast_unsigned());
        if end.tickets < there {
            let problem = format!("has {} tickets, and the tenant has {there}{EMPTY}", end.tickets);
            return Err(refused(Fault::new("archive", problem)));
        }
        let (mut reader, _) = Reader::new(archive, self.tenant.clone()).map_err(refused)?;
        while let Some(part) = reader.next().map_err(refused)? {
            let line = reader.line();
            match part {
                Part::Document(archive::Document { kind, key, at: _, body }) => {
                    let found = self.core.store.document(&self.tenant, &kind, &key).await?;
                    if found.is_some_and(|found| found.body != body) {
                        let problem = format!("the tenant has another document {kind} {key}");
                        return Err(refused(Fault::new(format!("line {line}"), problem + EMPTY)));
                    }
                }
                Part::Ticket(told) if told.head.number.cast_unsigned() <= there => {
                    let (id, limit) = (told.head.id, told.facts.len());
                    let history = self.core.store.history(&self.tenant, id, Version(0), limit).await?;
                    if Story::digest_of(&history) != Story::digest_of_facts(&told.facts) {
                        let line = line - told.head.events;
                        let problem = format!("the tenant has another ticket number {}", told.head.number);
                        return Err(refused(Fault::new(format!("line {line}"), problem + EMPTY)));
                    }
                }
                // All that follows is new.
                Part::Ticket(_) => break,
                Part::File(_) | Part::End(_) => {}
            }
        }
        Ok(there)
    }

    /// Writes documents that are not there yet.
    async fn put_documents(&self, documents: Vec<archive::Document>) -> Result<(), Error> {
        let mut writes = Vec::with_capacity(documents.len());
        for archive::Document { kind, key, at, body } in documents {
            if self.core.store.document(&self.tenant, &kind, &key).await?.is_none() {
                writes.push(Write { kind, key, expected: Version(0), at, body: Some(body) });
            }
        }
        if !writes.is_empty() {
            self.core.commit(Commit::documents(self.tenant.clone(), writes)).await?;
        }
        Ok(())
    }

    /// Puts the configuration that came with the documents into force.
    async fn take_up(&self) -> Result<(), Error> {
        self.forget_rules();
        let rulebook = self.rulebook().await?;
        self.make_known(rulebook.now()).await?;
        // Receipts may have come along, which expire.
        let revision = rulebook.now().revision.to_string();
        Ok(self.put(&DESK, AGENDA, self.tenant.as_str(), revision).await?)
    }

    async fn put_tickets(&self, tickets: Vec<Told>) -> Result<(), Error> {
        if tickets.is_empty() {
            return Ok(());
        }
        let rulebook = self.rulebook().await?;
        let at = self.now();
        let mut commit = Commit::new(self.tenant.clone());
        let mut numbers = Vec::with_capacity(tickets.len());
        for told in tickets {
            let Told { head, facts, ticket } = told;
            // The mark that its events are no news.
            let body = Some(format!("{{\"events\":{}}}", ticket.version));
            let key = head.id.to_string();
            commit.documents.push(Write { kind: RESTORED, key, expected: Version(0), at, body });
            let claims = head.claims.into_iter().map(|key| Claim { key, from: None, to: Some(head.id) }).collect();
            let marks = marks(&rulebook, &ticket);
            let ticket = Arc::new(ticket);
            commit.changes.push(Change { expected: Version(0), ticket, facts, marks, claims, erased: Vec::new() });
            numbers.push(head.number);
        }
        let stored = self.core.commit(commit).await?;
        match stored.iter().zip(numbers).find(|(ticket, number)| ticket.number != *number) {
            None => Ok(()),
            Some((ticket, number)) => {
                let problem = format!("became number {}, as somebody else opens tickets of the tenant", ticket.number);
                Err(refused(Fault::new(format!("ticket {number}"), problem)))
            }
        }
    }

    async fn put_file(&self, file: &archive::File, line: u64) -> Result<(), Error> {
        let bytes = bytes(file, line)?;
        self.core.store.put_blob(&self.tenant, Box::new(Cursor::new(bytes))).await?;
        Ok(())
    }
}

const EMPTY: &str = "; an archive goes into a tenant that is empty, or has the beginning of it";
