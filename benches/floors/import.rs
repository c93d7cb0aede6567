//! History from elsewhere, against the same rows written by hand: ten thousand tickets to a transaction, nothing read,
//! nothing mapped, nothing encoded, nothing looked for.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pollster::block_on;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use ticketcore::Desk;
use ticketcore::import::Mapping;
use ticketcore_sqlite::{Durability, SqliteOptions, SqliteStore};

use crate::Bench;
use crate::common::latencies::median;
use crate::common::line::{Goal, Line, Pair};
use crate::common::random::Random;
use crate::common::work;
use crate::common::{Error, Result};
use crate::files::CHECKPOINT;
use crate::raw::connect;

/// How many tickets the floor writes in one transaction.
const BULK: usize = 10_000;

const MAPPING: &str = r#"
source = "bench"
id = "id"
at = "changed"
subject = "subject"
description = "description"
requester = "requester"
category = "category"
team = "team"
queue = "queue"
assignee = "agent"
impact = "impact"
urgency = "urgency"
time = { format = "%d-%m-%Y %H:%M", zone = "Europe/Berlin" }
opened = { at = "opened" }
author = { column = "by", otherwise = "bench" }
state = { column = "state", initial = "new", values = { New = "new", Active = "open", Resolved = "resolved", Closed = "closed" } }
fields = { asset = "asset", contract = "contract", floor = "floor", site = "site" }
"#;

/// A log of tickets that are opened, taken up, handed on, solved and closed.
fn log(tickets: usize) -> String {
    let mut random = Random::new(17);
    let mut text =
        "id,opened,changed,by,state,subject,description,requester,category,team,queue,agent,impact,urgency,asset,\
                    contract,floor,site\n"
            .to_owned();
    for id in 0..tickets {
        let (subject, description) = (work::text(&mut random, 60), work::text(&mut random, 500));
        let rest = format!("user-{:04}@example.org,category-{}", random.below(5000), random.below(30),);
        let fields = format!(
            "{},{},laptop-{:06},gold,{},hamburg-{:02}",
            1 + random.below(3),
            1 + random.below(3),
            random.below(1_000_000),
            random.below(40),
            random.below(20),
        );
        let (month, day) = (1 + random.below(12), 1 + random.below(20));
        let (team, queue) = (random.below(19), random.pick(&work::QUEUES));
        for (i, state) in ["New", "Active", "Active", "Resolved", "Closed"].into_iter().enumerate() {
            let agent = if i == 0 { String::new() } else { format!("agent-{}", random.below(3)) };
            let team = team + u64::from(i > 1);
            let _ = writeln!(
                text,
                "{id},{day:02}-{month:02}-2024 08:00,{:02}-{month:02}-2024 {:02}:15,agent-{i},{state},{subject},{description},\
                 {rest},team-{team},{queue},{agent},{fields}",
                day + i as u64,
                9 + i,
            );
        }
    }
    text
}

/// The rows of tickets, as they are to be inserted: of each the statement, by its number, and the values.
struct Bulk {
    inserts: Vec<String>,
    tickets: Vec<Vec<(usize, Vec<Value>)>>,
}

impl Bulk {
    /// Reads back what the library has written.
    fn read(path: &Path) -> Result<Self> {
        // Each with the column that says which ticket a row is of.
        const TABLES: [(&str, &str); 5] = [
            ("ticketcore_ticket", "select row from ticketcore_ticket order by row"),
            ("ticketcore_snapshot", "select row from ticketcore_snapshot order by row"),
            ("ticketcore_event", "select ticket from ticketcore_event order by position"),
            (
                "ticketcore_claim",
                "select t.row from ticketcore_claim c join ticketcore_ticket t on t.id = c.ticket order by c.tenant, c.key",
            ),
            (
                "ticketcore_document",
                "select t.row from ticketcore_document d left join ticketcore_ticket t on t.id = unhex(d.key, '-') \
                 order by d.tenant, d.kind, d.key",
            ),
        ];
        const ORDERS: [&str; 5] = ["row", "row", "position", "tenant, key", "tenant, kind, key"];
        let connection = Connection::open(path)?;
        let mut bulk = Self { inserts: Vec::new(), tickets: Vec::new() };
        for ((table, owners), order) in TABLES.into_iter().zip(ORDERS) {
            let columns = columns(&connection, table)?;
            let marks = vec!["?"; columns.len()].join(", ");
            let names = columns.join(", ");
            bulk.inserts.push(format!("insert into {table} ({names}) values ({marks})"));
            let mut statement = connection.prepare(owners)?;
            let owners: Vec<Option<i64>> =
                statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let mut statement = connection.prepare(&format!("select {names} from {table} order by {order}"))?;
            let count = columns.len();
            let rows = statement.query_map([], |row| (0..count).map(|column| row.get(column)).collect())?;
            for (owner, row) in owners.into_iter().zip(rows) {
                // What is of no ticket was there before.
                let Some(owner) = owner else { continue };
                let place = usize::try_from(owner & ((1 << 40) - 1)).unwrap_or_default() - 1;
                if bulk.tickets.len() <= place {
                    bulk.tickets.resize(place + 1, Vec::new());
                }
                bulk.tickets[place].push((bulk.inserts.len() - 1, row?));
            }
        }
        Ok(bulk)
    }

    fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        for tickets in self.tickets.chunks(BULK) {
            connection.prepare_cached("begin immediate")?.execute([])?;
            for (insert, values) in tickets.iter().flatten() {
                connection.prepare_cached(&self.inserts[*insert])?.execute(params_from_iter(values))?;
            }
            connection.prepare_cached("commit")?.execute([])?;
        }
        Ok(())
    }
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare("select name from pragma_table_info(?1)")?;
    Ok(statement.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn open(path: &Path) -> Result<SqliteStore> {
    Ok(SqliteOptions::new().synchronous(Durability::Normal).checkpoint_pages(CHECKPOINT).open(path)?)
}

/// A desk on a file of its own; one with the tables alone if it is for the floor.
fn desk(path: &Path, published: bool) -> Result<Desk> {
    let desk = Desk::new(Arc::new(open(path)?));
    if published {
        block_on(desk.publish(work::config()))?;
    }
    Ok(desk)
}

pub(crate) fn import(bench: &Bench) -> Result<Vec<Line>> {
    let count = bench.pick(1000, 20_000);
    let text = log(count);
    let mapping: Mapping = toml::from_str(MAPPING)?;
    let (mut stories, mut files, mut archives, mut reads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let rate = |took: Duration| count as f64 / took.as_secs_f64();
    for round in 0..bench.pick(2, 5) {
        let path = |name: &str| bench.files.folder().join(format!("import-{name}-{round}.db"));
        let ours = desk(&path("ours"), true)?;
        let started = Instant::now();
        let plan = block_on(ours.plan_import(&mapping, text.as_bytes()))?;
        let read = started.elapsed();
        if !plan.is_sound() {
            return Err(plan.to_string().into());
        }
        // The rows are known only when they are written, so ours goes first in every round; each has a file of its own.
        let started = Instant::now();
        let imported = block_on(ours.import(&plan).run())?;
        let written = started.elapsed();
        if imported.tickets != count {
            return Err(Error::from("some were left out"));
        }
        let started = Instant::now();
        let mut archive = Vec::new();
        block_on(ours.archive().write(&mut archive))?;
        let out = started.elapsed();
        drop(ours);
        let floor = floor(&path("ours"), &path("floor"))?;
        stories.push(Pair { ours: rate(written), floor: rate(floor) });
        files.push(Pair { ours: rate(read + written), floor: rate(floor) });
        reads.push(Pair { ours: rate(read), floor: rate(read) });

        let other = desk(&path("other"), false)?;
        let started = Instant::now();
        block_on(other.restore().read(&mut Cursor::new(&archive)))?;
        let restored = started.elapsed();
        drop(other);
        let floor = self::floor(&path("other"), &path("other-floor"))?;
        archives.push((Pair { ours: rate(restored), floor: rate(floor) }, rate(out)));
        for name in ["ours", "floor", "other", "other-floor"] {
            bench.files.remove(&path(name))?;
        }
    }
    let restored: Vec<_> = archives.iter().map(|(pair, _)| *pair).collect();
    let events = format!("{} rows of a log, {:.0} MB", 5 * count, text.len() as f64 / 1e6);
    Ok(vec![
        Line::rates(format!("import of {count} tickets, read before"), &stories, Goal::AtLeast(0.5)).note(&events),
        Line::rates(format!("import of {count} tickets, from the file"), &files, Goal::AtLeast(0.5)).note(&events),
        Line::known(
            "import, reading and mapping alone",
            format!("{:.0}/s", median(reads.iter().map(|pair| pair.ours))),
        ),
        Line::known("archive, written", format!("{:.0}/s", median(archives.iter().map(|(_, out)| *out)))),
        Line::rates("archive, brought in", &restored, Goal::AtLeast(0.5)),
    ])
}

/// How long it takes to write the same rows by hand.
fn floor(ours: &Path, path: &Path) -> Result<Duration> {
    let bulk = Bulk::read(ours)?;
    drop(desk(path, false)?);
    let connection = connect(path, Durability::Normal)?;
    connection.execute_batch("insert into ticketcore_tenant values (1, 'x'), (2, 'main') on conflict do nothing")?;
    let started = Instant::now();
    bulk.write(&connection)?;
    Ok(started.elapsed())
}
