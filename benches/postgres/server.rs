//! A server with its usual promises, a desk with a past on it, and the floor's copy of that.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use pollster::block_on;
use ticketcore::{Desk, Store, TicketId};
use ticketcore_postgres::PostgresOptions;
use ticketcore_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::runtime::{Builder, Runtime};

use crate::cluster::{Cluster, programs};
use crate::common::Result;
use crate::common::prefill::prefill;
use crate::common::random::Random;
use crate::common::work;

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
        let store = block_on(PostgresOptions::new().connect_with(cluster.address()))?;
        let store: Arc<dyn Store> = Arc::new(store);
        let tickets = if quick { 10_000 } else { 100_000 };
        let mut random = Random::new(1);
        let mut ids = prefill(&store, tickets, &mut random)?;
        random.shuffle(&mut ids);
        let desk = Desk::new(store).by(work::agent());
        let (ids, connection) = (RefCell::new(ids), RefCell::new(connection));
        Ok(Some(Self { quick, desk, ids, tickets, runtime, connection, cluster }))
    }

    /// A size: the first when it has to be quick.
    pub(crate) const fn pick(&self, quick: usize, full: usize) -> usize {
        if self.quick { quick } else { full }
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
