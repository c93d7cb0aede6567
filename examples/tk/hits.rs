//! `tk search`: tickets with the parts of their texts that answer, marked in bold on a terminal.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _};
use ticketcore::Desk;
use ticketcore::desk::Hits;
use ticketcore::query::search::{Excerpt, Hit, Snippet};

use crate::cli::Tk;
use crate::output::Look;
use crate::print::{clean, instant};
use crate::search::Search;
use crate::{Printed, print, read, view};

#[derive(Args, Debug)]
pub(crate) struct Seek {
    #[command(flatten)]
    search: Search,
    /// The best answers first, of the 256 newest tickets that answer
    #[arg(long)]
    best: bool,
}

pub(crate) async fn run(desk: &Desk, Seek { search, best }: &Seek, as_json: bool) -> Printed {
    let query = read::query(desk, search, true).await?;
    let usage = |fault| Tk::command().error(ErrorKind::ValueValidation, fault);
    let query = search.ordered(query, *best).map_err(usage)?;
    let hits = if *best { desk.search_best(&query.filter, query.limit).await? } else { desk.search(&query).await? };
    if as_json {
        return Ok(print::json(&view::hits(&hits)));
    }
    let look = Look::stdout();
    let text: String = hits.hits.iter().map(|hit| shown(look, hit)).collect();
    Ok(text + &more(&hits, *best))
}

fn shown(look: Look, hit: &Hit) -> String {
    let Hit { ticket, subject, texts, score: _ } = hit;
    let mut text = format!("{}  {}  {}\n", ticket.reference(), ticket.status, marked(look, subject));
    for Excerpt { at, snippet, .. } in texts {
        text += &format!("    {}  {}\n", instant(*at), marked(look, snippet));
    }
    text
}

fn marked(look: Look, snippet: &Snippet) -> String {
    snippet.pieces().map(|(marked, text)| if marked { look.bold(&clean(text)) } else { clean(text) }).collect()
}

fn more(hits: &Hits, best: bool) -> String {
    match &hits.next {
        None => String::new(),
        Some(_) if best => format!("only the newest {} were ranked; narrow the question down\n", hits.read),
        Some(next) => format!("more: --after {next}\n"),
    }
}
