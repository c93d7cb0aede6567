//! What a scan counts and measures: the [`Tallier`](crate::report::Tallier) is the meaning.

use chrono::TimeDelta;

use super::begin;
use crate::config::Span;
use crate::id::Key;
use crate::query::{Filter, Period};
use crate::report::{Bucket, Cohort, Dimension, Each, Measure, Scan, TableSpec, Time, Unit};
use crate::testing::{Dice, Harness, question, sample};
use crate::time::Zone;

fn dimensions() -> Vec<Dimension> {
    let bucket = |unit, zone| Bucket { unit, zone: Zone::named(zone).expect("the zone is known") };
    vec![
        Dimension::Kind,
        Dimension::Status,
        Dimension::State,
        Dimension::Priority,
        Dimension::Category,
        Dimension::Team,
        Dimension::Queue,
        Dimension::Assignee,
        Dimension::Requester,
        Dimension::Channel,
        Dimension::Created(bucket(Unit::Day, "Europe/Berlin")),
        Dimension::Resolved(bucket(Unit::Week, "Pacific/Apia")),
        Dimension::Closed(bucket(Unit::Month, "America/New_York")),
        Dimension::FirstResolved(bucket(Unit::Day, "Asia/Kathmandu")),
        Dimension::Weekday(Zone::named("Asia/Tokyo").expect("the zone is known")),
        Dimension::Hour(Zone::named("Europe/Berlin").expect("the zone is known")),
        Dimension::AgeBand,
    ]
}

fn measures() -> Vec<Measure> {
    vec![
        Measure::Count,
        Measure::Backlog,
        Measure::FirstResponse(Time::Wall),
        Measure::FirstResponse(Time::Business),
        Measure::Resolution(Time::Wall),
        Measure::Resolution(Time::Business),
        Measure::FirstResolution(Time::Wall),
        Measure::FirstResolution(Time::Business),
        Measure::NetResolution(Time::Wall),
        Measure::NetResolution(Time::Business),
        Measure::NextResponse(Time::Wall),
        Measure::NextResponse(Time::Business),
        Measure::Acknowledge(Time::Wall),
        Measure::Acknowledge(Time::Business),
        Measure::Closing,
        Measure::Age,
        Measure::Reopens,
        Measure::Reassigns,
        Measure::Messages,
        Measure::ReopenRate,
        Measure::ReopenedWithin(Span::minutes(90)),
        Measure::FirstContact(Span::minutes(90)),
        Measure::ResolvedWithin(Span::hours(2)),
        Measure::Steps,
        Measure::Escalated,
        Measure::Spent(Time::Wall),
        Measure::Spent(Time::Business),
        Measure::Satisfaction,
        Measure::ResponseShare,
        Measure::Attainment(Key::from("response")),
        Measure::Attainment(Key::from("resolution")),
        Measure::Attainment(Key::from("nobody promised")),
    ]
}

/// The pieces that tickets are taken apart into, by what they are and when they happened.
fn taken_apart() -> impl Iterator<Item = TableSpec> {
    let each = [Each::Ticket, Each::State, Each::Team, Each::Assignee, Each::Entry, Each::Exit, Each::Crossing];
    let day = Bucket { unit: Unit::Day, zone: Zone::utc() };
    each.into_iter().map(move |each| {
        TableSpec::new([Dimension::Each, Dimension::Then(day.clone())], [Measure::Count, Measure::Spent(Time::Wall)])
            .each(each)
    })
}

/// The first hour and a half of what a clerk works on.
fn cohorts() -> [Cohort; 6] {
    let period = Period::between(sample::start(), sample::start() + TimeDelta::minutes(90));
    [
        Cohort::Created(period),
        Cohort::FirstResolved(period),
        Cohort::Resolved(period),
        Cohort::Closed(period),
        Cohort::Then(period),
        Cohort::Created(Period::default()),
    ]
}

/// One table for each dimension, one for all tickets, one for two dimensions at once; all measures in each. And one for
/// each way to take tickets apart, and for each cohort.
fn everything() -> Vec<TableSpec> {
    let mut by: Vec<Vec<Dimension>> = dimensions().into_iter().map(|dimension| vec![dimension]).collect();
    by.push(Vec::new());
    by.push(vec![Dimension::Team, Dimension::Priority]);
    let mut tables: Vec<TableSpec> = by.into_iter().map(|by| TableSpec::new(by, measures())).collect();
    tables.extend(taken_apart());
    tables.extend(cohorts().map(|cohort| TableSpec::new([Dimension::Kind], measures()).cohort(cohort)));
    tables.extend(
        cohorts().map(|cohort| TableSpec::new([Dimension::Each], [Measure::Count]).each(Each::Entry).cohort(cohort)),
    );
    tables
}

pub async fn tally_agrees_with_the_meaning_of_random_scans(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(83);
    let samples = sample::fill(&*store, &clerk, &mut dice, 60).await;
    let now = clerk.now() + TimeDelta::hours(1);
    let all = Scan { filter: Filter::all(), tables: everything(), now };
    assert_eq!(store.tally(clerk.tenant(), &all).await.unwrap(), question::tables(&samples, &all));
    for round in 0..60 {
        let scan = Scan { filter: question::filter(&mut dice, &samples), ..all.clone() };
        let found = store.tally(clerk.tenant(), &scan).await.unwrap();
        assert_eq!(found, question::tables(&samples, &scan), "round {round}: {:?}", scan.filter);
    }
}

/// A backend fetches what the scan needs: each figure is asked for alone, so that none rides on another.
pub async fn each_figure_is_read_when_it_is_asked_for_alone(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let samples = sample::fill(&*store, &clerk, &mut Dice::new(84), 30).await;
    let single = dimensions().into_iter().map(|one| TableSpec::new([one], [Measure::Count]));
    let single = single.chain(measures().into_iter().map(|measure| TableSpec::new([], [measure])));
    let single = single.chain(taken_apart().map(|spec| TableSpec { measures: vec![Measure::Count], ..spec }));
    for spec in single.chain(cohorts().map(|cohort| TableSpec::new([], [Measure::Count]).cohort(cohort))) {
        let scan = Scan { filter: Filter::all(), tables: vec![spec], now: clerk.now() };
        let found = store.tally(clerk.tenant(), &scan).await.unwrap();
        assert_eq!(found, question::tables(&samples, &scan), "{:?}", scan.tables);
    }
}

/// Figures that a backend keeps beside its tickets, in an index or in columns, are those of the tickets as they are.
pub async fn a_report_follows_every_change(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let mut dice = Dice::new(85);
    let mut samples = sample::fill(&*store, &clerk, &mut dice, 8).await;
    // No course, which is read off each ticket.
    let kept = |spec: &TableSpec| !spec.needs().course;
    let figures = measures().into_iter().map(|measure| TableSpec::new([], [measure]));
    let groups = dimensions().into_iter().map(|one| TableSpec::new([one], [Measure::Count]));
    let tables: Vec<TableSpec> = figures.chain(groups).filter(kept).collect();
    for round in 0..60 {
        let place = dice.below(samples.len() + 1);
        if place == samples.len() {
            samples.extend(sample::fill(&*store, &clerk, &mut dice, 1).await);
        } else {
            samples[place] = sample::stir(&*store, &clerk, &mut dice, samples[place].clone()).await;
        }
        for filter in [Filter::all(), Filter::open(), question::filter(&mut dice, &samples)] {
            // All at once, and one that an index may hold.
            for tables in [&tables[..], &tables[round % tables.len()..][..1]] {
                let scan = Scan { filter: filter.clone(), tables: tables.to_vec(), now: clerk.now() };
                let found = store.tally(clerk.tenant(), &scan).await.unwrap();
                assert_eq!(found, question::tables(&samples, &scan), "round {round}: {:?}", scan.filter);
            }
        }
    }
}

pub async fn a_scan_of_no_tickets_still_has_its_tables(harness: &dyn Harness) {
    let (store, clerk) = begin(harness).await;
    let empty = Scan { filter: Filter::all(), tables: everything(), now: clerk.now() };
    assert_eq!(store.tally(clerk.tenant(), &empty).await.unwrap(), question::tables(&[], &empty));
    let nothing = Scan { tables: Vec::new(), ..empty };
    assert_eq!(store.tally(clerk.tenant(), &nothing).await.unwrap(), []);
}
