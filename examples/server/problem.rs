//! What goes wrong, as `application/problem+json` (RFC 9457).

use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use ticketcore::desk::Error;
use ticketcore::query::language::{Misread, Wrong};
use ticketcore::store::Conflict;
use ticketcore::{Fault, Refusal, StoreError};

use crate::chain::chain;
use crate::view;

/// How many seconds a sender is asked to wait when storage fails.
const PATIENCE: &str = "5";

/// A refusal or a failure.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// The reasons, by name: `faults`, `possible`, `reasons`.
    more: Map<String, Value>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), more: Map::new() }
    }

    /// A request that cannot be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed request", detail)
    }

    /// A request of which a part cannot be read.
    pub(crate) fn at(path: impl Into<String>, problem: impl Into<String>) -> Self {
        let fault = Fault::new(path, problem);
        Self::malformed(fault.to_string()).with("faults", faults(&[fault]))
    }

    /// A question that cannot be read: each fault with its bytes.
    pub(crate) fn misread(path: &str, misread: &Misread) -> Self {
        let wrongs: Vec<Value> = misread
            .wrongs
            .iter()
            .map(|Wrong { at, what }| json!({ "from": at.start, "to": at.end, "problem": what }))
            .collect();
        Self::at(path, misread.brief()).with("places", json!(wrongs))
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not found", detail)
    }

    /// Input that was read and is wrong.
    pub(crate) fn invalid(found: &[Fault]) -> Self {
        let detail: Vec<String> = found.iter().map(Fault::to_string).collect();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid input", detail.join("; ")).with("faults", faults(found))
    }

    fn with(mut self, name: &str, reasons: Value) -> Self {
        self.more.insert(name.to_owned(), reasons);
        self
    }
}

fn faults(faults: &[Fault]) -> Value {
    faults.iter().map(|Fault { path, problem }| json!({ "path": path, "problem": problem })).collect()
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let refused = |status, title| Self::new(status, title, refusal.to_string());
        match &refusal {
            Refusal::NoSuchMove { possible, .. } => {
                refused(StatusCode::CONFLICT, "no such move").with("possible", json!(possible))
            }
            Refusal::Unmet { reasons, .. } => {
                refused(StatusCode::CONFLICT, "conditions unmet").with("reasons", view::reasons(reasons))
            }
            Refusal::Forbidden { capability, .. } => {
                refused(StatusCode::FORBIDDEN, "forbidden").with("capability", json!(capability))
            }
            Refusal::Hidden { what, .. } => refused(StatusCode::FORBIDDEN, "hidden").with("what", json!(what)),
            Refusal::Changed { found, changes, .. } => refused(StatusCode::CONFLICT, "changed")
                .with("version", json!(found))
                .with("changes", view::changes(changes)),
            Refusal::Stale { revised, .. } => refused(StatusCode::CONFLICT, "stale").with("revised", json!(revised)),
            Refusal::Merged { into, .. } => refused(StatusCode::CONFLICT, "merged").with("into", json!(into)),
            Refusal::Invalid { faults } => Self::invalid(faults),
            Refusal::NoSuchTicket { .. } => refused(StatusCode::UNPROCESSABLE_ENTITY, "no such ticket"),
            _ => refused(StatusCode::CONFLICT, "refused"),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::NotFound(_) | Error::InvalidLink => Self::not_found(error.to_string()),
            // A record that somebody else has written since; what becomes of tickets was decided again by the desk.
            Error::Store(StoreError::Conflict(Conflict::Document { found, .. })) => {
                Self::new(StatusCode::CONFLICT, "changed", format!("it is at version {found} now"))
                    .with("version", json!(found))
            }
            // Whoever sent it is to send it again: Alertmanager, for one, repeats after 5xx and gives up after 4xx.
            failure => {
                tracing::error!("{}", chain(&failure));
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again later")
            }
        }
    }
}

macro_rules! from_rejection {
    ($($rejection:ty),*) => { $(
        impl From<$rejection> for Problem {
            fn from(rejection: $rejection) -> Self {
                let title = match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => "body too large",
                    _ => "malformed request",
                };
                Self::new(rejection.status(), title, rejection.body_text())
            }
        }
    )* };
}

from_rejection!(BytesRejection, PathRejection, QueryRejection);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, title, detail, mut more } = self;
        let kind = format!("urn:ticketcore:{}", title.replace(' ', "-"));
        more.extend([
            ("type".to_owned(), json!(kind)),
            ("title".to_owned(), json!(title)),
            ("status".to_owned(), json!(status.as_u16())),
            ("detail".to_owned(), json!(detail)),
        ]);
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], Json(more)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static(PATIENCE));
        }
        response
    }
}
