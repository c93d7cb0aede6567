//! Where a ticket stands in its life, and who is awaited.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a state stands in a ticket's life, whatever the workflow calls it. Clocks and reports see this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has taken it up.
    New,
    /// Work goes on.
    Open,
    /// Work is stopped for a named party.
    Pending,
    /// A fix is given; it may be reopened.
    Resolved,
    /// Final.
    Closed,
}

impl Status {
    /// All of them, in the order of life.
    pub const ALL: [Self; 5] = [Self::New, Self::Open, Self::Pending, Self::Resolved, Self::Closed];

    /// Tells whether the ticket is in the backlog: neither resolved nor closed.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Open | Self::Pending)
    }

    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who a pending ticket waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The person the ticket is for.
    Requester,
    /// Somebody outside the desk: a vendor, another ticket.
    Third,
    /// A date.
    Until,
}

impl Waiting {
    /// The name as serialised.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Third => "third",
            Self::Until => "until",
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
