//! Which pictures there are, and the questions behind them.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::NaiveDateTime;
use ticketcore::report::{
    Bucket, Cell, Dimension, Measure, Measured, Scan, Section, Table, TableSpec, Time, Unit, named,
};
use ticketcore::{Desk, Event, Filter, Position, Status, TicketId};
use ticketcore_picture::{Ages, Bands, Graph, Heat, Load, Picture, Stack, Trend};

use crate::life::AGENTS;

type Named = (String, Box<dyn Picture>);

pub(crate) async fn all(desk: &Desk) -> Result<Vec<Named>, Box<dyn Error>> {
    let mut pictures: Vec<Named> = vec![
        ("trend".to_owned(), Box::new(trend(desk).await?)),
        ("bands".to_owned(), Box::new(bands(desk).await?)),
        ("heat".to_owned(), Box::new(heat(desk).await?)),
        ("flow".to_owned(), Box::new(flow(desk).await?)),
        ("ages".to_owned(), Box::new(ages(desk).await?)),
        ("load".to_owned(), Box::new(load(desk).await?)),
    ];
    for workflow in &desk.rulebook().await?.now().config.workflows {
        if workflow.id != "article" {
            let filter = Filter { kinds: vec![workflow.id.clone()], ..Filter::all() };
            let tables = desk.tally(&Graph::scan(filter, desk.now())).await?;
            pictures.push((format!("workflow-{}", workflow.id), Box::new(Graph::new(workflow).told(&tables))));
        }
    }
    Ok(pictures)
}

/// Makes one pass over all tickets.
async fn table(desk: &Desk, spec: TableSpec) -> Result<Table, Box<dyn Error>> {
    let tables = desk.tally(&Scan { filter: Filter::all(), tables: vec![spec], now: desk.now() }).await?;
    Ok(tables.into_iter().next().unwrap_or_default())
}

/// The sections of a ready report.
async fn section(desk: &Desk, name: &str) -> Result<Vec<Section>, Box<dyn Error>> {
    let report = named(name).ok_or_else(|| format!("there is no report `{name}`"))?;
    Ok(desk.report(&*report, &desk.ask().await?).await?)
}

async fn trend(desk: &Desk) -> Result<Trend, Box<dyn Error>> {
    let trend = section(desk, "trend").await?.iter().find_map(Trend::of).ok_or("the report `trend` has no picture")?;
    Ok(trend.foretell(6, 1))
}

async fn bands(desk: &Desk) -> Result<Bands, Box<dyn Error>> {
    let week = Bucket { unit: Unit::Week, zone: desk.ask().await?.zone };
    let by = [Dimension::Resolved(week)];
    let section = Section::new(
        "Resolution by week",
        "From the opening to the last resolution, of tickets not reopened since, on the wall clock, by the week of the \
         resolution.",
        &table(desk, TableSpec::new(by, [Measure::Resolution(Time::Wall)])).await?,
    );
    Ok(Bands::of(&section).ok_or("resolution has no picture")?)
}

async fn heat(desk: &Desk) -> Result<Heat, Box<dyn Error>> {
    Ok(section(desk, "heat").await?.iter().find_map(Heat::of).ok_or("the report `heat` has no picture")?)
}

/// How many tickets had which status at the end of each day, from the log.
async fn flow(desk: &Desk) -> Result<Stack, Box<dyn Error>> {
    let mut standing: BTreeMap<TicketId, Status> = BTreeMap::new();
    let mut days: BTreeMap<NaiveDateTime, [u64; 5]> = BTreeMap::new();
    let mut after = Position(0);
    loop {
        let events = desk.feed(after, 1_000).await?;
        let Some(last) = events.last() else { break };
        after = last.position;
        for recorded in &events {
            match &recorded.event {
                Event::Opened(_) => drop(standing.insert(recorded.ticket, Status::New)),
                Event::Moved(moved) => drop(standing.insert(recorded.ticket, moved.status)),
                _ => continue,
            }
            let day = recorded.at.date_naive().and_hms_opt(0, 0, 0).unwrap_or_default();
            let mut counts = [0; 5];
            standing.values().for_each(|status| counts[*status as usize] += 1);
            days.insert(day, counts);
        }
    }
    // What was closed before tells nothing about the weeks that are shown.
    let shown: Vec<_> = days.into_iter().rev().take(56).collect();
    let before = shown.last().map_or(0, |(_, counts)| counts[4]);
    let about = "How many tickets stood where at the end of each day; closed ones are those of these eight weeks.";
    let stack = Stack::new("Cumulative flow", about, Status::ALL.map(Status::as_str));
    Ok(shown.into_iter().rev().fold(stack, |stack, (day, [new, open, pending, resolved, closed])| {
        stack.point(day, [new, open, pending, resolved, closed - before])
    }))
}

async fn ages(desk: &Desk) -> Result<Ages, Box<dyn Error>> {
    Ok(section(desk, "ageing").await?.iter().find_map(Ages::of).ok_or("the report `ageing` has no picture")?)
}

async fn load(desk: &Desk) -> Result<Load, Box<dyn Error>> {
    let found = table(desk, TableSpec::new([Dimension::Assignee], [Measure::Backlog])).await?;
    let open = |agent: &str| {
        let row = found.rows.iter().find(|row| row.cells.first() == Some(&Cell::Text(agent.to_owned())));
        row.map_or(0, |row| if let Some(Measured::Count(count)) = row.values.first() { *count } else { 0 })
    };
    let about = "Tickets neither resolved nor closed, and how many each agent takes at most.";
    let load = Load::new("Load by agent", about);
    Ok(AGENTS.iter().fold(load, |load, (agent, _, capacity)| load.agent(*agent, open(agent), *capacity)))
}
