//! What became of a ticket on its way: read off its line and its trail, timed on both clocks.

use chrono::{DateTime, Utc};

use crate::config::Rulebook;
use crate::id::Key;
use crate::line::{Beat, Flag, Mark};
use crate::report::{Course, Lapse, Spent, Stay};
use crate::ticket::Ticket;
use crate::time::micros;
use crate::trail::{Aspect, Turn};

/// Reads the course of a ticket. Every commit does, so a ticket that was only opened costs nothing.
pub(super) fn course(clocks: &mut Clocks<'_>, ticket: &Ticket) -> Option<Box<Course>> {
    let beats = ticket.line.beats();
    if beats.len() <= 1 && ticket.trail.is_empty() && ticket.policies.steps.is_empty() && ticket.level == 0 {
        return None;
    }
    let acked = beats.iter().find(|beat| beat.flags.has(Flag::Acked));
    let course = Course {
        states: states(clocks, beats),
        teams: spent(clocks, ticket, Aspect::Team),
        assignees: spent(clocks, ticket, Aspect::Assignee),
        answers: answers(clocks, beats),
        acked: acked.map(|beat| clocks.since_opening(beat.at)),
        first_contact: ticket.first_resolved.is_some_and(|resolved| replies(beats, resolved) == 1),
        steps: u32::try_from(ticket.policies.steps.len()).unwrap_or(u32::MAX),
        level: ticket.level,
    };
    (course != Course::default()).then(|| Box::new(course))
}

/// The stays in states that have ended.
fn states(clocks: &mut Clocks<'_>, beats: &[Beat]) -> Vec<Stay> {
    let mut stays = Vec::new();
    let Some((mut before, rest)) = beats.split_first() else { return stays };
    for beat in rest {
        if (beat.status, &beat.state) != (before.status, &before.state) {
            let time = clocks.between(before.at, beat.at);
            stays.push(Stay { status: before.status, state: before.state.clone(), time });
            before = beat;
        }
    }
    stays
}

/// The time with each value of an aspect but for the stay that goes on, in the order of the first stays.
fn spent(clocks: &mut Clocks<'_>, ticket: &Ticket, aspect: Aspect) -> Vec<Spent> {
    let mut spent: Vec<Spent> = Vec::new();
    for Turn { at, since, from, .. } in ticket.trail.turns().iter().filter(|turn| turn.aspect == aspect) {
        let time = clocks.between(*since, *at);
        match spent.iter_mut().find(|spent| spent.with == *from) {
            Some(spent) => spent.time.extend(time),
            None => spent.push(Spent { with: from.clone(), time }),
        }
    }
    spent
}

/// How long each answer took, but for the first response.
fn answers(clocks: &mut Clocks<'_>, beats: &[Beat]) -> Vec<Lapse> {
    let mut answers = Vec::new();
    let mut asked = None;
    for beat in beats {
        match beat.mark {
            Mark::Asked if beat.flags.has(Flag::Responded) => asked = Some(beat.at),
            Mark::Answered => answers.extend(asked.take().map(|asked| clocks.between(asked, beat.at))),
            Mark::Asked | Mark::Opened | Mark::Moved | Mark::Reopened | Mark::Assigned | Mark::Changed => {}
        }
    }
    answers
}

/// How many public messages agents had written at an instant.
fn replies(beats: &[Beat], until: DateTime<Utc>) -> usize {
    beats.iter().filter(|beat| beat.mark == Mark::Answered && beat.at <= until).count()
}

/// Both clocks of a ticket. What was read of the calendar is kept, as the same instants end many things.
pub(super) struct Clocks<'a> {
    rulebook: &'a Rulebook,
    business: Option<&'a Key>,
    created: DateTime<Utc>,
    read: Vec<(DateTime<Utc>, i64)>,
}

impl<'a> Clocks<'a> {
    pub(super) fn new(rulebook: &'a Rulebook, ticket: &Ticket) -> Self {
        let business = rulebook.now().config.business.as_ref();
        Self { rulebook, business, created: ticket.created, read: Vec::new() }
    }

    /// From the opening to an instant.
    pub(super) fn since_opening(&mut self, at: DateTime<Utc>) -> Lapse {
        let wall = micros(at).saturating_sub(micros(self.created));
        let business = match self.business {
            None => wall,
            Some(_) if at == self.created => 0,
            Some(_) => self.open_time(at),
        };
        Lapse { wall, business }
    }

    fn between(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Lapse {
        let before = self.since_opening(from);
        self.since_opening(to).without(before)
    }

    fn open_time(&mut self, at: DateTime<Utc>) -> i64 {
        if let Some((_, found)) = self.read.iter().rev().find(|(known, _)| *known == at) {
            return *found;
        }
        let found = self.rulebook.elapsed(self.business, self.created, at).num_microseconds().unwrap_or(i64::MAX);
        self.read.push((at, found));
        found
    }
}
