//! What the desk knows: articles, and what is like a ticket.

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use ticketcore::{Desk, Filter, Key};

use crate::api::{Answer, Params, asked};
use crate::caller::{Caller, Subject};
use crate::search::Search;
use crate::view;

pub(crate) fn routes() -> Router<Desk> {
    Router::new()
        .route("/articles", get(list))
        .route("/articles/{ticket}", get(show))
        .route("/articles/{ticket}/editions", get(editions))
        .route("/tickets/{ticket}/similar", get(similar))
}

/// The articles that the caller sees, in any state unless the search names one.
async fn list(Caller(desk): Caller, search: Params<Search>) -> Answer {
    let mut query = asked(&desk, &*search?, "").await?;
    let rulebook = desk.rulebook().await?;
    let articles: Vec<Key> = rulebook.now().config.articles().cloned().collect();
    if articles.is_empty() {
        return Ok(Json(view::page(&ticketcore::Page::default())));
    }
    if query.filter.kinds.is_empty() {
        query.filter.kinds = articles;
    } else {
        query.filter.all.push(Filter { kinds: articles, ..Filter::all() });
    }
    Ok(Json(view::page(&desk.find(&query).await?)))
}

async fn show(Subject { desk, ticket }: Subject) -> Answer {
    Ok(Json(json!(desk.article(ticket.id).await?)))
}

/// Each with what it changed, line by line.
async fn editions(Subject { desk, ticket }: Subject) -> Answer {
    let editions = desk.editions(ticket.id).await?;
    let mut told = Vec::new();
    for (i, edition) in editions.iter().enumerate() {
        let diff = i.checked_sub(1).and_then(|before| editions.get(before)).map(|before| before.diff(edition));
        told.push(json!({ "edition": edition, "diff": diff }));
    }
    Ok(Json(json!({ "editions": told })))
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Most {
    limit: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { limit: 5 }
    }
}

async fn similar(Subject { desk, ticket }: Subject, params: Params<Most>) -> Answer {
    let Query(Most { limit }) = params?;
    Ok(Json(json!({ "similar": view::similar(&desk.similar(ticket.id, limit).await?) })))
}
