//! A server of this process's own, which can be stopped and started again.
//!
//! On a socket in a directory of its own, never on a port, never one that runs already. Its supervisor is a shell that
//! takes orders from a pipe and waits for its end, so that server and directory go even if this process is killed.

#![allow(dead_code, reason = "most tests only start a server; those of faults do the rest")]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};

use super::{block_on, execute, is_root, programs, server_user};

/// What the shell does: starts the server, obeys until nobody holds the pipe, stops the server and clears up. Of a server
/// that is killed no process may be left when it is started again, so all are killed and waited for.
const SUPERVISOR: &str = r#"
trap '' PIPE
exec 2>>"$DIR/log"
start() {
  "$BIN/postgres" -D "$DIR/data" -k "$DIR" -c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off \
    -c max_connections=300 -c shared_buffers=64MB $OPTIONS >&2 </dev/null &
  server=$!
}
start
while read -r order; do
  case $order in
    start) start ;;
    KILL)
      all="$server $(cat /proc/$server/task/$server/children)"
      kill -KILL $all
      wait $server
      for one in $all; do while grep -q . /proc/$one/cmdline; do sleep 0.01; done; done 2>/dev/null ;;
    *)
      kill -$order $server
      wait $server ;;
  esac
  echo done
done
kill -QUIT $server
wait $server
rm -rf "$DIR"
"#;

/// The same with a small disk that only the server sees, and that goes with its last process, whatever happens.
const SMALL: &str = r#"
mount -t tmpfs -o "size=$SIZE,uid=$OWNER,gid=$GROUP,mode=0700" small "$DIR/small" || exit
setpriv --reuid "$OWNER" --regid "$GROUP" --clear-groups /bin/sh -c "$SUPERVISOR"
umount "$DIR/small"
rm -rf "$DIR"
"#;

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Sessions are ended, and what is in memory is written down.
    Fast,
    /// As if it had crashed; the next start recovers.
    Immediate,
    /// By the kernel, with all its processes; the next start recovers.
    Killed,
}

/// A server of this process's own.
#[derive(Debug)]
pub(crate) struct Cluster {
    place: Place,
    options: String,
    supervisor: Child,
    answers: Mutex<BufReader<ChildStdout>>,
}

/// Where a server lives, and who it runs as.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) programs: PathBuf,
    pub(super) directory: PathBuf,
    /// The server refuses to run as root; the directory then belongs to whom it runs as.
    user: Option<(u32, u32)>,
}

impl Place {
    pub(super) fn new(programs: PathBuf) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("tcpg-{}-{count}", std::process::id()));
        fs::create_dir(&directory).expect("the temporary directory takes another");
        let user = is_root().then(server_user);
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group)).expect("root can give a directory away");
        }
        Self { programs, directory, user }
    }

    /// A program of root's, if this process is.
    fn privileged(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("BIN", &self.programs).env("DIR", &self.directory).current_dir(&self.directory);
        command
    }

    /// A program that runs as the server's user.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.privileged(program);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Runs a program to its end.
    pub(super) fn run(&self, command: &mut Command) {
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn init(&self) {
        let mut init = self.command(self.programs.join("initdb"));
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
        self.run(init.arg(self.directory.join("data")));
    }
}

impl Cluster {
    /// Starts a server with some more of its options, or says that there are no programs of one and returns nothing.
    ///
    /// # Panics
    ///
    /// If there are none and `CI` is set, or if it does not start.
    pub(crate) fn new(options: &str) -> Option<Self> {
        let programs = programs();
        assert!(programs.is_some() || env::var_os("CI").is_none(), "no programs of Postgres; CI demands them");
        if programs.is_none() {
            eprintln!("SKIPPED: no programs of Postgres were found; `apt-get install postgresql` has them");
        }
        Some(Self::start(programs?, options))
    }

    /// Starts a server with some more of its options, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not start; what it said is in the message.
    pub(crate) fn start(programs: PathBuf, options: &str) -> Self {
        let place = Place::new(programs);
        place.init();
        Self::supervised(place, options, None)
    }

    /// Starts a server that has, beside its own, a disk of so many megabytes: [`small`](Self::small).
    ///
    /// Only root can mount one: elsewhere it says so and returns nothing.
    pub(crate) fn with_small_disk(options: &str, megabytes: u32) -> Option<Self> {
        let mut probe = Command::new("unshare");
        probe.args(["-m", "mount", "-t", "tmpfs", "small", "/tmp"]).stderr(Stdio::null());
        if !(is_root() && probe.status().is_ok_and(|status| status.success())) {
            eprintln!("SKIPPED: only root can mount a small disk");
            return None;
        }
        let place = Place::new(programs()?);
        place.init();
        fs::create_dir(place.directory.join("small")).expect("the directory takes another");
        Some(Self::supervised(place, options, Some(megabytes)))
    }

    pub(super) fn supervised(place: Place, options: &str, megabytes: Option<u32>) -> Self {
        let mut command = match (megabytes, place.user) {
            (Some(megabytes), Some((user, group))) => {
                let mut command = place.privileged("unshare");
                command.args(["-m", "/bin/sh", "-c", SMALL]).env("SUPERVISOR", SUPERVISOR);
                command.env("SIZE", format!("{megabytes}m"));
                command.env("OWNER", user.to_string()).env("GROUP", group.to_string());
                command
            }
            _ => {
                let mut command = place.command("/bin/sh");
                command.args(["-c", SUPERVISOR]);
                command
            }
        };
        // Its own group, so that a key that interrupts the tests does not reach it before it has cleared up.
        command.env("OPTIONS", options).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut supervisor = command.spawn().expect("the shell runs");
        let answers = Mutex::new(BufReader::new(supervisor.stdout.take().expect("it has a pipe")));
        let cluster = Self { place, options: options.to_owned(), supervisor, answers };
        cluster.wait(None);
        cluster
    }

    /// Stops the server, and returns when it is gone.
    pub(crate) fn stop(&self, how: How) {
        self.order(match how {
            How::Fast => "INT",
            How::Immediate => "QUIT",
            How::Killed => "KILL",
        });
    }

    /// Kills the server with all its processes.
    pub(crate) fn kill(&self) {
        self.stop(How::Killed);
    }

    /// Starts a server that was stopped, on the same data and the same socket, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not start; what it said is in the message.
    pub(crate) fn restart(&self) {
        // One that was killed has left its file.
        let left = self.status().into_iter().next();
        self.order("start");
        self.wait(left);
    }

    fn order(&self, order: &str) {
        let mut pipe = self.supervisor.stdin.as_ref().expect("the pipe is held to the end");
        writeln!(pipe, "{order}").expect("the shell listens");
        let mut answer = String::new();
        self.answers.lock().expect("nobody failed here").read_line(&mut answer).expect("the shell answers");
        assert_eq!(answer, "done\n", "{order}: {}", self.log());
    }

    /// Waits until the server says that it is ready; one that can be connected to may still be starting.
    fn wait(&self, left: Option<String>) {
        let start = Instant::now();
        loop {
            let status = self.status();
            let ready = status.get(7).is_some_and(|line| line.trim() == "ready");
            if ready && status.first() != left.as_ref() {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the server writes about itself: first the id of its process.
    fn status(&self) -> Vec<String> {
        let status = fs::read_to_string(self.place.directory.join("data/postmaster.pid")).unwrap_or_default();
        status.lines().map(str::to_owned).collect()
    }

    /// What the server has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.place.directory.join("log")).unwrap_or_default()
    }

    /// Where to connect to, as the superuser.
    pub(crate) fn address(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.place.directory)
            .port(5432)
            .username("postgres")
            .database("postgres")
    }

    /// Asks the server for one value.
    pub(crate) fn ask(&self, sql: impl Into<String>) -> sqlx::Result<String> {
        block_on(async {
            let mut connection = self.address().disable_statement_logging().connect().await?;
            let value = sqlx::query_scalar(AssertSqlSafe(sql.into())).fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok(value)
        })
    }

    /// Asks the server again and again until it gives this value.
    ///
    /// # Panics
    ///
    /// If it does not within a minute.
    pub(crate) fn wait_for(&self, sql: &str, value: &str) {
        let start = Instant::now();
        while self.ask(sql).ok().as_deref() != Some(value) {
            assert!(start.elapsed() < Duration::from_secs(60), "{sql} is not {value}: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs SQL on the server.
    pub(crate) fn execute(&self, sql: impl Into<String>) {
        block_on(execute(&self.address(), sql.into())).expect("the statement is right");
    }

    /// The directory of its socket, its data and its log.
    pub(crate) fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// Where this process sees the small disk; the server sees it as `small` in its directory.
    pub(crate) fn small(&self) -> PathBuf {
        let root = format!("/proc/{}/root", self.supervisor.id());
        Path::new(&root)
            .join(self.place.directory.strip_prefix("/").expect("a temporary directory is absolute"))
            .join("small")
    }

    /// Moves the server's own log to the small disk; the server is restarted.
    pub(crate) fn move_log(&self) {
        self.stop(How::Fast);
        let (log, data) = (self.place.directory.join("small/log"), self.place.directory.join("data/pg_wal"));
        self.place.run(self.place.privileged("cp").arg("-a").arg(&data).arg(self.small().join("log")));
        fs::remove_dir_all(&data).expect("the old log can go");
        symlink(log, data).expect("the new one is named instead");
        self.restart();
    }

    /// Its programs.
    pub(crate) fn programs(&self) -> &Path {
        &self.place.programs
    }

    /// The options it was started with.
    pub(crate) fn options(&self) -> &str {
        &self.options
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}
