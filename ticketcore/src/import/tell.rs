//! The rows of one ticket → its history, as events that the desk itself could have recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::actor::By;
use crate::config::{Target, Workflow};
use crate::event::{Event, Fact, Moved, Opened, Said};
use crate::fault::Fault;
use crate::id::Key;
use crate::import::mapping::{Mapping, Sequence};
use crate::import::row::{Columns, Known, Row};
use crate::import::source::fault;
use crate::import::{Bent, Story};
use crate::status::Status;

/// Tells the history of a ticket, or what is wrong with the order of its rows.
pub(super) fn tell(
    columns: &Columns<'_>,
    mapping: &Mapping,
    external: String,
    mut rows: Vec<Row>,
    now: DateTime<Utc>,
    bent: &mut Bent,
) -> Result<Story, Vec<Fault>> {
    let mut faults = Vec::new();
    let late = rows.iter().filter(|row| {
        row.at > now || row.opened.is_some_and(|at| at > now) || row.reached.iter().flatten().any(|at| *at > now)
    });
    faults.extend(late.map(|row| fault(row.line, None, "has a time that is yet to come")));
    if mapping.order == Sequence::Time {
        rows.sort_by_key(|row| row.at);
    }
    let Some(first) = rows.first() else { return Err(faults) };
    let opened = first.opened.unwrap_or_else(|| rows.iter().map(|row| row.at).min().unwrap_or(first.at));
    let line = first.line;
    put_in_order(mapping, opened, &mut rows, bent, &mut faults);
    let course = course(columns, mapping, opened, &rows, bent, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut told = Told { columns, facts: Vec::with_capacity(rows.len() + 2) };
    told.open(mapping, &external, opened, &course.begins, &rows);

    // Two streams, each in order: what the rows say, and where the ticket went.
    let mut happened: Vec<(DateTime<Utc>, Happened<'_>)> = Vec::with_capacity(rows.len() + course.moves.len());
    let mut moves = course.moves.iter().peekable();
    for (i, row) in rows.iter().enumerate() {
        happened.push((row.at, Happened::Row(i)));
        while let Some(step) = moves.next_if(|step| step.row <= i) {
            happened.push((step.at, Happened::Move(step)));
        }
    }
    happened.sort_by_key(|(at, _)| *at);
    let mut state = &course.begins;
    for (at, what) in happened {
        let before = told.facts.len();
        match what {
            Happened::Row(i) => {
                if let Some((before, row)) = i.checked_sub(1).and_then(|j| rows.get(j)).zip(rows.get(i)) {
                    told.change(mapping, at, &before.known, row);
                }
                told.say(at, &rows, i);
                let moved = course.moves.binary_search_by_key(&i, |step| step.row).is_ok();
                bent.silent += u64::from(i > 0 && told.facts.len() == before && !moved);
            }
            Happened::Move(step) => {
                let by = rows.get(step.row).map_or(&told.facts[0].by, |row| &row.by).clone();
                told.facts.push(moved(columns.workflow, at, by, state, &step.to));
                state = &step.to;
            }
        }
    }
    Ok(Story { external, line, facts: told.facts })
}

enum Happened<'a> {
    Row(usize),
    Move(&'a Step),
}

/// Makes times follow each other as the mapping says, or finds where they do not.
fn put_in_order(mapping: &Mapping, opened: DateTime<Utc>, rows: &mut [Row], bent: &mut Bent, faults: &mut Vec<Fault>) {
    let strict = mapping.order == Sequence::Strict;
    let mut next: Option<(DateTime<Utc>, u64)> = None;
    for row in rows.iter_mut().rev() {
        if let Some((later, line)) = next.filter(|(later, _)| *later < row.at) {
            if strict {
                let problem = format!("is later than the row of the same ticket in line {line}");
                faults.push(fault(row.line, Some(&mapping.at), problem));
            } else {
                bent.back += 1;
                row.at = later;
            }
        }
        next = Some((row.at, row.line));
        if row.at < opened {
            if strict {
                let problem = "is before the opening of the ticket";
                faults.push(fault(row.line, Some(&mapping.at), problem));
            } else {
                bent.before += 1;
                row.at = opened;
            }
        }
    }
}

/// Where a ticket began and where it went.
struct Course {
    begins: Key,
    moves: Vec<Step>,
}

/// A state a ticket came to.
struct Step {
    to: Key,
    at: DateTime<Utc>,
    /// The row that shows it first.
    row: usize,
}

fn course(
    columns: &Columns<'_>,
    mapping: &Mapping,
    opened: DateTime<Utc>,
    rows: &[Row],
    bent: &mut Bent,
    faults: &mut Vec<Fault>,
) -> Course {
    let mut steps: Vec<Step> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        if steps.last().is_none_or(|last| last.to != row.state) {
            steps.push(Step { to: row.state.clone(), at: row.at, row: i });
        }
    }
    let status = |state: &Key| columns.workflow.find_state(state).map_or(Status::New, |state| state.status);
    let value = |row: usize, column: usize| *rows.get(row)?.reached.get(column)?;
    // What its first row shows closed was resolved before, if the file knows when.
    if let Some(first) = steps.first().filter(|first| status(&first.to) == Status::Closed) {
        let at = first.at;
        let reached = columns.reached.iter().enumerate();
        let before = reached.filter(|(_, (state, _))| status(state) == Status::Resolved);
        let before = before.filter_map(|(i, (state, _))| Some((state.clone(), value(0, i)?))).min_by_key(|(_, at)| *at);
        if let Some((to, resolved)) = before {
            steps.insert(0, Step { to, at: resolved.min(at), row: 0 });
        }
    }
    // The column tells when the ticket came to a state for good.
    for (i, (state, _)) in columns.reached.iter().enumerate() {
        let last = steps.iter_mut().rfind(|step| step.to == *state);
        if let Some((step, at)) = last.zip(rows.len().checked_sub(1).and_then(|row| value(row, i))) {
            bent.elsewhen += u64::from(step.at != at);
            step.at = at;
        }
    }
    let begins_open = steps.first().is_some_and(|first| status(&first.to).is_open());
    let begins = if begins_open { steps.remove(0).to } else { mapping.state.initial.clone() };
    bent.unopened += u64::from(!begins_open);

    let strict = mapping.order == Sequence::Strict;
    let mut next: Option<DateTime<Utc>> = None;
    for step in steps.iter_mut().rev() {
        let at = next.map_or(step.at, |next| step.at.min(next)).max(opened);
        if at != step.at {
            if strict {
                let line = rows.get(step.row).map_or(0, |row| row.line);
                let problem = if step.at < opened { "the opening" } else { "that of the state after it" };
                let problem = format!("the time of `{}` is out of order with {problem}", step.to);
                faults.push(fault(line, None, problem));
            } else {
                bent.crossed += 1;
                step.at = at;
            }
        }
        next = Some(step.at);
    }
    Course { begins, moves: steps }
}

/// A history in the making.
struct Told<'a> {
    columns: &'a Columns<'a>,
    facts: Vec<Fact>,
}

impl Told<'_> {
    fn push(&mut self, at: DateTime<Utc>, by: &By, event: Event) {
        self.facts.push(Fact { at, by: by.clone(), event, text: None, seal: None });
    }

    /// The file has nothing from before the first row, so the ticket is opened as that says.
    fn open(&mut self, mapping: &Mapping, external: &str, opened: DateTime<Utc>, begins: &Key, rows: &[Row]) {
        let Some(first) = rows.first() else { return };
        let Known {
            subject,
            requester,
            organisation,
            assignee,
            team,
            queue,
            category,
            impact,
            urgency,
            computed,
            overridden,
            tags,
            fields,
        } = &first.known;
        let workflow = self.columns.workflow;
        let state = workflow.find_state(begins);
        let event = Opened {
            kind: mapping.kind.clone(),
            prefix: self.columns.prefix(),
            subject: subject.to_string(),
            category: category.clone(),
            tags: tags.iter().cloned().collect(),
            fields: fields.iter().filter_map(|(field, value)| Some((field.clone(), value.clone()?))).collect(),
            channel: first.channel,
            external: Some(external.to_owned()),
            requester: requester.clone(),
            organisation: organisation.clone(),
            assignee: assignee.clone(),
            team: team.clone(),
            queue: queue.clone(),
            needs: BTreeSet::new(),
            intake: None,
            watchers: Vec::new(),
            workflow: workflow.pin(),
            state: begins.clone(),
            status: state.map_or(Status::New, |state| state.status),
            waiting: state.and_then(|state| state.waiting),
            impact: *impact,
            urgency: *urgency,
            priority: *computed,
        };
        let id = first.opener.clone().unwrap_or_else(|| first.by.id.clone());
        let by = By { id, kind: self.columns.opener_kind() };
        let text = first.description.as_ref().map(ToString::to_string);
        self.facts.push(Fact { at: opened, by: by.clone(), event: Event::Opened(Box::new(event)), text, seal: None });
        if let Some(priority) = *overridden {
            self.push(opened, &by, Event::Prioritised { priority, reason: reason(mapping) });
        }
    }

    /// What a row says that the one before it did not.
    fn change(&mut self, mapping: &Mapping, at: DateTime<Utc>, before: &Known, row: &Row) {
        let (now, by) = (&row.known, &row.by);
        if now == before {
            return;
        }
        if now.subject != before.subject {
            self.push(at, by, Event::Renamed(now.subject.to_string()));
        }
        if now.requester != before.requester {
            self.push(at, by, Event::RequesterChanged(now.requester.clone()));
        }
        if now.organisation != before.organisation {
            self.push(at, by, Event::OrganisationChanged(now.organisation.clone()));
        }
        if now.category != before.category {
            self.push(at, by, Event::Categorised(now.category.clone()));
        }
        if now.queue != before.queue {
            self.push(at, by, Event::Queued(now.queue.clone()));
        }
        if now.team != before.team {
            self.push(at, by, Event::TeamAssigned(now.team.clone()));
        }
        if now.assignee != before.assignee {
            self.push(at, by, Event::Assigned(now.assignee.clone()));
        }
        if (now.impact, now.urgency) != (before.impact, before.urgency) {
            let (impact, urgency, priority) = (now.impact, now.urgency, now.computed);
            self.push(at, by, Event::Rated { impact, urgency, priority });
        }
        if now.overridden != before.overridden {
            let event = match now.overridden {
                Some(priority) => Event::Prioritised { priority, reason: reason(mapping) },
                None => Event::PriorityRestored,
            };
            self.push(at, by, event);
        }
        for tag in before.tags.difference(&now.tags) {
            self.push(at, by, Event::Untagged(tag.clone()));
        }
        for tag in now.tags.difference(&before.tags) {
            self.push(at, by, Event::Tagged(tag.clone()));
        }
        for ((field, value), (_, old)) in now.fields.iter().zip(&before.fields) {
            if value != old {
                self.push(at, by, Event::FieldSet(field.clone(), value.clone()));
            }
        }
    }

    /// The texts of a row that the one before it did not have.
    fn say(&mut self, at: DateTime<Utc>, rows: &[Row], i: usize) {
        let Some(row) = rows.get(i) else { return };
        let before = i.checked_sub(1).and_then(|before| rows.get(before));
        for (message, text) in row.said.iter().enumerate() {
            let old: Option<&Arc<str>> = before.and_then(|before| before.said.get(message)?.as_ref());
            let Some(text) = text.as_ref().filter(|text| old != Some(text)) else { continue };
            let said = Said {
                visibility: self.columns.visibility(message),
                channel: row.channel,
                automatic: false,
                attachments: Vec::new(),
            };
            let (by, text) = (row.by.clone(), Some(text.to_string()));
            self.facts.push(Fact { at, by, event: Event::Said(said), text, seal: None });
        }
    }
}

fn reason(mapping: &Mapping) -> String {
    format!("as in {}", mapping.source)
}

/// A move as the workflow calls it; one that it does not have is called by where it leads, as it happened all the same.
fn moved(workflow: &Workflow, at: DateTime<Utc>, by: By, from: &Key, to: &Key) -> Fact {
    let known =
        workflow.moves_from(from).find(|transition| matches!(&transition.to, Target::State(state) if state == to));
    let state = workflow.find_state(to);
    let moved = Moved {
        transition: known.map_or_else(|| to.clone(), |transition| transition.key.clone()),
        from: from.clone(),
        to: to.clone(),
        status: state.map_or(Status::Open, |state| state.status),
        waiting: state.and_then(|state| state.waiting),
        dropped: state.is_some_and(|state| state.dropped),
    };
    Fact { at, by, event: Event::Moved(moved), text: None, seal: None }
}
