//! The incidents of a real help desk, brought in as the example `replay` does, against an independent run over the file:
//! every figure that was expected and every one that was published.

#[path = "../examples/replay/figures.rs"]
mod figures;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use figures::Comparison;
use serde_json::{Value, json};
use ticketcore::engine::fold;
use ticketcore::import::{Bent, Mapping, Plan, Profile};
use ticketcore::{Config, Desk, Filter, MemoryStore, Query, Store, Ticket};

type Done = Result<(), Box<dyn Error>>;

#[test]
fn reports_over_real_incidents_give_what_an_independent_run_gave() -> Done {
    let (Ok(_), Ok(expected)) = (File::open(figures::LOG), std::fs::read_to_string(figures::EXPECTED)) else {
        // Not `eprintln!`, which the test harness hides when a test passes.
        return Ok(writeln!(std::io::stderr(), "SKIPPED: there is no log at {}", figures::LOG)?);
    };
    let expected: Value = serde_json::from_str(&expected)?;
    pollster::block_on(check(Arc::new(MemoryStore::new()), &expected))?;
    pollster::block_on(check(Arc::new(ticketcore_sqlite::SqliteStore::memory()?), &expected))?;
    Ok(())
}

async fn check(store: Arc<dyn Store>, expected: &Value) -> Done {
    let config: Config = toml::from_str(include_str!("../examples/import/servicenow-desk.toml"))?;
    let mapping: Mapping = toml::from_str(include_str!("../examples/import/servicenow.toml"))?;
    let desk = Desk::new(store);
    desk.publish(config).await?;
    let plan: Plan = desk.plan_import(&mapping, File::open(figures::LOG)?).await?;
    assert!(plan.is_sound(), "{plan}");
    assert_eq!(plan.unmapped, Vec::<String>::new());
    let bent =
        Bent { back: 1, before: 5, elsewhen: 21, crossed: 0, unopened: 29, silent: 1545, skipped: 0, repeated: 0 };
    assert_eq!(plan.bent, bent, "{plan}");
    let imported = desk.import(&plan).run().await?;
    assert!(imported.error.is_none());
    assert_eq!((imported.tickets, imported.events), (890, plan.count()));
    let compared = desk.verify_import(&plan, |_| ()).await?;
    assert!(compared.is_equal(), "{compared:?}");
    assert_eq!((compared.tickets_there, compared.events_there), (890, plan.count()));
    let again = desk.import(&plan).run().await?;
    assert_eq!((again.tickets, again.unchanged), (0, 890));

    let (reported, profiled) = (figures::figures(&desk).await?, figures::profiled(&plan.profile));
    let comparison = Comparison::of(&expected["excerpt"], &reported, &profiled);
    eprintln!("{comparison}");
    assert_eq!(comparison.absent, BTreeMap::new(), "{comparison}");
    assert_eq!((comparison.reported.len(), comparison.profiled.len()), (117, 42), "{comparison}");
    // Where the reports have another figure than the log: the profile has the log's, and the reason is known.
    let different = [
        ("by_priority_last_event/1 - Critical/reassignments", 9, 10),
        ("by_priority_last_event/3 - Moderate/reassignments", 754, 835),
        ("by_priority_last_event/4 - Low/reassignments", 95, 109),
        ("reassigned_incidents", 391, 406),
        ("reassignments_max", 18, 19),
        ("reassignments_total", 877, 973),
        ("transitions_changed/New -> Resolved", 222, 251),
    ];
    let different = different.map(|(path, theirs, ours)| (path.to_owned(), (json!(theirs), json!(ours))));
    assert_eq!(comparison.different, different.into());
    assert!(comparison.different.keys().all(|path| Comparison::reason(path).is_some()));

    // Law 70: what is stored is the fold of what happened, for real lives too.
    for ticket in desk.find(&Query::new(Filter::all()).limit(1000)).await?.tickets {
        let folded = fold(&desk.history(ticket.id).await?).ok_or("no history")?;
        assert_eq!(Ticket { number: ticket.number, ..folded }, *ticket);
    }
    published(&plan.profile, expected)
}

/// What others have published of the same file. What they published of the whole log is not in this part of it.
fn published(profile: &Profile, expected: &Value) -> Done {
    let all: Vec<&str> =
        expected["published"].as_array().ok_or("none")?.iter().filter_map(|one| one["what"].as_str()).collect();
    let [whole, complete, excerpt] = all[..] else { return Err("other figures were published".into()) };
    assert!(whole.starts_with("whole UCI log: 141,712 events"), "about a file that is not here: {whole}");
    assert!(complete.ends_with("75,230 of 141,712; of these 15,268 are New"), "likewise: {complete}");

    let number = |text: &str| text.replace(',', "").parse::<f64>();
    let column = |name: &str| profile.column(name).ok_or_else(|| format!("there is no column {name}"));
    let (head, distinct) = excerpt.split_once("; distinct: ").ok_or("nothing is distinct")?;
    let mut compared = 0;
    let head = head.strip_prefix("excerpt: ").ok_or("of something else")?;
    for part in head.split("; ") {
        let words: Vec<&str> = part.split(' ').collect();
        match words[..] {
            [events, "events,", incidents, "incidents"] => {
                assert_eq!((profile.rows as f64, profile.tickets as f64), (number(events)?, number(incidents)?));
                compared += 2;
            }
            [name, "mean", mean, "std", deviation, ref rest @ ..] => {
                let numbers = column(name)?.rows.numbers.ok_or("no numbers")?;
                for (published, found) in [(mean, numbers.mean), (deviation, numbers.deviation)] {
                    assert!((number(published)? - found).abs() < 1e-6, "{part}: {found}");
                    compared += 1;
                }
                if let ["max", max] = rest {
                    assert_eq!(numbers.max, number(max)?, "{part}");
                    compared += 1;
                }
            }
            ["New", count] => {
                assert_eq!(column("incident_state")?.rows.counts["New"] as f64, number(count)?);
                compared += 1;
            }
            [name, "True", count] => {
                assert_eq!(column(name)?.rows.counts["TRUE"] as f64, number(count)?, "{part}");
                compared += 1;
            }
            _ => return Err(format!("nobody looks at {part}").into()),
        }
    }
    let distinct = distinct.split(" (counts include").next().unwrap_or_default();
    for part in distinct.split(", ") {
        let (name, count) = part.split_once(' ').ok_or("no count")?;
        let found = column(name)?.rows.distinct().ok_or("too many")?;
        // One of them is told with and without `?`.
        match count.split_once(" (") {
            Some((without, with)) => {
                assert_eq!((found - 1) as f64, number(without)?, "{part}");
                assert_eq!(found as f64, number(with.split(' ').next().unwrap_or_default())?, "{part}");
                compared += 2;
            }
            None => {
                assert_eq!(found as f64, number(count)?, "{part}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 32);
    Ok(())
}
