//! From checked hours to measures: first on the civil line, where hours are regular, then through the zone.

use std::collections::BTreeSet;
use std::iter::successors;
use std::ops::Range;

use chrono::DateTime;

use super::days::number;
use super::measure::{Cycle, Measure, Rule};
use super::plan::Plan;
use super::{DAY, DAYS, END, Zone, from_micros, micros};

/// The days from the start of a week until 1970-01-01, a Thursday.
const THURSDAY: i64 = 3;

/// A stretch of instants with one offset of the civil time from them, all in microseconds.
struct Stretch {
    instants: Range<i64>,
    offset: i64,
}

/// Measures the open microseconds of the instants from 1970-01-01 until 2201-01-01.
///
/// Civil time as a calendar reads it never goes back: at any instant it is the latest the clocks have shown so far. A
/// skip makes it jump; once clocks are put back it stands still until they have caught up. That is all there is to
/// daylight saving time: the rules of the civil line, moved by the offset, cut at its changes; and while civil time
/// stands still, the state of the moment before.
pub(super) fn open_instants(plan: &Plan, zone: &Zone) -> Measure {
    let civil = civil(plan);
    let mut rules = Vec::new();
    // Earlier than any clock shows at the first instant.
    let mut latest = -2 * DAY;
    for Stretch { instants, offset } in stretches(zone) {
        let caught_up = (latest - offset).clamp(instants.start, instants.end);
        // Where civil time does not stand still, the next rule starts at the same instant and replaces this one.
        rules.push((instants.start, if civil.contains(latest - 1) { Rule::Open } else { Rule::Closed }));
        let running = civil.rules(caught_up + offset..instants.end + offset);
        rules.extend(running.map(|(at, rule)| (at - offset, rule.moved(offset))));
        latest = latest.max(instants.end + offset);
    }
    Measure::new(week(plan), rules, END)
}

/// Measures the dates on which anything is open, as days since 1970-01-01.
///
/// A date follows the week unless its hours are its own or its clocks are changed: a skip may swallow a window and, as
/// in Samoa in 2011, a whole day. Those are asked one by one.
pub(super) fn working_days(plan: &Plan, zone: &Zone, open: &Measure) -> Measure {
    let mut irregular: BTreeSet<i64> = plan.dates.keys().copied().map(number).collect();
    for [old, new] in stretches(zone).array_windows() {
        let change = new.instants.start;
        let (earlier, later) = (old.offset.min(new.offset), old.offset.max(new.offset));
        irregular.extend((change + earlier).div_euclid(DAY)..=(change + later).div_euclid(DAY));
    }
    let midnight = |day| from_micros(day * DAY).map_or(0, |civil| micros(zone.instant(civil.naive_utc())));
    let rules = irregular.range(0..).flat_map(|&day| {
        let any = open.rank(midnight(day)) < open.rank(midnight(day + 1));
        [(day, if any { Rule::Open } else { Rule::Closed }), (day + 1, Rule::Cycle(THURSDAY))]
    });
    let week = (0..).zip(&plan.week).filter(|(_, windows)| !windows.is_empty()).map(|(day, _)| day..day + 1);
    Measure::new(Cycle::new(7, week), [(0, Rule::Cycle(THURSDAY))].into_iter().chain(rules), DAYS)
}

/// Measures the open microseconds of the civil line, a little wider than the span for the sake of the offsets.
fn civil(plan: &Plan) -> Measure {
    let weekly = Rule::Cycle(THURSDAY * DAY);
    let dates = plan.dates.iter().flat_map(|(date, windows)| {
        let midnight = number(*date) * DAY;
        let windows = windows
            .iter()
            .flat_map(move |window| [(midnight + window.start, Rule::Open), (midnight + window.end, Rule::Closed)]);
        [(midnight, Rule::Closed)].into_iter().chain(windows).chain([(midnight + DAY, weekly)])
    });
    Measure::new(week(plan), [(-2 * DAY, weekly)].into_iter().chain(dates), END + 2 * DAY)
}

fn week(plan: &Plan) -> Cycle {
    let windows = (0..)
        .zip(&plan.week)
        .flat_map(|(day, windows)| windows.iter().map(move |window| day * DAY + window.start..day * DAY + window.end));
    Cycle::new(7 * DAY, windows)
}

fn stretches(zone: &Zone) -> Vec<Stretch> {
    let changes = successors(Some(DateTime::UNIX_EPOCH), |at| zone.next_change(*at));
    let starts: Vec<_> = changes.take_while(|at| micros(*at) < END).collect();
    let ends = starts.iter().skip(1).copied().map(micros).chain([END]);
    let stretch = |(&at, end)| {
        let start = micros(at);
        Stretch { instants: start..end, offset: micros(zone.civil(at).and_utc()) - start }
    };
    starts.iter().zip(ends).map(stretch).collect()
}
