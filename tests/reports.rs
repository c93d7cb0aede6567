//! Reports on desks: what stands behind a number, and what the ready reports say.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use ticketcore::directory::Person;
use ticketcore::query::Period;
use ticketcore::report::{
    Ask, Bucket, Cohort, Dimension, Measure, Measured, NotBehind, Number, Report, Scan, Section, Table, TableSpec,
    Time, Unit, Value, ageing, comparison, cumulative_flow, forecast, load, standard, trend,
};
use ticketcore::testing::{Clerk, Dice, block_on, sample};
use ticketcore::time::Zone;
use ticketcore::{
    ActorKind, Channel, Command, Desk, Draft, Filter, MemoryStore, PersonId, Priority, Query, Span, Status, Store,
};

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

/// A desk whose tickets went all ways, some of them long ago.
async fn desk() -> (MemoryStore, Clerk) {
    let (store, clerk) = (MemoryStore::new(), Clerk::new(9));
    for (seed, days) in [(1, 40), (2, 20), (3, 6), (4, 2)] {
        sample::fill(&store, &clerk, &mut Dice::new(seed), 60).await;
        clerk.pass(TimeDelta::days(days));
    }
    (store, clerk)
}

async fn sections(store: &MemoryStore, clerk: &Clerk, ask: &Ask, report: &dyn Report) -> Vec<Section> {
    report.render(ask, store.tally(clerk.tenant(), &ask.scan(report)).await.unwrap())
}

fn count(value: &Value) -> u64 {
    if let Value::Count(count) = value { *count } else { panic!("{value:?} is no count") }
}

/// How much two agents take, one of whom has nothing.
fn limits() -> BTreeMap<PersonId, BTreeMap<Channel, u16>> {
    let limit = |agent: &str, limits: &[(Channel, u16)]| (agent.into(), limits.iter().copied().collect());
    BTreeMap::from([limit("ada", &[(Channel::Mail, 3), (Channel::Web, 2)]), limit("nobody", &[(Channel::Api, 2)])])
}

/// Each ready report says which tickets count and how exact it is, has a value for each heading, and no two headings
/// share a name.
#[test]
fn every_ready_report_is_rectangular_and_says_whom_it_counts() {
    block_on(async {
        let (store, clerk) = desk().await;
        let ask = Ask::new(clerk.now()).policies(["response", "resolution"]).capacity(limits());
        let mut names = std::collections::BTreeSet::new();
        for report in standard() {
            assert!(names.insert(report.name().to_owned()), "two reports are called {}", report.name());
            for section in sections(&store, &clerk, &ask, &*report).await {
                let headings: std::collections::BTreeSet<_> = section.headings.iter().map(|one| &one.name).collect();
                assert_eq!(headings.len(), section.headings.len(), "{}", section.title);
                let rows = section.rows.iter().chain(&section.total);
                assert!(rows.clone().all(|row| row.len() == section.headings.len()), "{section}");
                assert!(rows.count() > 0, "{section}");
                assert!(section.notes.len() >= 2 && !section.about.is_empty(), "{section}");
                assert!(!section.to_string().contains("MTTR") && !section.title.is_empty());
            }
        }
    });
}

/// What an agent has of a channel without a limit does not count against the limits of the others.
#[test]
fn utilisation_is_of_the_channels_that_have_a_limit() {
    block_on(async {
        let desk = Desk::new(Arc::new(MemoryStore::new()));
        for (id, limits) in
            [("ada", &[(Channel::Mail, 2), (Channel::Web, 2)][..]), ("bo", &[(Channel::Api, 4)]), ("cy", &[])]
        {
            let person = Person { capacity: limits.iter().copied().collect(), ..Person::new(id, ActorKind::Agent, id) };
            desk.put_person(person, None).await.unwrap();
        }
        for (channel, agent) in [
            (Channel::Mail, "ada"),
            (Channel::Mail, "ada"),
            (Channel::Mail, "ada"),
            (Channel::Phone, "ada"),
            (Channel::Phone, "cy"),
        ] {
            let ticket = desk.open(Draft::incident("No network").channel(channel)).await.unwrap();
            desk.apply(ticket.id, Command::Assign(Some(agent.into()))).await.unwrap();
        }

        let ask = desk.ask().await.unwrap().capacity(desk.capacities().await.unwrap());
        let load = desk.report(&load(), &ask).await.unwrap().remove(0);
        let places = ["assignee", "backlog", "taken", "capacity", "utilisation"]
            .map(|name| load.headings.iter().position(|heading| heading.name == name).unwrap());
        let shown = |row: &Vec<Value>| places.map(|place| row[place].to_string());
        let rows: Vec<_> = load.rows.iter().map(shown).collect();
        assert_eq!(rows, [["ada", "4", "3", "4", "75.0%"], ["cy", "1", "-", "-", "-"], ["bo", "0", "0", "4", "0.0%"]]);
    });
}

/// Law 81: the trend's last backlog is the backlog, and each follows from the one before.
#[test]
fn law_81_the_trend_ends_at_the_backlog_of_now() {
    block_on(async {
        let (store, clerk) = desk().await;
        let open = found(&store, &clerk, Filter::open()).await;
        let all = found(&store, &clerk, Filter::all()).await;
        for unit in [Unit::Day, Unit::Week, Unit::Month] {
            let whole = Ask::new(clerk.now()).zone(Zone::named("Pacific/Apia").unwrap());
            let trend = sections(&store, &clerk, &whole, &trend(unit)).await.remove(0);
            assert_eq!(count(&trend.rows.last().unwrap()[5]), open, "{trend}");
            assert_eq!(trend.rows.iter().map(|row| count(&row[1])).sum::<u64>(), all);
            // No piece is missing: the names of the table are all names there are.
            let bucket = Bucket { unit, zone: whole.zone.clone() };
            let piece = |row: &Vec<Value>| bucket.period(&row[0].to_string()).unwrap();
            assert!(trend.rows.windows(2).all(|pair| piece(&pair[0]).to == piece(&pair[1]).from));
            // A part of it says the same of each piece.
            let (from, to) = (sample::start() + TimeDelta::days(10), sample::start() + TimeDelta::days(50));
            let part = whole.clone().period(Period::between(from, to));
            let part = sections(&store, &clerk, &part, &ticketcore::report::trend(unit)).await.remove(0);
            assert!(part.rows.iter().all(|row| trend.rows.contains(row)), "{part}\n{trend}");
            assert!(!part.rows.is_empty() && part.rows.len() < trend.rows.len());
        }
        let ageing = sections(&store, &clerk, &Ask::new(clerk.now()), &ageing()).await.remove(0);
        let of = |row: &[Value]| row[1..].iter().map(count).sum::<u64>();
        assert_eq!(ageing.rows.len(), 6);
        assert_eq!((of(&ageing.total.clone().unwrap()), ageing.rows.iter().map(|row| of(row)).sum()), (open, open));
    });
}

#[test]
fn cumulative_flow_never_falls_and_ends_where_tickets_stand() {
    block_on(async {
        let (store, clerk) = desk().await;
        let mut flow = sections(&store, &clerk, &Ask::new(clerk.now()), &cumulative_flow(Unit::Day)).await;
        let (standing, entered) = (flow.remove(1), flow.remove(0));
        assert!(entered.rows.len() > 65, "{entered}");
        for pair in entered.rows.windows(2) {
            assert!(pair[0][1..].iter().zip(&pair[1][1..]).all(|(before, after)| count(before) <= count(after)));
        }
        let names: Vec<&str> = entered.headings.iter().map(|heading| &*heading.name).collect();
        assert_eq!(names, ["day", "new", "open", "pending", "resolved", "closed"]);
        // At the end of the last day every ticket stands where it stands now.
        for (status, value) in Status::ALL.into_iter().zip(&standing.rows.last().unwrap()[1..]) {
            let filter = Filter { statuses: vec![status], ..Filter::all() };
            assert_eq!(count(value), found(&store, &clerk, filter).await, "{status}");
        }
    });
}

#[test]
fn a_period_stands_beside_the_one_before() {
    block_on(async {
        let (store, clerk) = desk().await;
        let middle = sample::start() + TimeDelta::days(30);
        let ask = Ask::new(clerk.now()).period(Period::between(middle, middle + TimeDelta::days(20)));
        let section = sections(&store, &clerk, &ask, &comparison()).await.remove(0);
        let opened = |from, to| Filter { created: Period::between(from, to), ..Filter::all() };
        let this = found(&store, &clerk, opened(middle, middle + TimeDelta::days(20))).await;
        let before = found(&store, &clerk, opened(middle - TimeDelta::days(20), middle)).await;
        let row = &section.rows[0];
        assert_eq!(
            row[..4],
            [
                Value::Text("tickets".to_owned()),
                Value::Text("opened".to_owned()),
                Value::Count(this),
                Value::Count(before)
            ]
        );
        assert!(this > 0 && before == 0 && row[4] == Value::Empty, "nothing of nothing is none: {section}");
    });
}

/// The same seed gives the same forecast, and where nothing was done nothing is said.
#[test]
fn forecasts_are_of_the_days_before_today() {
    block_on(async {
        let (store, clerk) = desk().await;
        let ask = Ask::new(clerk.now()).seed(5);
        let section = sections(&store, &clerk, &ask, &forecast(30)).await.remove(0);
        assert_eq!(section, sections(&store, &clerk, &ask, &forecast(30)).await[0]);
        let days: Vec<u64> = section.rows[0][1..].iter().map(count).collect();
        assert!(days[0] > 0 && days[0] <= days[1] && days[1] <= days[2], "{section}");
        let least: Vec<u64> = section.rows[2][1..].iter().map(count).collect();
        assert!(least[0] >= least[1] && least[1] >= least[2], "{section}");
        let later = Ask::new(clerk.now() + TimeDelta::days(200));
        let nothing = sections(&store, &clerk, &later, &forecast(30)).await.remove(0);
        assert!(nothing.rows.is_empty());
        assert!(nothing.notes[1].starts_with("No ticket was resolved in the 90 days before today"), "{nothing}");
    });
}
