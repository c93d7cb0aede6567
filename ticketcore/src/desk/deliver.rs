//! Delivery: the log, read from a stored cursor, handed to a notifier.

use crate::desk::news::News;
use crate::desk::rules::DESK;
use crate::desk::{Desk, Error};
use crate::id::{Key, Position};
use crate::notify::Notifier;
use crate::store::StoreError;

const CURSOR: Key = Key::from_static("cursor");
const CHUNK: usize = 100;

impl Desk {
    /// Hands every event of all tenants that was not handed over before to a notifier, in order, and returns how many
    /// there were.
    ///
    /// What happened elsewhere and was brought in, by an import or out of an archive, is passed over: nobody is told of
    /// what is over. What happens to such tickets here is handed over like all else. Whoever wants the whole log reads
    /// the [feed](crate::Store::feed) itself.
    ///
    /// `name` is the notifier's own: its cursor is kept in the store under it. The cursor moves after the events were
    /// handed over, so a crash in between hands some over again, under the same keys.
    ///
    /// # Errors
    ///
    /// [`Error::Undelivered`] if the notifier fails; what it took is remembered. [`Error::Store`] if storage fails.
    pub async fn deliver(&self, name: &str, notifier: &dyn Notifier) -> Result<usize, Error> {
        let mut position = self.delivered(name).await?;
        let mut count = 0;
        loop {
            let events = self.core.store.feed(position, CHUNK).await?;
            if events.is_empty() {
                return Ok(count);
            }
            let start = position;
            let mut failure = None;
            let mut news = News::new(self);
            for recorded in &events {
                if !news.is(recorded).await? {
                    position = recorded.position;
                    continue;
                }
                if let Err(source) = notifier.notify(recorded).await {
                    failure = Some(Error::Undelivered { key: recorded.key(), source });
                    break;
                }
                position = recorded.position;
                count += 1;
            }
            if position != start {
                self.put(&DESK, CURSOR, name, position.to_string()).await?;
            }
            if let Some(failure) = failure {
                return Err(failure);
            }
        }
    }

    /// The position up to which a notifier was served.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if storage fails.
    pub async fn delivered(&self, name: &str) -> Result<Position, Error> {
        match self.core.store.document(&DESK, &CURSOR, name).await? {
            None => Ok(Position(0)),
            Some(cursor) => {
                let corrupt = |error| StoreError::corrupt(format!("cursor {name}"), error);
                Ok(Position(cursor.body.parse().map_err(corrupt)?))
            }
        }
    }
}
