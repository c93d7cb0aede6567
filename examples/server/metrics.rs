//! Figures for Prometheus, at `/metrics`: of the tickets the caller may see, and of the requests to this server.
//!
//! ```yaml
//! scrape_configs:
//!   - job_name: desk
//!     static_configs: [{targets: ["127.0.0.1:7700"]}]
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Extension, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ticketcore::report::{Dimension, Family, Kind, Measure, Scan, TableSpec, openmetrics};

use crate::caller::Caller;
use crate::problem::Problem;

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper bounds of the histogram of durations, in seconds; above them all is infinity.
const BOUNDS: [f64; 7] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];

/// What became of the requests since the server was started.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<BTreeMap<(&'static str, u16), Durations>>);

/// How long requests took.
#[derive(Clone, Debug, Default)]
struct Durations {
    sum: Duration,
    /// How many up to each bound, and beyond.
    counts: [u64; BOUNDS.len() + 1],
}

impl Durations {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let place = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.sum += took;
        self.counts[place] += 1;
    }
}

impl Requests {
    fn add(&self, method: &Method, status: StatusCode, took: Duration) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        requests.entry((name(method), status.as_u16())).or_default().add(took);
    }

    fn families(&self) -> Vec<Family> {
        let requests = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut count = Family::new("http_requests", Kind::Counter, "Requests answered, by method and status.");
        let mut durations = Family::new(
            "http_request_duration_seconds",
            Kind::Histogram,
            "From the head of a request to that of its answer, by method and status.",
        );
        for ((method, status), Durations { sum, counts }) in &requests {
            let status = status.to_string();
            let labels = [("method", *method), ("status", status.as_str())];
            let mut so_far = 0;
            let mut buckets = Vec::new();
            for (bound, count) in BOUNDS.into_iter().chain([f64::INFINITY]).zip(counts) {
                so_far += count;
                buckets.push((bound, so_far));
            }
            count = count.sample(labels, so_far as f64);
            durations = durations.observed(labels, sum.as_secs_f64(), buckets);
        }
        vec![count, durations]
    }
}

/// A caller may send any method; labels are few.
fn name(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    NAMES.into_iter().find(|name| method == *name).unwrap_or("other")
}

/// Counts a request.
pub(crate) async fn count(Extension(requests): Extension<Arc<Requests>>, request: Request, next: Next) -> Response {
    let (method, begun) = (request.method().clone(), Instant::now());
    let response = next.run(request).await;
    requests.add(&method, response.status(), begun.elapsed());
    response
}

/// All figures. They are counted when they are asked for, in one pass over the tickets: scrape a big desk seldom.
pub(crate) async fn show(
    Caller(desk): Caller,
    Extension(requests): Extension<Arc<Requests>>,
) -> Result<Response, Problem> {
    let ask = desk.ask().await?;
    let promises: Vec<Measure> = ask.policies.iter().cloned().map(Measure::Attainment).collect();
    let tables = [
        ("Tickets by kind and status.", TableSpec::new([Dimension::Kind, Dimension::Status], [Measure::Count])),
        ("Tickets neither resolved nor closed.", TableSpec::new([Dimension::Priority], [Measure::Backlog])),
        ("How long ago the backlog was opened.", TableSpec::new([Dimension::Priority], [Measure::Age])),
        ("Cycles of each policy, by how they ended or stand.", TableSpec::new([], promises)),
    ];
    let (helps, specs): (Vec<_>, Vec<_>) = tables.into_iter().unzip();
    let found = desk.tally(&Scan { filter: ask.filter, tables: specs, now: ask.now }).await?;
    let mut families: Vec<Family> =
        helps.into_iter().zip(&found).flat_map(|(help, table)| Family::of("ticketcore", help, table)).collect();
    families.extend(requests.families());
    let text = openmetrics(&families);
    let text = text.map_err(|error| {
        tracing::error!(%error, "no metrics");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no metrics", error.to_string())
    })?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
