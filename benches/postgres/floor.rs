//! The floor: the same rows written by pgbench.

use std::fs;
use std::process::Command;

use crate::common::Result;
use crate::server::Bench;

/// How a script writes: one statement, or several in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    Several,
}

/// How many tickets there are to copy from. With the same words each time, the index of words would have little to do.
const SAMPLES: usize = 1000;

/// Makes the floor's schema: the tables and rows of ours, a sequence for numbers, samples to write, and tickets to pick
/// from.
pub(crate) fn prepare(bench: &Bench) -> Result<()> {
    bench.execute("create schema floor")?;
    for table in ["ticket", "snapshot", "event", "words"] {
        bench.execute(&format!(
            "create table floor.{table} (like ticketcore.{table} including all); \
             insert into floor.{table} select * from ticketcore.{table}"
        ))?;
    }
    // Without it the planner takes the copies for empty, and joins them row by row.
    bench.execute("analyze")?;
    let tickets = bench.tickets;
    bench.execute(&format!(
        "create sequence floor.numbers start {next}; \
         create table floor.pick as select row_number() over () as no, id from floor.ticket where open; \
         alter table floor.pick add primary key (no); \
         create table floor.sample as select row_number() over () as no, s.body, w.words, e.event, e.text, e.said, m.event as moved, t.* \
           from (select * from floor.ticket where open order by id limit {SAMPLES}) t \
           join floor.snapshot s using (tenant, id) join floor.words w using (tenant, id) \
           join floor.event e on e.tenant = t.tenant and e.ticket = t.id and e.version = 1, \
           lateral (select event from floor.event where event like '{{\"moved\"%' limit 1) m; \
         alter table floor.sample add primary key (no)",
        next = tickets + 1
    ))?;
    bench.execute("vacuum analyze")
}

/// The place of an event in the log, as ours has it but for the base, which is 0.
const POSITION: &str = "((pg_current_xact_id()::text)::bigint << 19)";
const NOW: &str = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

/// A script that opens a ticket.
pub(crate) fn create(bench: &Bench, form: Form) -> Result<String> {
    let columns = bench.texts(
        "select column_name::text from information_schema.columns \
         where table_schema = 'floor' and table_name = 'ticket' order by ordinal_position",
    )?;
    let value = |column: &String| match column.as_str() {
        "id" => "i.id".to_owned(),
        "number" => "i.number".to_owned(),
        "created" | "updated" => "i.now".to_owned(),
        "due" | "wake" => "i.now + 3600000000".to_owned(),
        other => format!("c.{other}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let inserts = [
        format!("insert into floor.ticket ({}) select {} from c, i", columns.join(", "), values.join(", ")),
        "insert into floor.snapshot (tenant, id, number, body) select c.tenant, i.id, i.number, c.body from c, i"
            .to_owned(),
        format!(
            "insert into floor.event (ticket, version, position, at, form, tenant, by, by_kind, event, text, said) \
             select i.id, 1, {POSITION}, i.now, 1, c.tenant, 'ada', 'agent', c.event, c.text, c.said from c, i"
        ),
        "insert into floor.words (tenant, id, words) select c.tenant, i.id, c.words from c, i".to_owned(),
    ];
    // Ids that sort by the time of their making, as ours do.
    let id = format!("(lpad(to_hex({NOW}), 16, '0') || substr(md5(random()::text), 1, 16))::uuid");
    let sample = "select * from floor.sample where no = :sample";
    let set = format!("\\set sample random(1, {SAMPLES})\n");
    Ok(match form {
        Form::One => {
            let parts: Vec<String> = inserts.iter().zip(1..).map(|(insert, n)| format!("w{n} as ({insert})")).collect();
            format!(
                "{set}with c as materialized ({sample}), i as materialized (select {id} as id, nextval('floor.numbers') as number, {NOW} as now), \
                 {} select 1;\n",
                parts.join(", ")
            )
        }
        Form::Several => {
            let i = "(select :id::uuid as id, :number::bigint as number, :now::bigint as now) i";
            let statements: Vec<String> = inserts
                .iter()
                .map(|insert| insert.replace("from c, i", &format!("from ({sample}) c, {i}")) + ";\n")
                .collect();
            format!(
                "{set}begin;\nselect {id} as id, nextval('floor.numbers') as number, {NOW} as now \\gset\n{}commit;\n",
                statements.concat()
            )
        }
    })
}

/// A script that reads a ticket and moves it. Two clients may pick one: then the slower one's event is dropped.
pub(crate) fn transition(bench: &Bench, form: Form) -> String {
    let open = bench.tickets * 6 / 10;
    let read = "select s.body, t.version, t.id from floor.ticket t join floor.snapshot s using (tenant, id) \
                where t.tenant = 'main' and t.id = (select id from floor.pick where no = :no)";
    let update = "update floor.ticket t set version = t.version + 1, state = 'open', status = 'open', updated = ";
    let event = format!(
        "insert into floor.event (ticket, version, position, at, form, tenant, by, by_kind, event) \
         select {{id}}, {{version}}, {POSITION}, {NOW}, 1, 'main', 'ada', 'agent', c.moved from floor.sample c where c.no = :sample"
    );
    match form {
        Form::One => format!(
            "\\set no random(1, {open})\n\\set sample random(1, {SAMPLES})\n{read} \\gset\n\
             with u as ({update} {NOW} where t.tenant = 'main' and t.id = :id::uuid and t.version = :version \
               returning t.id, t.version), \
             s as (update floor.snapshot s set body = c.body from u, floor.sample c \
               where s.tenant = 'main' and s.id = u.id and c.no = :sample) {} on conflict do nothing;\n",
            event
                .replace("{id}", "u.id")
                .replace("{version}", "u.version")
                .replace("floor.sample c", "floor.sample c, u")
        ),
        Form::Several => format!(
            "\\set no random(1, {open})\n\\set sample random(1, {SAMPLES})\nbegin;\n{read} \\gset\n\
             {update} {NOW} where t.tenant = 'main' and t.id = :id::uuid and t.version = :version;\n\
             update floor.snapshot s set body = c.body from floor.sample c \
               where s.tenant = 'main' and s.id = :id::uuid and c.no = :sample;\n{} on conflict do nothing;\ncommit;\n",
            event.replace("{id}", ":id::uuid").replace("{version}", ":version + 1")
        ),
    }
}

/// Runs a script with so many clients for some seconds, and returns what it did in one.
pub(crate) fn pgbench(bench: &Bench, script: &str, clients: usize, seconds: usize) -> Result<f64> {
    let cluster = &bench.cluster;
    let path = std::env::temp_dir().join(format!("ticketcore-pgbench-{}.sql", std::process::id()));
    fs::write(&path, script)?;
    let output = Command::new(cluster.programs().join("pgbench"))
        .args(["-n", "-M", "prepared", "-j", "2", "-U", "postgres", "-h"])
        .arg(cluster.directory())
        .args(["-c", &clients.to_string(), "-T", &seconds.to_string(), "-f"])
        .arg(&path)
        .arg("postgres")
        .output();
    let removed = fs::remove_file(&path);
    let output = output?;
    removed?;
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = |line: &&str| line.starts_with("number of failed transactions: 0");
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(rate) if output.status.success() && text.lines().any(|line| failed(&line)) => Ok(rate),
        _ => Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
