//! The routes. A reference is a number, `INC-12` or an id; a refusal or failure is a [`Problem`].

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, State};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use ticketcore::desk::Checkpoint;
use ticketcore::report::named;
use ticketcore::{Command, Desk, Error, Filter, Key, Position, Request, Ticket, Version};

use crate::caller::{Body, Caller, Subject, once, seen};
use crate::metrics::Requests;
use crate::opening::Opening;
use crate::orders::Order;
use crate::output::Form;
use crate::problem::Problem;
use crate::search::Search;
use crate::{alertmanager, bulk, customer, hits, knowledge, metrics, people, report, view};

pub(crate) type Answer = Result<Json<Value>, Problem>;
pub(crate) type Params<T> = Result<Query<T>, QueryRejection>;
pub(crate) type Name = Result<Path<String>, PathRejection>;

pub(crate) fn router(desk: Desk, body_limit: usize) -> Router {
    Router::new()
        .route("/tickets", get(list).post(open))
        .route("/tickets/{ticket}", get(show))
        .route("/tickets/{ticket}/history", get(history))
        .route("/tickets/{ticket}/moves", get(moves))
        .route("/tickets/{ticket}/clocks", get(clocks))
        .route("/tickets/{ticket}/commands", post(apply))
        .route("/tickets/{ticket}/conversation", get(conversation))
        .route("/tickets/{ticket}/split", post(split))
        .route("/tickets/{ticket}/instantiate", post(instantiate))
        .route("/reports/{name}", get(print))
        .route("/bulk", post(bulk::run))
        .route("/verify", get(verify).post(verify_against))
        .route("/checkpoint", get(checkpoint))
        .route("/feed", get(feed))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics::show))
        .route("/ingest/alertmanager", post(alertmanager::take_in))
        .merge(customer::routes())
        .merge(knowledge::routes())
        .merge(people::routes())
        .merge(hits::routes())
        .fallback(async || Problem::not_found("there is nothing here"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed", "the path takes other methods")
        })
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(from_fn(metrics::count))
        .layer(Extension(Arc::new(Requests::default())))
        .with_state(desk)
}

/// The query that is meant; what is wrong with it stands under a path.
pub(crate) async fn asked(desk: &Desk, search: &Search, path: &str) -> Result<ticketcore::Query, Problem> {
    let query = match desk.question(&search.text()).await {
        Err(ticketcore::Error::Misread(misread)) => return Err(Problem::misread(&format!("{path}q"), &misread)),
        query => query?,
    };
    search.page(query).map_err(|fault| Problem::at(format!("{path}{}", fault.path), fault.problem))
}

async fn list(Caller(desk): Caller, search: Params<Search>) -> Answer {
    let query = asked(&desk, &*search?, "").await?;
    Ok(Json(view::page(&desk.find(&query).await?)))
}

/// With an `Idempotency-Key`, a repeated request opens nothing new and gets the first answer.
async fn open(Caller(desk): Caller, headers: HeaderMap, Body(opening): Body<Opening>) -> Result<Response, Problem> {
    let ticket = desk.open(opening.draft(once(&headers)?)).await?;
    let location = format!("/tickets/{}", ticket.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], versioned(&ticket)).into_response())
}

async fn show(subject: Subject) -> Response {
    versioned(&subject.ticket).into_response()
}

/// All of them are carried out, or none. With `If-Match`, only if the ticket is as the caller saw it.
async fn apply(subject: Subject, headers: HeaderMap, Body(orders): Body<Vec<Order>>) -> Result<Response, Problem> {
    let commands: Vec<Command> = orders.into_iter().map(Command::from).collect();
    let request = Request { commands, once: once(&headers)?, seen: seen(&headers)? };
    let ticket = subject.desk.apply(subject.ticket.id, request).await?;
    Ok(versioned(&ticket).into_response())
}

async fn conversation(Subject { desk, ticket }: Subject) -> Answer {
    Ok(Json(json!({ "posts": desk.conversation(ticket.id).await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Splitting {
    messages: Vec<Version>,
    draft: Opening,
}

/// A repetition would split again; the command `split` takes an `Idempotency-Key`.
async fn split(subject: Subject, headers: HeaderMap, Body(body): Body<Splitting>) -> Result<Response, Problem> {
    unconditional(&headers)?;
    let Splitting { messages, draft } = body;
    let (old, new) = subject.desk.split(subject.ticket.id, messages, draft.draft(None)).await?;
    let body = json!({ "old": view::ticket(&old), "new": view::ticket(&new) });
    Ok((StatusCode::CREATED, [(LOCATION, format!("/tickets/{}", new.id))], Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    template: Key,
}

async fn instantiate(subject: Subject, headers: HeaderMap, Body(body): Body<Instance>) -> Result<Response, Problem> {
    unconditional(&headers)?;
    let tickets = subject.desk.instantiate(subject.ticket.id, body.template).await?;
    let tickets: Value = tickets.iter().map(|ticket| view::ticket(ticket)).collect();
    Ok((StatusCode::CREATED, Json(json!({ "tickets": tickets }))).into_response())
}

/// Refuses headers that would be believed and not heeded.
fn unconditional(headers: &HeaderMap) -> Result<(), Problem> {
    let header = ["Idempotency-Key", "If-Match"].into_iter().find(|name| headers.contains_key(*name));
    header.map_or(Ok(()), |name| Err(Problem::at(name, "is not for this; `commands` takes it")))
}

async fn verify(Caller(desk): Caller) -> Answer {
    Ok(Json(view::verified(&desk.verify(|_| {}).await?)))
}

/// Against a checkpoint that was kept elsewhere.
async fn verify_against(Caller(desk): Caller, Body(checkpoint): Body<Checkpoint>) -> Answer {
    Ok(Json(view::verified(&desk.verify_against(&checkpoint, |_| {}).await?)))
}

async fn checkpoint(Caller(desk): Caller) -> Answer {
    Ok(Json(json!(desk.checkpoint().await?)))
}

async fn history(Subject { desk, ticket }: Subject) -> Answer {
    Ok(Json(json!({ "events": view::events(&desk.history(ticket.id).await?) })))
}

async fn moves(Subject { desk, ticket }: Subject) -> Answer {
    Ok(Json(json!({ "moves": view::moves(&desk.moves(ticket.id).await?) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explain {
    explain: Option<Key>,
}

async fn clocks(Subject { desk, ticket }: Subject, params: Params<Explain>) -> Answer {
    let clocks = match params?.0.explain {
        None => json!(desk.readings(ticket.id).await?),
        Some(policy) => json!(desk.explain(ticket.id, policy).await?),
    };
    Ok(Json(json!({ "clocks": clocks })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    format: Option<String>,
}

/// A ready report over all tickets, in the form that is asked for; `svg` is the picture of it.
async fn print(
    Caller(desk): Caller,
    name: Name,
    headers: HeaderMap,
    params: Params<Printed>,
) -> Result<Response, Problem> {
    let (Path(name), Query(Printed { format })) = (name?, params?);
    let form = Form::of(&headers, format.as_deref())?;
    let report = named(&name)
        .ok_or_else(|| Problem::not_found(format!("there is no report `{name}`; there are {}", report::names())))?;
    let ask = match desk.capacities().await {
        Ok(capacities) => desk.ask().await?.capacity(capacities),
        // Whoever may not look into the directory gets the report without utilisation.
        Err(Error::Refused(_)) => desk.ask().await?,
        Err(error) => return Err(error.into()),
    };
    form.answer(&name, &desk.report(&*report, &ask).await?)
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct From {
    after: Position,
    limit: usize,
}

impl Default for From {
    fn default() -> Self {
        Self { after: Position(0), limit: 100 }
    }
}

/// What happened, to any ticket, after a position. `next` is where to go on, now or later.
async fn feed(Caller(desk): Caller, params: Params<From>) -> Answer {
    let Query(From { after, limit }) = params?;
    let events = desk.feed(after, limit.clamp(1, 1000)).await?;
    let next = events.last().map_or(after, |last| last.position);
    Ok(Json(json!({ "events": view::events(&events), "next": next })))
}

async fn health(State(desk): State<Desk>) -> Answer {
    desk.find(&ticketcore::Query::new(Filter::all()).limit(1)).await?;
    Ok(Json(json!({ "status": "ok" })))
}

/// Customers get no `ETag`: the version would tell them how much else there is.
fn versioned(ticket: &Ticket) -> impl IntoResponse + use<> {
    let tag = view::is_whole(ticket).then(|| [(ETAG, format!("\"{}\"", ticket.version))]);
    (tag.map(AppendHeaders), Json(view::ticket(ticket)))
}
