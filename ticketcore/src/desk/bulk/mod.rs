//! One request to many tickets.

mod run;

use std::fmt;

use crate::command::Request;
use crate::desk::{Desk, Error};
use crate::engine::Refusal;
use crate::id::{TicketId, Version};
use crate::query::{Cursor, Filter};

use run::Job;

/// A request to every ticket of a filter, made ready by its methods and carried out by [`run`](Self::run).
///
/// Tickets are worked on in the order of their numbers, each at most once, up to the last that was meant when the run
/// began; what is opened meanwhile is left. Hundreds share a commit. Each is decided as it is at its own commit: where
/// another writer was faster it is read again, and left if the filter does not mean it any more. A refusal is the
/// ticket's own, and the others go on.
///
/// # Examples
///
/// ```
/// # pollster::block_on(async {
/// use std::sync::Arc;
/// use ticketcore::desk::Effect;
/// use ticketcore::{Actor, Command, Desk, Draft, Filter, MemoryStore, Request, Version};
///
/// let desk = Desk::new(Arc::new(MemoryStore::new())).by(Actor::agent("ada"));
/// desk.open_all(["mail", "web", "mail"].map(|queue| Draft::incident("Slow").queue(queue)).into()).await?;
///
/// let request = Request::from(Command::Tag("outage".into())).once("outage-2026-03-02");
/// let planned = desk.bulk(Filter::queue("mail"), request.clone()).dry_run().run().await?;
/// assert_eq!(planned.outcomes.len(), 2);
///
/// let done = desk.bulk(Filter::queue("mail"), request).run().await?;
/// assert!(done.is_complete());
/// assert!(done.outcomes.iter().all(|one| matches!(one.effect, Effect::Changed(Version(2)))));
/// # Ok::<(), ticketcore::Error>(()) }).unwrap();
/// ```
#[must_use = "nothing is done until it runs"]
pub struct Bulk<'a> {
    job: Job<'a>,
    progress: Option<Progress<'a>>,
}

type Progress<'a> = Box<dyn FnMut(usize, usize) + Send + 'a>;

/// What a bulk request came to.
#[derive(Debug, Default)]
pub struct Bulked {
    /// What became of each ticket, in the order of their numbers.
    pub outcomes: Vec<Outcome>,
    /// Where to go on, if it stopped before the end: what [`Bulk::resume`] takes. `None` is the beginning.
    pub next: Option<Cursor>,
    /// What stopped it, if something failed. Whether the commit it failed at was written is then unknown, as always: a
    /// request with a `once` key can be repeated.
    pub error: Option<Error>,
}

impl Bulked {
    /// Tells whether it came to the end; what was refused on the way is told by the outcomes.
    pub const fn is_complete(&self) -> bool {
        self.next.is_none() && self.error.is_none()
    }
}

/// What became of one ticket.
#[derive(Debug)]
pub struct Outcome {
    /// The ticket.
    pub id: TicketId,
    /// Its number.
    pub number: i64,
    /// What became of it.
    pub effect: Effect,
}

/// What a bulk request did to a ticket; in a dry run, what it would have done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Effect {
    /// It changed, and is at this version now.
    Changed(Version),
    /// It was already so.
    Unchanged,
    /// It was done before under the same `once` key, and left the ticket at this version.
    Repeated(Version),
    /// The filter did not mean it any more.
    NoLonger,
    /// The rules forbid it.
    Refused(Refusal),
    /// It could be done, and was not, as another ticket of an [`atomic`](Bulk::atomic) request was refused.
    Withheld,
    /// It could not be done for another reason.
    Failed(Error),
}

impl Desk {
    /// Prepares a request to every ticket of a filter.
    ///
    /// With a `once` key, each ticket gets its own, `<key>/<ticket id>`, so that a repetition has no second effect.
    pub fn bulk(&self, filter: Filter, request: impl Into<Request>) -> Bulk<'_> {
        let request = request.into();
        let job = Job { desk: self, filter, request, dry: false, atomic: false, after: None, limit: usize::MAX };
        Bulk { job, progress: None }
    }
}

impl<'a> Bulk<'a> {
    /// How many tickets an atomic request may mean, as they all stand in one commit.
    pub const ATOMIC_LIMIT: usize = 1000;

    /// Only decides, and writes nothing.
    pub const fn dry_run(mut self) -> Self {
        self.job.dry = true;
        self
    }

    /// Does it to all tickets in one commit, or to none if one of them refuses. Refused as a whole if there are more than
    /// [`ATOMIC_LIMIT`](Self::ATOMIC_LIMIT), or if it is to link tickets, which changes others as well.
    pub const fn atomic(mut self) -> Self {
        self.job.atomic = true;
        self
    }

    /// Goes on where an earlier run stopped; from the beginning by default.
    pub const fn resume(mut self, after: Option<Cursor>) -> Self {
        self.job.after = after;
        self
    }

    /// Stops after so many tickets; by default it does not.
    pub const fn limit(mut self, tickets: usize) -> Self {
        self.job.limit = tickets;
        self
    }

    /// Is told how far it is, after every commit: how many tickets it is done with, never less than before, of how many
    /// that the filter meant when it began. Those before the place where it is resumed count among them.
    pub fn progress(mut self, tell: impl FnMut(usize, usize) + Send + 'a) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Carries it out.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the request is refused whatever the tickets are: one that rests on a version, or is atomic
    /// and must not be; [`Error::Contended`] if it is atomic and others were faster too many times in a row;
    /// [`Error::Store`] if it could not begin. Nothing was written then. What fails later is in [`Bulked::error`], with
    /// what was done before.
    pub async fn run(self) -> Result<Bulked, Error> {
        let Self { job, progress } = self;
        job.run(progress).await
    }
}

impl fmt::Debug for Bulk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk")
            .field("filter", &self.job.filter)
            .field("request", &self.job.request)
            .finish_non_exhaustive()
    }
}
