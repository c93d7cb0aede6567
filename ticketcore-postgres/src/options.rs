//! How a store is opened.

use std::time::Duration;

/// How a [`PostgresStore`](crate::PostgresStore) is opened.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use ticketcore_postgres::PostgresOptions;
///
/// # async fn example() -> Result<(), ticketcore::StoreError> {
/// let options = PostgresOptions::new().schema("helpdesk").connections(20).timeout(Duration::from_secs(3));
/// let store = options.connect("postgres://desk@db.example.com/desk").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    pub(crate) schema: String,
    pub(crate) connections: u32,
    pub(crate) timeout: Duration,
    pub(crate) patience: Duration,
    pub(crate) silence: Duration,
    pub(crate) pooler: bool,
    pub(crate) migrate: bool,
    pub(crate) lanes: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "ticketcore".to_owned(),
            connections: 10,
            timeout: Duration::from_secs(5),
            patience: Duration::from_secs(2),
            silence: Duration::from_secs(30),
            pooler: false,
            migrate: true,
            lanes: 4,
        }
    }
}

impl PostgresOptions {
    /// The defaults, each named where it is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the schema that holds the tables; `ticketcore` by default.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Sets how many connections the store opens at most, at least two; ten by default.
    #[must_use]
    pub const fn connections(mut self, connections: u32) -> Self {
        self.connections = if connections < 2 { 2 } else { connections };
        self
    }

    /// Sets how long a call waits for a connection; five seconds by default. Then it is [`StoreError::Busy`](ticketcore::StoreError::Busy).
    ///
    /// So long, too, it tries to reach a server that is away, counted from the first attempt: longer than a restart or a
    /// failover takes, and callers see neither.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long to wait for one host to take a connection; two seconds by default. `connect_timeout` in an address
    /// comes before it.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets how long a server may say nothing while it is to answer; thirty seconds by default. Then the connection
    /// counts as lost, as it is when a host has lost its power or its network.
    ///
    /// Give it more than the slowest report takes to its first row. The statement itself is not cancelled: whether a
    /// commit was written is found out on another connection.
    #[must_use]
    pub const fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Says that a pooler stands between which lends connections for a transaction, as pgbouncer does; not so by default.
    ///
    /// Then nothing stays prepared and every statement is wrapped in a transaction, which takes four round trips (to the
    /// pooler, not to the server) instead of one.
    #[must_use]
    pub const fn pooler(mut self, pooler: bool) -> Self {
        self.pooler = pooler;
        self
    }

    /// Sets whether the tables are brought to this release's schema on opening; they are by default. Otherwise the store
    /// only looks, and refuses what it does not know.
    #[must_use]
    pub const fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Sets how many statements with commits of this store may be under way at once, at least one; four by default. A
    /// tenant has one at a time, into which everything goes that came meanwhile.
    #[must_use]
    pub const fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = if lanes == 0 { 1 } else { lanes };
        self
    }
}
