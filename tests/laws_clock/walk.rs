//! The oracle: a walk from the opening on, minute by minute.

use ticketcore::engine::Phase;
use ticketcore::line::Beat;

use crate::promises::{Promise, Starts};
use crate::rules::Budgets;

/// A run of a clock as the walk finds it, in minutes since the opening.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) started: i64,
    pub(crate) stopped: Option<i64>,
    pub(crate) phase: Phase,
    pub(crate) elapsed: i64,
    pub(crate) due: Option<i64>,
    pub(crate) breached: bool,
}

/// Goes from the opening on, minute by minute, and looks at what stands in the line and whether the calendar is open.
pub(crate) fn walk(promise: &Promise, budgets: Budgets, open: &[bool], beats: &[Beat], now: i64) -> Vec<Seen> {
    let mut runs: Vec<Seen> = Vec::new();
    let opened = beats[0].at;
    let mut beats = beats.iter().map(|beat| ((beat.at - opened).num_minutes(), beat)).peekable();
    let (mut awaited, mut budget, mut shown) = (false, None, 0);
    for minute in 0.. {
        while let Some((_, beat)) = beats.next_if(|(at, _)| *at == minute) {
            let running = (promise.runs)(beat) && !(promise.stops)(beat);
            let starts = match promise.starts {
                Starts::At(starts) => starts(beat),
                Starts::WhenItRuns => running && runs.last().is_none_or(|run| run.stopped.is_some()),
            };
            if starts {
                if let Some(before) = runs.last_mut() {
                    before.stopped.get_or_insert(minute);
                    before.phase = Phase::Done;
                }
                awaited = true;
            }
            let stops = (promise.stops)(beat) || matches!(promise.starts, Starts::WhenItRuns) && !running;
            // What is stopped when it is to start begins when it is let go, if ever.
            if awaited && !stops {
                let phase = Phase::Running;
                runs.push(Seen { started: minute, stopped: None, phase, elapsed: 0, due: None, breached: false });
                (awaited, shown) = (false, 0);
            }
            if let Some(run) = runs.last_mut().filter(|_| !awaited) {
                run.phase = if stops {
                    Phase::Done
                } else if running {
                    Phase::Running
                } else {
                    Phase::Paused
                };
                run.stopped = stops.then(|| run.stopped.unwrap_or(minute));
            }
            budget = budgets.get(usize::from(beat.priority.number()) - 1).copied().flatten();
        }
        let Some(run) = runs.last_mut().filter(|run| run.phase == Phase::Running) else {
            if minute >= now {
                break;
            }
            continue;
        };
        if budget.is_some_and(|budget| shown >= i64::from(budget)) {
            run.due.get_or_insert(minute);
        }
        // The projected due is looked for beyond the present.
        if minute >= now && (run.due.is_some() || budget.is_none()) {
            break;
        }
        if open[usize::try_from(minute).unwrap()] {
            shown += 1;
            run.elapsed += i64::from(minute < now);
        }
    }
    for run in &mut runs {
        run.breached = run.due.is_some_and(|due| due < run.stopped.unwrap_or(now));
        run.due = run.due.filter(|_| run.phase == Phase::Running && run.stopped.is_none() || run.breached);
        if run.stopped.is_some() {
            run.phase = Phase::Done;
        }
    }
    runs
}
