//! What each measure reads of a ticket: the one place that says so.

use super::packed::Packed;
use super::pieces::Piece;
use super::standings::Standings;
use crate::config::Span;
use crate::report::{Attainment, Course, Lapse, Measure, Time};
use crate::status::Status;

/// Makes something of what a measure reads: sums of an exact scan, or such as can be taken back.
///
/// The definitions are closures handed over one by one, not values of an enum, so that an exact scan compiles a tight
/// loop for each of them.
pub(super) trait Keep {
    type Kept;

    /// Counts all tickets.
    fn all(self) -> Self::Kept;

    /// Counts some tickets.
    fn count(self, read: impl Fn(Seen<'_>) -> bool + Send + Sync + 'static) -> Self::Kept;

    /// Sums up lengths of time, in microseconds.
    fn time(self, read: impl Fn(Seen<'_>) -> Option<i64> + Send + Sync + 'static) -> Self::Kept;

    /// Sums up lengths of time, of which a ticket may have many.
    fn times(self, read: impl Fn(Seen<'_>, &mut dyn FnMut(i64)) + Send + Sync + 'static) -> Self::Kept;

    /// Adds up what is counted on each ticket.
    fn counter(self, read: impl Fn(Seen<'_>) -> u32 + Send + Sync + 'static) -> Self::Kept;

    /// Counts those that have something, of those that could.
    fn share(self, read: impl Fn(Seen<'_>) -> Option<bool> + Send + Sync + 'static) -> Self::Kept;

    /// Adds up cycles.
    fn attainment(self, read: impl Fn(Seen<'_>) -> Attainment + Send + Sync + 'static) -> Self::Kept;
}

/// Defines a measure. `now` is the scan's instant.
pub(super) fn define<K: Keep>(measure: &Measure, now: i64, standings: &mut Standings, keep: K) -> K::Kept {
    match measure {
        Measure::Count => keep.all(),
        Measure::Backlog => keep.count(|seen| seen.packed.is_open(seen.row)),
        Measure::FirstResponse(Time::Wall) => keep.time(|seen| seen.since_opening(seen.responded())),
        Measure::FirstResponse(Time::Business) => keep.time(|seen| seen.response()),
        Measure::Resolution(Time::Wall) => keep.time(|seen| seen.since_opening(seen.resolved())),
        Measure::Resolution(Time::Business) => keep.time(|seen| seen.resolution()),
        Measure::FirstResolution(Time::Wall) => keep.time(|seen| seen.since_opening(seen.first_resolved())),
        Measure::FirstResolution(Time::Business) => keep.time(|seen| seen.first_resolution().map(|time| time.business)),
        Measure::NetResolution(Time::Wall) => {
            keep.time(|seen| Some(seen.since_opening(seen.resolved())?.saturating_sub(seen.pending().wall)))
        }
        Measure::NetResolution(Time::Business) => {
            keep.time(|seen| Some(seen.resolution()?.saturating_sub(seen.pending().business)))
        }
        Measure::NextResponse(time) => {
            let time = *time;
            keep.times(move |seen, take| seen.course().answers.iter().for_each(|answer| take(answer.on(time))))
        }
        Measure::Acknowledge(time) => {
            let time = *time;
            keep.time(move |seen| seen.course().acked.map(|acked| acked.on(time)))
        }
        Measure::Closing => keep.time(|seen| seen.since_opening(seen.closed())),
        Measure::Age => keep.time(move |seen| seen.since_opening(seen.packed.is_open(seen.row).then_some(now))),
        Measure::Reopens => keep.counter(|seen| seen.packed.reopens.get(seen.row)),
        Measure::Reassigns => keep.counter(|seen| seen.packed.reassigns.get(seen.row)),
        Measure::Messages => keep.counter(|seen| seen.packed.messages.get(seen.row)),
        Measure::ReopenRate => keep.share(|seen| seen.first_resolved().map(|_| seen.packed.reopens.get(seen.row) > 0)),
        Measure::ReopenedWithin(span) => {
            let within = limit(*span);
            keep.share(move |seen| seen.first_resolved().map(|_| seen.came_back(within)))
        }
        Measure::FirstContact(span) => {
            let within = limit(*span);
            keep.share(move |seen| {
                seen.first_resolved().map(|_| seen.course().first_contact && !seen.came_back(within))
            })
        }
        Measure::ResolvedWithin(span) => {
            let within = limit(*span);
            keep.share(move |seen| {
                let old = now.saturating_sub(seen.packed.created.get(seen.row)) >= within;
                old.then(|| seen.since_opening(seen.first_resolved()).is_some_and(|time| time <= within))
            })
        }
        Measure::Steps => keep.counter(|seen| seen.course().steps),
        Measure::Escalated => keep.share(|seen| Some(seen.course().level > 0)),
        Measure::Spent(Time::Wall) => keep.time(|seen| seen.piece?.spent.wall),
        Measure::Spent(Time::Business) => keep.time(|seen| seen.piece?.spent.business),
        Measure::Satisfaction => {
            keep.share(|seen| seen.packed.score.get(seen.row).filter(|score| *score > 0).map(is_good))
        }
        Measure::ResponseShare => keep.share(|seen| seen.packed.score.get(seen.row).map(|score| score > 0)),
        Measure::Attainment(policy) => {
            let policy = standings.ask(policy);
            keep.attainment(move |seen| seen.standings.of(seen.packed, seen.row, policy))
        }
    }
}

/// Says whether a customer who gave a score was content.
const fn is_good(score: u8) -> bool {
    score >= 4
}

/// A length of time in microseconds.
fn limit(span: Span) -> i64 {
    span.0.num_microseconds().unwrap_or(i64::MAX)
}

/// A ticket, or a piece of one, as measures see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    pub(super) packed: &'a Packed,
    pub(super) row: usize,
    /// Of a whole ticket, none.
    pub(super) piece: Option<&'a Piece<'a>>,
    pub(super) standings: &'a Standings,
}

impl<'a> Seen<'a> {
    fn responded(self) -> Option<i64> {
        self.packed.responded.time(self.row)
    }

    fn resolved(self) -> Option<i64> {
        self.packed.resolved.time(self.row)
    }

    fn first_resolved(self) -> Option<i64> {
        self.packed.first_resolved.time(self.row)
    }

    fn closed(self) -> Option<i64> {
        self.packed.closed.time(self.row)
    }

    /// Business time to the first response.
    fn response(self) -> Option<i64> {
        self.packed.response.time(self.row)
    }

    /// Business time to the last resolution.
    fn resolution(self) -> Option<i64> {
        self.packed.resolution.time(self.row)
    }

    fn course(self) -> &'a Course {
        self.packed.course(self.row)
    }

    fn since_opening(self, at: Option<i64>) -> Option<i64> {
        at.map(|at| at.saturating_sub(self.packed.created.get(self.row)))
    }

    /// The places in life that the ticket came to, each with the time since the opening; the last is the present one.
    fn places(self) -> impl Iterator<Item = (Lapse, Option<Status>)> + use<'a> {
        let ended = self.course().states.iter().scan(Lapse::default(), |since, stay| {
            let place = (*since, Some(stay.status));
            since.extend(stay.time);
            Some(place)
        });
        let all = self.course().states.iter().fold(Lapse::default(), |mut sum, stay| {
            sum.extend(stay.time);
            sum
        });
        ended.chain(std::iter::once((all, self.packed.status(self.row))))
    }

    /// From the opening to the first resolution.
    fn first_resolution(self) -> Option<Lapse> {
        self.first_resolved()?;
        self.places().find(|(_, status)| *status == Some(Status::Resolved)).map(|(time, _)| time)
    }

    /// Tells whether it came back within a time of its first resolution.
    fn came_back(self, within: i64) -> bool {
        let mut places = self.places();
        let Some((resolved, _)) = places.find(|(_, status)| *status == Some(Status::Resolved)) else { return false };
        let back = places.find(|(_, status)| status.is_some_and(Status::is_open));
        back.is_some_and(|(time, _)| time.wall.saturating_sub(resolved.wall) <= within)
    }

    /// The time spent pending.
    fn pending(self) -> Lapse {
        let stays = self.course().states.iter().filter(|stay| stay.status == Status::Pending);
        stays.fold(Lapse::default(), |mut sum, stay| {
            sum.extend(stay.time);
            sum
        })
    }
}
