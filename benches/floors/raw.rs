//! The floor of all writes: the rows that the library would write, written by hand.
//!
//! First the library makes a list of operations on the floor's own file, in a transaction that is rolled back, and every
//! row of them is read back. Then the floor writes these rows: the same tables, indexes and values to the byte, each
//! operation in one `IMMEDIATE` transaction of prepared statements, with the same pragmas.
//!
//! What the floor does not do is what is to be measured: it decides nothing, encodes nothing, finds no next number, keeps
//! no words for the search, and knows beforehand which columns an update changes, which spares it every index that stays
//! as it is. What it does as well: a transition reads the whole ticket first, and writes only if the version still holds.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pollster::block_on;
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior, params, params_from_iter};
use ticketcore::store::Commit;
use ticketcore::{Command, Desk, Draft, Key, TenantId, TicketId};
use ticketcore_sqlite::{Durability, SqliteOptions, commit_in};

use crate::common::Result;
use crate::common::work;
use crate::files::CHECKPOINT;

/// One operation as rows.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    Create { ticket: Vec<Value>, snapshot: Vec<Value>, event: Vec<Value> },
    Change { id: Value, update: Arc<str>, values: Vec<Value>, snapshot: Vec<Value>, event: Vec<Value> },
}

/// A connection with the pragmas of the adapter's writer.
pub(crate) fn connect(path: &Path, durability: Durability) -> Result<Connection> {
    let connection = Connection::open(path)?;
    // Nobody gives up, however many wait.
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", if durability == Durability::Full { "full" } else { "normal" })?;
    connection.pragma_update(None, "cache_size", -64 * 1024)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    Ok(connection)
}

const INSERT_SNAPSHOT: &str = "insert into ticketcore_snapshot (row, body) values (?1, ?2)";
const UPDATE_SNAPSHOT: &str = "update ticketcore_snapshot set body = ?2 where row = ?1";
// Two statements and no join: SQLite plans that join anew whenever another id is bound.
const FIND: &str = "select row, version from ticketcore_ticket where id = ?1 and tenant = ?2";
const READ: &str = "select body from ticketcore_snapshot where row = ?1";

/// Writes operations, each in a transaction of its own or several in one.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) connection: Connection,
    /// The number of the tenant.
    tenant: i64,
    insert_ticket: String,
    insert_event: String,
}

impl Raw {
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let connection = connect(path, Durability::Full)?;
        let insert_ticket = insert(&connection, "ticketcore_ticket")?;
        let insert_event = insert(&connection, "ticketcore_event")?;
        let tenant = tenant(&connection)?;
        Ok(Self { connection, tenant, insert_ticket, insert_event })
    }

    pub(crate) fn commit(&self, rows: &[Rows]) -> rusqlite::Result<()> {
        self.execute("begin immediate")?;
        rows.iter().try_for_each(|rows| self.write(rows))?;
        self.execute("commit")
    }

    pub(crate) fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Writes one operation in the transaction that is open.
    pub(crate) fn write(&self, rows: &Rows) -> rusqlite::Result<()> {
        let run = |sql: &str, values: &[Value]| {
            let changed = self.connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
            if changed == 1 { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(changed)) }
        };
        match rows {
            Rows::Create { ticket, snapshot, event } => {
                run(&self.insert_ticket, ticket)?;
                run(INSERT_SNAPSHOT, snapshot)?;
                run(&self.insert_event, event)
            }
            Rows::Change { id, update, values, snapshot, event } => {
                let mut find = self.connection.prepare_cached(FIND)?;
                let found: [i64; 2] = find.query_row(params![id, self.tenant], |row| Ok([row.get(0)?, row.get(1)?]))?;
                let mut read = self.connection.prepare_cached(READ)?;
                black_box((found, read.query_row([found[0]], |row| Ok(row.get_ref(0)?.as_str()?.len()))?));
                run(update, values)?;
                run(UPDATE_SNAPSHOT, snapshot)?;
                run(&self.insert_event, event)
            }
        }
    }
}

fn tenant(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "select no from ticketcore_tenant where name = ?1";
    connection.prepare_cached(sql)?.query_row([TenantId::MAIN.as_str()], |row| row.get(0))
}

/// The statement that writes a row of a table with all that is stored of it.
fn insert(connection: &Connection, table: &str) -> Result<String> {
    let columns = columns(connection, table)?;
    let marks = vec!["?"; columns.len()].join(", ");
    Ok(format!("insert into {table} ({}) values ({marks})", columns.join(", ")))
}

/// The columns that are stored; those computed from others are not among them.
fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare("select name from pragma_table_info(?1)")?;
    Ok(statement.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Makes rows of operations on a file, and leaves the file as it was.
#[derive(Debug)]
pub(crate) struct Recorder {
    connection: Connection,
    desk: Desk,
    ticket: Vec<String>,
    updates: HashMap<String, Arc<str>>,
}

impl Recorder {
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let desk = Desk::new(Arc::new(SqliteOptions::new().open(path)?)).by(work::agent());
        let connection = connect(path, Durability::Normal)?;
        let ticket = columns(&connection, "ticketcore_ticket")?;
        Ok(Self { connection, desk, ticket, updates: HashMap::new() })
    }

    pub(crate) fn creates(&mut self, drafts: &[Draft]) -> Result<Vec<Rows>> {
        let (connection, desk) = (&mut self.connection, &self.desk);
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut made = Vec::new();
        for draft in drafts {
            let commit = block_on(desk.prepare_open(draft.clone()))?.ok_or("a draft opened nothing")?;
            let row = commit_to(&mut transaction, &commit)?;
            let (snapshot, event) = around(&transaction, &row)?;
            made.push(Rows::Create { ticket: read(&transaction, "ticketcore_ticket", "row", &row)?, snapshot, event });
        }
        Ok(made)
    }

    /// Each on a ticket of its own, as every one is decided on the file as it is.
    pub(crate) fn moves(&mut self, moves: &[(TicketId, Key)]) -> Result<Vec<Rows>> {
        let Self { connection, desk, ticket, updates } = self;
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut made = Vec::new();
        for (id, key) in moves {
            let commit = block_on(desk.prepare(*id, Command::Move(key.clone())))?.ok_or("a move changed nothing")?;
            let row = find(&transaction, *id)?;
            let before = read(&transaction, "ticketcore_ticket", "row", &row)?;
            commit_to(&mut transaction, &commit)?;
            let after = read(&transaction, "ticketcore_ticket", "row", &row)?;
            let mut sets = Vec::new();
            let mut values = Vec::new();
            for ((column, before), after) in ticket.iter().zip(&before).zip(after) {
                if *before != after {
                    sets.push(format!("{column} = ?"));
                    values.push(after);
                }
            }
            let update = format!("update ticketcore_ticket set {} where row = ? and version = ?", sets.join(", "));
            let update = updates.entry(update).or_insert_with_key(|sql| sql.as_str().into());
            let version = commit.changes.first().map_or(0, |change| change.expected.0);
            values.extend([row.clone(), Value::Integer(version)]);
            let (snapshot, event) = around(&transaction, &row)?;
            let id = Value::Blob(id.0.as_bytes().to_vec());
            made.push(Rows::Change { id, update: Arc::clone(update), values, snapshot, event });
        }
        Ok(made)
    }
}

/// Commits inside a transaction and returns the row of the ticket.
fn commit_to(transaction: &mut Transaction<'_>, commit: &Commit) -> Result<Value> {
    commit_in(transaction, commit)?;
    let change = commit.changes.first().ok_or("a commit without a change")?;
    find(transaction, change.ticket.id)
}

fn find(connection: &Connection, id: TicketId) -> Result<Value> {
    let sql = "select row from ticketcore_ticket where id = ?1 and tenant = ?2";
    Ok(connection.prepare_cached(sql)?.query_row(params![id.0.as_bytes(), tenant(connection)?], |row| row.get(0))?)
}

/// The snapshot of a ticket and the last event of all.
fn around(connection: &Connection, row: &Value) -> Result<(Vec<Value>, Vec<Value>)> {
    let last = connection.query_row("select max(position) from ticketcore_event", [], |row| row.get::<_, Value>(0))?;
    Ok((read(connection, "ticketcore_snapshot", "row", row)?, read(connection, "ticketcore_event", "position", &last)?))
}

fn read(connection: &Connection, table: &str, key: &str, value: &Value) -> Result<Vec<Value>> {
    let columns = columns(connection, table)?.join(", ");
    let mut statement = connection.prepare_cached(&format!("select {columns} from {table} where {key} = ?1"))?;
    let count = statement.column_count();
    Ok(statement.query_row([value], |row| (0..count).map(|column| row.get(column)).collect())?)
}
