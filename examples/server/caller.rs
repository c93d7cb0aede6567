//! What comes in: who calls, on which ticket, with which body.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use ticketcore::{Actor, Desk, Key, Ticket};

use crate::names::{Reference, actor};
use crate::problem::Problem;

/// The desk, with the caller as its actor: `X-Actor: agent:ada`, the program `http` without one. `X-Roles` and `X-Teams`
/// name what the actor has, with commas.
///
/// This is where a host authenticates: as it stands, everybody is whoever they say.
pub(crate) struct Caller(pub(crate) Desk);

impl FromRequestParts<Desk> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let mut caller = match header(&parts.headers, "x-actor")? {
            Some(text) => actor(text).map_err(|problem| Problem::at("X-Actor", problem))?,
            None => Actor::integration("http"),
        };
        caller.roles.extend(keys(&parts.headers, "x-roles")?);
        caller.teams.extend(keys(&parts.headers, "x-teams")?);
        Ok(Self(desk.by(caller)))
    }
}

/// The ticket that the path names, and the caller.
pub(crate) struct Subject {
    pub(crate) desk: Desk,
    pub(crate) ticket: Arc<Ticket>,
}

impl FromRequestParts<Desk> for Subject {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Desk) -> Result<Self, Problem> {
        let Caller(desk) = Caller::from_request_parts(parts, state).await?;
        let Path(name) = Path::<String>::from_request_parts(parts, state).await?;
        let reference: Reference = name.parse().map_err(|problem: String| Problem::not_found(problem))?;
        match reference.find(&desk).await? {
            Some(ticket) => Ok(Self { desk, ticket }),
            None => Err(Problem::not_found(format!("there is no ticket {reference}"))),
        }
    }
}

/// A JSON body. A fault is answered with the path to it.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // A page of some other site can make a browser post text here, but not JSON.
        let kind = header(request.headers(), CONTENT_TYPE.as_str())?.unwrap_or_default();
        if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
            let detail = "the body must be application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported media type", detail));
        }
        let bytes = Bytes::from_request(request, state).await?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Problem::at(path(error.path()), error.inner().to_string()))?;
        json.end().map_err(|error| Problem::malformed(error.to_string()))?;
        Ok(Self(body))
    }
}

/// The way to a fault; the body as a whole has none.
fn path(path: &serde_path_to_error::Path) -> String {
    path.iter().next().map_or_else(String::new, |_| path.to_string())
}

/// Reads a header, of which any text may be the value.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let text = headers.get(name).map(|value| str::from_utf8(value.as_bytes())).transpose();
    text.map_err(|error| Problem::at(name, error.to_string()))
}

fn keys(headers: &HeaderMap, name: &str) -> Result<Vec<Key>, Problem> {
    let list = header(headers, name)?.unwrap_or_default();
    Ok(list.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Key::from).collect())
}
