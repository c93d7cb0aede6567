//! A Postgres server that is there for the tests, and gone after them.
//!
//! One for each test process, on which each test makes a database of its own; a test of faults starts a server of its own
//! instead. Where there are no programs of Postgres the tests skip and say so; with `CI` set they fail.
//! `TICKETCORE_POSTGRES_BIN` names the directory of the programs to use, `TICKETCORE_POSTGRES_URL` a server to use
//! instead.

mod place;
mod server;
mod small;
mod standby;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) use server::Cluster;
#[allow(unused_imports, reason = "not every test stops its server")]
pub(crate) use server::How;
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// Where databases are made.
#[derive(Debug)]
enum Server {
    Own(Cluster),
    Given(Box<PgConnectOptions>),
}

/// A database of its own for one test, dropped with it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) address: PgConnectOptions,
}

impl Database {
    /// Makes one, or says why there is none and returns nothing.
    ///
    /// # Panics
    ///
    /// If there is no server and `CI` is set, or if the server fails.
    pub(crate) fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let address = server()?.address();
        let name = format!("ticketcore_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // The first template has no connections that would be in the way, and is encoded and ordered as we need it.
        let sql = format!("create database {name} template template0 encoding 'UTF8'");
        block_on(execute(&address, sql)).expect("a database can be made");
        Some(Self { address: address.database(&name), name })
    }

    /// Runs a future that needs a runtime, and SQL most of the time.
    #[allow(dead_code, reason = "not every test has SQL of its own")]
    pub(crate) fn execute(&self, sql: impl Into<String>) {
        block_on(execute(&self.address, sql.into())).expect("the statement is right");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(server) = server() else { return };
        // Whoever is still connected belonged to the test. What cannot be dropped goes with the server.
        let _ = block_on(execute(&server.address(), format!("drop database {} with (force)", self.name)));
    }
}

async fn execute(address: &PgConnectOptions, sql: String) -> sqlx::Result<()> {
    let mut connection: PgConnection = address.clone().disable_statement_logging().connect().await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

/// Runs a future to its end in a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(future)
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if let Ok(url) = env::var("TICKETCORE_POSTGRES_URL") {
            return Some(Server::Given(Box::new(url.parse().expect("TICKETCORE_POSTGRES_URL is an address"))));
        }
        Cluster::new("").map(Server::Own)
    });
    server.as_ref()
}

impl Server {
    fn address(&self) -> PgConnectOptions {
        match self {
            Self::Own(cluster) => cluster.address(),
            Self::Given(address) => PgConnectOptions::clone(address),
        }
    }
}

/// Finds the programs, or says that there are none.
///
/// # Panics
///
/// If there are none and `CI` is set.
fn needed() -> Option<PathBuf> {
    let programs = programs();
    assert!(programs.is_some() || env::var_os("CI").is_none(), "no programs of Postgres; CI demands them");
    if programs.is_none() {
        eprintln!("SKIPPED: no programs of Postgres were found; `apt-get install postgresql` has them");
    }
    programs
}

/// Finds the programs: those that are asked for, or the newest that Debian has, or those of `pg_config`.
///
/// # Panics
///
/// If those asked for are not there.
pub(crate) fn programs() -> Option<PathBuf> {
    if let Some(asked) = env::var_os("TICKETCORE_POSTGRES_BIN") {
        let bin = PathBuf::from(asked);
        assert!(bin.join("postgres").is_file(), "TICKETCORE_POSTGRES_BIN: no `postgres` in {}", bin.display());
        return Some(bin);
    }
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let version = entry.file_name().to_str().and_then(|name| name.parse().ok());
        found.extend(version.map(|version| (version, entry.path().join("bin"))));
    }
    found.sort();
    let configured = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let all = found.into_iter().rev().map(|(_, bin)| bin).chain(configured());
    all.into_iter().find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// Tells whether this process may do everything.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The user whom a server of root's runs as: `postgres`, or else `nobody`.
fn server_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").expect("there are users");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).expect("there is a user to run a server as")
}
