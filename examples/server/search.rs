//! Which tickets: the same words as query parameters and as options of the command line.

use clap::Args;
use serde::Deserialize;
use ticketcore::query::{Assignee, Cursor, Sort, words};
use ticketcore::{Fault, Filter, Order, Query};

use crate::names::named;

/// The most tickets of one page.
const PAGE: usize = 500;

/// Lists are written with commas and ask for one of their values, tags for all of them.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Search {
    /// new, open, pending, resolved, closed
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// incident, request, …
    #[arg(long)]
    kind: Option<String>,
    /// The accountable agents; `-` for nobody
    #[arg(long)]
    assignee: Option<String>,
    /// Teams
    #[arg(long)]
    team: Option<String>,
    /// Queues
    #[arg(long)]
    queue: Option<String>,
    /// Tags
    #[arg(long)]
    tag: Option<String>,
    /// Words of subject, description and messages
    #[arg(long)]
    q: Option<String>,
    /// rank, created, updated or number; with a minus, the greatest first
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
    /// How many at most; 50 unless said otherwise
    #[arg(long)]
    pub(crate) limit: Option<usize>,
    /// Where the page before ended
    #[arg(long, allow_hyphen_values = true)]
    after: Option<String>,
}

impl Search {
    /// The query that is meant, newest first unless said otherwise.
    pub(crate) fn query(&self) -> Result<Query, Fault> {
        let status = |text| named(text).map_err(|problem| Fault::new("status", problem));
        let filter = Filter {
            statuses: items(&self.status).map(status).collect::<Result<_, _>>()?,
            kinds: items(&self.kind).map(Into::into).collect(),
            teams: items(&self.team).map(Into::into).collect(),
            queues: items(&self.queue).map(Into::into).collect(),
            tags: items(&self.tag).map(Into::into).collect(),
            assignee: match self.assignee.as_deref() {
                None => Assignee::Any,
                Some("-") => Assignee::Nobody,
                Some(_) => Assignee::Is(items(&self.assignee).map(Into::into).collect()),
            },
            words: self.q.iter().flat_map(|text| words::split(text)).collect(),
            ..Filter::default()
        };
        let after = self.after.as_deref().map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|problem| Fault::new("after", problem))?;
        Ok(Query {
            filter,
            order: self.sort.as_deref().map_or(Ok(Order::newest()), order)?,
            after,
            until: None,
            limit: self.limit.unwrap_or(50).clamp(1, PAGE),
        })
    }
}

fn order(text: &str) -> Result<Order, Fault> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let by: Sort = named(name).map_err(|problem| Fault::new("sort", problem))?;
    Ok(Order { by, descending })
}

fn items(list: &Option<String>) -> impl Iterator<Item = &str> {
    list.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|item| !item.is_empty())
}
