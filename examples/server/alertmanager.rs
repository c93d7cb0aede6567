//! Alertmanager's webhook: each alert becomes a signal, and so at most one open ticket.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use ticketcore::desk::Error;
use ticketcore::{Actor, Desk, Intake, Refusal, Severity, Signal};

use crate::caller::Body;
use crate::problem::Problem;

/// Version 4 of the payload, as far as it is used: what else stands in it, now or later, is nobody's fault.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload {
    alerts: Vec<Alert>,
    /// How many more there were; Alertmanager leaves some out if its `max_alerts` is set.
    #[serde(default)]
    truncated_alerts: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: Status,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    ends_at: Option<DateTime<Utc>>,
    fingerprint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Firing,
    Resolved,
}

/// Takes in every alert of a payload before it answers: what was not answered with 200 is sent again, and a signal that
/// is heard twice opens nothing twice.
pub(crate) async fn take_in(State(desk): State<Desk>, Body(payload): Body<Payload>) -> Result<Json<Value>, Problem> {
    if payload.truncated_alerts > 0 {
        tracing::warn!(left_out = payload.truncated_alerts, "Alertmanager left alerts out; raise its max_alerts");
    }
    let desk = desk.by(Actor::integration("alertmanager"));
    let longest = desk.rulebook().await?.now().config.limits.subject;
    let (mut taken, mut faults) = (Vec::new(), Vec::new());
    for (i, alert) in payload.alerts.into_iter().enumerate() {
        match desk.signal(alert.signal(desk.now(), longest)).await {
            Ok(intake) => taken.push(became(&intake)),
            // An alert that can never be taken in must not keep the others out; the sender will not repeat it.
            Err(Error::Refused(Refusal::Invalid { faults: found })) => {
                faults.extend(found.into_iter().map(|fault| fault.under(&format!("alerts[{i}]"))));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if faults.is_empty() { Ok(Json(json!({ "alerts": taken }))) } else { Err(Problem::invalid(&faults)) }
}

fn became(intake: &Intake) -> Value {
    let what = match intake {
        Intake::Opened(_) => "opened",
        Intake::Repeated(_) => "repeated",
        Intake::Reopened(_) => "reopened",
        Intake::Cleared(_) => "cleared",
        Intake::Known(_) => "known",
        Intake::Unmatched => "unmatched",
    };
    json!({ "became": what, "ticket": intake.ticket().map(|ticket| ticket.reference()) })
}

impl Alert {
    /// The signal it is. A summary longer than a subject may be is cut there, as the annotations are kept whole.
    fn signal(self, now: DateTime<Utc>, longest: usize) -> Signal {
        let key = self.fingerprint.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| name(&self.labels));
        let severity = severity(self.labels.get("severity").map_or("", String::as_str));
        let summary = self.summary().unwrap_or(&key);
        let summary = summary[..summary.floor_char_boundary(longest)].to_owned();
        // A payload does not say when it was sent, and Alertmanager repeats what still fires on purpose: each counts. An
        // alert ends only once, so the same end told again is known.
        let at = match self.status {
            Status::Firing => now,
            Status::Resolved => self.ends_at.map_or(now, |end| end.min(now)),
        };
        let mut labels = self.labels;
        for (name, text) in self.annotations {
            // A label may have the same name, and says something else.
            let name = if labels.contains_key(&name) { format!("{name} (annotation)") } else { name };
            labels.insert(name, text);
        }
        Signal { key, firing: self.status == Status::Firing, severity, summary, labels, at }
    }

    /// The first line of whatever says most.
    fn summary(&self) -> Option<&str> {
        let told = ["summary", "description", "message"].into_iter().filter_map(|name| self.annotations.get(name));
        told.chain(self.labels.get("alertname"))
            .flat_map(|text| text.lines())
            .map(str::trim)
            .find(|line| !line.is_empty())
    }
}

/// The labels as Prometheus writes them, in order: the identity of an alert that has no fingerprint.
fn name(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn severity(label: &str) -> Severity {
    match label.to_ascii_lowercase().as_str() {
        "critical" | "page" => Severity::Critical,
        "error" | "high" => Severity::Error,
        "info" | "none" => Severity::Info,
        _ => Severity::Warning,
    }
}
