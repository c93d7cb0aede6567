//! A Postgres server that is there for the tests, and gone after them.
//!
//! One for each test process: on a socket in a directory of its own, never on a port, never one that runs already. Its
//! supervisor is a shell that waits for the end of a pipe from this process, so that server and directory go even if the
//! process is killed. Where there are no programs of Postgres the tests skip and say so; with `CI` set they fail.
//! `TICKETCORE_POSTGRES_URL` names a server to use instead.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection, PgConnection};

/// What the shell does: starts the server, waits until nobody holds the pipe, stops it and clears up.
const SUPERVISOR: &str = r#"
"$0/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off \
  -c max_connections=300 -c shared_buffers=64MB $2 >"$1/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$1"
"#;

/// A server of this process's own.
#[derive(Debug)]
pub(crate) struct Cluster {
    directory: PathBuf,
    programs: PathBuf,
    supervisor: Child,
}

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
        let found = programs().map(|programs| Server::Own(Cluster::start(programs, "")));
        assert!(found.is_some() || env::var_os("CI").is_none(), "no programs of Postgres; CI demands them");
        found
    });
    if server.is_none() {
        eprintln!("SKIPPED: no programs of Postgres were found; `apt-get install postgresql` has them");
    }
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

/// Finds the programs: the newest that Debian has, or those of `pg_config`.
pub(crate) fn programs() -> Option<PathBuf> {
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

impl Cluster {
    /// Starts a server with some more of its options, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not start; what it said is in the message.
    pub(crate) fn start(programs: PathBuf, options: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("tcpg-{}-{count}", std::process::id()));
        fs::create_dir(&directory).expect("the temporary directory takes another");
        // The server refuses to run as root; the directory then belongs to whom it runs as.
        let user = is_root().then(server_user);
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group)).expect("root can give a directory away");
        }
        let command = |program: OsString| {
            let mut command = Command::new(program);
            command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin").current_dir(&directory);
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command
        };
        let init = command(programs.join("initdb").into())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(directory.join("data"))
            .output()
            .expect("initdb runs");
        assert!(init.status.success(), "initdb: {}", String::from_utf8_lossy(&init.stderr));
        let supervisor = command("/bin/sh".into())
            .args(["-c", SUPERVISOR])
            .args([&programs, &directory])
            .arg(options)
            .stdin(Stdio::piped())
            // Its own group, so that a key that interrupts the tests does not reach it before it has cleared up.
            .process_group(0)
            .spawn()
            .expect("the shell runs");
        let cluster = Self { directory, programs, supervisor };
        cluster.wait();
        cluster
    }

    /// Waits until the server says that it is ready; one that can be connected to may still be starting.
    fn wait(&self) {
        let start = Instant::now();
        let ready = || {
            let status = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap_or_default();
            status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
        };
        while !ready() {
            let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not start: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where to connect to, as the superuser.
    pub(crate) fn address(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.directory)
            .port(5432)
            .username("postgres")
            .database("postgres")
    }

    /// The directory of its socket, its data and its log.
    #[allow(dead_code, reason = "for tests of faults")]
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its programs.
    #[allow(dead_code, reason = "for tests of faults")]
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

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
