//! The verbs that read.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{CommandFactory as _, error::ErrorKind};
use serde_json::json;
use ticketcore::engine::{Explanation, Phase, Reading, readings};
use ticketcore::report::named;
use ticketcore::{Desk, Event, Filter, Key, Order, Page, Position, Query, Recorded, Ticket};

use crate::cli::{Read, Tk};
use crate::print::{clean, instant, length, list, or_dash, quoted, table};
use crate::search::Search;
use crate::{Printed, find, print, report, view};

pub(crate) async fn run(desk: &Desk, verb: &Read, as_json: bool) -> Printed {
    match verb {
        Read::List { search, all } => tickets(desk, &desk.find(&query(search, *all)?).await?, as_json).await,
        Read::Queue { name } => tickets(desk, &desk.queue(name.clone()).await?, as_json).await,
        Read::Show { ticket } => show(desk, &*find(desk, ticket).await?, as_json).await,
        Read::History { ticket } => history(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Moves { ticket } => moves(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Clocks { ticket } => clocks(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Explain { ticket, policy } => explain(desk, &*find(desk, ticket).await?, policy, as_json).await,
        Read::Report { name, csv } => printed(desk, name, *csv, as_json).await,
        Read::Workflow { id, dot } => workflow(desk, id, *dot, as_json).await,
    }
}

/// Without a word about status: the backlog in the order of work, which leaves out what nobody can act on.
fn query(search: &Search, all: bool) -> Result<Query, clap::Error> {
    let usage = |fault| Tk::command().error(ErrorKind::ValueValidation, fault);
    let mut query = search.query().map_err(usage)?;
    let work = search.status.is_none() && !all;
    if work {
        query.filter.statuses = Filter::open().statuses;
    }
    if search.sort.is_none() {
        query.order = if work { Order::rank() } else { Order::latest() };
    }
    Ok(query)
}

async fn tickets(desk: &Desk, page: &Page, as_json: bool) -> Printed {
    if as_json {
        return Ok(print::json(&view::page(page)));
    }
    let (rulebook, now) = (desk.rulebook().await?, desk.now());
    let row = |ticket: &Arc<Ticket>| {
        let running = |reading: &Reading| reading.stopped.is_none() && reading.phase == Phase::Running;
        let due = readings(&rulebook, ticket, now).into_iter().filter(running).filter_map(|reading| reading.due).min();
        [
            ticket.reference(),
            ticket.priority().to_string(),
            ticket.state.to_string(),
            due.map_or_else(|| "-".to_owned(), |due| until(due, now)),
            or_dash(ticket.assignee.as_ref()),
            or_dash(ticket.team.as_ref()),
            ticket.subject.clone(),
        ]
    };
    let rows = page.tickets.iter().map(row).collect();
    let mut text = table(["TICKET", "PRIO", "STATE", "DUE", "ASSIGNEE", "TEAM", "SUBJECT"], rows);
    if let Some(next) = page.next {
        text += &format!("more: --after {next}\n");
    }
    Ok(text)
}

fn until(due: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if due < now { format!("{} late", length(now - due)) } else { format!("in {}", length(due - now)) }
}

async fn show(desk: &Desk, ticket: &Ticket, as_json: bool) -> Printed {
    if as_json {
        return Ok(print::json(&view::ticket(ticket)));
    }
    let mut links = Vec::new();
    for link in &ticket.links {
        let kind = json!(link.kind).as_str().unwrap_or_default().replace('_', " ");
        links.push(format!("{kind} {}", desk.load(link.to).await?.reference()));
    }
    let fields = ticket.fields.iter().map(|(field, value)| format!("{field}={value}"));
    let acked = ticket.acked.as_ref().map(|ack| format!("{} at {}", ack.by, instant(ack.at)));
    let lines = [
        ("kind", format!("{} ({})", ticket.kind, ticket.workflow)),
        ("state", format!("{} ({})", ticket.state, ticket.status)),
        ("priority", format!("{} (impact {}, urgency {})", ticket.priority(), ticket.impact.0, ticket.urgency.0)),
        ("level", ticket.level.to_string()),
        ("requester", or_dash(ticket.requester.as_ref())),
        ("assignee", or_dash(ticket.assignee.as_ref())),
        ("team", or_dash(ticket.team.as_ref())),
        ("queue", or_dash(ticket.queue.as_ref())),
        ("category", or_dash(ticket.category.as_ref())),
        ("tags", list(&ticket.tags)),
        ("fields", list(fields)),
        ("watchers", list(&ticket.watchers)),
        ("links", list(links)),
        ("taken on", or_dash(acked)),
        ("snoozed", or_dash(ticket.snoozed.map(instant))),
        ("elsewhere", or_dash(ticket.external.as_ref())),
        ("opened", instant(ticket.created)),
        ("changed", instant(ticket.updated)),
        ("id", ticket.id.to_string()),
    ];
    let mut text = format!("{}  {}\n", ticket.reference(), clean(&ticket.subject));
    for (name, value) in lines.iter().filter(|(_, value)| value != "-") {
        text += &format!("  {name:<10} {}\n", clean(value));
    }
    let opening = desk.history(ticket.id).await?.into_iter().next().and_then(|opened| opened.text);
    text += &opening.map(|description| quoted(&description)).unwrap_or_default();
    Ok(text)
}

async fn history(desk: &Desk, ticket: &Ticket, as_json: bool) -> Printed {
    let events = desk.history(ticket.id).await?;
    if as_json {
        return Ok(print::json(&json!({ "events": view::events(&events) })));
    }
    let mut text = String::new();
    for recorded in &events {
        text += &story(desk, recorded).await?;
    }
    Ok(text)
}

/// An event in words, with what was written. Linked tickets are named as people name them.
pub(crate) async fn story(desk: &Desk, recorded: &Recorded) -> Printed {
    let mut line = clean(&recorded.to_string());
    if let Event::Linked(link) | Event::Unlinked(link) = &recorded.event {
        line = line.replace(&link.to.to_string(), &desk.load(link.to).await?.reference());
    }
    Ok(format!("{line}\n{}", recorded.text.as_deref().map(quoted).unwrap_or_default()))
}

async fn moves(desk: &Desk, ticket: &Ticket, as_json: bool) -> Printed {
    let moves = desk.moves(ticket.id).await?;
    if as_json {
        return Ok(print::json(&json!({ "moves": view::moves(&moves) })));
    }
    let rows = moves.iter().map(|one| [one.transition.to_string(), one.to.to_string(), list(&one.unmet)]).collect();
    Ok(table(["MOVE", "TO", "WHY NOT"], rows))
}

async fn clocks(desk: &Desk, ticket: &Ticket, as_json: bool) -> Printed {
    let (readings, now) = (desk.readings(ticket.id).await?, desk.now());
    if as_json {
        return Ok(print::json(&json!({ "clocks": readings })));
    }
    let row = |reading: &Reading| {
        [
            reading.policy.to_string(),
            reading.cycle.to_string(),
            json!(reading.phase).as_str().unwrap_or_default().to_owned(),
            length(reading.elapsed),
            or_dash(reading.budget.map(length)),
            or_dash(reading.due.map(instant)),
            verdict(reading, now),
        ]
    };
    Ok(table(["POLICY", "RUN", "CLOCK", "SHOWS", "OF", "DUE", ""], readings.iter().map(row).collect()))
}

fn verdict(reading: &Reading, now: DateTime<Utc>) -> String {
    match (reading.breached, &reading.excused, reading.due) {
        (true, Some(reason), _) => format!("broken, excused: {reason}"),
        (true, None, _) => "broken".to_owned(),
        (false, _, Some(due)) if reading.stopped.is_none() => format!("due {}", until(due, now)),
        (false, ..) if reading.budget.is_some() && reading.stopped.is_some() => "kept".to_owned(),
        (false, ..) => String::new(),
    }
}

async fn explain(desk: &Desk, ticket: &Ticket, policy: &Key, as_json: bool) -> Printed {
    let runs = desk.explain(ticket.id, policy.clone()).await?;
    if as_json {
        return Ok(print::json(&json!({ "clocks": runs })));
    }
    let now = desk.now();
    let run = |Explanation { reading, pieces }: &Explanation| {
        let of = reading.budget.map(|budget| format!(" of {}", length(budget))).unwrap_or_default();
        let verdict = Some(verdict(reading, now)).filter(|text| !text.is_empty());
        let verdict = verdict.map(|text| format!(", {text}")).unwrap_or_default();
        let title = format!("{policy}, run {}: {}{of}{verdict}", reading.cycle, length(reading.elapsed));
        let rows = pieces.iter().map(|piece| {
            let counted = if piece.counted { "yes" } else { "no" };
            let time = length(piece.to - piece.from);
            [instant(piece.from), instant(piece.to), time, counted.to_owned(), piece.why.clone()]
        });
        format!("{title}\n{}", table(["FROM", "TO", "TIME", "COUNTED", "WHY"], rows.collect()))
    };
    if runs.is_empty() {
        return Err(format!("{} has no clock `{policy}`; `tk clocks` lists them", ticket.reference()).into());
    }
    Ok(runs.iter().map(run).collect::<Vec<_>>().join("\n"))
}

async fn printed(desk: &Desk, name: &str, csv: bool, as_json: bool) -> Printed {
    let report = named(name).ok_or_else(|| format!("there is no report `{name}`; there are {}", report::names()))?;
    let sections = desk.report(&*report, &desk.ask().await?).await?;
    if as_json {
        return Ok(print::json(&json!({ "report": name, "sections": sections })));
    }
    let texts = sections.iter().map(|section| if csv { section.csv() } else { section.to_string() });
    Ok(texts.collect::<Vec<_>>().join("\n"))
}

async fn workflow(desk: &Desk, id: &Key, dot: bool, as_json: bool) -> Printed {
    let rulebook = desk.rulebook().await?;
    let known = || list(rulebook.now().config.workflows.iter().map(|workflow| &workflow.id));
    let workflow = rulebook.now().newest(id);
    let workflow = workflow.ok_or_else(|| format!("there is no workflow `{id}`; there are {}", known()))?;
    Ok(match (as_json, dot) {
        (true, _) => print::json(&json!(workflow)),
        (false, true) => workflow.dot(),
        (false, false) => workflow.mermaid(),
    })
}

/// Prints events as they come; as JSON, one a line.
pub(crate) async fn watch(desk: &Desk, after: Option<Position>, as_json: bool) -> Result<(), Box<dyn Error>> {
    let mut position = match after {
        Some(position) => position,
        None => end(desk).await?,
    };
    loop {
        for recorded in desk.feed(position, 100).await? {
            position = recorded.position;
            let line = if as_json {
                format!("{}\n", view::event(&recorded))
            } else {
                // The feed is that of all tenants.
                let desk = desk.tenant(recorded.tenant.clone());
                let reference = desk.load(recorded.ticket).await?.reference();
                format!("{reference:<8} {}", story(&desk, &recorded).await?)
            };
            io::stdout().write_all(line.as_bytes())?;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Where the feed ends, or shortly before: at the last event of the ticket that changed last.
async fn end(desk: &Desk) -> Result<Position, ticketcore::desk::Error> {
    let latest = desk.find(&Query::new(Filter::all()).order(Order::latest()).limit(1)).await?;
    let Some(ticket) = latest.tickets.first() else { return Ok(Position(0)) };
    Ok(desk.history(ticket.id).await?.last().map_or(Position(0), |recorded| recorded.position))
}
