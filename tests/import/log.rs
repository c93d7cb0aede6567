//! A log that nobody has seen: 120,000 events of made-up incidents, in the format of `examples/import/servicenow.toml`, and
//! the same in another, which takes another mapping and nothing else.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ticketcore::import::Mapping;
use ticketcore::report::{Measure, Measured, Scan, TableSpec, Time};
use ticketcore::testing::{Dice, block_on};
use ticketcore::time::{ManualClock, Zone};
use ticketcore::{Config, Desk, Filter, MemoryStore};

use crate::{at, sound};

const EVENTS: usize = 120_000;

const SERVICENOW: &str = include_str!("../../examples/import/servicenow.toml");
const DESK: &str = include_str!("../../examples/import/servicenow-desk.toml");

/// The same in other words: other columns in another order, semicolons, times of a clock in New York.
const OTHER: &str = r#"
source = "servicenow"
order = "file"
missing = ["NULL"]
delimiter = ";"
id = "Ticket"
at = "Changed On"
subject = "Ticket"
time = { format = "%m/%d/%Y %I:%M %p", zone = "America/New_York" }
opened = { at = "Raised On", by = "Raised By" }
author = { column = "Changed By", otherwise = "servicenow" }
channel = { column = "Via", values = { call = "phone" } }
requester = "Caller"
team = "Group"
assignee = "Owner"
category = "Area"
impact = "Impact"
urgency = "Urgency"

[state]
column = "Stage"
initial = "New"
values = { new = "New", working = "Active", waiting = "Awaiting User Info", solved = "Resolved", done = "Closed" }
at = { Resolved = "Solved On", Closed = "Done On" }

[fields]
location = "Site"
made_sla = { column = "In Time", values = { yes = "true", no = "false" } }
reassignment_count = "Handed On"
"#;

/// One row, before it is written in any format.
struct Row {
    id: String,
    state: &'static str,
    at: DateTime<Utc>,
    by: String,
    team: String,
    agent: Option<String>,
    category: String,
    impact: usize,
    urgency: usize,
    handed_on: u32,
    in_time: bool,
}

struct Incident {
    opened: DateTime<Utc>,
    opener: String,
    caller: String,
    site: Option<String>,
    resolved: DateTime<Utc>,
    closed: DateTime<Utc>,
    rows: Vec<Row>,
}

/// Lives as they are in a help desk: taken up, asked back, handed on, solved, now and then reopened, closed.
fn incidents() -> Vec<Incident> {
    let mut dice = Dice::new(20_260_302);
    let (mut incidents, mut rows) = (Vec::new(), 0);
    while rows < EVENTS {
        let number = incidents.len();
        // No change of clocks in New York lies between January and the middle of March.
        let opened = at("2025-01-01T05:00") + TimeDelta::minutes(i64::try_from(number / 7).unwrap());
        let mut now = opened;
        let mut step = |dice: &mut Dice| {
            now += TimeDelta::minutes(i64::try_from(dice.below(300)).unwrap());
            now
        };
        let mut states = vec!["New", "Active"];
        for _ in 0..dice.below(6) {
            states.push(*dice.pick(&["Active", "Active", "Awaiting User Info"]));
        }
        if dice.once_in(50) {
            states.extend(["Resolved", "Active"]);
        }
        states.extend(["Resolved", "Closed"]);
        let (impact, urgency) = (1 + dice.below(3), 1 + dice.below(3));
        let (mut team, mut agent, mut handed_on) = (dice.below(90), None, 0);
        let life: Vec<Row> = states
            .into_iter()
            .map(|state| {
                if dice.once_in(5) {
                    (team, handed_on) = ((team + 1) % 90, handed_on + 1);
                }
                if state == "Active" {
                    agent = Some(format!("Löser {}", dice.below(400)));
                }
                Row {
                    id: format!("IM{number:07}"),
                    state,
                    at: step(&mut dice),
                    by: format!("Writer {}", dice.below(900)),
                    team: format!("Gruppe {team}"),
                    agent: agent.clone(),
                    category: format!("Bereich {}", number % 60),
                    impact,
                    urgency,
                    handed_on,
                    in_time: number % 3 != 0,
                }
            })
            .collect();
        rows += life.len();
        let time = |state: &str| life.iter().rfind(|row| row.state == state).map_or(opened, |row| row.at);
        incidents.push(Incident {
            opened,
            opener: format!("Opener {}", number % 200),
            caller: format!("Anrufer {}", dice.below(5000)),
            site: (number % 11 != 0).then(|| format!("Standort, {}", number % 120)),
            resolved: time("Resolved"),
            closed: time("Closed"),
            rows: life,
        });
    }
    incidents
}

fn servicenow(incidents: &[Incident]) -> String {
    let mut text = "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_by,\
                    opened_at,sys_created_by,sys_created_at,sys_updated_by,sys_updated_at,contact_type,location,category,\
                    subcategory,u_symptom,cmdb_ci,impact,urgency,priority,assignment_group,assigned_to,knowledge,\
                    u_priority_confirmation,notify,problem_id,rfc,vendor,caused_by,closed_code,resolved_by,resolved_at,\
                    closed_at\n"
        .to_owned();
    const LEVELS: [&str; 4] = ["", "1 - High", "2 - Medium", "3 - Low"];
    const PRIORITIES: [[&str; 3]; 3] = [
        ["1 - Critical", "2 - High", "3 - Moderate"],
        ["2 - High", "3 - Moderate", "4 - Low"],
        ["3 - Moderate", "4 - Low", "4 - Low"],
    ];
    let time = |at: DateTime<Utc>| at.format("%d-%m-%Y %H:%M").to_string();
    for Incident { opened, opener, caller, site, resolved, closed, rows } in incidents {
        for (i, row) in rows.iter().enumerate() {
            let site = site.as_ref().map_or("?".to_owned(), |site| format!("\"{site}\""));
            let agent = row.agent.as_deref().unwrap_or("?");
            let (active, made) = if row.state == "Closed" { ("FALSE", row.in_time) } else { ("TRUE", row.in_time) };
            let made = if made { "TRUE" } else { "FALSE" };
            let (impact, urgency) = (LEVELS[row.impact], LEVELS[row.urgency]);
            let priority = PRIORITIES[row.impact - 1][row.urgency - 1];
            let (created, updated) = (time(*opened), time(row.at));
            writeln!(
                text,
                "{},{},{active},{},0,{i},{made},{caller},{opener},{},?,{created},{},{updated},Phone,{site},{},?,?,?,{impact},\
                 {urgency},{priority},{},{agent},TRUE,FALSE,Do Not Notify,?,?,?,?,?,?,{},{}",
                row.id, row.state, row.handed_on, time(*opened), row.by, row.category, row.team, time(*resolved), time(*closed),
            )
            .unwrap();
        }
    }
    text
}

fn other(incidents: &[Incident]) -> String {
    let zone = Zone::named("America/New_York").unwrap();
    let time = |at: DateTime<Utc>| zone.civil(at).format("%m/%d/%Y %I:%M %p").to_string();
    let mut text =
        "\u{feff}Solved On;Done On;Ticket;Raised On;Raised By;Changed On;Changed By;Stage;Via;Caller;Group;Owner;\
                    Area;Impact;Urgency;Site;In Time;Handed On;Row\r\n"
            .to_owned();
    for Incident { opened, opener, caller, site, resolved, closed, rows } in incidents {
        for (i, row) in rows.iter().enumerate() {
            let stage = match row.state {
                "New" => "new",
                "Active" => "working",
                "Awaiting User Info" => "waiting",
                "Resolved" => "solved",
                _ => "done",
            };
            let in_time = if row.in_time { "yes" } else { "no" };
            write!(
                text,
                "{};{};{};{};{opener};{};{};{stage};call;{caller};{};{};{};{};{};{};{in_time};{};{i}\r\n",
                time(*resolved),
                time(*closed),
                row.id,
                time(*opened),
                time(row.at),
                row.by,
                row.team,
                row.agent.as_deref().unwrap_or("NULL"),
                row.category,
                row.impact,
                row.urgency,
                site.as_deref().unwrap_or("NULL"),
                row.handed_on,
            )
            .unwrap();
        }
    }
    text
}

fn desk() -> Desk {
    let desk = Desk::new(Arc::new(MemoryStore::new())).with_clock(ManualClock::new(at("2026-03-02T09:00")));
    block_on(desk.publish(toml::from_str::<Config>(DESK).unwrap())).unwrap();
    desk
}

#[test]
fn an_unseen_log_needs_no_other_code_and_another_format_only_another_mapping() {
    let incidents = incidents();
    let rows: usize = incidents.iter().map(|incident| incident.rows.len()).sum();
    assert!(rows >= EVENTS);
    let desk = desk();
    let mapping: Mapping = toml::from_str(SERVICENOW).unwrap();
    let plan = sound(&desk, &mapping, servicenow(&incidents));
    assert_eq!((plan.profile.rows, plan.stories.len()), (rows as u64, incidents.len()));
    assert_eq!(plan.unmapped, Vec::<String>::new());

    let others: Mapping = toml::from_str(OTHER).unwrap();
    // The tenth that was opened first.
    let few = incidents.len() / 10;
    let same = sound(&desk, &others, other(&incidents[..few]));
    assert_eq!(same.unmapped, ["Row"]);
    assert_eq!(same.stories.len(), few);
    for (one, other) in plan.stories.iter().zip(&same.stories) {
        // But for the fields that only one of them has.
        let plain = |story: &ticketcore::import::Story| {
            let mut facts = story.facts.clone();
            if let ticketcore::Event::Opened(opened) = &mut facts[0].event {
                opened.fields.remove("resolved_at");
                opened.fields.remove("reopen_count");
            }
            facts
        };
        assert_eq!((&one.external, plain(one)), (&other.external, plain(other)));
    }

    block_on(async {
        let imported = desk.import(&plan).run().await.unwrap();
        assert!(imported.error.is_none());
        assert_eq!((imported.tickets, imported.events), (incidents.len(), plan.count()));

        // The reports are of the log: how many, how long, how many in between, told apart from how they were made up.
        let tables = vec![TableSpec::new([], [Measure::Count, Measure::Resolution(Time::Wall), Measure::Closing])];
        let tables = desk.tally(&Scan { filter: Filter::all(), tables, now: desk.now() }).await.unwrap();
        let values = &tables[0].rows[0].values;
        let sum = |to: fn(&Incident) -> DateTime<Utc>| -> TimeDelta {
            incidents.iter().map(|incident| to(incident) - incident.opened).sum()
        };
        let mean = |value: &Measured| match value {
            Measured::Time(Some(summary)) => (summary.n, summary.mean.num_seconds()),
            other => panic!("{other:?}"),
        };
        let n = incidents.len() as u64;
        assert!(matches!(values[0], Measured::Count(count) if count == n));
        let expected = |sum: TimeDelta| (n, sum.num_seconds() / i64::try_from(n).unwrap());
        assert_eq!(mean(&values[1]), expected(sum(|incident| incident.resolved)));
        assert_eq!(mean(&values[2]), expected(sum(|incident| incident.closed)));
    });
}
