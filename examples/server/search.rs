//! Which tickets, and which page of them: the same as query parameters and on the command line.

use clap::Args;
use serde::{Deserialize, Deserializer};
use ticketcore::query::language::Question;
use ticketcore::query::{Cursor, Sort};
use ticketcore::{Fault, Order, Query};

/// The most tickets of one page.
const PAGE: usize = 500;

/// A question in the language of `ticketcore::query::language`, and a place in its answer.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Search {
    /// Which tickets, in which order: 'status:open assignee:me created:>-7d "disk full" sort:due'; one that begins with a
    /// minus stands behind `--`
    #[arg(value_name = "QUERY")]
    #[serde(deserialize_with = "one")]
    pub(crate) q: Vec<String>,
    /// How many at most; 50 unless said otherwise
    #[arg(long)]
    pub(crate) limit: Option<usize>,
    /// Where the page before ended
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) after: Option<String>,
}

fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(vec![String::deserialize(deserializer)?])
}

impl Search {
    /// The question; one that a shell has cut at its blanks is whole again.
    pub(crate) fn text(&self) -> String {
        self.q.join(" ")
    }

    /// The query of a search: the newest tickets first, by which the index of words is read, unless the question says
    /// otherwise. The best first is an order of its own.
    pub(crate) fn ordered(&self, query: Query, best: bool) -> Result<Query, Fault> {
        let is_sorted = self.text().parse::<Question>().is_ok_and(|question| question.sort.is_some());
        match (best, &self.after) {
            (true, _) if is_sorted => Err(Fault::new("best", "is an order of its own, leave `sort:` out")),
            (true, Some(_)) => Err(Fault::new("best", "has no pages, leave `after` out")),
            _ if is_sorted => Ok(query),
            _ => Ok(query.order(Order { by: Sort::Number, descending: true })),
        }
    }

    /// The page of a query's answer that is meant.
    pub(crate) fn page(&self, query: Query) -> Result<Query, Fault> {
        let after = self.after.as_deref().map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|problem| Fault::new("after", problem))?;
        Ok(query.after(after).limit(self.limit.unwrap_or(50).clamp(1, PAGE)))
    }
}
