//! Reports on desks: what stands behind a number, and what the ready reports say.

use chrono::TimeDelta;
use ticketcore::query::Period;
use ticketcore::report::{
    Bucket, Cohort, Dimension, Measure, Measured, NotBehind, Number, Scan, Table, TableSpec, Time, Unit,
};
use ticketcore::testing::{Clerk, Dice, block_on, sample};
use ticketcore::time::Zone;
use ticketcore::{Filter, MemoryStore, Priority, Query, Span, Store};

fn measures() -> Vec<Measure> {
    vec![
        Measure::Count,
        Measure::Backlog,
        Measure::FirstResponse(Time::Wall),
        Measure::FirstResponse(Time::Business),
        Measure::Resolution(Time::Wall),
        Measure::NetResolution(Time::Business),
        Measure::FirstResolution(Time::Wall),
        Measure::Closing,
        Measure::Age,
        Measure::Reopens,
        Measure::Reassigns,
        Measure::Messages,
        Measure::ReopenRate,
        Measure::ReopenedWithin(Span::days(7)),
        Measure::FirstContact(Span::days(7)),
        Measure::ResolvedWithin(Span::hours(1)),
        Measure::Escalated,
        Measure::Satisfaction,
        Measure::ResponseShare,
        Measure::NextResponse(Time::Wall),
        Measure::Acknowledge(Time::Wall),
        Measure::Steps,
        Measure::Attainment("response".into()),
        Measure::Attainment("resolution".into()),
    ]
}

fn tables() -> Vec<TableSpec> {
    let bucket = |unit| Bucket { unit, zone: Zone::named("Europe/Berlin").unwrap() };
    let by = [
        vec![],
        vec![Dimension::Kind, Dimension::State],
        vec![Dimension::Status, Dimension::Priority],
        vec![Dimension::Team, Dimension::Category],
        vec![Dimension::Queue, Dimension::Channel],
        vec![Dimension::Assignee, Dimension::Requester],
        vec![Dimension::Created(bucket(Unit::Day)), Dimension::Resolved(bucket(Unit::Week))],
        vec![Dimension::Closed(bucket(Unit::Month)), Dimension::FirstResolved(bucket(Unit::Day))],
        vec![Dimension::AgeBand],
    ];
    let period = Period::between(sample::start() + TimeDelta::hours(2), sample::start() + TimeDelta::days(60));
    let cohorts = [
        Cohort::Created(period),
        Cohort::FirstResolved(period),
        Cohort::Resolved(period),
        Cohort::Closed(Period::default()),
    ];
    let plain = by.map(|by| TableSpec::new(by, measures()));
    let chosen = cohorts.map(|cohort| TableSpec::new([Dimension::Kind], measures()).cohort(cohort));
    plain.into_iter().chain(chosen).collect()
}

/// What a cell says of how many tickets there are, by which number that is.
fn counts(value: &Measured) -> Vec<(Number, u64)> {
    match value {
        Measured::Count(count) => vec![(Number::All, *count)],
        Measured::Time(time) => vec![(Number::All, time.map_or(0, |time| time.n))],
        Measured::Counter(counter) => vec![(Number::All, counter.n)],
        Measured::Share(share) => vec![(Number::All, share.whole), (Number::Part, share.part)],
        Measured::Attainment(_) => Vec::new(),
    }
}

async fn found(store: &MemoryStore, clerk: &Clerk, filter: Filter) -> u64 {
    let page = store.find(clerk.tenant(), &Query::new(filter).limit(usize::MAX)).await.unwrap();
    page.tickets.len() as u64
}

#[test]
fn behind_every_number_are_as_many_tickets_as_it_says() {
    block_on(async {
        let (store, clerk) = (MemoryStore::new(), Clerk::new(7));
        sample::fill(&store, &clerk, &mut Dice::new(85), 120).await;
        // Some of the backlog are older than others.
        clerk.pass(TimeDelta::days(5));
        sample::fill(&store, &clerk, &mut Dice::new(86), 40).await;
        let (mut asked, mut not_asked) = (0, 0);
        let incidents = Filter { kinds: vec!["incident".into()], ..Filter::all() };
        let pressing = Filter { priorities: vec![Priority::P1, Priority::P2], ..Filter::all() };
        for filter in [Filter::all(), incidents, Filter::without([pressing])] {
            let scan = Scan { filter, tables: tables(), now: clerk.now() };
            for table in store.tally(clerk.tenant(), &scan).await.unwrap() {
                for (row, (measure, value)) in numbers(&table) {
                    for (number, count) in counts(value) {
                        match table.behind(&scan, row, measure, number) {
                            Ok(behind) => {
                                let cells = &table.rows[row].cells;
                                assert_eq!(
                                    found(&store, &clerk, behind).await,
                                    count,
                                    "{measure} {number:?} of {cells:?}"
                                );
                                asked += 1;
                            }
                            Err(error) => {
                                assert!(is_unasked(measure, number), "{error}");
                                not_asked += 1;
                            }
                        }
                    }
                    if let (Measure::Attainment(_), Measured::Attainment(attainment)) = (measure, value) {
                        for (number, cycles) in
                            [(Number::Breached, attainment.breached), (Number::Excused, attainment.excused)]
                        {
                            let behind = table.behind(&scan, row, measure, number).unwrap();
                            let tickets = found(&store, &clerk, behind).await;
                            assert!(tickets <= cycles && (tickets == 0) == (cycles == 0), "{tickets} of {cycles}");
                        }
                    }
                    if let (Measured::Counter(counter), Ok(behind)) =
                        (value, table.behind(&scan, row, measure, Number::Part))
                    {
                        let tickets = found(&store, &clerk, behind).await;
                        assert!(tickets <= counter.total && (tickets == 0) == (counter.total == 0));
                    }
                }
            }
        }
        assert!(asked > 2000 && not_asked > 0, "{asked} {not_asked}");
    });
}

fn numbers(table: &Table) -> impl Iterator<Item = (usize, (&Measure, &Measured))> {
    let rows = table.rows.iter().enumerate();
    rows.flat_map(|(place, row)| table.measures.iter().zip(&row.values).map(move |number| (place, number)))
}

/// What only a ticket's course or its dropping tells.
fn is_unasked(measure: &Measure, number: Number) -> bool {
    match measure {
        Measure::ResponseShare | Measure::NextResponse(_) | Measure::Acknowledge(_) | Measure::Steps => true,
        Measure::ReopenedWithin(_) | Measure::FirstContact(_) | Measure::ResolvedWithin(_) => number == Number::Part,
        _ => false,
    }
}

#[test]
fn what_has_no_tickets_behind_it_says_so() {
    let scan = Scan { filter: Filter::all(), tables: Vec::new(), now: sample::start() };
    let empty = Table { measures: vec![Measure::Count], ..Table::default() };
    let error = empty.behind(&scan, 3, &Measure::Count, Number::All).unwrap_err();
    assert_eq!(error, NotBehind::NoRow { row: 3, rows: 0 });
    assert_eq!(error.to_string(), "the table has 0 rows, and no row 3, counted from 0");
    let one = Table { rows: vec![Default::default()], ..empty };
    let error = one.behind(&scan, 0, &Measure::Backlog, Number::All).unwrap_err();
    assert_eq!(error.to_string(), "the table does not measure backlog");
    let error = one.behind(&scan, 0, &Measure::Count, Number::Part).unwrap_err();
    assert_eq!(error.to_string(), "no question to tickets finds those behind tickets");
}
