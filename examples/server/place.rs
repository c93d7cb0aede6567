//! Where the tickets are: in a SQLite file, or in a Postgres database. The server, `tk` and the agent share it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ticketcore::Store;
use ticketcore_sqlite::SqliteStore;

/// A file, or the address of a database.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The SQLite file
    #[arg(long, global = true, default_value = "desk.db", value_name = "FILE")]
    db: PathBuf,
    /// A Postgres database instead, as postgres://user@host/name; built with `--features postgres`
    #[arg(long, global = true, conflicts_with = "db", value_name = "URL")]
    store: Option<String>,
}

impl Place {
    /// Opens the store, which is made if there is none.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, Box<dyn Error>> {
        match &self.store {
            Some(url) => postgres(url).await,
            None => {
                let store = SqliteStore::open(&self.db).map_err(|error| format!("{}: {error}", self.db.display()))?;
                Ok(Arc::new(store))
            }
        }
    }

    /// The file, if it is one and does not exist yet.
    #[allow(dead_code, reason = "the server makes what is not there")]
    pub(crate) fn missing(&self) -> Option<&PathBuf> {
        Some(&self.db).filter(|file| self.store.is_none() && !file.exists())
    }
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    Ok(Arc::new(ticketcore_postgres::PostgresStore::connect(url).await?))
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn postgres(_: &str) -> Result<Arc<dyn Store>, Box<dyn Error>> {
    Err("this program was built without the feature `postgres`".into())
}
