//! The names of the ready reports.

use ticketcore::report::standard;

/// The names there are, for whoever asked for another.
pub(crate) fn names() -> String {
    standard().iter().map(|report| report.name().to_owned()).collect::<Vec<_>>().join(", ")
}
