//! Commits that go to the server together, and what becomes of each.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use ticketcore::store::{Conflict, StoreError};
use tokio::sync::oneshot;

use crate::commit::{self, Answer, Texts};
use crate::connections::{Connections, Counters};
use crate::error::{Error, Result, is_lost, is_race, unknown};
use crate::prepared::Prepared;
use crate::retry::Attempts;
use crate::settled;
use crate::sql::Parameters;

/// A commit that somebody waits for.
#[derive(Debug)]
pub(crate) struct Job {
    /// When the call began.
    pub(crate) since: Instant,
    pub(crate) commit: Arc<Prepared>,
    pub(crate) sender: oneshot::Sender<Result<Vec<i64>, StoreError>>,
}

impl Job {
    fn settle(self, outcome: Result<Vec<i64>>) {
        let Self { commit, sender, .. } = self;
        // Before the caller goes on, so that what they share is the caller's alone.
        drop(commit);
        // Nobody may wait any more.
        let _ = sender.send(outcome.map_err(StoreError::from));
    }
}

/// What became of an attempt.
#[derive(Debug)]
enum Attempt<T> {
    Done(T),
    /// Nothing was sent, as there is no connection to be had.
    Away,
    /// Nothing was written, for what others did at the same time.
    Raced(sqlx::Error),
    /// Whether anything was written is unknown.
    Lost(sqlx::Error),
    /// It cannot be done; nothing was written.
    Failed(Error),
}

impl<T> Attempt<T> {
    fn of(attempt: Result<T>) -> Self {
        match attempt {
            Ok(done) => Self::Done(done),
            Err(Error::Postgres(error)) if is_race(&error) => Self::Raced(error),
            Err(Error::Postgres(error)) if is_lost(&error) => Self::Lost(error),
            Err(error) => Self::Failed(error),
        }
    }
}

/// Why a commit was refused.
enum Reason {
    Conflict(Conflict),
    /// It was not: this very commit is there, with these numbers.
    Written(Vec<i64>),
    /// None any more.
    Gone,
}

/// Writes commits down.
#[derive(Debug)]
pub(crate) struct Scribe {
    pub(crate) connections: Connections,
    pub(crate) texts: Texts,
}

impl Scribe {
    /// Writes commits of one tenant, none of which touches what another does, and tells each caller.
    ///
    /// Those of a statement that are refused go their own way, and the others go again without them. If the statement
    /// fails, for whatever reason, each is tried in one of its own, side by side: no caller's trouble is another's.
    pub(crate) async fn serve(&self, mut jobs: Vec<Job>) {
        while !jobs.is_empty() {
            let commits: Vec<&Prepared> = jobs.iter().map(|job| &*job.commit).collect();
            let locks = commits.iter().any(|commit| commit.needs_locks());
            let since = jobs.iter().map(|job| job.since).min().unwrap_or_else(Instant::now);
            match self.attempt(&commits, locks, &mut self.connections.attempts_since(since)).await {
                Attempt::Done(Answer::Written(numbers)) => {
                    let grouped = if jobs.len() > 1 { jobs.len() } else { 0 };
                    Counters::add(&self.connections.counters.grouped, grouped);
                    for (job, numbers) in std::mem::take(&mut jobs).into_iter().zip(numbers) {
                        self.settle(job, Ok(numbers));
                    }
                }
                Attempt::Done(Answer::Refused(blamed)) => {
                    let mut rest = Vec::new();
                    for (job, blamed) in std::mem::take(&mut jobs).into_iter().zip(blamed) {
                        if blamed { self.finish(job, Attempt::Done(None)).await } else { rest.push(job) }
                    }
                    jobs = rest;
                }
                Attempt::Away => {
                    for job in std::mem::take(&mut jobs) {
                        self.settle(job, Err(StoreError::Busy.into()));
                    }
                }
                Attempt::Lost(error) => {
                    let text = error.to_string();
                    let lost = |job| self.finish(job, Attempt::Lost(sqlx::Error::Protocol(text.clone())));
                    join_all(std::mem::take(&mut jobs).into_iter().map(lost)).await;
                }
                attempt => {
                    let mut first = (jobs.len() == 1).then(|| one(attempt));
                    let alone = std::mem::take(&mut jobs).into_iter().map(|job| {
                        let first = first.take();
                        async {
                            let attempt = match first {
                                Some(attempt) => attempt,
                                None => {
                                    let mut attempts = self.connections.attempts_since(job.since);
                                    one(self.attempt(&[&job.commit], false, &mut attempts).await)
                                }
                            };
                            self.finish(job, attempt).await;
                        }
                    });
                    join_all(alone).await;
                }
            }
        }
    }

    async fn finish(&self, job: Job, attempt: Attempt<Option<Vec<i64>>>) {
        let outcome = self.outcome(&job, attempt).await;
        self.settle(job, outcome);
    }

    fn settle(&self, job: Job, outcome: Result<Vec<i64>>) {
        if outcome.is_ok() {
            Counters::add(&self.connections.counters.commits, 1);
        }
        job.settle(outcome);
    }

    /// Tries until a commit is written, or known to be impossible.
    async fn outcome(&self, job: &Job, mut attempt: Attempt<Option<Vec<i64>>>) -> Result<Vec<i64>> {
        let commit = &*job.commit;
        let mut attempts = self.connections.attempts_since(job.since);
        let mut lost = None;
        loop {
            let mut away = false;
            match attempt {
                Attempt::Done(Some(numbers)) => return Ok(numbers),
                Attempt::Done(None) => match Attempt::of(self.reason(commit, lost.is_some(), &mut attempts).await) {
                    Attempt::Done(Reason::Conflict(conflict)) => return Err(conflict.into()),
                    Attempt::Done(Reason::Written(numbers)) => return Ok(numbers),
                    Attempt::Done(Reason::Gone) => {}
                    Attempt::Away => return Err(lost.map_or_else(|| StoreError::Busy.into(), unknown)),
                    // Only looked.
                    Attempt::Raced(error) | Attempt::Lost(error) => {
                        away = is_lost(&error);
                        self.connections.retried("reason", &error);
                    }
                    Attempt::Failed(error) => return Err(lost.map_or(error, unknown)),
                },
                Attempt::Raced(error) => self.connections.retried("commit", &error),
                Attempt::Away => return Err(lost.map_or_else(|| StoreError::Busy.into(), unknown)),
                // What is tried again cannot be written twice: it expects versions that are gone once it was written.
                Attempt::Lost(error) => {
                    away = true;
                    self.connections.retried("commit", &error);
                    lost = Some(error);
                }
                Attempt::Failed(error) => return Err(lost.map_or(error, unknown)),
            }
            if !attempts.again(away).await {
                return Err(lost.map_or_else(|| StoreError::Busy.into(), unknown));
            }
            // Whoever loses again and again locks first and looks then.
            let locks = commit.needs_locks() || attempts.failed() > 2;
            attempt = one(self.attempt(&[commit], locks, &mut attempts).await);
        }
    }

    async fn attempt(&self, commits: &[&Prepared], locks: bool, attempts: &mut Attempts) -> Attempt<Answer> {
        let Some(first) = commits.first() else { return Attempt::Done(Answer::Written(Vec::new())) };
        let mut scope = match self.connections.scope(locks, attempts).await {
            Ok(scope) => scope,
            // Whoever waits for one may come again.
            Err(error) if is_lost(&error) || matches!(error, sqlx::Error::PoolTimedOut) => return Attempt::Away,
            Err(error) => return Attempt::Failed(error.into()),
        };
        let write = async {
            let mut left = commit::Left::new();
            if locks {
                for commit in commits {
                    left.extend(commit::lock(&mut scope.link()?, &self.texts, commit).await?);
                }
            }
            let tenant = &first.commit.tenant;
            let written = commit::write(&mut scope.link()?, &self.texts, tenant, commits, &left, 0).await?;
            scope.close().await?;
            Ok(written)
        };
        Attempt::of(write.await)
    }

    /// Looks why a commit was refused, and makes what its next attempt needs if that was only missing.
    async fn reason(&self, commit: &Prepared, lost: bool, attempts: &mut Attempts) -> Result<Reason> {
        let mut scope = self.connections.scope(false, attempts).await?;
        let mut link = scope.link()?;
        let reason = match commit::conflict(&mut link, &self.texts, &commit.commit).await? {
            Some(_) if lost && let Some(numbers) = commit::written(&mut link, &self.texts, commit).await? => {
                link.run("settle", &settled::text(), Parameters::default()).await?;
                Reason::Written(numbers)
            }
            Some(conflict) => Reason::Conflict(conflict),
            None => {
                commit::prepare(&mut link, &self.texts, commit).await?;
                Reason::Gone
            }
        };
        scope.close().await?;
        Ok(reason)
    }
}

/// The attempt at the only commit there is.
fn one(attempt: Attempt<Answer>) -> Attempt<Option<Vec<i64>>> {
    match attempt {
        Attempt::Done(Answer::Written(numbers)) => Attempt::Done(Some(numbers.concat())),
        Attempt::Done(Answer::Refused(_)) => Attempt::Done(None),
        Attempt::Away => Attempt::Away,
        Attempt::Raced(error) => Attempt::Raced(error),
        Attempt::Lost(error) => Attempt::Lost(error),
        Attempt::Failed(error) => Attempt::Failed(error),
    }
}
