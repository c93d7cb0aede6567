//! The directory: people, teams and organisations. An `ETag` is the version of a record, which `If-Match` asks for.

use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use ticketcore::directory::{Organisation, Person, Stored, Team};
use ticketcore::{Desk, Fault, Key, PersonId};

use crate::api::{Answer, Name, Params};
use crate::caller::{Body, Caller, seen};
use crate::lookup::{Who, limit};
use crate::problem::Problem;
use crate::view;

pub(crate) fn routes() -> Router<Desk> {
    Router::new()
        .route("/people", get(people))
        .route("/people/{id}", get(person).put(put_person))
        .route("/people/{id}/merge", post(merge))
        .route("/teams", get(teams))
        .route("/teams/{id}", get(team).put(put_team))
        .route("/organisations", get(organisations))
        .route("/organisations/{id}", get(organisation).put(put_organisation))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    limit: Option<usize>,
    after: Option<String>,
}

async fn people(Caller(desk): Caller, who: Params<Who>) -> Answer {
    Ok(Json(view::records("people", &who?.find(&desk).await?)))
}

async fn person(Caller(desk): Caller, id: Name) -> Result<Response, Problem> {
    let Path(id) = id?;
    found(desk.person(&PersonId::from(id.as_str())).await?, &id)
}

async fn put_person(
    Caller(desk): Caller,
    id: Name,
    headers: HeaderMap,
    Body(person): Body<Person>,
) -> Result<Response, Problem> {
    named(id, person.id.as_str())?;
    Ok(record(&desk.put_person(person, seen(&headers)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merging {
    into: PersonId,
}

/// The tickets follow; `left` could not.
async fn merge(Caller(desk): Caller, id: Name, Body(Merging { into }): Body<Merging>) -> Answer {
    let Path(id) = id?;
    let merger = desk.merge_people(&PersonId::from(id), &into).await?;
    Ok(Json(json!({ "person": merger.person.record, "tickets": merger.tickets, "left": merger.left })))
}

async fn teams(Caller(desk): Caller, part: Params<Part>) -> Answer {
    let Query(part) = part?;
    Ok(Json(view::records("teams", &desk.teams(part.after.as_deref(), limit(part.limit)).await?)))
}

async fn team(Caller(desk): Caller, id: Name) -> Result<Response, Problem> {
    let Path(id) = id?;
    found(desk.team(&Key::from(id.as_str())).await?, &id)
}

async fn put_team(
    Caller(desk): Caller,
    id: Name,
    headers: HeaderMap,
    Body(team): Body<Team>,
) -> Result<Response, Problem> {
    named(id, team.id.as_str())?;
    Ok(record(&desk.put_team(team, seen(&headers)?).await?))
}

async fn organisations(Caller(desk): Caller, part: Params<Part>) -> Answer {
    let Query(part) = part?;
    Ok(Json(view::records("organisations", &desk.organisations(part.after.as_deref(), limit(part.limit)).await?)))
}

async fn organisation(Caller(desk): Caller, id: Name) -> Result<Response, Problem> {
    let Path(id) = id?;
    found(desk.organisation(&Key::from(id.as_str())).await?, &id)
}

async fn put_organisation(
    Caller(desk): Caller,
    id: Name,
    headers: HeaderMap,
    Body(organisation): Body<Organisation>,
) -> Result<Response, Problem> {
    named(id, organisation.id.as_str())?;
    Ok(record(&desk.put_organisation(organisation, seen(&headers)?).await?))
}

/// The record says whose it is, and so does the path.
fn named(path: Name, id: &str) -> Result<(), Problem> {
    let Path(path) = path?;
    if path == id { Ok(()) } else { Err(Problem::invalid(&[Fault::new("id", "is not the one of the path")])) }
}

fn found<T: Serialize>(stored: Option<Stored<T>>, id: &str) -> Result<Response, Problem> {
    stored.map(|stored| record(&stored)).ok_or_else(|| Problem::not_found(format!("there is no record `{id}`")))
}

fn record<T: Serialize>(stored: &Stored<T>) -> Response {
    ([(ETAG, format!("\"{}\"", stored.version))], Json(&stored.record)).into_response()
}
