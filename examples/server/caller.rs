//! What comes in: who calls, on which ticket, with which body.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use ticketcore::{Actor, Desk, Key, Ticket, Version};

use crate::names::{Reference, actor};
use crate::problem::Problem;

/// The desk, with the caller as its actor: `X-Actor: agent:ada`, the program `http` without one. `X-Roles` and `X-Teams`
/// name what the actor has, with commas, and `X-Organisation` where a customer belongs.
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
        caller.organisation = header(&parts.headers, "x-organisation")?.filter(|key| !key.is_empty()).map(Key::from);
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
        read::<Distinct>(&bytes)?;
        read(&bytes).map(Self)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Problem::at(path(error.path()), unquoted(&error.inner().to_string())))?;
    json.end().map_err(|error| Problem::malformed(error.to_string()))?;
    Ok(body)
}

/// The way to a fault; the body as a whole has none.
fn path(path: &serde_path_to_error::Path) -> String {
    path.iter().next().map_or_else(String::new, |_| path.to_string())
}

/// What is wrong, without the text that was found there: answers end up in logs, and what people write does not.
fn unquoted(problem: &str) -> String {
    match (problem.find("string \""), problem.rfind("\", expected")) {
        (Some(from), Some(to)) if from < to => format!("{}string{}", &problem[..from], &problem[to + 1..]),
        _ => problem.to_owned(),
    }
}

/// Any JSON in which no name stands twice: of two values, whoever reads on would take one, and others the other.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Distinct {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Self>()?;
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// Reads a header, of which any text may be the value.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let text = headers.get(name).map(|value| str::from_utf8(value.as_bytes())).transpose();
    text.map_err(|error| Problem::at(name, error.to_string()))
}

/// The key of a request that may come twice.
pub(crate) fn once(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    Ok(header(headers, "idempotency-key")?.map(str::to_owned))
}

/// The version that the caller saw: the number in the `ETag`.
pub(crate) fn seen(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let Some(tag) = header(headers, IF_MATCH.as_str())?.filter(|tag| *tag != "*") else { return Ok(None) };
    let number = tag.trim_matches('"').parse().map_err(|_| Problem::at("If-Match", "is no ETag of ours"))?;
    Ok(Some(Version(number)))
}

fn keys(headers: &HeaderMap, name: &str) -> Result<Vec<Key>, Problem> {
    let list = header(headers, name)?.unwrap_or_default();
    Ok(list.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Key::from).collect())
}
