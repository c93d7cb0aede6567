//! What the tallier must do, said a second time in the plainest way, over random tickets.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::channel::Channel;
use crate::config::Span;
use crate::id::Key;
use crate::priority::Priority;
use crate::query::{Filter, Period};
use crate::status::Status;
use crate::time::Zone;

pub(super) const POLICIES: [&str; 3] = ["first_response", "resolution", "never bound"];
const NOW: i64 = 1_800_000_000_000_000;

const WITHIN: Span = Span::minutes(50);

fn zone() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

/// Every table worth telling apart: each dimension alone, some together, all measures in each.
pub(super) fn scan() -> Scan {
    let bucket = |unit| Bucket { unit, zone: zone() };
    let measures = || {
        let mut measures = vec![
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
            Measure::ReopenedWithin(WITHIN),
            Measure::FirstContact(WITHIN),
            Measure::ResolvedWithin(Span::days(100)),
            Measure::Steps,
            Measure::Escalated,
            Measure::Spent(Time::Wall),
            Measure::Spent(Time::Business),
            Measure::Satisfaction,
            Measure::ResponseShare,
        ];
        measures.extend(POLICIES.map(|policy| Measure::Attainment(policy.into())));
        measures
    };
    let by = [
        vec![],
        vec![Dimension::Kind],
        vec![Dimension::Status, Dimension::Priority],
        vec![Dimension::State, Dimension::Channel],
        vec![Dimension::Team, Dimension::Category, Dimension::Queue],
        vec![Dimension::Assignee],
        vec![Dimension::Requester, Dimension::Created(bucket(Unit::Month))],
        vec![Dimension::Created(bucket(Unit::Day))],
        vec![Dimension::Resolved(bucket(Unit::Week))],
        vec![Dimension::Closed(bucket(Unit::Month)), Dimension::Priority],
        vec![Dimension::FirstResolved(bucket(Unit::Month)), Dimension::AgeBand],
        vec![Dimension::Weekday(zone()), Dimension::Hour(zone())],
    ];
    let mut tables = by.map(|by| TableSpec::new(by, measures())).to_vec();
    let pieces = [Each::Ticket, Each::State, Each::Team, Each::Assignee, Each::Entry, Each::Exit, Each::Crossing];
    let by = || [Dimension::Each, Dimension::Then(bucket(Unit::Month)), Dimension::Kind];
    tables.extend(pieces.map(|each| TableSpec::new(by(), measures()).each(each)));
    let some = Period { from: Some(instant(NOW - 20_000_000_000_000)), to: Some(instant(NOW - 10_000_000_000_000)) };
    let cohorts = [
        Cohort::Created(some),
        Cohort::FirstResolved(some),
        Cohort::Resolved(some),
        Cohort::Closed(some),
        Cohort::Then(some),
        Cohort::Closed(Period::default()),
    ];
    for each in [Each::Ticket, Each::Crossing] {
        tables.extend(cohorts.map(|cohort| TableSpec::new([Dimension::Kind], measures()).each(each).cohort(cohort)));
    }
    Scan { filter: Filter::all(), tables, now: instant(NOW) }
}

pub(super) fn tally(scan: &Scan, tickets: &[Ticket]) -> Vec<Table> {
    let mut tallier = Tallier::new(scan);
    for (figures, standings, course) in tickets {
        let (standings, course) = (Standing::encode(standings), course.encode());
        tallier.add(&Figures { standings: &standings, course: &course, ..*figures }).unwrap();
    }
    tallier.finish()
}

pub(super) type Ticket = (Figures<'static>, Vec<Standing>, Course);

pub(super) fn tickets() -> impl Strategy<Value = Vec<Ticket>> {
    let name =
        || select(vec!["a", "b", "=c", "a long name of more than eight bytes", "a long name of more than nine bytes"]);
    let maybe = move || proptest::option::weighted(0.8, name());
    let at = || NOW - 40_000_000_000_000..NOW + 1_000;
    let length = || proptest::option::of(0..5_000_000_000_i64);
    let texts = (name(), select(Status::ALL.to_vec()), name(), maybe(), maybe(), maybe(), maybe(), maybe());
    let channel = select(vec![Channel::Mail, Channel::Api, Channel::Web]);
    let times = (at(), [length(), length(), length(), length(), length(), length()]);
    let numbers = (1..=9_u8, 0..3_u32, 0..3_u32, 0..9_u32, proptest::option::of(0..=5_u8));
    let cycles = proptest::collection::vec(any::<[u8; 5]>(), 0..=2);
    let ticket = (texts, channel, times, numbers, cycles, course()).prop_map(
        |(texts, channel, (created, lengths), (priority, reopens, reassigns, messages, score), standings, course)| {
            let (kind, status, state, category, team, queue, assignee, requester) = texts;
            let [responded, resolved, first_resolved, closed] =
                [0, 1, 2, 3].map(|event| lengths[event].map(|length| created + length));
            let figures = Figures {
                kind,
                status: status.as_str(),
                state,
                priority,
                category,
                team,
                queue,
                assignee,
                requester,
                channel: channel.as_str(),
                created,
                responded,
                resolved,
                first_resolved,
                closed,
                response: lengths[4],
                resolution: lengths[5],
                reopens,
                reassigns,
                messages,
                score,
                standings: "",
                course: "",
            };
            let standing = |(policy, counts): (&str, [u8; 5])| {
                let [met, breached, excused, running, dropped] = counts.map(u32::from);
                Standing { policy: policy.into(), met, breached, excused, running, dropped }
            };
            (figures, POLICIES.into_iter().zip(standings).map(standing).collect(), course)
        },
    );
    proptest::collection::vec(ticket, 0..200)
}

fn course() -> impl Strategy<Value = Course> {
    let lapse = || (0..5_000_000_000_i64, 0..5_000_000_000_i64).prop_map(|(wall, business)| Lapse { wall, business });
    let name = || select(vec!["a", "b", "=c", "a long name of more than eight bytes"]);
    let stay = (select(Status::ALL.to_vec()), name(), lapse());
    let stay = stay.prop_map(|(status, state, time)| Stay { status, state: state.into(), time });
    let spent = (proptest::option::of(name()), lapse());
    let spent = move || spent.clone().prop_map(|(with, time)| Spent { with: with.map(Key::from), time });
    (
        (proptest::collection::vec(stay, 0..5), proptest::collection::vec(spent(), 0..3)),
        (proptest::collection::vec(spent(), 0..3), proptest::collection::vec(lapse(), 0..3)),
        (proptest::option::of(lapse()), any::<bool>(), 0..3_u32, 0..2_u8),
    )
        .prop_map(|((states, teams), (assignees, answers), (acked, first_contact, steps, level))| Course {
            states,
            teams,
            assignees,
            answers,
            acked,
            first_contact,
            steps,
            level,
        })
}

/// A ticket or a piece of it: its name, its instant, its length on the wall and in business time.
type Piece = (Option<String>, Option<i64>, Option<i64>, Option<i64>);

/// Where a ticket was: its place in life and its state, and when it came there on both clocks.
fn visits((figures, _, course): &Ticket) -> Vec<(Status, String, i64, i64)> {
    let present = *Status::ALL.iter().find(|status| status.as_str() == figures.status).unwrap();
    let mut visits = Vec::new();
    let (mut wall, mut business) = (figures.created, 0);
    for stay in &course.states {
        visits.push((stay.status, stay.state.to_string(), wall, business));
        (wall, business) = (wall + stay.time.wall, business + stay.time.business);
    }
    visits.push((present, figures.state.to_owned(), wall, business));
    visits
}

fn pieces(each: Each, ticket: &Ticket) -> Vec<Piece> {
    let (figures, _, course) = ticket;
    let visits = visits(ticket);
    let (present, state, last, _) = visits.last().unwrap();
    let end = if *present == Status::Closed { *last } else { NOW };
    let spent = |stays: Vec<(Option<String>, Lapse)>, present: Option<String>| -> Vec<Piece> {
        let goes_on = end - figures.created - stays.iter().map(|(_, time)| time.wall).sum::<i64>();
        let mut names: Vec<Option<String>> = stays.iter().map(|(name, _)| name.clone()).collect();
        names.extend((goes_on > 0).then(|| present.clone()));
        names.sort();
        names.dedup();
        let of = |name: Option<String>| {
            let own: Vec<Lapse> = stays.iter().filter(|(other, _)| *other == name).map(|(_, time)| *time).collect();
            let more = if name == present { goes_on } else { 0 };
            let wall = own.iter().map(|time| time.wall).sum::<i64>() + more;
            let business = own.iter().map(|time| time.business).sum();
            (name, None, Some(wall), (!own.is_empty()).then_some(business))
        };
        names.into_iter().map(of).collect()
    };
    let with = |list: &[Spent]| list.iter().map(|one| (one.with.as_ref().map(ToString::to_string), one.time)).collect();
    let text = |text: Option<&str>| text.map(str::to_owned);
    match each {
        Each::Ticket => vec![(None, None, None, None)],
        Each::State => {
            let stays = course.states.iter().map(|stay| (Some(stay.state.to_string()), stay.time)).collect();
            spent(stays, Some(state.clone()))
        }
        Each::Team => spent(with(&course.teams), text(figures.team)),
        Each::Assignee => spent(with(&course.assignees), text(figures.assignee)),
        Each::Entry => {
            let mut entries = visits;
            entries.dedup_by_key(|(status, ..)| *status);
            entries.into_iter().map(|(status, _, at, _)| (Some(status.to_string()), Some(at), None, None)).collect()
        }
        Each::Exit => {
            let mut entries = visits;
            entries.dedup_by_key(|(status, ..)| *status);
            let left = entries.windows(2).map(|pair| (Some(pair[0].0.to_string()), Some(pair[1].2), None, None));
            left.collect()
        }
        Each::Crossing => {
            let mut sides: Vec<(bool, i64)> = visits.iter().map(|(status, _, at, _)| (status.is_open(), *at)).collect();
            sides.dedup_by_key(|(is_open, _)| *is_open);
            let opened_closed = usize::from(!sides[0].0);
            let name = |place: usize, is_open: bool| match (place, is_open) {
                (0, true) => "opened",
                (_, true) => "reopened",
                (_, false) => "left",
            };
            let crossings = sides.into_iter().enumerate().skip(opened_closed);
            crossings
                .map(|(place, (is_open, at))| (Some(name(place, is_open).to_owned()), Some(at), None, None))
                .collect()
        }
    }
}

fn is_counted(cohort: Cohort, figures: &Figures<'_>, piece: &Piece) -> bool {
    let (period, at) = match cohort {
        Cohort::All => return true,
        Cohort::Created(period) => (period, Some(figures.created)),
        Cohort::FirstResolved(period) => (period, figures.first_resolved),
        Cohort::Resolved(period) => (period, figures.resolved),
        Cohort::Closed(period) => (period, figures.closed),
        Cohort::Then(period) => (period, piece.1),
    };
    at.map(instant).is_some_and(|at| period.is_any() || period.contains(Some(at)))
}

fn cell(dimension: &Dimension, each: Each, figures: &Figures<'_>, own: &Piece) -> Cell {
    let text = |text: Option<&str>| text.map_or(Cell::None, |text| Cell::Text(text.to_owned()));
    let piece = |at: Option<i64>, bucket: &Bucket| {
        let form = match bucket.unit {
            Unit::Day => "%F",
            Unit::Week => "%G-W%V",
            Unit::Month => "%Y-%m",
        };
        let civil = |at| bucket.zone.civil(instant(at));
        at.map_or(Cell::None, |at| Cell::Text(civil(at).format(form).to_string()))
    };
    match dimension {
        Dimension::Kind => text(Some(figures.kind)),
        Dimension::Status => {
            Cell::Status(*Status::ALL.iter().find(|status| status.as_str() == figures.status).unwrap())
        }
        Dimension::State => text(Some(figures.state)),
        Dimension::Priority => Cell::Priority(Priority::new(figures.priority).unwrap()),
        Dimension::Category => text(figures.category),
        Dimension::Team => text(figures.team),
        Dimension::Queue => text(figures.queue),
        Dimension::Assignee => text(figures.assignee),
        Dimension::Requester => text(figures.requester),
        Dimension::Channel => text(Some(figures.channel)),
        Dimension::Created(bucket) => piece(Some(figures.created), bucket),
        Dimension::Resolved(bucket) => piece(figures.resolved, bucket),
        Dimension::Closed(bucket) => piece(figures.closed, bucket),
        Dimension::FirstResolved(bucket) => piece(figures.first_resolved, bucket),
        Dimension::Weekday(zone) => {
            let day = zone.civil(instant(figures.created)).weekday();
            Cell::Ranked(u8::try_from(day.num_days_from_monday()).unwrap(), day.to_string())
        }
        Dimension::Hour(zone) => Cell::Text(zone.civil(instant(figures.created)).format("%H").to_string()),
        Dimension::AgeBand if ["resolved", "closed"].contains(&figures.status) => Cell::None,
        Dimension::AgeBand => {
            let days = (NOW - figures.created).div_euclid(86_400_000_000);
            let (rank, name) = match days {
                ..1 => (0, "under 1 day"),
                1..3 => (1, "1 to 3 days"),
                3..7 => (2, "3 to 7 days"),
                7..30 => (3, "7 to 30 days"),
                30..90 => (4, "30 to 90 days"),
                90.. => (5, "90 days and over"),
            };
            Cell::Ranked(rank, name.to_owned())
        }
        Dimension::Each if [Each::Entry, Each::Exit].contains(&each) => {
            Cell::Status(*Status::ALL.iter().find(|status| Some(status.as_str()) == own.0.as_deref()).unwrap())
        }
        Dimension::Each => text(own.0.as_deref()),
        Dimension::Then(bucket) => piece(own.1, bucket),
    }
}

fn measured(measure: &Measure, counted: &[(&Ticket, Piece)]) -> Measured {
    let tickets: Vec<&Ticket> = counted.iter().map(|(ticket, _)| *ticket).collect();
    let share = |read: &dyn Fn(&Ticket) -> Option<bool>| {
        let all: Vec<bool> = tickets.iter().filter_map(|ticket| read(ticket)).collect();
        Measured::Share(Share { part: all.iter().filter(|has| **has).count() as u64, whole: all.len() as u64 })
    };
    let many = |read: &dyn Fn(&Ticket, &Piece) -> Vec<i64>| {
        let mut values: Vec<i64> = counted.iter().flat_map(|(ticket, piece)| read(ticket, piece)).collect();
        values.sort_unstable();
        Measured::Time(summary(&values))
    };
    let on = |time: Lapse, clock: Time| if clock == Time::Wall { time.wall } else { time.business };
    let solved = |ticket: &Ticket| visits(ticket).into_iter().find(|visit| visit.0 == Status::Resolved);
    let came_back = |ticket: &Ticket| {
        let visits = visits(ticket);
        let solved = visits.iter().position(|visit| visit.0 == Status::Resolved);
        let back = solved.and_then(|solved| {
            visits[solved..].iter().find(|visit| visit.0.is_open()).map(|back| back.2 - visits[solved].2)
        });
        back.is_some_and(|after| after <= WITHIN.0.num_microseconds().unwrap())
    };
    let pending = |ticket: &Ticket, clock: Time| -> i64 {
        ticket.2.states.iter().filter(|stay| stay.status == Status::Pending).map(|stay| on(stay.time, clock)).sum()
    };
    let is_open = |figures: &Figures<'_>| !["resolved", "closed"].contains(&figures.status);
    let count = |counts: &dyn Fn(&Figures<'_>) -> bool| tickets.iter().filter(|(figures, ..)| counts(figures)).count();
    let time = |read: &dyn Fn(&Figures<'_>) -> Option<i64>| {
        let mut values: Vec<i64> = tickets.iter().filter_map(|(figures, ..)| read(figures)).collect();
        values.sort_unstable();
        Measured::Time(summary(&values))
    };
    let since = |at: Option<i64>, figures: &Figures<'_>| at.map(|at| at - figures.created);
    let counter = |read: &dyn Fn(&Ticket) -> u32| {
        let counts: Vec<u32> = tickets.iter().map(|ticket| read(ticket)).collect();
        let total = counts.iter().copied().map(u64::from).sum();
        Measured::Counter(Counter { n: counts.len() as u64, total, max: counts.into_iter().max().unwrap_or_default() })
    };
    match measure {
        Measure::Count => Measured::Count(tickets.len() as u64),
        Measure::Backlog => Measured::Count(count(&is_open) as u64),
        Measure::FirstResponse(Time::Wall) => time(&|figures| since(figures.responded, figures)),
        Measure::FirstResponse(Time::Business) => time(&|figures| figures.response),
        Measure::Resolution(Time::Wall) => time(&|figures| since(figures.resolved, figures)),
        Measure::Resolution(Time::Business) => time(&|figures| figures.resolution),
        Measure::FirstResolution(Time::Wall) => time(&|figures| since(figures.first_resolved, figures)),
        Measure::FirstResolution(Time::Business) => many(&|ticket, _| {
            ticket.0.first_resolved.and_then(|_| solved(ticket)).map(|visit| visit.3).into_iter().collect()
        }),
        Measure::NetResolution(clock) => many(&|ticket, _| {
            let gross = match clock {
                Time::Wall => since(ticket.0.resolved, &ticket.0),
                Time::Business => ticket.0.resolution,
            };
            gross.map(|gross| gross - pending(ticket, *clock)).into_iter().collect()
        }),
        Measure::NextResponse(clock) => {
            many(&|(.., course), _| course.answers.iter().map(|answer| on(*answer, *clock)).collect())
        }
        Measure::Acknowledge(clock) => {
            many(&|(.., course), _| course.acked.map(|acked| on(acked, *clock)).into_iter().collect())
        }
        Measure::ReopenedWithin(_) => share(&|ticket| ticket.0.first_resolved.map(|_| came_back(ticket))),
        Measure::FirstContact(_) => {
            share(&|ticket| ticket.0.first_resolved.map(|_| ticket.2.first_contact && !came_back(ticket)))
        }
        Measure::ResolvedWithin(span) => share(&|(figures, ..)| {
            let within = span.0.num_microseconds().unwrap();
            let in_time = since(figures.first_resolved, figures).is_some_and(|time| time <= within);
            (NOW - figures.created >= within).then_some(in_time)
        }),
        Measure::Steps => counter(&|(.., course)| course.steps),
        Measure::Escalated => share(&|(.., course)| Some(course.level > 0)),
        Measure::Spent(Time::Wall) => many(&|_, piece| piece.2.into_iter().collect()),
        Measure::Spent(Time::Business) => many(&|_, piece| piece.3.into_iter().collect()),
        Measure::Closing => time(&|figures| since(figures.closed, figures)),
        Measure::Age => time(&|figures| is_open(figures).then(|| NOW - figures.created)),
        Measure::Reopens => counter(&|(figures, ..)| figures.reopens),
        Measure::Reassigns => counter(&|(figures, ..)| figures.reassigns),
        Measure::Messages => counter(&|(figures, ..)| figures.messages),
        Measure::ReopenRate => {
            let part = count(&|figures| figures.first_resolved.is_some() && figures.reopens > 0) as u64;
            let whole = count(&|figures| figures.first_resolved.is_some()) as u64;
            Measured::Share(Share { part, whole })
        }
        Measure::Satisfaction => {
            let part = count(&|figures| figures.score.is_some_and(|score| score >= 4)) as u64;
            Measured::Share(Share {
                part,
                whole: count(&|figures| figures.score.is_some_and(|score| score > 0)) as u64,
            })
        }
        Measure::ResponseShare => {
            let part = count(&|figures| figures.score.is_some_and(|score| score > 0)) as u64;
            Measured::Share(Share { part, whole: count(&|figures| figures.score.is_some()) as u64 })
        }
        Measure::Attainment(policy) => {
            let standings = tickets.iter().flat_map(|(_, standings, _)| standings);
            let standings: Vec<&Standing> = standings.filter(|standing| standing.policy == *policy).collect();
            let sum = |read: fn(&Standing) -> u32| standings.iter().map(|standing| u64::from(read(standing))).sum();
            Measured::Attainment(Attainment {
                met: sum(|standing| standing.met),
                breached: sum(|standing| standing.breached),
                excused: sum(|standing| standing.excused),
                running: sum(|standing| standing.running),
                dropped: sum(|standing| standing.dropped),
            })
        }
    }
}

fn summary(sorted: &[i64]) -> Option<Summary> {
    let nearest = |sum: i128, by: i128| {
        let floor = sum.div_euclid(by);
        let nearest = [floor, floor + 1].into_iter().min_by_key(|value| ((value * by - sum).abs(), value & 1));
        TimeDelta::microseconds(i64::try_from(nearest.unwrap()).unwrap())
    };
    let percentile = |percent: usize| {
        let (low, rest) = ((sorted.len() - 1) * percent / 100, (sorted.len() - 1) * percent % 100);
        let high = (low + 1).min(sorted.len() - 1);
        let sum = i128::from(sorted[low]) * (100 - rest as i128) + i128::from(sorted[high]) * rest as i128;
        nearest(sum, 100)
    };
    Some(Summary {
        n: sorted.len() as u64,
        min: TimeDelta::microseconds(*sorted.first()?),
        mean: nearest(sorted.iter().copied().map(i128::from).sum(), sorted.len() as i128),
        p50: percentile(50),
        p90: percentile(90),
        p95: percentile(95),
        p99: percentile(99),
        max: TimeDelta::microseconds(*sorted.last()?),
        exact: true,
    })
}

/// Leaves out of a ticket what a scan says it does not need.
fn needed((figures, standings, course): &Ticket, needs: Needs) -> Ticket {
    let text = |needed, text| if needed { text } else { "" };
    let maybe = |needed, text: Option<&'static str>| text.filter(|_| needed);
    let time = |needed, time: Option<i64>| time.filter(|_| needed);
    let count = |count| if needs.counters { count } else { 0 };
    let figures = Figures {
        kind: text(needs.kind, figures.kind),
        status: text(needs.status, figures.status),
        state: text(needs.state, figures.state),
        priority: if needs.priority { figures.priority } else { 0 },
        category: maybe(needs.category, figures.category),
        team: maybe(needs.team, figures.team),
        queue: maybe(needs.queue, figures.queue),
        assignee: maybe(needs.assignee, figures.assignee),
        requester: maybe(needs.requester, figures.requester),
        channel: text(needs.channel, figures.channel),
        created: if needs.created { figures.created } else { 0 },
        responded: time(needs.responded, figures.responded),
        resolved: time(needs.resolved, figures.resolved),
        first_resolved: time(needs.first_resolved, figures.first_resolved),
        closed: time(needs.closed, figures.closed),
        response: time(needs.business, figures.response),
        resolution: time(needs.business, figures.resolution),
        reopens: count(figures.reopens),
        reassigns: count(figures.reassigns),
        messages: count(figures.messages),
        score: figures.score.filter(|_| needs.score),
        standings: "",
        course: "",
    };
    let course = if needs.course { course.clone() } else { Course::default() };
    (figures, if needs.standings { standings.clone() } else { Vec::new() }, course)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

    /// Every table is what grouping the tickets and sorting the values says.
    #[test]
    fn tables_equal_naive_grouping(tickets in tickets()) {
        let scan = scan();
        let tables = tally(&scan, &tickets);
        prop_assert_eq!(tables.len(), scan.tables.len());
        for (table, TableSpec { each, cohort, by, measures }) in tables.into_iter().zip(scan.tables) {
            let mut groups = BTreeMap::<Vec<Cell>, Vec<(&Ticket, Piece)>>::new();
            if by.is_empty() {
                groups.insert(Vec::new(), Vec::new());
            }
            for ticket in &tickets {
                for piece in pieces(each, ticket).into_iter().filter(|piece| is_counted(cohort, &ticket.0, piece)) {
                    let cells = by.iter().map(|by| cell(by, each, &ticket.0, &piece)).collect();
                    groups.entry(cells).or_default().push((ticket, piece));
                }
            }
            let row = |(cells, counted): (Vec<Cell>, Vec<(&Ticket, Piece)>)| {
                Row { cells, values: measures.iter().map(|measure| measured(measure, &counted)).collect() }
            };
            prop_assert_eq!(table.rows, groups.into_iter().map(row).collect::<Vec<_>>());
            prop_assert_eq!((table.each, table.cohort, table.by, table.measures), (each, cohort, by, measures));
        }
    }

    #[test]
    fn the_order_of_tickets_does_not_matter(tickets in tickets()) {
        let reversed: Vec<Ticket> = tickets.iter().rev().cloned().collect();
        prop_assert_eq!(tally(&scan(), &tickets), tally(&scan(), &reversed));
    }

    /// The same table comes out of tickets that have nothing but what it needs.
    #[test]
    fn no_scan_reads_a_figure_it_does_not_need(tickets in tickets()) {
        let TableSpec { measures, .. } = scan().tables.swap_remove(0);
        let mut tables: Vec<TableSpec> = measures.into_iter().map(|measure| TableSpec::new([], [measure])).collect();
        tables.extend(scan().tables.into_iter().map(|table| TableSpec { measures: vec![Measure::Count], ..table }));
        for table in tables {
            let scan = Scan { tables: vec![table], ..scan() };
            let bare: Vec<Ticket> = tickets.iter().map(|ticket| needed(ticket, scan.needs())).collect();
            prop_assert_eq!(tally(&scan, &bare), tally(&scan, &tickets));
        }
    }

    /// Law 83: met + breached + excused + running + dropped = cycles.
    #[test]
    fn law_83_every_cycle_is_in_one_of_five(tickets in tickets()) {
        let cycles = |policy: &str| {
            let standings = tickets.iter().flat_map(|(_, standings, _)| standings);
            let of = standings.filter(|standing| standing.policy == policy);
            of.map(|s| [s.met, s.breached, s.excused, s.running, s.dropped].map(u64::from).iter().sum::<u64>()).sum::<u64>()
        };
        let tables = vec![TableSpec::new([], POLICIES.map(|policy| Measure::Attainment(policy.into())))];
        let tables = tally(&Scan { tables, ..scan() }, &tickets);
        for (policy, value) in POLICIES.into_iter().zip(&tables[0].rows[0].values) {
            let Measured::Attainment(attainment) = value else { panic!("{value:?}") };
            prop_assert_eq!(attainment.cycles(), cycles(policy));
            prop_assert_eq!(attainment.share().ratio().is_none(), attainment.met + attainment.breached == 0);
        }
    }

    /// Law 82: the area under the backlog over a window is the time that its tickets were open in it, to the microsecond
    /// (Little's law along a path); and law 81: the backlog moves by what crosses its border and by nothing else.
    #[test]
    fn law_82_the_area_under_the_backlog_is_the_time_tickets_were_open(
        tickets in tickets(),
        window in [NOW - 40_000_000_000_000..NOW, NOW - 40_000_000_000_000..NOW],
    ) {
        let [from, to] = [window[0].min(window[1]), window[0].max(window[1])];
        let mut steps = Vec::new();
        for (figures, _, course) in &tickets {
            let figures = Figures { course: &course.encode(), ..*figures };
            super::tally::pieces(Each::Crossing, &figures, NOW, |name, at| {
                steps.push((at, if name == "left" { -1 } else { 1 }));
            });
        }
        steps.sort_unstable();
        let (mut area, mut backlog, mut last) = (0_i64, 0, from);
        for (at, step) in steps {
            let at_window = at.clamp(from, to);
            area += backlog * (at_window - last);
            (backlog, last) = (backlog + step, at_window);
        }
        area += backlog * (to - last);
        let overlap = |ticket: &Ticket| -> i64 {
            let visits = visits(ticket);
            let ends = visits.iter().skip(1).map(|visit| visit.2).chain([i64::MAX]);
            let open = visits.iter().zip(ends).filter(|(visit, _)| visit.0.is_open());
            open.map(|(visit, end)| (end.min(to) - visit.2.max(from)).max(0)).sum()
        };
        prop_assert_eq!(area, tickets.iter().map(overlap).sum::<i64>());
        let open = tickets.iter().filter(|ticket| visits(ticket).last().unwrap().0.is_open()).count();
        prop_assert_eq!(u64::try_from(backlog), Ok(open as u64));
    }

    /// Several reports in one pass say what each says by itself.
    #[test]
    fn an_overview_is_its_parts(tickets in tickets()) {
        let ask = Ask::new(scan().now).policies(POLICIES).zone(Zone::named("America/New_York").unwrap());
        let sections = |report: &dyn Report| report.render(&ask, tally(&ask.scan(report), &tickets));
        let parts = ["volume", "response", "attainment", "daily", "agents", "reopens"];
        let parts: Vec<Section> = parts.into_iter().flat_map(|name| sections(&*named(name).unwrap())).collect();
        prop_assert_eq!(sections(&overview()), parts);
    }

    /// Each row of a section has a value for each heading, and no two headings share a name.
    #[test]
    fn sections_are_rectangular(tickets in tickets()) {
        for table in tally(&scan(), &tickets) {
            let section = Section::new("", "", &table);
            prop_assert!(section.rows.iter().all(|row| row.len() == section.headings.len()));
            let names: std::collections::BTreeSet<&str> = section.headings.iter().map(|heading| &*heading.name).collect();
            prop_assert_eq!(names.len(), section.headings.len());
        }
    }
}

#[test]
fn nothing_of_nothing_is_none_and_never_nought() {
    let tables = tally(&scan(), &[]);
    assert!(tables[1..].iter().all(|table| table.rows.is_empty()));
    let values = &tables[0].rows[0].values;
    for (measure, value) in tables[0].measures.iter().zip(values) {
        match value {
            Measured::Count(count) => assert_eq!(*count, 0),
            Measured::Time(summary) => assert_eq!(*summary, None, "{measure}"),
            Measured::Counter(counter) => assert_eq!(counter.mean(), None, "{measure}"),
            Measured::Share(share) => assert_eq!(share.ratio(), None, "{measure}"),
            Measured::Attainment(attainment) => assert_eq!(attainment.share().ratio(), None, "{measure}"),
        }
    }
}

#[test]
fn a_ticket_whose_standings_cannot_be_read_is_refused_and_changes_nothing() {
    let tables = vec![TableSpec::new([Dimension::Kind], [Measure::Attainment(Key::from("resolution"))])];
    let scan = Scan { tables, ..scan() };
    let good = Figures { kind: "incident", standings: "1 0 0 0 0 resolution", ..Figures::default() };
    let bad = Figures { standings: "1 0 0 resolution", ..good };
    let mut tallier = Tallier::new(&scan);
    let error = Unreadable::from(NotStandings { line: "1 0 0 resolution".to_owned() });
    for _ in 0..2 {
        tallier.add(&good).unwrap();
        assert_eq!(tallier.add(&bad), Err(error.clone()));
    }
    let met = Attainment { met: 2, ..Attainment::default() };
    assert_eq!(tallier.finish()[0].rows[0].values, [Measured::Attainment(met)]);
}
