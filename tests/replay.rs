//! The incidents of a real help desk, replayed as the example `replay` does, against an independent run over the file.

#[path = "../examples/replay/desk.rs"]
mod desk;
#[path = "../examples/replay/figures.rs"]
mod figures;
#[path = "../examples/replay/incidents.rs"]
mod incidents;
#[path = "../examples/replay/replay.rs"]
mod replay;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use figures::Comparison;
use serde_json::{Value, json};
use ticketcore::engine::fold;
use ticketcore::time::ManualClock;
use ticketcore::{Desk, Filter, MemoryStore, Query, Store, Ticket};

/// What people read first in a report.
const NAMED: [&str; 14] = [
    "incidents",
    "last_state/Closed",
    "reopened_incidents",
    "reopens_total",
    "reassigned_incidents",
    "reassignments_total",
    "resolution_hours/n",
    "resolution_hours/mean",
    "resolution_hours/median",
    "resolution_hours/p90",
    "resolution_hours/min",
    "resolution_hours/max",
    "closing_hours/mean",
    "open_at_midnight/2016-04-01",
];

#[test]
fn reports_over_real_incidents_give_what_an_independent_run_gave() -> Result<(), Box<dyn Error>> {
    let files = (incidents::read(Path::new(incidents::FILE)), std::fs::read_to_string(figures::EXPECTED));
    let (Ok(incidents), Ok(expected)) = files else {
        // Not `eprintln!`, which the test harness hides when a test passes.
        return Ok(writeln!(std::io::stderr(), "SKIPPED: there is no log at {}", incidents::FILE)?);
    };
    let expected: Value = serde_json::from_str(&expected)?;
    pollster::block_on(check(Arc::new(MemoryStore::new()), &incidents, &expected))?;
    #[cfg(feature = "sqlite")]
    pollster::block_on(check(Arc::new(ticketcore_sqlite::SqliteStore::memory()?), &incidents, &expected))?;
    Ok(())
}

async fn check(
    store: Arc<dyn Store>,
    incidents: &[Vec<incidents::Row>],
    expected: &Value,
) -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::new(incidents[0][0].opened_at);
    let desk = Desk::new(store).with_clock(clock.clone());
    desk.publish(desk::config()).await?;
    let notes = replay::replay(&desk, &clock, incidents).await?;
    let bent = [
        (replay::NEVER_RESOLVED, 29),
        (replay::NOBODY, 1707),
        (replay::UNNAMED, 145),
        (replay::LATE_CLOSED, 6),
        (replay::LATE_RESOLVED, 21),
        (replay::BEFORE, 5),
        (replay::BACK, 1),
        (replay::SILENT, 1546),
        (replay::OVER_THE_GROUP, 151),
        (replay::HIDDEN, 3),
    ];
    assert_eq!(notes, bent.into());

    let comparison = Comparison::of(&expected["excerpt"], &figures::figures(&desk).await?);
    eprintln!("{comparison}");
    for name in NAMED {
        assert!(comparison.equal.contains_key(name), "{name}: {comparison}");
    }
    let different = [
        ("transitions_changed/New -> Active", 321, 541),
        ("transitions_changed/New -> Awaiting Problem", 9, 10),
        ("transitions_changed/New -> Awaiting User Info", 80, 88),
        ("transitions_changed/New -> Resolved", 222, 251),
    ];
    let different = different.map(|(path, theirs, ours)| (path.to_owned(), (json!(theirs), json!(ours))));
    assert_eq!(comparison.different, different.into());
    assert_eq!((comparison.equal.len(), comparison.absent.len()), (120, 35));
    assert!(comparison.absent.keys().all(|path| Comparison::reason(path).is_some()));

    // Law 70: what is stored is the fold of what happened, for real lives too.
    for ticket in desk.find(&Query::new(Filter::all()).limit(1000)).await?.tickets {
        let folded = fold(&desk.history(ticket.id).await?).ok_or("no history")?;
        assert_eq!(Ticket { number: ticket.number, ..folded }, *ticket);
    }
    Ok(())
}
