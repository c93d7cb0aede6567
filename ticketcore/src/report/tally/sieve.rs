//! What of a question packed tickets answer by themselves.

use std::mem::take;

use super::packed::{Labels, Packed};
use super::stream::holds;
use crate::id::Key;
use crate::query::{Assignee, Filter, Period};

/// Lets those rows through that a filter may mean, by the figures that are packed.
#[derive(Debug)]
pub(crate) struct Sieve {
    tests: Vec<Test>,
    is_whole: bool,
}

/// One question to a row.
#[derive(Debug)]
enum Test {
    /// Its text is one of some, told by their numbers.
    Text(fn(&Packed) -> &Labels, Vec<bool>),
    /// Its priority is one of these.
    Priority(Vec<u8>),
    /// A time of it lies in a period.
    Time(fn(&Packed, usize) -> Option<i64>, Period),
}

impl Sieve {
    pub(crate) fn new(filter: &Filter, packed: &Packed) -> Self {
        // Each question that is tested is taken out. What is left says whether they are all there are.
        let mut rest = filter.clone();
        let mut tests = Vec::new();
        for (keys, labels) in [
            (take(&mut rest.kinds), (|packed| &packed.kind) as fn(&Packed) -> &Labels),
            (take(&mut rest.states), |packed| &packed.state),
            (take(&mut rest.categories), |packed| &packed.category),
            (take(&mut rest.teams), |packed| &packed.team),
            (take(&mut rest.queues), |packed| &packed.queue),
        ] {
            tests.extend(one_of(packed, labels, keys.iter().map(Key::as_str)));
        }
        let statuses = take(&mut rest.statuses);
        tests.extend(one_of(packed, |packed| &packed.status, statuses.iter().map(|status| status.as_str())));
        let channels = take(&mut rest.channels);
        tests.extend(one_of(packed, |packed| &packed.channel, channels.iter().map(|channel| channel.as_str())));
        let requesters = take(&mut rest.requesters);
        tests.extend(one_of(packed, |packed| &packed.requester, requesters.iter().map(AsRef::as_ref)));
        match take(&mut rest.assignee) {
            Assignee::Any => {}
            Assignee::Nobody => tests.push(Test::Text(|packed| &packed.assignee, vec![true])),
            // Of nobody in particular is nobody's; of no texts at all there would be no question.
            Assignee::Is(people) if people.is_empty() => tests.push(Test::Text(|packed| &packed.assignee, Vec::new())),
            Assignee::Is(people) => {
                tests.extend(one_of(packed, |packed| &packed.assignee, people.iter().map(AsRef::as_ref)));
            }
        }
        let priorities = take(&mut rest.priorities);
        if !priorities.is_empty() {
            tests.push(Test::Priority(priorities.iter().map(|priority| priority.number()).collect()));
        }
        for (period, time) in [
            (
                take(&mut rest.created),
                (|packed, row| Some(packed.created.get(row))) as fn(&Packed, usize) -> Option<i64>,
            ),
            (take(&mut rest.responded), |packed, row| packed.responded.time(row)),
            (take(&mut rest.resolved), |packed, row| packed.resolved.time(row)),
            (take(&mut rest.first_resolved), |packed, row| packed.first_resolved.time(row)),
            (take(&mut rest.closed), |packed, row| packed.closed.time(row)),
        ] {
            if !period.is_any() {
                tests.push(Test::Time(time, period));
            }
        }
        // It says which texts are searched, and no text is asked for if nothing else is.
        rest.sight.public = false;
        Self { tests, is_whole: rest == Filter::all() }
    }

    /// Whether all that it lets through is meant.
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Leaves the rows that may be meant.
    pub(crate) fn keep(&self, packed: &Packed, rows: &mut Vec<usize>) {
        for test in &self.tests {
            match test {
                Test::Text(labels, meant) => {
                    let labels = labels(packed);
                    rows.retain(|row| meant.get(labels.code(*row)).copied().unwrap_or_default());
                }
                Test::Priority(priorities) => rows.retain(|row| priorities.contains(&packed.priority.get(*row))),
                Test::Time(read, period) => {
                    rows.retain(|row| read(packed, *row).is_some_and(|at| holds(period, at)));
                }
            }
        }
    }
}

/// Asks for one of some texts, if there are any.
fn one_of<'a>(packed: &Packed, labels: fn(&Packed) -> &Labels, texts: impl Iterator<Item = &'a str>) -> Option<Test> {
    let names = &labels(packed).names;
    let mut meant = None;
    for text in texts {
        // A text that no ticket has is asked for all the same.
        let meant = meant.get_or_insert_with(|| vec![false; names.len() + 1]);
        if let Some(code) = names.known(text) {
            meant[code + 1] = true;
        }
    }
    meant.map(|meant| Test::Text(labels, meant))
}
