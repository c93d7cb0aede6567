//! Whether every alert finds its ticket: the kind it opens, the moves it makes and the priority it gets.

use super::NO_NAME;
use crate::config::{Config, Kind, Span, Workflow};
use crate::fault::Fault;
use crate::id::Key;
use crate::priority::Level;
use crate::signal::Severity;

impl Config {
    pub(super) fn check_alerts(&self) -> Vec<Fault> {
        let alerts = &self.alerts;
        let mut faults = match self.kinds.get(&alerts.kind) {
            Some(kind) => self.check_alert_moves(kind),
            None => vec![Fault::new("alerts.kind", format!("no kind `{}`", alerts.kind))],
        };
        if alerts.window < Span::ZERO {
            faults.push(Fault::new("alerts.window", "must not be negative"));
        }
        for severity in [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical] {
            let at = format!("alerts.impact.{severity}");
            match alerts.impact.get(&severity) {
                None => faults.push(Fault::new(at, "is missing: every severity has an impact")),
                Some(impact) if self.matrix.priority(*impact, Level::HIGH).is_none() => {
                    faults.push(Fault::new(at, "is not in the matrix"));
                }
                Some(_) => {}
            }
        }
        if self.matrix.priority(Level::HIGH, alerts.urgency).is_none() {
            faults.push(Fault::new("alerts.urgency", "is not in the matrix"));
        }
        for (at, key) in [("alerts.team", &alerts.team), ("alerts.queue", &alerts.queue)] {
            if key.as_ref().is_some_and(|key| !key.is_valid()) {
                faults.push(Fault::new(at, NO_NAME));
            }
        }
        faults
    }

    /// Checks that the workflow has the moves of an alert that clears and of one that comes back.
    fn check_alert_moves(&self, kind: &Kind) -> Vec<Fault> {
        let edges = self.newest(&kind.workflow).map(Workflow::edges).unwrap_or_default();
        let leads = |key: &Key, from_open: bool, to_open: bool| {
            let mut edges = edges.iter().filter(|edge| edge.by.key == *key && edge.to.status.is_open() == to_open);
            edges.any(|edge| edge.from.is_some_and(|from| from.status.is_open() == from_open))
        };
        let mut faults = Vec::new();
        if !leads(&self.alerts.resolve, true, false) {
            let problem = format!("`{}` has no transition `{}` that resolves", kind.workflow, self.alerts.resolve);
            faults.push(Fault::new("alerts.resolve", problem));
        }
        if !leads(&self.alerts.reopen, false, true) {
            let problem = format!("`{}` has no transition `{}` that reopens", kind.workflow, self.alerts.reopen);
            faults.push(Fault::new("alerts.reopen", problem));
        }
        faults
    }
}
