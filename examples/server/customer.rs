//! The customer's side: what they see of a ticket, and links for those who have no account.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use ticketcore::secret_link::Purpose;
use ticketcore::{Desk, PersonId};

use crate::api::{Answer, Name};
use crate::caller::{Body, Caller, Subject};
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Desk> {
    Router::new()
        .route("/tickets/{ticket}/follow", get(follow))
        .route("/tickets/{ticket}/links", post(grant))
        .route("/links/{id}", delete(revoke))
        .route("/follow/{link}", get(open))
        .route("/rate/{link}", post(rate))
}

async fn follow(Subject { desk, ticket }: Subject) -> Answer {
    Ok(Json(json!(desk.follow(ticket.id).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granting {
    person: PersonId,
    purpose: Purpose,
    expires: DateTime<Utc>,
}

/// The one time that the text of the link is told.
async fn grant(Subject { desk, ticket }: Subject, Body(body): Body<Granting>) -> Result<Response, Problem> {
    let Granting { person, purpose, expires } = body;
    let link = desk.grant_link(ticket.id, person, purpose, expires).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": link.id(), "link": link.text() }))).into_response())
}

async fn revoke(Caller(desk): Caller, id: Name) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    desk.revoke_link(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The link is the right: nobody asks who calls.
async fn open(State(desk): State<Desk>, link: Name) -> Answer {
    let Path(link) = link?;
    Ok(Json(json!(desk.follow_link(&link).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rating {
    score: u8,
    comment: Option<String>,
}

async fn rate(State(desk): State<Desk>, link: Name, Body(Rating { score, comment }): Body<Rating>) -> Answer {
    let Path(link) = link?;
    Ok(Json(json!(desk.rate_link(&link, score, comment).await?)))
}
