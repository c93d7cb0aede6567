//! How a store is opened.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

/// What an acknowledged commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// The death of the process and of the machine: every commit waits until the disk has it (`synchronous=FULL`).
    #[default]
    Full,
    /// The death of the process. A power cut may take the last commits, never half of one, and never harms the file
    /// (`synchronous=NORMAL`).
    Normal,
}

impl Durability {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// How a [`SqliteStore`](crate::SqliteStore) is opened.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use ticketcore_sqlite::{Durability, SqliteOptions};
///
/// let options = SqliteOptions::new().synchronous(Durability::Normal).busy_timeout(Duration::from_secs(1));
/// let store = options.memory()?;
/// # Ok::<(), ticketcore::store::StoreError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    pub(crate) durability: Durability,
    pub(crate) readers: u16,
    pub(crate) busy_timeout: Duration,
    pub(crate) cache_mib: u16,
    pub(crate) checkpoint_pages: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            durability: Durability::Full,
            readers: u16::try_from(processors).unwrap_or(8).min(8),
            busy_timeout: Duration::from_secs(5),
            cache_mib: 64,
            checkpoint_pages: 10_000,
        }
    }
}

impl SqliteOptions {
    /// The defaults, each named where it is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what an acknowledged commit survives; [`Durability::Full`] by default.
    #[must_use]
    pub const fn synchronous(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how many reads can run at once, at least one; one for each processor by default, at most eight.
    #[must_use]
    pub const fn readers(mut self, readers: u16) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }

    /// Sets how long a write waits for another process's; five seconds by default. Then it is [`StoreError::Busy`](ticketcore::store::StoreError::Busy).
    #[must_use]
    pub const fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Sets how much memory the writer, and all readers together, may each use for pages; 64 MiB by default.
    #[must_use]
    pub const fn cache_mib(mut self, mib: u16) -> Self {
        self.cache_mib = mib;
        self
    }

    /// Sets at how many pages of 4 KiB the log of commits is written back into the file; 10,000 by default.
    ///
    /// SQLite's own default of 1,000 halves the throughput of groups and triples the slowest commits.
    #[must_use]
    pub const fn checkpoint_pages(mut self, pages: u32) -> Self {
        self.checkpoint_pages = pages;
        self
    }
}
