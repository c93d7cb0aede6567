//! Commits that wait, and how they come together.
//!
//! A tenant's commit that finds nobody else's under way goes at once. What comes meanwhile waits, and then everything
//! that can go together goes as one statement: the more callers, the fewer round trips and flushes for each. Measured
//! with 32 callers on two cores, one statement at a time did 7,200 commits a second, two at a time 4,200, eight 3,200.
//! Other tenants have their own statements. A statement that takes long, as somebody else has locked what it needs,
//! holds nobody up for more than a moment: another may then go beside it, though none that opens tickets if it does, which
//! would only wait for the same number.
//!
//! A statement is carried out by a task of the runtime, not by a caller: one that is dropped, or no longer polled, can
//! neither cut a commit off nor keep others from theirs.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ticketcore::id::TenantId;
use ticketcore::store::StoreError;
use tokio::sync::oneshot;
use tokio::time::sleep;

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
    /// The tenants whose statement is under way and not late, its number and its beginning.
    busy: HashMap<TenantId, (u64, Instant)>,
    /// How many statements there were.
    count: u64,
    /// Whether somebody looks for statements that are late.
    watched: bool,
    /// The tenants for which tickets are being opened.
    opening: HashSet<TenantId>,
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
        self.queue().waiting.push_back(Job { since: Instant::now(), commit, sender });
        self.dispatch();
        self.watch();
        receiver.await.unwrap_or_else(|_| Err(StoreError::backend("the writer gave up on the commit")))
    }

    /// Sends what can be sent.
    fn dispatch(self: &Arc<Self>) {
        let mut queue = self.queue();
        while queue.taken < self.lanes
            && let Some(jobs) = queue.next()
        {
            let Some(tenant) = jobs.first().map(|job| job.commit.commit.tenant.clone()) else { continue };
            let opens = jobs.iter().any(|job| job.commit.opens());
            queue.taken += 1;
            queue.count += 1;
            let number = queue.count;
            queue.busy.insert(tenant.clone(), (number, Instant::now()));
            if opens {
                queue.opening.insert(tenant.clone());
            }
            let lane = Lane { writer: Arc::clone(self), tenant, opens, number };
            let words = jobs.iter().map(|job| job.commit.words()).sum();
            self.runtime.handle().spawn(async move {
                let writer = &lane.writer;
                writer.scribe.serve(jobs).await;
                writer.housekeeper.note(words, &writer.runtime);
            });
        }
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
                queue.busy.retain(|_, (_, begun)| begun.elapsed() < LATE);
                if queue.waiting.is_empty() {
                    queue.watched = false;
                    return;
                }
                drop(queue);
                this.dispatch();
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
        if queue.busy.get(&self.tenant).is_some_and(|(number, _)| *number == self.number) {
            queue.busy.remove(&self.tenant);
        }
        if self.opens {
            queue.opening.remove(&self.tenant);
        }
        drop(queue);
        self.writer.dispatch();
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
        let mut touched = first.commit.touches.clone();
        let mut jobs = vec![first];
        let mut left = VecDeque::with_capacity(self.waiting.len());
        for job in self.waiting.drain(..) {
            let commit = &job.commit;
            let joins = commit.commit.tenant == tenant
                && size + commit.size() <= BATCH
                && !commit.needs_locks()
                && !(commit.opens() && self.opening.contains(&tenant))
                && commit.touches.is_disjoint(&touched);
            // What stays behind keeps those from overtaking it that touch the same.
            touched.extend(commit.touches.iter().cloned());
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
