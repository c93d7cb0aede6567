//! One mistake in a configuration: where it stands and what is wrong.

use std::fmt;

/// A mistake found while checking configuration, with the path to the place that holds it.
///
/// Checks return *every* fault they find, so a configuration is mended in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The way to the faulty value, as written in the file: `calendars.office.week.mon[1]`.
    pub path: String,
    /// What is wrong with it, in lower case and without a full stop.
    pub problem: String,
}

impl Fault {
    /// States a problem at a path.
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    /// Puts the fault below `parent`, as a part's own check does not know where the part stands.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.path = match (self.path.is_empty(), self.path.starts_with('[')) {
            (true, _) => parent.to_owned(),
            (false, true) => format!("{parent}{}", self.path),
            (false, false) => format!("{parent}.{}", self.path),
        };
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.path, self.problem) }
    }
}
