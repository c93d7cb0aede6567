//! The suite again, with the real pgbouncer between, which lends connections for no longer than a transaction.

#[path = "support/cluster.rs"]
mod cluster;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cluster::Database;
use ticketcore::Store;
use ticketcore::testing::Harness;
use ticketcore_postgres::PostgresOptions;
use ticketcore_postgres::sqlx::postgres::PgConnectOptions;

/// Stops the pooler as soon as nobody holds the pipe, and clears up.
const SUPERVISOR: &str = r#"
"$0" -q "$1/pgbouncer.ini" >"$1/log" 2>&1 </dev/null &
pooler=$!
cat >/dev/null
kill -INT $pooler
wait $pooler
rm -rf "$1"
"#;

/// A pooler on a socket in a directory of its own.
#[derive(Debug)]
struct Pooler {
    directory: PathBuf,
    _supervisor: Child,
}

impl Pooler {
    /// The one of this process, if there is the program and a server of our own.
    fn before(server: &Path) -> Option<&'static Self> {
        static POOLER: OnceLock<Option<Pooler>> = OnceLock::new();
        let pooler = POOLER.get_or_init(|| {
            let places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
            let program = places.map(Path::new).into_iter().find(|place| place.is_file());
            assert!(program.is_some() || std::env::var_os("CI").is_none(), "no pgbouncer; CI demands it");
            program.map(|program| Self::start(program, server))
        });
        if pooler.is_none() {
            eprintln!("SKIPPED: no pgbouncer was found; `apt-get install pgbouncer` has it");
        }
        pooler.as_ref()
    }

    fn start(program: &Path, server: &Path) -> Self {
        let directory = std::env::temp_dir().join(format!("tcpb-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        // So few connections that callers meet on them in turns.
        let config = format!(
            "[databases]\n* = host={} port=5432 user=postgres\n\
             [pgbouncer]\nlisten_addr =\nunix_socket_dir = {}\nlisten_port = 6432\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 1000\nserver_idle_timeout = 2\n",
            server.display(),
            directory.display()
        );
        fs::write(directory.join("pgbouncer.ini"), config).unwrap();
        // It refuses to run as root, and runs as whom the server runs as.
        let owner = fs::metadata(server).unwrap();
        chown(&directory, Some(owner.uid()), Some(owner.gid())).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SUPERVISOR]).args([program, &directory]).current_dir(&directory);
        command.stdin(Stdio::piped()).process_group(0);
        if owner.uid() != fs::metadata("/proc/self").unwrap().uid() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let supervisor = command.spawn().unwrap();
        let start = Instant::now();
        while !directory.join(".s.PGSQL.6432").exists() {
            let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(20), "the pooler does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { directory, _supervisor: supervisor }
    }
}

/// A database behind the pooler.
struct Pooled {
    database: Database,
    pooler: &'static Pooler,
}

impl Pooled {
    fn new() -> Option<Self> {
        let database = Database::new()?;
        let Some(server) = database.address.get_socket().cloned() else {
            eprintln!("SKIPPED: the pooler's tests need a server of their own");
            return None;
        };
        Some(Self { database, pooler: Pooler::before(&server)? })
    }
}

#[async_trait]
impl Harness for Pooled {
    async fn open(&self) -> Arc<dyn Store> {
        let address = PgConnectOptions::new_without_pgpass().socket(&self.pooler.directory).port(6432);
        let address = address.username("postgres").database(&self.database.name);
        Arc::new(PostgresOptions::new().connections(4).pooler(true).connect_with(address).await.unwrap())
    }
}

ticketcore::store_tests!(match Pooled::new() {
    Some(pooled) => pooled,
    None => return,
});
