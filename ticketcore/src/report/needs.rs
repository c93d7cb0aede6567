//! Which figures a scan reads.

use super::{Cohort, Dimension, Each, Measure, Scan, TableSpec, Time};

/// Says which [`Figures`](super::Figures) a scan reads, so that a backend fetches no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// [`Figures::kind`](super::Figures::kind).
    pub kind: bool,
    /// [`Figures::status`](super::Figures::status).
    pub status: bool,
    /// [`Figures::state`](super::Figures::state).
    pub state: bool,
    /// [`Figures::priority`](super::Figures::priority).
    pub priority: bool,
    /// [`Figures::category`](super::Figures::category).
    pub category: bool,
    /// [`Figures::team`](super::Figures::team).
    pub team: bool,
    /// [`Figures::queue`](super::Figures::queue).
    pub queue: bool,
    /// [`Figures::assignee`](super::Figures::assignee).
    pub assignee: bool,
    /// [`Figures::requester`](super::Figures::requester).
    pub requester: bool,
    /// [`Figures::channel`](super::Figures::channel).
    pub channel: bool,
    /// [`Figures::created`](super::Figures::created).
    pub created: bool,
    /// [`Figures::responded`](super::Figures::responded).
    pub responded: bool,
    /// [`Figures::resolved`](super::Figures::resolved).
    pub resolved: bool,
    /// [`Figures::first_resolved`](super::Figures::first_resolved).
    pub first_resolved: bool,
    /// [`Figures::closed`](super::Figures::closed).
    pub closed: bool,
    /// [`Figures::response`](super::Figures::response) and [`Figures::resolution`](super::Figures::resolution).
    pub business: bool,
    /// [`Figures::reopens`](super::Figures::reopens), [`Figures::reassigns`](super::Figures::reassigns) and
    /// [`Figures::messages`](super::Figures::messages).
    pub counters: bool,
    /// [`Figures::score`](super::Figures::score).
    pub score: bool,
    /// [`Figures::standings`](super::Figures::standings).
    pub standings: bool,
    /// [`Figures::course`](super::Figures::course).
    pub course: bool,
}

impl Scan {
    /// Returns the figures its tables read; the filter's own columns are the backend's business.
    #[must_use]
    pub fn needs(&self) -> Needs {
        Needs::of(&self.tables)
    }
}

impl TableSpec {
    /// Returns the figures it reads.
    #[must_use]
    pub fn needs(&self) -> Needs {
        Needs::of([self])
    }
}

impl Needs {
    /// What some tables read.
    pub(super) fn of<'a>(tables: impl IntoIterator<Item = &'a TableSpec>) -> Self {
        let mut needs = Self::default();
        for table in tables {
            needs.each(table.each);
            needs.cohort(&table.cohort);
            table.by.iter().for_each(|dimension| needs.dimension(dimension));
            table.measures.iter().for_each(|measure| needs.measure(measure));
        }
        needs
    }

    fn all(figures: &mut [&mut bool]) {
        figures.iter_mut().for_each(|figure| **figure = true);
    }

    fn each(&mut self, each: Each) {
        // The course says where a ticket was, the other figures where it is, and when it began.
        let figures: &mut [&mut bool] = match each {
            Each::Ticket => &mut [],
            Each::State => &mut [&mut self.course, &mut self.created, &mut self.status, &mut self.state],
            Each::Team => &mut [&mut self.course, &mut self.created, &mut self.status, &mut self.team],
            Each::Assignee => &mut [&mut self.course, &mut self.created, &mut self.status, &mut self.assignee],
            Each::Entry | Each::Exit | Each::Crossing => &mut [&mut self.course, &mut self.created, &mut self.status],
        };
        Self::all(figures);
    }

    fn cohort(&mut self, cohort: &Cohort) {
        let figures: &mut [&mut bool] = match cohort {
            Cohort::All | Cohort::Then(_) => &mut [],
            Cohort::Created(_) => &mut [&mut self.created],
            Cohort::FirstResolved(_) => &mut [&mut self.first_resolved],
            Cohort::Resolved(_) => &mut [&mut self.resolved],
            Cohort::Closed(_) => &mut [&mut self.closed],
        };
        Self::all(figures);
    }

    fn dimension(&mut self, dimension: &Dimension) {
        let figure = match dimension {
            Dimension::Kind => &mut self.kind,
            Dimension::Status => &mut self.status,
            Dimension::State => &mut self.state,
            Dimension::Priority => &mut self.priority,
            Dimension::Category => &mut self.category,
            Dimension::Team => &mut self.team,
            Dimension::Queue => &mut self.queue,
            Dimension::Assignee => &mut self.assignee,
            Dimension::Requester => &mut self.requester,
            Dimension::Channel => &mut self.channel,
            Dimension::Created(_) | Dimension::Weekday(_) | Dimension::Hour(_) => &mut self.created,
            Dimension::Resolved(_) => &mut self.resolved,
            Dimension::Closed(_) => &mut self.closed,
            Dimension::FirstResolved(_) => &mut self.first_resolved,
            Dimension::AgeBand => return Self::all(&mut [&mut self.created, &mut self.status]),
            // What is counted knows them.
            Dimension::Each | Dimension::Then(_) => return,
        };
        *figure = true;
    }

    fn measure(&mut self, measure: &Measure) {
        let figures: &mut [&mut bool] = match measure {
            Measure::Count => &mut [],
            Measure::Backlog => &mut [&mut self.status],
            Measure::FirstResponse(Time::Wall) => &mut [&mut self.created, &mut self.responded],
            Measure::Resolution(Time::Wall) => &mut [&mut self.created, &mut self.resolved],
            Measure::FirstResponse(Time::Business) | Measure::Resolution(Time::Business) => &mut [&mut self.business],
            Measure::FirstResolution(Time::Wall) => &mut [&mut self.created, &mut self.first_resolved],
            Measure::FirstResolution(Time::Business) => {
                &mut [&mut self.status, &mut self.first_resolved, &mut self.course]
            }
            Measure::NetResolution(Time::Wall) => &mut [&mut self.created, &mut self.resolved, &mut self.course],
            Measure::NetResolution(Time::Business) => &mut [&mut self.business, &mut self.course],
            Measure::NextResponse(_) | Measure::Acknowledge(_) | Measure::Steps | Measure::Escalated => {
                &mut [&mut self.course]
            }
            Measure::ReopenedWithin(_) | Measure::FirstContact(_) => {
                &mut [&mut self.status, &mut self.first_resolved, &mut self.course]
            }
            Measure::ResolvedWithin(_) => &mut [&mut self.created, &mut self.first_resolved],
            // What is counted knows it.
            Measure::Spent(_) => &mut [],
            Measure::Closing => &mut [&mut self.created, &mut self.closed],
            Measure::Age => &mut [&mut self.status, &mut self.created],
            Measure::Reopens | Measure::Reassigns | Measure::Messages => &mut [&mut self.counters],
            Measure::ReopenRate => &mut [&mut self.first_resolved, &mut self.counters],
            Measure::Satisfaction | Measure::ResponseShare => &mut [&mut self.score],
            Measure::Attainment(_) => &mut [&mut self.standings],
        };
        Self::all(figures);
    }
}
