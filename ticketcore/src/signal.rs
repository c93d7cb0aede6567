//! What monitors send, and what a ticket keeps of it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::time::stamp;

/// What the source of an alert claims; an input to impact, never a synonym of priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    #[default]
    Warning,
    /// Something does not work.
    Error,
    /// Something important does not work.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        })
    }
}

/// One message from a monitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The identity the source gives the alert; at most one ticket is open per key.
    pub key: String,
    /// Firing, or cleared.
    pub firing: bool,
    /// How bad the source says it is.
    #[serde(default)]
    pub severity: Severity,
    /// What it is about, in one line; becomes the subject.
    pub summary: String,
    /// Labels of the source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When the source sent it. A signal not newer than the last one of its key and saying the same is a repeat of
    /// the same message and changes nothing.
    #[serde(with = "stamp")]
    pub at: DateTime<Utc>,
}

impl Signal {
    /// An alert that fires now.
    pub fn firing(key: impl Into<String>, summary: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self {
            key: key.into(),
            firing: true,
            severity: Severity::default(),
            summary: summary.into(),
            labels: BTreeMap::new(),
            at,
        }
    }

    /// An alert that is over.
    pub fn cleared(key: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self { firing: false, ..Self::firing(key, String::new(), at) }
    }

    /// Says how bad it is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }
}

/// What a ticket keeps of the alert behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The dedup key.
    pub key: String,
    /// Firing, or cleared.
    pub firing: bool,
    /// The severity last claimed.
    pub severity: Severity,
    /// How many firing signals came, the first included.
    pub count: u32,
    /// When the source sent the last signal.
    #[serde(with = "stamp")]
    pub last: DateTime<Utc>,
}
