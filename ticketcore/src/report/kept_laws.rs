//! What a tally must do: the same as a pass over the tickets that are left.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::laws::{Ticket, scan, tally, tickets};
use super::*;
use crate::config::Span;
use crate::time::Zone;

/// Every table but for what changes as time goes by.
fn kept() -> Scan {
    let mut scan = scan();
    scan.tables.iter_mut().for_each(|table| {
        table.measures.retain(|measure| !measure.moves());
        table.by.retain(|dimension| !dimension.moves());
    });
    scan.tables.retain(|table| !matches!(table.each, Each::State | Each::Team | Each::Assignee));
    scan
}

fn shift(tally: &mut Tally, (figures, standings, course): &Ticket, sign: bool) {
    let (standings, course) = (Standing::encode(standings), course.encode());
    let figures = Figures { standings: &standings, course: &course, ..*figures };
    if sign { tally.add(&figures).unwrap() } else { tally.remove(&figures).unwrap() }
}

fn of(tickets: &[Ticket]) -> Tally {
    let mut tally = Tally::new(&kept()).unwrap();
    tickets.iter().for_each(|ticket| shift(&mut tally, ticket, true));
    tally
}

/// The same but for lengths of time, which are within the bound.
fn assert_close(found: &[Table], exact: &[Table]) {
    let within = |found: TimeDelta, exact: TimeDelta, part: i32| {
        (found - exact).abs() <= TimeDelta::milliseconds(500) + exact / part + TimeDelta::microseconds(2)
    };
    assert_eq!(found.len(), exact.len());
    for (found, exact) in found.iter().zip(exact) {
        let spec = |table: &Table| (table.each, table.cohort, table.by.clone(), table.measures.clone());
        assert_eq!(spec(found), spec(exact));
        let cells = |table: &Table| table.rows.iter().map(|row| row.cells.clone()).collect::<Vec<_>>();
        assert_eq!(cells(found), cells(exact));
        for (found, exact) in found.rows.iter().zip(&exact.rows).flat_map(|(a, b)| a.values.iter().zip(&b.values)) {
            let (Measured::Time(Some(found)), Measured::Time(Some(exact))) = (found, exact) else {
                assert_eq!(found, exact);
                continue;
            };
            assert_eq!((found.n, found.mean), (exact.n, exact.mean));
            // Below nought the bound is one of the greatest length, as values of both signs lie side by side there.
            let size = |time: TimeDelta| if exact.min < TimeDelta::zero() { exact.max.max(-exact.min) } else { time };
            for (found, exact, part) in [
                (found.min, exact.min, 128),
                (found.p50, exact.p50, 256),
                (found.p90, exact.p90, 256),
                (found.p95, exact.p95, 256),
                (found.p99, exact.p99, 256),
                (found.max, exact.max, 128),
            ] {
                assert!(within(found - exact + size(exact), size(exact), part), "{found} instead of {exact}");
            }
            assert!(!found.exact && exact.exact);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, ..ProptestConfig::default() })]

    /// Law 79: whatever came and went, what is left is the tally of the tickets that are left; and that is what an
    /// exact pass over them says, counts and shares to the one, percentiles within the bound.
    #[test]
    fn law_79_whatever_came_and_went_what_is_left_counts(tickets in tickets(), deeds: Vec<(prop::sample::Index, bool)>) {
        let mut there = BTreeMap::<usize, &Ticket>::new();
        let mut found = of(&[]);
        for (index, stays) in deeds {
            let Some(place) = (!tickets.is_empty()).then(|| index.index(tickets.len())) else { continue };
            if let Some(before) = there.remove(&place) {
                shift(&mut found, before, false);
            }
            if stays {
                // What changes comes back with the figures of another ticket.
                let next = &tickets[(place * 7 + 3) % tickets.len()];
                shift(&mut found, next, true);
                there.insert(place, next);
            }
        }
        let left: Vec<Ticket> = there.into_values().cloned().collect();
        prop_assert_eq!(&found, &of(&left));
        assert_close(&found.tables(), &tally(&kept(), &left));
        assert_close(&of(&tickets).tables(), &tally(&kept(), &tickets));
    }

    /// Law 78: tallies are an abelian group, and the order of merging is irrelevant.
    #[test]
    fn law_78_tallies_are_an_abelian_group(a in tickets(), b in tickets(), c in tickets()) {
        let plus = |a: &Tally, b: &Tally| { let mut a = a.clone(); a.merge(b).unwrap(); a };
        let minus = |a: &Tally, b: &Tally| { let mut a = a.clone(); a.subtract(b).unwrap(); a };
        let nothing = of(&[]);
        let all = of(&[a.clone(), b.clone(), c.clone()].concat());
        let (a, b, c) = (of(&a), of(&b), of(&c));
        prop_assert_eq!(&plus(&plus(&a, &b), &c), &all);
        prop_assert_eq!(&plus(&c, &plus(&b, &a)), &all);
        prop_assert_eq!(&plus(&a, &nothing), &a);
        prop_assert_eq!(&minus(&a, &a), &nothing);
        prop_assert_eq!(&plus(&minus(&nothing, &b), &plus(&a, &b)), &a);
        prop_assert_eq!(minus(&minus(&all, &c), &b), a);
    }

    #[test]
    fn what_is_stored_is_read_back(a in tickets(), b in tickets()) {
        let mut tally = of(&a);
        tally.subtract(&of(&b)).unwrap();
        let text = serde_json::to_string(&tally).unwrap();
        let mut read: Tally = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &tally);
        // And it goes on.
        b.iter().for_each(|ticket| shift(&mut read, ticket, true));
        prop_assert_eq!(read, of(&a));
    }
}

#[test]
fn what_changes_with_time_alone_cannot_be_kept() {
    let bucket = Bucket { unit: Unit::Day, zone: Zone::utc() };
    let by_day = TableSpec::new([Dimension::Created(bucket)], [Measure::Backlog]);
    let tables = |table: TableSpec| Tally::new(&Scan { tables: vec![by_day.clone(), table], ..scan() });
    for (table, name) in [
        (TableSpec::new([], [Measure::Count, Measure::Age]), "age"),
        (TableSpec::new([], [Measure::ResolvedWithin(Span::days(1))]), "resolved_within_1d"),
        (TableSpec::new([Dimension::Kind, Dimension::AgeBand], [Measure::Count]), "age_band"),
        (TableSpec::new([Dimension::Each], [Measure::Count]).each(Each::Team), "with_team"),
    ] {
        let error = tables(table).unwrap_err();
        assert_eq!(error, Moves { name: name.to_owned() });
        let text = " changes as time goes by and cannot be kept; count the backlog by the day it was created instead";
        assert_eq!(error.to_string(), format!("{name}{text}"));
    }
    assert!(tables(TableSpec::new([Dimension::Each], [Measure::Count]).each(Each::Crossing)).is_ok());
}

#[test]
fn tallies_of_other_tables_are_not_put_together() {
    let tables = vec![TableSpec::new([Dimension::Kind], [Measure::Count])];
    let other = Tally::new(&Scan { tables, ..scan() }).unwrap();
    let mut tally = of(&[]);
    assert_eq!((tally.merge(&other), tally.subtract(&other)), (Err(OtherTables), Err(OtherTables)));
    assert_eq!(tally, of(&[]));
}

#[test]
fn a_ticket_that_cannot_be_read_changes_nothing() {
    let mut tally = of(&[]);
    let bad = Figures { status: "open", standings: "1 0 0 resolution", ..Figures::default() };
    for shifted in [tally.add(&bad), tally.remove(&bad)] {
        assert_eq!(shifted, Err(NotStandings { line: "1 0 0 resolution".to_owned() }.into()));
    }
    assert_eq!(tally, of(&[]));
}

#[test]
fn what_is_stored_is_compact_and_what_is_no_tally_is_refused() {
    let tables = vec![TableSpec::new([Dimension::Team], [Measure::Count, Measure::Closing])];
    let mut tally = Tally::new(&Scan { tables, ..scan() }).unwrap();
    tally.add(&Figures { team: Some("net"), closed: Some(7_000_000), ..Figures::default() }).unwrap();
    let text = r#"[{"spec":{"each":"ticket","cohort":"all","by":["team"],"measures":["count","closing"]},"rows":[[[{"text":"net"}],1,[{"count":1},{"time":["7000000",[[7,1]]]}]]]}]"#;
    assert_eq!(serde_json::to_string(&tally).unwrap(), text);
    let error = |from, to| serde_json::from_str::<Tally>(&text.replace(from, to)).unwrap_err().to_string();
    let misfit = "row 0 of table 0 does not fit the table's dimensions and measures";
    assert_eq!(error(r#"{"count":1}"#, r#"{"share":[1,2]}"#), misfit);
    assert_eq!(error(r#"[{"text":"net"}]"#, "[]"), misfit);
    assert!(error(r#""closing""#, r#""age""#).starts_with("age changes as time goes by"));
    assert!(error(r#""team""#, r#""tribe""#).contains("unknown variant `tribe`"));
}
