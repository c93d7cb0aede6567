//! One deed, many tickets.

use std::error::Error;
use std::io::{self, Write as _};

use clap::{Args, Parser};
use ticketcore::desk::{Bulked, Effect, Outcome};
use ticketcore::query::language::{Field, Question, Term};
use ticketcore::{Desk, Request};

use crate::deeds::Deed;
use crate::print::{json, table};
use crate::progress::Progress;
use crate::search::Search;
use crate::{read, view};

#[derive(Args, Debug)]
pub(crate) struct Bulk {
    #[command(flatten)]
    search: Search,
    /// Resolved and closed ones too
    #[arg(long)]
    all: bool,
    /// Tell what would become of them
    #[arg(long)]
    dry_run: bool,
    /// All or none
    #[arg(long)]
    atomic: bool,
    /// A key by which a repetition is known, and does nothing to what is done
    #[arg(long)]
    once: Option<String>,
    /// What is to be done, without the ticket: `tag outage`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// The verbs that are for a ticket each.
#[derive(Debug, Parser)]
#[command(name = "tk bulk --")]
struct Each {
    #[command(subcommand)]
    deed: Deed,
}

/// Prints what became of each ticket before it fails if something was refused.
pub(crate) async fn run(desk: &Desk, bulk: &Bulk, as_json: bool) -> Result<(), Box<dyn Error>> {
    let Bulk { search, all, dry_run, atomic, once, command } = bulk;
    // Where a verb has its ticket, this one has any.
    let (verb, rest) = command.split_at(1);
    let any = ["0".to_owned()];
    let words = ["tk bulk --".to_owned()].into_iter().chain(verb.iter().chain(&any).chain(rest).cloned());
    let Each { deed } = Each::try_parse_from(words)?;

    let mut query = read::query(desk, search, *all).await?;
    let question: Question = search.text().parse()?;
    if !question.terms().any(|term| matches!(term, Term::Name(Field::Kind, _))) {
        // What the desk knows is none of its work.
        query.filter.except = desk.rulebook().await?.now().config.articles().cloned().collect();
    }
    let request = Request { once: once.clone(), ..Request::from(deed.commands(desk).await?.1) };
    let mut progress = Progress::new("tickets");
    let mut bulk = desk.bulk(query.filter, request).resume(query.after);
    if let Some(limit) = search.limit {
        bulk = bulk.limit(limit);
    }
    if *dry_run {
        bulk = bulk.dry_run();
    }
    if *atomic {
        bulk = bulk.atomic();
    }
    let bulked = bulk.progress(|done, of| progress.tell(done, Some(of))).run().await?;
    drop(progress);
    let text = if as_json { json(&view::bulked(&bulked)) } else { told(&bulked) };
    io::stdout().write_all(text.as_bytes())?;
    match bulked.error {
        Some(error) => Err(error.into()),
        None => refused(&bulked.outcomes, *dry_run),
    }
}

fn told(bulked: &Bulked) -> String {
    let row = |Outcome { number, effect, .. }: &Outcome| {
        let (name, why) = view::effect(effect);
        [number.to_string(), name.replace('_', " "), why.unwrap_or_default()]
    };
    let mut text = table(["TICKET", "BECAME", "WHY"], bulked.outcomes.iter().map(row).collect());
    if let Some(next) = bulked.next {
        text += &format!("more: --after {next}\n");
    }
    text
}

fn refused(outcomes: &[Outcome], dry_run: bool) -> Result<(), Box<dyn Error>> {
    let undone = |one: &&Outcome| matches!(one.effect, Effect::Refused(_) | Effect::Withheld | Effect::Failed(_));
    match outcomes.iter().filter(undone).count() {
        0 => Ok(()),
        count if dry_run => Err(format!("{count} of {} tickets would stay as they are", outcomes.len()).into()),
        count => Err(format!("{count} of {} tickets stay as they were", outcomes.len()).into()),
    }
}
