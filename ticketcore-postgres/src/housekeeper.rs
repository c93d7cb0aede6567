//! What can wait until after a commit.
//!
//! Postgres does not put new words into the index of words at once: it lists them, and whoever commits when the list is
//! long sorts it in, a quarter of all the time that the server spends on opening tickets. Here the list may grow longer,
//! and is sorted in beside the commits, on another connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::connections::Connections;
use crate::error::{Error, Result, code};
use crate::runtime::Runtime;
use crate::sql::{Text, parameters};

/// After so many tickets with new words the list is sorted in; some three megabytes, which a search reads in 3 ms.
const OFTEN: usize = 1000;

const SORT_IN: &str = "select gin_clean_pending_list(c.oid) from pg_catalog.pg_class c \
                       join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
                       where n.nspname = $1 and c.relname = 'words_words'";

/// Sees to the index of words.
#[derive(Debug)]
pub(crate) struct Housekeeper {
    connections: Connections,
    text: Text,
    listed: AtomicUsize,
    at_work: AtomicBool,
}

impl Housekeeper {
    pub(crate) fn new(connections: Connections) -> Arc<Self> {
        let (listed, at_work) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { connections, text: Text::new(SORT_IN), listed, at_work })
    }

    /// Takes note of tickets with new words, and goes to work if there are many.
    pub(crate) fn note(self: &Arc<Self>, count: usize, runtime: &Runtime) {
        let listed = self.listed.fetch_add(count, Ordering::Relaxed) + count;
        if listed < OFTEN || self.at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        self.listed.store(0, Ordering::Relaxed);
        let this = Arc::clone(self);
        runtime.handle().spawn(async move {
            if this.sort_in().await {
                this.at_work.store(false, Ordering::Release);
            }
        });
    }

    /// Sorts the list in; tells whether to do so again another time.
    async fn sort_in(&self) -> bool {
        let sorted = async || -> Result<()> {
            let (Connections { schema, pooler, .. }, text) = (&self.connections, &self.text);
            let scope = self.connections.begin(*pooler).await?;
            scope.run("sort in", text, parameters![schema.name()]).await?;
            Ok(())
        };
        match sorted().await {
            Ok(()) => true,
            // Only the owner of the tables may. For others the server does it, as it always has.
            Err(Error::Postgres(error)) if code(&error).as_deref() == Some("42501") => false,
            Err(error) => {
                tracing::debug!(?error, "the index of words is sorted in another time");
                true
            }
        }
    }
}
