//! A commit, inside a transaction.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use ticketcore::id::{TicketId, Version};
use ticketcore::store::{Change, Commit, Conflict, Expect, StoreError};
use ticketcore::ticket::Ticket;

use crate::encoded::{Encoded, encode};
use crate::error::{Error, Result};
use crate::rows::Found;
use crate::writer::Writer;
use crate::{claim, document, log, rows, search, tenant};

/// Writes a commit inside the caller's own transaction: the tickets stand or fall with what else the caller writes.
///
/// The connection may be any on a database that has the tables ([`migrate`](crate::migrate)). Begin the transaction
/// `IMMEDIATE`; one that reads first and writes later fails if others wrote between. After an error the commit has left
/// nothing behind, and the transaction can go on.
///
/// # Errors
///
/// Those of [`Store::commit`](ticketcore::store::Store::commit).
///
/// # Examples
///
/// ```
/// use ticketcore::id::TenantId;
/// use ticketcore::store::Commit;
/// use ticketcore_sqlite::rusqlite::{Connection, TransactionBehavior};
///
/// let mut connection = Connection::open_in_memory()?;
/// ticketcore_sqlite::migrate(&mut connection)?;
/// connection.execute_batch("create table orders (number integer)")?;
///
/// // `Desk::prepare` makes commits of commands; this one does nothing.
/// let commit = Commit::new(TenantId::MAIN);
/// let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
/// transaction.execute("insert into orders values (7)", [])?;
/// ticketcore_sqlite::commit_in(&mut transaction, &commit)?;
/// transaction.commit()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn commit_in(transaction: &mut Transaction<'_>, commit: &Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
    let encoded = encode(commit)?;
    let savepoint = transaction.savepoint().map_err(Error::from)?;
    let numbers = write(&savepoint, commit, &encoded)?;
    savepoint.commit().map_err(Error::from)?;
    let tickets = commit.changes.iter().map(|change| Arc::clone(&change.ticket));
    Ok(tickets.zip(numbers).map(|(ticket, number)| numbered(ticket, number)).collect())
}

/// Writes a commit, and does as much as possible beside the writer, for whom others may wait: texts are made before, and
/// tickets get their numbers, and memory is freed, afterwards.
pub(crate) async fn commit(writer: &Writer, commit: Commit) -> Result<Vec<Arc<Ticket>>, StoreError> {
    let encoded = encode(&commit)?;
    let shared = Arc::new((commit, encoded));
    let work = Arc::clone(&shared);
    let numbers = writer.run(move |transaction| write(transaction, &work.0, &work.1)).await?;
    let (commit, _) = Arc::unwrap_or_clone(shared);
    let tickets = commit.changes.into_iter().map(|change| change.ticket);
    Ok(tickets.zip(numbers).map(|(ticket, number)| numbered(ticket, number)).collect())
}

/// Writes a commit and returns the numbers of its tickets. Checks everything before it writes anything.
pub(crate) fn write(transaction: &Connection, commit: &Commit, encoded: &[Encoded]) -> Result<Vec<i64>> {
    let mut tenant = tenant::find(transaction, &commit.tenant)?;
    let found = check(transaction, tenant, commit)?;
    if tenant == tenant::UNKNOWN && !(commit.changes.is_empty() && commit.documents.is_empty()) {
        tenant = tenant::insert(transaction, &commit.tenant)?;
    }
    let mut next = None;
    let mut numbers = Vec::with_capacity(found.len());
    for ((change, encoded), found) in commit.changes.iter().zip(encoded).zip(found) {
        let row = match found {
            Some(found) => {
                rows::update(transaction, &found, change, encoded)?;
                if log::erase(transaction, found.row, &change.erased)? {
                    search::renew(transaction, found.row)?;
                }
                found.row
            }
            None => {
                let row = next.map_or_else(|| next_row(transaction, tenant), Ok)?;
                rows::insert(transaction, row, change, encoded)?;
                next = Some(row + 1);
                row
            }
        };
        log::append(transaction, row, change, encoded)?;
        for claim in &change.claims {
            claim::swap(transaction, tenant, claim, change.ticket.version)?;
        }
        numbers.push(rows::number(row));
    }
    for write in &commit.documents {
        document::write(transaction, tenant, write)?;
    }
    Ok(numbers)
}

/// Checks that all a commit rests on holds, and finds the rows it changes.
fn check(transaction: &Connection, tenant: i64, commit: &Commit) -> Result<Vec<Option<Found>>> {
    for expect in &commit.expect {
        match expect {
            Expect::Ticket(id, expected) => {
                let sql = "select version from ticketcore_ticket where id = ?1 and tenant = ?2";
                let mut statement = transaction.prepare_cached(sql)?;
                let found = statement.query_row(params![rows::bytes(id), tenant], |row| row.get(0)).optional()?;
                at_version(*id, *expected, found.map(Version))?;
            }
            Expect::Document { kind, key, version } => document::at_version(transaction, tenant, kind, key, *version)?,
        }
    }
    let mut find = transaction.prepare_cached(rows::FIND)?;
    let find = |change: &Change| {
        let id = change.ticket.id;
        let found = find.query_row(params![rows::bytes(&id), tenant], |row| rows::found(row, change)).optional()?;
        at_version(id, change.expected, found.as_ref().map(|found| found.version))?;
        Ok(found)
    };
    let found = commit.changes.iter().map(find).collect::<Result<_>>()?;
    claim::check(transaction, tenant, &commit.changes)?;
    document::check(transaction, tenant, &commit.documents)?;
    Ok(found)
}

fn at_version(id: TicketId, expected: Version, found: Option<Version>) -> Result<()> {
    match found.unwrap_or_default() {
        found if found == expected => Ok(()),
        found => Err(Conflict::Ticket { id, expected, found }.into()),
    }
}

/// The row one above the highest the tenant ever used; tickets are never deleted.
fn next_row(transaction: &Connection, tenant: i64) -> Result<i64> {
    let sql = "select coalesce(max(row), ?1) + 1 from ticketcore_ticket where row between ?1 and ?2";
    Ok(transaction.prepare_cached(sql)?.query_row(rows::of(tenant), |row| row.get(0))?)
}

/// Gives a ticket its number; without a copy, if the caller kept no other reference.
fn numbered(mut ticket: Arc<Ticket>, number: i64) -> Arc<Ticket> {
    if ticket.number != number {
        Arc::make_mut(&mut ticket).number = number;
    }
    ticket
}
