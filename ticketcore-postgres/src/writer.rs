//! Commits that wait, and how they come together.
//!
//! A tenant's commit that finds nobody else's under way goes at once. What comes meanwhile waits, and then everything
//! that can go together goes as one statement: the more callers, the fewer round trips and flushes for each. Measured
//! with 32 callers on two cores, one statement at a time did 7,200 commits a second, two at a time 4,200, eight 3,200.
//! Other tenants have their own statements. A statement that takes long, as somebody else has locked what it needs,
//! holds nobody up for more than a moment: another may then go beside it, though none that opens tickets if it does, which
//! would only wait for the same number.
//!
//! A statement is carried out by a task of the runtime, or by its caller if there is only one. A caller who is dropped, or
//! no longer polled, can neither cut a commit off nor keep others from theirs: then a task goes on with it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ticketcore::id::TenantId;
use ticketcore::store::StoreError;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::alone::{Alone, Rest};
use crate::batch::{Job, Scribe};
use crate::commit::Texts;
use crate::housekeeper::Housekeeper;
use crate::prepared::Prepared;
use crate::runtime::Runtime;

/// At most so many rows go into one statement: some 10 ms of work.
const BATCH: usize = 1000;
/// When a statement is late.
const LATE: Duration = Duration::from_millis(30);

/// Where commits are handed in.
#[derive(Debug)]
pub(crate) struct Writer {
    scribe: Scribe,
    housekeeper: Arc<Housekeeper>,
    runtime: Arc<Runtime>,
    queue: Mutex<Queue>,
    lanes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// How many statements are under way.
    taken: usize,
    /// The tenants whose statement is under way and not late.
    busy: HashMap<TenantId, Busy>,
    /// How many statements there were.
    count: u64,
    /// Whether somebody looks for statements that are late.
    watched: bool,
    /// The tenants for which tickets are being opened.
    opening: HashSet<TenantId>,
}

/// A statement under way.
#[derive(Debug)]
struct Busy {
    number: u64,
    begun: Instant,
    /// What is left of it, if its caller carries it out.
    alone: Option<Rest>,
}

impl Writer {
    pub(crate) fn new(scribe: Scribe, runtime: Arc<Runtime>, lanes: usize) -> Arc<Self> {
        let housekeeper = Housekeeper::new(scribe.connections.clone());
        Arc::new(Self { scribe, housekeeper, runtime, queue: Mutex::default(), lanes })
    }

    pub(crate) const fn texts(&self) -> &Texts {
        &self.scribe.texts
    }

    /// Writes a commit and returns its tickets' numbers. If the future is dropped, the commit is either done or not begun.
    pub(crate) async fn run(self: &Arc<Self>, commit: Arc<Prepared>) -> Result<Vec<i64>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job = Job { since: Instant::now(), commit: Arc::clone(&commit), sender };
        self.queue().waiting.push_back(job);
        let rest = self.dispatch(Some(&commit));
        // The tickets are the caller's alone in the end.
        drop(commit);
        self.watch();
        let numbers = match rest {
            Some(rest) => Alone { rest, receiver, runtime: self.runtime.handle().clone() }.await,
            None => receiver.await,
        };
        numbers.unwrap_or_else(|_| Err(StoreError::backend("the writer gave up on the commit")))
    }

    /// Sends what can be sent. What is a caller's alone is left to them, but only if they are there.
    fn dispatch(self: &Arc<Self>, caller: Option<&Arc<Prepared>>) -> Option<Rest> {
        let (mut left, mut statements) = (None, Vec::new());
        let mut queue = self.queue();
        while queue.taken < self.lanes
            && let Some(jobs) = queue.next()
        {
            let Some(tenant) = jobs.first().map(|job| job.commit.commit.tenant.clone()) else { continue };
            let opens = jobs.iter().any(|job| job.commit.opens());
            queue.taken += 1;
            queue.count += 1;
            let number = queue.count;
            if opens {
                queue.opening.insert(tenant.clone());
            }
            let is_callers = |job: &Job| caller.is_some_and(|commit| Arc::ptr_eq(commit, &job.commit));
            let alone = jobs.len() == 1 && jobs.iter().all(is_callers);
            let lane = Lane { writer: Arc::clone(self), tenant: tenant.clone(), opens, number };
            let words = jobs.iter().map(|job| job.commit.words()).sum();
            let statement = self.runtime.inside(async move {
                let writer = &lane.writer;
                writer.scribe.serve(jobs).await;
                writer.housekeeper.note(words, &writer.runtime);
            });
            let rest = if alone {
                Some(Rest::new(statement))
            } else {
                statements.push(statement);
                None
            };
            queue.busy.insert(tenant, Busy { number, begun: Instant::now(), alone: rest.clone() });
            left = left.or(rest);
        }
        drop(queue);
        // A runtime that has ended drops them at once, and they give their way free.
        statements.into_iter().for_each(|statement| drop(self.runtime.handle().spawn(statement)));
        left
    }

    /// Sees to it that a statement which is late holds nobody up; there is nobody while nobody waits, and most of the
    /// time nobody does.
    fn watch(self: &Arc<Self>) {
        let mut queue = self.queue();
        if queue.waiting.is_empty() || std::mem::replace(&mut queue.watched, true) {
            return;
        }
        let this = Arc::clone(self);
        self.runtime.handle().spawn(async move {
            loop {
                sleep(LATE).await;
                let mut queue = this.queue();
                let late: Vec<Busy> =
                    queue.busy.extract_if(|_, busy| busy.begun.elapsed() >= LATE).map(|(_, busy)| busy).collect();
                let done = queue.waiting.is_empty();
                queue.watched = !done;
                drop(queue);
                // Whoever carries one out may hold what is left of it, and want the queue.
                late.iter()
                    .filter_map(|busy| busy.alone.as_ref())
                    .for_each(|rest| rest.hand_over(this.runtime.handle()));
                if done {
                    return;
                }
                this.dispatch(None);
            }
        });
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way of a statement; given free when dropped, whatever happened.
struct Lane {
    writer: Arc<Writer>,
    tenant: TenantId,
    opens: bool,
    number: u64,
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut queue = self.writer.queue();
        queue.taken -= 1;
        // If it was late, another may be in its place.
        if queue.busy.get(&self.tenant).is_some_and(|busy| busy.number == self.number) {
            queue.busy.remove(&self.tenant);
        }
        if self.opens {
            queue.opening.remove(&self.tenant);
        }
        drop(queue);
        self.writer.dispatch(None);
    }
}

impl Queue {
    /// Takes the first commit that can go, and all behind it that can go with it.
    fn next(&mut self) -> Option<Vec<Job>> {
        self.waiting.retain(|job| !job.sender.is_closed());
        let can_go = |job: &Job| {
            let tenant = &job.commit.commit.tenant;
            !(self.busy.contains_key(tenant) || job.commit.opens() && self.opening.contains(tenant))
        };
        let first = self.waiting.iter().position(can_go)?;
        let first = self.waiting.remove(first)?;
        let tenant = first.commit.commit.tenant.clone();
        let mut size = first.commit.size();
        if first.commit.needs_locks() {
            return Some(vec![first]);
        }
        let (mut touched, mut rested) = (first.commit.touches.clone(), first.commit.rests.clone());
        let mut jobs = vec![first];
        let mut left = VecDeque::with_capacity(self.waiting.len());
        for job in self.waiting.drain(..) {
            let commit = &job.commit;
            let joins = commit.commit.tenant == tenant
                && size + commit.size() <= BATCH
                && !commit.needs_locks()
                && !(commit.opens() && self.opening.contains(&tenant))
                && commit.touches.is_disjoint(&touched)
                && commit.touches.is_disjoint(&rested)
                && commit.rests.is_disjoint(&touched);
            // What stays behind keeps those from overtaking it that touch the same.
            touched.extend(commit.touches.iter().cloned());
            rested.extend(commit.rests.iter().cloned());
            if joins {
                size += commit.size();
                jobs.push(job);
            } else {
                left.push_back(job);
            }
        }
        self.waiting = left;
        Some(jobs)
    }
}
