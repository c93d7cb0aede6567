//! Law 79: live tables are what a scan finds, after whatever happened.

use chrono::TimeDelta;
use ticketcore::report::{Bucket, Dimension, Each, Measure, Measured, Row, Scan, Summary, TableSpec, Time, Unit};
use ticketcore::time::Zone;
use ticketcore::{Filter, Key, Span, Status};

use crate::world::World;

/// What is kept live: of all tickets, and of some that come and go.
fn kept() -> [(&'static str, Filter, Vec<TableSpec>); 2] {
    use Measure::{Acknowledge, Backlog, Count, FirstContact, FirstResolution, FirstResponse, Messages};
    use Measure::{NetResolution, NextResponse, ReopenRate, ReopenedWithin, Reopens, Resolution, Steps};
    let day = |bucket: fn(Bucket) -> Dimension| bucket(Bucket { unit: Unit::Day, zone: Zone::utc() });
    let clocks = [FirstResponse, NextResponse, Acknowledge, FirstResolution, Resolution, NetResolution];
    let times: Vec<Measure> = clocks.iter().flat_map(|of| [of(Time::Wall), of(Time::Business)]).collect();
    let rates = [ReopenRate, ReopenedWithin(Span::hours(2)), FirstContact(Span::hours(2)), Steps];
    let all = vec![
        TableSpec::new([Dimension::Status, Dimension::Priority], [Count, Backlog]),
        TableSpec::new([Dimension::Assignee], [Backlog, Reopens, Messages]),
        TableSpec::new([day(Dimension::Created)], [Count, Backlog]),
        TableSpec::new([Dimension::Kind], rates),
        TableSpec::new([], times),
        TableSpec::new([day(Dimension::Then), Dimension::Each], [Count]).each(Each::Crossing),
        TableSpec::new([day(Dimension::Then), Dimension::Each], [Count]).each(Each::Entry),
    ];
    let some = vec![TableSpec::new([Dimension::State, Dimension::Team], [Count, Resolution(Time::Business)])];
    let open = Filter { none: vec![Filter { statuses: vec![Status::Closed], ..Filter::all() }], ..Filter::open() };
    [("all", Filter::all(), all), ("some", open, some)]
}

fn promises() -> (Filter, Vec<TableSpec>) {
    let measures = ["response", "resolution", "first_response"].map(|policy| Measure::Attainment(Key::from(policy)));
    (Filter::all(), vec![TableSpec::new([Dimension::Priority], measures)])
}

pub(crate) async fn begin(world: &World) {
    for tenant in [0, 1] {
        for (name, filter, tables) in kept() {
            world.desk(tenant).keep_live(name, filter, tables).await.unwrap();
        }
        let (filter, tables) = promises();
        world.desk(tenant).keep_live("promises", filter, tables).await.unwrap();
    }
}

pub(crate) async fn is_what_a_scan_finds(world: &World, tenant: usize) {
    for (name, filter, tables) in kept() {
        compare(world, tenant, name, filter, tables).await;
    }
}

/// What the index of an open ticket holds of its promises is only as new as the last sweep.
pub(crate) async fn keeps_promises(world: &World, tenant: usize) {
    world.desk(tenant).catch_up().await.unwrap();
    let (filter, tables) = promises();
    compare(world, tenant, "promises", filter, tables).await;
}

async fn compare(world: &World, tenant: usize, name: &str, filter: Filter, tables: Vec<TableSpec>) {
    let desk = world.desk(tenant);
    let live = desk.live(name).await.unwrap();
    assert_eq!(live.behind, 0, "{name} on {}", world.name);
    let scanned = desk.tally(&Scan { filter, tables, now: desk.now() }).await.unwrap();
    assert_eq!(live.tables.len(), scanned.len());
    for (live, scanned) in live.tables.iter().zip(&scanned) {
        let differs = live.rows.iter().zip(&scanned.rows).find(|(live, scanned)| !alike(live, scanned));
        assert!(
            live.rows.len() == scanned.rows.len() && differs.is_none(),
            "law 79: {name} on {}: {differs:?}",
            world.name
        );
    }
}

fn alike(live: &Row, scanned: &Row) -> bool {
    live.cells == scanned.cells && live.values.iter().zip(&scanned.values).all(|(live, exact)| close(live, exact))
}

/// Lengths of time are kept as histograms: number and mean are exact, percentiles within half a second and 1/256.
fn close(live: &Measured, exact: &Measured) -> bool {
    match (live, exact) {
        (Measured::Time(Some(live)), Measured::Time(Some(exact))) => times(live, exact),
        (live, exact) => live == exact,
    }
}

fn times(live: &Summary, exact: &Summary) -> bool {
    let near = |a: TimeDelta, b: TimeDelta| (a - b).abs() <= b.abs() / 256 + TimeDelta::milliseconds(500);
    let percentiles = |one: &Summary| [one.p50, one.p90, one.p95, one.p99];
    (live.n, live.mean) == (exact.n, exact.mean)
        && percentiles(live).into_iter().zip(percentiles(exact)).all(|(live, exact)| near(live, exact))
}
