//! Live tables: counted once, then kept up to date from the feed, so that a read does not grow with the tickets.
//!
//! What a ticket contributes to a table is a pure function of the ticket, and tables are groups in which what it
//! contributed before can be taken out again ([`Tally`]). So a follower of the feed folds each ticket that changed, takes
//! out what it was and puts in what it is. Nothing is kept of single tickets, as the log tells what they were; where the
//! follower stands is a document, written in one commit with the tables, so that any number of processes may follow and
//! each event is counted once.

mod board;
mod catch_up;
mod folded;

use chrono::{DateTime, Utc};

use crate::capability::Capability;
use crate::desk::{Desk, Error};
use crate::engine::Refusal;
use crate::fault::Fault;
use crate::id::{Key, Position};
use crate::query::{Filter, Sight};
use crate::report::{Scan, Table, TableSpec, Tally};

use board::{Board, Part};
pub(super) use folded::Folded;

/// How many events a read counts itself; more are left to whoever [ticks](Desk::tick).
const FEW: usize = 64;
/// How far the events not counted yet are looked at.
const MANY: usize = 1000;

/// Live tables as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// The tables, in the order in which they were asked for.
    pub tables: Vec<Table>,
    /// The last event of the store's feed that is counted.
    pub position: Position,
    /// When the last event that is counted happened.
    pub at: Option<DateTime<Utc>>,
    /// How many events of the feed are not counted yet, those of other tenants included; at most 1,000 are looked at.
    pub behind: usize,
    /// When the oldest of those happened.
    pub since: Option<DateTime<Utc>>,
}

impl Desk {
    /// Keeps tables over the tickets of a filter live under a name, in the place of others of that name.
    ///
    /// They are counted from the beginning of the log by whoever [ticks](Self::tick) or [catches up](Self::catch_up); until
    /// then [`live`](Self::live) says how far they are behind. Lengths of time are kept as histograms: percentiles lie
    /// within 2⁻⁷ of the value, means are exact. A report is kept by its [tables](crate::report::Report::tables).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [publish](Capability::Publish), if a measure moves with time (the age of the
    /// backlog: count it by the day of its opening), or if the filter asks about texts, numbers or other tickets, which no
    /// event of a ticket tells; [`Error::Store`] if storage fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # pollster::block_on(async {
    /// use std::sync::Arc;
    /// use ticketcore::report::{Dimension, Measure, Measured, TableSpec};
    /// use ticketcore::{Desk, Draft, Filter, MemoryStore};
    ///
    /// let desk = Desk::new(Arc::new(MemoryStore::new()));
    /// desk.keep_live("wall", Filter::all(), [TableSpec::new([Dimension::Status], [Measure::Count])]).await?;
    /// desk.open(Draft::incident("No mail")).await?;
    /// let live = desk.live("wall").await?;
    /// assert_eq!(live.tables[0].rows[0].values, [Measured::Count(1)]);
    /// assert_eq!(live.behind, 0);
    /// # Ok::<(), ticketcore::Error>(()) }).unwrap();
    /// ```
    pub async fn keep_live(
        &self,
        name: impl Into<Key>,
        filter: Filter,
        tables: impl IntoIterator<Item = TableSpec>,
    ) -> Result<(), Error> {
        self.may(Capability::Publish).await?;
        let name = name.into();
        let scan = Scan { filter, tables: tables.into_iter().collect(), now: DateTime::UNIX_EPOCH };
        let mut faults = Vec::new();
        if !name.is_valid() {
            faults.push(Fault::new("name", "is no name"));
        }
        for (asks, what) in [
            (scan.filter.asks_words(), "texts"),
            (scan.filter.asks_links(), "other tickets"),
            (scan.filter.asks_numbers(), "numbers"),
        ] {
            if asks {
                faults.push(Fault::new("filter", format!("asks about {what}, which no event of a ticket tells")));
            }
        }
        let tally = Tally::new(&scan).map_err(|moves| faults.push(Fault::new("tables", moves.to_string()))).ok();
        let Some(tally) = tally.filter(|_| faults.is_empty()) else { return Err(Refusal::Invalid { faults }.into()) };
        let revision = self.rulebook().await?.now().revision;
        let filter = Filter { sight: Sight::everything(), ..scan.filter };
        self.put_board(&name, Board { filter, now: Part::new(revision, tally), next: None }).await
    }

    /// Keeps tables no longer.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [publish](Capability::Publish); [`Error::Store`] if storage fails.
    pub async fn drop_live(&self, name: impl Into<Key>) -> Result<(), Error> {
        self.may(Capability::Publish).await?;
        self.remove_board(&name.into()).await
    }

    /// Names the tables that are kept live, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] to those who do not read all tickets; [`Error::Store`] if storage fails.
    pub async fn lives(&self) -> Result<Vec<Key>, Error> {
        self.reads_all().await?;
        Ok(self.boards().await?.into_iter().map(|stored| stored.name).collect())
    }

    /// Reads live tables. What has happened since they were brought up to date is counted first if it is little, so that a
    /// read takes no longer however many tickets there are.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] to those who do not read all tickets, or if nothing is kept under that name; [`Error::Store`] if
    /// storage fails.
    pub async fn live(&self, name: impl Into<Key>) -> Result<Live, Error> {
        self.reads_all().await?;
        let name = name.into();
        let mut board = self.board(&name).await?;
        let mut rest = self.core.store.feed(board.now.position, MANY).await?;
        if !rest.is_empty() && rest.len() <= FEW {
            self.count_on(Some(board.now.position), FEW).await?;
            board = self.board(&name).await?;
            rest = self.core.store.feed(board.now.position, MANY).await?;
        }
        let Part { position, at, tally, .. } = board.now;
        let since = rest.first().map(|first| first.at);
        Ok(Live { tables: tally.tables(), position, at, behind: rest.len(), since })
    }

    /// Counts live tables anew from the beginning of the log; until that is done, the ones there are stay in use.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the actor may not [publish](Capability::Publish), or if nothing is kept under that name;
    /// [`Error::Store`] if storage fails.
    pub async fn rebuild_live(&self, name: impl Into<Key>) -> Result<Live, Error> {
        self.may(Capability::Publish).await?;
        let name = name.into();
        let board = self.board(&name).await?;
        let revision = self.rulebook().await?.now().revision;
        let next = Some(board.now.anew(revision));
        self.put_board(&name, Board { next, ..board }).await?;
        self.catch_up().await?;
        self.live(name).await
    }
}
