//! One request to many tickets.

use axum::Json;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use ticketcore::{Command, Request};

use crate::api::{Answer, asked};
use crate::caller::{Body, Caller, once};
use crate::chain::chain;
use crate::orders::Order;
use crate::search::Search;
use crate::view;

/// The filter is that of `GET /tickets`; its `limit` and `after` say how many, and where to go on. Many tickets go by their
/// numbers, whatever order is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    filter: Search,
    commands: Vec<Order>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    atomic: bool,
}

/// Tells what became of each ticket. What stopped it before the end, if something did, is in `error`; the same request
/// then goes on after `next`.
pub(crate) async fn run(Caller(desk): Caller, headers: HeaderMap, Body(job): Body<Job>) -> Answer {
    let Job { filter: search, commands, dry_run, atomic } = job;
    let query = asked(&desk, &search, "filter.").await?;
    let commands = commands.into_iter().map(Command::from).collect();
    let request = Request { commands, once: once(&headers)?, seen: None };
    let mut bulk = desk.bulk(query.filter, request).resume(query.after);
    if let Some(limit) = search.limit {
        bulk = bulk.limit(limit);
    }
    if dry_run {
        bulk = bulk.dry_run();
    }
    if atomic {
        bulk = bulk.atomic();
    }
    let bulked = bulk.run().await?;
    let mut answer = view::bulked(&bulked);
    if let Some(error) = &bulked.error {
        tracing::error!("{}", chain(error));
        answer["error"] = json!("unavailable");
    }
    Ok(Json(answer))
}
