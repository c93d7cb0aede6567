//! The verbs that read.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{CommandFactory as _, error::ErrorKind};
use serde_json::json;
use ticketcore::conversation::Post;
use ticketcore::engine::{Explanation, Phase, Reading, readings};
use ticketcore::query::Explained;
use ticketcore::query::language::{Misread, Question};
use ticketcore::report::{Format, Heading, Section, Value as Cell};
use ticketcore::{
    Desk, Event, Filter, Key, Order, Page, Position, Query, Recorded, Ticket, TicketId, Version, Visibility,
};

use crate::cli::{Read, Tk};
use crate::print::{clean, instant, length, list, or_dash, quoted, table};
use crate::progress::Progress;
use crate::search::Search;
use crate::{Printed, find, hits, print, reports, view};

pub(crate) async fn run(desk: &Desk, verb: &Read, as_json: bool) -> Printed {
    match verb {
        Read::List { search, all, format, as_of, explain } => {
            let query = query(desk, search, *all).await?;
            if *explain {
                return explained(&desk.explain_query(&query).await?, as_json);
            }
            let page = match as_of {
                Some(at) => Progress::new("looking").wait(async { desk.as_of(*at).await?.find(&query).await }).await?,
                None => desk.find(&query).await?,
            };
            tickets(desk, &page, format.unwrap_or_else(|| written(as_json))).await
        }
        Read::Search(seek) => hits::run(desk, seek, as_json).await,
        Read::Queue { name } => tickets(desk, &desk.queue(name.clone()).await?, written(as_json)).await,
        Read::Show { ticket } => show(desk, &*find(desk, ticket).await?, as_json).await,
        Read::History { ticket } => history(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Conversation { ticket } => conversation(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Similar { ticket, limit } => similar(desk, &*find(desk, ticket).await?, *limit, as_json).await,
        Read::Moves { ticket } => moves(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Clocks { ticket } => clocks(desk, &*find(desk, ticket).await?, as_json).await,
        Read::Explain { ticket, policy } => explain(desk, &*find(desk, ticket).await?, policy, as_json).await,
        Read::Report(report) => reports::run(desk, report, as_json).await,
        Read::Workflow(workflow) => reports::workflow(desk, workflow, as_json).await,
    }
}

/// The query that is meant. Without a word about where tickets stand in their life it is about the backlog; without any
/// word, in the order of work, which leaves out what nobody can act on. Customers see no such order.
pub(crate) async fn query(desk: &Desk, search: &Search, all: bool) -> Result<Query, Box<dyn Error>> {
    let usage = |fault: &dyn std::fmt::Display| Tk::command().error(ErrorKind::ValueValidation, fault);
    let text = search.text();
    let question: Question = text.parse().map_err(|misread: Misread| usage(&misread))?;
    let mut query = match desk.question(&text).await {
        Err(ticketcore::Error::Misread(misread)) => return Err(usage(&misread).into()),
        query => search.page(query?).map_err(|fault| usage(&fault))?,
    };
    if !all && !question.asks_status() {
        query.filter.statuses = Filter::open().statuses;
    }
    if question.sort.is_none() && desk.rulebook().await?.now().config.rights.is_staff(desk.actor()) {
        query.order = if question.expr.is_none() && !all { Order::rank() } else { Order::latest() };
    }
    Ok(query)
}

/// What a page is read off.
fn explained(explained: &Explained, as_json: bool) -> Printed {
    let Explained { indexes, sorted, found, cost, measure, plan } = explained;
    if as_json {
        let (by, all) = (indexes, json!(sorted));
        return Ok(print::json(
            &json!({ "indexes": by, "sorted": all, "found": found, "cost": cost, "measure": measure, "plan": plan }),
        ));
    }
    let sorted = if *sorted { ", and all that was found was sorted" } else { "" };
    let by = if indexes.is_empty() { "no index".to_owned() } else { list(indexes) };
    let plan: String = plan.iter().map(|step| format!("    {step}\n")).collect();
    Ok(format!("{found} tickets by {by}{sorted}: {cost} {measure}\n{plan}"))
}

const fn written(as_json: bool) -> Format {
    if as_json { Format::Json } else { Format::Table }
}

async fn tickets(desk: &Desk, page: &Page, format: Format) -> Printed {
    let text = match format {
        // Programs get tickets whole, as from the server.
        Format::Json => return Ok(print::json(&view::page(page))),
        Format::Ndjson => page.tickets.iter().map(|one| format!("{}\n", view::ticket(one))).collect(),
        Format::Csv => listed(desk, page).await?.csv(),
        Format::Markdown => listed(desk, page).await?.markdown(),
        Format::Table => return Ok(print::rows(&listed(desk, page).await?) + &more(page)),
    };
    // What follows is no part of a file.
    eprint!("{}", more(page));
    Ok(text)
}

/// A page of tickets as a table: what its reader may see of each.
async fn listed(desk: &Desk, page: &Page) -> Result<Section, Box<dyn Error>> {
    let (rulebook, now) = (desk.rulebook().await?, desk.now());
    let text = |text: String| if text == "-" { Cell::Empty } else { Cell::Text(text) };
    let (headings, rows): (&[&str], Vec<Vec<String>>) = if rulebook.now().config.rights.is_staff(desk.actor()) {
        let row = |ticket: &Arc<Ticket>| {
            let running = |reading: &Reading| reading.stopped.is_none() && reading.phase == Phase::Running;
            let due =
                readings(&rulebook, ticket, now).into_iter().filter(running).filter_map(|reading| reading.due).min();
            vec![
                ticket.reference(),
                ticket.priority().to_string(),
                ticket.state.to_string(),
                or_dash(due.map(|due| until(due, now))),
                or_dash(ticket.assignee.as_ref()),
                or_dash(ticket.team.as_ref()),
                ticket.subject.clone(),
            ]
        };
        let headings = &["ticket", "prio", "state", "due", "assignee", "team", "subject"];
        (headings, page.tickets.iter().map(row).collect())
    } else {
        let row = |one: &Arc<Ticket>| {
            vec![one.reference(), one.status.to_string(), instant(one.created), one.subject.clone()]
        };
        (&["ticket", "status", "opened", "subject"], page.tickets.iter().map(row).collect())
    };
    Ok(Section {
        title: "Tickets".to_owned(),
        headings: headings.iter().map(|name| Heading::new(*name)).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect(),
        ..Section::default()
    })
}

fn more(page: &Page) -> String {
    page.next.map(|next| format!("more: --after {next}\n")).unwrap_or_default()
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
        links.push(format!("{kind} {}", reference(desk, link.to).await?));
    }
    let fields = ticket.fields.iter().map(|(field, value)| format!("{field}={value}"));
    let acked = ticket.acked.as_ref().map(|ack| format!("{} at {}", ack.by, instant(ack.at)));
    // Whoever sees the customer's side only is told nothing of these.
    let inner = |text: String| if view::is_whole(ticket) { text } else { "-".to_owned() };
    let lines = [
        (
            "kind",
            if view::is_whole(ticket) {
                format!("{} ({})", ticket.kind, ticket.workflow)
            } else {
                ticket.kind.to_string()
            },
        ),
        (
            "state",
            if view::is_whole(ticket) {
                format!("{} ({})", ticket.state, ticket.status)
            } else {
                ticket.status.to_string()
            },
        ),
        (
            "priority",
            inner(format!("{} (impact {}, urgency {})", ticket.priority(), ticket.impact.0, ticket.urgency.0)),
        ),
        ("level", inner(ticket.level.to_string())),
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
    // Merged tickets have descriptions, too.
    let own = |post: &Post| post.ticket == ticket.id && post.at == ticket.created;
    let description = desk.conversation(ticket.id).await?.into_iter().find(own).and_then(|post| post.text);
    text += &description.map(|description| quoted(&description)).unwrap_or_default();
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

/// An event in words, with what was written. Other tickets are named as people name them, as far as they may be seen.
pub(crate) async fn story(desk: &Desk, recorded: &Recorded) -> Printed {
    let mut line = clean(&recorded.to_string());
    let other = match &recorded.event {
        Event::Linked(link) | Event::Unlinked(link) => Some(link.to),
        Event::Merged(merged) => Some(merged.into),
        Event::Unmerged(unmerged) => Some(unmerged.from),
        Event::Absorbed(absorbed) | Event::Released(absorbed) => Some(absorbed.from),
        Event::SplitOff(split) | Event::Rejoined(split) => Some(split.into),
        Event::Withheld(withheld) => Some(withheld.ticket),
        _ => None,
    };
    if let Some(other) = other {
        line = line.replace(&other.to_string(), &reference(desk, other).await?);
    }
    Ok(format!("{line}\n{}", recorded.text.as_deref().map(quoted).unwrap_or_default()))
}

/// The name of a ticket for people, if they may see it.
pub(crate) async fn reference(desk: &Desk, id: TicketId) -> Printed {
    match desk.load(id).await {
        Err(ticketcore::Error::NotFound(_)) => Ok(id.to_string()),
        found => Ok(found?.reference()),
    }
}

async fn conversation(desk: &Desk, ticket: &Ticket, as_json: bool) -> Printed {
    let posts = desk.conversation(ticket.id).await?;
    if as_json {
        return Ok(print::json(&json!({ "posts": posts })));
    }
    let mut text = String::new();
    for post in &posts {
        text += &posted(desk, ticket, post).await?;
    }
    Ok(text)
}

/// A message: its number, where it was written if that was elsewhere, when and by whom.
async fn posted(desk: &Desk, ticket: &Ticket, post: &Post) -> Printed {
    let number = Some(post.message).filter(|number| *number != Version(0));
    let wrote = if post.said.visibility == Visibility::Internal { "wrote internally" } else { "wrote" };
    let elsewhere = match post.ticket == ticket.id {
        true => String::new(),
        false => format!(" on {}", reference(desk, post.ticket).await?),
    };
    let edited = post.edited.map(|at| format!(", edited {}", instant(at))).unwrap_or_default();
    let line = format!("{:>3}  {}  {:<12} {wrote}{elsewhere}{edited}", or_dash(number), instant(post.at), post.by.id);
    Ok(format!("{}\n{}", clean(&line), post.text.as_deref().map_or_else(|| "    (erased)\n".to_owned(), quoted)))
}

async fn similar(desk: &Desk, ticket: &Ticket, limit: usize, as_json: bool) -> Printed {
    let found = desk.similar(ticket.id, limit).await?;
    if as_json {
        return Ok(print::json(&json!({ "similar": view::similar(&found) })));
    }
    let row = |(one, worth): &(Arc<Ticket>, u64)| {
        [worth.to_string(), one.reference(), one.state.to_string(), one.subject.clone()]
    };
    Ok(table(["WORTH", "TICKET", "STATE", "SUBJECT"], found.iter().map(row).collect()))
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
