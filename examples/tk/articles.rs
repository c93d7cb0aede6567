//! What the desk knows.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::json;
use ticketcore::query::words;
use ticketcore::{Command, Desk, Draft, Filter, Key, Query, Ticket};

use crate::names::Reference;
use crate::print::{clean, instant, or_dash, quoted, table};
use crate::{Printed, find, print, view, write};

#[derive(Debug, Subcommand)]
pub(crate) enum Article {
    /// Draft an article; `tk edit KB-1 1 TEXT` gives it another body
    New {
        title: String,
        #[arg(long)]
        body: Option<String>,
    },
    /// Publish an article
    Publish {
        article: Reference,
        /// For agents only
        #[arg(long)]
        internal: bool,
    },
    /// Show an article
    Show { article: Reference },
    /// Tell what an edition changed, the last one unless said otherwise
    Diff {
        article: Reference,
        from: Option<usize>,
        #[arg(requires = "from")]
        to: Option<usize>,
    },
    /// List the articles with all of these words
    Search { words: Vec<String> },
}

pub(crate) async fn run(desk: &Desk, verb: &Article, as_json: bool) -> Printed {
    match verb {
        Article::New { title, body } => {
            let kind = kinds(desk).await?.into_iter().next().ok_or("this desk keeps no articles")?;
            let draft = Draft { description: body.clone(), ..Draft::new(kind, title) };
            write::told(desk, ticketcore::Version(0), &*desk.open(draft).await?, as_json).await
        }
        Article::Publish { article, internal } => {
            let transition = if *internal { "publish_internal" } else { "publish" };
            write::apply(desk, article, vec![Command::transition(transition)], as_json).await
        }
        Article::Show { article } => show(desk, article, as_json).await,
        Article::Diff { article, from, to } => diff(desk, article, *from, *to, as_json).await,
        Article::Search { words } => search(desk, words, as_json).await,
    }
}

async fn kinds(desk: &Desk) -> Result<Vec<Key>, ticketcore::Error> {
    Ok(desk.rulebook().await?.now().config.articles().cloned().collect())
}

async fn show(desk: &Desk, article: &Reference, as_json: bool) -> Printed {
    let article = desk.article(find(desk, article).await?.id).await?;
    if as_json {
        return Ok(print::json(&json!(article)));
    }
    let lines = [
        ("edition", format!("{} of {}", article.edition, instant(article.changed))),
        ("published", or_dash(article.published.map(instant))),
        ("review", or_dash(article.review.map(instant))),
        ("helped", format!("{} of {}", article.helpful, article.helpful + article.unhelpful)),
    ];
    let mut text = format!("{}  {}\n", article.reference, clean(&article.title));
    for (name, value) in lines.iter().filter(|(_, value)| value != "-") {
        text += &format!("  {name:<10} {value}\n");
    }
    Ok(text + &article.body.as_deref().map(quoted).unwrap_or_default())
}

async fn diff(desk: &Desk, article: &Reference, from: Option<usize>, to: Option<usize>, as_json: bool) -> Printed {
    let editions = desk.editions(find(desk, article).await?.id).await?;
    let to = to.unwrap_or(editions.len());
    let from = from.unwrap_or_else(|| to.saturating_sub(1).max(1));
    let edition = |no: usize| {
        let found = no.checked_sub(1).and_then(|i| editions.get(i));
        found.ok_or_else(|| format!("there is no edition {no}; there are {}", editions.len()))
    };
    let diff = edition(from)?.diff(edition(to)?);
    if as_json {
        return Ok(print::json(&json!({ "from": from, "to": to, "diff": diff })));
    }
    Ok(diff.lines().map(|line| clean(line) + "\n").collect())
}

async fn search(desk: &Desk, asked: &[String], as_json: bool) -> Printed {
    let kinds = kinds(desk).await?;
    if kinds.is_empty() {
        return Err("this desk keeps no articles".into());
    }
    let words = asked.iter().flat_map(|text| words::split(text)).collect();
    let page = desk.find(&Query::new(Filter { kinds, words, ..Filter::all() })).await?;
    if as_json {
        return Ok(print::json(&view::page(&page)));
    }
    let row = |one: &Arc<Ticket>| [one.reference(), one.state.to_string(), one.subject.clone()];
    Ok(table(["ARTICLE", "STATE", "TITLE"], page.tickets.iter().map(row).collect()))
}
