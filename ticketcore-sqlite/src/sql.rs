//! Statements in the making: text from a finite set of fragments, every value a parameter.

use rusqlite::types::Value as Parameter;

/// A statement in the making.
#[derive(Debug, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) parameters: Vec<Parameter>,
}

impl Sql {
    /// Appends SQL.
    pub(crate) fn push(&mut self, fragment: &str) -> &mut Self {
        self.text.push_str(fragment);
        self
    }

    /// Appends a parameter.
    pub(crate) fn bind(&mut self, value: impl Into<Parameter>) -> &mut Self {
        self.parameters.push(value.into());
        self.push("?")
    }
}
