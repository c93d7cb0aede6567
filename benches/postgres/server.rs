//! A server with its usual promises, a desk with a past on it, and the floor's copy of that.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use ticketcore::{Desk, Store, TicketId};
use ticketcore_postgres::PostgresOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::cluster::{Cluster, programs};
use crate::common::Result;
use crate::common::latencies::Latencies;
use crate::common::prefill::prefill;
use crate::common::random::Random;
use crate::common::timing::Run;
use crate::common::{Error, machine, work};

/// Every commit waits for the disk, and the background does its work, as on a server that people use.
const SETTINGS: &str = "-c fsync=on -c full_page_writes=on -c autovacuum=on -c shared_buffers=1GB -c max_wal_size=8GB \
                        -c checkpoint_timeout=30min -c max_connections=200";

/// What a measure works with.
pub(crate) struct Bench {
    pub(crate) quick: bool,
    pub(crate) desk: Desk,
    /// Tickets that are new, in an order of no order; each is worked on once.
    ids: RefCell<Vec<TicketId>>,
    pub(crate) tickets: usize,
    /// Where callers run, as in a server of axum's: two threads, as many as pgbench gets.
    callers: Runtime,
    runtime: Runtime,
    connection: RefCell<PgConnection>,
    pub(crate) cluster: Cluster,
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bench").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Bench {
    /// Starts a server and fills it; nothing if there is none to be started.
    pub(crate) fn new(quick: bool) -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let cluster = Cluster::start(programs, SETTINGS);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(cluster.address().disable_statement_logging().connect())?;
        let callers = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let options = PostgresOptions::new();
        let store = callers.block_on(options.connect_with(cluster.address()))?;
        let store: Arc<dyn Store> = Arc::new(store);
        let tickets = if quick { 10_000 } else { 100_000 };
        let mut random = Random::new(1);
        let mut ids = prefill(&store, tickets, &mut random)?;
        random.shuffle(&mut ids);
        let desk = Desk::new(store).by(work::agent());
        let (ids, connection) = (RefCell::new(ids), RefCell::new(connection));
        Ok(Some(Self { quick, desk, ids, tickets, callers, runtime, connection, cluster }))
    }

    /// A size: the first when it has to be quick.
    pub(crate) const fn pick(&self, quick: usize, full: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// Runs something as a task of the callers' runtime.
    pub(crate) fn run<T: Send + 'static>(&self, task: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        self.callers.block_on(async { tokio::spawn(task).await? })
    }

    /// Runs operations of the desk in tasks, one for each part.
    pub(crate) fn crowd<I, T, F>(
        &self,
        parts: Vec<Vec<I>>,
        call: impl Fn(Desk, I) -> F + Copy + Send + Sync + 'static,
    ) -> Result<Run>
    where
        I: Send + 'static,
        T: Send + 'static,
        F: Future<Output = Result<T, ticketcore::Error>> + Send + 'static,
    {
        let (desk, cpu, start) = (self.desk.clone(), machine::cpu(), Instant::now());
        let latencies = self.run(async move {
            let mut callers = JoinSet::new();
            for part in parts {
                let desk = desk.clone();
                callers.spawn(async move {
                    let mut latencies = Latencies::default();
                    for input in part {
                        let (desk, start) = (desk.clone(), Instant::now());
                        let done = call(desk, input).await?;
                        latencies.record(start.elapsed());
                        drop(done);
                    }
                    Ok::<_, Error>(latencies)
                });
            }
            let mut all = Latencies::default();
            while let Some(caller) = callers.join_next().await {
                all += &caller??;
            }
            Ok(all)
        })?;
        Ok(Run { latencies, wall: start.elapsed(), cpu: machine::cpu().saturating_sub(cpu) })
    }

    /// Some new tickets that nobody has worked on yet.
    pub(crate) fn take(&self, count: usize) -> Result<Vec<TicketId>> {
        let mut ids = self.ids.borrow_mut();
        let rest = ids.len().checked_sub(count).ok_or("there are too few tickets for this many transitions")?;
        Ok(ids.split_off(rest))
    }

    /// Runs statements on a connection of the benchmark's own.
    pub(crate) fn execute(&self, sql: &str) -> Result<()> {
        let mut connection = self.connection.borrow_mut();
        self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection))?;
        Ok(())
    }

    /// Asks for texts, one for each row.
    pub(crate) fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let mut connection = self.connection.borrow_mut();
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *connection);
        Ok(self.runtime.block_on(query)?)
    }

    pub(crate) fn version(&self) -> String {
        let version = self.texts("select split_part(version(), ' on ', 1)").unwrap_or_default();
        version.into_iter().next().unwrap_or_default()
    }
}
