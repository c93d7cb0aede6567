//! Tickets packed into columns, so that a pass over very many reads what it needs and nothing beside it.

use super::names::Names;
use crate::report::figures::status;
use crate::report::{Course, Figures, Needs, NotCourse};
use crate::status::Status;

/// The figures of tickets by rows, from 0 on: a column for each that is needed, texts as small numbers.
///
/// A report reads some 30 of a ticket's thousand bytes. Side by side they come from memory ten times as fast.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    len: usize,
    pub(super) kind: Labels,
    pub(super) status: Labels,
    /// What the labels of `status` stand for.
    statuses: Vec<Option<Status>>,
    pub(super) state: Labels,
    pub(super) priority: Column<u8>,
    pub(super) category: Labels,
    pub(super) team: Labels,
    pub(super) queue: Labels,
    pub(super) assignee: Labels,
    pub(super) requester: Labels,
    pub(super) channel: Labels,
    pub(super) created: Column<i64>,
    pub(super) responded: Column<Maybe>,
    pub(super) resolved: Column<Maybe>,
    pub(super) first_resolved: Column<Maybe>,
    pub(super) closed: Column<Maybe>,
    pub(super) response: Column<Maybe>,
    pub(super) resolution: Column<Maybe>,
    pub(super) reopens: Column<u32>,
    pub(super) reassigns: Column<u32>,
    pub(super) messages: Column<u32>,
    pub(super) score: Column<Option<u8>>,
    pub(super) standings: Labels,
    has_courses: bool,
    courses: Vec<Course>,
}

impl Packed {
    /// Starts without tickets. Figures that are not needed are not kept, and read as if there were none.
    pub(crate) fn new(needs: &Needs) -> Self {
        let Needs {
            kind,
            status,
            state,
            priority,
            category,
            team,
            queue,
            assignee,
            requester,
            channel,
            created,
            responded,
            resolved,
            first_resolved,
            closed,
            business,
            counters,
            score,
            standings,
            course,
        } = *needs;
        Self {
            len: 0,
            kind: Labels::new(kind),
            status: Labels::new(status),
            statuses: Vec::new(),
            state: Labels::new(state),
            priority: Column::new(priority),
            category: Labels::new(category),
            team: Labels::new(team),
            queue: Labels::new(queue),
            assignee: Labels::new(assignee),
            requester: Labels::new(requester),
            channel: Labels::new(channel),
            created: Column::new(created),
            responded: Column::new(responded),
            resolved: Column::new(resolved),
            first_resolved: Column::new(first_resolved),
            closed: Column::new(closed),
            response: Column::new(business),
            resolution: Column::new(business),
            reopens: Column::new(counters),
            reassigns: Column::new(counters),
            messages: Column::new(counters),
            score: Column::new(score),
            standings: Labels::new(standings),
            has_courses: course,
            courses: Vec::new(),
        }
    }

    /// How many tickets there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Writes the figures of a row, which may be the next new one.
    pub(crate) fn put(&mut self, row: usize, figures: &Figures<'_>) -> Result<(), NotCourse> {
        let Figures {
            kind,
            status: place,
            state,
            priority,
            category,
            team,
            queue,
            assignee,
            requester,
            channel,
            created,
            responded,
            resolved,
            first_resolved,
            closed,
            response,
            resolution,
            reopens,
            reassigns,
            messages,
            score,
            standings,
            course,
        } = *figures;
        if self.has_courses {
            let course = if course.is_empty() { Course::default() } else { Course::decode(course)? };
            put(&mut self.courses, row, course);
        }
        self.kind.put(row, Some(kind));
        self.status.put(row, Some(place));
        let known = self.statuses.len();
        self.statuses.extend(self.status.names.texts().skip(known).map(status));
        self.state.put(row, Some(state));
        self.priority.put(row, priority);
        self.category.put(row, category);
        self.team.put(row, team);
        self.queue.put(row, queue);
        self.assignee.put(row, assignee);
        self.requester.put(row, requester);
        self.channel.put(row, Some(channel));
        self.created.put(row, created);
        self.responded.put(row, responded.into());
        self.resolved.put(row, resolved.into());
        self.first_resolved.put(row, first_resolved.into());
        self.closed.put(row, closed.into());
        self.response.put(row, response.into());
        self.resolution.put(row, resolution.into());
        self.reopens.put(row, reopens);
        self.reassigns.put(row, reassigns);
        self.messages.put(row, messages);
        self.score.put(row, score);
        self.standings.put(row, Some(standings));
        self.len = self.len.max(row + 1);
        Ok(())
    }

    /// Writes the course of a row whose figures tell of none.
    pub(super) fn follow(&mut self, row: usize, course: &Course) {
        if let Some(known) = self.courses.get_mut(row) {
            known.clone_from(course);
        }
    }

    /// Forgets all tickets but the first so many: what comes next is written over them. Texts keep their numbers.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
    }

    /// The place in life of a ticket.
    pub(super) fn status(&self, row: usize) -> Option<Status> {
        let place = self.status.code(row).checked_sub(1)?;
        self.statuses.get(place).copied().flatten()
    }

    /// Whether a ticket is in the backlog.
    pub(super) fn is_open(&self, row: usize) -> bool {
        self.status(row).is_some_and(Status::is_open)
    }

    /// What became of a ticket on its way.
    pub(super) fn course(&self, row: usize) -> &Course {
        self.courses.get(row).unwrap_or(Course::NONE)
    }
}

/// One figure of all rows.
#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    is_needed: bool,
    values: Vec<T>,
}

impl<T: Copy + Default> Column<T> {
    const fn new(is_needed: bool) -> Self {
        Self { is_needed, values: Vec::new() }
    }

    fn put(&mut self, row: usize, value: T) {
        if self.is_needed {
            put(&mut self.values, row, value);
        }
    }

    pub(super) fn get(&self, row: usize) -> T {
        self.values.get(row).copied().unwrap_or_default()
    }
}

fn put<T>(values: &mut Vec<T>, row: usize, value: T) {
    match values.get_mut(row) {
        Some(known) => *known = value,
        None => values.push(value),
    }
}

/// A time that may not be there, in half the space of an [`Option`]. No instant and no length is the least of all numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maybe(i64);

impl Default for Maybe {
    fn default() -> Self {
        Self(i64::MIN)
    }
}

impl From<Option<i64>> for Maybe {
    fn from(time: Option<i64>) -> Self {
        time.map_or_else(Self::default, Self)
    }
}

impl From<Maybe> for Option<i64> {
    fn from(Maybe(time): Maybe) -> Self {
        (time != i64::MIN).then_some(time)
    }
}

impl Column<Maybe> {
    /// The time of a row, if it has one.
    pub(super) fn time(&self, row: usize) -> Option<i64> {
        self.get(row).into()
    }
}

/// One text of all rows, as numbers: 0 is none.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    pub(super) names: Names,
    codes: Column<u32>,
}

impl Labels {
    fn new(is_needed: bool) -> Self {
        let names = if is_needed { Names::default() } else { Names::unasked() };
        Self { names, codes: Column::new(is_needed) }
    }

    fn put(&mut self, row: usize, text: Option<&str>) {
        if self.codes.is_needed {
            let code = text.map_or(0, |text| 1 + self.names.code(text));
            // There is no memory for more texts than that.
            self.codes.put(row, u32::try_from(code).unwrap_or(u32::MAX));
        }
    }

    /// The number of a row's text.
    pub(super) fn code(&self, row: usize) -> usize {
        self.codes.get(row) as usize
    }

    /// The text of a row.
    pub(super) fn text(&self, row: usize) -> Option<&str> {
        self.names.text(self.code(row).checked_sub(1)?)
    }
}
