//! Searching: tickets with the parts of their texts that answer. What is marked in a text are bytes of it, from and to.

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use ticketcore::Desk;

use crate::api::{Answer, Params, asked};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::search::Search;
use crate::view;

pub(crate) fn routes() -> Router<Desk> {
    Router::new().route("/search", get(search))
}

/// A question as of `/tickets`, and whether the best answers come first.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sought {
    q: String,
    best: bool,
    limit: Option<usize>,
    after: Option<String>,
}

/// The newest first, unless the question or `best` says otherwise; `best` ranks the newest 256 that answer, and `next` says
/// where others begin.
async fn search(Caller(desk): Caller, sought: Params<Sought>) -> Answer {
    let Query(Sought { q, best, limit, after }) = sought?;
    let search = Search { q: vec![q], limit, after };
    let query = asked(&desk, &search, "").await?;
    let query = search.ordered(query, best).map_err(|fault| Problem::at(fault.path, fault.problem))?;
    let hits = if best { desk.search_best(&query.filter, query.limit).await? } else { desk.search(&query).await? };
    Ok(Json(view::hits(&hits)))
}
