//! What one ticket counts as: itself, or each of the pieces its course is made of.

use super::packed::Packed;
use crate::report::{Each, Lapse, Spent, Stay};
use crate::status::Status;

/// One of the things that a table counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The state, team or agent, place in life or crossing; nothing for nobody.
    pub(super) name: Option<&'a str>,
    /// When it happened, if it did at an instant, in microseconds since 1970.
    pub(super) at: Option<i64>,
    pub(super) spent: Time,
}

/// How long a piece lasted, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    /// With what goes on.
    pub(super) wall: Option<i64>,
    /// Without it: how long it is open can only be told when it has ended.
    pub(super) business: Option<i64>,
}

/// Takes the ticket of a row apart. `now` ends what goes on.
pub(super) fn pieces<'a>(each: Each, packed: &'a Packed, row: usize, now: i64, mut take: impl FnMut(Piece<'a>)) {
    let (created, course) = (packed.created.get(row), packed.course(row));
    // What goes on began when the last stay in a state ended; what is closed does not go on.
    let since = course.states.iter().fold(created, |at, stay| at.saturating_add(stay.time.wall));
    let end = if packed.status(row) == Some(Status::Closed) { since } else { now };
    match each {
        Each::Ticket => take(Piece::default()),
        Each::State => {
            let stays = course.states.iter().map(|stay| (Some(stay.state.as_str()), stay.time));
            spent(stays, packed.state.text(row), created, end, take);
        }
        Each::Team => spent(with(&course.teams), packed.team.text(row), created, end, take),
        Each::Assignee => spent(with(&course.assignees), packed.assignee.text(row), created, end, take),
        Each::Entry => {
            entries(packed, row, |at, before, status| {
                if before != Some(status) {
                    take(Piece { name: Some(status.as_str()), at: Some(at), ..Piece::default() });
                }
            });
        }
        Each::Exit => {
            entries(packed, row, |at, before, status| {
                if let Some(before) = before.filter(|before| *before != status) {
                    take(Piece { name: Some(before.as_str()), at: Some(at), ..Piece::default() });
                }
            });
        }
        Each::Crossing => {
            entries(packed, row, |at, before, status| {
                let name = match (before.map(Status::is_open), status.is_open()) {
                    (None, true) => Some("opened"),
                    (Some(false), true) => Some("reopened"),
                    (Some(true), false) => Some("left"),
                    // What was never in the backlog does not leave it.
                    (None | Some(false), false) | (Some(true), true) => None,
                };
                if name.is_some() {
                    take(Piece { name, at: Some(at), ..Piece::default() });
                }
            });
        }
    }
}

/// Goes over the places in life that a ticket came to, with the instant and the one before.
fn entries(packed: &Packed, row: usize, mut visit: impl FnMut(i64, Option<Status>, Status)) {
    let (mut at, mut before) = (packed.created.get(row), None);
    for Stay { status, state: _, time } in &packed.course(row).states {
        visit(at, before, *status);
        (at, before) = (at.saturating_add(time.wall), Some(*status));
    }
    if let Some(status) = packed.status(row) {
        visit(at, before, status);
    }
}

fn with(spent: &[Spent]) -> impl Iterator<Item = (Option<&str>, Lapse)> + Clone {
    spent.iter().map(|spent| (spent.with.as_ref().map(|key| key.as_str()), spent.time))
}

/// Adds stays up by their names, and what goes on to the present one.
fn spent<'a>(
    stays: impl Iterator<Item = (Option<&'a str>, Lapse)> + Clone,
    present: Option<&'a str>,
    created: i64,
    end: i64,
    mut take: impl FnMut(Piece<'a>),
) {
    let since = stays.clone().fold(created, |at, (_, time)| at.saturating_add(time.wall));
    let goes_on = end.saturating_sub(since);
    let mut names: Vec<(Option<&str>, Option<Lapse>)> = Vec::new();
    for (name, time) in stays {
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => sum.get_or_insert_default().extend(time),
            None => names.push((name, Some(time))),
        }
    }
    // Where a ticket was when it was closed it did not stay.
    if goes_on > 0 && !names.iter().any(|(known, _)| *known == present) {
        names.push((present, None));
    }
    for (name, ended) in names {
        let more = if name == present { goes_on } else { 0 };
        let wall = Some(ended.unwrap_or_default().wall.saturating_add(more));
        take(Piece { name, at: None, spent: Time { wall, business: ended.map(|time| time.business) } });
    }
}
