//! A server of this process's own, which can be stopped and started again.
//!
//! On a socket in a directory of its own, never on a port, never one that runs already. Its supervisor is a shell that
//! takes orders from a pipe and waits for its end, so that server and directory go even if this process is killed.

#![allow(dead_code, reason = "most tests only start a server; those of faults do the rest")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use ticketcore_postgres::sqlx::postgres::PgConnectOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};

use super::place::Place;
use super::{block_on, execute, needed};

/// What the shell does: makes the data, starts the server, obeys until nobody holds the pipe, stops the server and clears
/// up. It asks again until the server ends, as one that has just been started does not listen yet. Of a server that is
/// killed no process may be left when it is started again, so all are killed and waited for.
pub(super) const SUPERVISOR: &str = r#"
trap '' PIPE
exec 2>>"$DIR/log"
if ! /bin/sh -c "$MAKE" >&2; then
  echo failed
  cat >/dev/null
  rm -rf "$DIR"
  exit
fi
start() {
  "$BIN/postgres" -D "$DIR/data" -k "$DIR" -c listen_addresses= -c fsync=off -c full_page_writes=off -c autovacuum=off \
    -c max_connections=300 -c shared_buffers=64MB $OPTIONS >&2 </dev/null &
  server=$!
}
start
echo done
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
(while kill -QUIT $server; do sleep 0.2; done) &
again=$!
wait $server
kill $again
rm -rf "$DIR"
"#;

/// Makes the data of an empty server.
pub(super) const INIT: &str =
    r#""$BIN/initdb" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync -D "$DIR/data" >"$DIR/initdb""#;

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
    pub(super) place: Place,
    options: String,
    pub(super) supervisor: Child,
    answers: Mutex<BufReader<ChildStdout>>,
}

impl Cluster {
    /// Starts a server with some more of its options, or says that there are no programs of one and returns nothing.
    ///
    /// # Panics
    ///
    /// If there are none and `CI` is set, or if it does not start.
    pub(crate) fn new(options: &str) -> Option<Self> {
        Some(Self::start(needed()?, options))
    }

    /// Starts a server with some more of its options, and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not start; what it said is in the message.
    pub(crate) fn start(programs: PathBuf, options: &str) -> Self {
        let place = Place::new(programs);
        let mut shell = place.command("/bin/sh");
        shell.args(["-c", SUPERVISOR]).env("MAKE", INIT);
        Self::spawn(shell, place, options)
    }

    /// Runs the shell that starts the server, and waits until the server is ready.
    pub(super) fn spawn(mut shell: Command, place: Place, options: &str) -> Self {
        // Its own group, so that a key that interrupts the tests does not reach it before it has cleared up.
        shell.env("OPTIONS", options).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut supervisor = shell.spawn().expect("the shell runs");
        let answers = Mutex::new(BufReader::new(supervisor.stdout.take().expect("it has a pipe")));
        let cluster = Self { place, options: options.to_owned(), supervisor, answers };
        cluster.done("make");
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
        self.done(order);
    }

    fn done(&self, order: &str) {
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
