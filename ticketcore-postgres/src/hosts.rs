//! Connections of the store's own: opened to the host that will do, kept between two uses.
//!
//! Of several hosts one is the primary, and which one may change while the store is open. The one that served last is
//! asked first; the others follow when it cannot be reached or will not do. Once a connection is lost, all that were
//! opened before are forgotten: the host that they lead to may have fallen silent, and each would have to find out.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::address::{Address, Session};
use crate::error::{is_lost, is_read_only};

/// How long a connection serves at most, as its server process grows with time.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// How long it may be idle: then whatever stands between may have dropped it, and a new one costs less than to find out.
const REST: Duration = Duration::from_secs(60);

/// The servers, and the connections to them.
#[derive(Debug)]
pub(crate) struct Hosts {
    address: Address,
    /// How long to wait for one host.
    patience: Duration,
    /// The place of the one that served last.
    last: AtomicUsize,
    idle: Mutex<Vec<Own>>,
    permits: Arc<Semaphore>,
    size: usize,
    timeout: Duration,
    /// How often connections were forgotten.
    age: AtomicU64,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) connection: PgConnection,
    opened: Instant,
    used: Instant,
    pub(crate) age: u64,
    permit: Option<OwnedSemaphorePermit>,
}

/// How much a failure says of what is wrong: a host that answers knows more than one that does not.
fn knowledge(error: &sqlx::Error) -> u8 {
    match error {
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::NotConnected => 1,
        error if is_lost(error) => 0,
        _ => 2,
    }
}

impl Hosts {
    /// For so many connections at most, for one of which a call waits so long, and for a host that long.
    pub(crate) fn new(address: Address, size: u32, wait: Duration, patience: Duration) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let patience = address.patience.unwrap_or(patience);
        Self {
            address,
            patience,
            last: AtomicUsize::new(0),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(size)),
            size,
            timeout: wait,
            age: AtomicU64::new(0),
        }
    }

    /// Takes a connection that is idle, or opens one.
    pub(crate) async fn take(&self) -> Result<Own, sqlx::Error> {
        let permit = match timeout(self.timeout, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| sqlx::Error::PoolClosed)?,
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        let age = self.age.load(Ordering::Acquire);
        let idle = {
            let mut idle = self.idle();
            idle.retain(|own| own.age == age && own.opened.elapsed() < LIFE && own.used.elapsed() < REST);
            // The one used last: the others get old, and are let go when they are not needed.
            idle.pop()
        };
        match idle {
            Some(own) => Ok(Own { permit: Some(permit), ..own }),
            None => {
                let (connection, opened) = (self.open().await?, Instant::now());
                Ok(Own { connection, opened, used: opened, age, permit: Some(permit) })
            }
        }
    }

    /// Keeps a connection for the next use.
    pub(crate) fn put(&self, mut own: Own) {
        // Given back last, so that who gets it finds the connection.
        let permit = own.permit.take();
        own.used = Instant::now();
        self.idle().push(own);
        drop(permit);
    }

    /// Forgets the connections of an age if a failure of one of them says that its host is gone, or will not do any more.
    /// Then the failure is, for all that follows, a lost connection.
    pub(crate) fn judge(&self, age: u64, error: sqlx::Error) -> sqlx::Error {
        let writes = matches!(self.address.session, Session::ReadWrite | Session::Primary);
        let demoted = writes && is_read_only(&error);
        // Of many that fail at once, the first forgets for all.
        if (demoted || is_lost(&error))
            && self.age.compare_exchange(age, age + 1, Ordering::AcqRel, Ordering::Acquire).is_ok()
        {
            self.idle().clear();
        }
        if demoted { io::Error::new(io::ErrorKind::NotConnected, error).into() } else { error }
    }

    /// How many are open, and how many of them are idle.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let idle = self.idle().len();
        (self.size - self.permits.available_permits() + idle, idle)
    }

    /// Takes leave of the server.
    pub(crate) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for own in idle {
            // It is gone either way.
            let _ = own.connection.close().await;
        }
    }

    /// Opens a connection to the first host that will do, and says why if none will.
    pub(crate) async fn open(&self) -> Result<PgConnection, sqlx::Error> {
        let hosts = &self.address.hosts;
        let first = self.last.load(Ordering::Relaxed);
        let mut told: Vec<sqlx::Error> = Vec::new();
        for place in (first..hosts.len()).chain(0..first) {
            let Some(host) = hosts.get(place) else { continue };
            match timeout(self.patience, self.open_to(host)).await {
                Ok(Ok(connection)) => {
                    self.last.store(place, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(error)) => told.push(error),
                Err(_) => {
                    let text = format!("no answer within {:?}", self.patience);
                    told.push(io::Error::new(io::ErrorKind::TimedOut, text).into());
                }
            }
        }
        Err(told.into_iter().max_by_key(knowledge).unwrap_or(sqlx::Error::PoolClosed))
    }

    async fn open_to(&self, host: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        let mut connection = host.connect().await?;
        let session = self.address.session;
        if session != Session::Any {
            let ask = "select pg_is_in_recovery(), current_setting('transaction_read_only')::boolean";
            let row = sqlx::raw_sql(ask).fetch_one(&mut connection).await?;
            if !session.takes(row.try_get(0)?, row.try_get(1)?) {
                let _ = connection.close().await;
                // Later it may be: another takes the place of a primary that failed.
                let text = format!("no host of the address is one for a session that is {}", session.as_str());
                return Err(io::Error::new(io::ErrorKind::NotConnected, text).into());
            }
        }
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Own>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
