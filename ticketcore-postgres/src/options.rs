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
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
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
